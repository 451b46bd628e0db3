"""A gate that remembers answers exactly as the one that does not; a memory that forgets one attribute is caught."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.policy.attributes import attributes_of
from comity.policy.cache import RememberingGate
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Question
from comity.policy.verdict import Effect, Verdict
from tests.examples import examples
from tests.properties.policy_questions import DAYS, NAMES, OTHER, QUESTIONS
from tests.unit.policy.policy_laws import BASE, DAY, ask, assessed, gate
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, PERMIT


class Forgetful(RememberingGate):
    """The planted fault: a key that leaves one attribute out, or the interval."""

    def __init__(self, bare: CedarGate, forgets: str) -> None:
        super().__init__(bare, 64)
        self._forgets = forgets

    def key(self, question: Question, now: Ms) -> tuple[int, Question]:
        interval, whole = super().key(question, now)
        if self._forgets == "interval":
            return 0, whole
        return interval, replace(whole, **{self._forgets: getattr(BASE, self._forgets)})


def stale(remembering: RememberingGate, asked: list[tuple[Question, Ms]], bare: CedarGate) -> list[int]:
    """Return the places at which memory answers otherwise than the law."""
    return [i for i, (q, now) in enumerate(asked) if remembering.decide(q, now) != bare.decide(q, now)]


def _pairs(attribute: str) -> list[tuple[Question, Ms]]:
    """Two questions that differ in one attribute only, on backgrounds in which it can matter."""
    person = frozenset({"person"})
    backgrounds = [
        BASE,
        ask(kind="rfi", conduct="theft", asks={"person"}, own_power=False),
        ask(categories={"person"}, assessments=(assessed("disclose"),)),
        ask(kind="answer", asks={"person"}, records={"fiu-record"}, asserts=True),
        ask(kind="answer", categories={"location"}, assessments=(assessed("disclose"),)),
        ask(kind="rfi", conduct="theft", budget_spent=True),
        ask(kind="answer", purpose="cyber-incident"),
        ask(kind="answer", purpose="no-such-purpose"),
        ask(kind="answer", purpose="border-document", stage="final", answers="rfi"),
        ask(kind="message", purpose="restricted-dialogue"),
        ask(urgency=Urgency.IMMEDIATE, basis=set(), categories=person, assessments=(assessed("disclose", short_form=True),)),
        ask(agency="csis", basis=set()),
        ask(handling=set(), tlp="AMBER"),
        ask(handling=set()),
        ask(known_for={"faith"}),
        ask(basis=set()),
    ]  # fmt: skip
    return [
        (question, DAY)
        for background in backgrounds
        for question in (
            replace(background, **{attribute: getattr(BASE, attribute)}),
            replace(background, **{attribute: OTHER[attribute]}),
            background,
        )
    ]


def _reads(attribute: str) -> str:
    """Return a rule that forbids what has the other value of one attribute."""
    value = attributes_of(replace(BASE, **{attribute: OTHER[attribute]}), gate("ca").edition.groups)[attribute]
    if attribute == "assessments":
        condition = 'context.assessments.disclose.decision == "no"'
    elif isinstance(value, list):
        condition = f"context.{attribute} == {json.dumps(value)}" if value else f"context.{attribute}.isEmpty()"
    else:
        condition = f"context.{attribute} == {json.dumps(value)}"
    rule = FORBID.replace("TT-2", f"TT-2/{attribute.replace('_', '-')}").replace("context.personal", condition)
    return rule.replace('action == Action::"clear"', 'action in [Action::"clear", Action::"admit"]')


@cache
def reader() -> CedarGate:
    """Return a law that reads every attribute there is."""
    permit = PERMIT.replace('context.purpose == "fraud"', "true")
    permit = permit.replace('action == Action::"clear"', 'action in [Action::"clear", Action::"admit"]')
    law = permit + "".join(map(_reads, NAMES))
    known = '[[basis]]\nid = "arrangement:2026-02"\nform = "arrangement"\ntitle = "t"\n'
    return CedarGate(Edition.load({"edition.toml": (MANIFEST + known).encode(), "law.cedar": law.encode()}))


def test_every_attribute_has_another_value() -> None:
    assert set(OTHER) == set(NAMES)
    assert not [name for name in NAMES if OTHER[name] == getattr(BASE, name)]


@pytest.mark.parametrize("attribute", NAMES)
@pytest.mark.parametrize("law", ["ca", "in"])
def test_one_changed_attribute_is_another_question(law: str, attribute: str) -> None:
    assert stale(RememberingGate(gate(law), 64), _pairs(attribute) * 2, gate(law)) == []


@pytest.mark.parametrize("attribute", NAMES)
def test_a_memory_that_forgets_an_attribute_is_caught(attribute: str) -> None:
    asked = _pairs(attribute)
    assert stale(RememberingGate(reader(), 64), asked * 2, reader()) == []
    assert stale(Forgetful(reader(), attribute), asked, reader())


@pytest.mark.parametrize("attribute", ["purpose", "basis", "categories", "assessments", "approvals", "known_for"])
def test_a_memory_that_forgets_is_caught_by_the_law_in_the_tree(attribute: str) -> None:
    assert stale(Forgetful(gate("ca"), attribute), _pairs(attribute), gate("ca"))


def test_a_memory_that_forgets_the_interval_is_caught() -> None:
    question = ask(categories={"person"})
    asked = [(question, now) for now in DAYS]
    assert stale(Forgetful(gate("in"), "interval"), asked, gate("in"))
    assert stale(RememberingGate(gate("in"), 64), asked * 2, gate("in")) == []


def borders(law: str) -> list[Ms]:
    """Return the last and the first instant on both sides of each border between two intervals of law."""
    ends = sorted({instant for interval in gate(law).intervals for instant in interval})
    return [Ms(end + step) for end in ends for step in (-1, 0)]


@examples(60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(QUESTIONS, min_size=1, max_size=4), st.data())
def test_memory_and_law_agree_on_any_sequence(pool: list[Question], data: st.DataObject) -> None:
    for law in ("ca", "in"):
        remembering = RememberingGate(gate(law), 3)
        times = st.sampled_from([*DAYS, *borders(law)])
        drawn = data.draw(st.lists(st.tuples(st.sampled_from(pool), times), min_size=6, max_size=10))
        assert stale(remembering, drawn, gate(law)) == []
        assert remembering.hits + remembering.misses == len(drawn)
        assert len(remembering) <= 3


@examples(150, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, st.sampled_from(["ca", "in", "ostrel-vanmere"]))
def test_every_answer_is_whole(question: Question, law: str) -> None:
    verdict = gate(law).decide(question, DAY)
    assert verdict.reasons
    assert verdict.permits == (verdict.ground is None) == (verdict.outward is None)
    assert (verdict.effect is Effect.PERMIT_WITH) == bool(verdict.obligations)
    assert verdict.ground != "error"
    assert list(verdict.missing) == sorted(set(verdict.missing))


@examples(100, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, st.sampled_from(["biometric", "privileged", "protection-claim"]), st.sampled_from(["ca", "in"]))
def test_a_hard_stop_holds_whatever_else_is_true(question: Question, category: str, law: str) -> None:
    assert not gate(law).decide(replace(question, categories=question.categories | {category}), DAY).permits


# --- what is never remembered ------------------------------------------------------------------------------------


class Bare:
    """A gate that counts what it is asked."""

    def __init__(self, ground: str | None, *, steady: bool) -> None:
        self.asked = 0
        self._ground, self._steady = ground, steady

    def decide(self, question: Question, now: Ms) -> Verdict:
        self.asked += 1
        known = gate("ca").decide(question, now)
        return replace(known, ground=self._ground)

    def interval(self, now: Ms) -> int:
        return gate("ca").interval(now)

    def steady(self, question: Question, now: Ms) -> bool:
        return self._steady


@pytest.mark.parametrize(
    ("ground", "steady", "asked"), [(None, True, 1), (None, False, 3), ("error", True, 3), ("location", True, 1)]
)
def test_errors_and_unsteady_answers_are_not_remembered(ground: str | None, steady: bool, asked: int) -> None:
    bare = Bare(ground, steady=steady)
    remembering = RememberingGate(bare, 8)
    assert remembering.share == 0.0
    for _ in range(3):
        remembering.decide(BASE, DAY)
    assert bare.asked == asked
    assert (remembering.hits, remembering.misses) == (3 - asked, asked)
    assert remembering.share == (3 - asked) / 3


def test_a_rule_that_compares_an_instant_is_never_stale() -> None:
    timed = FORBID.replace("context.personal", f"context.now >= {DAY}").replace("@effect", "@uncached @effect")
    law = CedarGate(Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + timed).encode()}))
    asked = [(ask(purpose="fraud"), Ms(DAY + step)) for step in (-2, -1, 0, 1, -1)]
    assert [law.decide(*pair).permits for pair in asked] == [True, True, False, False, True]
    assert stale(RememberingGate(law, 8), asked, law) == []


def test_the_least_recently_used_answer_goes_first() -> None:
    bare = Bare(None, steady=True)
    remembering = RememberingGate(bare, 2)
    first, second, third = (ask(conduct=word) for word in ("a", "b", "c"))
    for question in (first, second, first, third, first, second):
        remembering.decide(question, DAY)
    assert (remembering.hits, remembering.misses, len(remembering)) == (2, 4, 2)
