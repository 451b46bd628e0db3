"""The officers' door: every route over a real socket, every family of errors as its status, forms field by field, events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import pytest

from comity.base.errors import StoreError, StoreMisuse
from comity.base.ids import Ms, show_id
from comity.edge.clock import SetClock
from comity.edge.door import Door, submit
from comity.edge.door_request import BODY_BYTES
from comity.edge.listener import serve_socket
from comity.edge.showing import make_board
from comity.marking.labels import Urgency
from tests.unit.edge.driven import MINUTE, engine_of, run, until
from tests.unit.edge.twofolders import ANSWERS, ASKS, MADE, copy_of, opened, paired, question
from tests.unit.node.world import exchange

NOW = Ms(MADE + 5 * MINUTE)
FORM = {
    "desk": "requests", "kind": "rfi", "agency": "paper-office", "recipients": ["seal-house"], "purpose": "border-document",
    "urgency": "immediate", "workplan_item": "F-1",
    "body": {
        "title": "Is paper 88 yours?", "text": "Shown at the port.", "asks": ["document"], "records": ["registration"],
        "own_power": "port law, article 4", "reason": "The seal looks like yours.",
    },
}  # fmt: skip
BY = {"desk": "requests", "number": 13}


class Visitor:
    """An officer's program on the socket of one door, and what is behind it."""

    def __init__(self, engine, path) -> None:
        self.engine, self.path = engine, path

    async def ask(self, method, target, body=None):
        """Make one request; return status and JSON."""
        reader, writer = await asyncio.open_unix_connection(str(self.path), limit=1 << 22)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        head = f"{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        answer = await reader.read()
        writer.close()
        lines, _, rest = answer.partition(b"\r\n\r\n")
        assert b"application/json" in lines
        return int(lines.split()[1]), json.loads(rest)

    async def send(self, **changes):
        return await self.ask("POST", "/submit", {"form": FORM | changes, "by": BY})

    @contextlib.asynccontextmanager
    async def events(self, query=""):
        """Listen; yields a function that returns the next line, or None where none comes."""
        reader, writer = await asyncio.open_unix_connection(str(self.path))
        writer.write(f"GET /events{query} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")

        async def line(seconds=2):
            async with asyncio.timeout(seconds):
                while not (found := await reader.readline()).startswith(b"{"):
                    assert found
                return json.loads(found)

        yield line
        writer.close()


@contextlib.asynccontextmanager
async def visiting(one, asked=None, path=None):
    with engine_of(one.node, SetClock(NOW, 0)) as engine:
        listening = socket.socket(socket.AF_UNIX)
        path = path or one.config.folder / "office.sock"
        listening.bind(str(path))
        listening.listen()
        door = Door(engine, make_board(one), asked or one.desks["requests"].asked)
        listener = await serve_socket(door, listening, stop_seconds=1)
        yield Visitor(engine, path)
        await listener.stop()
        path.unlink()


@pytest.fixture
def two(tmp_path):
    base = copy_of(paired(), tmp_path)
    both = opened(base, "ostrel"), opened(base, "vanmere")
    exchange(both[0].node, both[1].node, MADE)
    yield both
    for one in both:
        one.store.close()


def visit(one, act, **more):
    async def play():
        async with visiting(one, **more) as visitor:
            return await act(visitor)

    return run(play())


# --- acts ------------------------------------------------------------------------------------------------------------


def test_a_form_is_sent_and_says_what_the_law_said(two):
    status, said = visit(two[0], lambda door: door.send())
    assert (status, said["outcome"], said["redactions"]) == (200, "sent", [])
    assert said["case"] == said["id"]
    assert [one["article"] for one in said["verdict"]["reasons"]] == ["Law of the accord, 2"]


def test_what_does_not_go_says_why_and_is_no_error(two):
    async def act(door):
        return await door.send(purpose="fraud"), await door.ask(
            "POST", "/submit", {"form": FORM, "by": BY | {"number": 12}}
        )

    (status, refused), (also, held) = visit(two[0], act)
    assert (status, also) == (200, 200)
    assert (refused["outcome"], refused["verdict"]["effect"]) == ("refused", "refuse")
    assert (held["outcome"], held["missing"]) == ("held", ["release:officer-without-standing"])
    assert held["rings"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"form": FORM | {"colour": "blue"}, "by": BY}, "colour"),
        ({"form": FORM, "by": BY | {"name": "x"}}, "name"),
        ({"form": FORM, "by": BY, "at": 7}, "at"),
        ({"form": {k: v for k, v in FORM.items() if k != "kind"}, "by": BY}, "kind"),
        ({"form": FORM | {"recipients": "seal-house"}, "by": BY}, "recipients"),
        ({"form": FORM | {"urgency": "soon"}, "by": BY}, "choose one of immediate"),
        ({"form": FORM | {"lane": "express"}, "by": BY}, "no lane called 'express'"),
        ({"form": FORM | {"case": "7"}, "by": BY}, "26 letters and digits"),
        ({"form": FORM | {"kind": "poem"}, "by": BY}, "poem"),
        ({"form": FORM | {"body": {"x": 1.5}}, "by": BY}, "whole numbers"),
        ({"form": FORM | {"label": {"originator": "xo", "colour": 1}}, "by": BY}, "colour"),
        (b"{", "truncated"),
        (b"", "truncated"),
        (b" " * (BODY_BYTES + 1), "larger than 2 MiB"),
    ],
)
def test_a_form_that_does_not_fit_is_refused_with_the_field_that_does_not(two, body, words):
    status, said = visit(two[0], lambda door: door.ask("POST", "/submit", body))
    assert (status, said["code"]) == (400, "bad-form")
    assert words in said["error"]
    with two[0].node.ledger.read() as tx:
        assert tx.rows("SELECT count(*) FROM sent") == [(0,)]


@pytest.mark.parametrize("field", ["retain_until", "answer_by"])
def test_a_number_that_nothing_can_hold_is_no_fault_of_the_node(two, field):
    async def act(door):
        bad, good = await asyncio.gather(door.send(**{field: 10**30}), door.send())
        return bad, good

    (status, said), (good, _) = visit(two[0], act)
    assert status in (400, 409), said
    assert good == 200


@pytest.mark.parametrize(("error", "status"), [(StoreError("unknown"), 503), (StoreMisuse("wrong"), 409)])
def test_each_family_of_errors_has_its_status(two, error, status):
    async def act(door):
        async def fail(*_):
            raise error

        door.engine.see = fail
        return await door.ask("POST", "/see", {"ids": []})

    assert visit(two[0], act) == (status, {"error": str(error), "code": error.code})


def test_a_form_handed_in_by_the_program_itself_raises_what_is_wrong(two):
    from comity.base.errors import BadForm

    async def play():
        with engine_of(two[0].node, SetClock(NOW, 0)) as engine:
            assert (await submit(engine, question(), ASKS))["outcome"] == "sent"
            with pytest.raises(BadForm):
                await submit(engine, question(body={}), ASKS)

    run(play())


def test_what_a_person_opened_is_seen(two):
    near, far = two
    (done,) = near.node.submit([(question(), ASKS)], NOW)
    exchange(near.node, far.node, NOW)

    async def act(door):
        seen = await door.ask("POST", "/see", {"ids": [show_id(done.id)]})
        return (
            seen,
            await door.ask("GET", f"/state?id={show_id(done.id)}"),
            await door.ask("POST", "/see", {"ids": ["7"]}),
        )

    seen, state, bad = visit(far, act)
    assert seen == (200, {"seen": 1})
    assert (state[1]["ours"], state[1]["filed"], state[1]["seen"]) == (0, NOW, NOW)
    assert bad[0] == 400


def asked_for(two, asks):
    near, far = two
    body = dict(FORM["body"]) | {"asks": [asks]}
    (done,) = near.node.submit([(question(body=body), ASKS)], NOW)
    exchange(near.node, far.node, NOW)
    answer = {
        "desk": "requests", "kind": "answer", "agency": "seal-house", "recipients": ["paper-office"], "purpose": "border-document",
        "urgency": "immediate", "workplan_item": "F-1", "evaluation": "A1", "case": show_id(done.case), "re": [show_id(done.id)],
        "body": {"state": "final", "text": "Yes.", "records": ["registration"]},
    }  # fmt: skip
    return far, {"form": answer, "by": {"desk": ANSWERS.desk, "number": ANSWERS.number}}


def test_an_answer_is_judged_by_what_its_question_asked_for(two):
    far, body = asked_for(two, "location")
    _, said = visit(far, lambda door: door.ask("POST", "/submit", body))
    assert (said["outcome"], said["verdict"]["reasons"][0]["article"]) == (
        "referred",
        "Law of the accord, 3",
    )


def test_without_that_the_same_answer_would_go(two):
    far, body = asked_for(two, "location")
    _, said = visit(far, lambda door: door.ask("POST", "/submit", body), asked=lambda *_: None)
    assert said["outcome"] == "sent"


def test_an_answer_to_something_else_goes(two):
    far, body = asked_for(two, "document")
    assert visit(far, lambda door: door.ask("POST", "/submit", body))[1]["outcome"] == "sent"
    body["form"]["re"] = []
    assert visit(far, lambda door: door.ask("POST", "/submit", body))[0] in (200, 400)


# --- looking ---------------------------------------------------------------------------------------------------------


def test_status_has_parties_link_logs_workplan_and_counters(two):
    status, said = visit(two[0], lambda door: door.ask("GET", "/status"))
    assert status == 200
    assert said["now"] == NOW
    assert [one["short"] for one in said["parties"]] == ["XO", "XV"]
    assert said["link"]["state"] == "up"
    assert [one["role"] for one in said["logs"]] == ["exchange", "mirror", "decision"]
    assert said["workplan"][0]["item"] == "F-1"
    assert {"evidence": 0, "faults": 0, "hits": 0, "misses": 0}.items() <= said["counters"].items()


def test_cases_and_one_case_and_one_dispatch(two):
    async def act(door):
        first, second = (await door.send())[1], (await door.send(urgency="urgent"))[1]
        every = (await door.ask("GET", "/cases"))[1]
        one = (await door.ask("GET", f"/cases?id={first['case']}"))[1]
        shown = (await door.ask("GET", f"/dispatch?id={second['id']}"))[1]
        return first, second, every, one, shown

    first, second, every, one, shown = visit(two[0], act)
    assert {case["case"] for case in every} == {first["case"], second["case"]}
    assert [case["case"] for case in one] == [first["case"]]
    assert shown["dispatch"]["id"] == second["id"]
    assert shown["proof"]


def test_what_is_not_there_is_empty_and_what_is_no_number_is_refused(two):
    unknown = show_id(bytes(16))

    async def act(door):
        for path in ("/dispatch", "/state"):
            assert (await door.ask("GET", path))[0] == 400
        assert (await door.ask("GET", f"/state?id={unknown}")) == (200, {})
        assert (await door.ask("GET", f"/dispatch?id={unknown}")) == (200, {"dispatch": None, "proof": None})
        assert (await door.ask("GET", f"/cases?id={unknown}")) == (200, [])
        assert (await door.ask("GET", "/cases?id=7"))[0] == 400

    visit(two[0], act)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/submit"),
        ("POST", "/status"),
        ("GET", "/"),
        ("POST", "/events"),
        ("GET", "/status/"),
        ("DELETE", "/cases"),
    ],
)
def test_there_is_no_other_door(two, method, path):
    assert visit(two[0], lambda door: door.ask(method, path)) == (
        404,
        {"error": "there is no such door", "code": "not-found"},
    )


# --- events ----------------------------------------------------------------------------------------------------------


def test_events_tell_each_id_once_and_again_from_where_one_left_off(two):
    async def act(door):
        async with door.events() as line, door.events("?after=0") as other:
            first = (await door.send())[1]["id"]
            heard = [await line(), await other()]
            second = (await door.send())[1]["id"]
            heard += [await line(), await other()]
            with pytest.raises(TimeoutError):
                await line(0.05)
        async with door.events("?after=0") as late:
            whole = await late()
        async with door.events("?after=1") as later:
            rest = await later()
        async with door.events() as fresh:
            with pytest.raises(TimeoutError):
                await fresh(0.05)
        return first, second, heard, whole, rest

    first, second, heard, whole, rest = visit(two[0], act)
    assert [one["ids"] for one in heard] == [[first], [first], [second], [second]]
    assert [one["number"] for one in heard] == [1, 1, 2, 2]
    assert whole == {"number": 2, "ids": [first, second]}
    assert rest == {"number": 2, "ids": [second]}


@pytest.mark.parametrize("after", ["x", "-1", "1.0", "%C2%B2"])
def test_a_place_in_the_events_is_a_number(two, after):
    assert visit(two[0], lambda door: door.ask("GET", f"/events?after={after}"))[0] == 400


def test_who_goes_away_is_forgotten(two):
    async def act(door):
        async with door.events():
            await until(lambda: len(door.engine.bell._waiting) == 1)
        await until(lambda: not door.engine.bell._waiting)
        async with door.events() as line:
            await door.send()
            assert (await line())["number"] == 1

    visit(two[0], act)


def test_a_request_that_ends_before_its_body_and_what_is_no_request(two):
    async def play():
        with engine_of(two[0].node, SetClock(NOW, 0)) as engine:
            door, sent = Door(engine, make_board(two[0]), lambda *_: None), []
            scope = {"type": "http", "method": "POST", "path": "/see", "query_string": b""}

            async def receive():
                return {"type": "http.disconnect"}

            async def send(event):
                sent.append(event)

            await door(scope, receive, send)
            assert sent[0]["status"] == 400
            await door({"type": "lifespan"}, receive, send)
            assert len(sent) == 2
            chunks = [
                {"type": "http.request", "body": b'{"ids"', "more_body": True},
                {"type": "http.request", "body": b":[]}"},
            ]

            async def two_parts():
                return chunks.pop(0)

            await door(scope, two_parts, send)
            assert sent[2]["status"] == 200

    run(play())


def test_lanes_are_named_as_people_say_them(two):
    async def act(door):
        return [(await door.send(urgency=one.name.lower()))[1]["outcome"] for one in Urgency]

    assert set(visit(two[0], act)) == {"sent"}
