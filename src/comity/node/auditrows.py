"""The second half of an audit: dispatches, receipts, decision records, instruments and pool against their leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from comity.base import cbor
from comity.base.errors import BadEnvelope
from comity.base.hashing import sha256
from comity.dispatch.book import LogRole
from comity.dispatch.closed import Closed, floor, real
from comity.dispatch.entries import (
    DispatchLeaf,
    Entry,
    Fact,
    InstrumentKind,
    InstrumentLeaf,
    ReceiptLeaf,
    RecordLeaf,
    ResealLeaf,
    WithdrawLeaf,
    decision_hash,
    decode_entry,
    record_commit,
)
from comity.dispatch.partsrow import commit_shown, parts_of
from comity.dispatch.ports import Scalar, Tx
from comity.dispatch.records import ERASED, RESTORED
from comity.node.difference import DAMAGE, Difference, as_bytes, as_int, plain, shown


@dataclass(slots=True)
class _Leaves:
    """The leaves of one log that rows stand for, by index."""

    dispatches: dict[int, DispatchLeaf] = field(default_factory=dict)
    receipts: dict[int, ReceiptLeaf] = field(default_factory=dict)
    records: dict[int, RecordLeaf] = field(default_factory=dict)
    instruments: dict[int, InstrumentLeaf] = field(default_factory=dict)
    receipted: dict[bytes, int] = field(default_factory=dict)
    sealed: dict[int, set[bytes]] = field(default_factory=dict)
    reseals: dict[int, list[ResealLeaf]] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    restored: set[int] = field(default_factory=set)

    def take(self, index: int, leaf: Entry, base: int = 0) -> None:
        match leaf:
            case DispatchLeaf():
                self.dispatches[index] = leaf
                self.sealed.setdefault(index, set()).add(leaf.sealed)
                self.newest[index] = index
            case ResealLeaf():
                self.sealed.setdefault(base + leaf.index, set()).add(leaf.sealed)
                self.reseals.setdefault(base + leaf.index, []).append(leaf)
                self.newest[base + leaf.index] = index
            case ReceiptLeaf():
                self.receipts[index] = leaf
                if leaf.fact is not Fact.SEEN:
                    self.receipted[leaf.id] = index
            case RecordLeaf():
                self.records[index] = leaf
            case InstrumentLeaf():
                self.instruments[index] = leaf
                if leaf.kind is InstrumentKind.RESTORED:
                    self.restored.add(index)
            case WithdrawLeaf():
                self.withdrawn.add(base + leaf.index)
            case _:
                pass

    def take_closed(self, closed: Closed, entries: Sequence[bytes]) -> None:
        """Take a log that a cut closed, at the places that rows name in it: above the cut only what was sent."""
        # spec: protocol.md 10
        for index, raw in enumerate(entries):
            leaf = _decoded(raw)
            if leaf is not None and (index < closed.cut_size or isinstance(leaf, DispatchLeaf | ResealLeaf)):
                self.take(closed.base + index, leaf, closed.base)


def row_differences(
    tx: Tx, entries: Mapping[LogRole, Sequence[bytes]], closed: Mapping[Closed, Sequence[bytes]] | None = None
) -> tuple[int, tuple[Difference, ...]]:
    """Compare every row that a leaf commits to; return how many rows there were and what differs.

    Args:
        tx: the snapshot.
        entries: of each log in order, empty where one is missing. An entry that is none is passed over: the log's own
            audit has named it.
        closed: the entries of logs that a cut closed.
    """
    leaves: dict[str, _Leaves] = {role: _Leaves() for role in entries}
    for one, stored in (closed or {}).items():
        leaves[one.role].take_closed(one, stored)
    for role, now in entries.items():
        _read(now, leaves[role])
    ours, theirs = leaves[LogRole.OURS], leaves[LogRole.THEIRS]
    decisions = leaves[LogRole.DECISION]
    came_back = _came_back(tx, ours, decisions)
    rows = 0
    found: list[Difference] = []
    for count, differences in (
        _sent(tx, ours, theirs, came_back),
        _got(tx, ours, theirs),
        _records(tx, decisions, "record", _erased(tx, ours, decisions)),
        _records(tx, ours, "opening", came_back),
        _decisions(tx, ours, came_back),
        _instruments(tx, ours, came_back),
    ):
        rows += count
        found += differences
    return rows, tuple(found)


def _read(entries: Sequence[bytes], leaves: _Leaves) -> None:
    for index, entry in enumerate(entries):
        leaf = _decoded(entry)
        if leaf is not None:
            leaves.take(index, leaf)


def _decoded(entry: bytes) -> Entry | None:
    try:
        return decode_entry(entry)
    except BadEnvelope:
        return None


def _came_back(tx: Tx, ours: _Leaves, decisions: _Leaves) -> frozenset[int]:
    """Return the leaves of our log that came back from the peer after a put-back: what opened them is lost for good.

    The record in our decision log says which they are, and it counts only where a later leaf of our co-signed log says
    in the open that the node was restored: nobody can excuse a missing row by writing another.
    """  # spec: protocol.md 9
    found: set[int] = set()
    ends: set[int] = set()
    for index, salt, record in tx.rows("SELECT idx, salt, record FROM record WHERE kind = ? ORDER BY idx", (RESTORED,)):
        leaf = decisions.records.get(as_int(index))
        if leaf is None or leaf.commit != record_commit(as_bytes(salt), as_bytes(record)):
            continue
        try:
            _, first, end = (as_int(one) for one in cbor.decode(as_bytes(record)))  # type: ignore[union-attr, arg-type]  # written by us, else BadEnvelope or DAMAGE
        except DAMAGE:
            continue
        # The leaf `restored` comes behind an l-head at most.
        if end not in ends:
            for base in {floor(place) for place in ours.restored if real(place) in {end, end + 1}}:
                found.update(range(base + first, base + end))
        ends.add(end)  # the first one counts: a later one could only excuse more
    return frozenset(found)


def _erased(tx: Tx, ours: _Leaves, decisions: _Leaves) -> frozenset[int]:
    """Return the leaves of our decision log whose records were erased with a dispatch: words written at home about it.

    A record names them, and counts only where our co-signed log says in the open that something was destroyed.
    """  # spec: protocol.md 12
    found: set[int] = set()
    for index, salt, record in tx.rows("SELECT idx, salt, record FROM record WHERE kind = ?", (ERASED,)):
        leaf = decisions.records.get(as_int(index))
        if leaf is None or leaf.commit != record_commit(as_bytes(salt), as_bytes(record)):
            continue
        try:
            _, named_at, parts, *_ = cast("Any", cbor.decode(as_bytes(record)))
            shown_idx, named = as_int(named_at), {as_int(one) for one in parts}
        except DAMAGE:
            continue
        # The record names the place that the leaf had then; behind a cut that may be in a log that was closed.
        shown = (leaf for place, leaf in ours.records.items() if real(place) == shown_idx)
        if any(leaf.kind in {"shred", "destroyed"} for leaf in shown):
            found |= named
    return frozenset(found)


# --- dispatches ----------------------------------------------------------------------------------------------------

_SENT = (
    "SELECT id, idx, lane, sealed, sealed_sha256, plain, fact, code, receipt_idx, seen_idx, digests, settled_at"
    " FROM sent ORDER BY id"
)
_GOT = (
    "SELECT id, idx, lane, sealed, sealed_sha256, plain, fact, code, receipt_idx, size, commitment, edition,"
    " digests FROM got ORDER BY idx"
)


def _sent(tx: Tx, ours: _Leaves, theirs: _Leaves, came_back: frozenset[int]) -> tuple[int, list[Difference]]:
    found: list[Difference] = []
    rows = tx.rows(_SENT)
    known = tx.rows("SELECT value FROM counter WHERE name = 'purged-sent'")
    purged = as_int(known[0][0]) if known else -1
    pool = {row[0]: row[1] for row in tx.rows("SELECT dispatch, entry FROM pool WHERE dispatch IS NOT NULL")}
    for id_, idx, lane, sealed, sealed_hash, content, fact, code, receipt, seen, digests, settled in rows:
        row = f"{shown(id_)}, ours"
        if idx is None:
            leaf, hashes = _pooled(pool.pop(id_, None))
        else:
            leaf, hashes = ours.dispatches.get(as_int(idx)), ours.sealed.get(as_int(idx), set())
        if leaf is None:
            found.append(Difference("sent", row, f"no leaf of our log stands behind it (index {plain(idx)})", "", ""))
            continue
        found += _columns("sent", row, ((id_, leaf.id, "number"), (lane, int(leaf.lane), "lane")))
        # Sealed bytes end some time after the receipt, or by an erasure, or with the store whose leaf came back without
        # them; else empty ones are lost ones.
        ended = digests is not None or (settled is not None and as_int(settled) <= purged)
        ended = ended or (idx is not None and ours.newest.get(as_int(idx)) in came_back)
        kept = None if sealed == b"" and ended else sealed
        found += _content("sent", row, leaf, hashes, (kept, sealed_hash, content, digests))
        now = _now(leaf, idx, ours)
        found += _receipt("sent", row, now, (fact, code, receipt), theirs, sealed_of_log=hashes)
        found += _receipt("sent", row, now, (int(Fact.SEEN), None, seen), theirs, sealed_of_log=hashes)
        found += _unnoted("sent", row, now, receipt, theirs)
    found += [Difference("pool", shown(id_), "no dispatch row stands behind this pooled leaf", "", "") for id_ in pool]
    found += _absent("sent", {as_int(row[1]) for row in rows} | came_back, ours, "our")
    return len(rows), found


def _pooled(entry: Scalar) -> tuple[DispatchLeaf | None, set[bytes]]:
    try:
        leaf = decode_entry(as_bytes(entry))
    except BadEnvelope:
        return None, set()
    return (leaf, {leaf.sealed}) if isinstance(leaf, DispatchLeaf) else (None, set())


def _got(tx: Tx, ours: _Leaves, theirs: _Leaves) -> tuple[int, list[Difference]]:
    found: list[Difference] = []
    rows = tx.rows(_GOT)
    for id_, idx, lane, sealed, sealed_hash, content, fact, code, receipt, *sizes, digests in rows:
        size, commitment, edition = sizes
        row = f"{shown(id_)}, theirs"
        leaf = theirs.dispatches.get(as_int(idx))
        if leaf is None:
            found.append(Difference("got", row, f"no leaf of their log stands behind it (index {plain(idx)})", "", ""))
            continue
        now = _now(leaf, idx, theirs, sealed_hash)
        columns = (
            (id_, leaf.id, "number"),
            (lane, int(leaf.lane), "lane"),
            (size, now.size, "size"),
            (commitment, leaf.commit, "commitment"),
            (edition, leaf.edition, "edition"),
        )
        found += _columns("got", row, columns)
        found += _content("got", row, leaf, theirs.sealed[as_int(idx)], (sealed, sealed_hash, content, digests))
        found += _receipt("got", row, now, (fact, code, receipt), ours, sealed_of_log=theirs.sealed[as_int(idx)])
        found += _unnoted("got", row, now, receipt, ours)
    found += _absent("got", {as_int(row[1]) for row in rows}, theirs, "their")
    return len(rows), found


def _now(leaf: DispatchLeaf, index: Scalar, log: _Leaves, stored: Scalar = None) -> DispatchLeaf:
    """Return a dispatch's leaf with the bytes of its newest reseal; of the peer's, of one that we took."""
    tried = log.reseals.get(as_int(index), []) if index is not None else []
    taken = [one for one in tried if stored is None or one.sealed == stored]
    return replace(leaf, sealed=taken[-1].sealed, size=taken[-1].size) if taken else leaf


def _columns(table: str, row: str, columns: Sequence[tuple[Scalar, Scalar, str]]) -> Iterator[Difference]:
    for stored, proven, name in columns:
        if stored != proven:
            yield Difference(table, row, f"the {name} in the row is not the leaf's", _hash(stored), _hash(proven))


def _hash(value: Scalar) -> str:
    return "" if value is None else sha256(value if isinstance(value, bytes) else str(value).encode()).hex()


def _content(
    table: str, row: str, leaf: DispatchLeaf, sealed_of_log: set[bytes], stored: tuple[Scalar, Scalar, Scalar, Scalar]
) -> Iterator[Difference]:
    """Compare sealed bytes and parts with the leaf; what has not come, was not admitted or was destroyed is not there.

    The stored digest stands for a part that was destroyed: with the others it must give the commitment all the same.
    """
    sealed, sealed_hash, parts, digests = stored
    if sealed_hash not in sealed_of_log:
        what = "the hash of sealed bytes in the row is not the leaf's"
        yield Difference(table, row, what, as_bytes(sealed_hash).hex(), leaf.sealed.hex())
    if sealed is not None and sha256(as_bytes(sealed)) not in sealed_of_log:
        what = "the sealed bytes are not those that the leaf names"
        yield Difference(table, row, what, sha256(as_bytes(sealed)).hex(), leaf.sealed.hex())
    if parts is None and table == "got":
        return
    try:
        made: bytes = commit_shown(parts_of(as_bytes(parts)), None if digests is None else as_bytes(digests))
    except DAMAGE:
        made = sha256(as_bytes(parts))
    if made != leaf.commit:
        what = "the content does not give the commitment in the leaf"
        yield Difference(table, row, what, made.hex(), leaf.commit.hex())


def _receipt(
    table: str,
    row: str,
    leaf: DispatchLeaf,
    stated: tuple[Scalar, Scalar, Scalar],
    log: _Leaves,
    *,
    sealed_of_log: set[bytes],
) -> Iterator[Difference]:
    """Compare what a row says became of a dispatch with the receipt leaf that it points to."""
    fact, code, index = stated
    if index is None:
        if fact in {int(one) for one in Fact} - {int(Fact.SEEN)}:
            yield Difference(table, row, "the row says that it was receipted, and names no receipt leaf", "", "")
        return
    receipt = log.receipts.get(as_int(index))
    if receipt is None or (receipt.id, int(receipt.fact), receipt.code) != (leaf.id, fact, code):
        yield Difference(table, row, f"the receipt leaf {plain(index)} does not say what the row says", _hash(fact), "")
    elif receipt.sealed != leaf.sealed and receipt.sealed not in sealed_of_log:
        what = f"the receipt leaf {plain(index)} is about other sealed bytes"
        yield Difference(table, row, what, receipt.sealed.hex(), leaf.sealed.hex())


def _unnoted(table: str, row: str, leaf: DispatchLeaf, index: Scalar, log: _Leaves) -> Iterator[Difference]:
    if index is None and leaf.id in log.receipted and log.receipts[log.receipted[leaf.id]].sealed == leaf.sealed:
        what = f"leaf {log.receipted[leaf.id]} receipts this dispatch, and the row says that nothing does"
        yield Difference(table, row, what, "", leaf.sealed.hex())


def _absent(table: str, present: set[int], log: _Leaves, whose: str) -> Iterator[Difference]:
    for index, leaf in log.dispatches.items():
        if index < 0:  # what the other side had not receipted went again in the next log
            continue
        if index not in present and index not in log.withdrawn:
            what = f"the row is missing; leaf {index} of {whose} log commits to it"
            yield Difference(table, shown(leaf.id), what, "", leaf.commit.hex())


# --- records and instruments -----------------------------------------------------------------------------------------


def _records(tx: Tx, log: _Leaves, table: str, came_back: frozenset[int]) -> tuple[int, list[Difference]]:
    found: list[Difference] = []
    rows = tx.rows(f"SELECT idx, kind, salt, record FROM {table} ORDER BY idx")  # noqa: S608  two names of our own
    for idx, kind, salt, record in rows:
        leaf = log.records.get(as_int(idx))
        made = record_commit(as_bytes(salt), as_bytes(record))
        if leaf is None or (leaf.kind, leaf.commit) != (kind, made):
            what = "the record or its salt is not what its leaf commits to"
            found.append(
                Difference(table, f"{plain(idx)}, {plain(kind)}", what, made.hex(), leaf.commit.hex() if leaf else "")
            )
    known = {as_int(row[0]) for row in rows} | came_back
    for idx, leaf in log.records.items():
        if idx not in known:
            found.append(Difference(table, f"{idx}, {leaf.kind}", "the record is missing", "", leaf.commit.hex()))
    return len(rows), found


def _decisions(tx: Tx, ours: _Leaves, came_back: frozenset[int]) -> tuple[int, list[Difference]]:
    """Find behind every dispatch and receipt of ours the decision record whose hash it shows to the peer."""
    kept: dict[bytes, set[bytes]] = {}
    for dispatch, salt, record in tx.rows("SELECT dispatch, salt, record FROM record WHERE dispatch IS NOT NULL"):
        kept.setdefault(as_bytes(dispatch), set()).add(decision_hash(as_bytes(salt), as_bytes(record)))
    found: list[Difference] = []
    shown_hashes = [(at, leaf.id, leaf.decision) for at, leaf in ours.dispatches.items()]
    shown_hashes += [(at, leaf.id, leaf.decision) for at, leaf in ours.receipts.items() if leaf.decision is not None]
    for at, id_, decision in shown_hashes:
        held = kept.get(id_, set())
        if decision not in held and at not in came_back:
            what = "no decision record gives the hash that its leaf shows"
            now = " ".join(sorted(one.hex() for one in held))
            found.append(Difference("record", shown(id_), what, now, decision.hex()))
    return 0, found


def _instruments(tx: Tx, ours: _Leaves, came_back: frozenset[int]) -> tuple[int, list[Difference]]:
    found: list[Difference] = []
    rows = tx.rows("SELECT digest, kind, signed, from_ours FROM instrument ORDER BY from_ours")
    for digest, kind, signed, index in rows:
        leaf = ours.instruments.get(as_int(index))
        made = sha256(as_bytes(signed))
        if leaf is None or (leaf.kind, leaf.digest) != (kind, made) or digest != made:
            proven = leaf.digest.hex() if leaf else ""
            what = "the signed instrument is not the one that its leaf names"
            found.append(Difference("instrument", f"{plain(index)}, {plain(kind)}", what, made.hex(), proven))
    known = {as_int(row[3]) for row in rows} | came_back
    # A log behind a cut begins with papers that stood before, and one above a cut may have been said again.
    cut = any(floor(place) for place in ours.instruments)
    restated = {as_bytes(row[0]) for row in rows + tx.rows("SELECT digest FROM paper")} if cut else set[bytes]()
    found += [
        Difference("instrument", f"{index}, {leaf.kind}", "the instrument is missing", "", leaf.digest.hex())
        for index, leaf in ours.instruments.items()
        if index not in known and leaf.digest not in restated
    ]
    return len(rows), found
