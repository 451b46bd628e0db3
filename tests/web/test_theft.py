"""A session that is over, another's, another node's or nobody's opens no address; a form of another page changes nothing.

Every address is tried with each: the screens of `world.door` only say that they ran. Planted and caught: `closed` returning ""
for each of its reasons; the form's token not compared, compared with the guest's, or read from the query; `_ours` True; a POST
taken without a session; `local_path` returning what it gets; the cookie without its node's name; a guest's mark as a token.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.ids import Ms
from comity.desks.requests.postings import insert_posting
from comity.desks.requests.rows import PostingRow
from comity.edge import peoplerows
from comity.edge.clock import SystemClock
from comity.edge.peoplerows import SessionRow, digest_of
from comity.web.answers import PARTS, Jar
from comity.web.visit import local_path
from tests.web.intruder import HOST, JSON, MARK, NOWHERE, ORIGIN, World, besieged, bytes_of
from tests.web.roles import TABLE
from tests.web.test_every_route import filled

HOUR = 3_600_000
SIGNED = sorted(key for key, (rule, _) in TABLE.items() if rule != "open")
FORMS = sorted(path for method, path in TABLE if method == "POST")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with besieged(tmp_path_factory.mktemp("theft")) as one:
        yield one


def session(world: World, number: int, since: int = 0, seen: int = 0, until: int = 12 * HOUR) -> str:
    """Open a session of an officer that began and was last used so many milliseconds ago; return its token."""
    token, now = secrets.token_urlsafe(32), SystemClock().now()
    times = (Ms(now - since), Ms(now - since + until), Ms(now - seen))
    row = SessionRow(digest_of(token), "requests", number, "passkey", secrets.token_bytes(32), *times, now)

    def enter() -> None:
        with world.node.opened.node.ledger.begin() as book:
            peoplerows.make_account(book.tx, ("requests", number), secrets.token_bytes(32), now)
            peoplerows.add_session(book.tx, row)

    world.write(enter)
    return token


def over(world: World) -> dict[str, str]:
    """Return a token for each way in which a session is over, or never was one."""
    ended, posted, suspended = session(world, 105), session(world, 102), session(world, 106)
    world.house.door("POST", "/people/session/end", {"session": digest_of(ended).hex()})
    world.house.door("POST", "/people/suspend", {"desk": "requests", "number": 106})
    nomination = {
        "state": "nominated", "desk": "requests", "officer": 102, "agency": "harbour-watch", "function": "liaison",
        "host_agency": "road-guard", "delegation": {"id": bytes(16), "kinds": ["message"], "stages": ["holding"], "until": 2},
    }  # fmt: skip
    body = world.node.opened.desks["requests"].compose("posting", nomination)
    row = PostingRow(
        id=bytes_of(NOWHERE), ours=True, desk="requests", officer=102, state="ended", nominated=Ms(0), accepted=Ms(1), ended=Ms(2),
        ended_by_ours=True, ended_leaf=None, body=body,
    )  # fmt: skip

    def end_posting() -> None:
        with world.node.opened.node.ledger.begin() as book:
            insert_posting(book.tx, row)
            book.tx.run("UPDATE requests_posting SET state = 'ended', accepted = 1, ended = 2 WHERE officer = 102")

    world.write(end_posting)
    good, far = world.browsers["desk-lead"].token, world.house.visitor("desk-lead", "vanmere").token
    return {
        "ended": ended,
        "of a suspended officer": suspended,
        "of an officer whose posting ended": posted,
        "of an officer whom the roster does not name": session(world, 999),
        "of the node's own voice": session(world, 19_999),
        "idle for an hour": session(world, 108, since=2 * HOUR, seen=HOUR),
        "an administrator's, idle for a quarter": session(world, 110, since=HOUR, seen=HOUR // 4),
        "twelve hours old, in use": session(world, 108, since=12 * HOUR, seen=0),
        "begun in the future": session(world, 108, since=-HOUR, seen=-HOUR),
        "never given out": secrets.token_urlsafe(32),
        "its digest": digest_of(good).hex(),
        "its digest's bytes": digest_of(good).decode("latin-1").encode("ascii", "replace").decode(),
        "one letter short": good[:-1],
        "one letter more": good + "A",
        "another case": good.swapcase(),
        "of the other node": far,
        "a guest's mark": MARK,
        "empty": "",
        "10,000 letters": "A" * 10_000,
        "a wildcard": "%",
        "a condition": "' OR '1'='1",
    }


@pytest.fixture(scope="module")
def dead(world: World) -> dict[str, str]:
    return over(world)


def header(world: World, token: str) -> str:
    return f"{world.cookie}={token}"


def test_no_address_is_opened_by_a_session_that_is_none(world: World, dead: dict[str, str]):
    """Nothing runs; a page is sent to sign in and back, a script is told by a status."""
    wrong = []

    async def all_of_them() -> None:
        for why, token in dead.items():
            for method, path in SIGNED if why in {"ended", "of a suspended officer"} else SIGNED[::7]:
                answer = await world.asked(
                    world.door, "desk-lead", method, filled(path), {}, cookie=header(world, token)
                )
                if answer.status_code != 303 or not answer.headers["location"].startswith("/sign-in"):
                    wrong.append((why, method, path, answer.status_code))
            for accept in (PARTS, "application/json"):
                answer = await world.asked(
                    world.door, "desk-lead", "GET", "/today", accept=accept, cookie=header(world, token)
                )
                wrong.extend([] if answer.status_code == 401 else [(why, accept, answer.status_code)])
            answer = await world.asked(world.door, "desk-lead", "GET", "/events", cookie=header(world, token))
            wrong.extend([] if answer.status_code == 401 else [(why, "/events", answer.status_code)])

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))
    assert world.gate("desk-lead", "GET", "/today"), "the way itself is good"


def here(world: World, who: str) -> bool:
    """Say whether a browser is signed in."""
    answer = world.ask(who, "GET", "/today")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


@pytest.mark.parametrize("path", ["/sign-out", "/settings/sessions/end", "/settings/session/end"])
def test_a_session_is_over_in_the_request_that_follows_its_end(world: World, path: str):
    world.browsers |= {"first": world.house.visitor(11), "second": world.house.visitor(11)}
    assert here(world, "second")
    who = "second" if path == "/sign-out" else "first"
    form = {"session": digest_of(world.browsers["second"].token).hex()}
    assert world.ask(who, "POST", path, form).status_code == 303
    assert (here(world, "first"), here(world, "second")) == (True, False)


def test_another_officers_session_is_ended_by_nobody_but_administration(world: World):
    victim = digest_of(world.browsers["approver"].token).hex()
    unknown = "0" * 64
    for who in ("officer", "reviewer", "desk-lead", "administrator"):
        answers = [world.ask(who, "POST", "/settings/session/end", {"session": one}) for one in (victim, unknown)]
        assert len({(one.status_code, one.headers.get("location"), one.text) for one in answers}) == 1
        assert here(world, "approver")


# --- one browser, two nodes; a token that was there before -------------------------------------------------------------


def test_a_cookie_of_one_node_is_none_of_the_others(world: World):
    far = world.house.visitor("desk-lead", "vanmere")
    names = {Jar(world.house.opened(name).config.node, https=False).session for name in ("ostrel", "vanmere")}
    assert len(names) == 2
    near = world.browsers["desk-lead"]
    for cookie in (f"{far.cookie}={far.token}", f"{near.cookie}={far.token}", f"{far.cookie}={near.token}"):
        answer = world.ask("desk-lead", "GET", "/today", cookie=cookie)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?back=/today")
    both = f"{far.cookie}={far.token}; {near.cookie}={near.token}"
    assert world.ask("desk-lead", "GET", "/today", cookie=both).status_code == 200


def test_what_a_browser_had_before_is_not_promoted(world: World):
    """Whoever planted a guest's mark, or a session of their own, has nothing after the person signed in."""
    csrf = hashlib.sha256(b"comity/guest/1:planted").hexdigest()
    demo = {"desk": "requests", "number": "11", "back": "/"}
    entered = world.ask(
        "guest", "POST", "/sign-in/demo", demo, cookie=f"{world.cookie}-guest=planted", x_comity_csrf=csrf
    )
    kept = entered.headers.get_list("set-cookie")
    token = next(one for one in kept if one.startswith(f"{world.cookie}=")).partition("=")[2].partition(";")[0]
    assert token not in {"planted", csrf}
    assert any(one.startswith(f"{world.cookie}-guest=") and "Max-Age=0" in one for one in kept), "the mark is forgotten"
    for name in ("planted", csrf, digest_of("planted").hex()):
        assert world.ask("guest", "GET", "/today", cookie=header(world, name)).status_code == 303
    attacker = world.house.visitor("approver")
    world.browsers["planted"] = attacker
    again = world.ask("planted", "POST", "/sign-in/demo", demo)
    assert again.status_code == 303
    assert world.ask("planted", "GET", "/today").status_code == 303, "the session that was there is over"
    for one in kept:
        parts = {part.strip().lower() for part in one.split(";")[1:]}
        assert {"path=/", "httponly"} <= parts
        assert "domain" not in one.lower()
        assert f"samesite={'lax' if '-guest=' in one else 'strict'}" in parts


def test_no_page_and_no_file_says_a_token(world: World):
    token = world.browsers["desk-lead"].token
    for path in ("/settings", "/today", "/inbox", "/compose"):
        answer = world.ask("desk-lead", "GET", path)
        assert token not in answer.text + str(answer.headers)
    assert token not in json.dumps(world.house.door("GET", "/people/one?desk=requests&number=108"))


# --- forms of other pages ----------------------------------------------------------------------------------------------


def tokens(world: World) -> dict[str, str]:
    """Return what is no token of the desk lead's forms."""
    own = world.browsers["desk-lead"]
    return {
        "none": "",
        "another officer's": world.browsers["officer"].csrf,
        "another session's of the same officer": world.house.visitor("desk-lead").csrf,
        "a guest's": world.browsers["guest"].csrf,
        "the session's own token": own.token,
        "one letter short": own.csrf[:-1],
        "another case": own.csrf.swapcase(),
    }


def test_no_form_is_taken_without_the_sessions_own_token(world: World):
    before, wrong, given_out = world.dump(), [], tokens(world)

    async def all_of_them() -> None:
        for why, token in given_out.items():
            for path in FORMS:
                form = {"csrf": token}
                answer = await world.asked(
                    world.door, "desk-lead", "POST", filled(path), form, x_comity_csrf=token, **JSON
                )
                wrong.extend([] if answer.status_code == 403 else [(why, path, answer.status_code)])

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))
    own = world.browsers["desk-lead"].csrf
    for path, form in (
        (f"/duty/note?csrf={own}", {"eye": "x"}),
        ("/duty/note", {"CSRF": own}),
        ("/duty/note", {" csrf": own}),
    ):
        assert world.ask("desk-lead", "POST", path, form, x_comity_csrf="").status_code == 403
    two = world.ask("desk-lead", "POST", "/duty/note", b"csrf=x&csrf=" + own.encode(), x_comity_csrf="", **URLENCODED)
    assert two.status_code == 403, "the first counts"
    assert world.dump() == before


URLENCODED = {"content_type": "application/x-www-form-urlencoded"}
FOREIGN = (
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": f"https://{HOST}"}, {"origin": "http://xo.localhost:8001"},
    {"origin": "http://xo.localhost"}, {"origin": f"http://evil.{HOST}"}, {"origin": f"http://{HOST}.evil.example"},
    {"origin": f"http://{HOST}@evil.example"}, {"origin": f"{ORIGIN}/"}, {"origin": ""}, {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"}, {"sec_fetch_site": "none"}, {"sec_fetch_site": ""},
)  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_form_of_another_site_is_taken_even_with_the_token(world: World, headers: dict[str, str]):
    before = world.dump()
    for path in ("/duty/note", "/compose", "/settings", "/sign-out", "/people/requests/104/suspend"):
        assert world.ask("desk-lead", "POST", path, {"eye": "x"}, **headers).status_code == 403
    assert world.dump() == before


@pytest.mark.parametrize(
    "media", ["text/plain", "multipart/form-data; boundary=x", "", "application/xml", "application/csp-report"]
)
def test_a_body_that_any_page_could_send_without_asking_is_no_form(world: World, media: str):
    """What a page of another site may send without the browser asking first; a JSON body makes the browser ask, and we do not answer."""
    own = world.browsers["desk-lead"].csrf
    for body in (json.dumps({"csrf": own, "eye": "x"}).encode(), f"csrf={own}&eye=x".encode()):
        answer = world.ask("desk-lead", "POST", "/duty/note", body, content_type=media, x_comity_csrf="")
        assert answer.status_code == 415
    asked = world.ask(
        "desk-lead", "OPTIONS", "/duty/note", origin="http://evil.example", access_control_request_method="POST"
    )
    assert asked.status_code == 405
    assert not [name for name in asked.headers if name.startswith("access-control")]


def test_a_change_is_made_by_post_alone(world: World):
    before, own = world.dump(), world.browsers["desk-lead"].csrf
    only = [path for path in FORMS if ("GET", path) not in TABLE]
    assert len(only) > 30
    for path in only:
        for method in ("GET", "HEAD"):
            answer = world.ask(
                "desk-lead", method, f"{filled(path)}?csrf={own}&_method=POST", x_http_method_override="POST"
            )
            assert answer.status_code in {404, 405}, (method, path)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "X"):
        assert world.ask("desk-lead", method, "/duty/note", {"eye": "x"}).status_code == 405
    for method, path in TABLE:
        if method == "GET":
            assert world.ask("desk-lead", "HEAD", filled(path)).content == b""
    assert world.dump() == before


# --- where a person is sent --------------------------------------------------------------------------------------------

ELSEWHERE = (
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example", "/\t/evil.example", "http:evil.example",
    "/\n/evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example", " //evil.example", "/x\r\nset-cookie: a=b", "?x", "#x", "",
    "//evil.example/%2e%2e", "/é", "/\u2028", "\u202e/", "/" + "\ud800", "%2f%2fevil.example", "http://xo.localhost:8000@evil.example/",
)  # fmt: skip


def stays(answer: httpx.Response) -> bool:
    """Say whether an answer sends a browser to a path of this very site, or nowhere."""
    places = [answer.headers[name] for name in ("location", "hx-redirect", "x-comity-to") if name in answer.headers]
    return all(local_path(one) == one and urlsplit(one).netloc == "" for one in places) and "set-cookie: a" not in str(
        answer.headers
    )


@pytest.mark.parametrize("back", ELSEWHERE, ids=ascii)
def test_nobody_is_sent_elsewhere_by_back(world: World, back: str):
    sent = httpx.QueryParams({"back": back.encode("utf-8", "replace").decode()})
    demo = {"desk": "requests", "number": "11", "back": back.encode("utf-8", "replace").decode()}
    answers = [
        world.ask("desk-lead", "GET", f"/sign-in?{sent}"),
        world.ask("desk-lead", "GET", f"/sign-in/again?{sent}"),
        world.ask("guest", "GET", f"/sign-in?{sent}"),
        world.ask("guest", "POST", "/sign-in/demo", demo),
        world.ask("guest", "POST", f"/sign-in/demo?{sent}", {"desk": "requests", "number": "11"}),
        world.ask("guest", "POST", "/sign-in/agency", demo),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert stays(answer), answer.headers
        assert "http-equiv" not in answer.text
        assert 'href="//evil' not in answer.text
        assert 'value="//evil' not in answer.text


@given(st.text(max_size=40) | st.from_regex(r"[/\\:. \t@]{0,4}evil\.example", fullmatch=True))
def test_a_path_of_this_site_has_no_host_whatever_is_written(text: str):
    """By Python's own reading of addresses, which knows nothing of ours."""
    found = urlsplit(local_path(text))
    assert (found.scheme, found.netloc) == ("", "")
    assert local_path(text).startswith("/")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "xo.localhost.evil.example",
        "evil.example:8000",
        "",
        "xo.localhost@evil.example",
        "localhost:8000/x",
        "[::2]",
        "a b",
    ],
)
def test_another_hosts_name_reaches_nothing(world: World, host: str):
    for path in ("/today", "/sign-in", "/healthz", "/static/comity.css", "/events"):
        answer = world.ask("desk-lead", "GET", path, host=host)
        assert answer.status_code in {400, 421}
        assert "evil" not in answer.text
    answer = world.ask(
        "desk-lead",
        "GET",
        "/sign-in",
        x_forwarded_host="evil.example",
        x_forwarded_proto="https",
        forwarded="host=evil.example",
    )
    assert "evil" not in answer.text + str(answer.headers)


def test_an_invitation_is_written_for_this_host_alone(world: World):
    shown = world.ask(
        "administrator", "POST", "/people/requests/101/invite", {"x": "y"}, x_forwarded_host="evil.example"
    )
    assert "evil" not in shown.text
    assert f"http://{HOST}/invitation/" in shown.text or "http://xo.localhost" in shown.text
    assert NOWHERE not in shown.text
