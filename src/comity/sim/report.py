"""Many worlds, one after the other, and what is to be said about them; the command line shows it as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

from comity.sim.disk import MakeDisk
from comity.sim.faults import HOUR_MS, Plan
from comity.sim.room import Steps
from comity.sim.world import Outcome, Settings, run_world

Json: TypeAlias = str | int | float | list["Json"] | dict[str, "Json"] | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of worlds showed.

    Attributes:
        seeds: of the worlds, in order.
        steps, dispatches, commits: events, dispatch leaves and transactions of all worlds.
        faults: how many of each kind were injected.
        failed: (seed, first invariant that did not hold, in words).
        traces: (seed, hash of all that happened); equal seeds give equal hashes.
        virtual_hours: how long the worlds lasted by their own clocks, together.
        wall_seconds: how long that took.
    """

    seeds: tuple[int, ...]
    steps: int
    dispatches: int
    commits: int
    faults: tuple[tuple[str, int], ...]
    failed: tuple[tuple[int, str], ...]
    traces: tuple[tuple[int, str], ...]
    virtual_hours: float
    wall_seconds: float

    @property
    def good(self) -> bool:
        """Whether every invariant held in every world."""
        return not self.failed

    def as_json(self) -> dict[str, Json]:
        """Return it as values that a JSON encoder takes."""
        shown: dict[str, Json] = {**asdict(self)}
        shown["seeds"] = list(self.seeds)
        shown["faults"] = dict(self.faults)
        shown["failed"] = [{"seed": seed, "invariant": what} for seed, what in self.failed]
        shown["traces"] = {str(seed): trace for seed, trace in self.traces}
        return shown


def simulate(
    seeds: Sequence[int],
    make_disk: MakeDisk,
    *,
    dispatches: int = 30,
    plan: Plan | None = None,
    room: Steps = (),
    stopwatch: Callable[[], float],
    told: Callable[[Outcome], None] = lambda _: None,
) -> Report:
    """Run one world for each seed.

    Args:
        seeds: one world each.
        make_disk: makes the empty store of one side of one world.
        dispatches: forms that officers hand in, in each world, on both sides together.
        plan: what goes wrong in every world; None: what its seed says.
        room: the tables of a restricted room, which some worlds then have beside the traffic.
        stopwatch: seconds that only grow; what it shows is for the reader and changes nothing.
        told: called with each world's outcome as soon as it is known.
    """
    began = stopwatch()
    outcomes: list[Outcome] = []
    for seed in seeds:
        outcomes.append(run_world(Settings(seed, dispatches, plan, room=room), make_disk))
        told(outcomes[-1])
    faults: Counter[str] = Counter()
    for outcome in outcomes:
        faults.update(outcome.faults)
    return Report(
        seeds=tuple(seeds),
        steps=sum(one.steps for one in outcomes),
        dispatches=sum(one.dispatches for one in outcomes),
        commits=sum(one.commits for one in outcomes),
        faults=tuple(sorted(faults.items())),
        failed=tuple((one.seed, one.broken) for one in outcomes if one.broken is not None),
        traces=tuple((one.seed, one.trace) for one in outcomes),
        virtual_hours=round(sum(one.virtual_ms for one in outcomes) / HOUR_MS, 2),
        wall_seconds=round(stopwatch() - began, 2),
    )
