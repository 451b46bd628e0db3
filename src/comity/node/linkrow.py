"""The row in which the state of the link is stored, and the only function that changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base.ids import Ms
from comity.dispatch.columns import int_of, ms_or_none, text_of
from comity.dispatch.ports import Tx
from comity.node.link import LinkEvent, LinkState, after


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
    """

    state: LinkState
    since: Ms
    reason: str
    failures: int
    last_good: Ms | None
    clock_off_ms: int


def read_link(tx: Tx) -> Link:
    """Return the stored link; unpaired before the first row is written."""
    found = tx.rows("SELECT state, since, reason, failures, last_good, clock_off FROM link")
    if not found:
        return Link(LinkState.UNPAIRED, Ms(0), "the ceremony has not been held", 0, None, 0)
    state, since, reason, failures, last_good, clock_off = found[0]
    return Link(
        LinkState(text_of(state)),
        Ms(int_of(since)),
        text_of(reason),
        int_of(failures),
        ms_or_none(last_good),
        int_of(clock_off),
    )


def write_link(tx: Tx, link: Link) -> None:
    """Store the link."""
    tx.run(
        "INSERT INTO link (one, state, since, reason, failures, last_good, clock_off) VALUES (1, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (one) DO UPDATE SET state = excluded.state, since = excluded.since, reason = excluded.reason,"
        " failures = excluded.failures, last_good = excluded.last_good, clock_off = excluded.clock_off",
        (link.state, link.since, link.reason, link.failures, link.last_good, link.clock_off_ms),
    )


def moved(link: Link, event: LinkEvent, now: Ms, reason: str) -> Link:
    """Return the link after an event; time and reason change only if the state does."""
    state = after(link.state, event)
    return link if state is link.state else replace(link, state=state, since=now, reason=reason)
