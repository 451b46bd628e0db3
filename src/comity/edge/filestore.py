"""The folder of sealed files beside the database: a file is whole under its address, or a part under a name that says so.

The rule it keeps: what is said to be kept is on the disk first; a crash at any byte leaves a part that is gone on with or the
whole file, never half a file under an address; a full disk is a clear refusal before the database feels it.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from comity.base.errors import NoRoom, StoreError
from comity.base.ids import Digest
from comity.edge.files import PRIVATE_FILE, flush_folder, make_private_folder

PIECE: Final = 1 << 20
"""Bytes that are read or written at once."""
PART: Final = ".part"
_FLUSH_EVERY: Final = 8 << 20
"""Bytes between two flushes of a long file: what lies in the system's memory would hold up the database's own flush."""
_FLUSHERS: Final = 4
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FileStore:
    """The files of one node.

    Args:
        folder: made if it is not there; nobody else may enter it.
        reserve_bytes: of free disk that files leave to the database.
    """

    def __init__(self, folder: Path, reserve_bytes: int = 1 << 30) -> None:
        make_private_folder(folder)
        self._folder, self._reserve = folder, reserve_bytes
        self._promised = 0
        self.flusher = ThreadPoolExecutor(_FLUSHERS, thread_name_prefix="flush")
        """Flushes parts while they are written on."""

    def path(self, cipher: Digest) -> Path:
        """Return where the file of this address is, or would be."""
        return self._folder / cipher.hex()

    def has(self, cipher: Digest, size: int) -> bool:
        """Say whether the whole file is here."""
        try:
            return self.path(cipher).stat().st_size == size
        except FileNotFoundError:
            return False

    def have(self, cipher: Digest) -> int:
        """Return how many bytes of a file that is being fetched are here."""
        try:
            return (self._folder / (cipher.hex() + PART)).stat().st_size
        except FileNotFoundError:
            return 0

    def room_for(self, size: int) -> None:
        """Check that so many more bytes fit, beside what files under way still need.

        Raises:
            NoRoom: they do not.
        """
        found = os.statvfs(self._folder)
        if found.f_bavail * found.f_frsize - self._reserve - self._promised < size:
            raise NoRoom("there is no room on the disk for this file; what was kept stands. Make room, then go on")

    def part(self, name: str, size: int) -> Part:
        """Open a part to be gone on with, or begin it.

        Args:
            name: letters and digits.
            size: bytes that it will have.

        Raises:
            NoRoom: the rest of it does not fit.
            StoreError: the folder cannot be written.
        """
        path = self._folder / (name + PART)
        have = path.stat().st_size if path.exists() else 0
        self.room_for(max(0, size - have))
        return Part(self, path, size)

    def remove(self, cipher: Digest) -> None:
        """Destroy the file of an address; it is gone for good when this returns."""
        path = self.path(cipher)
        if path.exists() or path.with_name(path.name + PART).exists():
            path.unlink(missing_ok=True)
            self.drop_part(cipher.hex())

    def drop_part(self, name: str) -> None:
        """Destroy a part."""
        (self._folder / (name + PART)).unlink(missing_ok=True)
        flush_folder(self._folder)

    def parts(self) -> frozenset[str]:
        """Return the names of all parts."""
        return frozenset(one.name.removesuffix(PART) for one in self._folder.glob("*" + PART))

    def read(self, cipher: Digest) -> Iterator[bytes]:
        """Yield a whole file in pieces, leaving nothing of it in the system's memory.

        Raises:
            FileNotFoundError: it is not here.
        """
        with self.path(cipher).open("rb", buffering=0) as file:
            at = 0
            while piece := file.read(PIECE):
                yield piece
                at += len(piece)
                os.posix_fadvise(file.fileno(), 0, at, os.POSIX_FADV_DONTNEED)

    def promise(self, size: int) -> None:
        """Count bytes that files under way still need; negative gives them back."""
        self._promised += size


class Part:
    """A file that is being written, at its end only. Not for two threads at once."""

    def __init__(self, store: FileStore, path: Path, size: int) -> None:
        self._store, self._path, self._size = store, path, size
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)
        except OSError as error:
            raise _said(error) from error
        self.length = os.fstat(self._handle).st_size
        """Bytes written so far; after a start those that the disk still has."""
        self._flushed = self.length
        self._flushing: Future[None] | None = None
        self._held = max(0, size - self.length)
        store.promise(self._held)

    def write(self, data: bytes | memoryview) -> None:
        """Write at the end.

        Raises:
            NoRoom: the disk is full; the part is as long as before.
            StoreError: the disk failed; the part is as long as before, or is cut when it is opened again.
        """
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._handle, view) :]
        except OSError as error:
            os.ftruncate(self._handle, self.length)
            raise _said(error) from error
        self._grown(len(data))
        if self.length - self._flushed >= _FLUSH_EVERY:
            self._flush_behind()

    def flush(self) -> None:
        """Make what was written survive a crash of the machine.

        Raises:
            StoreError: the disk failed; what was not flushed before may be lost.
        """
        try:
            self._wait()
            os.fdatasync(self._handle)
        except OSError as error:
            raise _said(error) from error
        self._flushed = self.length

    def _flush_behind(self) -> None:
        """Have what was written so far flushed while more is written; one such flush at a time."""
        try:
            self._wait()
        except OSError as error:
            raise _said(error) from error
        self._flushed = self.length
        self._flushing = self._store.flusher.submit(os.fdatasync, self._handle)

    def _wait(self) -> None:
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.result()

    def cut(self, length: int) -> None:
        """Forget everything from `length` on."""
        os.ftruncate(self._handle, length)
        self._grown(length - self.length)
        self._flushed = min(self._flushed, length)

    def read(self, at: int, size: int) -> bytes:
        """Return what was written, from `at` on."""
        return os.pread(self._handle, size, at)

    def publish(self, cipher: Digest) -> None:
        """Put the file at its address; when this returns it survives a crash.

        Raises:
            StoreError: the disk failed; the part stands and is gone on with.
        """
        try:
            self._wait()
            os.fsync(self._handle)
            self._path.rename(self._store.path(cipher))
            flush_folder(self._path.parent)
        except OSError as error:
            raise _said(error) from error

    def close(self) -> None:
        """Let go of it; what was written stays."""
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                self._wait()
            os.close(self._handle)
            self._handle = -1
            self._store.promise(-self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _grown(self, by: int) -> None:
        self.length += by
        held = max(0, self._size - self.length)
        self._store.promise(held - self._held)
        self._held = held


def _said(error: OSError) -> NoRoom | StoreError:
    if error.errno in _FULL:
        return NoRoom("the disk is full; what was kept stands. Make room, then go on")
    return StoreError(f"the folder of files failed ({error.strerror}); what was kept stands. Look at the disk")
