"""The oracle's answer: what is obliged, what removals leave, whether that is permitted; the most restrictive wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from comity.marking.vocabulary import GROUNDS, OUTWARD
from comity.policy.question import Question
from comity.policy.verdict import Verdict
from tests.differential.oracle_facts import Book, Facts, Row


@dataclass(frozen=True)
class Answer:
    """What is compared of a verdict."""

    effect: str
    reasons: frozenset[str]
    obligations: frozenset[tuple[str, str]]
    ground: str | None
    outward: str | None
    refer_to: str | None
    missing: frozenset[str]


def answer_of(verdict: Verdict) -> Answer:
    """Return what is compared of the gate's verdict."""
    return Answer(
        effect=verdict.effect.value,
        reasons=frozenset(reason.rule for reason in verdict.reasons),
        obligations=frozenset((duty.rule, f"{duty.verb}:{duty.value}") for duty in verdict.obligations),
        ground=verdict.ground,
        outward=verdict.outward,
        refer_to=verdict.refer_to,
        missing=frozenset(verdict.missing),
    )


class Oracle:
    """One edition, evaluated by the rows written down for it."""

    def __init__(self, book: Book, rows: Iterable[Row]) -> None:
        self.book = book
        self.rows = tuple(sorted(rows, key=lambda row: row.id))
        self.seen: dict[str, int] = dict.fromkeys((row.id for row in self.rows), 0)
        """How often each rule held."""
        self._by_act: dict[tuple[str, bool], list[Row]] = {}
        for row in self.rows:
            for act in row.acts:
                self._by_act.setdefault((act, row.effect == "oblige"), []).append(row)

    def _hold(self, q: Question, f: Facts, now: int, *, duties: bool) -> list[Row]:
        found = [
            row
            for row in self._by_act.get((q.act.value, duties), ())
            if row.begins <= now and (row.ends is None or now < row.ends) and row.holds(q, f)
        ]
        for row in found:
            self.seen[row.id] += 1
        return found

    def decide(self, q: Question, now: int) -> Answer:
        facts = Facts(q, self.book)
        duties = self._hold(q, facts, now, duties=True)
        removed = {row.duty.removeprefix("redact:") for row in duties if row.duty.startswith("redact:")}
        if q.act == "clear" and removed:  # who receives removes nothing
            q = replace(q, categories=q.categories - removed)
            facts = Facts(q, self.book)
        hold = self._hold(q, facts, now, duties=False)
        against = [row for row in hold if row.effect != "permit"]
        if against:
            return self._no(against)
        if not hold:
            word = self._word(["no-legal-basis"], [self._own_word("no-legal-basis")])
            default = frozenset({f"{self.book.prefix}-DEFAULT"})
            return Answer("refuse", default, frozenset(), "no-legal-basis", word, None, frozenset())
        return Answer(
            effect="permit-with" if duties else "permit",
            reasons=frozenset(row.id for row in (*hold, *duties)),
            obligations=frozenset((row.id, row.duty) for row in duties),
            ground=None,
            outward=None,
            refer_to=None,
            missing=frozenset(),
        )

    def _no(self, against: list[Row]) -> Answer:
        """Tell every prohibition; those of the most restrictive kind say why, what crosses, and where to go instead."""
        effect = "refuse" if any(row.effect == "refuse" for row in against) else "refer"
        telling = [row for row in against if row.effect == effect]
        grounds = list(dict.fromkeys(row.ground for row in telling))
        ways = [row.to for row in telling if row.to]
        curable = all(row.cure for row in against)
        return Answer(
            effect=effect,
            reasons=frozenset(row.id for row in against),
            obligations=frozenset(),
            ground=", ".join(grounds),
            outward=self._word(grounds, [row.word or self._own_word(row.ground) for row in telling]),
            refer_to=ways[0] if ways else None,
            missing=frozenset().union(*(row.cure for row in against)) if curable else frozenset(),
        )

    def _own_word(self, ground: str) -> str:
        """Return the edition's word for a ground: the first that it allows, unless the manifest has another."""
        return self.book.outward.get(ground) or GROUNDS[ground][0]

    @staticmethod
    def _word(grounds: list[str], words: list[str]) -> str:
        """Return the least telling of the words that the rules would say and that every ground allows."""
        lawful = [word for word in words if all(word in GROUNDS[ground] for ground in grounds)]
        return max(lawful, key=OUTWARD.index, default="cannot-assist")
