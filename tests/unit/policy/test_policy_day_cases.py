"""The day that the demo plays and the day that the cases try are one: same laws, articles, obligations and refusals."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest

from comity.policy.cases import Outcome
from tests.unit.policy.policy_laws import LAWS
from tests.unit.policy.test_policy_cases import all_outcomes

OTHER = {"ca": "in", "in": "ca"}


@cache
def outcomes() -> dict[str, Outcome]:
    return {outcome.case.id: outcome for outcome in all_outcomes()}


@cache
def scenes() -> tuple[dict, ...]:
    """Every scene of the day, with the articles that its case gave for both laws."""
    found = []
    for file in sorted((LAWS.parent / "accords" / "india-canada" / "day").glob("*.toml")):
        day = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [{**scene, "by": day["common"]["articles"]} for scene in day["scene"]]
    return tuple(found)


def articles(outcome: Outcome) -> set[str]:
    return {reason.article for reason in outcome.verdict.reasons}


def test_the_day_has_all_its_dispatches_and_refusals() -> None:
    assert sorted(scene["number"] for scene in scenes()) == list(range(1, 49))
    drafts = [scene for scene in scenes() if "draft" in scene.get("expect", {})]
    assert sorted(scene["from"] for scene in drafts) == ["ca"] * 5 + ["in"] * 5


@pytest.mark.parametrize("scene", scenes(), ids=lambda scene: str(scene["number"]))
def test_each_dispatch_is_cleared_and_admitted_as_the_day_says(scene) -> None:
    for act, law in (("clear", scene["from"]), ("admit", OTHER[scene["from"]])):
        outcome = outcomes()[f"border-{scene['number']}-{act}"]
        wanted = scene.get("expect", {}).get(act, {})
        assert outcome.good
        assert (outcome.case.law, outcome.case.question.kind) == (law, scene["kind"])
        assert outcome.case.question.agency == (scene["agency"] if act == "clear" else min(scene["to"]))
        assert outcome.case.expected.obliges == set(wanted.get("obligations", ()))
        assert {*scene["by"][law], *wanted.get("articles", ())} <= articles(outcome)


@pytest.mark.parametrize(
    "scene", [one for one in scenes() if "draft" in one.get("expect", {})], ids=lambda scene: str(scene["number"])
)
def test_each_answer_that_was_asked_for_is_refused_as_the_day_says(scene) -> None:
    outcome = outcomes()[f"border-{scene['number']}-answer-asked-for"]
    wanted = scene["expect"]["draft"]
    answer = outcome.case.expected
    assert outcome.good
    assert (answer.effect, answer.ground, answer.outward) == (wanted["effect"], wanted["ground"], wanted["outward"])
    assert set(wanted["articles"]) <= articles(outcome)
