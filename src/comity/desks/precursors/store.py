"""The rows of the precursors desk: one statement a fact, queries for the board.

The rule it keeps: every write is idempotent by dispatch id; a consignment's own row is made again from its dispatches.
"""

from __future__ import annotations

from collections.abc import Sequence

from comity.base.ids import CaseId, DispatchId, Ms
from comity.desks.precursors.model import Screened
from comity.desks.precursors.rows import (
    DISPATCH,
    NOTICE,
    DispatchRow,
    Notice,
    dispatch_of,
    notice_of,
    pack_screened,
    read_screened,
)
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Scalar, Tx

_WRITTEN = (
    "id", "root", "case_id", "ours", "admitted", "kind", "stage", "re", "replaces", "purpose", "item", "from_agency",
    "to_agency", "officer_desk", "officer", "made", "at", "leaf", "arrived", "title", "body",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO precursors_dispatch ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))})"  # noqa: S608
    " ON CONFLICT (id) DO NOTHING"
)
_KEPT = (
    "root", "case_id", "ours", "state", "irregular", "out_of_turn", "version", "newest", "since", "answer", "certificate",
    "sails", "leaves", "lands", "permits", "silence", "known", "same_days", "due", "waits_for", "reference", "title",
    "exporter", "importer", "marks",
)  # fmt: skip
_PUT = (
    f"INSERT INTO precursors_notice ({', '.join(_KEPT)}) VALUES ({', '.join('?' * len(_KEPT))})"  # noqa: S608
    f" ON CONFLICT (root) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _KEPT[1:])}"
)


# --- writing ---------------------------------------------------------------------------------------------------


def insert_dispatch(tx: Tx, arguments: tuple[Scalar, ...]) -> bool:
    """Write one dispatch; return whether it was new."""
    return tx.run(_INSERT, arguments) > 0


def put_notice(tx: Tx, arguments: tuple[Scalar, ...]) -> None:
    """Write what a consignment's dispatches come to."""
    tx.run(_PUT, arguments)


def drop_notice(tx: Tx, root: DispatchId) -> None:
    """Take away the row of a consignment whose notification nobody has any more."""
    tx.run("DELETE FROM precursors_notice WHERE root = ?", (root,))


def adopt(tx: Tx, root: DispatchId, from_root: DispatchId) -> None:
    """Put what was filed under one root under another: a version came after what was said of it."""
    tx.run("UPDATE precursors_dispatch SET root = ? WHERE root = ?", (root, from_root))


def note_arrived(tx: Tx, dispatch: DispatchId, at: Ms, filed: Ms | None) -> None:
    """Note that it arrived, and was filed if `filed` says when; what is held until then has no row yet."""
    done = tx.run(
        "UPDATE precursors_dispatch SET arrived = COALESCE(arrived, ?), filed = COALESCE(filed, ?) WHERE id = ?",
        (at, filed, dispatch),
    )
    if not done:
        tx.run("INSERT INTO precursors_early (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (dispatch, at))


def arrived_before(tx: Tx, dispatch: DispatchId) -> Ms | None:
    """Return when a dispatch arrived that was held before it was filed, or None."""
    found = tx.rows("SELECT at FROM precursors_early WHERE id = ?", (dispatch,))
    return ms_or_none(found[0][0]) if found else None


def note_seen(tx: Tx, dispatch: DispatchId, at: Ms) -> None:
    """Note that a desk has opened it."""
    tx.run("UPDATE precursors_dispatch SET seen = COALESCE(seen, ?) WHERE id = ?", (at, dispatch))


def note_quarantined(tx: Tx, dispatch: DispatchId, at: Ms) -> None:
    """Note that it could not be opened."""
    tx.run("UPDATE precursors_dispatch SET quarantined = COALESCE(quarantined, ?) WHERE id = ?", (at, dispatch))


def note_refused(tx: Tx, dispatch: DispatchId, code: str | None, at: Ms) -> None:
    """Note that the receiving law or accord said no."""
    tx.run(
        "UPDATE precursors_dispatch SET refused = COALESCE(refused, ?), refused_code = COALESCE(refused_code, ?) WHERE id = ?",
        (at, code, dispatch),
    )


def want_screen(tx: Tx, version: DispatchId) -> None:
    """Note that a version is still to be screened; one that was is left alone."""
    tx.run("INSERT INTO precursors_screened (id) VALUES (?) ON CONFLICT (id) DO NOTHING", (version,))


def note_screened(tx: Tx, version: DispatchId, found: Screened, verdict: str, at: Ms) -> None:
    """Keep what our screen said; a repeat replaces it, since the lists may have changed."""
    tx.run(
        "UPDATE precursors_screened SET at = ?, asymmetric = ?, verdict = ?, found = ? WHERE id = ?",
        (at, int(found.asymmetric), verdict, pack_screened(found), version),
    )


def take_back(tx: Tx, taken: TakenBack) -> None:
    """Leave a mark on a dispatch."""
    tx.run(
        "INSERT INTO precursors_mark (target, by_id, ours, kind, made, refused) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (target, by_id) DO UPDATE SET refused = excluded.refused",
        (taken.target, taken.by, int(taken.ours), taken.kind, taken.made, int(taken.refused)),
    )


def erase_words(tx: Tx, dispatch: DispatchId) -> None:
    """Take the words of a dispatch out of the rows."""
    tx.run("UPDATE precursors_dispatch SET title = '', body = ? WHERE id = ?", (b"", dispatch))
    tx.run("DELETE FROM precursors_screened WHERE id = ?", (dispatch,))
    tx.run("UPDATE precursors_board_copy SET content = ? WHERE incident = ? OR agreed = ?", (b"", dispatch, dispatch))
    tx.run(
        "UPDATE precursors_notice SET title = '', reference = '', exporter = '', importer = '' WHERE newest = ?",
        (dispatch,),
    )


# --- reading ---------------------------------------------------------------------------------------------------


def dispatch(tx: Tx, id_: DispatchId) -> DispatchRow | None:
    """Return one dispatch, or None."""
    found = tx.rows(DISPATCH + "WHERE id = ?", (id_,))
    return dispatch_of(found[0]) if found else None


def about(tx: Tx, root: DispatchId) -> tuple[DispatchRow, ...]:
    """Return every dispatch about one consignment, by the time that its sender says."""
    return tuple(dispatch_of(row) for row in tx.rows(DISPATCH + "WHERE root = ? ORDER BY made, id", (root,)))


def marks(tx: Tx, root: DispatchId) -> tuple[TakenBack, ...]:
    """Return every mark that a sender left on its own dispatches about one consignment."""
    rows = tx.rows(
        "SELECT m.target, m.by_id, m.kind, m.ours, m.made, m.refused FROM precursors_mark m JOIN precursors_dispatch d ON d.id = m.target"
        " AND d.ours = m.ours WHERE d.root = ? ORDER BY m.made, m.by_id",
        (root,),
    )
    return tuple(
        TakenBack(
            DispatchId(bytes_of(target)),
            DispatchId(bytes_of(by)),
            text_of(kind),
            bool(ours),
            Ms(int_of(made)),
            bool(no),
        )
        for target, by, kind, ours, made, no in rows
    )


def timeline(tx: Tx, case: CaseId) -> tuple[DispatchRow, ...]:
    """Return every dispatch of this desk in a case, oldest first."""
    return tuple(dispatch_of(row) for row in tx.rows(DISPATCH + "WHERE case_id = ? ORDER BY made, id", (case,)))


def root_of(tx: Tx, id_: DispatchId) -> DispatchId | None:
    """Return the consignment that a dispatch is about; None for one that is not here."""
    found = tx.rows("SELECT root FROM precursors_dispatch WHERE id = ?", (id_,))
    return DispatchId(bytes_of(found[0][0])) if found else None


def notice(tx: Tx, root: DispatchId) -> Notice | None:
    """Return one consignment by its first version, or None."""
    found = tx.rows(NOTICE + "WHERE n.root = ?", (root,))
    return notice_of(found[0]) if found else None


def notices(tx: Tx, limit: int, *, done: bool) -> tuple[Notice, ...]:
    """Return consignments: what is awaited soonest first, then what has no limit; with `done` also what is done with."""
    found = tx.rows(
        NOTICE
        + ("" if done else "WHERE n.waits_for != '' ")
        + "ORDER BY n.waits_for = '', n.due IS NULL, n.due, n.since DESC, n.root LIMIT ?",
        (limit,),
    )
    return tuple(notice_of(row) for row in found)


_TODO = "SELECT id FROM precursors_screened WHERE at IS NULL"
_UNSCREENED = DISPATCH + f"WHERE id IN ({_TODO}) AND admitted = 1 AND length(body) > 0 ORDER BY at, id LIMIT ?"


def unscreened(tx: Tx, limit: int) -> tuple[DispatchRow, ...]:
    """Return versions that our screen has not looked at, the oldest first."""
    return tuple(dispatch_of(row) for row in tx.rows(_UNSCREENED, (limit,)))


def screened(tx: Tx, version: DispatchId) -> Screened | None:
    """Return what our screen said of a version, or None."""
    found = tx.rows("SELECT found FROM precursors_screened WHERE id = ? AND found IS NOT NULL", (version,))
    return read_screened(text_of(found[0][0])) if found else None


def agencies(tx: Tx, case: CaseId) -> Sequence[tuple[bool, str, str]]:
    """Return (ours, who sent, who received) of every dispatch of a case."""
    rows = tx.rows("SELECT DISTINCT ours, from_agency, to_agency FROM precursors_dispatch WHERE case_id = ?", (case,))
    return [(bool(ours), text_of(sent), text_of(got)) for ours, sent, got in rows]
