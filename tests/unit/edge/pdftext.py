"""What is drawn on the pages of a PDF, read without any library for PDF: streams unpacked, glyphs turned into characters."""

from __future__ import annotations

import re
import zlib

_TOKEN = re.compile(rb"\\.|[()]", re.DOTALL)
_MORE, _DRAWN = re.compile(rb"[-\d. ]*\("), re.compile(rb"[-\d. ]*\]?\s*T[jJ]")
_LONGEST = 1 << 16
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def inflated(pdf):
    """Return a PDF with each packed stream unpacked behind it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return b"\n".join([pdf, *(_inflate(one) for one in streams)])


def texts_of(streams):
    """Return the drawn texts as each font of the PDF would read them; one of the readings of a text is the right one."""
    maps = [_map(one) for one in re.findall(rb"begincmap.*?endcmap", streams, re.DOTALL)]
    shown = list(_shown(streams))
    return ["".join("".join(known.get(glyph, "\0") for glyph in glyphs) for glyphs in shown) for known in maps]


def _inflate(stream):
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def _map(cmap):
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
        for glyph, text in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", cmap)
    }


def _shown(streams):
    """Yield the glyphs of each text that is drawn: one string, or an array of strings and distances."""
    at, held = streams.find(b"("), []
    while at >= 0:
        end = _end(streams, at)
        held.append(streams[at + 1 : end - 1])
        if _MORE.match(streams, end):
            at = streams.index(b"(", end)
            continue
        if _DRAWN.match(streams, end):
            raw = b"".join(map(_plain, held))
            yield [int.from_bytes(raw[n : n + 2], "big") for n in range(0, len(raw), 2)]
        at, held = streams.find(b"(", end), []


def _end(streams, at):
    """Return the place behind the string that begins here; brackets inside that have their partner stand bare."""
    depth, here = 0, at
    for token in _TOKEN.finditer(streams, at, at + _LONGEST):
        depth += {b"(": 1, b")": -1}.get(token[0], 0)
        here = token.end()
        if not depth:
            return here
    return at + 1


def _plain(string):
    def one(match):
        word = match[1]
        return bytes([int(word, 8)]) if word.isdigit() else _ESCAPES.get(word, word)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, string, flags=re.DOTALL)
