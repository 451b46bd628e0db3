"""`comity retention` at two running nodes: due, held, asked, confirmed, certified, and read by the other side."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from comity.base.ids import Ms, show_id
from tests.unit.cli.pair import both, copy_of, quick, typed
from tests.unit.edge.twofolders import ASKS, MADE, question

MINUTE, DAY = 60_000, 86_400_000
LEAD, LEGAL = "requests/21", "requests/22"


@pytest.fixture
def running(tmp_path):
    with both(copy_of(quick(), tmp_path)) as found:
        yield found


def test_what_is_due_is_erased_by_two_and_certified_to_the_other(running, tmp_path, capsys):
    far, near = running.nodes
    folder = running.folder / "ostrel"
    running.set_time(Ms(MADE + MINUTE))
    running.until(lambda: near.engine.node.link().state == "up" and far.engine.node.link().state == "up")
    form = question(retain_until=Ms(MADE + DAY))
    sent = asyncio.run_coroutine_threadsafe(near.engine.submit(form, ASKS), running.loop).result(10)
    settled = "SELECT 1 FROM sent WHERE id = ? AND settled_at IS NOT NULL"
    running.until(lambda: _rows(near, settled, sent.id))
    number = show_id(sent.id)
    code, said, _ = typed(capsys, "retention", "due", "--node", folder)
    assert (code, number in said) == (0, False)
    running.set_time(Ms(MADE + 2 * DAY))
    code, said, _ = typed(capsys, "retention", "due", "--node", folder)
    assert (code, number in said, "label" in said) == (0, True, True)
    code, said, _ = typed(capsys, "retention", "hold", number, "--reason", "court order 7", "--node", folder, "--officer", LEGAL, "--json")  # fmt: skip
    hold = json.loads(said)["id"]
    (held,) = json.loads(typed(capsys, "retention", "due", "--node", folder, "--json")[1])["holds"]
    assert (held["id"], held["reason"]) == (hold, "court order 7")
    ask = ("retention", "erase", number, "--node", folder, "--officer")
    assert typed(capsys, *ask, LEAD, "--reason", "its day")[0] == 2
    assert typed(capsys, "retention", "hold", hold, "--end", "--node", folder, "--officer", LEGAL)[0] == 0
    renew = ("retention", "renew", number, "--node", folder, "--officer")
    why = ("--reason", "the case goes on still")
    assert typed(capsys, *renew, LEAD, *why)[0] == 2, "until when?"
    assert typed(capsys, *renew, LEAD, *why, "--until", "2099-01-01")[0] == 2, "neither law nor accord says so"
    accord = near.engine.node.office.accord
    longer = replace(accord, timers=(*accord.timers, ("retention-most", 90 * DAY)))
    near.engine.node.office = replace(near.engine.node.office, accord=longer)
    assert "another person" in typed(capsys, *renew, LEAD, *why, "--until", "2026-07-18")[1]
    assert "taken back" in typed(capsys, *renew, LEGAL, "--refuse")[1]
    assert typed(capsys, *renew, LEGAL, *why, "--until", "2026-07-18")[0] == 0
    assert json.loads(typed(capsys, *renew, LEAD, "--confirm", "--json")[1])["state"] == "renewed"
    assert "18 Jul" in typed(capsys, "retention", "due", "--node", folder)[1]
    running.set_time(Ms(MADE + 8 * DAY))
    assert "another person" in typed(capsys, *ask, LEAD, "--reason", "its day", "--part", "body")[1]
    assert typed(capsys, *ask, LEAD, "--confirm")[0] == 1
    (one,) = json.loads(typed(capsys, "retention", "due", "--node", folder, "--json")[1])["due"]
    assert (one["dispatch"], one["asked"], one["hold"]) == (number, "requests/21", None)
    assert "taken back" in typed(capsys, *ask, LEGAL, "--refuse")[1]
    assert typed(capsys, *ask, LEAD, "--reason", "its day")[0] == 0
    code, said, _ = typed(capsys, *ask, LEGAL, "--confirm")
    assert (code, "erased; leaf" in said) == (0, True)
    out = tmp_path / "certificate.json"
    write = ("retention", "certificate", number, "--out", out, "--node", folder)
    running.until(lambda: typed(capsys, *write)[0] == 0)
    assert typed(capsys, *write)[0] == 2, "never over a file"
    keys = [running.folder / name / "keys.cose" for name in ("ostrel", "vanmere")]
    code, said, _ = typed(capsys, "retention", "verify", out, "--keys", *keys)
    assert (code, "VERIFIED: ostrel.example/comity/log/1" in said, "body, attachments, author" in said) == (
        0,
        True,
        True,
    )
    assert json.loads(typed(capsys, "retention", "verify", out, "--json", "--keys", *keys)[1])["kind"] == "shred"
    out.write_bytes(out.read_bytes().replace(b'"record": "88', b'"record": "89'))
    assert typed(capsys, "retention", "verify", out, "--keys", *keys)[0] == 1


def test_a_certificate_goes_to_the_other_side_by_itself(running, tmp_path, capsys):
    far, near = running.nodes
    ostrel, vanmere = (running.folder / name for name in ("ostrel", "vanmere"))
    running.set_time(Ms(MADE + MINUTE))
    running.until(lambda: near.engine.node.link().state == "up" and far.engine.node.link().state == "up")
    sent = asyncio.run_coroutine_threadsafe(near.engine.submit(question(), ASKS), running.loop).result(10)
    running.until(lambda: _rows(near, "SELECT 1 FROM sent WHERE id = ? AND settled_at IS NOT NULL", sent.id))
    number = show_id(sent.id)
    ask = ("retention", "erase", number, "--node", vanmere, "--officer")
    assert typed(capsys, *ask, "requests/41", "--reason", "asked for")[0] == 0
    assert typed(capsys, *ask, "requests/42", "--confirm")[0] == 0
    running.until(lambda: _rows(near, "SELECT 1 FROM certificate WHERE about = ?", sent.id))
    assert "erased already" in typed(capsys, *ask, "requests/41", "--reason", "asked for")[2]
    (held,) = json.loads(typed(capsys, "retention", "certificates", "--node", ostrel, "--json")[1])["held"]
    assert (held["about"], held["ours"], held["state"]) == (number, False, "filed")
    code, said, _ = typed(capsys, "retention", "certificates", "--node", ostrel)
    assert (code, "the other side" in said, "owed by us: 0, by the other side: 0" in said) == (0, True, True)
    out = tmp_path / "theirs.json"
    assert typed(capsys, "retention", "certificate", number, "--out", out, "--node", ostrel)[0] == 0
    keys = [running.folder / name / "keys.cose" for name in ("ostrel", "vanmere")]
    assert "VERIFIED: vanmere.example" in typed(capsys, "retention", "verify", out, "--keys", *keys)[1]


def test_what_was_erased_in_part_is_shown_and_the_rest_has_a_certificate_of_its_own(running, tmp_path, capsys):
    far, near = running.nodes
    ostrel, vanmere = (running.folder / name for name in ("ostrel", "vanmere"))
    running.set_time(Ms(MADE + MINUTE))
    running.until(lambda: near.engine.node.link().state == "up" and far.engine.node.link().state == "up")
    form = question(retain_until=Ms(MADE + DAY))
    sent = asyncio.run_coroutine_threadsafe(near.engine.submit(form, ASKS), running.loop).result(10)
    running.until(lambda: _rows(near, "SELECT 1 FROM sent WHERE id = ? AND settled_at IS NOT NULL", sent.id))
    number = show_id(sent.id)
    running.set_time(Ms(MADE + 2 * DAY))
    ask = ("retention", "erase", number, "--node", vanmere, "--officer")
    crossed = "SELECT 1 FROM certificate WHERE about = ? AND ours = 0"
    left = [[(number, ["attachments", "author"], True)], []]
    for n, more in enumerate((("--part", "body"), ())):
        assert typed(capsys, *ask, "requests/41", "--reason", "asked for", *more)[0] == 0
        assert typed(capsys, *ask, "requests/42", "--confirm")[0] == 0
        running.until(lambda n=n: len(_rows(near, crossed, sent.id)) == n + 1)
        code, said, _ = typed(capsys, "retention", "due", "--node", vanmere)
        assert (code, number in said, "author" in said) == (0, not n, not n)
        due = json.loads(typed(capsys, "retention", "due", "--node", vanmere, "--json")[1])["due"]
        assert [(one["dispatch"], one["left"], one["partly"]) for one in due] == left[n]
    keys = [running.folder / name / "keys.cose" for name in ("ostrel", "vanmere")]
    for step, parts in (("1", "destroyed body of"), ("2", "destroyed attachments, author of")):
        out = tmp_path / f"{step}.json"
        code, said, _ = typed(
            capsys, "retention", "certificate", number, "--step", step, "--out", out, "--node", ostrel
        )
        assert (code, "erased in 2 steps" in said) == (0, True)
        assert parts in typed(capsys, "retention", "verify", out, "--keys", *keys)[1]
    write = ("retention", "certificate", number, "--out", tmp_path / "none.json", "--node", ostrel, "--step")
    assert [typed(capsys, *write, step)[0] for step in ("3", "-1")] == [2, 2]


def _rows(node, statement, *arguments):
    with node.engine.node.ledger.read() as tx:
        return tx.rows(statement, arguments)
