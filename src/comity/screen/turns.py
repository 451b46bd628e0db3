"""What waits for one person's yes or no, for the count beside Approvals: which draft or which dispatch, nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.policy.access import Person


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that waits for a role of the person, who neither handed it in nor has answered it.

    Attributes:
        kind: `draft`, or `dispatch` for a later act on one.
        name: id of the draft or dispatch, 26 letters and digits; need-to-know is asked of it.
    """

    kind: str
    name: str


class TurnBoard(Protocol):
    """What the rail asks; each call reads the store anew."""

    def mine(self, person: Person) -> tuple[Turn, ...]:
        """Return what waits for a person by the person's roles; need-to-know is asked after."""
        ...
