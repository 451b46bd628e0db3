"""Every address of every screen against every role and every standing towards a case: open to whom the table says, else 404.

The table is `roles.py`, written from who may do what and not from the access rules that are tested. Planted and caught, one at
a time: `send` and `members` dropped from `reviewer-changes-nothing` (by the gate's own rule still shut: only both together
open it); `deed` of one route set to `Deed.HOME`; `about` of one route left out; `without-the-case` removed; the case's facts
not given to `may`; `agencies` returning every agency; a route that the table does not know.
"""

from __future__ import annotations

import re

import pytest

from tests.web.desk import ROLES, routes
from tests.web.intruder import ABSENT, JSON, NOWHERE, STANDINGS, World, besieged
from tests.web.roles import TABLE, open_to

PLACES = {
    "thing": NOWHERE, "alarm": NOWHERE, "note": NOWHERE, "task": NOWHERE, "step": "take", "kind": "message", "mark": "xo",
    "subject": "0" * 64, "token": "t" * 43, "desk": "requests", "number": "101",
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
    return {"people": "administrator", "evidence": "desk-lead", "approve": "approver"}.get(rule, "stranger")


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
