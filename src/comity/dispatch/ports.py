"""What the core needs from outside: a store. Time and randomness come in as plain arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

Scalar = int | str | bytes | None
Row = tuple[Scalar, ...]


class Tx(Protocol):
    """One transaction. The statements are SQL that SQLite and PostgreSQL both take, with `?` for each argument."""

    def rows(self, statement: str, arguments: Sequence[Scalar] = ()) -> list[Row]:
        """Run a query and return all its rows; this transaction's own writes are seen."""
        ...

    def run(self, statement: str, arguments: Sequence[Scalar] = ()) -> int:
        """Run one write and return the number of rows it changed."""
        ...

    def many(self, statement: str, arguments: Iterable[Sequence[Scalar]]) -> None:
        """Run one write for each tuple of arguments, in order."""
        ...

    def later(self, statement: str, arguments: Sequence[Scalar] = ()) -> None:
        """Run one write of which nothing is asked, in its order, at the latest with the next statement or the commit.

        A store to which every question is a journey takes such writes along with the next one. What is wrong with it is
        raised there.
        """
        ...

    @property
    def memory(self) -> dict[str, object]:
        """What was read once in this transaction, by name; who changes the rows takes it out. It ends with the transaction."""
        ...


class Store(Protocol):
    """A durable store of one node, with one writer at a time.

    Durability: when `begin` is left without an error, what was written survives a crash of the process and of the
    machine. Atomicity: all of it or none. An exception inside rolls all back and is passed on. `StoreError` on leaving
    means that the outcome is unknown: the caller reads again and repeats; every write of the core is idempotent.
    Ordering: a transaction sees all that were committed before it began.
    """

    def begin(self) -> AbstractContextManager[Tx]:
        """Open a transaction that may write; waits until no other does."""
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """Open a snapshot that only reads; never waits for a writer."""
        ...
