"""Registry numbers: their form and their check digit.

The rule it keeps: a number with a wrong digit identifies nothing, whatever table it was copied from.
"""  # spec: precursors-and-documents.md 2

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_FORM: Final = re.compile(r"([1-9]\d{1,6})-(\d\d)-(\d)")
_IN_TEXT: Final = re.compile(r"(?<![\d-])([1-9]\d{1,6}-\d\d-\d)(?![\d-])")
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—−﹣－"), "-")  # noqa: RUF001  what stands for a hyphen in print


def tidy(text: str) -> str:
    """Return a number as it is written in lists: without blanks, a leading `CAS`, leading noughts or other dashes."""
    plain = re.sub(r"\s+", "", text.translate(_DASHES))
    plain = re.sub(r"^cas(?:rn|-?no\.?|-?nr\.?)?[:#.]?", "", plain, flags=re.IGNORECASE)
    return plain.lstrip("0")


def check_digit(body: str) -> int:
    """Return the check digit that belongs to the digits before it; each digit counts by its place from the right."""
    return sum(place * int(digit) for place, digit in enumerate(reversed(body), 1)) % 10


def is_valid(number: str) -> bool:
    """Say whether a tidy number has the form and the right check digit."""
    found = _FORM.fullmatch(number)
    return found is not None and check_digit(found[1] + found[2]) == int(found[3])


def in_text(text: str) -> Iterator[str]:
    """Yield the valid numbers that stand in a text, in order."""
    for found in _IN_TEXT.finditer(text.translate(_DASHES)):
        if is_valid(found[1]):
            yield found[1]
