"""What the room's process hands to a named person: both logs with their heads, and the places, all of it ciphertext.

The rule it keeps: a person believes only what two signatures and their own memory of earlier heads bear out. A log that
became shorter, another, or that stands still is named; so is each place that was withheld.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadProof
from comity.base.ids import Digest, Ms, NodeName
from comity.dispatch.book import LogRole, entries_between
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import BlindLeaf, decode_entry
from comity.dispatch.ports import Tx
from comity.room.charter import Charter, cosigner_verifier, in_force, log_verifier, room_origin
from comity.room.slot import Slot
from comity.tlog.checkpoint import CosignedHead, merge, verify_cosigned_head
from comity.tlog.tree import Edge, MemoryTiles, leaf_hash, root

BOX = "comity/room-box/1"
MAX_BOX = 1 << 30
STILL = 3
"""Slots without a new co-signed head after which a log stands still."""
STILL_MS = 60_000
"""It is never said sooner than this: a box takes its time from the node to the person."""


@dataclass(frozen=True, slots=True)
class LogCopy:
    """One log: all entries, the co-signed heads (whole notes, oldest first, the newest last), places from some index on."""

    entries: tuple[bytes, ...]
    heads: tuple[str, ...]
    places: Mapping[int, tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Box:
    """The whole: the signed accord, the peer's signed key list, all signed editions of the charter, both logs."""

    node: str
    accord: bytes
    peer_keys: bytes
    charters: tuple[bytes, ...]
    ours: LogCopy
    theirs: LogCopy
    since: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """How far a person has seen a log: size and root."""

    size: int
    root: Digest


@dataclass(frozen=True, slots=True)
class CheckedLog:
    """A log of a box that was checked.

    Attributes:
        heads: its co-signed heads, verified, oldest first.
        slots: places with the commitments of their leaves, by index.
        tiles: of the whole log up to its newest head.
        seen: what to remember of it.
        faults: what is wrong with it, as sentences.
    """

    heads: tuple[CosignedHead, ...]
    slots: Mapping[int, Slot]
    tiles: MemoryTiles
    seen: Remembered
    faults: tuple[str, ...]


def make_box(tx: Tx, papers: tuple[str, bytes, bytes], since: int) -> Box:
    """Return what a person is handed, from one snapshot of the room's store.

    Args:
        tx: the snapshot.
        papers: our node, the signed accord, the peer's signed key list.
        since: places and heads from this index on.
    """
    node, accord, peer_keys = papers
    charters = tuple(bytes_of(row[0]) for row in tx.rows("SELECT signed FROM room_charter ORDER BY edition"))
    ours, theirs = (_copy(tx, role, since) for role in (LogRole.OURS, LogRole.THEIRS))
    return Box(node, accord, peer_keys, charters, ours, theirs, since)


def _copy(tx: Tx, role: LogRole, since: int) -> LogCopy:
    rows = tx.rows(
        "SELECT size, note, cosignature FROM head WHERE role = ? AND cosignature IS NOT NULL ORDER BY size, time",
        (role,),
    )
    # Of each size the first head that was co-signed: it says soonest that the log was so long.
    heads: dict[int, str] = {}
    for size, note, cosignature in rows:
        heads.setdefault(int_of(size), merge(text_of(note), text_of(cosignature)))
    size = max(heads, default=0)
    kept = tuple(note for at, note in heads.items() if at >= min(since, size))
    places = tx.rows(
        "SELECT idx, opening, behind FROM room_place WHERE role = ? AND idx >= ? AND idx < ?", (role, since, size)
    )
    found = {int_of(index): (bytes_of(opening), bytes_of(behind)) for index, opening, behind in places}
    return LogCopy(tuple(entries_between(tx, role, 0, size)), kept, found)


def check_log(
    copy: LogCopy, box: Box, charters: Sequence[Charter], *, ours: bool, seen: Remembered | None, now: Ms
) -> CheckedLog:
    """Check one log of a box by the keys in the charter, and against what this person saw before.

    Raises:
        BadSignature: a head is not under both signatures.
        BadProof: the entries do not give a signed head, or an entry is no blinded leaf.
    """
    charter = charters[0]
    side = charter.side(NodeName(box.node))
    writer, witness = (side, charter.other(side.node)) if ours else (charter.other(side.node), side)
    origin, keys = room_origin(writer.node, charter.number), log_verifier(writer, charter.number)
    heads = tuple(verify_cosigned_head(note, origin, (keys,), cosigner_verifier(witness)) for note in copy.heads)
    edge, tiles = Edge().append([leaf_hash(entry) for entry in copy.entries])
    stored = MemoryTiles()
    stored.write(tiles)
    for head in heads:
        checkpoint = head.head.checkpoint
        if checkpoint.size > edge.size or root(stored, checkpoint.size) != checkpoint.root:
            raise BadProof(f"the entries of {origin} do not give its signed head of size {checkpoint.size}")
    size = heads[-1].head.checkpoint.size if heads else 0
    slots = {
        index: Slot(_commit(copy.entries[index]), *copy.places[index]) for index in sorted(copy.places) if index < size
    }
    faults = _faults(stored, edge.size, seen, origin)
    withheld = [index for index in range(box.since, size) if index not in copy.places]
    if withheld:
        faults.append(f"{origin}: {len(withheld)} places were not handed over, the first is {withheld[0]}")
    slot_ms = in_force(charters, now).slot_ms
    late_ms = now - heads[-1].cosigned.time * 1_000 if heads else 0
    if late_ms > max(STILL * slot_ms, STILL_MS):
        faults.append(
            f"{origin}: no new co-signed head for {late_ms // slot_ms} slots; it stands still, or is withheld"
        )
    return CheckedLog(heads, slots, stored, Remembered(edge.size, edge.root()), tuple(faults))


def _faults(tiles: MemoryTiles, size: int, seen: Remembered | None, origin: str) -> list[str]:
    if seen is None or not seen.size:
        return []
    if seen.size > size:
        return [f"{origin}: it has {size} entries, and you have seen {seen.size}: it was put back, or is withheld"]
    if root(tiles, seen.size) != seen.root:
        return [f"{origin}: it is not the log that you saw at size {seen.size}: it was forked"]
    return []


def _commit(entry: bytes) -> Digest:
    try:
        leaf = decode_entry(entry)
    except BadEnvelope as error:
        raise BadProof("an entry of a room's log that is none") from error
    if not isinstance(leaf, BlindLeaf):
        raise BadProof("an entry of a room's log that is no blinded leaf")
    return leaf.commit


def encode_box(box: Box) -> bytes:
    """Return the bytes of a box."""
    logs = [_log_out(one) for one in (box.ours, box.theirs)]
    return cbor.encode((BOX, box.node, box.accord, box.peer_keys, box.charters, *logs, box.since))


def decode_box(data: bytes) -> Box:
    """Read a box; nothing in it is verified.

    Raises:
        BadEnvelope: it is none.
    """
    version, node, accord, peer_keys, charters, ours, theirs, since = fields.row(
        cbor.decode(data, limit=MAX_BOX), 8, "box"
    )
    fields.version(version, BOX, "box version")
    return Box(
        fields.text(node, "node"),
        fields.octets(accord, "accord"),
        fields.octets(peer_keys, "key list"),
        fields.many(charters, fields.octets, "charters", least=1),
        _log(ours, "our log"),
        _log(theirs, "their log"),
        fields.uint(since, "since"),
    )


def _log_out(copy: LogCopy) -> Value:
    places = [(index, *parts) for index, parts in sorted(copy.places.items())]
    # Entries as one string: a box of a year has more of them than a message may have values.
    return (b"".join(copy.entries), len(copy.entries), [note.encode() for note in copy.heads], places)


def _log(value: Value, what: str) -> LogCopy:
    joined, count, heads, places = fields.row(value, 4, what)
    data, number = fields.octets(joined, what), fields.uint(count, what)
    if (number == 0) != (not data) or (number and len(data) % number):
        fields.refuse(what)
    width = len(data) // number if number else 1
    entries = tuple(data[at : at + width] for at in range(0, len(data), width))
    notes = tuple(one.decode() for one in fields.many(heads, fields.octets, what))
    return LogCopy(entries, notes, dict(fields.many(places, _place, what)))


def _place(value: Value, what: str) -> tuple[int, tuple[bytes, bytes]]:
    index, opening, behind = fields.row(value, 3, what)
    return fields.uint(index, what), (fields.octets(opening, what), fields.octets(behind, what))
