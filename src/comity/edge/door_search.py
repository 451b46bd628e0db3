"""The door's routes for what waits and for a search over all cases of the desk; whoever may open the socket acts for the node."""

from __future__ import annotations

from collections.abc import Callable

from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.ids import Ms, show_id
from comity.edge.door_request import Routes, query_of
from comity.edge.plain import Json, to_json
from comity.policy.access import Person, Role
from comity.screen.finding import Search, SearchBoard
from comity.screen.inbox import Ask, InboxBoard, Line, View


class SearchRoutes:
    """The routes.

    Args:
        finder, inbox: read the store.
        desk: that keeps the cases.
        clock: the node's time.
    """

    def __init__(self, finder: SearchBoard, inbox: InboxBoard, desk: str, clock: Callable[[], Ms]) -> None:
        self._finder, self._inbox, self._clock = finder, inbox, clock
        self._node = Person(desk, 0, "", frozenset({Role.DUTY.value}))

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("GET", "/search"): self._on_search, ("GET", "/inbox"): self._on_inbox}

    async def _on_inbox(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        """Say what is owed by us, or to us with `waiting`, by time left: one page, and where the next begins."""
        view, now = View.THEIRS if query_of(request, "waiting") else View.OURS, self._clock()
        ask = Ask(view, query_of(request, "item"), "", query_of(request, "page"))
        card = self._inbox.page(self._node, ask, now)
        return {"lines": [_line(one, now) for one in card.lines], "following": card.following}

    async def _on_search(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        names = {"q": "typed", "kind": "kind", "side": "side", "since": "since", "until": "until", "page": "page"}
        asked = {field: query_of(request, name) for name, field in names.items()}
        return to_json(self._finder.find(self._node, Search(**asked), self._clock()))


def _line(one: Line, now: Ms) -> Json:
    return {
        "id": show_id(one.id),
        "ours": one.ours,
        "kind": one.kind,
        "case": show_id(one.case),
        "case_number": " / ".join(number for number in (one.number, one.theirs) if number),
        "title": one.title,
        "item": one.item,
        "due": one.due,
        "due_what": one.due_what,
        "overdue": one.due is not None and one.due <= now,
    }
