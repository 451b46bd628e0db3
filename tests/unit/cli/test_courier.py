"""`comity courier`: two running nodes without an address of each other, and a person who carries a folder."""

from __future__ import annotations

import json

import pytest

from comity.base.ids import Ms
from comity.edge.media import FOLDER, folder_of
from tests.unit.cli.pair import Both, copy_of, quick, typed
from tests.unit.edge.twofolders import MADE

QUESTION = {
    "kind": "rfi", "agency": "paper-office", "recipients": ["seal-house"], "purpose": "border-document", "urgency": "normal",
    "workplan_item": "F-1",
    "body": {
        "title": "Is paper 88 yours?", "text": "Shown at the port.", "asks": ["document"], "records": ["registration"],
        "own_power": "port law, article 4", "reason": "The seal looks like yours.",
    },
}  # fmt: skip


class Apart(Both):
    """Both nodes, neither of which has a way to the other."""

    def __init__(self, folder):
        self.alone = True
        super().__init__(folder)

    def begin(self, name):
        path = self.folder / name / "node.toml"
        lines = [line for line in path.read_text().splitlines() if not line.startswith("peer_addresses")]
        path.write_text("\n".join(lines) + "\n")
        return super().begin(name)


@pytest.fixture
def apart(tmp_path):
    running = Apart(copy_of(quick(), tmp_path))
    yield running
    running.stop()


def test_a_person_carries_media_there_and_back(apart, tmp_path, capsys):
    ostrel, vanmere = apart.folder / "ostrel", apart.folder / "vanmere"
    stick = tmp_path / "stick"
    stick.mkdir()
    apart.set_time(Ms(MADE + 60_000))
    form = tmp_path / "question.json"
    form.write_text(json.dumps(QUESTION))
    code, said, _ = typed(capsys, "send", form, "--node", ostrel, "--officer", "requests/13")
    assert code == 0, said
    code, said, _ = typed(capsys, "courier", "write", stick, "--node", ostrel)
    assert (code, "the question to vanmere.example/comity whether" in said, "1 dispatch not on it" in said) == (
        0,
        True,
        True,
    )
    code, said, _ = typed(capsys, "courier", "read", stick, "--answer", "--node", vanmere)
    assert (code, "Write media for the other side now" in said) == (0, True)
    code, said, _ = typed(capsys, "courier", "read", stick, "--answer", "--node", ostrel)
    assert code == 0
    assert "1 dispatch written, 0 receipts, for vanmere.example/comity" in said
    code, said, _ = typed(capsys, "courier", "read", stick, "--node", vanmere)
    assert code == 0
    assert "1 dispatch recorded, 1 of them filed" in said
    code, said, _ = typed(capsys, "courier", "read", stick, "--node", vanmere)
    assert "these media were read on" in said
    code, said, _ = typed(capsys, "courier", "write", stick, "--node", vanmere)
    assert "0 dispatches written, 1 receipt, for ostrel.example/comity" in said
    assert "last media read on" in said
    code, said, _ = typed(capsys, "courier", "read", stick, "--node", ostrel, "--json")
    found = json.loads(said)
    assert (code, found["receipts"], found["faults"]) == (0, 1, [])
    code, said, _ = typed(capsys, "courier", "last", "--node", ostrel)
    assert "written" in said
    assert "read" in said
    shown = json.loads(typed(capsys, "courier", "last", "--node", ostrel, "--json")[1])
    assert shown["read"]["receipts"] == 1


def test_what_is_wrong_ends_with_a_code_and_a_sentence(apart, tmp_path, capsys):
    ostrel = apart.folder / "ostrel"
    code, _, told = typed(capsys, "courier", "read", tmp_path / "none", "--node", ostrel)
    assert (code, "Is it the right media" in told) == (1, True)
    stick = tmp_path / "stick"
    stick.mkdir()
    typed(capsys, "courier", "write", stick, "--node", ostrel)
    code, _, told = typed(capsys, "courier", "read", stick, "--node", ostrel)
    assert (code, "Carry it there" in told) == (1, True)
    code, said, _ = typed(capsys, "courier", "write", stick, "--node", ostrel, "--json")
    assert (code, json.loads(said)["recovering"]) == (0, True)
    damaged = next(stick.rglob("recover.cose"))
    damaged.write_bytes(b"")
    code, said, _ = typed(capsys, "courier", "read", stick, "--answer", "--json", "--node", apart.folder / "vanmere")
    shown = json.loads(said)
    assert (code, len(shown["read"]["faults"]), shown["written"]["recovering"]) == (1, 1, True)
    code, said, _ = typed(capsys, "courier", "write", stick, "--node", ostrel)
    next((stick / FOLDER / folder_of("ostrel.example/comity")).rglob("recover.cose")).write_bytes(b"x")
    code, said, _ = typed(capsys, "courier", "read", stick, "--node", apart.folder / "vanmere")
    assert (code, "NOT TAKEN" in said) == (1, True)
