"""What was not done, in a few words, before the node's own sentence."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "refused.400": "What was written does not fit.",
    "refused.403": "This is not open to you.",
    "refused.404": "It is not here.",
    "refused.409": "It cannot be done as things stand.",
    "refused.503": "The node does not know whether it was done. Look again before you repeat it.",
    "refused.other": "It was not done.",
    "refused.english": "In the node's words, in English:",
}
