"""8. Clock moved: one side's node is set nine hours back, so that a late answer looks as if it were in time.

What notices: every leaf is bounded by two acts of the other party: the head that its batch names, and the co-signature
above it. What the answer claims lies outside. Both nodes show how far the other's clock is off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from comity.base.ids import DispatchId, Ms, show_id
from comity.cli.demo.attacks.arena import MINUTE_MS, SECOND_MS, Arena
from comity.cli.demo.attacks.result import AttackResult
from comity.cli.out import moment
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import HeadLeaf, decode_entry
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Committed
from comity.node.node import Node
from comity.node.proofs import leaf_interval, tie_before
from comity.tlog.proof import parse_proof

ATTACK = (8, "clock-moved")
BACK_MS = 9 * 60 * MINUTE_MS
_BEFORE_MS, _LATE_MS = 300 * MINUTE_MS, 340 * MINUTE_MS
_NEVER = 1 << 50


class _Row(Protocol):
    answered: Ms | None
    due_full: Ms | None


def run(ring: Arena) -> AttackResult:
    """Ask, let the limit pass, move the cheat's clock back, and let it answer as if in time."""
    question, answer = ring.finished.script.attacks[ATTACK[1]]
    asker, cheat = ring.scene(question).party, ring.scene(answer).party
    ring.settle()
    ring.wait(ring.nodes[asker].timers.tick_ms)
    asked = ring.sent(question)
    ring.settle()
    ring.tick()
    due = _row(ring, asker, asked.id).due_full
    assert due is not None
    ring.wait(due + _BEFORE_MS - ring.now)
    ring.settle()
    ring.skew[cheat] = -BACK_MS
    ring.wait(_LATE_MS - _BEFORE_MS)
    problem = ring.meet(asker).problem
    ring.check(
        f"{ring.mark(cheat)}'s unaltered node refuses to go on: the other's clock is hours ahead",
        problem and problem.code == "clock",
    )
    ring.replace(cheat, Node, replace(ring.nodes[cheat].timers, clock_refuse_ms=_NEVER))
    sent = ring.sent(answer, re=[show_id(asked.id)], case=show_id(asked.case))
    ring.settle()
    ring.tick()
    after = _check_bounds(ring, (asker, cheat), sent, due)
    _check_shown(ring, (asker, cheat))
    row = _row(ring, asker, asked.id)
    ring.check("it is counted late", row.answered is not None and row.answered > due)
    return ring.result(
        ATTACK,
        by=cheat,
        done=f"{ring.mark(cheat)}'s node was set nine hours back and answered a question that was due {moment(due)}, nearly six hours late, "
        "with a date before the limit",
        noticed=f"the batch names a head that {ring.mark(asker)} signed {moment(after)}, so the leaf is later than that; "
        f"{ring.mark(asker)}'s co-signature bounds it from above; both nodes show how far the other's clock is off",
        after="the next exchange",
    )


def _row(ring: Arena, party: str, dispatch: DispatchId) -> _Row:
    desk = next(iter(ring.opened[party].desks.values()))
    with ring.nodes[party].ledger.read() as tx:
        row: _Row = getattr(desk, "dispatch")(tx, dispatch)  # noqa: B009  desks come by name
    return row


def _check_bounds(ring: Arena, sides: tuple[str, str], sent: Committed, due: Ms) -> Ms | None:
    """Compare the claim in the header with the interval that the other party's acts give; return its beginning."""
    asker, cheat = sides
    plain = ring.rows(asker, "SELECT idx, plain FROM got WHERE id = ?", (sent.id,))
    index, parts = plain[0][0], parts_of(bytes_of(plain[0][1]))
    assert isinstance(index, int)
    created = wire.decode_header(parts[0].content).created
    ring.keep("header.cbor", parts[0].content)
    bounds = []
    for party, role in ((asker, LogRole.THEIRS), (cheat, LogRole.OURS)):
        with ring.nodes[party].ledger.read() as tx:
            bounds.append(leaf_interval(tx, role, index))
            tie = tie_before(tx, role, index)
    after, before = bounds[0]
    ring.check("the claim is before the limit", created < due)
    ring.check("the leaf was made after the limit, by the other party's head", after is not None and due < after)
    ring.check("the claim lies outside of what the other party signed", after is not None and created < after)
    ring.check("both sides' logs give the same interval", bounds[0] == bounds[1])
    ring.keep(
        "times.txt", f"claimed {moment(created)}\ndue {moment(due)}\nafter {moment(after)}\nbefore {moment(before)}\n"
    )
    if tie is not None:
        _check_public(ring, sides, index, tie[0], due)
    return after


def _check_public(ring: Arena, sides: tuple[str, str], index: int, tie: int, due: Ms) -> None:
    """Check from the kept proofs and the key lists alone: the head that was named, and the co-signature above."""
    asker, cheat = sides
    above = ring.keys().head(parse_proof(ring.keep_proof(asker, LogRole.THEIRS, index, "answer")).note)
    ring.keys().head(parse_proof(ring.keep_proof(asker, LogRole.THEIRS, tie, "l-head")).note)
    entry = bytes_of(ring.rows(asker, "SELECT entry FROM entry WHERE role = 'theirs' AND idx = ?", (tie,))[0][0])
    named = decode_entry(entry)
    assert isinstance(named, HeadLeaf)
    place = (named.size, named.time)
    found = ring.rows(asker, "SELECT note, cosignature FROM head WHERE role = 'ours' AND size = ? AND time = ?", place)
    ring.keep("head-that-was-named.txt", str(found[0][0]))
    ring.check(
        f"{ring.mark(cheat)}'s own log names a head that {ring.mark(asker)} signed after the limit",
        named.time * SECOND_MS > due,
        public=True,
    )
    ring.check("the co-signature above it is later still", above.cosigned.time >= named.time, public=True)


def _check_shown(ring: Arena, sides: tuple[str, str]) -> None:
    for party in sides:
        off = ring.nodes[party].link().clock_off_ms
        shown = abs(off) > ring.nodes[party].timers.clock_show_ms
        ring.check(f"{ring.mark(party)}'s node shows that the other's clock is {off / MINUTE_MS:+.0f} min off", shown)
