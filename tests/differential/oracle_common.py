"""What both parties agreed, rule by rule: the accord's own business, the label, the rules that no officer overrides."""

from __future__ import annotations

from comity.policy.question import Question
from tests.differential.oracle_facts import (
    ALL,
    ANSWERING,
    CARRIED,
    FURTHER,
    GOING,
    HELD,
    NEVER_OUT,
    OWN_BUSINESS,
    SENT,
    UNSURE,
    Facts,
    Row,
    permit,
    refer,
    refuse,
    words,
)
from tests.differential.oracle_labels import ROWS as LABELS

_BODY = {"biometric", "national-number"}
_MOVEMENTS = {"travel-record", "vehicle-record", "call-records"}
_OPINION = words(
    "speech praise protest faith opinion journalism membership attendance symbol gift advocacy activism "
    "artistic-expression criticism demonstration dissent donation prayer religion reporting sermon slogan support sympathy"
)
_VIOLENT = words("act attempt plan threat direction procurement funding training recruitment")
_OPINION_STEMS = words(
    "speech protest demonstration opinion faith religio journalis sermon slogan activis dissent advocacy sympath "
    "political"
)
_NO_ACT = {""} | words(
    "- any background general intelligence n/a none not-stated person-of-interest suspicion suspicious unknown various"
)
_NEEDS_NO_CONDUCT = OWN_BUSINESS | {"missing-person", "deconfliction", "drug-alert", "cyber-incident"}
_HOLDERS_LIFE = {"location", "contact", "account", "health", "political-or-religious", "minor", "victim"}


_OF_GOODS = {"pen", "pen-reply", "objection", "incident", "shipped", "arrived-quantity", "outcome"}


def _asks_anything(q: Question) -> bool:
    """A question is one under whatever kind; who tells unasked, or corrects, names the records it draws on."""
    if q.kind == "rfi":
        return True
    if q.kind in ANSWERING:
        return False
    if q.kind in _OF_GOODS and q.records <= {"permit-data"}:
        return bool(q.asks)
    return bool(q.asks) or (bool(q.records) and q.kind not in {"spontaneous", "correction"})


def _asks_of_person(q: Question, f: Facts) -> bool:
    """It asks about a person: an rfi that speaks of one or asks; what is told unasked only if it asks for something."""
    match q.kind:
        case "rfi":
            return f.personal or f.asks_personal
        case "spontaneous":
            return f.asks_personal and bool(q.asks)
        case _:
            return f.questions


def _of_someone(q: Question, f: Facts) -> bool:
    """A received fact about a person, whatever was tagged: what was said of somebody is one."""
    return f.personal or q.asserts


def _said(q: Question, f: Facts, *, no: bool) -> bool:
    """One of the assessments that this act turns on said no, or left a substantial risk without saying no."""

    def so(outcome) -> bool:
        if outcome is None:
            return False
        return (outcome.decision == "no") if no else (outcome.decision != "no" and outcome.risk_after == "substantial")

    if q.act == "use":
        return _of_someone(q, f) and so(f.use)
    place = "location" in q.categories or (f.gives and "location" in q.asks)
    answered_elsewhere = no and place  # for a place that goes, rule 10 and each edition's own rule
    return (f.about and not answered_elsewhere and so(f.disclose)) or (f.questions and so(f.request))


def _undecided(q: Question, f: Facts) -> bool:
    def so(outcome) -> bool:
        return outcome is not None and outcome.decision in UNSURE

    if q.act == "clear":
        return (f.about and so(f.disclose)) or (f.questions and so(f.request))
    return _of_someone(q, f) and so(f.use)


def _tainted(f: Facts) -> bool:
    return f.use is not None and f.use.tainted


def _place(q: Question, f: Facts) -> bool:
    return "location" in q.categories or (f.gives and ("location" in q.asks or bool(q.records & _MOVEMENTS)))


def _safe_place(q: Question, outcome) -> bool:
    """A decider outside the operation assessed the person's safety, approved, and it goes."""
    decided = outcome is not None and outcome.decider_outside and outcome.decision in GOING
    return decided and "decider-outside" in q.approvals


def _outside_said_no(f: Facts) -> bool:
    return f.disclose is not None and f.disclose.decider_outside and f.disclose.decision == "no"


ACCORD = (
    permit("XX-ACCORD", "clear admit use", lambda _q, f: f.own),
    permit(
        "XX-ACCORD/held",
        "onward export court access",
        lambda q, f: (
            f.own
            and not f.personal
            and {
                "onward": not q.outside and bool(q.to_agencies),
                "export": True,
                "court": "court" in q.released,
                "access": "access" in q.released,
            }[q.act]
        ),
    ),
    permit(
        "XX-ACCORD/recall",
        "clear admit use",
        lambda q, _f: q.kind == "recall" or (q.kind, q.answers) == ("answer", "recall"),
    ),
    permit(
        "XX-ACCORD/room",
        SENT,
        lambda q, _f: (
            q.purpose == "restricted-dialogue"
            and q.kind in {"answer", "message", "refusal", "rfi", "spontaneous"}
            and (q.act == "admit" or "release-authority" in q.approvals)
        ),
    ),
    refuse(
        "XX-ACCORD/no-case-data",
        "unclear",
        SENT,
        lambda q, f: f.own and (bool(q.asks | q.records) or (f.personal and q.kind != "posting")),
    ),
    refuse("XX-LABEL/evaluation", "unclear", SENT, lambda q, _f: q.asserts and not q.evaluated, cure="evaluation"),
    refuse(
        "XX-LABEL/handling",
        "unclear",
        SENT,
        lambda q, f: not q.handling and not q.tlp and not f.own and q.kind != "recall",
        cure="label:handling",
    ),
    refuse("XX-LABEL/colours", "unclear", SENT, lambda q, f: bool(q.tlp) and f.personal, cure="label:handling"),
    refer(
        "XX-OWN-POWER",
        "no-legal-basis",
        "legal-officer",
        SENT,
        lambda q, f: (
            not q.own_power
            and _asks_anything(q)
            and not f.own
            and q.purpose not in {"missing-person", "deconfliction", "drug-alert"}
            and "legal-officer" not in q.approvals
            and not f.glass
        ),
        cure="approval:legal-officer",
    ),
    refuse(
        "XX-DECONFLICT",
        "unclear",
        SENT,
        lambda q, f: (
            (q.purpose == "deconfliction" or "deconflict" in {q.kind, q.answers}) and (f.personal or f.asks_personal)
        ),
    ),
    refer(
        "XX-BUDGET",
        "budget",
        "budget-approver",
        "clear",
        lambda q, f: q.budget_spent and not f.immediate and "budget-approver" not in q.approvals,
        cure="approval:budget-approver",
    ),
)

OVERRIDING = (
    refuse("XX-RULE-1", "hard-stop", NEVER_OUT, lambda q, _f: bool(q.categories & _BODY)),
    refuse(
        "XX-RULE-1/asked",
        "hard-stop",
        SENT,
        lambda q, f: f.gives and (bool(q.asks & _BODY) or "biometric-record" in q.records),
    ),
    refuse(
        "XX-RULE-2", "hard-stop", NEVER_OUT, lambda q, f: f.gives and "youth-record" in q.records, "central-authority"
    ),
    refuse(
        "XX-RULE-3",
        "hard-stop",
        ALL,
        lambda q, f: "source-or-method" in q.categories or (f.gives and "source-or-method" in q.asks),
    ),
    refuse(
        "XX-RULE-4",
        "no-legal-basis",
        NEVER_OUT,
        lambda q, f: (
            ("intercept" in q.categories or (f.gives and "intercept-product" in q.records))
            and "order-reference" not in f.basis
        ),
        "central-authority",
        "basis:order-reference",
    ),
    refuse("XX-RULE-5/no", "mistreatment-risk", "clear use", lambda q, f: _said(q, f, no=True)),
    refuse("XX-RULE-5/risk", "mistreatment-risk", "clear use", lambda q, f: _said(q, f, no=False)),
    refer(
        "XX-RULE-5/head",
        "mistreatment-risk",
        "head-of-agency",
        f"clear {HELD}",
        lambda q, f: _undecided(q, f) and "head-of-agency" not in q.approvals,
        "approval:head-of-agency",
    ),
    refuse(
        "XX-RULE-5/tainted",
        "mistreatment-risk",
        HELD,
        lambda q, f: _tainted(f) and (q.act, q.serves) != ("use", "prevent-harm"),
    ),
    refer(
        "XX-RULE-5/tainted-life",
        "mistreatment-risk",
        "head-of-agency",
        "use court access",
        lambda q, f: (
            _tainted(f)
            and (q.act in {"court", "access"} or q.serves == "prevent-harm")
            and "head-of-agency" not in q.approvals
        ),
        "approval:head-of-agency",
    ),
    refuse(
        "XX-RULE-5/later",
        "mistreatment-risk",
        FURTHER,
        lambda q, f: (
            _of_someone(q, f) and f.use is not None and (f.use.decision == "no" or f.use.risk_after == "substantial")
        ),
    ),
    refuse(
        "XX-RULE-6",
        "hard-stop",
        NEVER_OUT,
        lambda q, f: (
            q.desk != "finance"
            and ("illicit-finance" in {q.purpose, q.new_purpose} or (f.gives and "fiu-record" in q.records))
        ),
        "finance-desk",
    ),
    refuse(
        "XX-RULE-7/opinion",
        "political-or-discriminatory",
        CARRIED,
        lambda q, _f: (
            q.conduct in _OPINION
            or ("violent-extremism" in {q.purpose, q.new_purpose} and q.conduct not in _VIOLENT and q.conduct != "")
        ),
    ),
    refer(
        "XX-RULE-7/second-ground",
        "political-or-discriminatory",
        "legal-officer",
        SENT,
        lambda q, _f: "legal-officer" not in q.approvals and any(stem in q.conduct for stem in _OPINION_STEMS),
        "approval:legal-officer",
    ),
    refer(
        "XX-RULE-7/known-for",
        "political-or-discriminatory",
        "legal-officer",
        CARRIED,
        lambda q, _f: bool(q.known_for) and "legal-officer" not in q.approvals,
        "approval:legal-officer",
    ),
    refer(
        "XX-RULE-7/conduct",
        "unclear",
        "legal-officer",
        SENT,
        lambda q, f: (
            q.conduct in _NO_ACT
            and _asks_of_person(q, f)
            and q.purpose not in _NEEDS_NO_CONDUCT
            and not (q.purpose == "border-document" and not q.asks & _HOLDERS_LIFE)
        ),
        "conduct",
    ),
    refuse(
        "XX-RULE-8",
        "originator-objects",
        ALL,
        lambda q, f: (
            (q.third_state or q.outside == "third-state")
            and "originator-consent" not in f.basis
            and "third-state" not in q.released
        ),
        cure="basis:originator-consent consent:third-state",
    ),
    refer(
        "XX-RULE-10",
        "location",
        "decider-outside",
        "clear",
        lambda q, f: _place(q, f) and not _safe_place(q, f.disclose) and not _outside_said_no(f),
        "approval:decider-outside assessment:disclose",
    ),
    refer(
        "XX-RULE-10/later",
        "location",
        "decider-outside",
        f"{FURTHER} court access",
        lambda q, f: (
            ("location" in q.categories or (f.gives and bool(q.records & _MOVEMENTS))) and not _safe_place(q, f.use)
        ),
        "approval:decider-outside assessment:use",
    ),
    refuse(
        "XX-RULE-11",
        "protection-claim",
        ALL,
        lambda q, f: (
            "protection-claim" in q.categories
            or (f.gives and ("protection-claim" in q.asks or "refugee-record" in q.records))
        ),
    ),
    refuse(
        "XX-RULE-12",
        "privileged",
        ALL,
        lambda q, f: "privileged" in q.categories or (f.gives and "privileged" in q.asks),
    ),
)

ROWS: tuple[Row, ...] = (*ACCORD, *OVERRIDING, *LABELS)
