"""What an old store of a node holds that the store in use does not: said by number, so that nothing is lost silently.

The rule it keeps: both stores are only read, and nothing of their content is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Row, Tx
from comity.edge.config import read_config
from comity.edge.sqlite_reader import SqliteReader
from comity.edge.stores import NodeStore, open_snapshots


class Left(StrEnum):
    """Why something is only in an old store."""

    UNSENT = "unsent"
    WITHDRAWN = "withdrawn"
    CONTENT = "content"
    RECEIVED = "received"
    DRAFT = "draft"


MEANING = {
    Left.UNSENT: "ours, and not in the log that went on: send it again",
    Left.WITHDRAWN: "ours, withdrawn as lost without a receipt: ask whether it came, and send it again",
    Left.CONTENT: "ours, and the other side has it: only its content is missing in the store in use",
    Left.RECEIVED: "of the other side, and not here yet: it sends it again, or withdrew it",
    Left.DRAFT: "a draft that was held: hand it in again",
}


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """One thing that only the old store holds.

    Attributes:
        why: what it is, and what is to be done.
        id: of the dispatch or draft.
        desk: whose it is; empty for what came from the other side.
        at: when it was sent, came, or was held.
    """

    why: Left
    id: bytes
    desk: str
    at: Ms


def left_behind(folder: Path, old: Path) -> tuple[tuple[LeftBehind, ...], int]:
    """Return what an old store holds that the store of the node in `folder` does not, and how many decision records.

    Args:
        folder: of the node in use.
        old: the file of an old store, or the folder of a node with one.

    Raises:
        BadConfiguration: one of them is not there, or they are not of the same node.
        StoreError: one of them cannot be read.
    """
    with (
        closing(open_snapshots(read_config(folder))) as here,
        closing(_open_old(old)) as there,
        here.read() as tx,
        there.read() as old_tx,
    ):
        origins = [row.origin for row in (log_row(tx, LogRole.OURS), log_row(old_tx, LogRole.OURS)) if row is not None]
        if len({origin.rpartition("/")[0] for origin in origins}) != 1 or len(origins) != 2:  # noqa: PLR2004  two stores
            raise BadConfiguration(f"{old} is not an old store of the node in {folder}; nothing was compared")
        found = tuple(sorted(_dispatches(tx, old_tx), key=lambda one: (one.why, one.at)))
        salts = "SELECT salt FROM record"
        return found, len({row[0] for row in old_tx.rows(salts)} - {row[0] for row in tx.rows(salts)})


def _open_old(old: Path) -> NodeStore:
    return open_snapshots(read_config(old)) if old.is_dir() else SqliteReader(old)


def _dispatches(tx: Tx, old: Tx) -> Iterator[LeftBehind]:
    here = _ids(tx, "SELECT id FROM sent")
    lost = {bytes_of(id_): bool(withdrawn and not fact) for id_, withdrawn, fact in tx.rows(_LOST)}
    for id_, desk, at in old.rows("SELECT id, desk, sent_at FROM sent"):
        if bytes_of(id_) not in here:
            why = Left.UNSENT
            if bytes_of(id_) in lost:
                why = Left.WITHDRAWN if lost[bytes_of(id_)] else Left.CONTENT
            yield _made(why, (id_, desk, at))
    got = _ids(tx, "SELECT id FROM got")
    yield from (_made(Left.RECEIVED, row) for row in old.rows(_GOT) if bytes_of(row[0]) not in got)
    drafts = _ids(tx, "SELECT id FROM kept")
    yield from (_made(Left.DRAFT, row) for row in old.rows(_DRAFTS) if bytes_of(row[0]) not in drafts)


_LOST = "SELECT id, withdrawn, fact FROM lost"
_GOT = "SELECT id, '', known_at FROM got WHERE plain IS NOT NULL"
_DRAFTS = "SELECT id, desk, at FROM kept WHERE state = 'held' AND ended_at IS NULL"


def _ids(tx: Tx, statement: str) -> frozenset[bytes]:
    return frozenset(bytes_of(row[0]) for row in tx.rows(statement))


def _made(why: Left, row: Row) -> LeftBehind:
    id_, desk, at = row
    return LeftBehind(why, bytes_of(id_), text_of(desk), Ms(int_of(at)))
