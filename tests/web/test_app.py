"""The page as a program asks for it: read-only, its own names only, the policy on every answer, logs for anyone."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace

import httpx
import pytest

from comity.base.ids import show_id
from comity.screen import WaitingCard
from comity.web import app as app_module
from comity.web.app import create
from comity.web.guard import POLICY, Guard
from tests.web.board import DAY_START, HOUR, MINUTE, Board, Clock, Count, log_files, tell_day
from tests.web.conftest import Node
from tests.web.statute import SECRET, whole_waiting

ORIGIN = hashlib.sha256(b"xa.example/comity/log/1").hexdigest()
SERVED = {(ORIGIN, "checkpoint"): b"xa.example/comity/log/1\n9\n", (ORIGIN, "tile/entries/x001/067.p/9"): b"\x00\x01"}
CASE = show_id((1).to_bytes(16, "big"))


class Broken(Board):
    def link(self):
        raise RuntimeError("the name of a person")


def world(kind: type[Board] = Board) -> tuple[Board, dict, Clock, Count]:
    clock, count = Clock(DAY_START + 9 * HOUR + 42 * MINUTE), Count()
    board = kind(clock, count)
    return board, tell_day(board), clock, count


def ask(
    path: str = "/",
    *,
    method: str = "GET",
    host: str = "xa.localhost:8000",
    kind: type[Board] = Board,
    **options: object,
) -> httpx.Response:
    board, _, clock, count = world(kind)
    app = create(board, clock, count, log_files(SERVED), **options)  # type: ignore[arg-type]  # a test's own

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # httpx names the same types otherwise
        async with httpx.AsyncClient(transport=transport, base_url="http://xa.localhost:8000") as client:
            return await client.request(method, path, headers={"host": host})

    return asyncio.run(go())


def pages() -> list[str]:
    _, told, _, _ = world()
    law = ["/law", "/law?lang=fr", "/law/xa", "/law/xb", "/law/xb?lang=hi", "/approvals"]
    return ["/", "/ledger", *law, f"/case/{CASE}", *(f"/dispatch/{show_id(d)}" for d in told.values())]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/ledger", "/events", "/nowhere"])
def test_nothing_can_be_changed(method: str, path: str) -> None:
    answer = ask(path, method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "POST" not in answer.headers["allow"]


def test_head_is_the_head_of_get() -> None:
    whole, head = ask("/ledger"), ask("/ledger", method="HEAD")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == whole.headers["content-type"] == "text/html; charset=utf-8"
    assert ask("/events", method="HEAD").status_code == 405


@pytest.mark.parametrize(
    "host", ["xa.localhost:8000", "xa.localhost", "localhost:1", "127.0.0.1:8000", "[::1]:8000", "XA.LOCALHOST"]
)
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert ask("/healthz", host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "xa.localhost.evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "10.0.0.1", "a.b.localhost", "xa.localhost."]
)  # fmt: skip
def test_other_names_are_misdirected(host: str) -> None:
    answer = ask("/", host=host)
    assert answer.status_code == 421
    assert b"garage" not in answer.content


@pytest.mark.parametrize("host", ["", "xa.localhost:8000:9", "a b", "xa.localhost:port", "[::1", "user@xa.localhost"])
def test_what_is_no_host_is_refused(host: str) -> None:
    assert ask("/", host=host).status_code in {400, 421}


def test_a_name_given_by_the_operator_is_answered() -> None:
    assert ask("/healthz", host="Desk.xa.example", hosts=("desk.xa.example",)).status_code == 200


def test_two_hosts_are_refused() -> None:
    board, _, clock, count = world()
    app = create(board, clock, count, log_files({}))
    said: list = []

    async def go() -> None:
        async def send(message: object) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [(b"host", b"localhost"), (b"host", b"evil.example")],
        }
        await app(scope, None, send)  # type: ignore[arg-type]  # nothing is received

    asyncio.run(go())
    assert said[0]["status"] == 400


@pytest.mark.parametrize(
    "path", ["/", "/events?view=none", "/nowhere", "/static/live.js", "/log/00/checkpoint", "/healthz"]
)
def test_every_answer_has_the_policy_and_no_cookie(path: str) -> None:
    headers = ask(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
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


def test_the_day_has_what_it_must() -> None:
    html = ask("/").text
    for words in (
        "Aurin", "Borhaven", "Duty officer 4", "W-5", "violent threats to life", "XA-2026-0401", "Answer, part", "no-contact-with-subject",
        "TLP:AMBER+STRICT", "Permit with conditions", "[<bdi>T</bdi>]", "exercise edition", "Removed: victim-data", "+0", "Link up", "Our exchange log",
        "owed by XA", "Quarantined", "Recalled",
    ):  # fmt: skip
        assert words in html or words == "+0", words
    assert "198.51.100.7" not in html


def test_notices_and_a_signed_edition() -> None:
    html = ask("/", notices=("insecure_loopback is on",), exercise=False).text
    assert "insecure_loopback is on" in html
    assert "Exercise edition." not in html


@pytest.mark.parametrize(
    "path",
    [
        "/case/none",
        "/case/",
        f"/dispatch/{'0' * 26}",
        "/dispatch/U",
        "/../etc/passwd",
        "/nowhere",
        "/static/../app.py",
        "/static/none.js",
    ],
)
def test_what_is_not_here_is_404(path: str) -> None:
    answer = ask(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_a_store_that_cannot_be_read_says_nothing_of_what_it_holds() -> None:
    answer = ask("/", kind=Broken)
    assert answer.status_code == 500
    assert "person" not in answer.text
    assert "Nothing was changed" in answer.text


def test_static_files_are_kept_for_ever_only_under_their_version() -> None:
    address = re.search(r'href="(/static/comity\.css\?v=[0-9a-f]{12})"', ask("/").text)
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


def test_only_what_is_served_is_linked() -> None:
    html = ask("/ledger").text
    assert f"/log/{ORIGIN}/checkpoint" in html
    assert html.count('/checkpoint"') == 1


def test_an_empty_node_says_so() -> None:
    clock, count = Clock(DAY_START), Count()
    app = create(Board(clock, count), clock, count, log_files({}))

    async def go() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:  # type: ignore[arg-type]  # as above
            return (await client.get("/")).text

    assert "No dispatch has crossed yet" in asyncio.run(go())


def test_what_is_not_http_passes_by() -> None:
    seen: list = []

    async def inner(scope: object, receive: object, send: object) -> None:
        seen.append(scope)

    asyncio.run(Guard(inner, ())({"type": "lifespan"}, None, None))  # type: ignore[arg-type]  # nothing is sent
    assert seen == [{"type": "lifespan"}]


def test_a_listener_too_many_is_told_and_a_place_comes_free(
    node: Node, day: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "MOST_LISTENERS", 1)
    address = f"http://127.0.0.1:{node.port}/events?view=day"
    with httpx.Client(timeout=5) as client:
        with client.stream("GET", address) as first:
            lines = first.iter_lines()
            assert first.headers["content-type"].startswith("text/event-stream")
            assert next(lines) == "retry: 1000"
            refused = client.get(address)
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "10"
        for _ in range(500):
            with client.stream("GET", address, headers={"last-event-id": "x" * 99}) as again:
                if again.status_code == 200:
                    return
    raise AssertionError("the place never came free")


# --- the law ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/law/none", "/law/XA", "/law/xa/fr", "/law/%2e%2e", "/desk"])
def test_no_other_law_is_here(path: str) -> None:
    assert ask(path).status_code == 404


@pytest.mark.parametrize("lang", ["", "pa", "EN", "%3Cscript%3E", "en%22%3E", "e" * 4000, "fr/.."])
def test_a_language_that_nobody_writes_is_the_first_one(lang: str) -> None:
    html = ask(f"/law?lang={lang}").text
    assert "<script>" not in html
    assert 'data-view="law/xa/en"' in html
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
    return [
        path for path in pages() if path.startswith(("/law/xb", "/dispatch")) and SECRET in ask(path, kind=kind).text
    ]


def test_a_private_rule_of_theirs_stands_on_no_page_of_ours_and_a_planted_one_is_found() -> None:
    assert leaks(Board) == []
    assert leaks(Leaking) == ["/law/xb"], "in English; there is no Hindi for it"


def test_the_page_of_what_waits_has_no_title_and_no_content() -> None:
    class Waits(Board):
        def waiting(self, now):
            return whole_waiting(next(iter(self._cards)))

    html = ask("/approvals", kind=Waits).text
    main = html[html.index("<main") :]
    assert "extortion-threat-to-life" in main
    for title in ("garage owner", "parcel agent", "letter of acceptance"):
        assert title in html, "the rail has it"
        assert title not in main


def test_rows_that_cannot_be_read_are_said() -> None:
    class Damaged(Board):
        def waiting(self, now):
            return WaitingCard((), (), (), (), (), None, damaged=True)

    assert "audit this node" in ask("/approvals", kind=Damaged).text


def test_a_law_part_that_cannot_be_read_is_said() -> None:
    _, told, _, _ = world()
    assert "cannot be read any more" in ask(f"/dispatch/{show_id(told['part'])}").text
