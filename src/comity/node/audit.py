"""The full audit of a node by itself: every stored row against the logs, and the logs against what was signed.

The rule it keeps: it repairs nothing and trusts no row. Each finding names one row and two hashes: what stands there
now, and what the log committed to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from comity.base.hashing import sha256
from comity.base.ids import Digest
from comity.dispatch.book import LogRole, LogRow, RowTiles, log_row
from comity.dispatch.closed import SPAN, Closed, closed_logs
from comity.dispatch.columns import bytes_of
from comity.dispatch.cut import cut_said
from comity.dispatch.ports import Tx
from comity.node.auditrows import row_differences
from comity.node.difference import DAMAGE, Difference, as_bytes, as_int
from comity.node.logfiles import closed_row
from comity.node.proofs import Signers, check_turns, newest_signed
from comity.tlog.tiles import tile_names
from comity.tlog.tree import HASH_BYTES, TILE_WIDTH, Edge, MemoryTiles, leaf_hash, root

_CHUNK: Final = 4_096


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit went over and found.

    Attributes:
        entries: of all logs, hashed again.
        tiles: compared.
        heads: placed in their log.
        rows: of dispatches, records, instruments and pool, compared with their leaves.
        differences: what does not agree, logs first.
    """

    entries: int
    tiles: int
    heads: int
    rows: int
    differences: tuple[Difference, ...]

    @property
    def good(self) -> bool:
        """Say whether everything agrees."""
        return not self.differences


@dataclass(slots=True)
class _Tally:
    entries: int = 0
    tiles: int = 0
    heads: int = 0
    found: list[Difference] = field(default_factory=list)

    def add(self, table: str, row: str, what: str, stored: bytes = b"", proven: bytes = b"") -> None:
        self.found.append(Difference(table, row, what, stored.hex(), proven.hex()))


def audit(tx: Tx, signers: Signers | None = None) -> Audit:
    """Check everything a node has stored, in one snapshot.

    Args:
        tx: the snapshot.
        signers: with them the signatures under the newest head of each log are checked too; without, only the rows.
    """
    tally = _Tally()
    entries: dict[LogRole, list[bytes]] = {role: [] for role in LogRole}
    for role in LogRole:
        try:
            row = log_row(tx, role)
        except DAMAGE:
            tally.add("log", role, "the row that says how far this log reaches cannot be read")
            continue
        if row is not None:
            entries[role] = _audit_log(tx, row, signers, tally)
    closed = {one: _audit_closed(tx, one, signers, tally) for one in (*_closed(tx, "ours"), *_closed(tx, "theirs"))}
    rows, differences = row_differences(tx, entries, closed)
    return Audit(tally.entries, tally.tiles, tally.heads, rows, (*tally.found, *differences))


def _closed(tx: Tx, role: str) -> tuple[Closed, ...]:
    try:
        return closed_logs(tx, role)
    except DAMAGE:
        return ()


def _audit_closed(tx: Tx, closed: Closed, signers: Signers | None, tally: _Tally) -> list[bytes]:
    """Compare a log that a cut closed as any other, and its root at the cut with what both roots signed."""
    # spec: protocol.md 10
    role = LogRole(closed.role)
    entries = _audit_log(tx, closed_row(closed, role), None, tally, closed.base)
    made = _root(_tree([leaf_hash(entry) for entry in entries]), closed.cut_size)
    signed = bytes_of(tx.rows("SELECT signed FROM closed_log WHERE origin = ?", (closed.origin,))[0][0])
    said = cut_said(signed)
    if (said, sha256(signed)) != ((closed.origin, closed.cut_size, closed.cut_root), closed.digest):
        tally.add("closed_log", closed.origin, "the row does not say what the signed cut says")
    if made != closed.cut_root:
        what = "the entries do not give the root at which both roots cut this log"
        tally.add("closed_log", closed.origin, what, made or b"", closed.cut_root)
    if signers is not None:
        try:
            newest_signed(tx, role, signers, closed.base)
        except DAMAGE as error:
            tally.add("head", f"{closed.origin} newest", f"its signatures do not hold: {error}")
    return entries


def _audit_log(tx: Tx, row: LogRow, signers: Signers | None, tally: _Tally, base: int = 0) -> list[bytes]:
    """Hash a log again, compare entries, tiles and heads; return its entries, empty where one is missing."""
    entries = list(_entries(tx, row.role, row.size, tally, base))
    stored = _stored_hashes(tx, row, base)
    made: list[bytes] = [leaf_hash(entry) if entry else stored[at] for at, entry in enumerate(entries)]
    computed = _tree(made)
    altered = [at for at in range(row.size) if made[at] != stored[at]]
    if altered:
        computed = _name_altered(row, altered, made, stored, tally)
    tally.entries += len(entries)
    _compare_tiles(tx, row, computed, tally, base)
    _place_heads(tx, row, computed, tally, base)
    if signers is not None:
        _check_signatures(tx, row.role, signers, tally)
    return entries


def _entries(tx: Tx, role: LogRole, size: int, tally: _Tally, base: int) -> Iterator[bytes]:
    for start in range(0, size, _CHUNK):
        end = min(size, start + _CHUNK)
        places = (role, base + start, base + end)
        rows = tx.rows("SELECT idx, entry FROM entry WHERE role = ? AND idx >= ? AND idx < ?", places)
        held = {as_int(index) - base: as_bytes(entry) for index, entry in rows}
        for index in range(start, end):
            if not held.get(index):
                tally.add("entry", f"{role} {index}", "the entry is missing")
            yield held.get(index, b"")
    beyond_end = (role, base + size, base + SPAN)
    for (beyond,) in tx.rows("SELECT idx FROM entry WHERE role = ? AND idx >= ? AND idx < ? ORDER BY idx", beyond_end):
        tally.add(
            "entry", f"{role} {as_int(beyond) - base}", f"the log says that it has {size} entries; this one is beyond"
        )


def _stored_hashes(tx: Tx, row: LogRow, base: int) -> list[bytes]:
    """Return the leaf hashes as the tiles of level 0 have them; empty where a tile is missing or short."""
    hashes: list[bytes] = []
    for n, start in enumerate(range(0, row.size, TILE_WIDTH)):
        tile = _tile(tx, row.role, 0, n, base)
        width = min(TILE_WIDTH, row.size - start)
        hashes += [tile[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]
    return hashes


def _tile(tx: Tx, role: LogRole, level: int, n: int, base: int) -> bytes:
    try:
        return RowTiles(tx, role, base).tile(level, n)
    except AssertionError:  # the column holds no bytes
        return b""


def _name_altered(
    row: LogRow, altered: Sequence[int], made: Sequence[bytes], stored: Sequence[bytes], tally: _Tally
) -> MemoryTiles:
    """Say which entries were changed where entries and tiles disagree, and return the tree to go on with.

    What gives the signed root is right. If the entries do, the tiles are wrong, and their comparison will say so; only
    what no head covers yet is open. Otherwise the entries were changed, and tiles that give the root say from what.
    """
    computed, kept = _tree(made), _tree(stored)
    right = _root(computed, row.head_size) == row.head_root
    for index in altered:
        if not right:
            what = "the entry is not the one that the signed head covers"
        elif index >= row.head_size:
            what = "entry and tile do not agree, and no signed head covers them yet"
        else:
            continue
        tally.add("entry", f"{row.role} {index}", what, made[index], stored[index])
    return kept if not right and _root(kept, row.head_size) == row.head_root else computed


def _tree(hashes: Sequence[bytes]) -> MemoryTiles:
    kept = MemoryTiles()
    kept.write(Edge().append(hashes)[1])
    return kept


def _root(computed: MemoryTiles, size: int) -> Digest | None:
    try:
        return root(computed, size)
    except DAMAGE:
        return None


def _compare_tiles(tx: Tx, row: LogRow, computed: MemoryTiles, tally: _Tally, base: int) -> None:
    for name in tile_names(row.size):
        level, width = name.level or 0, name.width * HASH_BYTES
        stored, made = _tile(tx, row.role, level, name.n, base)[:width], computed.tile(level, name.n)[:width]
        tally.tiles += 1
        if stored != made:
            place = f"{row.role} level {level} tile {name.n}"
            tally.add("tile", place, "the tile is not what the entries hash to", sha256(stored), sha256(made))


def _place_heads(tx: Tx, row: LogRow, computed: MemoryTiles, tally: _Tally, base: int) -> None:
    """Place every signed head: its root must be that of the tree at its size."""
    found = tx.rows(
        "SELECT size, time, root FROM head WHERE role = ? AND size >= ? AND size < ? ORDER BY size, time",
        (row.role, base, base + SPAN),
    )
    heads = [(as_int(size) - base, time, signed) for size, time, signed in found]
    newest = (row.head_size, row.head_time, row.head_root)
    if row.head_time and newest not in heads:
        tally.add("log", row.role, "the row names a newest signed head that is not among the stored ones")
        heads.append(newest)
    roots = {size: _root(computed, size) or b"" for size in {head[0] for head in heads}}
    for size, time, signed in heads:
        tally.heads += 1
        if roots[size] != signed:
            what = "the entries do not give the root of this signed head"
            tally.add("head", f"{row.role} size {size} time {as_int(time)}", what, roots[size], as_bytes(signed))


def _check_signatures(tx: Tx, role: LogRole, signers: Signers, tally: _Tally) -> None:
    try:
        newest = newest_signed(tx, role, signers)
    except DAMAGE as error:
        tally.add("head", f"{role} newest", f"its signatures do not hold: {error}")
        return
    try:
        if role is LogRole.OURS:
            check_turns(tx, signers)
    except DAMAGE as error:
        tally.add("head", "at a change of keys", f"its signatures do not hold: {error}")
    if newest is None:
        return
    checkpoint = newest[0].checkpoint
    for (stored,) in tx.rows("SELECT root FROM head WHERE role = ? AND size = ?", (role, checkpoint.size)):
        if stored != checkpoint.root:
            what = "the row's root is not the one under the signatures"
            tally.add("head", f"{role} size {checkpoint.size}", what, as_bytes(stored), checkpoint.root)
