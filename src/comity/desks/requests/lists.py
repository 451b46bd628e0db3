"""Lists of dispatches by time left, by day and by what was settled: indexed queries, need-to-know in each, keyset pages.

The rule it keeps: what is not in the scope is never read into a list; a page begins after a row, not after a count, so
that nothing is lost or repeated while rows come and go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from comity.base.ids import CaseId, DispatchId, Ms
from comity.desks.requests.narrowing import Part, among, few, inside, of_agency, together
from comity.desks.requests.rows import unpack
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.marking.labelcodes import label_codes
from comity.policy.scope import Scope
from comity.screen.inbox import Counts, Line, View

NUMBER = re.compile(r"([A-Za-z]{2,3})-(\d{4})-(\d{1,9})")
NO_ITEM = "-"
_READ = (
    "id", "ours", "kind", "stage", "case_id", "urgency", "item", "title", "from_agency", "to_agency", "rest", "created",
    "committed", "arrived", "filed", "seen", "first_at", "answered", "refused", "refused_code", "quarantined", "outward",
    "limit_seen", "limit_first", "limit_full", "due_next", "admitted", "officer_desk", "officer", "withdrawn", "converted",
    "passed_to",
)  # fmt: skip
_MARKED = (
    "(SELECT MAX(at) FROM requests_mark m WHERE m.target = d.id AND m.ours = d.ours AND m.kind = 'recall' AND m.part IS NULL)",
    "(SELECT MAX(at) FROM requests_mark m WHERE m.target = d.id AND m.ours = d.ours AND m.kind = 'correction')",
    (
        "CASE WHEN d.passed_to IS NULL THEN NULL ELSE (SELECT MAX(t.created) FROM requests_dispatch t"
        " WHERE t.case_id = d.case_id AND t.kind = 'transfer' AND t.re = d.id) END"
    ),
)
_SELECT = (
    f"SELECT {', '.join(f'd.{name}' for name in _READ)}, c.year, c.seq, c.theirs, {', '.join(_MARKED)}"  # noqa: S608  constants of this module only
    " FROM requests_dispatch d LEFT JOIN requests_case c ON c.id = d.case_id WHERE "
)
_OPEN = "d.ours = {} AND d.due_next IS NOT NULL AND (d.quarantined IS NULL OR d.filed IS NOT NULL)"
_OURS, _THEIRS = _OPEN.format(0), _OPEN.format(1)
_SETTLED = "COALESCE(d.answered, d.refused, d.seen, d.created)"


@dataclass(frozen=True, slots=True)
class _Order:
    """What a view takes, by what it is sorted, and whether the newest comes first."""

    where: str
    by: str
    down: bool


_VIEWS = {
    View.OURS: _Order(_OURS, "d.due_next", down=False),
    View.MINE: _Order(_OURS, "d.due_next", down=False),
    View.THEIRS: _Order(_THEIRS, "d.due_next", down=False),
    View.SETTLED: _Order("d.due_next IS NULL", _SETTLED, down=True),
    View.ALL: _Order("1 = 1", "d.created", down=True),
}


@dataclass(frozen=True, slots=True)
class Narrow:
    """What a list is narrowed to: workplan item ("" all, `-` none), agency id ("" all)."""

    item: str = ""
    agency: str = ""


class Lists:
    """The lists of this desk.

    Args:
        show_number: writes one of our case numbers from year and number.
    """

    def __init__(self, show_number: Callable[[int, int], str]) -> None:
        self._show_number = show_number

    def page(  # noqa: PLR0917  what a list is asked for
        self,
        tx: Tx,
        view: View,
        scope: Scope,
        given: frozenset[CaseId],
        narrow: tuple[str, str],
        after: tuple[int, bytes] | None,
        limit: int,
    ) -> tuple[tuple[Line, tuple[int, bytes]], ...]:
        """Return lines with the key after which the next page would begin.

        Args:
            tx: the snapshot.
            view: which list.
            scope: of whoever asks.
            given: cases of the person's own; only for `View.MINE`.
            narrow: workplan item and agency, as `Narrow`.
            after: key of the last line of the page before.
            limit: at most so many.
        """
        order = _VIEWS[view]
        kept = few(tx, scope)
        # By its cases where these are few, else along the order until the page is full; `+` keeps to the former.
        by = order.by if kept is None else f"+{order.by}"
        within = inside(scope, "d.case_id") if kept is None else among("d.case_id", kept)
        parts = [(order.where, ()), within, _narrowed(Narrow(*narrow))]
        if view is View.MINE:
            parts.append(among("d.case_id", given))
        if after is not None:
            parts.append((f"({by}, d.id) {'<' if order.down else '>'} (?, ?)", after))
        down = " DESC" if order.down else ""
        where, arguments = together(parts)
        found = tx.rows(f"{_SELECT}{where} ORDER BY {by}{down}, d.id{down} LIMIT ?", (*arguments, limit))
        return tuple((self._line(row), (_key(view, row), bytes_of(row[0]))) for row in found)

    def counts(self, tx: Tx, scope: Scope, given: frozenset[CaseId], now: Ms) -> Counts:
        """Return how many lines each list of what is owed has, counted to `Counts.MOST`."""
        ours, overdue = _count(tx, (_OURS, ()), scope, now)
        theirs, theirs_overdue = _count(tx, (_THEIRS, ()), scope, now)
        own, arguments = among("d.case_id", given)
        mine, _ = _count(tx, (f"{_OURS} AND {own}", arguments), scope, now) if given else (0, 0)
        return Counts(ours, overdue, theirs, theirs_overdue, mine)

    def lines(self, tx: Tx, dispatches: Iterable[DispatchId]) -> dict[DispatchId, Line]:
        """Return these dispatches as lines; what is not there is left out."""
        wanted = tuple(dict.fromkeys(dispatches))
        if not wanted:
            return {}
        where, arguments = among("d.id", wanted)
        found = (self._line(row) for row in tx.rows(_SELECT + where, arguments))
        return {line.id: line for line in found}

    def bodies(self, tx: Tx, dispatches: Iterable[DispatchId]) -> dict[DispatchId, tuple[str, bytes]]:
        """Return (kind, body) of these dispatches."""
        where, arguments = among("d.id", dispatches)
        rows = tx.rows(f"SELECT d.id, d.kind, d.body FROM requests_dispatch d WHERE {where}", arguments)  # noqa: S608  places only
        return {DispatchId(bytes_of(id_)): (text_of(kind), bytes_of(body)) for id_, kind, body in rows}

    def cases_of_number(self, tx: Tx, typed: str) -> tuple[CaseId, ...]:
        """Return the cases that have this number: ours or the other side's whole, or only the last figures of ours."""
        text = typed.strip()
        match = NUMBER.fullmatch(text)
        if match:
            found = tx.rows("SELECT id FROM requests_case WHERE year = ? AND seq = ?", (int(match[2]), int(match[3])))
            ours = [
                CaseId(bytes_of(row[0])) for row in found if self._show_number(0, 0).startswith(f"{match[1].upper()}-")
            ]
            theirs = tx.rows("SELECT id FROM requests_case WHERE theirs IN (?, ?)", (text, text.upper()))
            return tuple(dict.fromkeys((*ours, *(CaseId(bytes_of(row[0])) for row in theirs))))
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):  # noqa: PLR2004  figures of a number
            return ()
        found = tx.rows("SELECT id FROM requests_case WHERE seq = ? ORDER BY year DESC LIMIT 5", (int(text),))
        return tuple(CaseId(bytes_of(row[0])) for row in found)

    def opener(self, tx: Tx, case: CaseId) -> Line | None:
        """Return the dispatch that opened a case, or the oldest that is here; None for an unknown case."""
        rows = tx.rows(f"{_SELECT}d.case_id = ? ORDER BY d.id <> d.case_id, d.created, d.id LIMIT 1", (case,))
        return self._line(rows[0]) if rows else None

    def in_scope(self, tx: Tx, cases: Sequence[CaseId], scope: Scope) -> frozenset[CaseId]:
        """Return those of the cases that are in the scope."""
        if not cases:
            return frozenset()
        where, arguments = together([among("d.case_id", cases), inside(scope, "d.case_id")])
        rows = tx.rows(f"SELECT DISTINCT d.case_id FROM requests_dispatch d WHERE {where}", arguments)  # noqa: S608  places only
        return frozenset(CaseId(bytes_of(row[0])) for row in rows)

    def _line(self, row: Row) -> Line:
        c: dict[str, Scalar] = dict(
            zip((*_READ, "year", "seq", "theirs", "recalled", "corrected", "passed"), row, strict=True)
        )
        recalled = ms_or_none(c["recalled"])
        due, what = _due(c)
        return Line(
            id=DispatchId(bytes_of(c["id"])),
            ours=c["ours"] == 1,
            kind=text_of(c["kind"]),
            stage=text_of(c["stage"]),
            case=CaseId(bytes_of(c["case_id"])),
            urgency=int_of(c["urgency"]),
            item=_text(c["item"]),
            number="" if c["year"] is None else self._show_number(int_of(c["year"]), int_of(c["seq"])),
            theirs=_text(c["theirs"]),
            title="" if recalled is not None else text_of(c["title"]),
            from_agency=text_of(c["from_agency"]),
            to_agencies=tuple(text_of(c["to_agency"]).split()),
            label=label_codes(unpack(text_of(c["rest"])).label),
            created=Ms(int_of(c["created"])),
            sent=ms_or_none(c["committed"]),
            arrived=ms_or_none(c["arrived"]),
            seen=ms_or_none(c["seen"]),
            first=ms_or_none(c["first_at"]),
            answered=ms_or_none(c["answered"]),
            refused=ms_or_none(c["refused"]),
            quarantined=None if c["filed"] is not None else ms_or_none(c["quarantined"]),
            recalled=recalled,
            code=_text(c["refused_code"]) or _text(c["outward"]),
            due=due,
            due_what=what,
            replaced=c["corrected"] is not None,
            admitted=c["admitted"] == 1,
            officer=(text_of(c["officer_desk"]), int_of(c["officer"])),
            withdrawn=ms_or_none(c["withdrawn"]),
            converted=ms_or_none(c["converted"]),
            passed_to=_text(c["passed_to"]) or "",
            passed=ms_or_none(c["passed"]),
        )


def _key(view: View, row: Row) -> int:
    c = dict(zip(_READ, row, strict=False))
    if view is View.ALL:
        return int_of(c["created"])
    if view is View.SETTLED:
        return int_of(next(c[name] for name in ("answered", "refused", "seen", "created") if c[name] is not None))
    return int_of(c["due_next"])


def _due(c: dict[str, Scalar]) -> tuple[Ms | None, str]:
    """Return the earliest limit that is not met and what is owed by it."""
    due = ms_or_none(c["due_next"])
    if due is None or (c["quarantined"] is not None and c["filed"] is None):
        return None, ""
    arrived = c["arrived"]
    if arrived is None:
        return due, "arrived"
    limits = (
        ("seen", c["limit_seen"], c["seen"] or c["first_at"]),
        ("first", c["limit_first"], c["first_at"]),
        ("full", c["limit_full"], c["answered"]),
    )
    what = [
        word
        for word, limit, met in limits
        if limit is not None and met is None and int_of(arrived) + int_of(limit) == due
    ]
    return due, what[-1] if what else "full"


def _text(value: Scalar) -> str | None:
    return None if value is None else text_of(value)


def _narrowed(narrow: Narrow) -> Part:
    parts: list[Part] = []
    if narrow.item == NO_ITEM:
        parts.append(("d.item IS NULL", ()))
    elif narrow.item:
        parts.append(("d.item = ?", (narrow.item,)))
    if narrow.agency:
        parts.append(of_agency("d", narrow.agency))
    return together(parts)


def _count(tx: Tx, what: Part, scope: Scope, now: Ms) -> tuple[int, int]:
    where, arguments = together([what, inside(scope, "d.case_id")])
    found = tx.rows(
        "SELECT COUNT(*), COUNT(CASE WHEN due_next <= ? THEN 1 END) FROM (SELECT d.due_next FROM requests_dispatch d"  # noqa: S608  places only
        f" WHERE {where} ORDER BY d.due_next LIMIT ?) AS found",
        (now, *arguments, Counts.MOST),
    )
    return int_of(found[0][0]), int_of(found[0][1])
