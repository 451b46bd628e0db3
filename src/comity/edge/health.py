"""How the node runs, for whoever administers it: sizes and counts, never content, never who exchanged with whom."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from comity.base.ids import show_id
from comity.dispatch.book import Ledger, LogRole, log_row
from comity.dispatch.columns import int_of
from comity.dispatch.entries import Fact
from comity.edge.people import People
from comity.node.linkrow import read_link
from comity.node.owed import all_alarms
from comity.policy.access import Role
from comity.screen.people import AlarmLine, HealthCard

_SIDE_FILES = ("", "-wal", "-shm")
_LOGS = {LogRole.OURS: "exchange", LogRole.THEIRS: "mirror", LogRole.DECISION: "decision"}
_WAITING = "SELECT count(*) FROM sent WHERE fact = 0 AND settled_at IS NULL"
_QUARANTINED = f"SELECT count(*) FROM got WHERE fact = {int(Fact.QUARANTINED)}"  # noqa: S608  as the index says it


class Health:
    """The `HealthReader` of a node.

    Args:
        ledger: where to read.
        store: the store's file.
        people: which sessions are good.
        faults: faults that no rule foresees, since the start; None in a process that does not know.
        database: how large the store is where it is no file; None: it is one.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: Path,
        people: People,
        *,
        faults: Callable[[], int] | None = None,
        database: Callable[[], int] | None = None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._people = people
        self._faults = faults
        self._database = database

    def health(self) -> HealthCard:
        """Return how the node runs now."""
        sessions = sum(one.sessions for one in self._people.accounts())
        alarms = all_alarms(self._ledger, Role.ADMINISTRATOR)
        with self._ledger.read() as tx:
            link = read_link(tx)
            found = [(name, log_row(tx, role)) for role, name in _LOGS.items()]
            logs = tuple((name, r.origin, r.size, r.head_size, r.cosigned_size) for name, r in found if r is not None)
            waiting = int_of(tx.rows(_WAITING)[0][0])
            quarantined = int_of(tx.rows(_QUARANTINED)[0][0])
        return HealthCard(
            store_bytes=self._store_bytes(),
            free_bytes=shutil.disk_usage(self._store.parent).free,
            logs=logs,
            link=str(link.state),
            exchanged=link.last_good,
            sessions=sessions,
            waiting=waiting,
            quarantined=quarantined,
            alarms=tuple(AlarmLine(show_id(one.id), one.kind, one.about, one.at) for one in alarms),
            faults=self._faults() if self._faults else None,
        )

    def _store_bytes(self) -> int:
        if self._database is not None:
            return self._database()
        return sum(map(_size, (Path(f"{self._store}{end}") for end in _SIDE_FILES)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
