"""Two page processes of one node: a change made through one is heard on the other's stream, and shown there."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from comity.base.errors import BadConfiguration, StoreMisuse
from comity.base.ids import show_id
from comity.edge.config import read_config
from comity.edge.farhands import FarHands
from comity.edge.pageprocess import start_pages
from comity.edge.reading import open_reader
from comity.screen.visitor import Refused
from tests.unit.edge.twofolders import question
from tests.web.desk import desk


@contextmanager
def page_process(folder):
    """Run `comity web` as people do; yield its port."""
    program = [sys.executable, "-m", "comity.cli.main", "web", "--node", str(folder), "--port", "0", "--json"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    try:
        yield int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])
    finally:
        process.terminate()
        assert process.wait(60) == 0
        process.stdout.close()


def events(answer: httpx.Response):
    """Yield (event, data, id) of a stream."""
    said: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            said[name] = value
        elif said:
            yield said.get("event", ""), json.loads(said.get("data") or "null"), said.get("id", "")
            said = {}


def test_a_change_through_one_process_is_heard_and_shown_by_the_others(tmp_path):
    with desk(tmp_path, far=False) as house:
        first = house.crosses(question())
        with page_process(house.folder / "ostrel") as one, page_process(house.folder / "ostrel") as other:
            here, there = house.visitor("duty-officer", port=one), house.visitor("desk-lead", port=other)
            page = there.get("/today")
            assert page.status_code == 200
            assert show_id(first) in page.text
            assert here.get("/today").status_code == 200
            topics = there.parts("/today").json()["topics"]
            assert topics == house.visitor("desk-lead").parts("/today").json()["topics"], "one key for all processes"
            with there.http.stream("GET", "/events") as stream:
                heard = events(stream)
                assert next(heard)[0] in {"", "hello"}
                told = time.monotonic()
                second = house.crosses(question())
                for kind, said, _ in heard:
                    if kind == "ping" and (said.get("all") or set(said["topics"]) & set(topics)):
                        break
                assert time.monotonic() - told < 1
            assert show_id(second) in there.parts("/today").text


def test_a_page_process_outlives_its_node_and_finds_it_again(tmp_path):
    """The stream says under the new boot that all may have moved."""
    with desk(tmp_path, far=False) as house:
        pages = asyncio.run_coroutine_threadsafe(
            start_pages(read_config(house.folder / "ostrel"), 0), house.loop
        ).result(20)
        lead = house.visitor("desk-lead", port=pages.port)
        with lead.http.stream("GET", "/events") as stream:
            heard = events(stream)
            hello = next(said for kind, said, _ in heard if kind == "hello")
            asyncio.run_coroutine_threadsafe(house.nodes.pop().stop(), house.loop).result(20)
            assert lead.get("/today").status_code == 200, "what is stored can still be read"
            house.begin("ostrel")
            again = next(at for kind, said, at in heard if kind == "ping" and said.get("all"))
        assert not again.startswith(hello["boot"])
        asyncio.run_coroutine_threadsafe(pages.stop(), house.loop).result(20)


def test_a_page_process_holds_no_key_of_ours_and_writes_nothing(tmp_path):
    with desk(tmp_path, far=False) as house:
        folder = house.folder / "ostrel"
        for key in (folder / "keys").rglob("*"):
            key.chmod(0o000)
        opened = open_reader(read_config(folder))
        ours = house.opened().built.voice
        assert opened.built.voice.log_keys.verifier == ours.log_keys.verifier
        assert opened.built.voice.cosigner_keys.verifier == ours.cosigner_keys.verifier
        assert opened.built.voice.decision_keys.verifier == ours.decision_keys.verifier
        assert opened.built.office.sealing == {}
        raw = ours.log_keys.ed25519.private_bytes_raw()
        assert opened.built.voice.log_keys.ed25519.private_bytes_raw() != raw
        with pytest.raises(StoreMisuse, match="writes nothing"), opened.node.ledger.begin():
            pass
        opened.store.close()
        for key in (folder / "keys").rglob("*"):
            key.chmod(0o700 if key.is_dir() else 0o600)


def test_without_a_store_or_pages_nothing_starts(tmp_path):
    from tests.unit.edge.twofolders import copy_of, paired

    folder = copy_of(paired(), tmp_path) / "ostrel"
    with pytest.raises(BadConfiguration, match="the settings name no pages"):
        asyncio.run(start_pages(read_config(folder), 0))
    (folder / "node.toml").write_text((folder / "node.toml").read_text() + 'web = "comity.web.app:create"\n')
    with pytest.raises(BadConfiguration, match="start the node first"):
        asyncio.run(start_pages(read_config(folder), 0))


def test_a_door_that_is_not_there_is_said(tmp_path):
    async def ask():
        hands = FarHands(tmp_path)
        try:
            await hands.ask("GET", "/status")
        finally:
            await hands.close()

    with pytest.raises(Refused, match="does not answer") as refused:
        asyncio.run(ask())
    assert refused.value.status == 503
