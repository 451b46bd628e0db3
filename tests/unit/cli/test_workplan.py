"""`comity workplan`: plain files without a node, and two running nodes that sign one plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comity.cli.main import main
from tests.unit.cli.pair import both, quick, typed
from tests.unit.edge.twofolders import copy_of

ACCORD = Path(__file__).resolve().parents[3] / "accords"
OSTREL = ACCORD / "ostrel-vanmere" / "workplan.toml"


def run(*words) -> int:
    return main(["workplan", *map(str, words)])


@pytest.mark.parametrize("accord", ["india-canada", "ostrel-vanmere"])
def test_the_plans_that_ship_go_through_every_form_unchanged(accord, tmp_path, capsys):
    source = ACCORD / accord / "workplan.toml"
    for name in ("plan.json", "plan.csv"):
        assert run("export", source, "--to", tmp_path / name) == 0
        assert run("diff", tmp_path / name, source) == 0
    assert run("import", tmp_path / "plan.csv") == 0
    assert '"id": ' in capsys.readouterr().out
    assert run("calendar", source, "--to", tmp_path / "plan.ics") == 0
    assert (tmp_path / "plan.ics").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


def test_what_differs_is_told_and_what_is_no_plan_is_refused(tmp_path, capsys):
    other = tmp_path / "other.toml"
    other.write_text(OSTREL.read_text().replace("ten days", "five days"))
    assert run("diff", OSTREL, other) == 1
    assert "five days" in capsys.readouterr().out
    assert run("diff", OSTREL, other, "--json") == 1
    assert json.loads(capsys.readouterr().out)[0]["field"] == "measure"
    bad = tmp_path / "bad.json"
    for text in ("{", '{"title": 1}', "[]"):
        bad.write_text(text)
        assert run("import", bad) == 2
    assert run("diff", OSTREL) == 2
    assert run("export") == 2
    assert run("export", OSTREL, "--to", tmp_path / "plan.pdf") == 2
    assert run("import", tmp_path / "none.toml") == 2


# --- two running nodes -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture
def person(two, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")

    def types(name, *words):
        return typed(capsys, "workplan", *words, "--node", two.folder / name)

    return types


def card(person, name):
    return json.loads(person(name, "show", "--json")[1])


def test_a_file_is_proposed_signed_and_told_of(two, person, tmp_path):
    plan = tmp_path / "plan.toml"
    action = '[[action]]\nid = "F-1.1"\nitem = "F-1"\ntitle = {{ en = "{0}" }}\nowners = {{ xo = "paper-office", xv = "seal-house" }}\n'
    plan.write_text(OSTREL.read_text() + action.format("count ropes") + "due = 2026-01-31\n")
    assert person("ostrel", "propose", plan, "--officer", "requests/13", "--check")[0] == 1
    code, said, error = person("ostrel", "propose", plan, "--officer", "requests/13", "--text", "too few ropes")
    assert (code, said.startswith("sent: "), error) == (0, True, "")
    two.until(lambda: card(person, "vanmere")["proposals"])
    proposal = card(person, "vanmere")["proposals"][0]["id"]
    assert "too few ropes" in person("vanmere", "show")[1]
    assert person("ostrel", "agree", proposal, "--officer", "requests/13")[0] == 2
    assert person("vanmere", "agree", proposal, "--officer", "requests/33")[0] == 0
    two.until(lambda: {card(person, name)["number"] for name in ("ostrel", "vanmere")} == {2})
    assert card(person, "ostrel")["digest"] == card(person, "vanmere")["digest"]
    assert "XV seal-house" in person("ostrel", "history")[1]
    assert json.loads(person("ostrel", "history", "--json")[1])["versions"][0]["number"] == 2
    assert "OVERDUE, planned" in person("ostrel", "show")[1]
    words = ("update", "F-1.1", "done", "--officer", "requests/13", "--text", "all counted", "--evidence", proposal)
    assert person("ostrel", *words)[0] == 0
    two.until(lambda: card(person, "vanmere")["items"][0]["actions"][0]["parts"][0]["state"] == "done")
    assert person("ostrel", "diff", plan)[0] == 0
    assert person("ostrel", "propose", plan, "--officer", "requests/13")[0] == 2
    plan.write_text(plan.read_text().replace("count ropes", "count lamps"))
    assert person("vanmere", "propose", plan, "--officer", "requests/33", "--json")[0] == 0
    two.until(lambda: len(card(person, "ostrel")["proposals"]) == 2)
    newest = card(person, "ostrel")["proposals"][0]["id"]
    assert person("ostrel", "decline", newest, "--officer", "requests/13", "--reason", "ropes first")[0] == 0
    two.until(lambda: card(person, "vanmere")["proposals"][0]["fate"] == "declined")
    assert person("vanmere", "withdraw", newest, "--officer", "requests/33")[0] == 2
    assert person("vanmere", "again", newest, "--officer", "requests/33")[0] == 0
    assert "BEGIN:VCALENDAR" in person("ostrel", "calendar")[1]
