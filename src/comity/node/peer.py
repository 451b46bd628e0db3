"""The keys and names with which a node speaks and listens: ours in private, the peer's in public.

The rule it keeps: which log keys sign a head is a function of its size alone. The head that first covers a key list is
signed with the old and the new keys, those below it with the old, those above it with the new.
"""  # spec: protocol.md 10

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from comity.base.ids import Digest, NodeName, Origin
from comity.tlog.checkpoint import NoteKeys, NoteVerifier

_Key = TypeVar("_Key", NoteKeys, NoteVerifier)


def keys_at(size: int, earlier: Sequence[tuple[int, _Key]], newest: _Key) -> tuple[_Key, ...]:
    """Return the log keys that sign a head of `size`: one pair, or the old and the new one where they change.

    Args:
        size: of the head.
        earlier: (size of the head at which they ended, keys), oldest first.
        newest: what follows them.
    """  # spec: protocol.md 10
    after: list[_Key] = [keys for _, keys in earlier[1:]]
    after.append(newest)
    for (turn, keys), following in zip(earlier, after, strict=False):
        if size < turn:
            return (keys,)
        if size == turn:
            return (keys, following)
    return (newest,)


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
    earlier: tuple[tuple[int, NoteKeys], ...] = ()
    """Log keys of earlier key lists: (size of the head at which they ended, keys), oldest first."""
    mirrors: tuple[NoteVerifier, ...] = ()
    """Cosigning keys of earlier key lists, public."""
    coming: tuple[NoteVerifier, ...] = ()
    """Log keys of key lists of ours that have no leaf yet, public."""

    def keys_at(self, size: int) -> tuple[NoteKeys, ...]:
        """Return the keys that sign our head of `size`."""
        return keys_at(size, self.earlier, self.log_keys)

    def verifiers_at(self, size: int) -> tuple[NoteVerifier, ...]:
        """Return the public halves of `keys_at`."""
        return tuple(keys.verifier for keys in self.keys_at(size))

    @property
    def all_mirrors(self) -> tuple[NoteVerifier, ...]:
        """All cosigning keys that we ever had, the newest first."""
        own = (self.cosigner_keys, *self.spares)
        return (*(keys.verifier for keys in reversed(own)), *reversed(self.mirrors))

    def cosigner_after(self, restored: int) -> NoteKeys | None:
        """Return the cosigning keys to use after so many `restored` leaves of our log; None if no spare is left."""
        # spec: protocol.md 9 step 6
        keys = (self.cosigner_keys, *self.spares)
        return keys[restored] if restored < len(keys) else None


@dataclass(frozen=True, slots=True)
class Coming:
    """A key list of the peer that we hold and that has no leaf in its log yet: its digest and the keys that it brings."""

    digest: Digest
    log: NoteVerifier
    cosigners: tuple[NoteVerifier, ...]


@dataclass(frozen=True, slots=True)
class Peer:
    """The other party's log and the public keys of the key list in force."""

    node: NodeName
    log_origin: Origin
    log: NoteVerifier
    cosigner: NoteVerifier
    spares: tuple[NoteVerifier, ...] = ()
    earlier: tuple[tuple[int, NoteVerifier], ...] = ()
    """Log keys of earlier key lists: (size of the head at which they ended, keys), oldest first."""
    coming: tuple[Coming, ...] = ()

    def log_at(self, size: int) -> tuple[NoteVerifier, ...]:
        """Return the keys that sign the peer's head of `size`, as far as its key lists stand in our mirror."""
        return keys_at(size, self.earlier, self.log)

    def log_at_turn(self, coming: Coming) -> tuple[NoteVerifier, ...]:
        """Return the keys that sign the head which first covers a list that is coming."""
        return (self.log,) if coming.log == self.log else (self.log, coming.log)

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
    challenge_ms: int = 3_600_000
