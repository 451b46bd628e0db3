"""The one path of a request: who is let in, what is refused before a screen runs, and what a browser is told."""

from __future__ import annotations

import asyncio
import html
import json
import logging
import re

import httpx
import pytest

from comity.base.ids import Ms, show_id
from comity.policy.access import Deed
from comity.screen.visitor import Refused
from comity.web.answers import PARTS
from comity.web.gate import preferred
from comity.web.pages import Page, Part
from comity.web.texts import Texts
from comity.web.visit import (
    Absent,
    Enter,
    File,
    Fragment,
    Leave,
    Redirect,
    Screen,
    ScreenRoute,
    Told,
    Visit,
    local_path,
)
from tests.web.bare import COOKIE, CSRF, OLD, Hands, People, ask, pages_of, site_of
from tests.web.board import DAY_START, HOUR, MINUTE, Board, Clock, Count, log_files, tell_day

ORIGIN = "http://xa.localhost:8000"
SCRIPT = "<script>alert(1)</script>\u202e"


class Desk:
    """An application with screens that a test can bend."""

    def __init__(self, **more) -> None:
        self.clock, self.count = Clock(DAY_START + 9 * HOUR + 42 * MINUTE), Count()
        self.board = Board(self.clock, self.count)
        self.people, self.hands = People(), Hands()
        tell_day(self.board)
        self.seen: list[Visit] = []
        self.answer: object = Absent()
        site = site_of(self.board, self.clock, log_files({}), people=self.people, hands=self.hands)
        self.app = pages_of(site, self.count, routes=(*OLD, *self._routes()), **more)

    async def _run(self, visit: Visit):
        self.seen.append(visit)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(visit) if callable(self.answer) else self.answer

    def _routes(self) -> tuple[ScreenRoute, ...]:
        return (
            ScreenRoute("GET", "/try", Deed.HOME, self._run),
            ScreenRoute("POST", "/try", Deed.HOME, self._run),
            ScreenRoute("GET", "/try-lead", Deed.DUTY, self._run),
            ScreenRoute("GET", "/try/{number:str}", Deed.CASE, self._run, about="number"),
            ScreenRoute("POST", "/send", Deed.SEND, self._run),
            ScreenRoute("POST", "/keys", Deed.HOME, self._run, fresh=True),
            ScreenRoute("GET", "/keys", Deed.HOME, self._run, fresh=True),
            ScreenRoute("POST", "/try/{number:str}/act", Deed.ACT, self._run, about="number"),
            ScreenRoute("GET", "/sign-in", Deed.HOME, self._run, public=True),
            ScreenRoute("POST", "/sign-in", Deed.HOME, self._run, public=True),
        )

    def ask(self, method: str, path: str, **more) -> httpx.Response:
        return asyncio.run(ask(self.app, method, path, **more))

    def post(self, path: str, form: object = None, **more) -> httpx.Response:
        """Send a form that is right, unless told otherwise."""
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin", **more.pop("headers", {})}
        data = {"csrf": CSRF, **(form or {})} if form is None or isinstance(form, dict) else None
        return self.ask("POST", path, headers=headers, **({"data": data} if data is not None else {}), **more)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- who is let in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/today", "/ledger", "/case/" + "0" * 26, "/nowhere", "/try?a=1&b=%2F%2Fx"])
def test_nobody_is_sent_to_sign_in_whether_the_address_is_there_or_not(desk, path):
    answer = desk.ask("GET", path, who="")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert desk.seen == []


def test_back_is_kept_as_one_value(desk):
    answer = desk.ask("GET", "/try?a=1&b=//evil.example", who="")
    back = httpx.URL(ORIGIN + answer.headers["location"]).params["back"]
    assert back == "/try?a=1&b=//evil.example"
    assert local_path(back) == back


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb", "/é"]
)
def test_only_paths_of_this_site_are_gone_back_to(path):
    assert local_path(path) == "/"


@pytest.mark.parametrize("accept", [PARTS, "application/json"])
def test_a_script_is_told_by_a_status_and_does_not_follow(desk, accept):
    answer = desk.ask("GET", "/today", who="", headers={"accept": accept})
    assert answer.status_code == 401
    assert desk.ask("GET", "/today", who="", headers={"hx-request": "true"}).headers["hx-redirect"] == (
        "/sign-in?back=/today"
    )


def test_a_session_that_ended_is_over_at_the_next_request(desk):
    assert desk.ask("GET", "/today").status_code == 200
    desk.people.ended.add("desk-lead")
    assert desk.ask("GET", "/today").status_code == 303
    assert desk.ask("GET", "/events").status_code == 401


def test_what_is_not_there_and_what_is_not_open_have_one_answer(desk):
    """An administrator asks for a case that is there, one that is not, a page that is not open, and no page at all."""
    there = f"/try/{show_id(desk.board.cases(Ms(0))[0].case)}"
    desk.answer = Redirect("/today")
    assert desk.ask("GET", there).status_code == 303
    answers = [
        desk.ask("GET", path, who="administrator") for path in (there, "/try/" + "0" * 26, "/try-lead", "/nowhere")
    ]
    bodies = {re.sub(r'data-n="\d+"', "", answer.text) for answer in answers}
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len(bodies) == 1
    assert {tuple(sorted(answer.headers)) for answer in answers} == {tuple(sorted(answers[0].headers))}


def test_a_post_to_a_case_that_is_not_open_does_not_run(desk):
    assert desk.post("/try/" + "0" * 26 + "/act").status_code == 404
    assert desk.seen == []


def test_a_reviewer_posts_nothing_but_what_is_their_own(desk):
    desk.answer = Redirect("/today")
    assert desk.post("/send", who="reviewer").status_code == 404
    assert desk.seen == []
    assert desk.post("/try", who="reviewer").status_code == 303


def test_what_needs_a_fresh_proof_asks_for_it_and_comes_back(desk):
    desk.answer = Redirect("/today")
    answer = desk.ask("GET", "/keys?x=1", who="stale-desk-lead")
    assert answer.headers["location"] == "/sign-in/again?back=/keys%3Fx%3D1"
    answer = desk.post("/keys", who="stale-desk-lead", headers={"referer": f"{ORIGIN}/settings?tab=2"})
    assert answer.headers["location"] == "/sign-in/again?back=/settings%3Ftab%3D2"
    answer = desk.post("/keys", who="stale-desk-lead", headers={"referer": "http://evil.example/x"})
    assert answer.headers["location"] == "/sign-in/again?back=/"
    assert desk.seen == []
    assert desk.post("/keys").status_code == 303


def test_that_a_person_was_here_is_written_but_not_for_a_page_that_looks_again_by_itself(desk):
    desk.people.due = True
    desk.ask("GET", "/today", headers={"accept": PARTS})
    assert desk.hands.asked == []
    desk.ask("GET", "/today")
    assert desk.hands.asked == [("POST", "/people/session/seen", {"id": "desk-lead".ljust(64, "0")})]


# --- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong", CSRF[:-1], CSRF + "c", "é" * 43])
def test_a_form_without_the_sessions_token_changes_nothing(desk, token):
    answer = desk.post("/try", {"csrf": token})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text
    assert desk.seen == []


def test_the_token_may_come_in_a_header_and_is_not_shown_to_the_screen(desk):
    desk.answer = Redirect("/today")
    answer = desk.ask("POST", "/try", headers={"origin": ORIGIN, "x-comity-csrf": CSRF}, data={"a": "1"})
    assert answer.status_code == 303
    assert dict(desk.seen[0].form) == {"a": ("1",)}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://xa.localhost:8000"},
        {"origin": "http://xa.localhost:8001"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_token(desk, headers):
    answer = desk.post("/try", headers=headers)
    assert answer.status_code == 403
    assert desk.seen == []


@pytest.mark.parametrize(
    ("status", "more"),
    [
        (413, {"content": b"a=" + b"x" * (1 << 20)}),
        (413, {"content": b"&".join(b"a%d=1" % n for n in range(501))}),
        (413, {"content": json.dumps({f"a{n}": "1" for n in range(501)}), "kind": "application/json"}),
        (415, {"content": b"--x\r\n", "kind": "multipart/form-data; boundary=x"}),
        (415, {"content": b"a=1", "kind": "text/plain"}),
        (415, {"content": b"a=1", "kind": ""}),
        (400, {"content": b"a=%ff"}),
        (400, {"content": b"\xff=1"}),
        (400, {"content": b"[1]", "kind": "application/json"}),
        (400, {"content": b"{", "kind": "application/json"}),
        (400, {"content": b'{"a": "\\ud800"}', "kind": "application/json"}),
        (400, {"content": b"[" * 100_000, "kind": "application/json"}),
    ],
)
def test_what_is_too_large_or_of_another_form_is_refused_unread(desk, status, more):
    kind = more.pop("kind", "application/x-www-form-urlencoded")
    answer = desk.post("/try", b"", headers={"content-type": kind, "x-comity-csrf": CSRF}, **more)
    assert answer.status_code == status
    assert "Nothing was changed" in answer.text
    assert desk.seen == []


def test_fields_come_as_they_were_written(desk):
    desk.answer = Redirect("/today")
    body = b"a=1&a=2&b=+x+&c=%0D%0Ay&d="
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8", "x-comity-csrf": CSRF}
    desk.post("/try", b"", content=body, headers=headers)
    assert dict(desk.seen[0].form) == {"a": ("1", "2"), "b": (" x ",), "c": ("\ny",), "d": ("",)}
    assert desk.seen[0].field("b") == "x"
    assert desk.seen[0].field("none", "else") == "else"
    said = {"csrf": CSRF, "a": ["1", "2"], "n": 5, "o": {"k": [1]}, "e": []}
    desk.post("/try", b"", content=json.dumps(said), headers={"content-type": "application/json"})
    assert dict(desk.seen[1].form) == {"a": ("1", "2"), "n": ("5",), "o": ('{"k":[1]}',), "e": ("[]",)}


def test_what_the_door_refuses_is_said_with_its_own_words(desk):
    desk.answer = Refused(409, "not-allowed", f"{SCRIPT} was not sent; the draft is kept")
    answer = desk.post("/try")
    assert answer.status_code == 409
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert "U+202E" in answer.text
    assert "the draft is kept" in answer.text
    fragment = desk.post("/try", headers={"hx-request": "true"})
    assert (fragment.status_code, fragment.headers["hx-retarget"]) == (409, "#said")
    assert fragment.text.startswith('<p class="notice stop" id="said"')
    told = desk.post("/try", headers={"accept": "application/json"})
    assert told.json()["code"] == "not-allowed"


def test_a_fault_is_logged_by_its_kind_alone(desk, caplog):
    desk.answer = RuntimeError("the name of a person")
    with caplog.at_level(logging.ERROR):
        answer = desk.ask("GET", "/try")
    assert answer.status_code == 500
    assert "person" not in answer.text
    assert "person" not in caplog.text
    assert "RuntimeError" in caplog.text


# --- answers ----------------------------------------------------------------------------------------------------------


def shows(visit: Visit) -> Screen:
    """A screen whose text is what was written."""
    return Screen(Page("absent.html", visit.query.get("t", "Title"), "", ()), frozenset({"inbox"}))


def test_script_in_a_field_is_shown_as_text(desk):
    desk.answer = shows
    html = desk.ask("GET", f"/try?t={SCRIPT}").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_an_open_page_gets_its_parts_and_nothing_twice(desk):
    page = desk.ask("GET", "/today")
    tag = re.search(r'data-etag="([^"]*)"', page.text.replace("&#34;", "'"))
    first = desk.ask("GET", "/today", headers={"accept": PARTS})
    assert first.headers["content-type"] == PARTS
    assert tag[1].strip("'") == first.headers["etag"].strip('"')
    said = first.json()
    assert set(said) == {"title", "boot", "topics", "who", "regions", "blocks", "n"}
    assert [part for ids in said["regions"].values() for part in ids] == list(said["blocks"])
    assert all(f'id="{name}"' in html for name, html in said["blocks"].items())
    again = desk.ask("GET", "/today", headers={"accept": PARTS, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (first.headers["x-comity-idle"], again.headers["x-comity-idle"]) == ("3600", "3600"), (
        "in both, how long the session is good"
    )
    assert 'data-idle="3600"' in page.text
    desk.board.set_link("broken", "Root for 9 differs.")
    third = desk.ask("GET", "/today", headers={"accept": PARTS, "if-none-match": first.headers["etag"]})
    assert third.status_code == 200
    assert "n-link" in third.json()["blocks"]


def test_a_cookie_is_for_this_site_and_no_script(desk):
    desk.answer = Enter("token-1", Ms(0), "/today")
    guest = desk.ask("GET", "/sign-in", who="")
    assert 'http-equiv="refresh"' in guest.text, "a strict cookie is not sent on after another site's link"
    mark = next(one for one in guest.headers.get_list("set-cookie") if "-guest=" in one and "Max-Age" not in one)
    value = mark.partition("=")[2].partition(";")[0]
    for answer in (guest, guest_post(desk, value)):
        kept = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}=token-1"))
        assert {part.strip().lower() for part in kept.split(";")[1:]} == {"path=/", "httponly", "samesite=strict"}
    desk.answer = Leave()
    left = desk.post("/try")
    assert left.headers["location"] == "/sign-in"
    assert any(one.startswith(f"{COOKIE}=") and "Max-Age=0" in one for one in left.headers.get_list("set-cookie"))


def guest_post(desk: Desk, mark: str) -> httpx.Response:
    """Send the form of the sign-in page as the browser does whose mark this is."""
    import hashlib

    csrf = hashlib.sha256(f"comity/guest/1:{mark}".encode()).hexdigest()
    headers = {"origin": ORIGIN, "cookie": f"{COOKIE}-guest={mark}"}
    return desk.ask("POST", "/sign-in", who="", headers=headers, data={"csrf": csrf})


def test_a_guests_form_needs_the_guests_own_mark(desk):
    desk.answer = Redirect("/today")
    assert guest_post(desk, "mark").status_code == 303
    headers = {"origin": ORIGIN}
    assert desk.ask("POST", "/sign-in", who="", headers=headers, data={"csrf": ""}).status_code == 403
    assert desk.seen[0].who.person.active is False
    assert desk.seen[0].who.how == "guest"


def test_over_https_the_cookie_has_the_hosts_prefix():
    desk = Desk(https=True)
    desk.answer = Enter("token-1", Ms(0), "/today")
    kept = [one for one in desk.ask("GET", "/sign-in", who="").headers.get_list("set-cookie") if "token-1" in one]
    assert kept[0].startswith("__Host-comity-")
    assert "secure" in kept[0].lower()


def test_what_is_said_is_said_once_and_only_known_words(desk):
    desk.answer = Redirect("/today", say="frame.said")
    kept = next(one for one in desk.post("/try").headers.get_list("set-cookie") if "-said=" in one)
    assert kept.startswith(f"{COOKIE}-said=frame.said;")
    page = desk.ask("GET", "/today", headers={"cookie": f"{COOKIE}-said=frame.said"})
    assert 'class="notice ok" id="said"' in page.text
    assert "Max-Age=0" in page.headers["set-cookie"]
    for said in ("no.such.words", "bar.hours", "<b>"):
        page = desk.ask("GET", "/today", headers={"cookie": f"{COOKIE}-said={said}"})
        assert 'id="said" hidden' in page.text


def test_ways_on_to_another_site_go_by_a_page_and_never_to_a_script(desk):
    desk.answer = Redirect("https://agency.example/authorize?x=1&y=2")
    answer = desk.post("/try")
    assert answer.status_code == 200
    assert 'content="0;url=https://agency.example/authorize?x=1&amp;y=2"' in answer.text
    desk.answer = Redirect("javascript:alert(1)")
    assert "javascript" not in desk.post("/try").text
    desk.answer = Redirect("/today")
    assert desk.post("/try", headers={"hx-request": "true"}).headers["hx-redirect"] == "/today"
    assert desk.post("/try", headers={"accept": "application/json"}).json() == {"to": "/today"}


def test_a_file_is_kept_never_shown(desk):
    desk.answer = File('a"b\r\n<x>é.html', "text/html", b"<script>")
    answer = desk.ask("GET", "/try")
    assert answer.headers["content-disposition"].startswith('attachment; filename="a-b-x-.html"; filename*=')
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_fragment_and_plain_data(desk):
    desk.answer = Fragment(Part("x", "notice_plain", SCRIPT), 201)
    answer = desk.ask("GET", "/try")
    assert answer.status_code == 201
    assert "&lt;script&gt;" in answer.text
    desk.answer = Told({"a": 1}, 202)
    assert (desk.ask("GET", "/try").status_code, desk.ask("GET", "/try").json()) == (202, {"a": 1})
    desk.answer = Absent()
    assert desk.ask("GET", "/try", headers={"accept": "application/json"}).json()["code"] == "not-found"
    assert desk.ask("GET", "/try", headers={"hx-request": "true"}).headers["hx-retarget"] == "#said"


# --- methods and addresses --------------------------------------------------------------------------------------------


def test_head_is_the_head_of_get(desk):
    whole, head = desk.ask("GET", "/law"), desk.ask("HEAD", "/law")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == whole.headers["content-type"] == "text/html; charset=utf-8"
    assert desk.ask("HEAD", "/events").status_code == 405


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_other_method_does_anything(desk, method):
    for path in ("/", "/ledger", "/events", "/nowhere"):
        answer = desk.ask(method, path)
        assert answer.status_code == 405
        assert "POST" not in answer.headers["allow"] or path != "/events"


def test_a_post_where_only_get_is_known_changes_nothing(desk):
    assert desk.post("/today").status_code == 405
    assert desk.post("/events").status_code == 405


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "", "en"),
        ("fr", "hi", "fr"),
        ("xx", "pa-IN, en;q=0.5", "pa"),
        ("", "en;q=0.1, hi;q=0.9", "hi"),
        ("", "de, *;q=x, fr;q=0.2", "fr"),
        ("<b>", "," * 500 + "fr", "en"),
    ],
)
def test_the_language_of_someone_who_is_not_signed_in(asked, accepted, language):
    assert preferred(asked, accepted) == language


def test_theme_and_language_are_the_visitors(desk):
    desk.people.settings, desk.people.language = {"theme": "dark"}, "fr"
    html = desk.ask("GET", "/today").text
    assert '<html lang="fr" data-theme="dark"' in html
    desk.people.settings = {"theme": '"><script>'}
    assert "data-theme" not in desk.ask("GET", "/today").text


# --- what was written and could not be taken ------------------------------------------------------------------------

WRITTEN = {"reason": 'Not <b>now</b>, ask "again" & tell why', "do": "refuse", "subject": "s" * 64}


def given_back(answer: httpx.Response) -> dict[str, str]:
    """The form on the page, as a browser would send it."""
    assert '<form id="kept"' in answer.text, answer.text
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    texts = re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
    return {name: html.unescape(value) for name, value in (*hidden, *texts)}


def test_a_form_sent_after_the_session_has_ended_is_given_back_and_can_be_sent(desk):
    """Without a script: the page carries what was written, and nothing of it is kept here."""
    desk.answer = Redirect("/today")
    ended = desk.post("/try?x=1", {"csrf": CSRF, **WRITTEN}, who="")
    assert ended.status_code == 401
    assert desk.seen == []
    assert desk.hands.asked == []
    form = given_back(ended)
    assert form == {"csrf": "", **WRITTEN}, "and no token of anybody"
    assert 'action="/try?x=1"' in ended.text
    assert 'href="/sign-in" target="_blank"' in ended.text
    assert "<b>now" not in ended.text
    again = desk.post("/try", form)
    assert again.status_code == 403
    assert desk.seen == []
    form = given_back(again)
    assert form == {"csrf": CSRF, **WRITTEN}
    assert desk.post("/try", form).headers["location"] == "/today"
    assert desk.seen[0].field("reason") == WRITTEN["reason"]


def test_what_was_written_is_kept_while_the_key_is_touched_again(desk):
    headers = {"referer": f"{ORIGIN}/settings"}
    answer = desk.post("/keys", {"csrf": CSRF, **WRITTEN}, who="stale-desk-lead", headers=headers)
    assert answer.status_code == 403
    assert desk.seen == []
    assert given_back(answer) == {"csrf": CSRF, **WRITTEN}
    assert 'href="/sign-in/again?back=/settings" target="_blank"' in answer.text
    without = desk.post("/keys", {"csrf": CSRF, "do": "approve"}, who="stale-desk-lead", headers=headers)
    assert without.headers["location"] == "/sign-in/again?back=/settings"


def test_only_a_page_of_ours_gets_its_form_back(desk):
    """A page that another site filled in must not stand here with our token and a button."""
    desk.answer = Redirect("/today")
    assert desk.post("/try", {"csrf": "", **WRITTEN}, headers={"origin": "http://evil.example"}).status_code == 403
    for who, status in (("desk-lead", 403), ("", 303)):
        answer = desk.ask("POST", "/try", who=who, data={"csrf": "", **WRITTEN})
        assert answer.status_code == status
        assert "kept" not in answer.text
    for headers in ({"hx-request": "true"}, {"accept": "application/json"}):
        assert "kept" not in desk.post("/try", {"csrf": "", **WRITTEN}, headers=headers).text
    assert desk.seen == []


def test_a_text_that_begins_with_a_new_line_is_given_back_whole(desk):
    form = {"text": "\n  one\n two ", "csrf": ""}
    assert given_back(desk.post("/try", form, who=""))["text"] == form["text"]


@pytest.mark.parametrize("kind", ["page", "fragment"])
def test_a_refusal_is_said_in_the_pages_language_before_the_nodes_own_words(desk, kind):
    headers = {"hx-request": "true"} if kind == "fragment" else {}
    desk.people.language = "fr"
    desk.answer = Refused(409, "not-allowed", "it was not sent; the draft is kept")
    said = desk.post("/try", headers=headers).text
    assert Texts("fr")("refused.409") in said
    assert '<span lang="en"><bdi>it was not sent; the draft is kept</bdi></span>' in said
    desk.answer = Refused(403, "not-allowed", Texts("fr")("error.csrf"))
    own = desk.post("/try", headers=headers).text
    assert 'lang="en"' not in own.partition('role="alert"')[2].partition("</p>")[0]
    assert "en anglais" not in own
    desk.people.language = "en"
    assert "as things stand" not in desk.post("/try", headers=headers).text
