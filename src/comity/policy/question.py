"""What the law gate is asked: every attribute that a rule may read, and nothing else.

A question has no id, no text and no instant in it, so that equal questions have equal answers and the gate may
remember them. Whoever asks resolves accord, roster and clock into these attributes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from comity.marking.labels import Urgency


class Act(StrEnum):
    """What someone wants to do with a dispatch: send, receive, and each later act on what is held."""

    CLEAR = "clear"
    ADMIT = "admit"
    USE = "use"
    ONWARD = "onward"
    """Pass it on: to another agency at home, or outside."""
    REPURPOSE = "repurpose"
    """Use it for another purpose than the one it came for."""
    EVIDENCE = "evidence"
    """Put it before a court or tribunal as evidence."""
    EXPORT = "export"
    """Write its content to a file outside the node."""
    COURT = "court"
    """Disclose it because a court or tribunal orders so."""
    ACCESS = "access"
    """Give it to the person concerned, or to whoever asked for records."""


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


class Serves(StrEnum):
    """What a use of a received fact serves; the label of what came may forbid some."""  # spec: vocabulary.md 2

    LEAD = "lead"
    PREVENT_HARM = "prevent-harm"
    """To prevent a death or a significant injury."""
    ARREST = "arrest"
    SUBJECT_CONTACT = "subject-contact"
    SOURCE_CONTACT = "source-contact"
    DECISION_ON_PERSON = "decision-on-person"
    """A decision that takes a right or a benefit from a person."""
    AUTOMATED_DECISION = "automated-decision"
    WATCH_LIST = "watch-list"
    CAPITAL_PROCEEDING = "capital-proceeding"


class Outside(StrEnum):
    """To whom an act gives content beyond our own agencies."""

    THIRD_STATE = "third-state"
    COURT = "court"
    PERSON = "person"
    FILE = "file"


class Release(StrEnum):
    """A use that the originator consented to, by its answer to a request for it."""

    EVIDENCE = "evidence"
    ONWARD = "onward"
    PURPOSE = "purpose"
    COURT = "court"
    ACCESS = "access"
    THIRD_STATE = "third-state"
    LISTING = "listing"
    ARREST = "arrest"
    CONTACT = "contact"
    DECISION = "decision"
    CAPITAL = "capital"


class Listing(StrEnum):
    """By whom a person or body is on a list of terrorist or criminal entities on the day."""

    OURS = "ours"
    THEIRS = "theirs"
    UNITED_NATIONS = "un"


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
    tainted: bool = False
    """Of act `use`: the fact was likely obtained by mistreatment."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the law of one side.

    Attributes:
        act: clear (we send), admit (we receive), or one of the acts on what is held.
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
        to_agencies: agencies at home to which an act gives the content; those that the label names count as named.
        named: every one of `to_agencies` is named by the label (`named-agencies`), or was a recipient.
        outside: `Outside` to which an act gives the content, "" if it stays with our agencies.
        new_purpose: the other purpose of act repurpose, "" else.
        serves: `Serves` of act use, "" else.
        released: `Release` words that the originator consented to for this dispatch.
        recalled: the originator recalled or corrected it.
        past_due: its review, destruction or return day has passed.
        classified: it bears a secrecy marking of its originator.
        listed_by: `Listing` words for the subject on the day.
        break_glass: forms and approvals are deferred because a life is in danger; never the overriding rules.
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
    to_agencies: frozenset[str] = frozenset()
    named: bool = False
    outside: str = ""
    new_purpose: str = ""
    serves: str = ""
    released: frozenset[str] = frozenset()
    recalled: bool = False
    past_due: bool = False
    classified: bool = False
    listed_by: frozenset[str] = frozenset()
    break_glass: bool = False
