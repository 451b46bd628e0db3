"""Words of the workplan: the plan in force, its changes, its actions."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "frame.workplan": "Workplan",
    "keys.go.workplan": "workplan",
    "plan.h1": "Shared workplan",
    "kind.workplan-amend": "Amendment of the workplan",
    "kind.action-update": "State of an action",
    "kind.meeting": "Meeting",
    "kind.minutes": "Minutes",
    "kind.scorecard": "Scorecard",
}
