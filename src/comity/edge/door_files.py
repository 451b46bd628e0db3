"""The door's routes for files: added to a draft, looked after, given to a person.

Nothing is decided here but by the core: what is in quarantine is not given, and that one was given is on record first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import read_id
from comity.dispatch.attached import FileState
from comity.dispatch.states import Officer
from comity.edge.attaching import Attaching
from comity.edge.door_request import Content, Routes, Streams, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.filescan import plain_of
from comity.edge.filestore import FileStore
from comity.edge.forms import By
from comity.edge.plain import Json
from comity.edge.pulling import Puller
from comity.node import attached
from comity.node.attached import FileOf


class BeginIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to be added; `files` is the number under which the draft's other files are, "" for the first."""

    name: str
    size: int
    by: By
    media: str = ""
    files: str = ""


class FileIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is being added, by whom."""

    files: str
    number: int
    by: By


class GiveIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a dispatch, for whom."""

    dispatch: str
    number: int
    by: By


class FileRoutes:
    """The routes.

    Args:
        engine: the running node.
        store: of the files.
        attaching: takes files for drafts.
        puller: fetches those of the peer.
    """

    def __init__(self, engine: Engine, store: FileStore, attaching: Attaching, puller: Puller) -> None:
        self._engine, self._store, self._attaching, self.puller = engine, store, attaching, puller

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("POST", "/files/begin"): self._on_begin,
            ("POST", "/files/add"): self._on_add,
            ("GET", "/files/state"): self._on_state,
            ("POST", "/files/drop"): self._on_drop,
            ("GET", "/files/of"): self._on_of,
            ("POST", "/files/give"): self._on_give,
            ("POST", "/files/look-again"): self._on_look_again,
        }

    async def _on_begin(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=BeginIn)
        files = read_id(asked.files) if asked.files else None
        return await self._attaching.begin(files, asked.name, asked.media, asked.size, asked.by.officer())

    async def _on_add(self, request: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Take bytes; the body is the file itself, from `offset` on, and may be as long as the file."""
        number, offset, by = _number(request, "number"), _number(request, "offset"), _by(request)
        files = read_id(query_of(request, "files"))
        return await self._attaching.add(files, number, offset, by, _chunks(receive))

    async def _on_state(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        """Say how far files have come; what a restart found is opened, so that its offset is known."""
        files, by = read_id(query_of(request, "files")), _by(request)
        return await self._attaching.opened(files, by)

    async def _on_drop(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=FileIn)
        return await self._attaching.drop(read_id(asked.files), asked.number, asked.by.officer())

    async def _on_of(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        dispatch = read_id(query_of(request, "dispatch"))
        with self._engine.node.ledger.read() as tx:
            found = attached.files_of(dispatch, tx)
        return [self._json(one) for one in found]

    async def _on_give(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        return self._json(await self._given(receive))

    async def _given(self, receive: ASGIReceiveCallable) -> FileOf:
        """Let a person have a file, on record."""
        asked = msgspec.json.decode(await body_of(receive), type=GiveIn)
        node = self._engine.node
        one = await self._engine.call(
            attached.give, node.ledger, node.office, read_id(asked.dispatch), asked.number, asked.by.officer(),
            now=self._engine.clock.now(),
        )  # fmt: skip
        self._engine.bell.ring(touched=(one.dispatch,))
        return one

    @property
    def streams(self) -> Streams:
        """The route that answers with the file itself, for the commands of this machine."""
        return {("POST", "/files/content"): self._on_content}

    async def _on_content(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Content:
        one = await self._given(receive)
        return Content(one.file.size, plain_of(self._store, one.dispatch, one.file))

    async def _on_look_again(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=GiveIn)
        now, dispatch = self._engine.clock.now(), read_id(asked.dispatch)
        await self._engine.call(attached.look_again, self._engine.node.ledger, dispatch, asked.number, now)
        self.puller.poke()
        return {"state": FileState.WHOLE.value}

    def _json(self, one: FileOf) -> Json:
        progress = self.puller.progress.get((one.dispatch, one.number))
        # The one that fetches may lag behind the state: what is whole is all there.
        coming = one.state is FileState.COMING
        have = one.file.cipher_size if not coming else 0 if progress is None else progress.have
        return {
            "number": one.number,
            "name": one.file.name,
            "media": one.file.media,
            "size": one.file.size,
            "hash": one.file.cipher.hex(),
            "cipher_size": one.file.cipher_size,
            "have": have,
            "ours": one.ours,
            "state": one.state.value,
            "found": one.found,
            "why": progress.why if progress is not None else "",
        }


async def _chunks(receive: ASGIReceiveCallable) -> AsyncIterator[bytes]:
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise BadForm("the request ended before its body did; go on from what is kept")
        yield event.get("body", b"")
        if not event.get("more_body", False):
            return


def _number(request: HTTPScope, name: str) -> int:
    text = query_of(request, name)
    if not (text.isascii() and text.isdecimal() and len(text) < 17):  # noqa: PLR2004  more than any file has
        raise BadForm(f"{name} is a number")
    return int(text)


def _by(request: HTTPScope) -> Officer:
    return Officer(query_of(request, "desk"), _number(request, "officer"))
