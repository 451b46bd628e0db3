"""Tasks as views: time left, of whom, by whom, each step with its time; all words chosen.

Rule kept: who has not the case sees of it neither number nor limit; the task comes here without them.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import show_id
from comity.screen.tasks import TaskCard
from comity.web.dutyview import clocks, left
from comity.web.letters import Sight
from comity.web.views import Left


@dataclass(frozen=True, slots=True)
class Row:
    """One task in a list."""

    id: str
    href: str
    asked: str
    whom: str
    by: str
    case: str
    case_href: str
    state: str
    look: str
    left: Left | None


@dataclass(frozen=True, slots=True)
class Whole:
    """One task whole: what is asked, its facts, its answer."""

    asked: str
    state: str
    look: str
    left: Left | None
    facts: tuple[tuple[str, str, str], ...]
    answer: str
    steps: tuple[str, ...]


_LOOKS = {"given": "hold", "taken": "", "done": "ok", "refused": "stop", "withdrawn": "plain"}


def row(one: TaskCard, names: dict[str, str], sight: Sight) -> Row:
    """One line of the list."""
    t, number = sight.texts, show_id(one.id)
    return Row(
        id=number,
        href=f"/task/{number}",
        asked=one.asked,
        whom=whom(one, names, sight),
        by=t("tasks.giver", desk=one.desk, number=one.by_number),
        case=one.case_number,
        case_href=f"/case/{one.case_number}" if one.case_number else "",
        state=t(f"tasks.state.{one.state}"),
        look=_LOOKS[one.state],
        left=None if one.state.closed else left(one.due, sight),
    )


def whole(one: TaskCard, names: dict[str, str], sight: Sight) -> Whole:
    """One task."""
    t = sight.texts
    facts = [
        (t("tasks.of"), whom(one, names, sight), ""),
        (t("tasks.by"), t("tasks.giver", desk=one.desk, number=one.by_number), ""),
    ]
    if one.case_number:
        facts.append((t("tasks.case"), one.case_number, f"/case/{one.case_number}"))
    if one.case_limit is not None:
        facts.append((t("tasks.case.limit"), clocks(one.case_limit, sight), ""))
    if one.dispatch is not None:
        number = show_id(one.dispatch)
        facts.append((t("tasks.dispatch"), number, f"/dispatch/{number}"))
    return Whole(
        asked=one.asked,
        state=t(f"tasks.state.{one.state}"),
        look=_LOOKS[one.state],
        left=None if one.state.closed else left(one.due, sight),
        facts=tuple(facts),
        answer=one.answer,
        steps=tuple(_steps(one, sight)),
    )


def whom(one: TaskCard, names: dict[str, str], sight: Sight) -> str:
    """Of which agency or officer it is asked."""
    agency = names.get(one.agency, one.agency)
    if one.number is None:
        return sight.texts("tasks.whom", agency=agency)
    return sight.texts("tasks.whom.officer", agency=agency, number=one.number)


def _steps(one: TaskCard, sight: Sight) -> list[str]:
    t = sight.texts
    found = [(one.given, t("tasks.when", word=t("tasks.state.given"), time=clocks(one.given, sight)))]
    found += [(at, t("tasks.reminded", time=clocks(at, sight))) for at in one.reminded]
    if one.taken_at is not None:
        found.append((one.taken_at, t("tasks.taker", number=one.taken_number, time=clocks(one.taken_at, sight))))
    if one.closed_at is not None:
        said = {"word": t(f"tasks.state.{one.state}"), "number": one.closed_number}
        found.append((one.closed_at, t("tasks.closer", **said, time=clocks(one.closed_at, sight))))
    return [text for _, text in sorted(found, key=lambda step: step[0])]
