"""The Canadian edition, rule by rule: privacy, mistreatment, courts and treaties, its private supplement."""

from __future__ import annotations

from comity.policy.question import Question
from tests.differential.oracle_ca_justice import ROWS as JUSTICE
from tests.differential.oracle_ca_services import ARRANGED, asks_out, looks_own
from tests.differential.oracle_ca_services import ROWS as SERVICES
from tests.differential.oracle_common import ROWS as COMMON
from tests.differential.oracle_facts import (
    HELD,
    IMMIGRATION,
    POLICE,
    UNSURE,
    Facts,
    Row,
    any_in,
    drawn,
    oblige,
    permit,
    refer,
    refuse,
    words,
)

_SAVING = words(
    "extortion-threat-to-life serious-violence child-protection human-trafficking missing-person violent-extremism"
)
_TAKES_A_RIGHT = {"decision-on-person", "automated-decision", "watch-list", "arrest"}
_REACHES = {"contact", "location", "account"}
_CAPITAL_PURPOSES = {
    "extortion-threat-to-life", "serious-violence", "violent-extremism", "child-protection", "drug-trafficking",
}  # fmt: skip


def _capital(conduct: str) -> bool:
    named = {"murder", "killing", "kidnapping", "terrorist-act"}
    return conduct in named or any_in(conduct, "urder", "omicide", "illing", "idnap", "error", "aging war")


def _decided(outcome, *words: str) -> bool:
    return outcome is not None and outcome.decision in words


def _short(outcome) -> bool:
    return outcome is not None and outcome.short_form


def _inside(outcome) -> bool:
    return outcome is not None and not outcome.decider_outside


def _in_doubt(f: Facts) -> bool:
    return any(_decided(outcome, *UNSURE) for outcome in (f.disclose, f.request, f.use))


def _tainted(f: Facts) -> bool:
    return f.use is not None and f.use.tainted


def _risk(f: Facts, when: str, degree: str) -> bool:
    return any(made is not None and getattr(made, when) == degree for made in (f.disclose, f.request, f.use))


def _said_of_someone(q: Question, f: Facts) -> bool:
    """A fact about a person: tagged, or said of somebody under a purpose that is about somebody."""
    about_things = {"cyber-incident", "precursor-diversion", "drug-alert", "border-document"}
    return f.personal or (q.asserts and q.purpose not in about_things)


PRIVACY = (
    permit("CA-PA-8", "clear admit use", lambda _q, f: f.police and ARRANGED in f.basis),
    permit("CA-PA-8/m", "clear", lambda q, f: f.life and q.purpose in _SAVING),
    oblige("CA-PA-8/m-head", "report:head-of-agency", "clear", lambda _q, f: f.life),
    refuse(
        "CA-PA-8/no-arrangement",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            f.about and ARRANGED not in f.basis and not f.life and q.kind != "recall" and not looks_own(q, f)
        ),
        cure="basis:arrangement",
    ),
    refuse(
        "CA-PA-8/proportion",
        "disproportionate",
        "clear",
        lambda q, f: drawn(q, f, "membership-list", "bulk-list") and q.purpose not in IMMIGRATION,
    ),
    refuse(
        "CA-PA-8/location",
        "location",
        "clear",
        lambda q, f: (
            (
                "location" in q.categories
                or (f.gives and "location" in q.asks)
                or drawn(q, f, "travel-record", "vehicle-record")
            )
            and _decided(f.disclose, "no")
            and not _inside(f.disclose)
        ),
    ),
    oblige(
        "CA-PA-8/victim",
        "redact:victim",
        "clear",
        lambda q, _f: "victim" in q.categories and q.purpose != "missing-person",
    ),
    oblige(
        "CA-PA-8/holder",
        "redact:person",
        "clear",
        lambda q, _f: (q.kind, q.purpose) == ("answer", "border-document") and "person" in q.categories,
    ),
    oblige(
        "CA-PA-8/number", "redact:national-number", "clear", lambda q, _f: "national-number" in q.categories
    ),
    oblige("CA-PA-8/m-commissioner", "report:privacy-commissioner", "clear", lambda _q, f: f.life and f.about),
    permit(
        "CA-PA-8/consistent",
        "onward",
        lambda q, f: (
            not q.outside and not q.new_purpose and bool(q.to_agencies) and f.police and ARRANGED in f.basis
        ),
    ),
    permit(
        "CA-PA-8/other-purpose",
        "repurpose",
        lambda q, f: (
            not q.outside and "purpose" in q.released and q.new_purpose in POLICE and ARRANGED in f.basis
        ),
    ),
    permit(
        "CA-PA-8/evidence",
        "evidence",
        lambda q, f: (
            "evidence" in q.released
            and "central-authority" in q.approvals
            and f.police
            and ARRANGED in f.basis
        ),
    ),
    permit("CA-PA-8/court", "court", lambda q, f: q.outside == "court" and "order-reference" in f.basis),
    permit(
        "CA-PA-8/file",
        "export",
        lambda q, f: q.outside == "file" and not q.new_purpose and f.police and ARRANGED in f.basis,
    ),
    permit("CA-PA-8/access", "access", lambda q, _f: q.outside == "person" and "access" in q.released),
    refuse(
        "CA-PA-19",
        "originator-objects",
        "access",
        lambda q, f: (f.personal or q.asserts or f.asks_personal) and "access" not in q.released,
        "originator",
        "consent:access",
    ),
    refuse(
        "CA-ATIA-13",
        "originator-objects",
        "access",
        lambda q, _f: "access" not in q.released,
        "originator",
        "consent:access",
    ),
    oblige("CA-ATIA-13/consulted", "report:consult-before-disclosure", "access court", lambda _q, _f: True),
    oblige("CA-PA-19/mark", "caveat:consult-before-disclosure", "onward export", lambda _q, _f: True),
    oblige("CA-PA-22", "approval:access-officer", "access", lambda _q, _f: True),
    refuse(
        "CA-PA-6",
        "unclear",
        "use",
        lambda q, f: q.serves in _TAKES_A_RIGHT and (f.personal or q.asserts) and not q.evaluated,
        cure="evaluation",
    ),
    oblige(
        "CA-PA-6/kept",
        "report:kept-for-access",
        "use",
        lambda q, _f: q.serves in {"decision-on-person", "watch-list", "arrest"},
    ),
    refuse(
        "CA-PA-7/victim",
        "disproportionate",
        "use repurpose",
        lambda q, _f: (
            not q.categories.isdisjoint({"victim", "minor", "health"})
            and (q.serves in _TAKES_A_RIGHT if q.act == "use" else q.new_purpose == "immigration-enforcement")
        ),
    ),
    refuse(
        "CA-PA-8/missing",
        "safety-of-person",
        "clear onward export",
        lambda q, f: (
            q.purpose == "missing-person"
            and f.gives
            and not _REACHES.isdisjoint(q.categories | q.asks)
            and "consent-seen" not in q.approvals
        ),
        cure="approval:consent-seen",
    ),
    refuse(
        "CA-PA-8/holding",
        "no-legal-basis",
        "clear",
        lambda q, _f: (
            (q.kind, q.stage) == ("answer", "holding")
            and (q.asserts or bool(q.categories))
            and not q.records
            <= {
                "travel-record", "vehicle-record", "registration", "incident-data", "permit-data", "police-file",
                "case-document",
            }
        ),
    ),
)  # fmt: skip

MISTREATMENT = (
    refer(
        "CA-ACA-1",
        "mistreatment-risk",
        "assessor",
        "clear",
        lambda q, f: (
            f.disclose is None
            and (
                f.personal
                or (f.about and "location" not in q.asks and not q.records & {"travel-record", "vehicle-record"})
            )
            and q.kind != "recall"
            and not looks_own(q, f)
        ),
        "assessment:disclose",
    ),
    refer(
        "CA-ACA-1/short",
        "mistreatment-risk",
        "assessor",
        "clear",
        lambda _q, f: f.about and _short(f.disclose) and not f.immediate,
        "assessment:disclose:full",
    ),
    refer(
        "CA-ACA-1/outside",
        "mistreatment-risk",
        "assessor",
        "clear",
        lambda _q, f: f.about and _inside(f.disclose),
        "assessment:disclose:outside",
    ),
    refer(
        "CA-ACA-1/upward",
        "mistreatment-risk",
        "head-of-agency",
        "clear",
        lambda q, f: (
            f.about and not f.personal and _decided(f.disclose, *UNSURE) and "head-of-agency" not in q.approvals
        ),
        "approval:head-of-agency",
    ),
    oblige(
        "CA-ACA-1/full",
        "report:full-form-24h",
        "clear",
        lambda _q, f: f.immediate and (_short(f.disclose) or _short(f.request)),
    ),
    oblige(
        "CA-ACA-1/head",
        "report:basis-of-the-head",
        "clear admit use onward repurpose evidence export court access",
        lambda q, f: "head-of-agency" in q.approvals and (_in_doubt(f) or _tainted(f)),
    ),
    oblige(
        "CA-ACA-1/yearly",
        "report:yearly-mistreatment-report",
        "clear admit use onward repurpose evidence export court access",
        lambda q, f: (
            _risk(f, "risk_before", "substantial") or _tainted(f) or ("head-of-agency" in q.approvals and _in_doubt(f))
        ),
    ),
    refer(
        "CA-ACA-2",
        "mistreatment-risk",
        "assessor",
        "clear",
        lambda q, f: asks_out(q, f) and f.request is None,
        "assessment:request",
    ),
    refer(
        "CA-ACA-2/short",
        "mistreatment-risk",
        "assessor",
        "clear",
        lambda q, f: asks_out(q, f) and _short(f.request) and not f.immediate,
        "assessment:request:full",
    ),
    refer(
        "CA-ACA-2/outside",
        "mistreatment-risk",
        "assessor",
        "clear",
        lambda q, f: asks_out(q, f) and _inside(f.request),
        "assessment:request:outside",
    ),
    refer(
        "CA-ACA-3",
        "mistreatment-risk",
        "assessor",
        HELD,
        lambda q, f: f.use is None and _said_of_someone(q, f),
        "assessment:use",
    ),
    oblige("CA-ACA-3/admit", "report:assess-before-use", "admit", lambda q, f: f.personal and q.asserts),
    oblige("CA-ACA-3/full", "report:full-form-24h", HELD, lambda _q, f: f.immediate and _short(f.use)),
    refer(
        "CA-ACA-3/short",
        "mistreatment-risk",
        "assessor",
        HELD,
        lambda _q, f: _short(f.use) and not f.immediate,
        "assessment:use:full",
    ),
    refer(
        "CA-ACA-3/outside",
        "mistreatment-risk",
        "assessor",
        HELD,
        lambda _q, f: _inside(f.use),
        "assessment:use:outside",
    ),
    refuse(
        "CA-ACA-3/tainted",
        "mistreatment-risk",
        HELD,
        lambda q, f: _tainted(f) and (q.act, q.serves) != ("use", "prevent-harm"),
    ),
    refer(
        "CA-ACA-3/authorised",
        "mistreatment-risk",
        "head-of-agency",
        "use",
        lambda q, f: _tainted(f) and q.serves == "prevent-harm" and "head-of-agency" not in q.approvals,
        "approval:head-of-agency",
    ),
    oblige(
        "CA-EXT-44/caveat",
        "caveat:no-death-penalty-proceeding",
        "clear",
        lambda q, f: (
            (f.personal or f.asks_personal)
            and q.kind != "refusal"
            and (q.purpose in _CAPITAL_PURPOSES or _capital(q.conduct))
        ),
    ),
    refer(
        "CA-EXT-44/lift",
        "capital-offence",
        "central-authority",
        "clear",
        lambda q, _f: "lift:no-death-penalty-proceeding" in q.approvals,
    ),
)

PRIVATE = (
    refer(
        "CA-PRV-1",
        "mistreatment-risk",
        "head-of-agency",
        "clear use onward",
        lambda q, f: (
            not ({q.agency} | q.to_agencies).isdisjoint({"csis", "cyber-centre"})
            and _risk(f, "risk_after", "medium")
            and "head-of-agency" not in q.approvals
        ),
        "approval:head-of-agency",
    ),
    refer(
        "CA-PRV-2",
        "ongoing-investigation",
        "case-owner",
        "clear",
        lambda q, f: drawn(q, f, "police-file") and "case-owner" not in q.approvals and not (f.glass or f.life),
        "approval:case-owner",
        "not-held-or-not-confirmed",
    ),
    refer(
        "CA-PRV-3",
        "political-or-discriminatory",
        "head-of-agency",
        "clear use onward repurpose",
        lambda q, _f: (
            bool(q.known_for)
            and (q.purpose in IMMIGRATION or q.new_purpose in {"immigration-fraud", "immigration-enforcement"})
            and "head-of-agency" not in q.approvals
        ),
        "approval:head-of-agency",
    ),
)

ROWS: tuple[Row, ...] = (*COMMON, *PRIVACY, *MISTREATMENT, *JUSTICE, *SERVICES, *PRIVATE)
