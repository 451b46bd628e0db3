"""What is not whole, not known or not in order is never permitted: every attribute at every depth, taken out or changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cedarpy import PolicySet, Schema, is_authorized
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from comity.policy.attributes import Attributes, attributes_of
from comity.policy.cedar import ERROR, NO_ENTITIES, CedarGate, request_of
from comity.policy.question import Question
from comity.policy.rule import Rule
from comity.policy.verdict import Effect, Verdict
from tests.examples import examples
from tests.properties.policy_questions import QUESTIONS
from tests.unit.policy.policy_laws import BASE, DAY, ask, assessed, edition, gate

EDITIONS = ("ca", "in")
Path = tuple[str, ...]
OTHER_TYPES: tuple[object, ...] = (7, "x", True, None, [], ["x"], [3], [["x"]], {}, {"x": "y"}, 0.5)


def paths(node: object, before: Path = ()) -> Iterator[Path]:
    """Name every attribute of a record, at every depth."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield (*before, name)
            yield from paths(inner, (*before, name))


def changed(record: Attributes, path: Path, *value: object) -> dict[str, object]:
    """Return a record in which one attribute is another value, or is not there."""
    first, *rest = path
    whole: dict[str, object] = dict(record)
    if rest:
        inner = whole[first]
        assert isinstance(inner, dict)
        whole[first] = changed(inner, tuple(rest), *value)
    elif value:
        whole[first] = value[0]
    else:
        del whole[first]
    return whole


def at_path(record: object, path: Path) -> object:
    for name in path:
        assert isinstance(record, dict)
        record = record[name]
    return record


def is_error(verdict: Verdict) -> bool:
    return verdict.effect is Effect.REFUSE and verdict.ground == ERROR and not verdict.obligations


PATHS = tuple(paths(attributes_of(BASE, edition("ca").groups)))


def newly_allowed(law: CedarGate, question: Question) -> list[Path]:
    """Return the attributes without which the law permits what it does not permit with them."""
    record = attributes_of(question, law.edition.groups)
    if law.decide_attributes(record, DAY).permits:
        return []
    return [path for path in PATHS if law.decide_attributes(changed(record, path), DAY).permits]


def test_the_paths_are_all_there_are() -> None:
    # Three assessed acts of eight members each, and the attributes of the first level.
    assert len(PATHS) == len(attributes_of(BASE, edition("ca").groups)) + 3 + 3 * 8
    assert set(paths(attributes_of(ask(assessments=(assessed("use"),)), edition("in").groups))) == set(PATHS)


@examples(120, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS)
def test_without_any_attribute_nothing_is_permitted(question: Question) -> None:
    for law in EDITIONS:
        record = attributes_of(question, edition(law).groups)
        assert not [path for path in PATHS if not is_error(gate(law).decide_attributes(changed(record, path), DAY))]


@examples(300, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, st.sampled_from(PATHS), st.sampled_from(OTHER_TYPES), st.sampled_from([(), *PATHS]))
def test_another_type_and_an_unknown_attribute_are_errors(
    question: Question, path: Path, other: object, where: Path
) -> None:
    for law in EDITIONS:
        record = attributes_of(question, edition(law).groups)
        old = at_path(record, path)
        fits = type(other) is type(old) and (not isinstance(other, list) or all(isinstance(one, str) for one in other))
        if not fits or isinstance(other, dict):
            assert is_error(gate(law).decide_attributes(changed(record, path, other), DAY)), (path, other)
        inside = at_path(record, where)
        place = (*where, "relationship_value") if isinstance(inside, dict) else ("relationship_value",)
        assert is_error(gate(law).decide_attributes(changed(record, place, "high"), DAY)), place


# --- planted: a gate that does not mind errors --------------------------------------------------------------------


class Careless(CedarGate):
    """Asks without the schema and passes over every error, as the engine itself does."""

    @staticmethod
    def _stage(
        policies: PolicySet, record: Attributes, action: str, rules: dict[str, Rule], schema: Schema | None
    ) -> tuple[bool, tuple[Rule, ...]]:
        answer = is_authorized(request_of(record, action), policies, NO_ENTITIES)
        return answer.allowed, tuple(rules[rule_id] for rule_id in answer.diagnostics.reasons)


REFUSED = {
    ("known_for",): ask(known_for={"faith"}),
    ("assessments",): ask(categories={"person"}),
    ("assessments", "disclose"): ask(categories={"person"}),
    ("assessments", "disclose", "made"): ask(categories={"person"}),
}


@pytest.mark.parametrize("path", REFUSED, ids=".".join)
def test_a_gate_that_passes_over_errors_is_found(path: Path) -> None:
    assert path in newly_allowed(Careless(edition("ca")), REFUSED[path])
    assert newly_allowed(gate("ca"), REFUSED[path]) == []


@pytest.mark.parametrize("broken", ["act", "urgency", "categories", "assessments", "peer_agencies"])
def test_a_question_that_is_none_is_an_error_and_no_exception(broken: str) -> None:
    question = ask()
    object.__setattr__(question, broken, 7)
    for law in EDITIONS:
        assert is_error(gate(law).decide(question, DAY))


def test_a_time_that_is_none_is_an_error_and_no_exception() -> None:
    for law in EDITIONS:
        assert is_error(gate(law).decide(ask(), None))  # type: ignore[arg-type]  the fault
