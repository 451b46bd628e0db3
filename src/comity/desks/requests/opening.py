"""How a node opens this desk by its name."""

from __future__ import annotations

from collections.abc import Mapping

from comity.base.errors import BadConfiguration
from comity.desk import Around, Desk, Powers, Standing
from comity.desks.requests.powers import OfficerPowers
from comity.desks.requests.rules import clocks_of
from comity.desks.requests.service import RequestsDesk


def open_desk(schema: tuple[tuple[int, str], ...], around: Around) -> Desk:
    """Make the requests desk with the limits of the accord in force."""
    accord = around.accord
    lanes = {int(limit.lane): (int(limit.arrived), limit.seen) for limit in accord.limits}
    return RequestsDesk(schema, around.party, clocks_of(lanes, dict(accord.timers)))


def open_powers(desk: Desk, roster: Mapping[tuple[str, int], Standing]) -> Powers:
    """Make the powers of a node from its roster and the postings that this desk keeps.

    Raises:
        BadConfiguration: the desk is another.
    """
    if not isinstance(desk, RequestsDesk):
        raise BadConfiguration("only the requests desk keeps postings; name it first in the settings")
    return OfficerPowers(roster, desk)
