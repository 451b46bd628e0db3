"""Incoming text shown as what it is: nothing hidden, nothing turned round, nothing that can be clicked by mistake.

Rule kept: every character that a reader cannot see, that reverses text, or that passes for a letter of another script
becomes a visible chip with its code point and name; addresses of machines are defanged. The input is never interpreted
as markup: `segments` gives plain strings and the template escapes them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from comity.marking import indic
from comity.marking.scanning.lookalikes import LATIN_TWIN, UNSEEN

_MOST_MARKS = 3
_SHORT, _KEPT = 400, 8_192
_HIDDEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
_TOKEN = re.compile(r"\S+")

_IPV4 = re.compile(r"(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w]|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:])(?=[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]{1,4}:){7})[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"
)
_SCHEME = re.compile(r"\b(ht|f)(tps?)://", re.IGNORECASE)
_LABEL = r"""[^\s.\u3002\uff0e\uff61,;:/?#@&=+*()<>\[\]{}"'|\\\u00b7]"""
_DOT = r"[.\u3002\uff0e\uff61]"
_NAME = re.compile(
    rf"(?<![\w.\-])((?:{_LABEL}{{1,63}}{_DOT})+)(xn--[a-z0-9\-]{{2,59}}|(?!\d){_LABEL}{{2,24}})(?![\w\-])"
)
_ANY_DOT = re.compile(_DOT)
_MAIL = re.compile(r"(?<=[\w.+\-])@(?=[\w\-]+(?:\.|\[\.\]))")


def _usual(*kinds: str) -> str:
    """List the characters of ordinary text that show themselves and imitate nothing; of some categories only, if named."""
    blocks = ((0xA0, 0x250), (0x900, 0xE00), (0x2010, 0x2060), (0x20A0, 0x20C0), (0x2100, 0x2150), (0x2190, 0x2200))
    found = (chr(code) for first, end in blocks for code in range(first, end))
    shows = (c for c in found if unicodedata.category(c) not in _HIDDEN and c not in UNSEEN and c not in LATIN_TWIN)
    return re.escape("".join(c for c in shows if not kinds or unicodedata.category(c) in kinds))


_PLAIN = re.compile(f"[\n\x20-\x7e{_usual()}]+")
_HEAP = re.compile(f"[{_usual('Mn')}]{{{_MOST_MARKS + 1}}}")


@dataclass(frozen=True, slots=True)
class Segment:
    """One run of text: plain if `chip` is None, else `text` is shown inside a chip that says `chip`."""

    text: str
    chip: str | None


def defang(text: str) -> str:
    """Write addresses of machines, web links and mail addresses so that no program takes them for a link.

    Dots become `[.]`, the first colon of an IPv6 address `[:]`, `http` becomes `hxxp`, `@` becomes `[@]`.
    """
    text = _SCHEME.sub(lambda m: f"{m[1][0]}xx{m[2][1:]}://" if m[1].lower() == "ht" else f"fx{m[2][1:]}://", text)
    text = _IPV4.sub(r"\1[.]\2[.]\3[.]\4", text)
    text = _IPV6.sub(lambda m: m[0].replace(":", "[:]", 1), text)
    text = _MAIL.sub("[@]", text)
    return _NAME.sub(lambda m: _ANY_DOT.sub("[.]", m[1]) + m[2], text)


def segments(text: str, *, harmless: bool = False) -> tuple[Segment, ...]:
    """Cut text into plain runs and chips; defanged unless it is known to be `harmless`.

    A line feed stays a line feed. Zero-width joiners stay inside words of the Indic scripts, and are chips elsewhere.
    """
    return _short_segments(text, harmless) if len(text) <= _SHORT else _segments(text, harmless)


def _segments(text: str, harmless: bool) -> tuple[Segment, ...]:  # noqa: FBT001  one caller, above
    clean = text if harmless else defang(text)
    if clean.isascii() and clean.replace("\n", " ").isprintable():
        return (Segment(clean, None),) if clean else ()  # nothing in it can hide or pass for another
    if _PLAIN.fullmatch(clean) and not _HEAP.search(clean) and not indic.strange(clean):
        return (Segment(clean, None),)
    return _cut(clean)


_short_segments = lru_cache(_KEPT)(_segments)  # names, labels and titles come again, on one page and on the next


def _cut(clean: str) -> tuple[Segment, ...]:
    """Look at each character; `segments` spares itself this where it could find nothing."""
    strange = _strange_letters(clean) | indic.strange(clean)
    out: list[Segment] = []
    plain = ""
    marks = 0
    for at, char in enumerate(clean):
        marks = marks + 1 if unicodedata.category(char) == "Mn" else 0
        joiner = char in indic.JOINERS and indic.joins(clean, at)
        word = None if joiner else _chip_for(char, at in strange, marks)
        if word is None:
            plain += char
            continue
        if plain:
            out.append(Segment(plain, None))
            plain = ""
        out.append(Segment(char if at in strange else "", word))
    return (*out, Segment(plain, None)) if plain else tuple(out)


def spoken(text: str) -> str:
    """Give the text with its chips written out in brackets, for titles and announcements, where no markup can stand."""
    return "".join(s.text if s.chip is None else f"[{s.chip}]" for s in segments(text))


def _chip_for(char: str, strange: bool, marks: int) -> str | None:  # noqa: FBT001  one caller, above
    if char == "\n":
        return None
    if strange:
        return f"{_code(char)} {_called(char)}"
    hidden = unicodedata.category(char) in _HIDDEN or char in UNSEEN
    return f"{_code(char)} {_called(char)}" if hidden or marks > _MOST_MARKS else None


def _code(char: str) -> str:
    return f"U+{ord(char):04X}"


def _called(char: str) -> str:
    return unicodedata.name(char, "control").lower()


def _script(char: str) -> str:
    """The script of a letter as the first word of its name: enough to tell Latin from what imitates it."""
    return unicodedata.name(char, "").split(" ", 1)[0] if char.isalpha() else ""


def _strange_letters(text: str) -> frozenset[int]:
    """Positions of letters that pass for Latin ones.

    In a word that has real Latin letters, every letter of an imitating script is strange; Greek only where it touches a
    Latin letter, so that a chemist's alpha before a hyphen stays itself. A word made of nothing but twins is strange if
    the rest of the text is Latin.
    """
    found: set[int] = set()
    words = [(m.start(), m[0]) for m in _TOKEN.finditer(text)]
    latin_text = any(_script(c) == "LATIN" for c in text)
    honest = {_script(c) for _, w in words for c in w if c.isalpha() and c not in LATIN_TWIN}
    for start, word in words:
        scripts = [_script(c) for c in word]
        letters = [c for c in word if c.isalpha()]
        mixed = "LATIN" in scripts
        twins = bool(letters) and all(c in LATIN_TWIN for c in letters) and not honest & (set(scripts) - {"", "LATIN"})
        for at, char in enumerate(word):
            if (mixed and _imitates(word, scripts, at)) or (twins and latin_text and char in LATIN_TWIN):
                found.add(start + at)
    return frozenset(found)


def _imitates(word: str, scripts: list[str], at: int) -> bool:
    script = scripts[at]
    if script in {"CYRILLIC", "ARMENIAN", "CHEROKEE", "LISU", "COPTIC", "FULLWIDTH", "MATHEMATICAL"}:
        return True
    if script == "GREEK" and word[at] in LATIN_TWIN:
        return "LATIN" in scripts[max(at - 1, 0) : at] + scripts[at + 1 : at + 2]
    return word[at] in LATIN_TWIN and script not in {"GREEK", "LATIN"}
