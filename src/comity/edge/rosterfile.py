"""The roster beside a node, read again whenever its file was changed, so that who leaves it is out at once.

The rule it keeps: a roster that cannot be read changes nothing; the last good one stands and the fault is logged.
"""

from __future__ import annotations

import logging
from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.edge.registry import Roster, RosterOfficer, read_toml

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
        self._officers = self._read()

    def officers(self) -> dict[tuple[str, int], RosterOfficer]:
        """Return the officers as the file has them now."""
        stamp = _stamp(self._path)
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._officers = self._read()
            except BadConfiguration:
                _LOG.exception("the roster could not be read; the one read before stands until it is repaired")
        return self._officers

    def _read(self) -> dict[tuple[str, int], RosterOfficer]:
        roster = read_toml(self._path, Roster)
        return {(one.desk, one.number): one for one in roster.of(self._party)}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written anew, None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
