"""The content-free bell as plain data: how an officer is rung elsewhere, and what was rung.

The rule it keeps: a ring says how urgent, how many and at which desk; never what, whose or about whom.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import Ms


@dataclass(frozen=True, slots=True)
class BellSetting:
    """How one officer is rung when the screen is elsewhere.

    Attributes:
        desk, number: whose choice.
        mail: address, "" for none.
        quiet_from, quiet_to: local times `HH:MM` between which only what is immediate rings; equal: never quiet.
        zone: in which they are read.
    """

    desk: str
    number: int
    mail: str = ""
    quiet_from: str = ""
    quiet_to: str = ""
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Ring:
    """One thing that was rung for one officer by one way.

    Attributes:
        thing: what, as a word and a number; never shown outside of this node.
        way: `mail` or `command`.
        number: of the officer; 0 for the node's own command.
        times: rings that were begun.
        at: when the last was.
        failed: the last is known not to have gone.
    """

    thing: str
    way: str
    number: int
    times: int
    at: Ms
    failed: bool = False


@dataclass(frozen=True, slots=True)
class BellState:
    """How one way of the bell does.

    Attributes:
        way: `mail` or `command`.
        on: it is set up.
        failures: how often in a row it failed.
        since: since when; None while it works.
        again: when it is tried again; None while it works.
        last: when a ring last went out; None since the node started.
    """

    way: str
    on: bool
    failures: int
    since: Ms | None
    again: Ms | None
    last: Ms | None
