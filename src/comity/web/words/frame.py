"""What the frame says around every page: find, menu of the officer, refusals, what was kept."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "frame.find": "Search or run a command",
    "frame.find.go": "Search",
    "frame.together": "Together",
    "frame.desk": "Desk",
    "frame.administration": "Administration",
    "frame.inbox": "Inbox",
    "frame.cases": "Cases",
    "frame.compose": "New dispatch",
    "frame.approvals": "Approvals",
    "frame.owed": "Owed, alarms",
    "frame.duty": "Duty, hand-over",
    "frame.tasks": "Tasks",
    "frame.search": "Search",
    "frame.today": "Workplan",
    "frame.ledger": "Ledger",
    "frame.law": "Accord and law",
    "frame.persons": "Persons asked about",
    "frame.people": "Accounts",
    "frame.health": "Health",
    "frame.me": "You",
    "frame.officer": "{desk} {number}",
    "frame.settings": "Own settings and keys",
    "frame.sign-out": "Sign out",
    "frame.demo": "Demonstration role: no key was asked for.",
    "frame.keys": "Press ? for keys",
    "frame.waits": "waiting",
    "frame.refused.h1": "Not done",
    "frame.back": "Go back",
    "frame.refused.text": "What you wrote is still on the page before this one: go back to change it.",
    "frame.moved": "Going on",
    "frame.moved.text": "The page goes on by itself. If it does not, use the link.",
    "frame.said": "Done.",
    "error.form": "The form could not be read. Nothing was changed. Go back and send it again from the page.",
    "error.large": "The form is larger than this node takes: 1 MiB, 500 fields. Nothing was changed. Put the larger part into an attachment.",
    "error.csrf": "This page is no longer the one of your session. Nothing was changed. Load it again and repeat.",
}
