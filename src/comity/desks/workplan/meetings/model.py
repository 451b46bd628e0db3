"""The bodies of dialogue meetings as types: the call of a meeting, and one operation on its minutes.

The rule it keeps: every operation names by id exactly what it was made upon, so that what operations come to is a function
of the set of them, in whatever order they came.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """The kinds of meetings; the desk's other kinds are the plan's."""

    MEETING = "meeting"
    MINUTES = "minutes"


class Step(StrEnum):
    """What a dispatch of kind `meeting` does."""

    CALL = "call"
    MOVE = "move"
    ACCEPT = "accept"
    CANCEL = "cancel"


class Sort(StrEnum):
    """A meeting on a day, or a consultation: a draft text that is worked on without one."""

    REVIEW = "review"
    CONSULTATION = "consultation"


class About(StrEnum):
    """Why an item is on the agenda: an overdue action, a difference of the scorecards, a restricted title, or raised by a side."""

    OVERDUE = "overdue"
    DIFFERENCE = "difference"
    RESTRICTED = "restricted"
    RAISED = "raised"


class Act(StrEnum):
    """What a dispatch of kind `minutes` does."""

    OPEN = "open"
    CLAIM = "claim"
    FREE = "free"
    TEXT = "text"
    TRANSLATE = "translate"
    ACCEPT = "accept"
    COMMENT = "comment"
    SIGN = "sign"
    CLOSE = "close"


CLAIM_SECONDS = 180
"""How long a claim holds unless it says otherwise."""
SHORTEST_CLAIM, LONGEST_CLAIM = 10, 900


@dataclass(frozen=True, slots=True)
class Place:
    """Where one part of the meeting sits, with its IANA zone; `party` is the mark of the side that sits there."""

    party: str
    place: str
    zone: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who leads for a side: the function, never a name."""

    party: str
    function: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the agenda; `ref` is the action, work item or restricted number that it is about. Of a restricted one the title is all there is."""

    title: str
    about: str
    ref: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """The call of a meeting, a move of it, or a word on it.

    Attributes:
        state: a `Step`.
        over: the terms that a move replaces; of `accept` and `cancel` the terms meant.
        sort: a `Sort`.
        title: of the meeting, in `language`.
        language: BCP 47 tag of the title and the agenda.
        languages: tags in which the minutes are kept; what is signed has all of them.
        at: when it begins (ms UTC); None for a consultation.
        minutes: how long it is to last.
        places, deputies, agenda: see there.
        text: a word on it, such as why it moves.
    """

    state: str
    over: tuple[bytes, ...] = ()
    sort: str = ""
    title: str = ""
    language: str = ""
    languages: tuple[str, ...] = ()
    at: int | None = None
    minutes: int | None = None
    places: tuple[Place, ...] = ()
    deputies: tuple[Deputy, ...] = ()
    agenda: tuple[Item, ...] = ()
    text: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """A text in one language."""

    language: str
    text: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """The agency that owns a decision for one side."""

    party: str
    agency: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a paragraph decides: owners on both sides, measure, day by which, and the objective or item it belongs to."""

    measure: str
    due: str
    owners: tuple[Owner, ...]
    item: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Minutes:
    """One operation on the minutes of the meeting whose case the dispatch belongs to.

    Attributes:
        state: an `Act`.
        paragraph: 16 bytes, drawn when the paragraph was begun; its first 48 bits are that moment.
        under: the paragraph after which it stands; empty for the first.
        language: of the original.
        texts: the versions that are published with it.
        decision: what it decides, if anything.
        struck: the paragraph is taken out.
        over: the operations that this one replaces.
        on: the operations that it was made upon: a claim that ends, a version that is translated, all that is accepted.
        seconds: how long a claim holds.
        hash, of, function: of a signature: digest of the text, the operations that it is made of, and in which function.
        text: of a comment.
    """

    state: str
    paragraph: bytes = b""
    under: bytes = b""
    language: str = ""
    texts: tuple[Words, ...] = ()
    decision: Decision | None = None
    struck: bool = False
    over: tuple[bytes, ...] = ()
    on: tuple[bytes, ...] = ()
    seconds: int | None = None
    hash: bytes = b""
    of: tuple[bytes, ...] = ()
    function: str = ""
    text: str = ""
    unknown: tuple[str, ...] = ()


Body: TypeAlias = Meeting | Minutes
