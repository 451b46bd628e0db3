"""Roles of a desk, as a person reads them; the codes stay in the rows."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "role.officer": "Officer",
    "role.posted-officer": "Posted officer",
    "role.duty-officer": "Duty officer",
    "role.approver": "Approver",
    "role.decider-outside": "Decider outside the operation",
    "role.assessor": "Assessor",
    "role.legal-officer": "Legal officer",
    "role.desk-lead": "Desk lead",
    "role.reviewer": "Reviewer",
    "role.administrator": "Administrator",
}
