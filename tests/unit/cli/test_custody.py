"""`comity custody` at a running node: asked, confirmed, read apart from it with the custodian's key."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from comity.base.ids import Ms, show_id
from comity.policy.question import Act
from tests.unit.cli.pair import both, copy_of, quick, typed
from tests.unit.edge.test_custody_opens import Sieve
from tests.unit.edge.twofolders import ASKS, MADE, question

MINUTE, DAY = 60_000, 86_400_000


@pytest.fixture
def running(tmp_path):
    with both(copy_of(quick(), tmp_path)) as found:
        yield found


def test_it_is_asked_confirmed_read_and_destroyed(running, tmp_path, capsys):
    far, near = running.nodes
    node = far.engine.node
    node.office = replace(node.office, gate=Sieve(node.office.gate, Act.ADMIT, Act.COURT))
    folder, root = running.folder / "vanmere", running.folder / "vanmere-root"
    running.set_time(Ms(MADE + MINUTE))
    running.until(lambda: near.engine.node.link().state == "up" and node.link().state == "up")
    sent = asyncio.run_coroutine_threadsafe(near.engine.submit(question(), ASKS), running.loop).result(10)
    number = show_id(sent.id)

    def kept():
        return json.loads(typed(capsys, "custody", "list", "--node", folder, "--json")[1])["kept"]

    running.until(lambda: bool(kept()))
    assert number in typed(capsys, "custody", "list", "--node", folder)[1]
    wish = ("custody", "open", number, "--node", folder, "--officer")
    assert typed(capsys, *wish, "requests/41", "--reason", "the refusal is looked at")[0] == 1, "a desk lead"
    assert "confirms it" in typed(capsys, *wish, "requests/42", "--reason", "a court orders it", "--for", "court")[1]
    out = tmp_path / "box.json"
    assert typed(capsys, *wish, "requests/35", "--confirm")[0] == 2, "no file named"
    code, said, _ = typed(capsys, *wish, "requests/35", "--confirm", "--out", out)
    assert (code, "our law does not let it" in said, "T-1" in said, out.exists()) == (1, True, True, False)
    assert typed(capsys, *wish, "requests/42", "--reason", "the refusal is looked at")[0] == 0
    assert "taken back" in typed(capsys, *wish, "requests/35", "--refuse")[1]
    assert typed(capsys, *wish, "requests/35", "--reason", "the refusal is looked at")[0] == 0
    code, said, _ = typed(capsys, *wish, "requests/42", "--confirm", "--out", out)
    assert (code, "sealed box is written" in said) == (0, True)
    assert "Openings" in typed(capsys, "custody", "list", "--node", folder)[1]
    code, said, _ = typed(capsys, "custody", "read", out, "--root", root)
    assert (code, number in said, question().body["title"] in said, "requests/35" in said) == (0, True, True, True)
    assert json.loads(typed(capsys, "custody", "read", out, "--root", root, "--json")[1])["dispatch"] == number
    assert typed(capsys, "custody", "read", out, "--root", running.folder / "ostrel-root")[0] == 1, "another key"
    end = ("custody", "destroy", number, "--node", folder, "--officer")
    assert typed(capsys, *end, "requests/41", "--reason", "its day")[0] == 2, "not yet"
    running.set_time(Ms(MADE + 20 * DAY))
    assert "another person" in typed(capsys, *end, "requests/41", "--reason", "its day")[1]
    assert "taken back" in typed(capsys, *end, "requests/42", "--refuse")[1]
    assert typed(capsys, *end, "requests/41", "--reason", "its day")[0] == 0
    assert "destroyed; leaf" in typed(capsys, *end, "requests/42", "--confirm")[1]
    assert number not in {one["dispatch"] for one in kept()}, "a manifest of the new day may lie there"
