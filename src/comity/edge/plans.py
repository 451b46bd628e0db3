"""The workplan read for one person, from the desk that keeps it."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.edge.desks import offering
from comity.edge.opening import OpenNode
from comity.policy.access import Person
from comity.screen.plan import PlanCard


class PlanReader:
    """A `screen.plan.PlanBoard` over one node's store.

    Args:
        title: of the plan.
    """

    def __init__(self, title: str) -> None:
        self._title = title

    def plan(self, person: Person, now: Ms) -> PlanCard:  # noqa: ARG002  every role sees the same
        """Return the plan in force and what happens to it."""
        return PlanCard(self._title)


def make_plan(opened: OpenNode) -> PlanReader | None:
    """Make the reader; None where no desk keeps a plan."""
    return PlanReader(opened.workplan.title) if offering(opened.config.desks, "planning") else None
