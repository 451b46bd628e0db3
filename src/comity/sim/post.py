"""The network between two simulated nodes: it loses, repeats, delays, parts, and lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from comity.base.errors import BadEnvelope
from comity.dispatch.exchange_codec import Exchange, Problem, decode_exchange, encode_exchange, encode_problem
from comity.sim.agenda import Agenda
from comity.sim.chance import Chance
from comity.sim.faults import LIES, Fault, Injected, Plan

_LATENCY_MS = (20, 250)
_DELAY_MS = (1_000, 70_000)
"""Longer than a request is waited for, so that later letters overtake and answers come too late."""
_REMEMBERED = 60
_TRIES = 6
_SEVERAL_BYTES = 15_000
"""An exchange with several dispatches is larger."""
_FALSE_CODES = ("gap", "recovering", "slow-down", "broken", "clock", "unknown-log", "stale-incarnation")


@dataclass(frozen=True, slots=True)
class Letter:
    """One body on the wire; `problem` says that it came with another status than 200, `recovers` that it is no exchange."""

    data: bytes
    problem: bool = False
    recovers: bool = False


Deliver = Callable[[Letter], bool]
"""Takes a letter, and says whether a node heard it."""


class Post:
    """Carries letters between the two sides, as well as its plan lets it.

    Args:
        agenda: the virtual clock.
        chance: the stream that decides.
        plan: how often what goes wrong.
        start: virtual time from which the plan's partings count.
        injected: where faults are counted.
    """

    def __init__(self, agenda: Agenda, chance: Chance, plan: Plan, start: int, injected: Injected) -> None:
        self._agenda, self._chance, self._plan, self._start = agenda, chance, plan, start
        self._injected = injected
        self._said: tuple[list[bytes], list[bytes]] = ([], [])
        self._heard: tuple[set[bytes], set[bytes]] = (set(), set())
        self._lives = [0, 0]
        self.healed = False

    def carry(self, side: int, letter: Letter, deliver: Deliver, *, answer: bool) -> None:
        """Take a letter of `side` and deliver it none, one or several times, at some time, as it was or not.

        Args:
            side: whose letter it is.
            letter: what was said.
            deliver: called at the time of arrival.
            answer: it answers a request, so a false problem can stand in its place.
        """
        self._remember(side, letter)
        life = self._lives[side]
        for _ in range(self._copies()):
            carried = self._lie(side, letter, answer=answer) if self._hit(self._plan.lie) else letter
            if self._withholds() or (len(carried.data) > _SEVERAL_BYTES and self._hit(self._plan.thin)):
                carried = self._thinned(side, carried)
            self._agenda.after(self._latency(), partial(self._arrive, carried, deliver, (side, life)))

    def _arrive(self, letter: Letter, deliver: Deliver, sent: tuple[int, int]) -> None:
        side, life = sent
        if life != self._lives[side]:
            return
        if self.parted():
            self._injected.note(Fault.PARTED)
        elif deliver(letter):
            self._heard[side].add(letter.data)

    def cut(self, side: int) -> None:
        """End all connections of a side: what is under way is lost, and what nobody heard is not heard later (ADR 0107, costs)."""
        self._lives[side] += 1
        self._said[side][:] = [data for data in self._said[side] if data in self._heard[side]]

    def parted(self) -> bool:
        """Say whether no letter arrives now."""
        now = self._agenda.now - self._start
        return not self.healed and any(start <= now < end for start, end in self._plan.partings)

    def _withholds(self) -> bool:
        start, end = self._plan.withheld
        return not self.healed and start <= self._agenda.now - self._start < end

    def _hit(self, rate: float) -> bool:
        return not self.healed and bool(rate) and self._chance.hit(rate)

    def _copies(self) -> int:
        if self._hit(self._plan.lose):
            self._injected.note(Fault.LOST)
            return 0
        if self._hit(self._plan.repeat):
            self._injected.note(Fault.REPEATED)
            return 2
        return 1

    def _latency(self) -> int:
        if self._hit(self._plan.delay):
            self._injected.note(Fault.DELAYED)
            return self._chance.number(*_DELAY_MS)
        return self._chance.number(*_LATENCY_MS)

    def _remember(self, side: int, letter: Letter) -> None:
        said = self._said[side]
        if not (letter.problem or letter.recovers) and (not said or said[-1] != letter.data):
            said.append(letter.data)
            del said[:-_REMEMBERED]

    # --- lies --------------------------------------------------------------------------------------------------

    def _lie(self, side: int, letter: Letter, *, answer: bool) -> Letter:
        for _ in range(_TRIES):
            fault = self._chance.pick(LIES)
            changed = self._changed(side, fault, letter, answer=answer)
            if changed is not None:
                self._injected.note(fault)
                return changed
        return letter

    def _changed(self, side: int, fault: Fault, letter: Letter, *, answer: bool) -> Letter | None:
        """Return the letter with one lie in it, or None where this lie does not fit."""
        if fault is Fault.FALSE_PROBLEM:
            return self._false_problem() if answer else None
        if fault is Fault.REPLAYED:
            return Letter(self._chance.pick(self._said[side])) if self._said[side] else None
        if fault is Fault.CUT:
            return replace(letter, data=letter.data[: self._chance.number(0, len(letter.data) - 1)])
        if fault is Fault.FLIPPED:
            return replace(letter, data=self._flip(letter.data))
        return None if letter.problem else self._forge(side, fault, letter)

    def _thinned(self, side: int, letter: Letter) -> Letter:
        """Leave the first dispatch out, so that what comes after it comes before it."""
        thinned = self._forge(side, Fault.DISPATCH_DROPPED, letter)
        if thinned is None:
            return letter
        self._injected.note(Fault.DISPATCH_DROPPED)
        return thinned

    def _flip(self, data: bytes) -> bytes:
        """Change one bit: one that makes the same kind of damage whatever a ciphertext or signature happens to be."""
        at = self._chance.number(0, len(data) - 1)
        return data[:at] + bytes([data[at] ^ self._chance.pick((0x01, 0x80))]) + data[at + 1 :]

    def _false_problem(self) -> Letter:
        problem = Problem(self._chance.pick(_FALSE_CODES), 1_000, self._chance.number(0, 60), None, 0)
        return Letter(encode_problem(problem), problem=True)

    def _forge(self, side: int, fault: Fault, letter: Letter) -> Letter | None:
        try:
            exchange = decode_exchange(letter.data)
            other = decode_exchange(self._chance.pick(self._said[side]))
        except (BadEnvelope, LookupError):
            return None
        forged = _FORGERIES[fault](exchange, other, self._chance)
        return None if forged is None else Letter(encode_exchange(forged))


def _unsigned(exchange: Exchange, other: Exchange, chance: Chance) -> Exchange:
    """Take one signature line away, from head or cosignature."""
    del other
    if exchange.cosignature is not None and chance.hit(0.5):
        return replace(exchange, cosignature=_without_line(exchange.cosignature, chance))
    return replace(exchange, checkpoint=_without_line(exchange.checkpoint, chance))


def _without_line(note: str, chance: Chance) -> str:
    lines = note.splitlines(keepends=True)
    del lines[len(lines) - chance.number(1, 2)]
    return "".join(lines)


def _signature_swapped(exchange: Exchange, other: Exchange, chance: Chance) -> Exchange | None:
    """Put the signatures of another head of the same side under this one."""
    del chance
    text, signatures = exchange.checkpoint.partition("\n\n")[0], other.checkpoint.partition("\n\n")[2]
    forged = f"{text}\n\n{signatures}"
    return None if forged == exchange.checkpoint else replace(exchange, checkpoint=forged)


def _dispatches_swapped(exchange: Exchange, other: Exchange, chance: Chance) -> Exchange | None:
    """Put each sealed dispatch at the leaf of another."""
    del other, chance
    if len(exchange.dispatches) < 2:  # noqa: PLR2004  one cannot be swapped
        return None
    indexes = [index for index, _ in exchange.dispatches]
    sealed = [data for _, data in exchange.dispatches]
    pairs = zip(indexes, (*sealed[1:], sealed[0]), strict=True)
    return replace(exchange, dispatches=tuple(pairs))


def _dispatch_dropped(exchange: Exchange, other: Exchange, chance: Chance) -> Exchange | None:
    """Leave the first sealed dispatch out."""
    del other, chance
    return replace(exchange, dispatches=exchange.dispatches[1:]) if exchange.dispatches else None


def _entries_dropped(exchange: Exchange, other: Exchange, chance: Chance) -> Exchange | None:
    """Leave the first or the last entry out, the first together with its place in the count."""
    del other
    if not exchange.entries:
        return None
    if chance.hit(0.5):
        return replace(exchange, entries=exchange.entries[:-1])
    return replace(exchange, base=exchange.base + 1, entries=exchange.entries[1:])


_FORGERIES: dict[Fault, Callable[[Exchange, Exchange, Chance], Exchange | None]] = {
    Fault.UNSIGNED: _unsigned,
    Fault.SIGNATURE_SWAPPED: _signature_swapped,
    Fault.DISPATCHES_SWAPPED: _dispatches_swapped,
    Fault.DISPATCH_DROPPED: _dispatch_dropped,
    Fault.ENTRIES_DROPPED: _entries_dropped,
}
