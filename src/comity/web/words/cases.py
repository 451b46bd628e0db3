"""The list of cases: which of them, what is owed next, what moved last."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "cases.h1": "Cases",
    "cases.sorted": "sorted by time left, times UTC",
    "cases.sorted.moved": "by last movement, times UTC",
    "cases.view.open": "Open",
    "cases.view.mine": "Mine",
    "cases.view.closed": "Closed",
    "cases.view.all": "All",
    "cases.owes": "{party} owes it",
    "cases.state.open": "Open",
    "cases.state.late": "Overdue",
    "cases.state.closed": "Closed",
    "cases.moved": "Last moved {time}",
    "cases.more": "{count} earlier dispatch in the case",
    "cases.more.many": "{count} earlier dispatches in the case",
    "cases.none": "No case is open",
    "cases.none.mine": "No case was given to you. Take one from the inbox.",
    "cases.none.here": "There is no case here.",
    "cases.none.narrow": "No case fits what you chose.",
    "cases.inbox": "To the inbox",
}
