"""An authority notifies many consignments from one file, the other answers, on two running nodes; and each is screened."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from comity.base.ids import Ms
from comity.cli.doorway import ask
from comity.desks.precursors.model import LineVerdict, Screened
from comity.edge.notices import Screening
from tests.unit.cli.pair import both, quick, typed
from tests.unit.edge.twofolders import MADE, copy_of

DAY = 86_400_000
LIST = Path(__file__).resolve().parents[3] / "substances"
HEAD = "reference,substance,kg,cas,exporter,exporter_address,importer,importer_address,entry,leaves,amount,currency"
ROW = "T-1,4-piperidone,200,41661-47-6,Tern,Dock 4,Pivot,Hill 2,Crossing Port,2026-09-20,1200,XOD"
REPLY = """
desk = "precursors"
kind = "{kind}"
agency = "seal-house"
recipients = ["paper-office"]
purpose = "precursor-diversion"
workplan_item = "F-1"
evaluation = "B2"
[body]
{body}
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture
def person(two, tmp_path, capsys, monkeypatch):
    """Return a function that types a command for one of the nodes, with a file written first."""
    monkeypatch.setenv("COLUMNS", "300")

    def types(name, *words, file=None, called="form.toml"):
        if file is not None:
            (tmp_path / called).write_text(file)
            words = tuple(tmp_path / called if word == "FILE" else word for word in words)
        return typed(capsys, *words, "--node", two.folder / name)

    return types


def notify(person, text, *more, called="many.csv"):
    words = (
        "precursors",
        "notify",
        "FILE",
        "--officer",
        "requests/13",
        "--agency",
        "paper-office",
        "--to",
        "seal-house",
    )
    code, said, error = person("ostrel", *words, "--item", "F-1", "--json", *more, file=text, called=called)
    assert not error
    return code, json.loads(said)["rows"]


def board(two, name):
    return {row["notice"]["reference"]: row for row in ask(two.folder / name, "GET", "/notices")["rows"]}


def test_many_from_one_file_a_bad_row_stops_no_other(two, person):
    lines = [
        HEAD,
        ROW,
        ROW.replace("T-1", "T-2").replace(",200,", ",much,"),
        ROW.replace("T-1", "T-3").replace("09-20", "07-14"),
    ]
    code, rows = notify(person, "\n".join(lines))
    assert code == 1
    assert [(row["reference"], row["outcome"]) for row in rows] == [("T-1", "sent"), ("T-2", "bad"), ("T-3", "sent")]
    assert "kg is not a number" in rows[1]["reason"]
    two.until(lambda: {"T-1", "T-3"} <= board(two, "vanmere").keys())
    ours, theirs = board(two, "ostrel"), board(two, "vanmere")
    for reference in ("T-1", "T-3"):
        assert ours[reference]["notice"]["times"] == theirs[reference]["notice"]["times"]
        assert (ours[reference]["we_owe"], theirs[reference]["we_owe"]) == (False, True)
        assert ours[reference]["notice"]["same_days"]
    assert ours["T-1"]["holds"] == []
    assert ours["T-3"]["holds"] == theirs["T-3"]["holds"] == ["sails-before-answer", "sails-before-certificate"]


def test_a_file_is_checked_without_sending(person):
    code, rows = notify(person, f"{HEAD}\n{ROW.replace('T-1', 'T-9')}", "--check")
    assert (code, [row["outcome"] for row in rows]) == (0, ["good"])
    table = '[[notification]]\nreference = "T-8"\nleaves = "2026-09-20"\n'
    code, rows = notify(person, table, "--check", called="many.toml")
    assert (code, rows[0]["reason"]) == (1, "lacks exporter, one of the five things that a notification says")


@pytest.mark.parametrize(("text", "called"), [("a = ", "many.toml"), ("\udcff", "many.csv"), (None, "none.csv")])
def test_a_file_that_cannot_be_read_sends_nothing(person, tmp_path, text, called):
    if text is not None:
        (tmp_path / called).write_bytes(text.encode("utf-8", "surrogateescape"))
    words = ("precursors", "notify", tmp_path / called, "--officer", "requests/13", "--agency", "paper-office")
    code, _, error = person("ostrel", *words, "--to", "seal-house", "--item", "F-1")
    assert code == 2
    assert "nothing was sent" in error


def test_the_other_side_answers_and_both_boards_say_so(two, person):
    notify(person, f"{HEAD}\n{ROW.replace('T-1', 'T-4')}")
    two.until(lambda: "T-4" in board(two, "vanmere"))
    pen = board(two, "vanmere")["T-4"]["notice"]["id"]
    text = REPLY.format(kind="objection", body='reasons = ["permit-mismatch"]')
    code, said, error = person("vanmere", "send", "FILE", "--officer", "requests/33", "--re", pen, "--json", file=text)
    assert (code, error) == (0, "")
    two.until(lambda: board(two, "ostrel")["T-4"]["notice"]["standing"]["state"] == "objected")
    assert board(two, "ostrel")["T-4"]["holds"] == ["objected"]
    late = REPLY.format(kind="pen-reply", body='state = "enquiry"\nreason = "the buyer is new"')
    code, _, error = person("vanmere", "send", "FILE", "--officer", "requests/33", "--re", pen, file=late)
    assert code == 2
    assert "does not go with a consignment that is objected" in error
    code, said, error = person("ostrel", "precursors", "consignment", json.loads(said)["id"])
    assert (code, error) == (0, "")
    for word in ("held: objected", "200 kg 4-piperidone", "reasons: permit-mismatch", "1200.00 XOD"):
        assert word in said


def test_what_a_node_holds_is_checked_without_a_file(two, person):
    for name in ("ostrel", "vanmere"):
        shutil.copytree(LIST, two.folder / name / "substances", dirs_exist_ok=True)
    notify(
        person, f"{HEAD}\n{ROW.replace('T-1', 'T-10')}\n{ROW.replace('T-1', 'T-11').replace('4-piperidone', 'chalk')}"
    )
    two.until(lambda: {"T-10", "T-11"} <= board(two, "vanmere").keys())
    pen = board(two, "vanmere")["T-10"]["notice"]["id"]
    body = 'day = "2026-07-13"\ncounts = [{line = 1, grams = 100000}]'
    text = REPLY.format(kind="arrived-quantity", body=body)
    code, _, error = person("vanmere", "send", "FILE", "--officer", "requests/33", "--re", pen, "--json", file=text)
    assert (code, error) == (0, "")
    two.until(lambda: board(two, "ostrel")["T-10"]["notice"]["standing"]["state"] == "arrived")
    found = {}
    for name in ("ostrel", "vanmere"):
        code, said, error = person(name, "precursors", "check", "--json")
        assert (code, error) == (1, "")
        found[name] = json.loads(said)
    assert found["ostrel"] == found["vanmere"], "both sides come to the same"
    (alert,) = [one for one in found["ostrel"]["alerts"] if one["subject"] == {"consignment": f"{pen}/1"}]
    assert [(line["what"], line["amount"]) for line in alert["lines"]] == [
        ("declared by the exporter", "200000"),
        ("declared by the importer", "100000"),
        ("gap", "100000"),
        ("allowed gap", "9000"),
    ]
    assert "its CAS number" not in str(alert)
    code, said, _ = person("ostrel", "precursors", "check")
    assert code == 1
    assert "= gap 100,000 g" in said
    assert "not placed: " in said


def test_a_check_needs_a_file_or_a_node(two, capsys):
    code, _, error = typed(capsys, "precursors", "check")
    assert code == 2
    assert "name a file of declarations, or a node" in error


class Lists:
    """A screen that knows one substance, and stumbles over another."""

    def screen(self, lines, on):
        if any(line.substance == "stumbles" for line in lines):
            raise ValueError(lines)
        verdicts = tuple(
            LineVerdict(n, "controlled", line.substance, "name", f"list of {on}") for n, line in enumerate(lines, 1)
        )
        return Screened(verdicts, asymmetric=True, edition="test")


def test_what_is_filed_is_screened_beside_the_writer(two, person, caplog):
    node = next(one for one in two.nodes if one.opened.config.party == "XV")
    screening = Screening(node.engine, node.opened.desks["precursors"], Lists(), lambda _: date(2026, 7, 13))
    running = asyncio.run_coroutine_threadsafe(screening.run(), two.loop)
    rows = [HEAD, ROW.replace("T-1", "T-6"), ROW.replace("T-1", "T-7").replace("4-piperidone", "stumbles")]
    notify(person, "\n".join(rows))
    two.until(lambda: board(two, "vanmere").get("T-6", {}).get("notice", {}).get("screened") is not None)
    two.until(lambda: "was not screened" in caplog.text)
    there = board(two, "vanmere")
    assert (there["T-6"]["notice"]["verdict"], there["T-6"]["notice"]["asymmetric"]) == ("controlled", True)
    assert there["T-7"]["notice"]["screened"] is None
    assert "stumbles" not in caplog.text, "a log names no goods"
    assert board(two, "ostrel")["T-6"]["notice"]["screened"] is None, "what a screen said stays at home"
    code, said, _ = person("vanmere", "precursors", "consignment", there["T-6"]["notice"]["id"])
    assert code == 0
    assert "our screen, line 1: controlled 4-piperidone list of 2026-07-13" in said
    running.cancel()


def test_silence_is_shown_when_the_clock_says_so(two, person):
    notify(person, f"{HEAD}\n{ROW.replace('T-1', 'T-5')}")
    two.until(lambda: "T-5" in board(two, "vanmere"))
    code, said, _ = person("vanmere", "precursors", "board", "--waits-for", "ours")
    assert code == 0
    assert "we: pen-reply" in said
    assert "T-5" in said
    code, _, error = person("vanmere", "precursors", "board", "--waits-for", "nobody")
    assert code == 2
    assert "theirs" in error
    code, _, error = person("vanmere", "precursors", "consignment", "0" * 26)
    assert code == 2
    assert "no such consignment" in error
    two.set_time(Ms(MADE + 12 * DAY))  # the clocks go on only, so this is the last that these two nodes do
    assert board(two, "vanmere")["T-5"]["silence"] == "no-objection"
