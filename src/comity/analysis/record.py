"""A question of which nothing is known yet: one variable for each word of each attribute, and what holds of every one.

The rule it keeps: only what every real question keeps is assumed, each assumption with its reason; nothing that a law is
there to enforce.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import z3

from comity.analysis.translate import NO, Formula, Group, Guards, Number, Text, Texts, Value, one_of
from comity.analysis.words import ANSWER_STAGES, FLAGS, NOW, POSTING_STAGES, Words
from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.policy.attributes import Groups, attributes_of
from comity.policy.cases import BASE
from comity.policy.question import Act, Assessed, AssessedAct, Decision, Question, Risk

_OUTCOME_WORDS = ("risk_before", "risk_after", "decision")
_OUTCOME_FLAGS = ("tainted", "short_form", "mitigated", "decider_outside")
_RISKS = tuple(risk.value for risk in Risk)


@dataclass(frozen=True, slots=True)
class Record:
    """The variables of one question.

    Attributes:
        texts: for each text attribute, for each word, that it is this word.
        sets: for each set attribute, for each word, that it is in it.
        flags: for each flag, that it is set.
        moments: for each instant, that `now` is it.
    """

    texts: Mapping[str, Guards]
    sets: Mapping[str, Guards]
    flags: Mapping[str, Formula]
    moments: Mapping[int, Formula]

    @classmethod
    def over(cls, words: Words) -> Record:
        """Make the variables for a world of words."""
        return cls(
            texts={name: {word: z3.Bool(_is(name, word)) for word in known} for name, known in words.texts.items()},
            sets={name: {word: z3.Bool(_has(name, word)) for word in known} for name, known in words.sets.items()},
            flags={name: z3.Bool(name) for name in FLAGS},
            moments={instant: z3.Bool(_is(NOW, instant)) for instant in words.moments},
        )

    def variables(self) -> Iterator[tuple[str, Formula]]:
        """Yield the name and the variable of each thing that can be so."""
        yield from ((_is(name, word), guard) for name, guards in self.texts.items() for word, guard in guards.items())
        yield from ((_has(name, word), guard) for name, guards in self.sets.items() for word, guard in guards.items())
        yield from self.flags.items()
        yield from ((_is(NOW, moment), guard) for moment, guard in self.moments.items())

    def assumptions(self) -> Iterator[Formula]:
        """Yield what holds of every real question."""
        for guards in self.texts.values():
            yield from _exactly_one([*guards.values()])
        yield from _exactly_one([*self.moments.values()])
        for assessed in AssessedAct:
            yield from self._outcome(f"assessments.{assessed}")
        act, text = self.texts["act"], self.texts
        yield z3.Implies(self.flags["assessments.disclose.tainted"], NO)  # it is said of facts that came, act `use`
        yield z3.Implies(self.flags["assessments.request.tainted"], NO)
        yield z3.Implies(self.flags["break_glass"], text["urgency"]["immediate"])  # it is for a life in danger only
        yield (text["new_purpose"][""] == z3.Not(act[Act.REPURPOSE]))
        yield z3.Implies(z3.Not(act[Act.USE]), text["serves"][""])
        for sending in (Act.CLEAR, Act.ADMIT):
            yield z3.Implies(act[sending], text["outside"][""])
        for stages, kind in ((ANSWER_STAGES, "answer"), (POSTING_STAGES, "posting")):  # no other kind has any of them
            yield from (z3.Implies(text["stage"][stage], text["kind"][kind]) for stage in stages)

    def base(self) -> Iterator[tuple[str, Formula]]:
        """Yield (attribute, literal) for each thing that is so in the question that every example starts from."""
        record = attributes_of(BASE, Groups(frozenset(), frozenset(), frozenset(), BASE.basis))
        for name, guards in self.texts.items():
            yield name, guards[str(_reach(record, name))]
        for name, guards in self.sets.items():
            inside = _reach(record, name)
            among = inside if isinstance(inside, list) else []
            yield from ((name, guard if word in among else z3.Not(guard)) for word, guard in guards.items())
        yield from ((name, flag if _reach(record, name) else z3.Not(flag)) for name, flag in self.flags.items())
        yield from ((NOW, guard) for guard in list(self.moments.values())[:1])

    def plain_outcomes(self) -> Iterator[Formula]:
        """Yield what an unremarkable assessment says, for those that an example needs."""
        for act in AssessedAct:
            path = f"assessments.{act}"
            texts, flags = self.texts, self.flags
            yield texts[f"{path}.decision"][Decision.GO]
            yield from (texts[f"{path}.{what}"][Risk.LOW] for what in ("risk_after", "risk_before"))
            yield flags[f"{path}.decider_outside"]

    def question(self, true: frozenset[str]) -> tuple[Question, Ms]:
        """Return the question that a solution is, and the instant at which it is asked.

        Args:
            true: names of the variables that are true in it.
        """
        texts = {name: next(w for w in guards if _is(name, w) in true) for name, guards in self.texts.items()}
        sets = {name: frozenset(w for w in guards if _has(name, w) in true) for name, guards in self.sets.items()}
        flags = {name: name in true for name in self.flags}
        plain = {name: flag for name, flag in flags.items() if "." not in name}
        words = {name: word for name, word in texts.items() if "." not in name}
        known: dict[str, object] = {
            **words,
            **plain,
            **sets,
            "act": Act(words["act"]),
            "urgency": Urgency[words["urgency"].upper()],
            "peer_agencies": tuple(sorted(sets["peer_agencies"])),
            "assessments": tuple(
                _assessed(act, texts, flags) for act in AssessedAct if flags[f"assessments.{act}.made"]
            ),
        }
        return Question(**known), Ms(next(moment for moment in self.moments if _is(NOW, moment) in true))  # type: ignore[arg-type]  # every field by its kind

    def _outcome(self, path: str) -> Iterator[Formula]:
        """Yield: an outcome not made is empty; a mitigation never raises the risk, and it says whether it lowered it."""
        made = self.flags[f"{path}.made"]
        for what in _OUTCOME_WORDS:
            yield made == z3.Not(self.texts[f"{path}.{what}"][""])
        for what in _OUTCOME_FLAGS:
            yield z3.Implies(self.flags[f"{path}.{what}"], made)
        before, after = (self.texts[f"{path}.{what}"] for what in ("risk_before", "risk_after"))
        for rank, risk in enumerate(_RISKS):
            yield z3.Implies(after[risk], one_of([before[higher] for higher in _RISKS[rank:]]))
        same = one_of([z3.And(before[risk], after[risk]) for risk in _RISKS])
        yield z3.Implies(made, self.flags[f"{path}.mitigated"] == z3.Not(same))


class Seen:
    """A question as one stage of one law sees it; see `translate.View`."""

    def __init__(self, record: Record, groups: Groups, categories: Guards) -> None:
        """Take the question, the law's words, and what is left of the data categories at this stage."""
        basis = {word: guard for word, guard in record.sets["basis"].items() if word in groups.bases}
        self._record = record
        self._sets = {**record.sets, "basis": basis, "categories": categories}
        self._derived = {
            "personal": _any(categories, groups.personal),
            "asks_personal": z3.Or(
                _any(record.sets["asks"], groups.personal), _any(record.sets["records"], groups.personal_records)
            ),
            "gives": z3.And(_any(record.texts["kind"], groups.giving), z3.Not(record.texts["stage"]["holding"])),
        }

    def attribute(self, path: str) -> Value | None:
        """Return the attribute at a path; None if there is none."""
        record = self._record
        if path in record.texts:
            return Text(record.texts[path])
        if path in self._sets:
            return Texts(self._sets[path])
        if path == NOW:
            return Number(record.moments)
        if path in self._derived:
            return self._derived[path]
        inside = any(name.startswith(f"{path}.") for name in record.flags)
        return Group(path) if inside else record.flags.get(path)


def _exactly_one(guards: list[Formula]) -> Iterator[Formula]:
    yield one_of(guards)
    yield from (z3.Or(z3.Not(one), z3.Not(other)) for one, other in combinations(guards, 2))


def _any(guards: Guards, words: Iterable[str]) -> Formula:
    return one_of([guards[word] for word in sorted(words) if word in guards])


def _reach(record: Mapping[str, object], path: str) -> object:
    reached: object = record
    for name in path.split("."):
        reached = reached[name] if isinstance(reached, Mapping) else None
    return reached


def _is(name: str, word: str | int) -> str:
    return f"{name}={word}"


def _has(name: str, word: str) -> str:
    return f"{name}:{word}"


def _assessed(act: AssessedAct, texts: Mapping[str, str], flags: Mapping[str, bool]) -> Assessed:
    path = f"assessments.{act}"
    return Assessed(
        act=act,
        short_form=flags[f"{path}.short_form"],
        risk_before=Risk(texts[f"{path}.risk_before"]),
        mitigated=flags[f"{path}.mitigated"],
        risk_after=Risk(texts[f"{path}.risk_after"]),
        decision=Decision(texts[f"{path}.decision"]),
        decider_outside=flags[f"{path}.decider_outside"],
        tainted=flags[f"{path}.tainted"],
    )
