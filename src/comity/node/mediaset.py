"""The list of a set of files on media, as bytes: from whom, to whom, and what each file is, with its hash.

The rule it keeps: the list proves nothing. What counts in a file is what it says itself, under its author's signatures;
the list tells a whole set from a cut one, and a set for us from one for somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from comity.base import cbor, fields
from comity.base.errors import BadEnvelope, UnknownVersion
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms, NodeName

VERSION: Final = "comity/media/1"
SET_ID_BYTES: Final = 16
MAX_LIST: Final = 1 << 20
MAX_FILES: Final = 4_096
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}\.[a-z]{1,10}", re.ASCII)
_ABOUT_FILE = re.compile(r"[0-9a-f]{64}/[0-9]{1,15}", re.ASCII)
MAX_HELD: Final = 4_096
_PARTS, _FILE_PARTS = 6, 5
_LONGEST = 200


class Part(StrEnum):
    """What a file of a set is: a body of section 5 as it would go over the wire."""

    EXCHANGE = "exchange"
    RECOVER = "recover"
    RECOVERED = "recovered"
    PROBLEM = "problem"
    BUNDLE = "bundle"
    FILE = "file"
    """A piece of a sealed file."""
    HELD = "held"
    """What the sender of the set has of the receiver's files that are not whole."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One file.

    Attributes:
        name: in the set's folder; letters, digits and hyphens, one dot.
        part: what it is.
        about: of a bundle `ORIGIN HASH/PATH`, of a problem its HTTP status, of a piece of a file `ADDRESS/FIRST BYTE`; else empty.
        size: its bytes.
        digest: their SHA-256.
    """

    name: str
    part: Part
    about: str
    size: int
    digest: Digest

    @staticmethod
    def of(name: str, part: Part, about: str, content: bytes) -> MediaFile:
        """Return what the list says of a file with this content."""
        return MediaFile(name, part, about, len(content), Digest(sha256(content)))

    def is_whole(self, content: bytes) -> bool:
        """Say whether these are the bytes that were written."""
        return len(content) == self.size and sha256(content) == self.digest


@dataclass(frozen=True, slots=True)
class MediaSet:
    """What was written at once, by one node for its peer.

    Attributes:
        sender, receiver: names in the accord.
        set_id: 16 random bytes.
        written: by the sender's clock; only shown.
        files: in the order in which they are read.
    """

    sender: NodeName
    receiver: NodeName
    set_id: bytes
    written: Ms
    files: tuple[MediaFile, ...]


def encode_set(made: MediaSet) -> bytes:
    """Return the bytes of a list."""
    files = [[one.name, one.part.value, one.about, one.size, one.digest] for one in made.files]
    return cbor.encode([VERSION, made.sender, made.receiver, made.set_id, made.written, files])


def decode_set(data: bytes) -> MediaSet:
    """Read the bytes of a list.

    Raises:
        BadEnvelope: they are none, or name a file that no set has.
    """
    value = cbor.decode(data, limit=MAX_LIST)
    if not isinstance(value, list) or not value or value[0] != VERSION:
        raise UnknownVersion("a list of files on media in a form that this program does not read")
    if len(value) != _PARTS:
        raise BadEnvelope("a list of files on media has six parts")
    _, sender, receiver, set_id, written, files = value
    if not (isinstance(set_id, bytes) and len(set_id) == SET_ID_BYTES):
        raise BadEnvelope("a list of files on media has an id of 16 bytes and a time")
    if not isinstance(files, list) or len(files) > MAX_FILES:
        raise BadEnvelope(f"a list of files on media names at most {MAX_FILES} files")
    read = tuple(_file(one) for one in files)
    if len({one.name for one in read}) != len(read):
        raise BadEnvelope("a list of files on media names each file once")
    return MediaSet(NodeName(_text(sender)), NodeName(_text(receiver)), set_id, Ms(fields.uint(written, "time")), read)


def _file(value: cbor.Value) -> MediaFile:
    if not isinstance(value, list) or len(value) != _FILE_PARTS:
        raise BadEnvelope("a file of a list on media has five parts")
    name, part, about, size, digest = value
    if not (isinstance(name, str) and _NAME.fullmatch(name)) or part not in list(Part):
        raise BadEnvelope("a list on media names a file that no set has")
    if part == Part.FILE and not _ABOUT_FILE.fullmatch(_text(about)):
        raise BadEnvelope("a list on media names a piece of a file by its address and first byte")
    return MediaFile(name, Part(str(part)), _text(about), fields.uint(size, "size"), fields.digest(digest, "hash"))


def _text(value: cbor.Value) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise BadEnvelope("a list on media has names as short texts")
    return value


def file_of_media(file: MediaFile) -> tuple[Digest, int]:
    """Return the address of the file that a piece is of, and where in it the piece begins."""
    cipher, _, start = file.about.partition("/")
    return Digest(bytes.fromhex(cipher)), int(start)


def encode_held(held: Sequence[tuple[Digest, int]]) -> bytes:
    """Return the bytes of a `held`: addresses of files, and how many bytes of each are there."""
    return cbor.encode([[cipher, have] for cipher, have in held[:MAX_HELD]])


def decode_held(data: bytes) -> dict[Digest, int]:
    """Read a `held`.

    Raises:
        BadEnvelope: it is none.
    """
    value = cbor.decode(data, limit=MAX_LIST)
    if not isinstance(value, list) or len(value) > MAX_HELD:
        raise BadEnvelope(f"what is held of files names at most {MAX_HELD}")
    held: dict[Digest, int] = {}
    for one in value:
        if not isinstance(one, list) or len(one) != 2:  # noqa: PLR2004  a pair
            raise BadEnvelope("what is held of a file is its address and a number of bytes")
        cipher = fields.sized(one[0], len(sha256(b"")), "an address of a file")
        held[Digest(cipher)] = fields.uint(one[1], "bytes held of a file")
    return held
