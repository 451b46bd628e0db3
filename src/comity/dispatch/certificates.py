"""Certificates of destruction as both sides hold them: what one says, how it crosses, and why one does not stand.

The rule it keeps: a certificate that came is held against both logs. The leaf stands in the sender's log as it says, and what
was destroyed is what our own leaf committed to; any other is refused, with the reason in our decision log.
"""  # spec: protocol.md 12, Erasing

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, Origin
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.book import Book, LogRole
from comity.dispatch.closed import closed_logs, real
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import DispatchLeaf, Fact, RecordLeaf, encode_entry, record_commit
from comity.dispatch.filing import Filing
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Tx

VERSION: Final = "comity/certificate/1"
CROSSING: Final = "comity/certificate-sent/1"
SHRED: Final = "shred"
"""Kind of the leaf where what we held was destroyed."""
DESTROYED: Final = "destroyed"
"""Kind of the leaf where that was destroyed which our law did not admit and the custodian had."""
CONTENT: Final = ("body", "attachments", "author")
"""Parts that can be destroyed of what is held; the header never."""
_ALL: Final = ("header", *CONTENT)
FALSE: Final = "certificate-false"
"""Kind of the alarm for one that does not stand."""
_FIELDS, _BODY = 8, 1
_SALT_BYTES = 32
_KEYS: Final = frozenset(range(1, 5))


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is certified.

    Attributes:
        kind: `shred` of what was held, `destroyed` of what was not admitted and lay with the custodian.
        dispatch: which.
        log, index: its leaf.
        commit: what that leaf commits to.
        parts: what was destroyed, by name.
        at: when, by the clock of who destroyed it.
    """

    kind: str
    dispatch: DispatchId
    log: Origin
    index: LeafIndex
    commit: Digest
    parts: tuple[str, ...]
    at: Ms

    @property
    def whole(self) -> bool:
        """Whether nothing of the content is left."""
        return set(CONTENT) <= set(self.parts)


@dataclass(frozen=True, slots=True)
class Crossing:
    """The body of a dispatch of kind `certificate`: a leaf of its sender's log, and what opens it."""

    leaf: LeafIndex
    salt: bytes
    record: bytes

    @property
    def said(self) -> Certificate:
        """What it says; `decode_crossing` has read it once."""
        return decode_certificate(self.record)


def encode_certificate(said: Certificate) -> bytes:
    """Return the record that the leaf commits to; no reason and no person stands in it."""
    return cbor.encode(
        [VERSION, said.kind, said.dispatch, said.log, said.index, said.commit, list(said.parts), said.at]
    )


@lru_cache(maxsize=256)
def decode_certificate(record: bytes) -> Certificate:
    """Read what `encode_certificate` wrote; the same bytes once, for who is shown one asks for it again.

    Raises:
        BadEnvelope: it is none.
    """
    value = cbor.decode(record)
    match value:
        case [version, str(kind), bytes(dispatch), str(log), int(index), bytes(commit), list(parts), int(at)] if (
            version == VERSION and len(value) == _FIELDS
        ):
            named = tuple(str(part) for part in parts)
            return Certificate(kind, DispatchId(dispatch), Origin(log), LeafIndex(index), Digest(commit), named, Ms(at))
        case _:
            raise BadEnvelope("this record is no certificate of destruction")


def encode_crossing(crossing: Crossing) -> bytes:
    """Return the body of a dispatch of kind `certificate`."""
    members: dict[int, Value] = {1: CROSSING, 2: crossing.leaf, 3: crossing.salt, 4: crossing.record}
    return cbor.encode(members)


def decode_crossing(body: bytes) -> Crossing:
    """Read the body of a dispatch of kind `certificate`.

    Raises:
        UnknownVersion: of another version.
        BadEnvelope: it is none, or what it opens is no certificate.
    """
    m = fields.numbered(cbor.decode(body), _KEYS, "certificate")
    fields.version(m[1], CROSSING, "certificate version")
    leaf = LeafIndex(fields.uint(m[2], "leaf"))
    crossing = Crossing(leaf, fields.sized(m[3], _SALT_BYTES, "salt"), fields.octets(m[4], "record"))
    if fields.unknown(m, _KEYS):
        raise BadEnvelope("a certificate with members that this release does not know")
    decode_certificate(crossing.record)
    return crossing


# --- what does not stand ----------------------------------------------------------------------------------------------


def fault_of_theirs(body: bytes, book: Book) -> str:
    """Say why a certificate of the other side does not stand, or "": then it may be filed.

    Its keys need no second look: the entries of the mirror are those of heads that bear exactly the other side's signatures.
    """
    crossing = decode_crossing(body)
    said = crossing.said
    if said.kind not in {SHRED, DESTROYED} or not _stands(crossing, book):
        return f"leaf {crossing.leaf} of their log does not say this"
    place = _place_of_ours(said, book)
    if place is None:
        return "it is of something that we did not give"
    ours = book.entry(LogRole.OURS, place) if real(place) == said.index else None
    if not isinstance(ours, DispatchLeaf) or ours.id != said.dispatch:
        return f"leaf {said.index} of our log is not the dispatch that it names"
    if ours.commit != said.commit:
        return "what it says was destroyed is not what our leaf commits to"
    known = _ALL if said.kind == DESTROYED else CONTENT
    if not said.parts or any(part not in known for part in said.parts) or len(set(said.parts)) < len(said.parts):
        return "it names parts that cannot be destroyed, or none"
    return "" if said.kind == SHRED or set(said.parts) == set(_ALL) else "what was not admitted is destroyed whole"


def _stands(crossing: Crossing, book: Book) -> bool:
    """Say whether a log of theirs has the leaf that a certificate opens: that of now, or one closed, below its cut.

    What crosses names no log. One that was under way when its sender's log was cut opens a leaf of the closed one; what the
    leaf commits to is enough to know it by.
    """  # spec: protocol.md 10
    leaf, size = leaf_of(crossing), book.logs[LogRole.THEIRS].size
    return any(book.raw_entry(LogRole.THEIRS, place) == leaf for place in places_of(crossing, book.tx, size))


def leaf_of(crossing: Crossing) -> bytes:
    """Return the entry that a certificate opens."""
    return encode_entry(RecordLeaf(crossing.said.kind, record_commit(crossing.salt, crossing.record)))


def places_of(crossing: Crossing, tx: Tx, size: int) -> list[int]:
    """Return the places in our tables where the leaf of a certificate of theirs may be.

    Args:
        crossing: what came.
        tx: our tables.
        size: entries of their log of now.
    """
    logs = [(0, size), *((one.base, one.cut_size) for one in closed_logs(tx, LogRole.THEIRS))]
    return [base + crossing.leaf for base, length in logs if crossing.leaf < length]


def _place_of_ours(said: Certificate, book: Book) -> int | None:
    """Return where in our tables the leaf is that a certificate names, -1 beyond the end; None: the log is not ours.

    What a log of ours had below its cut was given, and stands.
    """  # spec: protocol.md 10
    now = book.logs[LogRole.OURS]
    logs = {one.origin: (one.base, one.cut_size) for one in closed_logs(book.tx, LogRole.OURS)}
    base, size = {**logs, now.origin: (0, now.size)}.get(said.log, (None, 0))
    if base is None:
        return None
    return base + said.index if said.index < size else -1


def ring_false(body: bytes, dispatch: DispatchId, book: Book, now: Ms) -> None:
    """Ring for a certificate of the other side that was refused and does not stand: a destruction is claimed that is not shown.

    One that was refused for another reason, as one by an officer whose posting had ended, rings for nobody.
    """
    if fault_of_theirs(body, book):
        ring(Alarm(FALSE, DUTY_OFFICER, "", (dispatch.hex(),), dispatch), book.tx, now)


# --- rows -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate that went or came.

    Attributes:
        dispatch: that brought it.
        ours: we destroyed what the other side gave.
        said: what it says, or None: it did not stand and was refused, its content is with the custodian.
        leaf: in the log of who destroyed; None with `said`.
        at: when it was sent, or came.
        fact: of ours, the other side's receipt, 0 while there is none; of theirs, ours.
    """

    dispatch: DispatchId
    ours: bool
    said: Certificate | None
    leaf: LeafIndex | None
    at: Ms
    fact: int


def keep(tx: Tx, filing: Filing, *, fact: int) -> None:
    """Keep a certificate that went or came; one that was refused without what it says; the same again changes nothing."""
    crossing = decode_crossing(filing.body) if filing.body else None
    said = None if crossing is None else crossing.said
    tx.run(
        "INSERT INTO certificate (dispatch, ours, about, leaf, whole, record, at, fact) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (dispatch) DO NOTHING",
        (
            filing.header.id,
            int(filing.ours),
            None if said is None else said.dispatch,
            None if crossing is None else crossing.leaf,
            int(said is not None and said.whole),
            None if crossing is None else crossing.record,
            filing.at,
            fact,
        ),
    )


def heard(tx: Tx, dispatch: bytes, fact: int) -> None:
    """Note the other side's receipt for a certificate of ours; that somebody has seen it says no more than that it was filed."""
    if fact != Fact.SEEN:
        tx.run("UPDATE certificate SET fact = ? WHERE dispatch = ? AND ours = 1", (fact, dispatch))


_COLUMNS = "dispatch, ours, record, leaf, at, fact"


def all_held(tx: Tx, most: int) -> tuple[Held, ...]:
    """Return the newest certificates of both sides, newest first."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM certificate ORDER BY at DESC, dispatch LIMIT ?", (most,))  # noqa: S608  our columns
    return tuple(
        Held(
            DispatchId(bytes_of(dispatch)),
            bool(ours),
            None if record is None else decode_certificate(bytes_of(record)),
            None if leaf is None else LeafIndex(int_of(leaf)),
            Ms(int_of(at)),
            int_of(fact),
        )
        for dispatch, ours, record, leaf, at, fact in rows
    )


def came_about(tx: Tx, about: DispatchId) -> list[Crossing]:
    """Return what crossed as certificates of the other side about a dispatch of ours, one for each step of its destruction.

    Where the same was said again, as behind a cut, the newest counts.
    """
    rows = tx.rows(
        "SELECT c.record, g.plain FROM certificate c JOIN got g ON g.id = c.dispatch"
        " WHERE c.about = ? AND c.ours = 0 AND g.plain IS NOT NULL ORDER BY c.at, c.dispatch",
        (about,),
    )
    found = {record: decode_crossing(parts_of(bytes_of(plain))[_BODY].content) for record, plain in rows}
    return sorted(found.values(), key=lambda one: one.said.at)


def parts_said(tx: Tx) -> dict[bytes, frozenset[str]]:
    """Return the parts that the other side's certificates name together, by dispatch, of what no one of them ends alone."""
    rows = tx.rows("SELECT about, record FROM certificate WHERE ours = 0 AND whole = 0 AND about IS NOT NULL")
    found: dict[bytes, frozenset[str]] = {}
    for about, record in rows:
        parts = decode_certificate(bytes_of(record)).parts
        found[bytes_of(about)] = found.get(bytes_of(about), frozenset()) | frozenset(parts)
    return found
