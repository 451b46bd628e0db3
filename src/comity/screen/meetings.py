"""Dialogue meetings as pages show them: plain data, filled by the edge, shown by the web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import Ms
from comity.policy.access import Person
from comity.screen.visitor import Json


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """One meeting in a list.

    `state` is `called`, `agreed` (its terms), `open`, `half` (one side has signed), `signed`, `closed` or `cancelled`.
    """

    id: str
    title: str
    sort: str
    at: Ms | None
    state: str
    ours: bool
    paragraphs: int


@dataclass(frozen=True, slots=True)
class SaidCard:
    """One text in one language; `party` is the mark of the side that published it."""

    language: str
    text: str
    party: str


@dataclass(frozen=True, slots=True)
class DecisionCard:
    """What a paragraph decides; owners as (mark of the side, agency)."""

    measure: str
    due: str
    item: str
    owners: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VersionCard:
    """One version of a paragraph: whose, its texts by language, what it still lacks."""

    id: str
    party: str
    ours: bool
    language: str
    words: tuple[SaidCard, ...]
    lacks: tuple[str, ...]
    decision: DecisionCard | None


@dataclass(frozen=True, slots=True)
class ClaimCard:
    """Who writes at a paragraph now, and until when the claim holds; `mine` if it is this person's."""

    id: str
    party: str
    ours: bool
    mine: bool
    officer: int
    until: Ms


@dataclass(frozen=True, slots=True)
class ParagraphCard:
    """One paragraph: its versions (none if it is struck out, and then `number` is 0), where it stands (`open`, `one`, `apart`), which sides stand behind it, who writes."""

    id: str
    number: int
    under: str
    versions: tuple[VersionCard, ...]
    agreed: str
    behind: tuple[tuple[str, bool, bool], ...]
    """(mark, ours, stands behind it), our side first."""
    claim: ClaimCard | None
    comments: tuple[tuple[str, bool, str, Ms], ...]
    """(mark, ours, text, when)."""
    drafts: tuple[tuple[str, str], ...]
    """(language, text) that this person is writing."""
    mark: str = ""
    """Of exactly what it is made of, as this page shows it."""
    struck: tuple[tuple[str, bool, str], ...] = ()
    """(mark, ours, id) of each version that strikes it out."""
    before: tuple[VersionCard, ...] = ()
    """What stood before it was struck out."""


@dataclass(frozen=True, slots=True)
class SignatureCard:
    """One signature; `holds`: over the text as it is now; `sound`: it is one at all."""

    party: str
    ours: bool
    function: str
    officer: str
    at: Ms
    hash: str
    sound: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class ProposalCard:
    """The terms that one side proposes."""

    id: str
    party: str
    ours: bool
    title: str
    at: Ms | None
    minutes: int | None
    places: tuple[tuple[str, str, str], ...]
    deputies: tuple[tuple[str, str], ...]
    agenda: tuple[tuple[str, str, str], ...]
    """(title, why it is there, what it is about)."""


@dataclass(frozen=True, slots=True)
class MeetingCard:
    """One meeting whole, for one person.

    Attributes:
        line: as in the list.
        languages: tags in which the minutes are kept.
        proposals: terms in force; two where both moved it at once.
        accepted: (mark, ours, accepted) of both sides.
        opened, closed: when.
        paragraphs: in order; as long as the text may be worked on, those that are struck out among them.
        begun: paragraphs that are claimed and have no text yet.
        unready: (word, number of the paragraph or 0, language): what stands against signing.
        open: (paragraph, its mark) of each that is one text, behind which our side does not stand yet.
        hash: of the text as it is now, hex.
        signed: `not`, `half` or `both`.
        signatures: all, the void ones among them.
        late: how many words came beside what both signed.
        writes, signs: this person may work on the text; may sign.
        note: what this person wrote at home.
        waiting: operations of ours that the other side has not filed.
        heard: when the last of theirs was filed here.
        decided: ids of actions that signed decisions became, by paragraph.
        agencies: for a decision's owners, (mark, ((id, name), ...)).
        drafts: (paragraph, language, text) of all that this person is writing, here.
    """

    line: MeetingLine
    languages: tuple[str, ...]
    proposals: tuple[ProposalCard, ...]
    accepted: tuple[tuple[str, bool, bool], ...]
    opened: Ms | None
    closed: Ms | None
    paragraphs: tuple[ParagraphCard, ...]
    begun: tuple[tuple[str, ClaimCard], ...]
    unready: tuple[tuple[str, int, str], ...]
    open: tuple[tuple[str, str], ...]
    hash: str
    signed: str
    signatures: tuple[SignatureCard, ...]
    late: int
    writes: bool
    signs: bool
    note: str
    waiting: int
    heard: Ms | None
    decided: Mapping[str, str]
    agencies: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    drafts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class MeetingNames:
    """Names for one reader, in one language: of both sides and of agencies, titles of the actions of the plan.

    `parties` is (node, mark, name); `agencies` and `titles` are (id, name).
    """

    parties: tuple[tuple[str, str, str], ...] = ()
    agencies: tuple[tuple[str, str], ...] = ()
    titles: tuple[tuple[str, str], ...] = ()


class MeetingBoard(Protocol):
    """What a node shows of its meetings; every call reads the store anew."""

    def meetings(self, now: Ms) -> tuple[MeetingLine, ...]:
        """Return the meetings, newest first."""
        ...

    def meeting(self, name: str, person: Person, now: Ms) -> MeetingCard | None:
        """Return one meeting as a person sees it; None if there is none of this number."""
        ...

    def agenda(self, now: Ms, language: str) -> tuple[tuple[str, str, str], ...]:
        """Return what the next agenda would have: (title, why, what it is about)."""
        ...

    def names(self, language: str, now: Ms) -> MeetingNames:
        """Return the names in a language, or in one that they have."""
        ...

    def export(self, name: str) -> Mapping[str, Json] | None:
        """Return the minutes of a meeting as plain data, or None."""
        ...

    def operations(self, name: str) -> list[dict[str, Json]]:
        """Return what signed minutes decide, as changes of the workplan that can be proposed."""
        ...

    def pdf(self, name: str, language: str, now: Ms) -> bytes | None:
        """Return the minutes of a meeting as PDF, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person does in a meeting; ids as 26 letters and digits, "" for none.

    Attributes:
        act: `call`, `move`, `agree` (to the terms), `cancel`, or an act on the minutes: `open`, `claim`, `free`, `text`,
            `strike`, `restore` (what was struck out), `translate`, `accept`, `comment`, `sign`, `close`.
        meeting: which; "" for a call.
        paragraph: which; "" for a new one, which then stands under `under`.
        under: the paragraph after which a new one stands; "" for the end.
        seen: the versions that were on the person's page when the work began: what a text replaces.
        beside: the text is to stand beside the other side's, not in its place.
        language: of the original, of a call, of a comment.
        texts: (language, text).
        decision: (measure, due, item, ((mark, agency), ...)), or None.
        mark: of a paragraph as it was on the page, for `accept` and `strike`; "" for whatever it is now.
        hash: of the text that the person saw and signs, hex.
        function: in which the person signs.
        text: of a comment, or why a meeting moves.
        terms: of a call or move: fields of the body as the desk reads them.
    """

    act: str
    meeting: str = ""
    paragraph: str = ""
    under: str = ""
    seen: tuple[str, ...] = ()
    beside: bool = False
    language: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    decision: tuple[str, str, str, tuple[tuple[str, str], ...]] | None = None
    hash: str = ""
    function: str = ""
    text: str = ""
    terms: Mapping[str, Json] | None = None
    mark: str = ""
