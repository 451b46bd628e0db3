"""What is due to be erased, what is on hold."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "retention.h1": "Retention",
    "retention.lead": "What is past its day is erased by two persons, or held with a reason. Nothing is erased by a clock.",
    "retention.due": "Due to be erased",
    "retention.none": "Nothing is due.",
    "retention.dispatch": "Dispatch",
    "retention.day": "Its day",
    "retention.stands": "Where it stands",
    "retention.do": "What you do",
    "retention.reason": "Why",
    "retention.ask": "Ask that it is erased",
    "retention.hold": "Hold it",
    "retention.confirm": "Erase it for good",
    "retention.refuse": "Take the request back",
    "retention.unread": "never read here",
    "retention.whose.ours": "ours",
    "retention.whose.theirs": "theirs",
    "retention.whose.custody": "theirs, not admitted: with the custodian",
    "retention.why.label": "by its label",
    "retention.why.law": "by our law",
    "retention.why.accord": "by the accord",
    "retention.why.ended": "the accord has ended",
    "retention.why.custody": "end of custody by the accord",
    "retention.state.free": "nobody has asked",
    "retention.state.asked": "{who} asked; another person confirms",
    "retention.state.mine": "you asked; another person confirms",
    "retention.state.hold": "on hold",
    "retention.holds": "Holds in force",
    "retention.holds.none": "Nothing is on hold.",
    "retention.end": "End the hold",
    "retention.said.asked": "Asked for. Another person confirms it.",
    "retention.said.erased": "Erased. Our log says so.",
    "retention.said.refused": "The request is taken back. Nothing was erased.",
    "retention.said.held": "Held.",
    "retention.said.ended": "The hold is ended.",
    "retention.rail": "Retention",
}
