"""Where a dispatch stands, read from the rows alone."""

from __future__ import annotations

from comity.base.ids import DispatchId, Ms
from comity.node.standing import standing_of
from tests.unit.node.forge import START, Forger, node
from tests.unit.node.world import form


def standing(of, dispatch: bytes) -> dict:
    with of.ledger.read() as tx:
        return standing_of(tx, DispatchId(dispatch))


def test_where_each_dispatch_stands():
    a = node()
    forger = Forger(a)
    (ours,) = a.submit([form()], START)
    filed, held = forger.make(), forger.make(after=(DispatchId(bytes(16)),))
    refused, bad = forger.make(purpose="workplan"), forger.make(leaf={"commit": bytes(32)})
    forger.send(filed, held, refused, bad)
    a.see([filed.leaf.id], Ms(START + 1))
    common = {"ours": 0, "arrived": START, "code": None, "seen": None}
    assert standing(a, ours.id) == {"ours": 1, "index": 3, "code": None, "arrived": None, "seen": None}
    assert standing(a, filed.leaf.id) == {**common, "index": 3, "filed": START, "seen": START + 1}
    assert standing(a, held.leaf.id) == {**common, "index": 4}
    assert standing(a, refused.leaf.id) == {**common, "index": 5, "refused": START, "code": "cannot-assist"}
    assert standing(a, bad.leaf.id) == {**common, "index": 6, "quarantined": START, "code": "unopened"}
    assert standing(a, bytes(16)) == {}
