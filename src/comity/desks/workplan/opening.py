"""How a node opens this desk by its name."""

from __future__ import annotations

from comity.base.errors import BadConfiguration, BadEnvelope, BadForm
from comity.base.readers import Misfit
from comity.desk import Around, Desk
from comity.desks.workplan.parts import parts_of
from comity.desks.workplan.planpart import PlanPart, Sides
from comity.desks.workplan.reminding import answer_ms
from comity.desks.workplan.service import WorkplanDesk


def open_desk(schema: tuple[tuple[int, str], ...], around: Around) -> Desk:
    """Make the workplan desk with the plan file that lies beside the node as the version with which it begins.

    Raises:
        BadConfiguration: that file holds no plan.
    """
    parties = around.accord.parties
    ids = (parties[0].country.lower(), parties[-1].country.lower())
    ours = 0 if parties[0].node == around.node else 1
    days = (around.our_days, around.their_days) if ours == 0 else (around.their_days, around.our_days)
    try:
        plan = PlanPart(around.plan, Sides(ids, ours, days, answer_ms(dict(around.accord.timers))))
    except (BadEnvelope, BadForm, Misfit) as error:
        raise BadConfiguration(
            f"the workplan beside the node does not fit: {error}; the node was not started"
        ) from error
    return WorkplanDesk(schema, parts_of(plan), plan)
