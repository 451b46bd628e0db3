"""The workplan: read for pages and commands with names and what each item produced, and the door's routes that change it.

The rule it keeps: a change is made of the plan in force at that moment and goes through the path as any dispatch; the desk says
in the same transaction whether it still counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms, read_id, show_id
from comity.dispatch.book import Ledger
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form, Officer
from comity.edge.desks import offering, part
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.opening import OpenNode
from comity.edge.outcome import outcome_json
from comity.edge.plain import Json, to_json
from comity.edge.registry import Registry, RosterOfficer
from comity.marking.labels import Lane, Urgency
from comity.screen.plan import Difference, ItemLine, Made, PlanCard, Preview, Waiting

_PURPOSE = "workplan"
_REASON = "the plan itself"


class Asking(Protocol):
    """What the desk's module `planning` makes of what a person asks."""

    def proposal_of(self, tx: Tx, desk: object, asked: Mapping[str, Any]) -> Mapping[str, Value]:
        """Return the body of a proposal from changes or a whole plan, as plain data."""
        ...

    def preview_of(self, tx: Tx, desk: object, asked: Mapping[str, Any]) -> Preview:
        """Return what changes would make of the version in force."""
        ...

    def answer_of(self, tx: Tx, desk: object, asked: Mapping[str, Any]) -> Mapping[str, Value]:
        """Return the body of an answer or a withdrawal."""
        ...

    def update_of(self, tx: Tx, desk: object, asked: Mapping[str, Any]) -> tuple[Mapping[str, Value], str, str]:
        """Return the body of an update, the item of its action, and the other side's owner."""
        ...


class Planning(Asking, Protocol):
    """What the desk's module `planning` offers."""

    def card_of(self, tx: Tx, desk: object, shorts: tuple[str, str], now: Ms) -> PlanCard:
        """Return the plan in force and what happens to it."""
        ...

    def file_of(self, tx: Tx, desk: object, form: str, language: str) -> tuple[str, str]:
        """Return the plan in force as a file: media type and text."""
        ...

    def waiting_of(self, tx: Tx, desk: object, now: Ms) -> tuple[Waiting, ...]:
        """Return the proposals of the other side that wait for us."""
        ...

    def plan_json(self, tx: Tx, desk: object, version: int) -> Mapping[str, Value]:
        """Return the text of a version as plain data; 0 for the one in force."""
        ...


class PlanReader:
    """A `screen.plan.PlanBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: that keeps the plan; planning: its module.
        shorts: marks of both parties in the order of the accord.
        names: of agencies by id.
        counted: names of the desks whose dispatches are counted; the one with consignments, if there is one.
        owners: (short mark, (id, name) of its agencies), in the order of the accord.
    """

    def __init__(  # noqa: PLR0917  seven things, each of another kind
        self,
        ledger: Ledger,
        desk: object,
        planning: Planning,
        shorts: tuple[str, str],
        names: Mapping[str, str],
        counted: tuple[Sequence[str], str],
        owners: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (),
    ) -> None:
        self.ledger, self.desk, self.planning = ledger, desk, planning
        self._shorts, self._names = shorts, names
        self._counted, self._consignments = counted
        self._owners = owners

    def plan(self, now: Ms) -> PlanCard:
        """Return the plan in force and what happens to it."""
        with self.ledger.read() as tx:
            card = self.planning.card_of(tx, self.desk, self._shorts, now)
            made, cases = self._made(tx)
            goods = self._goods(tx)
        items = tuple(
            replace(
                self._named_item(one),
                made=made.get(one.id, ()),
                cases=cases.get(one.id, 0),
                consignments=goods.get(one.id, 0),
            )
            for one in card.items
        )
        tracks = tuple(replace(one, owners=self._named(one.owners)) for one in card.tracks)
        proposals = tuple(replace(one, differences=self._told(one.differences)) for one in card.proposals)
        versions = tuple(replace(one, differences=self._told(one.differences)) for one in card.versions)
        return replace(card, items=items, tracks=tracks, proposals=proposals, versions=versions)

    def file(self, form: str, language: str) -> tuple[str, bytes]:
        """Return the plan in force as a file: media type and content."""
        with self.ledger.read() as tx:
            media, text = self.planning.file_of(tx, self.desk, form, language)
        return media, text.encode()

    def waiting(self, now: Ms) -> tuple[Waiting, ...]:
        """Return the proposals of the other side that wait for us, the oldest first."""
        with self.ledger.read() as tx:
            return self.planning.waiting_of(tx, self.desk, now)

    def preview(self, asked: Mapping[str, Any]) -> Preview:
        """Return what changes would make of the version in force; errors as the desk's `preview_of`."""
        with self.ledger.read() as tx:
            seen = self.planning.preview_of(tx, self.desk, asked)
        return replace(seen, changes=tuple((one, self._told(differences)) for one, differences in seen.changes))

    def owners(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return who can own something: (short mark, (id, name) of its agencies), in the order of the accord."""
        return self._owners

    def text(self) -> Mapping[str, Value]:
        """Return the text of the version in force as plain data."""
        with self.ledger.read() as tx:
            return self.planning.plan_json(tx, self.desk, 0)

    def _named(self, owners: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, str, str], ...]:
        return tuple((short, agency, self._names.get(agency, agency)) for short, agency, _ in owners)

    def _told(self, differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
        """Return differences with the names of owners in place of their ids."""
        return tuple(
            replace(one, before=self._owner_names(one.before), after=self._owner_names(one.after))
            if one.field == "owners"
            else one
            for one in differences
        )

    def _owner_names(self, text: str) -> str:
        pairs = (pair.partition(": ") for pair in text.split("; ") if pair)
        return "; ".join(f"{party.upper()}: {self._names.get(agency, agency)}" for party, _, agency in pairs)

    def _named_item(self, item: ItemLine) -> ItemLine:
        actions = tuple(
            replace(
                one,
                parts=tuple(replace(part, name=self._names.get(part.agency, part.agency)) for part in one.parts),
            )
            for one in item.actions
        )
        return replace(item, owners=self._named(item.owners), actions=actions)

    def _made(self, tx: Tx) -> tuple[dict[str, tuple[Made, ...]], dict[str, int]]:
        """Return what each item produced, over all desks, and in how many cases."""
        counts: dict[str, dict[str, tuple[int, int]]] = {}
        cases: dict[str, set[bytes]] = {}
        for desk in self._counted:
            table = f"{desk}_dispatch"  # a desk's name is a word of the settings, checked there
            rows = tx.rows(
                f"SELECT item, kind, COUNT(CASE ours WHEN 1 THEN 1 END), COUNT(CASE ours WHEN 0 THEN 1 END) FROM {table} WHERE item IS NOT NULL GROUP BY item, kind"  # noqa: S608
            )
            for item, kind, ours, theirs in rows:
                counts.setdefault(text_of(item), {})[text_of(kind)] = (int_of(ours), int_of(theirs))
            for item, case in tx.rows(f"SELECT DISTINCT item, case_id FROM {table} WHERE item IS NOT NULL"):  # noqa: S608
                cases.setdefault(text_of(item), set()).add(cast("bytes", case))
        made = {
            item: tuple(Made(kind, *both) for kind, both in sorted(kinds.items())) for item, kinds in counts.items()
        }
        return made, {item: len(found) for item, found in cases.items()}

    def _goods(self, tx: Tx) -> dict[str, int]:
        if not self._consignments:
            return {}
        rows = tx.rows(
            f"SELECT d.item, COUNT(*) FROM {self._consignments}_notice n JOIN {self._consignments}_dispatch d ON d.id = n.root"  # noqa: S608
            " WHERE d.item IS NOT NULL GROUP BY d.item"
        )
        return {text_of(item): int_of(count) for item, count in rows}


def make_plan(opened: OpenNode) -> PlanReader | None:
    """Make the reader; None where no desk keeps a plan."""
    desks = opened.config.desks
    keeps = offering(desks, "planning")
    if not keeps:
        return None
    accord, both = opened.node.office.accord, (opened.registry, opened.peer_registry)
    ours = accord.parties[0].node == opened.config.name
    first, second = both if ours else both[::-1]
    shorts = (first.short, second.short)
    owners = tuple(
        (side.short, tuple((one.id, side.agency_name(one.id)) for one in side.agency if one.desks))
        for side in (first, second)
    )
    names = {one.id: one.name.get("en", one.id) for registry in both for one in registry.agency}
    goods = offering(desks, "consignments")
    planning = cast("Planning", part(keeps[0], "planning"))
    counted = (desks, goods[0] if goods else "")
    return PlanReader(opened.node.ledger, opened.desks[keeps[0]], planning, shorts, names, counted, owners)


class AskIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of the plan: `what` is said in the desk's own words, `by` whom."""

    by: By
    what: dict[str, Any]


class PlanRoutes:
    """The door's routes of the plan; whoever may open the socket acts for the node.

    Args:
        engine: the running node.
        reader: of the plan.
        desk: name of the desk that keeps it.
        officers: ours.
        peer: the other side's agencies.
    """

    def __init__(
        self, engine: Engine, reader: PlanReader, desk: str, officers: Sequence[RosterOfficer], peer: Registry
    ) -> None:
        self._engine, self._reader, self._desk = engine, reader, desk
        self._officers = {(one.desk, one.number): one.agency for one in officers}
        self._keepers = tuple(one.id for one in peer.agency if "workplan-amend" in one.sends)
        self._ask = msgspec.json.Decoder(AskIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/plan"): self._on_plan,
            ("GET", "/plan/text"): self._on_text,
            ("POST", "/plan/propose"): self._on_propose,
            ("POST", "/plan/answer"): self._on_answer,
            ("POST", "/plan/update"): self._on_update,
        }

    async def _on_plan(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        """Say the plan in force, what is proposed, and the history."""
        card = self._reader.plan(self._engine.clock.now())
        return to_json(card)

    async def _on_text(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        """Say the text of the plan in force as plain data, as it is exported and imported."""
        with self._reader.ledger.read() as tx:
            return to_json(self._reader.planning.plan_json(tx, self._reader.desk, 0))

    async def _on_propose(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Propose changes, or a whole plan, on the version in force; with `about` in answer to a proposal."""
        asked = self._ask.decode(await body_of(receive))
        with self._reader.ledger.read() as tx:
            body = self._reader.planning.proposal_of(tx, self._reader.desk, asked.what)
        return await self._send(asked.by, "workplan-amend", body, self._keepers)

    async def _on_answer(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Agree to a proposal, decline it, or withdraw one's own."""
        asked = self._ask.decode(await body_of(receive))
        with self._reader.ledger.read() as tx:
            body = self._reader.planning.answer_of(tx, self._reader.desk, asked.what)
        return await self._send(asked.by, "workplan-amend", body, self._keepers)

    async def _on_update(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Say how far our part of an action is."""
        asked = self._ask.decode(await body_of(receive))
        with self._reader.ledger.read() as tx:
            body, item, owner = self._reader.planning.update_of(tx, self._reader.desk, asked.what)
        sealed = {one.agency for one in self._engine.node.office.peer_keys.sealing}
        return await self._send(
            asked.by, "action-update", body, (owner,) if owner in sealed else self._keepers, item=item
        )

    async def _send(
        self, by: By, kind: str, body: Mapping[str, Value], to: tuple[str, ...], *, item: str | None = None
    ) -> Json:
        officer = by.officer()
        about = body.get("about")
        named = DispatchId(about) if isinstance(about, bytes) else None
        case, recalled = self._about(named)
        form = Form(
            desk=self._desk,
            kind=kind,
            agency=self._agency(officer),
            role="officer",
            recipients=to,
            purpose=_PURPOSE,
            urgency=Urgency.NORMAL,
            workplan_item=item,
            workplan_reason="" if item else _REASON,
            body=body,
            case=case,
            # On what its own side recalled nothing is built: its end names it in the body alone, or it would stand open for ever.
            re=() if named is None or recalled else (named,),
            lane=Lane.URGENT,
        )
        outcome = await self._engine.submit(form, officer)
        if isinstance(outcome, BadForm):
            raise outcome
        return outcome_json(outcome)

    def _agency(self, officer: Officer) -> str:
        agency = self._officers.get((officer.desk, officer.number))
        if agency is None:
            raise BadForm("there is no such officer in our roster; nothing was kept")
        return agency

    def _about(self, about: DispatchId | None) -> tuple[CaseId | None, bool]:
        """Return the case of a proposal, and whether its own side recalled it."""
        if about is None:
            return None, False
        card = self._reader.plan(self._engine.clock.now())
        found = next((one for one in card.proposals if one.id == show_id(about)), None)
        if found is None or not found.case:
            return None, False
        return CaseId(read_id(found.case)), "recall" in found.marks


def start_plan(opened: OpenNode, engine: Engine) -> tuple[Routes, ...]:
    """Return the door's routes of the plan; none where no desk keeps one."""
    reader = make_plan(opened)
    if reader is None:
        return ()
    desk = offering(opened.config.desks, "planning")[0]
    officers = opened.roster.of(opened.config.party)
    return (PlanRoutes(engine, reader, desk, officers, opened.peer_registry).routes,)


def current_of(opened: OpenNode) -> Callable[[Tx], Mapping[str, Value]] | None:
    """Return what reads the text of the plan in force as plain data; None where no desk keeps one."""
    reader = make_plan(opened)
    return None if reader is None else lambda tx: reader.planning.plan_json(tx, reader.desk, 0)
