"""Yearly reports as a page gives them out."""

from __future__ import annotations

from typing import Protocol

from comity.base.ids import Ms


class Yearly(Protocol):
    """The yearly reports of one side, counted anew each time."""

    def pdf(self, which: str, year: int, language: str, now: Ms) -> bytes:
        """Return `mistreatment` or `activity` of a year as PDF.

        Raises:
            BadForm: there is no such report.
            BadConfiguration: none can be made here.
        """
        ...
