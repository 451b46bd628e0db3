"""What a person sees, as plain data: desks and node fill it, web and cli show it; neither knows the other.

Times are milliseconds UTC by the node's clock. `None` in a time means "not yet". Nothing here is a secret of the node's
decision log beyond what its own officers may read: inward grounds are in `OwnReason` only, never sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms


@dataclass(frozen=True, slots=True)
class PartyCard:
    """One party in the bar: short mark (2-3 letters), name, capital, IANA zone, office hours (local minutes of day).

    `on_duty` is who is there now, in words; "" where nobody has said it, as on the board's own cards.
    """

    short: str
    name: str
    capital: str
    zone: str
    opens: int
    closes: int
    on_duty: str
    ours: bool


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One line of the shared workplan with what moved and what is overdue today.

    `feedback_missing` is (mark of the party that owes it, how many): feedback on final answers whose second reminder has passed.
    """

    item: str
    aim: str
    owners: tuple[tuple[str, str], ...]
    moved: int
    overdue: int
    overdue_of: tuple[str, ...]
    due: str
    measure: str
    feedback_missing: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One law's answer: whose law, effect (`permit`, `permit-with`, `refer`, `refuse`), sentence, articles, status mark.

    `ground` is the inward ground and is filled only on the side whose law it is. `edition` is the hash in hex; `exercise`
    says that no lawyer has signed the edition. `known` is false where the peer's verdict is not known to us. `rules` are
    the ids of the rules behind each article, in the order of `articles`; `deciding` those whose sentences `sentence` has.
    """

    party: str
    act: str
    effect: str
    sentence: str
    articles: tuple[str, ...]
    marks: tuple[str, ...]
    ground: str | None
    edition: str
    exercise: bool
    known: bool
    rules: tuple[tuple[str, ...], ...] = ()
    deciding: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One thing that our law obliged to: verb and value, the rule that says so, and whether it was done.

    `done_at` is when; `due` by when, None where no time is set; `role` whose it still is. What the path did itself is done
    with the dispatch. `state` is `done`, `open`, or `noted` for what binds and is never finished, such as a retention.
    """

    verb: str
    value: str
    rule: str
    state: str
    role: str
    due: Ms | None
    done_at: Ms | None


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """One approval: the role in which it was given, desk and number of the officer (never a name), and when."""

    role: str
    officer: str
    at: Ms | None


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """What a mistreatment assessment came to, never its text: act and form, risk before and after, decision.

    `outside` says that the decider has no part in the operation; `at` is when it was made, None where that is not kept.
    """

    act: str
    form: str
    before: str
    after: str
    decision: str
    outside: bool
    tainted: bool
    at: Ms | None


@dataclass(frozen=True, slots=True)
class GlassLine:
    """Glass that was broken for a dispatch: when, what was deferred, and the review of it."""

    at: Ms
    deferred: tuple[str, ...]
    review_due: Ms | None
    reviewed_at: Ms | None


@dataclass(frozen=True, slots=True)
class ActLine:
    """One later act on a dispatch, done or not: what, by which officer's desk and number, and what our law said.

    `state` is `done`, `refused`, `referred` or `held`; `about` says whom or what it was for; `missing` and `deferred` are
    in plain words; `glass` says that it was asked behind broken glass.
    """

    act: str
    about: str
    state: str
    officer: str
    at: Ms
    verdict: VerdictLine | None
    approvals: tuple[str, ...]
    assessments: tuple[AssessmentLine, ...]
    missing: tuple[str, ...]
    glass: bool
    deferred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LawPart:
    """What our law asked of one dispatch and what was done about it; of the peer's side nothing is known of this."""

    duties: tuple[DutyLine, ...]
    approvals: tuple[ApprovalLine, ...]
    assessments: tuple[AssessmentLine, ...]
    glass: GlassLine | None
    acts: tuple[ActLine, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal: the rule class, where it stood, and whether we or they removed it."""

    category: str
    where: str
    by: str


@dataclass(frozen=True, slots=True)
class BodyLine:
    """One labelled line of a body as text only; `removed` names the class where a removal stands, `lang` a BCP 47 tag."""

    label: str
    text: str
    removed: str | None
    lang: str | None


@dataclass(frozen=True, slots=True)
class StateTimes:
    """The facts of one dispatch: `sent` is our commit, the rest are receipts or dispatches that say so."""

    sent: Ms | None
    cosigned: Ms | None
    arrived: Ms | None
    filed: Ms | None
    seen: Ms | None
    answered: Ms | None
    refused: Ms | None
    quarantined: Ms | None
    recalled: Ms | None
    code: str | None


@dataclass(frozen=True, slots=True)
class DispatchCard:
    """One dispatch with all that the page shows of it."""

    id: DispatchId
    ours: bool
    kind: str
    stage: str
    case: CaseId
    case_number: str
    title: str
    item: str | None
    item_reason: str
    purpose: str
    urgency: int
    from_party: str
    to_party: str
    from_agency: str
    to_agencies: tuple[str, ...]
    released_by: str
    label: tuple[str, ...]
    times: StateTimes
    due: Ms | None
    due_what: str
    overdue: bool
    overdue_of: str | None
    verdicts: tuple[VerdictLine, ...]
    removals: tuple[Removal, ...]
    body: tuple[BodyLine, ...]
    index: LeafIndex | None
    receipt_index: LeafIndex | None
    law: LawPart | None = None
    """Filled for the page of the dispatch alone; None in a list."""


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One case: its numbers on this node, urgency, open limit, its dispatches in time order, and how many of them are left out."""

    case: CaseId
    number: str
    title: str
    item: str | None
    urgency: int
    state: str
    due: Ms | None
    overdue: bool
    dispatches: tuple[DispatchCard, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class LinkCard:
    """The link to the other node: state of protocol section 9, last exchange, what waits, why it stopped."""

    state: str
    since: Ms
    last_exchange: Ms | None
    waiting: int
    oldest_waiting: Ms | None
    reason: str


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One leaf that says in words what happened: its place, kind (`break-glass`, `review`) and, of our own, when."""

    index: LeafIndex
    kind: str
    at: Ms | None


@dataclass(frozen=True, slots=True)
class LogCard:
    """One log: origin, size, root (hex), size and time of the newest checkpoint that the other party co-signed.

    `marks` are its leaves that say that glass was broken or looked at afterwards, newest first.
    """

    origin: str
    role: str
    size: int
    root: str
    cosigned_size: int
    cosigned_at: Ms | None
    log_vkeys: tuple[str, ...]
    cosigner_vkeys: tuple[str, ...]
    marks: tuple[MarkLine, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleCard:
    """One rule of a law edition as a page shows it.

    Attributes:
        id, seed, title, article, status, source: of the rule.
        effect: `permit`, `permit-with` of a rule that obliges, `refer`, `refuse`.
        duty: what it obliges to, in plain words; "" if nothing.
        refer_to: whom a referral goes to, or the other way that the law offers; "" if nobody.
        first_day, last_day: ISO days UTC, the last one included; `last_day` is "" for a rule without an end.
        in_force_from, in_force_until: the same as instants; None for no end.
        sentences: (language tag, sentence).
        texts: (words, SHA-256 in hex or "") for each provision: from which text of which day it was written, or why none
            is kept.
        overriding: no emergency lifts it.
        private: of the private part; never on a card of the other party's law.
    """

    id: str
    seed: str
    title: str
    article: str
    status: str
    source: str
    effect: str
    duty: str
    refer_to: str
    first_day: str
    last_day: str
    in_force_from: Ms
    in_force_until: Ms | None
    sentences: tuple[tuple[str, str], ...]
    texts: tuple[tuple[str, str], ...]
    overriding: bool
    private: bool


@dataclass(frozen=True, slots=True)
class LawCard:
    """One law edition: ours whole, theirs as they published it.

    Attributes:
        short: mark of the party whose law it is.
        ours: it is our own.
        name: of the edition.
        languages: tags; the first is the one to fall back to.
        exercise: no lawyer has signed it.
        notice: (language tag, sentence) that says so.
        hash: of both parts, hex.
        private_digest: SHA-256 of the private part, hex.
        has_private: there is a private part, here or with them.
        intervals: stretches of time in which the same rules hold, as (first day, last day or "", rules in force, first
            instant, first instant after or None).
        footing: (status or `mixed`, number of seeds).
        published, private: how many rules; `private` is None where the private part is not here.
        rules: sorted by id.
    """

    short: str
    ours: bool
    name: str
    languages: tuple[str, ...]
    exercise: bool
    notice: tuple[tuple[str, str], ...]
    hash: str
    private_digest: str
    has_private: bool
    intervals: tuple[tuple[str, str, int, Ms, Ms | None], ...]
    footing: tuple[tuple[str, int], ...]
    published: int
    private: int | None
    rules: tuple[RuleCard, ...]


@dataclass(frozen=True, slots=True)
class RingLine:
    """One ring: the role, the officer's desk and number ("" for the role as such), and when."""

    role: str
    officer: str
    at: Ms


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One draft, or later act, that waits for people; never its title or content.

    Attributes:
        id: of the draft; of an act the dispatch that it is about.
        what: the kind of the draft, or the act.
        act: it is a later act, not a draft.
        urgency: 0 to 3.
        purpose, agency: of the form; "" for an act.
        since: when it was composed or asked.
        waits: each missing step in plain words.
        answered: approvals there are so far.
        subject: hash of what an approval binds to, hex; "" if none.
        rung: who was rung, oldest first.
    """

    id: DispatchId
    what: str
    act: bool
    urgency: int
    purpose: str
    agency: str
    since: Ms
    waits: tuple[str, ...]
    answered: tuple[ApprovalLine, ...]
    subject: str
    rung: tuple[RingLine, ...]


@dataclass(frozen=True, slots=True)
class OwedLine:
    """One thing that is owed: `verb` and `value` of what, whose role, from which dispatch, since when and by when."""

    id: DispatchId
    verb: str
    value: str
    role: str
    dispatch: DispatchId | None
    since: Ms
    due: Ms | None


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm that nobody has seen: kind, for which role, counts and codes, at which dispatch, when."""

    id: DispatchId
    kind: str
    role: str
    about: str
    dispatch: DispatchId | None
    at: Ms


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """How many distinct persons one side asked about for one purpose in the running period, and the limit if any."""

    ours: bool
    purpose: str
    persons: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class AssociationLine:
    """How many associations one side asked about members of in the running period, and the most members of one."""

    ours: bool
    associations: int
    most: int
    told_from: int


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """What waits for people of ours, without names or content.

    `until` is when the period of the budgets ends; `damaged` says that a row cannot be read, so that nothing is listed.
    """

    held: tuple[HeldLine, ...]
    owed: tuple[OwedLine, ...]
    alarms: tuple[AlarmLine, ...]
    budgets: tuple[BudgetLine, ...]
    associations: tuple[AssociationLine, ...]
    until: Ms | None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One check of a proof, made again now: what, whether it holds, and one plain sentence with the numbers."""

    what: str
    good: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof made and checked again from the stored rows, with how long that took."""

    steps: tuple[ProofStep, ...]
    checked_at: Ms
    microseconds: int


class LawBoard(Protocol):
    """What a node shows of law at all, and of what waits for people because of it."""

    def laws(self) -> tuple[LawCard, ...]:
        """Return our law edition, then theirs as published, if a copy of it is here; the same as long as the node runs."""
        ...

    def waiting(self, now: Ms) -> WaitingCard:
        """Return what waits for people of ours: held drafts, what is owed, alarms, budgets over persons."""
        ...


class Board(LawBoard, Protocol):
    """What a node shows of itself; every call reads the store anew. `change` rises with each committed change."""

    def parties(self) -> tuple[PartyCard, ...]:
        """Return ours first, then theirs."""
        ...

    def workplan(self, now: Ms) -> tuple[WorkItem, ...]:
        """Return the items of the signed workplan in order."""
        ...

    def cases(
        self, now: Ms, only: Iterable[CaseId] | None = None, *, newest: int | None = None
    ) -> tuple[CaseCard, ...]:
        """Return cases, these alone or the first 50: overdue first, then by time left, settled ones last.

        With `newest` each has so many of its dispatches, and those beside them that are owed something.
        """
        ...

    def dispatch(self, dispatch: DispatchId, now: Ms) -> DispatchCard | None:
        """Return one dispatch, or None if this node does not have it."""
        ...

    def link(self) -> LinkCard:
        """Return the state of the link."""
        ...

    def logs(self) -> tuple[LogCard, ...]:
        """Return our exchange log, our mirror of theirs, our decision log."""
        ...

    def prove(self, dispatch: DispatchId, now: Ms) -> Proof | None:
        """Check one dispatch again from row to co-signed checkpoint, and its receipt; None if it is unknown."""
        ...
