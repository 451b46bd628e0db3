"""The workplan as the pages lay it out: items by priority, a line of time, what is proposed, what was signed when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from comity.base.ids import Ms
from comity.screen.plan import (
    ActionLine,
    Difference,
    Heading,
    ItemLine,
    PartLine,
    PlanCard,
    ProposalLine,
    VersionLine,
    Words,
)
from comity.web import moments
from comity.web.letters import Sight
from comity.web.texts import Texts

_STATES = {
    "planned": ("", "formal"),
    "under-way": ("ink", "half"),
    "done": ("ok", "check"),
    "blocked": ("stop", "stop"),
    "dropped": ("", "cross"),
}
_FATES = {
    "open": ("hold", "clock"),
    "agreed": ("ok", "check"),
    "declined": ("stop", "cross"),
    "countered": ("stop", "refer"),
    "withdrawn": ("", "recall"),
    "outdated": ("warn", "urgent"),
    "void": ("stop", "stop"),
    "": ("hold", "clock"),
}
_WIDTH = 640
"""Units of the line of time."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A state: its look, its picture and its word."""

    look: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner of a side, or its part of an action: what it says of it, if it said anything."""

    short: str
    ours: bool
    name: str
    mark: Mark | None = None
    late: str = ""
    words: str = ""
    since: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One action as a card has it."""

    id: str
    title: str
    due: str
    measure: str
    parts: tuple[Owner, ...]
    overdue: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item as a card or a row has it; `made` says in words what it produced."""

    id: str
    title: str
    href: str
    due: str
    measure: str
    owners: tuple[Owner, ...]
    mark: Mark
    made: str
    proposed: bool
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One priority with its items."""

    id: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One difference in words: of what, which field, was and is."""

    what: str
    id: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal as a page has it."""

    id: str
    href: str
    short: str
    ours: bool
    head: str
    when: str
    mark: Mark
    words: str
    answer: str
    notes: tuple[str, ...]
    changes: tuple[Changed, ...]
    due: str = ""
    late: bool = False
    look: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One version: its number, digest, who proposed and who agreed when, what changed."""

    number: int
    digest: str
    signed: tuple[tuple[str, bool, str], ...]
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One due day on the line of time."""

    x: int
    y: int
    href: str
    label: str
    title: str
    look: str
    day: str


def said(words: Words, language: str) -> str:
    """Return a text in the visitor's language, in English, or in the first that there is."""
    found = dict(words)
    return found.get(language) or found.get("en") or next(iter(found.values()), "")


def day(text: str, t: Texts) -> str:
    """Write an ISO day as the pages do."""
    noon = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    return moments.date(Ms(round(noon.timestamp() * 1000)), t, year=True)


def lanes(card: PlanCard, at: Sight) -> tuple[Lane, ...]:
    """Return the items by priority, in the order of the plan; what has none stands last."""
    shown = {one.id: item(one, card, at) for one in card.items}
    by = [(head.id, said(head.title, at.texts.lang), head.id) for head in card.priorities]
    by.append(("none", at.texts("plan.lane.none") if card.priorities else at.texts("plan.lane.all"), ""))
    found = [
        Lane(id_, word, tuple(shown[one.id] for one in card.items if one.priority == key)) for id_, word, key in by
    ]
    return tuple(lane for lane in found if lane.items or lane.id != "none")


def item(one: ItemLine, card: PlanCard, at: Sight) -> Item:
    """Return one item."""
    t = at.texts
    if one.closed:
        mark = Mark("", "box", t("plan.closed"))
    elif one.overdue:
        mark = Mark("stop", "stop", t("plan.overdue"))
    else:
        mark = Mark("ok", "check", t("plan.running"))
    proposed = [diff for proposal in card.open for diff in proposal.differences]
    touched = {(diff.what, diff.id) for diff in proposed} | {
        ("item", diff.after) for diff in proposed if diff.field == "item"
    }
    names = {("item", one.id), *(("action", action.id) for action in one.actions)}
    return Item(
        id=one.id,
        title=said(one.aim, t.lang),
        href=f"/workplan/item/{one.id}",
        due=day(one.due, t),
        measure=one.measure,
        owners=tuple(Owner(short, short == card.parties[card.ours], name) for short, _, name in one.owners),
        mark=mark,
        made=produced(one, t),
        proposed=bool(touched & names),
        actions=tuple(action(line, at) for line in one.actions),
    )


def produced(one: ItemLine, t: Texts) -> str:
    """Say what an item produced."""
    ours, theirs = sum(made.ours for made in one.made), sum(made.theirs for made in one.made)
    if not (ours or theirs or one.consignments):
        return t("plan.made.none")
    return t("plan.made", ours=ours, theirs=theirs, cases=one.cases, goods=one.consignments)


def action(one: ActionLine, at: Sight) -> Action:
    """Return one action."""
    t = at.texts
    parts = tuple(_part(part, at) for part in one.parts)
    return Action(one.id, said(one.title, t.lang), day(one.due, t), one.measure, parts, one.overdue)


def _part(one: PartLine, at: Sight) -> Owner:
    t = at.texts
    look, icon = _STATES[one.state]
    mark = Mark(look, icon, t.word("plan.state", one.state))
    since = "" if one.since is None else moments.moment(one.since, at.now, t)
    late = t("plan.overdue") if one.overdue else ""
    return Owner(one.party, one.ours, one.name, mark, late, one.words, since, one.evidence)


def proposal(one: ProposalLine, card: PlanCard, at: Sight, *, answers: bool = False) -> Proposal:
    """Return one proposal; `answers` for somebody who may answer those of the other side."""
    t = at.texts
    look, icon = _FATES[one.fate]
    who, reason, when = one.answer
    answer = "" if when is None else t("plan.answered", who=who, time=moments.moment(when, at.now, t), reason=reason)
    return Proposal(
        id=one.id,
        href=f"/workplan/proposal/{one.id}",
        short=one.party,
        ours=one.ours,
        head=t("plan.proposes", who=one.party, n=one.base) if one.base else t("plan.proposes.strange", who=one.party),
        when=moments.moment(one.made, at.now, t),
        mark=Mark(look, icon, t.word("plan.fate", one.fate or "held")),
        words=one.words,
        answer=answer.strip(),
        notes=tuple(_notes(one, card, t)),
        changes=changed(one.differences, t),
        due="" if one.due is None else answer_by(one.due, at),
        late=one.due is not None and at.now >= one.due,
        look=t("plan.look" if answers and not one.ours else "plan.read"),
    )


def answer_by(due: Ms, at: Sight) -> str:
    """Say by when a proposal is to be answered, or should have been."""
    key = "plan.answer.late" if at.now >= due else "plan.answer.by"
    return at.texts(key, day=moments.date(due, at.texts, year=True))


def _notes(one: ProposalLine, card: PlanCard, t: Texts) -> list[str]:
    crossed = len({other.party for other in card.open}) > 1 and one.fate == "open"
    found = [t("plan.first" if one.first else "plan.second", who=card.first, n=card.number)] if crossed else []
    if one.verdict:
        found.append(t.word("plan.why", one.verdict))
    if one.signed:
        found.append(t("plan.signed.waits"))
    found += [t.word("plan.mark", mark) for mark in one.marks]
    if one.clashes:
        found.append(t("plan.clashes", ids=", ".join(one.clashes)))
    return found


def changed(differences: tuple[Difference, ...], t: Texts) -> tuple[Changed, ...]:
    """Return differences in words."""
    return tuple(
        Changed(
            t.word("plan.what", one.what),
            "" if one.what == "title" else one.id,
            t.word("plan.field", one.field) if one.field else "",
            _shown(one.field, one.before, t),
            _shown(one.field, one.after, t),
        )
        for one in differences
    )


def _shown(field: str, text: str, t: Texts) -> str:
    """Return what a field was or is, days and yes as the pages write them."""
    if not text:
        return ""
    if field in {"due", "days"}:
        return ", ".join(day(one, t) for one in text.split(", "))
    return t("people.yes") if field == "closed" else text


def version(one: VersionLine, card: PlanCard, at: Sight) -> Version:
    """Return one version."""
    t = at.texts
    signed = [("plan.by.proposed", one.proposed), ("plan.by.agreed", one.agreed)]
    lines = tuple(
        (by[0], by[0] == card.parties[card.ours], t(key, agency=by[1], time=moments.stamp(by[2], t)))
        for key, by in signed
        if by is not None
    )
    return Version(one.number, one.digest, lines, changed(one.differences, t))


def timeline(card: PlanCard, at: Sight) -> tuple[tuple[Point, ...], int, int]:
    """Return the due days of open items and actions on a line of time, where now is on it, and its height."""
    t = at.texts
    days = [
        (one.due, f"/workplan/item/{one.id}", one.id, said(one.aim, t.lang), one.overdue)
        for one in card.items
        if not one.closed
    ]
    days += [
        (line.due, f"/workplan/item/{one.id}", line.id, said(line.title, t.lang), line.overdue)
        for one in card.items
        for line in one.actions
        if line.open and not one.closed
    ]
    days.sort()
    today = datetime.fromtimestamp(at.now / 1000, UTC).date()
    places = [date.fromisoformat(found[0]) for found in days] + [today]
    first, span = min(places), max((max(places) - min(places)).days, 1)

    def x(of: date) -> int:
        return 20 + round((_WIDTH - 40) * (of - first).days / span)

    points = tuple(
        Point(x(date.fromisoformat(due)), 34 + 22 * place, href, id_, title, "over" if late else "", day(due, t))
        for place, (due, href, id_, title, late) in enumerate(days)
    )
    return points, x(today), 50 + 22 * len(points)


def track(one: Heading, card: PlanCard, at: Sight) -> tuple[str, tuple[Owner, ...], str]:
    """Return a track: its title, owners and days; nothing else of it is known here."""
    t = at.texts
    owners = tuple(Owner(short, short == card.parties[card.ours], name) for short, _, name in one.owners)
    return said(one.title, t.lang), owners, ", ".join(day(text, t) for text in one.days)


def warnings(card: PlanCard, t: Texts) -> tuple[str, ...]:
    """Return what a person must know before anything else."""
    found = [t("plan.other-text", digests=", ".join(one[:16] for one in card.other_text))] if card.other_text else []
    found += [t("plan.other-file")] if card.other_file else []
    found += [t("plan.held", n=card.held)] if card.held else []
    return tuple(found)
