"""The three logs of a node inside one transaction: our exchange log, our mirror of the peer's, our decision log.

The rule it keeps: what is appended, the tiles above it and the row that says how far the log reaches are written in the
transaction that wrote the reason for it. A transaction that fails leaves the remembered edges as they were.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from comity.base.ids import Digest, LeafIndex, Origin
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import Entry, HeadLeaf, decode_entry, encode_entry
from comity.dispatch.foresight import rows_among
from comity.dispatch.lasting import LASTING
from comity.dispatch.ports import Row, Store, Tx
from comity.dispatch.stops import Standing, Stops, read_standing, standing_in
from comity.tlog.tree import EMPTY_ROOT, TILE_WIDTH, Edge, Tiles, leaf_hash

_LEVELS = 8
"""Levels of tiles that a log can have."""


class LogRole(StrEnum):
    """Whose log it is to us."""

    OURS = "ours"
    THEIRS = "theirs"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class LogRow:
    """How far one log reaches and what was signed of it.

    Attributes:
        role: whose log.
        origin: its name.
        size: entries stored.
        head_size: size of the newest signed head (by us of ours, by the peer of theirs; of the decision log, daily).
        head_time: log time of that head, seconds.
        head_root: its root, 32 bytes.
        cosigned_size: size of the newest cosignature (the peer's on ours, ours on theirs).
        cosigned_time: its time, seconds; 0 if there is none.
        turn: of ours: the size of the head that first covers our newest key list after the ceremony, 0 if there is none.
    """

    role: LogRole
    origin: Origin
    size: int
    head_size: int
    head_time: int
    head_root: Digest
    cosigned_size: int
    cosigned_time: int
    turn: int = 0

    @property
    def turning(self) -> bool:
        """Whether our newest key list still waits for the cosignature of the head that first covers it."""
        # A head above it was signed only after that came, whatever a peer that forgot has told us since.
        return self.cosigned_size < self.turn and self.head_size <= self.turn


class RowTiles:
    """The tiles of one log as rows, read through one transaction.

    Args:
        tx: the transaction.
        role: whose log.
        base: where its span begins, for a log that was closed (`dispatch.closed`).
    """

    __slots__ = ("_base", "_role", "_tx")

    def __init__(self, tx: Tx, role: LogRole, base: int = 0) -> None:
        self._tx, self._role, self._base = tx, role, base

    def tile(self, level: int, n: int) -> bytes:
        """Return the stored tile, empty if there is none."""
        place = (self._role, level, n + self._base)
        found = self._tx.rows("SELECT hashes FROM tile WHERE role = ? AND level = ? AND n = ?", place)
        return bytes_of(found[0][0]) if found else b""


class Book:
    """The logs of one node within one transaction; made by `Ledger.begin` only."""

    def __init__(self, tx: Tx, logs: dict[LogRole, LogRow], edges: dict[LogRole, Edge]) -> None:
        self.tx = tx
        self.logs = logs
        self._edges = edges
        self._recent: dict[LogRole, tuple[int, list[bytes]]] = {}
        self._decoded: dict[tuple[LogRole, int], Entry] = {}
        self._unwritten: dict[LogRole, int] = {}
        self._tiles: dict[LogRole, Tiles] = {}
        self._touched: set[LogRole] = set()
        self._standing: Standing | None = None

    @property
    def stops(self) -> Stops:
        """What is suspended, read once in a transaction: what is suspended within one holds from the next one on."""
        return self._stands().stops

    @property
    def superseded(self) -> bool:
        """Whether a later store of this node has gone on, so that whatever is taken in here goes nowhere."""
        return self._stands().superseded

    def _stands(self) -> Standing:
        if self._standing is None:
            self._standing = read_standing(self.tx)
        return self._standing

    @property
    def edges(self) -> dict[LogRole, Edge]:
        """The right edges of the logs, with all that was appended."""
        self._write_entries()
        return self._edges

    # --- appending ---------------------------------------------------------------------------------------------

    def append_own(self, entries: Sequence[bytes]) -> LeafIndex:
        """Append to our exchange log; the first leaf of a batch is preceded by an l-head. Return the first index.

        A batch is what lies between two signed heads. The l-head ties our leaf to the head of the peer that we
        cosigned last: the time of a leaf is the interval between two acts of the other party. A key list ends its batch,
        so what follows one is a new batch before the head between them is signed.
        """  # spec: protocol.md 4 rule 3, 10
        ours = self.logs[LogRole.OURS]
        tie = self._tie() if ours.size in {ours.head_size, ours.turn} else None
        self._append(LogRole.OURS, [*([tie] if tie else []), *entries])
        return LeafIndex(ours.size + (1 if tie else 0))

    def append_blind(self, entries: Sequence[bytes]) -> LeafIndex:
        """Append to our log of a restricted room, which holds blind leaves only, so no l-head; return the first index."""
        # spec: protocol.md 3
        index = self.logs[LogRole.OURS].size
        self._append(LogRole.OURS, entries)
        return LeafIndex(index)

    def append_mirror(self, entries: Sequence[bytes], edge: Edge, tiles: Tiles) -> None:
        """Append entries of the peer's log whose root the caller has already checked against its signed head."""
        self.append_proven(LogRole.THEIRS, entries, edge, tiles)

    def append_proven(self, role: LogRole, entries: Sequence[bytes], edge: Edge, tiles: Tiles) -> None:
        """Append entries of either log whose root the caller has already checked against a signed head."""
        self._write_entries()
        self._remember(role, entries)
        self._write_entries(grown=(edge, tiles))
        self.change(role, size=edge.size)

    def rewind(self, size: int) -> list[bytes]:
        """Take back the entries of our log from `size` on, which no head of ours covers, and return them."""
        # spec: protocol.md 4 rule 1: an index is final when a head above it has been signed
        ours = self.logs[LogRole.OURS]
        assert size >= ours.head_size
        self._write_entries()
        self._recent.pop(LogRole.OURS, None)
        tiles = self.tiles(LogRole.OURS)
        taken, edge = self.entries(LogRole.OURS, size, ours.size), Edge.load(tiles, size)
        self.tx.run("DELETE FROM entry WHERE role = ? AND idx >= ?", (LogRole.OURS, size))
        for level in range(_LEVELS):
            first = -(-size // TILE_WIDTH ** (level + 1))
            self.tx.run("DELETE FROM tile WHERE role = ? AND level = ? AND n >= ?", (LogRole.OURS, level, first))
        self.edges[LogRole.OURS] = edge
        self.change(LogRole.OURS, size=size)
        return taken

    def begin_anew(self, role: LogRole, origin: Origin, base: int) -> None:
        """Close a log: move what is stored of it to `base`, and begin an empty one under a new name in its place."""
        # spec: protocol.md 10: the cut
        self._write_tiles()
        self._recent.pop(role, None)
        self._decoded.clear()
        for table, column in (("entry", "idx"), ("tile", "n"), ("head", "size")):
            self.tx.run(f"UPDATE {table} SET {column} = {column} + ? WHERE role = ? AND {column} >= 0", (base, role))  # noqa: S608  names of our own
        self.tx.run("UPDATE log SET origin = ? WHERE role = ?", (origin, role))
        self._edges[role] = Edge()
        self.logs[role] = LogRow(role, origin, 0, 0, 0, EMPTY_ROOT, 0, 0)
        self._touched.add(role)

    def append_opening(self, role: LogRole, entries: Sequence[bytes]) -> None:
        """Write the leaves with which a log behind a cut begins; both roots signed them, so no head need cover them first."""
        assert not self.logs[role].size
        self._append(role, entries)
        self.change(role, head_size=len(entries), head_root=self.edges[role].root())

    def append_decision(self, entry: bytes) -> LeafIndex:
        """Append one leaf to our decision log and return its index."""
        index = self.logs[LogRole.DECISION].size
        self._append(LogRole.DECISION, [entry])
        return LeafIndex(index)

    def _tie(self) -> bytes | None:
        theirs = self.logs[LogRole.THEIRS]
        if not theirs.cosigned_time:
            return None
        return encode_entry(HeadLeaf(theirs.origin, theirs.head_size, theirs.head_root, theirs.head_time))

    def _append(self, role: LogRole, entries: Sequence[bytes]) -> None:
        """Note entries at the end of a log; rows and hashes of all that a transaction appends are made at once."""
        self._remember(role, entries)
        self.logs[role] = _grown(self.logs[role], len(entries))
        self._touched.add(role)

    def _remember(self, role: LogRole, entries: Sequence[bytes]) -> None:
        size = self.logs[role].size
        self._recent.setdefault(role, (size, []))[1].extend(entries)
        self._unwritten.setdefault(role, size)

    def _write_entries(self, grown: tuple[Edge, Tiles] | None = None) -> None:
        """Write the entries that are only in memory; `grown` is what they make of their log, if that is known already."""
        unwritten, self._unwritten = self._unwritten, {}
        for role, start in unwritten.items():
            first, recent = self._recent[role]
            new = recent[start - first :]
            rows = [(role, start + place, entry) for place, entry in enumerate(new)]
            self.tx.many("INSERT INTO entry (role, idx, entry) VALUES (?, ?, ?)", rows)
            self._edges[role], tiles = grown or self._edges[role].append([leaf_hash(entry) for entry in new])
            self._tiles.setdefault(role, {}).update(tiles)

    # --- reading -----------------------------------------------------------------------------------------------

    def entry(self, role: LogRole, index: int) -> Entry | None:
        """Return one entry, decoded, or None beyond the end."""
        raw = None if (role, index) in self._decoded else self.raw_entry(role, index)
        return self._decoded.get((role, index)) if raw is None else decode_entry(raw)

    def foresee_theirs(self, indexes: Sequence[int]) -> list[Entry]:
        """Read these entries of the peer's log at once, remember them, and return them; none of them is behind a cut."""
        first, recent = self._recent.get(LogRole.THEIRS, (0, []))
        unknown = (one for one in indexes if (LogRole.THEIRS, one) not in self._decoded)
        stored = [one for one in unknown if not first <= one < first + len(recent)]
        for index, entry in rows_among(self.tx, _THEIRS, stored):
            self._decoded[LogRole.THEIRS, int_of(index)] = decode_entry(bytes_of(entry))
        for index in indexes:
            if (LogRole.THEIRS, index) not in self._decoded and (
                found := self.entry(LogRole.THEIRS, index)
            ) is not None:
                self._decoded[LogRole.THEIRS, index] = found
        return [self._decoded[LogRole.THEIRS, one] for one in indexes if (LogRole.THEIRS, one) in self._decoded]

    def raw_entry(self, role: LogRole, index: int) -> bytes | None:
        """Return one entry's bytes, or None beyond the end."""
        first, recent = self._recent.get(role, (0, []))
        if first <= index < first + len(recent):
            return recent[index - first]
        found = self.tx.rows("SELECT entry FROM entry WHERE role = ? AND idx = ?", (role, index))
        return bytes_of(found[0][0]) if found else None

    def entries(self, role: LogRole, start: int, end: int) -> list[bytes]:
        """Return the entries from `start` up to, not including, `end`."""
        first, recent = self._recent.get(role, (0, []))
        if first <= start <= end <= first + len(recent):
            return recent[start - first : end - first]
        self._write_entries()
        return entries_between(self.tx, role, start, end)

    def tiles(self, role: LogRole) -> RowTiles:
        """Return the tiles of a log as of the last write of this transaction."""
        self._write_tiles()
        return RowTiles(self.tx, role)

    # --- the rows that say how far -----------------------------------------------------------------------------

    def change(self, role: LogRole, **changes: int | bytes) -> None:
        """Change the facts of a log's row; written once when the transaction ends."""
        self.logs[role] = replace(self.logs[role], **changes)  # type: ignore[arg-type]  # names checked by replace
        self._touched.add(role)

    def close(self) -> None:
        """Write what is still only in memory; `Ledger.begin` calls it just before the commit."""
        self._write_tiles()
        rows = [
            (r.size, r.head_size, r.head_time, r.head_root, r.cosigned_size, r.cosigned_time, r.turn, r.role)
            for r in (self.logs[role] for role in sorted(self._touched))
        ]
        self.tx.many(
            "UPDATE log SET size = ?, head_size = ?, head_time = ?, head_root = ?, cosigned_size = ?,"
            " cosigned_time = ?, turn = ? WHERE role = ?",
            rows,
        )

    def _write_tiles(self) -> None:
        self._write_entries()
        rows = [(role, *place, hashes) for role, tiles in self._tiles.items() for place, hashes in tiles.items()]
        self._tiles = {}
        self.tx.many(
            "INSERT INTO tile (role, level, n, hashes) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (role, level, n) DO UPDATE SET hashes = excluded.hashes",
            rows,
        )


class Ledger:
    """The store of one node with the edges of its logs remembered between transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[dict[LogRole, LogRow], dict[LogRole, Edge], dict[str, object]] | None = None
        self._standing: Standing | None = None

    @contextmanager
    def begin(self) -> Generator[Book]:
        """Open a transaction on the logs; what it wrote is remembered only once it is durable."""
        known, self._known = self._known, None
        stands: Standing | None = None
        try:
            with self._store.begin() as tx:
                logs, edges, lasts = known or (*read_logs(tx), {})
                tx.memory[LASTING] = lasts = dict(lasts)
                book = Book(tx, dict(logs), dict(edges))
                yield book
                book.close()
            self._known, stands = (book.logs, book.edges, lasts), standing_in(lasts)
        finally:
            self._standing = stands

    def read(self) -> AbstractContextManager[Tx]:
        """Open a snapshot that only reads."""
        return self._store.read()

    def standing(self) -> Standing:
        """Return how the store stands since the last transaction; asked of the store only before it is known."""
        if (known := self._standing) is not None:
            return known
        with self.read() as tx:
            return read_standing(tx)

    def forget(self) -> None:
        """Forget what is remembered, so that the next transaction reads the rows anew."""
        self._known = self._standing = None


def create_log(tx: Tx, role: LogRole, origin: Origin) -> None:
    """Write the row of an empty log; a log that is there already stays."""
    tx.run(
        "INSERT INTO log (role, origin, size, head_size, head_time, head_root, cosigned_size, cosigned_time)"
        " VALUES (?, ?, 0, 0, 0, ?, 0, 0) ON CONFLICT (role) DO NOTHING",
        (role, origin, EMPTY_ROOT),
    )


def read_logs(tx: Tx) -> tuple[dict[LogRole, LogRow], dict[LogRole, Edge]]:
    """Read the rows and right edges of all logs; what a start or a failed transaction needs."""
    logs = log_rows(tx)
    return logs, {role: Edge.load(RowTiles(tx, role), row.size) for role, row in logs.items()}


def log_rows(tx: Tx) -> dict[LogRole, LogRow]:
    """Return the facts of all logs as this transaction sees them."""
    return {row.role: row for row in map(_log_row, tx.rows(_ALL_LOGS))}


def log_row(tx: Tx, role: LogRole) -> LogRow | None:
    """Return the facts of one log as this transaction sees them; None before the node is set up."""
    found = tx.rows(_ALL_LOGS + " WHERE role = ?", (role,))
    return _log_row(found[0]) if found else None


def entries_between(tx: Tx, role: LogRole, start: int, end: int) -> list[bytes]:
    """Return the entries of a log from `start` up to, not including, `end`."""
    found = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx >= ? AND idx < ? ORDER BY idx", (role, start, end))
    return [bytes_of(row[0]) for row in found]


def _grown(r: LogRow, by: int) -> LogRow:
    """Return the row of a log with so many more entries; spelt out, for every leaf needs one."""
    return LogRow(
        r.role,
        r.origin,
        r.size + by,
        r.head_size,
        r.head_time,
        r.head_root,
        r.cosigned_size,
        r.cosigned_time,
        r.turn,
    )


_THEIRS = f"SELECT idx, entry FROM entry WHERE role = '{LogRole.THEIRS}' AND idx IN"  # noqa: S608  a word of our own
_ALL_LOGS = "SELECT role, origin, size, head_size, head_time, head_root, cosigned_size, cosigned_time, turn FROM log"


@lru_cache(maxsize=64)
def _log_row(row: Row) -> LogRow:
    """Return the facts of a log from its row; a log that stands still gives the same one."""
    role, origin, size, head_size, head_time, head_root, cosigned_size, cosigned_time, turn = row
    return LogRow(
        LogRole(text_of(role)),
        Origin(text_of(origin)),
        int_of(size),
        int_of(head_size),
        int_of(head_time),
        Digest(bytes_of(head_root)),
        int_of(cosigned_size),
        int_of(cosigned_time),
        int_of(turn),
    )
