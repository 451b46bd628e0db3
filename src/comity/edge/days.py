"""The calendars of both parties as a node has them: zone and week from the registry, holidays from the folder of calendars.

The rule it keeps: a calendar is data with its source; its digest is over what decides a count, so that two nodes can tell whether
they count alike, and a remark or a source that was added changes nothing.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from comity.base.errors import BadConfiguration
from comity.base.hashing import sha256
from comity.base.ids import Digest
from comity.base.workdays import Calendar, read_week
from comity.edge.config import Config
from comity.edge.registry import Registry, read_toml


class Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day on which a party does not work; `observed` for one that falls on another day of rest and is moved."""

    day: date
    name: str
    observed: bool = False


class Year(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of one year: `announced` if every holiday of it is, and where that was read."""

    year: int
    announced: bool
    source: str


class Holidays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The holidays of one party, by the id that its registry has."""

    id: str
    title: str
    year: tuple[Year, ...]
    holiday: tuple[Holiday, ...]


def open_days(config: Config) -> tuple[Calendar, Calendar]:
    """Return our calendar and the peer's; a party without a file of holidays has its week only, and no year is known.

    Raises:
        BadConfiguration: a file cannot be read, is another party's, or names a day in a year of which it says nothing.
    """
    folder = config.path(config.calendars)
    ours, theirs = (read_toml(config.path(one), Registry) for one in (config.registry, config.peer_registry))
    return calendar_of(ours, folder), calendar_of(theirs, folder)


def calendar_of(registry: Registry, folder: Path) -> Calendar:
    """Return the calendar of one party; errors as `open_days`."""
    path = folder / f"{registry.id}.toml"
    found = _read(path) if path.exists() else Holidays(registry.id, "", (), ())
    years = {one.year for one in found.year}
    strangers = [one.day for one in found.holiday if one.day.year not in years]
    if found.id != registry.id or strangers:
        what = f"has {strangers[0]} in a year of which it says nothing" if strangers else f"is that of {found.id}"
        raise BadConfiguration(f"{path} {what}; the node was not started")
    days = sorted({one.day.isoformat() for one in found.holiday})
    announced = sorted(one.year for one in found.year if one.announced)
    decides = [registry.zone, sorted(registry.days), days, announced]
    return Calendar(
        zone=_zone(registry.zone),
        working=read_week(registry.days),
        holidays=frozenset(map(date.fromisoformat, days)),
        years=frozenset(announced),
        digest=Digest(sha256(json.dumps(decides, separators=(",", ":")).encode())),
    )


def _read(path: Path) -> Holidays:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Holidays)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadConfiguration(f"{path} could not be read ({error}); the node was not started") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadConfiguration(f"there is no time zone {name}; the node was not started") from error
