"""A draft waits, two people of two agencies look at it, glass is broken, what is owed is done: at a terminal, whole."""

from __future__ import annotations

import json

import pytest

from comity.base.errors import BadForm
from comity.cli.approvals import read_assessment
from comity.cli.doorway import ask
from tests.unit.cli.pair import both, quick, typed
from tests.unit.cli.test_requests import GOOD
from tests.unit.edge.twofolders import copy_of

MARKED = GOOD.replace('urgency = "immediate"', 'urgency = "urgent"\nmarking = "restricted"')
SHORT = {
    "act": "disclose", "form": "short", "who_and_how": "the holder of the paper", "risk_before": "low",
    "source": "the port's own register", "mitigations": [], "risk_after": "low", "decision": "go", "basis": "",
    "decider_desk": "requests", "decider_number": 16, "outside_operation": True,
}  # fmt: skip
URGENT = """
minimum_facts = true
marking = "restricted"
[[assessments]]
act = "disclose"
form = "short"
who_and_how = "the holder of the paper"
risk_before = "low"
source = "the port's own register"
mitigations = []
risk_after = "low"
decision = "go"
basis = ""
decider_desk = "requests"
decider_number = 16
outside_operation = true
[body]"""
GLASS = GOOD.replace('agency = "paper-office"', 'agency = "harbour-watch"').replace("\n[body]", URGENT)
REASON = "a person in the water with this paper must be named now"
APPROVER, OTHER = ("--officer", "requests/14"), ("--officer", "requests/17")
AUTHOR = ("--officer", "requests/13")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture
def person(two, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "300")

    def types(*words, form=None):
        if form is not None:
            path = tmp_path / "form.toml"
            path.write_text(form)
            words = (words[0], path, *words[1:])
        return typed(capsys, *words, "--node", two.folder / "ostrel")

    return types


@pytest.fixture
def held(person):
    code, said, _ = person("send", *AUTHOR, "--json", form=MARKED)
    assert code == 1
    return json.loads(said)


def test_a_draft_is_looked_at_approved_by_two_agencies_and_sent(person, held):
    assert held["missing"] == ["approval:second-agency"]
    code, said, _ = person("held", "list")
    assert code == 0
    assert held["id"] in said
    assert "approval:second-agency" in said
    code, said, _ = person("held", "show", held["id"])
    assert code == 0
    for word in (held["subject"], "handed in by requests/13", "Shown at the port.", "restricted"):
        assert word in said
    for officer in (APPROVER, OTHER):
        code, said, _ = person("held", "approve", held["subject"], "--role", "approver", *officer)
        assert (code, said.startswith("approved as approver: ")) == (0, True)
    shown = json.loads(person("held", "show", held["id"], "--json")[1])
    assert [one["yes"] for one in shown["answers"]] == [True, True]
    code, said, _ = person("held", "resume", held["id"], *AUTHOR)
    assert (code, said.startswith(f"sent: {held['id']}")) == (0, True)
    assert "Law of the accord, 2" in said
    rows = json.loads(person("held", "list", "--ended", "--json")[1])
    assert {one["id"]: one["state"] for one in rows}[held["id"]] == "released"


def test_what_is_not_allowed_ends_with_one_and_says_why(person, held):
    for officer, words in (
        (AUTHOR, "does not hold the role"),
        (("--officer", "requests/11"), "does not hold the role"),
    ):
        code, _, said = person("held", "approve", held["subject"], "--role", "approver", *officer)
        assert (code, words in said) == (1, True)
    code, said, _ = person("held", "resume", held["id"], *AUTHOR)
    assert (code, "missing: approval:second-agency" in said) == (1, True)
    code, _, said = person("held", "approve", "00" * 32, "--role", "approver", *APPROVER)
    assert (code, "was changed or has ended" in said) == (2, True)
    assert person("held", "approve", "xyz", "--role", "approver", *APPROVER)[0] == 2
    assert person("held", "approve", "00", "--role", "approver", *APPROVER)[0] == 2


def test_a_no_ends_a_draft_and_so_does_its_own_agency(person, held):
    words = ("--role", "approver", "--reason", "not needed for the purpose")
    code, said, _ = person("held", "refuse", held["subject"], *words, *APPROVER, "--json")
    assert (code, json.loads(said)["state"]) == (0, "withdrawn")
    other = json.loads(person("send", *AUTHOR, "--json", form=MARKED)[1])
    code, said, _ = person("held", "drop", other["id"], "--reason", "asked by telephone", *AUTHOR)
    assert (code, said.startswith("dropped: ")) == (0, True)
    third = json.loads(person("send", *AUTHOR, "--json", form=MARKED)[1])
    said = person("held", "drop", third["id"], "--reason", "asked by telephone", *AUTHOR, "--json")[1]
    assert json.loads(said)["state"] == "dropped"


def test_the_minimum_facts_come_as_a_form_that_send_takes(person, tmp_path):
    form = MARKED.replace('urgency = "urgent"', 'urgency = "immediate"')
    code, said, _ = person("send", *AUTHOR, form=form)
    assert code == 1
    assert "ring the approver now" in said
    assert "comity held show" in said
    (number,) = [line.split()[-1] for line in said.splitlines() if "held minimum" in line]
    code, said, _ = person("held", "minimum", number)
    assert code == 0
    ready = json.loads(said)
    assert [line["label"] for line in ready["body"]["items"]] == [
        "who is in danger",
        "what is threatened",
        "where to call",
    ]
    for line in ready["body"]["items"]:
        line["value"] = "known to the duty desk"
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({**ready, "marking": ""}))
    assert person("send", path, *AUTHOR)[0] == 0


def test_an_assessment_is_added_to_a_draft_from_a_file(person, held, tmp_path):
    path = tmp_path / "short.json"
    path.write_text(json.dumps(SHORT))
    code, said, _ = person("held", "resume", held["id"], "--assessment", path, *AUTHOR, "--json")
    after = json.loads(said)
    assert (code, after["subject"] != held["subject"]) == (1, True)
    shown = json.loads(person("held", "show", held["id"], "--json")[1])
    assert shown["form"]["assessments"][0]["who_and_how"] == "the holder of the paper"
    other = tmp_path / "short.toml"
    other.write_text('act = "disclose"\n')
    assert read_assessment(other) == {"act": "disclose"}
    with pytest.raises(BadForm, match="is no assessment"):
        read_assessment(tmp_path / "none.json")


def test_broken_glass_goes_at_once_and_is_reviewed(person, two, tmp_path):
    code, _, said = person("send", "--break-glass", "in danger", "--officer", "requests/11", form=GLASS)
    assert (code, "reason of 20" in said) == (2, True)
    code, said, _ = person("send", "--break-glass", REASON, "--officer", "requests/11", "--json", form=GLASS)
    assert code == 0, said
    sent = json.loads(said)
    code, said, _ = person("owed", "list")
    assert code == 0
    assert all(word in said for word in ("review", "full-form:disclose", "approval:second-agency", sent["id"]))
    owed = {one["what"]: one["id"] for one in json.loads(person("owed", "list", "--json")[1])}
    reviewers = json.loads(person("owed", "list", "--role", "reviewer", "--json")[1])
    assert [one["what"] for one in reviewers] == ["review"]
    code, _, said = person("owed", "review", owed["review"], "--finding", "needed", "--officer", "requests/11")
    assert (code, "does not hold the role reviewer" in said) == (1, True)
    full = tmp_path / "full.json"
    full.write_text(json.dumps({**SHORT, "form": "full", "basis": "the register and two witnesses"}))
    acts = (
        ("complete", owed["full-form:disclose"], "--assessment", full, "--officer", "requests/16"),
        ("complete", owed["approval:second-agency"], "--note", "too much was said", "--no", *OTHER),
        ("review", owed["review"], "--finding", "it was needed", "--officer", "requests/15"),
    )
    for words in acts:
        code, said, _ = person("owed", *words)
        assert (code, said.startswith("done: ")) == (0, True), said
    assert json.loads(person("owed", "list", "--json")[1]) == []
    assert len(json.loads(person("owed", "list", "--done", "--json")[1])) == 3
    two.until(lambda: ask(two.folder / "ostrel", "GET", "/status")["logs"][0]["cosigned_size"] > sent["index"] + 1)
    code, said, _ = person("alarms", "--role", "reviewer", "--json")
    (alarm,) = json.loads(said)
    assert (code, alarm["kind"], alarm["about"]) == (0, "approval-refused-after", "approval:second-agency")
    assert alarm["kind"] in person("alarms", "--role", "reviewer")[1]
    assert person("alarms", "--seen", alarm["id"])[1] == f"seen: {alarm['id']}\n"
    assert json.loads(person("alarms", "--seen", alarm["id"], "--json")[1]) == {"seen": alarm["id"]}
    assert json.loads(person("alarms", "--role", "reviewer", "--json")[1]) == []
    assert json.loads(person("alarms", "--role", "reviewer", "--all", "--json")[1])[0]["seen_at"]


def test_a_report_is_said_in_json_too(person):
    assert person("send", "--break-glass", REASON, "--officer", "requests/11", form=GLASS)[0] == 0
    review = next(one for one in json.loads(person("owed", "list", "--json")[1]) if one["what"] == "review")
    words = ("owed", "review", review["id"], "--finding", "needed", "--officer", "requests/15", "--json")
    assert json.loads(person(*words)[1])["done_record"] is not None
