"""Each fault that a rule can have is planted in a small law, and found by name and with a question that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.analysis import analyse as analysing
from comity.analysis.analyse import analyse, interval_of
from comity.analysis.conflicts import contradiction
from comity.analysis.finding import Finding, Kind
from comity.policy.cedar import CedarGate
from comity.policy.rule import Verb, day_begins
from tests.unit.analysis.planted import REFER, REFUSE, law, rule
from tests.unit.policy.policy_laws import DAY, ids

CLEAR = '(principal, action == Action::"clear", resource)'
ADMIT = '(principal, action == Action::"admit", resource)'
OBLIGE = '(principal, action == Action::"oblige", resource)'
PERSON = 'context.categories.contains("person")'


def found(*rules: str, now=DAY) -> list[Finding]:
    return [one for one in analyse(law(*rules), now) if one.rule.startswith("OV-9")]


def only(*rules: str, now=DAY) -> Finding:
    (one,) = found(*rules, now=now)
    return one


def test_a_law_without_fault_has_no_finding():
    assert analyse(law(), DAY) == ()


def test_a_dead_rule_is_found_with_the_parts_that_never_meet():
    planted = f'forbid {CLEAR} when {{ context.kind == "rfi" && context.own_power && context.kind == "answer" }};'
    one = only(rule("OV-9", planted, REFUSE))
    assert (one.kind, one.example) == (Kind.DEAD, None)
    assert '(kind == "rfi") and (kind == "answer")' in one.what
    assert "own_power" not in one.what


def test_a_rule_that_asks_for_what_is_always_removed_is_dead():
    one = only(
        rule("OV-9", f'permit {OBLIGE} when {{ context.act == "clear" }};', '@oblige("redact:health") '),
        rule("OV-9/dead", f'forbid {CLEAR} when {{ context.categories.contains("health") }};', REFUSE),
    )
    assert (one.kind, one.rule) == (Kind.DEAD, "OV-9/dead")


def test_a_shadowed_permit_is_found_with_the_one_that_does_the_same():
    one = only(rule("OV-9", f'permit {CLEAR} when {{ context.purpose == "missing-person" && context.own_power }};'))
    assert (one.kind, one.others) == (Kind.SHADOWED_PERMIT, ("OV-1",))
    verdict = CedarGate(law()).decide(one.example.question, one.example.now)
    assert verdict.permits


def test_an_always_blocked_permit_is_found_with_what_blocks_it():
    one = only(rule("OV-9", f'permit {CLEAR} when {{ context.categories.contains("protection-claim") }};'))
    assert (one.kind, one.others) == (Kind.ALWAYS_BLOCKED, ("OV-4",))
    assert "OV-4" in ids(CedarGate(law()).decide(one.example.question, one.example.now))


def test_a_prohibition_that_another_one_outweighs_is_found():
    planted = f'forbid {CLEAR} when {{ context.categories.contains("protection-claim") && context.own_power }};'
    one = only(rule("OV-9", planted, REFUSE))
    assert (one.kind, one.others) == (Kind.SHADOWED_FORBID, ("OV-4",))


def test_a_prohibition_of_what_nothing_permits_is_found():
    one = only(rule("OV-9", f'forbid {ADMIT} when {{ context.purpose == "fraud" }};', REFUSE))
    assert (one.kind, one.others) == (Kind.SHADOWED_FORBID, ())
    assert "no rule permits" in one.what


def test_a_referral_of_what_is_always_refused_is_found_and_one_of_what_is_permitted_is_not():
    asylum = f'forbid {CLEAR} when {{ context.categories.contains("protection-claim") }};'
    minor = f'forbid {CLEAR} when {{ context.categories.contains("minor") }};'
    one = only(rule("OV-9", asylum, REFER), rule("OV-9/minor", minor, REFER))
    assert (one.kind, one.rule, one.others) == (Kind.SHADOWED_FORBID, "OV-9", ("OV-4",))


def test_a_refusal_that_turns_referrals_into_refusals_is_no_finding():
    assert not found(
        rule("OV-9", f'forbid {CLEAR} when {{ {PERSON} && context.purpose == "fraud" }};', REFER),
        rule("OV-9/no", f'forbid {CLEAR} when {{ {PERSON} && context.purpose == "fraud" && context.named }};', REFUSE),
    )


def test_two_days_of_keeping_contradict_each_other():
    (one,) = analyse(law(rule("OV-9", f"permit {OBLIGE} when {{ {PERSON} }};", '@oblige("retain-max-days:30") ')), DAY)
    assert (one.kind, one.rule, one.others) == (Kind.CONTRADICTION, "OV-6", ("OV-9",))
    duties = CedarGate(law()).decide(one.example.question, one.example.now).obligations
    assert "OV-6" in {duty.rule for duty in duties}


def test_obligations_that_never_meet_do_not_contradict():
    planted = f'permit {OBLIGE} when {{ context.act == "admit" && {PERSON} }};'
    assert not found(rule("OV-9", planted, '@oblige("retain-max-days:30") '))


def test_a_removal_of_what_the_only_permit_needs_is_found():
    one = only(
        rule("OV-9", f'permit {CLEAR} when {{ context.purpose == "fraud" && {PERSON} }};'),
        rule(
            "OV-9/off",
            f'permit {OBLIGE} when {{ {PERSON} && context.urgency == "urgent" }};',
            '@oblige("redact:person") ',
        ),
    )
    assert (one.kind, one.rule, one.others) == (Kind.REDACTED_AWAY, "OV-9", ("OV-9/off",))
    assert one.example.question.categories == {"person"}


def test_a_rule_past_its_day_is_found_with_what_it_did_on_its_last_day():
    planted = f'forbid {CLEAR} when {{ context.purpose == "missing-person" && context.classified }};'
    one = only(rule("OV-9", planted, REFUSE, '@from("2026-01-01") @to("2026-06-30") '))
    assert (one.kind, one.rule) == (Kind.OUTDATED, "OV-9")
    assert one.example.now < day_begins("2026-07-01") <= DAY
    assert one.example.question.classified


def test_a_rule_whose_day_is_still_to_come_is_no_finding():
    planted = f'forbid {CLEAR} when {{ context.purpose == "missing-person" }};'
    assert not found(rule("OV-9", planted, REFUSE, '@from("2027-01-01") @to("open") '))


def test_a_permit_on_a_basis_that_is_not_listed_is_found():
    kinds = {
        one.kind: one for one in found(rule("OV-9", f'permit {CLEAR} when {{ context.basis.contains("order:9") }};'))
    }
    assert kinds.keys() == {Kind.DEAD, Kind.ENDED_BASIS}
    assert kinds[Kind.ENDED_BASIS].others == ("order:9",)


def test_a_word_that_no_question_can_hold_is_found():
    planted = (
        f'forbid {CLEAR} when {{ ["missing-persons", "missing-person"].contains(context.purpose) && context.named }};'
    )
    one = only(rule("OV-9", planted, REFUSE))
    assert (one.kind, one.others) == (Kind.UNKNOWN_WORD, ("missing-persons",))


LIFTS = {
    "break_glass": "context.break_glass",
    "minimum_facts": "context.minimum_facts",
    "approval:elder": 'context.approvals.contains("elder")',
}


@pytest.mark.parametrize("switch", sorted(LIFTS))
def test_an_overriding_rule_that_yields_is_found(switch):
    planted = f'forbid {CLEAR} when {{ context.purpose == "missing-person" }} unless {{ {LIFTS[switch]} }};'
    edition = law(rule("OV-9", planted, REFUSE))
    marked = tuple(replace(one, overriding=one.id == "OV-9") for one in edition.rules)
    (one,) = analyse(replace(edition, rules=marked), DAY)
    assert (one.kind, one.rule, one.others) == (Kind.LIFTED, "OV-9", (switch,))
    gate = CedarGate(edition)
    assert "OV-9" in ids(gate.decide(one.example.question, DAY))
    assert "OV-9" not in ids(gate.decide(one.then.question, DAY))


def test_an_overriding_rule_that_yields_by_way_of_a_removal_is_found():
    planted = f'forbid {CLEAR} when {{ context.purpose == "missing-person" && context.categories.contains("health") }};'
    off = f'permit {OBLIGE} when {{ context.break_glass && context.categories.contains("health") }};'
    edition = law(rule("OV-9", planted, REFUSE), rule("OV-9/off", off, '@oblige("redact:health") '))
    marked = tuple(replace(one, overriding=one.id == "OV-9") for one in edition.rules)
    (one,) = analyse(replace(edition, rules=marked), DAY)
    assert (one.kind, one.others) == (Kind.LIFTED, ("break_glass",))


def test_an_overriding_rule_that_yields_to_nothing_is_no_finding():
    edition = law()
    assert (
        analyse(replace(edition, rules=tuple(replace(one, overriding=one.id == "OV-4") for one in edition.rules)), DAY)
        == ()
    )


def test_an_instant_is_looked_at_from_both_sides():
    instant = int(day_begins("2026-07-14"))
    late = f'forbid {CLEAR} when {{ context.purpose == "missing-person" && context.now >= {instant} }};'
    never = f'forbid {CLEAR} when {{ context.purpose == "missing-person" && context.now < 5 }};'
    one = only(rule("OV-9", late, REFUSE + '@uncached("") '), rule("OV-9/never", never, REFUSE + '@uncached("") '))
    assert (one.kind, one.rule) == (Kind.DEAD, "OV-9/never")


@pytest.mark.parametrize(
    ("one", "two", "contradict"),
    [
        ((Verb.RETAIN_MAX_DAYS, "30"), (Verb.RETAIN_MAX_DAYS, "90"), True),
        ((Verb.RETAIN_MAX_DAYS, "30"), (Verb.RETAIN_MAX_DAYS, "30"), False),
        ((Verb.CAVEAT, "destroy-by(2026-09-01)"), (Verb.CAVEAT, "return-by(2026-09-01)"), True),
        ((Verb.CAVEAT, "return-by(2026-09-01)"), (Verb.CAVEAT, "destroy-by(2026-09-01)"), True),
        ((Verb.CAVEAT, "destroy-by(2026-09-01)"), (Verb.CAVEAT, "destroy-by(2026-10-01)"), True),
        ((Verb.CAVEAT, "destroy-by(2026-09-01)"), (Verb.CAVEAT, "destroy-by(2026-09-01)"), False),
        ((Verb.CAVEAT, "no-onward"), (Verb.CAVEAT, "named-agencies(one)"), True),
        ((Verb.CAVEAT, "no-onward"), (Verb.CAVEAT, "lead-only"), False),
        ((Verb.CAVEAT, "lead-only"), (Verb.REPORT, "minister"), False),
        ((Verb.REDACT, "person"), (Verb.REDACT, "victim"), False),
    ],
)
def test_the_table_of_contradictions(one, two, contradict):
    assert (contradiction(one, two) is not None) is contradict


def test_the_interval_around_a_day_ends_where_a_rule_ends():
    first, after = interval_of([law()], DAY)
    assert (first, after) == (day_begins("2026-01-01"), day_begins("2031-01-01"))
    first, after = interval_of([law()], after)
    assert first == day_begins("2031-01-01") < after


def test_before_the_first_rule_nothing_is_in_force_and_nothing_is_found():
    assert analyse(law(), day_begins("2020-01-01")) == ()


def test_what_it_works_at_is_told():
    told: list[tuple[str, int, int]] = []
    analyse(law(), DAY, lambda what, done, of: told.append((what, done, of)))
    assert told[0] == ("dead rules", 0, 7)
    assert told[-1] == ("done", 7, 7)


# --- where the gate answers otherwise, nothing else is reported -------------------------------------------------------

BLOCKED = rule("OV-9", f'permit {CLEAR} when {{ context.categories.contains("protection-claim") }};')


def test_an_example_that_the_gate_does_not_confirm_is_a_fault_of_the_analysis():
    case = analysing._Case.of(law(BLOCKED), DAY)
    assert {one.kind for one in analysing._permits(case)} == {Kind.ALWAYS_BLOCKED}
    without = replace(case.edition, rules=tuple(one for one in case.edition.rules if one.id != "OV-4"))
    (one,) = analysing._permits(replace(case, gate=CedarGate(without)))
    assert one.kind is Kind.FAULT
    assert "the gate does not confirm" in one.what


def test_a_rule_that_the_gate_does_not_see_hold_is_a_fault_of_the_analysis():
    case = analysing._Case.of(law(BLOCKED), DAY)
    other = law(BLOCKED.replace("protection-claim", "health"))
    (one,) = analysing._permits(replace(case, edition=replace(other, hash=case.edition.hash), law=replace(case.law, edition=other, rules={r.id: r for r in other.rules})))  # fmt: skip
    assert one.kind is Kind.FAULT


def test_a_finding_for_which_no_example_is_found_is_a_fault_of_the_analysis():
    case = analysing._Case.of(law(), DAY)
    never = case.record.flags["break_glass"], case.record.texts["urgency"]["normal"]
    assert case.shown(Finding(Kind.SHADOWED_FORBID, "OV-4", (), "so"), *never).kind is Kind.FAULT


def test_an_overriding_rule_that_the_gate_still_sees_is_a_fault_of_the_analysis():
    planted = f'forbid {CLEAR} when {{ context.purpose == "missing-person" }} unless {{ context.break_glass }};'
    stays = f'forbid {CLEAR} when {{ context.purpose == "missing-person" }};'
    edition, other = law(rule("OV-9", planted, REFUSE)), law(rule("OV-9", stays, REFUSE))
    case = analysing._Case.of(edition, DAY)
    marked = {one.id: replace(one, overriding=one.id == "OV-9") for one in edition.rules}
    overriding = replace(case, law=replace(case.law, rules=marked))
    assert [one.kind for one in analysing._lifted(overriding)] == [Kind.LIFTED]
    assert [one.kind for one in analysing._lifted(replace(overriding, gate=CedarGate(other)))] == [Kind.FAULT]
    assert [one.kind for one in analysing._lifted(replace(overriding, gate=CedarGate(law())))] == [Kind.FAULT]
