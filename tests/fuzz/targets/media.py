"""The list of a set on media, and media made by a stranger: links, pipes and folders where files are named."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadMedia
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.edge.media import FOLDER, LIST, Found, find_sets, read_file
from comity.node.mediaset import MediaFile, MediaSet, Part, decode_set, encode_set
from tests.fuzz.guard import own_hands
from tests.fuzz.targets.saying import one_form
from tests.unit.node.world import A, B

CONTENT = b"what was written"
SECRET = b"a file outside of the media"
NAMES = ("file.cbor", "link.cbor", "pipe.cbor", "folder.cbor", "none.cbor", "other.cbor")
WORDS = (
    b"comity/media/1",
    *(name.encode() for name in NAMES),
    b"../secret",
    *(part.value.encode() for part in Part),
    sha256(CONTENT),
    sha256(SECRET),
)


@cache
def media() -> Path:
    """Make media whose one set has a file, a link out of it, a pipe and a folder; its list is written anew each time."""
    with own_hands():
        folder = Path(tempfile.mkdtemp(prefix="comity-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        (folder / "secret").write_bytes(SECRET)
        inside = folder / "media" / FOLDER / "sender" / "set"
        inside.mkdir(parents=True)
        (inside / NAMES[0]).write_bytes(CONTENT)
        (inside / NAMES[1]).symlink_to(folder / "secret")
        os.mkfifo(inside / NAMES[2])
        (inside / NAMES[3]).mkdir()
        (inside / NAMES[5]).write_bytes(b"other")
        (inside.parent / "linked").symlink_to(inside)
    return folder / "media"


def once(data: bytes) -> None:
    listed = one_form(decode_set, encode_set, data, declared=BadEnvelope)
    if listed is not None:
        assert {type(number) for number in (listed.written, *(file.size for file in listed.files))} == {int}
    home = media()
    place = home / FOLDER / "sender" / "set" / LIST
    with own_hands():
        place.write_bytes(data)
    found = find_sets(home)
    assert isinstance(found, Found)
    assert len(found.sets) + found.cut == 1, "a link is no set"
    assert (listed is not None) == bool(found.sets)
    for one in found.sets:
        for file in one.listed.files[:16]:
            content = read_file(one, file)
            assert content is None or (file.name == NAMES[0] and content == CONTENT) or content == b"other"
    try:
        find_sets(place.parent)
    except BadMedia:
        return
    raise AssertionError("a folder without our own folder in it is no media")


def seeds():
    def row(*files):
        return MediaSet(B, A, bytes(range(16)), Ms(1_783_900_800_000), files)

    yield "empty", encode_set(row())
    yield "one", encode_set(row(MediaFile.of(NAMES[0], Part.EXCHANGE, "", CONTENT)))
    kinds = [part for part in Part if part is not Part.FILE]
    every = [MediaFile.of(name, part, "x", CONTENT) for name, part in zip(NAMES, kinds, strict=True)]
    yield "every", encode_set(row(*every))
    yield (
        "pieces",
        encode_set(row(*(MediaFile.of(name, Part.FILE, "ab" * 32 + f"/{n}", CONTENT) for n, name in enumerate(NAMES)))),
    )
    yield "secret", encode_set(row(*[MediaFile.of(name, Part.BUNDLE, "x", SECRET) for name in NAMES]))
    yield "path", encode_set(row(MediaFile("../secret", Part.BUNDLE, "", 9, Digest(bytes(32)))))
    yield "twice", encode_set(row(every[0], every[0]))
    yield "flags", cbor.encode(["comity/media/1", B, A, bytes(16), True, [[NAMES[0], "exchange", "", True, bytes(32)]]])
    yield "version", cbor.encode(["comity/media/2"])
