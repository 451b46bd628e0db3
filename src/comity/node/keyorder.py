"""Which keys must have signed a head, worked out by a stranger: from the log's own entries and the key lists alone.

The rule it keeps: a head is signed by the keys in force at its size; that the keys are the log's own is not enough.
"""  # spec: protocol.md 10

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from comity.base.ids import Digest
from comity.dispatch.entries import Entry, InstrumentKind, InstrumentLeaf, decode_entry
from comity.dispatch.keylist import KeyList
from comity.node.assemble import log_verifier
from comity.node.papers import CEREMONY
from comity.node.peer import keys_at
from comity.tlog.checkpoint import NoteVerifier, parse_body
from comity.tlog.note import parse_note


@dataclass(frozen=True, slots=True)
class Entered:
    """A key list that stands in a log: the index of its leaf, and the digest in it."""

    index: int
    digest: Digest


def entered(entries: Iterable[tuple[int, Entry]]) -> tuple[Entered, ...]:
    """Return the key lists that entered a log after the ceremony, by index."""
    found = (
        Entered(index, leaf.digest)
        for index, leaf in entries
        if index >= CEREMONY and isinstance(leaf, InstrumentLeaf) and leaf.kind is InstrumentKind.KEYS
    )
    return tuple(sorted(found, key=lambda one: one.index))


def entered_raw(entries: Sequence[bytes]) -> tuple[Entered, ...]:
    """Return the key lists in a whole log, from its entries as bytes; those that are none are passed over."""
    marked = ((at, raw) for at, raw in enumerate(entries) if raw[1:16] == _INSTRUMENT)
    return entered((at, decode_entry(raw)) for at, raw in marked)


_INSTRUMENT = b"\x6dcomity/leaf/1\x00"


def wrong_signers(note: str, places: Sequence[Entered], lists: Mapping[Digest, KeyList]) -> str:
    """Say why the log lines under a head are not those of the keys in force at its size, or "".

    Args:
        note: the head, its signatures verified against keys of these lists.
        places: the key lists that stand in its log, by index; of those above its size only that they are not in force.
        lists: all lists of the log's party that are trusted, by digest of their signed bytes; none: nothing is judged.
    """
    parsed = parse_note(note)
    checkpoint = parse_body(parsed.text)
    ours = {digest: keys for digest, keys in lists.items() if checkpoint.origin == log_verifier(keys).name}
    if not ours:
        return ""
    newest = log_verifier(min(ours.values(), key=lambda keys: keys.edition))
    earlier: list[tuple[int, NoteVerifier]] = []
    for one in places:
        if one.index >= checkpoint.size:
            break
        if one.digest not in ours:
            return f"the key list that entry {one.index} of {checkpoint.origin} brings in was not given"
        keys = log_verifier(ours[one.digest])
        if keys != newest:
            earlier.append((one.index + 1, newest))
            newest = keys
    expected = {key.ed25519.key_id for key in keys_at(checkpoint.size, earlier, newest)}
    names = {key.ed25519.key_id for keys in ours.values() for key in (log_verifier(keys),)}
    there = {line.key_id for line in parsed.lines if line.name == checkpoint.origin} & names
    if there != expected:
        return (
            f"the head of {checkpoint.origin}, size {checkpoint.size}, is not signed by the keys in force at its size"
        )
    return ""
