"""Which obligations cannot be kept together: the table, each line with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from comity.policy.rule import Verb

Duty = tuple[Verb, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two caveats that contradict each other, whatever stands in their brackets."""

    one: str
    two: str
    why: str


CAVEATS = (
    Conflict("destroy-by", "return-by", "what was destroyed cannot be returned"),
    Conflict("no-onward", "named-agencies", "it may go to nobody, and it may go to those named"),
)
SINGLE = {
    "destroy-by": "two days of destruction",
    "return-by": "two days of return",
    "assurance-required": "two assurances, and one is asked for",
    "named-agencies": "two lists of the only agencies",
    "named-persons": "two lists of the only persons",
}
"""Caveats of which a label bears one: with another value beside it, one of the two is broken."""


def contradiction(one: Duty, two: Duty) -> str | None:
    """Return why two obligations contradict each other; None if they do not."""
    return _ordered(one, two) or _ordered(two, one)


def _ordered(one: Duty, two: Duty) -> str | None:
    match one, two:
        case (Verb.RETAIN_MAX_DAYS, first), (Verb.RETAIN_MAX_DAYS, second) if first != second:
            return f"kept at most {first} days, and at most {second} days"
        case (Verb.CAVEAT, first), (Verb.CAVEAT, second):
            return _caveats(first, second)
    return None


def _caveats(first: str, second: str) -> str | None:
    one, two = _name(first), _name(second)
    if one == two:
        return SINGLE.get(one) if first != second else None
    return next((line.why for line in CAVEATS if (line.one, line.two) == (one, two)), None)


def _name(caveat: str) -> str:
    return caveat.partition("(")[0]
