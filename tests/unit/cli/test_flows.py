"""`comity precursors ...` on plain files: exit codes, bad rows named, the same for machines, seeds on record."""

from __future__ import annotations

import csv
import json
import shutil
from itertools import islice
from pathlib import Path

import pytest

from comity.cli.main import main
from tests.customs.measure import DATA
from tests.trade.given import TEXT

HEAD = "id,party,holder,substance,kind,kg,day,consignment,other\n"
OURS = HEAD + "1,XO,XO-7,alvanol,stock,100,2026-01-31,,\n2,XO,XO-7,alvanol,import,500,2026-02-20,C1,XV-2\n"
THEIRS = HEAD + "1,XV,XV-2,alvanol,export,500,2026-02-01,C1,XO-7\n2,XV,XV-2,alvanol,stock,5,2026-01-01,,\n"
DECLARED = (
    "id,declared_by,from_party,to_party,substance,text,cas,hs6,exporter,consignee,day,kg,value_minor,currency\n"
    "C1,XV,XV,XO,alvanol,Alvanol,64-17-5,340250,XV-2,XO-7,2026-02-01,500,9000,XVD\n"
)
LIST = Path(__file__).resolve().parents[3] / "substances"
OTHER = {"alert": "0", "arithmetic": "0", "officer": "pd/1", "at": 1, "reason": "seen"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "thresholds.toml").write_text(TEXT, encoding="utf-8")
    for name, text in (("ours.csv", OURS), ("theirs.csv", THEIRS), ("declared.csv", DECLARED)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def ask(folder, *words, machine=True):
    rules = ["--thresholds", str(folder / "thresholds.toml")]
    given = [str(folder / word) if word.endswith((".csv", ".json", ".jsonl")) else word for word in words]
    return main(["precursors", *given, *rules, *(["--json"] if machine else [])])


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_ledger_that_adds_up_ends_with_0_and_one_that_lacks_five_percent_with_1(folder, capsys):
    ours = folder / "ours.csv"
    ours.write_text(OURS + "3,XO,XO-7,alvanol,stock,600,2026-03-31,,\n", encoding="utf-8")
    assert ask(folder, "ledger", "ours.csv") == 0
    (ledger,) = told(capsys)["ledgers"]
    assert (ledger["expected_grams"], ledger["difference_grams"]) == (600_000, 0)
    ours.write_text(OURS + "3,XO,XO-7,alvanol,stock,570,2026-03-31,,\n", encoding="utf-8")
    assert ask(folder, "ledger", "ours.csv", machine=False) == 1
    out = capsys.readouterr().out
    assert "= difference -30,000 g" in out
    assert "limit allowed difference 6,000 g" in out
    assert ask(folder, "ledger", "ours.csv", "--until", "2026-03-30") == 0


def test_a_bad_row_is_named_and_stops_nothing_and_a_file_of_bad_rows_is_misuse(folder, capsys):
    (folder / "ours.csv").write_text(OURS + "3,XO,XO-7,alvanol,gift,1,2026-02-02,,\n", encoding="utf-8")
    assert ask(folder, "reconcile", "ours.csv", "theirs.csv") == 0
    found = told(capsys)
    assert found["bad"][0]["row"] == 3
    assert "gift" in found["bad"][0]["why"]
    assert found["counts"]["agreed"] == 1
    (folder / "ours.csv").write_text(HEAD + "3,XO,XO-7,alvanol,gift,1,2026-02-02,,\n", encoding="utf-8")
    assert ask(folder, "reconcile", "ours.csv", "theirs.csv") == 2
    assert "no row fits" in capsys.readouterr().err


def test_registers_that_differ_end_with_1_whichever_comes_first(folder, capsys):
    (folder / "ours.csv").write_text(OURS.replace("import,500", "import,470"), encoding="utf-8")
    assert ask(folder, "reconcile", "ours.csv", "theirs.csv") == 1
    one = told(capsys)
    assert ask(folder, "reconcile", "theirs.csv", "ours.csv") == 1
    assert told(capsys)["consignments"] == one["consignments"]
    assert one["consignments"][0]["difference_grams"] == -30_000
    (folder / "ours.csv").write_text(OURS + "1,XO,XO-7,alvanol,export,3,2026-02-20,C1,\n", encoding="utf-8")
    assert ask(folder, "reconcile", "ours.csv", "theirs.csv", machine=False) == 1
    assert "not judged: C1 alvanol" in capsys.readouterr().out


def test_an_alert_is_reversed_by_an_officer_and_then_counts_no_more(folder, capsys):
    other = DECLARED.replace("alvanol,Alvanol,64-17-5", "acetic-anhydride,Acetic anhydride,108-24-7")
    (folder / "declared.csv").write_text(other, encoding="utf-8")
    words = ("check", "declared.csv", "--register", "ours.csv", "--substances", str(LIST))
    assert ask(folder, *words) == 1
    (alert,) = told(capsys)["alerts"]
    assert alert["kind"] == "description"
    assert alert["lines"][0]["about"] == "340250; acetic-anhydride: 291524"
    (folder / "reversals.jsonl").write_text(
        "half a line that a crash left\n" + json.dumps(OTHER) + "\n", encoding="utf-8"
    )
    reversal = [
        "precursors",
        "reverse",
        alert["id"],
        alert["arithmetic"],
        "--officer",
        "pd/4",
        "--why",
        "broker's slip",
    ]
    kept = str(folder / "reversals.jsonl")
    assert main([*reversal, "--to", kept]) == 0
    assert main([*reversal, "--to", kept, "--json"]) == 0
    assert '"new": false' in capsys.readouterr().out
    assert ask(folder, *words, "--reversals", "reversals.jsonl", machine=False) == 0
    out = capsys.readouterr().out
    assert "REVERSED by pd/4" in out
    assert "left out: reversals.jsonl row 1" in out
    assert "0 alerts, 1 reversed" in out
    assert main([*reversal[:-1], " ", "--to", kept]) == 2


def test_check_takes_firms_and_refused_traits_and_says_what_it_did_not_check(folder, capsys):
    (folder / "firms.json").write_text('[{"id": "XO-7", "party": "XO", "phone": "5"}, 7]', encoding="utf-8")
    (folder / "refused.csv").write_text("trait\nphone:5\n", encoding="utf-8")
    words = ("check", "declared.csv", "--holders", "firms.json", "--refused", "refused.csv", "--schedule", "XO=xo")
    assert ask(folder, *words, machine=False) == 0
    out = capsys.readouterr().out
    assert "descriptions were not checked" in out
    assert "left out: firms.json row 2" in out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("ledger", "ours.csv", "--schedule", "XO"), "--schedule is SIDE=NAME"),
        (("ledger", "empty.csv"), "hold nothing"),
        (("ledger", "broken.json"), "cannot be read as rows"),
        (("ledger", "object.json"), "no list of rows"),
        (("ledger", "none.csv"), "No such file"),
    ],
)
def test_misuse_ends_with_2(folder, capsys, words, why):
    (folder / "empty.csv").write_text(HEAD, encoding="utf-8")
    (folder / "broken.json").write_text("[", encoding="utf-8")
    (folder / "object.json").write_text("{}", encoding="utf-8")
    assert ask(folder, *words) == 2
    assert why in capsys.readouterr().err


def test_without_thresholds_nothing_is_checked(folder, capsys):
    assert main(["precursors", "ledger", str(folder / "ours.csv"), "--thresholds", str(folder / "none.toml")]) == 2
    assert "no thresholds" in capsys.readouterr().err


@pytest.fixture(scope="module")
def customs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("customs")
    with (DATA / "declarations-train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(islice(csv.reader(file), 1_201))
    for name, part in (("train.csv", rows[:901]), ("new.csv", [rows[0], *rows[901:], ["spoiled"]])):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(part)
    return folder


def rank(customs, *words):
    return main(["precursors", "rank", str(customs / "train.csv"), str(customs / "new.csv"), *words])


def test_a_tenth_of_what_is_looked_at_is_by_lot_and_the_seed_makes_it_again(customs, capsys):
    assert rank(customs, "--share", "0.1", "--json") == 0
    first = told(capsys)
    assert (len(first["look_at"]), len(first["by_lot"]), len(first["declarations"])) == (27, 3, 27)
    assert not set(first["look_at"]) & set(first["by_lot"])
    assert all(one["reasons"] for one in first["declarations"])
    assert first["bad"][0]["row"] == 301
    assert len(first["draw"]) == 32
    assert set(first["measured"]) == {
        "auc",
        "precision_at_1_percent",
        "precision_at_5_percent",
        "precision_at_10_percent",
    }
    assert rank(customs, "--share", "0.1", "--draw", first["draw"]) == 0
    out = capsys.readouterr().out
    assert first["draw"] in out
    assert all(number in out for number in first["by_lot"])


@pytest.mark.parametrize("words", [("--share", "2"), ("--share", "much"), ("--share", "0")])
def test_a_share_that_is_none_is_misuse(customs, capsys, words):
    try:
        code = rank(customs, *words)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert capsys.readouterr().err


def test_a_plan_is_read_and_nothing_to_rank_is_misuse(customs, capsys, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text("colour = 'red'", encoding="utf-8")
    assert rank(customs, "--plan", str(plan)) == 2
    head = (customs / "train.csv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "none.csv").write_text(head + "\n", encoding="utf-8")
    assert main(["precursors", "rank", str(customs / "train.csv"), str(tmp_path / "none.csv")]) == 2
    assert "holds nothing" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(customs, capsys, monkeypatch):
    monkeypatch.setattr("comity.cli.flowranking.find_spec", lambda _: None)
    assert rank(customs) == 2
    assert "comity[precursors]" in capsys.readouterr().err


def test_yearly_needs_and_free_zones_are_used_with_their_source_and_bad_rows_named(folder, capsys):
    needs = 'party,substance,kg,source,day\nXO,alvanol,400,"plan, p. 3",2026-01-01\nXO,alvanol,9,,2026-01-02\n'
    (folder / "needs.csv").write_text(needs, encoding="utf-8")
    (folder / "zones.csv").write_text("place,source,day\nFZ7,list,2026-01-01\n?,list,2026-01-01\n", encoding="utf-8")
    rows = DECLARED.replace("currency\n", "currency,via,departure\n").replace("XVD\n", "XVD,fz7,QQ\n")
    (folder / "declared.csv").write_text(rows, encoding="utf-8")
    assert ask(folder, "check", "declared.csv") == 0
    told(capsys)
    assert ask(folder, "check", "declared.csv", "--needs", "needs.csv", "--zones", "zones.csv") == 1
    found = told(capsys)
    alerts = {one["kind"]: one for one in found["alerts"]}
    assert set(alerts) == {"need", "route"}
    assert alerts["need"]["source"] == "plan, p. 3, 2026-01-01"
    assert [line["amount"] for line in alerts["need"]["lines"]] == ["0", "500000", "500000", "400000"]
    assert [(one["file"], one["row"]) for one in found["bad"]] == [("needs.csv", 2), ("zones.csv", 2)]


def test_the_files_beside_a_list_are_looked_through_and_what_is_bad_ends_with_1(tmp_path, capsys):
    made = Path(__file__).resolve().parents[2] / "data" / "precursors"
    words = ["precursors", "needs", "--needs", str(made / "annual_needs.csv"), "--zones", str(made / "free_zones.csv")]
    assert main([*words, "--list", str(LIST), "--json"]) == 0
    found = told(capsys)
    assert [one["grams"] for one in found["needs"]] == [42_000_000, 9_000_000, 15_500_000]
    assert [one["place"] for one in found["zones"]] == ["fz9", "tide gate free zone"]
    listed = shutil.copytree(LIST, tmp_path / "list")
    (listed / "given").mkdir(exist_ok=True)
    said = (
        "party,substance,kg,source,day\nXO,ether of nowhere,1,plan,2026-01-01\nXO,acetic-anhydride,1,plan,2026-01-01\n"
    )
    (listed / "given" / "annual_needs.csv").write_text(
        f"{said}XO,acetic-anhydride,2,letter,2026-01-01\n", encoding="utf-8"
    )
    assert main(["precursors", "needs", "--list", str(listed)]) == 1
    out = capsys.readouterr().out
    assert "row 1: the list has no substance 'ether of nowhere'" in out
    assert "1000 g (plan) and 2000 g (letter); strike one" in out
    assert main(["precursors", "needs", "--list", str(LIST)]) == 2
    assert main(["precursors", "needs", "--list", str(LIST), "--needs", str(tmp_path / "none.csv")]) == 2
    assert "none.csv is no file; nothing was read" in capsys.readouterr().err
