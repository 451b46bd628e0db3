"""The board of an opened node: its parties, workplan and agencies from its files, its cases from its desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from comity.base.cbor import Value
from comity.dispatch.ports import Tx
from comity.edge import desks
from comity.edge.board import Deskful, Lines, NodeBoard, PlanItem, Setting
from comity.edge.lawcards import law_card
from comity.edge.opening import OpenNode
from comity.edge.plans import current_of
from comity.edge.registry import Registry, Workplan
from comity.edge.theirlaw import TheirLaw
from comity.node.proofs import Signers
from comity.screen import LawCard


def make_board(opened: OpenNode) -> NodeBoard:
    """Make what the node shows of itself, with the desk that keeps cases."""
    desk = cast("Deskful", opened.desks[desks.case_desk(opened.config.desks)])
    signers = Signers.of(opened.built.voice, opened.built.peer)
    return NodeBoard(
        opened.node.ledger, signers, desk, lines_of(opened), board_setting(opened), their_law=their_law(opened)
    )


def lines_of(opened: OpenNode) -> Lines:
    """Return how a body is laid out, by the desk of its kind."""
    return desks.lines_of(opened.node.office.accord, opened.config.desks)


def their_law(opened: OpenNode) -> TheirLaw | None:
    """Return our copy of the peer's published law as it is read; None if it was not handed over."""
    return TheirLaw(opened.peer_edition, opened.node.office.desks) if opened.peer_edition is not None else None


def board_setting(opened: OpenNode) -> Setting:
    """Return what a board says that is not in the store: parties, workplan, names of agencies, both laws."""
    ours, theirs = opened.registry, opened.peer_registry
    parties = (ours.card(ours=True), theirs.card(ours=False))
    agencies = {agency.id: registry.agency_name(agency.id) for registry in (theirs, ours) for agency in registry.agency}
    plan, accord = _plan(opened.workplan, (ours, theirs)), opened.node.office.accord
    current = _current(opened, (ours, theirs))
    return Setting(parties, plan, agencies, opened.edition.exercise, _laws(opened), accord, current)


def _laws(opened: OpenNode) -> tuple[LawCard, ...]:
    """Return our edition whole, and theirs as they published it, if a copy was handed over."""
    ours = law_card(opened.edition, opened.registry.short, ours=True)
    if opened.peer_edition is None:
        return (ours,)
    return ours, law_card(opened.peer_edition, opened.peer_registry.short, ours=False)


def _current(opened: OpenNode, registries: tuple[Registry, Registry]) -> Callable[[Tx], tuple[PlanItem, ...]] | None:
    """Return what reads the open items of the plan in force; None where no desk keeps one."""
    read = current_of(opened)
    if read is None:
        return None

    def items(tx: Tx) -> tuple[PlanItem, ...]:
        found = msgspec.convert({"item": (), **_tables(read(tx))}, Workplan)
        return _plan(msgspec.structs.replace(found, item=tuple(i for i in found.item if not i.closed)), registries)

    return items


def _tables(plan: Mapping[str, Value]) -> dict[str, Value]:
    names = {"items": "item", "priorities": "priority", "actions": "action", "tracks": "track"}
    return {names.get(name, name): entry for name, entry in plan.items()}


def _plan(workplan: Workplan, registries: tuple[Registry, Registry]) -> tuple[PlanItem, ...]:
    by_party = {registry.short.casefold(): registry for registry in registries}
    return tuple(
        PlanItem(
            item=item.id,
            aim=item.aim.get("en", item.id),
            owners=tuple(
                (by_party[party.casefold()].short, by_party[party.casefold()].agency_name(agency))
                for party, agency in item.owners.items()
                if party.casefold() in by_party
            ),
            due=item.due.isoformat(),
            measure=item.measure,
        )
        for item in workplan.item
    )
