"""One case: timeline, what is owed, count."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "case.timeline": "Timeline",
    "case.newest": "Newest verdicts",
    "case.proof": "Proof",
    "case.proof.text": "{done} of {count} dispatches co-signed by the other side.",
    "case.count": "{count} dispatch",
    "case.count.many": "{count} dispatches",
    "case.law": "{whose}: {word}",
    "case.late": "Limit passed",
}
