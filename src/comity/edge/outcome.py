"""What became of a draft, as plain data for the officers' own tools."""

from __future__ import annotations

from functools import lru_cache

from comity.base.ids import DispatchId, show_id
from comity.dispatch import wire
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.decision import verdict_in
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Tx
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
                "verdict": verdict_json(outcome.verdict),
            }
        case Withheld():
            return {
                "outcome": outcome.state,
                "id": show_id(outcome.id),
                "missing": list(outcome.missing),
                "rings": outcome.rings,
                "subject": None if outcome.subject is None else outcome.subject.hex(),
                "verdict": verdict_json(outcome.verdict),
            }


@lru_cache(maxsize=1_024)
def verdict_json(verdict: Verdict) -> Json:
    """Return a verdict as JSON; the gate gives the same one often. Whoever gets it must not change it."""
    return to_json(verdict)


def stored_outcome(tx: Tx, draft: DispatchId) -> dict[str, Json] | None:
    """Return what became of a draft that was handed in before, from its rows; None for a number that none has.

    A draft that was held and has left since was sent.
    """
    records = "SELECT record FROM record WHERE dispatch = ? AND kind IN ('sent', 'held', 'refused', 'referred') ORDER BY idx DESC"
    found = (verdict_in(bytes_of(row[0])) for row in tx.rows(records, (draft,)))
    verdict = next((one for one in found if one is not None), None)
    if verdict is None:
        return None
    sent = tx.rows("SELECT case_id, idx, plain FROM sent WHERE id = ?", (draft,))
    if sent:
        case, index, plain = sent[0]
        header = wire.decode_header(parts_of(bytes_of(plain))[0].content)
        said: dict[str, Json] = {
            "outcome": "sent",
            "case": show_id(bytes_of(case)),
            "index": to_json(index),
            "redactions": list(wire.label_of(header.labels).redactions),
        }
    else:
        kept = tx.rows("SELECT state, missing, rings, subject FROM kept WHERE id = ?", (draft,))
        if not kept:
            return None
        state, missing, rings, subject = kept[0]
        said = {
            "outcome": text_of(state),
            "missing": list(text_of(missing).split()),
            "rings": to_json(rings),
            "subject": None if subject is None else bytes_of(subject).hex(),
        }
    return {"id": show_id(draft), "verdict": verdict_json(verdict), **said}
