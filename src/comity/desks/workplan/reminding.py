"""Proposals of the other side that wait for our answer: by when, and of which limits our own side is told by machine.

The rule it keeps: each limit is told once; what we have signed, and what its own side recalled, waits for nobody here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.ids import DispatchId, Ms
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Tx

DAY_MS = 86_400_000
TIMER = "plan-answer"
"""The timer of the accord: how long a proposal may wait for its answer, in milliseconds."""
DEFAULT_MS = 14 * DAY_MS
"""Where the accord says nothing."""
SOON, OVER = "soon", "over"
_OPEN = (
    "SELECT a.id, d.at, s.stage, o.stage FROM workplan_amend a JOIN workplan_dispatch d ON d.id = a.id"
    " LEFT JOIN workplan_told s ON s.proposal = a.id AND s.stage = 'soon'"
    " LEFT JOIN workplan_told o ON o.proposal = a.id AND o.stage = 'over'"
    " WHERE a.fate = 'open' AND d.ours = 0 AND d.refused IS NULL AND d.quarantined IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM workplan_mark m WHERE m.target = a.id AND m.ours = 0 AND m.kind = 'recall')"
    " AND NOT EXISTS (SELECT 1 FROM workplan_amend y JOIN workplan_dispatch z ON z.id = y.id WHERE y.about = a.id"
    " AND z.ours = 1 AND z.filed IS NULL AND z.refused IS NULL AND z.quarantined IS NULL)"
    " ORDER BY d.at, a.id"
)
_TELL = "INSERT INTO workplan_told (proposal, stage) VALUES (?, ?) ON CONFLICT (proposal, stage) DO NOTHING"


@dataclass(frozen=True, slots=True)
class Told:
    """One proposal of which our own side is told: `soon`, a day before its limit, or `over`, at it."""

    dispatch: DispatchId
    stage: str
    kind: str = "plan-proposal"


@dataclass(frozen=True, slots=True)
class Waits:
    """One proposal that waits for us: since when by our clock, and which stages were told."""

    id: DispatchId
    since: Ms
    told: frozenset[str]

    def at(self, stage: str, answer_ms: int) -> Ms:
        """Return when a stage is reached."""
        early = min(DAY_MS, answer_ms // 2) if stage == SOON else 0
        return Ms(self.since + answer_ms - early)


def answer_ms(timers: Mapping[str, int]) -> int:
    """Return how long a proposal may wait for its answer, by the timers of an accord."""
    return timers.get(TIMER, DEFAULT_MS)


def waiting(tx: Tx) -> tuple[Waits, ...]:
    """Return the proposals of the other side that wait for an answer of ours, the oldest first."""
    return tuple(
        Waits(
            DispatchId(bytes_of(id_)),
            Ms(int_of(at)),
            frozenset(stage for stage, said in ((SOON, soon), (OVER, over)) if said is not None),
        )
        for id_, at, soon, over in tx.rows(_OPEN)
    )


def chase(tx: Tx, now: Ms, limit_ms: int) -> tuple[Told, ...]:
    """Note each limit of which our own side is to be told now, once each; of one long past only that it is past."""
    found: list[Told] = []
    for one in waiting(tx):
        due = tuple(stage for stage in (SOON, OVER) if now >= one.at(stage, limit_ms))
        if due and due[-1] not in one.told:
            tx.many(_TELL, [(one.id, stage) for stage in due])
            found.append(Told(one.id, due[-1]))
    return tuple(found)


def next_chase(tx: Tx, limit_ms: int) -> Ms | None:
    """Return when our own side is to be told of something next; None for nothing."""
    times = [
        one.at(stage, limit_ms)
        for one in waiting(tx)
        if OVER not in one.told
        for stage in (SOON, OVER)
        if stage not in one.told
    ]
    return min(times, default=None)
