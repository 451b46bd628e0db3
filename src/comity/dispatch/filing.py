"""What passes between the path and a desk, and the two small ports through which it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard, runtime_checkable

from comity.base.cbor import Value
from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Header


@dataclass(frozen=True, slots=True)
class Facts:
    """What a body tells the law, so that the gate need not know a desk's schema; fields as in `policy.question`.

    `stage` is the state within the kind; `texts` are all human-readable strings, for the scan of the label step;
    `tagged` are the data categories that the author put on parts of the body. `subjects` are the persons, or what
    stands for one (a telephone, an account), that it names or asks about, each in one normal form; `associations` those
    that it says its subject belongs to. `names` are, as written, the
    lines and words that may name a person or body, of whatever kind the dispatch is. `quiet`: an answer from which nothing may be inferred, not even by its time. `outward` is the code of a refusal, "" for all else.
    `target` is the dispatch for which it asks the originator to consent, `releases` to what (`policy.question.Release` words, with
    a bound behind a colon); `consents` are the words to which an answer consents.
    `takes_back` is what a recall recalls, all of it or, with `takes_back_part`, a part; `copies` are the holders of whom an answer to one says what became of
    their copy. `lifts` are words, each with a bound, to which its sender consents unasked: for itself, or for the dispatch of ours that it names where it is `lifts_named`. `passes_to` is the agency of the sender's side to which a question is passed; `promises` is the dispatch about which
    an assurance is given, and until when it holds. `keeps_until` is until when data are asked to be kept, or are kept.
    """

    stage: str
    asserts: bool
    tagged: frozenset[str]
    asks: frozenset[str]
    records: frozenset[str]
    own_power: bool
    known_for: frozenset[str]
    third_state: bool
    texts: tuple[str, ...]
    subjects: frozenset[str] = frozenset()
    associations: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    quiet: bool = False
    outward: str = ""
    target: DispatchId | None = None
    releases: frozenset[str] = frozenset()
    consents: frozenset[str] = frozenset()
    takes_back: DispatchId | None = None
    copies: frozenset[str] = frozenset()
    passes_to: str = ""
    promises: tuple[DispatchId, Ms | None] | None = None
    takes_back_part: bool = False
    keeps_until: Ms | None = None
    lifts: frozenset[str] = frozenset()
    lifts_named: bool = False


@dataclass(frozen=True, slots=True)
class Filing:
    """One dispatch as its desk gets it, in the transaction that also writes pool row or receipt.

    Attributes:
        ours: we sent it.
        header: its header; `header.id` is its id.
        body: its canonical body bytes, with removals already applied; b"" if our law did not admit it.
        case: the case it belongs to: the header's, or its own id if it opens one.
        at: now, by this node's clock.
        index: leaf index in its sender's log; None until sequenced (always None when `ours`).
        admitted: our law let it in (always true when `ours`).
        fresh: it was made or came in this very step: the desk has no row of it, and no recall of it was filed before.
    """

    ours: bool
    header: Header
    body: bytes
    case: CaseId
    at: Ms
    index: LeafIndex | None
    admitted: bool
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What the sender of a dispatch did to it later, at whatever desk it said so.

    Attributes:
        target: the dispatch.
        by: the recall or correction.
        kind: `recall`, `recall-part` or `correction`.
        ours: both are ours.
        made: by its sender's clock, the same on both sides.
        refused: the other side did not let it in, so that there it was never said; both sides know that it was asked.
    """

    target: DispatchId
    by: DispatchId
    kind: str
    ours: bool
    made: Ms
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What an officer may release, as a posting and the roster have it.

    `agency` is the officer's; `kinds`, `purposes`, `urgencies`, `stages` and `categories` (of data in the content) bound
    the delegation, None means any. `until` is the end of the delegation. `acts` are what the officer may do with
    what is held (`policy.question.Act` words), None means any. A posted officer whose posting is not accepted, or has ended, has no standing.
    """

    agency: str
    roles: frozenset[str]
    kinds: frozenset[str] | None
    purposes: frozenset[str] | None
    urgencies: frozenset[int] | None
    stages: frozenset[str] | None
    until: Ms | None
    categories: frozenset[str] | None = None
    acts: frozenset[str] | None = None


class Bodies(Protocol):
    """The desk as the sender's and receiver's steps know it: it reads and writes its own bodies."""

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Check a form against the schema of `kind` and return the canonical body bytes.

        Raises:
            BadForm: a field is missing, unknown or ill-formed; the message names it.
        """
        ...

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know from a body, ours or the peer's.

        Raises:
            BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
        """
        ...

    def redact(self, kind: str, body: bytes, classes: frozenset[str]) -> tuple[bytes, tuple[str, ...]]:
        """Remove what is tagged with one of `classes` (a data category) and say which classes were removed, sorted.

        In its place stands a visible mark that names the class, never the content or its length.
        """
        ...


class Files(Protocol):
    """The desk as the transaction knows it: it writes its own rows. Both calls are idempotent."""

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write the desk's rows for one dispatch, ours when committed, theirs when recorded."""
        ...

    def settle(self, tx: Tx, dispatch: DispatchId, fact: int, code: str | None, at: Ms) -> None:
        """Note a receipt: ours written for theirs, or theirs seen for ours (`entries.Fact` value)."""
        ...


@runtime_checkable
class TakesBack(Protocol):
    """A desk whose dispatches are taken back and corrected by kinds of another desk."""

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Note it, if the target is of this desk and of that side; said again, what is `refused` now counts. Idempotent."""
        ...


class ChecksTurn(Protocol):
    """A desk at which a word of ours may be out of its turn."""

    def check(self, tx: Tx, filing: Filing) -> None:
        """Look at a dispatch of ours before anything of it is written.

        Raises:
            BadForm: it is not in its turn; nothing was written.
        """
        ...


class KeepsPlan(Protocol):
    """A desk that keeps the workplan whose items dispatches name."""

    def items(self, tx: Tx) -> Mapping[str, bool]:
        """Return the items of the plan in force, and of each whether it is closed; none where there is no plan."""
        ...


class Foresees(Protocol):
    """A desk that asks its rows once for what a batch brings, where each dispatch would ask alone."""

    def foresee_begun(self, tx: Tx, dispatches: Sequence[DispatchId]) -> None:
        """Look ahead to dispatches of theirs that have come and are taken next in this transaction."""
        ...

    def foresee_settled(self, tx: Tx, dispatches: Sequence[DispatchId]) -> None:
        """Look ahead to dispatches of ours at this desk whose receipts are taken next in this transaction."""
        ...


def foresees(desk: object) -> TypeGuard[Foresees]:
    """Tell whether a desk looks ahead."""
    return hasattr(type(desk), "foresee_begun")


def checks_turn(desk: object) -> TypeGuard[ChecksTurn]:
    """Tell whether a desk is one at which a word of ours may be out of its turn; quicker than to ask the protocol each time."""
    return hasattr(type(desk), "check")


def keeps_plan(desk: object) -> TypeGuard[KeepsPlan]:
    """Tell whether a desk keeps the workplan."""
    return hasattr(type(desk), "items")


class DeskPort(Bodies, Files, Protocol):
    """Both halves; `comity.desk.Desk` adds the name and the schema."""


class Powers(Protocol):
    """Who may release what: the roster at home and the postings that both sides agreed."""

    def standing(self, tx: Tx, desk: str, number: int, now: Ms) -> Standing | None:
        """Return what our officer may release now; None for an unknown officer or one whose posting is not in force."""
        ...

    def peer_posting_ended(self, tx: Tx, desk: str, number: int) -> LeafIndex | None:
        """Return the leaf of the peer's log at which it ended this officer's posting; None if it did not."""
        ...
