"""What a file is by its content, and what runs; the bytes are the published signatures of each form."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO

import pytest

from comity.dispatch.attached import FileState
from comity.edge.filetype import OFFICE_NAMES, ZIP_RUNS, Ends, agrees, found_type, look, runs

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(80)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zipped(*names: str) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "content")
    return made.getvalue()


def seen(data: bytes, declared: str) -> tuple[FileState, str]:
    names = frozenset(one for one in (*OFFICE_NAMES, *ZIP_RUNS) if one in data)
    return look(Ends(data[: 64 << 10], data[-(64 << 10) :]), declared, names=names)


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF89a" + bytes(30), "image/gif"),
        (zipped("a.txt"), "application/zip"),
        (zipped("[Content_Types].xml", "word/document.xml"), WORD),
        (b"what was seen, \xe0\xa4\xb9\n", "text/plain; charset=utf-8"),
        (b"a;b\n1;2\n", "text/csv"),
        (b"", "text/plain"),
        (b"\x01\x02\x03\x04" * 40, "application/octet-stream"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_what_it_says(data, declared):
    assert seen(data, declared)[0] is FileState.CLEAN


@pytest.mark.parametrize(
    ("data", "declared", "found"),
    [
        (PNG, "application/pdf", "image/png"),
        (PDF, "image/png", "application/pdf"),
        (PDF, "text/plain", "application/pdf"),
        (b"only text\n", "application/pdf", "text/plain"),
        (b"\x00\x01\x02" * 40, "text/plain", "application/octet-stream"),
        (zipped("word/document.xml"), "application/zip", WORD),
        (PDF, "application/octet-stream", "application/pdf"),
    ],
)
def test_what_is_something_else_than_it_says(data, declared, found):
    assert seen(data, declared) == (FileState.OTHER_TYPE, found)


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (b"MZ" + bytes(200), "application/octet-stream"),
        (b"\x7fELF" + bytes(200), "application/octet-stream"),
        (b"#!/bin/sh\necho\n", "text/plain"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/msword"),
        (b"{\\rtf1 x}", "application/rtf"),
        (b"<html><body>x</body></html>", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "image/svg+xml"),
        (PDF.replace(b"/Type", b"/S /JavaScript /Type"), "application/pdf"),
        (PDF.replace(b"/Type", b"/Launch /Type"), "application/pdf"),
        (JPEG + b"<script>x</script>", "image/jpeg"),
        (JPEG + zipped("a.txt"), "image/jpeg"),
        (b"GIF89a" + bytes(20) + PDF, "image/gif"),
        (zipped("word/document.xml", "word/vbaProject.bin"), WORD),
        (zipped("META-INF/MANIFEST.MF", "A.class"), "application/zip"),
    ],
    ids=[
        "program", "elf", "script", "old office", "rtf", "html", "svg", "script in pdf", "launch in pdf", "script behind a picture",
        "archive behind a picture", "pdf behind a picture", "macro", "java archive",
    ],
)  # fmt: skip
def test_what_runs_is_never_clean_whatever_it_says(data, declared):
    assert seen(data, declared)[0] is FileState.ACTIVE


def test_text_that_speaks_of_scripts_is_text():
    data = b"he wrote <script> on the wall, /JS (1)\n"
    assert (agrees("text/plain", "text/plain"), runs(Ends(data, data), "text/plain")) == (True, False)
    long = "é".encode() * (1 << 15)
    assert len(long) == 64 << 10
    assert found_type(Ends(b"x" + long[:-1], long[1:] + b"x")) == "text/plain", "a cut end may be inside a character"
    assert found_type(Ends(b"x\x80y", b"x\x80y")) == "application/octet-stream"
