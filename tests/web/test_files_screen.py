"""Files on the pages: added in slices, shown with what they are, handed out as bytes to keep, and to whom."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from comity.base.ids import read_id
from comity.edge.forms import form_json
from tests.unit.edge.filesworld import PDF, scan_setting
from tests.unit.edge.twofolders import question
from tests.web.desk import desk

NAME = "plan\u202efdp.exe.pdf"
"""A right-to-left mark, so that careless eyes read `planfdp.exe`."""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    from tests.web import desk as desks

    folder = desks.furnished()
    for name in ("ostrel", "vanmere"):
        path = folder / name / "node.toml"
        if "scan_command" not in path.read_text():
            path.write_text(path.read_text() + f"scan_command = {scan_setting()}\nfiles_reserve_mib = 0\n")
    with desk(tmp_path_factory.mktemp("house")) as running:
        yield running


def begin(browser, name=NAME, files="", media="application/pdf"):
    form = {"name": name, "size": str(len(PDF)), "media": media, "files": files}
    answer = browser.post("/attach", form, accept="application/json")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return said["files"], said["list"][-1]["number"]


def slice_of(browser, files, number, offset, data, **headers):
    given = {"origin": browser.origin, "x-comity-csrf": browser.csrf, "accept": "application/json"} | headers
    return browser.http.post(f"/attach/{files}/{number}?offset={offset}", content=data, headers=given)


def until(done, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


@pytest.fixture(scope="module")
def crossed(house):
    """A question with one file, sent by Vanmere's desk lead, clean at Ostrel, which is the one that can call."""
    lead = house.visitor("desk-lead", "vanmere")
    files, number = begin(lead)
    assert slice_of(lead, files, number, 0, PDF[:700]).json()["list"][0]["offset"] == 700
    assert slice_of(lead, files, number, 0, PDF[:700]).json()["list"][0]["offset"] == 700, "not taken twice"
    assert slice_of(lead, files, number, 700, PDF[700:]).json()["list"][0]["state"] != "coming"
    page = until(lambda: (p := lead.get(f"/attach/{files}/list").text) and ">clean<" in p and p)
    assert "hidden-char" in page, "what hides in a name is shown"
    form = replace(question(), agency="road-guard", recipients=("harbour-watch",), files=read_id(files))
    by = {"desk": "requests", "number": 108}
    said = house.door("POST", "/submit", {"form": form_json(form), "by": by}, name="vanmere")
    assert said["outcome"] == "sent", said
    house.crosses(replace(question(), recipients=("road-guard",)))  # Ostrel calls, and gets it with the answer
    until(lambda: [one["state"] for one in house.door("GET", f"/files/of?dispatch={said['id']}")] == ["clean"])
    until(lambda: house.door("GET", f"/state?id={said['id']}")["filed"])
    return said["id"]


def take(browser, dispatch, number="0"):
    return browser.post(f"/dispatch/{dispatch}/file/{number}")


def test_the_case_lists_name_type_size_hash_and_state(house, crossed):
    page = house.visitor("desk-lead").get(f"/case/{crossed}").text
    [row] = house.door("GET", f"/files/of?dispatch={crossed}")
    for said in ("application/pdf", row["hash"], ">clean", f"/dispatch/{crossed}/file/0", "hidden-char"):
        assert said in page, said
    assert NAME not in page, "the mark itself is not in the page"


def test_a_file_is_never_shown_in_place(house, crossed):
    answer = take(house.visitor("desk-lead"), crossed)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"].startswith("nosniff")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]
    assert "\u202e" not in answer.headers["content-disposition"]


def test_who_took_it_is_on_record(house, crossed):
    take(house.visitor("legal-officer"), crossed)
    with house.opened().node.ledger.read() as tx:
        found = tx.rows("SELECT number FROM viewed WHERE dispatch = ?", (read_id(crossed),))
    assert (107,) in found


@pytest.mark.parametrize("role", ["reviewer", "administrator", "approver", "officer"])
def test_whoever_may_not_take_it_gets_what_is_not_there(house, crossed, role):
    """The officer is of an agency that does not have the case; the reviewer reads and takes nothing."""
    assert take(house.visitor(role), crossed).status_code == 404


def test_an_ill_number_is_not_there(house, crossed):
    lead = house.visitor("desk-lead")
    assert [take(lead, crossed, one).status_code for one in ("x", "9999", "-1")] == [404, 404, 404]
    assert take(lead, crossed, "7").status_code == 409


def test_bytes_are_taken_from_the_page_of_their_officer_alone(house):
    lead, other = house.visitor("desk-lead"), house.visitor("duty-officer")
    files, number = begin(lead)
    assert slice_of(other, files, number, 0, b"x").status_code == 404
    assert slice_of(lead, files, number, 0, b"x", **{"x-comity-csrf": "no"}).status_code == 403
    assert slice_of(lead, files, number, 0, b"x", origin="http://elsewhere.example").status_code == 403
    assert other.get(f"/attach/{files}").status_code == 404
    assert lead.post(f"/attach/{files}/{number}/drop").status_code == 200
    assert lead.get(f"/attach/{files}").status_code == 404
    assert lead.post("/attach", {"name": "a", "size": "many"}, accept="application/json").status_code == 400
    assert (
        json.loads(lead.post("/attach", {"name": "a", "size": "-1"}, accept="application/json").text)["code"]
        == "bad-form"
    )


def test_the_form_offers_files_and_says_what_it_needs(house):
    page = house.visitor("desk-lead").get("/compose?kind=rfi").text
    assert 'id="add-files"' in page
    assert "<noscript>" in page
    assert "attach.js" in page
