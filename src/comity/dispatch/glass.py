"""Break-glass: what may wait because a life is in danger, and what the officer who breaks it must say.

The rule it keeps: it defers approvals and full forms and nothing else; it is for `immediate` only, by a duty officer, with
a reason in words and the four answers of the short form; both sides' logs show that it happened, and a reviewer who
had no part in it looks at it within a day.
"""  # spec: law-and-agencies.md 7 rule 9, trust-layer.md 4

from __future__ import annotations

import re

from comity.base.errors import BadForm
from comity.dispatch.states import Form
from comity.marking.labels import Urgency

DUTY_OFFICER = "duty-officer"
LEAST_REASON = 20
"""Characters of a reason; fewer say nothing."""
MOST_REASON = 4_000

_DEFERRABLE = re.compile(r"approval:.+|assessment:[a-z]+:full")


def deferrable(missing: str) -> bool:
    """Say whether what law still asks for may be owed instead: an approval or a full form, never a short one."""
    return _DEFERRABLE.fullmatch(missing) is not None


def check_glass(form: Form) -> None:
    """Check what the officer says who breaks the glass; a form that does not is passed over.

    Raises:
        BadForm: not `immediate`, too short a reason, or without an assessment; nothing was kept.
    """
    if not form.break_glass:
        return
    if form.urgency is not Urgency.IMMEDIATE:
        raise BadForm("break-glass is for what is immediate only; nothing was kept")
    if not LEAST_REASON <= len(form.break_glass.strip()) <= MOST_REASON:
        raise BadForm(f"break-glass needs a reason of {LEAST_REASON} to {MOST_REASON} characters; nothing was kept")
    if not form.assessments:
        raise BadForm("break-glass needs the four answers of the short form; nothing was kept")
