"""Rules that cannot hold for an act and a kind are not asked, both stages are asked at once where that is enough, and no
answer changes by that: each is compared with the plain two stages over every rule in force.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from comity.base.ids import Ms
from comity.policy import cedar
from comity.policy.attributes import SCHEMA, Attributes
from comity.policy.cedar import CedarGate, _Law, _obligation
from comity.policy.edition import Edition
from comity.policy.question import Act, Question
from comity.policy.rule import Rule
from comity.policy.verdict import Verdict
from tests.examples import examples
from tests.properties.policy_questions import DAYS, DRAFTS, KINDS, QUESTIONS
from tests.unit.policy.policy_laws import DAY, ask, edition, gate
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, OBLIGE, PERMIT

NAMES = ("ca", "in", "ostrel-vanmere")
Law = list[tuple[Question, Ms]]


class Whole(CedarGate):
    """Asks each stage by itself, always, and holds the record of each against the schema."""

    def _judge(self, record: Attributes, law: _Law) -> Verdict:
        act = str(record["act"])
        stages = law.stages(act, str(record["kind"]))
        _, duties = self._stage(stages.obligations, record, "oblige", law.rules, SCHEMA)
        obligations = tuple(sorted(map(_obligation, duties), key=lambda o: (o.verb, o.value, o.rule)))
        left = self._remainder(record, obligations)
        allowed, deciding = self._stage(stages.authority, left, act, law.rules, SCHEMA)
        if allowed:
            return self._permitted((*deciding, *duties), obligations, law.hash)
        if deciding:
            return self._forbidden(deciding, law.hash)
        none = "no-legal-basis"
        return self._without_rule("DEFAULT", none, self._outward([], none), self._edition.no_rule, law.hash)


def whole(law: Edition) -> CedarGate:
    """Return a gate that asks every rule in force, and checks the record in both stages."""
    return Whole(replace(law, rules=tuple(replace(rule, acts=None, kinds=None) for rule in law.rules)))


def told(gate: CedarGate, question: Question, now: Ms) -> object:
    return gate.decide(question, now)


WHOLE = {name: whole(edition(name)) for name in NAMES}
UNNAMED = st.sampled_from(["", "no-such-kind", "Rfi"])


@examples(250, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, st.sampled_from(Act), st.one_of(st.sampled_from(KINDS), UNNAMED), st.sampled_from(DAYS))
def test_the_pruned_and_the_whole_law_answer_alike(question: Question, act: Act, kind: str, now: Ms) -> None:
    asked = replace(question, act=act, kind=kind)
    for name in NAMES:
        assert told(gate(name), asked, now) == told(WHOLE[name], asked, now)


@pytest.mark.parametrize("name", NAMES)
def test_the_day_is_answered_alike(name: str) -> None:
    for draft in DRAFTS:
        for act in Act:
            asked = replace(draft, act=act)
            assert told(gate(name), asked, DAY) == told(WHOLE[name], asked, DAY)


# --- what a rule's conditions say of acts and kinds --------------------------------------------------------------------


def only(condition: str, clauses: str = "") -> Rule:
    text = OBLIGE.replace("when { context.personal };", f"when {{ {condition} }} {clauses};")
    return Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + text).encode()}).rules[1]


ACT, KIND = 'context.act == "clear"', '["rfi", "answer"].contains(context.kind)'


@pytest.mark.parametrize(
    ("condition", "acts", "kinds"),
    [
        (ACT, {"clear"}, None),
        (KIND, None, {"rfi", "answer"}),
        (f"{ACT} && {KIND} && context.personal", {"clear"}, {"rfi", "answer"}),
        (f"context.personal && {ACT}", {"clear"}, None),
        (f'({ACT} && context.personal) || (context.act == "use" && context.named)', {"clear", "use"}, None),
        (f"{ACT} || context.personal", None, None),
        (f"!({ACT})", None, None),
        (f"if context.personal then {ACT} else false", None, None),
        ('context.act == "clear" && context.act == "use"', set(), None),
        ('[context.kind, "clear"].contains(context.act)', None, None),
        ("context.kind == context.act", None, None),
        # An overflow may come before the act is compared, and its error is an answer: refused.
        (f"context.now * context.now > 0 && {ACT}", None, None),
        (f"{ACT} && context.now * context.now > 0", {"clear"}, None),
    ],
)  # fmt: skip
def test_what_conditions_say(condition: str, acts: set[str] | None, kinds: set[str] | None) -> None:
    text = OBLIGE.replace("@oblige", '@uncached("") @oblige').replace("context.personal", condition)
    law = Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + text).encode()})
    assert (law.rules[1].acts, law.rules[1].kinds) == (acts, kinds)


def test_every_clause_counts_up_to_one_that_can_fail() -> None:
    assert only("context.personal", f"when {{ {ACT} }}").acts == {"clear"}
    assert only("context.personal", f"unless {{ {ACT} }}").acts is None
    assert only("context.personal", f"unless {{ context.named }} when {{ {ACT} }}").acts == {"clear"}
    text = OBLIGE.replace("@oblige", '@uncached("") @oblige')
    text = text.replace("};", f"}} unless {{ context.now * context.now > 0 }} when {{ {ACT} }};")
    law = Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + text).encode()})
    assert law.rules[1].acts is None


def test_a_head_and_a_condition_both_bind() -> None:
    text = FORBID.replace('action == Action::"clear"', 'action in [Action::"clear", Action::"use"]')
    text = text.replace("context.personal", 'context.act == "use" && context.kind == "rfi"')
    law = Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + text).encode()})
    assert (law.rules[1].acts, law.rules[1].kinds) == ({"use"}, {"rfi"})


# --- planted ------------------------------------------------------------------------------------------------------------


def test_a_pruning_that_leaves_out_too_much_is_found() -> None:
    law = edition("ca")
    lazy = CedarGate(
        replace(law, rules=tuple(replace(rule, kinds=rule.kinds or frozenset({"rfi"})) for rule in law.rules))
    )
    assert [d for d in DRAFTS if told(lazy, d, DAY) != told(WHOLE["ca"], d, DAY)]


def test_an_overflow_before_the_act_is_an_error_for_every_act() -> None:
    text = FORBID.replace("@effect", '@uncached("") @effect').replace(
        "context.personal", 'context.now * context.now * context.now > 0 && context.act == "use"'
    )
    law = CedarGate(Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + text).encode()}))
    assert law.decide(ask(purpose="fraud"), DAY).ground == cedar.ERROR
