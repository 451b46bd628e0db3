"""A certificate about what was given before a log was cut is judged by the closed log, and stands below its cut alone."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import LeafIndex, Origin
from comity.dispatch.certificates import (
    CONTENT,
    SHRED,
    Certificate,
    Crossing,
    encode_certificate,
    encode_crossing,
    fault_of_theirs,
)
from comity.dispatch.closed import closed_logs
from comity.dispatch.entries import DispatchLeaf, RecordLeaf, encode_entry, record_commit
from tests.unit.node.cuts import AFTER, THEN, cut_whole, every, stolen
from tests.unit.node.putback import note, settle

SALT = bytes(32)


def judged(a, b, said):
    """Let `b` say it in its log, and return what `a` has against it."""
    record = encode_certificate(said)
    with b.node.ledger.begin() as book:
        index = book.append_own([encode_entry(RecordLeaf(SHRED, record_commit(SALT, record)))])
    settle(a, b, THEN + 3_600_000)
    with a.node.ledger.begin() as book:
        return fault_of_theirs(encode_crossing(Crossing(LeafIndex(index), SALT, record)), book)


def test_what_was_given_before_a_cut_can_be_certified_behind_it():
    """It was refused as something that we did not give."""
    a, b = stolen()
    a.node.submit([note("above the cut")], AFTER)
    cut_whole(a, b)
    with a.store.read() as tx:
        (closed,) = closed_logs(tx, "ours")
    place, leaf = next((idx, one) for idx, one in every(a) if isinstance(one, DispatchLeaf))
    assert closed.base <= place < closed.base + closed.cut_size
    index = LeafIndex(place - closed.base)
    right = Certificate(SHRED, leaf.id, closed.origin, index, leaf.commit, CONTENT, THEN)
    assert judged(a, b, right) == ""
    above = next(
        (idx, one) for idx, one in every(a) if isinstance(one, DispatchLeaf) and idx >= closed.base + closed.cut_size
    )
    assert above[0] < 0, "it stands in the closed log, where it was never accepted"
    gone = replace(right, dispatch=above[1].id, index=LeafIndex(above[0] - closed.base), commit=above[1].commit)
    for wrong, why in (
        (gone, "is not the dispatch"),
        (replace(right, index=LeafIndex(closed.cut_size)), "is not the dispatch"),
        (replace(right, log=Origin(a.logs()[0].origin)), "is not the dispatch"),
        (replace(right, log=Origin(b.logs()[0].origin)), "did not give"),
    ):
        assert why in judged(a, b, wrong)
