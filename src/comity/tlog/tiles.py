"""Where the resources of a tiled log lie, and how entries are bundled: C2SP tlog-tiles.

Paths are relative to the log's prefix. Parsing takes exactly what writing gives, so each resource has one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from comity.base.errors import BadEnvelope, BadForm
from comity.tlog.tree import TILE_HEIGHT, TILE_WIDTH

CHECKPOINT_PATH: Final = "checkpoint"
MAX_ENTRY_BYTES: Final = 65_535
MAX_LEVEL: Final = 7  # a tree has fewer than 2^63 leaves
# Seven groups: no tree has a tile further on, and a longer number would not even be read (Python stops at 4,300 digits).
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)((?:/x[0-9]{3}){0,6}/[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class TileName:
    """One resource: a tile of hashes, or a bundle of entries (`level` is None) beside the tile of level 0.

    `width` is the number of hashes or entries in it, 1 to 256; below 256 the resource is partial.
    """

    level: int | None
    n: int
    width: int = TILE_WIDTH

    def path(self) -> str:
        """Return the path under the log's prefix, such as `tile/0/x001/234.p/5`."""  # spec: C2SP tlog-tiles
        groups = f"{self.n:03d}"
        groups = groups.zfill(-(-len(groups) // 3) * 3)
        parts = [groups[i : i + 3] for i in range(0, len(groups), 3)]
        number = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        level = "entries" if self.level is None else str(self.level)
        return f"tile/{level}/{number}" + (f".p/{self.width}" if self.width < TILE_WIDTH else "")


def parse_path(path: str) -> TileName:
    """Read what `TileName.path` writes.

    Raises:
        BadForm: it is no tile's or bundle's path, or not in the one canonical form.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise BadForm("this is not the path of a tile")
    level = None if found[1] == "entries" else int(found[1])
    name = TileName(level, int(found[2].replace("/", "").replace("x", "")), int(found[3] or TILE_WIDTH))
    if name.path() != path or (level or 0) > MAX_LEVEL or (found[3] and name.width >= TILE_WIDTH):
        raise BadForm("this is not the path of a tile")
    return name


def tile_names(size: int) -> Iterator[TileName]:
    """Name every tile of hashes of a tree of `size` leaves, level by level; the last of a level may be partial."""
    level = 0
    while size:
        yield from _row(level, size)
        size >>= TILE_HEIGHT
        level += 1


def bundle_names(size: int) -> Iterator[TileName]:
    """Name every bundle of entries of a log of `size` leaves, in order; the last may be partial."""
    yield from _row(None, size)


def _row(level: int | None, count: int) -> Iterator[TileName]:
    full, rest = divmod(count, TILE_WIDTH)
    for n in range(full):
        yield TileName(level, n)
    if rest:
        yield TileName(level, full, rest)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write 1 to 256 entries, each with its length as a big-endian uint16 before it.

    Raises:
        BadForm: too many or too few entries, or one longer than 65,535 bytes.
    """  # spec: C2SP tlog-tiles, Log entries
    if not 1 <= len(entries) <= TILE_WIDTH or any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise BadForm("a bundle has 1 to 256 entries of at most 65,535 bytes each")
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry)])


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Read exactly `width` entries.

    Raises:
        BadEnvelope: the bytes hold fewer or more than that.
    """
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : stop])
        at = stop
    # A length field cut in half makes `at` pass `end` too, since it counts two bytes.
    if at != end or len(entries) != width:
        raise BadEnvelope("the bundle of entries is cut short or has a wrong number of entries")
    return entries
