"""An officer sends, looks at what waits, and reads a case, at a terminal, on two running nodes."""

from __future__ import annotations

import json
import socketserver
import threading

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.cli.doorway import Refusal, ask
from comity.edge.setup import LAW_FILE, LAW_KEY, keep_peer_law
from tests.unit.cli.pair import both, quick, typed
from tests.unit.edge.twofolders import MADE, copy_of

HOUR = 3_600_000
QUESTION = """
kind = "rfi"
agency = "paper-office"
recipients = ["seal-house"]
purpose = "border-document"
urgency = "immediate"
workplan_item = "F-1"
[body]
title = "[bold]Is paper 88 yours?[/x]"
text = "Shown at the port."
asks = ["document"]
records = ["registration"]
own_power = "port law, article 4"
reason = "The seal looks like yours."
[[body.items]]
label = "paper"
value = "88"
categories = ["CATEGORY"]
"""
GOOD = QUESTION.replace("CATEGORY", "document")
ANSWER = """
kind = "answer"
agency = "seal-house"
recipients = ["paper-office"]
purpose = "border-document"
urgency = "immediate"
workplan_item = "F-1"
evaluation = "A1"
[body]
state = "final"
text = "Yes."
records = ["registration"]
[[body.items]]
label = "who has it"
value = "someone"
categories = ["victim"]
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture
def person(two, tmp_path, capsys, monkeypatch):
    """Return a function that types a command for one of the nodes, with a form written to a file first."""
    monkeypatch.setenv("COLUMNS", "250")

    def types(name, command, *words, form=None):
        if form is not None:
            (tmp_path / "form.toml").write_text(form)
            words = (tmp_path / "form.toml", *words)
        return typed(capsys, command, *words, "--node", two.folder / name)

    return types


def sends(person, form=GOOD, officer="requests/13", name="ostrel", more=()):
    code, said, error = person(name, "send", "--officer", officer, "--json", *more, form=form)
    assert not error
    return code, json.loads(said)


def arrived(two, one, name="vanmere"):
    two.until(lambda: ask(two.folder / name, "GET", f"/state?id={one['id']}").get("filed"))
    return next(iter(ask(two.folder / name, "GET", f"/cases?id={one['case']}")))


def test_a_question_and_its_answer_from_file_to_case(person, two):
    code, asked = sends(person)
    assert (code, asked["outcome"]) == (0, "sent")
    number = arrived(two, asked)["number"]
    assert number.startswith("XV-")
    code, said, _ = person("vanmere", "inbox")
    assert (code, asked["id"] in said, "For us" in said, "[bold]Is paper 88 yours?[/x]" in said) == (
        0,
        True,
        True,
        True,
    )
    code, said, _ = person("ostrel", "inbox", "--waiting")
    assert (code, asked["id"] in said, "Waiting for them" in said) == (0, True, True)
    assert person("vanmere", "inbox", "--item", "F-9")[1].count(asked["id"]) == 0
    assert json.loads(person("vanmere", "inbox", "--item", "F-1", "--json")[1])[0]["id"] == asked["id"]

    code, answered = sends(person, ANSWER, "requests/33", "vanmere", ("--case", number, "--re", asked["id"]))
    assert (code, answered["outcome"], answered["redactions"]) == (0, "sent", ["victim"])
    arrived(two, answered, "ostrel")
    code, said, _ = person("ostrel", "case", asked["case"])
    assert code == 0
    assert "[bold]Is paper 88 yours?[/x]" in said
    assert "Yes." in said
    assert "[removed: " in said
    assert "answered" in said
    case = json.loads(person("vanmere", "case", number, "--json")[1])
    assert [one["kind"] for one in case["dispatches"]] == ["rfi", "answer"]


def test_what_a_node_decided_is_explained_to_who_must_answer_for_it(person, two, capsys):
    _, asked = sends(person)
    arrived(two, asked)
    code, said, _ = typed(capsys, "law", "explain", asked["id"], "--node", two.folder / "ostrel")
    assert code == 0
    assert "sent" in said
    assert "to send: rfi for the purpose border-document, immediate" in said
    assert "Answer: Permitted" in said
    assert "Their law" not in said
    theirs = two.folder / "vanmere" / "law"
    keep_peer_law(two.folder / "ostrel", (theirs / LAW_FILE).read_bytes(), (theirs / LAW_KEY).read_bytes())
    code, said, _ = typed(capsys, "law", "explain", asked["id"], "--node", two.folder / "ostrel")
    assert (code, "Their law as published" in said, "to receive: rfi" in said) == (0, True, True)
    code, said, _ = typed(capsys, "law", "explain", asked["id"], "--node", two.folder / "vanmere", "--json")
    assert (code, json.loads(said)[0]["effect"]) == (0, "permit")
    _, kept = sends(person, QUESTION.replace("CATEGORY", "location"))
    code, said, _ = typed(capsys, "law", "explain", kept["id"], "--node", two.folder / "ostrel", "--language", "pa")
    assert (code, "ਫ਼ੈਸਲੇ ਲਈ ਭੇਜਿਆ ਗਿਆ: elder-of-the-watch [refer]" in said) == (0, True)
    code, _, error = typed(capsys, "law", "explain", "0" * 26, "--node", two.folder / "ostrel")
    assert (code, "this node decided nothing about" in error) == (2, True)


def test_to_open_a_case_is_to_have_seen_it_and_json_is_not(person, two):
    _, asked = sends(person)
    number = arrived(two, asked)["number"]
    person("vanmere", "case", number, "--json")
    assert ask(two.folder / "vanmere", "GET", f"/state?id={asked['id']}")["seen"] is None
    for _ in range(2):
        assert person("vanmere", "case", number)[0] == 0
    assert ask(two.folder / "vanmere", "GET", f"/state?id={asked['id']}")["seen"]


@pytest.mark.parametrize(
    ("form", "officer", "outcome", "words"),
    [
        (QUESTION.replace("CATEGORY", "location"), "requests/13", "referred", "Law of the accord, 3"),
        (
            GOOD.replace("border-document", "fraud"),
            "requests/13",
            "refused",
            "No rule",
        ),
        (GOOD, "requests/12", "held", "missing: release:officer-without-standing"),
    ],
)
def test_a_no_ends_with_one_and_all_its_reasons(person, form, officer, outcome, words):
    code, said, _ = person("ostrel", "send", "--officer", officer, form=form)
    assert code == 1
    assert said.startswith(f"{outcome}: ")
    assert words in said
    assert "ring the" in said


def test_what_was_taken_out_is_said(person, two):
    _, asked = sends(person)
    arrived(two, asked)
    words = ("--officer", "requests/33", "--case", asked["case"], "--re", asked["id"])
    code, said, _ = person("vanmere", "send", *words, form=ANSWER)
    assert (code, "removed before sending: victim" in said, ", case " in said) == (0, True, True)


@pytest.mark.parametrize(
    ("form", "more", "words"),
    [
        ("kind =", ("--officer", "requests/13"), "is no form"),
        ('colour = "blue"' + QUESTION, ("--officer", "requests/13"), "colour"),
        (QUESTION, ("--officer", "13"), "an officer is desk and number"),
        (QUESTION, ("--officer", "requests/x"), "an officer is desk and number"),
        (QUESTION, ("--officer", "requests/13", "--case", "XO-1999-0001"), "there is no case XO-1999-0001"),
        (QUESTION, ("--officer", "requests/13", "--replaces", "x"), "26 letters and digits"),
        (QUESTION.replace("CATEGORY", "weather"), ("--officer", "requests/13"), "a word that is not in its list"),
    ],
)
def test_a_form_that_does_not_fit_is_misuse_and_nothing_is_kept(person, form, more, words):
    code, said, error = person("ostrel", "send", *more, form=form)
    assert (code, said) == (2, "")
    assert words in error


def test_a_case_that_is_not_there_is_misuse(person):
    assert person("ostrel", "case", "0" * 26)[0] == 2
    assert person("ostrel", "case", "XO-1999-0001")[0] == 2


def test_where_no_node_runs_one_is_told_to_start_it(tmp_path, capsys):
    for words in (("inbox",), ("case", "x")):
        code, _, error = typed(capsys, *words, "--node", tmp_path)
        assert (code, "no node runs in" in error, "comity node run" in error) == (2, True, True)
    code, _, error = typed(capsys, "send", tmp_path / "none.toml", "--officer", "requests/1", "--node", tmp_path)
    assert (code, "is no form" in error) == (2, True)


def test_what_is_overdue_stands_first(person, two):
    _, first = sends(person)
    arrived(two, first)
    two.set_time(Ms(MADE + 30 * HOUR))
    _, later = sends(person)
    arrived(two, later)
    code, said, _ = person("vanmere", "inbox")
    assert code == 0
    assert said.index(first["id"]) < said.index(later["id"])
    assert "OVERDUE" in said


# --- the way to the node ---------------------------------------------------------------------------------------------


@pytest.fixture
def answering(tmp_path):
    """A door that answers what the test says."""
    answers = []

    class Door(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            status, body = answers.pop(0)
            self.wfile.write(f"HTTP/1.1 {status} x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)

    with socketserver.UnixStreamServer(str(tmp_path / "office.sock"), Door) as server:
        threading.Thread(target=server.serve_forever).start()
        yield tmp_path, answers
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, b'{"error": "no such field", "code": "bad-form"}', BadForm, "no such field"),
        (503, b'{"error": "outcome unknown", "code": "store"}', Refusal, "outcome unknown"),
        (404, b'{"code": "not-found"}', Refusal, "the node gave no reason"),
        (500, b"Internal Server Error", Refusal, "the node met a fault of its own"),
    ],
)
def test_what_a_node_refuses_is_said_in_its_words(answering, status, body, error, words):
    folder, answers = answering
    answers.append((status, body))
    with pytest.raises(error, match=words):
        ask(folder, "GET", "/status")


def test_what_a_node_says_is_returned(answering):
    folder, answers = answering
    answers.append((200, b"[1]"))
    assert ask(folder, "GET", "/cases") == [1]
