"""The full audit of a log: every entry hashed again, every stored tile compared, every older head placed.

It trusts nothing but the checkpoint it is given, whose signatures the caller has verified. It finds faults and
reports them all (the first hundred); it never repairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Final

from comity.base.errors import BadEnvelope
from comity.base.ids import Digest
from comity.tlog.checkpoint import Checkpoint
from comity.tlog.tiles import TileName, bundle_names, decode_bundle, tile_names
from comity.tlog.tree import HASH_BYTES, TILE_WIDTH, Edge, MemoryTiles, TileReader, root

MAX_FAULTS: Final = 100

ReadPath = Callable[[str], bytes | None]
"""Gives the content under a path of the log's prefix, None if there is nothing."""


class FaultKind(StrEnum):
    """What an audit can find."""

    MISSING = "missing"
    """A tile or bundle that the checkpoint's size calls for is not there, or is too short."""
    MALFORMED = "malformed"
    """A bundle is not a sequence of entries."""
    TILE_DIFFERS = "tile-differs"
    """A stored tile is not what the entries hash to."""
    WRONG_ROOT = "wrong-root"
    """The entries do not give the signed root."""
    NOT_CONSISTENT = "not-consistent"
    """An older checkpoint is not of a prefix of this log."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding; `where` is a path under the log's prefix, or says which checkpoint."""

    kind: FaultKind
    where: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit did and found.

    `entries` were hashed, `tiles` compared, `older` checkpoints placed. `root` is what the entries give, None if some
    could not be read.
    """

    checkpoint: Checkpoint
    entries: int
    tiles: int
    older: int
    root: Digest | None
    faults: tuple[Fault, ...]

    @property
    def good(self) -> bool:
        """Say whether the log is what its checkpoint says."""
        return not self.faults


def audit_files(read: ReadPath, checkpoint: Checkpoint, older: Sequence[Checkpoint] = ()) -> AuditReport:
    """Audit an exported or served log, given how to read a path of it.

    Args:
        read: called once for each bundle and tile, in order; twice where a partial one has been replaced by a full one.
        checkpoint: the head to audit against, verified.
        older: heads of the same log seen before, verified, in any order.
    """
    faults: list[Fault] = []
    bundles = _read_bundles(read, checkpoint.size, faults)
    return _audit(bundles, checkpoint, older, lambda name: _read_tile(read, name), faults)


def audit_entries(
    entries: Iterable[bytes], tiles: TileReader, checkpoint: Checkpoint, older: Sequence[Checkpoint] = ()
) -> AuditReport:
    """Audit a log from its rows: the entries in order (more than the checkpoint covers do no harm) and its tiles."""
    rows = iter(entries)
    bundles = (list(islice(rows, name.width)) for name in bundle_names(checkpoint.size))
    return _audit(bundles, checkpoint, older, lambda name: tiles.tile(name.level or 0, name.n), [])


def read_entries(read: ReadPath, size: int) -> Iterator[bytes]:
    """Give the entries of a log of `size` leaves in order; end early where a bundle is missing or malformed."""
    for bundle in _read_bundles(read, size, []):
        yield from bundle


def _audit(
    bundles: Iterable[list[bytes]],
    checkpoint: Checkpoint,
    older: Sequence[Checkpoint],
    stored: Callable[[TileName], bytes],
    faults: list[Fault],
) -> AuditReport:
    computed, edge = _rehash(bundles)
    complete = edge.size == checkpoint.size
    if not complete and not faults:
        faults.append(Fault(FaultKind.MISSING, f"entry {edge.size}"))
    if complete and edge.root() != checkpoint.root:
        faults.append(Fault(FaultKind.WRONG_ROOT, f"checkpoint of size {checkpoint.size}"))
    compared = _compare(computed, edge.size, stored, faults)
    placed = _place(computed, edge.size, checkpoint, older, faults) if complete else 0
    found = tuple(faults[:MAX_FAULTS])
    return AuditReport(checkpoint, edge.size, compared, placed, edge.root() if complete else None, found)


def _rehash(bundles: Iterable[list[bytes]]) -> tuple[MemoryTiles, Edge]:
    """Build the tree of the entries anew."""
    computed, edge = MemoryTiles(), Edge()
    for bundle in bundles:
        edge, tiles = edge.append([sha256(b"\x00" + entry).digest() for entry in bundle])
        computed.write(tiles)
    return computed, edge


def _compare(computed: MemoryTiles, size: int, stored: Callable[[TileName], bytes], faults: list[Fault]) -> int:
    """Compare every tile; a stored one may be longer than this size needs, its beginning counts."""
    compared = 0
    for name in tile_names(size):
        width = name.width * HASH_BYTES
        theirs = stored(name)[:width]
        compared += 1
        if len(theirs) < width:
            faults.append(Fault(FaultKind.MISSING, name.path()))
        elif theirs != computed.tile(name.level or 0, name.n)[:width]:
            faults.append(Fault(FaultKind.TILE_DIFFERS, name.path()))
    return compared


def _place(
    computed: MemoryTiles, size: int, checkpoint: Checkpoint, older: Sequence[Checkpoint], faults: list[Fault]
) -> int:
    faults.extend(
        Fault(FaultKind.NOT_CONSISTENT, f"older checkpoint of size {head.size}")
        for head in older
        if head.origin != checkpoint.origin or head.size > size or root(computed, head.size) != head.root
    )
    return len(older)


def _read_bundles(read: ReadPath, size: int, faults: list[Fault]) -> Iterator[list[bytes]]:
    """Give the bundles up to the first that cannot be read: what follows could not be placed in the tree."""
    for name in bundle_names(size):
        data = read(name.path())
        present = name.width
        if data is None and name.width < TILE_WIDTH:
            data, present = read(TileName(None, name.n).path()), TILE_WIDTH  # spec: C2SP tlog-tiles, Partial Tiles
        if data is None:
            faults.append(Fault(FaultKind.MISSING, name.path()))
            return
        try:
            bundle = decode_bundle(data, present)
        except BadEnvelope:
            faults.append(Fault(FaultKind.MALFORMED, name.path()))
            return
        yield bundle[: name.width]


def _read_tile(read: ReadPath, name: TileName) -> bytes:
    data = read(name.path())
    if data is None and name.width < TILE_WIDTH:
        data = read(TileName(name.level, name.n).path())
    return data or b""
