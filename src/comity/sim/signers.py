"""Which keys must sign what: an account apart from the nodes' own.

The rule it keeps: it is worked out from the log as the world saw it and the lists that were made, never from what a node
holds.
"""  # spec: protocol.md 10

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from comity.base.ids import Digest
from comity.crypto.sign import unverified_payload
from comity.dispatch.entries import Entry, InstrumentKind, InstrumentLeaf
from comity.dispatch.keylist import KeyList, decode_keylist
from comity.node.assemble import cosigner_name, log_verifier
from comity.sim.exercise import Locker
from comity.sim.ruled import Invariant, ensure
from comity.tlog.note import parse_note

_CEREMONY = 3
Lists: TypeAlias = Mapping[Digest, KeyList]


def lists_of(locker: Locker) -> Lists:
    """Return the key lists that a side made, by the digest that stands in their leaves."""
    return {digest: _list_of(signed) for digest, signed in locker.by_digest().items()}


@lru_cache(maxsize=256)
def _list_of(signed: bytes) -> KeyList:
    return decode_keylist(unverified_payload(signed))


def in_force(entries: Sequence[Entry], size: int, lists: Lists) -> tuple[KeyList, KeyList | None, int]:
    """Return the list in force below `size`, the one before it if it enters with the last entry, and restores since.

    Args:
        entries: of the log.
        size: of a head.
        lists: all that its party made, that of the ceremony first.
    """
    newest, before, restores = next(iter(lists.values())), None, 0
    for index, leaf in enumerate(entries[:size]):
        if not isinstance(leaf, InstrumentLeaf):
            continue
        if leaf.kind is InstrumentKind.RESTORED:
            restores += 1
        elif leaf.kind is InstrumentKind.KEYS and index >= _CEREMONY:
            before = newest if index == size - 1 else None
            newest, restores = lists[leaf.digest], 0
    return newest, before, restores


def check_signers(number: int, entries: Sequence[Entry], size: int, note: str, lists: Lists) -> None:
    """Check that a head of `size` bears exactly the lines of the keys in force at its size.

    Raises:
        Broken: it does not.
    """  # spec: protocol.md 10
    newest, before, _ = in_force(entries, size, lists)
    verifiers = [log_verifier(keys) for keys in (newest, before) if keys is not None]
    expected = {key.key_id for one in verifiers for key in (one.ed25519, one.mldsa44)}
    there = [line.key_id for line in parse_note(note).lines]
    good = set(there) == expected and len(there) == len(expected)
    ensure(good, Invariant.KEYS_BY_SIZE, number, f"a head of size {size} bears {len(there)} lines")


def check_waited(number: int, entries: Sequence[Entry], size: int, cosigned: int) -> None:
    """Check that nothing is signed above the head which first covers a key list before the peer cosigned that one.

    Raises:
        Broken: something is.
    """  # spec: protocol.md 10
    for index, leaf in enumerate(entries[:size]):
        if isinstance(leaf, InstrumentLeaf) and leaf.kind is InstrumentKind.KEYS and index >= _CEREMONY:
            waited = size == index + 1 or cosigned > index
            ensure(waited, Invariant.KEYS_WAIT, number, f"a head of size {size}, {cosigned} cosigned, keys at {index}")


def mirror_name(entries: Sequence[Entry], lists: Lists) -> str:
    """Return the name under which a side with this log cosigns now."""  # spec: protocol.md 9 step 6
    newest, _, restores = in_force(entries, len(entries), lists)
    return cosigner_name(newest.node, newest.cosigners[restores].number)
