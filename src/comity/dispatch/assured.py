"""Assurances that we gave: about which dispatch of theirs, and whether they stand, so that a condition of its label is met.

The rule it keeps: a promise counts once the other side's node has filed it, until its day, and not after we took it back.
"""  # spec: vocabulary.md 2, assurance

from __future__ import annotations

from comity.base.ids import DispatchId, Ms
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.entries import Fact
from comity.dispatch.filing import Facts
from comity.dispatch.holding import Holding, find, recalled
from comity.dispatch.ports import Tx

ROLE = "assurance-officer"
"""Who confirms that the promise which a label asks for was given."""
_CONDITION, _GIVEN = "assurance-required", "assured:"


def note_promise(dispatch: DispatchId, facts: Facts, tx: Tx, now: Ms) -> None:
    """Write what a dispatch of ours, committed in this transaction, promises; most promise nothing."""
    if facts.promises is None:
        return
    target, until = facts.promises
    tx.run(
        "INSERT INTO consent (dispatch, release, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (target, _GIVEN + ("" if until is None else str(until)), dispatch, now),
    )


def assured(dispatch: DispatchId, tx: Tx, now: Ms) -> bool:
    """Say whether an assurance of ours about this dispatch stands."""
    rows = tx.rows(
        "SELECT c.release, c.answer FROM consent c JOIN sent s ON s.id = c.answer"
        " WHERE c.dispatch = ? AND c.release LIKE ? AND s.fact = ?",
        (dispatch, _GIVEN + "%", int(Fact.FILED)),
    )
    return any(
        _in_time(text_of(word), now) and not recalled(find(DispatchId(bytes_of(answer)), tx), tx)
        for word, answer in rows
    )


def _in_time(word: str, now: Ms) -> bool:
    until = word.removeprefix(_GIVEN)
    return not until or now < int(until)


def confirmed(approvals: frozenset[str], found: Holding, tx: Tx, now: Ms) -> frozenset[str]:
    """Return the approvals that count: who confirms an assurance that was never given, or has ended, confirms nothing."""
    asks = any(one.partition("(")[0] == _CONDITION for one in found.header.labels.conditions)
    if ROLE not in approvals or not asks or assured(found.header.id, tx, now):
        return approvals
    return approvals - {ROLE}
