"""Fetching over a real line: the peer's name is checked, an end in the middle keeps what came, strangers are no file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl

import pytest

from comity.base.ids import Digest, NodeName
from comity.edge import pki
from comity.edge.blobs import BlobClient, BlobEnded, BlobServer, NoFile
from comity.edge.courier_server import CourierApp
from comity.edge.filestore import FileStore
from comity.edge.listener import serve
from comity.edge.rightofway import Way
from tests.unit.edge.filesworld import run
from tests.unit.edge.parties import PEER, US, make_party, real_now

DATA = os.urandom(5_000_000)
CIPHER = Digest(bytes(range(32)))


@pytest.fixture(scope="module")
def parties(tmp_path_factory):
    base = tmp_path_factory.mktemp("tls")
    return make_party(base / "us", US), make_party(base / "peer", PEER)


@contextlib.asynccontextmanager
async def served(parties, folder):
    us, peer = parties
    store = FileStore(folder / "files", 0)
    store.path(CIPHER).write_bytes(DATA)
    blobs = BlobServer(store, lambda _: len(DATA), Way())
    listener = await serve(CourierApp(None, us.node, blobs=blobs), "127.0.0.1", 0, peer.server(us), stop_seconds=1)
    client = BlobClient([f"https://127.0.0.1:{listener.port}"], us.client(peer), 1)
    try:
        yield client, listener, store
    finally:
        await client.close()
        await listener.stop()


async def fetched(client, start=0, size=0, into=None) -> bytes:
    into = bytearray() if into is None else into
    async for piece in client.rest(CIPHER, start, size or len(DATA)):
        into += piece
    return bytes(into)


@pytest.mark.parametrize("start", [0, 1, 4_194_304, 4_999_999])
def test_the_rest_of_a_file_comes_whole(parties, tmp_path, start):
    async def play():
        async with served(parties, tmp_path) as (client, _, __):
            assert await fetched(client, start) == DATA[start:]

    run(play())


def test_a_file_that_is_gone_or_of_another_length_is_told_apart(parties, tmp_path):
    async def play():
        async with served(parties, tmp_path) as (client, _, store):
            with pytest.raises(BlobEnded) as ended:
                await fetched(client, 0, len(DATA) + 1)
            assert ended.value.why is NoFile.STRANGE
            store.remove(CIPHER)
            with pytest.raises(BlobEnded) as ended:
                await fetched(client)
            assert ended.value.why is NoFile.GONE

    run(play())


def test_an_end_in_the_middle_gives_what_came_and_says_so(parties, tmp_path):
    async def play():
        async with served(parties, tmp_path) as (client, _, store):
            os.truncate(store.path(CIPHER), 2_500_000)
            came = bytearray()
            with pytest.raises(BlobEnded) as ended:
                await fetched(client, into=came)
            assert ended.value.why is NoFile.UNREACHABLE
            assert came == DATA[: len(came)]
            assert len(came) == 2 << 20, "whole pieces"

    run(play())


def test_who_waits_no_more_cuts_the_line(parties, tmp_path):
    async def play():
        async with served(parties, tmp_path) as (client, _, __):
            rest = client.rest(CIPHER, 0, len(DATA))
            assert await anext(rest) == DATA[: 1 << 20]
            async with asyncio.timeout(5):
                await rest.aclose()

    run(play())


def test_a_certificate_of_another_node_of_the_same_authority_is_refused_by_threads_too(parties, tmp_path):
    us, peer = parties
    other = NodeName("other.example/comity")
    pki.issue(peer.folder, other, real_now())

    async def play():
        async with served(parties, tmp_path) as (client, _, __):
            with pytest.raises(BlobEnded) as ended:
                await fetched(client)
            assert ended.value.why is NoFile.UNREACHABLE

    try:
        run(play())
    finally:
        pki.issue(peer.folder, PEER, real_now())
    assert issubclass(us.client(peer).sslsocket_class, ssl.SSLSocket)
