"""What law answers, and how well its text is known."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "verdict.ours": "Our law",
    "verdict.theirs": "Their law",
    "verdict.permit": "Permit",
    "verdict.permit-with": "Permit with conditions",
    "verdict.refer": "Refer",
    "verdict.refuse": "Refuse",
    "verdict.unknown": "Not known here",
    "verdict.unknown.ours": "Our law has not answered on this dispatch.",
    "verdict.unknown.theirs": "The other side has not told us its verdict on this dispatch.",
    "verdict.edition.unknown": "edition and reasons not known here",
    "verdict.clear": "sending",
    "verdict.admit": "receiving",
    "verdict.use": "use",
    "verdict.onward": "passing on",
    "verdict.repurpose": "another purpose",
    "verdict.evidence": "evidence",
    "verdict.export": "export",
    "verdict.court": "court",
    "verdict.access": "access",
    "verdict.exercise": "exercise edition",
    "verdict.ground": "Inward ground, stays here:",
    "verdict.copy": "What is shown as theirs is our copy; their own decides.",
    "told.unopened": "Our law was not asked: it was not opened.",
    "told.unread": "Our decision record cannot be read any more; the proof says why.",
    "told.let-go": "Their law let it go; its reasons stay with them.",
    "told.admitted": "Their law admitted it; its reasons stay with them.",
    "told.nothing": "Nothing has crossed about their law's answer yet.",
    "told.refused": "It was not admitted; the word that crossed is {word}. The reasons stay with them.",
    "told.private": "Their law has a private part, which is not here and may only restrict (SHA-256 {digest}).",
    "mark.text-read": "T",
    "mark.secondary": "S",
    "mark.unverified": "M",
    "mark.accord": "accord",
    "mark.legend": "[T] read in the statute's text · [S] from an official or secondary page · [M] from memory, may only restrict · [accord] agreed by both",
}
