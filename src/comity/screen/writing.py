"""What a person needs who writes, approves or acts, as plain data that the door gives and a screen reads.

The rule it keeps: identifiers are 26 letters and digits, times milliseconds UTC, officers a desk and a number. The door
fills these from the node, because what is asked of the law is asked where the law is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from comity.screen import BodyLine
from comity.screen.forms import About, KindForm


@dataclass(frozen=True, slots=True)
class Named:
    """A code with the words that stand for it."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class PurposeLine:
    """A purpose: what `conduct` must hold (`offence`, `violent-act`, `none`), and whether TLP and PAP rule its label."""

    code: str
    covers: str
    conduct: str
    colours: bool


@dataclass(frozen=True, slots=True)
class LimitLine:
    """What is owed for one urgency, in milliseconds from *arrived*; None where nothing is."""

    urgency: str
    seen: int | None
    first: int | None
    full: int | None


@dataclass(frozen=True, slots=True)
class OfficerLine:
    """One officer of ours: desk, number, agency, roles, and the id of the delegation that the officer acts under, or ""."""

    desk: str
    number: int
    agency: str
    roles: tuple[str, ...]
    delegation: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What the forms offer at this node.

    Attributes:
        desk: that keeps cases; a form of another one names it.
        forms: of the kinds that the accord opens.
        purposes, items: purposes and workplan items.
        ours, theirs: agencies by id with their names; of ours those that act, of theirs those that can receive.
        bases: legal bases that our law knows.
        limits: by urgency, the shortest first.
        officers: ours.
        zone: in which this officer's times are read and shown.
        markings: evaluations, handling codes, conditions with what they take in brackets, TLP, PAP.
    """

    desk: str
    forms: tuple[KindForm, ...]
    purposes: tuple[PurposeLine, ...]
    items: tuple[Named, ...]
    ours: tuple[Named, ...]
    theirs: tuple[Named, ...]
    bases: tuple[str, ...]
    limits: tuple[LimitLine, ...]
    officers: tuple[OfficerLine, ...]
    zone: str
    handling: tuple[str, ...]
    conditions: tuple[Named, ...]
    tlp: tuple[str, ...]
    pap: tuple[str, ...]
    grounds: tuple[Named, ...]
    """Inward grounds with the outward codes that each allows, separated by blanks."""
    their_law: bool
    """Their published law is here and can be asked."""

    def form(self, kind: str, *, on: bool = False) -> KindForm | None:
        """Return the form of a kind, None if the accord does not open it; with `on` the one that is written on a dispatch."""
        found = [one for one in self.forms if one.kind == kind]
        return next((one for one in found if on and one.about is About.REPLACES), found[0] if found else None)


@dataclass(frozen=True, slots=True)
class InCase:
    """One dispatch of a case, to be chosen: number, kind, whose, when, its title."""

    id: str
    kind: str
    ours: bool
    at: int
    title: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What a form is written on: a case, or one dispatch of it.

    Attributes:
        case, number, title: of the case.
        on: the dispatch, "" for the case alone.
        kind, stage, ours: of the dispatch.
        purpose, item, item_reason, urgency: of the dispatch, or of the last one of the case.
        agency: ours that has it.
        theirs: agencies of theirs.
        lines: labels and texts of the dispatch, so that a correction can name them.
        conditions: of its label.
        dispatches: of the case, the newest first.
        body: of the dispatch, as a form has it, where a form on it begins with what it says; else empty.
    """

    case: str
    number: str
    title: str
    on: str
    kind: str
    stage: str
    ours: bool
    purpose: str
    item: str
    item_reason: str
    urgency: str
    agency: str
    theirs: tuple[str, ...]
    lines: tuple[BodyLine, ...]
    conditions: tuple[str, ...]
    dispatches: tuple[InCase, ...]
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step that is missing: the code and plain words."""

    step: str
    words: str


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role whose approval is asked for, and who is on call in it (`desk/number`), the first to be rung first."""

    role: str
    on_call: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One person's answer to a draft: the role in which they spoke, who, yes or no, their words, when."""

    role: str
    officer: str
    yes: bool
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One data category that the scan found.

    `state` is `stop`, `open`, `proposed`, `confirmed` or `rejected`; `texts` are what was found, shortened.
    """

    category: str
    state: str
    overriding: bool
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason of a verdict; see `policy.verdict.Reason`."""

    rule: str
    effect: str
    article: str
    status: str
    sentence: str
    sentences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DutyWords:
    """One thing that must be done with what is permitted: verb, value, rule, and plain words."""

    verb: str
    value: str
    rule: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class VerdictData:
    """A verdict as the door gives it; see `policy.verdict.Verdict`."""

    effect: str
    reasons: tuple[ReasonLine, ...]
    obligations: tuple[DutyWords, ...]
    ground: str | None
    outward: str | None
    refer_to: str | None
    missing: tuple[str, ...]
    edition: str
    interval: str


@dataclass(frozen=True, slots=True)
class Ways:
    """What lies between a draft and its release, as the law counts it; `whole` is false if the search was given up."""

    curable: bool
    whole: bool
    steps: tuple[StepLine, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelLine:
    """The label as it would leave."""

    handling: tuple[str, ...]
    conditions: tuple[str, ...]
    tlp: str | None
    pap: str | None
    evaluation: str | None
    retain_until: int | None
    categories: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code of it, in the order in which labels are shown."""
        colours = (f"TLP:{self.tlp}" if self.tlp else "", f"PAP:{self.pap}" if self.pap else "")
        return tuple(one for one in (*self.handling, *self.conditions, *colours, self.evaluation or "") if one)


@dataclass(frozen=True, slots=True)
class BudgetNear:
    """The budget over persons for the draft's purpose: asked so far, the limit, how many it asks about, whether it is spent."""

    persons: int
    limit: int
    asks: int
    spent: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What would become of a draft; `outcome` is `sent`, `held`, `referred`, `refused`."""

    outcome: str
    verdict: VerdictData
    missing: tuple[StepLine, ...]
    ways: Ways | None
    duties: tuple[DutyWords, ...]
    removed: tuple[str, ...]
    label: LabelLine
    leaves: tuple[BodyLine, ...]
    found: tuple[FoundLine, ...]
    roles: tuple[RoleLine, ...]
    budget: BudgetNear | None = None


@dataclass(frozen=True, slots=True)
class AssessmentCard:
    """One assessment whole, for those who approve: what `policy.assessment.Assessment` has."""

    act: str
    form: str
    who_and_how: str
    risk_before: str
    source: str
    mitigations: tuple[tuple[str, str], ...]
    risk_after: str
    decision: str
    basis: str
    decider: str
    outside: bool
    tainted: bool


@dataclass(frozen=True, slots=True)
class HeldCard:
    """One draft that was kept whole, as it would leave.

    Attributes:
        id, state, kind, urgency, purpose, item, at: of the draft.
        agency, theirs: names.
        case: number of the case that it belongs to, "" if it opens one; `case_number` as people write it.
        by: desk and number of who handed it in.
        missing, roles, answers: what it waits for, whose approval, what was said so far.
        subject: hash of what an approval binds to, hex; "" if law did not hold it.
        same: by the law of now it would leave exactly as that hash says; if not, it must be taken up again first.
        judgement: what law says of it now; None if it waits no longer or no longer fits.
        assessments: made for it.
        rung: role, officer, when.
        form: as the door takes it, so that it can be written again.
    """

    id: str
    state: str
    kind: str
    urgency: str
    purpose: str
    item: str
    at: int
    agency: str
    theirs: tuple[str, ...]
    case: str
    case_number: str
    by: str
    missing: tuple[StepLine, ...]
    roles: tuple[RoleLine, ...]
    answers: tuple[AnswerLine, ...]
    subject: str
    same: bool
    judgement: Judgement | None
    assessments: tuple[AssessmentCard, ...]
    rung: tuple[tuple[str, str, int], ...]
    break_glass: str
    minimum: bool


@dataclass(frozen=True, slots=True)
class TheirLawAsked:
    """One time that an officer asked the other side's published law about a draft; for our reviewer."""

    officer: str
    kind: str
    purpose: str
    urgency: str
    case: str
    effect: str
    at: int
