from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time

import pytest

from comity.edge.courier_server import CourierApp, ServerLimits
from comity.edge.listener import GuardedProtocol
from tests.unit.edge.parties import MEDIA, Background, FakeCourier, ask, courier_of, dial, read_all, until

EXCHANGE = "/courier/v1/exchange"
SMALL = ServerLimits(body_bytes=1000, body_seconds=0.3, reading_bytes=1500)
HASH = "ab" * 32


@pytest.fixture(scope="module")
def node(us, peer):
    with courier_of(us, peer, SMALL) as background:
        yield background


@pytest.fixture(scope="module")
def tls(us, peer):
    return peer.plain_client(us)


def test_an_exchange_comes_and_goes(node, tls):
    status, headers, body = ask(node.port, tls, "POST", EXCHANGE, b"abc")
    assert (status, body) == (200, b"cba")
    assert headers["content-type"] == "application/comity+cbor"
    assert "server" not in {name.lower() for name in headers}


def test_a_problem_of_the_core_is_passed_on(node, tls):
    assert ask(node.port, tls, "POST", EXCHANGE, b"refuse")[::2] == (422, b"problem")


def test_recover_has_its_own_path(node, tls):
    assert ask(node.port, tls, "POST", "/courier/v1/recover", b"x")[::2] == (200, b"recovered x")


def test_a_full_disk_asks_the_peer_to_come_again(node, tls):
    assert ask(node.port, tls, "POST", EXCHANGE, b"disk full")[::2] == (503, b"slow-down 5000")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", EXCHANGE, {}, 405),
        ("PUT", EXCHANGE, MEDIA, 405),
        ("POST", EXCHANGE, {"Content-Type": "application/cbor"}, 415),
        ("POST", EXCHANGE, {}, 415),
        ("POST", EXCHANGE, MEDIA | {"Content-Encoding": "gzip"}, 415),
        ("POST", EXCHANGE + "/", MEDIA, 404),
        ("POST", "/courier/v1/Exchange", MEDIA, 404),
        ("POST", "/courier/v1/%65xchange", MEDIA, 404),
        ("GET", "/", {}, 404),
        ("GET", "/courier/v1/../../etc/hosts", {}, 404),
        ("POST", f"/courier/v1/log/{HASH}/checkpoint", MEDIA, 405),
    ],
)
def test_what_is_no_exchange_is_refused_by_its_form(node, tls, method, path, headers, status):
    taken = len(node.courier.taken)
    assert ask(node.port, tls, method, path, b"x" if method != "GET" else None, headers)[0] == status
    assert len(node.courier.taken) == taken


def test_a_body_declared_too_large_is_refused_before_it_is_sent(node, tls):
    with dial(node.port, tls) as connection:
        connection.sendall(
            b"POST /courier/v1/exchange HTTP/1.1\r\nhost: x\r\ncontent-type: application/comity+cbor\r\n"
            b"content-length: 1001\r\n\r\n"
        )
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"too-large 0")
    assert b"connection: close" in answer


def test_a_body_that_grows_too_large_is_refused_on_the_way(node, tls):
    with dial(node.port, tls) as connection:
        connection.sendall(
            b"POST /courier/v1/exchange HTTP/1.1\r\nhost: x\r\ncontent-type: application/comity+cbor\r\n"
            b"transfer-encoding: chunked\r\n\r\n1f4\r\n" + bytes(500) + b"\r\n1f5\r\n" + bytes(501) + b"\r\n"
        )
        assert read_all(connection).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_exactly_the_limit_is_taken(node, tls):
    assert ask(node.port, tls, "POST", EXCHANGE, bytes(1000))[0] == 200


def post_head(length):
    return (
        b"POST /courier/v1/exchange HTTP/1.1\r\nhost: x\r\ncontent-type: application/comity+cbor\r\n"
        b"content-length: %d\r\n\r\n" % length
    )


def test_a_slow_body_is_cut_off(node, tls):
    with dial(node.port, tls) as connection:
        connection.sendall(post_head(10) + b"123")
        began = time.monotonic()
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")
        assert 0.2 < time.monotonic() - began < 3


def test_many_half_bodies_do_not_take_the_memory_nor_stop_an_exchange(node, tls):
    with contextlib.ExitStack() as stack:
        halves = [stack.enter_context(dial(node.port, tls)) for _ in range(2)]
        for half in halves:
            half.sendall(post_head(900) + bytes(700))
        until(lambda: node.app._reading == 1400)
        assert ask(node.port, tls, "POST", EXCHANGE, bytes(50))[0] == 200
        assert ask(node.port, tls, "POST", EXCHANGE, bytes(500))[::2] == (429, b"slow-down 1000")
        for half in halves:
            assert read_all(half).startswith(b"HTTP/1.1 408 ")
    assert node.app._reading == 0


def test_a_caller_that_leaves_in_the_middle_of_a_body_is_forgotten(node, tls):
    taken = len(node.courier.taken)
    connection = dial(node.port, tls)
    connection.sendall(post_head(900) + bytes(600))
    until(lambda: node.app._reading == 600)
    connection.close()
    until(lambda: node.app._reading == 0)
    assert len(node.courier.taken) == taken


def test_four_exchanges_at_once_one_kept_for_lane_immediate(us, peer, tls):
    with courier_of(us, peer) as node:
        bodies = [b"hold 1", b"hold 2", b"hold 3"]
        answers = []
        threads = [
            threading.Thread(
                target=lambda body: answers.append(ask(node.port, tls, "POST", EXCHANGE, body)[0]), args=(body,)
            )
            for body in [*bodies, b"hold 4 now"]
        ]
        for thread in threads[:3]:
            thread.start()
        until(lambda: node.courier.held == 3)
        assert ask(node.port, tls, "POST", EXCHANGE, b"ordinary")[::2] == (429, b"slow-down 1000")
        assert ask(node.port, tls, "POST", EXCHANGE, b"at once now")[0] == 200
        threads[3].start()
        until(lambda: node.courier.held == 4)
        assert ask(node.port, tls, "POST", EXCHANGE, b"at once now")[0] == 429
        node.loop.call_soon_threadsafe(node.courier.gate.set)
        for thread in threads:
            thread.join()
        assert answers == [200] * 4
        assert ask(node.port, tls, "POST", EXCHANGE, b"ordinary")[0] == 200


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("checkpoint", "text/plain; charset=utf-8"),
        ("tile/0/000", "application/octet-stream"),
        ("tile/63/x001/x234/067.p/255", "application/octet-stream"),
        ("tile/entries/x001/000.p/1", "application/octet-stream"),
    ],
)
def test_tiles_are_served_as_the_standard_names_them(node, tls, path, media):
    # spec: C2SP tlog-tiles
    status, headers, body = ask(node.port, tls, "GET", f"/courier/v1/log/{HASH}/{path}", headers={})
    assert (status, body) == (200, f"ab {path}".encode())
    assert headers["content-type"] == media
    assert headers["cache-control"] == ("no-store" if path == "checkpoint" else "max-age=604800, immutable")


@pytest.mark.parametrize(
    "path",
    [
        f"{HASH}/tile/64/000",
        f"{HASH}/tile/0/0",
        f"{HASH}/tile/0/000.p/0",
        f"{HASH}/tile/0/000.p/256",
        f"{HASH}/tile/00/000",
        f"{HASH}/tile/-1/000",
        f"{HASH}/tile/entries/../checkpoint",
        f"{HASH}/checkpoint?x=1",
        f"{HASH}/checkpoint/",
        f"{HASH}/tile/0/%30%30%30",
        f"{HASH}/tile/0/{'x000/' * 60}000",
        f"{HASH.upper()}/checkpoint",
        f"{'0' * 64}/checkpoint",
        "ab/checkpoint",
    ],
)
def test_other_paths_of_a_log_are_not_found(node, tls, path):
    assert ask(node.port, tls, "GET", f"/courier/v1/log/{path}", headers={})[0] == 404


def refused(port, context) -> bool:
    """Tell whether a caller gets no byte of HTTP: an alert or a reset, at the handshake or right after it."""
    try:
        with dial(port, context) as connection:
            connection.sendall(post_head(1) + b"x")
            return read_all(connection) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def test_a_caller_without_a_certificate_is_refused(node, us):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=us.authority)
    assert refused(node.port, context)


def test_a_caller_of_another_authority_is_refused(node, us, stranger):
    assert refused(node.port, stranger.plain_client(us))


def test_a_caller_of_the_peers_authority_under_another_name_is_refused(node, us, sister):
    assert refused(node.port, sister.plain_client(us))


def test_our_own_certificate_does_not_make_us_the_peer(node, us):
    assert refused(node.port, us.plain_client(us))


def test_tls_1_2_is_refused(node, us, peer):
    context = peer.plain_client(us)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        dial(node.port, context)


def test_none_of_the_refused_reached_the_core(us, peer, stranger, sister):
    with courier_of(us, peer) as node:
        for caller in (stranger, sister, us):
            assert refused(node.port, caller.plain_client(us))
        assert ask(node.port, peer.plain_client(us), "POST", EXCHANGE, b"only this")[0] == 200
        assert node.courier.taken == [b"only this"]


def test_mounted_on_a_listener_without_tls_it_serves_nobody(peer):
    background = Background(lambda: CourierApp(FakeCourier(), peer.node))
    try:
        with socket.create_connection(("127.0.0.1", background.port), timeout=10) as connection:
            connection.sendall(post_head(1) + b"x")
            assert read_all(connection).startswith(b"HTTP/1.1 403 ")
    finally:
        background.stop()


class Crowded(GuardedProtocol):
    CONNECTIONS = 20


def test_idle_connections_do_not_stop_an_exchange(us, peer, tls):
    with courier_of(us, peer, protocol=Crowded) as node, contextlib.ExitStack() as stack:
        # Some never begin their handshake, more than are kept finish it and fall silent.
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", node.port))) for _ in range(100)]
        idle = [stack.enter_context(dial(node.port, tls)) for _ in range(60)]
        began = time.monotonic()
        assert ask(node.port, tls, "POST", EXCHANGE, b"abc")[2] == b"cba"
        assert time.monotonic() - began < 2
        until(lambda: len(node.listener._server.server_state.connections) <= Crowded.CONNECTIONS)
        assert len(silent) + len(idle) == 160
