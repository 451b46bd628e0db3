"""One dispatch followed from draft to proof, and what both sides say that they hold: codes, places and times, no content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that happened to a dispatch.

    Attributes:
        what: code, such as `held`, `approval`, `sent`, `committed`, `signed`, `cosigned`, `arrived`, `seen`, `act`.
        log: `ours`, `theirs` (our mirror of it) or `decision`; "" where it stands in no log.
        index: place in that log, or None.
        size: of the head, where there is one.
        by: desk and number of ours, "" for none; `role` in which.
        word: what was said: an effect, yes or no, an act, a code.
        at: when, None for not yet; `exact` says that it is to the millisecond and not to the second.
    """

    what: str
    log: str
    index: int | None
    at: Ms | None
    size: int | None = None
    by: str = ""
    role: str = ""
    word: str = ""
    exact: bool = True


@dataclass(frozen=True, slots=True)
class TraceCard:
    """One dispatch from draft to proof.

    Attributes:
        id, case, ours, number, kind: which.
        steps: in the order in which they happened.
        leaf_hash: of its entry, hex; "" while it waits.
        provable: a co-signed head covers it, so that a proof can be made.
    """

    id: DispatchId
    case: CaseId
    ours: bool
    number: str
    kind: str
    steps: tuple[Trace, ...]
    leaf_hash: str
    provable: bool


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One side's word of a day: how many entries both logs had then, and what it called open; `differs` is our comparison."""

    day: str
    ours: bool
    own_size: int
    other_size: int
    own_open: int
    other_open: int
    differs: str
    at: Ms


@dataclass(frozen=True, slots=True)
class GapLine:
    """One dispatch that is missing or set apart: its leaf, lane, since when, and a code."""

    index: int
    lane: int
    since: Ms
    code: str


@dataclass(frozen=True, slots=True)
class GapsCard:
    """What each side says, and what is missing.

    Attributes:
        manifests: newest day first.
        wanted: dispatches that stand in their log and have not come.
        unreceipted: ours without a receipt that ends them.
        quarantined: of theirs, set apart.
        wanted_count, unreceipted_count: how many there are, where the lists are cut.
    """

    manifests: tuple[ManifestLine, ...]
    wanted: tuple[GapLine, ...]
    unreceipted: tuple[GapLine, ...]
    quarantined: tuple[GapLine, ...]
    wanted_count: int
    unreceipted_count: int


class TraceBoard(Protocol):
    """What the ledger's further pages read; need-to-know of a dispatch was asked before."""

    def trace(self, dispatch: DispatchId) -> TraceCard | None:
        """Return the way of one dispatch, or None."""
        ...

    def proof(self, dispatch: DispatchId) -> bytes | None:
        """Return the `.tlog-proof` of its leaf, or None while no co-signed head covers it."""
        ...

    def papers(self, dispatch: DispatchId, now: Ms) -> bytes | None:
        """Return a zip with entry, proofs, receipts and keys, and no content; None where it cannot be made."""
        ...

    def gaps(self) -> GapsCard:
        """Return what both sides say that they hold, and what is missing."""
        ...
