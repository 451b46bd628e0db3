"""The door's routes for the link: what is suspended, and how two persons suspend or resume it.

The rule it keeps: the access rules are asked of both persons here as well, whoever came by which way.
"""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms, read_id, show_id
from comity.dispatch.states import Officer
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.people import People
from comity.edge.plain import Json
from comity.node.linkrow import read_link
from comity.node.named import Open
from comity.node.suspending import NODE_DESK, Wish
from comity.policy.access import Access, Deed

LINK_TOPICS = ("link", "waiting")


class WishIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person asks for: `suspend`, `resume`, `end` or `accuse`, a desk or "" for all, and why in words that stay at home."""

    by: By
    act: str
    reason: str
    desk: str = ""


class WishedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wish by its 26 letters and digits, and who answers it."""

    by: By
    id: str


class LinkRoutes:
    """The routes."""

    def __init__(self, engine: Engine, people: People, access: Access) -> None:
        """Take the running node, who is who, and the access rules."""
        self._engine, self._people, self._access = engine, people, access

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/link"): self._on_link,
            ("POST", "/link/wish"): self._on_wish,
            ("POST", "/link/confirm"): self._on_confirm,
            ("POST", "/link/drop"): self._on_drop,
        }

    async def _on_link(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return await self._engine.call(self._shown)

    def _shown(self) -> Json:
        node, now = self._engine.node, self._engine.clock.now()
        with node.ledger.read() as tx:
            link = read_link(tx)
        return {
            "state": str(link.state),
            "since": link.since,
            "reason": link.reason,
            "ours": [*sorted(link.stops.ours)],
            "theirs": [*sorted(link.stops.theirs)],
            "desks": [*sorted(desk for desk in node.office.desks if desk != NODE_DESK)],
            "wishes": [_wish(one) for one in node.wishes(now)],
            "named": named_json(node.named_head(), now),
        }

    async def _on_wish(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=WishIn)
        by = await self._allowed(asked.by)
        engine = self._engine
        made = await engine.call(engine.node.wish, asked.act, asked.desk, by, engine.clock.now(), reason=asked.reason)
        engine.bell.ring(topics=LINK_TOPICS)
        return _wish(made)

    async def _on_confirm(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=WishedIn)
        by, engine = await self._allowed(asked.by), self._engine
        done = await engine.call(engine.node.confirm, read_id(asked.id), by, engine.clock.now())
        engine.bell.ring()  # every open page: what it offers may not go any more
        engine.poke()
        return _wish(done)

    async def _on_drop(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=WishedIn)
        by, engine = await self._allowed(asked.by), self._engine
        await engine.call(engine.node.take_back, read_id(asked.id), by, engine.clock.now())
        engine.bell.ring(topics=LINK_TOPICS)
        return {"id": asked.id}

    async def _allowed(self, by: By) -> Officer:
        officer = by.officer()
        if not officer.desk:
            raise BadForm("an officer is named by desk and number; nothing was changed")
        if not await self._engine.call(self._may, officer):
            raise NotAllowed(
                f"{officer.desk}/{officer.number} is no desk lead or administrator who is active here; nothing was changed"
            )
        return officer

    def _may(self, officer: Officer) -> bool:
        with self._engine.node.ledger.read() as tx:
            person = self._people.person(tx, (officer.desk, officer.number))
        return self._access.may(person, Deed.LINK)


def named_json(kept: Open | None, now: Ms) -> Json:
    """Return what a person needs to know of a proof that waits for the other side's answer: no key and no content."""
    if kept is None:
        return None
    return {
        "by": "co-signature" if kept.named.mirror else "entry",
        "origin": str(kept.named.origin),
        "size": kept.named.size,
        "since": kept.since,
        "asked_ms": max(0, now - kept.since),
    }


def _wish(one: Wish) -> dict[str, Json]:
    return {
        "id": show_id(one.id),
        "act": one.act,
        "desk": one.scope,
        "by": f"{one.by.desk}/{one.by.number}",
        "reason": one.reason,
        "at": one.at,
    }
