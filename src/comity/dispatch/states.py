"""The states of a dispatch on its way, one frozen type each, so that a step in the wrong order is a type error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.cbor import Value
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms
from comity.dispatch.dissent import NOTHING_BEFORE, Before
from comity.dispatch.entries import DispatchLeaf
from comity.dispatch.filing import Facts
from comity.dispatch.wire import Attachment, Header, Parts
from comity.marking.labels import Label, Lane, Urgency
from comity.policy.assessment import Assessment
from comity.policy.question import Question
from comity.policy.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Officer:
    """Whose act a release is: a desk and a number, never a name; the delegation it rests on, if any."""

    desk: str
    number: int
    delegation: DispatchId | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What an officer hands in; nothing of it is checked yet.

    `label` is None for the default label of the purpose. `lane` is None for the lane of the urgency. `recipients` are
    agencies of the other party. An approval is never part of a form: it stands in our store, bound to the hash of a draft.
    """

    desk: str
    kind: str
    agency: str
    role: str
    recipients: tuple[str, ...]
    purpose: str
    urgency: Urgency
    workplan_item: str | None
    workplan_reason: str
    body: Mapping[str, Value]
    case: CaseId | None = None
    re: tuple[DispatchId, ...] = ()
    replaces: DispatchId | None = None
    lane: Lane | None = None
    label: Label | None = None
    evaluation: str | None = None
    retain_until: Ms | None = None
    basis: tuple[str, ...] = ()
    conduct: str | None = None
    answer_by: Ms | None = None
    assessments: tuple[Assessment, ...] = ()
    minimum_facts: bool = False
    in_answer_to: tuple[frozenset[str], frozenset[str]] | None = None
    """Data categories and record types that the question asked for, where this answers one."""
    ground: str = ""
    """Of a refusal: the inward ground, for our decision log only; it must allow the outward code of the body."""
    marking: str = ""
    """The secrecy marking of our own side, as given; "" if it bears none. It does not cross."""
    break_glass: str = ""
    """Why forms and approvals are deferred because a life is in danger, in the officer's words; "" otherwise."""
    confirmed: frozenset[str] = frozenset()
    """Data categories that a scan proposed and a person confirmed."""
    rejected: frozenset[str] = frozenset()
    """Data categories that a scan proposed and a person rejected; who, stands in the decision record."""
    files: DispatchId | None = None
    """Under which number files were added to it; the dispatch gets this number, to which they are sealed."""
    attachments: tuple[Attachment, ...] = ()
    """These files, as the path found them in our store; never handed in."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form whose body fits its desk's schema and whose kind the accord opens."""

    id: DispatchId
    form: Form
    lane: Lane
    body: bytes
    facts: Facts
    after: tuple[DispatchId, ...]
    answers: str
    """Kind of the dispatch that this one answers, "" if none."""
    created: Ms
    not_before: Ms | None = None
    """It waits in the pool until then, so that its time tells nothing."""
    fresh: bool = False
    """Its id was drawn in this very step, so nothing stands under it yet."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes to one subject, in a role that they hold at the time at which it counts.

    `subject` is the hash of what was approved: 32 bytes (`held.subject_of`); `agency` is the officer's own.
    """

    subject: Digest
    role: str
    by: Officer
    agency: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A draft with its label, and what the scan found in it."""

    draft: Draft
    label: Label
    struck: frozenset[str]
    """Categories that the scan found and that count: not those that a person rejected, or must still confirm."""
    budget_spent: bool = False
    """It asks about persons for whom this side's budget has no room."""
    listed_by: frozenset[str] = frozenset()
    """By whom somebody whom it names is listed on the day, as `policy.question.Listing` words."""
    before: Before = NOTHING_BEFORE
    """Who said no to the same content before, or did not decide."""
    approvals: tuple[Approval, ...] = ()
    """What was approved of it, at most one by each person; before the clear step not yet compared with what leaves."""
    unanswered: frozenset[str] = frozenset()
    """Overriding categories that the scan proposes and about which nobody has said anything yet."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What our law and the accord let go, with removals already made."""

    labelled: Labelled
    label: Label
    body: bytes
    question: Question
    verdict: Verdict
    deferred: tuple[str, ...] = ()
    """Behind broken glass: the approvals and full forms that are owed instead, sorted."""


@dataclass(frozen=True, slots=True)
class Released:
    """Cleared, and let go by a named officer who has the power for it."""

    cleared: Cleared
    by: Officer
    role: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """The fixed bytes of a dispatch, with the leaf that will commit to them."""

    released: Released
    header: Header
    parts: Parts
    sealed: bytes
    entry: DispatchLeaf
    decision_salt: bytes
    decision_record: bytes


@dataclass(frozen=True, slots=True)
class Committed:
    """Durable in pool, log or both, with its desk's row; `index` is None while it waits for its turn."""

    id: DispatchId
    case: CaseId
    lane: Lane
    index: LeafIndex | None
    verdict: Verdict
    redactions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A draft that did not leave: refused or referred by our law, or held for what is missing. Kept, with reasons."""

    id: DispatchId
    state: str
    """`refused`, `referred` or `held`."""
    verdict: Verdict
    missing: tuple[str, ...]
    question: Question
    """What our law was asked, for the decision record."""
    rings: str | None = None
    """The role that is rung at once, with the minimum-facts form ready; only where a life may be at risk."""
    subject: Digest | None = None
    """Of a held draft: the hash of what an approval of it binds to."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A draft as it would leave if every approval that law asks for were given, and nothing else changed.

    Attributes:
        subject: what an approval of it binds to, 32 bytes.
        roles: whose approval law asks for.
        others: what is missing besides.
        body, label: as they would leave; None where law does not permit it even then, so that removals are not known.
    """

    subject: Digest
    roles: frozenset[str]
    others: frozenset[str]
    body: bytes | None
    label: Label | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of a form if it were handed in now: `outcome` is what the path would do with it."""

    labelled: Labelled
    outcome: Released | Withheld
    foreseen: Foreseen


@dataclass(frozen=True, slots=True)
class Arrival:
    """Sealed bytes of the peer that match a leaf which our mirror holds."""

    index: LeafIndex
    entry: DispatchLeaf
    sealed: bytes
    not_after: Ms
    """The leaf existed at this time: the log time of the head that showed it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Decrypted, with a commitment that agrees."""

    arrival: Arrival
    parts: Parts
    header: Header
    kids: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """Opened, and all that header, leaf, accord and times must agree on does agree."""

    opened: Opened
    facts: Facts
    body: bytes
    found: frozenset[str]
    """Data categories that our patterns find in its texts, whatever its sender tagged."""
    attachments: tuple[Attachment, ...] = ()
    """Its files, none of which is here yet."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Judged by our law; `code` is the outward refusal code if the law or the accord said no."""

    verified: Verified
    verdict: Verdict
    code: str | None
    waits_for: tuple[DispatchId, ...]
    question: Question | None = None
    """What our law was asked; None where the accord refused it before the law was."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What happened to an arrival, as its receipt says it; `fact` is an `entries.Fact`."""

    id: DispatchId
    index: LeafIndex
    fact: int
    code: str | None
    case: CaseId | None
    receipt: Digest
    """SHA-256 of the receipt entry."""
