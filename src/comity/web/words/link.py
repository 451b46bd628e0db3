"""Suspending and resuming the exchange, for desk leads and administrators."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "link.nav": "Suspend, resume",
    "link.page.h1": "Suspend and resume",
    "link.page.lead": "One side alone may stop the exchange, or one desk, at once. Two persons do it: one asks, another confirms.",
    "link.page.stops": "What is suspended",
    "link.page.none": "Nothing is suspended.",
    "link.page.by": "{what}: suspended by {who}",
    "link.page.over": "The accord: ended by {who}, for good",
    "link.page.ours": "this side",
    "link.page.theirs": "the other side",
    "link.page.whole": "the whole exchange",
    "link.page.desk": "the desk {desk}",
    "link.page.accord": "the accord, for good",
    "link.page.unknown": "a desk that is not open here",
    "link.page.wishes": "Waiting for a second person",
    "link.page.wishes.none": "Nothing waits.",
    "link.page.asked": "asked by {who}, {time} UTC",
    "link.page.suspend": "Suspend: {what}",
    "link.page.resume": "Resume: {what}",
    "link.page.end": "End: {what}",
    "link.page.confirm": "Confirm, at once",
    "link.page.drop": "Take back",
    "link.page.suspend.h": "Ask for a suspension",
    "link.page.suspend.why": "Immediate dispatches, receipts, recalls, corrections and keys still cross. All else waits in its order, and drafts are kept.",
    "link.page.resume.h": "Ask to go on",
    "link.page.resume.why": "Only what this side suspended. The logs are compared first; then what waited goes, in its order.",
    "link.page.what": "What",
    "link.page.reason": "Why",
    "link.page.reason.hint": "At least 10 characters. It stays in our own decision log.",
    "link.page.ask.suspend": "Ask for it",
    "link.page.ask.resume": "Ask for it",
    "link.page.said.asked": "Kept. Another desk lead or administrator now confirms it.",
    "link.page.said.done": "Done. It took effect at once.",
    "link.page.said.dropped": "Taken back. Nothing was changed.",
}
