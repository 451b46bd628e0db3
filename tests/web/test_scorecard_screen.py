"""The scorecard over HTTP at two running nodes: both count the same, the statement crosses, a withheld row is shown by its leaf."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from comity.base.ids import Ms, show_id
from comity.cli.main import main
from comity.desks.workplan.scorecard import codec
from comity.edge.scoreboard import quarters
from tests.unit.edge.twofolders import question
from tests.web.desk import ROLES, desk

PERIOD = ("--from", "2026-01-01", "--to", "2027-01-01")
WEB = "from=2026-01-01&to=2027-01-01"
_QUESTIONS = 10
"""At most so many are sent before a test only waits."""
_OLDER_MS = 61_000
"""For so long a count stands, and a second."""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Return both nodes with a question in what both have co-signed: a statement of one side holds the page of the other to its cut."""
    with desk(tmp_path_factory.mktemp("score")) as house:
        house.asked = show_id(house.crosses(question()))
        for name in ("ostrel", "vanmere"):
            reader = house.visitor("reviewer", name)
            counted(house, lambda reader=reader: "Questions" in reader.get(f"/scorecard/figures.csv?{WEB}").text)
        yield house


def counted(house, shows) -> None:
    """Wait until what both sides hold is shown.

    Each question more brings the other side's signature of what went before; a count on a page stands for a minute.
    """
    for _ in range(_QUESTIONS):
        if shows():
            return
        house.crosses(question())
        house.set_time(Ms(house.door("GET", "/clock")["now"] + _OLDER_MS))
    house.until(shows)


def folder(house, name: str) -> Path:
    return house.opened(name).config.folder


def shown(capsys, *words: str) -> dict:
    assert main([*words]) in {0, 1}
    return json.loads(capsys.readouterr().out)


def test_both_nodes_count_the_same_and_say_so_to_each_other(house, capsys, tmp_path):
    visitor = house.visitor("desk-lead")
    page = visitor.get(f"/scorecard?{WEB}")
    assert "has not said yet" in page.text
    assert "<svg" in page.text
    assert "score-items" in page.text
    assert "built-in" not in page.text
    told = shown(
        capsys, "workplan", "tell", *PERIOD, "--node", str(folder(house, "vanmere")), "--officer",
        f"requests/{ROLES['desk-lead']}", "--agency", "road-guard", "--to-agency", "harbour-watch", "--item", "F-1", "--json",
    )  # fmt: skip
    assert told["outcome"] == "sent", told
    statement = tmp_path / "theirs.score"
    house.until(lambda: house.door("GET", f"/state?id={told['id']}").get("filed"))
    page = visitor.get(f"/scorecard?{WEB}")
    assert "Both results are equal" in page.text
    ours = shown(capsys, "workplan", "scorecard", *PERIOD, "--node", str(folder(house, "ostrel")), "--json")
    assert ours["digest"]
    shown(
        capsys,
        "workplan",
        "scorecard",
        *PERIOD,
        "--node",
        str(folder(house, "vanmere")),
        "--json",
        "--statement",
        str(statement),
    )
    found = shown(capsys, "workplan", "compare", str(statement), "--node", str(folder(house, "ostrel")), "--json")
    assert found["equal"] is True
    assert found["leaves"] == []


def test_files_of_it_in_the_readers_language(house):
    visitor = house.visitor("reviewer")
    csv = visitor.get(f"/scorecard/figures.csv?{WEB}")
    assert csv.status_code == 200
    assert "attachment" in csv.headers["content-disposition"]
    assert "Questions" in csv.text
    assert visitor.get(f"/scorecard/report.pdf?{WEB}").content.startswith(b"%PDF")
    assert codec.decode_statement(visitor.get(f"/scorecard/statement?{WEB}").content)


def test_a_period_that_is_none_gives_the_quarter_of_now(house):
    for asked in ("", "?from=x&to=y", "?from=2026-02-01&to=2026-01-01", "?from=%3Cscript%3E&to=1"):
        page = house.visitor("officer").get(f"/scorecard{asked}")
        assert page.status_code == 200
        assert "&lt;script" not in page.text
        assert "<script>alert" not in page.text


def test_the_yearly_reports_from_the_folder(house, capsys):
    for which, key in (("activity", "sent"), ("mistreatment", "assessments")):
        found = shown(capsys, "report", which, "--year", "2026", "--node", str(folder(house, "ostrel")), "--json")
        assert key in found
        assert found["owed"] is None
        home = ("--year", "2026", "--node", str(folder(house, "ostrel")))
        public = shown(capsys, "report", which, *home, "--public", "--json")
        assert all(
            number is None or number == 0 or number >= 5
            for name in public
            if name not in {"party", "owed"}
            for _, number in public[name]
        )
        assert main(["report", which, *home, "--language", "fr"]) == 0
        assert "Rapport annuel" in capsys.readouterr().out


def test_the_command_prints_the_plots_and_the_public_copy_has_none(house, tmp_path):
    home = ("--node", str(folder(house, "vanmere")), "--language", "pa", "--csv", "--pdf")
    whole, public = tmp_path / "whole.pdf", tmp_path / "public.pdf"
    assert house.visitor("desk-lead", "vanmere").post(f"/inbox/seen/{house.asked}").status_code == 303

    def drawn() -> bool:
        """Say whether the receipt that it was seen is in the logs, and so a time to draw."""
        assert main(["workplan", "scorecard", *PERIOD, *home, str(whole)]) == 0
        return b"/Figure" in whole.read_bytes()

    counted(house, drawn)
    assert main(["workplan", "scorecard", *PERIOD, "--public", *home, str(public)]) == 0
    assert b"/Figure" not in public.read_bytes()


@contextlib.contextmanager
def withheld(house, name: str):
    """Take what a node got out of its store for a while."""
    with house.opened(name).store.begin() as tx:
        tx.run("CREATE TABLE kept_aside AS SELECT idx, plain FROM got")
        tx.run("UPDATE got SET plain = NULL")
    try:
        yield
    finally:
        with house.opened(name).store.begin() as tx:
            tx.run("UPDATE got SET plain = (SELECT plain FROM kept_aside k WHERE k.idx = got.idx)")
            tx.run("DROP TABLE kept_aside")


def test_a_withheld_row_is_shown_by_its_leaf(house, capsys, tmp_path):
    statement = tmp_path / "theirs.score"
    home = str(folder(house, "vanmere"))
    with withheld(house, "vanmere"):
        shown(capsys, "workplan", "scorecard", *PERIOD, "--node", home, "--json", "--statement", str(statement))
    found = shown(capsys, "workplan", "compare", str(statement), "--node", str(folder(house, "ostrel")), "--json")
    assert found["equal"] is False
    assert found["explained"] is True
    assert {one["theirs"] for one in found["leaves"]} == {"absent"}
    assert all(one["figures"] for one in found["leaves"])
    main(["workplan", "compare", str(statement), "--node", str(folder(house, "ostrel"))])
    assert "explain it wholly" in capsys.readouterr().out


def test_results_that_differ_are_on_the_next_agenda(house, capsys):
    begins, ends = quarters(house.door("GET", "/clock")["now"])[0]
    title = f"Scorecard, {begins} to {ends}"
    visitor = house.visitor("desk-lead")
    assert title not in visitor.get("/meetings/new").text
    with withheld(house, "vanmere"):
        told = shown(
            capsys, "workplan", "tell", "--from", begins, "--to", ends, "--node", str(folder(house, "vanmere")), "--officer",
            f"requests/{ROLES['desk-lead']}", "--agency", "road-guard", "--to-agency", "harbour-watch", "--item", "F-1", "--json",
        )  # fmt: skip
    assert told["outcome"] == "sent", told
    house.until(lambda: house.door("GET", f"/state?id={told['id']}").get("filed"))
    assert title in visitor.get("/meetings/new").text


def test_the_reviewer_finds_the_yearly_reports(house):
    visitor = house.visitor("reviewer")
    assert "/reports/mistreatment" in visitor.get("/reviews").text
    for which in ("mistreatment", "activity"):
        assert visitor.get(f"/reports/{which}/report.pdf?year=2026").content.startswith(b"%PDF")
        page = visitor.get(f"/reports/{which}?year=2026").text
        assert "No names, no officers, no cases." in page
        assert "<table>" in page
        assert "Counts of one to four are not shown" in visitor.get(f"/reports/{which}?year=2026&public=yes").text
    assert "Request for information" in visitor.get("/reports/activity?year=2026").text
    assert visitor.get("/reports/other").status_code == 404
    assert ", 2025</h1>" in visitor.get("/reports/activity?year=12345").text  # the last whole year
    assert visitor.get("/reports/other/report.pdf").status_code == 404
    assert house.visitor("officer").get("/reports/activity").status_code == 404


def test_before_anything_is_co_signed_the_page_says_so(tmp_path):
    with desk(tmp_path, far=False) as alone:
        page = alone.visitor("desk-lead").get("/scorecard")
        assert page.status_code == 200
        assert "co-signed yet" in page.text
        assert alone.visitor("desk-lead").get("/scorecard/figures.csv").status_code == 409
