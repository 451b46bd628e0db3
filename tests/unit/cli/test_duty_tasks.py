"""`comity duty` and `comity tasks` against two running nodes."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.pair import both, quick, typed
from tests.unit.edge.dutyworld import MORE
from tests.unit.edge.twofolders import copy_of


@pytest.fixture(scope="module")
def ostrel(tmp_path_factory):
    folder = copy_of(quick(), tmp_path_factory.mktemp("run"))
    roster = folder / "ostrel" / "roster.toml"
    roster.write_text(roster.read_text() + MORE)
    with both(folder) as running:
        yield "--node", running.folder / "ostrel"


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")


def test_duty_shows_both_sides_gaps_and_shifts(ostrel, capsys):
    code, said, _ = typed(capsys, "duty", "show", "--shifts", *ostrel)
    assert code == 0
    for words in (
        "XO",
        "XV",
        "harbour bell 1",
        "road post 9",
        "duty-officer 20",
        "nobody from",
        "is rung",
        "Our shifts",
    ):
        assert words in said, words
    card = json.loads(typed(capsys, "duty", "show", "--json", *ostrel)[1])
    assert [one["short"] for one in card["sides"]] == ["XO", "XV"]


def test_a_shift_is_changed_by_a_lead_only(ostrel, capsys):
    shift, lead = "20/duty-officer/2026-07-15", ("--officer", "requests/18")
    code, said, _ = typed(capsys, "duty", "swap", shift, "--substitute", 11, "--note", "course", *lead, *ostrel)
    assert (code, said.strip()) == (0, "substitute: the shift of 20 as duty-officer on 2026-07-15 is 11's")
    assert "nobody's" in typed(capsys, "duty", "swap", shift, "--absent", *lead, *ostrel)[1]
    made = json.loads(typed(capsys, "duty", "swap", f"{shift}/00:00", "--planned", "--json", *lead, *ostrel)[1])
    assert made[0]["what"] == "planned"
    other = "11/duty-officer/2026-07-16"
    assert typed(capsys, "duty", "swap", shift, "--with", other, *lead, *ostrel)[1].count("swap:") == 2
    assert typed(capsys, "duty", "swap", shift, "--absent", "--officer", "requests/11", *ostrel)[0] == 1
    assert typed(capsys, "duty", "swap", "20/duty-officer", "--absent", *lead, *ostrel)[0] == 2


def test_a_note_is_signed_shown_and_taken_over(ostrel, capsys):
    code, said, _ = typed(
        capsys, "duty", "handover", "--sign", "--eye", "Two cases", "--officer", "requests/11", *ostrel
    )
    assert (code, said[:8]) == (0, "signed: ")
    note = said.split()[1].rstrip(",")
    assert "Two cases" in typed(capsys, "duty", "handover", *ostrel)[1]
    assert typed(capsys, "duty", "handover", "--take", note, *ostrel)[0] == 2, "by whom?"
    assert "taken over" in typed(capsys, "duty", "handover", "--take", note, "--officer", "requests/20", *ostrel)[1]
    assert json.loads(typed(capsys, "duty", "handover", "--json", *ostrel)[1]) == []
    assert "20" in typed(capsys, "duty", "handover", "--all", *ostrel)[1]
    signed = typed(capsys, "duty", "handover", "--sign", "--officer", "requests/11", "--json", *ostrel)[1]
    assert json.loads(signed)["by_number"] == 11


def test_how_one_is_rung_elsewhere_is_kept_and_checked(ostrel, capsys):
    me = ("--officer", "requests/13", *ostrel)
    assert "nowhere" in typed(capsys, "duty", "bell", *me)[1]
    said = typed(
        capsys, "duty", "bell", "--mail", "clerk@desk.example", "--quiet", "22:00-07:00", "--zone", "Asia/Dubai", *me
    )
    assert said[1].strip() == "rings go to: clerk@desk.example; only what is immediate: 22:00-07:00 Asia/Dubai"
    assert "22:00" in typed(capsys, "duty", "bell", "--mail", "", *me)[1], "the hours stay"
    kept = json.loads(typed(capsys, "duty", "bell", "--quiet", "", "--json", *me)[1])
    assert (kept["mail"], kept["quiet_from"]) == ("", "")
    for wrong in (
        ("--mail", "clerk"),
        ("--mail", "a@b\nBcc: c@d.example"),
        ("--quiet", "22:00"),
        ("--quiet", "22:00-25:00"),
    ):
        assert typed(capsys, "duty", "bell", *wrong, *me)[0] == 2, wrong
    assert typed(capsys, "duty", "bell", "--quiet", "22:00-07:00", "--zone", "Mars/Olympus", *me)[0] in {1, 2}
    assert typed(capsys, "duty", "bell", "--mail", "a@b.example", "--officer", "requests/99", *ostrel)[0] == 1


def test_a_task_is_given_taken_done_refused_withdrawn(ostrel, capsys):
    duty, clerk = ("--officer", "requests/11"), ("--officer", "requests/13")
    code, said, _ = typed(
        capsys, "tasks", "give", "paper-office", "Book 4", "--due", "2026-07-14T10:00", *duty, *ostrel
    )
    assert code == 0
    assert "given: " in said
    assert "due 14 Jul 10:00 UTC" in said
    task = said.split()[1].rstrip(",")
    assert "taken: " in typed(capsys, "tasks", "take", task, *clerk, *ostrel)[1]
    assert "Book 4" in typed(capsys, "tasks", "list", *ostrel)[1]
    done = json.loads(typed(capsys, "tasks", "done", task, "Nothing", "--json", *clerk, *ostrel)[1])
    assert (done["state"], done["answer"]) == ("done", "Nothing")
    assert "Nothing" in typed(capsys, "tasks", "list", "--closed", *ostrel)[1]
    for step, more, who in (("refuse", ("No",), clerk), ("withdraw", (), duty)):
        given = json.loads(typed(capsys, "tasks", "give", "paper-office", "x", "--to", 13, "--json", *duty, *ostrel)[1])
        assert typed(capsys, "tasks", step, given["id"], *more, *who, *ostrel)[0] == 0
    assert json.loads(typed(capsys, "tasks", "list", "--json", *ostrel)[1]) == []
    none = typed(capsys, "tasks", "list", "--case", "0" * 26, "--json", *ostrel)[1]
    assert json.loads(none) == []
    assert typed(capsys, "tasks", "take", task, *clerk, *ostrel)[0] == 2
    assert typed(capsys, "tasks", "give", "nobody", "x", *duty, *ostrel)[0] == 2
