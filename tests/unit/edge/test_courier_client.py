from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading

import pytest

from comity.base.hashing import sha256
from comity.base.ids import Origin
from comity.edge.courier_client import ClientLimits, CourierClient, NoAnswer
from tests.unit.edge.parties import courier_of

QUICK = ClientLimits(answer_bytes=1000, seconds=0.5, connect_seconds=0.5)


@pytest.fixture(scope="module")
def node(us, peer):
    with courier_of(us, peer) as background:
        yield background


def call(addresses, tls, *calls, limits=None):
    """Make calls one after the other with one client; each is a function of it."""

    async def main():
        async with CourierClient(addresses, tls, limits) as client:
            return [await one(client) for one in calls]

    return asyncio.run(main())


def at(port):
    return f"https://127.0.0.1:{port}"


def exchange(body):
    return lambda client: client.exchange(body)


def test_the_answer_is_status_and_bytes(node, us, peer):
    origin = Origin("north.example/comity/log/1")
    name = sha256(origin.encode()).hex()[:2]
    assert call(
        [at(node.port)],
        peer.client(us),
        exchange(b"abc"),
        exchange(b"refuse"),
        lambda client: client.recover(b"x"),
        lambda client: client.tile(origin, "tile/0/000"),
        lambda client: client.tile(origin, "tile/0/0"),
    ) == [(200, b"cba"), (422, b"problem"), (200, b"recovered x"), (200, f"{name} tile/0/000".encode()), (404, b"")]


def test_one_connection_is_kept(node, us, peer):
    before = node.listener._server.server_state.total_requests

    async def main():
        async with CourierClient([at(node.port)], peer.client(us)) as client:
            for _ in range(5):
                await client.exchange(b"abc")
            return len(client._session.connector._conns)

    assert asyncio.run(main()) == 1
    assert node.listener._server.server_state.total_requests == before + 5


def test_a_whole_exchange_of_8_mib_passes(node, us, peer):
    body = bytes(8 << 20)
    assert call([at(node.port)], peer.client(us), exchange(body)) == [(200, body)]


def test_nobody_listens(us, peer):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert call([at(free.getsockname()[1])], peer.client(us), exchange(b"x")) == [NoAnswer.UNREACHABLE]
    assert call([], peer.client(us), exchange(b"x")) == [NoAnswer.UNREACHABLE]


def test_the_next_address_is_tried_and_remembered(node, us, peer):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = at(free.getsockname()[1])

        async def main():
            async with CourierClient([dead, at(node.port)], peer.client(us)) as client:
                return await client.exchange(b"ab"), client._addresses

        assert asyncio.run(main()) == ((200, b"ba"), [at(node.port), dead])


def test_a_server_of_another_authority_is_not_spoken_to(us, peer, stranger):
    # The stranger uses the peer's name; we call as `us` and expect the peer.
    with courier_of(stranger, us) as false_peer:
        assert call([at(false_peer.port)], us.client(peer), exchange(b"secret")) == [NoAnswer.UNTRUSTED]
        assert false_peer.courier.taken == []


def test_a_server_of_the_peers_authority_under_another_name_gets_no_byte(us, peer, sister):
    with courier_of(sister, us) as archive:
        assert call([at(archive.port)], us.client(peer), exchange(b"secret")) == [NoAnswer.UNTRUSTED]
        assert archive.courier.taken == []


def test_a_server_that_does_not_trust_us_ends_the_connection(node, us, stranger):
    assert call([at(node.port)], stranger.client(us), exchange(b"x")) == [NoAnswer.CLOSED]


def test_no_answer_in_time(node, us, peer):
    assert call([at(node.port)], peer.client(us), exchange(b"hold"), limits=QUICK) == [NoAnswer.TIMED_OUT]


def test_an_answer_too_large_is_not_read_on(node, us, peer):
    body = bytes(100_000)
    assert call([at(node.port)], peer.client(us), exchange(body), exchange(b"ab"), limits=QUICK) == [
        NoAnswer.TOO_LARGE,
        (200, b"ba"),
    ]


@contextlib.contextmanager
def scripted(party, *answers):
    """A server that gives raw answers, one a connection, and closes; yields address and what it was sent."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(party.folder / "node.pem")
    seen = []

    def work():
        for answer in answers:
            with context.wrap_socket(listening.accept()[0], server_side=True) as connection:
                request = connection.recv(65536)
                while not request.endswith(b"body"):
                    request += connection.recv(65536)
                seen.append(request)
                connection.sendall(answer)
                with contextlib.suppress(OSError):
                    connection.unwrap()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield at(listening.getsockname()[1]), seen
    finally:
        thread.join(6)
        listening.close()


OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/comity+cbor\r\ncontent-length: 4\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1/x\r\n" + OK.split(b"\r\n", 1)[1] + b"\r\nbody",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\nbody",
        OK + b"content-encoding: gzip\r\n\r\nbody",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        OK + b"x: " + b"y" * 20_000 + b"\r\n\r\nbody",
    ],
)
def test_what_is_no_courier_is_not_read(us, peer, answer):
    with scripted(peer, answer) as (address, seen):
        assert call([address], us.client(peer), exchange(b"body")) == [NoAnswer.NOT_COURIER]
        assert len(seen) == 1


def test_a_closed_connection_is_met_with_the_same_bytes_again(us, peer):
    with scripted(peer, b"", OK + b"\r\ngood") as (address, seen):
        assert call([address], us.client(peer), exchange(b"body")) == [(200, b"good")]
    assert len(seen) == 2
    assert seen[0] == seen[1]


def test_a_kept_connection_that_the_server_closed_meanwhile_is_no_failure(us, peer):
    with scripted(peer, OK + b"\r\nfine", OK + b"\r\ngood") as (address, _):
        assert call([address], us.client(peer), exchange(b"body"), exchange(b"body")) == [
            (200, b"fine"),
            (200, b"good"),
        ]


@pytest.mark.parametrize("answer", [b"", OK, OK + b"\r\nhal"])
def test_two_broken_answers_are_given_up(us, peer, answer):
    with scripted(peer, answer, answer) as (address, seen):
        assert call([address], us.client(peer), exchange(b"body")) == [NoAnswer.CLOSED]
        assert len(seen) == 2


def test_a_request_says_no_more_than_it_must(us, peer):
    with scripted(peer, OK + b"\r\ngood") as (address, seen):
        call([address], us.client(peer), exchange(b"body"))
    head = seen[0].split(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"POST /courier/v1/exchange HTTP/1.1"
    assert sorted(line.split(b":")[0].lower() for line in head[1:]) == [b"content-length", b"content-type", b"host"]
