"""The rows of the requests desk as values: one dispatch, one case, one posting, and how a row of the store becomes one.

The rule it keeps: a value is read from named columns in one place, so that a list and a page never read a row differently.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms
from comity.desks.requests.rules import CONVERTED, WITHDRAWN, Progress
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar
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
    recalled. `due_next` is the earliest limit not yet met. `passed_to` is the agency that has it since a transfer. A
    question that was taken back (`withdrawn`) or goes on by treaty (`converted`) is settled: `answered` says when.
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
    passed_to: str | None
    withdrawn: Ms | None
    converted: Ms | None
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
            ended=self._ended(),
            limit_arrived=limit_arrived,
            limits=self.limits,
        )

    @property
    def holders(self) -> tuple[str, ...]:
        """Agencies of the receiving side that have it now: those it was addressed to, or the one it was passed to."""
        return self.to_agencies if self.passed_to is None else (self.passed_to,)

    @property
    def closed(self) -> bool:
        """Whether its sender recalled all of it, so that nothing of its content may be shown, found or used."""
        return self.recalled_by is not None and self.recalled_part is None

    def _ended(self) -> str:
        if self.withdrawn is not None:
            return WITHDRAWN
        return "" if self.converted is None else CONVERTED

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
_READ = (
    "id", "ours", "admitted", "kind", "stage", "case_id", "re", "replaces", "urgency", "lane", "purpose", "item",
    "item_reason", "title", "from_agency", "to_agency", "officer_desk", "officer", "created", "committed", "leaf",
    "arrived", "filed", "seen", "quarantined", "refused", "refused_code", "first_at", "answered", "answered_by",
    "outward", "limit_seen", "limit_first", "limit_full", "due_next", "passed_to", "withdrawn", "converted", "rest",
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
LIST = f"SELECT {_COLUMNS} FROM requests_dispatch d "  # noqa: S608  constants of this module only
WHOLE = f"SELECT {_COLUMNS}, d.body FROM requests_dispatch d "  # noqa: S608  constants of this module only


def pack(rest: Rest) -> str:
    """Write the rest of a header as one column."""
    delegation = None if rest.delegation is None else rest.delegation.hex()
    others = json.dumps([rest.basis, rest.conduct, rest.answer_by, delegation, rest.role])
    return f"[{_label(rest.label)}, {others[1:]}"


@lru_cache(maxsize=256)
def _label(label: Label) -> str:
    """Write a label; the same few stand on most dispatches."""
    return json.dumps([getattr(label, name) for name in _LABEL])


def unpack(column: str) -> Rest:
    """Read what `pack` wrote."""
    label, basis, conduct, answer_by, delegation, role = json.loads(column)
    parts: dict[str, Any] = {
        name: tuple(cast("Any", value)) if isinstance(value, list) else value
        for name, value in zip(_LABEL, label, strict=True)
    }
    return Rest(
        label=Label(**parts),
        basis=tuple(basis),
        conduct=conduct,
        answer_by=answer_by,
        delegation=None if delegation is None else DispatchId(bytes.fromhex(delegation)),
        role=role,
    )


def dispatch_of(row: Row) -> DispatchRow:
    """Read one row of `LIST` or `WHOLE`."""
    c = dict(zip((*_READ, "recalled_by", "recalled_at", "recalled_part", "replaced_by", "body"), row, strict=False))
    return DispatchRow(
        id=DispatchId(bytes_of(c["id"])),
        ours=c["ours"] == 1,
        admitted=c["admitted"] == 1,
        kind=text_of(c["kind"]),
        stage=text_of(c["stage"]),
        case=CaseId(bytes_of(c["case_id"])),
        re=id_or_none(c["re"]),
        replaces=id_or_none(c["replaces"]),
        urgency=Urgency(int_of(c["urgency"])),
        lane=Lane(int_of(c["lane"])),
        purpose=text_of(c["purpose"]),
        item=text_or_none(c["item"]),
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
        refused_code=text_or_none(c["refused_code"]),
        first=ms_or_none(c["first_at"]),
        answered=ms_or_none(c["answered"]),
        answered_by=id_or_none(c["answered_by"]),
        outward=text_or_none(c["outward"]),
        limits=Limits(ms_or_none(c["limit_seen"]), ms_or_none(c["limit_first"]), ms_or_none(c["limit_full"])),
        due_next=ms_or_none(c["due_next"]),
        recalled_by=id_or_none(c["recalled_by"]),
        recalled_at=ms_or_none(c["recalled_at"]),
        recalled_part=text_or_none(c["recalled_part"]),
        replaced_by=id_or_none(c["replaced_by"]),
        passed_to=text_or_none(c["passed_to"]),
        withdrawn=ms_or_none(c["withdrawn"]),
        converted=ms_or_none(c["converted"]),
        rest=unpack(text_of(c["rest"])),
        body=bytes_of(c.get("body", b"")),
    )


def text_or_none(value: Scalar) -> str | None:
    """Read a text column that may be empty."""
    return None if value is None else text_of(value)


def id_or_none(value: Scalar) -> DispatchId | None:
    """Read an id column that may be empty."""
    return None if value is None else DispatchId(bytes_of(value))
