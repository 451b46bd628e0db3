"""What a declaration says the goods are, four times over: text, CAS number, customs code, and the notified substance.

The rule it keeps: each pair that cannot be of one substance is a line of its own; what was left out contradicts nothing.
Who knows substances is given (`Identify`): the list of this folder, or the structure screening of the desk.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Protocol

from comity.desks.precursors.flows.mirror import Declared, declared
from comity.desks.precursors.flows.model import Alert, Consignment, Discrepancy, Line, Sign, SubstanceId, Unit, milli
from comity.desks.precursors.flows.thresholds import DescriptionRules, Thresholds
from comity.desks.precursors.flows.trade import Check, Trade

_CAS = re.compile(r"([0-9]{2,7})-([0-9]{2})-([0-9])")
_WORD = re.compile(r"[a-z0-9]+")
LEAST_WORD = 3


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


@dataclass(frozen=True, slots=True)
class Listed:
    """One substance as a list has it; `names` with its synonyms, `cas` with its salts', `codes` of six digits."""

    id: SubstanceId
    names: tuple[str, ...]
    cas: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListIdentify:
    """Knows what a list of substances says, word for word; the longest name in a text wins."""

    names: dict[tuple[str, ...], frozenset[SubstanceId]] = field(repr=False)
    cas: dict[str, frozenset[SubstanceId]] = field(repr=False)
    code: dict[SubstanceId, frozenset[str]] = field(repr=False)

    @classmethod
    def of(cls, rows: Iterable[Listed]) -> ListIdentify:
        """Read a list."""
        names: dict[tuple[str, ...], set[SubstanceId]] = defaultdict(set)
        cas: dict[str, set[SubstanceId]] = defaultdict(set)
        code: dict[SubstanceId, frozenset[str]] = {}
        for row in rows:
            for name in filter(None, map(words, row.names)):
                if len("".join(name)) >= LEAST_WORD:
                    names[name].add(row.id)
            for number in filter(None, row.cas):
                cas[number].add(row.id)
            code[row.id] = frozenset(filter(None, row.codes))
        frozen = {name: frozenset(ids) for name, ids in names.items()}
        return cls(frozen, {number: frozenset(ids) for number, ids in cas.items()}, code)

    def by_text(self, text: str) -> frozenset[SubstanceId]:
        """Return the substances of the longest names that stand in the text as whole words."""
        said = words(text)
        found = [name for name in self.names if _within(name, said)]
        longest = [name for name in found if not any(name != other and _within(name, other) for other in found)]
        return frozenset().union(*(self.names[name] for name in longest))

    def by_cas(self, cas: str) -> frozenset[SubstanceId]:
        """Return the substances of a CAS number."""
        return self.cas.get(cas, frozenset())

    def codes(self, substance: SubstanceId) -> frozenset[str]:
        """Return the codes of a substance."""
        return self.code.get(substance, frozenset())


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in small letters without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign))))


def _within(name: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return any(said[at : at + len(name)] == name for at in range(len(said) - len(name) + 1))


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
        said = f"the exporter declared code {both.outward.hs6}, the importer {both.inward.hs6}"
        lines.append(_points(said, own.codes_apart))
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
        yield _points(f"CAS number {one.cas}: its check digit does not hold", rules.digit)
    said = (("the text", by_text), ("the CAS number", by_cas), ("the notification", notified))
    for at, (first, ones) in enumerate(said):
        for other, others in said[at + 1 :]:
            if ones and others and not ones & others:
                yield _points(f"{first} names {_listed(ones)}, {other} {_listed(others)}", rules.names_apart)
    known = by_text | by_cas | notified
    codes = frozenset[str]().union(*(identify.codes(name) for name in known))
    if one.hs6 and codes and one.hs6 not in codes:
        yield _points(f"{_listed(known)} belongs under {_listed(codes)}, declared under {one.hs6}", rules.code)


def _points(said: str, points: int) -> Line:
    return Line(Sign.PLUS, said, Decimal(points), Unit.POINTS)


def _listed(names: frozenset[SubstanceId] | frozenset[str]) -> str:
    return " or ".join(sorted(names))
