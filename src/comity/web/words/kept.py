"""A form that could not be taken and is given back: why, what to do, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "kept.h1": "Not sent yet",
    "kept.ended": "This session has ended. Nothing was changed, and what you wrote is here and nowhere else.",
    "kept.ended.way": "Sign in in another tab, come back to this one and send it.",
    "kept.proof": "A key must have been touched in the last five minutes. Nothing was changed, and what you wrote is here.",
    "kept.proof.way": "Touch it in another tab, come back to this one and send it.",
    "kept.token": "This page was of another session. Nothing was changed. Read once more what you wrote, and send it.",
    "kept.ready": "You are signed in. Send it now.",
    "kept.text": "What you wrote, {n}",
    "kept.send": "Send it",
}
