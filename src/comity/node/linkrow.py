"""The row in which the state of the link is stored, and the only function that changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from comity.base.ids import Ms
from comity.dispatch.columns import int_of, ms_or_none, text_of
from comity.dispatch.lasting import lasting
from comity.dispatch.ports import Row, Scalar, Tx
from comity.dispatch.stops import NOTHING, WHOLE, Stops, now_stands, stops_from
from comity.marking.labels import Lane
from comity.node.link import LinkEvent, LinkState, after, lanes_open


@dataclass(frozen=True, slots=True)
class Link:
    """The link as stored.

    Attributes:
        state: of protocol section 9.
        since: when it came into that state.
        reason: why, in one plain sentence.
        failures: tries without an answer, in a row.
        last_good: when an exchange last went well.
        clock_off_ms: how far the peer's log time was from ours in the last exchange.
        stops: what one side or both suspended; it outlives every other change of the state.
        challenged: signed heads of the peer that wait for their proof.
    """

    state: LinkState
    since: Ms
    reason: str
    failures: int
    last_good: Ms | None
    clock_off_ms: int
    stops: Stops = NOTHING
    challenged: int = 0


_KNOWN = "link"


def read_link(tx: Tx) -> Link:
    """Return the stored link, asked once; unpaired before the first row is written."""
    known = lasting(tx).get(_KNOWN)
    if not isinstance(known, Link):
        known = lasting(tx)[_KNOWN] = _read(tx)
    return known


def _read(tx: Tx) -> Link:
    found = tx.rows("SELECT state, since, reason, failures, last_good, clock_off, stops, challenged FROM link")
    if not found:
        return Link(LinkState.UNPAIRED, Ms(0), "the ceremony has not been held", 0, None, 0)
    return _link_of(found[0])


@lru_cache(maxsize=64)
def _link_of(row: Row) -> Link:
    state, since, reason, failures, last_good, clock_off, stops, challenged = row
    return Link(
        LinkState(text_of(state)),
        Ms(int_of(since)),
        text_of(reason),
        int_of(failures),
        ms_or_none(last_good),
        int_of(clock_off),
        stops_from(text_of(stops)),
        int_of(challenged),
    )


def write_link(tx: Tx, link: Link) -> None:
    """Store the link."""
    lasting(tx)[_KNOWN] = link
    now_stands(tx, link.stops, superseded=link.state is LinkState.SUPERSEDED)
    tx.later(
        "INSERT INTO link (one, state, since, reason, failures, last_good, clock_off, stops, challenged)"
        " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (one) DO UPDATE SET state = excluded.state, since = excluded.since, reason = excluded.reason,"
        " failures = excluded.failures, last_good = excluded.last_good, clock_off = excluded.clock_off,"
        " stops = excluded.stops, challenged = excluded.challenged",
        (
            *(link.state, link.since, link.reason, link.failures, link.last_good, link.clock_off_ms),
            *(link.stops.text(), link.challenged),
        ),
    )


def moved(link: Link, event: LinkEvent, now: Ms, reason: str) -> Link:
    """Return the link after an event; time and reason change only if the state does.

    What is suspended stays so, and a head that waits for its proof keeps the link uncosigned, whatever would bring it up.
    """
    state = after(link.state, event)
    if state is LinkState.UP and link.stops.whole:
        state, reason = LinkState.SUSPENDED, _suspended_by(link.stops)
    elif state is LinkState.UP and link.challenged:
        state, reason = LinkState.UNCOSIGNED, "a head that the other side signed waits for its proof"
    return link if state is link.state else replace(link, state=state, since=now, reason=reason)


def _suspended_by(stops: Stops) -> str:
    if stops.ended:
        return "the accord has ended; recalls, corrections, keys and certificates still cross"
    who = [name for name, scopes in (("this side", stops.ours), ("the other side", stops.theirs)) if WHOLE in scopes]
    return f"the exchange was suspended by {' and '.join(who)}"


@dataclass(frozen=True, slots=True)
class Going:
    """What may be sent in the state of the link.

    Attributes:
        lanes: of which something may go.
        condition: SQL over a row of `sent` named `s`, with its arguments; None: everything in these lanes goes.
    """

    lanes: frozenset[Lane]
    condition: tuple[str, tuple[Scalar, ...]] | None = None


def going(link: Link) -> Going:
    """Return what may be sent now."""  # spec: protocol.md 9
    if not link.stops or link.state not in {LinkState.UP, LinkState.SILENT, LinkState.SUSPENDED}:
        return Going(lanes_open(link.state))
    return Going(frozenset(Lane), link.stops.condition())
