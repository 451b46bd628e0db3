"""What needs no session, and the pages that read only the board: its own names only, the policy on every answer, logs for anyone."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace

import httpx
import pytest

from comity.web.guard import POLICY, Guard
from tests.web import bare
from tests.web.board import DAY_START, HOUR, MINUTE, Board, Clock, Count, log_files, tell_day
from tests.web.statute import SECRET

ORIGIN = hashlib.sha256(b"xa.example/comity/log/1").hexdigest()
SERVED = {(ORIGIN, "checkpoint"): b"xa.example/comity/log/1\n9\n", (ORIGIN, "tile/entries/x001/067.p/9"): b"\x00\x01"}


class Broken(Board):
    def link(self):
        raise RuntimeError("the name of a person")


def world(kind: type[Board] = Board) -> tuple[Board, dict, Clock, Count]:
    clock, count = Clock(DAY_START + 9 * HOUR + 42 * MINUTE), Count()
    board = kind(clock, count)
    return board, tell_day(board), clock, count


def ask(
    path: str = "/today",
    *,
    method: str = "GET",
    host: str = "xa.localhost:8000",
    who: str = "desk-lead",
    kind: type[Board] = Board,
    **options: object,
) -> httpx.Response:
    board, _, clock, count = world(kind)

    async def go() -> httpx.Response:
        app = bare.pages_of(bare.site_of(board, clock, log_files(SERVED)), count, **options)
        answer = await bare.ask(app, method, path, who=who, headers={"host": host})
        await app.stop()
        return answer

    return asyncio.run(go())


def pages() -> list[str]:
    return ["/today", "/law", "/law?lang=fr", "/law/xa", "/law/xb", "/law/xb?lang=hi"]


def test_two_hosts_are_refused() -> None:
    said: list = []

    async def go() -> None:
        async def send(message: object) -> None:
            said.append(message)

        async def inner(*_: object) -> None:
            raise AssertionError("it came through")

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [(b"host", b"localhost"), (b"host", b"evil.example")],
        }
        await Guard(inner, ())(scope, None, send)  # type: ignore[arg-type]  # nothing is received

    asyncio.run(go())
    assert said[0]["status"] == 400


def test_the_day_has_what_it_must() -> None:
    html = ask().text
    for words in (
        "Aurin", "Borhaven", "Duty officer 4", "W-5", "violent threats to life", "XA-2026-0401", "Answer, part", "no-contact-with-subject",
        "TLP:AMBER+STRICT", "Permit with conditions", "[<bdi>T</bdi>]", "exercise edition", "Removed: victim-data", "Link up", "Our exchange log",
        "owed by XA", "Quarantined", "Recalled",
    ):  # fmt: skip
        assert words in html, words
    assert "198.51.100.7" not in html


def test_the_rail_has_what_is_there_and_open() -> None:
    def rail(who: str) -> list[str]:
        html = ask(who=who).text
        nav = html[html.index('<nav class="rail"') : html.index("</nav>")]
        return re.findall(r'<a href="([^"]+)"', nav)

    assert rail("desk-lead") == ["/today", "/law", "/keys"]
    assert rail("administrator") == ["/today", "/law", "/keys"]


@pytest.mark.parametrize("path", ["/case/", "/../etc/passwd", "/nowhere", "/static/../app.py", "/static/none.js"])
def test_what_is_not_here_is_404(path: str) -> None:
    answer = ask(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_an_empty_node_says_so() -> None:
    class Empty(Board):
        def cases(self, now, only=None, *, newest=None):
            return ()

    assert "No dispatch has crossed yet" in ask(kind=Empty).text


@pytest.mark.parametrize(
    "host", ["xa.localhost:8000", "xa.localhost", "localhost:1", "127.0.0.1:8000", "[::1]:8000", "XA.LOCALHOST"]
)
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert ask("/healthz", host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "xa.localhost.evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "10.0.0.1", "a.b.localhost", "xa.localhost."]
)  # fmt: skip
def test_other_names_are_misdirected(host: str) -> None:
    answer = ask(host=host)
    assert answer.status_code == 421
    assert b"garage" not in answer.content


@pytest.mark.parametrize("host", ["", "xa.localhost:8000:9", "a b", "xa.localhost:port", "[::1", "user@xa.localhost"])
def test_what_is_no_host_is_refused(host: str) -> None:
    assert ask(host=host).status_code in {400, 421}


def test_a_name_given_by_the_operator_is_answered() -> None:
    assert ask("/healthz", host="Desk.xa.example", hosts=("desk.xa.example",)).status_code == 200


@pytest.mark.parametrize("path", ["/today", "/nowhere", "/static/live.js", "/log/00/checkpoint", "/healthz"])
def test_every_answer_has_the_policy_and_no_cookie(path: str) -> None:
    headers = ask(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in headers


def test_the_policy_is_the_one_agreed() -> None:
    assert POLICY == (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_every_page_has_one_h1_landmarks_a_skip_link_and_its_ids_once() -> None:
    for path in pages():
        html = ask(path).text
        assert len(re.findall("<h1[ >]", html)) == 1, path
        assert len(re.findall("<main ", html)) == 1, path
        assert "<nav " in html
        assert '<a class="skip" href="#main">' in html
        assert 'aria-live="polite"' in html
        assert 'aria-live="assertive"' in html
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), path
        assert "Exercise edition." in html
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html), path


def test_notices_and_a_signed_edition() -> None:
    html = ask(notices=("insecure_loopback is on",), exercise=False).text
    assert "insecure_loopback is on" in html
    assert "Exercise edition." not in html


def test_a_store_that_cannot_be_read_says_nothing_of_what_it_holds() -> None:
    answer = ask(kind=Broken)
    assert answer.status_code == 500
    assert "person" not in answer.text
    assert "Nothing was changed" in answer.text


def test_static_files_are_kept_for_ever_only_under_their_version() -> None:
    address = re.search(r'href="(/static/comity\.css\?v=[0-9a-f]{12})"', ask().text)
    assert address
    assert "immutable" in ask(address[1]).headers["cache-control"]
    assert "immutable" not in ask("/static/comity.css?v=0").headers["cache-control"]
    assert ask("/static/fonts/inter-latin-wght-normal.woff2").headers["content-type"] == "font/woff2"
    assert ask("/static/fonts/LICENSE-inter.txt").status_code == 200


def test_a_visitor_reads_the_logs_without_a_certificate() -> None:
    checkpoint = ask(f"/log/{ORIGIN}/checkpoint")
    assert checkpoint.content == SERVED[ORIGIN, "checkpoint"]
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "no-store"
    tile = ask(f"/log/{ORIGIN}/tile/entries/x001/067.p/9")
    assert tile.content == b"\x00\x01"
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "immutable" in tile.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["tile/0/001", "tile/64/000", "tile/00/000", "tile/0/00", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/x00/000", "tile/data/000",
     "tile/entries/../0/000", "checkpoint/x", "", "tile/0/000.p/1/"],
)  # fmt: skip
def test_a_file_that_a_log_cannot_have_is_404(path: str) -> None:
    assert ask(f"/log/{ORIGIN}/{path}").status_code == 404


def test_another_log_is_404() -> None:
    assert ask(f"/log/{ORIGIN.upper()}/checkpoint").status_code == 404
    assert ask(f"/log/{'0' * 64}/checkpoint").status_code == 404


def test_what_is_not_http_passes_by() -> None:
    seen: list = []

    async def inner(scope: object, receive: object, send: object) -> None:
        seen.append(scope)

    asyncio.run(Guard(inner, ())({"type": "lifespan"}, None, None))  # type: ignore[arg-type]  # nothing is sent
    assert seen == [{"type": "lifespan"}]


# --- the law ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/law/none", "/law/XA", "/law/xa/fr", "/law/%2e%2e", "/none"])
def test_no_other_law_is_here(path: str) -> None:
    assert ask(path).status_code == 404


@pytest.mark.parametrize("lang", ["", "pa", "EN", "%3Cscript%3E", "en%22%3E", "e" * 4000, "fr/.."])
def test_a_language_that_nobody_writes_is_the_first_one(lang: str) -> None:
    html = ask(f"/law?lang={lang}").text
    assert "<script>" not in html
    assert "What XA-ACCORD says." in html


def test_without_a_copy_of_their_law_nothing_links_there() -> None:
    class Alone(Board):
        def laws(self):
            return self.editions[:1]

    assert ask("/law/xb", kind=Alone).status_code == 404
    assert "was not handed over" in ask("/law", kind=Alone).text


class Leaking(Board):
    """The planted fault: the other side's private rules on the card of its law."""

    def laws(self):
        ours, theirs = self.editions
        return ours, replace(theirs, rules=(*theirs.rules, replace(ours.rules[6], id="XB-PRV-1", private=False)))


def leaks(kind: type[Board]) -> list[str]:
    """The pages of a node on which a rule stands that only the other side may know."""
    return [path for path in pages() if path.startswith("/law/xb") and SECRET in ask(path, kind=kind).text]


def test_a_private_rule_of_theirs_stands_on_no_page_of_ours_and_a_planted_one_is_found() -> None:
    assert leaks(Board) == []
    assert leaks(Leaking) == ["/law/xb"], "in English; there is no Hindi for it"
