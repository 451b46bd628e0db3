"""What law said, in the language of the page: the sentences of an edition in its other languages, and the node's own few.

Rule kept: a sentence of law is shown in another language only if the edition has it for the same rules and says in English
word for word what was recorded; otherwise it stands as it was recorded, marked as English.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from comity.screen import LawCard, VerdictLine
from comity.web.texts import FIRST, Texts

_TOLD = (
    (re.compile(r"Our law was not asked: it was not opened\."), "told.unopened"),
    (re.compile(r"Our decision record cannot be read any more; the proof says why\."), "told.unread"),
    (re.compile(r"Their law let it go; its reasons stay with them\."), "told.let-go"),
    (re.compile(r"Their law admitted it; its reasons stay with them\."), "told.admitted"),
    (re.compile(r"Nothing has crossed about their law's answer yet\."), "told.nothing"),
    (
        re.compile(r"It was not admitted; the word that crossed is (?P<word>.+)\. The reasons stay with them\."),
        "told.refused",
    ),
    (
        re.compile(
            r"Their law has a private part, which is not here and may only restrict \(SHA-256 (?P<digest>\w+)\)\."
        ),
        "told.private",
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with its language, and what the node adds to it, in the page's language or in `more_lang`."""

    sentence: str
    lang: str
    more: str = ""
    more_lang: str = FIRST


def said(verdict: VerdictLine, laws: tuple[LawCard, ...], texts: Texts) -> Said:
    """Return what a verdict says, in the page's language as far as it is known there."""
    english = _of_rules(verdict, laws, FIRST)
    here = _of_rules(verdict, laws, texts.lang)
    if not here or not english or not verdict.sentence.startswith(english):
        sentence, lang = told(verdict.sentence, texts)
        return Said(sentence, lang)
    more, more_lang = told(verdict.sentence[len(english) :].strip(), texts)
    return Said(here, texts.lang, more, more_lang)


def told(sentence: str, texts: Texts) -> tuple[str, str]:
    """Return a fixed sentence of the node in the page's words with its language; any other as it is, as English."""
    for form, key in _TOLD:
        if found := form.fullmatch(sentence):
            return texts(key, **found.groupdict()), texts.lang_of(key)
    return sentence, FIRST


def _of_rules(verdict: VerdictLine, laws: tuple[LawCard, ...], language: str) -> str:
    """The sentences of the rules that decided, each once; "" if the edition that is shown lacks one of them."""
    law = next((card for card in laws if card.short == verdict.party), None)
    if law is None:
        return ""
    sentences = [_of_rule(law, rule, language) for rule in verdict.deciding]
    return " ".join(dict.fromkeys(sentences)) if all(sentences) else ""


def _of_rule(law: LawCard, rule: str, language: str) -> str:
    at = bisect_left(law.rules, rule, key=lambda card: card.id)
    known = at < len(law.rules) and law.rules[at].id == rule
    return dict(law.rules[at].sentences).get(language, "") if known else ""
