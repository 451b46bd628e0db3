"""Rows of an act under which our law lets content leave the node, written into a transaction that a test rolls back."""

from __future__ import annotations

from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch.decision import acting
from comity.policy.question import Act
from comity.policy.verdict import Effect, Obligation, Reason, Verdict
from tests.unit.node.world import START
from tests.unit.policy.policy_laws import BASE

ACT = DispatchId(b"a" * 16)


def let_out(
    tx, dispatch: DispatchId, *removed: str, act: Act = Act.EXPORT, effect: Effect = Effect.PERMIT
) -> DispatchId:
    """Write one act and its decision record; return the act's number."""
    reason = Reason("T-1", effect, "Test Act s. 1", "text-read", "A sentence.", (("en", "A sentence."),))
    duties = tuple(Obligation("redact", word, "T-1") for word in removed)
    verdict = Verdict(effect, (reason,), duties, None, None, None, (), Digest(bytes(32)))
    record = acting("act", dispatch, BASE, verdict, {}, Ms(START))
    tx.run(
        "INSERT INTO record (idx, kind, dispatch, salt, record, at) VALUES (999, 'act', ?, x'00', ?, 0)",
        (dispatch, record),
    )
    tx.run(
        "INSERT INTO act (id, dispatch, act, desk, number, effect, particulars, record, at)"
        " VALUES (?, ?, ?, 'plain', 7, ?, x'00', 999, 0)",
        (ACT, dispatch, act.value, effect.value),
    )
    return ACT
