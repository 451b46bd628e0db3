"""Signing in, leaving and being closed out at a running node, over HTTP, with the cookies of a browser."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.edge.softkey import SoftKey
from tests.web.desk import ROLES, desk


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("run"), far=False) as running:
        yield running


def csrf_of(html):
    return re.search(r'name="csrf" value="([^"]+)"', html)[1]


def guest(house, path="/sign-in"):
    browser = house.guest()
    page = browser.get(path)
    browser.csrf = csrf_of(page.text)
    return browser, page


def at_home(browser, host="xo.localhost"):
    port = browser.origin.rpartition(":")[2]
    return {"host": f"{host}:{port}", "origin": f"http://{host}:{port}"}


def registered(house, role, number):
    """Register a passkey for an officer by an invitation; return key and browser."""
    said = house.door("POST", "/people/invite", {"desk": "requests", "number": ROLES[role]})
    browser, _ = guest(house, said["path"])
    home = at_home(browser)
    begun = browser.post(f"{said['path']}/begin", accept="application/json").json()
    key = SoftKey(number)
    form = {"ceremony": begun["id"], "credential": key.register(begun["options"], home["origin"])}
    assert browser.post(said["path"], form, **home).status_code == 303
    return key, browser


def enter(browser, key, where="/sign-in", back="/settings", **wrong):
    begun = browser.post(f"{where}/begin", accept="application/json").json()
    home = at_home(browser)
    form = {
        "ceremony": begun["id"],
        "credential": key.answer(begun["options"], wrong.pop("origin", home["origin"]), **wrong),
    }
    return browser.post(f"{where}/passkey", {**form, "back": back}, **home)


def test_a_passkey_signs_in_and_the_cookie_is_for_this_site_only(house):
    key, _ = registered(house, "desk-lead", 31)
    browser, page = guest(house)
    (mark,) = page.headers.get_list("set-cookie")
    assert "HttpOnly" in mark
    assert "SameSite=lax" in mark
    answer = enter(browser, key)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    (cookie,) = (one for one in answer.headers.get_list("set-cookie") if "guest" not in one)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert browser.get("/settings").status_code == 200
    token = cookie.partition("=")[2].partition(";")[0]
    assert token not in browser.get("/settings").text


def test_signing_out_ends_it(house):
    _, browser = registered(house, "legal-officer", 32)
    browser.csrf = csrf_of(browser.get("/settings").text)
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert browser.get("/settings").status_code == 303


def test_a_page_of_another_port_or_host_gets_no_session(house):
    key, _ = registered(house, "assessor", 33)
    browser, _ = guest(house)
    for origin in ("http://xo.localhost:1", "http://evil.example", "http://127.0.0.1"):
        refused = enter(browser, key, origin=origin)
        assert refused.status_code == 409
        assert "not accepted" in refused.text
    assert browser.get("/settings").status_code == 303


def test_a_form_without_the_browsers_token_begins_nothing(house):
    browser, _ = guest(house)
    for csrf in ("", "x", "0" * 64):
        browser.csrf = csrf
        assert browser.post("/sign-in/begin").status_code == 403
        assert browser.post("/sign-in/demo", {"desk": "requests", "number": "101"}).status_code == 403


def test_ready_made_roles_are_there_and_marked(house):
    browser, page = guest(house)
    assert "Demonstration on this machine only." in page.text
    answer = browser.post("/sign-in/demo", {"desk": "requests", "number": "11", "back": "/settings"})
    assert answer.status_code == 303, answer.text
    shown = browser.get("/settings").text
    assert "Roles: anyone on this machine can enter without a key." in shown
    assert "no key was asked for" in shown
    assert browser.post("/sign-in/demo", {"desk": "requests", "number": "13"}).status_code in (403, 409)


def test_administration_asks_for_a_fresh_proof_and_shows_no_content(house):
    key, browser = registered(house, "administrator", 34)
    browser.csrf = csrf_of(browser.get("/settings").text)
    path = f"/people/requests/{ROLES['approver']}"
    house.door("POST", "/people/name", {"desk": "requests", "number": ROLES["approver"], "name": "Vera Moss"})
    assert "Moss" not in browser.get(path).text + browser.get("/people").text
    shown = browser.post(f"{path}/invite")
    assert shown.status_code == 200
    assert "/invitation/" in shown.text
    assert browser.get(f"{path}/invite").status_code == 200
    assert "not known in this process" not in browser.get("/health").text
    with house.opened("ostrel").store.begin() as tx:
        tx.run("UPDATE session SET proved_at = proved_at - 400000 WHERE number = ?", (ROLES["administrator"],))
    stale = browser.post(f"{path}/suspend")
    assert stale.status_code == 303
    assert stale.headers["location"].startswith("/sign-in/again?back=")
    answer = enter(browser, key, "/sign-in/again", back=path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    browser.csrf = csrf_of(browser.get(path).text)
    assert browser.post(f"{path}/suspend").status_code == 303
    assert "suspended" in browser.get(path).text


def test_a_reviewer_keeps_own_settings_and_changes_nothing_else(house):
    reviewer = house.visitor("reviewer")
    assert reviewer.post("/settings", {"theme": "dark", "language": "fr"}).status_code == 303
    assert 'data-theme="dark"' in reviewer.get("/settings").text
    assert reviewer.get("/people").status_code == 404
    assert reviewer.post(f"/people/requests/{ROLES['officer']}/suspend").status_code == 404


def test_whoever_leaves_the_roster_is_out_at_the_next_page(house):
    visitor = house.visitor("decider-outside")
    assert visitor.get("/settings").status_code == 200
    path = house.folder / "ostrel" / "roster.toml"
    before = path.read_text()
    path.write_text(before.replace(f"number = {ROLES['decider-outside']}\n", "number = 999\n"))
    assert visitor.get("/settings").status_code == 303
    house.door("POST", "/people/name", {"desk": "requests", "number": ROLES["assessor"], "name": ""})  # a ring
    house.until(lambda: ended(house) == [("not-on-roster",)])
    path.write_text(before)
    assert visitor.get("/settings").status_code == 303


def ended(house):
    with house.opened("ostrel").store.read() as tx:
        return tx.rows("SELECT ended_why FROM session WHERE number = ?", (ROLES["decider-outside"],))


def test_what_was_seen_is_written(house):
    visitor = house.visitor("posted-officer")
    with house.opened("ostrel").store.begin() as tx:
        tx.run("UPDATE session SET seen_at = seen_at - 120000 WHERE number = ?", (ROLES["posted-officer"],))

    def due():
        one = house.door("GET", f"/people/one?desk=requests&number={ROLES['posted-officer']}")
        return one["sessions"][0]["seen"]

    before = due()
    visitor.get("/settings")
    house.until(lambda: due() > before)
    assert json.dumps(house.door("GET", "/people")).count("token") == 0
