"""`comity law replay` at a terminal, on the store of a node that decided, good and with a planted fault."""

from __future__ import annotations

import json
import sqlite3

import pytest

from comity.edge.config import read_config
from comity.edge.opening import open_law
from comity.node.lawkept import kept_editions
from tests.unit.cli.pair import typed
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, opened, paired, question


@pytest.fixture
def folder(tmp_path):
    """A node that decided twice, and was closed."""
    base = copy_of(paired(), tmp_path)
    node = opened(base, "ostrel")
    node.node.submit([(question(), ASKS)], MADE)
    with node.store.read() as tx:
        assert [one.hash for one in kept_editions(tx)] == [open_law(read_config(base / "ostrel")).hash]
    node.store.close()
    return base / "ostrel"


def test_a_good_log_ends_with_0(folder, capsys):
    code, said, _ = typed(capsys, "law", "replay", "--node", folder)
    assert code == 0
    assert said.rstrip().endswith("ALL THE SAME")
    code, said, _ = typed(capsys, "law", "replay", "--node", folder, "--json")
    told = json.loads(said)
    assert (code, told["same"], told["differ"], len(told["editions"])) == (0, True, [], 1)
    assert told["counts"]["same"] >= 1


def test_an_altered_record_ends_with_1_and_is_named(folder, capsys):
    store = sqlite3.connect(folder / "node.db")
    with store:
        store.execute("UPDATE record SET salt = zeroblob(32) WHERE idx = 0")
    store.close()
    code, said, _ = typed(capsys, "law", "replay", "--node", folder)
    assert code == 1
    assert "DIFFERS  entry 0, sent" in said
    assert "NOT THE SAME" in said
    told = json.loads(typed(capsys, "law", "replay", "--node", folder, "--json")[1])
    assert [one["record"] for one in told["differ"]] == [0]


def test_a_folder_without_a_node_is_misuse(tmp_path, capsys):
    assert typed(capsys, "law", "replay", "--node", tmp_path)[0] == 2


def test_the_yearly_report_is_a_table_and_json(folder, capsys):
    code, said, _ = typed(capsys, "law", "report", "--year", "2026", "--node", folder)
    assert code == 0
    assert "Mistreatment, 2026" in said
    assert "Assessments, by act" in said
    told = json.loads(typed(capsys, "law", "report", "--year", "2026", "--node", folder, "--json")[1])
    assert (told["year"], told["decided"], told["assessments"]) == (2026, 1, {})
    assert told["full_forms"] == {"owed": 0, "in_time": 0, "late": 0, "missing": 0}
    for year in ("26", "1969", "year"):
        with pytest.raises(SystemExit):
            typed(capsys, "law", "report", "--year", year, "--node", folder)
