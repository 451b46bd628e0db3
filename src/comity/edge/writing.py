"""What the forms of a node offer and what a form is written on, from its files and its desk's rows; only read.

The rule it keeps: a form offers what the accord opens and what the closed lists hold; names of agencies and items come from
the signed registry and workplan beside the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from comity.base.cbor import decode
from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, show_id
from comity.dispatch import wire
from comity.dispatch.accord import Accord
from comity.dispatch.holding import Holding, find
from comity.dispatch.ports import Tx
from comity.edge.desks import case_desk, lines_of, offering, part
from comity.edge.deskview import CaseDesk, DispatchRow, Lines
from comity.edge.forms import body_json
from comity.edge.opening import OpenNode
from comity.edge.registry import RosterOfficer
from comity.edge.scope import case_of
from comity.edge.showing import board_setting
from comity.marking.labels import Urgency
from comity.marking.vocabulary import CONDITIONS, GROUNDS, HANDLING, LIMITS, PAP, PURPOSES, TLP, Limits
from comity.screen.forms import Forms
from comity.screen.writing import Basis, InCase, LimitLine, Named, OfficerLine, Options, PurposeLine

_LISTED = 200
_COUNTED = frozenset({"calendars"})
"""Fields that the desk itself fills in."""


@dataclass(frozen=True, slots=True)
class Books:
    """What is written beside a node: who acts on each side, what was agreed, who of ours there is.

    Attributes:
        ours, theirs: agencies by id with their names.
        items: the items of the workplan.
        officers: ours.
        bases: that our law knows.
        zone: of our capital.
        their_law: their published law is here.
    """

    ours: tuple[Named, ...]
    theirs: tuple[Named, ...]
    items: tuple[Named, ...]
    officers: tuple[RosterOfficer, ...]
    bases: tuple[str, ...]
    zone: str
    their_law: bool


class Other(Protocol):
    """Another desk's row of a dispatch, as far as a list of a case needs it."""

    @property
    def id(self) -> DispatchId:
        """Return which dispatch it is."""
        ...

    @property
    def kind(self) -> str:
        """Return its kind."""
        ...

    @property
    def stage(self) -> str:
        """Return its state within the kind."""
        ...

    @property
    def ours(self) -> bool:
        """Return whose it is."""
        ...

    @property
    def made(self) -> int:
        """Return its sender's time."""
        ...

    @property
    def title(self) -> str:
        """Return what a list shows of it."""
        ...


class OtherDesk(Protocol):
    """A desk that has forms and does not keep cases."""

    def case(self, tx: Tx, case: CaseId) -> Sequence[Other]:
        """Return its dispatches in a case, oldest first."""
        ...


class Writing:
    """What a person needs who opens a form.

    Args:
        desk: keeps the cases.
        forms: of every desk, by its name; of the one that keeps the cases first.
        others: the other desks, by name.
        lines: lays a body out, by the desk of its kind.
        accord: which kinds are open, and its limits.
        books: what is written beside the node.
        plan: the open items of the plan in force; None for those of the books.
    """

    def __init__(  # noqa: PLR0917  seven things, each of another kind
        self,
        desk: CaseDesk,
        forms: Mapping[str, Forms],
        others: Mapping[str, OtherDesk],
        lines: Lines,
        accord: Accord,
        books: Books,
        plan: Callable[[], tuple[Named, ...]] | None = None,
    ) -> None:
        self._plan = plan
        self._desk, self._forms, self._others, self._lines = desk, forms, others, lines
        self._accord, self._books = accord, books

    @staticmethod
    def of(opened: OpenNode) -> Writing:
        """Return what an opened node offers, with the desk that keeps cases."""
        name = case_desk(opened.config.desks)
        books = Books(
            ours=_acting(opened, ours=True),
            theirs=_acting(opened, ours=False),
            items=tuple(Named(one.id, one.aim.get("en", one.id)) for one in opened.workplan.item),
            officers=opened.roster.of(opened.config.party),
            bases=tuple(sorted(opened.edition.known_bases)),
            zone=opened.registry.zone,
            their_law=opened.peer_edition is not None,
        )
        accord = opened.node.office.accord
        written = sorted(offering(opened.config.desks, "forms"), key=lambda one: one != name)
        forms = {one: cast("Forms", part(one, "forms")) for one in written}
        others = {one: cast("OtherDesk", opened.desks[one]) for one in written if one != name}
        lines = lines_of(accord, opened.config.desks)
        plan = board_setting(opened).current

        def items() -> tuple[Named, ...]:
            with opened.node.ledger.read() as tx:
                return tuple(Named(one.item, one.aim) for one in plan(tx)) if plan is not None else ()

        return Writing(
            cast("CaseDesk", opened.desks[name]), forms, others, lines, accord, books, None if plan is None else items
        )

    def options(self, desk: str, number: int) -> Options:
        """Return what the forms offer to an officer of ours."""
        accord, name, books = self._accord, self._desk.name, self._books
        mine = next((one for one in books.officers if (one.desk, one.number) == (desk, number)), None)
        return Options(
            desk=name,
            forms=tuple(
                replace(one, desk=desk, purposes=forms.PURPOSES)
                for desk, forms in self._forms.items()
                for one in forms.FORMS
                if accord.opens(desk, one.kind) and one.kind not in accord.author_kinds
            ),
            purposes=tuple(map(_purpose, dict.fromkeys(code for one in self._forms.values() for code in one.PURPOSES))),
            items=books.items if self._plan is None else self._plan(),
            ours=books.ours,
            theirs=books.theirs,
            bases=books.bases,
            limits=tuple(_limit(urgency, accord) for urgency in Urgency),
            officers=tuple(_officer(one) for one in books.officers),
            zone=(mine.zone if mine is not None else "") or books.zone,
            handling=HANDLING,
            conditions=tuple(Named(word, takes.value) for word, takes in CONDITIONS.items()),
            tlp=TLP,
            pap=PAP,
            grounds=tuple(Named(ground, " ".join(codes)) for ground, codes in GROUNDS.items()),
            their_law=books.their_law,
        )

    def on_case(self, tx: Tx, case: CaseId) -> Basis:
        """Return what a form is written on that belongs to a case.

        Raises:
            BadForm: this node has no such case.
        """
        rows = self._desk.case(tx, case)
        if not rows:
            others = [one for desk in self._others.values() for one in desk.case(tx, case)]
            if others:
                return self._other(tx, case, others, find(others[-1].id, tx), on=None)
            raise BadForm("there is no such case on this node")
        return self._basis(tx, rows, max(rows, key=_time), on=None)

    def on_dispatch(self, tx: Tx, dispatch: DispatchId) -> Basis:
        """Return what a form is written on that is about one dispatch.

        Raises:
            BadForm: this node has no such dispatch.
        """
        row = self._desk.dispatch(tx, dispatch)
        if row is not None:
            return self._basis(tx, self._desk.case(tx, row.case), row, on=row)
        for desk in self._others.values():
            case = case_of(tx, dispatch)
            others = () if case is None else desk.case(tx, case)
            on = next((one for one in others if one.id == dispatch), None)
            if on is not None and case is not None:
                return self._other(tx, case, others, find(dispatch, tx), on=on)
        raise BadForm("there is no such dispatch on this node")

    def _other(self, tx: Tx, case: CaseId, rows: Sequence[Other], like: Holding, *, on: Other | None) -> Basis:
        """Return what a form is written on at a desk that keeps no cases: read from the dispatch itself, not from its row."""
        header = like.header
        number, _ = self._desk.number(tx, case) or ("", None)
        ours, theirs = (
            (header.author.agency, header.agencies)
            if like.ours
            else (header.agencies[0] if header.agencies else "", (header.author.agency,))
        )
        newest = sorted(rows, key=lambda one: one.made, reverse=True)[:_LISTED]
        return Basis(
            case=show_id(case),
            number=number,
            title=next((one.title for one in rows if one.title), ""),
            on="" if on is None else show_id(on.id),
            kind="" if on is None else on.kind,
            stage="" if on is None else on.stage,
            ours=on is not None and on.ours,
            purpose=header.purpose,
            item=header.workplan_item or "",
            item_reason=header.workplan_reason,
            urgency=Urgency(header.urgency).name.lower(),
            agency=ours,
            theirs=tuple(theirs),
            lines=self._lines(on.kind, like.body) if on is not None and like.body else (),
            conditions=wire.label_of(header.labels).conditions,
            dispatches=tuple(InCase(show_id(one.id), one.kind, one.ours, one.made, one.title) for one in newest),
            body={} if on is None or not on.ours or not like.body else _as_form(like.body),
        )

    def _basis(self, tx: Tx, rows: Sequence[DispatchRow], like: DispatchRow, *, on: DispatchRow | None) -> Basis:
        number, _ = self._desk.number(tx, like.case) or (show_id(like.case), None)
        opener = next((one for one in rows if one.title), like)
        ours, theirs = (like.from_agency, like.to_agencies) if like.ours else (_first(like), (like.from_agency,))
        newest = sorted(rows, key=_time, reverse=True)[:_LISTED]
        return Basis(
            case=show_id(like.case),
            number=number,
            title=opener.title,
            on="" if on is None else show_id(on.id),
            kind="" if on is None else on.kind,
            stage="" if on is None else on.stage,
            ours=on is not None and on.ours,
            purpose=like.purpose,
            item=like.item or "",
            item_reason=like.item_reason,
            urgency=Urgency(like.urgency).name.lower(),
            agency=ours,
            theirs=theirs,
            lines=self._lines(on.kind, on.body) if on is not None and on.body else (),
            conditions=like.rest.label.conditions,
            dispatches=tuple(InCase(show_id(one.id), one.kind, one.ours, _time(one), one.title) for one in newest),
        )


def _as_form(body: bytes) -> dict[str, Any]:
    """Return a body as a form has it, without what a form does not: bytes that are no id."""
    value = decode(body)
    found = {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else {}
    said = body_json({name: entry for name, entry in found.items() if name not in _COUNTED})
    return said if isinstance(said, dict) else {}


def _acting(opened: OpenNode, *, ours: bool) -> tuple[Named, ...]:
    """Return the agencies of one side that act at some desk; of theirs those to whose key a dispatch can be sealed."""
    registry = opened.registry if ours else opened.peer_registry
    ids = registry.acting if ours else tuple(one.agency for one in opened.node.office.peer_keys.sealing)
    return tuple(Named(one, registry.agency_name(one)) for one in dict.fromkeys(ids))


def _officer(one: RosterOfficer) -> OfficerLine:
    delegation = one.delegation.id if one.delegation is not None else ""
    return OfficerLine(one.desk, one.number, one.agency, tuple(one.roles), delegation)


def _purpose(code: str) -> PurposeLine:
    purpose = PURPOSES[code]
    return PurposeLine(code, purpose.covers, purpose.conduct.value, purpose.colours)


def _limit(urgency: Urgency, accord: Accord) -> LimitLine:
    """Return the limits of an urgency, by the accord where it sets them."""
    default, name, timers = LIMITS[urgency], urgency.name.lower(), _timers(accord)
    found = Limits(
        default.seen,
        timers.get(f"first-{name}", default.first) or None,
        timers.get(f"full-{name}", default.full) or None,
    )
    return LimitLine(name, found.seen, found.first, found.full)


def _timers(accord: Accord) -> Mapping[str, int]:
    return dict(accord.timers)


def _time(row: DispatchRow) -> int:
    return row.committed or row.arrived or 0


def _first(row: DispatchRow) -> str:
    return row.to_agencies[0] if row.to_agencies else ""
