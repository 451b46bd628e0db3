"""Who may release what at one node: the roster at home, and the postings that both sides agreed.

The rule it keeps: an officer whom the roster calls posted acts by an accepted posting or not at all.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from collections.abc import Mapping

from comity.base.ids import LeafIndex, Ms
from comity.desk import Standing
from comity.desks.requests import postings
from comity.desks.requests.model import NOMINATED
from comity.desks.requests.service import POSTED_OFFICER, RequestsDesk
from comity.dispatch.ports import Tx


class OfficerPowers:
    """The `Powers` of a node that has this desk.

    Args:
        roster: standing of each of our officers by desk and number; of a posted one only the roles are taken.
        desk: the requests desk, which keeps the postings.
    """

    def __init__(self, roster: Mapping[tuple[str, int], Standing], desk: RequestsDesk) -> None:
        self._roster = dict(roster)
        self._desk = desk

    def standing(self, tx: Tx, desk: str, number: int, now: Ms) -> Standing | None:
        """Return what our officer may release now; None for an unknown officer or one whose posting is not in force."""
        at_home = self._roster.get((desk, number))
        if at_home is None or POSTED_OFFICER not in at_home.roles:
            return at_home
        return self._desk.standing(tx, desk, number, now)

    def peer_posting_ended(self, tx: Tx, desk: str, number: int) -> LeafIndex | None:
        """Return the leaf of the peer's log from which this officer's acts no longer count; None if none does that."""
        return self._desk.peer_posting_ended(tx, desk, number)

    def posting_over(self, tx: Tx, desk: str, number: int, now: Ms) -> bool:
        """Say whether our officer was posted and no longer is: a posting ended or its day is past, and none is in force.

        An officer who was nominated only, or never, is at work at home.
        """
        had = [row for row in postings.postings_of(tx, desk, number, ours=True) if row.state != NOMINATED]
        return bool(had) and self._desk.standing(tx, desk, number, now) is None
