"""The screens of duty and tasks on running nodes: who sees what, what each role may change, and what stands on the page."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from comity.base.ids import show_id
from comity.edge.site import make_site
from tests.unit.edge.twofolders import question
from tests.web.desk import STRANGER, desk

TOLD = "Zanzibarine"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("duty")) as found:
        yield found


def text(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.text[:400])
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


# --- duty ------------------------------------------------------------------------------------------------------------


def test_both_capitals_the_line_and_until_when_stand_on_the_page(house):
    page = text(house.visitor("officer").get("/duty"))
    for words in ("Ostrelhold", "Vanmere", "harbour bell 1", "road post 9", "Nobody is there now", "24-hour line"):
        assert words in page, words
    assert re.search(r"Nobody from 00:0\d UTC .* to 05:00 UTC .*; then requests 11 is rung", page), (
        "three at night there"
    )
    assert page.count("UTC (") > 2, "every time with its zones"


def test_a_reviewer_reads_and_has_no_form_and_an_administrator_sees_nothing(house):
    page = house.visitor("reviewer").get("/duty")
    assert "Duty and hand-over" in text(page)
    assert 'action="/duty/' not in page.text
    assert house.visitor("administrator").get("/duty").status_code == 404
    assert house.visitor("reviewer").post("/duty/note", {"eye": "x"}).status_code in {403, 404}


def test_a_note_is_signed_by_one_and_taken_over_by_another_once(house):
    first, second = house.visitor("duty-officer"), house.visitor("desk-lead")
    signed = first.post("/duty/note", {"eye": f"{TOLD} <b>case</b>", "promised": "", "home": "nothing"})
    assert signed.status_code in {302, 303}
    page = first.get("/duty")
    assert "&lt;b&gt;case" in page.text
    assert "Another officer takes it over." in text(page)
    address = re.search(r'hx-post="(/duty/take/[0-9A-Z]{26})"', second.get("/duty").text)[1]
    assert first.post(address).status_code == 409
    assert second.post(address).status_code in {302, 303}
    assert second.post(address).status_code == 400
    assert "No note waits." in text(second.get("/duty"))
    history = text(house.visitor("reviewer").get("/duty/notes"))
    assert TOLD in history
    assert "Taken over by 108" in history
    assert text(second.get("/duty/notes?before=1")).count(TOLD) == 0


def test_a_lead_changes_a_shift_and_nobody_else_does(house):
    lead = house.visitor("desk-lead")
    page = lead.get("/duty").text
    runs = re.findall(r'<option value="([^"]*\|approver\|[^"]*)"', page)
    assert len(runs) >= 14
    run = html.unescape(runs[5])
    form = {"shift": run, "what": "substitute", "stands_in": "17", "note": "course"}
    for role in ("officer", "duty-officer", "reviewer"):
        assert house.visitor(role).post("/duty/shift", form).status_code in {403, 404}
    assert lead.post("/duty/shift", form).status_code in {302, 303}
    assert "Substitute: 17, by 108" in text(lead.get("/duty"))
    assert lead.post("/duty/shift", form | {"shift": "x"}).status_code == 400
    assert lead.post("/duty/shift", form | {"stands_in": "seven"}).status_code == 400
    assert lead.post("/duty/shift", form | {"stands_in": "11"}).status_code == 400
    assert lead.post("/duty/shift", form | {"what": "absence"}).status_code in {302, 303}
    assert "Absent, nobody instead: nobody, by 108" in text(lead.get("/duty"))
    assert lead.post("/duty/swap", {"shift": run, "with": html.unescape(runs[6]), "note": ""}).status_code == 400


def test_a_lead_nominates_the_host_accepts_and_either_ends(house):
    lead, host = house.visitor("desk-lead"), house.visitor("desk-lead", "vanmere")
    form = {
        "officer": "102", "host_agency": "road-guard", "function": "liaison", "subjects": "border-document",
        "kinds": ["rfi", "answer"], "stages": ["holding"], "zone": "Etc/GMT-4", "opens": "09:00", "closes": "17:00",
        "until": "2099-12-31", "substitute": "101", "text": "",
    }  # fmt: skip
    assert lead.post("/duty/nominate", form | {"until": "soon"}).status_code == 400
    assert lead.post("/duty/nominate", form | {"officer": "101"}).status_code == 400
    assert lead.post("/duty/nominate", form).headers["location"].startswith("/duty")
    house.until(lambda: "Nominated" in host.get("/duty").text)
    number = re.search(r'id="accept-which"[^>]*><option value="([0-9A-Z]{26})"', host.get("/duty").text)[1]
    assert host.post("/duty/accept", {"posting": number, "text": "Welcome."}).headers["location"].startswith("/duty")
    house.until(lambda: "Accepted" in lead.get("/duty").text)
    assert lead.post("/duty/end", {"posting": number, "text": ""}).headers["location"].startswith("/duty")
    house.until(lambda: f'id="posting-{number}"' in host.get("/duty").text and "Ended" in host.get("/duty").text)


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_a_task_of_a_case_is_seen_by_who_is_asked_without_the_case(house):
    id_ = show_id(house.crosses(question()))
    duty = house.visitor("duty-officer", "vanmere")
    form = duty.get(f"/case/{id_}/task")
    assert "The case must be answered by" in text(form)
    given = duty.post(
        f"/case/{id_}/task", {"agency": "seal-house", "asked": f"{TOLD} <i>books</i>", "number": "", "due": ""}
    )
    address = given.headers["location"].partition("?")[0]
    assert address.startswith("/task/")
    page = duty.get(address)
    assert "&lt;i&gt;books" in page.text
    number = re.search(r"XV-[0-9]{4}-[0-9]{4}", page.text)[0]
    assert number in text(house.visitor(33, "vanmere").get(address)), "the agency has the case"
    stranger = house.visitor(STRANGER, "vanmere")
    assert stranger.get(address).status_code == 404
    assert TOLD not in text(stranger.get("/tasks"))
    assert stranger.post(f"{address}/take").status_code == 404
    assert stranger.get(f"/case/{id_}/task").status_code == 404
    assert TOLD in text(duty.get("/tasks"))
    assert number in text(duty.get("/tasks"))
    for role in ("reviewer", "administrator", "approver", "legal-officer"):
        assert house.visitor(role, "vanmere").get(address).status_code == 404, role


def test_who_is_asked_and_has_not_the_case_sees_the_task_and_no_case(house):
    id_ = show_id(house.crosses(question()))
    lead, asked = house.visitor("desk-lead", "vanmere"), house.visitor("posted-officer", "vanmere")
    given = lead.post(f"/case/{id_}/task", {"agency": "road-guard", "asked": f"{TOLD} two"})
    address = given.headers["location"].partition("?")[0]
    assert asked.get(f"/case/{id_}").status_code == 404
    page = text(asked.get(address))
    assert f"{TOLD} two" in page
    assert not re.search(r"XV-[0-9]{4}-[0-9]{4}|Limit of the case|/dispatch/", page + asked.get(address).text)
    assert not re.search(r"XV-[0-9]{4}-[0-9]{4}", asked.get("/tasks").text)
    assert asked.post(f"{address}/done", {"answer": "Nothing."}).status_code in {302, 303}
    unknown = lead.post(f"/case/{id_}/task", {"agency": "nobodys-office", "asked": "x"})
    assert unknown.status_code == 400, "an agency that the registry does not have"


def test_a_task_of_no_case_is_taken_answered_and_closed(house):
    duty, officer = house.visitor("duty-officer"), house.visitor("officer")
    given = duty.post(
        "/tasks/new", {"agency": "paper-office", "asked": "Book 4.", "number": "101", "due": "2099-01-01T10:00"}
    )
    address = given.headers["location"].partition("?")[0]
    assert "2099" in text(officer.get(address))
    assert 'class="count' in officer.get("/tasks").text, "counted in the rail"
    assert officer.post(f"{address}/done", {"answer": " "}).status_code == 400
    assert officer.post(f"{address}/withdraw").status_code == 409
    assert officer.post(f"{address}/take").status_code in {302, 303}
    assert officer.post(f"{address}/eat").status_code == 404
    assert officer.post(f"{address}/done", {"answer": "Nothing <s>there</s>."}).status_code in {302, 303}
    page = duty.get(address)
    assert "&lt;s&gt;there" in page.text
    assert "Done by 101" in text(page)
    assert "Book 4." not in text(officer.get("/tasks"))
    assert "Book 4." in text(officer.get("/tasks?closed=1"))
    assert duty.post("/tasks/new", {"agency": "paper-office", "asked": "x", "due": "soon"}).status_code == 400
    assert duty.post("/tasks/new", {"agency": "paper-office", "asked": "x", "number": "one"}).status_code == 400
    assert duty.get("/task/7").status_code == 404


def test_a_change_moves_the_open_page(house):
    lead, duty = house.visitor("desk-lead"), house.visitor("duty-officer")
    parts = lead.parts("/duty")
    assert parts.status_code == 200
    assert lead.parts("/duty", parts.headers["etag"]).status_code == 304
    duty.post("/duty/note", {"eye": "moved"})
    after = lead.parts("/duty", parts.headers["etag"])
    assert after.status_code == 200
    assert "moved" in str(after.json()["blocks"])


def test_the_tree_has_words_for_every_key_of_the_templates():
    from comity.web.words import duty, tasks

    folder = Path(duty.__file__).parents[1] / "templates"
    known = {**duty.WORDS, **tasks.WORDS}
    for file in (
        "duty.html",
        "duty_notes.html",
        "task.html",
        "tasks.html",
        "task_new.html",
        "parts/duty.html",
        "parts/tasks.html",
    ):
        for key in re.findall(r"t(?:\.count)?\('((?:duty|tasks)\.[a-z0-9.-]+)'[,)]", (folder / file).read_text()):
            assert key in known, (file, key)


# --- the bell --------------------------------------------------------------------------------------------------------


def test_an_officer_says_how_to_be_rung_and_an_administrator_sees_that_it_works(house):
    officer = house.visitor("officer")
    form = {"mail": "clerk@desk.example", "quiet_from": "22:00", "quiet_to": "07:00", "zone": "UTC"}
    assert officer.post("/settings/bell", form).status_code in {302, 303}
    page = officer.get("/settings/bell").text
    assert 'value="clerk@desk.example"' in page
    assert 'value="22:00"' in page
    assert officer.post("/settings/bell", form | {"mail": "x"}).status_code == 400
    assert officer.post("/settings/bell", form | {"zone": "Mars/Olympus"}).status_code in {400, 409}
    assert 'value="clerk@desk.example"' not in house.visitor("desk-lead").get("/settings/bell").text
    health = text(house.visitor("administrator").get("/health"))
    assert "Bell by mail not set up" in re.sub(r"\s+", " ", health)


def test_the_bar_of_every_page_and_the_sign_in_page_say_who_is_there_now(house):
    clock = house.running("ostrel").engine.clock
    there = make_site(house.opened("ostrel"), None, clock.now).duty.there(clock.now())
    number = next((one.number for one in there[0] if one.why == "shift" and one.role == "duty-officer"), None)
    said = f"Duty officer {number} on duty" if number else "desk on duty" if there[0] else "nobody known on duty"
    for role, page in (("officer", "/inbox"), ("reviewer", "/today"), ("administrator", "/people")):
        bar = re.search(r'id="bar-ours".*?</div>', house.visitor(role).get(page).text)[0]
        assert said in re.sub(r"<[^>]+>", "", bar), (role, bar)
    assert said in re.sub(r"<[^>]+>", "", house.guest().get("/sign-in").text)


# --- the plan --------------------------------------------------------------------------------------------------------


def test_a_desk_lead_adds_and_ends_a_standing_shift_on_the_page_and_nobody_else_does(house):
    lead = house.visitor("desk-lead")
    form = {"what": "added", "holder": "103|duty-officer", "days": ["sat"], "opens": "10:15", "closes": "11:45",
            "zone": "UTC", "note": f"{TOLD} <b>fair</b>"}  # fmt: skip
    for who in ("officer", "duty-officer", "reviewer", "administrator"):
        assert house.visitor(who).post("/duty/plan", form).status_code == 404, who
    assert lead.post("/duty/plan", form).headers["location"] == "/duty"
    page = lead.get("/duty")
    assert "Added: 103 · Duty officer · Sat · 10:15–11:45 UTC" in text(page)  # noqa: RUF001  from-to
    assert "&lt;b&gt;fair" in page.text
    (key,) = re.findall(r'<option value="(requests\|103\|duty-officer\|UTC\|sat\|10:15\|11:45)">', page.text)
    assert lead.post("/duty/plan", {"what": "ended", "shift": key}).status_code == 303
    assert key not in lead.get("/duty").text
    assert lead.post("/duty/plan", {"what": "ended", "shift": key}, accept="application/json").status_code == 400
    assert lead.post("/duty/plan", {"what": "ended", "shift": "x"}, accept="application/json").status_code == 400
    assert lead.post("/duty/plan", form | {"opens": "8 am"}, accept="application/json").status_code == 400
