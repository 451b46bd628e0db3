"""A room from end to end as people type it: two nodes' folders, two running processes over TLS, persons with their own keys."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time

import pytest
import uvloop

from comity.base.errors import BadConfiguration
from comity.cli.demo.ports import free_ports
from comity.cli.main import main
from comity.edge.clock import SystemClock
from comity.edge.config import read_config
from comity.edge.metrics import NodeMetrics
from comity.edge.roomcopy import check_rooms, copy_rooms, put_back_rooms
from comity.edge.rooms import agenda, open_store
from comity.edge.roomserver import start_room
from tests.unit.cli.pair import Both
from tests.unit.edge.twofolders import MADE, copy_of, paired

TITLE = "Point nine"
WORDS = "The harbour master's green ledger"
ROOM = ["--room", "1"]


class Rooms:
    """Both rooms' processes in one background loop."""

    def __init__(self, base, ports) -> None:
        self.loop = uvloop.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        sides = zip(("ostrel", "vanmere"), ports, strict=True)
        self.rooms = [self.do(self._start(base / name, port)) for name, port in sides]

    async def _start(self, folder, port):
        return await start_room(read_config(folder), 1, SystemClock(), host="127.0.0.1", port=port)

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def stop(self) -> None:
        for room in self.rooms:
            self.do(room.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def run(*words, good: int = 0):
    code = main(["room", *map(str, words)])
    assert code == good, words


def said(capsys, *words, good: int = 0):
    capsys.readouterr()
    run(*words, good=good)
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def base(tmp_path):
    return copy_of(paired(), tmp_path)


def open_it(base, ports) -> None:
    words = base / "words"
    words.touch(0o600)
    words.write_text("a long enough passphrase")
    persons = []
    for name, agency, number in (("ostrel", "paper-office", 11), ("vanmere", "seal-house", 21)):
        node, port = f"{name}.example/comity", ports[name == "vanmere"]
        run(
            "prepare",
            "--node",
            base / name,
            *ROOM,
            "--address",
            f"https://127.0.0.1:{port}",
            "--out",
            base / f"{name}.side",
        )
        key = ["--key", base / f"{name}.key", "--passphrase-file", words]
        run("join", "--number", number, "--agency", agency, *key, "--card", base / f"{name}.card")
        persons += ["--person", f"{node}={base / name}.card"]
    (base / "terms.toml").write_text('number = 1\ntitle = "Point nine"\nslot_ms = 1000\nbucket = 16384\n')
    charter = base / "charter"
    sides = ["--side", base / "ostrel.side", "--side", base / "vanmere.side"]
    run("open", "--terms", base / "terms.toml", "--accord", base / "accord.cose", *sides, *persons, "--out", charter)
    for name in ("ostrel", "vanmere"):
        run("sign", charter, "--root", base / f"{name}-root")
    for name in ("ostrel", "vanmere"):
        run("install", charter, "--node", base / name)


def desk(base, name):
    box = base / f"{name}.box"
    run("fetch", "--node", base / name, *ROOM, "--out", box)
    key = ["--key", base / f"{name}.key", "--passphrase-file", base / "words"]
    return [*key, "--box", box, "--law", base / name / "law"]


def until_read(capsys, base, name, count, put_back=False):
    """Read until so many notes are co-signed; over a log that was put back its newest head may still be the copy's, and is told."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        words = ["room", "read", *map(str, desk(base, name)), "--json"]
        capsys.readouterr()
        code = main(words)
        read = json.loads(capsys.readouterr().out)
        assert code == 0 or (put_back and all("it was put back" in one for one in read["wrong"])), read
        if code == 0 and len(read["notes"]) >= count and all(one["co_signed"] for one in read["notes"]):
            return read
        time.sleep(0.3)
    raise AssertionError("it did not come")


def test_a_note_its_receipt_a_counter_note_an_outcome_and_a_proof_over_two_running_rooms(base, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    ports = free_ports(2)
    open_it(base, ports)
    rooms = Rooms(base, ports)
    try:
        time.sleep(1.2)
        (base / "text").write_text(WORDS)
        write = ["--text", base / "text", "--out", base / "item"]
        refused = said(capsys, "note", *desk(base, "ostrel"), *write, "--json", good=1)
        assert refused["outcome"] == "refused"
        assert refused["reasons"]
        assert not (base / "item").exists()
        (base / "form").write_text(json.dumps({"body": {"title": "Paper 88"}}))
        more = ["--purpose", "border-document"]
        note = said(capsys, "note", *desk(base, "ostrel"), *write, *more, "--json")
        assert WORDS.encode() not in (base / "item").read_bytes()
        run("hand-in", "--node", base / "ostrel", *ROOM, base / "item")
        ostrel = read_config(base / "ostrel")
        assert copy_rooms(ostrel, base / "old.db") == (1,)
        for taken in (copy_rooms, check_rooms):  # nothing is copied twice, nothing put under a room that runs
            with pytest.raises(BadConfiguration):
                taken(ostrel, base / "old.db")
        (read,) = until_read(capsys, base, "vanmere", 1)["notes"]
        assert (read["id"], read["body"]["text"], read["refused"]) == (note["id"], WORDS, None)
        run("receipt", note["id"], *desk(base, "vanmere"), "--out", base / "item2")
        run("hand-in", "--node", base / "vanmere", *ROOM, base / "item2")
        write[-1] = base / "item3"
        run("reply", note["id"], *desk(base, "vanmere"), *write, *more)
        run("hand-in", "--node", base / "vanmere", *ROOM, base / "item3")
        write[-1] = base / "item4"
        run("outcome", *desk(base, "ostrel"), *write, *more)
        run("hand-in", "--node", base / "ostrel", *ROOM, base / "item4")
        back = until_read(capsys, base, "ostrel", 3)
        assert back["wrong"] == []
        assert [one["receipts"] for one in back["notes"] if one["id"] == note["id"]] == [1]
        assert [one["re"] for one in back["notes"] if not one["ours"]] == [[note["id"]]]
        assert any(one["body"].get("items") for one in back["notes"])
        proves(base, capsys, note["id"])
        nowhere(base, capsys, note["id"])
        assert not [line for line in caplog.text.splitlines() if any(one in line for one in (WORDS, note["id"], TITLE))]
    finally:
        rooms.stop()
    run("export", "--node", base / "vanmere", *ROOM, base / "logs")
    assert main(["log", "verify", str(base / "logs"), "--keys", str(base / "logs" / "room.vkeys")]) == 0
    put_back(base, ports, capsys)
    run("export", "--node", base / "vanmere", *ROOM, base / "logs")
    keys = ["--keys", str(base / "logs" / "room.vkeys")]
    assert main(["log", "verify", str(base / "logs"), *keys]) == 0


def proves(base, capsys, note) -> None:
    """A third person checks a proof with nothing but the accord; law is asked for a note of the other side."""
    who = ["--for", "Clerk of the commission"]
    words = ["--key", base / "clerk.key", "--passphrase-file", base / "words"]
    run("join", "--number", 1, "--agency", "commission", *words, "--card", base / "clerk.card")
    run("reveal", note, *desk(base, "ostrel"), *who, "--to", base / "clerk.card", "--out", base / "proof")
    found = said(capsys, "verify", base / "proof", *words, "--accord", base / "accord.cose", "--json")
    assert (found["id"], found["body"]["text"], found["for"], found["verified"]) == (note, WORDS, who[1], True)
    run("verify", base / "proof", good=2)
    run("reveal", note, *desk(base, "vanmere"), *who, "--out", base / "proof2")
    data = (base / "proof2").read_bytes()
    (base / "proof2").write_bytes(data.replace(WORDS.encode(), WORDS.upper().encode()))
    assert said(capsys, "verify", base / "proof2", "--json", good=1)["verified"] is False


def nowhere(base, capsys, note) -> None:
    """Folders, lists, searches, cases, metrics and the exchange logs of both nodes hold neither words nor the room's notes."""
    shown = said(capsys, "list", "--node", base / "ostrel", "--json")["rooms"]
    assert [(one["title"], one["state"]) for one in shown] == [(TITLE, "up")]
    assert agenda(base / "ostrel") == ((1, TITLE),)
    both = Both(base)
    try:
        capsys.readouterr()
        node = ["--node", str(base / "ostrel")]
        for words in (
            ["inbox"],
            ["inbox", "--waiting"],
            ["search", "harbour ledger"],
            ["search", "point nine"],
            ["search", "room"],
        ):
            assert main([*words, *node, "--json"]) == 0
        assert main(["node", "status", str(base / "ostrel"), "--json"]) == 0
        assert main(["log", "export", str(base / "nodelogs"), *node, "--json"]) in {0, 2}
        ledger, clock = both.nodes[1].opened.node.ledger, both.nodes[1].engine.clock
        metrics = NodeMetrics(ledger, base / "ostrel" / "node.db", base / "ostrel" / "tls", clock.now, lambda: 0)
        seen = capsys.readouterr().out + repr([one.samples for one in metrics.collect()])
    finally:
        both.stop()
    assert "comity_log" in seen
    for word in (WORDS, "green", TITLE, note, "restricted"):  # a search says its own words again, so not those
        assert word not in seen, word
    for name in ("ostrel", "vanmere"):
        files = [path for path in (base / name).rglob("*") if path.is_file()]
        assert any(path.name == "room.db" for path in files)
        for path in files:
            data = path.read_bytes()
            assert WORDS.encode() not in data, path
            assert "room-1" in path.parts or TITLE.encode() not in data, path


def put_back(base, ports, capsys) -> None:
    """A room whose store was put back asks first, gets log and notes from the other side, and goes on: it never forks."""
    config, before = read_config(base / "ostrel"), sizes(base, "ostrel")["ours"]
    told = said(capsys, "read", *desk(base, "ostrel"), "--json")["notes"]
    (back,) = put_back_rooms(config, base / "old.db", MADE)
    assert (back.number, back.keys, back.kept) == (
        1,
        True,
        str(base / "ostrel" / "room-1" / f"room.db.replaced-{MADE}"),
    )
    assert sizes(base, "ostrel")["ours"] < before
    copied = base / "old.db.rooms" / "room-1"
    assert sorted(path.name for path in copied.iterdir()) == ["charter-1.cose", "room.db", "side.json"]
    with pytest.raises(BadConfiguration, match="not a copy of room 1"):
        check_rooms(read_config(base / "vanmere"), base / "old.db")
    rooms = Rooms(base, ports)
    try:
        ends = time.monotonic() + 60
        while sizes(base, "ostrel")["ours"] <= before:
            assert time.monotonic() < ends
            time.sleep(0.3)
        assert {room.courier.keeper.link().state for room in rooms.rooms} == {"up"}
        while rooms.rooms[0].courier.keeper.gaps() or rooms.rooms[0].courier.keeper.waiting():
            assert time.monotonic() < ends
            time.sleep(0.3)
        again = until_read(capsys, base, "ostrel", len(told), put_back=True)  # every note once more and none twice
        assert (again["good"], [one["id"] for one in again["notes"]]) == (True, [one["id"] for one in told])
        assert until_read(capsys, base, "vanmere", len(told))["good"]
    finally:
        rooms.stop()


def sizes(base, name) -> dict:
    with open_store(read_config(base / name), 1) as store, store.read() as tx:
        return dict(tx.rows("SELECT role, size FROM log"))


def test_a_charter_that_one_party_signed_is_not_installed_and_a_room_that_is_not_there_says_so(base, capsys):
    open_it(base, (1, 2))
    one = base / "one"
    sides = ["--side", base / "ostrel.side", "--side", base / "vanmere.side"]
    persons = [w for n in ("ostrel", "vanmere") for w in ("--person", f"{n}.example/comity={base / n}.card")]
    before = ["--before", base / "charter"]
    run(
        "open",
        "--terms",
        base / "terms.toml",
        "--accord",
        base / "accord.cose",
        *sides,
        *persons,
        *before,
        "--out",
        one,
    )
    run("sign", one, "--root", base / "ostrel-root")
    run("install", one, "--node", base / "ostrel", good=1)
    run("sign", one, "--root", base / "vanmere-root")
    run("install", one, "--node", base / "ostrel")
    run("list", "--node", base / "ostrel")
    assert "Point nine" in capsys.readouterr().out
    run("fetch", "--node", base / "ostrel", "--room", 7, "--out", base / "x", good=2)
    run("join", "--number", 1, "--agency", "x", "--key", base / "ostrel.key", "--card", base / "x", good=2)
    (base / "junk").write_bytes(b"junk")
    run("verify", base / "junk", good=1)
    run("hand-in", "--node", base / "ostrel", *ROOM, base / "junk", good=1)
