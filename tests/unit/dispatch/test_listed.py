"""On a node: who a draft names is looked up on the lists of the day, and a list of one side alone never lets anything go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.particulars import Particulars
from comity.dispatch.states import Withheld
from comity.marking.labels import Urgency
from comity.policy.assessment import Assessment, AssessmentForm
from comity.policy.cache import RememberingGate
from comity.policy.listed import listed_by, read_listed
from comity.policy.question import Act, AssessedAct, Decision, Risk, Serves
from comity.policy.rule import day_begins
from tests.unit.edge.deskworld import OFFICER, form, make_pair
from tests.unit.node.world import START, exchange
from tests.unit.policy.policy_laws import edition, gate

DAY = 86_400_000
ENTITY = """
[[entity]]
id = "tern"
name = "Tern Hollow"
aliases = ["टर्न हॉलो"]
kind = "person"
jurisdiction = "{}"
instrument = "A list of {}"
from = "2026-07-01"
to = "{}"
source = "invented"
"""


def entries(*sides: str, until: str = "open"):
    return read_listed("".join(ENTITY.format(side, side, until) for side in sides), "listed.toml")


ONE_SIDED = {"CA-CC-83", "CA-CC-83/ours", "IN-UAPA-35"}


class Asked:
    """The law of an edition, which remembers what it was asked."""

    def __init__(self, law: str) -> None:
        self.questions: list = []
        self._gate = RememberingGate(gate(law), 64)

    def decide(self, question, now):
        self.questions.append(question)
        return self._gate.decide(question, now)


def node(law: str, listed=()):
    a, b = make_pair()
    for side in (a, b):
        side.office = replace(side.office, gate=Asked(law), listed=listed)
    return a, b


def assessed(act: AssessedAct) -> Assessment:
    return Assessment(
        act, AssessmentForm.FULL, "nobody", Risk.LOW, "good", (), Risk.LOW, Decision.GO, "the file", "requests", 9, True
    )


def question(name: str = "Tern Hollow", categories=("person",), kind: str = "rfi", **more):
    body = {"text": "As written below.", "items": [{"label": "Name", "value": name, "categories": list(categories)}]}
    if kind == "rfi":
        body |= {"title": "A name", "asks": ["person"], "own_power": "an order at home", "records": ["police-file"]}
    assessments = (assessed(AssessedAct.REQUEST), assessed(AssessedAct.DISCLOSE))
    return form(
        kind, body, Urgency.URGENT, conduct=more.pop("conduct", "extortion"), basis=more.pop("basis", ("arrangement:2026-02",)), assessments=assessments,
        retain_until=Ms(START + 30 * DAY), evaluation=more.pop("evaluation", "B2"), **more,
    )  # fmt: skip


def decided(law: str, listed, made=None, now=START):
    """What became of one draft, the rules that said so, and what the law was asked."""
    a, _ = node(law, listed)
    (done,) = a.submit([made or question()], Ms(now))
    return done, {reason.rule for reason in done.verdict.reasons}, {one.listed_by for one in a.office.gate.questions}


@pytest.mark.parametrize("law", ["ca", "in"])
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_question_about_a_person_whom_one_side_lists_is_referred(law, side):
    done, rules, asked = decided(law, entries(side))
    assert asked == {frozenset({side})}
    assert rules & ONE_SIDED
    assert "approval:legal-officer" in done.missing


@pytest.mark.parametrize("law", ["ca", "in"])
@pytest.mark.parametrize("sides", [("ours", "theirs"), ("un",), ()])
def test_what_both_list_on_the_day_goes_through_the_ordinary_gates(law, sides):
    done, rules, asked = decided(law, entries(*sides))
    assert asked == {frozenset(sides)}
    plain, as_ever, _ = decided(law, ())
    assert rules == as_ever
    assert not rules & ONE_SIDED
    assert done.verdict.effect is plain.verdict.effect


@pytest.mark.parametrize("law", ["ca", "in"])
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_listing_never_lets_go_what_stayed_without_it(law, side):
    for more in ({"conduct": "protest"}, {"conduct": ""}):
        without, _, _ = decided(law, (), question(**more))
        assert isinstance(without, Withheld)
        for sides in ((side,), ("ours", "theirs"), ("ours", "theirs", "un")):
            done, _, _ = decided(law, entries(*sides), question(**more))
            assert isinstance(done, Withheld)


def test_a_listing_counts_until_its_last_day_and_not_the_day_after():
    last = day_begins("2026-07-20")
    told = [decided("ca", entries("theirs", until="2026-07-20"), now=now) for now in (last, last + DAY - 1, last + DAY)]
    assert [asked for _, _, asked in told] == [{frozenset({"theirs"})}] * 2 + [{frozenset()}]
    assert ["CA-CC-83" in rules for _, rules, _ in told] == [True, True, False]


@pytest.mark.parametrize("day", ["2025-07-13", "2027-01-01"])
def test_planted_an_entry_of_another_day_is_not_taken(day):
    of_then = tuple(replace(one, starts=day_begins(day), ends=day_begins(day, after=True)) for one in entries("theirs"))
    assert listed_by(["Tern Hollow"], of_then, day_begins(day)) == {"theirs"}
    assert decided("ca", of_then)[2] == {frozenset()}


@pytest.mark.parametrize(
    "name", ["HOLLOW, Tern", "Tern\u200b-Hollow", "टर्न हॉलो", "\uff34ern K. Hollow", "Gull Mere; Tern Hollow"]
)
def test_another_spelling_word_order_or_alias_is_found(name):
    assert decided("in", entries("theirs"), question(name))[2] == {frozenset({"theirs"})}


def test_a_body_is_found_in_a_line_of_any_tag_and_under_any_kind():
    for kind, tags in (("message", ("commercial",)), ("spontaneous", ()), ("rfi", ("person",))):
        made = question("to: Tern Hollow, quay 4", tags, kind)
        if kind == "spontaneous":
            made = (replace(made[0], body={"title": "Freight", **made[0].body}), made[1])
        assert decided("ca", entries("theirs"), made)[2] == {frozenset({"theirs"})}


def test_the_memory_of_the_gate_forgets_no_listing():
    a, _ = node("ca", entries("theirs", until="2026-07-20"))
    days = [day_begins(day) for day in ("2026-07-20", "2026-07-21", "2026-07-20")]
    rules = []
    for now in days:
        (done,) = a.submit([question()], Ms(now))
        rules.append("CA-CC-83" in {reason.rule for reason in done.verdict.reasons})
    assert rules == [True, False, True]


def test_who_receives_and_who_acts_later_is_asked_by_the_lists_of_its_own_day():
    a, b = make_pair()
    b.office = replace(b.office, gate=Asked("ca"), listed=entries("theirs", until="2026-07-20"))
    (done,) = a.submit([question(kind="message", categories=("commercial",))], START)
    for n in range(3):
        exchange(a, b, Ms(START + 100 + n))
    assert b.office.gate.questions[-1].act == Act.ADMIT
    assert b.office.gate.questions[-1].listed_by == {"theirs"}
    for now, listed in ((day_begins("2026-07-20"), {"theirs"}), (day_begins("2026-07-21"), frozenset())):
        told = b.act(Particulars(Act.USE, done.id, serves=Serves.WATCH_LIST), OFFICER, Ms(now))
        assert b.office.gate.questions[-1].listed_by == listed
        assert ("CA-CC-83/watch" in {reason.rule for reason in told.verdict.reasons}) is bool(listed)


@pytest.mark.parametrize("law", ["ca", "in"])
def test_the_entries_of_the_editions_are_found_on_a_node(law):
    names = {one.name: one for one in edition(law).listed}
    for name in names:
        asked = decided(law, edition(law).listed, question(name))[2]
        assert asked == {listed_by([name], edition(law).listed, START)}
