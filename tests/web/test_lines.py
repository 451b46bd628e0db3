"""Lines of a body on a page: whose words they are, in which language, and translations beside what they translate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.screen import BodyLine, DispatchCard
from comity.web import assets, letters
from comity.web.pages import Part
from comity.web.render import Renderer
from comity.web.screens import keys
from comity.web.texts import LANGUAGES, Texts
from tests.web.board import DAY_START, HOUR, Board, Clock, Count, tell_day

FRENCH = Texts("fr")
ORIGINAL = BodyLine("text", "दो संख्याएँ चालू हैं।", None, "hi")
UNOFFICIAL = BodyLine("translation:en", "Two numbers are live.", None, "hi")
OTHER = BodyLine("translation:pa-Guru", "ਦੋ ਨੰਬਰ ਚਾਲੂ ਹਨ।", None, "hi")


def card(*body: BodyLine, label: tuple[str, ...] = ("H1",)) -> DispatchCard:
    now = Ms(DAY_START + 10 * HOUR)
    board = Board(Clock(now), Count())
    tell_day(board)
    return replace(board.cases(now)[0].dispatches[0], body=body, label=label)


def test_a_fields_name_is_the_pages_word_and_an_officers_label_is_not() -> None:
    reason = letters.line(BodyLine("reason", "Elle y était.", None, "en"), FRENCH)
    assert (reason.label, reason.own, reason.lang) == ("Motif", True, "en")
    name = letters.line(BodyLine("Name as held", "तरंग", None, "hi"), FRENCH)
    assert (name.label, name.own, name.lang) == ("Name as held", False, "hi")
    assert letters.line(ORIGINAL, FRENCH).label == ""


def test_the_original_stands_first_wherever_a_translation_was_written() -> None:
    lines = letters.lines(card(UNOFFICIAL, ORIGINAL, OTHER, label=("H1", "translation-unofficial")), FRENCH)
    assert [line.translation for line in lines] == [False, True, True]
    assert [line.lang for line in lines] == ["hi", "en", "pa-Guru"]
    assert [line.label for line in lines] == ["", "Traduction\u00a0: anglais", "Traduction\u00a0: pendjabi"]
    assert [line.unofficial for line in lines] == [False, True, True]


def test_without_the_condition_no_line_says_unofficial() -> None:
    assert not any(line.unofficial for line in letters.lines(card(ORIGINAL, UNOFFICIAL), FRENCH))


@pytest.mark.parametrize(
    "label", ["translation:", "translation:x", "translation: en", "Translation:en", 'translation:en"']
)
def test_what_is_no_language_is_a_label_as_it_is(label: str) -> None:
    line = letters.line(BodyLine(label, "x", None, None), FRENCH)
    assert (line.label, line.translation) == (label, False)


def test_the_page_marks_language_and_translation() -> None:
    renderer = Renderer(FRENCH, assets.addresses(assets.load()))
    made = [str(renderer._macros[0].line(line)) for line in letters.lines(card(ORIGINAL, UNOFFICIAL, label=("translation-unofficial",)), FRENCH)]  # fmt: skip
    assert made[0].startswith('<p><span class="said" lang="hi">')
    assert made[1].startswith('<p class="translation"><b class="lab"><bdi>Traduction')
    assert '<span class="code cond">translation-unofficial</span> <span class="said" lang="en">' in made[1]
    foreign = letters.line(BodyLine("Name as held", "तरंग", None, "hi"), FRENCH)
    assert '<b class="lab" lang="hi">' in str(renderer._macros[0].line(foreign))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_of_keys_is_whole_in_every_language(language: str) -> None:
    texts = Texts(language)
    sheet = keys.sheet(texts, off=False)
    html = Renderer(texts, assets.addresses(assets.load())).part(Part("keys-sheet", "keys.sheet", sheet))
    assert {key for group in sheet.groups for pressed, _ in group.rows for key in pressed} >= set(
        "/?GICADNJKOMARPXYTEL"
    )
    assert html.count("<kbd>") == 1 + sum(
        key != "+" for group in sheet.groups for pressed, _ in group.rows for key in pressed
    )
    assert texts("keys.then") in html
    assert texts("keys.off") in Renderer(texts, assets.addresses(assets.load())).part(
        Part("k", "keys.sheet", keys.sheet(texts, off=True))
    )
