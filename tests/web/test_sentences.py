"""What law said in the page's language: only what the edition has, only for what was recorded; else marked English."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from comity.base.ids import Ms
from comity.edge import board
from comity.screen import LawCard, RuleCard, VerdictLine
from comity.web.sentences import Said, said, told
from comity.web.texts import Texts

FR, HI, EN = Texts("fr"), Texts("hi"), Texts()


def rule(number: str, english: str, french: str = "") -> RuleCard:
    sentences = (("en", english), *((("fr", french),) if french else ()))
    return RuleCard(number, number, "T", "art. 1", "text-read", "source", "permit", "", "", "2026-01-01", "", Ms(0), None, sentences, (), False, False)  # fmt: skip


RULES = (
    rule("XA-1", "Police may ask.", "La police peut demander."),
    rule("XA-2", "A judge must agree.", "Un juge doit consentir."),
    rule("XA-3", "Nobody may."),
)
LAW = LawCard("XA", True, "Law", ("en", "fr"), True, (), "", "", False, (), (), 3, 0, RULES)
LINE = VerdictLine("XA", "clear", "permit", "Police may ask.", ("art. 1",), ("T",), None, "00", exercise=True, known=True, deciding=("XA-1",))  # fmt: skip


def test_the_editions_own_sentence_stands_in_the_pages_language() -> None:
    assert said(LINE, (LAW,), FR) == Said("La police peut demander.", "fr")
    both = replace(LINE, sentence="Police may ask. A judge must agree.", deciding=("XA-1", "XA-2"))
    assert said(both, (LAW,), FR) == Said("La police peut demander. Un juge doit consentir.", "fr")
    assert said(LINE, (LAW,), EN) == Said("Police may ask.", "en")


@pytest.mark.parametrize(
    ("desc", "line", "laws", "texts"),
    [
        ("the edition has no Hindi", LINE, (LAW,), HI),
        ("no edition of theirs is here", LINE, (), FR),
        ("the record names no rule", replace(LINE, deciding=()), (LAW,), FR),
        ("the rule is gone", replace(LINE, deciding=("XA-1", "XA-9")), (LAW,), FR),
        ("one of two rules has no French", replace(LINE, deciding=("XA-1", "XA-3")), (LAW,), FR),
        ("the rule said something else then", replace(LINE, sentence="Police may never ask."), (LAW,), FR),
        ("the law of another party", replace(LINE, party="XB"), (LAW,), FR),
    ],
)
def test_otherwise_it_stands_as_recorded_marked_english(
    desc: str, line: VerdictLine, laws: tuple[LawCard, ...], texts: Texts
) -> None:
    assert said(line, laws, texts) == Said(line.sentence, "en")


def test_what_the_node_adds_is_said_apart() -> None:
    added = " Their law has a private part, which is not here and may only restrict (SHA-256 00ff)."
    line = said(replace(LINE, sentence=LINE.sentence + added), (LAW,), FR)
    assert (line.sentence, line.lang, line.more_lang) == ("La police peut demander.", "fr", "fr")
    assert line.more.endswith("(SHA-256 00ff).")
    assert line.more.startswith("Leur droit")
    foreign = said(replace(LINE, sentence=LINE.sentence + " Something else."), (LAW,), FR)
    assert (foreign.more, foreign.more_lang) == ("Something else.", "en")


def test_the_nodes_own_sentences_are_the_pages_words() -> None:
    assert told("Their law let it go; its reasons stay with them.", EN) == (
        "Their law let it go; its reasons stay with them.",
        "en",
    )
    sentence, lang = told(
        "It was not admitted; the word that crossed is cannot-assist. The reasons stay with them.", HI
    )
    assert lang == "hi"
    assert "cannot-assist" in sentence
    assert told("Anything else.", HI) == ("Anything else.", "en")


def test_every_sentence_of_the_board_about_an_unknown_answer_has_words() -> None:
    source = Path(board.__file__).read_text(encoding="utf-8")
    fixed = re.findall(r'return _unknown\([^"\n]*(?:"[a-z]*", )*"([A-Z][^"]+\.)"\)', source)
    assert len(fixed) >= 5
    assert [sentence for sentence in fixed if told(sentence, HI)[1] != "hi"] == []
