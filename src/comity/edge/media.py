"""Sets of files on media: written whole or not at all, read with every byte checked, whatever the media is.

The rule it keeps: a set comes into being by one rename, after all its bytes were flushed; what is read from media is data
from a stranger until what is in it has proven otherwise. Nothing on media is run, followed or believed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from comity.base.errors import BadEnvelope, BadMedia
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms, NodeName
from comity.dispatch.exchange_codec import MAX_EXCHANGE
from comity.edge.files import flush_folder
from comity.node.mediaset import MAX_LIST, MediaFile, MediaSet, Part, decode_set, encode_set

FOLDER = "COMITY"
LIST = "set.cbor"
COMING = "coming-"
_AT_ONCE = 1 << 20
ROOM_LEFT = 1 << 20
"""Bytes that stay free on the media, for the list and what its file system needs."""


class NoRoom(Exception):
    """The media has no room for another file of the set."""


def folder_of(sender: NodeName) -> str:
    """Return the name of a sender's folder on media: 16 hex digits, which every file system takes."""
    return sha256(sender.encode()).hex()[:16]


class SetWriter:
    """Writes one set; leave it by `finish`, or by `abandon`, after which nothing of it is on the media.

    Args:
        media: where the media is mounted.
        sender: whose set.
        set_id: 16 random bytes.

    Raises:
        BadMedia: it is no folder, or cannot be written.
    """

    def __init__(self, media: Path, sender: NodeName, set_id: bytes) -> None:
        if not media.is_dir():
            raise BadMedia(f"{media} is no folder; nothing was written. Name the folder where the media is mounted")
        self._media = media
        self._home = media / FOLDER / folder_of(sender)
        self._set_id = set_id
        self._coming = self._home / f"{COMING}{set_id.hex()}"
        self._files: list[MediaFile] = []
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            for left in self._home.glob(f"{COMING}*"):
                shutil.rmtree(left)
            self._coming.mkdir()
        except OSError as error:
            raise _unwritten(media, error) from error

    @property
    def files(self) -> int:
        """How many files were written."""
        return len(self._files)

    @property
    def size_bytes(self) -> int:
        """Bytes written."""
        return sum(one.size for one in self._files)

    def put(self, name: str, part: Part, content: bytes, about: str = "") -> None:
        """Write one file and flush it.

        Raises:
            NoRoom: it does not fit; the files before it are whole.
            BadMedia: the media did not take it.
        """
        try:
            if shutil.disk_usage(self._home).free < len(content) + ROOM_LEFT:
                raise NoRoom
            _write(self._coming / name, content)
        except OSError as error:
            raise _unwritten(self._media, error) from error
        self._files.append(MediaFile.of(name, part, about, content))

    def room(self) -> int:
        """Return how many bytes another file may have.

        Raises:
            BadMedia: the media failed.
        """
        try:
            return max(0, shutil.disk_usage(self._home).free - ROOM_LEFT)
        except OSError as error:
            raise _unwritten(self._media, error) from error

    def stream(self, name: str, part: Part, about: str, source: BinaryIO, size: int) -> None:
        """Write one file of exactly `size` bytes out of another, and flush it.

        Raises:
            BadMedia: the media did not take it, or the source ended before.
        """
        digest, left = hashlib.sha256(), size
        try:
            with (self._coming / name).open("xb", buffering=0) as file:
                while left and (piece := source.read(min(_AT_ONCE, left))):
                    file.write(piece)
                    digest.update(piece)
                    left -= len(piece)
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritten(self._media, error) from error
        if left:
            raise BadMedia(f"a file became shorter while it was written to {self._media}; this set does not count")
        self._files.append(MediaFile(name, part, about, size, Digest(digest.digest())))

    def finish(self, receiver: NodeName, sender: NodeName, written: Ms) -> MediaSet:
        """Make the set whole by one rename, then take the sender's older sets away; return what it holds.

        Raises:
            BadMedia: the media did not take it; the older sets stand.
        """
        made = MediaSet(sender, receiver, self._set_id, written, tuple(self._files))
        try:
            _write(self._coming / LIST, encode_set(made))
            flush_folder(self._coming)
            older = [one for one in self._home.iterdir() if one != self._coming]
            self._coming.rename(self._home / self._set_id.hex())
            flush_folder(self._home)
            for one in older:
                shutil.rmtree(one)
            flush_folder(self._home.parent)
        except OSError as error:
            raise _unwritten(self._media, error) from error
        return made

    def abandon(self) -> None:
        """Take away what was written of a set that is not to be."""
        shutil.rmtree(self._coming, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _unwritten(media: Path, error: OSError) -> BadMedia:
    return BadMedia(
        f"{media} could not be written ({error.strerror}); this set does not count and nothing was lost. "
        "Write it again, on other media if need be"
    )


@dataclass(frozen=True, slots=True)
class FoundSet:
    """A set on media, with where its files are."""

    listed: MediaSet
    folder: Path


@dataclass(frozen=True, slots=True)
class Found:
    """What is on media: whole sets, and how many were cut off while they were written."""

    sets: tuple[FoundSet, ...]
    cut: int


def find_sets(media: Path) -> Found:
    """Look for sets on media.

    Raises:
        BadMedia: there is nothing of Comity on it, or it cannot be read.
    """
    home = media / FOLDER
    if not home.is_dir():
        raise BadMedia(f"{media} holds no folder {FOLDER}; nothing was read. Is it the right media, and is it mounted?")
    sets: list[FoundSet] = []
    cut = 0
    try:
        for folder in _folders(home):
            listed = _listed(folder)
            if listed is None:
                cut += 1
            else:
                sets.append(FoundSet(listed, folder))
    except OSError as error:
        raise BadMedia(f"{media} could not be read ({error.strerror}); nothing was read. Try it once more") from error
    return Found(tuple(sorted(sets, key=lambda one: one.listed.written)), cut)


def _folders(home: Path) -> Iterator[Path]:
    for sender in sorted(home.iterdir()):
        if sender.is_dir() and not sender.is_symlink():
            yield from (one for one in sorted(sender.iterdir()) if one.is_dir() and not one.is_symlink())


def _listed(folder: Path) -> MediaSet | None:
    if folder.name.startswith(COMING):
        return None
    try:
        return decode_set(_read(folder / LIST, MAX_LIST))
    except (FileNotFoundError, BadEnvelope, BadMedia):
        return None


def read_file(found: FoundSet, file: MediaFile) -> bytes | None:
    """Return the bytes of a file if they are those that were written; None if it is cut, changed or missing."""
    try:
        content = _read(found.folder / file.name, MAX_EXCHANGE)
    except (OSError, BadMedia):
        return None
    return content if file.is_whole(content) else None


def open_file(found: FoundSet, file: MediaFile) -> int:
    """Open a file of a set to be read in pieces; the caller closes it. What is in it is not compared with the list.

    Raises:
        OSError: it cannot be read, or is no plain file.
    """
    return _open(found.folder / file.name)


def _open(path: Path) -> int:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is no plain file", str(path))
    return handle


def _read(path: Path, most: int) -> bytes:
    with os.fdopen(_open(path), "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadMedia(f"{path} is larger than such a file can be; nothing was read")
    return content
