"""What is a question, what answers it, what ends it otherwise: by desk and kind, as one table a scorecard goes by.

The rule it keeps: the desks' own rules decide; this table says the same of the words that cross, so that a node can count what
its own program has no desk for. A test compares it with the desk of the requests.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.desks.workplan.scorecard.model import Said

_REQUESTS, _PRECURSORS = "requests", "precursors"
_ASKING: Final = frozenset(
    {"rfi", "recall", "preserve", "deconflict", "release-request", "purpose-change", "court-disclosure"}
)
_OPENING: Final = frozenset({("posting", "nominated"), ("contact-note", "noted"), ("assurance", "asked")})
"""Kinds that ask at one of their stages only, and are answered by a later stage of themselves."""
_CLOSING: Final = frozenset(
    {
        ("answer", "final"),
        ("posting", "accepted"),
        ("posting", "ended"),
        ("contact-note", "confirmed"),
        ("contact-note", "corrected"),
        ("assurance", "given"),
    }
)
_FIRST: Final = frozenset({("answer", "holding"), ("answer", "part")})
_ENDING: Final = frozenset({"withdraw", "recall", "convert-to-mla"})
"""Kinds by which the asker, or the treaty, ends a question without an answer."""
_NOTICE: Final = frozenset({"pre-export", "amendment"})
_NO_WORD: Final = frozenset({"information"})
"""What the side that gave notice adds itself."""
REFUSAL, RECALL, FEEDBACK, RFI = "refusal", "recall", "feedback", "rfi"
NOTICE, OBJECTION = "pen", "objection"
WITH_BODY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        _REQUESTS: frozenset({"answer", "posting", "contact-note", "assurance", REFUSAL, RECALL}),
        _PRECURSORS: frozenset({NOTICE, "pen-reply"}),
    }
)
"""Kinds of which the figures need a word of the body."""


def needs_body(desk: str, kind: str) -> bool:
    """Say whether a word of the body counts."""
    return kind in WITH_BODY.get(desk, frozenset())


def asks(said: Said) -> bool:
    """Say whether a dispatch is owed an answer."""
    if said.desk == _REQUESTS:
        return said.kind in _ASKING or (said.kind, said.stage) in _OPENING
    return said.desk == _PRECURSORS and said.kind == NOTICE and said.stage in _NOTICE


def limited(said: Said) -> bool:
    """Say whether the accord's limits by urgency hold for its answer; a notice has clocks of its own."""
    return said.desk == _REQUESTS


def first_limited(said: Said) -> bool:
    """Say whether a first answer is owed before the full one."""
    return said.desk == _REQUESTS and said.kind == RFI


def begins_answer(said: Said) -> bool:
    """Say whether it is an answer of any kind, also one that says "nothing yet"."""
    return settles(said) or (said.desk == _REQUESTS and (said.kind, said.stage) in _FIRST)


def settles(said: Said) -> bool:
    """Say whether it ends the question that it names."""
    if said.desk == _REQUESTS:
        return said.kind == REFUSAL or (said.kind, said.stage) in _CLOSING
    return said.kind == OBJECTION or (said.kind == "pen-reply" and said.stage not in _NO_WORD)


def ends(said: Said) -> bool:
    """Say whether the asker ends with it what it asked before."""
    return said.desk == _REQUESTS and said.kind in _ENDING


def is_notice(said: Said) -> bool:
    """Say whether it gives notice of an export for the first time."""
    return said.kind == NOTICE and said.stage == "pre-export"


def earns_feedback(said: Said) -> bool:
    """Say whether the side that asked owes feedback for it."""
    return said.desk == _REQUESTS and said.kind == "answer" and said.stage == "final"
