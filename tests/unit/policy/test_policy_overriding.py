"""The rules that no officer may override, each side, each way; and the conditions beside them."""

from __future__ import annotations

import pytest

from comity.marking.labels import Urgency
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition, assemble
from comity.policy.question import Act, Decision, Question, Risk
from comity.policy.verdict import Effect
from tests.unit.policy.policy_laws import DAY, ask, assessed, folders, gate, ids

LAWS = ("ca", "in")
CUSTOMS_ARRANGEMENT = b"""
[[basis]]
id = "arrangement-written:customs"
form = "written-arrangement"
title = "invented for the test"
"""
BOTH = (assessed("disclose"), assessed("request"))
EVERY_APPROVAL = {"decider-outside", "legal-officer", "head-of-agency", "budget-approver", "release-authority"}


def answer(**changes: object) -> Question:
    return ask(kind="answer", stage="final", **changes)


HARD = [
    ("XX-RULE-1", ask(categories={"biometric"})),
    ("XX-RULE-1", ask(act=Act.ADMIT, categories={"national-number"})),
    ("XX-RULE-1/asked", answer(asks={"national-number"})),
    ("XX-RULE-1/asked", answer(records={"biometric-record"})),
    ("XX-RULE-2", answer(records={"youth-record"})),
    ("XX-RULE-3", ask(act=Act.ADMIT, categories={"source-or-method"})),
    ("XX-RULE-3", answer(asks={"source-or-method"})),
    ("XX-RULE-4", ask(categories={"intercept"})),
    ("XX-RULE-4", answer(records={"intercept-product"})),
    ("XX-RULE-6", answer(records={"fiu-record"})),
    ("XX-RULE-6", ask(purpose="illicit-finance")),
    ("XX-RULE-7/opinion", ask(kind="rfi", conduct="protest")),
    ("XX-RULE-7/opinion", ask(kind="rfi", conduct="membership", purpose="violent-extremism")),
    ("XX-RULE-7/opinion", ask(kind="rfi", conduct="sympathy", purpose="violent-extremism")),
    ("XX-RULE-8", ask(third_state=True)),
    ("XX-RULE-11", ask(categories={"protection-claim"})),
    ("XX-RULE-11", ask(act=Act.ADMIT, categories={"protection-claim"})),
    ("XX-RULE-11", answer(records={"refugee-record"})),
    ("XX-RULE-11", answer(asks={"protection-claim"})),
    ("XX-RULE-12", ask(categories={"privileged"})),
    ("XX-RULE-12", answer(asks={"privileged"})),
]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("rule", "question"), HARD)
def test_refused_whatever_is_approved(law: str, rule: str, question: Question) -> None:
    for urgency in (Urgency.URGENT, Urgency.IMMEDIATE):
        verdict = gate(law).decide(
            ask(**{
                **{name: getattr(question, name) for name in question.__dataclass_fields__},
                "approvals": EVERY_APPROVAL, "assessments": BOTH, "urgency": urgency,
                "minimum_facts": urgency is Urgency.IMMEDIATE,
            }),
            DAY,
        )  # fmt: skip
        assert verdict.effect is Effect.REFUSE
        assert rule in ids(verdict)


REFERRED = [
    ("XX-RULE-7/known-for", ask(known_for={"journalism"}), "legal-officer"),
    ("XX-RULE-7/conduct", ask(kind="rfi", asks={"person"}), "legal-officer"),
    ("XX-RULE-10", ask(categories={"location"}), "decider-outside"),
    ("XX-RULE-10", answer(asks={"location"}), "decider-outside"),
    ("XX-RULE-10", answer(records={"vehicle-record"}), "decider-outside"),
    ("XX-OWN-POWER", ask(kind="rfi", own_power=False), "legal-officer"),
    ("XX-BUDGET", ask(kind="rfi", budget_spent=True), "budget-approver"),
]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("rule", "question", "to"), REFERRED)
def test_referred_to_whom_it_belongs(law: str, rule: str, question: Question, to: str) -> None:
    verdict = gate(law).decide(question, DAY)
    assert verdict.effect is Effect.REFER
    assert rule in ids(verdict)
    assert verdict.refer_to in {to, "assessor"}
    assert verdict.missing


@pytest.mark.parametrize("law", LAWS)
def test_immediate_is_never_stopped_by_a_budget(law: str) -> None:
    assert gate(law).decide(ask(kind="rfi", conduct="theft", budget_spent=True, urgency=Urgency.IMMEDIATE), DAY).permits


@pytest.mark.parametrize("law", LAWS)
def test_a_question_may_ask_what_no_answer_gives(law: str) -> None:
    """The question crosses; the answer is refused as such, whatever is held."""
    for asked in ({"protection-claim"}, {"location"}, {"national-number"}):
        assert gate(law).decide(ask(kind="rfi", asks=asked, conduct="theft", assessments=BOTH), DAY).permits
        held = ask(kind="answer", stage="holding", asks=asked)
        assert gate(law).decide(held, DAY).permits


@pytest.mark.parametrize("law", LAWS)
def test_a_refusal_repeats_what_was_asked_and_goes(law: str) -> None:
    assert gate(law).decide(ask(kind="refusal", asks={"protection-claim"}, records={"refugee-record"}), DAY).permits


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("outcome", "effect"),
    [
        ({"decision": Decision.NO}, Effect.REFUSE),
        ({"risk_after": Risk.SUBSTANTIAL}, Effect.REFUSE),
        ({"decision": Decision.UNDECIDED}, Effect.REFER),
        ({"decision": Decision.DISPUTED}, Effect.REFER),
    ],
)
@pytest.mark.parametrize("act", ["disclose", "request", "use"])
def test_what_an_assessment_said_binds(law: str, act: str, outcome: dict[str, object], effect: Effect) -> None:
    question = {
        "disclose": ask(categories={"person"}, assessments=(assessed("disclose", **outcome),)),
        "request": ask(
            kind="rfi", conduct="theft", asks={"person"}, assessments=(assessed("request", **outcome),)
        ),
        "use": ask(act=Act.USE, categories={"person"}, assessments=(assessed("use", **outcome),)),
    }[act]  # fmt: skip
    verdict = gate(law).decide(question, DAY)
    assert (verdict.effect, verdict.ground, verdict.outward) == (effect, "mistreatment-risk", "cannot-assist")


@pytest.mark.parametrize("law", LAWS)
def test_the_head_may_let_an_undecided_one_go_but_not_a_substantial_risk(law: str) -> None:
    undecided = assessed("disclose", decision=Decision.UNDECIDED)
    assert (
        gate(law)
        .decide(ask(categories={"person"}, approvals={"head-of-agency"}, assessments=(undecided,)), DAY)
        .permits
    )
    grave = assessed("disclose", decision=Decision.UNDECIDED, risk_after=Risk.SUBSTANTIAL)
    verdict = gate(law).decide(ask(categories={"person"}, approvals={"head-of-agency"}, assessments=(grave,)), DAY)
    assert verdict.effect is Effect.REFUSE


@pytest.mark.parametrize("law", LAWS)
def test_a_place_goes_only_by_a_decider_outside(law: str) -> None:
    whole = {"kind": "answer", "asks": {"location"}, "categories": {"location"}}
    outside = (assessed("disclose"),)
    inside = (assessed("disclose", decider_outside=False),)
    assert gate(law).decide(ask(**whole, assessments=outside, approvals={"decider-outside"}), DAY).permits
    for question in (
        ask(**whole, assessments=inside, approvals={"decider-outside"}),
        ask(**whole, assessments=outside),
        ask(**whole, approvals={"decider-outside"}),
        ask(**whole, urgency=Urgency.IMMEDIATE, minimum_facts=True, purpose="extortion-threat-to-life"),
    ):
        assert gate(law).decide(question, DAY).effect is Effect.REFER
    no = (assessed("disclose", decision=Decision.NO),)
    verdict = gate(law).decide(ask(**whole, assessments=no, approvals={"decider-outside"}), DAY)
    assert (verdict.effect, verdict.ground, verdict.outward) == (Effect.REFUSE, "location", "cannot-assist")


def test_personal_data_needs_an_assessment_here() -> None:
    assert gate("ca").decide(ask(categories={"person"}), DAY).missing == ("assessment:disclose",)
    assert gate("ca").decide(ask(kind="rfi", conduct="t", asks={"person"}), DAY).missing == ("assessment:request",)
    assert gate("ca").decide(ask(act=Act.USE, categories={"person"}), DAY).missing == ("assessment:use",)
    short = tuple(assessed(act, short_form=True) for act in ("disclose", "request"))
    both = {"kind": "rfi", "conduct": "t", "asks": {"person"}, "categories": {"person"}, "assessments": short}
    verdict = gate("ca").decide(ask(**both), DAY)
    assert verdict.missing == ("assessment:disclose:full", "assessment:request:full")
    assert gate("ca").decide(ask(**both, urgency=Urgency.IMMEDIATE), DAY).permits


def test_minimum_facts_wait_for_no_paper_but_for_the_short_form() -> None:
    life = {
        "kind": "spontaneous", "purpose": "extortion-threat-to-life", "urgency": Urgency.IMMEDIATE,
        "minimum_facts": True, "categories": {"person"}, "basis": set(), "asserts": True, "evaluated": True,
    }  # fmt: skip
    assert gate("ca").decide(ask(**life), DAY).missing == ("assessment:disclose",)
    verdict = gate("ca").decide(ask(**life, assessments=(assessed("disclose", short_form=True),)), DAY)
    assert verdict.permits
    assert {"CA-PA-8/m", "CA-PA-8/m-head"} <= ids(verdict)
    slow = {**life, "minimum_facts": False}
    late = gate("ca").decide(ask(**slow, assessments=(assessed("disclose"),)), DAY)
    assert (late.effect, late.missing) == (Effect.REFUSE, ("basis:arrangement",))
    customs = {**life, "categories": {"commercial"}, "records": {"customs-record"}, "purpose": "serious-violence"}
    assert "CA-CU-107/life" in ids(gate("ca").decide(ask(**customs), DAY))
    cyber = {**life, "categories": {"indicator"}, "purpose": "cyber-incident", "tlp": "RED"}
    assert {"CA-CSE-46", "CA-CSE-46/minister"} <= ids(gate("ca").decide(ask(**cyber), DAY))


def test_a_written_arrangement_opens_customs_only_once_the_edition_knows_it() -> None:
    question = ask(kind="answer", purpose="fraud", records={"customs-record"}, basis={"arrangement-written:customs"})
    verdict = gate("ca").decide(question, DAY)
    assert (verdict.effect, ids(verdict)) == (Effect.REFUSE, {"CA-CU-107/secret"})
    assert gate("in").decide(question, DAY).missing == ("basis:arrangement-written:customs",)
    files = assemble(folders(), "ca")
    files["edition.toml"] += CUSTOMS_ARRANGEMENT
    assert ids(CedarGate(Edition.load(files)).decide(question, DAY)) == {"CA-CU-107"}


def test_the_death_penalty_condition_and_its_lifting() -> None:
    grave = {"purpose": "serious-violence", "categories": {"person"}, "assessments": (assessed("disclose"),)}
    duties = gate("ca").decide(ask(**grave), DAY).obligations
    assert [(duty.verb, duty.value) for duty in duties] == [("caveat", "no-death-penalty-proceeding")]
    lifted = gate("ca").decide(ask(**grave, approvals={"lift:no-death-penalty-proceeding"}), DAY)
    assert (lifted.effect, lifted.refer_to, lifted.ground) == (Effect.REFER, "central-authority", "capital-offence")


@pytest.mark.parametrize("law", LAWS)
def test_evidence_goes_the_treaty_way(law: str) -> None:
    verdict = gate(law).decide(ask(categories={"person"}, conditions=set(), assessments=(assessed("disclose"),)), DAY)
    assert (verdict.effect, verdict.refer_to) == (Effect.REFER, "central-authority")
    assert gate(law).decide(ask(purpose="treaty-request"), DAY).refer_to == "central-authority"


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("rule", "question"),
    [
        ("XX-LABEL/evaluation", ask(asserts=True)),
        ("XX-LABEL/handling", ask(handling=set())),
        ("XX-LABEL/colours", ask(tlp="RED", categories={"person"})),
        ("XX-ACCORD/no-case-data", ask(purpose="liaison", asks={"person"})),
    ],
)
def test_a_label_has_effect(law: str, rule: str, question: Question) -> None:
    verdict = gate(law).decide(question, DAY)
    assert verdict.effect is Effect.REFUSE
    assert rule in ids(verdict)
    assert "unclear" in (verdict.ground or "")


RESTRICTING = [
    ("ca", "CA-CSIS-17", ask(agency="csis", basis=set())),
    ("ca", "CA-CSE-24", answer(purpose="cyber-incident", records={"traffic-capture"})),
    ("ca", "CA-CC-193", ask(categories={"intercept"}, basis={"order-reference", "arrangement:2026-02"})),
    ("ca", "CA-EXT-44", ask(conduct="extradition")),
    ("ca", "CA-YCJA-125", answer(records={"youth-record"})),
    ("ca", "CA-FIN-56", answer(records={"fiu-record"})),
    ("ca", "CA-FISI-16", ask(purpose="restricted-dialogue")),
    ("ca", "CA-PA-8/no-arrangement", ask(categories={"person"}, basis=set())),
    ("in", "IN-INT", ask(agency="ib")),
    ("in", "IN-OSA-5", ask(purpose="restricted-dialogue")),
    ("in", "IN-PMLA-56", answer(records={"fiu-record"})),
    ("in", "IN-IT-69", ask(categories={"intercept"}, basis={"order-reference"})),
    ("in", "IN-IT-69/subscriber", answer(purpose="cybercrime", records={"subscriber-record"})),
    ("in", "IN-CON-21/proportion", answer(records={"bulk-list"})),
]


@pytest.mark.parametrize(("law", "rule", "question"), RESTRICTING)
def test_each_restricting_rule_of_one_law(law: str, rule: str, question: Question) -> None:
    verdict = gate(law).decide(question, DAY)
    assert not verdict.permits
    assert rule in ids(verdict)


REMOVED = [
    ("ca", "minor", "CA-YCJA-110", {}),
    ("ca", "national-number", "CA-PA-8/number", {}),
    ("ca", "person", "CA-CSE-43/person", {"purpose": "cyber-incident", "tlp": "RED"}),
    ("in", "source-or-method", "IN-NDPS-68", {}),
    ("in", "victim", "IN-BNS-72", {}),
]


@pytest.mark.parametrize(("law", "category", "rule", "more"), REMOVED)
def test_each_removal_outside_the_day(law: str, category: str, rule: str, more: dict[str, object]) -> None:
    verdict = gate(law).decide(ask(categories={category}, **more), DAY)
    assert verdict.permits
    assert (("redact", category, rule)) in {(duty.verb, duty.value, duty.rule) for duty in verdict.obligations}
