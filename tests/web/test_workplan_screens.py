"""The workplan over HTTP, between two running nodes: proposed here, signed there, seen on both; who may; text is only text."""

from __future__ import annotations

import html
import re

import pytest

from tests.web.desk import desk

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y> \u202ereversed {{7*7}}"
CHANGE = {
    "what": "action", "id": "F-1.1", "item": "F-1", "text.en": "count the lanterns", "owner.XO": "paper-office",
    "owner.XV": "seal-house", "measure": "each month", "due": "2026-08-01", "why": HOSTILE, "about": "",
}  # fmt: skip


def fields(page):
    """Return what a browser sends of the proposal's form: hidden fields and the reason."""
    found = {}
    for name, value in re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', page.text):
        found.setdefault(name, []).append(html.unescape(value))
    why = re.search(r'<textarea id="f-why"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    return {**found, "why": html.unescape(why[1]) if why else "", "csrf": found.get("csrf", [""])[-1]}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("plan")) as house:
        yield house


def plan(house, name):
    return house.door("GET", "/plan", name=name)


def both(house, test):
    house.until(lambda: all(test(plan(house, name)) for name in ("ostrel", "vanmere")))


def test_a_change_is_proposed_in_one_browser_and_signed_in_the_other(house):
    here, there = house.visitor("officer"), house.visitor("officer", "vanmere")
    assert here.get("/workplan/propose").status_code == 200
    sent = here.post("/workplan/propose/send", fields(here.post("/workplan/propose", CHANGE)))
    assert sent.status_code == 303, sent.text
    both(house, lambda card: len(card["proposals"]) == 1)
    (proposal,) = plan(house, "vanmere")["proposals"]
    board = there.get("/workplan").text
    assert "XO proposes a change of version 1" in board
    page = there.get(f"/workplan/proposal/{proposal['id']}").text
    for text in (board, page):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "\u202e" not in text
        assert " style=" not in text
    assert "Agree and sign" in page
    assert "Agree and sign" not in here.get(f"/workplan/proposal/{proposal['id']}").text
    assert "Withdraw it" in here.get(f"/workplan/proposal/{proposal['id']}").text
    assert there.post(f"/workplan/proposal/{proposal['id']}", {"state": "agreed"}).status_code == 303
    both(house, lambda card: card["number"] == 2)
    one, two = plan(house, "ostrel"), plan(house, "vanmere")
    assert one["digest"] == two["digest"]
    for who in (here, there):
        history = who.get("/workplan?view=history").text
        assert "proposed by paper-office" in history
        assert "agreed by seal-house" in history
        for view in ("board", "table", "timeline"):
            assert "F-1.1" in who.get(f"/workplan?view={view}").text


def test_an_owner_tells_how_far_it_is(house):
    here, there = house.visitor("officer"), house.visitor("officer", "vanmere")
    item = here.get("/workplan/item/F-1").text
    assert "count the lanterns" in item
    done = here.post("/workplan/item/F-1", {"action": "F-1.1", "state": "blocked", "text": "no ropes", "evidence": ""})
    assert done.status_code == 303, done.text
    both(house, lambda card: card["items"][0]["actions"][0]["parts"][0]["state"] == "blocked")
    assert "no ropes" in there.get("/workplan/item/F-1").text
    assert there.get("/workplan/item/F-9").status_code == 404


def test_the_plan_is_given_as_files(house):
    who = house.visitor("officer")
    calendar = who.get("/workplan/file/workplan.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:F-1.1 count the lanterns" in calendar.text
    assert "owners.xo" in who.get("/workplan/file/workplan.csv").text
    assert who.get("/workplan/file/workplan.json").json()["actions"][0]["id"] == "F-1.1"
    assert who.get("/workplan/file/workplan.exe").status_code == 404


@pytest.mark.parametrize("role", ["reviewer", "legal-officer", "approver"])
def test_whoever_may_not_write_it_reads_it(house, role):
    who = house.visitor(role)
    text = who.get("/workplan").text
    assert "Shared workplan" in text
    assert "/workplan/propose" not in text
    assert who.post("/workplan/propose", CHANGE).status_code == 404


def test_an_administrator_sees_no_plan(house):
    assert house.visitor("administrator").get("/workplan").status_code == 404


def test_what_does_not_fit_says_why_and_keeps_nothing(house):
    here = house.visitor("officer")
    before = plan(house, "ostrel")["proposals"]
    answer = here.post("/workplan/propose", {**CHANGE, "owner.XV": "", "id": "F-1.2"})
    assert answer.status_code == 400
    assert re.search("needs one owner on each side", answer.text)
    assert 'value="count the lanterns"' in answer.text, "what was written stands in the form"
    assert plan(house, "ostrel")["proposals"] == before
