"""What the law gate answers: a verdict with all its reasons. A refusal is a result, not an exception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from comity.base.ids import Digest, Ms
from comity.policy.question import Question

NO_LAW = Digest(bytes(32))
"""Stands for the interval of law where no law was asked, and in records older than it."""


class Effect(StrEnum):
    """The four answers, least to most restrictive."""

    PERMIT = "permit"
    PERMIT_WITH = "permit-with"
    REFER = "refer"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that decided.

    Attributes:
        rule: id of the rule, such as `XX-ACCORD`.
        effect: what this rule alone leads to.
        article: the statute and section as a lawyer cites it.
        status: how well the rule's text is known: `text-read`, `secondary`, `unverified`, `accord`.
        sentence: one plain sentence in the edition's first language.
        sentences: (language tag, sentence) for every language of the edition, sorted.
    """

    rule: str
    effect: Effect
    article: str
    status: str
    sentence: str
    sentences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing that must be done with a permitted dispatch; the path does it visibly."""

    verb: str  # redact | caveat | retain-max-days | approval | report
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole answer of one law.

    Attributes:
        effect: the most restrictive of all reasons.
        reasons: every rule that decided, permits included, most restrictive first, then by rule id; never empty.
        obligations: what to do, sorted; empty unless the effect is permit-with.
        ground: the inward ground of a refusal or referral, for the decision log only; None if permitted. Several are
            joined with a comma and a blank, in the order of the reasons.
        outward: the only word that may cross; None if permitted.
        refer_to: authority or role that a referral goes to; on a refusal the other way that the law offers, if any.
        missing: what would turn this answer into a permit, in the edition's own words (`assessment:request`), sorted;
            empty when one of the reasons cannot be cured.
        edition: hash of the law edition that answered.
        interval: hash of the rules of that edition that were in force.
    """

    effect: Effect
    reasons: tuple[Reason, ...]
    obligations: tuple[Obligation, ...]
    ground: str | None
    outward: str | None
    refer_to: str | None
    missing: tuple[str, ...]
    edition: Digest
    interval: Digest = NO_LAW

    @property
    def permits(self) -> bool:
        """Whether law does not forbid it (the obligations still have to be met)."""
        return self.effect in {Effect.PERMIT, Effect.PERMIT_WITH}


class Gate(Protocol):
    """The law of one side, whatever engine runs it."""

    def decide(self, question: Question, now: Ms) -> Verdict:
        """Answer with the law in force at `now`.

        Never raises and never permits on an error: whatever goes wrong inside is a refusal with ground `error`.
        The same question within one interval of law in force has the same answer.
        """
        ...
