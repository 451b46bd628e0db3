"""The Canadian edition, rule by rule: precursors, borders, the cyber establishment, the security service, listings."""

from __future__ import annotations

from comity.policy.question import Question
from tests.differential.oracle_facts import (
    IMMIGRATION,
    Facts,
    Row,
    drawn,
    oblige,
    permit,
    refer,
    refuse,
    words,
)

ARRANGED = "arrangement:2026-02"
_LIFE_OR_HEALTH = words(
    "extortion-threat-to-life serious-violence child-protection human-trafficking missing-person violent-extremism "
    "drug-alert"
)
_FEDERAL = words(
    "rcmp health-canada cbsa cyber-centre ircc csis fintrac justice-iag passport-program public-safety global-affairs "
    "pco-nsia nsira"
)
_SCHEDULE_3 = words(
    "cbsa csis cyber-centre ircc passport-program global-affairs health-canada public-safety fintrac rcmp"
)
_SECURITY = {"csis", "cyber-centre"}
_ROUTINE = {"person", "contact", "document", "commercial", "indicator"}
_NOTICES = {"pen", "spontaneous"}


def looks_own(q: Question, f: Facts) -> bool:
    """The accord's own business that also looks like it: nobody accused, nothing asserted, nothing but names and papers."""
    return f.own and not q.conduct and not q.asserts and q.categories <= _ROUTINE


def asks_out(q: Question, f: Facts) -> bool:
    """A question about a person leaves, under whatever kind; who tells unasked, save in a message, asks only in `asks`."""
    return f.questions and (not f.gives or len(q.asks) > 0 or q.kind == "message")


def _chemicals(*kinds: str):
    """A dispatch about precursors, of one of these kinds."""
    wanted = set(kinds)
    return lambda q, _f: q.purpose == "precursor-diversion" and q.kind in wanted


def _listed(rule: str, since: str, until: str = "") -> Row:
    return oblige(rule, "report:list-check", "admit", _chemicals(*_NOTICES), since=since, until=until)


def _answers_ours(q: Question) -> bool:
    """It answers our own notification."""
    return q.answers in _NOTICES


PRECURSORS = (
    permit("CA-PCR-25", "clear admit use", lambda q, f: q.purpose == "precursor-diversion" and not f.personal),
    permit(
        "CA-PCR-25/held",
        "onward export",
        lambda q, f: (
            q.purpose == "precursor-diversion"
            and not f.personal
            and _at_home_or_file(q)
            and (q.outside == "file" or (q.outside == "" and q.to_agencies <= {"health-canada", "cbsa", "rcmp"}))
        ),
    ),
    permit(
        "CA-PCR-25/board",
        "onward",
        lambda q, f: (
            q.purpose == "precursor-diversion"
            and q.kind == "incident"
            and not f.personal
            and q.outside == "third-state"
            and not q.to_agencies
            and "third-state" in q.released
        ),
    ),
    refuse(
        "CA-PCR-25/application",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            q.purpose == "precursor-diversion"
            and f.gives
            and bool(q.records - {"permit-data", "customs-record"})
            and ARRANGED not in f.basis
        ),
        cure="basis:arrangement",
    ),
    oblige("CA-PCR-28", "report:border-services", "clear", _chemicals("message")),
    oblige("CA-PCR-34", "report:objection-within-7-days", "clear", _chemicals(*_NOTICES)),
    oblige(
        "CA-PCR-34/objection",
        "report:export-permit-refused",
        "admit",
        lambda q, f: _chemicals("objection")(q, f) or (_chemicals("refusal", "message")(q, f) and _answers_ours(q)),
    ),
    oblige(
        "CA-PCR-38",
        "report:permit-suspended",
        "admit",
        lambda q, _f: (
            q.purpose == "precursor-diversion"
            and (q.kind == "incident" or (_answers_ours(q) and "iversion" in q.conduct))
        ),
    ),
    oblige("CA-PCR-27", "report:exporting-law-check", "admit", _chemicals("pen")),
    _listed("CA-CDSA-6", "2024-09-03"),
    _listed("CA-CDSA-6/2017", "2017-12-27"),
    _listed("CA-CDSA-6/2023", "2023-08-30"),
    _listed("CA-CDSA-6/2026", "2026-04-12"),
    _listed("CA-CDSA-60", "2026-06-05", "2027-06-04"),
    oblige("CA-CDSA-6/class-b", "report:class-b-check", "clear", _chemicals("pen"), since="2026-04-12"),
    oblige(
        "CA-CDSA-6/analogue",
        "report:structure-looked-at-by-a-person",
        "admit",
        _chemicals("pen"),
        since="2024-09-03",
    ),
    oblige(
        "CA-CDSA-6/asymmetry",
        "report:tell-exporting-authority",
        "admit",
        _chemicals("pen"),
        since="2024-09-03",
    ),
    oblige(
        "CA-PCR-34/wait",
        "report:export-permit-waits",
        "admit",
        lambda q, f: (
            _chemicals("pen-reply")(q, f) and q.stage in {"enquiry", "need-information", "controlled-delivery"}
        ),
    ),
    oblige("CA-PCR-28/shipped", "report:border-services", "admit", _chemicals("shipped")),
    oblige("CA-PCR-38/enforcement", "report:enforcement-desks", "clear admit", _chemicals("incident")),
    oblige("CA-CDSA-46", "report:device-registration-check", "admit", _chemicals("pen", "incident")),
)

BORDERS = (
    permit(
        "CA-CU-107",
        "clear",
        lambda q, f: "customs-record" in q.records and "arrangement-written:customs" in f.basis,
    ),
    permit(
        "CA-CU-107/life",
        "clear",
        lambda q, f: "customs-record" in q.records and f.life and q.purpose in _LIFE_OR_HEALTH,
    ),
    refuse(
        "CA-CU-107/secret",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            drawn(q, f, "customs-record")
            and "arrangement-written:customs" not in f.basis
            and not (f.life and q.purpose in _LIFE_OR_HEALTH)
        ),
        cure="basis:arrangement-written:customs",
    ),
    refer(
        "CA-CU-107/onward",
        "no-legal-basis",
        "legal-officer",
        "onward",
        lambda q, f: (
            "customs-record" in q.records
            and not _customs_may_have(q)
            and "legal-officer" not in q.approvals
            and not f.glass
        ),
        "approval:legal-officer",
    ),
    refer(
        "CA-CU-107/court",
        "no-legal-basis",
        "legal-officer",
        "court evidence",
        lambda q, _f: "customs-record" in q.records and "legal-officer" not in q.approvals,
        "approval:legal-officer",
    ),
    permit("CA-DCIA-5", "clear admit use", lambda q, f: q.purpose in IMMIGRATION and ARRANGED in f.basis),
    refuse(
        "CA-DCIA-5.5",
        "no-legal-basis",
        "clear",
        lambda q, f: (
            q.agency not in _FEDERAL
            and "minister-immigration" not in q.approvals
            and ((f.personal and q.purpose in IMMIGRATION) or (drawn(q, f, "registration") and f.about))
        ),
        "minister-immigration",
        "approval:minister-immigration",
        since="2026-03-26",
    ),
    oblige(
        "CA-DCIA-5.5/federal",
        "report:written-arrangement-followed",
        "onward",
        lambda q, f: q.agency in {"ircc", "passport-program"} and f.personal,
        since="2026-03-26",
    ),
    oblige(
        "CA-IRPR-222",
        "report:institution-asked",
        "clear",
        lambda q, _f: (
            (q.kind, q.stage) == ("answer", "final")
            and q.purpose in IMMIGRATION
            and (q.purpose == "border-document" or "registration" in q.records)
        ),
    ),
    refuse(
        "CA-IRPR-315",
        "disproportionate",
        "clear",
        lambda q, f: drawn(q, f, "bulk-list", "membership-list") and q.purpose in IMMIGRATION,
    ),
    refer(
        "CA-IRPA-40",
        "no-legal-basis",
        "immigration-officer",
        "use",
        lambda q, _f: (
            q.serves in {"decision-on-person", "watch-list"}
            and (q.purpose in IMMIGRATION or q.agency == "ircc")
            and "immigration-officer" not in q.approvals
        ),
        "approval:immigration-officer",
    ),
    refuse(
        "CA-IRPA-40/score",
        "disproportionate",
        "use",
        lambda q, _f: q.serves == "automated-decision" and (q.purpose in IMMIGRATION or q.agency in {"ircc", "cbsa"}),
    ),
)


def _at_home_or_file(q: Question) -> bool:
    """Passed on to agencies of ours that are named, or written to a file."""
    return q.act == "export" or (q.outside == "" and len(q.to_agencies) > 0)


def _customs_may_have(q: Question) -> bool:
    """Each agency is one that s. 107 lets have it, for this purpose."""
    allowed = {"cbsa", "rcmp", "ircc", "fintrac"}
    extra = {"precursor-diversion": {"cbsa", "rcmp", "health-canada"}, "violent-extremism": allowed | {"csis"}}
    return q.to_agencies <= allowed or (q.purpose in extra and q.to_agencies <= extra[q.purpose])


def _attack(q: Question) -> bool:
    return q.purpose == "cyber-incident"


def _establishment(q: Question) -> bool:
    return q.agency == "cyber-centre" or _attack(q)


def _identifies(category: str) -> Row:
    return oblige(
        f"CA-CSE-43/{category}",
        f"redact:{category}",
        "clear",
        lambda q, _f: _attack(q) and category in q.categories,
    )


CYBER = (
    permit(
        "CA-CSE-54",
        "clear admit use",
        lambda q, f: _attack(q) and not f.personal and ARRANGED in f.basis,
    ),
    permit(
        "CA-CSE-54/held",
        "onward export",
        lambda q, f: (
            _attack(q) and not f.personal and _at_home_or_file(q) and ARRANGED in f.basis and q.outside in {"", "file"}
        ),
    ),
    permit("CA-CSE-46", "clear", lambda q, f: _attack(q) and f.life),
    oblige("CA-CSE-46/minister", "report:minister-and-reviewer", "clear", lambda q, f: _attack(q) and f.life),
    *(_identifies(category) for category in ("account", "person", "contact", "victim")),
    refuse(
        "CA-CSE-24",
        "no-legal-basis",
        "clear",
        lambda q, f: drawn(q, f, "traffic-capture") and _establishment(q),
        "central-authority",
    ),
    refuse(
        "CA-CSE-22",
        "no-legal-basis",
        "clear",
        lambda q, f: _establishment(q) and asks_out(q, f),
        "police-desk",
    ),
    refuse(
        "CA-CSE-22/use",
        "no-legal-basis",
        "use",
        lambda q, _f: _establishment(q) and q.serves not in {"", "lead", "prevent-harm", "capital-proceeding"},
        "police-desk",
    ),
    refer(
        "CA-CSE-43/designated",
        "no-legal-basis",
        "minister",
        "clear",
        lambda q, f: (
            q.agency == "cyber-centre" and f.about and "minister-designation" not in q.approvals and not f.life
        ),
        "approval:minister-designation",
    ),
)


def _relay(q: Question) -> bool:
    """A relay for national security: by its purpose, or by who receives it."""
    return q.purpose == "violent-extremism" or not q.to_agencies.isdisjoint(_SECURITY)


def _of_security(q: Question, f: Facts) -> bool:
    """In respect of an activity that undermines security: such a purpose, and an act named or nobody concerned."""
    return q.purpose in {
        "violent-extremism", "cyber-incident", "extortion-threat-to-life", "serious-violence",
    } and (bool(q.conduct) or not f.personal)  # fmt: skip


def _lists(q: Question, side: str) -> bool:
    """Of all lists, only that of this side has the subject."""
    return q.listed_by == {side}


def _sayable(q: Question, f: Facts) -> bool:
    """What a listing by one side does not touch: a no, a recall, and what is about nobody."""
    if q.act == "clear" and q.kind in {"refusal", "recall", "withdraw"}:
        return True
    nobody = {"cyber-incident", "drug-alert", "precursor-diversion", "deconfliction"}
    return q.purpose in nobody and not f.personal and not f.asks_personal


def _lawyer(q: Question, f: Facts) -> bool:
    """The legal officer approved it, or an emergency defers that."""
    return "legal-officer" in q.approvals or f.glass


SECURITY = (
    refuse(
        "CA-SCISA-5",
        "unclear",
        "onward",
        lambda q, _f: _relay(q) and not q.evaluated,
        cure="evaluation",
    ),
    refer(
        "CA-SCISA-5/recipient",
        "no-legal-basis",
        "legal-officer",
        "onward",
        lambda q, f: q.purpose == "violent-extremism" and bool(q.to_agencies - _SCHEDULE_3) and not _lawyer(q, f),
        "approval:legal-officer",
    ),
    refer(
        "CA-SCISA-5/activity",
        "no-legal-basis",
        "legal-officer",
        "onward",
        lambda q, f: bool(q.to_agencies & _SECURITY) and not _of_security(q, f) and not _lawyer(q, f),
        "approval:legal-officer",
    ),
    oblige("CA-SCISA-5/record", "report:record-of-relay", "onward", lambda q, _f: _relay(q)),
    oblige(
        "CA-SCISA-5/review",
        "report:reviewer-within-30-days-of-year-end",
        "onward",
        lambda q, _f: _relay(q),
    ),
    oblige(
        "CA-SCISA-5/unneeded",
        "report:destroy-or-return-unneeded",
        "onward",
        lambda q, f: _relay(q) and f.personal,
    ),
    refuse(
        "CA-CSIS-17",
        "no-legal-basis",
        "clear",
        lambda q, f: q.agency == "csis" and ARRANGED not in f.basis and not looks_own(q, f),
        cure="basis:arrangement",
    ),
    oblige("CA-CSIS-18", "redact:source-or-method", "clear", lambda q, _f: "source-or-method" in q.categories),
    refuse(
        "CA-CSIS-18/proceeding",
        "safety-of-person",
        "evidence court access",
        lambda q, _f: "source-or-method" in q.categories,
    ),
    refer(
        "CA-CSIS-19",
        "national-security",
        "minister",
        "onward",
        lambda q, f: (
            q.agency == "csis"
            and not q.to_agencies <= {"rcmp", "cbsa", "global-affairs"}
            and "minister" not in q.approvals
            and not f.glass
        ),
        "approval:minister",
    ),
    refer(
        "CA-CC-83",
        "political-or-discriminatory",
        "legal-officer",
        "clear use onward repurpose",
        lambda q, f: _lists(q, "theirs") and not _sayable(q, f) and not _lawyer(q, f),
        "approval:legal-officer",
    ),
    refer(
        "CA-CC-83/ours",
        "no-legal-basis",
        "legal-officer",
        "clear",
        lambda q, f: _lists(q, "ours") and not _sayable(q, f) and not _lawyer(q, f),
        "approval:legal-officer",
    ),
    refuse(
        "CA-CC-83/watch",
        "political-or-discriminatory",
        "use",
        lambda q, _f: (
            _lists(q, "theirs") and q.serves in {"watch-list", "decision-on-person", "automated-decision", "arrest"}
        ),
    ),
)


ROWS: tuple[Row, ...] = (*PRECURSORS, *BORDERS, *CYBER, *SECURITY)
