"""The rows of postings: who of either side was sent, received, withdrawn, and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.desks.requests.rows import PostingRow
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Scalar, Tx

_ANY = "requests_posting"
"""Under this what was read of postings stands in a transaction's memory."""


def insert_posting(tx: Tx, row: PostingRow) -> None:
    """Write a nomination."""
    tx.memory.pop(_ANY, None)
    tx.run(
        "INSERT INTO requests_posting (id, ours, desk, officer, state, nominated, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        (row.id, int(row.ours), row.desk, row.officer, row.state, row.nominated, row.body),
    )


def accept_posting(tx: Tx, posting: DispatchId, at: Ms) -> None:
    """Note that the host accepted."""
    tx.memory.pop(_ANY, None)
    tx.run("UPDATE requests_posting SET state = 'accepted', accepted = ? WHERE id = ?", (at, posting))


def end_posting(tx: Tx, posting: DispatchId, ours: bool, leaf: LeafIndex | None, at: Ms) -> None:  # noqa: FBT001  a column's value
    """Note that it ended, by an act of ours or theirs."""
    tx.memory.pop(_ANY, None)
    tx.run(
        "UPDATE requests_posting SET state = 'ended', ended = ?, ended_by_ours = ?, ended_leaf = ? WHERE id = ?",
        (at, int(ours), leaf, posting),
    )


def posting(tx: Tx, id_: DispatchId) -> PostingRow | None:
    """Return one posting by its nomination, or None."""
    return next(iter(_postings(tx, "WHERE id = ?", (id_,))), None)


def postings_of(tx: Tx, desk: str, officer: int, *, ours: bool) -> tuple[PostingRow, ...]:
    """Return the postings of one officer of ours or theirs, newest first."""
    known = cast("dict[object, tuple[PostingRow, ...]]", tx.memory.setdefault(_ANY, {}))
    key = (int(ours), desk, officer)
    if key not in known:
        where = "WHERE ours = ? AND desk = ? AND officer = ? ORDER BY nominated DESC, id DESC"
        known[key] = tuple(_postings(tx, where, key))
    return known[key]


def _postings(tx: Tx, where: str, arguments: tuple[Scalar, ...]) -> Iterable[PostingRow]:
    found = tx.rows(
        "SELECT id, ours, desk, officer, state, nominated, accepted, ended, ended_by_ours, ended_leaf, body"  # noqa: S608  constants of this module only
        f" FROM requests_posting {where}",
        arguments,
    )
    for row in found:
        yield PostingRow(
            id=DispatchId(bytes_of(row[0])),
            ours=row[1] == 1,
            desk=text_of(row[2]),
            officer=int_of(row[3]),
            state=text_of(row[4]),
            nominated=Ms(int_of(row[5])),
            accepted=ms_or_none(row[6]),
            ended=ms_or_none(row[7]),
            ended_by_ours=row[8] == 1,
            ended_leaf=None if row[9] is None else LeafIndex(int_of(row[9])),
            body=bytes_of(row[10]),
        )
