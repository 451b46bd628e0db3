"""The fonts of printed papers: all that is said of them is so, and both Indic scripts are set as they are written."""

from __future__ import annotations

import re
import struct
import tomllib
from pathlib import Path

import pytest
import typst

from comity.edge.casepages import DOCUMENTS
from comity.edge.casepdf import FONTS

COVERAGE = tomllib.loads((DOCUMENTS / "coverage.toml").read_text(encoding="utf-8"))
MOST_BYTES = 1_000_000


def characters(font: Path) -> set[int]:
    """Read the map from characters to glyphs of a font, formats 4 and 12 of the OpenType specification, table cmap."""
    raw = font.read_bytes()
    (tables,) = struct.unpack(">H", raw[4:6])
    records = [struct.unpack(">4sLLL", raw[12 + n * 16 : 28 + n * 16]) for n in range(tables)]
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    (count,) = struct.unpack(">H", raw[start + 2 : start + 4])
    found: set[int] = set()
    for n in range(count):
        (offset,) = struct.unpack(">L", raw[start + 8 + n * 8 : start + 12 + n * 8])
        at = start + offset
        (form,) = struct.unpack(">H", raw[at : at + 2])
        found |= {4: _format_4, 12: _format_12}.get(form, lambda _, __: set())(raw, at)
    return found


def _format_4(raw, at):
    (double,) = struct.unpack(">H", raw[at + 6 : at + 8])
    ends = struct.unpack(f">{double // 2}H", raw[at + 14 : at + 14 + double])
    starts = struct.unpack(f">{double // 2}H", raw[at + 16 + double : at + 16 + 2 * double])
    return {code for first, last in zip(starts, ends, strict=True) for code in range(first, last + 1) if code != 0xFFFF}


def _format_12(raw, at):
    (groups,) = struct.unpack(">L", raw[at + 12 : at + 16])
    spans = [struct.unpack(">LL", raw[at + 16 + n * 12 : at + 24 + n * 12]) for n in range(groups)]
    return {code for first, last in spans for code in range(first, last + 1)}


@pytest.mark.parametrize("family", sorted(COVERAGE))
def test_the_list_of_characters_is_that_of_the_fonts(family):
    listed = {code for first, last in COVERAGE[family] for code in range(first, last + 1)}
    both = [characters(FONTS / f"{family}-{weight}.ttf") for weight in ("Regular", "Bold")]
    assert listed == both[0] & both[1]


def test_the_fonts_are_few_small_and_have_their_licences_beside_them():
    fonts = sorted(FONTS.glob("*.ttf"))
    assert {font.stem.partition("-")[0] for font in fonts} == set(COVERAGE)
    assert sum(font.stat().st_size for font in fonts) < MOST_BYTES
    licences = [path.read_text(encoding="utf-8") for path in FONTS.glob("LICENSE-*.txt")]
    assert len(licences) == len(COVERAGE)
    assert all("SIL OPEN FONT LICENSE" in text for text in licences)


def glyphs(word, language="hi"):
    """Return the shapes of a word from left to right, each by a name that is the same wherever the shape is."""
    text = f'#set page(width: auto, height: auto)\n#set text(font: ("Noto Sans", "Noto Sans Devanagari", "Noto Sans Gurmukhi"), lang: "{language}", dir: ltr)\n{word}'
    compiler = typst.Compiler(input=text.encode(), font_paths=[FONTS], ignore_system_fonts=True)
    drawn = compiler.compile(format="svg").decode()
    uses = re.findall(r'xlink:href="#(g[0-9A-F]+)" x="(-?[\d.]+)"', drawn)
    return [name for name, _ in sorted(uses, key=lambda use: float(use[1]))]


# Order and number of shapes as the Unicode Standard, chapter 12, describes them for both scripts.
def test_a_short_i_stands_before_its_consonant():
    for consonant, sign, language in (("क", "ि", "hi"), ("ਕ", "ਿ", "pa")):
        (alone,) = glyphs(consonant, language)
        both = glyphs(consonant + sign, language)
        assert len(both) == 2
        assert both[1] == alone
        assert both[0] != alone


def test_a_short_i_stands_before_a_whole_cluster():
    """स्थिति: half s, th and its i, t and its i: the first i is drawn before the cluster of s and th."""
    drawn = glyphs("स्थिति")
    assert len(drawn) == 5
    assert drawn[-1] == glyphs("त")[0]
    assert drawn[1] == glyphs("स्थ")[0]


def test_an_r_before_a_consonant_is_a_mark_above_it():
    (alone,) = glyphs("क")
    drawn = glyphs("र्क")
    assert len(drawn) == 2
    assert glyphs("र")[0] not in drawn
    assert alone in drawn


@pytest.mark.parametrize(("word", "count"), [("क्ष", 1), ("त्र", 1), ("ज्ञ", 1), ("श्र", 1), ("क्षेत्र", 3), ("प्रार्थना", 6)])
def test_conjuncts_are_one_shape(word, count):
    assert len(glyphs(word)) == count


def test_a_gurmukhi_r_stands_below_its_consonant():
    drawn = glyphs("ਪ੍ਰ", "pa")
    assert len(drawn) == 2
    assert drawn[0] == glyphs("ਪ", "pa")[0]
    assert drawn[1] != glyphs("ਰ", "pa")[0]


def test_a_gurmukhi_h_stands_below_its_consonant_and_no_virama_is_drawn():
    assert len(glyphs("ਪੜ੍ਹਨ", "pa")) == 4
    assert len(glyphs("ਸਿੰਘ", "pa")) == 4


def test_punjabi_runs_from_left_to_right():
    """The language tag `pa` alone is taken for its Arabic script by the typesetter; the template says otherwise."""
    template = (DOCUMENTS / "case.typ").read_text(encoding="utf-8")
    assert template.count("dir: ltr") == len(re.findall(r"set text\([^)]*lang:", template)) == 2
