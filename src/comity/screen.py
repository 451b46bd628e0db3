"""What a person sees, as plain data: desks and node fill it, web and cli show it; neither knows the other.

Times are milliseconds UTC by the node's clock. `None` in a time means "not yet". Nothing here is a secret of the node's
decision log beyond what its own officers may read: inward grounds are in `OwnReason` only, never sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms


@dataclass(frozen=True, slots=True)
class PartyCard:
    """One party in the bar: short mark (2-3 letters), name, capital, IANA zone, office hours (local minutes of day)."""

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
    """One line of the shared workplan with what moved and what is overdue today."""

    item: str
    aim: str
    owners: tuple[tuple[str, str], ...]
    moved: int
    overdue: int
    overdue_of: tuple[str, ...]
    due: str
    measure: str


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One law's answer: whose law, effect (`permit`, `permit-with`, `refer`, `refuse`), sentence, articles, status mark.

    `ground` is the inward ground and is filled only on the side whose law it is. `edition` is the hash in hex; `exercise`
    says that no lawyer has signed the edition. `known` is false where the peer's verdict is not known to us.
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


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One case: its numbers on this node, urgency, open limit, and its dispatches in time order."""

    case: CaseId
    number: str
    title: str
    item: str | None
    urgency: int
    state: str
    due: Ms | None
    overdue: bool
    dispatches: tuple[DispatchCard, ...]


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
class LogCard:
    """One log: origin, size, root (hex), size and time of the newest checkpoint that the other party co-signed."""

    origin: str
    role: str
    size: int
    root: str
    cosigned_size: int
    cosigned_at: Ms | None
    log_vkeys: tuple[str, ...]
    cosigner_vkeys: tuple[str, ...]


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


class Board(Protocol):
    """What a node shows of itself; every call reads the store anew. `change` rises with each committed change."""

    def parties(self) -> tuple[PartyCard, ...]:
        """Return ours first, then theirs."""
        ...

    def workplan(self, now: Ms) -> tuple[WorkItem, ...]:
        """Return the items of the signed workplan in order."""
        ...

    def cases(self, now: Ms) -> tuple[CaseCard, ...]:
        """Return all cases: overdue first, then by time left, settled ones last."""
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
