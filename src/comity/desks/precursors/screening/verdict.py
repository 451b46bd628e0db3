"""The words of a screening: what is asked, what one test found, and what follows.

The rule it keeps: only `controlled` and `controlled_class` may hold goods, and no verdict stands without its rule,
instrument and date.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What follows from a screening, strongest first."""

    CONTROLLED = "controlled"
    """A listed substance, controlled somewhere on the day."""
    CONTROLLED_CLASS = "controlled_class"
    """A form that a published class rule covers."""
    MISMATCH = "mismatch"
    """Name, numbers, structure, codes and text name different things."""
    INVALID = "invalid"
    """It cannot be what it claims to be: a wrong digit, a structure that is none."""
    REVIEW = "review"
    """A person looks at it; nothing is held."""
    CLEAR = "clear"
    """Nothing in this edition of the list fits; that is no permit."""

    @property
    def holds(self) -> bool:
        """Say whether goods may be held for it."""
        return self in {Verdict.CONTROLLED, Verdict.CONTROLLED_CLASS}


FIELDS: Final = ("name", "cas", "smiles", "inchikey", "hs", "un", "text")
"""What a row may say of the goods, in the order in which it is tested."""


@dataclass(frozen=True, slots=True)
class Input:
    """What one row says of the goods; an empty text says nothing.

    Attributes:
        id: of the row, as its file has it.
        name: one name of a substance, English or French, as a trade paper writes it.
        cas: registry number.
        smiles: structure; may have several components.
        inchikey: structure, hashed.
        hs: customs code, 6 digits or more.
        un: transport number.
        text: free description.
        percent: share of the substance in a mixture, 0 to 100; None if nothing is said.
    """

    id: str = ""
    name: str = ""
    cas: str = ""
    smiles: str = ""
    inchikey: str = ""
    hs: str = ""
    un: str = ""
    text: str = ""
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test found.

    Attributes:
        verdict: what follows from this finding alone.
        field: which part of the row it is about; `record` for what lies between parts.
        rule: of the list or of a class, such as `structure-salt` or `us-4-piperidone`.
        substance: id of the listed substance that it leads to; "" if none.
        jurisdiction: whose law; "" where none decides.
        instrument: as its data cite it; "" where none decides.
        since: first day, as exactly as it is known: a day, month or year; "" where it is not.
        reason: one English sentence for the officer.
        sources: where the list has it from.
        one_source: nothing independent confirms what links number and structure.
    """

    verdict: Verdict
    field: str
    rule: str
    substance: str = ""
    jurisdiction: str = ""
    instrument: str = ""
    since: str = ""
    reason: str = ""
    sources: tuple[str, ...] = ()
    one_source: bool = False


@dataclass(frozen=True, slots=True)
class Screened:
    """The answer for one row.

    Attributes:
        id: of the row.
        verdict: what follows from all findings.
        findings: the one that decided first, then the others in the order of the tests.
        edition: name of the list's edition, with the first twelve digits of its hash.
        day: on which the law was looked at.
    """

    id: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    edition: str
    day: date
    _none: Finding = field(default=Finding(Verdict.CLEAR, "record", "none"), repr=False)

    @property
    def first(self) -> Finding:
        """Return the finding that decided; one that says nothing where there is none."""
        return self.findings[0] if self.findings else self._none
