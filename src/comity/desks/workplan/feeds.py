"""The address of each officer's calendar, which a program asks for without signing in: one an officer, by its token's digest.

The rule it keeps: of a token the store has the SHA-256 alone; a new address takes the place of the one before.
"""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.columns import int_of, ms_or_none, text_of
from comity.dispatch.ports import Tx

Officer = tuple[str, int]
"""Desk and number."""


def put(tx: Tx, who: Officer, digest: bytes, now: Ms) -> None:
    """Keep the digest of an officer's new address."""
    tx.run(
        "INSERT INTO workplan_feed (desk, number, token_sha256, since) VALUES (?, ?, ?, ?) ON CONFLICT (desk, number)"
        " DO UPDATE SET token_sha256 = excluded.token_sha256, since = excluded.since",
        (*who, digest, now),
    )


def drop(tx: Tx, who: Officer) -> bool:
    """Take an officer's address back; False if there was none."""
    return tx.run("DELETE FROM workplan_feed WHERE desk = ? AND number = ?", who) > 0


def whose(tx: Tx, digest: bytes) -> Officer | None:
    """Return whose address this is, or None."""
    found = tx.rows("SELECT desk, number FROM workplan_feed WHERE token_sha256 = ?", (digest,))
    return (text_of(found[0][0]), int_of(found[0][1])) if found else None


def since(tx: Tx, who: Officer) -> Ms | None:
    """Return since when an officer has an address; None for no address."""
    found = tx.rows("SELECT since FROM workplan_feed WHERE desk = ? AND number = ?", who)
    return ms_or_none(found[0][0]) if found else None
