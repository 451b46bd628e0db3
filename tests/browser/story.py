"""What is written in the extortion case of the demo's day, as fields of the forms; all of it is invented."""

from __future__ import annotations

REQUEST = {
    "h-purpose": "extortion-threat-to-life",
    "h-recipients": ("cbi",),
    "h-evaluation": "B2",
    "h-urgency": "immediate",
    "b-title": "Threat to shoot: two callers, one number of yours",
    "b-text": "A garage owner was told twice tonight to pay or be shot. Whose are the numbers, and are they live?",
    "b-reason": "Number 1 is yours; the callers named the group Ninepin.",
    "b-own_power": "Criminal Code, production order in exigent circumstances",
    "b-asks": ("contact", "person"),
    "b-records": ("police-file",),
    "b-items-0-label": "number 1",
    "b-items-0-value": "+91 05550 10139, calls from the harbour",
    "b-items-0-categories": ("contact", "location"),
    "b-items-0-evaluation": "B2",
    "h-item": "W-5",
    "h-conduct": "extortion",
    "h-conditions": ("lead-only", "no-contact-with-subject", "no-third-state"),
}
ANSWER = {"h-evaluation": "B2", "b-state": "part", "b-text": "One number is dormant since May, one is in use."}


PEN = {
    "state": "pre-export",
    "version": 1,
    "reference": "PEN-93",
    "exporter": {"name": "Tern Fine Intermediates", "address": "Dock 4, Ford", "licence": "B-1201"},
    "importer": {"name": "Pivot Reagents", "address": "Hill Lane 2, Crossing"},
    "lines": [
        {
            "substance": "4-piperidone hydrochloride",
            "grams": 200_000,
            "cas": "41979-39-9",
            "hs": "2933.39",
            "form": "salt",
            "packages": 8,
        },
        {"substance": "1-benzyl-4-piperidone", "grams": 25_000, "cas": "3612-20-2", "hs": "2933.39"},
    ],
    "route": {"exit": "Mundra", "entry": "Montreal", "mode": "sea"},
    "leaves": "2026-07-28",
    "lands": "2026-09-01",
    "applied": "2026-07-10",
    "end_use": "intermediate for a flavouring",
    "permits": [{"sort": "import", "number": "A-2291", "issued": "2026-05-02", "until": "2026-11-01"}],
}
"""A consignment whose second line is controlled on one side only."""
NOTIFIES = {"agency": "cbn", "recipients": ["health-canada"], "by": {"desk": "requests", "number": 231}}
WRITTEN = {
    "h-purpose": "precursor-diversion",
    "h-recipients": ("health-canada",),
    "h-evaluation": "B2",
    "h-agency": "cbn",
    "h-item": "W-1",
    "h-urgency": "urgent",
    "h-conduct": "diversion",
    "b-exporter-0-name": "Tern Fine Intermediates",
    "b-exporter-0-address": "Dock 4, Ford",
    "b-importer-0-name": "Pivot Reagents",
    "b-importer-0-address": "Hill Lane 2, Crossing",
    "b-lines-0-substance": "acetic anhydride",
    "b-lines-0-grams": "1500.5",
    "b-lines-0-cas": "108-24-7",
    "b-route-0-entry": "Montreal",
    "b-leaves": "2026-07-16",
}
"""Another one, as fields of the form."""
OBJECTION = {
    "h-evaluation": "B2",
    "h-urgency": "urgent",
    "h-agency": "health-canada",
    "b-reasons": ("no-permit",),
    "b-text": "No permit.",
}


def notified(body: object = None) -> dict[str, object]:
    """Return a notification as the door takes it, with who releases it."""
    said = {key: value for key, value in NOTIFIES.items() if key != "by"}
    form = {
        **said,
        "desk": "precursors",
        "kind": "pen",
        "purpose": "precursor-diversion",
        "urgency": "urgent",
        "workplan_item": "W-1",
        "basis": ["arrangement:2026-02"],
        "evaluation": "B2",
        "conduct": "diversion",
        "body": body or PEN,
    }
    return {"form": form, "by": NOTIFIES["by"]}


def assessed(act: str, decider: int, row: int = 0) -> dict[str, str]:
    """Fields of an assessment in its short form."""
    before = f"h-assessment-{row}-"
    return {
        f"{before}act": act,
        f"{before}form": "short",
        f"{before}who_and_how": "The callers could be beaten to give up the group.",
        f"{before}risk_before": "low",
        f"{before}source": "The report of the person threatened and a recording; good.",
        f"{before}decision": "go",
        f"{before}decider": f"requests/{decider}",
        f"{before}outside": "yes",
    }
