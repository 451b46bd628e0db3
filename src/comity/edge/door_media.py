"""The door's routes for media: write a set, read one, say what was carried last."""

from __future__ import annotations

from pathlib import Path

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.edge.carrier import Carrier
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.mediafiles import FileCarrier
from comity.edge.plain import Json, to_json
from comity.node.carry import last_carried


class MediaIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the media is mounted: a whole path on the node's machine."""

    media: str

    def path(self) -> Path:
        """Return the path.

        Raises:
            BadForm: it is not a whole one.
        """
        found = Path(self.media)
        if not found.is_absolute():
            raise BadForm("media are named by a whole path, beginning with /")
        return found


class MediaRoutes:
    """The routes.

    Args:
        engine: the running node.
        home: its data folder.
        files: carries the files of dispatches.
    """

    def __init__(self, engine: Engine, home: Path, files: FileCarrier) -> None:
        self._engine, self._carrier = engine, Carrier(engine, home, files)
        self._asked = msgspec.json.Decoder(MediaIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("POST", "/courier/write"): self._on_write,
            ("POST", "/courier/read"): self._on_read,
            ("GET", "/courier"): self._on_last,
        }

    async def _on_write(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._asked.decode(await body_of(receive))
        return to_json(await self._carrier.write(asked.path()))

    async def _on_read(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._asked.decode(await body_of(receive))
        return to_json(await self._carrier.read(asked.path()))

    async def _on_last(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        """Say what was written and read last."""
        with self._engine.node.ledger.read() as tx:
            return {way: to_json(last_carried(tx, way)) for way in ("written", "read")}
