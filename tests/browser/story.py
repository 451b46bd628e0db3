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
