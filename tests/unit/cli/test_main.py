"""Each command ends with 0, 1 or 2 and one line that a person can read; never with a traceback."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from comity import __version__
from comity.base import errors
from comity.cli import law, main, out, simulate
from comity.sim.report import Report
from tests.unit.cli.pair import typed
from tests.unit.edge.twofolders import ROOT


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BadForm("x"), 2),
        (errors.BadConfiguration("x"), 2),
        (errors.BadSignature("x"), 1),
        (errors.BadEnvelope("x"), 1),
        (errors.StoreError("x"), 1),
        (errors.MissingTile("x"), 1),
        (FileNotFoundError(2, "no such file", "x"), 2),
        (TimeoutError("x"), 2),
    ],
)
def test_each_family_of_errors_has_its_exit_code(monkeypatch, capsys, error, code):
    def fail(_):
        raise error

    monkeypatch.setattr(law.show, "run_show", fail)
    assert typed(capsys, "law", "show", "x") == (code, "", f"comity: {error}\n")


@pytest.mark.parametrize(("error", "code"), [(BrokenPipeError(), 0), (KeyboardInterrupt(), 1)])
def test_whoever_stops_reading_or_presses_ctrl_c_sees_no_traceback(monkeypatch, capsys, error, code):
    def fail(_):
        raise error

    monkeypatch.setattr(law.show, "run_show", fail)
    assert typed(capsys, "law", "show", "x") == (code, "", "")


@pytest.mark.parametrize(
    "words", [(), ("dance",), ("node",), ("send",), ("accord", "new"), ("simulate", "--seeds", "x")]
)
def test_what_is_no_command_is_misuse(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main.main(list(words))
    assert ended.value.code == 2


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit) as ended:
        main.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"comity {__version__}\n"


# --- law -------------------------------------------------------------------------------------------------------------


def test_a_law_is_shown_with_its_articles_and_that_it_is_an_exercise(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, said, _ = typed(capsys, "law", "show", "ostrel-vanmere", "--laws", ROOT / "laws")
    assert code == 0
    assert "Law of the accord, 2" in said
    assert "EXERCISE EDITION, not reviewed by counsel" in said
    code, said, _ = typed(capsys, "law", "show", "ostrel-vanmere", "--laws", ROOT / "laws", "--json")
    shown = json.loads(said)
    assert (code, shown["exercise"], len(shown["hash"])) == (0, True, 64)
    assert shown["rules"][0] | {
        "rule": "OV-1", "article": "Law of the accord, 1", "status": "accord", "title": "Missing persons",
    } == shown["rules"][0]  # fmt: skip


def test_an_edition_that_is_not_there_is_named(capsys):
    assert typed(capsys, "law", "show", "none", "--laws", ROOT / "laws")[0::2] == (
        2,
        "comity: there is no edition 'none'; nothing was loaded\n",
    )
    assert typed(capsys, "law", "show", "none", "--laws", ROOT / "none")[0] == 2


# --- simulate --------------------------------------------------------------------------------------------------------


def test_a_world_is_simulated_and_reported(capsys):
    code, said, _ = typed(capsys, "simulate", "--seeds", "1", "--dispatches", "4", "--json")
    report = json.loads(said)
    assert code == 0
    assert report["failed"] in ([], {})
    assert said.count("\n") == 1


def test_disks_that_fail_on_purpose_are_counted_and_not_told_of(capsys, caplog):
    before = logging.getLogger("comity.store").level
    code, said, _ = typed(capsys, "simulate", "--seeds", "1", "--first", "3", "--dispatches", "4", "--json")
    assert code == 0
    assert json.loads(said)["faults"]["not-stored"] > 0
    assert [one.message for one in caplog.records if one.name == "comity.store"] == []
    assert logging.getLogger("comity.store").level == before


def test_a_broken_invariant_is_named_with_its_seed_and_ends_with_one(capsys, monkeypatch):
    broken = Report(
        seeds=(3,), steps=1, dispatches=0, commits=1, virtual_hours=1.0, wall_seconds=1.0, faults=(("loss", 2),),
        failed=((3, "a log forgot an entry"),), traces=(),
    )  # fmt: skip
    monkeypatch.setattr(simulate, "simulate", lambda *_, **more: (more["told"](3), broken)[1])
    code, said, _ = typed(capsys, "simulate", "--seeds", "1", "--first", "3")
    assert code == 1
    assert "BROKEN" in said
    assert "FAILED seed 3" in said
    assert "a log forgot an entry" in said
    assert "fault: loss" in said


# --- how it is shown -------------------------------------------------------------------------------------------------


def test_a_table_shows_what_the_other_side_wrote_as_it_is(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    texts = ["[bold]x[/bold]", "\\[red]y", "[/none]", ":smile:", "a\nb"]
    out.show_table("[/title]", ("head", "id"), [[text, "0" * 26] for text in texts])
    said = capsys.readouterr().out
    assert "[/title]" in said
    for text in texts:
        for line in text.splitlines():
            assert line in said


def test_json_is_one_line(monkeypatch):
    held = io.StringIO()
    monkeypatch.setattr(sys, "stdout", held)
    out.show_json({"a": "é\n", "b": ROOT})
    assert held.getvalue() == f'{{"a": "é\\n", "b": "{ROOT}"}}\n'


def test_times_are_utc():
    assert out.moment(None) == ""
    assert out.moment(1_783_900_800_000) == "13 Jul 00:00 UTC"
    assert out.read_moment("2026-07-13") == out.read_moment("2026-07-13T02:00:00+02:00") == 1_783_900_800_000
    with pytest.raises(errors.BadForm, match="'soon' is no time"):
        out.read_moment("soon")


def lines_of(parser):
    return {
        one.dest: one.help for action in parser._actions if action.dest == "command" for one in action._choices_actions
    }


def test_each_command_is_found_by_its_module_alone():
    every = main.COMMANDS.values()
    assert lines_of(main.build_parser()) == {word: line for words in every for word, line in words.items()}
    for words in every:
        assert lines_of(main.build_parser(next(iter(words)))) == words
    assert lines_of(main.build_parser("nonsense")) == lines_of(main.build_parser())


def test_the_help_says_the_same_whether_or_not_the_commands_are_loaded():
    assert main.outline().format_help() == main.build_parser().format_help()
    assert main.outline().format_usage() == main.build_parser().format_usage()


@pytest.mark.parametrize("given", [["--help"], ["--version"], [], ["nonsense"], ["--nonsense", "node"]])
def test_what_needs_no_command_loads_none(given):
    told = f"import sys; from comity.cli import main\ntry: main.main({given})\nexcept SystemExit: pass\n"
    asked = told + "print(sorted(one for one in sys.modules if one.startswith(('comity.cli.', 'comity.edge'))))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['comity.cli.main']"
