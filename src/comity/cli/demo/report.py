"""What happened on the day, read from the rows of both nodes: dispatches with both laws' answers, refusals, workplan.

Each side's answers come from that side's own decision records. Nothing is taken from the script but the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.base.ids import CaseId, DispatchId, show_id
from comity.cli.demo.clone import FinishedDay
from comity.cli.demo.consigned import ConsignmentShown, read_consignments
from comity.cli.demo.day import Scene
from comity.cli.demo.sides import LogPlaces, Side, VerdictShown, iso, open_sides, places
from comity.dispatch import wire
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.partsrow import parts_of
from comity.marking.labels import Urgency
from comity.screen import StateTimes, WorkItem


@dataclass(frozen=True, slots=True)
class PartyShown:
    """One party: its id in the data of the accord, and how people call it."""

    id: str
    short: str
    name: str
    node: str
    capital: str


@dataclass(frozen=True, slots=True)
class Release:
    """Whose act the release was."""

    desk: str
    officer: int
    delegation: str | None


@dataclass(frozen=True, slots=True)
class RemovalShown:
    """One removal: the class, where it stood, and whose law removed it."""

    category: str
    where: str
    by: str


@dataclass(frozen=True, slots=True)
class DispatchShown:
    """One dispatch of the day. Times in `states` are ISO 8601, UTC; what has not happened is None."""

    number: int
    id: str
    kind: str
    stage: str
    case: str
    case_number: str
    title: str
    item: str | None
    item_reason: str
    sender: str
    receiver: str
    from_agency: str
    to_agencies: tuple[str, ...]
    urgency: str
    verdicts: tuple[VerdictShown, ...]
    released_by: Release
    redactions: tuple[RemovalShown, ...]
    states: dict[str, str | None]
    log: LogPlaces


@dataclass(frozen=True, slots=True)
class RefusalShown:
    """One refusal: the word that crossed, and what stayed at home.

    `kept_at_home` says that the other side's store has no trace of the draft or its record.
    """

    number: int
    id: str
    question: int
    law: str
    outward: str
    ground: str | None
    effect: str
    sentence: str
    articles: tuple[str, ...]
    draft: str
    kept_at_home: bool


@dataclass(frozen=True, slots=True)
class Lateness:
    """A limit that was met late, or is not met yet: of whom, for which dispatch, from when until when."""

    of: str
    number: int
    what: str
    begins: str
    ends: str | None


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One workplan item; `moved` today and `before` today, `overdue` now, `overdue_of` with times."""

    item: str
    aim: str
    owners: dict[str, str]
    moved: int
    before: int
    overdue: int
    overdue_of: tuple[Lateness, ...]
    due: str
    measure: str


@dataclass(frozen=True, slots=True)
class DayShown:
    """The whole day as both nodes have it."""

    parties: tuple[PartyShown, ...]
    workplan: tuple[ItemShown, ...]
    dispatches: tuple[DispatchShown, ...]
    refusals: tuple[RefusalShown, ...]
    consignments: tuple[ConsignmentShown, ...]
    """Notified at the desk beside, and not among the dispatches."""
    differences: tuple[str, ...]
    """Points in which the two nodes' rows or manifests do not agree."""


def read_day(finished: FinishedDay) -> DayShown:
    """Read the finished day from both copies."""
    with open_sides(finished) as sides:
        dispatches = tuple(_dispatch(scene, finished, sides) for scene in finished.day.scenes)
        refusals = tuple(_refusal(scene, finished, sides) for scene in finished.day.scenes if scene.draft is not None)
        lateness = [found for scene in finished.day.scenes for found in _late(scene, finished, sides)]
        return DayShown(
            parties=tuple(_party(sides[party], finished) for party in finished.parties),
            workplan=_workplan(finished, sides, lateness),
            dispatches=dispatches,
            refusals=refusals,
            consignments=read_consignments(finished, sides),
            differences=tuple(_differences(finished, sides)),
        )


def _party(side: Side, finished: FinishedDay) -> PartyShown:
    terms = next(one for one in finished.data.terms.party if one.id == side.party)
    card = side.board.parties()[0]
    return PartyShown(side.party, card.short, card.name, terms.node, card.capital)


# --- dispatches --------------------------------------------------------------------------------------------------


def _dispatch(scene: Scene, finished: FinishedDay, sides: dict[str, Side]) -> DispatchShown:
    id_, other = finished.ids[scene.number], finished.other(scene.party)
    sender, receiver = sides[scene.party], sides[other]
    sent, got = sender.card(id_, finished.ended), receiver.card(id_, finished.ended)
    header = _header(receiver, id_)
    released = header.released_by
    return DispatchShown(
        number=scene.number,
        id=show_id(id_),
        kind=header.kind,
        stage=sent.stage,
        case=show_id(header.case or CaseId(id_)),
        case_number=sent.case_number,
        title=sent.title,
        item=header.workplan_item,
        item_reason=header.workplan_reason,
        sender=scene.party,
        receiver=other,
        from_agency=header.author.agency,
        to_agencies=header.agencies,
        urgency=Urgency(header.urgency).name.lower(),
        verdicts=(sender.verdict(id_, "clear"), receiver.verdict(id_, "admit")),
        released_by=Release(
            released.desk, released.officer, None if released.delegation is None else show_id(released.delegation)
        ),
        redactions=tuple(RemovalShown(one.category, one.where, scene.party) for one in sent.removals),
        states=_states(sent.times, got.times),
        log=places(sender, receiver, id_),
    )


def _header(side: Side, dispatch: DispatchId) -> wire.Header:
    """Return the header as the receiver got it, under the commitment."""
    with side.opened.node.ledger.read() as tx:
        plain = tx.rows("SELECT plain FROM got WHERE id = ?", (dispatch,))[0][0]
    return wire.decode_header(parts_of(bytes_of(plain))[0].content)


def _states(sent: StateTimes, got: StateTimes) -> dict[str, str | None]:
    """Return each state with the time of the side that knows it first: the sender its commit, the receiver the rest."""
    return {
        "sent": iso(sent.sent),
        "cosigned": iso(sent.cosigned),
        "arrived": iso(got.arrived),
        "filed": iso(got.filed),
        "seen": iso(got.seen),
        "answered": iso(got.answered),
        "refused": iso(got.refused),
        "recalled": iso(got.recalled),
    }


# --- refusals ----------------------------------------------------------------------------------------------------


def _refusal(scene: Scene, finished: FinishedDay, sides: dict[str, Side]) -> RefusalShown:
    draft, other = finished.drafts[scene.number], finished.other(scene.party)
    verdict = sides[scene.party].verdict(draft, "clear")
    return RefusalShown(
        number=scene.number,
        id=show_id(finished.ids[scene.number]),
        question=scene.re[0],
        law=scene.party,
        outward=_outward(sides[other], finished.ids[scene.re[0]]),
        ground=verdict.ground,
        effect=verdict.effect,
        sentence=verdict.sentence,
        articles=verdict.articles,
        draft=show_id(draft),
        kept_at_home=not _trace(sides[other], draft),
    )


def _outward(side: Side, question: DispatchId) -> str:
    """Return the word that reached the side that had asked."""
    desk = next(iter(side.opened.desks.values()))
    with side.opened.node.ledger.read() as tx:
        row = getattr(desk, "dispatch")(tx, question)  # noqa: B009  desks come by name
    return str(row.outward)


def _trace(side: Side, draft: bytes) -> bool:
    """Say whether a side has any row about a draft of the other side."""
    tables = (("record", "dispatch"), ("kept", "id"), ("got", "id"), ("sent", "id"))
    with side.opened.node.ledger.read() as tx:
        return any(
            tx.rows(f"SELECT 1 FROM {table} WHERE {column} = ?", (draft,))  # noqa: S608  names of our own
            for table, column in tables
        )


# --- the workplan ------------------------------------------------------------------------------------------------


def _late(scene: Scene, finished: FinishedDay, sides: dict[str, Side]) -> Iterator[Lateness]:
    """Yield each limit of a dispatch that was met late, by the rows of the side that owed it."""
    row = sides[finished.other(scene.party)].limits(finished.ids[scene.number])
    limits = (
        ("seen", row.due_seen, row.seen),
        ("first answer", row.due_first, row.first),
        ("full answer", row.due_full, row.answered),
    )
    for what, due, met in limits:
        if due is not None and (met or finished.ended) > due:
            yield Lateness(finished.other(scene.party), scene.number, what, iso(due) or "", iso(met))


def _workplan(finished: FinishedDay, sides: dict[str, Side], lateness: list[Lateness]) -> tuple[ItemShown, ...]:
    first = sides[finished.parties[0]]
    items = first.board.workplan(finished.ended)
    marks = {_party(side, finished).short: party for party, side in sides.items()}
    return tuple(_item(item, finished, marks, lateness) for item in items)


def _item(item: WorkItem, finished: FinishedDay, marks: dict[str, str], lateness: list[Lateness]) -> ItemShown:
    of_item = {scene.number for scene in finished.day.scenes if scene.item == item.item}
    return ItemShown(
        item=item.item,
        aim=item.aim,
        owners={marks[short]: agency for short, agency in item.owners},
        moved=item.moved,
        before=len(of_item) - item.moved,
        overdue=item.overdue,
        overdue_of=tuple(one for one in lateness if one.number in of_item),
        due=item.due,
        measure=item.measure,
    )


def _differences(finished: FinishedDay, sides: dict[str, Side]) -> Iterator[str]:
    """Yield what the manifests found, and where the two screens say different things of the workplan."""
    for party, side in sides.items():
        with side.opened.node.ledger.read() as tx:
            rows = tx.rows("SELECT day, what FROM difference ORDER BY at")
        yield from (f"{party}, manifest of {text_of(day)}: {text_of(what)}" for day, what in rows)
    first, second = (
        [(item.item, item.moved, item.overdue) for item in side.board.workplan(finished.ended)]
        for side in sides.values()
    )
    if first != second:
        yield f"the screens count differently: {first} and {second}"
