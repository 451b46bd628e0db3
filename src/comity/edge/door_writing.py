"""The door's routes for forms: what they offer, and what one is written on. Nothing is decided or changed here."""

from __future__ import annotations

from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import CaseId, read_id
from comity.edge.door_request import Routes, query_of
from comity.edge.engine import Engine
from comity.edge.plain import Json, to_json
from comity.edge.writing import Writing


class WritingRoutes:
    """The routes."""

    def __init__(self, engine: Engine, writing: Writing | None) -> None:
        """Take the running node and what its forms offer."""
        self._engine, self._writing = engine, writing

    @property
    def routes(self) -> Routes:
        """(method, path) to route; none where no desk has forms."""
        if self._writing is None:
            return {}
        return {("GET", "/writing/options"): self._on_options, ("GET", "/writing/on"): self._on_basis}

    async def _on_options(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        assert self._writing is not None
        number = query_of(request, "number")
        if not (number.isascii() and number.isdecimal()):
            raise BadForm("an officer is a desk and a number")
        return to_json(self._writing.options(query_of(request, "desk"), int(number)))

    async def _on_basis(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        assert self._writing is not None
        case, dispatch = query_of(request, "case"), query_of(request, "dispatch")
        with self._engine.node.ledger.read() as tx:
            if dispatch:
                return to_json(self._writing.on_dispatch(tx, read_id(dispatch)))
            return to_json(self._writing.on_case(tx, CaseId(read_id(case))))
