"""Letters of other scripts that a reader takes for a Latin letter: data, one line a script, kept apart from the code.

The pairs are those that the usual screen fonts draw alike. Code points, not glyphs, so that this file can be read aloud.
"""

from __future__ import annotations

_CYRILLIC = {
    0x0430: "a", 0x0435: "e", 0x043E: "o", 0x0440: "p", 0x0441: "c", 0x0443: "y", 0x0445: "x", 0x0456: "i",
    0x0458: "j", 0x0455: "s", 0x04BB: "h", 0x0501: "d", 0x051B: "q", 0x051D: "w", 0x04CF: "l", 0x0475: "v",
    0x0410: "A", 0x0412: "B", 0x0415: "E", 0x041A: "K", 0x041C: "M", 0x041D: "H", 0x041E: "O", 0x0420: "P",
    0x0421: "C", 0x0422: "T", 0x0425: "X", 0x0406: "I", 0x0408: "J", 0x0405: "S", 0x04AE: "Y", 0x04C0: "I",
}  # fmt: skip
_GREEK = {
    0x03B1: "a", 0x03B9: "i", 0x03BA: "k", 0x03BD: "v", 0x03BF: "o", 0x03C1: "p", 0x03C5: "u", 0x03C7: "x",
    0x03B3: "y", 0x03F2: "c", 0x03F3: "j", 0x0391: "A", 0x0392: "B", 0x0395: "E", 0x0396: "Z", 0x0397: "H",
    0x0399: "I", 0x039A: "K", 0x039C: "M", 0x039D: "N", 0x039F: "O", 0x03A1: "P", 0x03A4: "T", 0x03A5: "Y",
    0x03A7: "X",
}  # fmt: skip
_ARMENIAN = {0x0570: "h", 0x0578: "n", 0x057D: "u", 0x0585: "o", 0x0581: "g", 0x0566: "q", 0x054D: "U", 0x0555: "O"}
_OTHER = {0x0131: "i", 0x0251: "a", 0x0261: "g", 0x1D0F: "o", 0x2170: "i", 0x217C: "l", 0x217D: "c", 0x217E: "d"}

LATIN_TWIN: dict[str, str] = {chr(code): twin for code, twin in (_CYRILLIC | _GREEK | _ARMENIAN | _OTHER).items()}
"""Letter -> the Latin letter that it is taken for."""

UNSEEN: frozenset[str] = frozenset(
    chr(code) for code in (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10))
)
"""Characters that show nothing although their Unicode category says letter, mark or symbol."""
