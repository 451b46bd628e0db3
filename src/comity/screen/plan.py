"""The workplan as pages show it: plain data, filled by the edge, shown by the web."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import Ms
from comity.policy.access import Person


@dataclass(frozen=True, slots=True)
class PlanCard:
    """The plan in force."""

    title: str


class PlanBoard(Protocol):
    """What a node shows of the workplan; every call reads the store anew."""

    def plan(self, person: Person, now: Ms) -> PlanCard:
        """Return the plan in force and what happens to it."""
        ...
