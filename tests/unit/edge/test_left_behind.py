"""A store that another one of its node has left behind: every deed of its door is refused for one reason, and it can be read.

What stays open is written down here a second time. A route that is new is refused until it stands in both places.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import comity.cli
import comity.desks
import comity.edge
from comity.base.errors import Superseded
from comity.base.ids import Ms
from comity.cli.main import main
from comity.dispatch.stops import LEFT_BEHIND
from comity.edge.leftbehind import STILL
from comity.edge.running import start
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from tests.unit.edge.driven import rows, run
from tests.unit.edge.test_running import base, setting  # noqa: F401  a fixture
from tests.unit.edge.twofolders import ASKS, question

READS = {
    "/judge", "/judge/act", "/judge/board-copy", "/files/content", "/evidence/ask", "/evidence/make", "/cut/apply",
    "/alarms/seen", "/people/ceremony", "/people/session", "/people/demo", "/people/session/seen",
    "/people/session/end", "/people/sessions/end",
}  # fmt: skip
TWO_PERSONS = {
    "/held/answer", "/act/answer", "/custody/open", "/retention/erase", "/retention/hold/end", "/link/confirm",
    "/people/confirm", "/plan/answer", "/board-copy/agree", "/people/agency/answer", "/owed/complete",
}  # fmt: skip
"""Deeds that a second person ends or answers: a few of all, named because they were open once."""
_ROUTE = re.compile(r'\("(GET|POST|PUT|PATCH|DELETE)", (f?"[^"]+")\):')
_ASKED = re.compile(r'"(POST|PUT|PATCH|DELETE)",\s*f?"(/[a-z/-]+)')
BODIES = ({}, {"by": {"desk": "requests", "number": 13}})


def sources(package):
    return sorted(Path(package.__file__ or "").parent.rglob("*.py"))


def written_routes():
    """Return (method, path) of every route that a file of the edge writes down."""
    found = [one for path in sources(comity.edge) for one in _ROUTE.findall(path.read_text())]
    return {(method, path.removeprefix("f").strip('"')) for method, path in found}


@asynccontextmanager
async def left_behind(folder):
    """Run a node whose store was left behind, with something in it."""
    node = await start(setting(folder, "ostrel", page_port=0))
    try:
        await node.engine.submit(question(), ASKS)
        await node.engine.call(set_aside, node.opened.node)
        yield node
    finally:
        await node.stop()


def set_aside(node):
    with node.ledger.begin() as book:
        write_link(book.tx, replace(read_link(book.tx), state=LinkState.SUPERSEDED, since=Ms(1)))


def held_by(node):
    """Return everything that the store holds."""
    names = [row[0] for row in rows(node, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: sorted(map(repr, rows(node, f"SELECT * FROM {name}"))) for name in names}


async def ask(door, method, path, body):
    """Ask the door of a running node as a page does; return status and JSON."""
    scope = {"type": "http", "method": method, "path": path, "query_string": b""}

    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    return await door.answer(scope, receive)


def test_what_stays_open_is_written_down_twice():
    assert set(STILL) == READS
    assert all(STILL.values()), "each with its reason"


def test_every_route_of_the_door_is_known_here(base):  # noqa: F811  a fixture
    async def play():
        async with left_behind(base) as node:
            door = set(node.door._routes) | set(node.door._streams)
            assert door == written_routes() & door, "a route that no pattern of this test finds"
            missing = {path for path in READS | TWO_PERSONS if ("POST", path) not in door}
            assert missing <= {"/people/demo"}, "named here and not at the door"

    run(play())


def test_every_deed_is_refused_for_one_reason_and_nothing_is_kept(base):  # noqa: F811  a fixture
    # docs/adr/0103-signed-words-accuse.md
    async def play():
        async with left_behind(base) as node:
            before = held_by(node.opened.node)
            deeds = sorted(one for one in node.door._routes if one[0] != "GET" and one[1] not in READS)
            assert {path for _, path in deeds} >= TWO_PERSONS
            for method, path in deeds:
                for body in BODIES:
                    answer = await ask(node.door, method, path, body)
                    assert answer == (409, {"error": LEFT_BEHIND, "code": "superseded"}), (method, path)
            assert held_by(node.opened.node) == before

    run(play())


def test_what_only_shows_stays_open_and_writes_nothing(base):  # noqa: F811  a fixture
    async def play():
        async with left_behind(base) as node:
            before = held_by(node.opened.node)
            for method, path in sorted(node.door._routes):
                if method == "GET":
                    status, answer = await ask(node.door, method, path, None)
                    assert not isinstance(answer, dict) or answer.get("code") != "superseded", path
                    assert status in {200, 400, 404, 409}, path
            status, said = await ask(node.door, "GET", "/status", None)
            assert (status, said["link"]["state"]) == (200, "superseded")
            assert held_by(node.opened.node) == before

    run(play())


def test_time_alone_closes_no_day_and_certifies_nothing_in_it(base):  # noqa: F811  a fixture
    async def play():
        async with left_behind(base) as node:
            before = held_by(node.opened.node)["entry"]
            await node.engine.call(node.engine._look, Ms(node.engine.clock.now() + 3 * 86_400_000))
            assert held_by(node.opened.node)["entry"] == before

    run(play())


def test_a_command_is_told_the_same_and_a_case_is_shown_all_the_same(base, capsys):  # noqa: F811  a fixture
    async def play():
        async with left_behind(base) as node:
            folder = str(node.opened.config.folder)
            _, (case, *_) = await ask(node.door, "GET", "/cases", None)
            done = await asyncio.to_thread(main, ["case", case["case"], "--node", folder, "--officer", "requests/13"])
            refused = await asyncio.to_thread(main, ["courier", "write", folder + "/..", "--node", folder])
            return done, refused

    done, refused = run(play())
    assert (done, bool(refused)) == (0, True)
    assert LEFT_BEHIND in capsys.readouterr().err


def test_a_node_in_use_is_asked_as_ever(base):  # noqa: F811  a fixture
    async def play():
        node = await start(setting(base, "ostrel", page_port=0))
        try:
            status, said = await ask(node.door, "POST", "/alarms/seen", {})
            assert (status, said["code"]) == (400, "bad-form")
            status, said = await ask(node.door, "POST", "/custody/open", {})
            assert (status, said["code"]) == (400, "bad-form")
        finally:
            await node.stop()

    run(play())


def test_every_command_that_changes_a_running_node_goes_through_the_door():
    """So that no command has a way of its own: what a command posts is a route, and none opens the store of a node."""
    asked = {
        path.rstrip("/")
        for package in (comity.cli, comity.desks)
        for source in sources(package)
        for _, path in _ASKED.findall(source.read_text())
    }
    routes = {path for _, path in written_routes()}
    assert {one for one in asked if not any(path.startswith(one) for path in routes)} <= {"/clock"}
    openers = {
        str(source.relative_to(Path(comity.cli.__file__ or "").parent))
        for source in sources(comity.cli)
        if re.search(r"\b(open_writer|open_store|SqliteStore)\(", source.read_text())
    }
    assert openers == {"room.py", "simulate.py", "bench/scorecard.py"}, (
        "rooms have logs of their own; the others are not a node's"
    )


def test_the_reason_is_an_error_of_its_own():
    with pytest.raises(Superseded):
        raise Superseded(LEFT_BEHIND)
