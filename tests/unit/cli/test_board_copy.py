"""The copy for the international board on two running nodes: both approve, the law decides, the file is kept, the other side told."""

from __future__ import annotations

import hashlib
import json

import pytest

from comity.base.ids import read_id
from comity.cli.doorway import ask
from comity.edge.export import snapshot
from comity.node.bundle import find_source
from tests.unit.cli.pair import both, quick, typed
from tests.unit.edge.pdftext import inflated, texts_of
from tests.unit.edge.twofolders import copy_of

HEAD = "reference,substance,kg,cas,hs,exporter,exporter_address,importer,importer_address,entry,leaves,amount,currency"
ROW = (
    "B-1,4-piperidone,200,41661-47-6,2933.39,Tern Fines,Dock 4,Pivot Reagents,Hill 2,Crossing Port,2026-09-20,1200,XOD"
)
SIDES = {"ostrel": (13, "paper-office"), "vanmere": (33, "seal-house")}
FORM = """
desk = "{desk}"
kind = "{kind}"
agency = "{agency}"
recipients = ["{other}"]
purpose = "precursor-diversion"
workplan_item = "F-1"
evaluation = "B2"
[body]
{body}
"""
STOPPED = 'state = "reported"\nwhat = "stopped-shipment"\ncopy = true\nplace = "Crossing Port"\ntext = "Mr Reed of the forwarder called."'


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture
def person(two, tmp_path, capsys, monkeypatch):
    """Return who types commands at one of the nodes."""
    monkeypatch.setenv("COLUMNS", "300")
    return Person(two, tmp_path, capsys)


class Person:
    def __init__(self, two, folder, capsys):
        self.two, self.folder, self.capsys = two, folder, capsys

    def types(self, name, *words):
        return typed(self.capsys, *words, "--node", self.two.folder / name)

    def sends(self, name, kind, body, re="", desk="precursors"):
        """Send one dispatch and wait until the other side has filed it."""
        number, agency = SIDES[name]
        other = next(one for side, (_, one) in SIDES.items() if side != name)
        path = self.folder / "form.toml"
        path.write_text(FORM.format(desk=desk, kind=kind, agency=agency, other=other, body=body))
        words = ("send", path, "--officer", f"requests/{number}", *(("--re", re) if re else ()), "--json")
        code, said, error = self.types(name, *words)
        assert (code, error) == (0, ""), said or error
        return self.filed(name, json.loads(said)["id"])

    def filed(self, name, id_):
        self.two.until(lambda: ask(self.two.folder / name, "GET", f"/state?id={id_}").get("filed"))
        return id_

    def notifies(self, reference):
        path = self.folder / "many.csv"
        path.write_text(f"{HEAD}\n{ROW.replace('B-1', reference)}\n")
        words = (
            "precursors",
            "notify",
            path,
            "--officer",
            "requests/13",
            "--agency",
            "paper-office",
            "--to",
            "seal-house",
        )
        _, said, _ = self.types("ostrel", *words, "--item", "F-1", "--json")
        return self.filed("ostrel", json.loads(said)["rows"][0]["id"])

    def copies(self, name, incident, *more):
        words = ("precursors", "board-copy", incident, "--officer", f"requests/{SIDES[name][0]}", *more)
        return self.types(name, *words)

    def agrees(self, name, incident):
        code, said, error = self.copies(name, incident, "--agree", "--json")
        assert (code, error) == (0, "")
        return self.filed(name, json.loads(said)["id"])

    def stands(self, name, incident):
        return ask(self.two.folder / name, "GET", f"/board-copy?id={incident}")

    def proved(self, *ids):
        """Wait until both nodes have a head of both above these dispatches."""
        for name in SIDES:
            for one in ids:
                self.two.until(lambda name=name, one=one: _covered(self.two.folder / name, one))


def _covered(folder, id_):

    with snapshot(folder) as tx:
        return find_source(tx, read_id(id_)) is not None


def test_the_copy_goes_out_once_both_approve_and_the_other_side_is_told(person, tmp_path):
    pen = person.notifies("B-2")
    incident = person.sends("vanmere", "incident", STOPPED, re=pen)
    assert person.stands("ostrel", incident)["word"] == "asked"
    for name in SIDES:  # one side alone gives nothing, whichever it is
        code, said, error = person.copies(name, incident, "--out", tmp_path / "no")
        assert (code, said) == (2, "")
        assert "only one side approves" in error
    agreed = person.agrees("ostrel", incident)
    person.proved(pen, incident, agreed)
    code, said, error = person.copies("vanmere", incident, "--out", tmp_path / "out", "--json")
    assert (code, error) == (0, ""), said
    found = json.loads(said)
    content, given = found["copy"]["content"], found["copy"]["given"]
    assert hashlib.sha256(content.encode()).hexdigest() == given["digest"]
    assert (tmp_path / "out" / f"{incident}.json").read_text(encoding="utf-8") == content
    file = json.loads(content)
    assert file["notification"]["exporter"] == {"name": "Tern Fines", "address": "Dock 4"}
    assert file["notification"]["importer"] == {"withheld": "unnamed"}, "the incident names no buyer"
    assert file["notification"]["lines"][0] | {} == {
        "line": 1, "substance": "4-piperidone", "grams": 200_000, "cas": "41661-47-6", "hs": "2933.39",
    }  # fmt: skip
    assert (file["notification"]["entry"], file["notification"]["leaves"]) == ("Crossing Port", "2026-09-20")
    assert (file["incident"]["what"], file["incident"]["place"]) == ("stopped-shipment", "Crossing Port")
    assert {"Reed", "Pivot", "1200"} & set(content.replace('"', " ").replace(".", " ").split()) == set()
    assert {"incident text", "notification worth"} <= set(file["left_out"])
    assert [(one["dispatch"], one["word"]) for one in file["approvals"]] == [(incident, "asked"), (agreed, "agreed")]
    assert {one["dispatch"] for one in file["proof"]} == {pen, incident, agreed}
    drawn = "".join(texts_of(inflated((tmp_path / "out" / f"{incident}.pdf").read_bytes()))).replace("\u200b", "")
    assert "Crossing Port" in drawn
    assert "Pivot" not in drawn
    # The other side has it signed, and can show which file was given.
    person.filed("vanmere", given["told"])
    told = ask(person.two.folder / "ostrel", "GET", f"/notice?id={incident}")["dispatches"]
    word = next(one for one in told if one["id"] == given["told"])
    assert word["stage"] == "copy-given"
    assert {"digest", given["digest"]} <= {text for line in word["body"] for text in (line["label"], line["text"])}
    acts = ask(person.two.folder / "vanmere", "GET", f"/acts?id={incident}")["acts"]
    assert [(one["act"], one["record"]) for one in acts] == [("onward", given["record"])]
    # Asked for again it is the same file, without another act or word.
    code, said, error = person.copies("vanmere", incident, "--out", tmp_path / "again", "--language", "xx")
    assert (code, "no PDF: there are no words" in error) == (0, True)
    assert [one.name for one in (tmp_path / "again").iterdir()] == [f"{incident}.json"]
    code, said, _ = person.copies("vanmere", incident)
    assert (code, given["digest"] in said) == (0, True)
    assert len(ask(person.two.folder / "vanmere", "GET", f"/acts?id={incident}")["acts"]) == 1


def test_each_side_may_give_its_own_of_an_incident_of_ours_too(person):
    incident = person.sends("ostrel", "incident", 'state = "reported"\nwhat = "refused-order"\ncopy = true')
    agreed = person.agrees("vanmere", incident)
    person.proved(incident, agreed)
    code, said, error = person.copies("ostrel", incident, "--check")
    assert (code, error) == (0, ""), said
    code, said, error = person.copies("ostrel", incident, "--json")
    assert (code, error) == (0, ""), said
    assert json.loads(json.loads(said)["copy"]["content"])["notification"] is None
    code, _, error = person.copies("ostrel", incident, "--agree")
    assert code == 2
    assert "our own incident" in error


@pytest.mark.parametrize(("whose", "at"), [("ostrel", "agreed"), ("vanmere", "asked")])
def test_an_approval_that_is_taken_back_gives_nothing_on_either_side(person, whose, at):
    pen = person.notifies("B-5")
    incident = person.sends("vanmere", "incident", STOPPED, re=pen)
    agreed = person.agrees("ostrel", incident)
    person.proved(pen, incident, agreed)
    target = {"agreed": agreed, "asked": incident}[at]
    body = f'reason = "not so"\ntarget = {{"$id" = "{target}"}}'
    person.sends(whose, "recall", body, re=target, desk="requests")
    for name in SIDES:
        assert person.stands(name, incident)["word"] == "taken-back"
        code, _, error = person.copies(name, incident)
        assert code == 2
        assert "took its approval of this copy back" in error


def test_a_plain_act_onward_is_still_refused_when_both_approve(person):
    """The consent is for the board and no further: our law says no to any other state, with reasons, and keeps that."""
    incident = person.sends("vanmere", "incident", STOPPED, re=person.notifies("B-6"))
    person.agrees("ostrel", incident)
    code, said, _ = person.types(
        "ostrel", "act", "onward", incident, "--third-state", "--officer", "requests/13", "--json"
    )
    outcome = json.loads(said)
    assert (code, outcome["outcome"]) == (1, "refused")


def test_who_has_no_part_in_the_incident_gives_nothing_and_is_told_why(person):
    pen = person.notifies("B-7")
    incident = person.sends("vanmere", "incident", STOPPED, re=pen)
    person.proved(pen, incident, person.agrees("ostrel", incident))
    code, said, error = person.types(
        "ostrel", "precursors", "board-copy", incident, "--officer", "requests/11", "--json"
    )
    assert (code, error) == (1, "")
    found = json.loads(said)
    assert (found["act"]["outcome"], found["act"]["missing"]) == ("held", ["act:agency"])
    assert (found["copy"]["given"], found["telling"]) == (None, None)
    assert ask(person.two.folder / "ostrel", "GET", f"/acts?id={incident}")["acts"][0]["effect"] == "held"


def test_nobody_agrees_to_what_nobody_asked(person):
    incident = person.sends("vanmere", "incident", STOPPED.replace("copy = true\n", ""), re=person.notifies("B-8"))
    code, _, error = person.copies("ostrel", incident, "--agree")
    assert code == 2
    assert "nobody asked for a copy" in error
