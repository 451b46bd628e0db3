"""Fits: what a draft says of other dispatches is possible: only the own side takes back, and nothing is built on what was recalled.

The rule it keeps: a correction goes to everyone who had the old one, and the answer to a recall names every holder.
"""  # spec: vocabulary.md 2 (recall, correction), 5

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, show_id
from comity.dispatch.book import Book
from comity.dispatch.columns import text_of
from comity.dispatch.filing import keeps_plan
from comity.dispatch.holding import ANSWERING, RECALL, WITHDRAW, find, holders, is_held, versions
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.states import Draft
from comity.dispatch.stops import LEAVING, LEFT_BEHIND
from comity.marking.vocabulary import ROOM_PURPOSE

TAKING_BACK = frozenset({RECALL, "correction", WITHDRAW})
_OF_RECALLED = frozenset({"court-disclosure"})
"""What may still be said of a dispatch that was recalled: that a court asks for it."""
_FINAL = "final"
_DAY_MS = 86_400_000
_NO_QUESTION = frozenset({"answer", "refusal", "spontaneous", "message", "recall", "correction"})


def check_end(draft: Draft, book: Book) -> None:
    """Check that the accord has not ended, or that this still leaves after its end, and that this store is in use.

    Raises:
        BadForm: it would wait for ever; nothing was kept.
    """  # spec: protocol.md 9
    if book.superseded:
        raise BadForm(LEFT_BEHIND)
    if book.stops.ended and draft.form.kind not in LEAVING:
        what = ", ".join(LEAVING)
        raise BadForm(
            f"the accord has ended; only {what} still leave, so nothing was kept; tell the other side otherwise"
        )


def fits(draft: Draft, tx: Tx, office: Office) -> Draft:
    """Return the draft, if what it says of other dispatches is possible.

    Raises:
        BadForm: it is not; the message says what and what to do, nothing was kept.
    """
    _is_not_the_rooms(draft)
    _names_an_item(draft, tx, office)
    _takes_back_own(draft, tx)
    _builds_on_nothing_recalled(draft, tx)
    _reaches_everyone(draft, tx)
    _names_every_copy(draft, tx)
    _passes_on_what_was_passed(draft, tx, office)
    _keeps_no_longer_than_allowed(draft, office)
    return draft


def _is_not_the_rooms(draft: Draft) -> None:
    if draft.form.purpose == ROOM_PURPOSE:
        raise BadForm(
            f"the purpose {ROOM_PURPOSE} is a restricted room's alone; write it there (comity room), nothing was kept"
        )


def _names_an_item(draft: Draft, tx: Tx, office: Office) -> None:
    """Check that the workplan item of a dispatch is in the plan in force and open, where a desk keeps the plan."""
    item = draft.form.workplan_item
    if item is None:
        return
    plan = next(filter(keeps_plan, office.desks.values()), None)
    items: Mapping[str, bool] = {} if plan is None else plan.items(tx)
    if not items or items.get(item) is False:
        return
    known = ", ".join(one for one, closed in items.items() if not closed) or "none is"
    why = "is closed" if item in items else "is not in it"
    raise BadForm(f"the workplan in force has these open items: {known}; {item} {why}; nothing was kept")


def _targets(draft: Draft) -> tuple[DispatchId, ...]:
    form, named = draft.form, draft.facts.takes_back
    found = (form.replaces,) if form.replaces is not None else form.re
    return found if named is None or named in found else (*found, named)


def _takes_back_own(draft: Draft, tx: Tx) -> None:
    """Check that a recall, correction or withdrawal is of what we sent, and that its header names what its body does."""
    form, named = draft.form, draft.facts.takes_back
    if form.kind not in TAKING_BACK:
        return
    for target in _targets(draft):
        if not tx.rows("SELECT 1 FROM sent WHERE id = ?", (target,)):
            raise BadForm(f"a {form.kind} takes back what this node sent; {show_id(target)} is not; nothing was kept")
    if named is not None and named not in {form.replaces, *form.re}:
        raise BadForm(f"a {form.kind} names what it takes back also as what it is about; nothing was kept")
    if form.kind == WITHDRAW and (not form.re or any(find(one, tx).header.kind in _NO_QUESTION for one in form.re)):
        raise BadForm("a withdrawal names the question that it takes back, what was told is recalled; nothing was kept")


def _builds_on_nothing_recalled(draft: Draft, tx: Tx) -> None:
    form, facts = draft.form, draft.facts
    about = {*form.re, *(() if facts.target is None else (facts.target,))}
    for one in sorted(about):
        mark = _mark_on(one, tx)
        if mark == RECALL and form.kind not in _OF_RECALLED:
            raise BadForm(f"{show_id(one)} was recalled by its sender: nothing is built on it; nothing was kept")
        if mark == WITHDRAW and form.kind in ANSWERING:
            raise BadForm(f"the other side no longer asks {show_id(one)}; nothing was kept")


def _mark_on(dispatch: DispatchId, tx: Tx) -> str:
    """Return the mark that the peer left on a dispatch of its own, "" for none."""
    rows = tx.rows(
        "SELECT kind FROM mark WHERE target = ? AND EXISTS (SELECT 1 FROM got WHERE id = mark.target)", (dispatch,)
    )
    return text_of(rows[0][0]) if rows else ""


def _reaches_everyone(draft: Draft, tx: Tx) -> None:
    """Check that a correction is addressed to every agency that any older version went to."""
    if draft.form.kind != "correction":
        return
    had = {agency for target in _targets(draft) for one in versions(target, tx) for agency in one.header.agencies}
    missing = sorted(had - set(draft.form.recipients))
    if missing:
        raise BadForm(
            f"a correction goes to everyone who had the old one, so to {', '.join(missing)} too; nothing was kept"
        )


def _names_every_copy(draft: Draft, tx: Tx) -> None:
    """Check that the final answer to a recall says of each of our agencies that has a copy what became of it."""
    form, facts = draft.form, draft.facts
    if (form.kind, facts.stage, draft.answers) != ("answer", _FINAL, RECALL) or not is_held(form.re[0], tx):
        return
    recall = find(form.re[0], tx)
    if recall.ours:
        raise BadForm("the other side answers our recall; nothing was kept")
    targets = (recall.header.replaces,) if recall.header.replaces else recall.header.re
    have = {agency for one in targets if is_held(one, tx) for agency in holders(find(one, tx), tx)}
    missing = sorted(have - facts.copies)
    if missing:
        raise BadForm(f"say of each copy what became of it; {', '.join(missing)} is missing; nothing was kept")


def _passes_on_what_was_passed(draft: Draft, tx: Tx, office: Office) -> None:
    """Check that a transfer names an agency of ours to which our law let us pass on what it is about."""
    agency = draft.facts.passes_to
    if not agency:
        return
    if agency not in office.agencies or agency == draft.form.agency:
        raise BadForm(f"a transfer names another agency of this node; {agency!r} is none; nothing was kept")
    for one in draft.form.re:
        if not is_held(one, tx) or find(one, tx).ours:
            raise BadForm(f"a transfer is about what came to us; {show_id(one)} did not; nothing was kept")
        if agency not in holders(find(one, tx), tx):
            raise BadForm(f"pass {show_id(one)} on to {agency} first, so that our law is asked; nothing was kept")
    if not draft.form.re:
        raise BadForm("a transfer names what it passes on; nothing was kept")


def _keeps_no_longer_than_allowed(draft: Draft, office: Office) -> None:
    """Check that data are asked to be kept, and are kept, for one period at the most; a further one is asked for anew."""
    # spec: vocabulary.md 5 (preserve: its expiry)
    until, most = draft.facts.keeps_until, office.accord.timer("preservation-most")
    if until is None or until <= draft.created + most:
        return
    last = datetime.fromtimestamp((draft.created + most) / 1000, UTC)
    raise BadForm(
        f"data are kept for {most // _DAY_MS} days at a time under this accord: end it by {last:%Y-%m-%d %H:%M} UTC and renew"
        " it before that day if they are needed longer; nothing was kept"
    )
