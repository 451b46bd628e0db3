"""A node in memory that takes an exchange and forgets it again, so that thousands of changed ones can be tried on it.

Each try begins from the same rows. A savepoint stands for a transaction; durability is no part of what is tried.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from comity.base.errors import BadEnvelope, BadSignature
from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book, Ledger
from comity.dispatch.entries import Fact
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.states import Recorded
from comity.edge.sqlite import SqliteTx
from comity.node import absorb
from comity.node.link import LinkState
from comity.node.node import Node
from comity.node.taken import Problem
from comity.tlog.checkpoint import verify_cosignature

FILED = "both filed"
DROPPED = "changed one dropped, other filed"
IGNORED = "cosignature ignored"
MISSED = "not noticed"


class TrialStore:
    """A `Store` over a copy in memory, for one thread."""

    def __init__(self, image: bytes) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        # Bytes 18 and 19 say how the file is written: 2 is with a write-ahead file, which memory does not have.
        self._connection.deserialize(image[:18] + b"\x01\x01" + image[20:])
        self._connection.execute("BEGIN")

    @contextmanager
    def begin(self) -> Iterator[SqliteTx]:
        """Open a part of the try that is kept or undone as a whole."""
        self._connection.execute("SAVEPOINT part")
        try:
            tx = SqliteTx(self._connection)
            yield tx
            tx.finish()
        except BaseException:
            self._connection.execute("ROLLBACK TO part")
            raise
        finally:
            self._connection.execute("RELEASE part")

    @contextmanager
    def read(self) -> Iterator[SqliteTx]:
        """Read what the try has written so far."""
        yield SqliteTx(self._connection)

    def again(self) -> None:
        """Undo everything since the beginning."""
        self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN")

    def close(self) -> None:
        """Let the copy go."""
        self._connection.close()


class Trial:
    """One node over a copy of its store in memory, and the honest exchange that is changed.

    Args:
        node: the real one; its own store is not touched.
        image: of its store.
        honest: the exchange before it was changed.
        ids: of the dispatches in it.
        now: the time of every try.
    """

    def __init__(self, node: Node, image: bytes, honest: bytes, ids: Sequence[bytes], now: Ms) -> None:
        self._store, self._now = TrialStore(image), now
        self._node = Node(node.office, node.voice, node.peer, Ledger(self._store), node.timers)
        self._honest, self._ids, self._origin = honest, tuple(ids), node.voice.log_origin
        self._second = TrialStore(image)
        half = _Unopened(node.office, node.voice, node.peer, Ledger(self._second), node.timers)
        half.take(honest, now)
        self._ready = half.ledger

    def whole(self, raw: bytes, *, then_honest: bool) -> str:
        """Hand in a changed exchange, then if asked the honest one again, and say in few words what became of it."""
        try:
            outcome = self._take(raw)
            if then_honest and outcome != MISSED:
                self._node.take(self._honest, self._now)
                outcome = outcome if self._filed() == len(self._ids) else MISSED
        finally:
            self._again()
        return outcome

    def _take(self, raw: bytes) -> str:
        try:
            taken = self._node.take(raw, self._now)
        except Problem as problem:
            honest_accused = self._node.link().state is LinkState.BROKEN
            return MISSED if honest_accused or self._filed() else f"refused: {problem.code}"
        settled = self._filed() + taken.dropped
        whole = settled == len(self._ids) and len(taken.recorded) == self._filed()
        return MISSED if not whole else DROPPED if taken.dropped else FILED

    def _filed(self) -> int:
        marks = ", ".join("?" * len(self._ids))
        with self._store.read() as tx:
            found = tx.rows(f"SELECT count(*) FROM got WHERE fact = {int(Fact.FILED)} AND id IN ({marks})", self._ids)  # noqa: S608  marks only
        return int(str(found[0][0]))

    def _again(self) -> None:
        self._store.again()
        self._node.ledger.forget()

    def sealed(self, raw: bytes) -> str:
        """Read a changed exchange and let its sealed bytes meet the leaves that the entries brought."""
        try:
            exchange = decode_exchange(raw)
        except BadEnvelope as error:
            return f"refused: {error.code}"
        with self._ready.begin() as book:
            arrived, dropped = absorb.arrived_bytes(exchange, book)
        return DROPPED if (len(arrived), dropped) == (len(self._ids) - 1, 1) else MISSED

    def cosignature(self, raw: bytes) -> str:
        """Read a changed exchange and check the cosignature in it."""
        try:
            note = decode_exchange(raw).cosignature
            verify_cosignature(note or "", self._origin, self._node.peer.cosigner)
        except BadEnvelope as error:
            return f"refused: {error.code}"
        except BadSignature:
            return IGNORED
        return MISSED

    def close(self) -> None:
        """Let the copies go."""
        self._store.close()
        self._second.close()


class _Unopened(Node):
    """A node that stops where the dispatches of an exchange would be opened."""

    def _receive(self, index: LeafIndex, sealed: bytes, book: Book, now: Ms) -> list[Recorded]:
        del index, sealed, book, now
        return []
