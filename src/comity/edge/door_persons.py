"""The door's route for the budgets over persons: counts by side and purpose, for our reviewer. Never a name."""

from __future__ import annotations

from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.dispatch.persons import asked, associated, period_ends
from comity.edge.door_request import Routes
from comity.edge.engine import Engine
from comity.edge.plain import Json, to_json


class PersonRoutes:
    """The one route."""

    def __init__(self, engine: Engine) -> None:
        """Take the running node."""
        self._engine = engine

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("GET", "/persons"): self._on_persons}

    async def _on_persons(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        node, now = self._engine.node, self._engine.clock.now()
        accord = node.office.accord
        with node.ledger.read() as tx:
            return {
                "until": period_ends(accord, now),
                "persons": [to_json(one) for one in asked(accord, tx, now)],
                "associations": [to_json(one) for one in associated(accord, tx, now)],
            }
