"""The whole table of roles, deeds and cases, written here a second time; and a policy that is gone or fails."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

import comity.edge
from comity.base.errors import BadConfiguration
from comity.policy import access
from comity.policy.access import Access, CaseFacts, Deed, Person, Role

RULES = (Path(comity.edge.__file__).parent / "access" / "roles.cedar").read_text(encoding="utf-8")
OURS = Access(RULES)
WORKERS = {"officer", "posted-officer", "duty-officer", "desk-lead"}
ALL = {role.value for role in Role}
NOT_ADMIN = ALL - {"administrator"}
DESK_WIDE = {"duty-officer", "desk-lead", "legal-officer", "reviewer"}
BY_AGENCY = {"officer", "posted-officer", "approver", "decider-outside", "assessor"}
BY_WAIT = {"approver", "decider-outside", "assessor"}
APPROVERS = {"approver", "decider-outside", "desk-lead", "legal-officer", "duty-officer"}

NO_CASE = {
    "home": ALL, "law": ALL, "inbox": NOT_ADMIN, "case": set(), "files": set(), "names": set(), "members": set(), "compose": WORKERS | {"legal-officer"},
    "send": WORKERS, "act": WORKERS | {"legal-officer"}, "approve": APPROVERS, "owed": WORKERS, "tasks": WORKERS, "roster": NOT_ADMIN,
    "handover": WORKERS, "duty": {"desk-lead"}, "ledger": ALL, "proof": NOT_ADMIN, "evidence": set(),
    "assess": set(), "reviews": {"reviewer", "desk-lead"}, "review": set(), "searches": {"reviewer"}, "persons": {"reviewer", "desk-lead", "legal-officer"}, "people": {"administrator"}, "health": {"administrator"},
    "link": {"desk-lead", "administrator"}, "plan": NOT_ADMIN, "amend": WORKERS, "sign": {"signatory"}, "note": WORKERS | {"signatory"},
    "retention": {"reviewer", "desk-lead", "legal-officer"}, "erase": {"desk-lead", "legal-officer"},
    "custody": {"reviewer", "desk-lead", "legal-officer"}, "opening": {"reviewer", "legal-officer"},
}  # fmt: skip
WITH_CASE = {
    "case": NOT_ADMIN, "files": WORKERS | {"legal-officer"}, "names": WORKERS, "members": WORKERS, "compose": WORKERS | {"legal-officer"}, "send": WORKERS,
    "act": WORKERS | {"legal-officer"}, "owed": WORKERS, "tasks": WORKERS, "handover": WORKERS, "ledger": NOT_ADMIN, "proof": NOT_ADMIN,
    "evidence": {"legal-officer", "desk-lead"}, "assess": WORKERS | BY_WAIT, "reviews": {"reviewer", "desk-lead"}, "review": {"reviewer"},
    "searches": set(),
}  # fmt: skip
WHATEVER_THE_CASE = (
    "home",
    "law",
    "inbox",
    "roster",
    "duty",
    "persons",
    "people",
    "health",
    "link",
    "retention",
    "erase",
    "custody",
    "opening",
    "plan",
    "amend",
    "sign",
    "note",
)
CHANGES = {
    Deed.MEMBERS, Deed.COMPOSE, Deed.SEND, Deed.ACT, Deed.APPROVE, Deed.OWED, Deed.TASKS, Deed.HANDOVER, Deed.DUTY, Deed.EVIDENCE,
    Deed.ASSESS, Deed.LINK, Deed.ERASE, Deed.AMEND, Deed.SIGN, Deed.NOTE,
}  # fmt: skip
CASES = {
    "none": None,
    "own agency": CaseFacts("requests", frozenset({"guard", "other"})),
    "other agency": CaseFacts("requests", frozenset({"other"})),
    "member": CaseFacts("requests", frozenset({"other"}), frozenset({("requests", 7)})),
    "another member": CaseFacts("requests", frozenset({"other"}), frozenset({("requests", 8), ("cyber", 7)})),
    "waits": CaseFacts("requests", frozenset({"other"}), waits_for=frozenset(ALL)),
    "waits for others": CaseFacts("requests", frozenset({"other"}), waits_for=frozenset({"translator"})),
    "other desk": CaseFacts("cyber", frozenset({"other"})),
    "other desk, own agency": CaseFacts("cyber", frozenset({"guard"})),
    "other desk, member": CaseFacts("cyber", frozenset({"other"}), frozenset({("requests", 7)})),
}


def person(*roles, active=True):
    return Person("requests", 7, "guard", frozenset(roles), active)


def has(role: str, name: str) -> bool:
    """The need-to-know of the contract for one role and one of the cases above, in plain Python."""
    case = CASES[name]
    if role in DESK_WIDE:
        return case.desk == "requests"
    given = "guard" in case.agencies or ("requests", 7) in case.members
    return (role in BY_AGENCY and given) or (role in BY_WAIT and role in case.waits_for)


def expected(role: str, deed: str, name: str) -> bool:
    case = CASES[name]
    if case is None or deed in WHATEVER_THE_CASE:
        return role in NO_CASE[deed]
    if deed == "approve":
        return role in APPROVERS and has(role, name) and role in case.waits_for
    if deed == "names" and ("requests", 7) in case.members and role != "reviewer":
        return has(role, name)
    return role in WITH_CASE[deed] and has(role, name)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("role", sorted(ALL))
def test_the_table(role, name):
    case = CASES[name]
    found = {deed.value for deed in Deed if OURS.may(person(role), deed, case)}
    assert found == {deed.value for deed in Deed if expected(role, deed.value, name)}


def test_the_table_is_no_empty_one():
    counted = sum(expected(role, deed, name) for role in ALL for deed in map(str, Deed) for name in CASES)
    assert 500 < counted < 0.6 * len(ALL) * len(Deed) * len(CASES)


@pytest.mark.parametrize("roles", [(), ("Officer",), ("administrator ",), ("-",), ("Minister of Ports",)])
def test_without_a_role_word_nothing_is_open(roles):
    assert not [deed for deed in Deed for case in CASES.values() if OURS.may(person(*roles), deed, case)]


# --- roles that only a law knows -------------------------------------------------------------------------------------

LAW_ALONE = {"home", "law", "inbox", "approve"}
LAW_WITH_CASE = {"home", "law", "inbox", "case", "proof"}


def of_law(role: str, name: str) -> set[str]:
    """What the holder of a law's word alone may do, in plain Python."""
    case = CASES[name]
    if case is None:
        return LAW_ALONE
    if role in case.waits_for:
        return LAW_WITH_CASE | {"approve"}
    return LAW_WITH_CASE | {"names"} if ("requests", 7) in case.members else {"home", "law", "inbox"}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("role", ["translator", "minister", "assurance-officer", "elder-of-the-watch"])
def test_the_table_of_a_law_s_own_words(role, name):
    found = {deed.value for deed in Deed if OURS.may(person(role), deed, CASES[name])}
    assert found == of_law(role, name)
    waits = CaseFacts("requests", frozenset({"other"}), waits_for=frozenset({role}))
    assert {deed.value for deed in Deed if OURS.may(person(role), deed, waits)} == LAW_WITH_CASE | {"approve"}


@pytest.mark.parametrize("desk", sorted(ALL))
def test_a_law_s_word_adds_its_answer_to_a_role_of_the_desk_and_nothing_else(desk):
    waits = CaseFacts("requests", frozenset({"other"}), waits_for=frozenset({"minister"}))
    both, alone = person(desk, "minister"), person(desk)
    added = {deed for deed in Deed if OURS.may(both, deed, waits)} - {
        deed for deed in Deed if OURS.may(alone, deed, waits)
    }
    allowed = OURS.may(both, Deed.APPROVE, waits)
    assert allowed is (desk not in {"administrator", "reviewer"}), "who reads only, or keeps the node, answers nothing"
    if allowed:
        with_case = {deed for deed in Deed if expected(desk, deed.value, "own agency") and deed is not Deed.APPROVE}
        assert added <= with_case | {Deed.CASE, Deed.PROOF, Deed.APPROVE, Deed.LEDGER}
    else:
        assert not added
    for name, case in CASES.items():
        if case is not None and "minister" not in case.waits_for:
            want = expected(desk, "approve", name)
            assert OURS.may(both, Deed.APPROVE, case) is want, name


@pytest.mark.parametrize("role", sorted(ALL))
def test_whoever_is_not_active_does_nothing(role):
    assert not [deed for deed in Deed for case in CASES.values() if OURS.may(person(role, active=False), deed, case)]


@pytest.mark.parametrize(("one", "other"), list(combinations(sorted(ALL), 2)))
def test_a_second_role_adds_what_it_allows_and_keeps_what_it_forbids(one, other):
    for case in CASES.values():
        both = {deed for deed in Deed if OURS.may(person(one, other), deed, case)}
        if "administrator" in (one, other):
            assert both <= {Deed.HOME, Deed.LAW, Deed.LEDGER, Deed.PEOPLE, Deed.HEALTH, Deed.LINK}
        elif "reviewer" in (one, other):
            assert not both & (CHANGES | {Deed.NAMES})
        else:
            assert both >= {d for d in Deed if OURS.may(person(one), d, case) or OURS.may(person(other), d, case)}


def test_every_rule_has_an_id_of_its_own_and_a_sentence():
    ids = re.findall(r'^@id\("([a-z-]+)"\)$', RULES, re.MULTILINE)
    sentences = re.findall(r'^@sentence\("[A-Z].+\."\)$', RULES, re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(sentences) == len(re.findall(r"^(?:permit|forbid) \(", RULES, re.MULTILINE))


# --- planted faults --------------------------------------------------------------------------------------------------


def without(rule: str) -> Access:
    blocks = RULES.split("@id(")
    assert sum(block.startswith(f'"{rule}"') for block in blocks) == 1
    return Access("@id(".join(block for block in blocks if not block.startswith(f'"{rule}"')))


@pytest.mark.parametrize(
    ("rule", "who", "deed", "case"),
    [
        ("inactive", person("officer", active=False), Deed.SEND, None),
        ("administrator-no-content", person("administrator", "officer"), Deed.CASE, CASES["own agency"]),
        ("reviewer-changes-nothing", person("reviewer", "desk-lead"), Deed.SEND, CASES["own agency"]),
        ("reviewer-no-names", person("reviewer", "officer"), Deed.NAMES, CASES["own agency"]),
        ("without-the-case", person("officer"), Deed.SEND, CASES["other agency"]),
    ],
)
def test_a_prohibition_that_is_gone_would_be_seen(rule, who, deed, case):
    assert not OURS.may(who, deed, case)
    assert without(rule).may(who, deed, case)


def test_a_rule_that_fails_to_evaluate_is_a_no_for_everything():
    failing = RULES + (
        '\n@id("planted")\nforbid (principal, action, resource) when { 9223372036854775807 + 1 == 2 && context.active };\n'
    )
    planted = Access(failing)
    assert OURS.may(person("officer"), Deed.HOME)
    assert not [deed for deed in Deed for case in CASES.values() if planted.may(person(*ALL), deed, case)]


def test_an_engine_that_raises_is_a_no():
    for odd in (Person("requests", 7, 7, frozenset({"officer"})), Person("\ud800", 7, "guard", frozenset({"officer"}))):
        assert not OURS.may(odd, Deed.HOME)


@pytest.mark.parametrize(
    "text",
    [
        "permit (",
        "permit (principal, action, resource) when { context.colour };",
        'permit (principal, action == Action::"fly", resource);',
    ],
)
def test_rules_that_do_not_fit_are_refused_at_the_start(text):
    with pytest.raises(BadConfiguration, match="not started"):
        Access(text)


def test_no_rules_permit_nothing():
    assert not [deed for deed in Deed if Access("").may(person(*ALL), deed)]


def test_what_was_asked_is_remembered_within_bounds():
    one = Access(RULES)
    answers = {one.may(person("officer"), Deed.CASE, CASES["own agency"]) for _ in range(5)}
    told = one._remembered.cache_info()
    assert (answers, told.hits, told.misses, told.maxsize) == ({True}, 4, 1, access.REMEMBERED)
