"""Sealed files on media: written in pieces behind the exchanges of a set, taken like files that came over a network.

The rule it keeps: a piece of a file proves itself by its seal and, at the end, by the hash in its dispatch, whatever the media's
list says; a set that had no room for all of a file is gone on with, from where the other side's last set says that it is.
"""  # spec: protocol.md 2, 5

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from comity.base.errors import BadEnvelope
from comity.base.ids import Digest, LeafIndex
from comity.edge.blobs import BlobEnded, NoFile
from comity.edge.engine import Engine
from comity.edge.filestore import PIECE, FileStore
from comity.edge.media import FoundSet, SetWriter, open_file, read_file
from comity.edge.pulling import Puller
from comity.node.attached import to_carry
from comity.node.mediaset import MediaFile, Part, decode_held, encode_held, file_of_media

LONGEST: Final = 256 << 20
"""Bytes of a piece: every file system takes it, and a damaged place on the media costs no more than this."""


@dataclass(frozen=True, slots=True)
class CarriedFiles:
    """What became of files on media.

    Attributes:
        files, size_bytes: written, or taken; of a file that was begun or gone on with, the bytes of this time.
        left, left_bytes: what is still to come of files whose dispatches are on the media or have gone before.
    """

    files: int = 0
    size_bytes: int = 0
    left: int = 0
    left_bytes: int = 0


NO_FILES: Final = CarriedFiles()


class FileCarrier:
    """Writes and reads the files of sets.

    Args:
        engine: of the running node.
        store: of its files.
        puller: takes what was read, as it takes what comes over a network.
    """

    def __init__(self, engine: Engine, store: FileStore, puller: Puller) -> None:
        self._engine, self._store, self._puller = engine, store, puller

    # --- writing -----------------------------------------------------------------------------------------------

    def write(self, writer: SetWriter, held: Mapping[Digest, int], gone: frozenset[LeafIndex]) -> CarriedFiles:
        """Write what fits of the files whose dispatches are in the set or have gone before, the most urgent first.

        Args:
            writer: of the set.
            held: bytes of each that the other side has, as far as it said.
            gone: places of the dispatches in the set.

        Raises:
            BadMedia: the media failed.
        """
        with self._engine.node.ledger.read() as tx:
            files = to_carry(gone, tx)
        done = CarriedFiles()
        for cipher, size in files:
            start = min(held.get(cipher, 0), size)
            end = self._pieces(writer, cipher, start, size) if self._store.has(cipher, size) else start
            done = CarriedFiles(
                done.files + (end > start),
                done.size_bytes + end - start,
                done.left + (end < size),
                done.left_bytes + size - end,
            )
        return done

    def _pieces(self, writer: SetWriter, cipher: Digest, start: int, size: int) -> int:
        """Write a file from `start` on; return how far there was room."""
        while start < size:
            fitting = min(LONGEST, size - start, writer.room())
            if fitting < min(PIECE, size - start):
                break
            with self._store.path(cipher).open("rb", buffering=0) as file:
                file.seek(start)
                writer.stream(f"file-{writer.files:06d}.bin", Part.FILE, f"{cipher.hex()}/{start}", file, fitting)
            start += fitting
        return start

    def say_held(self, writer: SetWriter) -> None:
        """Write what this node has of the other side's files that are not whole, if there are any: it goes on from there.

        Raises:
            NoRoom: it does not fit.
            BadMedia: the media failed.
        """
        held = [(cipher, self._store.have(cipher)) for cipher in self._puller.sizes()]
        if held:
            writer.put("held.cbor", Part.HELD, encode_held(held))

    # --- reading -----------------------------------------------------------------------------------------------

    async def read(self, found: FoundSet) -> CarriedFiles:
        """Take what a set has of the files that have not come."""
        media = MediaFiles(found)
        taken = await self._puller.carried(media, media.ciphers) if media.ciphers else ()
        coming = await asyncio.to_thread(self._puller.sizes)
        left = sum(size - self._store.have(cipher) for cipher, size in coming.items())
        return CarriedFiles(len(taken), media.given, len(coming), left)


def held_by(sets: Sequence[FoundSet]) -> dict[Digest, int]:
    """Return what the newest of some sets says that its sender has of files; nothing where it does not say."""
    for found in reversed(sets):
        for file in found.listed.files:
            if file.part is Part.HELD:
                content = read_file(found, file)
                try:
                    return {} if content is None else decode_held(content)
                except BadEnvelope:
                    return {}
    return {}


class MediaFiles:
    """The files of one set, as a way by which files come: see `pulling.FileWay`.

    Attributes:
        ciphers: addresses of files of which it has anything.
        given: bytes that were read of them.
    """

    def __init__(self, found: FoundSet) -> None:
        self._found = found
        self._pieces: dict[Digest, list[tuple[int, MediaFile]]] = {}
        for file in found.listed.files:
            if file.part is Part.FILE:
                cipher, start = file_of_media(file)
                self._pieces.setdefault(cipher, []).append((start, file))
        self.ciphers = frozenset(self._pieces)
        self.given = 0

    async def rest(self, cipher: Digest, start: int, size: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a file from `start` on, in pieces of a MiB.

        Raises:
            BlobEnded: the set ends before the file does, or cannot be read there.
        """
        for begins, file in sorted(self._pieces.get(cipher, ()), key=lambda one: one[0]):
            if not begins <= start < begins + file.size:
                continue
            try:
                handle = await asyncio.to_thread(open_file, self._found, file)
            except OSError:
                break
            try:
                while piece := await asyncio.to_thread(os.pread, handle, min(PIECE, size - start), start - begins):
                    start += len(piece)
                    self.given += len(piece)
                    yield piece
            except OSError:
                break
            finally:
                os.close(handle)
        if start < size:
            raise BlobEnded(NoFile.UNREACHABLE)
