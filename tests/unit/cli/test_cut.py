"""`comity cut` from the views to two running nodes that go on in a new log, and every wrong way on it."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.pair import typed
from tests.web.desk import desk


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("run")) as running:
        yield running


@pytest.fixture
def say(house, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: typed(capsys, *words)


def test_from_the_views_to_a_new_log(house, say):
    base = house.folder
    one, other, accord = base / "ostrel", base / "vanmere", base / "accord.cose"
    owner, peer, cut, raw, made = (
        base / name for name in ("owner.json", "peer.json", "cut.cose", "list.cbor", "list.cose")
    )
    house.until(lambda: house.door("GET", "/cut/view?log=theirs", name="vanmere")["heads"])
    house.until(
        lambda: (
            house.door("GET", "/cut/view?log=ours", name="ostrel")["heads"][-1]
            in house.door("GET", "/cut/view?log=theirs", name="vanmere")["heads"]
        )
    )
    code, said, _ = say("cut", "view", "--log", "ours", "--node", one, "--out", owner)
    assert (code, "Read this fingerprint aloud" in said) == (0, True)
    assert say("cut", "view", "--log", "ours", "--node", one, "--out", owner)[0] != 0, "it is there already"
    assert say("cut", "view", "--log", "theirs", "--node", other, "--out", peer)[0] == 0
    for wrong in ({"x": 1}, json.loads(owner.read_text()) | {"heads": [[3, "no"]]}):
        (base / "wrong.json").write_text(json.dumps(wrong))
        assert say("cut", "draft", "--owner", base / "wrong.json", "--peer", peer, "--out", base / "x")[0] != 0
    assert say("cut", "draft", "--owner", peer, "--peer", owner, "--out", cut)[0] != 0, "the wrong way round"
    code, said, _ = say("cut", "draft", "--owner", owner, "--peer", peer, "--out", cut)
    assert (code, "goes on as" in said) == (0, True)
    assert "NOT shown" in say("cut", "show", cut, "--accord", accord)[1]
    assert "NOT shown" in say("cut", "show", cut)[1]
    assert say("cut", "keys", cut, "--node", other, "--out", raw)[0] != 0, "not its log"
    code, said, _ = say("cut", "keys", cut, "--node", one, "--out", raw, "--same-authority")
    assert (code, "not signed" in said) == (0, True)
    assert say("cut", "keys", cut, "--node", one, "--out", raw)[0] != 0, "it is there already"
    assert say("keys", "sign", raw, "--root", base / "ostrel-root", "--accord", accord, "--out", made)[0] == 0
    assert say("cut", "sign", cut, "--root", base / "ostrel-root", "--accord", accord)[0] == 0
    code, _, wrong = say("cut", "apply", cut, "--keys", made, "--node", one)
    assert code != 0, "signed by one root only"
    assert wrong
    code, said, _ = say("cut", "sign", cut, "--root", base / "vanmere-root", "--accord", accord)
    assert (code, "signed by both parties" in said) == (0, True)
    assert json.loads(say("cut", "show", cut, "--accord", accord, "--json")[1])["signed"] is True
    code, said, wrong = say("cut", "apply", cut, "--keys", made, "--node", one)
    assert (code, "is closed at size" in said) == (0, True), wrong
    assert "has not said yet" in say("cut", "state", "--node", one)[1]
    assert json.loads(say("cut", "apply", cut, "--keys", made, "--node", other, "--json")[1])["new"].endswith("/log/2")
    assert "taken already" in say("cut", "apply", cut, "--keys", made, "--node", other)[2]
    house.until(
        lambda: [house.door("GET", "/cut", name=name)["state"] for name in ("ostrel", "vanmere")] == ["up", "up"]
    )
    house.until(lambda: json.loads(say("cut", "state", "--node", one, "--json")[1])["cuts"][0]["mark"] is not None)
    assert "the other side's log" in say("cut", "state", "--node", other)[1]
