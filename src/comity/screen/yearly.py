"""Yearly reports as a page shows them and gives them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import Ms


@dataclass(frozen=True, slots=True)
class ReportCard:
    """One report of one year, in one language.

    Attributes:
        which: `mistreatment` or `activity`.
        year: UTC.
        title: its heading; `party` whose it is; `owed` (word, under which text, before which day, to whom).
        heads: of the rows; `rows` are (what, which, how many).
        note: what is counted and what is not.
        public: as it may leave the party: counts under five are hidden.
    """

    which: str
    year: int
    title: str
    party: str
    owed: tuple[str, str]
    heads: tuple[str, str, str]
    rows: tuple[tuple[str, str, str], ...]
    note: str
    public: bool


class Yearly(Protocol):
    """The yearly reports of one side, counted anew each time."""

    def report(self, which: str, year: int, language: str, now: Ms, *, public: bool = False) -> ReportCard:
        """Return `mistreatment` or `activity` of a year.

        Raises:
            BadForm: there is no such report.
        """
        ...

    def pdf(self, which: str, year: int, language: str, now: Ms, *, public: bool = False) -> bytes:
        """Return it as PDF; errors as `report`, and BadConfiguration where none can be made."""
        ...
