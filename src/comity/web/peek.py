"""One dispatch in short, beside the list and at the head of its case, and the one next thing to do about it.

The rule it keeps: one next action, with what it does to the other side in a sentence; what a role may not do is not offered.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.policy.access import Deed
from comity.screen import DispatchCard
from comity.screen.inbox import Line
from comity.web import letters, moments
from comity.web.letters import Sight
from comity.web.listing import Row, row
from comity.web.views import Left, Letter
from comity.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Button:
    """One thing to do: its key on the keyboard, word, address; `post` is a form that changes something, else a link."""

    key: str
    word: str
    href: str
    post: bool
    look: str
    icon: str


@dataclass(frozen=True, slots=True)
class Next:
    """The next box: how long, what to do, why, the one filled button, and the others."""

    left: Left | None
    do: str
    why: str
    go: Button | None
    others: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Peek:
    """What stands beside the list for the row that is chosen."""

    row: Row
    letter: Letter
    next: Next
    closed: bool


def peek(line: Line, card: DispatchCard, visit: Visit, at: Sight) -> Peek:
    """Return one dispatch in short."""
    shown = row(line, visit.who.person, at)
    return Peek(shown, letters.letter(card, at), next_of(line, visit, at), closed=not may(visit, Deed.SEND))


def may(visit: Visit, deed: Deed) -> bool:
    """Say whether the visitor may do a deed with the case of the visit."""
    return visit.site.needs.may(visit.who.person, deed, visit.case)


def next_of(line: Line, visit: Visit, at: Sight) -> Next:
    """Return the one next thing to do about a dispatch, and what else can be done."""
    t = at.texts
    left = row(line, visit.who.person, at).left
    acts = tuple(acts_on(line, visit, at))
    go = acts[0] if acts and line.due is not None else None
    do, why = _words(line, at)
    return (
        Next(left, do, why if go is not None else "", go, acts[1:] if go is not None else acts)
        if do
        else Next(left, t("inbox.act.none"), "", None, acts)
    )


def _words(line: Line, at: Sight) -> tuple[str, str]:
    """Say what is owed, by whom and how long; and what doing it tells the other side."""
    t = at.texts
    if line.due is None:
        return "", ""
    away = line.due - at.now
    span, when = moments.span(abs(away), t), "late" if away <= 0 else "by"
    place = next((party.capital for party in at.parties if not party.ours), "")
    act = _owed(line)
    why = t(f"inbox.act.{act}.why", place=place)
    if act == "recall":
        return t("inbox.act.recall"), why
    return t(f"inbox.act.{act}.{when}", span=span), why


def _owed(line: Line) -> str:
    if line.ours:
        return "remind"
    if line.due_what == "seen":
        return "seen"
    return "recall" if line.kind == "recall" else "answer"


def acts_on(line: Line, visit: Visit, at: Sight) -> tuple[Button, ...]:
    """Return what this visitor may do about a dispatch, the thing that is owed first."""
    t, number = at.texts, row(line, visit.who.person, at).id
    if not may(visit, Deed.SEND):
        return ()
    forms = f"/dispatch/{number}"
    seen = Button("A", t("inbox.act.seen"), f"/inbox/seen/{number}", post=True, look="go", icon="check")
    answer = Button("R", t("inbox.act.recall" if line.kind == "recall" else "inbox.act.answer"), f"{forms}/answer", post=False, look="", icon="")  # fmt: skip
    on = Button("P", t("inbox.act.pass"), f"{forms}/pass-on", post=False, look="", icon="")
    no = Button("X", t("inbox.act.refuse"), f"{forms}/refuse", post=False, look="stop", icon="")
    remind = Button("", t("inbox.act.remind"), f"{forms}/remind", post=False, look="", icon="")
    if line.ours:
        return (remind,) if line.due is not None and line.due_what != "arrived" else ()
    if line.recalled is not None:
        return (seen,) if line.seen is None else ()
    owes = line.due_what in {"first", "full"} or (line.due_what == "seen" and line.kind not in _QUIET)
    found = [*([seen] if line.seen is None else []), *([answer] if owes else [])]
    if owes and line.kind != "recall":
        found += [on, no]
    if may(visit, Deed.MEMBERS) and (visit.who.person.desk, visit.who.person.number) not in line.members:
        found.append(Button("M", t("inbox.act.take"), f"/inbox/take/{number}", post=True, look="", icon="person"))
    return tuple(found)


_QUIET = frozenset({"message", "answer", "refusal", "reminder", "correction", "feedback", "contact-note", "withdraw"})
"""Kinds to which no answer is owed."""
