"""How fast a log grows, proves and is audited: the tree over SQLite, and over exported tiles.

Every batch is one durable transaction (WAL, synchronous=FULL), as the store does it; the best of several rounds
counts, since a busy machine can only slow a round down.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from comity.base.ids import Origin
from comity.tlog.audit import audit_files
from comity.tlog.checkpoint import Checkpoint
from comity.tlog.tiles import TileName, bundle_names, encode_bundle, tile_names
from comity.tlog.tree import HASH_BYTES, TILE_WIDTH, CachedTiles, Edge, inclusion_proof, leaf_hash, verify_inclusion

LEAVES: Final = 102_400
BATCH: Final = 1_000
PROOFS: Final = 10_000
ENTRY_BYTES: Final = 142  # spec: protocol.md, dispatch leaf
_SCHEMA = """
CREATE TABLE entry (position INTEGER PRIMARY KEY, leaf BLOB NOT NULL);
CREATE TABLE tile (level INTEGER, n INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (level, n)) WITHOUT ROWID;
"""


class _Rows:
    """Tiles read from the table."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def tile(self, level: int, n: int) -> bytes:
        row = self._database.execute("SELECT hashes FROM tile WHERE level = ? AND n = ?", (level, n)).fetchone()
        return bytes(row[0]) if row else b""


def bench_log(quick: bool, folder: Path) -> dict[str, float]:  # noqa: FBT001  every bench is called this way
    """Measure the log in `folder`, which must exist and is left with a database and an export in it.

    Args:
        quick: one round instead of five.
        folder: on the disk that is to be measured; its flushes are in the first figure.

    Returns:
        appends_per_s (entries, in batches of 1,000, each durable), proofs_per_s (inclusion proofs made and not
        checked, random leaves of 102,400), audit_leaves_per_s (full audit of exported tiles read from files).
    """
    rounds = 1 if quick else 5
    entries = [i.to_bytes(4, "big").ljust(ENTRY_BYTES, b"e") for i in range(LEAVES)]
    appends = []
    for number in range(rounds):
        path = folder / f"log-{number}.sqlite"
        appends.append(_append_all(path, entries))
    with closing(sqlite3.connect(path)) as database:
        rows = _Rows(database)
        proofs = [_prove(rows, entries, seed) for seed in range(rounds)]
        _export(rows, entries, folder / "export")
    root = Edge.load(CachedTiles(_Files(folder / "export")), LEAVES).root()
    audits = [_audit(folder / "export", Checkpoint(Origin("bench.example/log/1"), LEAVES, root)) for _ in range(rounds)]
    return {
        "appends_per_s": LEAVES / min(appends),
        "proofs_per_s": PROOFS / min(proofs),
        "audit_leaves_per_s": LEAVES / min(audits),
    }


def _append_all(path: Path, entries: list[bytes]) -> float:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)
        begun = time.perf_counter()
        edge = Edge()
        for at in range(0, len(entries), BATCH):
            edge = _append(database, edge, entries[at : at + BATCH])
        return time.perf_counter() - begun


def _append(database: sqlite3.Connection, edge: Edge, batch: list[bytes]) -> Edge:
    database.execute("BEGIN IMMEDIATE")
    grown, tiles = edge.append([leaf_hash(entry) for entry in batch])
    database.executemany("INSERT INTO entry VALUES (?, ?)", enumerate(batch, edge.size))
    database.executemany(
        "INSERT INTO tile VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
        [(level, n, hashes) for (level, n), hashes in tiles.items()],
    )
    database.execute("COMMIT")
    return grown


def _prove(rows: _Rows, entries: list[bytes], seed: int) -> float:
    """Time the proofs of random leaves, from tiles not yet read; one of them is checked, outside the time."""
    chosen = random.Random(seed).sample(range(LEAVES), PROOFS)  # noqa: S311  a sample, not a secret
    begun = time.perf_counter()
    tiles = CachedTiles(rows)
    proofs = [inclusion_proof(tiles, index, LEAVES) for index in chosen]
    taken = time.perf_counter() - begun
    verify_inclusion(leaf_hash(entries[chosen[0]]), chosen[0], LEAVES, proofs[0], Edge.load(rows, LEAVES).root())
    return taken


def _export(rows: _Rows, entries: list[bytes], folder: Path) -> None:
    _write(folder, ((name, rows.tile(name.level or 0, name.n)) for name in tile_names(LEAVES)))
    _write(
        folder,
        (
            (name, encode_bundle(entries[name.n * TILE_WIDTH : name.n * TILE_WIDTH + name.width]))
            for name in bundle_names(LEAVES)
        ),
    )


def _write(folder: Path, files: Iterable[tuple[TileName, bytes]]) -> None:
    for name, content in files:
        path = folder / name.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class _Files:
    """Tiles and bundles read from an export."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tile(self, level: int, n: int) -> bytes:
        width = min(TILE_WIDTH, (LEAVES >> 8 * level) - n * TILE_WIDTH)
        return (self._folder / TileName(level, n, width).path()).read_bytes()[: width * HASH_BYTES]

    def read(self, path: str) -> bytes | None:
        found = self._folder / path
        return found.read_bytes() if found.is_file() else None


def _audit(folder: Path, checkpoint: Checkpoint) -> float:
    begun = time.perf_counter()
    report = audit_files(_Files(folder).read, checkpoint)
    taken = time.perf_counter() - begun
    if not report.good:
        raise AssertionError("the bench's own log did not pass its audit")
    return taken
