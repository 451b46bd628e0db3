"""The keys and names with which a node speaks and listens: ours in private, the peer's in public."""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import NodeName, Origin
from comity.tlog.checkpoint import NoteKeys, NoteVerifier


@dataclass(frozen=True, slots=True)
class Voice:
    """Our own logs and the keys that sign them."""

    node: NodeName
    log_origin: Origin
    decision_origin: Origin
    log_keys: NoteKeys
    decision_keys: NoteKeys
    cosigner_keys: NoteKeys
    spares: tuple[NoteKeys, ...] = ()

    def cosigner_after(self, restored: int) -> NoteKeys | None:
        """Return the cosigning keys to use after so many `restored` leaves of our log; None if no spare is left."""
        # spec: protocol.md 9 step 6
        keys = (self.cosigner_keys, *self.spares)
        return keys[restored] if restored < len(keys) else None


@dataclass(frozen=True, slots=True)
class Peer:
    """The other party's log and the public keys of the key list in force."""

    node: NodeName
    log_origin: Origin
    log: NoteVerifier
    cosigner: NoteVerifier
    spares: tuple[NoteVerifier, ...] = ()

    def cosigners_after(self, restored: int) -> tuple[NoteVerifier, ...]:
        """Return the cosigning keys that count after so many `restored` leaves of the peer's log, oldest first."""
        return (self.cosigner, *self.spares)[restored:]


@dataclass(frozen=True, slots=True)
class Timers:
    """The accord's timers that the node keeps itself, in milliseconds."""

    heartbeat_ms: int
    cosign_overdue_ms: int
    clock_refuse_ms: int
    clock_show_ms: int
    tick_ms: int
    exchange_ms: int
    backoff_first_ms: int
    backoff_max_ms: int
    backoff_immediate_ms: int
    window: int
    """Dispatches without receipt that one side has under way; lane immediate excepted."""
