"""The rows that every dispatch of this desk has: what its header says, its receipts, its marks.

The rule it keeps: every write is idempotent by dispatch id; rows of the plan, of meetings and scorecards stand with their parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms
from comity.desk import Filing
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Row, Scalar, Tx

_COLUMNS = (
    "id", "case_id", "ours", "admitted", "kind", "stage", "re", "replaces", "item", "from_agency", "to_agency",
    "officer_desk", "officer", "made", "at", "leaf", "arrived", "filed", "seen", "quarantined", "refused", "refused_code",
    "title", "body",
)  # fmt: skip
_WRITTEN = tuple(name for name in _COLUMNS if name not in {"filed", "seen", "quarantined", "refused", "refused_code"})
_INSERT = (
    f"INSERT INTO workplan_dispatch ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))})"  # noqa: S608
    " ON CONFLICT (id) DO NOTHING"
)
DISPATCH = f"SELECT {', '.join(_COLUMNS)} FROM workplan_dispatch "  # noqa: S608  named columns
_NOTE = {
    "seen": "UPDATE workplan_dispatch SET seen = COALESCE(seen, ?) WHERE id = ?",
    "quarantined": "UPDATE workplan_dispatch SET quarantined = COALESCE(quarantined, ?) WHERE id = ?",
}


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """One dispatch of this desk; `made` is its sender's time, `at` ours: committed, or filed here."""

    id: DispatchId
    case: CaseId
    ours: bool
    admitted: bool
    kind: str
    stage: str
    re: DispatchId | None
    replaces: DispatchId | None
    item: str | None
    from_agency: str
    to_agencies: tuple[str, ...]
    officer_desk: str
    officer: int
    made: Ms
    at: Ms
    leaf: LeafIndex | None
    arrived: Ms | None
    filed: Ms | None
    seen: Ms | None
    quarantined: Ms | None
    refused: Ms | None
    refused_code: str | None
    title: str
    body: bytes


def dispatch_of(row: Row) -> DispatchRow:
    """Return a row of `DISPATCH` as a value."""
    found: dict[str, Scalar] = dict(zip(_COLUMNS, row, strict=True))

    def named(name: str) -> DispatchId | None:
        return None if found[name] is None else DispatchId(bytes_of(found[name]))

    leaf, code, item = found["leaf"], found["refused_code"], found["item"]
    return DispatchRow(
        id=DispatchId(bytes_of(found["id"])),
        case=CaseId(bytes_of(found["case_id"])),
        ours=bool(found["ours"]),
        admitted=bool(found["admitted"]),
        kind=text_of(found["kind"]),
        stage=text_of(found["stage"]),
        re=named("re"),
        replaces=named("replaces"),
        item=None if item is None else text_of(item),
        from_agency=text_of(found["from_agency"]),
        to_agencies=tuple(text_of(found["to_agency"]).split()),
        officer_desk=text_of(found["officer_desk"]),
        officer=int_of(found["officer"]),
        made=Ms(int_of(found["made"])),
        at=Ms(int_of(found["at"])),
        leaf=None if leaf is None else LeafIndex(int_of(leaf)),
        arrived=ms_or_none(found["arrived"]),
        filed=ms_or_none(found["filed"]),
        seen=ms_or_none(found["seen"]),
        quarantined=ms_or_none(found["quarantined"]),
        refused=ms_or_none(found["refused"]),
        refused_code=None if code is None else text_of(code),
        title=text_of(found["title"]),
        body=bytes_of(found["body"]),
    )


# --- writing ---------------------------------------------------------------------------------------------------


def insert_dispatch(tx: Tx, filing: Filing, stage: str, title: str, arrived: Ms | None) -> bool:
    """Write one dispatch; return whether it was new."""
    header = filing.header
    return (
        tx.run(
            _INSERT,
            (
                header.id, filing.case, int(filing.ours), int(filing.admitted), header.kind, stage,
                header.re[0] if header.re else None, header.replaces, header.workplan_item, header.author.agency,
                " ".join(header.agencies), header.released_by.desk, header.released_by.officer, header.created, filing.at,
                filing.index, arrived, title, filing.body,
            ),
        )
        > 0
    )  # fmt: skip


def note_arrived(tx: Tx, dispatch: DispatchId, at: Ms, filed: Ms | None) -> None:
    """Note that it arrived, and was filed if `filed` says when; what is held until then has no row yet."""
    done = tx.run(
        "UPDATE workplan_dispatch SET arrived = COALESCE(arrived, ?), filed = COALESCE(filed, ?) WHERE id = ?",
        (at, filed, dispatch),
    )
    if not done:
        tx.run("INSERT INTO workplan_early (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (dispatch, at))


def arrived_before(tx: Tx, dispatch: DispatchId) -> Ms | None:
    """Return when a dispatch arrived that was held before it was filed, or None."""
    found = tx.rows("SELECT at FROM workplan_early WHERE id = ?", (dispatch,))
    return ms_or_none(found[0][0]) if found else None


def note(tx: Tx, dispatch: DispatchId, what: Literal["seen", "quarantined"], at: Ms) -> None:
    """Note a receipt that says no more than its time."""
    tx.run(_NOTE[what], (at, dispatch))


def note_refused(tx: Tx, dispatch: DispatchId, code: str | None, at: Ms) -> None:
    """Note that the receiving law or accord said no."""
    tx.run(
        "UPDATE workplan_dispatch SET refused = COALESCE(refused, ?), refused_code = COALESCE(refused_code, ?) WHERE id = ?",
        (at, code, dispatch),
    )


def take_back(tx: Tx, taken: TakenBack) -> None:
    """Leave a mark on a dispatch."""
    tx.run(
        "INSERT INTO workplan_mark (target, by_id, ours, kind, made) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (target, by_id) DO NOTHING",
        (taken.target, taken.by, int(taken.ours), taken.kind, taken.made),
    )


def erase_words(tx: Tx, dispatch: DispatchId) -> None:
    """Take the words of a dispatch out of its row."""
    tx.run("UPDATE workplan_dispatch SET title = '', body = ? WHERE id = ?", (b"", dispatch))


# --- reading ---------------------------------------------------------------------------------------------------


def dispatch(tx: Tx, id_: DispatchId) -> DispatchRow | None:
    """Return one dispatch, or None."""
    found = tx.rows(DISPATCH + "WHERE id = ?", (id_,))
    return dispatch_of(found[0]) if found else None


def timeline(tx: Tx, case: CaseId) -> tuple[DispatchRow, ...]:
    """Return every dispatch of this desk in a case, by the time that its sender says."""
    return tuple(dispatch_of(row) for row in tx.rows(DISPATCH + "WHERE case_id = ? ORDER BY made, id", (case,)))


def marks(tx: Tx, target: DispatchId) -> tuple[str, ...]:
    """Return what the sender of a dispatch did to it later: `recall`, `recall-part`, `correction`."""
    rows = tx.rows("SELECT DISTINCT kind FROM workplan_mark WHERE target = ? ORDER BY kind", (target,))
    return tuple(text_of(kind) for (kind,) in rows)


def agencies(tx: Tx, case: CaseId) -> frozenset[str] | None:
    """Return our agencies in a case, None for a case of which this desk has nothing."""
    rows = tx.rows("SELECT DISTINCT ours, from_agency, to_agency FROM workplan_dispatch WHERE case_id = ?", (case,))
    found = [(text_of(sent) if ours else text_of(got)).split() for ours, sent, got in rows]
    return frozenset(one for many in found for one in many) if found else None
