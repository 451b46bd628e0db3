"""Proposing: changes of the plan are gathered on a page, looked at as differences, and sent together as one proposal.

The rule it keeps: nothing of it is kept at the node before it is sent; the form carries all of it, so it works without a script
and comes back after a session has ended (docs/adr/0044). What is sent is what stood on the page, on the version on which it did.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from comity.base.errors import BadForm
from comity.policy.access import Deed
from comity.screen.plan import Difference, PlanBoard, PlanCard, Preview
from comity.web import planforms, planview
from comity.web.pages import Page
from comity.web.planforms import Edited
from comity.web.screens.inbox import by_of
from comity.web.visit import Absent, Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

_TOPICS = frozenset({"inbox"})
_LONGEST = 64
_AT = "/workplan/propose"
Change = Mapping[str, Any]
"""One change as plain data: `what`, `id`, `to`."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A proposal as it is being written.

    Attributes:
        plan: that it changes.
        changes: so far, one a record.
        on: digest of the version on which they were looked at, "" at first.
        about: the proposal that this one declines and replaces, "" for none.
        why: in words that the other side reads.
        edited: the record that stands in the form, if one does.
        told: what was not done, or is to be looked at; `of` its language.
    """

    plan: PlanBoard
    changes: tuple[Change, ...] = ()
    on: str = ""
    about: str = ""
    why: str = ""
    edited: Edited | None = None
    told: str = ""
    of: str = ""


# --- the page --------------------------------------------------------------------------------------------------------


async def form(visit: Visit) -> Answer:
    """Begin: with one record in the form, and in answer to a proposal with its changes as they stand there."""
    plan = visit.site.plan
    if plan is None:
        return Absent()
    about = visit.query.get("about", "")[:_LONGEST]
    try:
        changes = tuple(one for one, _ in plan.preview({"proposal": about}).changes) if about else ()
    except BadForm:
        return Absent()
    draft = Gathered(plan, changes, about=about)
    what, id_ = visit.query.get("what", ""), visit.query.get("id", "")[:_LONGEST]
    if what in planforms.WHATS or not about:
        draft = replace(draft, edited=_opened(draft, what if what in planforms.WHATS else "action", id_, visit))
    return _page(visit, draft)


def _page(visit: Visit, draft: Gathered, status: int = 200) -> Screen:
    card, t = draft.plan.plan(visit.now), visit.texts
    try:
        seen = draft.plan.preview({"operations": list(draft.changes)})
    except BadForm as error:  # the plan has moved under a form that was kept
        seen, status = Preview("", "", tuple((one, ()) for one in draft.changes), str(error)), 400
    rows = tuple(_row(one, differences, visit) for one, differences in seen.changes)
    context: dict[str, object] = {
        "gathered": rows,
        "packed": tuple(pack(one) for one in draft.changes),
        "on": seen.on,
        "about": draft.about,
        "against": _against(card, draft.about, visit),
        "why": draft.why,
        "told": draft.told,
        "of": draft.of or t.lang,
        "lacks": seen.lacks,
        "editor": None if draft.edited is None else planforms.view(draft.edited, _now(draft), card, draft.plan, t),
        "picks": planforms.picks(_now(draft), t),
        "count": t.count("plan.gathered", len(rows)),
        "send": t.count("plan.send", len(rows)),
    }
    page = Page("workplan_propose.html", t("plan.propose"), "workplan", ())
    return Screen(page, _TOPICS, context, status=status, at=_AT)


@dataclass(frozen=True, slots=True)
class _Row:
    """One change of the list: its key in the form, what it is about, its differences; `stays` unless it takes something out."""

    key: str
    head: str
    changes: tuple[planview.Changed, ...]
    stays: bool


def _row(one: Change, differences: tuple[Difference, ...], visit: Visit) -> _Row:
    head = planforms.heading(one, visit.texts)
    return _Row(
        f"{one['what']}:{one['id']}", head, planview.changed(differences, visit.texts), one.get("to") is not None
    )


def _against(card: PlanCard, about: str, visit: Visit) -> str:
    found = next((one for one in card.open if one.id == about), None)
    return "" if found is None else visit.texts("plan.against", who=found.party)


def _now(draft: Gathered) -> Mapping[str, Any]:
    """Return the text of the plan with what was gathered so far put in."""
    return planforms.overlaid(draft.plan.text(), draft.changes)


def _opened(draft: Gathered, what: str, id_: str, visit: Visit) -> Edited:
    return planforms.opened(_now(draft), what, id_, visit.query.get("item", "")[:_LONGEST])


# --- gathering -------------------------------------------------------------------------------------------------------


async def gather(visit: Visit) -> Answer:
    """Take what stands in the form into the list, and do what was pressed."""
    draft = _written(visit)
    if draft is None:
        return Absent()
    do, _, which = visit.field("do", "add").partition(" ")
    if do == "leave":
        return _page(visit, replace(draft, edited=None))
    before = draft
    try:
        draft = _taken(draft, visit)
    except BadForm as error:
        return _page(visit, replace(draft, told=str(error), of="en"), 400)
    if draft.told:
        return _page(visit, draft, 400)
    if do == "add":
        same = draft.changes == before.changes and before.edited is not None
        return _page(visit, replace(draft, told=visit.texts("plan.nothing")) if same else draft)
    return _page(visit, _pressed(draft, do, which or visit.field("pick"), visit))


def _pressed(draft: Gathered, do: str, which: str, visit: Visit) -> Gathered:
    what, _, id_ = which.partition(":")
    if do == "out":
        return replace(draft, changes=tuple(one for one in draft.changes if (one["what"], one["id"]) != (what, id_)))
    if do in {"open", "edit"} and what in planforms.WHATS:
        return replace(draft, edited=_opened(draft, what, id_[:_LONGEST], visit))
    return draft


class _Unreadable(Exception):
    """A form of ours whose list was changed on its way."""


def _written(visit: Visit) -> Gathered | None:
    """Read the form; None where no desk keeps a plan.

    Raises:
        Refused: its list was changed on its way.
    """
    plan = visit.site.plan
    if plan is None:
        return None
    try:
        changes = tuple(unpack(one) for one in visit.form.get("op", ()))
    except _Unreadable:
        raise Refused(400, "bad-form", visit.texts("plan.unreadable")) from None
    return Gathered(
        plan,
        changes,
        visit.field("on")[:_LONGEST],
        visit.field("about")[:_LONGEST],
        visit.field("why"),
        planforms.edited(visit.form),
    )


def _taken(draft: Gathered, visit: Visit) -> Gathered:
    """Return the proposal with what stands in the form as one of its changes, if it differs from the plan.

    Raises:
        BadForm: it does not fit; the message says why.
    """
    edited = draft.edited
    if edited is None or not planforms.differs(edited, _now(draft)):
        return replace(draft, edited=None)
    if not edited.known and planforms.record(_now(draft), edited.what, edited.id) is not None:
        return replace(draft, told=visit.texts("plan.there", id=edited.id))
    one = planforms.change(edited)
    key = (one["what"], one["id"])
    others = [other for other in draft.changes if (other["what"], other["id"]) != key]
    listed = sorted((*others, one), key=lambda each: planforms.WHATS.index(each["what"]))
    if one.get("to") is None and planforms.record(draft.plan.text(), *key) is None:
        return replace(draft, changes=tuple(others), edited=None)  # a new one that is taken out again never was
    seen = draft.plan.preview({"operations": listed})
    kept = tuple(change for change, differences in seen.changes if differences)
    return replace(draft, changes=kept, edited=None)


# --- sending ---------------------------------------------------------------------------------------------------------


async def send(visit: Visit) -> Answer:
    """Send what was gathered as one proposal, if it is what stood on the page as the difference."""
    draft = _written(visit)
    if draft is None:
        return Absent()
    try:
        taken = _taken(draft, visit)
        seen = draft.plan.preview({"operations": list(taken.changes)})
    except BadForm as error:
        return _page(visit, replace(draft, told=str(error), of="en"), 400)
    told = _not_yet(draft, taken, seen, visit)
    if told:
        return _page(visit, replace(taken, told=told), 409)
    card = draft.plan.plan(visit.now)
    same = next((one for one in card.open if one.ours and one.digest == seen.result), None)
    if same is not None:  # pressed twice
        return Redirect(f"/workplan/proposal/{same.id}", "plan.said.proposed")
    return await _sent(visit, draft, taken)


def _not_yet(draft: Gathered, taken: Gathered, seen: Preview, visit: Visit) -> str:
    t = visit.texts
    if taken.told:
        return taken.told
    if taken.changes != draft.changes:
        return t("plan.look.again")
    if not taken.changes:
        return t("plan.none.yet")
    if draft.on != seen.on:
        return t("plan.moved")
    if seen.lacks:
        return seen.lacks
    return t("plan.why.needed") if draft.about and not draft.why else ""


async def _sent(visit: Visit, draft: Gathered, taken: Gathered) -> Answer:
    asked: dict[str, Json] = {
        "operations": cast("list[Json]", [dict(one) for one in taken.changes]),
        "text": draft.why,
        "language": visit.who.language,
        "on": draft.on,
    }
    if draft.about:
        asked |= {"about": draft.about, "reason": draft.why}
    try:
        said = await visit.site.hands.ask("POST", "/plan/propose", body={"what": asked, "by": by_of(visit)})
    except Refused as error:
        return _page(visit, replace(taken, told=str(error), of="en"), error.status)
    outcome = said.get("outcome") if isinstance(said, dict) else None
    if outcome == "sent":
        return Redirect("/workplan", "plan.said.proposed")
    if outcome == "held" and isinstance(said, dict):
        return Redirect(f"/approvals/{said['id']}", "compose.said.held")
    return _page(visit, replace(taken, told=visit.texts("plan.withheld")), 409)


# --- one change between two forms ------------------------------------------------------------------------------------


def pack(one: Change) -> str:
    """Write a change as one word of a form."""
    text = json.dumps(one, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(word: str) -> dict[str, Any]:
    """Read what `pack` wrote; anything else is no form of ours."""
    try:
        found = json.loads(urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        raise _Unreadable from None
    if not isinstance(found, dict) or found.get("what") not in planforms.WHATS or not isinstance(found.get("id"), str):
        raise _Unreadable
    return found


ROUTES = (
    ScreenRoute("GET", _AT, Deed.AMEND, form),
    ScreenRoute("POST", _AT, Deed.AMEND, gather),
    ScreenRoute("POST", f"{_AT}/send", Deed.AMEND, send, fresh=True),
)
