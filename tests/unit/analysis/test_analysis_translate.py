"""Cedar's operators over a finite world: each against the engine itself, and what is not known is refused by name."""

from __future__ import annotations

import random
import re

import pytest
import z3

from comity.analysis.analyse import interval_of
from comity.analysis.lawmodel import given, model_of
from comity.analysis.record import Record, Seen
from comity.analysis.search import Search
from comity.analysis.translate import Group, Number, Text, Texts
from comity.analysis.words import OTHER, known_attributes, mentioned, words_of
from comity.analysis.written import conjuncts, written
from comity.base.errors import BadConfiguration
from comity.policy.attributes import attributes_of
from comity.policy.cases import BASE
from comity.policy.cedar import CedarGate
from comity.policy.rule import day_begins
from tests.unit.analysis.planted import REFUSE, law, rule, with_policy
from tests.unit.policy.policy_laws import DAY, edition, gate

EVERY_OPERATOR = (
    'context.asks.containsAll(["person", "victim"])',
    'context.asks.containsAny(["person", "victim"])',
    "context.asks.containsAny(context.categories)",
    "context.asks.containsAll(context.categories)",
    'context.asks == ["person"]',
    "context.asks != context.categories",
    "!context.asks.isEmpty()",
    '["person", context.conduct].contains("arson")',
    "context.approvals.contains(context.conduct)",
    'context.conduct like "ars*n"',
    'context.conduct == "arson" || context.conduct == ""',
    "context.new_purpose == context.purpose",
    "context.classified == context.named",
    "(if context.classified then context.named else context.recalled)",
    '(if context.classified then context.tlp else context.pap) == "RED"',
    '(if context.classified then context.asks else context.categories).contains("person")',
    "(if context.classified then context.now else 5) < 9",
    "context.now == 5 || context.now > 5",
    "5 <= context.now && context.now != 6",
    "context has classified && context.assessments has use && context.assessments.use.tainted",
    "context.classified && true",
    'principal == Agency::"ours" && resource == Dispatch::"rfi" && action == Action::"clear"',
    'resource in [Dispatch::"rfi", Dispatch::"answer"]',
    'principal in Agency::"ours"',
    "principal is Agency || context.named",
)


@pytest.mark.parametrize("condition", [one for one in EVERY_OPERATOR if " is " not in one])
def test_each_operator_comes_out_as_the_engine_has_it(condition):
    planted = f"forbid (principal, action, resource) when {{ {condition} }};"
    # a head that names every act, since a rule names the acts that it rules
    acts = ", ".join(f'Action::"{act}"' for act in ("clear", "use", "repurpose"))
    planted = planted.replace("action,", f"action in [{acts}],")
    made = law(rule("OV-9", planted, REFUSE + '@uncached("") '))
    record = Record.over(words_of(made.rules, [made.groups], DAY, DAY + 10))
    law_model, search, engine = model_of(made, DAY, record), Search(record), CedarGate(made)
    held = search.watch("law", law_model.held)["OV-9"]
    act = record.texts["act"]
    yes, no = search.nearest(held), search.nearest(z3.Not(held), z3.Or(act["clear"], act["use"], act["repurpose"]))
    for found in filter(None, (yes, no)):
        assert law_model.answer(found.held["law"]) == given(engine.decide(found.question, found.now))
    assert yes or no


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ("context.now + 1 < 5", "'+'"),
        ("context.now * 2 < 5", "'*'"),
        ("-context.now < 5", "'neg'"),
        ("context.assessments == context.assessments", "not alike"),
        ("principal is Agency", "'is'"),
    ],
)
def test_what_is_not_known_is_refused_by_name(condition, named):
    planted = f'forbid (principal, action == Action::"clear", resource) when {{ {condition} }};'
    made = law(rule("OV-9", planted, REFUSE + '@uncached("") '))
    record = Record.over(words_of(made.rules, [made.groups], DAY, DAY + 1))
    with pytest.raises(BadConfiguration, match=f"OV-9: the analysis does not know .*{re.escape(named)}"):
        model_of(made, DAY, record)


NO_HEAD = {"effect": "forbid", "principal": {"op": "All"}, "action": {"op": "All"}, "resource": {"op": "All"}}
CONTEXT = {"Var": "context"}


@pytest.mark.parametrize(
    "body",
    [
        {"contains": {"left": {"Value": "a"}, "right": {"Value": "a"}}},
        {"contains": {"left": {"Set": []}, "right": {"Value": 1}}},
        {"<": {"left": {"Value": "a"}, "right": {"Value": 1}}},
        {"==": {"left": {"Value": "a"}, "right": {"Value": 1}}},
        {".": {"left": {"Value": "a"}, "attr": "kind"}},
        {".": {"left": CONTEXT, "attr": "weather"}},
        {"Value": "a"},
        {"Value": 1.5},
        {"Var": "weather"},
        {"in": {"left": {"Value": "a"}, "right": {"Value": True}}},
        {"if-then-else": {"if": {"Value": True}, "then": {"Value": "a"}, "else": {"Value": True}}},
        {"isIpv4": [{"Value": "a"}]},
        {"two": 1, "keys": 2},
    ],
)
def test_an_expression_of_the_wrong_form_is_refused(body):
    made = with_policy(law(), "OV-4", {**NO_HEAD, "conditions": [{"kind": "when", "body": body}]})
    record = Record.over(words_of([], [made.groups], DAY, DAY + 1))
    with pytest.raises(BadConfiguration, match="OV-4: the analysis does not know"):
        model_of(made, DAY, record)


def test_a_head_of_the_wrong_form_is_refused():
    made = with_policy(law(), "OV-4", {**NO_HEAD, "principal": {"op": "weather"}, "conditions": []})
    with pytest.raises(BadConfiguration, match="the head principal"):
        model_of(made, DAY, Record.over(words_of([], [made.groups], DAY, DAY + 1)))


# --- the world -----------------------------------------------------------------------------------------------------


def paths(record: object, before: str = "") -> set[str]:
    if not isinstance(record, dict):
        return {before}
    return {path for name, part in record.items() for path in paths(part, f"{before}.{name}".lstrip("."))}


def test_every_attribute_of_a_question_is_known_and_no_other():
    assert known_attributes() == paths(attributes_of(BASE, edition("ca").groups)) | {"now"}


def test_every_attribute_can_be_reached():
    record = Record.over(words_of([], [law().groups], DAY, DAY + 1))
    seen = Seen(record, law().groups, record.sets["categories"])
    kinds = {path: type(seen.attribute(path)) for path in known_attributes()}
    assert kinds["purpose"] is Text
    assert kinds["basis"] is Texts
    assert kinds["now"] is Number
    assert isinstance(seen.attribute("assessments"), Group)
    assert isinstance(seen.attribute("assessments.use"), Group)
    assert seen.attribute("weather") is None


def test_open_lists_have_the_words_that_rules_mention_and_one_more():
    made = law(rule("OV-9", 'forbid (principal, action == Action::"clear", resource == Dispatch::"pen") when '
                            '{ context.agency == "post" || context.conduct like "a*b" };', REFUSE))  # fmt: skip
    words = words_of(made.rules, [made.groups], DAY, DAY + 1)
    assert {"post", "ours", OTHER} == {*words.texts["agency"]}
    assert {"", "ab", OTHER} == {*words.texts["conduct"]}
    assert {"pen", "answer", "message", OTHER} <= {*words.texts["kind"]}
    assert OTHER not in words.texts["purpose"]
    assert words.moments == (DAY,)


def test_attributes_that_are_compared_share_their_words():
    made = law(
        rule("OV-9", 'forbid (principal, action == Action::"clear", resource) when { context.agency == "post" };', REFUSE),
        rule("OV-9/two", 'forbid (principal, action == Action::"clear", resource) when '
                         "{ context.to_agencies.contains(context.agency) };", REFUSE),
        rule("OV-9/three", 'forbid (principal, action == Action::"clear", resource) when '
                           "{ [context.conduct].containsAny(context.to_agencies) };", REFUSE),
        rule("OV-9/if", 'forbid (principal, action == Action::"clear", resource) when '
                        '{ context.desk == (if context.named then "post" else "rail") };', REFUSE),
    )  # fmt: skip
    words = words_of(made.rules, [made.groups], DAY, DAY + 1)
    assert {"post", "ours", OTHER} <= {*words.sets["to_agencies"]} & {*words.texts["conduct"]}
    assert {"post", "rail", "requests", OTHER} == {*words.texts["desk"]}
    record = Record.over(words)
    law_model, search = model_of(made, DAY, record), Search(record)
    held = search.watch("law", law_model.held)
    for name in ("OV-9/two", "OV-9/three", "OV-9/if"):
        found = search.nearest(held[name])
        assert law_model.answer(found.held["law"]) == given(CedarGate(made).decide(found.question, found.now))


def test_what_is_mentioned_stands_on_two_sides_of_one_operator():
    policy = {"==": {"left": {".": {"left": CONTEXT, "attr": "now"}}, "right": {"Value": 7}}}
    assert [*mentioned([policy])] == [("now", 7)]


# --- the whole, against the gate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ca", "in", "ostrel-vanmere"])
def test_the_formulas_answer_as_the_gate_does_on_random_questions(name):
    made, engine = edition(name), gate(name)
    record = Record.over(words_of(made.in_force(DAY), [made.groups], *interval_of([made], DAY)))
    law_model, search = model_of(made, DAY, record), Search(record)
    search.watch("law", law_model.held)
    base, chance, asked, effects = [*record.base()], random.Random(20260713), 0, set()
    attributes = sorted({attribute for attribute, _ in base})
    for _ in range(150):
        free = {*chance.sample(attributes, chance.randint(3, 14))}
        wishes = [literal for attribute, literal in base if attribute not in free]
        wishes += [
            chance.choice([*record.texts[name].values()])
            for name in sorted(free & record.texts.keys())
            if "." not in name
        ]
        wishes += [
            guard if chance.random() < 0.12 else z3.Not(guard)
            for name in sorted(free & record.sets.keys())
            for guard in record.sets[name].values()
        ]
        found = search.find(*wishes)
        if found is not None:
            verdict = engine.decide(found.question, found.now)
            assert law_model.answer(found.held["law"]) == given(verdict)
            asked, effects = asked + 1, effects | {verdict.effect}
    assert asked > 60
    assert len(effects) >= 2


def test_a_question_that_cannot_be_is_not_found():
    record = Record.over(words_of([], [law().groups], DAY, DAY + 1))
    search, flags, texts = Search(record), record.flags, record.texts
    assert not search.can(flags["break_glass"], texts["urgency"]["normal"])
    assert not search.can(flags["assessments.use.tainted"], z3.Not(flags["assessments.use.made"]))
    assert not search.can(flags["assessments.disclose.made"], texts["assessments.disclose.decision"][""])
    assert not search.can(texts["assessments.use.risk_before"]["low"], texts["assessments.use.risk_after"]["medium"])
    assert not search.can(texts["act"]["clear"], texts["serves"]["arrest"])
    assert not search.can(texts["act"]["repurpose"], texts["new_purpose"][""])
    assert not search.can(texts["act"]["admit"], texts["outside"]["court"])
    assert not search.can(texts["stage"]["holding"], texts["kind"]["message"])
    assert not search.can(texts["stage"]["ended"], texts["kind"]["answer"])
    assert search.find(flags["break_glass"], texts["urgency"]["normal"]) is None
    assert search.nearest(flags["break_glass"], texts["urgency"]["normal"]) is None


def test_of_what_keeps_a_question_from_being_none_can_be_left_out():
    """The engine's own reason is not always the shortest: clauses made by chance give it more than it needs."""
    record = Record.over(words_of([], [law().groups], DAY, DAY + 1))
    tried = 0
    for seed in range(3, 9):
        chance, search = random.Random(seed), Search(record)
        flags = [z3.Bool(f"v{number}") for number in range(14)]
        signed = [*flags, *map(z3.Not, flags)]
        clauses = [z3.Or(*chance.sample(signed, chance.choice((2, 3, 3, 3)))) for _ in range(90)]
        doubtful = [search.named(clause) for clause in clauses]
        if search.can(*doubtful):
            continue
        needed = search.why_not((), doubtful)
        assert not search.can(*needed)
        assert all(search.can(*(one for one in needed if one is not left)) for left in needed)
        tried += 1
    assert tried > 2


def test_the_nearest_question_is_the_base_itself_where_nothing_is_wished():
    record = Record.over(words_of([], [edition("ca").groups], DAY, DAY + 1))
    assert Search(record).nearest().question == BASE


# --- conditions as text ------------------------------------------------------------------------------------------------


def test_conditions_are_taken_apart_and_written():
    reached = {".": {"left": {".": {"left": CONTEXT, "attr": "assessments"}}, "attr": "use"}}
    one, two = {"isEmpty": {"arg": {".": {"left": CONTEXT, "attr": "asks"}}}}, {"!": {"arg": reached}}
    assert [*conjuncts({"&&": {"left": one, "right": two}})] == [one, two]
    assert [*conjuncts({"!": {"arg": {"||": {"left": one, "right": one}}}})] == [{"!": {"arg": one}}] * 2
    assert written(one) == "asks.isEmpty()"
    assert written(two) == "!(assessments.use)"
    entity = {"Value": {"__entity": {"type": "Agency", "id": "ours"}}}
    assert written({"==": {"left": {"Var": "principal"}, "right": entity}}) == '(principal == Agency::"ours")'
    assert written({"contains": {"left": {"Set": [{"Value": "a"}]}, "right": {"Value": 1}}}) == '["a"].contains(1)'
    assert written({"isIpv4": [{"Value": "a"}]}) == '{"isIpv4": [{"Value": "a"}]}'


def test_instants_of_a_day_are_the_borders_and_their_neighbours():
    instant = int(day_begins("2026-07-14"))
    planted = f'forbid (principal, action == Action::"clear", resource) when {{ context.now < {instant} }};'
    made = law(rule("OV-9", planted, REFUSE + '@uncached("") '))
    assert words_of(made.rules, [made.groups], DAY, instant + 1).moments == (DAY, instant - 1, instant)
