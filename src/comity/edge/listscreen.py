"""The screen of a node that has a list of substances beside it: the desk's own screening, loaded by name, asked line by line.

The rule it keeps: the list is read once at the start, checked by the screening itself; a node without a list, or without what the
screening needs, runs without a screen and says so.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from comity.edge.desks import offering, part
from comity.edge.notices import Screen

_LOG = logging.getLogger("comity.notices")
_NEEDED = "rdkit"
_LARGEST_BYTES = 16 * 1024 * 1024
_NO_GAP = "none"


class ListScreen:
    """Screens the lines of a notification against one edition of the list.

    Args:
        desk: whose screening it is.
        files: of the edition, by name.
        parties: codes of the two parties' law in the edition.

    Raises:
        BadConfiguration: the edition does not hold.
    """

    def __init__(self, desk: str, files: Mapping[str, bytes], parties: tuple[str, str]) -> None:
        self._desk, self._parties = desk, parties
        self._book = part(desk, "screening.book").SubstanceBook.load(files)
        self._model, self._verdict = part(desk, "model"), part(desk, "screening.verdict")
        self._status = part(desk, "screening.status")
        self._made: Any = None

    def screen(self, lines: Sequence[Any], on: date) -> Any:
        """Return what both sides' lists say of each line on a day."""
        screener = self._screener(on)
        answers = [screener.screen(self._row(place, line)) for place, line in enumerate(lines, 1)]
        return self._model.Screened(
            lines=tuple(self._line(place, answer) for place, answer in enumerate(answers, 1)),
            asymmetric=any(self._one_sided(answer, on) for answer in answers),
            edition=self._book.edition,
        )

    def _screener(self, on: date) -> Any:
        """Return the screener for a day; the edition is read into one once, with the first notification."""
        if self._made is None:
            laws = frozenset({*self._parties, *self._book.treaties})
            self._made = part(self._desk, "screening.screen").Screener(self._book, on, laws)
        return self._made.on(on)

    def _row(self, place: int, line: Any) -> Any:
        percent = None if line.share is None else line.share / 10
        return self._verdict.Input(
            id=str(place),
            name=line.substance,
            cas=line.cas,
            hs=line.hs,
            un=line.un,
            inchikey=line.inchikey,
            percent=percent,
        )

    def _line(self, place: int, answer: Any) -> Any:
        first = answer.first
        instrument = f"{first.jurisdiction}: {first.instrument}" if first.jurisdiction else first.instrument
        return self._model.LineVerdict(
            place, answer.verdict.value, first.substance, first.rule, instrument, first.since
        )

    def _one_sided(self, answer: Any, on: date) -> bool:
        found = {one.substance for one in answer.findings if one.substance}
        ways = (self._parties, self._parties[::-1])
        return any(
            self._status.asymmetry(self._book, substance, *way, on).gap.value != _NO_GAP
            for substance in found
            for way in ways
        )


def open_screen(desk: str, folder: Path, parties: tuple[str, str]) -> Screen | None:
    """Return the screen of a desk with the list in `folder`; None where something that it needs is not there.

    Args:
        desk: that keeps consignments.
        folder: of the edition of the list.
        parties: codes of the countries of the accord, ours first.

    Raises:
        BadConfiguration: the list is there and does not hold.
    """
    if not folder.is_dir() or not offering((desk,), "screening"):
        return None
    if importlib.util.find_spec(_NEEDED) is None:
        _LOG.warning("%s is not installed: notifications are not screened here", _NEEDED)
        return None
    files = {one.name: one.read_bytes() for one in sorted(folder.iterdir()) if _is_part(one)}
    here, there = (code.lower() for code in parties)
    return ListScreen(desk, files, (here, there))


def _is_part(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.stat().st_size <= _LARGEST_BYTES
