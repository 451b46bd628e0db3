"""The turn of the one writer of a store, whatever keeps it: who waits, who follows a transaction, and when it closes.

The rule it keeps: one thread writes at a time and never twice at once; what follows a transaction stands inside it, or it is not kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from comity.base.errors import StoreMisuse
from comity.dispatch.ports import Tx


class Finishing(Tx, Protocol):
    """A transaction that says whether all in it went well."""

    def finish(self) -> None:
        """Raise what went wrong inside, also when the caller caught it there."""
        ...


class OneWriter:
    """What every store has in common that has one writer; `_give_up` is the store's own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._open = True
        self._followers: list[Callable[[Tx], None]] = []

    def follow(self, follower: Callable[[Tx], None]) -> None:
        """Run `follower` at the end of every transaction that writes, inside it; for what is made from other rows."""
        self._followers.append(follower)

    def close(self) -> None:
        """Close everything. Waits for the writer; snapshots that are still open stay valid until they are left."""
        if not self._open:
            return
        with self._turn():
            self._give_up()

    def _give_up(self) -> None:
        raise NotImplementedError

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Be the one writer until the block is left; waits until no other is.

        Raises:
            StoreMisuse: this thread is in a transaction already, or the store is closed.
        """
        if self._owner == threading.get_ident():
            raise StoreMisuse("a transaction is open already in this thread; the second was not begun")
        with self._lock:
            if not self._open:
                raise StoreMisuse("the store is closed; nothing was written")
            self._owner = threading.get_ident()
            try:
                yield
            finally:
                self._owner = None

    def _followed(self, tx: Finishing) -> None:
        """Run what follows a transaction; raise if anything in it went wrong."""
        for follower in self._followers:
            tx.finish()
            follower(tx)
        tx.finish()
