"""The rows of the requests desk: one statement a fact, queries for the screens.

The rule it keeps: every write is idempotent by dispatch id, and a fact once written is never overwritten by a repeat.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms
from comity.desks.requests.rules import Progress
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.marking.labels import Label, Lane, Urgency
from comity.marking.vocabulary import Limits


@dataclass(frozen=True, slots=True)
class Rest:
    """What a page shows of a header and no list sorts by. The header's own bytes are the node's."""

    label: Label
    basis: tuple[str, ...]
    conduct: str | None
    answer_by: Ms | None
    delegation: DispatchId | None
    role: str


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """One dispatch with all that lists need; `body` is empty in lists.

    `recalled_by` and `replaced_by` are the newest mark that its own sender set on it; `part` is set if only a part is
    recalled. `due_next` is the earliest limit not yet met.
    """

    id: DispatchId
    ours: bool
    admitted: bool
    kind: str
    stage: str
    case: CaseId
    re: DispatchId | None
    replaces: DispatchId | None
    urgency: Urgency
    lane: Lane
    purpose: str
    item: str | None
    item_reason: str
    title: str
    from_agency: str
    to_agencies: tuple[str, ...]
    officer_desk: str
    officer: int
    created: Ms
    committed: Ms | None
    leaf: LeafIndex | None
    arrived: Ms | None
    filed: Ms | None
    seen: Ms | None
    quarantined: Ms | None
    refused: Ms | None
    refused_code: str | None
    first: Ms | None
    answered: Ms | None
    answered_by: DispatchId | None
    outward: str | None
    limits: Limits
    due_next: Ms | None
    recalled_by: DispatchId | None
    recalled_at: Ms | None
    recalled_part: str | None
    replaced_by: DispatchId | None
    rest: Rest
    body: bytes

    @property
    def due_seen(self) -> Ms | None:
        """When it must be seen, once it has arrived."""
        return self._after(self.limits.seen)

    @property
    def due_first(self) -> Ms | None:
        """When a first answer is owed, once it has arrived."""
        return self._after(self.limits.first)

    @property
    def due_full(self) -> Ms | None:
        """When the final answer is owed, once it has arrived."""
        return self._after(self.limits.full)

    def progress(self, limit_arrived: int | None) -> Progress:
        """Return the facts from which `rules` reads its state; `limit_arrived` is the lane's, for what we sent."""
        return Progress(
            sent=self.committed if self.ours else None,
            arrived=self.arrived,
            seen=self.seen,
            first=self.first,
            answered=self.answered,
            refused=self.refused,
            quarantined=self.quarantined,
            outward=self.outward,
            limit_arrived=limit_arrived,
            limits=self.limits,
        )

    def _after(self, limit: int | None) -> Ms | None:
        return None if limit is None or self.arrived is None else Ms(self.arrived + limit)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list: its numbers, the dispatch that opened it, the earliest open limit, how much moved.

    `year` and `seq` are of our number; `theirs` is the other side's number as it wrote it. `opener` is None if the
    dispatch that opened it never came.
    """

    id: CaseId
    year: int
    seq: int
    theirs: str | None
    opened: Ms
    due_next: Ms | None
    last: Ms
    dispatches: int
    opener: DispatchRow | None


@dataclass(frozen=True, slots=True)
class ItemCount:
    """One workplan item (None: none): dispatches moved, limits run out on questions of theirs and of ours."""

    item: str | None
    moved: int
    we_owe: int
    they_owe: int


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One posting; `body` is the nomination's. `ended_leaf` is in the log of the side that ended it."""

    id: DispatchId
    ours: bool
    desk: str
    officer: int
    state: str
    nominated: Ms
    accepted: Ms | None
    ended: Ms | None
    ended_by_ours: bool
    ended_leaf: LeafIndex | None
    body: bytes


_LABEL = (
    "handling", "conditions", "evaluation", "tlp", "pap", "retain_until", "originator", "categories", "redactions",
)  # fmt: skip
_WRITTEN = (
    "id", "ours", "admitted", "kind", "stage", "case_id", "re", "replaces", "urgency", "lane", "purpose", "item",
    "item_reason", "title", "from_agency", "to_agency", "officer_desk", "officer", "created", "committed", "leaf",
    "arrived", "limit_seen", "limit_first", "limit_full", "due_next", "rest", "body",
)  # fmt: skip
_READ = (
    "id", "ours", "admitted", "kind", "stage", "case_id", "re", "replaces", "urgency", "lane", "purpose", "item",
    "item_reason", "title", "from_agency", "to_agency", "officer_desk", "officer", "created", "committed", "leaf",
    "arrived", "filed", "seen", "quarantined", "refused", "refused_code", "first_at", "answered", "answered_by",
    "outward", "limit_seen", "limit_first", "limit_full", "due_next", "rest",
)  # fmt: skip


def _newest_mark(column: str, kind: str) -> str:
    """Return the query of one column of the newest mark that a dispatch's own sender set on it."""
    return (
        f"(SELECT {column} FROM requests_mark m WHERE m.target = d.id AND m.ours = d.ours AND m.kind = '{kind}'"  # noqa: S608  constants of this module only
        " ORDER BY at DESC, by_id LIMIT 1)"
    )


_MARKED = (
    _newest_mark("by_id", "recall"),
    _newest_mark("at", "recall"),
    _newest_mark("part", "recall"),
    _newest_mark("by_id", "correction"),
)
_COLUMNS = ", ".join([*(f"d.{name}" for name in _READ), *_MARKED])
_LIST = f"SELECT {_COLUMNS} FROM requests_dispatch d "  # noqa: S608  constants of this module only
_WHOLE = f"SELECT {_COLUMNS}, d.body FROM requests_dispatch d "  # noqa: S608  constants of this module only

INSERT_DISPATCH = (
    f"INSERT INTO requests_dispatch ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))})"  # noqa: S608
    " ON CONFLICT (id) DO NOTHING"
)
"""One dispatch; its arguments are the columns `_WRITTEN`. A second time it changes nothing."""
_OPEN_CASE = (
    "INSERT INTO requests_case (id, year, seq, opened)"
    " VALUES (?, ?, COALESCE((SELECT seq FROM requests_case WHERE year = ? ORDER BY seq DESC LIMIT 1), 0) + 1, ?)"
    " ON CONFLICT (id) DO NOTHING"
)
_ARRIVED = (
    "UPDATE requests_dispatch SET arrived = COALESCE(arrived, ?), filed = COALESCE(filed, ?),"
    " due_next = CASE WHEN arrived IS NOT NULL THEN due_next"
    " WHEN answered IS NOT NULL OR refused IS NOT NULL THEN NULL"
    " WHEN first_at IS NOT NULL THEN ? + limit_full"
    " WHEN seen IS NOT NULL THEN ? + COALESCE(limit_first, limit_full)"
    " ELSE ? + COALESCE(limit_seen, limit_first, limit_full) END"
    " WHERE id = ?"
)
_SEEN = (
    "UPDATE requests_dispatch SET seen = COALESCE(seen, ?),"
    " due_next = CASE WHEN seen IS NOT NULL OR arrived IS NULL THEN due_next"
    " WHEN answered IS NOT NULL OR refused IS NOT NULL THEN NULL"
    " WHEN first_at IS NOT NULL THEN arrived + limit_full"
    " ELSE arrived + COALESCE(limit_first, limit_full) END"
    " WHERE id = ?"
)
_QUARANTINED = "UPDATE requests_dispatch SET quarantined = COALESCE(quarantined, ?) WHERE id = ?"
_REFUSED = (
    "UPDATE requests_dispatch SET refused = COALESCE(refused, ?), refused_code = COALESCE(refused_code, ?),"
    " due_next = NULL WHERE id = ?"
)
# An answer of ours that their law refused has answered nothing: the question is open again, with its old limit.
_REOPEN = (
    "UPDATE requests_dispatch SET answered = NULL, answered_by = NULL, outward = NULL, due_next = arrived + limit_full"
    " WHERE answered_by = ?"
    " AND id = (SELECT re FROM requests_dispatch WHERE id = ?)"
)
_FIRST_ANSWER = (
    "UPDATE requests_dispatch SET first_at = COALESCE(first_at, ?),"
    " due_next = CASE WHEN answered IS NULL AND refused IS NULL THEN arrived + limit_full END"
    " WHERE id = ? AND ours = ?"
)
_ANSWERED = (
    "UPDATE requests_dispatch SET first_at = COALESCE(first_at, ?), answered = ?, answered_by = ?, outward = ?,"
    " due_next = NULL WHERE id = ? AND ours = ? AND answered IS NULL"
)
_MARK = (
    "INSERT INTO requests_mark (target, ours, by_id, kind, part, at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (target, by_id) DO NOTHING"
)


def pack(rest: Rest) -> str:
    """Write the rest of a header as one column."""
    label = [getattr(rest.label, name) for name in _LABEL]
    delegation = None if rest.delegation is None else rest.delegation.hex()
    return json.dumps([label, rest.basis, rest.conduct, rest.answer_by, delegation, rest.role])


def unpack(column: str) -> Rest:
    """Read what `pack` wrote."""
    label, basis, conduct, answer_by, delegation, role = json.loads(column)
    parts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in zip(_LABEL, label, strict=True)
    }
    return Rest(
        label=Label(**parts),
        basis=tuple(basis),
        conduct=conduct,
        answer_by=answer_by,
        delegation=None if delegation is None else DispatchId(bytes.fromhex(delegation)),
        role=role,
    )


# --- writing ---------------------------------------------------------------------------------------------------


def insert_dispatch(tx: Tx, arguments: tuple[Scalar, ...]) -> bool:
    """Write one dispatch; return whether it was new."""
    return tx.run(INSERT_DISPATCH, arguments) > 0


def open_case(tx: Tx, case: CaseId, year: int, at: Ms) -> None:
    """Give a case the next number of the year; a case that has one keeps it."""
    tx.run(_OPEN_CASE, (case, year, year, at))


def note_their_number(tx: Tx, case: CaseId, number: str) -> None:
    """Keep the other side's number of a case; the first that it gave stays."""
    tx.run("UPDATE requests_case SET theirs = COALESCE(theirs, ?) WHERE id = ?", (number, case))


def note_arrived(tx: Tx, dispatch: DispatchId, at: Ms, filed: Ms | None) -> None:
    """Note that it arrived, and was filed if `filed` says when; its limits begin.

    What arrived and is held until its predecessors are there has no row yet: its time is kept for the day it is filed.
    """
    if not tx.run(_ARRIVED, (at, filed, at, at, at, dispatch)):
        tx.run("INSERT INTO requests_early (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (dispatch, at))


def arrived_before(tx: Tx, dispatch: DispatchId) -> Ms | None:
    """Return when a dispatch arrived that was held before it was filed, or None."""
    found = tx.rows("SELECT at FROM requests_early WHERE id = ?", (dispatch,))
    return ms_or_none(found[0][0]) if found else None


def note_seen(tx: Tx, dispatch: DispatchId, at: Ms) -> None:
    """Note that a desk has opened it."""
    tx.run(_SEEN, (at, dispatch))


def note_quarantined(tx: Tx, dispatch: DispatchId, at: Ms) -> None:
    """Note that it could not be opened."""
    tx.run(_QUARANTINED, (at, dispatch))


def note_refused(tx: Tx, dispatch: DispatchId, code: str | None, at: Ms) -> None:
    """Note that the receiving law or accord said no; what it had answered is open again."""
    tx.run(_REFUSED, (at, code, dispatch))
    tx.run(_REOPEN, (dispatch, dispatch))


def note_first_answer(tx: Tx, request: DispatchId, ours: bool, at: Ms) -> None:  # noqa: FBT001  a column's value
    """Note a part or holding answer to a request, which is ours or theirs; its full limit goes on."""
    tx.run(_FIRST_ANSWER, (at, request, int(ours)))


def note_answered(tx: Tx, request: DispatchId, ours: bool, by: DispatchId, outward: str | None, at: Ms) -> None:  # noqa: FBT001, PLR0917  the columns in order
    """Note the answer, refusal or acceptance that ends a request."""
    tx.run(_ANSWERED, (at, at, by, outward, request, int(ours)))


def mark(tx: Tx, target: DispatchId, ours: bool, by: DispatchId, kind: str, part: str | None, at: Ms) -> None:  # noqa: FBT001, PLR0917  the columns in order
    """Leave the mark of a recall or correction; it stands also if the target has not come yet."""
    tx.run(_MARK, (target, int(ours), by, kind, part, at))


def insert_posting(tx: Tx, row: PostingRow) -> None:
    """Write a nomination."""
    tx.run(
        "INSERT INTO requests_posting (id, ours, desk, officer, state, nominated, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        (row.id, int(row.ours), row.desk, row.officer, row.state, row.nominated, row.body),
    )


def accept_posting(tx: Tx, posting: DispatchId, at: Ms) -> None:
    """Note that the host accepted."""
    tx.run("UPDATE requests_posting SET state = 'accepted', accepted = ? WHERE id = ?", (at, posting))


def end_posting(tx: Tx, posting: DispatchId, ours: bool, leaf: LeafIndex | None, at: Ms) -> None:  # noqa: FBT001  a column's value
    """Note that it ended, by an act of ours or theirs."""
    tx.run(
        "UPDATE requests_posting SET state = 'ended', ended = ?, ended_by_ours = ?, ended_leaf = ? WHERE id = ?",
        (at, int(ours), leaf, posting),
    )


# --- reading ---------------------------------------------------------------------------------------------------


def dispatch(tx: Tx, id_: DispatchId) -> DispatchRow | None:
    """Return one dispatch with its header and body, or None."""
    found = tx.rows(_WHOLE + "WHERE d.id = ?", (id_,))
    return _dispatch(found[0]) if found else None


def due(tx: Tx, *, ours: bool, limit: int) -> tuple[DispatchRow, ...]:
    """Return what is owed something, by time left, so the longest overdue first."""
    found = tx.rows(
        _LIST + "WHERE d.ours = ? AND d.due_next IS NOT NULL ORDER BY d.due_next, d.id LIMIT ?", (int(ours), limit)
    )
    return tuple(_dispatch(row) for row in found)


def timeline(tx: Tx, case: CaseId) -> tuple[DispatchRow, ...]:
    """Return all dispatches of a case, oldest first, with header and body."""
    return tuple(_dispatch(row) for row in tx.rows(_WHOLE + "WHERE d.case_id = ? ORDER BY d.created, d.id", (case,)))


_CASES = (
    "SELECT c.id, c.year, c.seq, c.theirs, c.opened, MIN(d.due_next), MAX(d.created), COUNT(d.id)"
    " FROM requests_case c JOIN requests_dispatch d ON d.case_id = c.id"
)


def cases(tx: Tx, *, limit: int) -> tuple[CaseRow, ...]:
    """Return the cases: what is owed soonest first, then those where nothing is owed, newest first."""
    found = tx.rows(
        _CASES + " GROUP BY c.id, c.year, c.seq, c.theirs, c.opened"
        " ORDER BY CASE WHEN MIN(d.due_next) IS NULL THEN 1 ELSE 0 END, MIN(d.due_next), MAX(d.created) DESC LIMIT ?",
        (limit,),
    )
    return tuple(_case(tx, row) for row in found)


def case(tx: Tx, id_: CaseId) -> CaseRow | None:
    """Return one case, or None."""
    found = tx.rows(_CASES + " WHERE c.id = ? GROUP BY c.id, c.year, c.seq, c.theirs, c.opened", (id_,))
    return _case(tx, found[0]) if found else None


def counts(tx: Tx, begins: Ms, ends: Ms, now: Ms) -> tuple[ItemCount, ...]:
    """Return by workplan item what moved between `begins` and `ends` (not included), and what is overdue at `now`."""
    moved = tx.rows(
        "SELECT item, COUNT(*) FROM requests_dispatch WHERE created >= ? AND created < ? GROUP BY item", (begins, ends)
    )
    late = tx.rows(
        "SELECT item, ours, COUNT(*) FROM requests_dispatch WHERE ours IN (0, 1) AND due_next <= ? GROUP BY item, ours",
        (now,),
    )
    found: dict[Scalar, dict[str, int]] = {item: {"moved": int_of(count)} for item, count in moved}
    for item, ours, count in late:
        found.setdefault(item, {})["they" if ours else "we"] = int_of(count)
    return tuple(
        ItemCount(
            None if item is None else text_of(item), number.get("moved", 0), number.get("we", 0), number.get("they", 0)
        )
        for item, number in sorted(found.items(), key=lambda entry: (entry[0] is None, str(entry[0])))
    )


def marked(tx: Tx, target: DispatchId, *, ours: bool) -> bool:
    """Say whether the side that sends the target has recalled or corrected it."""
    return bool(tx.rows("SELECT 1 FROM requests_mark WHERE target = ? AND ours = ? LIMIT 1", (target, int(ours))))


def posting(tx: Tx, id_: DispatchId) -> PostingRow | None:
    """Return one posting by its nomination, or None."""
    return next(iter(_postings(tx, "WHERE id = ?", (id_,))), None)


def postings_of(tx: Tx, desk: str, officer: int, *, ours: bool) -> tuple[PostingRow, ...]:
    """Return the postings of one officer of ours or theirs, newest first."""
    where = "WHERE ours = ? AND desk = ? AND officer = ? ORDER BY nominated DESC, id DESC"
    return tuple(_postings(tx, where, (int(ours), desk, officer)))


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


def _case(tx: Tx, row: Row) -> CaseRow:
    opener = tx.rows(_LIST + "WHERE d.id = ?", (row[0],))
    return CaseRow(
        id=CaseId(bytes_of(row[0])),
        year=int_of(row[1]),
        seq=int_of(row[2]),
        theirs=_text_or_none(row[3]),
        opened=Ms(int_of(row[4])),
        due_next=ms_or_none(row[5]),
        last=Ms(int_of(row[6])),
        dispatches=int_of(row[7]),
        opener=_dispatch(opener[0]) if opener else None,
    )


def _dispatch(row: Row) -> DispatchRow:
    c = dict(zip((*_READ, "recalled_by", "recalled_at", "recalled_part", "replaced_by", "body"), row, strict=False))
    return DispatchRow(
        id=DispatchId(bytes_of(c["id"])),
        ours=c["ours"] == 1,
        admitted=c["admitted"] == 1,
        kind=text_of(c["kind"]),
        stage=text_of(c["stage"]),
        case=CaseId(bytes_of(c["case_id"])),
        re=_id_or_none(c["re"]),
        replaces=_id_or_none(c["replaces"]),
        urgency=Urgency(int_of(c["urgency"])),
        lane=Lane(int_of(c["lane"])),
        purpose=text_of(c["purpose"]),
        item=_text_or_none(c["item"]),
        item_reason=text_of(c["item_reason"]),
        title=text_of(c["title"]),
        from_agency=text_of(c["from_agency"]),
        to_agencies=tuple(text_of(c["to_agency"]).split()),
        officer_desk=text_of(c["officer_desk"]),
        officer=int_of(c["officer"]),
        created=Ms(int_of(c["created"])),
        committed=ms_or_none(c["committed"]),
        leaf=None if c["leaf"] is None else LeafIndex(int_of(c["leaf"])),
        arrived=ms_or_none(c["arrived"]),
        filed=ms_or_none(c["filed"]),
        seen=ms_or_none(c["seen"]),
        quarantined=ms_or_none(c["quarantined"]),
        refused=ms_or_none(c["refused"]),
        refused_code=_text_or_none(c["refused_code"]),
        first=ms_or_none(c["first_at"]),
        answered=ms_or_none(c["answered"]),
        answered_by=_id_or_none(c["answered_by"]),
        outward=_text_or_none(c["outward"]),
        limits=Limits(ms_or_none(c["limit_seen"]), ms_or_none(c["limit_first"]), ms_or_none(c["limit_full"])),
        due_next=ms_or_none(c["due_next"]),
        recalled_by=_id_or_none(c["recalled_by"]),
        recalled_at=ms_or_none(c["recalled_at"]),
        recalled_part=_text_or_none(c["recalled_part"]),
        replaced_by=_id_or_none(c["replaced_by"]),
        rest=unpack(text_of(c["rest"])),
        body=bytes_of(c.get("body", b"")),
    )


def _text_or_none(value: Scalar) -> str | None:
    return None if value is None else text_of(value)


def _id_or_none(value: Scalar) -> DispatchId | None:
    return None if value is None else DispatchId(bytes_of(value))
