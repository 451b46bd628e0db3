"""What waits for people as views: held drafts and acts, what is owed, alarms, budgets over persons.

Rule kept: codes, counts and times only; what is overdue comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.ids import DispatchId, Ms, show_id
from comity.screen import AlarmLine, AssociationLine, BudgetLine, HeldLine, OwedLine, WaitingCard
from comity.web import moments
from comity.web.letters import Sight, urgency
from comity.web.texts import Texts
from comity.web.views import Left, Tally, Urgency

_NEAR = 4, 5
"""From four fifths of a limit on it is near."""  # spec: law-and-agencies.md 7, budgets over persons


@dataclass(frozen=True, slots=True)
class Held:
    """One draft or act that waits; `href` leads to the dispatch that an act is about."""

    id: str
    what: str
    urgency: Urgency
    number: str
    href: str
    purpose: str
    agency: str
    since: str
    waits: tuple[str, ...]
    answered: tuple[tuple[str, str], ...]
    subject: str
    rung: tuple[tuple[str, str], ...]
    say: str
    loud: bool


@dataclass(frozen=True, slots=True)
class Debt:
    """One thing that is owed."""

    id: str
    what: str
    value: str
    role: str
    left: Left | None
    number: str
    href: str
    kind: str
    say: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm that nobody has seen."""

    id: str
    what: str
    role: str
    about: str
    number: str
    href: str
    kind: str
    when: str
    say: str


@dataclass(frozen=True, slots=True)
class Budget:
    """Persons asked about by one side for one purpose."""

    id: str
    party: str
    ours: bool
    purpose: str
    persons: int
    limit: str
    look: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Association:
    """Members of associations asked about by one side."""

    id: str
    party: str
    ours: bool
    text: str
    told: bool


def count(card: WaitingCard, now: Ms) -> Tally:
    """How much waits for people."""
    late = any(one.due is not None and one.due <= now for one in card.owed)
    return Tally(len(card.held) + len(card.owed), late)


def held(one: HeldLine, known: Mapping[DispatchId, str], sight: Sight) -> Held:
    """One draft or act that waits."""
    t, now = sight.texts, sight.now
    what = t.word("act" if one.act else "kind", one.what)
    span = moments.span(max(now - one.since, 0), t)
    number = show_id(one.id)
    return Held(
        id=f"{number}-{one.what}-{one.subject[:12]}" if one.act else number,
        what=what,
        urgency=urgency(one.urgency, t),
        number=number,
        href=f"/dispatch/{number}" if one.act and one.id in known else "",
        purpose=one.purpose,
        agency=one.agency,
        since=t("wait.since.at", time=moments.moment(one.since, now, t), span=span),
        waits=one.waits or (t("wait.again"),),
        answered=tuple(
            (t("part.by", role=t.word("role", a.role), officer=a.officer), "" if a.at is None else _at(a.at, sight))
            for a in one.answered
        ),
        subject=one.subject[:16],
        rung=tuple(
            (t("part.by", role=t.word("role", r.role), officer=r.officer or t("wait.rung.role")), _at(r.at, sight))
            for r in one.rung
        ),
        say=t("wait.say.held", what=what),
        loud=one.urgency == 0,
    )


def debt(one: OwedLine, known: Mapping[DispatchId, str], sight: Sight) -> Debt:
    """One thing that is owed."""
    number, href, kind = _where(one.dispatch, known)
    words = sight.texts.word("owed", one.verb)
    late = one.due is not None and one.due <= sight.now
    say = sight.texts("say.overdue", title=f"{words} {one.value}".strip()) if late else ""
    return Debt(
        show_id(one.id),
        words,
        sight.texts.word("compose.assessed", one.value),
        sight.texts.word("role", one.role),
        _left(one, sight),
        number,
        href,
        kind,
        say,
    )


def _left(one: OwedLine, sight: Sight) -> Left | None:
    t, now = sight.texts, sight.now
    if one.due is None:
        return None
    due = t("left.due", time=moments.moment(one.due, now, t))
    away, whole = one.due - now, max(one.due - one.since, 1)
    if away <= 0:
        return Left("over", moments.span(-away, t), t("nav.overdue"), due, 100)
    look = "soon" if away < moments.HOUR else ""
    return Left(look, moments.span(away, t), t("left.short"), due, min(100, max(0, 100 - 100 * away // whole)))


def _owed_said(about: str, t: Texts) -> str:
    """Return what an alarm is about: a duty with its value in words, anything else as it is."""
    name, _, value = about.partition(":")
    word = t.word("owed", name)
    return about if word == name else f"{word} ({t.word('compose.assessed', value)})" if value else word


def alarm(one: AlarmLine, known: Mapping[DispatchId, str], sight: Sight) -> Alarm:
    """One alarm."""
    t = sight.texts
    number, href, kind = _where(one.dispatch, known)
    what = t.word("alarm", one.kind)
    say = t("wait.say.alarm", role=t.word("role", one.role), what=what)
    about = _owed_said(one.about, t) or t("wait.rung.role")
    return Alarm(show_id(one.id), what, t.word("role", one.role), about, number, href, kind, _at(one.at, sight), say)


def budget(one: BudgetLine, sight: Sight) -> Budget:
    """One line of the counts of persons."""
    t = sight.texts
    party = next(p for p in sight.parties if p.ours == one.ours)
    look = icon = word = ""
    if one.limit is not None and one.persons >= one.limit:
        look, icon, word = "stop", "stop", t("wait.budgets.spent")
    elif one.limit is not None and one.persons * _NEAR[1] >= one.limit * _NEAR[0]:
        look, icon, word = "warn", "urgent", t("wait.budgets.near")
    limit = t("wait.budgets.nolimit") if one.limit is None else str(one.limit)
    key = f"{party.short}-{one.purpose}"
    return Budget(key, party.short, one.ours, one.purpose, one.persons, limit, look, icon, word)


def association(one: AssociationLine, sight: Sight) -> Association:
    """How many associations one side asked about."""
    party = next(p for p in sight.parties if p.ours == one.ours)
    words = {"count": one.associations, "most": one.most, "told": one.told_from}
    text = sight.texts("wait.associations.text", **words)
    return Association(party.short, party.short, one.ours, text, one.most >= one.told_from)


def _where(dispatch: DispatchId | None, known: Mapping[DispatchId, str]) -> tuple[str, str, str]:
    """Return number, address and kind of a dispatch; the last two empty for one that no case has, such as a draft."""
    if dispatch is None:
        return "", "", ""
    number = show_id(dispatch)
    return (number, f"/dispatch/{number}", known[dispatch]) if dispatch in known else (number, "", "")


def _at(at: Ms, sight: Sight) -> str:
    return sight.texts("part.at", time=moments.moment(at, sight.now, sight.texts))
