"""Two nodes run over mutual TLS, with page, clock and door, and end in good order; what cannot run does not half run."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import os
import signal
import socket

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import show_id
from comity.cli.demo.ports import free_ports
from comity.cli.doorway import ask
from comity.edge.config import read_config
from comity.edge.running import run_until_stopped, socket_of, start
from tests.unit.edge.driven import rows, run, until
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, paired, question


@pytest.fixture
def base(tmp_path):
    return copy_of(paired(), tmp_path)


def setting(base, name, **values):
    path = base / name / "node.toml"
    lines = [line for line in path.read_text().splitlines() if line.split(" = ")[0] not in values]
    path.write_text("\n".join(lines + [f"{key} = {value}" for key, value in values.items()]) + "\n")
    return read_config(base / name)


def get(port, path, host="localhost", method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, body, {"Host": f"{host}:{port}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    connection.close()
    return answer.status


def test_a_question_crosses_between_two_running_nodes_and_both_end(base):
    async def play():
        far = await start(setting(base, "vanmere", page_port=0))
        near = await start(setting(base, "ostrel", peer_addresses=f'["https://127.0.0.1:{far.exchange_port}"]'))
        try:
            asked = await near.engine.submit(question(), ASKS)
            await until(lambda: rows(near.opened.node, "SELECT fact FROM sent") == [(2,)])
            state = await asyncio.to_thread(ask, base / "vanmere", "GET", f"/state?id={show_id(asked.id)}")
            assert state["filed"]
            assert socket_of(base / "vanmere").stat().st_mode & 0o777 == 0o600
        finally:
            await near.stop()
            await far.stop()
        assert not socket_of(base / "vanmere").exists()
        with pytest.raises(BadConfiguration, match="no node runs in"):
            await asyncio.to_thread(ask, base / "vanmere", "GET", "/status")

    run(play())


def test_a_node_that_cannot_be_called_is_reached_through_its_own_poll(base):
    """A node with port 0 and the machine's clock polls; the fixture's keys count from another day, so it only says so."""
    from comity.edge.clock import SystemClock
    from comity.edge.setup import init_node, pair_node
    from tests.unit.edge.twofolders import PARTIES, new_node, papers, signed_accord

    fresh = base / "now"
    fresh.mkdir()
    real = {"insecure_exercise_edition": "true"}
    for name, (_, other) in PARTIES.items():
        init_node(new_node(fresh, name, settings=real | {"peer": f'"{other}.example/comity"'}), SystemClock().now())
    (fresh / "accord.cose").write_bytes(signed_accord(fresh))
    for name in PARTIES:
        pair_node(fresh / name, *papers(fresh, name))

    async def play():
        far = await start(read_config(fresh / "vanmere"))
        near = await start(setting(fresh, "ostrel", peer_addresses=f'["https://127.0.0.1:{far.exchange_port}"]'))
        try:
            await until(lambda: far.engine._held is not None and not far.engine._held.done())
            form = question()
            from dataclasses import replace

            from tests.unit.edge.twofolders import ANSWERS

            form = replace(form, agency="seal-house", recipients=("paper-office",))
            await far.engine.submit(form, ANSWERS)
            await until(lambda: rows(near.opened.node, "SELECT fact FROM got") == [(2,)], 5)
        finally:
            await near.stop()
            await far.stop()

    run(play())


def test_page_clock_and_warnings(base, caplog):
    [port] = free_ports(1)
    config = setting(base, "ostrel", web='"comity.web.app:create"', page_name='"xo.localhost"', clock_port=port)

    async def play():
        node = await start(config)
        try:
            assert await asyncio.to_thread(get, node.page_port, "/", "xo.localhost") == 303, "first sign in"
            assert await asyncio.to_thread(get, node.page_port, "/sign-in", "xo.localhost") == 200
            assert await asyncio.to_thread(get, node.page_port, "/", "elsewhere.example") != 200
            body = json.dumps({"at": MADE + 7_000, "rate": 0})
            assert await asyncio.to_thread(get, port, "/clock", "127.0.0.1", "POST", body) == 200
            assert node.engine.clock.now() == MADE + 7_000
        finally:
            await node.stop()

    with caplog.at_level(logging.WARNING):
        run(play())
    assert "insecure_exercise_edition is on" in caplog.text
    assert "insecure_demo_clock is on" in caplog.text


def test_a_factory_without_a_name_is_the_usual_one(base):
    async def play():
        node = await start(setting(base, "ostrel", web='"comity.web.app"'))
        try:
            assert node.page_port
        finally:
            await node.stop()

    run(play())


def test_a_port_that_is_taken_stops_the_start_and_leaves_nothing_open(base):
    async def play():
        with socket.create_server(("127.0.0.1", 0)) as held:
            config = setting(base, "ostrel", exchange_port=held.getsockname()[1])
            with pytest.raises(BadConfiguration, match="could not be listened on"):
                await start(config)
        assert not socket_of(base / "ostrel").exists()
        node = await start(config)
        await node.stop()

    run(play())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order(base, number):
    seen = []

    def ready(node):
        seen.append(node.exchange_port)
        os.kill(os.getpid(), number)

    run(run_until_stopped(read_config(base / "ostrel"), ready))
    assert seen[0] > 0
    assert not socket_of(base / "ostrel").exists()


def test_a_socket_that_a_crash_left_is_replaced(base):
    socket_of(base / "ostrel").write_bytes(b"")

    async def play():
        node = await start(read_config(base / "ostrel"))
        link = (await asyncio.to_thread(ask, base / "ostrel", "GET", "/status"))["link"]
        assert link["state"] == "recovering", "it has no way to the other side and was not called yet"
        await node.stop()

    run(play())
