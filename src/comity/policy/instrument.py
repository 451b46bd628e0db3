"""The bytes of a law edition: a published part that the peer gets, and a private supplement that it knows by its hash.

The rule it keeps: both sides compute the same hash of the same edition, and only one of them can read all of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from comity.base import cbor
from comity.base.errors import BadConfiguration, BadEnvelope
from comity.base.hashing import sha256
from comity.base.ids import Digest

INSTRUMENT = "law"
"""Kind of instrument under which a law key signs an edition."""
VERSION = "comity/edition/1"
PRIVATE = "private/"
"""Files of an edition below this path are its private supplement."""
_HASH = 32


def published_part(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that the peer gets."""
    return {path: data for path, data in files.items() if not path.startswith(PRIVATE)}


def private_part(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the private supplement; none in an edition without one."""
    return {path: data for path, data in files.items() if path.startswith(PRIVATE)}


def folder_bytes(files: Mapping[str, bytes]) -> bytes:
    """Return the canonical bytes of some files: a CBOR map of path to content."""
    return cbor.encode(dict(files))


def read_folder_bytes(data: bytes) -> dict[str, bytes]:
    """Return the files whose canonical bytes these are.

    Raises:
        BadConfiguration: not such bytes.
    """
    value = _decode(data)
    files: dict[str, bytes] = {}
    for path, content in value.items() if isinstance(value, Mapping) else [(0, b"")]:
        if not isinstance(path, str) or not isinstance(content, bytes):
            raise BadConfiguration("these bytes are no law edition; nothing was loaded")
        files[path] = content
    return files


def edition_hash(published: bytes, private: Digest) -> Digest:
    """Return the hash of an edition.

    Args:
        published: `folder_bytes` of the published part.
        private: SHA-256 of `folder_bytes` of the private supplement, of no files where there is none.
    """
    return sha256(cbor.encode([VERSION, sha256(published), private]))


def edition_payload(files: Mapping[str, bytes]) -> bytes:
    """Return what the law key signs and the peer gets: the published part and the digest of the supplement."""
    return cbor.encode([VERSION, folder_bytes(published_part(files)), sha256(folder_bytes(private_part(files)))])


def read_payload(payload: bytes) -> tuple[dict[str, bytes], Digest]:
    """Return the published files and the digest of the private supplement.

    Raises:
        BadConfiguration: other bytes, or a private file among the published.
    """
    value = _decode(payload)
    match value:
        case [str(version), bytes(published), bytes(private)] if version == VERSION and len(private) == _HASH:
            files = read_folder_bytes(published)
        case _:
            raise BadConfiguration("these bytes are no law edition; nothing was loaded")
    if private_part(files):
        raise BadConfiguration("a private file stands in the published part; nothing was loaded")
    return files, Digest(private)


def read_supplement(data: bytes | None, digest: Digest) -> dict[str, bytes]:
    """Return the files of the private supplement that belongs to a signed edition.

    Raises:
        BadConfiguration: it is not there, is another one, or holds a file of the published part.
    """
    if data is None or sha256(data) != digest:
        what = "is not there" if data is None else "is not the one that was signed"
        raise BadConfiguration(f"the private supplement of the law edition {what}; nothing was loaded")
    files = read_folder_bytes(data)
    if published_part(files):
        raise BadConfiguration("the private supplement holds a file outside private/; nothing was loaded")
    return files


def _decode(data: bytes) -> cbor.Value:
    try:
        return cbor.decode(data)
    except BadEnvelope as error:
        raise BadConfiguration(f"these bytes are no law edition ({error}); nothing was loaded") from error
