"""An officer does something with what is held, at a terminal: our law is asked first, a no says why, and all of it is kept."""

from __future__ import annotations

import json
import zipfile

import pytest

from comity.base.errors import BadForm
from comity.cli.acts import officer_of, show_outcome
from comity.cli.doorway import ask
from tests.unit.cli.pair import both, quick, typed
from tests.unit.cli.test_requests import GOOD
from tests.unit.edge.twofolders import copy_of


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture(scope="module")
def asked(two, tmp_path_factory):
    """A question that Vanmere got."""
    form = tmp_path_factory.mktemp("form") / "form.toml"
    form.write_text(GOOD)
    by = {"desk": "requests", "number": 13}
    import tomllib

    done = ask(
        two.folder / "ostrel", "POST", "/submit", {"form": {"desk": "requests", **tomllib.loads(GOOD)}, "by": by}
    )
    two.until(lambda: ask(two.folder / "vanmere", "GET", f"/state?id={done['id']}").get("filed"))
    two.until(lambda: (ask(two.folder / "ostrel", "GET", f"/state?id={done['id']}") or {}).get("filed"))
    return done


@pytest.fixture
def person(two, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    return lambda name, *words: typed(capsys, *words, "--node", two.folder / name)


OFFICER = ("--officer", "requests/33")


def test_an_act_that_law_permits_is_done_and_listed(person, asked):
    code, said, _ = person("vanmere", "act", "use", asked["id"], "--serves", "lead", "--reason", "the port", *OFFICER)
    assert code == 0
    assert said.startswith("done: act ")
    assert "Law of the accord, 2" in said
    code, said, _ = person("vanmere", "act", "onward", asked["id"], "--to", "watch-house", *OFFICER, "--json")
    assert (code, json.loads(said)["outcome"]) == (0, "done")
    code, said, _ = person("vanmere", "act", "list", asked["id"])
    assert code == 0
    for word in ("use", "lead", "onward", "watch-house", "requests/33", "a correction must reach: watch-house"):
        assert word in said
    acts = json.loads(person("vanmere", "act", "list", asked["id"], "--json")[1])["acts"]
    assert [(one["act"], one["effect"]) for one in acts] == [("use", "permit"), ("onward", "permit")]


@pytest.mark.parametrize(
    ("words", "outcome", "seen"),
    [
        (("access",), "refused", "No rule permits this."),
        (("evidence",), "refused", "No rule permits this."),
        (("repurpose", "--purpose", "missing-person"), "refused", "No rule permits this."),
        (("onward", "--third-state"), "refused", "No rule permits this."),
    ],
)
def test_a_no_ends_with_one_and_all_its_reasons(person, asked, words, outcome, seen):
    code, said, _ = person("vanmere", "act", words[0], asked["id"], *words[1:], *OFFICER)
    assert code == 1
    assert said.startswith(f"{outcome}: act ")
    assert seen in said


def test_an_officer_without_standing_is_told_what_is_missing(person, asked):
    code, said, _ = person("vanmere", "act", "export", asked["id"], "--officer", "requests/77")
    assert code == 1
    assert "held: act " in said
    assert "missing: act:officer-without-standing" in said


def test_an_approval_of_nothing_is_refused_in_one_line(person):
    words = ("act", "approve", "00" * 32, "--role", "elder-of-the-watch", *OFFICER)
    code, _, error = person("vanmere", *words)
    assert (code, error) == (1, "comity: no act waits for this approval; nothing was kept\n")
    code, _, error = person("vanmere", "act", "approve", "nonsense", "--role", "x", *OFFICER)
    assert code == 2
    assert "64 hexadecimal digits" in error


def test_a_no_is_a_command_too_and_has_its_reason(person):
    words = ("act", "refuse", "00" * 32, "--role", "elder-of-the-watch", *OFFICER)
    code, _, error = person("vanmere", *words, "--reason", "no")
    assert (code, error) == (1, "comity: no act waits for this approval; nothing was kept\n")
    code, _, error = person("vanmere", *words, "--reason", " ")
    assert (code, "a no gives its reason" in error) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("use", "0" * 26, "--serves", "lead", *OFFICER), "does not hold the content"),
        (("use", "nonsense", "--serves", "lead", *OFFICER), "26 letters and digits"),
        (("onward", "0" * 26, *OFFICER), "onward names to whom"),
        (("export", "0" * 26, "--officer", "requests"), "desk and number"),
        (("export", "0" * 26, "--assessment", "absent.json", *OFFICER), "is no assessment"),
        (("repurpose", "0" * 26, "--purpose", "spite", *OFFICER), "no such purpose"),
    ],
)
def test_misuse_is_one_line_and_nothing_is_done(person, words, said):
    code, _, error = person("vanmere", "act", *words)
    assert code == 2
    assert said in error


def test_words_that_the_door_does_not_know_are_named(two):
    body = {"act": "sell", "dispatch": "0" * 26, "by": {"desk": "requests", "number": 33}}
    for more, said in (
        ({}, "no act called 'sell'"),
        ({"act": "use", "serves": "spite"}, "no word for what a use serves"),
    ):
        with pytest.raises(BadForm, match=said):
            ask(two.folder / "vanmere", "POST", "/act", body | more)
    with pytest.raises(BadForm, match="no urgency"):
        ask(two.folder / "vanmere", "POST", "/act", body | {"act": "export", "urgency": "soon"})


def test_an_officer_is_desk_and_number():
    assert officer_of("requests/7") == {"desk": "requests", "number": 7}
    for text in ("requests", "/7", "requests/x", "requests/²"):
        with pytest.raises(BadForm):
            officer_of(text)


# --- papers ------------------------------------------------------------------------------------------------------


def test_papers_with_content_are_an_act_of_an_officer_and_stand_in_the_decision_log(person, asked, tmp_path):
    papers = ("log", "bundle", asked["id"], "--out", tmp_path / "papers.zip")
    code, _, error = person("ostrel", *papers)
    assert (code, (tmp_path / "papers.zip").exists()) == (2, False)
    assert "name --officer" in error
    code, said, _ = person("ostrel", *papers, "--officer", "requests/77")
    assert (code, (tmp_path / "papers.zip").exists()) == (1, False)
    assert "missing: act:officer-without-standing" in said
    assert json.loads(person("ostrel", *papers, "--officer", "requests/77", "--json")[1])["outcome"] == "held"
    code, said, _ = person("ostrel", *papers, "--officer", "requests/13", "--reason", "asked by our reviewer")
    assert code == 0, said
    assert zipfile.is_zipfile(tmp_path / "papers.zip")
    acts = json.loads(person("ostrel", "act", "list", asked["id"], "--json")[1])["acts"]
    assert [one["effect"] for one in acts] == ["held", "held", "permit"]


def test_papers_for_a_court_are_another_act(person, asked, tmp_path):
    words = ("--officer", "requests/13", "--court", "order-reference", "--reason", "order 7 of the port court")
    assert person("ostrel", "log", "bundle", asked["id"], "--out", tmp_path / "court.zip", *words)[0] == 0
    acts = json.loads(person("ostrel", "act", "list", asked["id"], "--json")[1])["acts"]
    assert (acts[-1]["act"], acts[-1]["reason"]) == ("court", "order 7 of the port court")


def test_proofs_alone_need_nobody(person, asked, tmp_path):
    without = [word for piece in ("header", "body", "attachments", "author", "sealed") for word in ("--without", piece)]
    code, _, _ = person("ostrel", "log", "bundle", asked["id"], "--out", tmp_path / "proofs.zip", *without)
    assert code == 0


# --- who looked --------------------------------------------------------------------------------------------------


def test_who_opened_a_case_is_kept_where_they_say_who_they_are(person, asked):
    assert person("vanmere", "case", asked["case"])[0] == 0
    assert json.loads(person("vanmere", "act", "list", asked["id"], "--json")[1])["views"] == []
    assert person("vanmere", "case", asked["case"], *OFFICER)[0] == 0
    assert person("ostrel", "case", asked["case"], "--officer", "requests/13")[0] == 0
    for name, number in (("vanmere", 33), ("ostrel", 13)):
        (view,) = json.loads(person(name, "act", "list", asked["id"], "--json")[1])["views"]
        assert (view["desk"], view["number"]) == ("requests", number)


# --- the access officer ------------------------------------------------------------------------------------------


def test_everything_that_concerns_a_name_is_shown_and_nothing_is_given(person, asked):
    code, said, _ = person("vanmere", "subject", "yours seal", *OFFICER)
    assert code == 0
    assert asked["id"] in said
    assert "1 found" in said
    assert "nothing was given" in said
    told = json.loads(person("vanmere", "subject", "Seal YOURS", "--born", "1988-04-02", *OFFICER, "--json")[1])
    (one,) = told["found"]
    assert (one["match"]["id"], one["match"]["whose"], one["match"]["born"]) == (asked["id"], "theirs", "not said")
    assert (one["access"]["effect"], one["consult"], told["not_searched"]) == ("refuse", True, 0)
    code, _, error = person("vanmere", "subject", "yours seal", "--officer", "requests/77")
    assert (code, error) == (1, "comity: this officer does not answer requests for access; nothing was shown\n")


# --- what an outcome says ----------------------------------------------------------------------------------------


def test_an_outcome_names_what_binds_what_is_missing_and_how_an_approval_is_given(capsys):
    reason = {"effect": "refer", "sentence": "Ask the head.", "article": "Act, s. 1", "status": "accord", "rule": "T-1"}
    held = {
        "outcome": "held", "id": "0" * 26, "record": 7, "subject": "ab" * 32, "missing": ["approval:head"],
        "obligations": [{"verb": "redact", "value": "victim", "rule": "T-2"}],
        "verdict": {"refer_to": "head", "reasons": [reason]},
    }  # fmt: skip
    show_outcome(held)
    said = capsys.readouterr().out
    for word in (
        "held: act",
        "obliges: redact victim (T-2)",
        "missing: approval:head",
        "ab" * 32,
        "to: head",
        "Ask the head.",
    ):
        assert word in said


def test_an_assessment_and_an_urgency_go_with_the_act(person, asked, tmp_path):
    form = {
        "act": "use", "form": "full", "who_and_how": "nobody", "risk_before": "low", "source": "good", "mitigations": [],
        "risk_after": "low", "decision": "go", "basis": "the file", "decider_desk": "requests", "decider_number": 34,
        "outside_operation": True, "tainted": False,
    }  # fmt: skip
    path = tmp_path / "assessment.json"
    path.write_text(json.dumps(form))
    words = ("--serves", "prevent-harm", "--assessment", path, "--urgency", "immediate", "--marking", "restricted")
    assert person("vanmere", "act", "use", asked["id"], *words, *OFFICER)[0] == 0
    path.write_text(json.dumps(form | {"act": "disclose"}))
    code, _, error = person("vanmere", "act", "use", asked["id"], *words, *OFFICER)
    assert (code, "assessed as use" in error) == (2, True)
