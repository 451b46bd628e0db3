"""The two commands: what they print, what they end with, and what they say where something is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.cli.lawanalysis import _need_engine
from comity.cli.main import main
from tests.unit.policy.policy_laws import LAWS

SMALL = "ostrel-vanmere"
SHADOWED = (
    '@id("OV-9") @title("Planted") @article("9") @from("2026-01-01") @to("open") @status("accord") @source("accord") '
    '@effect("refuse") @ground("protection-claim") @sentence_en("Planted.") @sentence_osv("Plantat.") '
    'forbid (principal, action == Action::"clear", resource) '
    'when { context.categories.contains("protection-claim") && context.own_power };\n'
)
LINE = '[[accepted]]\nfinding = "shadowed-forbid"\nrule = "OV-9"\nreason = "both are told"\n'


@pytest.fixture
def laws(tmp_path: Path) -> Path:
    """Return a folder with the second accord's law, and beside it an amended one with a rule too many."""
    shutil.copytree(LAWS / SMALL, tmp_path / SMALL)
    shutil.copytree(LAWS / SMALL, tmp_path / "amended")
    (tmp_path / "amended" / "more.cedar").write_text(SHADOWED)
    return tmp_path


def run(*arguments: str | Path) -> int:
    return main(["law", *map(str, arguments)])


def test_an_edition_without_findings_ends_with_0(laws, capsys):
    assert run("analyse", SMALL, "--laws", laws, "--day", "2026-07-13") == 0
    out = capsys.readouterr().out
    assert "11 of 11 rules in force" in out
    assert "EXERCISE EDITION" in out
    assert "0 new, 0 accepted" in out


def test_a_finding_ends_with_1_and_shows_its_example(laws, capsys):
    assert run("analyse", laws / "amended", "--laws", laws) == 1
    out = capsys.readouterr().out
    assert "NEW shadowed-forbid: OV-9" in out
    assert "OV-4 always forbids that too" in out
    assert 'ask = { act = "clear", kind = "message", categories = ["protection-claim"] }' in out


def test_an_accepted_finding_ends_with_0_and_is_shown_when_asked_for(laws, capsys):
    (laws / "analysis-accepted.toml").write_text(LINE)
    assert run("analyse", "amended", "--laws", laws) == 0
    assert "OV-9" not in capsys.readouterr().out
    assert run("analyse", "amended", "--laws", laws, "--all") == 0
    assert "accepted shadowed-forbid: OV-9" in capsys.readouterr().out


def test_a_line_whose_finding_is_gone_is_told(laws, capsys):
    (laws / "other.toml").write_text(LINE)
    assert run("analyse", SMALL, "--laws", laws, "--accepted", laws / "other.toml") == 0
    assert "no longer found in ostrel-vanmere, take its line out: shadowed-forbid OV-9" in capsys.readouterr().out


def test_findings_for_machines(laws, capsys):
    assert run("analyse", "amended", "--laws", laws, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    (finding,) = told["findings"]
    assert (told["law"], finding["rule"], finding["with"], finding["accepted"]) == ("amended", "OV-9", ["OV-4"], False)
    assert finding["example"]["plain"]["categories"] == "protection-claim"
    assert finding["then"] is None


def test_an_overriding_rule_that_yields_shows_both_questions(laws, capsys):
    planted = SHADOWED.replace("@status", '@overriding("") @status').replace(
        'context.categories.contains("protection-claim") && context.own_power',
        'context.purpose == "missing-person" && !context.minimum_facts',
    )  # fmt: skip
    (laws / "amended" / "more.cedar").write_text(planted)
    assert run("analyse", "amended", "--laws", laws) == 1
    out = capsys.readouterr().out
    assert "NEW lifted: OV-9" in out
    assert "and then not: act: clear; kind: message; purpose: missing-person; minimum facts: yes" in out


def test_the_difference_of_an_edition_to_itself_is_none(laws, capsys):
    assert run("diff", SMALL, laws / SMALL, "--laws", laws) == 0
    assert "No question is answered otherwise" in capsys.readouterr().out


def test_a_difference_shows_rules_ways_and_examples(laws, capsys):
    text = (laws / "amended" / "law.cedar").read_text().replace("|| context.records", "&& context.records")
    (laws / "amended" / "law.cedar").write_text(text)
    (laws / "amended" / "more.cedar").unlink()
    assert run("diff", SMALL, "amended", "--laws", laws, "--day", "2026-07-13") == 0
    out = capsys.readouterr().out
    assert "newly-allowed, clear: refuse (OV-4) -> permit" in out
    assert "by OV-4; rules that changed: OV-4" in out
    assert "newly-allowed" in out.splitlines()[-1]


def test_a_difference_of_the_lists_of_words_says_so(laws, capsys):
    manifest = laws / "amended" / "edition.toml"
    manifest.write_text(manifest.read_text().replace('giving = ["answer", ', 'giving = ["answer", "sighting", '))
    (laws / "amended" / "more.cedar").unlink()
    assert run("diff", SMALL, "amended", "--laws", laws) == 0
    assert "the text of OV-4 is the same, the editions' lists of words differ" in capsys.readouterr().out


def test_a_difference_for_machines(laws, capsys):
    assert run("diff", "amended", SMALL, "--laws", laws, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [change["rule"] for change in told["rules"]] == ["OV-9"]
    assert told["shifts"] == []
    more = SHADOWED.replace('contains("protection-claim")', 'contains("health")')
    (laws / "amended" / "more.cedar").write_text(more)
    assert run("diff", "amended", SMALL, "--laws", laws, "--json") == 0
    shifts = json.loads(capsys.readouterr().out)["shifts"]
    assert {shift["by"] for shift in shifts if shift["what"] == "newly-allowed"} == {"OV-9"}
    assert shifts[0]["old"]["rules"] == ["OV-9"]


def test_what_is_no_day_and_what_is_no_edition_is_misuse(laws, capsys):
    assert run("analyse", SMALL, "--laws", laws, "--day", "tomorrow") == 2
    assert "no day such as" in capsys.readouterr().err
    assert run("diff", SMALL, "nowhere", "--laws", laws) == 2


def test_a_machine_without_the_extra_is_told_what_to_install():
    with pytest.raises(BadConfiguration, match="extra `analysis`"):
        _need_engine("no_such_module_here")
