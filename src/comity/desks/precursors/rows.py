"""The rows of the precursors desk as values: one dispatch, one consignment, one line of the board.

The rule it keeps: a value is read from named columns in one place, so that a list and a page never read a row differently.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from comity.base.ids import CaseId, DispatchId, Ms
from comity.desks.precursors.clocks import Silence, Times
from comity.desks.precursors.model import LineVerdict, Screened
from comity.desks.precursors.rules import Awaited, Hold, Side, Standing, State, awaited, holds, lapsed
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar

_DISPATCH = (
    "id", "root", "case_id", "ours", "admitted", "kind", "stage", "re", "replaces", "from_agency", "to_agency", "made",
    "at", "arrived", "filed", "seen", "quarantined", "refused", "refused_code", "title", "body",
)  # fmt: skip
DISPATCH = f"SELECT {', '.join(_DISPATCH)} FROM precursors_dispatch "  # noqa: S608  named columns
_NOTICE = (
    "n.root", "n.case_id", "n.ours", "n.state", "n.irregular", "n.out_of_turn", "n.version", "n.newest", "n.since", "n.answer",
    "n.certificate", "n.sails", "n.leaves", "n.lands", "n.permits", "n.silence", "n.known", "n.same_days", "n.reference",
    "n.title", "n.exporter", "n.importer", "n.marks", "s.at", "s.asymmetric", "s.verdict",
)  # fmt: skip
NOTICE = f"SELECT {', '.join(_NOTICE)} FROM precursors_notice n LEFT JOIN precursors_screened s ON s.id = n.newest "  # noqa: S608  named columns


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """One dispatch of this desk; `made` is its sender's time, `at` ours; `root` is the notification that it is about.

    `late` is by how many milliseconds an incident was reported after the limit of the side that reports it; `marked` what its
    own sender did to it later: `recall`, `recall-part` or `correction`.
    """

    id: DispatchId
    root: DispatchId
    case: CaseId
    ours: bool
    admitted: bool
    kind: str
    stage: str
    re: DispatchId | None
    replaces: DispatchId | None
    from_agency: str
    to_agencies: tuple[str, ...]
    made: Ms
    at: Ms
    arrived: Ms | None
    filed: Ms | None
    seen: Ms | None
    quarantined: Ms | None
    refused: Ms | None
    refused_code: str | None
    title: str
    body: bytes
    late: int = 0
    marked: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One consignment by its rows.

    Attributes:
        id: of the first version.
        case: in which it stands.
        ours: we are the exporting side.
        version, newest: the version in force.
        times: its limits.
        standing: where it stands by what was said.
        out_of_turn: how many dispatches were said out of their turn.
        same_days: both sides count by the same calendars.
        reference, title, exporter, importer: for a list.
        screened: when our screen looked at the version in force; None: not yet.
        asymmetric: one side's lists have what the other's do not.
        verdict: the gravest word of our screen, "" for none.
    """

    id: DispatchId
    case: CaseId
    ours: bool
    version: int
    newest: DispatchId
    times: Times
    standing: Standing
    out_of_turn: int
    same_days: bool
    reference: str
    title: str
    exporter: str
    importer: str
    screened: Ms | None
    asymmetric: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One line of the board at a time: the consignment, and what the clock says of it.

    Attributes:
        notice: the consignment.
        silence: what the importing side's silence means, once its limit has run out; None before.
        holds: why the goods must not leave.
        awaited: what comes next.
        we_owe: it is ours; None: nothing is awaited.
        left: milliseconds until it is due, below 0 for overdue; None: no limit.
    """

    notice: Notice
    silence: Silence | None
    holds: tuple[Hold, ...]
    awaited: Awaited | None
    we_owe: bool | None
    left: int | None


def dispatch_of(row: Row) -> DispatchRow:
    """Read a row of `DISPATCH`."""
    c = dict(zip(_DISPATCH, row, strict=True))
    return DispatchRow(
        id=_id(c["id"]),
        root=_id(c["root"]),
        case=CaseId(bytes_of(c["case_id"])),
        ours=bool(c["ours"]),
        admitted=bool(c["admitted"]),
        kind=text_of(c["kind"]),
        stage=text_of(c["stage"]),
        re=None if c["re"] is None else _id(c["re"]),
        replaces=None if c["replaces"] is None else _id(c["replaces"]),
        from_agency=text_of(c["from_agency"]),
        to_agencies=tuple(text_of(c["to_agency"]).split()),
        made=Ms(int_of(c["made"])),
        at=Ms(int_of(c["at"])),
        arrived=ms_or_none(c["arrived"]),
        filed=ms_or_none(c["filed"]),
        seen=ms_or_none(c["seen"]),
        quarantined=ms_or_none(c["quarantined"]),
        refused=ms_or_none(c["refused"]),
        refused_code=None if c["refused_code"] is None else text_of(c["refused_code"]),
        title=text_of(c["title"]),
        body=bytes_of(c["body"]),
    )


def notice_of(row: Row) -> Notice:
    """Read a row of `NOTICE`."""
    c = {
        name.partition(".")[2] if name != "s.at" else "screened": value
        for name, value in zip(_NOTICE, row, strict=True)
    }
    times = Times(
        answer=ms_or_none(c["answer"]),
        certificate=ms_or_none(c["certificate"]),
        sails=Ms(int_of(c["sails"])),
        leaves=Ms(int_of(c["leaves"])),
        lands=ms_or_none(c["lands"]),
        permits=ms_or_none(c["permits"]),
        silence=Silence(text_of(c["silence"])),
        known=bool(c["known"]),
    )
    newest, since = _id(c["newest"]), Ms(int_of(c["since"]))
    return Notice(
        id=_id(c["root"]),
        case=CaseId(bytes_of(c["case_id"])),
        ours=bool(c["ours"]),
        version=int_of(c["version"]),
        newest=newest,
        times=times,
        standing=Standing(
            State(text_of(c["state"])),
            since,
            newest,
            bool(c["irregular"]),
            marks=frozenset(Hold(one) for one in text_of(c["marks"]).split()),
        ),
        out_of_turn=int_of(c["out_of_turn"]),
        same_days=bool(c["same_days"]),
        reference=text_of(c["reference"]),
        title=text_of(c["title"]),
        exporter=text_of(c["exporter"]),
        importer=text_of(c["importer"]),
        screened=ms_or_none(c["screened"]),
        asymmetric=bool(c["asymmetric"]),
        verdict="" if c["verdict"] is None else text_of(c["verdict"]),
    )


def board_row(notice: Notice, now: Ms) -> BoardRow:
    """Return what the clock says of a consignment at a time."""
    comes = awaited(notice.standing, notice.times, now)
    return BoardRow(
        notice=notice,
        silence=lapsed(notice.standing, notice.times, now),
        holds=holds(notice.standing, notice.times, now),
        awaited=comes,
        we_owe=None if comes is None else (comes.side is Side.EXPORTER) == notice.ours,
        left=None if comes is None or comes.by is None else comes.by - now,
    )


def pack_screened(found: Screened) -> str:
    """Write what a screen said, for its row."""
    return json.dumps(asdict(found), ensure_ascii=False, sort_keys=True)


def read_screened(text: str) -> Screened:
    """Read what `pack_screened` wrote."""
    found: dict[str, Any] = json.loads(text)
    lines = tuple(LineVerdict(**one) for one in found["lines"])
    return Screened(lines, bool(found["asymmetric"]), str(found["edition"]))


def _id(value: Scalar) -> DispatchId:
    return DispatchId(bytes_of(value))
