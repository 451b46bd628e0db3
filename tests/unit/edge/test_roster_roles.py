"""Every role whose approval a law asks for is held by an officer of its party; those outside the node are on the written list."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from comity.edge.registry import Registry, Roster, read_toml
from tests.unit.policy.policy_laws import edition

ROOT = Path(__file__).parents[3]
ACCORDS = sorted(path.parent for path in (ROOT / "accords").glob("*/roster.toml"))
APPROVAL = "approval:"


def asked(law: str) -> frozenset[str]:
    """Roles that a rule of the edition asks an approval of."""
    rules = edition(law).rules
    missing = {word.removeprefix(APPROVAL) for rule in rules for word in rule.missing if word.startswith(APPROVAL)}
    obliged = {rule.obligation[1] for rule in rules if rule.obligation and rule.obligation[0] == "approval"}
    return frozenset(missing | obliged)


def outside() -> frozenset[str]:
    """The list of docs/operations.md: roles of those who decide outside the node."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    part = text.partition("### Who decides outside the node")[2].partition("\n#")[0]
    return frozenset(re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE))


def parties(accord: Path) -> list[tuple[str, str, str]]:
    terms = tomllib.loads((accord / "accord.toml").read_text(encoding="utf-8"))
    return [(one["id"], one["law"], one["registry"]) for one in terms["party"]]


def held(roster: Roster, party: str) -> Counter[str]:
    return Counter(role for one in roster.of(party) for role in one.roles)


@pytest.mark.parametrize("accord", ACCORDS, ids=lambda path: path.name)
def test_every_role_that_a_law_asks_for_is_somebody(accord):
    roster = read_toml(accord / "roster.toml", Roster)
    for party, law, registry in parties(accord):
        assert asked(law) - held(roster, party).keys() == set()
        agencies = {one.id for one in read_toml(ROOT / "registries" / f"{registry}.toml", Registry).agency}
        assert {one.agency for one in roster.of(party)} <= agencies
    numbers = Counter((one.party, one.desk, one.number) for one in roster.officer)
    assert set(numbers.values()) == {1}


def test_who_decides_outside_is_on_the_list_and_recorded_by_one_who_holds_nothing_else():
    roster = read_toml(ROOT / "accords" / "india-canada" / "roster.toml", Roster)
    everything = asked("ca") | asked("in")
    assert outside()
    assert outside() <= everything
    for one in roster.officer:
        assert len(one.roles) == 1 or not outside().intersection(one.roles)


def test_a_role_that_nobody_holds_is_found():
    accord = ROOT / "accords" / "india-canada"
    roster = read_toml(accord / "roster.toml", Roster)
    fewer = Roster(tuple(one for one in roster.officer if "translator" not in one.roles))
    assert asked("ca") - held(fewer, "ca").keys() == {"translator"}
    assert asked("in") - held(fewer, "in").keys() == {"translator"}
