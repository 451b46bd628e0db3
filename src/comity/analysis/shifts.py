"""What an amendment newly allows, refuses, refers or obliges, each with a concrete question, and what no longer does.

The rule it keeps: every example is put to both real gates. A way is named by the rules that made the difference, so that
a lawyer reads who is let through by which change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import z3

from comity.analysis.analyse import Told, interval_of, silent
from comity.analysis.finding import Example
from comity.analysis.lawmodel import LawModel, given, model_of
from comity.analysis.record import Record
from comity.analysis.search import Found, Search
from comity.analysis.translate import Formula, one_of
from comity.analysis.words import words_of
from comity.base.ids import Ms
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Act
from comity.policy.verdict import Effect, Verdict

OLD, NEW = "old", "new"


class What(StrEnum):
    """What became of a question."""

    ALLOWED = "newly-allowed"
    REFERRED = "newly-referred"
    REFUSED = "newly-refused"
    NO_LONGER_OBLIGED = "no-longer-obliged"
    """Still allowed, and something that had to be done with it need not be done."""
    OBLIGED = "newly-obliged"
    FAULT = "analysis-fault"
    """The two gates do not answer as the analysis foretold; not to be believed."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One way in which one act is answered otherwise.

    Attributes:
        what: how.
        act: the act.
        way: the rule whose coming or going makes this way, an obligation as `verb:value`, or "" where none permits.
        because: ids of all rules that hold for the example under one of the two editions only, sorted.
        example: a question to which both editions were asked.
        old, new: what they answered.
    """

    what: What
    act: Act
    way: str
    because: tuple[str, ...]
    example: Example
    old: Verdict
    new: Verdict


def difference(old: Edition, new: Edition, now: Ms, told: Told = silent) -> tuple[Shift, ...]:
    """Return at least one example for each act and each way in which the two editions answer otherwise.

    Args:
        old: a checked edition.
        new: another one, of the same party or not.
        now: the instant; what is found holds until the next day on which a rule of either comes or goes.
        told: hears how far the work is.

    Returns:
        Sorted: what is newly allowed first, by act and way.

    Raises:
        BadConfiguration: a rule uses something that the analysis does not know.
    """
    pair = _Pair.of(old, new, now)
    found: list[Shift] = []
    for done, act in enumerate(Act):
        told(f"act {act}", done, len(Act))
        found += pair.shifts(act)
    told("done", len(Act), len(Act))
    order = [*What]
    return tuple(sorted(found, key=lambda shift: (order.index(shift.what), [*Act].index(shift.act), shift.way)))


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two editions: its formulas, and a literal for each thing that is asked often."""

    law: LawModel
    gate: CedarGate
    held: dict[str, Formula]
    allowed: Formula
    referred: Formula
    refused: Formula
    duties: dict[str, Formula]

    @classmethod
    def of(cls, name: str, edition: Edition, now: Ms, record: Record, search: Search) -> _Side:
        law = model_of(edition, now, record)
        duties: dict[str, list[Formula]] = {}
        for rule in law.rules.values():
            if rule.obligation is not None:
                duties.setdefault(f"{rule.obligation[0]}:{rule.obligation[1]}", []).append(law.held[rule.id])
        return cls(
            law=law,
            gate=CedarGate(edition),
            held=search.watch(name, law.held),
            allowed=search.named(law.allowed),
            referred=search.named(law.referred),
            refused=search.named(law.refused),
            duties={duty: search.named(one_of(held)) for duty, held in sorted(duties.items())},
        )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both editions over one question."""

    record: Record
    search: Search
    old: _Side
    new: _Side

    @classmethod
    def of(cls, old: Edition, new: Edition, now: Ms) -> _Pair:
        first, after = interval_of([old, new], now)
        rules = [*old.in_force(now), *new.in_force(now)]
        record = Record.over(words_of(rules, [old.groups, new.groups], max(first, Ms(0)), after))
        search = Search(record)
        old_side = _Side.of(OLD, old, now, record, search)
        return cls(record, search, old_side, _Side.of(NEW, new, now, record, search))

    def shifts(self, act: Act) -> Iterator[Shift]:
        old, new, is_act = self.old, self.new, self.record.texts["act"][act]
        yield from self._opened(What.ALLOWED, act, [is_act, z3.Not(old.allowed), new.allowed])
        yield from self._opened(What.REFERRED, act, [is_act, old.refused, new.referred])
        yield from self._closed(What.REFERRED, act, [is_act, old.allowed, new.referred])
        yield from self._closed(What.REFUSED, act, [is_act, z3.Not(old.refused), new.refused])
        yield from self._duties(What.NO_LONGER_OBLIGED, act, old, new)
        yield from self._duties(What.OBLIGED, act, new, old)

    def _opened(self, what: What, act: Act, wishes: list[Formula]) -> Iterator[Shift]:
        """Yield one example for each prohibition that stood in the way, and for what lets go or refers where none did."""
        if not self.search.can(*wishes):
            return
        law = self.old.law
        stood = law.forbids if what is What.ALLOWED else law.of(Effect.REFUSE)
        for rule in stood:
            yield from self._first(what, act, rule, self._alone(wishes, self.old, rule, stood))
        none_stood = [self.search.no(self.old.held[rule]) for rule in stood]
        openers = self.new.law.of(Effect.PERMIT if what is What.ALLOWED else Effect.REFER)
        for rule in openers:
            ways = self._alone([*wishes, *none_stood], self.new, rule, openers)
            yield from self._first(what, act, rule, ways)

    def _closed(self, what: What, act: Act, wishes: list[Formula]) -> Iterator[Shift]:
        """Yield one example for each prohibition that now stands in the way, and for each permit that is gone."""
        if not self.search.can(*wishes):
            return
        stands = self.new.law.of(Effect.REFER if what is What.REFERRED else Effect.REFUSE)
        for rule in stands:
            yield from self._first(what, act, rule, self._alone(wishes, self.new, rule, stands))
        none_stands = [self.search.no(self.new.held[rule]) for rule in self.new.law.forbids]
        for rule in self.old.law.of(Effect.PERMIT):
            yield from self._first(what, act, rule, [[*wishes, *none_stands, self.old.held[rule]]])

    def _duties(self, what: What, act: Act, having: _Side, lacking: _Side) -> Iterator[Shift]:
        both = [self.record.texts["act"][act], self.old.allowed, self.new.allowed]
        for duty, held in having.duties.items():
            absent = [z3.Not(lacking.duties[duty])] if duty in lacking.duties else []
            yield from self._first(what, act, duty, [[*both, held, *absent]])

    def _alone(self, wishes: list[Formula], side: _Side, rule: str, rules: Sequence[str]) -> list[list[Formula]]:
        """Return two lists of wishes: that of these rules only this one holds, and, if that cannot be, that it holds."""
        others = [self.search.no(side.held[other]) for other in rules if other != rule]
        return [[*wishes, side.held[rule], *others], [*wishes, side.held[rule]]]

    def _first(self, what: What, act: Act, way: str, lists: list[list[Formula]]) -> Iterator[Shift]:
        for wishes in lists:
            found = self.search.nearest(*wishes)
            if found is not None:
                yield self._shift(what, act, way, found)
                return

    def _shift(self, what: What, act: Act, way: str, found: Found) -> Shift:
        verdicts = [side.gate.decide(found.question, found.now) for side in (self.old, self.new)]
        foretold = [side.law.answer(found.held[name]) for side, name in ((self.old, OLD), (self.new, NEW))]
        good = foretold == [given(verdict) for verdict in verdicts]
        return Shift(
            what=what if good else What.FAULT,
            act=act,
            way=way,
            because=tuple(sorted(found.held[OLD] ^ found.held[NEW])),
            example=Example.of(found.question, found.now),
            old=verdicts[0],
            new=verdicts[1],
        )
