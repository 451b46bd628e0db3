"""Serving and fetching sealed files: one range, only what is ours and sent, bounded, and never before an exchange."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from comity.base.ids import Digest
from comity.edge import blobs
from comity.edge.blobs import BlobServer
from comity.edge.courier_paths import BLOB
from comity.edge.filestore import FileStore
from comity.edge.rightofway import LONGEST_WAIT, Way
from tests.unit.edge.filesworld import run

DATA = os.urandom(700_000)
CIPHER = Digest(bytes(range(32)))
PATH = BLOB + CIPHER.hex()


def served(tmp_path, way=None, known=True):
    store = FileStore(tmp_path / "files", 0)
    store.path(CIPHER).write_bytes(DATA)
    return BlobServer(store, lambda _: len(DATA) if known else None, way or Way())


async def asked(server, path=PATH, method="GET", **headers):
    sent = []

    async def send(message):
        sent.append(message)

    head = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "headers": head, "query_string": b""}
    await server.answer(path, scope, send)
    body = b"".join(one.get("body", b"") for one in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


def test_the_whole_file_and_the_rest_of_it(tmp_path):
    async def play():
        server = served(tmp_path)
        status, headers, body = await asked(server)
        assert (status, body, headers[b"etag"]) == (200, DATA, f'"{CIPHER.hex()}"'.encode())
        for start in (0, 1, 262_143, 262_144, 699_999):
            status, headers, body = await asked(server, range=f"bytes={start}-")
            assert (status, body) == (206, DATA[start:])
            assert headers[b"content-range"] == f"bytes {start}-699999/700000".encode()
        status, _, body = await asked(server, range="bytes=5-9")
        assert (status, body) == (206, DATA[5:10])

    run(play())


@pytest.mark.parametrize("asks", ["bytes=700000-", "bytes=9-5", "bytes=-5", "bytes=0-1,5-6", "lines=1-2", "bytes=x-"])
def test_a_range_that_is_not_there_is_416(tmp_path, asks):
    async def play():
        status, headers, body = await asked(served(tmp_path), range=asks)
        assert (status, body, headers[b"content-range"]) == (416, b"", b"bytes */700000")

    run(play())


def test_what_is_not_ours_or_not_named_so_is_404_and_only_get_is_taken(tmp_path):
    async def play():
        assert (await asked(served(tmp_path, known=False)))[0] == 404
        server = served(tmp_path)
        for path in (PATH[:-1], PATH + "/", PATH.upper(), BLOB + "../" + CIPHER.hex(), BLOB):
            assert (await asked(server, path))[0] == 404, path
        assert (await asked(server, method="POST"))[0] == 405
        FileStore(tmp_path / "files", 0).remove(CIPHER)
        assert (await asked(server))[0] == 404

    run(play())


def test_no_more_than_some_are_served_at_once(tmp_path):
    async def play():
        server = served(tmp_path)
        server._running = blobs.AT_ONCE
        assert (await asked(server))[0] == 429
        server._running = 0
        await asked(server)
        assert server._running == 0

    run(play())


def test_a_piece_waits_while_an_exchange_is_under_way_and_never_for_ever(tmp_path):
    async def play():
        way, order = Way(), []
        server = served(tmp_path, way)

        async def exchange():
            with way.taken():
                order.append("exchange")
                await asyncio.sleep(LONGEST_WAIT / 5)
                order.append("exchanged")

        async def file():
            await asyncio.sleep(0)
            await asked(server)
            order.append("file")

        await asyncio.gather(exchange(), file())
        assert order == ["exchange", "exchanged", "file"]
        began = time.monotonic()
        with way.taken():
            assert (await asked(server))[2] == DATA, "an exchange that never ends holds up no file for ever"
        assert time.monotonic() - began >= 2 * LONGEST_WAIT

    run(play())


def test_the_rate_bounds_all_files_together():
    async def play():
        way = Way(10)
        began = time.monotonic()
        await asyncio.gather(*(way.give(1 << 20) for _ in range(3)))
        assert time.monotonic() - began >= 0.29

    run(play())
