"""The workplan as pages and commands show it: plain data, filled by the desk that keeps it, with names put in by the edge.

Times are milliseconds UTC, days ISO texts. A text by language is a tuple of (tag, text); whose something is, is the short mark
of a party.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from comity.base.ids import Ms

Words = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PartLine:
    """One side's part of an action.

    Attributes:
        party: short mark; ours: it is our own.
        agency: id of the owner; name: its name.
        state: `planned`, `under-way`, `done`, `blocked` or `dropped`.
        since: when that was said; None where nothing was said yet.
        words: in which words.
        evidence: ids of dispatches that show it.
        overdue: the due day has passed by that side's own clock, and it is neither done nor dropped.
    """

    party: str
    ours: bool
    agency: str
    name: str
    state: str
    since: Ms | None
    words: str
    evidence: tuple[str, ...]
    overdue: bool


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action with both sides' parts."""

    id: str
    item: str
    title: Words
    measure: str
    due: str
    parts: tuple[PartLine, ...]

    @property
    def open(self) -> bool:
        """Say whether a side is still at it."""
        return any(one.state not in {"done", "dropped"} for one in self.parts)

    @property
    def overdue(self) -> bool:
        """Say whether a side is late."""
        return any(one.overdue for one in self.parts)


@dataclass(frozen=True, slots=True)
class Made:
    """What an item produced: dispatches of one kind, how many of ours and of theirs."""

    kind: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item: its aim, owners as (short mark, agency id, name), and what came of it.

    `cases` is in how many cases its dispatches stand, `consignments` how many notified consignments name it.
    """

    id: str
    aim: Words
    priority: str
    owners: tuple[tuple[str, str, str], ...]
    measure: str
    due: str
    closed: bool
    overdue: bool
    actions: tuple[ActionLine, ...]
    made: tuple[Made, ...] = ()
    cases: int = 0
    consignments: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """One priority or track: id, title, owners as (short mark, agency id, name), days."""

    id: str
    title: Words
    owners: tuple[tuple[str, str, str], ...] = ()
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two versions: which record, which field ("" for all of it), what it was and is."""

    what: str
    id: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One proposal.

    Attributes:
        id: of the dispatch that made it; case: to which answers belong.
        party, ours, agency: whose it is.
        fate: `open`, `agreed`, `declined`, `countered`, `withdrawn`, `outdated`, `void`; "" if something before it is missing.
        verdict: why it is void, one of the words of the rules.
        made: when.
        base: number of the version that it changes; 0 for one that is not here.
        digest: of the text to which it leads, hex.
        words: why, in the words of its side.
        answer: who answered, the reason, and when; "" and None for no answer.
        differences: from the version that it changes.
        first: it goes before what the other side has open on the same version.
        marks: what its own side did to it later: `recall`, `correction`.
        signed: we agreed to it, and the other side has not filed that yet.
        clashes: ids that were changed since, where it is outdated.
        due: by when an open one is to be answered; None while the other side has not filed it.
    """

    id: str
    case: str
    party: str
    ours: bool
    agency: str
    fate: str
    verdict: str
    made: Ms
    base: int
    digest: str
    words: str
    answer: tuple[str, str, Ms | None]
    differences: tuple[Difference, ...]
    first: bool
    marks: tuple[str, ...]
    signed: bool
    clashes: tuple[str, ...]
    due: Ms | None = None


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version: digest in hex; who proposed and who agreed, by (short mark, agency id, when, dispatch id); what changed."""

    number: int
    digest: str
    proposed: tuple[str, str, Ms, str] | None
    agreed: tuple[str, str, Ms, str] | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class PlanCard:
    """The plan in force and what happens to it.

    Attributes:
        title, signed: of the plan; number, digest: of the version in force.
        parties: short marks in the order of the accord; ours: which of them we are.
        first: the mark of the side whose proposals go first on this version.
        priorities, items, tracks: in order.
        proposals: newest first.
        versions: newest first.
        held: amendments that wait for something before them.
        other_file: digest of the plan file beside this node, if it is another than it began with.
        other_text: digests of versions that the other side names and that are not here.
    """

    title: str
    signed: str
    number: int
    digest: str
    parties: tuple[str, str]
    ours: int
    first: str
    priorities: tuple[Heading, ...]
    items: tuple[ItemLine, ...]
    tracks: tuple[Heading, ...]
    proposals: tuple[ProposalLine, ...]
    versions: tuple[VersionLine, ...]
    held: int
    other_file: str
    other_text: tuple[str, ...]

    def item(self, item: str) -> ItemLine | None:
        """Return the item of this id."""
        return next((one for one in self.items if one.id == item), None)

    @property
    def open(self) -> tuple[ProposalLine, ...]:
        """Return the proposals that wait for an answer."""
        return tuple(one for one in self.proposals if one.fate == "open")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal of the other side that waits for our answer: since when and until when by our clock."""

    id: str
    since: Ms
    due: Ms
    late: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What changes would make of the version in force.

    Attributes:
        on: digest of that version, hex.
        result: digest of the one that would follow, hex, by which two proposals of the same are known.
        changes: each as plain data (`what`, `id`, `to`) with its differences; none where it changes nothing.
        lacks: what the plan would name that is not there, in words; "" for nothing.
    """

    on: str
    result: str
    changes: tuple[tuple[Mapping[str, Any], tuple[Difference, ...]], ...]
    lacks: str


class PlanBoard(Protocol):
    """What a node shows of the workplan; every call reads the store anew."""

    def plan(self, now: Ms) -> PlanCard:
        """Return the plan in force and what happens to it."""
        ...

    def waiting(self, now: Ms) -> tuple[Waiting, ...]:
        """Return the proposals of the other side that wait for us, the oldest first; quick, for the rail of every page."""
        ...

    def preview(self, asked: Mapping[str, Any]) -> Preview:
        """Return what changes would make of the version in force: `operations`, or `proposal` for those of one.

        Raises:
            BadForm: one of them does not fit; the message says what.
        """
        ...

    def owners(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return who can own something: (short mark, (id, name) of its agencies), in the order of the accord."""
        ...

    def text(self) -> Mapping[str, Any]:
        """Return the text of the version in force as plain data."""
        ...

    def file(self, form: str, language: str) -> tuple[str, bytes]:
        """Return the plan in force as a file: media type and content.

        Args:
            form: `ics`, `json` or `csv`.
            language: of a calendar's texts.
        """
        ...
