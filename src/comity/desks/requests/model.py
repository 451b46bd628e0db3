"""The bodies of the requests desk as types, one a kind.

The rule it keeps: a field that is empty was absent. `unknown` names the keys that this program does not know; they stay
in the bytes.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """The kinds that this desk has so far."""  # spec: vocabulary.md 5

    POSTING = "posting"
    RFI = "rfi"
    ANSWER = "answer"
    SPONTANEOUS = "spontaneous"
    MESSAGE = "message"
    REFUSAL = "refusal"
    REMINDER = "reminder"
    RECALL = "recall"
    CORRECTION = "correction"
    RELEASE_REQUEST = "release-request"
    PURPOSE_CHANGE = "purpose-change"
    COURT_DISCLOSURE = "court-disclosure"


HOLDING, PART, FINAL = "holding", "part", "final"
NOMINATED, ACCEPTED, ENDED = "nominated", "accepted", "ended"
COPY_OUTCOMES = frozenset({"stopped", "erased", "before-court"})


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled line of content: either `value`, or `removed` with the data categories that stood there."""

    label: str
    value: str = ""
    categories: tuple[str, ...] = ()
    evaluation: str | None = None
    removed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """One line of a correction: what is struck, and what stands in its place (empty: nothing does)."""

    label: str
    strike: str = ""
    value: str = ""
    categories: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """What became of one copy of a recalled dispatch: `stopped`, `erased` or `before-court`."""

    holder: str
    outcome: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """Office hours of a posted officer: IANA zone and two local times `HH:MM`."""

    zone: str
    opens: str
    closes: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegation:
    """What a posted officer may release alone. Empty `stages`, `purposes`, `urgencies` or `data` (categories) mean any.

    `until` is in ms.
    """

    id: bytes
    kinds: tuple[str, ...]
    stages: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    urgencies: tuple[int, ...] = ()
    data: tuple[str, ...] = ()
    until: int | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What every body may have.

    Attributes:
        reference: the sender's own number of the case.
        language: BCP 47 tag of the text.
        third_state: the content, or part of it, comes from or goes to a state outside the accord.
        text: what the officer wrote.
        items: the labelled lines.
        unknown: keys that this program does not know.
    """

    reference: str = ""
    language: str = ""
    third_state: bool = False
    text: str = ""
    items: tuple[Item, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posting(Content):
    """An officer sent, received or withdrawn: `nominated` says who and what for, the others only which officer."""

    state: str = ""
    desk: str = ""
    officer: int = 0
    agency: str = ""
    function: str = ""
    subjects: tuple[str, ...] = ()
    host_agency: str = ""
    substitute: int | None = None
    hours: Hours | None = None
    delegation: Delegation | None = None


@dataclass(frozen=True, slots=True)
class Rfi(Content):
    """A question: what is asked, from which records, and under which own power the asker could get it at home.

    `associations` are those to which the question says that its subject belongs: they are counted, and are no ground.
    """

    title: str = ""
    asks: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    own_power: str = ""
    reason: str = ""
    known_for: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer(Content):
    """An answer.

    `holding` gives a new time (ms) and a reason; `copies` answers a recall; `outward` is only `partly`; `assurance` is a
    promise on treatment or use by the side that answers. `consent` (`policy.question.Release` words) answers, when final,
    one of the three kinds that ask for one; `position` is what the originator says of a court's order.
    """

    state: str = ""
    records: tuple[str, ...] = ()
    new_time: int | None = None
    reason: str = ""
    copies: tuple[Copy, ...] = ()
    outward: str = ""
    other_way: str = ""
    assurance: str = ""
    consent: tuple[str, ...] = ()
    position: str = ""
    known_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spontaneous(Content):
    """Something that nobody asked for and that may matter to the other side."""

    title: str = ""
    records: tuple[str, ...] = ()
    known_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message(Content):
    """One line in a case."""


@dataclass(frozen=True, slots=True)
class Refusal(Content):
    """The outward code, and the other way that law offers, if any."""

    outward: str = ""
    other_way: str = ""


@dataclass(frozen=True, slots=True)
class Reminder(Content):
    """A limit has passed, or will; the dispatch meant stands in the header's `re`."""


@dataclass(frozen=True, slots=True)
class Recall(Content):
    """Stop using `target` (16 bytes), or the `part` of it that is named; say so before `due` (ms)."""

    target: bytes = b""
    part: str = ""
    due: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Correction(Content):
    """What is struck and what replaces it; the dispatch meant stands in the header's `replaces`."""

    replacements: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseRequest(Content):
    """May we do with `target` (16 bytes, what you sent) what its label forbids? `release` says what, `to` to whom of ours."""

    target: bytes = b""
    release: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PurposeChange(Content):
    """May we use `target` for another `purpose` than the one it came for?"""

    target: bytes = b""
    purpose: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CourtDisclosure(Content):
    """A court orders that `target` be disclosed: which order, which court, when it is heard (ms); what is your position?"""

    target: bytes = b""
    order: str = ""
    court: str = ""
    hearing: int | None = None
    reason: str = ""


Asking: TypeAlias = ReleaseRequest | PurposeChange | CourtDisclosure
"""The three that ask the originator to consent."""
Body: TypeAlias = Posting | Rfi | Answer | Spontaneous | Message | Refusal | Reminder | Recall | Correction | Asking
