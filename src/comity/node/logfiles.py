"""Our log and our mirror of the peer's as the files of C2SP tlog-tiles, read from one snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.dispatch.book import LogRole, LogRow, RowTiles, entries_between, log_row
from comity.dispatch.closed import SPAN, Closed, closed_at, closed_logs, real
from comity.dispatch.columns import text_of
from comity.dispatch.ports import Tx
from comity.tlog.checkpoint import merge
from comity.tlog.tiles import TileName, bundle_names, encode_bundle, parse_path, tile_names
from comity.tlog.tree import HASH_BYTES, TILE_WIDTH

CHECKPOINT = "checkpoint"


def origin_hash(origin: str) -> str:
    """Return the name of a log in paths: hex SHA-256 of its origin."""  # spec: C2SP tlog-witness
    return sha256(origin.encode()).hex()


def head_end(tx: Tx, role: LogRole, base: int = 0) -> int:
    """Return the largest size, as stored, of a head that stands for a log: any of the log of now, none above a cut."""
    closed = closed_at(tx, role, base)
    return SPAN if closed is None else closed.base + closed.cut_size


def served(tx: Tx, hashed: str) -> LogRow | None:
    """Return the log that a path names: ours or our mirror; the decision log is never served."""
    # spec: protocol.md 4 rule 6
    for role in (LogRole.OURS, LogRole.THEIRS):
        row = log_row(tx, role)
        if row is not None and origin_hash(row.origin) == hashed:
            return row
    return None


def closed_row(closed: Closed, role: LogRole) -> LogRow:
    """Return the facts of a closed log in the form of one of now."""
    head = (closed.head_size, closed.head_time, closed.head_root)
    return LogRow(role, closed.origin, closed.size, *head, 0, 0)


def served_file(tx: Tx, hashed: str, path: str) -> bytes | None:
    """Return one file of the log that a path names, of now or closed; a closed one is served up to its cut."""
    row = served(tx, hashed)
    if row is not None:
        return log_file(tx, row.role, path)
    for role in (LogRole.OURS, LogRole.THEIRS):
        for one in closed_logs(tx, role):
            if origin_hash(one.origin) == hashed:
                return _log_file(tx, role, path, one.cut_size, one.base)
    return None


def log_file(tx: Tx, role: LogRole, path: str) -> bytes | None:
    """Return one file of a log: the newest checkpoint that both parties signed, or a tile below the newest signed head.

    A node that restores itself fetches up to the head that the other side accepted, cosigned already or not.
    """
    row = log_row(tx, role)
    return _log_file(tx, role, path, row.head_size if row is not None else 0, 0)


def _log_file(tx: Tx, role: LogRole, path: str, size: int, base: int) -> bytes | None:
    checkpoint = newest_checkpoint(tx, role, base)
    if path == CHECKPOINT:
        return None if checkpoint is None else checkpoint[1].encode()
    try:
        return _tile(tx, role, parse_path(path), size, base)
    except BadForm:
        return None


def newest_checkpoint(tx: Tx, role: LogRole, base: int = 0) -> tuple[int, str] | None:
    """Return size and note of the newest head that is signed and cosigned, all four lines; None before the first.

    With the `base` of a closed log it is the newest that stands below its cut.
    """
    rows = tx.rows(
        "SELECT size, note, cosignature FROM head WHERE role = ? AND size > ? AND size <= ? AND cosignature IS NOT NULL"
        " ORDER BY size DESC, time DESC LIMIT 1",
        (role, base, head_end(tx, role, base)),
    )
    if not rows:
        return None
    size, note, cosignature = rows[0]
    assert isinstance(size, int)
    return real(size), merge(text_of(note), text_of(cosignature))


def all_files(tx: Tx, role: LogRole) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a log, path and content; the checkpoint last, so that a reader never sees it too early."""
    checkpoint = newest_checkpoint(tx, role)
    if checkpoint is None:
        return
    size, note = checkpoint
    for name in (*bundle_names(size), *tile_names(size)):
        content = _tile(tx, role, name, size)
        assert content is not None
        yield name.path(), content
    yield CHECKPOINT, note.encode()


def _tile(tx: Tx, role: LogRole, name: TileName, size: int, base: int = 0) -> bytes | None:
    """Return a tile or bundle of exactly the width asked for, if the tree of `size` has it."""
    if name.level is None:
        start = name.n * TILE_WIDTH
        if start + name.width > size:
            return None
        return encode_bundle(entries_between(tx, role, base + start, base + start + name.width))
    if ((name.n * TILE_WIDTH + name.width) << (8 * name.level)) > size:
        return None
    hashes = RowTiles(tx, role, base).tile(name.level, name.n)[: name.width * HASH_BYTES]
    return hashes if len(hashes) == name.width * HASH_BYTES else None
