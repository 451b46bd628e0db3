"""What each word of a label does to each act: recall and days, handling codes, conditions, colours, files."""

from __future__ import annotations

from comity.policy.question import Question
from tests.differential.oracle_facts import FURTHER, HELD, OWN_BUSINESS, SENT, Row, oblige, refer, refuse


def _named(q: Question) -> bool:
    """It goes to agencies at home that are all named, and nowhere else."""
    return q.named and bool(q.to_agencies) and not q.outside


_CONTENT_OUT = "onward evidence export court access"


def _unreleased(word: str, condition: str):
    """A label's condition stands, and the originator did not consent to this."""
    return lambda q, f: condition in f.conditions and word not in q.released


def _coded(code: str, word: str):
    return lambda q, _f: code in q.handling and word not in q.released


def _colour_closed(word: str):
    return lambda q, _f: q.tlp not in {"", "CLEAR"} and word not in q.released


_WATCHING = {"lead", "prevent-harm"}
_PROTECTED = {"minor-involved", "victim-data"}

ORIGINATOR = (
    refuse("XX-RECALLED", "originator-objects", f"{HELD} access", lambda q, _f: q.recalled),
    refer(
        "XX-RECALLED/court",
        "originator-objects",
        "originator",
        "court",
        lambda q, _f: q.recalled and "court" not in q.released,
        "consent:court",
    ),
    refuse("XX-PAST-DUE", "no-legal-basis", f"{HELD} access", lambda q, _f: q.past_due, cure="review"),
    refuse(
        "XX-PAST-DUE/destroy",
        "originator-objects",
        f"{HELD} access",
        lambda q, f: q.past_due and not f.conditions.isdisjoint({"destroy-by", "return-by"}),
    ),
    refer(
        "XX-PAST-DUE/court",
        "no-legal-basis",
        "legal-officer",
        "court",
        lambda q, _f: q.past_due and "legal-officer" not in q.approvals,
        "approval:legal-officer",
    ),
    refer(
        "XX-PURPOSE",
        "originator-objects",
        "originator",
        "repurpose",
        lambda q, _f: "purpose" not in q.released,
        "consent:purpose",
    ),
    refuse(
        "XX-PURPOSE/closed",
        "no-legal-basis",
        "repurpose",
        lambda q, _f: q.new_purpose in OWN_BUSINESS | {"", "restricted-dialogue", "treaty-request", q.purpose},
    ),
    refuse(
        "XX-PURPOSE/nobody",
        "unclear",
        SENT,
        lambda q, f: q.purpose in {"drug-alert", "cyber-incident"} and (f.personal or f.questions) and not f.life,
        cure="purpose",
    ),
    refuse("XX-PURPOSE/room", "originator-objects", FURTHER, lambda q, _f: q.purpose == "restricted-dialogue"),
    refer(
        "XX-ORCON",
        "originator-objects",
        "originator",
        "onward",
        lambda q, _f: q.outside != "" and "onward" not in q.released,
        "consent:onward",
    ),
)

HANDLING = (
    refuse(
        "XX-H0",
        "originator-objects",
        "use repurpose",
        lambda q, _f: (
            "H0" in q.handling
            and (
                (q.serves == "decision-on-person" and "decision" not in q.released)
                if q.act == "use"
                else q.new_purpose == "immigration-enforcement"
            )
        ),
        cure="label:handling",
    ),
    refuse(
        "XX-H0/alone",
        "unclear",
        SENT,
        lambda q, _f: "H0" in q.handling and len(q.handling) > 1,
        cure="label:handling",
    ),
    refer("XX-H1", "originator-objects", "originator", "evidence", _coded("H1", "evidence"), "consent:evidence"),
    refer("XX-H1/court", "originator-objects", "originator", "court", _coded("H1", "court"), "consent:court"),
    refer(
        "XX-H2",
        "originator-objects",
        "originator",
        "onward",
        lambda q, _f: "H2" in q.handling and not _named(q) and "onward" not in q.released,
        "consent:onward",
    ),
    refer("XX-H2/access", "originator-objects", "originator", "access", _coded("H2", "access"), "consent:access"),
    refuse("XX-H3", "unclear", SENT, lambda q, _f: "H3" in q.handling and not q.conditions, cure="label:conditions"),
    refuse(
        "XX-NO-EVIDENCE",
        "originator-objects",
        "evidence",
        _unreleased("evidence", "no-evidence"),
        cure="consent:evidence",
    ),
    refuse("XX-NO-ONWARD", "originator-objects", "onward", _unreleased("onward", "no-onward"), cure="consent:onward"),
    refuse(
        "XX-NAMED-AGENCIES",
        "originator-objects",
        "onward",
        lambda q, f: "named-agencies" in f.conditions and not _named(q) and "onward" not in q.released,
        cure="consent:onward",
    ),
    refuse(
        "XX-NAMED-PERSONS",
        "originator-objects",
        "onward export",
        _unreleased("onward", "named-persons"),
        cure="consent:onward",
    ),
    refuse(
        "XX-NO-THIRD-STATE",
        "originator-objects",
        _CONTENT_OUT,
        lambda q, f: (
            "no-third-state" in f.conditions
            and "third-state" not in q.released
            and (q.outside == "third-state" or (q.act == "onward" and q.third_state))
        ),
        cure="consent:third-state",
    ),
    refuse(
        "XX-NO-DEATH-PENALTY",
        "capital-offence",
        "use onward repurpose evidence court",
        lambda q, f: (
            "no-death-penalty-proceeding" in f.conditions
            and q.serves == "capital-proceeding"
            and "capital" not in q.released
        ),
        cure="consent:capital",
    ),
    refer(
        "XX-NO-DEATH-PENALTY/evidence",
        "capital-offence",
        "originator",
        "evidence",
        lambda q, f: (
            "no-death-penalty-proceeding" in f.conditions
            and q.serves != "capital-proceeding"
            and "capital" not in q.released
        ),
        "consent:capital",
    ),
    refer(
        "XX-ASSURANCE",
        "mistreatment-risk",
        "central-authority",
        "use onward repurpose evidence",
        lambda q, f: (
            "assurance-required" in f.conditions
            and "assurance-officer" not in q.approvals
            and not (q.act == "use" and q.serves in _WATCHING)
        ),
        "approval:assurance-officer",
    ),
    refer(
        "XX-NO-ARREST",
        "originator-objects",
        "originator",
        "use",
        lambda q, f: (
            "no-arrest-without-contact" in f.conditions and q.serves == "arrest" and "arrest" not in q.released
        ),
        "consent:arrest",
    ),
    refuse(
        "XX-NO-CONTACT-SUBJECT",
        "originator-objects",
        "use",
        lambda q, f: (
            "no-contact-with-subject" in f.conditions
            and "contact" not in q.released
            and (q.serves == "subject-contact" or (q.serves == "arrest" and "arrest" not in q.released))
        ),
        cure="consent:contact",
    ),
    refuse(
        "XX-NO-CONTACT-SOURCE",
        "originator-objects",
        "use",
        lambda q, f: (
            "no-contact-with-source" in f.conditions and q.serves == "source-contact" and "contact" not in q.released
        ),
        cure="consent:contact",
    ),
    refuse(
        "XX-NO-AUTOMATED",
        "originator-objects",
        "use",
        lambda q, f: (
            "no-automated-decision" in f.conditions
            and q.serves == "automated-decision"
            and "decision" not in q.released
        ),
        cure="consent:decision",
    ),
    refuse(
        "XX-NO-LISTING",
        "originator-objects",
        "use",
        lambda q, f: "no-match-listing" in f.conditions and q.serves == "watch-list" and "listing" not in q.released,
        cure="consent:listing",
    ),
    refer(
        "XX-CONSULT/court",
        "originator-objects",
        "originator",
        "court",
        _unreleased("court", "consult-before-disclosure"),
        "consent:court",
    ),
    refer(
        "XX-CONSULT/access",
        "originator-objects",
        "originator",
        "access",
        _unreleased("access", "consult-before-disclosure"),
        "consent:access",
    ),
    refer(
        "XX-LEAD-ONLY",
        "no-legal-basis",
        "central-authority",
        "evidence",
        lambda _q, f: "lead-only" in f.conditions,
    ),
    refer(
        "XX-TRANSLATION",
        "unclear",
        "translator",
        "evidence court",
        lambda q, f: "translation-unofficial" in f.conditions and "translator" not in q.approvals,
        "approval:translator",
    ),
    refer(
        "XX-MINOR",
        "safety-of-person",
        "protection-officer",
        _CONTENT_OUT,
        lambda q, f: "minor-involved" in f.conditions and "protection-officer" not in q.approvals,
        "approval:protection-officer",
    ),
    refer(
        "XX-VICTIM",
        "safety-of-person",
        "protection-officer",
        _CONTENT_OUT,
        lambda q, f: "victim-data" in f.conditions and "protection-officer" not in q.approvals,
        "approval:protection-officer",
    ),
    refuse(
        "XX-VICTIM/listing",
        "safety-of-person",
        "use",
        lambda q, f: not f.conditions.isdisjoint(_PROTECTED) and q.serves in {"watch-list", "automated-decision"},
    ),
    refer(
        "XX-WITNESS",
        "safety-of-person",
        "protection-officer",
        f"use {_CONTENT_OUT}",
        lambda q, f: (
            "witness-risk" in f.conditions
            and "protection-officer" not in q.approvals
            and (q.act != "use" or q.serves in {"arrest", "subject-contact", "source-contact"})
        ),
        "approval:protection-officer",
    ),
    refuse(
        "XX-POLITICAL",
        "political-or-discriminatory",
        SENT,
        lambda q, f: "political-content-removed" in f.conditions and "political-or-religious" in q.categories,
        cure="label:conditions",
    ),
    refer(
        "XX-POLITICAL/purpose",
        "political-or-discriminatory",
        "legal-officer",
        "use repurpose",
        lambda q, f: (
            "political-content-removed" in f.conditions
            and (q.new_purpose == "violent-extremism" or q.serves == "watch-list")
            and "legal-officer" not in q.approvals
        ),
        "approval:legal-officer",
    ),
)

COLOURS = (
    refuse(
        "XX-TLP-RED",
        "originator-objects",
        "onward export",
        lambda q, _f: q.tlp == "RED" and "onward" not in q.released,
        cure="consent:onward",
    ),
    refuse(
        "XX-TLP-STRICT",
        "originator-objects",
        "onward",
        lambda q, _f: q.tlp == "AMBER+STRICT" and not _named(q) and "onward" not in q.released,
        cure="consent:onward",
    ),
    refer(
        "XX-TLP-STRICT/file",
        "originator-objects",
        "desk-lead",
        "export",
        lambda q, f: q.tlp == "AMBER+STRICT" and "desk-lead" not in q.approvals and not f.glass,
        "approval:desk-lead",
    ),
    refer(
        "XX-TLP-AMBER",
        "originator-objects",
        "desk-lead",
        "onward",
        lambda q, f: (
            q.tlp == "AMBER" and not q.outside and not _named(q) and "desk-lead" not in q.approvals and not f.glass
        ),
        "approval:desk-lead",
    ),
    refer("XX-TLP-PUBLIC", "originator-objects", "originator", "access", _colour_closed("access"), "consent:access"),
    refer("XX-TLP-PUBLIC/court", "originator-objects", "originator", "court", _colour_closed("court"), "consent:court"),
    refuse(
        "XX-PAP-RED",
        "originator-objects",
        "use export",
        lambda q, _f: q.pap == "RED" and (q.act == "export" or q.serves not in _WATCHING),
        cure="label:pap",
    ),
    refuse(
        "XX-PAP-AMBER",
        "originator-objects",
        "use",
        lambda q, _f: (
            q.pap == "AMBER"
            and q.serves not in _WATCHING
            and not (q.serves == "watch-list" and "listing" in q.released)
        ),
        cure="consent:listing",
    ),
    refer(
        "XX-PAP-LIFE",
        "originator-objects",
        "head-of-agency",
        "use",
        lambda q, f: (
            q.pap in {"RED", "AMBER"}
            and q.serves == "prevent-harm"
            and "head-of-agency" not in q.approvals
            and not f.glass
        ),
        "approval:head-of-agency",
    ),
    refuse(
        "XX-PAP-GREEN",
        "originator-objects",
        "use",
        lambda q, _f: (
            q.pap == "GREEN" and q.serves in {"subject-contact", "source-contact"} and "contact" not in q.released
        ),
        cure="consent:contact",
    ),
    refer(
        "XX-EXPORT",
        "disproportionate",
        "desk-lead",
        "export",
        lambda q, f: f.personal and "desk-lead" not in q.approvals and not f.glass,
        "approval:desk-lead",
    ),
    oblige("XX-EXPORT/caveat", "caveat:no-onward", "export", lambda _q, f: f.personal),
    oblige("XX-EXPORT/record", "report:file-written", "export", lambda _q, _f: True),
    refer(
        "XX-COURT/order",
        "no-legal-basis",
        "central-authority",
        "court",
        lambda _q, f: "order-reference" not in f.basis,
        "basis:order-reference",
    ),
    oblige("XX-COURT/notice", "report:court-disclosure", "court", lambda _q, _f: True),
    oblige("XX-ONWARD/notice", "report:disseminated", "onward", lambda _q, _f: True),
)

ROWS: tuple[Row, ...] = (*ORIGINATOR, *HANDLING, *COLOURS)
