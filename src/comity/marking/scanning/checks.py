"""Check digits and other tests that say whether what looks like a number is one.

The rule it keeps: a check decides on the number alone; what stands beside it is the pattern's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

import phonenumbers

from comity.base.ids import Ms

_D5 = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
"""Multiplication in the dihedral group of order ten, as Verhoeff wrote it (1969)."""
_MULTIPLY = tuple(tuple(int(c) for c in row) for row in _D5)
_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _powers() -> tuple[tuple[int, ...], ...]:
    rows = [tuple(range(10))]
    for _ in range(7):
        rows.append(tuple(rows[-1][_STEP[digit]] for digit in range(10)))
    return tuple(rows)


_PERMUTE = _powers()


def verhoeff(digits: Sequence[int]) -> bool:
    """Say whether the last of `digits` is the Verhoeff check digit of the others."""  # spec: Verhoeff
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total = _MULTIPLY[total][_PERMUTE[place & 7][digit]]
    return total == 0


_LUHN_MODULUS = 10
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: Sequence[int]) -> bool:
    """Say whether the last of `digits` is the Luhn check digit of the others."""  # spec: ISO/IEC 7812-1 annex B
    total = sum(_DOUBLED[d] if place & 1 else d for place, d in enumerate(reversed(digits)))
    return total % _LUHN_MODULUS == 0


_IBAN_MODULUS, _IBAN_HEAD = 97, 4
_NOT_IBAN = re.compile("[^0-9a-z]")


def iban(text: str) -> bool:
    """Say whether `text`, separators aside and in small letters, is an account number with its two check digits."""  # spec: ISO 13616
    plain = _NOT_IBAN.sub("", text)
    turned = plain[_IBAN_HEAD:] + plain[:_IBAN_HEAD]
    return int("".join(str(int(c, 36)) for c in turned)) % _IBAN_MODULUS == 1


@lru_cache(maxsize=512)
def telephone(text: str, regions: tuple[str, ...]) -> bool:
    """Say whether a line of one of these regions could have this number, or any line at all if it begins with +.

    Args:
        text: the number with its separators.
        regions: codes as the numbering plans have them; an edition names them.
    """
    return any(_valid(text, region) for region in regions or (None,))


def _valid(text: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OF_AGE = 18


def born_lately(text: str, now: Ms | None) -> bool:
    """Say whether someone born in the year that stands in `text` may be under 18 at `now`; unknown without a time."""
    years = [int(year) for year in _YEAR.findall(text)]
    if not years or now is None:
        return False
    this_year = datetime.fromtimestamp(now / 1000, UTC).year
    return any(0 <= this_year - year <= _OF_AGE for year in years)


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isdecimal()]


Check = Callable[[str, tuple[str, ...], "Ms | None"], bool]
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "verhoeff": lambda text, _, __: verhoeff(_digits(text)),
        "luhn": lambda text, _, __: luhn(_digits(text)),
        "iban": lambda text, _, __: iban(text),
        "telephone": lambda text, regions, _: telephone(text, regions),
        "born-lately": lambda text, _, now: born_lately(text, now),
    }
)
"""What a pattern may ask of a match, by name: of the folded text, the pattern's regions and the time of the scan."""
