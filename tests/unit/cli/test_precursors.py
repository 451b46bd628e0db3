"""`comity precursors`: on plain files, without a node."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from comity.cli import precursors
from comity.cli.main import DONE, MISUSE, main

ROOT = Path(__file__).resolve().parents[3]
LIST = ROOT / "substances"
DEV = ROOT / "tests" / "vectors" / "precursors" / "screening-dev.csv"


def run(*given) -> int:
    return main(["precursors", *map(str, given)])


def told(capsys) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def rows(tmp_path, text: str) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_developer_set_as_json(capsys):
    assert run("screen", DEV, "--list", LIST, "--json") == DONE
    found = {row["id"]: row for row in told(capsys)}
    assert len(found) == 30
    held = found["D012"]
    assert (held["verdict"], held["substance"], held["instrument"], held["date"]) == (
        "controlled", "4-piperidone", "1988 Convention, CND 67 (March 2024), Table I", "2024-12-03"
    )  # fmt: skip
    assert (found["D029"]["verdict"], found["D029"]["substance"]) == ("mismatch", "4-ap")
    assert found["D026"] | {"substance": None, "instrument": None, "date": None} == found["D026"]


def test_consignment_rows_with_other_column_names_and_for_people(tmp_path, capsys):
    path = rows(
        tmp_path,
        "id,name,cas,hs_code,un_number,description,concentration\n"
        'A,acetone,67-64-1,2914.11,1090,"solvent, 10 drums",\nB,vanillin,121-33-5,,,flavour,\nC,sassafras oil,,,,essential oil,"2,5 %"\nD,x,,,,,much\n',
    )
    assert run("screen", path, "--list", LIST) == DONE
    shown = capsys.readouterr().out
    assert "4 rows" in shown
    assert "1 controlled, 1 invalid, 1 review, 1 clear" in shown
    assert "it is no permit" in shown


def test_bad_rows_are_listed_with_the_reason(tmp_path, capsys):
    path = rows(
        tmp_path,
        "id,input_type,input\n1,name,acetone\n2,colour,blue\n3,record,colour=blue;shape=round\n4,a,b,c\n5,cas,67-64-1\n",
    )
    assert run("screen", path, "--list", LIST, "--json") == DONE
    found = told(capsys)
    assert [row["verdict"] for row in found] == ["controlled", "invalid", "invalid", "invalid", "controlled"]
    assert all(row["reason"] for row in found[1:4])


def test_a_broken_run_is_taken_up_again(tmp_path, capsys):
    path = rows(tmp_path, "id,input_type,input\n" + "".join(f"{n},cas,67-63-0\n" for n in range(3_000)))
    out = tmp_path / "out.jsonl"
    assert run("screen", path, "--list", LIST, "--out", out, "--date", "2026-11-01") == DONE
    whole = out.read_bytes()
    assert run("screen", path, "--list", LIST, "--out", out, "--date", "2026-11-01") == MISUSE
    assert "--resume" in capsys.readouterr().err
    mark = json.loads(precursors_mark(out).read_text(encoding="utf-8"))
    mark |= {
        "rows": 2,
        "read_bytes": len("id,input_type,input\n0,cas,67-63-0\n1,cas,67-63-0\n"),
        "written_bytes": whole.index(b"\n", whole.index(b"\n") + 1) + 1,
    }
    precursors_mark(out).write_text(json.dumps(mark), encoding="utf-8")
    assert run("screen", path, "--list", LIST, "--out", out, "--date", "2026-11-01", "--resume") == DONE
    assert "2 rows were answered before" in capsys.readouterr().out
    assert out.read_bytes() == whole
    assert run("screen", path, "--list", LIST, "--out", out, "--date", "2026-11-02", "--resume") == MISUSE


def precursors_mark(out: Path) -> Path:
    return out.with_name(f"{out.name}.state")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--resume"], "--out"),
        (["--law", "zz"], "no jurisdiction zz"),
        (["--date", "soon"], "no day"),
    ],
)
def test_misuse_is_told(given, words, capsys):
    assert run("screen", DEV, "--list", LIST, *given) == MISUSE
    assert words in capsys.readouterr().err


def test_files_that_are_none(tmp_path, capsys):
    assert run("screen", rows(tmp_path, "colour,shape\nblue,round\n"), "--list", LIST) == MISUSE
    assert "neither" in capsys.readouterr().err
    assert run("screen", tmp_path / "none.csv", "--list", LIST) == MISUSE
    assert run("screen", DEV, "--list", tmp_path / "none") == MISUSE


def test_without_the_extra_it_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(precursors, "find_spec", lambda _name: None)
    assert run("screen", DEV, "--list", LIST) == MISUSE
    assert "comity[precursors]" in capsys.readouterr().err


def test_what_needs_no_chemistry_loads_none():
    code = (
        "import sys\n"
        "import comity.cli.precursors, comity.cli.bench\n"
        "from comity.desks.precursors.screening import book, status, names, cas, codes, verdict\n"
        "sys.exit('rdkit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_standing_of_a_substance(capsys):
    assert (
        run("status", "4-pipéridone", "--from", "in", "--to", "ca", "--date", "2024-12-15", "--list", LIST, "--json")
        == DONE
    )
    found = told(capsys)[0]
    assert found["substance"] == "4-piperidone"
    assert (found["between"]["relation"], found["between"]["gap"]) == ("there", "certain")
    assert {one["jurisdiction"]: one["standing"] for one in found["standings"]}["in"] == "not-controlled"
    assert run("status", "4-piperidone", "--from", "in", "--to", "ca", "--date", "2024-12-15", "--list", LIST) == DONE
    assert "may lawfully leave in" in capsys.readouterr().out
    assert run("status", "butter", "--list", LIST) == MISUSE
    assert run("status", "acetone", "--from", "zz", "--list", LIST) == MISUSE


def test_what_a_new_list_changes(tmp_path, capsys):
    new = tmp_path / "new"
    shutil.copytree(LIST, new)
    with (new / "statuses.csv").open("a", encoding="utf-8") as file:
        file.write("phenethyl-bromide,in,controlled,2026-06-01,exact,not-controlled,,planted,planted order,planted\n")
    given = ["changes", LIST, new, "--since", "2026-05-01", "--until", "2026-12-31"]
    assert run(*given, "--json") == DONE
    found = told(capsys)[0]["changes"]
    assert (found[-1]["substance"], found[-1]["new"], found[-1]["since"]) == (
        "phenethyl-bromide",
        "controlled",
        "2026-06-01",
    )
    assert run(*given) == DONE
    assert "planted order" in capsys.readouterr().out
