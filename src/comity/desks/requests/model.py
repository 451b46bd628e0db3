"""The bodies of the requests desk as types, one a kind.

The rule it keeps: a field that is empty was absent. `unknown` names the keys that this program does not know; they stay
in the bytes.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """The kinds of this desk: closed, extended by an amendment of the accord only."""  # spec: vocabulary.md 5

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
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    CONTACT_NOTE = "contact-note"
    PRESERVE = "preserve"
    CONVERT_TO_MLA = "convert-to-mla"
    DECONFLICT = "deconflict"
    ASSURANCE = "assurance"
    FEEDBACK = "feedback"


HOLDING, PART, FINAL = "holding", "part", "final"
NOMINATED, ACCEPTED, ENDED = "nominated", "accepted", "ended"
COPY_OUTCOMES = frozenset({"stopped", "erased", "before-court"})
NOTED, CONFIRMED, CORRECTED = "noted", "confirmed", "corrected"
"""States of a contact note: written by one side, then confirmed by the other as it stands, or with its correction."""
ASKED, GIVEN = "asked", "given"
"""States of an assurance."""
MEANS = frozenset({"telephone", "video", "meeting"})
"""How a contact was held."""
WITHDRAWN_FOR = frozenset({"no-longer-needed", "found-elsewhere", "sent-in-error", "goes-by-treaty"})
"""Why the asker no longer asks."""
ASSURANCES = frozenset({"treatment", "death-penalty", "use"})
"""What a promise is about: how a person is treated, that no death penalty is asked or carried out, how a fact is used."""
STAYS_USABLE = frozenset({"lead", "prevent-harm"})
"""What of a converted case stays usable under its labels; nothing already sent becomes evidence by itself."""
CONFLICT, NO_CONFLICT, CALL = "conflict", "no-conflict", "contact"
OVERLAPS = frozenset({CONFLICT, NO_CONFLICT, CALL})
"""What answers a deconfliction: both are there, we are not, or: call the contact before you act."""
USEFUL = frozenset({"useful", "partly", "not-useful", "too-late", "not-yet-known"})
"""Whether an answer was of use."""
USED = frozenset({"lead", "confirmation", "prevent-harm", "arrest", "decision", "treaty-request", "not-used"})
"""What an answer was used for."""


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
    one of the three kinds that ask for one; `position` is what the originator says of a court's order. `kept_until` (ms)
    answers `preserve`: data are kept until then, and none of them are in the answer. `overlap` answers `deconflict`.
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
    kept_until: int | None = None
    overlap: str = ""


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


@dataclass(frozen=True, slots=True)
class Withdraw(Content):
    """We no longer ask what the header's `re` names, which is ours; `reason` is a word of `WITHDRAWN_FOR`."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Transfer(Content):
    """What `re` names is not for the agency it was sent to: `agency`, of the same side, has it from now on."""

    agency: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ContactNote(Content):
    """A telephone call or meeting: `noted` says how and when (ms) and, in `text`, what was said; `re` links the other two to it.

    `desk` and `officer` are those of the other side who took part.
    """

    state: str = ""
    means: str = ""
    held: int | None = None
    desk: str = ""
    officer: int | None = None


@dataclass(frozen=True, slots=True)
class Preserve(Content):
    """Keep `records` until the time `until` (ms), and give nothing of them; the lines say whose or what they are.

    A preserve whose `re` names an earlier one of the same side renews it.
    """

    title: str = ""
    until: int | None = None
    records: tuple[str, ...] = ()
    own_power: str = ""
    reason: str = ""
    known_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConvertToMla(Content):
    """The case goes on by treaty: through which central authority, by what instrument, under which number of theirs.

    `re` names the questions that are converted; `usable` is what of the case stays usable until then.
    """

    authority: str = ""
    instrument: str = ""
    treaty_reference: str = ""
    usable: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Deconflict(Content):
    """Are you there too: a place cell, a window (ms) and whom to call. No person, no text, no line."""

    cell: str = ""
    begins: int | None = None
    ends: int | None = None
    desk: str = ""
    officer: int | None = None


@dataclass(frozen=True, slots=True)
class Assurance(Content):
    """A promise, asked for or given, about `target` (16 bytes): what it `covers`, in `text` its words, `authority` who promises.

    A given one holds until `until` (ms), or without end.
    """

    state: str = ""
    target: bytes = b""
    covers: tuple[str, ...] = ()
    authority: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Feedback(Content):
    """What use an answer was, which `re` names. It says nothing of an officer, and has no lines about persons."""

    useful: str = ""
    used: tuple[str, ...] = ()


Asking: TypeAlias = ReleaseRequest | PurposeChange | CourtDisclosure
"""The three that ask the originator to consent."""
Later: TypeAlias = Withdraw | Transfer | ContactNote | Preserve | ConvertToMla | Deconflict | Assurance | Feedback
"""What a case needs besides questions and answers."""
Body: TypeAlias = (
    Posting | Rfi | Answer | Spontaneous | Message | Refusal | Reminder | Recall | Correction | Asking | Later
)
