"""The Canadian edition, rule by rule: the Charter, treaties and surrender, youth, secrets, courts, financial intelligence."""

from __future__ import annotations

from tests.differential.oracle_ca_services import looks_own
from tests.differential.oracle_facts import (
    FURTHER,
    OWN_BUSINESS,
    Row,
    any_in,
    drawn,
    in_order,
    oblige,
    refer,
    refuse,
)


def _for_surrender(conduct: str) -> bool:
    return any_in(conduct, "xtradit", "urrender", "ed notice", "ed-notice") or in_order(conduct, "rovisional", "arrest")


JUSTICE = (
    refuse(
        "CA-CH-8",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            drawn(q, f, "subscriber-record", "traffic-capture", "call-records", "intercept-product")
            and "order-reference" not in f.basis
        ),
        "central-authority",
        "basis:order-reference",
    ),
    refer(
        "CA-CC-193",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, f: (
            ("intercept" in q.categories or drawn(q, f, "intercept-product"))
            and "central-authority" not in q.approvals
            and not (f.glass and f.life)
        ),
        "approval:central-authority",
    ),
    refer(
        "CA-MLA-CA",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, _f: q.purpose == "treaty-request" and q.desk != "central-authority",
    ),
    refer(
        "CA-MLA-CA/lead",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, f: (
            f.personal and "lead-only" not in f.conditions and q.purpose != "treaty-request" and not looks_own(q, f)
        ),
        "label:lead-only",
    ),
    refer(
        "CA-MLA-CA/evidence",
        "no-legal-basis",
        "central-authority",
        "evidence",
        lambda q, _f: not ("evidence" in q.released and "central-authority" in q.approvals),
        "consent:evidence approval:central-authority",
    ),
    refer(
        "CA-EXT-44",
        "no-legal-basis",
        "central-authority",
        "clear",
        lambda q, _f: _for_surrender(q.conduct) or in_order(q.conduct, "rrest", "warrant"),
    ),
    refer(
        "CA-EXT-44/arrest",
        "no-legal-basis",
        "central-authority",
        "use onward repurpose",
        lambda q, _f: (
            (q.act != "use" or q.serves == "arrest")
            and ("treaty-request" in {q.purpose, q.new_purpose} or _for_surrender(q.conduct))
            and "central-authority" not in q.approvals
        ),
        "approval:central-authority",
    ),
    refuse("CA-YCJA-125", "hard-stop", "clear", lambda q, f: drawn(q, f, "youth-record"), "central-authority"),
    oblige("CA-YCJA-110", "redact:minor", "clear", lambda q, _f: "minor" in q.categories),
    refuse(
        "CA-YCJA-118",
        "hard-stop",
        "onward export evidence court access",
        lambda q, _f: "youth-record" in q.records,
        "central-authority",
    ),
    oblige("CA-CC-487", "report:preservation-ends-by-day-90", "clear admit", lambda q, _f: q.kind == "preserve"),
    refuse(
        "CA-CC-487/production",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            f.gives
            and q.answers == "preserve"
            and (f.personal or f.asks_personal or len(q.records) > 0)
            and "order-reference" not in f.basis
        ),
        "central-authority",
        "basis:order-reference",
    ),
    refer(
        "CA-FISI-16",
        "national-security",
        "release-authority",
        "clear export access",
        lambda q, f: (
            (q.classified or "restricted-dialogue" in {q.purpose, q.new_purpose})
            and "release-authority" not in q.approvals
            and not (q.act == "clear" and f.glass and f.life)
        ),
        "approval:release-authority",
    ),
    refer(
        "CA-CEA-38",
        "national-security",
        "attorney-general",
        "court",
        lambda q, _f: "attorney-general" not in q.approvals,
        "approval:attorney-general",
    ),
    refer(
        "CA-CEA-38/evidence",
        "national-security",
        "attorney-general",
        "evidence",
        lambda q, _f: (
            (
                q.classified
                or q.agency in {"csis", "cyber-centre"}
                or q.purpose in {"violent-extremism", "restricted-dialogue", "cyber-incident"}
                or not q.categories.isdisjoint({"intercept", "source-or-method"})
                or "intercept-product" in q.records
            )
            and "attorney-general" not in q.approvals
        ),
        "approval:attorney-general",
    ),
    oblige(
        "CA-CEA-38/silent",
        "report:notice-not-disclosed",
        "court evidence",
        lambda q, _f: "attorney-general" in q.approvals,
    ),
    oblige("CA-CEA-31", "report:authenticity-and-integrity", "court evidence", lambda _q, _f: True),
    refuse(
        "CA-FIN-56",
        "hard-stop",
        "clear",
        lambda q, f: drawn(q, f, "fiu-record") and q.desk != "finance",
        "finance-desk",
    ),
    refuse(
        "CA-FIN-56/desk",
        "wrong-authority",
        "clear",
        lambda q, f: (
            q.agency == "fintrac"
            and q.desk != "finance"
            and q.kind != "refusal"
            and not (q.purpose in OWN_BUSINESS and not f.personal)
        ),
        "finance-desk",
    ),
    refuse(
        "CA-FIN-56/agreement",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            q.desk == "finance"
            and (q.purpose == "illicit-finance" or "fiu-record" in q.records or q.agency == "fintrac")
            and q.kind not in {"refusal", "reminder"}
            and "arrangement-written:finance" not in f.basis
        ),
        cure="basis:arrangement-written:finance",
    ),
    refuse(
        "CA-FIN-56/consent",
        "originator-objects",
        FURTHER,
        lambda q, _f: (
            ("fiu-record" in q.records or q.purpose == "illicit-finance")
            and {"onward": "onward", "repurpose": "purpose", "evidence": "evidence"}.get(q.act) not in q.released
        ),
        cure="consent:onward",
    ),
    refer(
        "CA-FIN-59",
        "no-legal-basis",
        "legal-officer",
        "court",
        lambda q, _f: (
            ("fiu-record" in q.records or q.purpose == "illicit-finance" or q.agency == "fintrac")
            and "legal-officer" not in q.approvals
        ),
        "approval:legal-officer",
    ),
)

ROWS: tuple[Row, ...] = JUSTICE
