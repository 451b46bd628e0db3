"""The shared patterns on the labelled set: bounds are what was measured, less a small margin (`scan_measure` prints all)."""

from __future__ import annotations

import pytest

from comity.marking.scan import OVERRIDING
from tests.unit.marking.scan_measure import LANGUAGES, MANNERS, PARTS, found_in, measure, patterns, rows

MARGIN = 0.03
MEASURED = {  # (precision, recall) over all categories
    ("en", "dev"): (1.00, 1.00), ("en", "test"): (1.00, 1.00), ("en", "dev2"): (1.00, 0.98), ("en", "fresh2"): (0.90, 0.79),
    ("fr", "dev"): (1.00, 0.99), ("fr", "test"): (1.00, 1.00), ("fr", "dev2"): (1.00, 1.00), ("fr", "fresh2"): (1.00, 0.73),
    ("hi", "dev"): (1.00, 1.00), ("hi", "test"): (1.00, 1.00), ("hi", "dev2"): (1.00, 1.00), ("hi", "fresh2"): (0.96, 0.70),
    ("pa", "dev"): (1.00, 1.00), ("pa", "test"): (1.00, 1.00), ("pa", "dev2"): (1.00, 1.00), ("pa", "fresh2"): (0.96, 0.70),
}  # fmt: skip
OVERRIDING_MEASURED = {  # (recall of what is said plainly, in roundabout words) over overriding categories of fresh2
    "en": (1.00, 0.50), "fr": (0.92, 0.50), "hi": (1.00, 0.30), "pa": (1.00, 0.30),
}  # fmt: skip
NUMBERS = frozenset({"national-number", "document", "account"})


@pytest.mark.parametrize(("language", "part"), MEASURED)
def test_precision_and_recall_do_not_fall(language, part):
    tally = measure(language, part)
    precision, recall = MEASURED[language, part]
    assert tally.precision() >= precision - MARGIN
    assert tally.recall() >= recall - MARGIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_must_not_be_missed_is_found_as_often_as_it_was(language):
    for manner, recall in zip(MANNERS, OVERRIDING_MEASURED[language], strict=True):
        assert measure(language, "fresh2", manner).recall(OVERRIDING) >= recall - MARGIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_fresh_part_is_half_plain_and_two_in_five_are_about_nobody(language):
    part = rows(language, "fresh2")
    assert len(part) >= 50
    assert 5 * sum(not row["categories"] for row in part) >= 2 * len(part)
    assert {row["manner"] for row in part} == set(MANNERS)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_of_a_person_is_missed(language, part):
    tally = measure(language, part)
    assert tally.recall(NUMBERS) == 1.0
    assert tally.precision(frozenset({"national-number"})) == 1.0


@pytest.mark.parametrize("language", LANGUAGES)
def test_spans_cover_what_was_written(language):
    for part in ("dev", "test", "dev2", "fresh2"):
        for row in rows(language, part):
            stops = [hit for hit in found_in(row["text"]) if hit.hard_stop]
            for start, end in row.get("spans", ()):
                assert any(hit.start <= start and end <= hit.end + 1 for hit in stops), row["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_sure_raises_no_false_alarm(language):
    for part in PARTS:
        for row in rows(language, part):
            sure = {hit.category for hit in found_in(row["text"]) if hit.sure or hit.hard_stop}
            assert sure <= set(row["categories"]), row["text"]


def test_the_set_is_as_large_as_it_says():
    for language in LANGUAGES:
        assert len(rows(language, "dev")) + len(rows(language, "test")) >= 150
        every = [row for part in PARTS for row in rows(language, part)]
        assert sum(not row["categories"] for row in every) >= 40
        assert {category for row in every for category in row["categories"]} >= OVERRIDING


def test_no_overriding_category_is_a_hard_stop_of_words():
    """A word never refuses by itself: what words find is proposed."""
    assert not [pattern.id for pattern in patterns() if pattern.words and pattern.hard_stop]
