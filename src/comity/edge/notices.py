"""Consignments as the officers' door shows them, and the screen that looks at each notification once it is filed.

The rule it keeps: the screen runs beside the writer, never in it; what it said is kept at home and never crosses; a screen that
fails says so and holds up nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Protocol

from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm, ComityError
from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.dispatch.ports import Tx
from comity.edge.board import Lines
from comity.edge.door_request import Routes, query_of
from comity.edge.engine import Engine
from comity.edge.plain import Json, to_json

_LOG = logging.getLogger("comity.notices")
_BATCH = 32
_SIDES = ("", "ours", "theirs")


class NoticeDesk(Protocol):
    """The desk that keeps consignments."""

    def board(self, tx: Tx, now: Ms, *, waits_for: str, limit: int) -> Sequence[Any]:
        """Return consignments by the clock."""
        ...

    def row(self, tx: Tx, dispatch: DispatchId, now: Ms) -> Any:
        """Return the consignment that a dispatch is about, with what the clock says of it, or None."""
        ...

    def about(self, tx: Tx, dispatch: DispatchId) -> Sequence[Any]:
        """Return every dispatch about the same consignment."""
        ...

    def gaps(self, tx: Tx, dispatch: DispatchId) -> Sequence[Any]:
        """Return its quantities: notified, shipped, arrived."""
        ...

    def screened(self, tx: Tx, version: DispatchId) -> Any:
        """Return what our screen said of a version, or None."""
        ...

    def unscreened(self, tx: Tx, limit: int) -> Sequence[tuple[DispatchId, Any, Ms]]:
        """Return versions that our screen has not looked at: id, notification, when it was filed."""
        ...

    def note_screened(self, tx: Tx, version: DispatchId, found: Any, now: Ms) -> None:
        """Keep what our screen said."""
        ...


class Screen(Protocol):
    """Says what both sides' lists have on the lines of a notification."""

    def screen(self, lines: Sequence[Any], on: date) -> Any:
        """Return it for a day."""
        ...


class Screening:
    """Screens what is filed, in the node's own process.

    Args:
        engine: the running node.
        desk: keeps the consignments.
        screen: says what the lists have.
        today: the day that it is with us at a time.
    """

    def __init__(self, engine: Engine, desk: NoticeDesk, screen: Screen, today: Callable[[Ms], date]) -> None:
        self._engine, self._desk, self._screen, self._today = engine, desk, screen, today
        self._failed: set[DispatchId] = set()

    async def run(self) -> None:
        """Look at whatever is new, each time the bell rings; runs until cancelled."""
        heard = -1
        while True:
            heard = self._engine.bell.number
            try:
                while await self.look():
                    pass
            except ComityError as error:
                _LOG.error("what is filed was not screened (%s); it is tried again with the next dispatch", error.code)
            await self._engine.bell.next(heard)

    async def look(self) -> bool:
        """Screen the next few; return whether there were any."""
        with self._engine.node.ledger.read() as tx:
            waiting = [
                one for one in self._desk.unscreened(tx, _BATCH + len(self._failed)) if one[0] not in self._failed
            ]
        for version, pen, filed in waiting[:_BATCH]:
            try:
                found = await asyncio.to_thread(self._screen.screen, pen.lines, self._today(filed))
            except Exception as error:  # noqa: BLE001  whatever a screen stumbles over, the node goes on
                self._failed.add(version)
                _LOG.error("notification %s was not screened: %s", show_id(version), type(error).__name__)
                continue
            await self._engine.call(self._keep, version, found)
            self._engine.bell.ring(touched=[version])
        return bool(waiting)

    def _keep(self, version: DispatchId, found: object) -> None:
        with self._engine.node.ledger.begin() as book:
            self._desk.note_screened(book.tx, version, found, self._engine.clock.now())


class NoticeRoutes:
    """The door's routes for consignments; whoever may open the socket acts for the node.

    Args:
        engine: the running node.
        desk: keeps the consignments.
        lines: lays a body out.
        screens: our screen is there.
    """

    def __init__(self, engine: Engine, desk: NoticeDesk, lines: Lines, *, screens: bool) -> None:
        self._engine, self._desk, self._lines, self._screens = engine, desk, lines, screens

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("GET", "/notices"): self._on_board, ("GET", "/notice"): self._on_notice}

    async def _on_board(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        """Say which consignments there are, by time left."""
        side = query_of(request, "waits_for")
        if side not in _SIDES:
            raise BadForm("what waits for us is `ours`, what waits for them `theirs`")
        with self._engine.node.ledger.read() as tx:
            rows = self._desk.board(tx, self._engine.clock.now(), waits_for=side, limit=500)
        return {"rows": [to_json(row) for row in rows], "screens": self._screens}

    async def _on_notice(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        """Say everything about one consignment, by the id of any dispatch about it."""
        id_, now = read_id(query_of(request, "id")), self._engine.clock.now()
        with self._engine.node.ledger.read() as tx:
            row = self._desk.row(tx, id_, now)
            rows = self._desk.about(tx, id_)
            if not rows:
                raise BadForm("there is no such consignment on this node")
            found = None if row is None else self._desk.screened(tx, row.notice.newest)
            gaps = self._desk.gaps(tx, id_)
        return {
            "row": to_json(row),
            "screened": to_json(found),
            "gaps": [{**_object(to_json(gap)), "missing": gap.missing} for gap in gaps],
            "dispatches": [self._dispatch(row) for row in rows],
        }

    def _dispatch(self, row: Any) -> Json:
        said = _object(to_json(row))
        lines = [to_json(line) for line in self._lines(row.kind, row.body)] if row.body else []
        return {**{name: entry for name, entry in said.items() if name != "body"}, "body": lines}


def _object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)
    return value
