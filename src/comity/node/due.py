"""When a node has something to say, and when it falls silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from comity.base.ids import Ms
from comity.dispatch.book import LogRole, LogRow
from comity.dispatch.columns import int_of
from comity.dispatch.ports import Row, Tx
from comity.marking.labels import Lane
from comity.node.heads import cosigner, reach
from comity.node.link import refusal
from comity.node.linkrow import Going, Link, going, read_link
from comity.node.peer import Timers, Voice
from comity.node.sequence import room_for_slow, waits_in_pool

COSIGNATURE_ALONE_MS = 200
"""How long a cosignature waits for company; the protocol allows 1 s."""  # spec: protocol.md 6 step 7
REPEAT_MS = 3_000
"""How long what an answer carried may stay uncosigned before it is said again."""
_SLACK_MS = 60_000
"""How far a clock may be set back before what happened by the old one counts as long ago."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was said last and is not confirmed; lost with the process.

    Attributes:
        size: of our head.
        at: when.
        cosigned_size: of the head that the cosignature in it was for.
        cosigned_time: its time.
        tick: when normal and bulk leaves left the pool last.
        left: something that may travel had no room in it.
        receipted: receipts of ours have come since: what had no room may go.
    """

    size: int = 0
    at: int = 0
    cosigned_size: int = 0
    cosigned_time: int = 0
    tick: int = 0
    left: bool = False
    receipted: bool = False


def remembered(told: Told, now: Ms) -> Told:
    """Return what was told last, without times that a clock which was set back since has put far into the future.

    Otherwise nothing would be repeated, and no pool emptied, before the clock came there again.
    """
    at, tick = (_past(time, now) for time in (told.at, told.tick))
    return told if (at, tick) == (told.at, told.tick) else Told(tick=tick)


def _past(time: int, now: Ms) -> int:
    return time if time <= now + _SLACK_MS else 0


def due_at(
    tx: Tx, logs: Mapping[LogRole, LogRow], told: Told, base: int, *, timers: Timers, now: Ms, voice: Voice
) -> Ms | None:
    """Return when this node should next start an exchange; in the past means now, None means never in this state.

    Args:
        tx: a snapshot, or a transaction.
        logs: how far the logs reach in it.
        told: what was said last.
        base: the size of its own log that the peer knows we cosigned, from its last exchange.
        timers: of the accord.
        now: our time.
        voice: with our cosigning keys: without one there is no cosignature to be told.
    """
    link = read_link(tx)
    ours, theirs = logs.get(LogRole.OURS), logs.get(LogRole.THEIRS)
    if refusal(link.state) is not None or ours is None or theirs is None:
        return None
    if told.left and told.receipted:  # without a receipt it would only be the same again, and at once
        return now
    last_good = _past(link.last_good or 0, now)
    last = max(last_good, told.at)
    due = [last + timers.heartbeat_ms]
    if reach(ours) > max(ours.cosigned_size, told.size):
        due.append(now)
    if ours.size > ours.cosigned_size:
        due.append(told.at + REPEAT_MS)
    if theirs.size > base and cosigner(tx, voice) is not None:
        new = (theirs.head_size, theirs.head_time) != (told.cosigned_size, told.cosigned_time)
        due.append((last_good or told.at) + COSIGNATURE_ALONE_MS if new else told.at + REPEAT_MS)
    due += _pool_due(tx, link, told, timers, now)
    if link.stops:
        due += _repeat_due(tx, link, told)
    elif tx.rows(
        "SELECT 1 FROM got WHERE fact = 0 AND sealed IS NULL AND settled_at IS NULL UNION ALL SELECT 1 FROM regot LIMIT 1"
    ):
        due.append(told.at + REPEAT_MS)
    return Ms(min(due))


def _repeat_due(tx: Tx, link: Link, told: Told) -> list[int]:
    """Where something is suspended only the sender knows which debts may be paid now, so it repeats them; wants wait."""
    allowed = going(link)
    if allowed.condition is None:
        return []
    goes, arguments = allowed.condition
    rows = tx.rows(
        f"SELECT 1 FROM sent s WHERE s.settled_at IS NULL AND s.fact = 0 AND +s.idx >= 0 AND {goes} LIMIT 1",  # noqa: S608  no text of a person in it
        arguments,
    )
    return [told.at + REPEAT_MS] if rows else []


def _pool_due(tx: Tx, link: Link, told: Told, timers: Timers, now: Ms) -> list[int]:
    """Normal and bulk leave on the tick, so that their times say little."""  # spec: protocol.md 8
    if not tx.rows("SELECT 1 FROM pool LIMIT 1"):
        return []
    allowed = going(link)
    rows = _least_lane(tx, allowed, now)
    later = tx.rows("SELECT min(not_before) FROM pool WHERE not_before > ?", (now,))
    waits = [int_of(row[0]) for row in later if row[0] is not None]
    if rows[0][0] is None or Lane(int_of(rows[0][0])) not in allowed.lanes:
        return waits
    if int_of(rows[0][0]) >= Lane.NORMAL and not room_for_slow(tx, allowed):
        return waits  # the receipts that make room are heard at once
    return [told.tick + timers.tick_ms if int_of(rows[0][0]) >= Lane.NORMAL else now, *waits]


def _least_lane(tx: Tx, allowed: Going, now: Ms) -> list[Row]:
    if allowed.condition is None:
        return tx.rows("SELECT min(lane) FROM pool WHERE not_before IS NULL OR not_before <= ?", (now,))
    goes, arguments = allowed.condition
    return tx.rows(
        "SELECT min(p.lane) FROM pool p LEFT JOIN sent s ON s.id = p.dispatch"  # noqa: S608  no text of a person in it
        f" WHERE (p.not_before IS NULL OR p.not_before <= ?) AND {goes}",
        (now, *arguments),
    )


def ticked(tx: Tx, told: Told, timers: Timers, allowed: Going, now: Ms) -> int:
    """Return the tick with which normal and bulk leaves leave next: a tick lasts until all that came by it has its place."""
    over = now >= told.tick + timers.tick_ms and not waits_in_pool(tx, allowed, now)
    return now if over else told.tick


def ready(told: Told, timers: Timers, link: Link, now: Ms) -> Going:
    """Return which pooled leaves may be sequenced now."""
    allowed = going(link)
    if now >= told.tick + timers.tick_ms:
        return allowed
    return replace(allowed, lanes=allowed.lanes & {Lane.IMMEDIATE, Lane.URGENT})
