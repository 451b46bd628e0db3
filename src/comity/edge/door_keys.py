"""The door's routes for keys: which are in force, what ends, and a new list that goes to the other side."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import show_id
from comity.dispatch.accord import fingerprint
from comity.dispatch.book import LogRole
from comity.dispatch.states import Committed, Officer
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.newkeys import Notice, notices
from comity.edge.plain import Json
from comity.node.incarnation import read_incarnation
from comity.node.papers import Listed


class ListIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed key list, as hex."""

    signed: str


class KeyRoutes:
    """The routes.

    Args:
        engine: the running node.
        by: the duty officer under whose standing delegation the node speaks for itself; None: there is none.
    """

    def __init__(self, engine: Engine, by: Officer | None) -> None:
        self._engine, self._by = engine, by

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("GET", "/keys"): self._on_keys, ("POST", "/keys/install"): self._on_install}

    async def _on_keys(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return await self._engine.call(self._shown)

    def _shown(self) -> Json:
        node, now = self._engine.node, self._engine.clock.now()
        ours, theirs = node.all_lists()
        with node.ledger.read() as tx:
            restored = read_incarnation(tx, LogRole.OURS).restored
        in_force = tuple(one for one in ours if one.index is not None)
        peer = next(one for one in reversed(theirs) if one.index is not None)
        found = notices(tuple(one.keys for one in in_force), peer.keys, len(ours) - len(in_force), restored, now)
        return {
            "ours": [_list(one) for one in ours],
            "theirs": [_list(one) for one in theirs],
            "restored": restored,
            "digest": in_force[-1].digest.hex(),
            "notices": [_notice(one) for one in found],
        }

    async def _on_install(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=ListIn)
        if self._by is None:
            raise BadForm("no officer of the roster sends for the node itself; nothing was changed")
        try:
            signed = bytes.fromhex(asked.signed)
        except ValueError as error:
            raise BadForm("a key list goes in as hex; nothing was changed") from error
        engine = self._engine
        made = await engine.call(engine.node.install_keys, signed, self._by, engine.clock.now())
        engine.poke()
        sent = isinstance(made, Committed)
        return {"sent": sent, "id": show_id(made.id), "fingerprint": fingerprint(signed)}


def _list(one: Listed) -> Json:
    keys = one.keys
    return {
        "edition": keys.edition,
        "entry": one.index,
        "issued": keys.issued,
        "mirrors": [pair.number for pair in keys.cosigners],
        "sealing": [{"agency": key.agency, "until": key.not_after} for key in keys.sealing],
    }


def _notice(one: Notice) -> Json:
    return {"what": one.what, "about": one.about, "at": one.at, "sentence": one.sentence}
