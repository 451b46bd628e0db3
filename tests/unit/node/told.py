"""Two nodes with a small story between them, told once, and a way to alter rows that is undone afterwards.

The first of A is filed and seen by B, the second refused by B's law, the third waits in A's pool; B has sent one too.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

from comity.base.ids import DispatchId, Ms
from comity.marking.labels import Urgency
from comity.node.node import Node
from comity.node.proofs import Signers
from comity.node.publickeys import PublicKeys
from tests.unit.node.world import START, exchange, form, make_pair


@dataclass(frozen=True)
class Story:
    a: Node
    b: Node
    filed: DispatchId
    refused: DispatchId
    pooled: DispatchId
    back: DispatchId
    keys: PublicKeys

    def signers(self, node: Node) -> Signers:
        return Signers.of(node.voice, node.peer)


@cache
def story() -> Story:
    """Tell it once; nothing in it is changed for good."""
    a, b = make_pair(tick=60_000)
    exchange(a, b, START)
    exchange(b, a, Ms(START + 1_000))
    (filed,) = a.submit([form("first")], Ms(START + 5_000))
    exchange(a, b, Ms(START + 6_000))
    (refused,) = a.submit([form("second", purpose="workplan")], Ms(START + 7_000))
    (back,) = b.submit([form("back")], Ms(START + 7_500))
    exchange(a, b, Ms(START + 8_000))
    b.see([filed.id], Ms(START + 9_000))
    for second in (10, 11, 12):
        exchange(a, b, Ms(START + second * 1_000))
        exchange(b, a, Ms(START + second * 1_000 + 500))
    (pooled,) = a.submit([form("third", urgency=Urgency.NORMAL)], Ms(START + 13_000))
    keys = PublicKeys.listed(a.office.peer_keys, b.office.peer_keys)
    return Story(a, b, filed.id, refused.id, pooled.id, back.id, keys)


class _Undo(Exception):
    """Rolls a transaction back."""


@contextmanager
def altered(node: Node, *changes: tuple[str, tuple[object, ...]]):
    """Give a transaction in which an operator's own hand has changed rows; each change must hit one at least."""
    with suppress(_Undo), node.store.begin() as tx:
        for statement, arguments in changes:
            assert tx.run(statement, arguments) > 0, statement
        yield tx
        raise _Undo
