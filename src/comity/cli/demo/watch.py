"""Looking at both screens while the day is played: what the workplan shows as overdue, on which side, at which moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from comity.base.ids import Ms
from comity.cli.demo.script import ItemScript, Overdue, Script, ms
from comity.cli.demo.sides import iso
from comity.cli.demo.stage import Stage

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Screen:
    """What one side's screen said of one item: how many overdue, and whose."""

    at: str
    party: str
    item: str
    overdue: int
    of: tuple[str, ...]


@dataclass(slots=True)
class Watch:
    """Looks before and after each moment at which the script says that something becomes or ceases to be overdue.

    Attributes:
        stage: both nodes.
        screens: what was seen.
        wrong: what should not have been.
    """

    stage: Stage
    screens: list[Screen] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def looks(self, script: Script) -> list[tuple[Ms, Callable[[], None]]]:
        """Return when to look, and the look."""
        return [look for item in script.item if item.overdue is not None for look in self._looks(item, item.overdue)]

    def _looks(self, item: ItemScript, late: Overdue) -> list[tuple[Ms, Callable[[], None]]]:
        # What is not urgent waits up to a tick of a minute, so the asking side sees the answer two minutes later at most.
        moments = (
            (late.begins - _MINUTE, 0),
            (late.begins + _MINUTE, 1),
            (late.ends - _MINUTE, 1),
            (late.ends + 2 * _MINUTE, 0),
        )
        return [(ms(at), partial(self._look, item.id, late.of, count)) for at, count in moments]

    def _look(self, item: str, of: str, count: int) -> None:
        """Ask both nodes what their screens show."""
        owing = (self.stage.actor(of).terms.short,) if count else ()
        for actor in self.stage.actors:
            (line,) = (one for one in actor.ask("GET", "/status")["workplan"] if one["item"] == item)
            seen = Screen(
                iso(self.stage.now) or "", actor.id, item, int(line["overdue"]), tuple(map(str, line["overdue_of"]))
            )
            self.screens.append(seen)
            if (seen.overdue, seen.of) != (count, owing):
                self.wrong.append(
                    f"{item} at {seen.at} on the screen of {actor.id}: {seen.overdue} overdue of {seen.of}, "
                    f"the script says {count} of {owing}"
                )
