"""Every part of this desk, in one place: the plan itself, its meetings, its scorecards."""

from __future__ import annotations

from comity.desks.workplan.meetings.part import PARTS as MEETINGS
from comity.desks.workplan.part import Part
from comity.desks.workplan.planpart import PlanPart
from comity.desks.workplan.scorecard.part import PARTS as SCORECARD


def parts_of(plan: PlanPart | None = None) -> tuple[Part, ...]:
    """Return the parts of the desk; without a plan they only read and lay out bodies."""
    return (plan or PlanPart(), *MEETINGS, *SCORECARD)
