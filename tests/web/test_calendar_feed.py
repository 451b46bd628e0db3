"""The calendar that a program asks for without signing in: who gets one, what is in it, when it ends, and that it is iCalendar."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

import pytest

from tests.web import calendar_file
from tests.web.desk import ROLES, desk

WHEN = 1_785_600_000_000
"""1 August 2026, 16:00 UTC."""
CALL = {
    "sort": "review", "title": "Quarterly talk; ropes, and \\ lanterns", "language": "en", "minutes": 90,
    "languages": ["en", "fr"],
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("calendar"), far=False) as house:
        yield house


def address(who):
    """Make an address as an officer does, and return its path."""
    page = who.post("/settings/calendar")
    assert page.status_code == 200, page.text
    found = re.search(
        r'<code class="id" tabindex="0">http://127\.0\.0\.1:\d+(/calendar/[A-Za-z0-9_-]{43}\.ics)</code>', page.text
    )
    assert found
    return found[1]


def by(number):
    return {"desk": "requests", "number": number}


@pytest.fixture(scope="module")
def called(house):
    said = house.door(
        "POST", "/meetings/act", {"by": by(ROLES["desk-lead"]), "act": "call", "terms": {**CALL, "at": WHEN}}
    )
    assert said["outcome"] == "sent", said
    return said["id"]


def test_a_program_gets_days_and_titles_and_nothing_else(house, called):
    who = house.visitor("officer")
    assert "You have no address" in who.get("/settings").text
    path = address(who)
    assert path not in who.get("/settings").text, "an address is shown once"
    got = house.guest().get(path)
    assert got.status_code == 200
    assert got.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "set-cookie" not in got.headers
    assert got.headers["cache-control"] == "private, no-cache"
    head, events = calendar_file.read(got.content)
    assert calendar_file.text(head["NAME"][1]) == "Common work of the two fords (invented)"
    assert head["REFRESH-INTERVAL"] == ({"VALUE": "DURATION"}, "PT6H")
    shown = {calendar_file.text(one["SUMMARY"][1]): one for one in events}
    assert set(shown) == {"F-1 lost travellers found, false papers stopped", CALL["title"]}
    due = shown["F-1 lost travellers found, false papers stopped"]
    assert (due["DTSTART"], due["DTEND"][1]) == (({"VALUE": "DATE"}, "20261201"), "20261202")
    talk = shown[CALL["title"]]
    assert (talk["DTSTART"], talk["DURATION"][1], talk["STATUS"][1]) == (({}, "20260801T160000Z"), "PT90M", "TENTATIVE")
    assert not any("DESCRIPTION" in one or "ATTENDEE" in one or "LOCATION" in one for one in events)
    assert b"harbour" not in got.content
    assert b"within ten days" not in got.content, "no measure"


def test_what_has_not_moved_is_not_sent_again(house, called):
    who, program = house.visitor("officer"), house.guest()
    path = address(who)
    first = program.get(path)
    tag, moved = first.headers["etag"], first.headers["last-modified"]
    assert parsedate_to_datetime(moved).timestamp() > 0
    assert program.get(path).content == first.content
    for headers in (
        {"if_none_match": tag},
        {"if_none_match": f'"x", W/{tag}'},
        {"if_none_match": "*"},
        {"if_modified_since": moved},
    ):
        again = program.get(path, **headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for headers in (
        {"if_none_match": '"other"'},
        {"if_none_match": '"other"', "if_modified_since": moved},
        {"if_modified_since": "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"if_modified_since": "yesterday"},
    ):
        assert program.get(path, **headers).status_code == 200
    assert program.http.head(path).content == b""


def test_an_address_that_is_taken_back_or_made_anew_opens_nothing(house):
    who, program = house.visitor("officer"), house.guest()
    first = address(who)
    second = address(who)
    assert program.get(first).status_code == 404
    assert program.get(second).status_code == 200
    assert who.post("/settings/calendar/end").status_code == 303
    gone = program.get(second)
    assert gone.status_code == 404
    for strange in ("/calendar/x.ics", f"/calendar/{'a' * 300}.ics", second.removesuffix(".ics"), "/calendar/.ics"):
        answer = program.get(strange)
        assert (answer.status_code, answer.content) == (404, gone.content), strange
    assert who.post("/settings/calendar/end").status_code == 400


def test_an_administrator_takes_an_address_back_and_a_suspension_closes_it(house):
    who, program, administrator = house.visitor("duty-officer"), house.guest(), house.visitor("administrator")
    page = f"/people/requests/{ROLES['duty-officer']}"
    path = address(who)
    assert "Has an address of the calendar" in administrator.get(page).text
    house.door("POST", "/people/suspend", {**by(ROLES["duty-officer"]), "by": "operator"})
    assert program.get(path).status_code == 404
    house.door("POST", "/people/reinstate", {**by(ROLES["duty-officer"]), "by": "operator"})
    assert program.get(path).status_code == 200
    assert administrator.post(f"{page}/calendar").status_code == 303
    assert program.get(path).status_code == 404
    assert "Has an address of the calendar" not in administrator.get(page).text


@pytest.mark.parametrize("role", ["administrator", "reviewer"])
def test_whoever_may_not_have_one_is_offered_none(house, role):
    who = house.visitor(role)
    assert "/settings/calendar" not in who.get("/settings").text
    assert who.post("/settings/calendar").status_code == 404


def test_the_store_has_the_digest_alone(house):
    token = address(house.visitor("officer")).removeprefix("/calendar/").removesuffix(".ics")
    with house.opened().node.ledger.read() as tx:
        rows = tx.rows("SELECT desk, number, token_sha256 FROM workplan_feed")
    assert rows
    assert not any(token.encode() in bytes(row[2]) or token in str(row) for row in rows)
    folder = house.opened().config.folder
    assert not any(token.encode() in file.read_bytes() for file in folder.rglob("*.db*"))


def test_the_download_is_a_calendar_too(house):
    head, events = calendar_file.read(house.visitor("officer").get("/workplan/file/workplan.ics").content)
    assert head["CALSCALE"][1] == "GREGORIAN"
    assert calendar_file.text(events[0]["DESCRIPTION"][1]) == "every question answered within ten days"
