"""The first page: workplan, cases, what moved."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "day.h1": "Today, {date}",
    "day.lead": "What moved, what is owed and by whom, and the proof. Times are UTC unless a capital is named.",
    "work.h": "Shared workplan",
    "work.caption": "Signed by both; owners on each side, what moved today, what is overdue today",
    "work.item": "Item",
    "work.aim": "Aim and measure",
    "work.owners": "Owners",
    "work.moved": "Moved today",
    "work.overdue": "Overdue",
    "work.feedback": "feedback missing: {n}",
    "work.due": "Due",
    "work.empty": "No item is signed yet. The workplan appears here when both have signed it.",
    "cases.h": "Cases",
    "cases.empty": "No dispatch has crossed yet",
    "cases.empty.text": "The first one appears here by itself, in the same second in which the node stores it.",
    "latest.h": "Latest, UTC",
    "moved.sent": "sent",
    "moved.came": "came",
    "latest.empty": "Nothing yet.",
}
