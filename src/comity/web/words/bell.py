"""How an officer is rung when the working screen is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "bell.h1": "Bell",
    "bell.lead": "When your working screen is elsewhere: a mail that says how urgent, how many, at which desk. Never what, whose or about whom.",
    "bell.mail": "Mail address",
    "bell.mail.hint": "Empty: no mail.",
    "bell.quiet": "Quiet hours: only what is immediate rings",
    "bell.quiet.from": "From",
    "bell.quiet.to": "To",
    "bell.quiet.zone": "Clock of",
    "bell.keep": "Keep",
    "bell.said": "Kept.",
    "bell.back": "Own settings and keys",
    "bell.way.mail": "Bell by mail",
    "bell.way.command": "Bell by command",
    "bell.off": "not set up",
    "bell.works": "works",
    "bell.works.last": "works, last ring {time}",
    "bell.fails": "failed {n} time, since {since}; tried again {again}",
    "bell.fails.many": "failed {n} times in a row, since {since}; tried again {again}",
}
