"""The scan finds what the patterns describe, and a wrong check digit, script or neighbour does not blind it."""

from __future__ import annotations

import pytest

from comity.base.errors import BadConfiguration
from comity.marking.scan import Finding, Pattern, luhn, mark, scan, strike, verhoeff

TWELVE = Pattern("twelve", "national-number", r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)", "verhoeff", hard_stop=True)
NINE = Pattern("nine", "national-number", r"\b\d{3}[ -]?\d{3}[ -]?\d{3}\b", "luhn", hard_stop=True)
WORD = Pattern("word", "source-or-method", r"\bSRC-[A-Z]{3}\b", "none", hard_stop=False)


def digits(text: str) -> list[int]:
    return [int(c) for c in text]


# 2363 (236 with check digit 3) and the two others are the examples usually printed for this check.
@pytest.mark.parametrize("number", ["2363", "758722", "123451"])
def test_verhoeff_accepts_published_numbers(number: str) -> None:
    assert verhoeff(digits(number))


def test_verhoeff_notices_every_single_error_and_every_neighbour_swap() -> None:
    good = "758722"
    for place, old in enumerate(good):
        for new in "0123456789":
            if new != old:
                assert not verhoeff(digits(good[:place] + new + good[place + 1 :]))
    for place in range(len(good) - 1):
        if good[place] != good[place + 1]:
            swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
            assert not verhoeff(digits(swapped))


@pytest.mark.parametrize(("number", "good"), [("79927398713", True), ("79927398710", False), ("046454286", True)])
def test_luhn(number: str, good: bool) -> None:
    assert luhn(digits(number)) is good


def with_check(stem: str) -> str:
    return next(stem + str(d) for d in range(10) if verhoeff(digits(stem + str(d))))


GOOD = with_check("01234567890")


def test_finds_a_number_with_and_without_separators() -> None:
    spaced = f"{GOOD[:4]} {GOOD[4:8]}-{GOOD[8:]}"
    found = scan((f"form: {GOOD}.", "nothing", f"x {spaced}"), (TWELVE,))
    assert found == (
        Finding("twelve", "national-number", hard_stop=True, index=0, start=6, end=18),
        Finding("twelve", "national-number", hard_stop=True, index=2, start=2, end=16),
    )


def test_a_bad_candidate_does_not_hide_the_good_number_that_begins_inside_it() -> None:
    text = f"on 2026 {GOOD[:4]} {GOOD[4:8]} {GOOD[8:]} it was"
    assert [text[f.start : f.end].replace(" ", "") for f in scan((text,), (TWELVE,))] == [GOOD]


def test_finds_digits_of_another_script() -> None:
    text = "संख्या " + "".join(chr(0x966 + int(c)) for c in GOOD)
    assert len(scan((text,), (TWELVE,))) == 1


def test_wrong_check_digit_and_longer_numbers_are_left_alone() -> None:
    bad = GOOD[:-1] + str((int(GOOD[-1]) + 1) % 10)
    assert scan((bad, GOOD + "1", "1" + GOOD), (TWELVE,)) == ()


def test_patterns_other_than_digits_run_on_every_text() -> None:
    assert [f.pattern for f in scan(("see SRC-ABC",), (TWELVE, WORD))] == ["word"]


def test_several_patterns_and_several_hits_come_in_order() -> None:
    text = f"{GOOD} and 046 454 286 and {GOOD} SRC-XYZ"
    assert [f.pattern for f in scan((text,), (TWELVE, NINE, WORD))] == ["twelve", "twelve", "nine", "word"]


def test_strike_shows_the_class_and_nothing_else() -> None:
    text = f"number {GOOD}, again {GOOD}"
    struck = strike(text, scan((text,), (TWELVE,)))
    assert struck == f"number {mark('national-number')}, again {mark('national-number')}"
    assert strike("as it was", ()) == "as it was"


def test_strike_merges_overlapping_findings() -> None:
    findings = (Finding("a", "account", False, 0, 4, 8), Finding("b", "contact", False, 0, 2, 6))
    assert strike("0123456789", findings) == "01[removed: contact]89"


@pytest.mark.parametrize(
    ("regex", "check", "message"),
    [
        (r"\d+", "crc", "no check is called"),
        (r"(", "none", "not a regular expression"),
        (r"\d*", "none", "matches nothing"),
    ],
)
def test_a_pattern_that_cannot_work_is_an_error(regex: str, check: str, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        scan(("x",), (Pattern("p", "account", regex, check, hard_stop=False),))


def test_prose_with_short_numbers_holds_no_national_number() -> None:
    text = ("container 1234567 left on 12 June 2026 at 04:00, call +1 555 0101. " * 40)[:2048]
    assert scan((text,), (TWELVE, NINE)) == ()
