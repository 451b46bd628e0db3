"""What a file is, by its content: whether that is what it says, and whether anything in it runs.

The rule it keeps: the sender's word for a type is never believed; what is not known to be quiet is told apart. The bytes are
only compared with signatures, nothing of the file is parsed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import puremagic

from comity.dispatch.attached import FileState

HEAD: Final = 64 << 10
"""Bytes of the beginning, and of the end, that are looked at."""
UNKNOWN: Final = "application/octet-stream"
_TEXT: Final = "text/plain"
_TEXTS: Final = frozenset(
    {
        "text/plain",
        "text/csv",
        "text/markdown",
        "text/tab-separated-values",
        "application/json",
        "text/calendar",
        "text/vcard",
    }
)
"""Types that are told by being text and nothing else; none of them runs anywhere."""
_ZIPS: Final = "application/zip"
_OFFICE: Final = {
    b"word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    b"mimetypeapplication/vnd.oasis.opendocument.text": "application/vnd.oasis.opendocument.text",
    b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet": "application/vnd.oasis.opendocument.spreadsheet",
}
"""A name within a zip archive, and the type that it makes it."""
_RUNS_FIRST: Final = (
    b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"#!", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"L\x00\x00\x00\x01\x14\x02\x00", b"dex\n", b"\x00asm", b"{\\rtf", b"<?php", b"ITSF",
)  # fmt: skip
"""How programs, scripts, shortcuts, and documents of a form that may hold programs begin."""
_RUNS_INSIDE: Final = (b"<script", b"<html", b"<!doctype html", b"<svg", b"<?xml-stylesheet", b"<hta:")
"""What makes a quiet type run, in small letters, looked for at both ends of it."""
_PDF_RUNS: Final = (b"/javascript", b"/js ", b"/js(", b"/js<", b"/launch", b"/embeddedfile", b"/richmedia")
ZIP_RUNS: Final = (
    b"vbaProject.bin",
    b"activeX/",
    b"oleObject",
    b"META-INF/MANIFEST.MF",
    b"classes.dex",
    b"Basic/Standard/",
)
"""Names within a zip archive that hold programs; looked for in the whole file."""
_STARTS: Final = {
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": _ZIPS,
    b"GIF8": "image/gif",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
"""Signatures that must not stand in a file of another type but at its place."""

logging.getLogger("puremagic").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a plain file, each at most `HEAD` bytes; the same bytes twice where it is short."""

    head: bytes
    tail: bytes


def found_type(ends: Ends, *, names: frozenset[bytes] = frozenset()) -> str:
    """Return the type of a file by its content, `application/octet-stream` if it has no signature that is known.

    Args:
        ends: of the plain file.
        names: of `OFFICE_NAMES`, those that stand in it.
    """
    if not ends.head:
        return _TEXT
    for start, kind in _STARTS.items():
        if ends.head.startswith(start):
            return next((office for name, office in _OFFICE.items() if name in names), kind)
    best = _by_signature(ends)
    if best:
        return best
    return _TEXT if _is_text(ends.head) and _is_text(ends.tail, cut=True) else UNKNOWN


OFFICE_NAMES: Final = tuple(_OFFICE)


def agrees(declared: str, found: str) -> bool:
    """Say whether a file is what it says: the very type, or for text one of the types that are only text."""
    kind = declared.partition(";")[0].strip().lower()
    return kind == found or (found == _TEXT and kind in _TEXTS)


def runs(ends: Ends, found: str) -> bool:
    """Say whether something in a file runs when it is opened, or whether it is two files in one."""
    if ends.head.startswith(_RUNS_FIRST):
        return True
    if found in _TEXTS:
        return False
    low = ends.head.lower() + b"\0" + ends.tail.lower()
    if any(sign in low for sign in (*_RUNS_INSIDE, *(_PDF_RUNS if found == "application/pdf" else ()))):
        return True
    # Two in one: the directory of a zip at the end of something else, or the head of a PDF behind another beginning.
    zipped = ends.head.startswith(b"PK\x03\x04")
    return (not zipped and b"PK\x05\x06" in ends.tail) or b"%PDF-" in ends.head[5:1029]


def look(ends: Ends, declared: str, *, names: frozenset[bytes] = frozenset()) -> tuple[FileState, str]:
    """Say what a file is and whether it may pass to the scan: `CLEAN`, `OTHER_TYPE` or `ACTIVE`, and the type found."""
    found = found_type(ends, names=names)
    if runs(ends, found) or (ends.head.startswith(b"PK\x03\x04") and names & frozenset(ZIP_RUNS)):
        return FileState.ACTIVE, found
    return (FileState.CLEAN if agrees(declared, found) else FileState.OTHER_TYPE), found


def _by_signature(ends: Ends) -> str:
    try:
        matches = puremagic.magic_string(ends.head)
    except (puremagic.PureError, ValueError):
        return ""
    return next((one.mime_type for one in matches if one.mime_type and one.confidence >= 0.3), "")  # noqa: PLR2004  three bytes of signature


def _is_text(data: bytes, *, cut: bool = False) -> bool:
    """Say whether bytes are UTF-8 without control characters; a cut end may end, or with `cut` begin, inside one."""
    whole = len(data) < HEAD
    begin = 0
    while cut and not whole and begin < min(3, len(data)) and data[begin] & 0xC0 == 0x80:  # noqa: PLR2004  a continuation byte of UTF-8
        begin += 1
    for short in range(1 if whole else 4):
        try:
            text = data[begin : len(data) - short].decode()
        except UnicodeDecodeError:
            continue
        return all(char.isprintable() or char in "\t\n\r\f" or ord(char) > 0x9F for char in text)  # noqa: PLR2004  control characters end there
    return False
