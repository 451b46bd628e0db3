"""What was filed about consignments as the checks take it: declarations of both sides, movements, firms.

The rule it keeps: it is made anew from the dispatches each time, so filing twice or a new version changes nothing else; what
cannot be placed is told with its reason, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Protocol

from comity.base.ids import DispatchId, show_id
from comity.desks.precursors.flows.description import words
from comity.desks.precursors.flows.ledger import account_of
from comity.desks.precursors.flows.model import (
    Consignment,
    ConsignmentId,
    Flow,
    Grams,
    HolderId,
    LicenceHolder,
    Movement,
    Party,
    SubstanceId,
)
from comity.desks.precursors.flows.reading import normal_trait
from comity.desks.precursors.flows.trade import Trade
from comity.desks.precursors.model import Arrived, Firm, Line, Pen, Shipped
from comity.desks.precursors.rules import State

_DIGITS = 6
_NEVER_LEFT = frozenset({State.CANCELLED, State.RECALLED, State.OBJECTED, State.STOPPED, State.CLOSED})
"""States in which goods of which nobody told that they left or came will not."""


class Unplaced(StrEnum):
    """Why something filed is in no check, or in some only."""

    SUBSTANCE = "no listed substance is named"
    APART = "its CAS number and its name are of two substances"
    EXPORTER = "the exporter was removed"
    CONSIGNEE = "the consignee was removed"
    LINE = "a quantity is told of a line that the notification has not"
    GONE = "its words were erased"
    ENDED = "it ended before the goods left"
    PRICE_REMOVED = "the price was removed; prices are not compared"
    PRICE_OF_ALL = "one price is told for several lines; prices are not compared"
    CODE = "no customs code is told; prices and months are not compared"

    @property
    def whole(self) -> bool:
        """Say whether the line is in no check at all."""
        return self not in {Unplaced.PRICE_REMOVED, Unplaced.PRICE_OF_ALL, Unplaced.CODE}


class Naming(Protocol):
    """Who knows which listed substance a line of goods is."""

    def of(self, line: Line, screened: str) -> SubstanceId | Unplaced:
        """Return the substance of a line; `screened` is what the screen recognised it as, "" for nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """All that counts of one consignment: admitted, not refused, the words not erased.

    Attributes:
        root: its first version.
        parties: the exporting side and the importing side.
        state: where it stands.
        pen: the version in force.
        shipped, arrived: the last word of what left and of what came, with the id of its dispatch.
        screened: what the screen recognised, by line.
    """

    root: DispatchId
    parties: tuple[Party, Party]
    state: State
    pen: Pen
    shipped: tuple[DispatchId, Shipped] | None = None
    arrived: tuple[DispatchId, Arrived] | None = None
    screened: tuple[tuple[int, str], ...] = ()

    @property
    def number(self) -> str:
        """Return its number, the same on both sides."""
        return show_id(self.root)


@dataclass(frozen=True, slots=True)
class Left:
    """One line (0: all of it) that is in no check, or in some only, and why."""

    consignment: str
    line: int
    why: Unplaced


@dataclass(frozen=True, slots=True)
class Filed:
    """What the checks need, sorted and without repeats.

    Attributes:
        consignments: one of each side for each line.
        announced: of those, the numbers of which nothing left or came yet: their day is that on which they are to leave.
        movements: what left and what came.
        holders: the firms, as the notifications describe them.
        left: what could not be placed.
    """

    consignments: tuple[Consignment, ...] = ()
    announced: frozenset[ConsignmentId] = frozenset()
    movements: tuple[Movement, ...] = ()
    holders: tuple[LicenceHolder, ...] = ()
    left: tuple[Left, ...] = ()


def number_of(told: Told, line: int) -> ConsignmentId:
    """Return the number of one line of a consignment, from 1."""
    return ConsignmentId(f"{told.number}/{line}")


def holder_of(firm: Firm | None) -> HolderId:
    """Return a firm's number, else its licence, else its name in small letters; "" where all were removed."""
    assert firm is not None  # goods have a sender and a taker, be it one of whom all was removed
    return HolderId(firm.number or firm.licence or " ".join(words(firm.name)))


def project(told: Iterable[Told], naming: Naming, *, firms: bool = True) -> Filed:
    """Return what the dispatches come to.

    Args:
        told: each consignment once; one that stands twice counts once.
        naming: who knows substances.
        firms: the firms are wanted too.
    """
    kept = {one.root: one for one in told}
    consignments: list[Consignment] = []
    announced: set[ConsignmentId] = set()
    movements: list[Movement] = []
    left: list[Left] = []
    for root in sorted(kept):
        one = kept[root]
        left += _beside(one)
        for place, line in enumerate(one.pen.lines, 1):
            whys, substance = _unplaced(one, place, line, naming)
            left += [Left(one.number, place, why) for why in whys]
            if any(why.whole for why in whys):
                continue
            sides = tuple(_declared(one, place, line, substance))
            consignments += sides
            movements += _moved(one, place, sides)
            if one.shipped is None and one.arrived is None:
                announced.add(number_of(one, place))
    holders = _holders(kept.values()) if firms else ()
    return Filed(tuple(consignments), frozenset(announced), tuple(movements), holders, tuple(left))


def laid_beside(given: Trade, filed: Filed) -> Trade:
    """Return what files gave and what was filed together.

    A register that was given counts for its account instead of what was filed about it, and the firms of a side that gave a
    list of them are those of the list: being in none stays visible. Without any register movements are left out, since the
    declarations say the same.
    """
    accounts = {*map(account_of, given.movements), *map(account_of, given.stocks)}
    moved = [one for one in filed.movements if account_of(one) not in accounts]
    listing = {one.party for one in given.holders}
    declared = {(one.id, one.declared_by) for one in given.consignments}
    ours = [one for one in filed.consignments if (one.id, one.declared_by) not in declared]
    kept = [one for one in ours if one.day <= given.until or one.id in filed.announced]
    return replace(
        given,
        movements=given.movements + tuple(one for one in moved if accounts and one.day <= given.until),
        holders=given.holders + tuple(one for one in filed.holders if one.party not in listing),
        consignments=given.consignments + tuple(kept),
        announced=filed.announced,
    )


def last_day(filed: Filed) -> date | None:
    """Return the last day on which anything left or came, else the last on which anything is to leave; None for nothing."""
    done = [one.day for one in filed.consignments if one.id not in filed.announced]
    return max(done or [one.day for one in filed.consignments], default=None)


# --- one consignment -----------------------------------------------------------------------------------------------------


def _unplaced(told: Told, place: int, line: Line, naming: Naming) -> tuple[tuple[Unplaced, ...], SubstanceId]:
    """Return why a line is in no check, or in some only, and its substance where it has one."""
    if told.state in _NEVER_LEFT and told.shipped is None and told.arrived is None:
        return (Unplaced.ENDED,), SubstanceId("")
    found = naming.of(line, dict(told.screened).get(place, ""))
    if isinstance(found, Unplaced):
        return (found,), SubstanceId("")
    price = _price_reason(told.pen)
    tests = (
        (Unplaced.EXPORTER, not holder_of(told.pen.exporter)),
        (Unplaced.CONSIGNEE, not holder_of(_taker(told.pen))),
        (Unplaced.CODE, not _hs6(line)),
        *(((price, True),) if price else ()),
    )
    return tuple(why for why, there in tests if there), found


def _price_reason(pen: Pen) -> Unplaced | None:
    if pen.worth is None:
        return None
    if pen.worth.hundredths is None:
        return Unplaced.PRICE_REMOVED
    return Unplaced.PRICE_OF_ALL if len(pen.lines) > 1 else None


def _beside(told: Told) -> Iterator[Left]:
    """Yield quantities of lines that are not there."""
    for said in (told.shipped, told.arrived):
        for count in () if said is None else said[1].counts:
            if not 1 <= count.line <= len(told.pen.lines):
                yield Left(told.number, count.line, Unplaced.LINE)


def _declared(told: Told, place: int, line: Line, substance: SubstanceId) -> Iterator[Consignment]:
    """Yield the exporting side's declaration, and the importing side's once it told what came."""
    sender, taker = told.parties
    pen = told.pen
    grams, day = line.grams, pen.leaves
    if told.shipped is not None:
        grams, day = _of_line(told.shipped[1], place), told.shipped[1].day
    permits = [one.number for one in pen.permits]
    value, currency = _price(pen, line, grams)
    route = told.shipped[1].route if told.shipped is not None and told.shipped[1].route is not None else pen.route
    outward = Consignment(
        id=number_of(told, place),
        declared_by=sender,
        from_party=sender,
        to_party=taker,
        substance=substance,
        text=line.substance,
        cas=line.cas,
        hs6=_hs6(line),
        exporter=holder_of(pen.exporter),
        consignee=holder_of(_taker(pen)),
        origin=sender,
        departure=sender,
        via=() if route is None else tuple(part.strip() for part in route.transit.split(";") if part.strip()),
        day=date.fromisoformat(day),
        grams=Grams(grams),
        value_minor=value,
        currency=currency,
        permit=permits[0] if permits else "",
        un="".join(filter(str.isdecimal, line.un)),
        packages=line.packages or 0,
    )
    yield outward
    if told.arrived is not None:
        came = told.arrived[1]
        yield replace(
            outward,
            declared_by=taker,
            day=date.fromisoformat(came.day),
            grams=Grams(_of_line(came, place)),
            value_minor=0,
            currency="",
        )


def _price(pen: Pen, line: Line, grams: int) -> tuple[int, str]:
    """Return the price of what is declared and its currency; (0, "") where it cannot be said.

    The price is that of what was notified, so of another quantity it is the same part.
    """
    worth = pen.worth
    if worth is None or not worth.hundredths or len(pen.lines) > 1 or not _hs6(line) or not line.grams:
        return 0, ""
    part = worth.hundredths * grams // line.grams
    return (part, worth.currency) if part else (0, "")


def _moved(told: Told, place: int, sides: tuple[Consignment, ...]) -> Iterator[Movement]:
    """Yield what left and what came, numbered by the dispatch that told it."""
    for said, one, flow in ((told.shipped, sides[0], Flow.EXPORT), (told.arrived, sides[-1], Flow.IMPORT)):
        if said is None or not one.grams:
            continue
        own, other = (one.exporter, one.consignee) if flow is Flow.EXPORT else (one.consignee, one.exporter)
        number = f"{show_id(said[0])}/{place}"
        yield Movement(number, one.declared_by, own, one.substance, flow, one.grams, one.day, one.id, other)


def _holders(told: Iterable[Told]) -> tuple[LicenceHolder, ...]:
    """Return the firms with every address and telephone that a notification gave them."""
    traits: dict[tuple[Party, HolderId], set[str]] = {}
    for one in told:
        for party, firm in zip(one.parties, (one.pen.exporter, _taker(one.pen)), strict=True):
            if firm is not None and holder_of(firm):
                traits.setdefault((party, holder_of(firm)), set()).update(_traits(firm))
    return tuple(LicenceHolder(firm, party, None, tuple(sorted(traits[party, firm]))) for party, firm in sorted(traits))


def _traits(firm: Firm) -> Iterator[str]:
    for kind, said in (("address", firm.address), ("phone", firm.telephone)):
        if said:
            yield f"{kind}:{normal_trait(said)}"


def _taker(pen: Pen) -> Firm | None:
    return pen.consignee if pen.consignee is not None else pen.importer


def _of_line(said: Shipped | Arrived, place: int) -> int:
    return next((count.grams for count in said.counts if count.line == place), 0)


def _hs6(line: Line) -> str:
    digits = "".join(sign for sign in line.hs if sign.isdecimal())
    return digits[:_DIGITS] if len(digits) >= _DIGITS else ""
