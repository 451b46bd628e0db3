"""What became of a case beside questions and answers, as views: what is open, treaty, keeping, promises, feedback, tasks, holders.

The rule it keeps: whose move it is stands in the words; a correction or recall is done when each holder has said so.
"""  # spec: vocabulary.md 2 (correction, recall), 5

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from comity.base.ids import Ms, show_id
from comity.policy.access import Deed
from comity.screen.case import CaseFile, Holder, OpenDuty
from comity.screen.inbox import Line
from comity.screen.tasks import may_see
from comity.web import moments, taskview
from comity.web.dutyview import left
from comity.web.letters import Sight
from comity.web.peek import Button, may
from comity.web.views import Left
from comity.web.visit import Visit

_DOES = {"feedback": "feedback", "contact-note": "confirm", "preservation": "preserve"}
"""By which form an open thing of ours is done, on the dispatch from which it comes."""
_TELL = "tell"
_NOT_YET = frozenset({"kept", "ended"})
"""Of a preservation: there is nothing to renew yet, or any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """One who had the old version: words, whether it was told, and by which address somebody says that it was."""

    text: str
    done: bool
    go: Button | None


@dataclass(frozen=True, slots=True)
class Open:
    """One open thing: whose move, what, how far, by when, and the one button for it."""

    ours: bool
    short: str
    text: str
    stage: str
    left: Left | None
    go: Button | None


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of a case that are open to the visitor; `give` is the address of a new one, "" where the visitor gives none."""

    rows: tuple[taskview.Row, ...]
    give: str


def facts(line: Line, at: Sight) -> tuple[str, ...]:
    """Return what later dispatches made of a question: taken back, on by treaty, passed to another agency."""
    t = at.texts
    told = [("case.withdrawn", line.withdrawn), ("case.converted", line.converted)]
    found = [t(key, time=moments.moment(when, at.now, t)) for key, when in told if when is not None]
    if line.passed_to:
        when = "" if line.passed is None else moments.moment(line.passed, at.now, t)
        found.append(t("case.passed", agency=line.passed_to, time=when))
    return tuple(found)


def told(one: Holder, visit: Visit, at: Sight) -> Told:
    """Return one holder of what was recalled or corrected."""
    t = at.texts
    said = f"case.holder.{one.by}.{'ours' if one.ours else 'theirs'}"
    state = (
        t("case.holder.not") if one.told is None else t("case.holder.told", time=moments.moment(one.told, at.now, t))
    )
    became = f", {t.word('compose.outcome', one.outcome)}" if one.outcome else ""
    go = None
    if one.owed is not None and may(visit, Deed.OWED):
        go = _button("case.holder.say", f"/owed/{show_id(one.owed)}", at)
    return Told(f"{t(said, agency=one.agency)}: {state}{became}", one.told is not None, go)


def open_things(file: CaseFile, visit: Visit, at: Sight) -> tuple[Open, ...]:
    """Return what is open in the case, ours before theirs, the first due first."""
    return tuple(_open(one, visit, at) for one in sorted(file.duties, key=lambda one: not one.ours))


def _open(one: OpenDuty, visit: Visit, at: Sight) -> Open:
    t = at.texts
    side = "ours" if one.ours else "theirs"
    tells = one.stage == _TELL
    return Open(
        ours=one.ours,
        short=next((party.short for party in at.parties if party.ours == one.ours), ""),
        text=t.filled("case.open", f"{one.kind}.{_TELL}", value=one.agency)
        if tells
        else t(f"case.open.{one.kind}.{side}"),
        stage=t.word("case.stage", one.stage) if one.stage not in {"", _TELL} else "",
        left=left(one.due, at),
        go=_go(one, visit, at),
    )


def _go(one: OpenDuty, visit: Visit, at: Sight) -> Button | None:
    """Return by what the visitor does a thing of ours; None for what is theirs to do or not this visitor's."""
    if one.owed is not None:
        return _button("case.holder.say", f"/owed/{show_id(one.owed)}", at) if may(visit, Deed.OWED) else None
    act = _DOES.get(one.kind, "")
    if not one.ours or not act or one.stage in _NOT_YET or not may(visit, Deed.COMPOSE):
        return None
    return _button(f"case.do.{act}", f"/dispatch/{show_id(one.dispatch)}/{act}", at)


def _button(word: str, href: str, at: Sight) -> Button:
    return Button("", at.texts(word), href, post=False, look="", icon="")


# --- what became of it -----------------------------------------------------------------------------------------------


def became(file: CaseFile, at: Sight) -> tuple[tuple[str, str, bool], ...]:
    """Return (mark of the side, words, whether the side is ours) of each fact, in the order in which the file has them."""
    marks = {party.ours: party.short for party in at.parties}
    return tuple((marks.get(ours, ""), text, ours) for ours, text in _facts(file, at))


def _facts(file: CaseFile, at: Sight) -> Iterator[tuple[bool, str]]:
    t, after = at.texts, file.after
    for one in after.treaty:
        number = one.number or t("case.after.treaty.nonumber")
        yield one.ours, t("case.after.treaty", instrument=one.instrument, authority=one.authority, number=number,
                          time=_day(one.at, at))  # fmt: skip
        if one.usable:
            words = [t.word("case.usable", word) for word in one.usable]
            yield one.ours, t("case.after.usable", what=t.listing(words))
    for kept in after.keepings:
        key = "asked" if kept.kept is None else "renewed" if kept.renewed_by is not None else "kept"
        until = kept.asked if kept.kept is None else kept.kept
        yield kept.ours, t(f"case.after.keeping.{key}", time=_day(until, at))
    for given in after.promises:
        covers = t.listing([t.word("case.covers", word) for word in given.covers])
        end = t("case.after.promise.endless")
        if given.until is not None:
            end = t("case.after.promise.until", time=_day(given.until, at))
        yield given.ours, t("case.after.promise", covers=covers, authority=given.authority, until=end)
    stages = {one.dispatch: one.stage for one in file.duties if one.kind == "feedback"}
    for state in after.feedback:
        if state.feedback is None:
            missing = stages.get(state.answer) == "missing"
            yield state.ours, t("case.after.feedback.missing" if missing else "case.after.feedback.waits")
        else:
            used = [t.word("case.used", word) for word in state.used]
            said = {"useful": t.word("case.useful", state.useful), "used": t.listing(used) if used else ""}
            yield state.ours, t("case.after.feedback.used" if used else "case.after.feedback", **said)


def _day(when: Ms, at: Sight) -> str:
    return moments.date(when, at.texts, year=True)


# --- tasks -----------------------------------------------------------------------------------------------------------


def tasks(file: CaseFile, visit: Visit, at: Sight) -> Tasks | None:
    """Return the tasks of the case as the visitor, who has it, may see them; None where no desk keeps tasks."""
    board = visit.site.tasks
    if board is None:
        return None
    names, opens = {id_: name for id_, name, _ in board.agencies()}, may(visit, Deed.TASKS)
    seen = (one for one in board.of_case(file.case) if may_see(one, visit.who.person, with_case=True))
    rows = tuple(taskview.row(one, names, at) for one in seen)
    if not opens:
        return Tasks(tuple(replace(one, href="") for one in rows), "")
    return Tasks(rows, f"/case/{show_id(file.case)}/task")
