"""Compose: a form becomes a draft, or a clear error and nothing is kept."""

from __future__ import annotations

from dataclasses import replace

from comity.base.errors import BadForm
from comity.base.ids import Ms, new_dispatch_id
from comity.dispatch.attached import names
from comity.dispatch.filing import Facts
from comity.dispatch.office import Office
from comity.dispatch.outbound.quiet import leaves_at, quieten
from comity.dispatch.predecessors import Related
from comity.dispatch.states import Draft, Form
from comity.marking.labels import LANE_OF
from comity.marking.vocabulary import GROUNDS

MAX_AFTER = 8  # spec: protocol.md 8


def compose(form: Form, related: Related, office: Office, now: Ms) -> Draft:
    """Check the form against its desk's schema and the accord.

    Args:
        form: what the officer handed in.
        related: what it hangs together with.
        office: the node.
        now: the time of the draft's id and of `created`.

    Raises:
        BadForm: the accord does not open this kind, or the form does not fit; the message names the field.
    """
    if form.desk not in office.desks or not office.accord.opens(form.desk, form.kind):
        raise BadForm(f"the accord does not open kind {form.kind!r} of desk {form.desk!r}; nothing was kept")
    coming = office.coming
    if coming is not None and coming.in_force_from <= now and not coming.opens(form.desk, form.kind):
        raise BadForm(
            f"edition {coming.edition} of the accord, which both sides signed, closes kind {form.kind!r} of desk"
            f" {form.desk!r} and enters our log now; nothing was kept"
        )
    if form.kind in office.accord.author_kinds:
        raise BadForm(
            f"kind {form.kind!r} needs the author's own assertion, which this node cannot take yet; nothing was kept"
        )
    if form.agency not in office.agencies:
        raise BadForm(f"{form.agency!r} is no agency of this node; nothing was kept")
    if not office.may_send(form.agency, form.kind):
        others = sorted(one for one in office.agencies if office.may_send(one, form.kind))
        who = f"{', '.join(others)} may" if others else "no agency of this node may"
        raise BadForm(
            f"{form.agency} does not send kind {form.kind!r}, by our registry of agencies; {who}; nothing was kept"
        )
    if not form.recipients:
        raise BadForm("a dispatch needs at least one receiving agency; nothing was kept")
    if form.workplan_item is None and not form.workplan_reason:
        raise BadForm("a dispatch names its workplan item, or says why it has none; nothing was kept")
    desk = office.desks[form.desk]
    body = desk.compose(form.kind, form.body)
    facts = desk.facts(form.kind, body)
    _check_ground(form, facts)
    if facts.quiet:
        form = quieten(form, related.question)
    if form.attachments:
        facts = replace(facts, texts=(*facts.texts, *names(form.attachments)))
    lane = form.lane if form.lane is not None else LANE_OF[form.urgency]
    known = form.files if form.attachments else None
    created = leaves_at(lane, office.accord, now) if facts.quiet else now
    return Draft(
        id=known or new_dispatch_id(created, office.entropy),
        form=form,
        lane=lane,
        body=body,
        facts=facts,
        after=related.after[:MAX_AFTER],
        answers=related.answers,
        created=created,
        not_before=created if facts.quiet else None,
        fresh=not known,
    )


def _check_ground(form: Form, facts: Facts) -> None:
    """Check that the inward ground of a refusal allows what is said outward; a quiet answer always has one."""
    # spec: vocabulary.md 6
    if form.ground and form.ground not in GROUNDS:
        raise BadForm(f"there is no ground called {form.ground!r}; choose one of the list; nothing was kept")
    if form.ground and facts.outward not in GROUNDS[form.ground]:
        raise BadForm(f"the ground {form.ground!r} does not go with {facts.outward or 'this kind'!r}; nothing was kept")
    if facts.quiet and not form.ground:
        raise BadForm("say, for our own record, whether nothing is held or its holding is not told; nothing was kept")
