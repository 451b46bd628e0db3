"""Two parties with their authorities, and a listener in a thread of its own, for tests with real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import uvloop

from comity.base.errors import StoreError
from comity.base.ids import Ms, NodeName
from comity.edge import pki
from comity.edge.courier_server import CourierApp
from comity.edge.listener import GuardedProtocol, serve

US, PEER = NodeName("north.example/comity"), NodeName("south.example/comity")
MEDIA = {"Content-Type": "application/comity+cbor"}


def real_now() -> Ms:
    return Ms(int(time.time() * 1000))


@dataclass(frozen=True)
class Party:
    """One party's folder of certificates and the DER of its authority."""

    node: NodeName
    folder: Path
    authority: bytes

    def server(self, other: Party) -> ssl.SSLContext:
        return pki.server_context(self.folder, other.authority, other.node)

    def client(self, other: Party) -> ssl.SSLContext:
        return pki.client_context(self.folder, other.authority, other.node)

    def plain_client(self, other: Party) -> ssl.SSLContext:
        """The client of someone who follows TLS and none of our own checks."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=other.authority)
        context.load_cert_chain(self.folder / pki.NODE_FILE)
        return context


def make_party(folder: Path, node: NodeName) -> Party:
    authority = pki.make_authority(folder, node, real_now())
    pki.issue(folder, node, real_now())
    return Party(node, folder, authority)


class FakeCourier:
    """Answers with the body turned around. A body that begins with `hold` waits; `now` marks lane immediate."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.held = 0
        self.taken: list[bytes] = []

    async def exchange(self, body: bytes) -> tuple[int, bytes]:
        self.taken.append(body)
        if body == b"disk full":
            raise StoreError("the store did not do this")
        if body.startswith(b"hold"):
            self.held += 1
            await self.gate.wait()
            self.held -= 1
        return (422, b"problem") if body == b"refuse" else (200, body[::-1])

    async def recover(self, body: bytes) -> tuple[int, bytes]:
        return 200, b"recovered " + body

    def immediate(self, body: bytes) -> bool:
        return body.endswith(b"now")

    def problem(self, code: str, retry_ms: int) -> bytes:
        return f"{code} {retry_ms}".encode()

    def tile(self, origin_hash: str, path: str) -> bytes | None:
        return None if origin_hash.startswith("0") else f"{origin_hash[:2]} {path}".encode()


class Background:
    """An event loop in a thread, with one listener on it."""

    def __init__(self, make_app, tls=None, protocol=GuardedProtocol, **options) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

        async def start():
            self.app = make_app()
            return await serve(self.app, "127.0.0.1", 0, tls, protocol=protocol, **options)

        self.listener = self.do(start())
        self.port = self.listener.port

    def do(self, coroutine):
        future: Future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(10)

    def stop(self) -> None:
        self.do(self.listener.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextlib.contextmanager
def courier_of(us: Party, peer: Party, limits=None, **options):
    """Give a listener of `us` that `peer` may call, with its `FakeCourier` as `courier`."""
    couriers = []

    def make_app():
        couriers.append(FakeCourier())
        return CourierApp(couriers[0], peer.node, limits)

    background = Background(make_app, us.server(peer), **options)
    background.courier = couriers[0]
    try:
        yield background
    finally:
        background.loop.call_soon_threadsafe(couriers[0].gate.set)
        background.stop()


def ask(port, context, method, path, body=None, headers=MEDIA):
    """Make one request on a connection of its own; return status, headers and body."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def dial(port, context):
    """Return a TLS connection after its handshake, as our side sees it."""
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=60))


def read_all(connection) -> bytes:
    """Read until the other side closes, by whatever means."""
    answer = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def until(condition) -> None:
    """Wait for what another thread is about to do."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)
