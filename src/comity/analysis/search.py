"""Looking for a question with wanted properties, and for the one that differs least from an unremarkable one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import z3

from comity.analysis.record import Record
from comity.analysis.translate import Formula
from comity.base.ids import Ms
from comity.policy.question import Question

_DROP_LAST = ("act", "kind", "purpose", "basis", "urgency", "categories", "asks", "records")
"""Attributes in which an example should differ only if it must: first those that a reader looks at first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A question that was found.

    Attributes:
        question: the question.
        now: the instant at which it is asked.
        held: for each law that was asked about, by its key, the ids of the rules that hold.
    """

    question: Question
    now: Ms
    held: Mapping[str, frozenset[str]]


class Search:
    """All questions that there are, under the assumptions of `Record`; asked again and again with other wishes.

    A wish is a literal: `named` makes one of any formula. The same wishes always find the same question.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._solver = z3.SolverFor("QF_FD")
        self._solver.set("random_seed", 0)
        self._solver.add(*record.assumptions())
        self._names = 0
        self._literals = dict(record.variables())
        self._negated: dict[int, Formula] = {}
        self._held: dict[str, dict[str, str]] = {}
        base = sorted(record.base(), key=lambda one: _rank(one[0]))
        self._base = [literal for _, literal in base]

    def named(self, formula: Formula) -> Formula:
        """Return a literal that is true exactly where the formula is."""
        self._names += 1
        literal = z3.Bool(f"#{self._names}")
        self._solver.add(literal == formula)
        return literal

    def watch(self, law: str, held: Mapping[str, Formula]) -> dict[str, Formula]:
        """Note the rules of a law, so that what is found says which of them hold; return a literal for each."""
        literals = {rule: self.named(formula) for rule, formula in held.items()}
        self._held[law] = {rule: literal.decl().name() for rule, literal in literals.items()}
        self._literals |= {literal.decl().name(): literal for literal in literals.values()}
        return literals

    def no(self, literal: Formula) -> Formula:
        """Return the literal that is true exactly where this one is not; made once for each."""
        known = self._negated.get(literal.get_id())
        if known is None:
            known = self._negated[literal.get_id()] = z3.Not(literal)
        return known

    def can(self, *wishes: Formula) -> bool:
        """Say whether any question has all wished properties."""
        # Solver.check looks at the sort of each of some hundred literals, which takes ten times as long as the search
        asts = (z3.Ast * len(wishes))(*(literal.ast for literal in wishes))
        answer = z3.Z3_solver_check_assumptions(self._solver.ctx.ref(), self._solver.solver, len(wishes), asts)
        return bool(answer == z3.Z3_L_TRUE)

    def find(self, *wishes: Formula) -> Found | None:
        """Return some question with all wished properties; None if there is none."""
        return self._read(self._solver.model()) if self.can(*wishes) else None

    def why_not(self, fixed: Sequence[Formula], doubtful: Sequence[Formula]) -> tuple[Formula, ...]:
        """Return those of `doubtful` that keep `fixed` from ever being: fewest in the sense that none can be left out.

        There must be no question with all of them.
        """
        self.can(*fixed, *doubtful)
        core = {literal.get_id() for literal in self._solver.unsat_core()}
        needed = [literal for literal in doubtful if literal.get_id() in core]
        for literal in list(needed):
            fewer = [other for other in needed if other.get_id() != literal.get_id()]
            if not self.can(*fixed, *fewer):
                needed = fewer
        return tuple(needed)

    def nearest(self, *wishes: Formula) -> Found | None:
        """Return a question with all wished properties in which nothing differs from the base that need not.

        None if there is no such question.
        """
        if not self.can(*wishes):
            return None
        kept = list(self._base)
        dropped: list[Formula] = []
        while not self.can(*wishes, *kept):
            core = {literal.get_id() for literal in self._solver.unsat_core()}
            # one at a time, the least telling first: dropping the whole core would move more than need be
            worst = max((place for place, literal in enumerate(kept) if literal.get_id() in core))
            dropped.append(kept.pop(worst))
        for literal in (*reversed(dropped), *self._record.plain_outcomes()):
            if self.can(*wishes, *kept, literal):
                kept.append(literal)
        return self.find(*wishes, *kept)

    def _read(self, model: z3.ModelRef) -> Found:
        true = frozenset(name for name, literal in self._literals.items() if self._is_true(model, literal))
        question, now = self._record.question(true)
        held = {
            law: frozenset(rule for rule, name in rules.items() if name in true) for law, rules in self._held.items()
        }
        return Found(question, now, held)

    def _is_true(self, model: z3.ModelRef, literal: Formula) -> bool:
        value = (z3.Ast * 1)()
        context = self._solver.ctx.ref()
        z3.Z3_model_eval(context, model.model, literal.ast, True, value)  # what is left open is false
        return bool(z3.Z3_get_bool_value(context, value[0]) == z3.Z3_L_TRUE)


def _rank(attribute: str) -> int:
    return _DROP_LAST.index(attribute) if attribute in _DROP_LAST else len(_DROP_LAST)
