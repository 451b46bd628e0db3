"""The door's routes for a cut: what this store has of the log, the cuts that were taken, and taking one.

The rule it keeps: no root key comes near the node, and nothing of a cut crosses the link; what is handed in came by hand.
"""  # spec: protocol.md 10

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import Digest, Origin, show_id
from comity.dispatch.accord import fingerprint
from comity.dispatch.cut import View, head_of
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.plain import Json

OWN, PEER = "ours", "theirs"


class CutIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cut signed by both roots and the list of the new log, hex."""

    cut: str
    keys: str


class ViewFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one side's store has of a log, as a file."""

    origin: str
    own: bool
    size: int
    heads: list[tuple[int, str]]
    notes: list[str]

    def view(self) -> View:
        """Return it as the core has it.

        Raises:
            BadForm: a root is none.
            BadEnvelope: a head is none.
        """
        try:
            heads = tuple((size, Digest(bytes.fromhex(root))) for size, root in self.heads)
        except ValueError as error:
            raise BadForm("this file is no view of a log; nothing was made") from error
        for note in self.notes:
            head_of(note)
        return View(Origin(self.origin), self.own, self.size, heads, tuple(self.notes))


def read_view(content: bytes) -> View:
    """Read the file of a view.

    Raises:
        BadForm, BadEnvelope: it is none.
    """
    try:
        return msgspec.json.decode(content, type=ViewFile).view()
    except msgspec.DecodeError as error:
        raise BadForm("this file is no view of a log; nothing was made") from error


class CutRoutes:
    """The routes.

    Args:
        engine: the running node.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/cut"): self._on_cuts,
            ("GET", "/cut/view"): self._on_view,
            ("POST", "/cut/apply"): self._on_apply,
        }

    async def _on_cuts(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return await self._engine.call(self._shown)

    def _shown(self) -> Json:
        cuts, aside = self._engine.node.cuts()
        return {
            "state": self._engine.node.link().state.value,
            "waits": self._engine.node.held_back(),
            "cuts": [
                {
                    "origin": one.cut.origin,
                    "size": one.cut.size,
                    "new": one.cut.new_origin,
                    "code": one.cut.code,
                    "ours": one.ours,
                    "at": one.at,
                    "above": one.entries_above,
                    "disowned": len(one.cut.disowned),
                    "mark": one.mark,
                    "fingerprint": one.fingerprint,
                }
                for one in cuts
            ],
            "aside": [
                {"id": show_id(one.id), "origin": one.origin, "entry": one.index, "fact": one.fact} for one in aside
            ],
        }

    async def _on_view(self, request: HTTPScope, __: ASGIReceiveCallable) -> Json:
        log = query_of(request, "log")
        if log not in {OWN, PEER}:
            raise BadForm("say which log: ours or theirs")
        return await self._engine.call(self._view, log == OWN)

    def _view(self, own: bool) -> Json:  # noqa: FBT001  called through the engine
        view = self._engine.node.cut_view(own=own)
        heads: list[Json] = [[size, root.hex()] for size, root in view.heads]
        return {"origin": view.origin, "own": view.own, "size": view.size, "heads": heads, "notes": list(view.notes)}

    async def _on_apply(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=CutIn)
        try:
            signed, keys = bytes.fromhex(asked.cut), bytes.fromhex(asked.keys)
        except ValueError as error:
            raise BadForm("a cut and its key list go in as hex; nothing was changed") from error
        engine = self._engine
        cut = await engine.call(engine.node.apply_cut, signed, keys, engine.clock.now())
        engine.poke()
        return {"origin": cut.origin, "size": cut.size, "new": cut.new_origin, "fingerprint": fingerprint(signed)}
