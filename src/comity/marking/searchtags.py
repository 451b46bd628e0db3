"""What a search narrows by, each as one word that no text of a person can be: kinds, sides, agencies, cases.

The rule it keeps: every desk writes the same word for the same thing, so that one question finds the rows of all of them.
"""

from __future__ import annotations

from functools import lru_cache

from comity.base.hashing import sha256
from comity.base.ids import CaseId

_TAG_BYTES = 8


@lru_cache(maxsize=1_024)
def agency_tag(agency: str, role: str) -> str:
    """Return an agency as one word: `f` for who sends, `t` for who receives, `a` for one of ours in the case."""
    return role + sha256(agency.encode())[:_TAG_BYTES].hex()


def kind_tag(kind: str) -> str:
    """Return a kind as one word."""
    return "k" + "".join(filter(str.isalnum, kind))


def side_tag(*, ours: bool) -> str:
    """Return whose a dispatch is as one word."""
    return "oours" if ours else "otheirs"


def case_tag(case: CaseId) -> str:
    """Return a case as one word."""
    return "c" + case.hex()
