"""A gate that remembers its answers: two stages of law cost far more than finding an equal question.

The rule it keeps: it answers exactly as the gate behind it. The key is the whole question and the interval of law in
force; what a rule marked uncached could bear on, and what failed, is never remembered.
"""  # spec: exchange-speed.md, What follows 1

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from comity.base.ids import Ms
from comity.policy.cedar import ERROR
from comity.policy.question import Question
from comity.policy.verdict import Verdict


class SteadyGate(Protocol):
    """A gate that can say for how long an answer holds."""

    def decide(self, question: Question, now: Ms) -> Verdict:
        """See `Gate.decide`."""
        ...

    def interval(self, now: Ms) -> int:
        """Return the number of the interval of law in force."""
        ...

    def steady(self, question: Question, now: Ms) -> bool:
        """Say whether the answer to this question stays the same within the interval."""
        ...


class RememberingGate:
    """A `Gate` before another one, with the most recently used answers in memory. Not for several threads at once."""

    def __init__(self, gate: SteadyGate, limit: int) -> None:
        """Put a memory of at most `limit` answers before `gate`."""
        self._gate = gate
        self._limit = limit
        self._answers: OrderedDict[tuple[int, Question], Verdict] = OrderedDict()
        self.hits = 0
        self.misses = 0

    @property
    def behind(self) -> SteadyGate:
        """The gate itself, for whoever asks from another thread or looks for a release path."""
        return self._gate

    @property
    def share(self) -> float:
        """Share of questions answered from memory, 0 to 1; 0 before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0

    def __len__(self) -> int:
        return len(self._answers)

    def decide(self, question: Question, now: Ms) -> Verdict:
        """Answer as the gate behind; see `Gate.decide`."""
        key = self.key(question, now)
        known = self._answers.get(key)
        if known is not None:
            self.hits += 1
            self._answers.move_to_end(key)
            return known
        self.misses += 1
        verdict = self._gate.decide(question, now)
        if verdict.ground != ERROR and self._gate.steady(question, now):
            self._answers[key] = verdict
            if len(self._answers) > self._limit:
                self._answers.popitem(last=False)
        return verdict

    def key(self, question: Question, now: Ms) -> tuple[int, Question]:
        """Return under what an answer is remembered: every attribute, and the interval of law in force."""
        return self._gate.interval(now), question
