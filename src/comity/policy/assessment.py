"""The record of a mistreatment assessment: what could be done to whom, asked before personal data moves.

The rule it keeps: risk before, each mitigation and risk after stand apart; who decides is named and says whether they
stand outside the operation; a substantial risk never passes. There is no field for the value of a relationship.
"""  # spec: law-and-agencies.md 1 and 7

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Ms
from comity.policy.question import Assessed, AssessedAct, Decision, Risk

FULL_FORM_AFTER_MS = 24 * 60 * 60 * 1000
"""A short form is followed by the full one within this time."""  # spec: law-and-agencies.md 7 rule 5
MAX_TEXT = 4000
"""Characters of one answer."""
VERSION = "comity/assessment/1"

_RISKS = tuple(Risk)
_GOES = frozenset({Decision.GO, Decision.GO_WITH_CONDITIONS})


class AssessmentForm(StrEnum):
    """The four questions of a threat to life, or the whole form."""

    SHORT = "short"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Mitigation:
    """One thing that lowers the risk: a coded condition, a removal or an assurance, and to what it lowers it."""

    what: str
    lowers_to: Risk


@dataclass(frozen=True, slots=True)
class Assessment:
    """One assessment of one act, as its decider signed it off.

    Attributes:
        act: disclose, request or use.
        form: short only where a life is at risk.
        who_and_how: who could be harmed and how.
        risk_before: before any mitigation.
        source: how good the source is, in words: accuracy and reliability.
        mitigations: each by itself, in the order in which they were weighed; the risk never rises along them.
        risk_after: what the last one leaves; `risk_before` where there is none.
        decision: go, go with conditions, no; or undecided or disputed, which goes to the head.
        basis: on what the decision rests; a full form has it.
        decider_desk, decider_number: the officer who decided.
        outside_operation: the decider has no part in the operation.
        tainted: of act use only: the fact was likely obtained by mistreatment.
    """

    act: AssessedAct
    form: AssessmentForm
    who_and_how: str
    risk_before: Risk
    source: str
    mitigations: tuple[Mitigation, ...]
    risk_after: Risk
    decision: Decision
    basis: str
    decider_desk: str
    decider_number: int
    outside_operation: bool
    tainted: bool = False

    def __post_init__(self) -> None:
        """Check the record.

        Raises:
            BadForm: an answer is missing, or the answers do not fit together; the message says which.
        """
        self._check_answers()
        self._check_risks()
        if self.decision in _GOES and self.risk_after is Risk.SUBSTANTIAL:
            raise BadForm("a substantial risk remains; the answer is no, or it goes to the head as undecided")
        if self.decision is Decision.GO_WITH_CONDITIONS and not self.mitigations:
            raise BadForm("go with conditions, but no condition or assurance is named")
        if self.tainted and self.act is not AssessedAct.USE:
            raise BadForm("how a fact was obtained is asked before it is used; assess the use")

    def _check_answers(self) -> None:
        answers = (
            ("who could be harmed and how", self.who_and_how),
            ("how good the source is", self.source),
            ("the decider's desk", self.decider_desk),
        )
        for name, answer in answers:
            if not answer.strip():
                raise BadForm(f"the question is not answered: {name}")
        if self.form is AssessmentForm.FULL and not self.basis.strip():
            raise BadForm("the full form says on what the decision rests")
        if any(not mitigation.what.strip() for mitigation in self.mitigations):
            raise BadForm("a mitigation says what it is")
        longest = max(map(len, (self.who_and_how, self.source, self.basis, *(m.what for m in self.mitigations))))
        if longest > MAX_TEXT:
            raise BadForm(f"an answer is longer than {MAX_TEXT} characters")

    def _check_risks(self) -> None:
        steps = [self.risk_before, *(mitigation.lowers_to for mitigation in self.mitigations)]
        ranks = [_RISKS.index(risk) for risk in steps]
        if ranks != sorted(ranks, reverse=True):
            raise BadForm("a mitigation cannot raise the risk; say what the risk was before")
        if self.risk_after is not steps[-1]:
            raise BadForm("the risk after is what the last mitigation leaves, or the risk before if there is none")

    def assessed(self) -> Assessed:
        """Return what a rule may know of it."""
        return Assessed(
            act=self.act,
            short_form=self.form is AssessmentForm.SHORT,
            risk_before=self.risk_before,
            mitigated=self.risk_after is not self.risk_before,
            risk_after=self.risk_after,
            decision=self.decision,
            decider_outside=self.outside_operation,
            tainted=self.tainted,
        )

    def full_form_due(self, now: Ms) -> Ms | None:
        """Return by when the full form is due if this one is decided at `now`; None for a full form."""
        return Ms(now + FULL_FORM_AFTER_MS) if self.form is AssessmentForm.SHORT else None


def encode_assessment(assessment: Assessment) -> bytes:
    """Return the canonical bytes for the decision record."""
    record: dict[str, Value] = {
        "version": VERSION,
        "act": assessment.act.value,
        "form": assessment.form.value,
        "who_and_how": assessment.who_and_how,
        "risk_before": assessment.risk_before.value,
        "source": assessment.source,
        "mitigations": [[m.what, m.lowers_to.value] for m in assessment.mitigations],
        "risk_after": assessment.risk_after.value,
        "decision": assessment.decision.value,
        "basis": assessment.basis,
        "decider": [assessment.decider_desk, assessment.decider_number],
        "outside_operation": assessment.outside_operation,
    }
    return cbor.encode({**record, _TAINTED: True} if assessment.tainted else record)


def decode_assessment(data: bytes) -> Assessment:
    """Read what `encode_assessment` wrote.

    Raises:
        BadEnvelope: other bytes.
    """
    record = cbor.decode(data)
    if not isinstance(record, Mapping) or frozenset(record) - {_TAINTED} != _KEYS:
        raise BadEnvelope("these bytes are no assessment")
    take: dict[str, Value] = {str(key): value for key, value in record.items()}
    if take.get(_TAINTED, True) is not True:
        raise BadEnvelope("these bytes are no assessment")
    fields.version(take["version"], VERSION, "version")
    desk, number = fields.row(take["decider"], 2, "decider")
    try:
        return Assessment(
            act=fields.choice(take["act"], AssessedAct, "act"),
            form=fields.choice(take["form"], AssessmentForm, "form"),
            who_and_how=fields.text(take["who_and_how"], "who_and_how"),
            risk_before=fields.choice(take["risk_before"], Risk, "risk_before"),
            source=fields.text(take["source"], "source"),
            mitigations=fields.many(take["mitigations"], _mitigation, "mitigations"),
            risk_after=fields.choice(take["risk_after"], Risk, "risk_after"),
            decision=fields.choice(take["decision"], Decision, "decision"),
            basis=fields.text(take["basis"], "basis"),
            decider_desk=fields.text(desk, "decider"),
            decider_number=fields.uint(number, "decider"),
            outside_operation=fields.flag(take["outside_operation"], "outside_operation"),
            tainted=_TAINTED in take,
        )
    except BadForm as error:
        raise BadEnvelope("an assessment whose answers do not fit together") from error


_TAINTED = "tainted"
"""Written only where it is so, so that an older record has the same bytes."""
_KEYS = frozenset(
    {
        "version", "act", "form", "who_and_how", "risk_before", "source", "mitigations", "risk_after", "decision",
        "basis", "decider", "outside_operation",
    }
)  # fmt: skip


def _mitigation(value: Value, what: str) -> Mitigation:
    text, lowers_to = fields.row(value, 2, what)
    return Mitigation(fields.text(text, what), fields.choice(lowers_to, Risk, what))
