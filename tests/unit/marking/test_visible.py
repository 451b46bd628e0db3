"""What hides in a text or passes for another letter is a chip, and what is only near it stays as it was written."""

from __future__ import annotations

from comity.marking.visible import Segment, segments, spoken


def test_a_line_ends_where_it_did_beside_a_letter_that_passes_for_another() -> None:
    first, chip, rest = segments("one\nmonth p\u0430y\nday")
    assert (first, rest) == (Segment("one\nmonth p", None), Segment("y\nday", None))
    assert (chip.text, chip.chip) == ("\u0430", "U+0430 cyrillic small letter a")


def test_a_greek_letter_is_strange_only_where_it_touches_a_latin_one() -> None:
    # U+03BF looks like a Latin o; in a chemist's name it stands beside a hyphen.
    assert [one.chip for one in segments("h\u03bfuse")] == [None, "U+03BF greek small letter omicron", None]
    assert segments("x-\u03bf-methyl") == (Segment("x-\u03bf-methyl", None),)


def test_a_title_is_spoken_with_its_chips_in_brackets_and_nothing_that_hides() -> None:
    assert spoken("month p\u0430y") == "month p[U+0430 cyrillic small letter a]y"
    assert spoken("day") == "day"
    assert "\u202e" not in spoken("a\u202eb")
    assert spoken("a\u202eb").startswith("a[U+202E")
