"""Forms as plain data: a desk says which fields a kind has, a screen draws and reads them; neither knows the other.

The rule it keeps: there are codes here and no words. A field's name is its key in the body, and the screen's catalog has the
words for it; so a form is the same in every language.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class FieldType(StrEnum):
    """How a field is filled in, and what it is in the body."""

    LINE = "line"
    """One line of text."""
    TEXT = "text"
    """Text of several lines."""
    CHOICE = "choice"
    """One word of a closed list."""
    CHOICES = "choices"
    """Several words of a closed list."""
    WORDS = "words"
    """Free lines, one entry a line."""
    FLAG = "flag"
    """Yes, or nothing."""
    NUMBER = "number"
    """A whole number; with a `scale`, a decimal number that is kept as a whole number of such parts."""
    DAY = "day"
    """A day, written YYYY-MM-DD; the same text in the body."""
    MOMENT = "moment"
    """A day and a time in the officer's zone; milliseconds UTC in the body."""
    DISPATCH = "dispatch"
    """A dispatch of this case; 16 bytes in the body."""
    NEW_ID = "new-id"
    """A number that the screen makes; 16 bytes in the body."""
    AGENCY = "agency"
    """An agency of the side that `side` names; its id."""
    AGENCIES = "agencies"
    """Several of them."""
    OFFICER = "officer"
    """The number of an officer at the desk."""
    ROWS = "rows"
    """Several entries, each with the fields of `inner`."""
    GROUP = "group"
    """One entry with the fields of `inner`, or none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes:
        name: its key in the body.
        type: how it is filled in.
        needed: the body does not fit without it.
        choices: the closed list.
        family: under which family the catalog has words for the choices; "" for codes that stand as they are.
        limit: most characters of a text.
        side: of agencies: `ours` or `theirs`; of dispatches: `ours`, `theirs` or "" for any.
        inner: fields of each entry.
        more: seldom used; it stands apart, closed.
        scale: of a number: how many of what the body counts make one of what a person writes, such as 1000 for kilograms.
    """

    name: str
    type: FieldType
    needed: bool = False
    choices: tuple[str, ...] = ()
    family: str = ""
    limit: int = 200
    side: str = ""
    inner: tuple[Field, ...] = ()
    more: bool = False
    scale: int = 1


class About(StrEnum):
    """What a dispatch of a kind is written on."""

    NOTHING = "nothing"
    """It may open a case."""
    CASE = "case"
    """It belongs to a case and need not name one of its dispatches."""
    THEIRS = "theirs"
    """It answers a dispatch of theirs, which `re` names."""
    OURS = "ours"
    """It is about a dispatch of ours, which `re` names."""
    ANY = "any"
    """It is about a dispatch of either side, which `re` names."""
    REPLACES = "replaces"
    """It replaces a dispatch of ours, which `replaces` names."""


@dataclass(frozen=True, slots=True)
class KindForm:
    """The form of one kind.

    Attributes:
        kind: as the header has it.
        about: what it is written on.
        fields: of the body, in the order in which a person fills them in.
        act: the address word of a form on a dispatch, such as `answer`; "" for one that is written from the case alone.
        answers: kinds that it may be written on; empty for any.
        ground: it takes an inward ground.
        asserts: it may say something about a person, firm or account, so the evaluation is asked for.
        purpose: the only purpose that it goes under; "" for any of the desk's.
        target: the field that names the dispatch it is written on, beside `re`; "" if none does.
        preset: fields that the way to the form fills in, as (name, word).
        fixed: what stands in every such body and is not asked for, as (name, value).
        counted: the number that is one more than in the dispatch which it replaces, "" for none.
        desk: whose kind it is, "" for the desk that keeps cases; purposes: of that desk. Whoever offers the form fills them in.
    """

    kind: str
    about: About
    fields: tuple[Field, ...]
    act: str = ""
    answers: frozenset[str] = frozenset()
    ground: bool = False
    asserts: bool = False
    purpose: str = ""
    target: str = ""
    preset: tuple[tuple[str, str], ...] = ()
    fixed: tuple[tuple[str, str | int], ...] = ()
    counted: str = ""
    desk: str = ""
    purposes: tuple[str, ...] = ()


class Forms(Protocol):
    """What a desk's `forms` module offers, so that it is loaded by its name in the settings."""

    FORMS: tuple[KindForm, ...]
    """One a kind, in the order in which a list of kinds shows them."""
    PURPOSES: tuple[str, ...]
    """The purposes that the desk uses."""
