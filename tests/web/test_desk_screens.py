"""Inbox, case, search and ledger over HTTP: who sees what, what a press does, and that hostile text is only text."""

from __future__ import annotations

import asyncio
import html
import re
from dataclasses import replace

import pytest

from comity.base.ids import CaseId, read_id, show_id
from comity.marking.labels import Urgency
from tests.unit.edge.twofolders import MADE, question
from tests.web.desk import STRANGER, desk

HOSTILE = {
    "title": "<script>alert(1)</script>\"'><img src=x onerror=y> \u202ereversed {{7*7}}",
    "text": "</textarea><script>alert(2)</script> needle http://evil.example/x",
    "asks": ["document"],
    "records": ["registration"],
    "own_power": "port law, article 4",
    "reason": "<svg/onload=z>",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("desk")) as house:
        house.plain = show_id(house.crosses(question()))
        house.hostile = show_id(house.crosses(question(Urgency.URGENT, body=HOSTILE)))
        yield house


def pages(house):
    one = house.plain
    return (f"/case/{one}", f"/inbox/peek/{one}", f"/ledger/dispatch/{one}", f"/ledger/dispatch/{one}/proof")


@pytest.mark.parametrize("role", ["officer", "duty-officer", "desk-lead", "legal-officer", "reviewer"])
def test_whoever_has_the_case_finds_it_in_every_list(house, role):
    who = house.visitor(role, "vanmere")
    inbox = who.get("/inbox").text
    assert f'id="in-{house.plain}"' in inbox
    assert "Is paper 88 yours?" in inbox
    assert "XV-2026-0001" in inbox
    for path in pages(house):
        assert who.get(path, hx_request="true").status_code == 200, path
    assert house.plain in who.get("/search?q=paper").text
    assert who.get("/search?q=XV-2026-0001").headers["location"] == f"/case/{house.plain}"
    assert who.get("/manifest").status_code == 200


@pytest.mark.parametrize("who", [120, "approver", "administrator"])
def test_whoever_has_it_not_finds_nothing_not_even_a_count(house, who):
    other = house.visitor(who, "vanmere")
    for path in pages(house):
        assert other.get(path, hx_request="true").status_code == 404, path
    for path in ("/inbox", "/inbox?view=all", "/search?q=paper", "/search?q=XV-2026-0001", f"/search?q={house.plain}"):
        answer = other.get(path)
        assert "Is paper 88" not in answer.text
        assert "/case/" not in answer.text
        assert "location" not in answer.headers or answer.headers["location"] != f"/case/{house.plain}"
    for path in (f"/inbox/seen/{house.plain}", f"/case/{house.plain}/seen", f"/case/{house.plain}/message"):
        assert other.post(path, {"id": house.plain, "text": "x"}).status_code in {403, 404}


def test_a_reviewer_reads_and_changes_nothing(house):
    who = house.visitor("reviewer", "vanmere")
    case = who.get(f"/case/{house.hostile}").text
    assert "<textarea" not in case
    assert "data-seen" not in case
    for path in (f"/inbox/seen/{house.hostile}", f"/inbox/take/{house.hostile}", f"/case/{house.hostile}/message"):
        assert who.post(path, {"text": "x"}).status_code in {403, 404}


def test_hostile_text_is_only_text_on_every_screen(house):
    who = house.visitor("duty-officer", "vanmere")
    paths = (f"/case/{house.hostile}", f"/inbox/peek/{house.hostile}", "/inbox?view=all", "/search?q=needle")
    for path in (*paths, "/search?q=%3Cscript%3Ealert(9)%3C/script%3E"):
        text = who.get(path, hx_request="true").text if "peek" in path else who.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert "<svg/onload" not in text, path
        assert "\u202e" not in text, path
        assert "http://evil" not in text, path
        assert not re.search(r"\son\w+=(?![^<]*&gt;)[\"']", text), path
    assert html.escape("<script>alert(1)</script>") in who.get(f"/case/{house.hostile}").text


def test_opening_is_seen_only_by_a_post_and_names_the_officer_at_home(house):
    who = house.visitor("duty-officer", "vanmere")
    one = show_id(house.crosses(question()))
    assert f'value="{one}"' in who.get(f"/case/{one}").text
    state = house.door("GET", f"/dispatch?id={one}", name="vanmere")["dispatch"]["times"]
    assert state["seen"] is None
    answer = who.post(f"/case/{one}/seen", {"id": one})
    assert answer.headers["location"] == f"/case/{one}"
    state = house.door("GET", f"/dispatch?id={one}", name="vanmere")["dispatch"]["times"]
    assert state["seen"] is not None
    assert "requests 103" in who.get(f"/case/{one}").text
    assert "data-seen" not in who.get(f"/case/{one}").text


def test_an_id_of_another_case_is_not_marked_seen_through_this_one(house):
    who = house.visitor("duty-officer", "vanmere")
    one, two = show_id(house.crosses(question())), show_id(house.crosses(question()))
    who.post(f"/case/{one}/seen", {"id": two})
    assert house.door("GET", f"/dispatch?id={two}", name="vanmere")["dispatch"]["times"]["seen"] is None


def test_an_acknowledgement_and_a_take_show_at_once_beside_the_list(house):
    who = house.visitor("duty-officer", "vanmere")
    one = show_id(house.crosses(question()))
    peek = who.get(f"/inbox/peek/{one}", hx_request="true").text
    assert f'hx-post="/inbox/seen/{one}"' in peek
    after = who.post(f"/inbox/seen/{one}", hx_request="true")
    assert after.status_code == 200
    assert f'hx-post="/inbox/seen/{one}"' not in after.text
    assert f"/dispatch/{one}/answer" in after.text
    assert who.post(f"/inbox/take/{one}").headers["location"] == "/inbox"
    assert f'id="in-{one}"' in who.get("/inbox?view=mine").text


def test_a_message_goes_once_however_often_it_is_pressed(house):
    who = house.visitor("duty-officer", "vanmere")
    number = re.search(r'name="number" value="(\w+)"', who.get(f"/case/{house.plain}").text)[1]
    for _ in range(2):
        answer = who.post(f"/case/{house.plain}/message", {"text": "We look into it.", "number": number})
        assert answer.headers["location"].startswith(f"/case/{house.plain}"), answer.text
    text = who.get(f"/case/{house.plain}").text
    assert text.count('class="msg ours"') == 1
    house.until(lambda: "We look into it." in house.visitor("officer").get(f"/case/{house.plain}").text)


def test_an_empty_message_is_not_sent_and_says_so(house):
    who = house.visitor("duty-officer", "vanmere")
    answer = who.post(f"/case/{house.plain}/message", {"text": "  ", "number": "x"})
    assert answer.status_code == 400
    assert "Write a line first" in answer.text


def test_a_message_that_was_not_taken_is_given_back(house):
    who = house.visitor("duty-officer", "vanmere")
    answer = who.post(f"/case/{house.plain}/message", {"text": "keep <this>", "number": "not a number"})
    assert answer.status_code in {400, 409}
    assert "keep &lt;this&gt;" in answer.text


def test_names_of_pages_are_commands(house):
    who = house.visitor("duty-officer", "vanmere")
    assert who.get("/search?q=inbox").headers["location"] == "/inbox"
    assert who.get("/search?q=new").headers["location"] == "/compose"
    assert who.get("/search?q=%3Eledger").headers["location"] == "/ledger"


def test_a_proof_and_papers_are_files_without_content(house):
    who = house.visitor("reviewer", "vanmere")
    proof = who.get(f"/ledger/dispatch/{house.plain}/proof")
    assert proof.headers["content-disposition"].startswith("attachment")
    assert "c2sp.org/tlog-proof" in proof.text
    papers = who.get(f"/ledger/dispatch/{house.plain}/papers")
    assert papers.content[:2] == b"PK"
    assert b"Shown at the port" not in papers.content


def test_lists_that_are_none_are_the_first_page(house):
    who = house.visitor("duty-officer", "vanmere")
    for query in ("view=x", "page=%00", "page=1.2", "item=%25", "agency=%27", "view=ours&page=" + "9" * 400):
        assert who.get(f"/inbox?{query}").status_code == 200, query


def test_a_call_that_was_noted_has_a_button_to_confirm_it_and_is_open_in_the_case(house):
    one = house.crosses(question())
    body = {"state": "noted", "means": "telephone", "held": int(MADE), "text": "They look into it."}
    note = house.crosses(replace(question(body=body), kind="contact-note", case=CaseId(one), re=(one,)))
    case, confirm = f"/case/{show_id(one)}", f'href="/dispatch/{show_id(note)}/confirm"'
    theirs = house.visitor("duty-officer", "vanmere").get(case).text
    assert "Confirm their note of a call or meeting" in theirs
    assert theirs.count(confirm) == 2, "beside the note and in the list of what is open"
    assert confirm not in house.visitor("reviewer", "vanmere").get(case).text
    ours = house.visitor("duty-officer").get(case).text
    assert "Their confirmation of our note of a call or meeting" in ours
    assert confirm not in ours


def test_a_question_taken_back_says_so_in_list_case_and_ledger(house):
    one = house.crosses(question())
    house.crosses(replace(question(body={"reason": "no-longer-needed"}), kind="withdraw", case=CaseId(one), re=(one,)))
    who = house.visitor("duty-officer", "vanmere")
    number = show_id(one)
    case = who.get(f"/case/{number}").text
    assert "Taken back by who asked" in case
    assert f"/dispatch/{number}/answer" not in case
    assert "Withdrawn" in who.get("/inbox?view=settled").text
    assert "Taken back by who asked" in who.get(f"/ledger/dispatch/{number}").text


def test_tasks_of_a_case_stand_in_it_with_the_way_to_a_new_one(house):
    who = house.visitor("duty-officer", "vanmere")
    case = f"/case/{house.plain}"
    assert f'href="{case}/task"' in who.get(case).text
    given = who.post(
        f"{case}/task", {"agency": "seal-house", "asked": "Look <i>up</i> the seal", "number": "", "due": ""}
    )
    task = given.headers["location"].partition("?")[0]
    page = who.get(case).text
    assert f'<a href="{task}">' in page
    assert "Look &lt;i&gt;up" in page
    read = house.visitor("reviewer", "vanmere").get(case).text
    assert "Look &lt;i&gt;up" in read
    assert task not in read
    assert f"{case}/task" not in read


def test_the_list_of_cases_shows_what_is_open_to_the_reader_as_text_only(house):
    path = "/cases?view=all"
    page = house.visitor("duty-officer", "vanmere").get(path).text
    assert f'href="/case/{house.hostile}"' in page
    assert f'href="/case/{house.plain}"' in page
    assert "<script>alert" not in page
    assert 'href="/cases" aria-current="page"' in page
    assert house.visitor(STRANGER, "vanmere").get(path).text.count("/case/") == 0
    assert house.visitor("administrator", "vanmere").get(path).status_code == 404
    for query in ("view=x", "page=%00", "agency=%27", "view=open&page=" + "9" * 400):
        assert house.visitor("reviewer", "vanmere").get(f"/cases?{query}").status_code == 200, query


def test_an_open_list_of_cases_hears_of_a_new_one(house):
    who = house.visitor("duty-officer", "vanmere")
    before = who.parts("/cases")
    assert who.parts("/cases", before.headers["etag"]).status_code == 304
    one = show_id(house.crosses(question()))
    after = who.parts("/cases", before.headers["etag"]).json()
    assert f"case-{one}" in after["regions"]["rows"]
    assert "XV owes it" in after["blocks"][f"case-{one}"]


def written(house, statement, arguments=()):
    """Write into Vanmere's store as its node would."""
    running = house.running("vanmere")

    def write():
        with house.opened("vanmere").node.ledger.begin() as book:
            book.tx.run(statement, arguments)

    asyncio.run_coroutine_threadsafe(running.engine.call(write), house.loop).result(10)
    running.engine.bell.ring(topics=("waiting",))


def test_the_window_says_how_much_is_overdue_and_the_rail_what_waits_for_me(house):
    """On any page, and without loading it again: an officer looks at the row of tabs, not at the inbox."""
    who, boss = house.visitor("approver", "vanmere"), house.visitor("desk-lead", "vanmere")
    before = boss.parts("/keys").json()
    assert before["title"].startswith("Keys")
    assert who.parts("/keys").json()["regions"]["count-approvals"] == []
    late = show_id(house.crosses(question()))
    written(house, "UPDATE requests_dispatch SET due_next = 5 WHERE id = ?", (read_id(late),))
    now = boss.parts("/keys").json()
    assert now["title"] == f"(1) {before['title']}"
    assert set(now["topics"]) == set(before["topics"])
    draft = bytes([9] * 16)
    written(
        house,
        "INSERT INTO kept (id, state, desk, kind, case_id, at, missing, body, form, subject, by_desk, by_number)"
        " VALUES (?, 'held', 'requests', 'message', ?, 0, 'approval:approver', ?, ?, ?, 'requests', 101)",
        (draft, read_id(late), b"", b"", b"s" * 32),
    )
    assert who.parts("/keys").json()["regions"]["count-approvals"] == ["rail-approvals"]
    assert boss.parts("/keys").json()["regions"]["count-approvals"] == []
    written(house, "DELETE FROM kept WHERE id = ?", (draft,))
    written(house, "UPDATE requests_dispatch SET due_next = NULL WHERE id = ?", (read_id(late),))


@pytest.mark.parametrize("path", ["/keys", "/law", "/settings"])
def test_every_page_hears_what_moves_its_rail_and_title(house, path):
    who = house.visitor("desk-lead", "vanmere")
    assert set(who.parts("/inbox").json()["topics"]) <= set(who.parts(path).json()["topics"])
