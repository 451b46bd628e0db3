"""How a node opens this desk by its name."""

from __future__ import annotations

from comity.desk import Around, Desk
from comity.desks.precursors.clocks import policy_of
from comity.desks.precursors.service import PrecursorsDesk


def open_desk(schema: tuple[tuple[int, str], ...], around: Around) -> Desk:
    """Make the precursors desk with what both sides agreed on in the accord in force, each by its own calendar.

    Raises:
        BadConfiguration: the accord sets a limit that this program does not know.
    """
    accord, timers = around.accord, dict(around.accord.timers)
    ours, theirs = accord.party(around.node).country.lower(), accord.peer_of(around.node).country.lower()
    return PrecursorsDesk(
        schema, policy_of(ours, timers, around.our_days), policy_of(theirs, timers, around.their_days)
    )
