"""Every address of every screen against every role and every standing towards a case: open to whom the table says, else 404.

The table is `roles.py`, written from who may do what and not from the access rules that are tested. Planted and caught, one at
a time: `send` and `members` dropped from `reviewer-changes-nothing` (by the gate's own rule still shut: only both together
open it); `deed` of one route set to `Deed.HOME`; `about` of one route left out; `without-the-case` removed; the case's facts
not given to `may`; `agencies` returning every agency; a route that the table does not know.
"""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from comity.web.answers import PARTS
from tests.web.desk import ROLES, routes
from tests.web.intruder import ABSENT, JSON, NOWHERE, STANDINGS, World, besieged
from tests.web.roles import REVIEWERS_OWN, TABLE, open_to

PLACES = {
    "thing": NOWHERE, "alarm": NOWHERE, "note": NOWHERE, "task": NOWHERE, "step": "take", "kind": "message", "mark": "xo",
    "subject": "0" * 64, "token": "t" * 43, "desk": "requests", "number": "120", "which": "activity",
}  # fmt: skip
"""What stands in a place of a path that names no case."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with besieged(tmp_path_factory.mktemp("routes")) as one:
        yield one


def plain(path: str) -> str:
    """Return a route's path as the table writes it."""
    return path.replace(":str}", "}")


def filled(path: str, name: str = "") -> str:
    """Return an address: the first place is `name` where one is given."""
    first = iter([name] if name else [])
    return re.sub(r"\{(\w+)\}", lambda found: next(first, PLACES.get(found[1], NOWHERE)), path)


def test_every_address_stands_in_the_table_with_its_rule_and_no_other_does():
    assert sorted((one.method, plain(one.path)) for one in routes()) == sorted(TABLE)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_the_table_opens_and_nothing_else(world: World, role: str):
    wrong = []

    async def all_of_them() -> None:
        for (method, path), (_, about) in TABLE.items():
            for standing in STANDINGS if about else ("",):
                name = getattr(world.cases[role, standing], about) if about else ""
                expected = open_to(role, method, path, standing)
                if await world.reaches(role, method, filled(path, name)) is not expected:
                    wrong.append((method, path, standing, "shut" if expected else "open"))

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("who", ["guest", "stranger"])
def test_whoever_is_not_signed_in_or_has_no_case_reaches_none(world: World, who: str):
    """A stranger is an officer of an agency of ours that has no case at all."""
    wrong = []

    async def all_of_them() -> None:
        for (method, path), (rule, about) in TABLE.items():
            name = getattr(world.cases["officer", "own"], about) if about else ""
            expected = rule == "open" if who == "guest" else not about and open_to("officer", method, path)
            if await world.reaches(who, method, filled(path, name)) is not expected:
                wrong.append((method, path, "shut" if expected else "open"))

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))


# --- what is not there and what is not for somebody --------------------------------------------------------------------

ILL = (
    "x", "%00", "..%2f..%2fetc", "%27%20OR%201=1--", "Z" * 26, "0" * 26, "%F0%9F%A6%89", "%ff%fe", "A" * 10_000, "-1", "1e3",
    "XO-2026-9999", "XO-2026-999999999", "XO-0000-0000", "XO-%D9%A2%D9%A0%D9%A2%D9%A6-%D9%A0%D9%A0%D9%A0%D9%A1", "01J0%200", "*",
    "%3Cscript%3E", "null", "%252e%252e", "{number}",
)  # fmt: skip
"""Names that name nothing."""
NAMED = sorted(key for key in TABLE if "{" in key[1])
TOKENS = {"/invitation/{token}", "/invitation/{token}/begin"}
"""A guest's: what has no link is told so, in one way; see below."""


def asker(path: str, method: str) -> str:
    """Return somebody whose roles open an address, and who has no case; else somebody for whom only unknown cases are shut."""
    rule, _ = TABLE[method, path]
    return {"people": "administrator", "evidence": "desk-lead", "approve": "approver", "sign": "signatory"}.get(
        rule, "stranger"
    )


def strange(world: World, method: str, path: str) -> list[str]:
    """Return names that an asker must not find: of others, of the other node, and of nothing."""
    about, who = TABLE[method, path][1], asker(path, method)
    if not about:
        return list(ILL)
    shut = [] if who == "desk-lead" else [getattr(world.cases["officer", one], about) for one in ("own", "member")]
    if who == "approver":
        shut = [getattr(world.cases["approver", one], about) for one in ("own", "other", "member")]
    return [*shut, *(one.lower() for one in shut), getattr(world.far, about), *ILL]


def test_another_s_id_and_no_id_have_one_answer_at_every_address(world: World):
    wrong = []

    async def all_of_them() -> None:
        for method, path in NAMED:
            if path in TOKENS:
                continue
            who = asker(path, method)
            for name in strange(world, method, path):
                answer = await world.asked(world.app, who, method, filled(path, name), {}, **JSON)
                if (answer.status_code, answer.content) != (404, ABSENT):
                    wrong.append((who, method, path, name[:40], answer.status_code, answer.text[:90]))

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))


def test_the_page_its_parts_and_a_fragment_say_the_same_of_another_s_and_of_none(world: World):
    """The bytes are the same apart from the address, and the number of the last event."""
    ways = ({}, {"accept": PARTS}, {"hx_request": "true"})
    wrong = []

    async def all_of_them() -> None:
        for method, path in NAMED:
            if asker(path, method) != "stranger" or not TABLE[method, path][1]:
                continue
            name = getattr(world.cases["officer", "own"], TABLE[method, path][1])
            for way in ways:
                for _ in range(2):  # the clock on the page may pass a minute between the two, not twice
                    there = await world.asked(world.app, "stranger", method, filled(path, name), {}, **way)
                    none = await world.asked(world.app, "stranger", method, filled(path, NOWHERE), {}, **way)
                    alike = same(there, name) == same(none, NOWHERE) and there.status_code == 404
                    if alike:
                        break
                if not alike:
                    wrong.append((method, path, way, there.status_code, none.status_code))

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))


def same(answer: httpx.Response, name: str) -> tuple[int, tuple[str, ...], str]:
    """Return what of an answer must not tell two names apart."""
    text = answer.text.replace(name, "NAME") if len(name) > len("NAME") else answer.text
    return answer.status_code, tuple(sorted(answer.headers)), re.sub(r'data-(?:n|idle)="\d+"|"n":\d+', "", text)


SECOND = (
    "/dispatch/{number}/act/{subject}",
    "/case/{number}/compose/{kind}",
    "/task/{task}/{step}",
    "/people/{desk}/{number}",
)


def test_a_second_place_that_names_nothing_is_not_there(world: World):
    wrong, thing = [], world.cases["desk-lead", "waits"]

    async def all_of_them() -> None:
        for method, path in NAMED:
            if not path.startswith(SECOND):
                continue
            who = "administrator" if path.startswith("/people") else "desk-lead"
            first = {"dispatch": thing.dispatch, "case": thing.case}.get(TABLE[method, path][1], "requests")
            for name in ILL:
                address = path.replace("{", "", 1).replace(path[path.index("{") + 1 : path.index("}") + 1], first, 1)
                address = re.sub(r"\{\w+\}", lambda _, name=name: name, address)
                answer = await world.asked(world.app, who, method, address, {}, **JSON)
                if (answer.status_code, answer.content) != (404, ABSENT):
                    wrong.append((who, method, path, name[:40], answer.status_code, answer.text[:90]))

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))


def test_a_link_that_is_none_is_told_so_in_one_way(world: World):
    for method, path in (
        ("GET", "/invitation/{token}"),
        ("POST", "/invitation/{token}"),
        ("POST", "/invitation/{token}/begin"),
    ):
        names = [one for one in ILL if "%2f" not in one]  # a slash is another address, and that needs a session
        found = {same(world.ask("guest", method, filled(path, one), {}), one)[::2] for one in ("t" * 43, *names)}
        assert len(found) == 1, (method, path, [(status, text[:300]) for status, text in found])
        assert {status for status, _ in found} <= {403, 404, 409, 400}


# --- what an address changes -------------------------------------------------------------------------------------------


def test_a_reviewer_changes_no_row_by_any_address(world: World):
    """With every field that any form has; a reviewer's own settings and sign-out are left out."""
    thing, before = world.cases["reviewer", "waits"], world.dump()
    fields = {
        "id": thing.dispatch, "text": "x", "who": "requests/109", "do": "approve", "role": "approver", "reason": "x", "kind": "rfi",
        "number": NOWHERE, "subject": "0" * 64, "answer": "x", "eye": "x", "what": "absence", "agency": "paper-office", "asked": "x",
        "note": "x", "yes": "yes", "name": "x", "purpose": "evidence", "recipient": "x",
    }  # fmt: skip
    for (method, path), (rule, about) in TABLE.items():
        if method == "POST" and rule not in REVIEWERS_OWN:
            answer = world.ask("reviewer", method, filled(path, getattr(thing, about) if about else ""), fields, **JSON)
            assert (answer.status_code, answer.content) == (404, ABSENT), path
    assert world.dump() == before


def test_looking_changes_nothing_whoever_looks(world: World):
    """Each address by GET, by those to whom most is open; the one thing that is counted, the other side's law, is asked by POST."""
    before = world.dump()
    for role in ("desk-lead", "reviewer", "administrator", "officer"):
        thing = world.cases[role, "waits"]
        for (method, path), (_, about) in TABLE.items():
            if method == "GET":
                name = getattr(thing, about) if about else ""
                answer = world.ask(role, method, filled(path, name))
                assert answer.status_code in {200, 303, 403, 404, 409}, (role, path, answer.status_code)
    assert world.dump() == before


# --- lists -------------------------------------------------------------------------------------------------------------

LISTS = (
    "/today", "/cases", "/inbox", "/inbox?view=theirs", "/inbox?view=settled", "/inbox?view=all", "/inbox?view=mine",
    "/inbox?view=all&agency=paper-office", "/inbox?view=all&item=F-1", "/search?q=paper", "/search?q=pap&kind=rfi", "/search",
    "/search?q=is+paper&side=ours", "/approvals", "/owed", "/tasks", "/tasks?closed=1", "/duty", "/duty/notes", "/manifest", "/ledger",
    "/persons", "/reviews", "/searches", "/people", "/health", "/settings", "/law", "/keys", "/compose", "/tasks/new",
)  # fmt: skip


@pytest.fixture(scope="module")
def noted(world: World) -> World:
    """A hand-over note is signed, whose lines name every case with something open."""
    assert (
        world.ask("desk-lead", "POST", "/duty/note", {"eye": "nothing", "promised": "", "home": ""}).status_code == 303
    )
    return world


@pytest.mark.parametrize("role", [*ROLES, "stranger"])
def test_no_list_names_a_case_draft_task_or_text_of_another(noted: World, role: str):
    world, wrong, seen = noted, [], set()
    all_things = {*world.things.values(), world.came}
    had = set() if role == "stranger" else {one for one in all_things if world.has(role, one)}
    for address in LISTS:
        for way in ({}, {"accept": PARTS}):
            text = world.ask(role, "GET", address, **way).text
            for one in all_things:
                found = [
                    word for word in (one.case, one.draft, one.number, one.mark) if word != NOWHERE and word in text
                ]
                seen |= {one} if found else set()
                if found and one not in had:
                    wrong.append((address, way, found))
    assert not wrong, "\n".join(map(str, wrong))
    assert seen == had, "whoever has a case finds it in some list, so that this test looks at something"


@pytest.mark.parametrize("role", ["officer", "approver", "stranger", "administrator"])
def test_a_number_or_an_id_of_another_is_found_as_one_that_is_not_there(world: World, role: str):
    shut = [one for one in world.things.values() if role == "stranger" or not world.has(role, one)]
    assert shut
    for one in shut:
        for typed, none in ((one.case, NOWHERE), (one.number, "XO-2026-8888"), (one.mark, "quillmarkz")):
            answers = [world.ask(role, "GET", f"/search?q={name}") for name in (typed, none)]
            there, not_there = (told(answer, name) for answer, name in zip(answers, (typed, none), strict=True))
            assert there == not_there, (role, typed)


def told(answer: httpx.Response, typed: str) -> tuple[int, tuple[str, ...], str]:
    """Return what a search said, apart from what was typed, which stands in the box and among the words, and its hash."""
    text = re.sub(r'data-(n|etag|idle)="[^"]*"', "", answer.text).lower()
    for word in (typed.lower(), typed.lower().replace("-", " ")):
        text = text.replace(word, "typed")
    return answer.status_code, tuple(sorted(answer.headers)), text


# --- an answer is for what its address names ---------------------------------------------------------------------------


def test_a_draft_is_not_answered_through_the_address_of_another(world: World):
    """The hash of another draft, under the address of one that is open: not there, and nothing is written."""
    one, other = (world.things[agency, "waits"] for agency in ("paper-office", "harbour-watch"))
    subjects = {held["id"]: held["subject"] for held in world.house.door("GET", "/held")}
    before = world.dump()
    form = {"role": "approver", "do": "approve", "reason": "x", "subject": subjects[other.draft]}
    answer = world.ask("approver", "POST", f"/approvals/{one.draft}/answer", form, **JSON)
    assert (answer.status_code, answer.content) == (404, ABSENT)
    assert world.dump() == before


@pytest.mark.parametrize("further", ["desk-lead", "duty-officer", "approver", "administrator"])
def test_a_reviewer_who_is_something_else_too_changes_nothing(
    world: World, further: str, monkeypatch: pytest.MonkeyPatch
):
    person = type(world.site.people).person

    def both(people, tx, who):
        found = person(people, tx, who)
        return replace(found, roles=found.roles | {further}) if who == ("requests", ROLES["reviewer"]) else found

    monkeypatch.setattr(type(world.site.people), "person", both)
    thing = world.cases["reviewer", "waits"]
    for (method, path), (rule, about) in TABLE.items():
        if method == "POST" and rule not in REVIEWERS_OWN:
            assert world.gate("reviewer", method, filled(path, getattr(thing, about) if about else "")) is False, path
    if further == "administrator":
        assert world.gate("reviewer", "GET", "/inbox") is False, "and no content"


@pytest.mark.parametrize("role", ["duty-officer", "desk-lead", "legal-officer", "reviewer"])
def test_who_reads_all_cases_of_a_desk_reads_none_of_another(world: World, role: str, monkeypatch: pytest.MonkeyPatch):
    """The same officer at a desk of another name: no address that names a case, dispatch or draft is open any more."""
    person = type(world.site.people).person

    def elsewhere(people, tx, who):
        found = person(people, tx, who)
        return replace(found, desk="elsewhere") if who == ("requests", ROLES[role]) else found

    reached = {key for key in TABLE if TABLE[key][1] and open_to(role, *key, "other")}
    assert len(reached) > 5, "at its own desk it reads them"
    monkeypatch.setattr(type(world.site.people), "person", elsewhere)
    wrong = []

    async def all_of_them() -> None:
        for (method, path), (_, about) in TABLE.items():
            for standing in ("own", "other", "member") if about else ():
                name = getattr(world.cases[role, standing], about)
                if await world.reaches(role, method, filled(path, name)):
                    wrong.append((method, path, standing))

    world.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong))


def test_an_act_is_neither_shown_nor_answered_through_the_address_of_another(world: World):
    """The hash of an act that waits on one dispatch, under the address of another that is open to the same person."""
    by = {"desk": "requests", "number": 108}
    one, other = world.cases["desk-lead", "own"], world.cases["desk-lead", "member"]
    act = {
        "act": "onward",
        "dispatch": other.dispatch,
        "by": by,
        "to_agencies": ["watch-house"],
        "marking": "ours-secret",
    }
    asked = world.house.door("POST", "/act", act)
    assert asked["outcome"] != "done", asked
    subject, before = asked["subject"], world.dump()
    for dispatch in (one.dispatch, world.far.dispatch):
        for method in ("GET", "POST"):
            form = {"role": "approver", "do": "approve", "reason": "x"}
            answer = world.ask("desk-lead", method, f"/dispatch/{dispatch}/act/{subject}", form, **JSON)
            assert (answer.status_code, answer.content) == (404, ABSENT), (method, dispatch)
    assert world.dump() == before
