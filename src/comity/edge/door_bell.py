"""The door's routes for the content-free bell: how an officer is rung elsewhere, and how each way does."""

from __future__ import annotations

import re

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.plain import Json, to_json
from comity.edge.ringing import Ringing
from comity.edge.shifts import zone_of
from comity.edge.staffing import Staffing
from comity.screen.ringing import BellSetting

_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,8}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class BellIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one officer of ours wants to be rung: by mail or not, and when only for what is immediate."""

    by: By
    mail: str = ""
    quiet_from: str = ""
    quiet_to: str = ""
    zone: str = "UTC"


class BellRoutes:
    """The routes."""

    def __init__(self, engine: Engine, staffing: Staffing, ringing: Ringing) -> None:
        """Take the running node, its rows and its bell."""
        self._engine, self._staffing, self._ringing = engine, staffing, ringing

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/bell"): self._on_bell,
            ("GET", "/bell/state"): self._on_state,
            ("POST", "/bell/set"): self._on_set,
        }

    async def _on_bell(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        desk, number = query_of(request, "desk"), query_of(request, "number")
        if not (number.isascii() and number.isdecimal()):
            raise BadForm("an officer is a desk and a number")
        with self._engine.node.ledger.read() as tx:
            found = (one for one in self._staffing.duty_desk.bells(tx) if (one.desk, one.number) == (desk, int(number)))
            return to_json(next(found, BellSetting(desk, int(number))))

    async def _on_state(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return to_json(self._ringing.states())

    async def _on_set(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=BellIn)
        by = asked.by.officer()
        self._staffing.ours.officer(by)
        setting = BellSetting(by.desk, by.number, asked.mail, asked.quiet_from, asked.quiet_to, asked.zone)
        check(setting)
        await self._engine.call(self._keep, setting, self._engine.clock.now())
        return to_json(setting)

    def _keep(self, setting: BellSetting, now: Ms) -> None:
        with self._engine.node.ledger.begin() as book:
            self._staffing.duty_desk.set_bell(book.tx, setting, now)


def check(setting: BellSetting) -> None:
    """Check what an officer chose.

    Raises:
        BadForm: no mail address, no clock, or hours that begin and do not end.
        BadConfiguration: no zone.
    """
    if setting.mail and not _MAIL.fullmatch(setting.mail):
        raise BadForm("this is no mail address; nothing was changed")
    clocks = (setting.quiet_from, setting.quiet_to)
    if any(clocks) and not all(map(_CLOCK.fullmatch, clocks)):
        raise BadForm("quiet hours are two times HH:MM, or none; nothing was changed")
    zone_of(setting.zone)
