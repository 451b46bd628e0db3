"""The Merkle tree of RFC 6962 over C2SP tiles: growing it, its root at any size, and its proofs.

Tiles are the only stored form. A tile holds up to 256 hashes; it only ever grows at its end, so a hash once read stays
true for as long as the store is not put back to an earlier state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from comity.base.errors import BadForm, BadProof, MissingTile
from comity.base.ids import Digest

HASH_BYTES = 32
TILE_WIDTH = 256
TILE_BYTES = HASH_BYTES * TILE_WIDTH
TILE_HEIGHT = 8
MAX_SIZE = 2**63 - 1
MAX_PROOF = 64
EMPTY_ROOT = Digest(sha256(b"").digest())

Tiles = dict[tuple[int, int], bytes]
"""(level, n) to the whole present content of that tile: 32 to 8,192 bytes, a multiple of 32."""


class TileReader(Protocol):
    """Where the tiles of one log are kept."""

    def tile(self, level: int, n: int) -> bytes:
        """Return the hashes present in tile `n` of `level`, concatenated; empty if there are none.

        The content may be newer (longer) than the caller expects, never older than the last committed append.
        """
        ...


class MemoryTiles:
    """Tiles in a dictionary: for audits, exports and tests."""

    __slots__ = ("stored",)

    def __init__(self) -> None:
        self.stored: Tiles = {}

    def tile(self, level: int, n: int) -> bytes:
        """Return the tile, empty if absent."""
        return self.stored.get((level, n), b"")

    def write(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Keep what `append` or `Edge.append` returned."""
        self.stored.update(tiles)


def leaf_hash(entry: bytes) -> Digest:
    """Return SHA-256(0x00 || entry)."""  # spec: RFC 6962 2.1
    return Digest(sha256(b"\x00" + entry).digest())


def node_hash(left: bytes, right: bytes) -> Digest:
    """Return SHA-256(0x01 || left || right)."""  # spec: RFC 6962 2.1
    return Digest(sha256(b"\x01" + left + right).digest())


# --- growing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """The rightmost tile of one level: its hashes and the roots of the perfect subtrees they form, largest first."""

    tile: bytes
    peaks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: all that is needed to append and to know the root, without reading the store.

    It is a value: `append` returns a new edge and leaves this one as it was, so a transaction that fails costs
    nothing; the caller keeps the old edge. After a restore it must be loaded again.
    """

    size: int = 0
    rows: tuple[_Row, ...] = ()

    @staticmethod
    def load(reader: TileReader, size: int) -> Edge:
        """Read the edge of a tree of `size` leaves: one tile a level.

        Raises:
            BadForm: the size is out of range.
            MissingTile: the store does not hold what a tree of that size needs.
        """
        _check_size(size)
        rows: list[_Row] = []
        count = size
        level = 0
        while count:
            width = count % TILE_WIDTH
            tile = _prefix(reader, level, count // TILE_WIDTH, width) if width else b""
            rows.append(_row(tile))
            count //= TILE_WIDTH
            level += 1
        return Edge(size, tuple(rows))

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple[Edge, Tiles]:
        """Add leaves, and return the new edge and the tiles to write, each with its whole present content."""
        tiles: Tiles = {}
        rows = list(self.rows)
        rising: Sequence[bytes] = leaf_hashes
        level = 0
        while rising:
            if level == len(rows):
                rows.append(_Row(b"", ()))
            n = self.size >> TILE_HEIGHT * (level + 1)
            rows[level], rising = _fill(rows[level], rising, level, n, tiles)
            level += 1
        return Edge(self.size + len(leaf_hashes), tuple(rows)), tiles

    def root(self) -> Digest:
        """Return the root of the tree: the peaks folded from the right."""  # spec: RFC 6962 2.1
        folded = b""
        for row in self.rows:
            for peak in reversed(row.peaks):
                folded = sha256(b"\x01" + peak + folded).digest() if folded else peak
        return Digest(folded) if folded else EMPTY_ROOT


@lru_cache(maxsize=64)
def _row(tile: bytes) -> _Row:
    """Work out the peaks of a tile; the same bytes once, for a log that has not grown is loaded again and again."""
    peaks: list[bytes] = []
    _push(peaks, 0, _split(tile))
    return _Row(tile, tuple(peaks))


def _fill(row: _Row, hashes: Sequence[bytes], level: int, n: int, tiles: Tiles) -> tuple[_Row, list[bytes]]:
    """Append `hashes` to tile `n` of `level` and on; return the last tile and the roots of those that became full."""
    full: list[bytes] = []
    tile, peaks, start = row.tile, list(row.peaks), 0
    while start < len(hashes):
        present = len(tile) // HASH_BYTES
        taken = hashes[start : start + TILE_WIDTH - present]
        start += len(taken)
        tile += b"".join(taken)
        _push(peaks, present, taken)
        tiles[level, n] = tile
        if len(tile) == TILE_BYTES:
            full.append(peaks.pop())
            tile = b""
            n += 1
    return _Row(tile, tuple(peaks)), full


def _push(peaks: list[bytes], count: int, hashes: Iterable[bytes]) -> None:
    """Add hashes to the peaks of a row of `count` hashes, joining equal subtrees as a counter carries."""
    pop, push = peaks.pop, peaks.append
    for added in hashes:
        joined = added
        ones = count
        while ones & 1:
            joined = sha256(b"\x01" + pop() + joined).digest()
            ones >>= 1
        push(joined)
        count += 1


def append(reader: TileReader, size: int, leaf_hashes: Sequence[bytes]) -> Tiles:
    """Return the tiles to write when `leaf_hashes` are appended to a tree of `size` leaves.

    Who appends often keeps an `Edge` instead and saves the reading.

    Raises:
        MissingTile: the store does not hold what a tree of that size needs.
    """
    return Edge.load(reader, size).append(leaf_hashes)[1]


# --- reading -----------------------------------------------------------------------------------------------------


class CachedTiles:
    """Tiles with all the hashes between their levels worked out, so that a proof is look-ups only.

    A full tile is read once. A partial one is read again when a hash beyond its known width is asked for. It stays
    right while the log only grows; after a restore it must be thrown away. Not for use from two threads at once.
    """

    __slots__ = ("_expanded", "_limit", "_reader")

    def __init__(self, reader: TileReader, *, limit: int = 4096) -> None:
        """Wrap `reader`; at most `limit` tiles (16 KiB each) are kept, the oldest go first."""
        self._reader = reader
        self._limit = limit
        self._expanded: dict[tuple[int, int], list[bytes]] = {}

    def tile(self, level: int, n: int) -> bytes:
        """Return the tile as the wrapped reader has it, so that a `CachedTiles` is a `TileReader` too."""
        return self._reader.tile(level, n)

    def node(self, height: int, index: int) -> bytes:
        """Return the root of the perfect subtree over leaves [index << height, (index + 1) << height).

        Raises:
            MissingTile: the tiles do not reach so far.
        """
        level, inner = divmod(height, TILE_HEIGHT)
        n, place = divmod(index, TILE_WIDTH >> inner)
        start = place * HASH_BYTES
        rows = self._expanded.get((level, n))
        if rows is None or start >= len(rows[inner]):
            rows = self._expand(level, n)
        found = rows[inner][start : start + HASH_BYTES]
        if len(found) != HASH_BYTES:
            raise MissingTile(f"tile {n} of level {level} is missing or shorter than the tree says; restore the log")
        return found

    def _expand(self, level: int, n: int) -> list[bytes]:
        """Read a tile and work out its inner levels, from the tile's own hashes up to its root."""
        row = self._reader.tile(level, n)
        row = row[: len(row) - len(row) % HASH_BYTES]  # half a hash is none
        rows = [row]
        for _ in range(TILE_HEIGHT - 1):
            hashes = _split(row)
            row = b"".join([sha256(b"\x01" + a + b).digest() for a, b in zip(hashes[::2], hashes[1::2], strict=False)])
            rows.append(row)
        self._expanded.pop((level, n), None)
        if len(self._expanded) >= self._limit:
            del self._expanded[next(iter(self._expanded))]
        self._expanded[level, n] = rows
        return rows


def root(reader: TileReader, size: int) -> Digest:
    """Return the root of the tree's first `size` leaves, for any size up to the stored one.

    Raises:
        BadForm: the size is out of range.
        MissingTile: the tiles do not reach so far.
    """
    _check_size(size)
    return Digest(_range_root(_cached(reader), 0, size)) if size else EMPTY_ROOT


def inclusion_proof(reader: TileReader, index: int, size: int) -> tuple[Digest, ...]:
    """Return the audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling upward.

    Raises:
        BadForm: index or size is out of range.
        MissingTile: the tiles do not reach so far.
    """  # spec: RFC 6962 2.1.1
    _check_size(size)
    if not 0 <= index < size:
        raise BadForm("a proof was asked for a leaf that is not in the tree of that size")
    tiles = _cached(reader)
    path: list[Digest] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _largest_power_below(high - low)
        if index < middle:
            path.append(Digest(_range_root(tiles, middle, high)))
            high = middle
        else:
            path.append(Digest(_range_root(tiles, low, middle)))
            low = middle
    return tuple(reversed(path))


def consistency_proof(reader: TileReader, old: int, new: int) -> tuple[Digest, ...]:
    """Return the proof that the tree of `old` leaves is a prefix of the tree of `new` leaves.

    Empty when the sizes are equal. There is none from the empty tree: it is a prefix of every tree.

    Raises:
        BadForm: not 0 < old <= new.
        MissingTile: the tiles do not reach so far.
    """  # spec: RFC 6962 2.1.2
    _check_size(new)
    if not 0 < old <= new:
        raise BadForm("a consistency proof goes from a tree with leaves to one at least as large")
    tiles = _cached(reader)
    path: list[Digest] = []
    low, high = 0, new
    while old != high:
        middle = low + _largest_power_below(high - low)
        if old <= middle:
            path.append(Digest(_range_root(tiles, middle, high)))
            high = middle
        else:
            path.append(Digest(_range_root(tiles, low, middle)))
            low = middle
    if low:
        path.append(Digest(_range_root(tiles, low, high)))
    return tuple(reversed(path))


def _range_root(tiles: CachedTiles, low: int, high: int) -> bytes:
    """Return the root over leaves [low, high); `low` must be a multiple of a power of two that is >= high - low."""
    folded = b""
    count = high - low
    while count:
        height = (count & -count).bit_length() - 1
        count &= count - 1
        peak = tiles.node(height, (low + count) >> height)
        folded = sha256(b"\x01" + peak + folded).digest() if folded else peak
    return folded


def _largest_power_below(count: int) -> int:
    """Return the largest power of two smaller than `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _cached(reader: TileReader) -> CachedTiles:
    return reader if isinstance(reader, CachedTiles) else CachedTiles(reader)


def _split(tile: bytes) -> list[bytes]:
    return [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]


def _prefix(reader: TileReader, level: int, n: int, width: int) -> bytes:
    found = reader.tile(level, n)[: width * HASH_BYTES]
    if len(found) != width * HASH_BYTES:
        raise MissingTile(f"tile {n} of level {level} is missing or shorter than the tree says; restore the log")
    return found


def _check_size(size: int) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise BadForm("a tree has between 0 and 2^63 - 1 leaves")


# --- checking ----------------------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the tree of `size` leaves with `root`.

    Raises:
        BadProof: it does not, or a length or range is wrong.
    """  # spec: RFC 9162 2.1.3.2
    _check_hashes(leaf, root, proof)
    if not 0 <= index < size <= MAX_SIZE:
        raise BadProof("the leaf's index is not below the size of the tree")
    place, last, folded = index, size - 1, leaf
    for step in proof:
        if not last:
            raise BadProof("the inclusion proof is too long")
        if place & 1 or place == last:
            folded = node_hash(step, folded)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            folded = node_hash(folded, step)
        place, last = place >> 1, last >> 1
    if last or folded != root:
        raise BadProof("the inclusion proof does not give the signed root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `old_size` leaves with `old_root` is a prefix of the larger one.

    A proof from the empty tree says nothing and is refused; who starts from nothing has no proof to check.

    Raises:
        BadProof: it is not a prefix, or a length or range is wrong.
    """  # spec: RFC 9162 2.1.4.2
    _check_hashes(old_root, new_root, proof)
    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise BadProof("a consistency proof goes from a tree with leaves to one at least as large")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise BadProof("two trees of one size have one root and no proof")
        return
    steps = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if _fold_consistency(old_size, new_size, steps) != (old_root, new_root):
        raise BadProof("the consistency proof does not give the two signed roots")


def _fold_consistency(old_size: int, new_size: int, steps: list[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of the old and the new tree that the proof's steps give."""
    if not steps:
        raise BadProof("the consistency proof is empty")
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if not last:
            raise BadProof("the consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    if last:
        raise BadProof("the consistency proof is too short")
    return old, new


def _check_hashes(first: bytes, second: bytes, proof: Sequence[bytes]) -> None:
    if len(proof) > MAX_PROOF or any(len(hash_) != HASH_BYTES for hash_ in (first, second, *proof)):
        raise BadProof("a proof has at most 64 hashes, and each hash has 32 bytes")
