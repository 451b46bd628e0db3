"""`comity persons`: counts by side and purpose against the limit, and never a name."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.pair import both, quick, typed
from tests.unit.cli.test_requests import GOOD
from tests.unit.edge.twofolders import copy_of

NAMES = ("Tara Noon", "Gull Mere")
ASSOCIATION = "Harbour Rowing Club"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


def test_what_was_asked_is_counted_by_side_and_purpose_and_no_name_is_shown(two, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "300")
    ostrel = ("--node", two.folder / "ostrel")
    code, said, _ = typed(capsys, "persons", "--json", *ostrel)
    assert code == 0
    assert {**json.loads(said), "until": 0} == {"until": 0, "persons": [], "associations": []}
    path = tmp_path / "form.toml"
    path.write_text(
        GOOD.replace("[[body.items]]", f'associations = ["{ASSOCIATION}"]\n[[body.items]]', 1)
        + "".join(f'[[body.items]]\nlabel = "Name"\nvalue = "{name}"\ncategories = ["person"]\n' for name in NAMES)
    )
    sent = typed(capsys, "send", path, "--officer", "requests/13", *ostrel)
    assert sent[0] == 0, sent
    (counted,) = json.loads(typed(capsys, "persons", "--json", *ostrel)[1])["persons"]
    assert (counted["ours"], counted["persons"]) == (True, 2)
    assert counted["limit"] is None or counted["limit"] >= 2
    said = typed(capsys, "persons", *ostrel)[1]
    assert "we" in said
    assert counted["purpose"] in said
    assert "at most 2 members of one" in said
    for word in (*NAMES, *(part for name in NAMES for part in name.split()), ASSOCIATION):
        assert word not in said
