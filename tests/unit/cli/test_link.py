"""`comity link` and the page of the link: two persons suspend the exchange or a desk at once, and let it go on."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.cli.pair import typed
from tests.web.desk import ROLES, desk

LEAD, ADMIN = f"requests/{ROLES['desk-lead']}", f"requests/{ROLES['administrator']}"
WHY = "the talks were broken off today"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("run"), far=False) as running:
        yield running


@pytest.fixture
def say(house, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: typed(capsys, "link", *words, "--node", house.folder / "ostrel")


def asked(say, act, officer, *more):
    code, said, _ = say(act, "--officer", officer, "--reason", WHY, "--json", *more)
    assert code == 0
    return json.loads(said)["id"]


def test_one_asks_another_confirms_and_it_is_suspended_at_once(say):
    wish = asked(say, "suspend", LEAD)
    assert json.loads(say("show", "--json")[1])["ours"] == []
    assert wish in say("show")[1]
    assert say("confirm", wish, "--officer", LEAD)[0] == 1, "who asked does not confirm"
    officer = f"requests/{ROLES['officer']}"
    assert say("confirm", wish, "--officer", officer)[0] == 1, "an officer may not"
    code, said, _ = say("confirm", wish, "--officer", ADMIN)
    assert code == 0
    assert "the whole exchange is suspended" in said
    shown = json.loads(say("show", "--json")[1])
    assert (shown["state"] in {"suspended", "recovering"}, shown["ours"], shown["wishes"]) == (True, [""], [])
    assert "this side suspended the whole exchange" in say("show")[1]
    back = asked(say, "resume", ADMIN)
    assert "resumed" in say("confirm", back, "--officer", LEAD)[1]
    assert json.loads(say("show", "--json")[1])["ours"] == []


def test_a_wish_is_taken_back(say):
    wish = asked(say, "suspend", LEAD, "--desk", "requests")
    assert "desk requests" in say("show")[1]
    assert "nothing was changed" in say("drop", wish, "--officer", LEAD)[1]
    assert json.loads(say("show", "--json")[1])["wishes"] == []


def test_the_page_asks_and_a_second_person_confirms_and_every_page_says_so(house, say):
    lead, admin, officer = (house.visitor(role) for role in ("desk-lead", "administrator", "officer"))
    assert officer.get("/link").status_code == 404
    page = lead.get("/link").text
    assert "Nothing is suspended" in page
    sent = lead.post("/link", {"act": "suspend", "desk": "requests", "reason": WHY})
    assert sent.status_code == 303
    assert "/confirm" not in lead.get("/link").text, "who asked is not offered to confirm"
    page = admin.get("/link").text
    (wish,) = set(re.findall(r"/link/(\w{26})/confirm", page))
    assert admin.post("/link/" + "0" * 26 + "/confirm", {}).status_code == 404
    assert admin.post(f"/link/{wish}/confirm", {}).status_code == 303
    assert "the desk requests: suspended by this side" in admin.get("/link").text
    shown = json.loads(say("show", "--json")[1])
    if shown["state"] == "up":
        assert "One desk suspended" in officer.get("/inbox").text
    assert lead.post("/link", {"act": "resume", "desk": "requests", "reason": "short"}).status_code == 400
    lead.post("/link", {"act": "resume", "desk": "requests", "reason": WHY})
    (wish,) = set(re.findall(r"/link/(\w{26})/drop", lead.get("/link").text))
    assert lead.post(f"/link/{wish}/drop", {}).status_code == 303


def test_the_accord_is_ended_for_good_and_the_page_says_so(house, say):
    wish = asked(say, "end", LEAD)
    admin = house.visitor("administrator")
    assert "End: the accord, for good" in admin.get("/link").text
    code, said, _ = say("confirm", wish, "--officer", ADMIN)
    assert (code, "the accord, for good is ended" in said) == (0, True)
    assert "this side ended the accord, for good" in say("show")[1]
    assert "The accord: ended by this side, for good" in admin.get("/link").text
    assert say("resume", "--officer", LEAD, "--reason", WHY)[0] == 2
