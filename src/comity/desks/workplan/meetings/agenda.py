"""The agenda of a review, made from what is there: overdue actions, differences of the scorecards, restricted titles.

The rule it keeps: of a restricted matter the agreed title stands here and nothing else; nothing of it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.desks.workplan.meetings.model import About, Item

MOST = 40
"""Items at most; what is more than these of one sort is one line with its count."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """An action past its day: its id, its title in the language of the agenda, the day (ISO)."""

    action: str
    title: str
    due: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure on which the two scorecards differ: where, and the words for it."""

    ref: str
    title: str


@dataclass(frozen=True, slots=True)
class RestrictedTitle:
    """A restricted matter under the title that both sides agreed on, such as `R-3`."""

    ref: str
    title: str


def agenda_of(
    overdue: Sequence[Overdue], differences: Sequence[Difference], restricted: Sequence[RestrictedTitle]
) -> tuple[Item, ...]:
    """Return the items: overdue actions by day, differences, restricted titles; each sort in its own order."""
    late = [
        Item(one.title, About.OVERDUE, one.action) for one in sorted(overdue, key=lambda one: (one.due, one.action))
    ]
    apart = [Item(one.title, About.DIFFERENCE, one.ref) for one in sorted(differences, key=lambda one: one.ref)]
    closed = [Item(one.title, About.RESTRICTED, one.ref) for one in sorted(restricted, key=lambda one: one.ref)]
    return (*late[:MOST], *apart[:MOST], *closed[:MOST])
