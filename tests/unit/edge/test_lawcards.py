"""An edition as a page shows it: ours whole and marked, theirs without a word of its private part."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from comity.edge.lawcards import law_card
from comity.edge.setup import edition_files
from comity.policy.edition import Edition
from tests.unit.edge.twofolders import ROOT

QUIET = """
@id("CA-QUIET") @law("CA/Privacy-Act/s8") @title("Quiet title") @article("Quiet, 1") @from("2026-01-01") @to("2026-12-31")
@status("text-read") @source("quiet source") @effect("refuse") @ground("unclear")
@sentence_en("Nobody there reads this.") @sentence_fr("Personne ne lit ceci.")
forbid (principal, action in [Action::"clear", Action::"admit"], resource);
"""
SAYS = ("CA-QUIET", "Quiet title", "Quiet, 1", "quiet source", "Nobody there reads this.", "Personne ne lit ceci.")


@pytest.fixture(scope="module")
def whole() -> Edition:
    return Edition.load({**edition_files(ROOT / "laws", "ca"), "private/quiet.cedar": QUIET.encode()})


@pytest.fixture(scope="module")
def public(whole: Edition) -> Edition:
    files = {path: data for path, data in edition_files(ROOT / "laws", "ca").items() if not path.startswith("private/")}
    return Edition.load(files, private_digest=whole.private_digest)


def test_ours_is_whole_and_says_which_rules_are_private(whole: Edition) -> None:
    card = law_card(whole, "CA", ours=True)
    private = [rule.id for rule in card.rules if rule.private]
    assert "CA-QUIET" in private
    assert (card.private, card.published) == (len(private), len(card.rules) - len(private))
    assert (card.has_private, card.hash, card.private_digest) == (True, whole.hash.hex(), whole.private_digest.hex())
    assert sum(count for _, count in card.footing) == len({rule.seed for rule in card.rules})


@pytest.mark.parametrize("edition", ["whole", "public"])
def test_theirs_has_no_word_of_the_private_part(edition: str, request: pytest.FixtureRequest) -> None:
    """Also if the whole edition were laid before us by mistake."""
    card = law_card(request.getfixturevalue(edition), "CA", ours=False)
    assert not [rule for rule in card.rules if rule.private]
    assert not [words for words in SAYS if words in repr(card)]
    assert (card.has_private, card.private, card.published) == (True, None, len(card.rules))


def test_the_search_for_leaks_finds_one_that_is_planted(whole: Edition) -> None:
    leaked = replace(whole, rules=tuple(replace(rule, private=False) for rule in whole.rules))
    assert [words for words in SAYS if words in repr(law_card(leaked, "CA", ours=False))] == list(SAYS)


def test_what_others_count_of_us_does_not_count_the_private_part(whole: Edition, public: Edition) -> None:
    """Neither intervals nor seeds nor counts of a card of theirs tell of a rule that is not in it."""
    assert law_card(whole, "CA", ours=False) == law_card(public, "CA", ours=False)


def test_intervals_follow_each_other_without_a_gap(public: Edition) -> None:
    spans = law_card(public, "CA", ours=True).intervals
    assert spans[-1][1] == ""
    assert spans[-1][4] is None
    for (_, last, _, _, end), (first, _, _, begins, _) in pairwise(spans):
        assert end == begins
        assert date.fromisoformat(first).toordinal() - date.fromisoformat(last).toordinal() == 1
    for first, _, count, begins, _ in spans:
        assert count == len(public.in_force(begins)), first


def test_a_rule_says_on_which_text_it_rests_or_why_on_none(public: Edition) -> None:
    rules = {rule.id: rule for rule in law_card(public, "CA", ours=True).rules}
    first = rules["CA-PA-8"]
    assert first.seed == "CA-PA-8"
    assert len(first.texts[0][1]) == 64
    assert "as of" in first.texts[0][0]
    assert dict(first.sentences).keys() == {"en", "fr"}
    unkept = [words for rule in rules.values() for words, sha256 in rule.texts if not sha256]
    assert all("not bound to a text: " in words for words in unkept)
    assert unkept
    assert any(rule.duty.startswith("Removed: ") for rule in rules.values())
    assert any(rule.overriding for rule in rules.values())
    assert {rule.effect for rule in rules.values()} == {"permit", "permit-with", "refer", "refuse"}
