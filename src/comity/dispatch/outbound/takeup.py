"""Take up: a held draft is composed again as the one that it was, with what has been added to it since."""

from __future__ import annotations

from dataclasses import replace

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch.attached import attach
from comity.dispatch.held import HELD, Added, Held
from comity.dispatch.office import Office
from comity.dispatch.outbound.compose import compose
from comity.dispatch.ports import Tx
from comity.dispatch.predecessors import related
from comity.dispatch.states import Draft


def take_up(held: Held, added: Added, tx: Tx, office: Office, now: Ms) -> Draft:
    """Return the draft with its number and time of before; what it follows is looked up anew.

    Raises:
        BadForm: it no longer waits, what is added does not fit, or it no longer fits the accord; nothing was changed.
    """
    if held.state != HELD or held.ended_at is not None:
        raise BadForm(f"this draft no longer waits: it is {held.state}; nothing was changed")
    form = attach(added.to(held.form), tx, office, again=True)
    draft = compose(form, related(form, tx), office, now)
    if draft.not_before is not None:
        raise BadForm("an answer from which nothing may be inferred is handed in anew: its older time would tell of it")
    return replace(draft, id=held.id, created=held.at, fresh=False)
