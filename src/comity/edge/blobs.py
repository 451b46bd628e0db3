"""Sealed files between two nodes: one that serves them by ranges, one that fetches them.

The rule it keeps: only what we sealed for a dispatch of ours is served, by its address, which only who opened the dispatch
knows; a piece is sent when no exchange is under way.
"""  # spec: protocol.md 5

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Final
from urllib.parse import SplitResult, urlsplit

from uvicorn._types import ASGISendCallable, HTTPScope

from comity.base.errors import StoreError
from comity.base.ids import Digest
from comity.edge.courier_paths import BLOB
from comity.edge.filestore import FileStore
from comity.edge.rightofway import Way

AT_ONCE: Final = 8
"""Files that one peer may fetch at once."""
_PIECE: Final = 512 << 10
"""Bytes that are read, and sent, between two looks at the way: about a millisecond of the node's loop."""
_READ: Final = 1 << 20
_CONNECT: Final = 10.0
_PATIENCE: Final = 60.0
"""Seconds in which something must come."""
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")
_PATH = re.compile(rf"{BLOB}([0-9a-f]{{64}})")


class BlobServer:
    """Answers `GET /courier/v1/blob/...` for the peer.

    Args:
        store: of the files.
        served: length of a file of ours that the peer may have, or None; called in a thread.
        way: see there.
    """

    def __init__(self, store: FileStore, served: Callable[[Digest], int | None], way: Way) -> None:
        self._store, self._served, self._way = store, served, way
        self._running = 0

    async def answer(self, path: str, scope: HTTPScope, send: ASGISendCallable) -> None:
        """Answer one request; its sender is the peer, and the path begins as a file's does."""
        named = _PATH.fullmatch(path)
        if scope["method"] != "GET":
            await _short(send, 405, (b"allow", b"GET"))
            return
        if named is None or scope["query_string"]:
            await _short(send, 404)
            return
        if self._running >= AT_ONCE:
            await _short(send, 429, (b"retry-after", b"1"))
            return
        self._running += 1
        try:
            await self._file(Digest(bytes.fromhex(named[1])), scope, send)
        finally:
            self._running -= 1

    async def _file(self, cipher: Digest, scope: HTTPScope, send: ASGISendCallable) -> None:
        try:
            size = await asyncio.to_thread(self._served, cipher)
            handle = None if size is None else os.open(self._store.path(cipher), os.O_RDONLY | os.O_CLOEXEC)
        except StoreError:
            await _short(send, 503, (b"retry-after", b"5"))
            return
        except FileNotFoundError:
            size = handle = None
        if size is None or handle is None:
            await _short(send, 404)
            return
        try:
            asked = dict(scope["headers"]).get(b"range", b"").decode("ascii", "replace")
            start, end = _span(asked, size)
            if start >= end and size:
                await _short(send, 416, (b"content-range", b"bytes */%d" % size))
                return
            await self._pieces(handle, cipher, (start, end, size), send, partial=bool(asked))
        finally:
            os.close(handle)

    async def _pieces(
        self, handle: int, cipher: Digest, span: tuple[int, int, int], send: ASGISendCallable, *, partial: bool
    ) -> None:
        start, end, size = span
        headers = [
            (b"content-type", b"application/octet-stream"),
            (b"content-length", b"%d" % (end - start)),
            (b"accept-ranges", b"bytes"),
            (b"etag", b'"%s"' % cipher.hex().encode()),
            (b"cache-control", b"no-store"),
        ]
        if partial:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size)))
        await send({"type": "http.response.start", "status": 206 if partial else 200, "headers": headers})
        ahead = asyncio.ensure_future(asyncio.to_thread(os.pread, handle, min(_PIECE, end - start), start))
        try:
            while start < end:
                read = await ahead
                if not read:
                    raise ConnectionAbortedError("a file became shorter while it was served")
                start += len(read)
                if start < end:
                    ahead = asyncio.ensure_future(asyncio.to_thread(os.pread, handle, min(_PIECE, end - start), start))
                await self._way.give(len(read))
                await send({"type": "http.response.body", "body": read, "more_body": True})
                os.posix_fadvise(handle, 0, start, os.POSIX_FADV_DONTNEED)
        finally:
            await asyncio.wait([ahead])
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _span(asked: str, size: int) -> tuple[int, int]:
    """Return the bytes asked for, from and up to; an empty span if they are not there. One range is understood."""
    # spec: RFC 9110 14
    if not asked:
        return 0, size
    found = _RANGE.fullmatch(asked)
    if found is None:
        return 1, 0
    return int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)


async def _short(send: ASGISendCallable, status: int, *extra: tuple[bytes, bytes]) -> None:
    headers = [(b"content-length", b"0"), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class NoFile(StrEnum):
    """Why nothing, or no more, of a file came."""

    UNREACHABLE = "unreachable"
    """No connection, or it ended; tried again."""
    GONE = "gone"
    """The peer has no such file, or none any more."""
    BUSY = "busy"
    """It serves as many as it does at once."""
    NO_WAY = "no-way"
    """This node can only be called and cannot fetch."""
    STRANGE = "strange"
    """It answered with something else than the rest of the file."""


class BlobEnded(Exception):
    """A transfer that ended before its file did."""

    def __init__(self, why: NoFile) -> None:
        super().__init__(why.value)
        self.why = why


class BlobClient:
    """Fetches files of one peer over connections of its own, read by threads of their own, so that they hold up no exchange.

    Args:
        addresses: as of the courier.
        tls: as of the courier.
        at_once: connections.
    """

    def __init__(self, addresses: Sequence[str], tls: ssl.SSLContext, at_once: int) -> None:
        self._addresses, self._tls = tuple(map(urlsplit, addresses)), tls
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="blob")

    async def rest(self, cipher: Digest, start: int, size: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a file from `start` to its end, in pieces of a MiB as they come; the next is read meanwhile.

        Raises:
            BlobEnded: before the end.
        """
        for address in self._addresses:
            line = _Line(address, self._tls)
            ahead = self._ask(partial(line.open, cipher, start, size))
            try:
                await asyncio.shield(ahead)
                while start < size:
                    ahead = self._ask(partial(line.read, min(_READ, size - start)))
                    piece = await asyncio.shield(ahead)
                    start += len(piece)
                    yield piece
            except (http.client.HTTPException, TimeoutError, OSError):
                continue
            else:
                return
            finally:
                line.cut()
                await asyncio.wait([ahead])
                line.close()
        raise BlobEnded(NoFile.UNREACHABLE)

    def _ask(self, what: Callable[[], bytes]) -> asyncio.Future[bytes]:
        asked = asyncio.get_running_loop().run_in_executor(self._threads, what)
        asked.add_done_callback(lambda done: done.cancelled() or done.exception())  # one that nobody waits for any more
        return asked

    async def close(self) -> None:
        """Let the threads end; every file under way was cut before."""
        await asyncio.to_thread(self._threads.shutdown)


class _Line:
    """One connection and the answer on it, for one thread; `cut` may be called by any."""

    def __init__(self, address: SplitResult, tls: ssl.SSLContext) -> None:
        self._line = http.client.HTTPSConnection(address.hostname or "", address.port, timeout=_CONNECT, context=tls)
        self._socket: socket.socket | None = None
        self._answer: http.client.HTTPResponse | None = None
        self._cut = False

    def open(self, cipher: Digest, start: int, size: int) -> bytes:
        """Ask for a file from `start` on.

        Raises:
            BlobEnded: what answers is not the rest of it.
            OSError, HTTPException: no connection, or it ended.
        """
        self._line.connect()
        self._socket = self._line.sock
        self._socket.settimeout(_PATIENCE)
        if self._cut:
            raise ConnectionAbortedError("nobody waits for it any more")
        self._line.request("GET", BLOB + cipher.hex(), headers={"Range": f"bytes={start}-"})
        self._answer = self._line.getresponse()
        _check(self._answer, start, size)
        return b""

    def read(self, size: int) -> bytes:
        """Return exactly so many of the next bytes.

        Raises:
            OSError, HTTPException: the connection ended before.
        """
        assert self._answer is not None
        piece = bytearray(size)
        view, have = memoryview(piece), 0
        while have < size:
            came = self._answer.readinto(view[have:])
            if not came:
                raise ConnectionResetError("a file ended before it was whole")
            have += came
        return bytes(piece)

    def cut(self) -> None:
        """End it, whoever is reading."""
        self._cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # under TLS: its reader hears of it at once

    def close(self) -> None:
        """Let go of it; nobody reads any more."""
        self._line.close()


def _check(answer: http.client.HTTPResponse, start: int, size: int) -> None:
    if answer.status in {404, 410, 416}:
        raise BlobEnded(NoFile.GONE)
    if answer.status in {429, 503}:
        raise BlobEnded(NoFile.BUSY)
    if answer.status != 206 or answer.getheader("Content-Range") != f"bytes {start}-{size - 1}/{size}":  # noqa: PLR2004  partial content
        raise BlobEnded(NoFile.STRANGE)
