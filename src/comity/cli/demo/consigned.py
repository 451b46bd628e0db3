"""The consignments of a day, read from the rows of both nodes: goods, limits, what held them, what was said, how it ended.

They are told apart from the dispatches of the day, whose number is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from comity.base.ids import DispatchId, Ms, show_id
from comity.cli.demo.clone import FinishedDay
from comity.cli.demo.day import Scene
from comity.cli.demo.sides import LogPlaces, Side, VerdictShown, iso, places
from comity.desks.precursors.body import parse_body
from comity.desks.precursors.consignments import Consignments
from comity.desks.precursors.model import Kind, Pen
from comity.desks.precursors.rules import Standing, State, holds
from comity.desks.precursors.service import PrecursorsDesk
from comity.screen.consignments import Card, Step

_DESK = "precursors"
_WORDS = frozenset({"reasons", "results"})


@dataclass(frozen=True, slots=True)
class GoodsShown:
    """One line of the goods; grams, None for not told; `missing` is what was to come and did not."""

    substance: str
    cas: str
    grams: int
    left: int | None
    arrived: int | None
    missing: int | None


@dataclass(frozen=True, slots=True)
class ScreenShown:
    """What one side's own screen said, which stays at home: a word for each line with the list and since when.

    `one_sided` says that one law has what the other has not; `verdicts` is empty where that node has no screen.
    """

    party: str
    verdicts: tuple[str, ...]
    lists: tuple[str, ...]
    one_sided: bool


@dataclass(frozen=True, slots=True)
class StepShown:
    """One dispatch about a consignment; `words` are its reasons or results; times in `states` are ISO 8601, UTC."""

    number: int
    id: str
    kind: str
    stage: str
    words: tuple[str, ...]
    sender: str
    from_agency: str
    to_agencies: tuple[str, ...]
    verdicts: tuple[VerdictShown, ...]
    states: dict[str, str | None]
    log: LogPlaces
    out_of_turn: bool


@dataclass(frozen=True, slots=True)
class ConsignmentShown:
    """One consignment as both nodes have it.

    Attributes:
        number, id, case: of its notification.
        item: of the workplan.
        sender, receiver: the exporting and the importing side.
        reference, exporter, importer: as notified.
        goods: its lines.
        leaves, lands: the days as notified.
        answer, certificate: the importing side's limit, and the exporting side's own; the first moment after it.
        held: why the goods must not leave, when it was notified; `holds`: at the end of the day.
        state: at the end of the day.
        screens: of both sides.
        dispatches: in the order in which they were sent.
    """

    number: int
    id: str
    case: str
    item: str | None
    sender: str
    receiver: str
    reference: str
    exporter: str
    importer: str
    goods: tuple[GoodsShown, ...]
    leaves: str
    lands: str
    answer: str | None
    certificate: str | None
    held: tuple[str, ...]
    holds: tuple[str, ...]
    state: str
    screens: tuple[ScreenShown, ...]
    dispatches: tuple[StepShown, ...]
    differences: tuple[str, ...]
    """Points in which the two nodes do not agree."""


def read_consignments(finished: FinishedDay, sides: Mapping[str, Side]) -> tuple[ConsignmentShown, ...]:
    """Read the consignments of the finished day from both copies."""
    opening = [scene for scene in finished.consignments.scenes if scene.kind == Kind.PEN and scene.replaces is None]
    return tuple(_consignment(scene, finished, sides) for scene in opening)


def _consignment(scene: Scene, finished: FinishedDay, sides: Mapping[str, Side]) -> ConsignmentShown:
    id_ = finished.ids[scene.number]
    cards = {party: _card(side, id_, finished.ended) for party, side in sides.items()}
    ours, theirs = cards[scene.party], cards[finished.other(scene.party)]
    line, pen = ours.line, _pen(sides[scene.party], ours.line.newest)
    return ConsignmentShown(
        number=scene.number,
        id=show_id(id_),
        case=show_id(line.case),
        item=scene.item,
        sender=scene.party,
        receiver=finished.other(scene.party),
        reference=line.reference,
        exporter=line.exporter,
        importer=line.importer,
        goods=_goods(ours),
        leaves=pen.leaves,
        lands=pen.lands,
        answer=iso(line.limits.answer),
        certificate=iso(line.limits.certificate),
        held=_held(sides[scene.party], id_),
        holds=line.holds,
        state=line.state,
        screens=tuple(_screen(party, card) for party, card in cards.items()),
        dispatches=_steps(ours, theirs, scene.party, finished, sides),
        differences=tuple(_differences(ours, theirs)),
    )


def _card(side: Side, id_: DispatchId, now: Ms) -> Card:
    with side.opened.node.ledger.read() as tx:
        card = Consignments(_desk(side)).card(tx, id_, now)
    if card is None:
        raise LookupError(f"{side.party} does not have the consignment {show_id(id_)}")
    return card


def _desk(side: Side) -> PrecursorsDesk:
    return cast("PrecursorsDesk", side.opened.desks[_DESK])


def _held(side: Side, id_: DispatchId) -> tuple[str, ...]:
    """Return what held the goods as soon as they were notified, by the clock of that moment."""
    with side.opened.node.ledger.read() as tx:
        row = _desk(side).row(tx, id_, Ms(0))
    if row is None:
        return ()
    notified = Standing(State.NOTIFIED, row.notice.standing.since, row.notice.newest)
    return tuple(str(one) for one in holds(notified, row.notice.times, notified.since))


def _pen(side: Side, version: DispatchId) -> Pen:
    with side.opened.node.ledger.read() as tx:
        row = next(one for one in _desk(side).about(tx, version) if one.id == version)
    pen = parse_body(row.kind, row.body)
    assert isinstance(pen, Pen)
    return pen


def _goods(card: Card) -> tuple[GoodsShown, ...]:
    return tuple(
        GoodsShown(
            substance=one.substance,
            cas=one.cas,
            grams=one.grams,
            left=one.shipped,
            arrived=one.arrived,
            missing=None if one.arrived is None else one.missing,
        )
        for one in card.goods
    )


def _screen(party: str, card: Card) -> ScreenShown:
    lists = tuple(" since ".join(filter(None, (check.instrument, check.since))) for check in card.checks)
    return ScreenShown(party, tuple(check.verdict for check in card.checks), lists, card.line.asymmetric)


def _steps(
    ours: Card, theirs: Card, exporting: str, finished: FinishedDay, sides: Mapping[str, Side]
) -> tuple[StepShown, ...]:
    numbers = {id_: number for number, id_ in finished.ids.items()}
    received = {step.id: step for step in theirs.steps}
    return tuple(
        _step(step, received[step.id], numbers[step.id], exporting, finished, sides)
        for step in ours.steps
        if step.id in received
    )


def _step(  # noqa: PLR0917  both sides' rows of one dispatch, and where all stands
    ours: Step, theirs: Step, number: int, exporting: str, finished: FinishedDay, sides: Mapping[str, Side]
) -> StepShown:
    party = exporting if ours.ours else finished.other(exporting)
    sent, got = (ours, theirs) if ours.ours else (theirs, ours)
    sender, receiver = sides[party], sides[finished.other(party)]
    return StepShown(
        number=number,
        id=show_id(ours.id),
        kind=ours.kind,
        stage=ours.stage,
        words=tuple(word for one in ours.lines if one.label in _WORDS for word in one.text.split(", ")),
        sender=party,
        from_agency=ours.sender,
        to_agencies=ours.receivers,
        verdicts=(sender.verdict(ours.id, "clear"), receiver.verdict(ours.id, "admit")),
        states={"sent": iso(sent.made), "arrived": iso(got.arrived or sent.arrived), "seen": iso(sent.seen)},
        log=places(sender, receiver, ours.id),
        out_of_turn=ours.late or theirs.late,
    )


def _differences(ours: Card, theirs: Card) -> Iterator[str]:
    """Yield where the two boards say different things of one consignment; who owes what is the other way round."""
    mine, other = (_told(card) for card in (ours, theirs))
    if mine != other:
        yield f"consignment {ours.line.reference}: the boards differ: {mine} and {other}"
    if {step.id for step in ours.steps} != {step.id for step in theirs.steps}:
        yield f"consignment {ours.line.reference}: one side has a dispatch about it that the other has not"
    if ours.line.limits.same is not True or theirs.line.limits.same is not True:
        yield f"consignment {ours.line.reference}: the two sides count their days differently"


def _told(card: Card) -> tuple[object, ...]:
    line = card.line
    return (
        line.version,
        line.state,
        replace(line.limits, same=True),
        line.holds,
        line.awaits,
        line.due,
        line.out_of_turn,
    )
