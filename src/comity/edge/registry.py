"""Registry, roster and workplan of one party as they stand in TOML files beside a node."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from comity.base.bodies import tidy
from comity.base.cbor import encode
from comity.base.errors import BadConfiguration
from comity.base.ids import Ms, read_id
from comity.desk import Standing
from comity.dispatch.states import Officer
from comity.node.manifest import DESK
from comity.screen import PartyCard

_T = TypeVar("_T")
DUTY = "duty-officer"
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Agency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agency: the desks at which it may act and the kinds it may send; no desk: it is named only."""

    id: str
    name: dict[str, str]
    desks: tuple[str, ...]
    sends: tuple[str, ...]


class ReportDuty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A yearly report that a party's law asks for.

    `id` is which (`mistreatment`), `law` the text that asks for it, `before` the day of the next year (`MM-DD`) before which
    it is given, `to` to whom: agencies of the registry, or words.
    """

    id: str
    law: str
    before: Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-[0-3][0-9]$")]
    to: tuple[str, ...]


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party and its agencies; `opens` and `closes` are local times `HH:MM` in the IANA zone `zone`.

    `days` are its working days; `duty_line` is the telephone that somebody answers at any hour.
    """

    id: str
    short: str
    name: dict[str, str]
    capital: str
    zone: str
    opens: Clock
    closes: Clock
    languages: tuple[str, ...]
    agency: tuple[Agency, ...]
    days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    duty_line: str = ""
    report: tuple[ReportDuty, ...] = ()

    @property
    def acting(self) -> tuple[str, ...]:
        """Ids of the agencies that act at some desk, and so have a sealing key."""
        return tuple(one.id for one in self.agency if one.desks)

    @property
    def sends(self) -> dict[str, frozenset[str]]:
        """Return the kinds that each agency may send."""
        return {one.id: frozenset(one.sends) for one in self.agency}

    def agency_name(self, agency: str, language: str = "en") -> str:
        """Return an agency's name, or its id if it is not listed."""
        for one in self.agency:
            if one.id == agency:
                return one.name.get(language, agency)
        return agency

    def card(self, *, ours: bool) -> PartyCard:
        """Return the party as the bar of the screens shows it; who is on duty now is the roster's to say, at that time."""
        name = self.name.get("en", self.id)
        opens, closes = _minutes(self.opens), _minutes(self.closes)
        return PartyCard(self.short, name, self.capital, self.zone, opens, closes, "", ours)


class Delegated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standing delegation: its id, and what it bounds; what is left out is not bounded.

    `urgencies` are numbers, 0 immediate to 3 formal; `categories` are of data in the content; `until` is in
    milliseconds UTC.
    """

    id: str
    kinds: tuple[str, ...] | None = None
    purposes: tuple[str, ...] | None = None
    stages: tuple[str, ...] | None = None
    urgencies: tuple[int, ...] | None = None
    categories: tuple[str, ...] | None = None
    until: int | None = None


class RosterOfficer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One officer by desk and number; a posted one works in the host's hours.

    `acts` are what this officer may do with what is held; left out, any.
    """

    party: str
    desk: str
    number: int
    agency: str
    roles: tuple[str, ...]
    zone: str = ""
    opens: str = ""
    closes: str = ""
    delegation: Delegated | None = None
    acts: tuple[str, ...] | None = None

    def standing(self) -> Standing:
        """Return what this officer may release: whatever the accord opens, within the delegation if there is one."""
        given = self.delegation or Delegated("")
        return Standing(
            agency=self.agency,
            roles=frozenset(self.roles),
            kinds=_bound(given.kinds),
            purposes=_bound(given.purposes),
            urgencies=None if given.urgencies is None else frozenset(given.urgencies),
            stages=_bound(given.stages),
            until=None if given.until is None else Ms(given.until),
            categories=_bound(given.categories),
            acts=_bound(self.acts),
        )

    def officer(self) -> Officer:
        """Return the officer as the header names it."""
        return Officer(self.desk, self.number, read_id(self.delegation.id) if self.delegation else None)


class OnCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One shift on call: who, in which role, on which days from when to when, by the clock of `zone`.

    A shift that closes at or before it opens runs over midnight; one without hours runs all day.
    """

    party: str
    role: str
    number: int
    desk: str = "requests"
    zone: str = "UTC"
    days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    opens: Clock = "00:00"
    closes: Clock = "00:00"


class Roster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The officers of one or both parties, and their shifts on call."""

    officer: tuple[RosterOfficer, ...]
    on_call: tuple[OnCall, ...] = ()

    def of(self, party: str) -> tuple[RosterOfficer, ...]:
        """Return the officers of one party, by its short mark in any case."""
        return tuple(one for one in self.officer if one.party.casefold() == party.casefold())

    def standings(self, party: str) -> dict[tuple[str, int], Standing]:
        """Return what each of a party's officers may release."""
        return {(one.desk, one.number): one.standing() for one in self.of(party)}

    def manifest_officer(self, party: str) -> Officer | None:
        """Return the duty officer under whose standing delegation the node speaks for itself."""
        return next((one.officer() for one in self.of(party) if one.desk == DESK), None)


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item of the workplan; `owners` by party id."""

    id: str
    aim: dict[str, str]
    owners: dict[str, str]
    measure: str
    due: date
    priority: str = ""
    closed: bool = False


class Priority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One priority of the workplan."""

    id: str
    title: dict[str, str]


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action of the workplan: for which item, whose, by when."""

    id: str
    item: str
    title: dict[str, str]
    owners: dict[str, str]
    due: date
    measure: str = ""


class Track(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A track beyond security: titles, owners and days only."""

    id: str
    title: dict[str, str]
    owners: dict[str, str]
    days: tuple[date, ...] = ()


class Workplan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The workplan with which both nodes begin; the desk that keeps it has the version in force."""

    title: str
    signed: date
    item: tuple[Item, ...]
    priority: tuple[Priority, ...] = ()
    action: tuple[Action, ...] = ()
    track: tuple[Track, ...] = ()


def plan_bytes(plan: Workplan) -> bytes:
    """Return a workplan as canonical bytes, as the desk that keeps it reads them."""
    found: dict[str, Any] = msgspec.to_builtins(plan)
    lists = {"priorities": "priority", "items": "item", "actions": "action", "tracks": "track"}
    value = tidy({"title": found["title"], "signed": found["signed"], **{k: found[v] for k, v in lists.items()}})
    return encode(value)


def read_toml(path: Path, kind: type[_T]) -> _T:
    """Read a TOML file into a typed value.

    Raises:
        BadConfiguration: the file cannot be read, or a key is missing, unknown or ill-formed; the message names it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadConfiguration(f"{path} could not be read ({error}); nothing was done") from error
    return parse_toml(content, kind, str(path))


def parse_toml(content: bytes, kind: type[_T], name: str) -> _T:
    """Read the bytes of a TOML file into a typed value; `name` is for the message.

    Raises:
        BadConfiguration: as `read_toml`.
    """
    try:
        return msgspec.convert(tomllib.loads(content.decode()), kind)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadConfiguration(f"{name} could not be read ({error}); nothing was done") from error


def _bound(words: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if words is None else frozenset(words)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
