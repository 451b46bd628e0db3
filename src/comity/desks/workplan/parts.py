"""Every part of this desk, in one place: the plan itself, its meetings, its scorecards."""

from __future__ import annotations

from comity.desks.workplan.meetings.part import PARTS as MEETINGS
from comity.desks.workplan.part import Part
from comity.desks.workplan.planpart import PlanPart
from comity.desks.workplan.scorecard.part import PARTS as SCORECARD


def parts_of() -> tuple[Part, ...]:
    """Return the parts of the desk."""
    return (PlanPart(), *MEETINGS, *SCORECARD)
