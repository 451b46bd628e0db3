"""The Indian edition, rule by rule, its private supplement too."""

from __future__ import annotations

from comity.policy.question import Question
from tests.differential.oracle_common import ROWS as COMMON
from tests.differential.oracle_facts import (
    ANSWERING,
    IMMIGRATION,
    OWN_BUSINESS,
    Facts,
    Row,
    oblige,
    permit,
    refer,
    refuse,
)

_SENT_USED = "clear admit use"
_LATER = "onward repurpose export court access"
_PROTECTED_YEAR = "2027-05-13"
"""About the day on which the duties of the data-protection law come into force."""
_SERVICES = {"ib", "raw"}
_NEVER_BY_IT = {"", "automated-decision", "capital-proceeding"}


def _lead(q: Question, f: Facts) -> bool:
    """An informal exchange between police: for leads only, with an act named where somebody asks or tells of one."""
    marked = "lead-only" in f.conditions or q.kind in {"refusal", "reminder"}
    suspects_nobody = q.purpose in {"missing-person", "border-document", "deconfliction", "drug-alert"}
    named = q.conduct != "" or suspects_nobody or q.kind not in {"rfi", "spontaneous"}
    return f.police and marked and named and (q.act != "use" or q.serves not in _NEVER_BY_IT)


def _consented(q: Question, f: Facts, *, public: bool = False) -> bool:
    """To our own agencies and a file; beyond, for another purpose, to a court or a requester, with consent."""
    match q.act:
        case "onward":
            home = q.outside == "" and len(q.to_agencies) > 0
            return home or (q.outside == "third-state" and "third-state" in q.released)
        case "repurpose":
            return "purpose" in q.released
        case "export":
            return True
        case act:  # a court, a requester: the release has the word of the act
            return public or act in q.released


def _trade(q: Question, f: Facts) -> bool:
    return q.purpose == "precursor-diversion" and not f.personal


def _incident(q: Question, f: Facts) -> bool:
    return q.purpose == "cyber-incident" and not f.personal


def _intercepted(q: Question, f: Facts) -> bool:
    return "intercept" in q.categories or (f.gives and "intercept-product" in q.records)


def _drawn(*records: str):
    """It gives what stands in such records."""
    wanted = set(records)
    return lambda q, f: f.gives and bool(q.records & wanted)


_BY_ORDER = _drawn("subscriber-record", "call-records", "traffic-capture", "membership-list", "bulk-list")
_CUSTOMS = _drawn("customs-record")
_MARKED = "national-security", "release-authority"


def _one_side_lists(q: Question) -> bool:
    """One of the two lists this person and the other does not, nor do the United Nations."""
    return "un" not in q.listed_by and len(q.listed_by & {"ours", "theirs"}) == 1


REQUESTS = (
    permit("IN-MLA-INF", _SENT_USED, _lead),
    permit("IN-MLA-INF/held", _LATER, lambda q, f: f.police and _consented(q, f)),
    refer(
        "IN-MLA-CA",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, _f: q.purpose == "treaty-request" and q.desk != "central-authority",
    ),
    refer(
        "IN-MLA-CA/lead",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, f: (
            f.personal and "lead-only" not in f.conditions and q.purpose not in OWN_BUSINESS | {"treaty-request"}
        ),
        "label:lead-only",
    ),
    refuse(
        "IN-CON-21/proportion",
        "disproportionate",
        "clear",
        lambda q, f: _drawn("membership-list", "bulk-list", "call-records")(q, f) and "order-reference" not in f.basis,
    ),
    refuse(
        "IN-CON-21/location",
        "location",
        "clear",
        lambda q, f: (
            (
                "location" in q.categories
                or (f.gives and "location" in q.asks)
                or _drawn("travel-record", "vehicle-record")(q, f)
            )
            and f.disclose is not None
            and f.disclose.decider_outside
            and f.disclose.decision == "no"
        ),
    ),
    oblige(
        "IN-BNS-72",
        "redact:victim",
        "clear",
        lambda q, _f: "victim" in q.categories and q.purpose not in {"missing-person", "cyber-incident"},
    ),
    refer(
        "IN-INT",
        *_MARKED,
        "clear",
        lambda q, f: q.agency in _SERVICES and "release-authority" not in q.approvals and not f.own and not f.glass,
        "approval:release-authority",
    ),
    refer(
        "IN-OSA-5",
        *_MARKED,
        "clear",
        lambda q, f: (
            (q.classified or q.purpose == "restricted-dialogue") and not ("release-authority" in q.approvals or f.glass)
        ),
        "approval:release-authority",
    ),
    refer(
        "IN-OSA-5/held",
        *_MARKED,
        "onward export court access",
        lambda q, f: q.classified and not ("release-authority" in q.approvals or f.glass),
        "approval:release-authority",
    ),
    refuse(
        "IN-PMLA-56",
        "hard-stop",
        "clear",
        lambda q, f: _drawn("fiu-record")(q, f) and q.desk != "finance",
        "finance-desk",
    ),
    oblige("IN-DPDP-17-1-c", "report:safeguards-recorded", "clear", lambda _q, f: f.personal, since=_PROTECTED_YEAR),
    oblige(
        "IN-DPDP-16",
        "report:transfer-checked",
        "clear",
        lambda q, f: (
            f.personal
            and q.purpose
            in OWN_BUSINESS
            | {"missing-person", "border-document", "drug-alert", "deconfliction", "restricted-dialogue"}
        ),
        since=_PROTECTED_YEAR,
    ),
    refer(
        "IN-BNSS-112", "no-legal-basis", "central-authority", "evidence", lambda q, _f: q.desk != "central-authority"
    ),
    refuse(
        "IN-BNSS-112/letter",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            q.purpose == "treaty-request" and q.kind in {"rfi", "convert-to-mla"} and "letter-of-request" not in f.basis
        ),
        cure="basis:letter-of-request",
    ),
    refer(
        "IN-BNSS-113",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, f: (
            _BY_ORDER(q, f)
            and "order-reference" in f.basis
            and q.desk != "central-authority"
            and "central-authority" not in q.approvals
        ),
        "approval:central-authority",
    ),
    refer(
        "IN-NIA-6-8",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, f: (
            q.agency == "nia"
            and q.kind not in ANSWERING
            and (bool(q.asks) or not f.gives)
            and bool(q.records & {"subscriber-record", "call-records", "traffic-capture", "intercept-product"})
            and "central-authority" not in q.approvals
        ),
        "approval:central-authority",
    ),
    refer(
        "IN-UAPA-35",
        "political-or-discriminatory",
        "legal-officer",
        "clear use onward repurpose",
        lambda q, f: (
            (f.personal or f.asks_personal)
            and _one_side_lists(q)
            and not (q.act == "clear" and q.kind in {"refusal", "recall", "withdraw"})
            and "legal-officer" not in q.approvals
            and not f.glass
        ),
        "approval:legal-officer",
    ),
    refuse(
        "IN-RTI-8-1-f",
        "originator-objects",
        "access",
        lambda q, _f: "access" not in q.released,
        cure="consent:access",
    ),
    refer(
        "IN-RTI-8-1-f/body",
        "national-security",
        "information-commission",
        "access",
        lambda q, _f: q.agency in _SERVICES | {"dri", "ed", "ncb"} and "information-commission" not in q.approvals,
        "approval:information-commission",
    ),
    oblige("IN-RTI-8-1-f/record", "report:access-decision", "access", lambda _q, _f: True),
    refuse(
        "IN-CON-21/machine",
        "disproportionate",
        "use",
        lambda q, f: f.personal and q.serves == "automated-decision",
    ),
    refuse(
        "IN-CON-21/minor-offence",
        "minor-offence",
        "clear",
        lambda q, f: f.about and q.conduct in {"minor-offence", "traffic-offence", "public-nuisance"},
    ),
)

IDENTITY = (
    oblige("IN-AADH-29", "redact:national-number", "clear", lambda q, _f: "national-number" in q.categories),
    refuse(
        "IN-AADH-29/asked",
        "hard-stop",
        "clear",
        lambda q, f: f.gives and not q.asks.isdisjoint({"national-number", "biometric"}),
    ),
    oblige("IN-JJ-74", "redact:minor", "clear", lambda q, _f: "minor" in q.categories),
    oblige("IN-NDPS-68", "redact:source-or-method", "clear", lambda q, _f: "source-or-method" in q.categories),
    oblige(
        "IN-IFA",
        "report:offence-label-forged-papers",
        "clear",
        lambda q, _f: q.kind == "rfi" and q.purpose in {"border-document", "immigration-fraud"},
        since="2025-09-01",
    ),
    refuse(
        "IN-JJ-74/held",
        "hard-stop",
        "export access",
        lambda q, _f: "minor" in q.categories and "protection-officer" not in q.approvals,
        cure="approval:protection-officer",
    ),
    refuse(
        "IN-BNS-72/held",
        "safety-of-person",
        "onward access",
        lambda q, _f: "victim" in q.categories and "protection-officer" not in q.approvals,
        cure="approval:protection-officer",
    ),
    refer(
        "IN-PP-10",
        "no-legal-basis",
        "passport-authority",
        "use",
        lambda q, _f: (
            q.serves == "decision-on-person" and q.purpose in IMMIGRATION and "passport-authority" not in q.approvals
        ),
        "approval:passport-authority",
    ),
)

TRADE = (
    permit(
        "IN-RCS-10",
        _SENT_USED,
        lambda q, f: _trade(q, f) and (q.act != "use" or q.serves not in {"", "capital-proceeding"}),
    ),
    oblige(
        "IN-RCS-10/price",
        "redact:commercial",
        "clear",
        lambda q, _f: q.purpose == "precursor-diversion" and q.kind == "spontaneous" and "commercial" in q.categories,
    ),
    permit("IN-RCS-10/held", _LATER, lambda q, f: _trade(q, f) and _consented(q, f)),
    oblige(
        "IN-RCS-10/clock",
        "report:noc-21-working-days",
        "clear",
        lambda q, _f: (q.purpose, q.kind) == ("precursor-diversion", "pen"),
    ),
    oblige(
        "IN-RCS-10/withhold",
        "report:noc-withheld",
        "admit",
        lambda q, _f: (q.purpose, q.kind) == ("precursor-diversion", "objection"),
    ),
    oblige(
        "IN-RCS-10/wait",
        "report:noc-waits",
        "admit",
        lambda q, _f: (
            (q.purpose, q.kind) == ("precursor-diversion", "pen-reply")
            and q.stage in {"enquiry", "need-information", "controlled-delivery"}
        ),
    ),
    oblige(
        "IN-RCS-10/enforcement",
        "report:enforcement-desks",
        "clear admit",
        lambda q, _f: (q.purpose, q.kind) == ("precursor-diversion", "incident"),
    ),
    oblige(
        "IN-NDPS-9A",
        "report:list-check",
        "admit",
        lambda q, _f: q.purpose == "precursor-diversion" and q.kind in {"pen", "spontaneous"},
    ),
    refuse(
        "IN-CU-151B",
        "no-legal-basis",
        "clear",
        lambda q, f: _CUSTOMS(q, f) and "arrangement-written:customs" not in f.basis,
        cure="basis:arrangement-written:customs",
    ),
    refuse("IN-CU-151B/held", "no-legal-basis", "repurpose", _CUSTOMS),
)

CYBER = (
    permit(
        "IN-IT-70B",
        _SENT_USED,
        lambda q, f: (
            _incident(q, f)
            and "arrangement:2026-02" in f.basis
            and (q.act != "use" or q.serves not in {"", "capital-proceeding"})
        ),
    ),
    permit("IN-IT-70B/held", _LATER, lambda q, f: _incident(q, f) and _consented(q, f, public=q.tlp == "CLEAR")),
    oblige("IN-IT-70B/six-hours", "report:incident-six-hours", "use", lambda q, _f: q.purpose == "cyber-incident"),
    oblige(
        "IN-IT-70B/push",
        "report:logs-searched",
        "admit",
        lambda q, _f: q.purpose == "cyber-incident" and q.kind in {"cyber-push", "supersede"},
    ),
    refuse(
        "IN-IT-70B/police",
        "wrong-authority",
        "clear admit",
        lambda q, f: (
            q.agency == "cert-in"
            and q.purpose in {"cybercrime", "platform-misuse", "fraud"}
            and (f.personal or f.asks_personal)
        ),
        "i4c",
    ),
    oblige(
        "IN-IT-70A",
        "redact:victim",
        "clear",
        lambda q, _f: q.purpose == "cyber-incident" and "victim" in q.categories,
    ),
    refer(
        "IN-IT-70A/raw",
        "national-security",
        "nciipc",
        "clear",
        lambda q, f: (
            q.purpose == "cyber-incident"
            and (q.agency == "nciipc" or _drawn("case-document")(q, f))
            and "nciipc" not in q.approvals
            and not f.glass
        ),
        "approval:nciipc",
    ),
    refuse(
        "IN-IT-69B",
        "no-legal-basis",
        "clear",
        lambda q, f: _drawn("traffic-capture")(q, f) and "order-reference" not in f.basis,
        "central-authority",
        "basis:order-reference",
    ),
    refer(
        "IN-IT-69",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, f: _intercepted(q, f) and "central-authority" not in q.approvals,
        "approval:central-authority",
    ),
    refuse(
        "IN-IT-69/subscriber",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            _drawn("subscriber-record")(q, f)
            and q.purpose in {"cyber-incident", "cybercrime", "platform-misuse"}
            and "order-reference" not in f.basis
        ),
        "central-authority",
        "basis:order-reference",
    ),
    refer(
        "IN-IT-69/held",
        "no-legal-basis",
        "central-authority",
        "onward repurpose export",
        lambda q, f: _intercepted(q, f) and "central-authority" not in q.approvals,
        "approval:central-authority",
    ),
)

PRIVATE = (
    refuse(
        "IN-PRV-1",
        "neither-confirm-nor-deny",
        "clear",
        lambda q, f: q.agency in _SERVICES and _drawn("police-file")(q, f),
    ),
    refer(
        "IN-PRV-2",
        "political-or-discriminatory",
        "head-of-agency",
        "clear",
        lambda q, _f: "diaspora" in q.known_for and "head-of-agency" not in q.approvals,
        "approval:head-of-agency",
    ),
    refuse("IN-PRV-3", "national-security", "export", lambda q, _f: q.classified),
)

ROWS: tuple[Row, ...] = (*COMMON, *REQUESTS, *IDENTITY, *TRADE, *CYBER, *PRIVATE)
