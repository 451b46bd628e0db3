"""What the law gate is asked: every attribute that a rule may read, and nothing else.

A question has no id, no text and no instant in it, so that equal questions have equal answers and the gate may
remember them. Whoever asks resolves accord, roster and clock into these attributes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from comity.marking.labels import Urgency


class Act(StrEnum):
    """What someone wants to do with a dispatch."""

    CLEAR = "clear"
    ADMIT = "admit"
    USE = "use"


class Risk(StrEnum):
    """Risk of mistreatment, before or after mitigation."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    SUBSTANTIAL = "substantial"


class Decision(StrEnum):
    """What the decider of an assessment wrote."""

    GO = "go"
    GO_WITH_CONDITIONS = "go-with-conditions"
    NO = "no"
    UNDECIDED = "undecided"
    DISPUTED = "disputed"


class AssessedAct(StrEnum):
    """The three acts that are assessed."""  # spec: law-and-agencies.md 7

    DISCLOSE = "disclose"
    REQUEST = "request"
    USE = "use"


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a rule may know of a mistreatment assessment: its outcome, never its text."""

    act: AssessedAct
    short_form: bool
    risk_before: Risk
    mitigated: bool
    risk_after: Risk
    decision: Decision
    decider_outside: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the law of one side.

    Attributes:
        act: clear (we send), admit (we receive), use (we act on what was received).
        desk: desk of the dispatch.
        kind: kind of the dispatch.
        stage: state within the kind (`holding`, `part`, `final`; `nominated`, `accepted`, `ended`), or "".
        purpose: the one purpose code.
        urgency: how soon.
        agency: our agency that sends, receives or uses.
        peer_agencies: theirs, sorted, unique.
        handling, conditions: of the label.
        tlp, pap: of the label, "" if none.
        asserts: states something about a person, firm or account.
        evaluated: carries an evaluation code.
        categories: data categories in the content (act clear: before any removal).
        asks: data categories that the dispatch asks for, or that the question it answers asked for.
        records: record types asked for or drawn on (closed list of the desk), such as `subscriber-record`.
        basis: legal bases and arrangement ids that the dispatch names and the accord or edition knows.
        conduct: the named act or offence label, "" if none.
        own_power: the asker named the domestic power under which it could get this at home.
        known_for: why the subject may be known to either side: `opinion`, `faith`, `journalism`, `diaspora`.
        assessments: outcomes of the assessments at hand, sorted by act.
        approvals: roles whose holders approved this very content, besides the releasing officer.
        minimum_facts: the threat-to-life path: only the facts that save, forms later.
        third_state: the content, or part of it, comes from or goes to a state outside the accord.
        answers: kind of the dispatch that this one answers, "" if it answers none.
        budget_spent: this side's budget over distinct persons, for this purpose and period, is used up and the
            dispatch asks about a new person.
    """

    act: Act
    desk: str
    kind: str
    stage: str
    purpose: str
    urgency: Urgency
    agency: str
    peer_agencies: tuple[str, ...]
    handling: frozenset[str]
    conditions: frozenset[str]
    tlp: str
    pap: str
    asserts: bool
    evaluated: bool
    categories: frozenset[str]
    asks: frozenset[str]
    records: frozenset[str]
    basis: frozenset[str]
    conduct: str
    own_power: bool
    known_for: frozenset[str]
    assessments: tuple[Assessed, ...]
    approvals: frozenset[str]
    minimum_facts: bool
    third_state: bool
    answers: str = ""
    budget_spent: bool = False
