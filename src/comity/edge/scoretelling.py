"""What our node says of its scorecard: what would cross, shown before; then that and nothing else, as a dispatch.

The rule it keeps: what is sent is counted to the cut that was shown and has the digest that was shown, or it is not sent.
"""  # spec: scenarios.md 7

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.dispatch.states import Form
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.opening import OpenNode
from comity.edge.outcome import outcome_json
from comity.edge.plain import Json
from comity.edge.rosterfile import RosterFile
from comity.edge.scoreboard import ScoreReader, instant_of, make_scoreboard
from comity.marking.labels import Urgency

PURPOSE, KIND = "workplan", "scorecard"
REASON = "scorecard"
"""Why a statement names no item of the workplan: it is of all of them."""


class TellIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """What is to be said: the days of a period, the cut and the digest as `Crossing` showed them, by whom."""

    by: By
    begins: str
    ends: str
    cut: str
    digest: str
    what: Literal["statement", "detail"] = "statement"


class ScoreRoutes:
    """The door's route of the scorecard; whoever may open the socket acts for the node.

    Args:
        engine: the running node.
        reader: counts.
        desk: that has scorecards.
        roster: our officers as the file has them now.
    """

    def __init__(self, engine: Engine, reader: ScoreReader, desk: str, roster: RosterFile) -> None:
        self._engine, self._reader, self._desk, self._roster = engine, reader, desk, roster
        self._ask = msgspec.json.Decoder(TellIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("POST", "/scorecard/tell"): self._on_tell}

    async def _on_tell(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Send our statement of a period, or a detail of it, as it was shown."""
        said = self._ask.decode(await body_of(receive))
        officer = said.by.officer()
        known = self._roster.officers().get((officer.desk, officer.number))
        if known is None:
            raise BadForm("there is no such officer in our roster; nothing was kept")
        takers = self._reader.takers()
        if not takers:
            raise BadForm("no agency of the other side takes scorecards; nothing was kept")
        form = Form(
            desk=self._desk,
            kind=KIND,
            agency=known.agency,
            role="officer",
            recipients=takers,
            purpose=PURPOSE,
            urgency=Urgency.NORMAL,
            workplan_item=None,
            workplan_reason=REASON,
            body=await asyncio.to_thread(self._body, said),
        )
        outcome = await self._engine.submit(form, officer)
        if isinstance(outcome, BadForm):
            raise outcome
        return outcome_json(outcome)

    def _body(self, said: TellIn) -> Mapping[str, Any]:
        try:
            first, last = date.fromisoformat(said.begins), date.fromisoformat(said.ends)
        except ValueError as error:
            raise BadForm("a day is written 2026-07-01; nothing was kept") from error
        if last <= first:
            raise BadForm("this period has no day; nothing was kept")
        digest, body = self._reader.body(instant_of(first), instant_of(last), said.cut, said.what)
        if digest.hex() != said.digest:
            raise BadForm("what would cross is not what was shown; look again, then send. Nothing was kept")
        return body


def scorecard_routes(opened: OpenNode, engine: Engine) -> tuple[Routes, ...]:
    """Return the door's routes of the scorecard; none where no desk has any."""
    reader = make_scoreboard(opened)
    if reader is None:
        return ()
    roster = RosterFile(opened.config.path(opened.config.roster), opened.config.party)
    return (ScoreRoutes(engine, reader, reader.desk, roster).routes,)
