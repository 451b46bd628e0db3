"""The sheet of keys."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "keys.h1": "Keys",
    "keys.close": "Close",
    "keys.lead": "Letters work when no field has the focus. Switch them off in your settings; everything is also a button or a link.",
    "keys.off": "Letters are switched off in your settings. Esc and Ctrl Enter work.",
    "keys.then": "then",
    "keys.everywhere": "Everywhere",
    "keys.list": "In a list",
    "keys.dispatch": "On a dispatch",
    "keys.writing": "Writing",
    "keys.pair": "Two records side by side",
    "keys.find": "search or run a command",
    "keys.sheet": "this sheet",
    "keys.go.inbox": "inbox",
    "keys.go.cases": "cases",
    "keys.go.approvals": "approvals",
    "keys.go.duty": "duty, hand-over",
    "keys.new": "new dispatch",
    "keys.back": "close, back one step",
    "keys.move": "next, previous",
    "keys.open": "open",
    "keys.beside": "open beside the list",
    "keys.take": "take it, or give it back",
    "keys.next": "the next action: acknowledge or approve",
    "keys.answer": "answer",
    "keys.pass": "pass on",
    "keys.refuse": "refuse: asks for a ground",
    "keys.copy": "copy labels and numbers",
    "keys.treaty": "convert to treaty request",
    "keys.evidence": "evidence bundle",
    "keys.condition": "add a condition",
    "keys.send": "send, or send for approval",
    "keys.same": "same person or thing",
    "keys.not": "not the same",
    "keys.unsure": "unsure",
}
