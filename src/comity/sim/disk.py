"""A store that fails on purpose, over one that does not: every write can fail, and in both ways.

Not stored: rolled back, and the caller learns it. Answer lost: committed, and the caller does not learn it. A crash is
either of the two without a caller left to learn anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from comity.base.errors import StoreError
from comity.dispatch.ports import Row, Scalar, Store, Tx
from comity.sim.chance import Chance
from comity.sim.faults import Fault, Injected, Plan

_STATEMENTS = 40
"""A crash or fault inside a transaction comes before one of its first statements, or at its end, when all is signed."""
_AT_THE_END = 1 << 30


class Disk(Store, Protocol):
    """A store of one simulated node, which is closed when its world ends."""

    def image(self) -> bytes:
        """Return the whole store as of now; another disk can begin from it."""
        ...

    def close(self) -> None:
        """Give back what the store holds; nothing is read afterwards."""
        ...


Desks = tuple[tuple[str, tuple[tuple[int, str], ...]], ...]


class MakeDisk(Protocol):
    """Makes stores."""

    def __call__(self, desks: Desks, image: bytes | None = None) -> Disk:
        """Make a store with the node's tables and those of `desks`, (owner, ((number, SQL), ...)) each.

        It is empty, or begins from the image of another.
        """
        ...


class Crashed(BaseException):
    """The process is gone: nothing of it may catch this, whatever it catches otherwise."""


class FailingStore:
    """A store that fails as often as its plan says.

    Args:
        disk: the store below, which keeps its promises.
        chance: the stream that decides.
        plan: how often.
        injected: where faults are counted.
    """

    def __init__(self, disk: Disk, chance: Chance, plan: Plan, injected: Injected) -> None:
        self._disk, self._chance, self._plan, self._injected = disk, chance, plan, injected
        self.commits = self.changes = 0
        self.healed = False
        self.committed: Callable[[], None] = lambda: None

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open a transaction, as `Store.begin`, which may fail or end in a crash.

        Raises:
            StoreError: it was not stored, or it was and the answer is lost.
            Crashed: the process is gone, and the transaction was either stored or not.
        """
        fault = self._fault()
        with self._disk.begin() as tx:
            inside = self._inside() if fault in _INSIDE else None
            watched = FailingTx(tx, inside, _failure(fault))
            yield watched
            if inside is not None:
                raise _failure(fault)
        self.commits += 1
        if watched.wrote:
            self.changes += 1
            self.committed()
        if fault is not None:
            raise _failure(fault)

    def read(self) -> AbstractContextManager[Tx]:
        """Open a snapshot, as `Store.read`; reading does not fail here."""
        return self._disk.read()

    def image(self) -> bytes:
        """Return a copy of the whole store."""
        return self._disk.image()

    def put_back(self, older: Disk) -> None:
        """Stand on another disk from now on: a copy that was made earlier."""
        self._disk.close()
        self._disk = older
        self.changes += 1

    def close(self) -> None:
        """Give back what the store below holds."""
        self._disk.close()

    def _inside(self) -> int:
        """Draw how many statements still go well: one that takes and speaks has more than the first ones."""
        return self._chance.number(0, _STATEMENTS) if self._chance.hit(0.5) else _AT_THE_END

    def _fault(self) -> Fault | None:
        if self.healed:
            return None
        plan = self._plan
        for fault, rate in (
            (Fault.NOT_STORED, plan.not_stored),
            (Fault.ANSWER_LOST, plan.answer_lost),
            (Fault.CRASHED_INSIDE, plan.crash_inside),
            (Fault.CRASHED_AFTER, plan.crash_after),
        ):
            if rate and self._chance.hit(rate):
                return self._injected.note(fault)
        return None


class FailingTx:
    """A transaction that may fail before one of its statements.

    Args:
        tx: the real one.
        left: how many statements still go well; None: all.
        failure: what is raised then.
    """

    def __init__(self, tx: Tx, left: int | None, failure: BaseException) -> None:
        self._tx, self._left, self._failure = tx, left, failure
        self.wrote = False

    def rows(self, statement: str, arguments: Sequence[Scalar] = ()) -> list[Row]:
        """Query, as `Tx.rows`."""
        self._count()
        return self._tx.rows(statement, arguments)

    def run(self, statement: str, arguments: Sequence[Scalar] = ()) -> int:
        """Write, as `Tx.run`."""
        self._count()
        self.wrote = True
        return self._tx.run(statement, arguments)

    def many(self, statement: str, arguments: Iterable[Sequence[Scalar]]) -> None:
        """Write often, as `Tx.many`."""
        self._count()
        rows = list(arguments)
        self.wrote = self.wrote or bool(rows)
        self._tx.many(statement, rows)

    def later(self, statement: str, arguments: Sequence[Scalar] = ()) -> None:
        """Write, as `Tx.later`."""
        self._count()
        self.wrote = True
        self._tx.later(statement, arguments)

    @property
    def memory(self) -> dict[str, object]:
        """What was read once, as `Tx.memory`."""
        return self._tx.memory

    def _count(self) -> None:
        if self._left is None:
            return
        if not self._left:
            raise self._failure
        self._left -= 1


_INSIDE = frozenset({Fault.NOT_STORED, Fault.CRASHED_INSIDE})


def _failure(fault: Fault | None) -> BaseException:
    if fault in {Fault.CRASHED_INSIDE, Fault.CRASHED_AFTER}:
        return Crashed()
    return StoreError("the simulated disk failed; whether this was stored is not known")
