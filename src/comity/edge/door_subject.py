"""The door's route for the access officer: everything here that concerns one person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.dispatch.ports import Tx
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.plain import Json, to_json
from comity.node.subject import AtHome, Match, search, unsearchable

Home: TypeAlias = Callable[[Tx], Iterator[AtHome]]
"""Reads what was written at home in one snapshot."""


def nothing(_: Tx) -> Iterator[AtHome]:
    """Read nothing: no desk keeps tasks or notes."""
    return iter(())


class SubjectIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom somebody asked about, and who looks: the name as written, the day of birth or ""."""

    person: str
    by: By
    born: str = ""


class SubjectRoutes:
    """The route."""

    def __init__(self, engine: Engine, home: Home) -> None:
        """Take the running node, and what reads the texts that were written at home."""
        self._engine, self._home = engine, home
        self._asked = msgspec.json.Decoder(SubjectIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("POST", "/subject"): self._on_subject}

    async def _on_subject(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._asked.decode(await body_of(receive))
        engine = self._engine
        matches, dark = await asyncio.to_thread(self._search, asked)
        found = await engine.call(engine.node.look, matches, asked.by.officer(), engine.clock.now())
        return {"found": to_json(found), "not_searched": dark}

    def _search(self, asked: SubjectIn) -> tuple[tuple[Match, ...], int]:
        """Look through one snapshot, beside the writer, which goes on."""
        node = self._engine.node
        with node.ledger.read() as tx:
            found = search(asked.person, asked.born, tx, node.office.desks, self._home(tx))
            return found, unsearchable(tx)
