"""The roster beside a node, read again whenever its file was changed, so that who leaves it is out at once.

The rule it keeps: a roster that cannot be read, or whose shifts do not fit it, changes nothing; the last good one stands and
the fault is logged.
"""

from __future__ import annotations

import logging
from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.edge.registry import Roster, RosterOfficer, read_toml
from comity.edge.shifts import check_shifts

_LOG = logging.getLogger("comity.people")


class RosterFile:
    """Officers of one party by desk and number.

    Args:
        path: the roster.
        party: ours, by its short mark in any case.

    Raises:
        BadConfiguration: it cannot be read when it is opened.
    """

    def __init__(self, path: Path, party: str) -> None:
        self._path, self._party = path, party
        self._seen = _stamp(path)
        self._roster = self._read()
        self._officers = self._by_number()

    def officers(self) -> dict[tuple[str, int], RosterOfficer]:
        """Return the officers as the file has them now."""
        self.roster()
        return self._officers

    def roster(self) -> Roster:
        """Return the whole roster as the file has it now; the same object as long as it has not changed."""
        stamp = _stamp(self._path)
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._roster = self._read()
                self._officers = self._by_number()
                _LOG.warning(
                    "the roster was read anew: %d officers, %d shifts", len(self._officers), len(self._roster.on_call)
                )
            except BadConfiguration:
                _LOG.exception("the roster could not be read; the one read before stands until it is repaired")
        return self._roster

    def _read(self) -> Roster:
        roster = read_toml(self._path, Roster)
        check_shifts(roster, self._party)
        return roster

    def _by_number(self) -> dict[tuple[str, int], RosterOfficer]:
        return {(one.desk, one.number): one for one in self._roster.of(self._party)}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written anew, None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
