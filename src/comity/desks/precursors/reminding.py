"""Of what our own side is told by machine: a notification that nobody of ours has answered, before its limit and at it.

The rule it keeps: silence is never a decision that nobody took; each limit is told once, a new version anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.base.ids import DispatchId, Ms
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Tx

BEFORE = 86_400_000
"""How long before our limit whoever is on duty is told, in milliseconds."""
SOON, OVER = "soon", "over"
_OPEN = (
    "SELECT n.root, n.since, n.answer, s.stage FROM precursors_notice n"
    " LEFT JOIN precursors_told s ON s.root = n.root AND s.since = n.since AND s.stage = 'soon'"
    " LEFT JOIN precursors_told o ON o.root = n.root AND o.since = n.since AND o.stage = 'over'"
    " WHERE n.ours = 0 AND n.state = 'notified' AND n.answer IS NOT NULL AND o.stage IS NULL"
    " ORDER BY n.answer, n.root"
)
_TELL = "INSERT INTO precursors_told (root, since, stage) VALUES (?, ?, ?) ON CONFLICT (root, since, stage) DO NOTHING"


@dataclass(frozen=True, slots=True)
class Told:
    """One limit of ours of which we are told: `soon`, a day before it, or `over`, when silence begins to count."""

    dispatch: DispatchId
    stage: str
    kind: str = "notification"


@dataclass(frozen=True, slots=True)
class _Open:
    root: bytes
    since: int
    next: str
    at: Ms


def _open(tx: Tx) -> Iterator[_Open]:
    for root, since, answer, soon in tx.rows(_OPEN):
        stage = SOON if soon is None else OVER
        yield _Open(bytes_of(root), int_of(since), stage, Ms(int_of(answer) - (BEFORE if stage == SOON else 0)))


def chase(tx: Tx, now: Ms) -> tuple[Told, ...]:
    """Note each limit of ours of which we are to be told now, once each, and return them; past it only that it is past."""
    found: list[Told] = []
    for one in tuple(_open(tx)):
        over = now >= one.at + (BEFORE if one.next == SOON else 0)
        if now < one.at:
            continue
        for stage in (SOON, OVER) if over else (SOON,):
            tx.run(_TELL, (one.root, one.since, stage))
        found.append(Told(DispatchId(one.root), OVER if over else SOON))
    return tuple(found)


def next_chase(tx: Tx) -> Ms | None:
    """Return when we are to be told of something next; None for nothing."""
    return min((one.at for one in _open(tx)), default=None)
