"""Hostile text in every field that a person can write into, of every form of every page; where it appears it is only text.

The forms are read from the pages themselves, so a new form or field is tried without being named here. Planted and caught: a
field with `|safe`; a title without `shown`; autoescape off; an error that writes what was typed by `Markup`; the search
given to FTS5 as it was typed; `_file` with the name as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.ids import new_dispatch_id
from comity.web.answers import PARTS, _file
from comity.web.visit import File
from tests.unit.edge.twofolders import MADE
from tests.web.hostile import LIKE_A_QUERY, MARK, MARKUP, PAYLOADS, TURNED, Form, Page, faults
from tests.web.intruder import World, besieged
from tests.web.roles import TABLE
from tests.web.test_every_route import filled

LOOK = {
    "officer": lambda path, rule: True,
    "desk-lead": lambda path, rule: rule in {"roster", "evidence", "persons"} or path.startswith("/approvals"),
    "administrator": lambda path, rule: rule in {"people", "health"},
    "approver": lambda path, rule: path.startswith("/approvals"),
}
"""Whose pages have which forms."""
SHOWS = {
    "officer": lambda path, rule: rule != "write",
    "desk-lead": lambda path, rule: rule not in {"write", "law"},
    "reviewer": lambda path, rule: (
        rule in {"case", "proof", "lists", "roster", "persons", "reviews", "review", "searches"}
    ),
    "administrator": lambda path, rule: rule in {"people", "health", "home"},
}
"""Whose pages show what was written."""
URLENCODED = {"content_type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with besieged(tmp_path_factory.mktemp("hostile")) as one:
        yield one


def pages(world: World, role: str, looks: Callable[[str, str], bool]) -> Iterable[tuple[str, httpx.Response]]:
    """Yield every page of some that a role can look at, of an own case and of one that the other side opened."""
    for (method, path), (rule, about) in sorted(TABLE.items()):
        if method != "GET" or not looks(path, rule):
            continue
        thing = world.cases[role, "own" if role == "officer" else "waits"]
        names = [getattr(thing, about)] if about else [""]
        names += [getattr(world.came, about)] if about in {"case", "dispatch"} else []
        for name in dict.fromkeys(names):
            answer = world.ask(role, "GET", filled(path, name))
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                yield filled(path, name), answer


@pytest.fixture(scope="module")
def forms(world: World) -> list[tuple[str, Form]]:
    """Every form of every page once, with a role that has it."""
    found: dict[tuple[str, ...], tuple[str, Form]] = {}
    for role, looks in LOOK.items():
        for _, answer in pages(world, role, looks):
            for form in Page(answer.text).forms:
                action = re.sub(r"[0-9A-Z]{26}", "ID", form.action)
                found.setdefault((action, *(one.name for one in form.fields)), (role, form))
    assert len(found) > 30, sorted(found)
    return [one for one in found.values() if one[1].method == "post"]


CHOSEN = {
    "h-recipients": "seal-house", "h-purpose": "border-document", "h-item": "F-1", "b-asks": "document", "b-records": "registration",
    "b-covers": "use", "b-usable": "yes", "h-agency": "paper-office", "agency": "harbour-watch", "kinds": "rfi", "basis": "",
}  # fmt: skip
"""What is chosen where something must be."""


def untouched(form: Form) -> dict[str, list[str]]:
    """Return what a browser sends of a form in which no more is chosen than must be."""
    names = {one.name for one in form.fields}
    return {**form.untouched(), **{name: [value] for name, value in CHOSEN.items() if name in names}}


class Number:
    """Draws a new number for each form, as its page would."""

    def __init__(self) -> None:
        self._next = 0

    def draw(self, size: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(size, "big")


NUMBERS = Number()


def send(world: World, role: str, form: Form, changes: dict[str, list[str]]) -> httpx.Response:
    """Send a form as a browser would, with some fields written otherwise."""
    from comity.base.ids import show_id

    said = {**untouched(form), **changes}
    if "number" in said and re.fullmatch(r"[0-9A-Z]{26}", said["number"][0]):
        said["number"] = [show_id(new_dispatch_id(MADE, NUMBERS))]  # type: ignore[arg-type]  # draws bytes
    body = urlencode(
        [(name, value) for name, values in said.items() for value in values], encoding="utf-8", errors="surrogatepass"
    )
    return world.ask(role, "POST", form.action, body.encode(), **URLENCODED)


def settle(
    world: World, role: str, form: Form, changes: dict[str, list[str]], wrong: list[str]
) -> tuple[httpx.Response, int]:
    """Send a form until it is taken or nothing hostile is left in it; return the answer and how many hostile fields it had.

    Where something must be chosen it is chosen; what cannot hold such a text is left as it was.
    """
    said, chosen = dict(changes), {}
    for _ in range(9):
        answer = send(world, role, form, {**chosen, **said})
        wrong += harmless(world, role, answer, f"{role} {form.action} {sorted(said)[:3]}")
        bad = set(re.findall(r'id="f-([\w-]+)-e"', answer.text))
        if answer.status_code != 400 or not bad:
            break
        choices = {
            one.name: one.options[0]
            for one in form.fields
            if one.options and one.name in bad and one.name not in chosen
        }
        choices |= {
            one.name: "2099-01-01T00:00" for one in form.fields if one.kind == "datetime-local" and one.name in bad
        }
        chosen |= {name: [value] for name, value in choices.items()}
        worse = bad - set(choices)
        if worse:
            said = {name: value for name, value in said.items() if not name.startswith(tuple(worse))}
            chosen = {name: value for name, value in chosen.items() if not name.startswith(tuple(worse))}
    return answer, len(said) if answer.status_code == 303 else 0


def harmless(world: World, role: str, answer: httpx.Response, where: str) -> list[str]:
    """Return what is wrong with an answer, and with the page that it leads to."""
    if answer.status_code >= 500 or (answer.status_code == 400 and "<html" not in answer.text):
        return [f"{where}: {answer.status_code} {answer.text[:90]}"]
    if answer.status_code == 303:
        place = answer.headers["location"]
        if not place.startswith("/") or MARK in place:
            return [f"{where}: led to {place}"]
        return [f"{where} -> {place}: {one}" for one in faults(world.ask(role, "GET", place.partition("#")[0]).text)]
    if not answer.headers["content-type"].startswith("text/html"):
        return [] if answer.headers["content-disposition"].startswith("attachment;") else [f"{where}: shown in place"]
    return [f"{where}: {one}" for one in faults(answer.text)]


@pytest.mark.parametrize("payload", PAYLOADS, ids=["markup", "template", "turned", "query"])
def test_hostile_text_in_every_field_of_every_form_is_refused_or_shown_as_text(
    world: World, forms: list[tuple[str, Form]], payload: str
):
    wrong: list[str] = []
    taken = 0
    for role, form in forms:
        texts = [one.name for one in form.fields if one.written]
        answer, held = settle(world, role, form, {name: [payload] for name in texts}, wrong) if texts else (None, 0)
        taken += held
        if answer is not None and not held and len(texts) < 5:
            taken += sum(settle(world, role, form, {name: [payload]}, wrong)[1] for name in texts)
    assert not wrong, "\n".join(wrong[:40])
    assert taken >= 200, "enough was taken to be shown somewhere"


def test_nothing_that_was_taken_is_more_than_text_on_any_page(world: World, forms: list[tuple[str, Form]]):
    """After all of the above: every page of every role, whole and in parts, at both nodes."""
    del forms
    wrong, shown = [], 0
    for role, looks in SHOWS.items():
        for path, answer in pages(world, role, looks):
            shown += MARK in Page(answer.text).text
            wrong += [f"{role} {path}: {one}" for one in faults(answer.text)]
    for path in ("/inbox?view=all", "/today", "/approvals", "/duty", "/tasks", "/search?q=zq7"):
        said = world.ask("desk-lead", "GET", path, accept=PARTS).json()
        wrong += [f"{path} {name}: {one}" for name, html in said["blocks"].items() for one in faults(html)]
    assert not wrong, "\n".join(wrong[:40])
    assert shown > 10, "it is somewhere to be seen"


def test_what_the_other_side_wrote_is_as_harmless_here(world: World):
    """The same text sent by their officer, in a kind with many fields, seen on each of our pages that shows a dispatch."""
    theirs = world.house.visitor("officer", "vanmere")
    page = theirs.get("/compose?kind=rfi").text
    form = next(one for one in Page(page).forms if one.action == "/compose")
    texts = {
        one.name: [MARKUP + TURNED]
        for one in form.fields
        if one.name in {"b-title", "b-text", "b-reason", "b-own_power"}
    }
    assert len(texts) == 4
    wanted = {
        "h-recipients": ["paper-office"],
        "h-purpose": ["border-document"],
        "h-item": ["F-1"],
        "b-asks": ["document"],
    }
    said = {
        **form.untouched(),
        **texts,
        **wanted,
        "h-urgency": ["immediate"],
        "do": ["send"],
        "b-records": ["registration"],
    }
    answer = theirs.http.post("/compose", data={"csrf": theirs.csrf, **said}, headers={"origin": theirs.origin})
    assert answer.headers.get("location", "").endswith("/sent"), (answer.headers, Page(answer.text).text[-1500:])
    id_ = re.search(r"[0-9A-Z]{26}", answer.headers["location"])[0]
    world.fetch(id_)
    for path in (
        f"/case/{id_}",
        f"/inbox/peek/{id_}",
        f"/dispatch/{id_}",
        f"/ledger/dispatch/{id_}",
        "/inbox",
        "/search?q=zq7",
        f"/dispatch/{id_}/answer",
    ):
        answer = world.ask("officer", "GET", path, **({"hx_request": "true"} if "peek" in path else {}))
        assert answer.status_code == 200, path
        assert faults(answer.text) == [], path
        if path.startswith(("/case", "/inbox/peek", "/dispatch")) and not path.endswith("answer"):
            text = Page(answer.text).text
            assert "<script>zq7()</script>" in text, "text equals input"
            assert "U+202E" in text, "what turns round stands as a chip"
            assert "hxxp://zq7[.]example" in text, "no address can be pressed"


# --- addresses and the find box ----------------------------------------------------------------------------------------

QUERIES = (
    "/search?q={}", "/search?q=paper&kind={}", "/search?q=paper&side={}", "/search?q=paper&since={}", "/search?q=paper&until={}",
    "/search?q=paper&page={}", "/inbox?view={}", "/inbox?item={}", "/inbox?agency={}", "/inbox?page={}", "/inbox?view=all&agency={}",
    "/duty/notes?before={}", "/law?lang={}", "/compose?kind={}", "/compose?minimum={}", "/tasks?closed={}", "/tasks/new?dispatch={}",
    "/sign-in?lang={}", "/sign-in?back={}", "/today?x={}", "/settings?{}=1", "/law/{}", "/nowhere/{}", "/sign-in/agency/answer?state={}&code=x",
    "/sign-in/agency/finish?state={}&code={}", "/case/{}", "/people/{}/1",
)  # fmt: skip
FIND = (
    *PAYLOADS, '" OR ""="', "NEAR(", "NEAR(a b, 5)", "*", "a*", "*a", '"', '""', "'", "^", "^a", "-", "- a", "a OR", "NOT", "AND", "(", ")", "a(b)",
    "words:a", "{words tags}: a", "a + b", "\\", "%", "_", ";", "a;--", "\x00", "a\x00b", "\ufeff", "\u202e", "🦉", "क्षि", "ਪ", "é" * 200,
    "a " * 300, "\n", "0" * 400, "XO-9999-999999999", "XO-2026-0001-", ">", ">inbox", "> ", "zq7\U0010ffff",
)  # fmt: skip


@pytest.mark.parametrize("address", QUERIES)
def test_hostile_text_in_an_address_is_shown_as_text_or_not_there(world: World, address: str):
    for payload in (*PAYLOADS, "\x00", "%", "A" * 9_000, "\u202e"):
        asked = address.replace("{}", quote(payload, safe=""))
        for who in ("desk-lead", "guest"):
            answer = world.ask(who, "GET", asked)
            assert answer.status_code < 500, (who, payload)
            assert faults(answer.text) == [], (who, payload)
            assert not any("zq7(" in value for value in answer.headers.values())


def test_nothing_typed_into_the_find_box_is_an_order(world: World):
    before = world.dump()
    for typed in FIND:
        answer = world.ask("desk-lead", "GET", f"/search?q={quote(typed, safe='')}")
        assert answer.status_code in {200, 303}, ascii(typed)
        assert faults(answer.text) == [], ascii(typed)
        box = [
            attrs.get("value", "")
            for tag, attrs in Page(answer.text).elements
            if tag == "input" and attrs.get("name") == "q"
        ]
        assert (
            answer.status_code == 303 or typed.strip()[:400].strip() in [one.strip() for one in box] or "\x00" in typed
        ), ascii(typed)
    assert world.dump() == before


@pytest.mark.parametrize(
    "broken", [b"q=%ff", b"q=%c0%af", b"q=%ed%a0%80", b"q=%f4%90%80%80", b"%00=%00", b"&&&=", b"q", b"q=%", b"q=%zz"]
)
def test_an_address_that_is_no_text_is_no_fault(world: World, broken: bytes):
    for path in ("/search", "/inbox", "/sign-in"):
        answer = world.ask("desk-lead", "GET", f"{path}?{broken.decode()}")
        assert answer.status_code < 500
        assert faults(answer.text) == []


# --- bodies that are too large, too many, or no text -------------------------------------------------------------------

BODIES: tuple[tuple[str, bytes, str, frozenset[int]], ...] = (
    ("a mebibyte and a byte", b"text=" + b"x" * (1 << 20), "application/x-www-form-urlencoded", frozenset({413})),
    (
        "501 fields",
        b"&".join(b"a%d=1" % one for one in range(501)),
        "application/x-www-form-urlencoded",
        frozenset({413}),
    ),
    ("500,000 separators", b"&" * 500_000, "application/x-www-form-urlencoded", frozenset({413})),
    (
        "501 members",
        b"{" + b",".join(b'"a%d":1' % one for one in range(501)) + b"}",
        "application/json",
        frozenset({413}),
    ),
    ("deep JSON", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", frozenset({400})),
    ("deep lists", b'{"a":' + b"[" * 100_000, "application/json", frozenset({400})),
    ("half a pair", b'{"eye":"\\ud800"}', "application/json", frozenset({400})),
    ("a pair the wrong way round", b'{"eye":"\\udc00\\ud800"}', "application/json", frozenset({400})),
    ("a member that is half a pair", b'{"\\ud800":"x"}', "application/json", frozenset({400})),
    ("overlong", b"eye=%c0%af", "application/x-www-form-urlencoded", frozenset({400})),
    ("overlong in JSON", b'{"eye":"\xc0\xaf"}', "application/json", frozenset({400})),
    ("a surrogate as UTF-8", b"eye=%ed%a0%80", "application/x-www-form-urlencoded", frozenset({400})),
    ("raw bytes", b"eye=\xff\xfe", "application/x-www-form-urlencoded", frozenset({400})),
    ("a number of a million figures", b'{"eye":' + b"9" * 1_000_000 + b"}", "application/json", frozenset({400})),
    ("no object", b'"x"', "application/json", frozenset({400})),
    ("not a number", b'{"eye":NaN}', "application/json", frozenset({303, 400, 404})),
)


@pytest.mark.parametrize(("body", "media", "expected"), [one[1:] for one in BODIES], ids=[one[0] for one in BODIES])
def test_a_body_that_is_none_is_refused_at_every_address(
    world: World, body: bytes, media: str, expected: frozenset[int]
):
    if expected & {413, 400} == expected:
        before = world.dump()
    addresses = ("/duty/note", "/compose", "/settings/bell", f"/case/{world.came.case}/message", "/sign-in/passkey")
    for path in addresses:
        answer = world.ask("desk-lead", "POST", path, body, content_type=media)
        assert answer.status_code in expected | ({409, 403} if 303 in expected else set()), (path, answer.status_code)
    if expected & {413, 400} == expected:
        assert world.dump() == before


def test_no_field_takes_a_character_that_is_none(world: World, forms: list[tuple[str, Form]]):
    """NUL, half a pair and what is no character: refused, or nowhere in a page."""
    wrong: list[str] = []
    for role, form in forms:
        texts = [one.name for one in form.fields if one.written]
        if not texts:
            continue
        for text in ("a\x00b", "a\x1b[31mb", "\ufffe\uffff", "\U0010ffff" * 3, "\x7f\x85"):
            answer = send(world, role, form, {name: [text] for name in texts})
            wrong += harmless(world, role, answer, f"{form.action} {text!a}")
            shown = answer.headers.get("content-type", "").startswith("text/html")
            wrong += [f"{form.action}: NUL"] if shown and "\x00" in answer.text else []
        answer = send(world, role, form, {name: ["a\ud800b"] for name in texts})
        wrong += [] if answer.status_code == 400 else [f"{form.action}: half a pair {answer.status_code}"]
    assert not wrong, "\n".join(wrong[:40])


def test_a_text_that_is_too_long_is_refused_with_words(world: World, forms: list[tuple[str, Form]]):
    wrong: list[str] = []
    tried: set[tuple[str, str]] = set()
    for role, form in forms:
        for one in form.fields:
            if one.written and (form.action[:6], one.name) not in tried:
                tried.add((form.action[:6], one.name))
                answer = send(world, role, form, {one.name: ["Z" * 300_000]})
                if answer.status_code >= 500 or (
                    answer.status_code == 303 and "Z" * 9_000 in world.ask(role, "GET", "/duty").text
                ):
                    wrong.append(f"{form.action} {one.name}: {answer.status_code} {answer.text[:80]}")
    assert not wrong, "\n".join(wrong[:40])


# --- names of files ----------------------------------------------------------------------------------------------------


@given(
    st.text(max_size=60)
    | st.sampled_from(['x"\r\nset-cookie: a=b', "../../etc/passwd", "a;b=c", "\u202egpj.exe", "", ".", "..", "a/b\\c"])
)
def test_a_files_name_is_one_line_and_one_name(name: str):
    """RFC 6266: a token in quotes, and the same as UTF-8 in per cent."""  # spec: RFC 6266 4.1
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    header = dict(_file(File(name, "text/plain", b"")).headers)["content-disposition"]
    found = re.fullmatch(r"attachment; filename=\"([A-Za-z0-9._-]+)\"; filename\*=UTF-8''([A-Za-z0-9%._~-]*)", header)
    assert found, header
    assert not found[1].startswith(".")
    assert header.isascii()
    assert "\r" not in header + "\n"[1:]


def test_the_checks_themselves_see_a_fault():
    for bad in (
        f"<p>{MARKUP}</p>", f'<p title="{MARKUP}">', f"<p>{TURNED}</p>", "<p>zq7 49 49</p>", '<a href="javascript:zq7">x</a>', "<script>1</script>",
        '<p onclick="x">', f"<title>{MARKUP}</title>", "<p>zq7 &amp;lt;script&amp;gt;zq7()</p>", '<img src="/x">',
    ):  # fmt: skip
        assert faults(bad), bad
    import html

    for good in (*PAYLOADS[:2], LIKE_A_QUERY):
        assert faults(f"<p>{html.escape(good)}</p>") == []
        assert faults(f'<input value="{html.escape(good)}"><textarea>{html.escape(TURNED)}</textarea>') == []


@pytest.mark.parametrize("payload", PAYLOADS, ids=["markup", "template", "turned", "query"])
def test_what_was_looked_for_is_only_text_before_the_reviewer(world: World, payload: str):
    """Planted and caught: the words of a search with `|safe`."""
    typed = quote(payload, safe="")
    assert world.ask("officer", "GET", f"/search?q={typed}").status_code == 200
    world.house.until(lambda: MARK in world.ask("reviewer", "GET", "/searches").text)  # it is kept behind the answer
    for address in ("/searches", f"/searches?words={typed}", f"/searches?by={typed}"):
        assert faults(world.ask("reviewer", "GET", address).text) == [], address
