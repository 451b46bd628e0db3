"""The one law of the two invented states, rule by rule; its manifest says less outward than its grounds allow."""

from __future__ import annotations

from comity.policy.question import Question
from tests.differential.oracle_facts import OWN_BUSINESS, Facts, Row, drawn, oblige, permit, refer, refuse


def _or_asked(q: Question, f: Facts, category: str) -> bool:
    return category in q.categories or (f.gives and category in q.asks)


ROWS: tuple[Row, ...] = (
    permit("OV-1", "clear admit use", lambda q, _f: q.purpose == "missing-person"),
    permit(
        "OV-2",
        "clear admit use onward export court",
        lambda q, _f: q.purpose == "border-document" and q.outside != "third-state",
    ),
    refer("OV-3", "location", "elder-of-the-watch", "clear", lambda q, f: _or_asked(q, f, "location")),
    refuse(
        "OV-4",
        "protection-claim",
        "clear admit",
        lambda q, f: _or_asked(q, f, "protection-claim") or drawn(q, f, "refugee-record"),
    ),
    oblige("OV-5", "redact:victim", "clear", lambda q, _f: "victim" in q.categories),
    oblige("OV-6", "retain-max-days:90", "clear", lambda _q, f: f.personal),
    permit("OV-7", "clear admit", lambda q, _f: q.purpose in OWN_BUSINESS, until="2030-12-31"),
    permit(
        "OV-8",
        "clear admit use onward export",
        lambda q, f: (
            q.purpose in {"precursor-diversion", "drug-alert"} and not f.personal and q.outside != "third-state"
        ),
    ),
    permit(
        "OV-8/board",
        "onward",
        lambda q, f: (
            q.purpose in {"precursor-diversion", "drug-alert"}
            and q.kind == "incident"
            and not f.personal
            and q.outside == "third-state"
            and "third-state" in q.released
        ),
    ),
    oblige("OV-8/objection", "report:goods-stopped", "admit", lambda q, _f: q.kind == "objection"),
    oblige("OV-8/incident", "report:enforcement-desks", "clear admit", lambda q, _f: q.kind == "incident"),
)
