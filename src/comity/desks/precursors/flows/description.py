"""What a declaration says the goods are, over and over: text, CAS number, customs code, UN number, packages, what was notified.

The rule it keeps: each pair that cannot be of one substance is a line of its own, by a code that a page has in every language;
what was left out contradicts nothing. Who knows substances is given (`Identify`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import combinations
from typing import Protocol

from comity.desks.precursors.flows.mirror import Declared, declared
from comity.desks.precursors.flows.model import Alert, Consignment, Discrepancy, Line, Sign, SubstanceId, Unit, milli
from comity.desks.precursors.flows.thresholds import DescriptionRules, Thresholds
from comity.desks.precursors.flows.trade import Check, Trade

_CAS = re.compile(r"([0-9]{2,7})-([0-9]{2})-([0-9])")
_WORD = re.compile(r"[a-z0-9]+")


class Identify(Protocol):
    """Who knows substances: by their names, their CAS numbers and the customs codes that they belong under."""

    def by_text(self, text: str) -> frozenset[SubstanceId]:
        """Return the substances that a free text names; empty where it names none that is known."""
        ...

    def by_cas(self, cas: str) -> frozenset[SubstanceId]:
        """Return the substances of a CAS number; empty where it is not known."""
        ...

    def codes(self, substance: SubstanceId) -> frozenset[str]:
        """Return the six-digit codes of a substance, basket lines among them; empty where none is known."""
        ...

    def transport(self, substance: SubstanceId) -> frozenset[str]:
        """Return the transport numbers of a substance, four digits each; empty where none is known."""
        ...


DIGIT = "the CAS number fails its check digit"
CODE = "the customs code is of no substance named"
CODES_APART = "the two sides declared different customs codes"
UN = "the UN number is of no substance named"
PACKAGE = "more in a package than one holds"
_NAMED = ("text", "CAS number", "notification")


def apart(first: str, other: str) -> str:
    """Return the code of two statements that name different substances."""
    return f"{first} and {other} name different substances"


CODES = frozenset({DIGIT, CODE, CODES_APART, UN, PACKAGE, *(apart(one, two) for one, two in combinations(_NAMED, 2))})
"""Everything that a line of this check can say."""


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in small letters without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign))))


def cas_digit_holds(cas: str) -> bool:
    """Say whether a CAS number is well formed and its check digit is right."""
    found = _CAS.fullmatch(cas.strip())
    if not found:
        return False
    digits = (found[1] + found[2])[::-1]
    return sum(place * int(digit) for place, digit in enumerate(digits, 1)) % 10 == int(found[3])


def description_checks(trade: Trade, rules: Thresholds, identify: Identify | None) -> Iterator[Check]:
    """Yield one check for each consignment; none where nobody who knows substances is given."""
    if identify is None:
        return
    for both in declared(trade):
        yield Check(Discrepancy.DESCRIPTION, both.first.id, partial(_judge, both, rules, identify))


def _judge(both: Declared, rules: Thresholds, identify: Identify) -> Alert | None:
    one, own = both.first, rules.description
    lines = list(contradictions(one, identify, own))
    if both.outward and both.inward and both.outward.hs6 != both.inward.hs6:
        lines.append(_points(CODES_APART, own.codes_apart, f"{both.outward.hs6} / {both.inward.hs6}"))
    points = sum(int(line.amount) for line in lines)
    if points < own.points:
        return None
    total = Line(Sign.EQUALS, "together", Decimal(points), Unit.POINTS)
    allowed = Line(Sign.LIMIT, "worth a look from", Decimal(own.points), Unit.POINTS)
    subject = (f"consignment={one.id}",)
    score = milli(points, own.points)
    return Alert(Discrepancy.DESCRIPTION, subject, (one.id,), (*lines, total, allowed), rules.name, score)


def contradictions(one: Consignment, identify: Identify, rules: DescriptionRules) -> Iterator[Line]:
    """Yield a line with its points for each pair of statements that cannot be of one substance."""
    by_text, by_cas = identify.by_text(one.text), identify.by_cas(one.cas)
    notified = frozenset({one.substance}) if one.substance else frozenset[SubstanceId]()
    if one.cas and not cas_digit_holds(one.cas):
        yield _points(DIGIT, rules.digit, one.cas)
    for (first, ones), (other, others) in combinations(zip(_NAMED, (by_text, by_cas, notified), strict=True), 2):
        if ones and others and not ones & others:
            yield _points(apart(first, other), rules.names_apart, f"{_listed(ones)} / {_listed(others)}")
    known = by_text | by_cas | notified
    codes = frozenset[str]().union(*(identify.codes(name) for name in known))
    if one.hs6 and codes and one.hs6 not in codes:
        yield _points(CODE, rules.code, f"{one.hs6}; {_listed(known)}: {_listed(codes)}")
    carried = [identify.transport(name) for name in sorted(known)]
    if one.un and all(carried) and carried and not any(one.un in numbers for numbers in carried):
        yield _points(UN, rules.un, f"{one.un}; {_listed(known)}: {_listed(frozenset[str]().union(*carried))}")
    if one.packages and one.grams > one.packages * rules.package_grams:
        yield _points(PACKAGE, rules.package, f"{one.packages}")


def _points(said: str, points: int, about: str) -> Line:
    return Line(Sign.PLUS, said, Decimal(points), Unit.POINTS, about)


def _listed(names: frozenset[SubstanceId] | frozenset[str]) -> str:
    return ", ".join(sorted(names))
