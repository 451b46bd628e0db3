"""The door's route for a search over all cases of the desk; whoever may open the socket acts for the node."""

from __future__ import annotations

from collections.abc import Callable

from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.ids import Ms
from comity.edge.door_request import Routes, query_of
from comity.edge.plain import Json, to_json
from comity.policy.access import Person, Role
from comity.screen.finding import Search, SearchBoard


class SearchRoutes:
    """The route.

    Args:
        finder: reads the store.
        desk: that keeps the cases.
        clock: the node's time.
    """

    def __init__(self, finder: SearchBoard, desk: str, clock: Callable[[], Ms]) -> None:
        self._finder, self._clock = finder, clock
        self._node = Person(desk, 0, "", frozenset({Role.DUTY.value}))

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("GET", "/search"): self._on_search}

    async def _on_search(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        names = {"q": "typed", "kind": "kind", "side": "side", "since": "since", "until": "until", "page": "page"}
        asked = {field: query_of(request, name) for name, field in names.items()}
        return to_json(self._finder.find(self._node, Search(**asked), self._clock()))
