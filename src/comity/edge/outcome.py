"""What became of a draft, as plain data for the officers' own tools."""

from __future__ import annotations

from functools import lru_cache

from comity.base.ids import show_id
from comity.dispatch.states import Committed, Withheld
from comity.edge.plain import Json, to_json
from comity.policy.verdict import Verdict


def outcome_json(outcome: Committed | Withheld) -> Json:
    """Return what became of a draft: where it stands, all of law's reasons, what is missing and whom to ring."""
    match outcome:
        case Committed():
            return {
                "outcome": "sent",
                "id": show_id(outcome.id),
                "case": show_id(outcome.case),
                "index": outcome.index,
                "redactions": list(outcome.redactions),
                "verdict": _verdict_json(outcome.verdict),
            }
        case Withheld():
            return {
                "outcome": outcome.state,
                "id": show_id(outcome.id),
                "missing": list(outcome.missing),
                "rings": outcome.rings,
                "subject": None if outcome.subject is None else outcome.subject.hex(),
                "verdict": _verdict_json(outcome.verdict),
            }


@lru_cache(maxsize=1_024)
def _verdict_json(verdict: Verdict) -> Json:
    """Return a verdict as JSON; the gate gives the same one often. Whoever gets it must not change it."""
    return to_json(verdict)
