"""The data of one accord as types: what the accord sets, the agencies of a party, who is on the roster, the workplan.

Pure: texts of TOML files in, types out. The edge reads the files and makes instruments and nodes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from comity.base.errors import BadConfiguration
from comity.base.ids import DispatchId, Ms, NodeName, read_id
from comity.cli.demo.tables import Fields, parse
from comity.desk import Standing
from comity.desks.requests.rules import Clocks, clocks_of
from comity.marking.labels import Lane, Urgency


@dataclass(frozen=True, slots=True)
class PartyText:
    """One party as the accord's file names it; its keys are not in the file."""

    id: str
    node: NodeName
    country: str
    short: str
    registry: str
    law: str
    duty_telephone: str


@dataclass(frozen=True, slots=True)
class AccordText:
    """What the signed accord is made from; fields as in the protocol's `accord`, and what only the node needs."""

    name: str
    title: str
    edition: int
    profile: str
    in_force_from: Ms
    author_kinds: tuple[str, ...]
    custody_days: int
    retention_days: int
    quarantine_days: int
    parties: tuple[PartyText, PartyText]
    desks: Mapping[str, tuple[str, ...]]
    lanes: Mapping[Lane, tuple[Ms, Ms]]
    timers: Mapping[str, int]
    budget: Mapping[str, int]
    equivalence: tuple[Mapping[str, str], ...]

    def clocks(self) -> Clocks:
        """Return the limits of the requests desk under this accord."""
        return clocks_of({int(lane): limits for lane, limits in self.lanes.items()}, self.timers)

    def party(self, name: str) -> PartyText:
        """Return a party by its id.

        Raises:
            BadConfiguration: there is no such party.
        """
        for party in self.parties:
            if party.id == name:
                return party
        raise BadConfiguration(f"the accord has no party {name}")


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency: names by language tag, desks where it gets dispatches, kinds that it may send."""

    id: str
    names: Mapping[str, str]
    desks: tuple[str, ...]
    sends: frozenset[str]


@dataclass(frozen=True, slots=True)
class Registry:
    """The agencies of one party, its capital, zone and office hours (local minutes of the day)."""

    id: str
    short: str
    capital: str
    zone: str
    opens: int
    closes: int
    languages: tuple[str, ...]
    names: Mapping[str, str]
    agencies: tuple[Agency, ...]


@dataclass(frozen=True, slots=True)
class RosterOfficer:
    """One officer by desk and number, with what the roster lets them do; hours are their own, or None for the capital's."""

    party: str
    desk: str
    number: int
    standing: Standing
    delegation: DispatchId | None
    zone: str | None
    opens: int | None
    closes: int | None


@dataclass(frozen=True, slots=True)
class WorkplanItem:
    """One line of the signed workplan: aims by language tag, owning agency by party, measure, due day."""

    id: str
    aims: Mapping[str, str]
    owners: Mapping[str, str]
    measure: str
    due: date


def read_accord_text(text: str) -> AccordText:
    """Read an `accord.toml`.

    Raises:
        BadConfiguration: a key is missing, unknown or of the wrong type.
    """
    top = parse(text, "the accord")
    parties = tuple(_party(fields) for fields in top.each("party"))
    first, second = _two(parties)
    desks, lanes, timers = top.inner("desks"), top.inner("lanes"), top.inner("timers")
    budget = top.inner("budget")
    found = AccordText(
        name=top.need("name", str),
        title=top.need("title", str),
        edition=top.need("edition", int),
        profile=top.need("profile", str),
        in_force_from=top.time("in_force_from") or Ms(0),
        author_kinds=top.words("author_kinds"),
        custody_days=top.need("custody_days", int),
        retention_days=top.need("retention_days", int),
        quarantine_days=top.need("quarantine_days", int),
        parties=(first, second),
        desks={name: desks.words(name) for name in desks.table},
        lanes={_lane(name): _limits(lanes.inner(name)) for name in lanes.table},
        timers={name: timers.need(name, int) for name in timers.table},
        budget={name: budget.need(name, int) for name in budget.table},
        equivalence=tuple({name: pair.need(name, str) for name in pair.table} for pair in top.each("equivalence")),
    )
    top.end()
    return found


def read_registry(text: str) -> Registry:
    """Read a registry of agencies.

    Raises:
        BadConfiguration: a key is missing, unknown or of the wrong type, or an agency stands twice.
    """
    top = parse(text, "a registry")
    agencies = tuple(_agency(fields) for fields in top.each("agency"))
    if len({agency.id for agency in agencies}) != len(agencies):
        raise BadConfiguration("a registry has an agency twice")
    found = Registry(
        id=top.need("id", str),
        short=top.need("short", str),
        capital=top.need("capital", str),
        zone=top.need("zone", str),
        opens=_minutes(top.need("opens", str)),
        closes=_minutes(top.need("closes", str)),
        languages=top.words("languages"),
        names=top.texts("name"),
        agencies=agencies,
    )
    top.end()
    return found


def read_roster(text: str) -> tuple[RosterOfficer, ...]:
    """Read a roster.

    Raises:
        BadConfiguration: a key is missing, unknown or of the wrong type, or a desk has a number twice.
    """
    top = parse(text, "a roster")
    officers = tuple(_officer(fields) for fields in top.each("officer"))
    top.end()
    if len({(officer.desk, officer.number) for officer in officers}) != len(officers):
        raise BadConfiguration("a roster has a number twice at one desk")
    return officers


def read_workplan(text: str) -> tuple[WorkplanItem, ...]:
    """Read a workplan.

    Raises:
        BadConfiguration: a key is missing, unknown or of the wrong type.
    """
    top = parse(text, "a workplan")
    top.need("title", str)
    top.day("signed")
    items = []
    for fields in top.each("item"):
        items.append(
            WorkplanItem(
                id=fields.need("id", str),
                aims=fields.texts("aim"),
                owners=fields.texts("owners"),
                measure=fields.need("measure", str),
                due=fields.day("due"),
            )
        )
        fields.end()
    top.end()
    return tuple(items)


def standings(roster: tuple[RosterOfficer, ...], party: str) -> dict[tuple[str, int], Standing]:
    """Return what the roster of one party says, by desk and number."""
    return {(officer.desk, officer.number): officer.standing for officer in roster if officer.party == party}


def _party(fields: Fields) -> PartyText:
    found = PartyText(
        id=fields.need("id", str),
        node=NodeName(fields.need("node", str)),
        country=fields.need("country", str),
        short=fields.need("short", str),
        registry=fields.need("registry", str),
        law=fields.need("law", str),
        duty_telephone=fields.need("duty_telephone", str),
    )
    fields.end()
    return found


def _two(parties: tuple[PartyText, ...]) -> tuple[PartyText, PartyText]:
    match parties:
        case (first, second) if first.id != second.id:
            return first, second
        case _:
            raise BadConfiguration("an accord has exactly two parties")


def _lane(name: str) -> Lane:
    if name.upper() not in Lane.__members__:
        raise BadConfiguration(f"there is no lane {name}")
    return Lane[name.upper()]


def _limits(fields: Fields) -> tuple[Ms, Ms]:
    found = (Ms(fields.need("arrived", int)), Ms(fields.need("seen", int)))
    fields.end()
    return found


def _agency(fields: Fields) -> Agency:
    found = Agency(
        id=fields.need("id", str),
        names=fields.texts("name"),
        desks=fields.words("desks"),
        sends=frozenset(fields.words("sends")),
    )
    fields.end()
    return found


def _officer(fields: Fields) -> RosterOfficer:
    given = fields.inner("delegation")
    delegation = given.maybe("id", str)
    opens, closes = fields.maybe("opens", str), fields.maybe("closes", str)
    found = RosterOfficer(
        party=fields.need("party", str),
        desk=fields.need("desk", str),
        number=fields.need("number", int),
        standing=Standing(
            agency=fields.need("agency", str),
            roles=frozenset(fields.words("roles")),
            kinds=frozenset(given.words("kinds")) or None,
            purposes=frozenset(given.words("purposes")) or None,
            urgencies=frozenset(int(Urgency[name.upper()]) for name in given.words("urgencies")) or None,
            stages=frozenset(given.words("stages")) or None,
            until=given.time("until"),
        ),
        delegation=None if delegation is None else read_id(delegation),
        zone=fields.maybe("zone", str),
        opens=None if opens is None else _minutes(opens),
        closes=None if closes is None else _minutes(closes),
    )
    given.end()
    fields.end()
    return found


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):  # noqa: PLR2004  a clock
        raise BadConfiguration(f"{clock} is no time of day; write HH:MM")
    return int(hours) * 60 + int(minutes)
