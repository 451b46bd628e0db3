"""What our law refused, sealed to the custodian, and what was kept apart unopened: seen, opened, held, destroyed by two persons.

The rule it keeps: no content stands here, and none can: what an opening hands out is sealed to a key that is on no node. The
door decides who may and whether our law lets it; the desk lead, who holds and destroys, learns nothing of an opening.
"""  # spec: vocabulary.md 5, Custody

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.web import letters, moments
from comity.web.judged import step_said
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.texts import FIRST, Texts
from comity.web.views import Code, Link, Urgency
from comity.web.visit import Answer, File, Json, Redirect, Refused, Screen, ScreenRoute, Visit

TOPICS = frozenset({"retention", "inbox", "link"})
ENDS = ("review", "court", "access")
_OPENED = {"ask": "custody.said.asked", "refuse": "custody.said.dropped", "confirm": "custody.said.refused"}
_DESTROYED = {"ask": "custody.said.wished", "refuse": "custody.said.kept", "confirm": "custody.said.destroyed"}
_LOOKS = {
    "open-opened": ("ok", "check"),
    "open-refused": ("no", "stop"),
    "destroyed": ("ok", "check"),
    "held": ("wait", "lock"),
}
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Why:
    """One reason of our law: a sentence, its language, the article, and where the rule stands."""

    sentence: str
    lang: str
    article: str
    rule: Link


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person asked for: by whom and when, in words, and the reason; `own`: the visitor asked; `may` confirm it."""

    text: str
    reason: str
    own: bool
    may: bool
    note: str


@dataclass(frozen=True, slots=True)
class Held:
    """A hold in force: by whom since when, and the reason."""

    id: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """One dispatch with the custodian.

    Attributes:
        id: of the dispatch.
        party: mark of the other side.
        title: its kind, or that no law of ours ever read it.
        label: codes, as our law was told of them.
        urgency: None where it is not known.
        facts: (word, value) in order.
        day: from when it may be destroyed, in words.
        why: reasons of the refusal; `why_note` says what stands there instead of one.
        hold, waits, destroy: what stands on it; `waits` only for those who open.
        early: why it cannot be asked now that it is destroyed, "" if it can.
    """

    id: str
    party: str
    title: str
    label: tuple[Code, ...]
    urgency: Urgency | None
    facts: tuple[tuple[str, str], ...]
    day: str
    why: tuple[Why, ...]
    why_note: str
    hold: Held | None
    waits: Wish | None
    destroy: Wish | None
    early: str


@dataclass(frozen=True, slots=True)
class ApartRow:
    """One dispatch that was kept apart unopened."""

    id: str
    where: str
    since: str
    code: str
    day: str
    hold: Held | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One thing that was done: its look and sign, what, with which dispatch, by whom, when, why, and what our law said."""

    look: str
    icon: str
    what: str
    dispatch: str
    by: str
    time: str
    reason: str
    law: tuple[Why, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class Hand:
    """What the visitor may do, the token of the forms, and why nothing can be done now, "" if it can."""

    opens: bool
    erases: bool
    csrf: str
    shut: str


async def custody(visit: Visit) -> Answer:
    """Show what stands there, what was kept apart, and what was done; no content."""
    found = await _listing(visit)
    t, hand, at = visit.texts, _hand(visit), sight(visit)
    kept = tuple(
        Part(f"k-{one['dispatch']}", "custody.item", (_item(one, visit, at, opens=hand.opens), hand))
        for one in found["kept"]
    )
    apart = tuple(Part(f"a-{one['dispatch']}", "custody.apart", (_apart(one, visit), hand)) for one in found["apart"])
    done = [one for one in found["steps"] if hand.opens or not one["opens"]]
    steps = tuple(Part(f"s-{len(done) - n}", "custody.step", _step(one, visit, at)) for n, one in enumerate(done))
    regions = (
        Region("kept", kept or (Part("k-none", "custody.nothing", (t("custody.kept.none"), t("custody.kept.text"))),)),
        Region("apart", apart or (Part("a-none", "custody.no_row", t("custody.apart.none")),)),
        Region("steps", steps or (Part("s-none", "custody.no_step", t("custody.steps.none")),)),
    )
    context: dict[str, object] = {"hand": hand}
    return Screen(Page("custody.html", t("custody.h1"), "custody", regions), TOPICS, context)


async def _listing(visit: Visit) -> dict[str, list[Said]]:
    return cast("dict[str, list[Said]]", await visit.site.hands.ask("GET", "/custody/listing"))


def _hand(visit: Visit) -> Hand:
    needs, person = visit.site.needs, visit.who.person
    old = visit.site.board.link().state == "superseded"
    shut = visit.texts("custody.shut") if old else ""
    return Hand(needs.may(person, Deed.OPENING), needs.may(person, Deed.ERASE), visit.who.csrf, shut)


# --- what stands there -------------------------------------------------------------------------------------------------


def _item(one: Said, visit: Visit, at: Sight, *, opens: bool) -> Item:
    t, known = visit.texts, one["known"]
    hold = _hold(one["hold"], visit)
    return Item(
        id=str(one["dispatch"]),
        party=next(party.short for party in at.parties if not party.ours),
        title=t("custody.unread") if known is None else _kind(known, t),
        label=() if known is None else tuple(letters.code(word) for word in known["label"]),
        urgency=None if known is None else letters.urgency(known["urgency"], t),
        facts=_facts(one, visit),
        day=_day(one["day"], visit),
        why=tuple(_why(each, at) for each in one["reasons"]),
        why_note=_why_note(one, t),
        hold=hold,
        waits=_opening(one["waits"], visit) if opens and one["waits"] else None,
        destroy=_destroy(one["destroy"], visit) if one["destroy"] else None,
        early=_early(one, hold, visit, opens=opens),
    )


def _why_note(one: Said, t: Texts) -> str:
    """Return what is said where no rule of our law speaks for itself."""
    if one["late"]:
        return t("custody.why.vain" if one["late"] == "vain" else "custody.why.late")
    return "" if one["reasons"] else t("custody.why.unknown")


def _kind(known: Said, t: Texts) -> str:
    kind, stage = str(known["kind"]), str(known["stage"])
    return f"{t.word('kind', kind)}, {t.word('stage', stage)}" if stage not in {"", kind} else t.word("kind", kind)


def _facts(one: Said, visit: Visit) -> tuple[tuple[str, str], ...]:
    t, known = visit.texts, one["known"]
    since = (t("custody.since"), _time(one["since"], visit))
    if known is None:
        return (since,)
    sender = (t("custody.from"), ", ".join(known["from"]))
    return sender, (t("custody.to"), str(known["to"])), (t("custody.purpose"), str(known["purpose"])), since


def _day(day: int, visit: Visit) -> str:
    if day <= visit.now:
        return visit.texts("custody.day.now", time=_time(day, visit))
    return visit.texts("custody.day.later", time=_time(day, visit), span=moments.span(day - visit.now, visit.texts))


def _early(one: Said, hold: Held | None, visit: Visit, *, opens: bool) -> str:
    """Say why nobody can ask now that it is destroyed; of an opening that waits only to those who open."""
    if one["day"] > visit.now:
        return visit.texts("custody.destroy.early")
    if hold is not None:
        return visit.texts("custody.destroy.held")
    return visit.texts("custody.destroy.opening") if opens and one["waits"] else ""


def _why(one: Said, at: Sight) -> Why:
    said = one["sentences"].get(at.texts.lang)
    lang = at.texts.lang if said else FIRST
    return Why(str(said or one["sentence"]), lang, str(one["article"]), at.link(at.us.short, str(one["rule"])))


def _hold(one: Said | None, visit: Visit) -> Held | None:
    if one is None:
        return None
    text = visit.texts("custody.hold.by", who=one["by"], time=_time(one["at"], visit))
    return Held(str(one["id"]), text, str(one["reason"]))


def _opening(one: Said, visit: Visit) -> Wish:
    t, who = visit.texts, visit.who.person
    own = one["by"] == f"{who.desk}/{who.number}"
    others = t.listing([t.word("role", role) for role in one["seconds"]], either=True) or t("custody.open.nobody")
    text = t("custody.open.by", who=one["by"], time=_time(one["asked"], visit), end=t(f"custody.end.{one['for']}"))
    may = not own and bool(who.roles & {*one["seconds"]})
    note = t("custody.open.mine" if own else "custody.open.box" if may else "custody.open.other", role=others)
    return Wish(text, str(one["reason"]), own, may, note)


def _destroy(one: Said, visit: Visit) -> Wish:
    t, who = visit.texts, visit.who.person
    own = one["by"] == f"{who.desk}/{who.number}"
    text = t("custody.destroy.by", who=one["by"], time=_time(one["at"], visit))
    return Wish(text, str(one["reason"]), own, not own, t("custody.destroy.mine" if own else "custody.destroy.two"))


def _apart(one: Said, visit: Visit) -> ApartRow:
    t = visit.texts
    where = t("custody.apart.where", entry=t.number(one["entry"]), lane=t(f"manifest.lane.{one['lane']}"))
    hold = _hold(one["hold"], visit)
    day = t("custody.apart.held") if hold is not None else _time(one["day"], visit)
    return ApartRow(str(one["dispatch"]), where, _time(one["since"], visit), str(one["code"]), day, hold)


def _step(one: Said, visit: Visit, at: Sight) -> StepRow:
    t, verdict = visit.texts, one["verdict"]
    what = t(f"custody.step.{one['what']}")
    look, icon = _LOOKS.get(str(one["what"]), ("", "person"))
    lacks = ", ".join(step_said(word, t) for word in verdict["missing"]) if verdict else ""
    return StepRow(
        look=look,
        icon=icon,
        what=t("custody.step.for", what=what, end=t(f"custody.end.{one['for']}")) if one["for"] else what,
        dispatch=str(one["dispatch"]),
        by=str(one["by"]),
        time=_time(one["at"], visit),
        reason=str(one["reason"]),
        law=tuple(_why(each, at) for each in verdict["reasons"]) if verdict and not verdict["permits"] else (),
        missing=t("custody.step.missing", words=lacks) if lacks else "",
    )


def _time(at: int, visit: Visit) -> str:
    return moments.moment(Ms(at), visit.now, visit.texts)


# --- what is done ------------------------------------------------------------------------------------------------------


async def opens(visit: Visit) -> Answer:
    """Ask that something is opened, take that back, or confirm it: then the sealed box goes to who confirms, once."""
    step, dispatch = visit.field("step"), visit.field("dispatch")
    if step not in _OPENED or (step == "ask" and visit.field("for") not in ENDS):
        raise Refused(400, "bad-form", visit.texts("custody.bad"))
    _not_old(visit)
    body: dict[str, Json] = {"dispatch": dispatch, "step": step, "by": _by(visit)}
    if step == "ask":
        body |= {"end": visit.field("for"), "reason": visit.field("reason")}
    said = cast("Said", await visit.site.hands.ask("POST", "/custody/open", body=body))
    if said.get("box"):
        return File(f"custody-{said['dispatch']}.json", "application/json", str(said["box"]).encode())
    return Redirect("/custody#done" if step == "confirm" else "/custody", _OPENED[step])


async def destroys(visit: Visit) -> Answer:
    """Ask that something in custody is destroyed, confirm it, or take it back."""
    step, dispatch = visit.field("step"), visit.field("dispatch")
    found = await _listing(visit)
    if step not in _DESTROYED or dispatch not in {one["dispatch"] for one in found["kept"]}:
        raise Refused(400, "bad-form", visit.texts("custody.bad"))
    _not_old(visit)
    body: dict[str, Json] = {"dispatch": dispatch, "step": step, "by": _by(visit)}
    if step == "ask":
        body["reason"] = visit.field("reason")
    await visit.site.hands.ask("POST", "/retention/erase", body=body)
    return Redirect("/custody", _DESTROYED[step])


async def holds(visit: Visit) -> Answer:
    """Keep something that stands here from being destroyed, or end that."""
    found = await _listing(visit)
    here = (*found["kept"], *found["apart"])
    held = {one["hold"]["id"] for one in here if one["hold"]}
    target, hold = visit.field("dispatch"), visit.field("hold")
    _not_old(visit)
    if hold in held:
        await visit.site.hands.ask("POST", "/retention/hold/end", body={"hold": hold, "by": _by(visit)})
        return Redirect("/custody", "custody.said.let-go")
    if hold or target not in {one["dispatch"] for one in here}:
        raise Refused(400, "bad-form", visit.texts("custody.bad"))
    body: dict[str, Json] = {"target": target, "reason": visit.field("reason"), "by": _by(visit)}
    await visit.site.hands.ask("POST", "/retention/hold", body=body)
    return Redirect("/custody", "custody.said.held")


def _not_old(visit: Visit) -> None:
    """Refuse on a store that another one of this node has overtaken: what is written there is in no log that goes on."""
    shut = _hand(visit).shut
    if shut:
        raise Refused(409, "superseded", shut)


def _by(visit: Visit) -> dict[str, Json]:
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}


ROUTES = (
    ScreenRoute("GET", "/custody", Deed.CUSTODY, custody),
    ScreenRoute("POST", "/custody/open", Deed.OPENING, opens, fresh=True),
    ScreenRoute("POST", "/custody/destroy", Deed.ERASE, destroys, fresh=True),
    ScreenRoute("POST", "/custody/hold", Deed.ERASE, holds, fresh=True),
)
