"""Which faults a world injects, how often, and how many it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

from comity.sim.chance import Chance

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class Fault(StrEnum):
    """What can go wrong; the report counts each."""

    LOST = "lost"
    REPEATED = "repeated"
    DELAYED = "delayed"
    PARTED = "parted"
    FLIPPED = "flipped"
    CUT = "cut"
    REPLAYED = "replayed"
    UNSIGNED = "unsigned"
    SIGNATURE_SWAPPED = "signature-swapped"
    DISPATCHES_SWAPPED = "dispatches-swapped"
    DISPATCH_DROPPED = "dispatch-dropped"
    ENTRIES_DROPPED = "entries-dropped"
    FALSE_PROBLEM = "false-problem"
    NOT_STORED = "not-stored"
    ANSWER_LOST = "answer-lost"
    CRASHED_INSIDE = "crashed-inside"
    CRASHED_AFTER = "crashed-after"
    KILLED = "killed"
    CLOCK_FAR = "clock-far"
    PUT_BACK = "put-back"
    OLD_STORE = "old-store"
    SUSPENDED = "suspended"
    AMENDED = "amended"
    ENDED = "ended"


LIES = (
    Fault.FLIPPED,
    Fault.CUT,
    Fault.REPLAYED,
    Fault.UNSIGNED,
    Fault.SIGNATURE_SWAPPED,
    Fault.DISPATCHES_SWAPPED,
    Fault.DISPATCH_DROPPED,
    Fault.ENTRIES_DROPPED,
    Fault.FALSE_PROBLEM,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one world goes through; rates are probabilities for each letter or transaction.

    Attributes:
        lose, repeat, delay, lie: for each letter on the network.
        thin: for each letter with several dispatches, that the first of them is left out.
        not_stored, answer_lost, crash_inside, crash_after: for each write transaction.
        kills: crashes between transactions, for each side.
        partings: (from, to) in virtual milliseconds, during which no letter arrives.
        skew: how far each side's clock is off, milliseconds.
        far: (side, from, to, by): one clock that is hours ahead for a while, or None.
        silent_side: a side that cannot call and only answers, or None.
        work_ms: for how long officers hand in; faults end then, and the world heals.
        put_backs: (side, copied at, put back at): the store of a side as it was is put in the place of the newest.
        suspensions: (side, from, to, the desk alone): people of a side suspend, and resume it.
        turns: (side, at, log keys too, mirror keys too): a side gets a new key list.
        amendments: (side, at): people of a side propose an edition of the accord, which the other side signs or refuses.
        ends: (side, at): people of a side end the accord, and both sides destroy what the other gave.
        withheld: (from, to): for that time each letter leaves its first dispatch out, so that others wait for it.
        forget: a side destroys its older sealing keys as soon as a new list is in force, so that what is under way is resealed.
    """

    lose: float
    repeat: float
    delay: float
    lie: float
    thin: float
    not_stored: float
    answer_lost: float
    crash_inside: float
    crash_after: float
    kills: int
    partings: tuple[tuple[int, int], ...]
    skew: tuple[int, int]
    far: tuple[int, int, int, int] | None
    silent_side: int | None
    work_ms: int
    put_backs: tuple[tuple[int, int, int], ...] = ()
    suspensions: tuple[tuple[int, int, int, bool], ...] = ()
    turns: tuple[tuple[int, int, bool, bool], ...] = ()
    forget: bool = False
    amendments: tuple[tuple[int, int], ...] = ()
    ends: tuple[tuple[int, int], ...] = ()
    withheld: tuple[int, int] = (0, 0)


_SKEW_MS = 145_000
"""Two clocks, each this far off in either direction, are less than 5 minutes apart."""  # spec: protocol.md 7 check 6
_FAR_RATE = 0.15
_SILENT_RATE = 0.15
_LONG_PARTING_RATE = 0.2
_PUT_BACK_RATE = 0.5
_SUSPEND_RATE = 0.4
_LOG_RATE = 0.7
_MIRROR_RATE = 0.5
_END_RATE = 0.1
_WITHHELD_RATE = 0.6


def plan_of(chance: Chance) -> Plan:
    """Draw what a world goes through: from almost calm to very rough."""
    work = chance.number(40, 120) * MINUTE_MS
    rough = chance.number(0, 10) / 10
    plan = Plan(
        lose=0.3 * rough * chance.number(0, 10) / 10,
        repeat=0.2 * rough,
        delay=0.25 * rough,
        lie=0.3 * rough * chance.number(0, 10) / 10,
        thin=0.5 * rough,
        not_stored=0.06 * rough,
        answer_lost=0.06 * rough,
        crash_inside=0.012 * rough,
        crash_after=0.012 * rough,
        kills=chance.number(0, 4),
        partings=_partings(chance, work),
        skew=(chance.number(-_SKEW_MS, _SKEW_MS), chance.number(-_SKEW_MS, _SKEW_MS)),
        far=_far(chance, work) if chance.hit(_FAR_RATE) else None,
        silent_side=chance.number(0, 1) if chance.hit(_SILENT_RATE) else None,
        work_ms=work,
    )
    plan = replace(plan, put_backs=_put_backs(chance, plan)) if chance.hit(_PUT_BACK_RATE) else plan
    plan = replace(plan, turns=_turns(chance.branch("turns"), plan))
    plan = replace(plan, suspensions=_suspensions(chance.branch("suspensions"), work))
    plan = replace(plan, amendments=_amendments(chance.branch("amendments"), work))
    return _ended(chance.branch("ends"), plan) if chance.branch("ended").hit(_END_RATE) else plan


def calm_plan(work_ms: int = 30 * MINUTE_MS) -> Plan:
    """Return a plan in which nothing goes wrong; tests add the one fault that they are about."""
    return Plan(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (), (0, 0), None, None, work_ms)


def _partings(chance: Chance, work: int) -> tuple[tuple[int, int], ...]:
    long = chance.hit(_LONG_PARTING_RATE)
    found = []
    for _ in range(chance.number(0, 2)):
        start = chance.number(0, work)
        found.append((start, start + chance.number(1, 100 if long else 12) * MINUTE_MS))
    return tuple(found)


def _put_backs(chance: Chance, plan: Plan) -> tuple[tuple[int, int, int], ...]:
    """Put back the store of one side or of both, after another; never of one that cannot call and so cannot ask."""
    found = []
    for _ in range(chance.number(1, 3)):
        side, copied = chance.number(0, 1), chance.number(0, plan.work_ms)
        found.append((side, copied, copied + chance.number(0, 40) * MINUTE_MS + chance.number(1, MINUTE_MS)))
    return tuple(one for one in found if one[0] != plan.silent_side and one[2] < plan.work_ms)


def _turns(chance: Chance, plan: Plan) -> tuple[tuple[int, int, bool, bool], ...]:
    """Change keys in half of the worlds, up to three times, of either side and also of both at once."""
    return tuple(
        (chance.number(0, 1), chance.number(0, plan.work_ms), chance.hit(_LOG_RATE), chance.hit(_MIRROR_RATE))
        for _ in range(chance.pick((0, 0, 1, 2, 3)))
    )


def _suspensions(chance: Chance, work: int) -> tuple[tuple[int, int, int, bool], ...]:
    """Suspend the exchange or the desk once or twice, by either side; at the same time too."""
    found = []
    for _ in range(chance.number(1, 2) if chance.hit(_SUSPEND_RATE) else 0):
        start = chance.number(0, work)
        found.append((chance.number(0, 1), start, start + chance.number(1, 40) * MINUTE_MS, chance.hit(0.3)))
    return tuple(found)


def _amendments(chance: Chance, work: int) -> tuple[tuple[int, int], ...]:
    """Amend the accord in half of the worlds, up to three times, by either side and by both at once."""
    return tuple((chance.number(0, 1), chance.number(0, work)) for _ in range(chance.pick((0, 0, 1, 2, 3))))


def _ended(chance: Chance, plan: Plan) -> Plan:
    """End the accord, by one side or by both at once; nobody suspends or amends then, and no store is put back.

    What a put-back store lost would come back from a side that no longer sends it. In most of these worlds something is
    withheld for some minutes until then, so that what comes after it arrives, and waits for it when the accord ends.
    """
    end = chance.number(plan.work_ms // 3, plan.work_ms)
    sides = chance.pick(((0,), (1,), (0, 1)))
    ends = tuple((side, end + chance.number(0, MINUTE_MS)) for side in sides)
    held = chance.branch("withheld")
    withheld = (end - held.number(2, 6) * MINUTE_MS, end + MINUTE_MS) if held.hit(_WITHHELD_RATE) else (0, 0)
    return replace(plan, ends=ends, withheld=withheld, put_backs=(), suspensions=(), amendments=())


def _far(chance: Chance, work: int) -> tuple[int, int, int, int]:
    start = chance.number(0, work)
    return chance.number(0, 1), start, start + chance.number(5, 30) * MINUTE_MS, chance.number(65, 95) * MINUTE_MS


class Injected(Counter[str]):
    """How many faults of each kind were injected."""

    def note(self, fault: Fault) -> Fault:
        """Count one."""
        self[fault.value] += 1
        return fault
