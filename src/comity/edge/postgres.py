"""The store of a node in a PostgreSQL database: one writer, every commit flushed there and at its standby, snapshots for readers.

The rule it keeps: one process writes, and only while the database is the one that it wrote to last and nobody else has written since.
A connection that was lost is made again; a database that lacks what was committed is never written to.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from comity.base.errors import BadConfiguration, LocalError, StoreError, StoreMisuse
from comity.dispatch.ports import Row, Scalar
from comity.edge.database import Database
from comity.edge.onewriter import OneWriter
from comity.edge.pgdialect import translated
from comity.edge.pgrows import Statement, gathered
from comity.edge.pgwire import Result, ServerSays, Wire
from comity.edge.schema import Schema, apply_schemas

WRITER_LOCK = 0x636F_6D69_7479_0001
_KEPT_READERS = 8
_MOST_WAITING = 256
"""Writes that wait for a statement to go with; their answers, some 30 bytes each, fit into what a connection holds unread."""
_WAIT_MS = 10_000
_SCALARS = frozenset({int, str, bytes, type(None)})
_LEAST, _MOST = -(2**63), 2**63 - 1
_TABLE = "CREATE TABLE IF NOT EXISTS comity_store (one bigint PRIMARY KEY CHECK (one = 1), writer bytea NOT NULL, writes bigint NOT NULL)"
_TAKE = (
    "INSERT INTO comity_store (one, writer, writes) VALUES (1, ?, 0)"
    " ON CONFLICT (one) DO UPDATE SET writer = excluded.writer RETURNING writes"
)
_BEGIN: tuple[Statement, ...] = (("BEGIN", ()),)
_COUNT = "UPDATE comity_store SET writes = writes + 1"
_SESSION = (
    ("synchronous_commit", "on"),
    ("jit", "off"),
    ("timezone", "UTC"),
    ("client_min_messages", "warning"),
    ("search_path", "public"),
    ("standard_conforming_strings", "on"),
)
_WRITES = (
    *_SESSION,
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("lock_timeout", "0"),
)
"""Plans are made once, often while a table is empty, and kept: an index that a statement has is taken from the first row on."""
_READS = (*_SESSION, ("default_transaction_isolation", "repeatable read"), ("default_transaction_read_only", "on"))
_WHY = {
    "53": "the database server's disk is full, or it takes no more connections; make room",
    "58": "the database server could not read or write its disk; check that disk",
    "08": "the database server cannot be reached; check that it runs",
    "57": "the database server is stopping or starting; wait for it",
    "40": "the database server gave the transaction up",
    "55": "another program holds the store; stop it",
    "25": "the database server takes no writes; it follows another one",
    "XX": "something on the database server could not be done; look into its log",
    "01": "it is durable here, not yet at the standby",
}
_OUR_FAULT = frozenset({"08P01", "25001", "25P01", "25P02"})
"""Of these classes, what a statement of ours did wrong; the rest is about the server."""
_ANSWER_LOST = StoreMisuse("this transaction is over; nothing was read or written")


class PostgresStore(OneWriter):
    """A `Store` in one PostgreSQL database; usable from several threads.

    Args:
        database: where.
        schemas: the tables, applied on opening in one transaction.
        wait_ms: how long to wait for another writer to end.

    Raises:
        StoreError: the server cannot be reached, or another process writes to this database.
        BadConfiguration: the server refuses us, or a newer program made the tables.
    """

    def __init__(self, database: Database, schemas: Sequence[Schema] = (), *, wait_ms: int = _WAIT_MS) -> None:
        super().__init__()
        self._database = database
        self._wait_ms = wait_ms
        self._token = secrets.token_bytes(16)
        self._writes: int | None = None
        self._unsure = False
        self._writer: Wire | None = None
        self._readers: list[Wire] = []
        try:
            self._begin_with(schemas)
        except BaseException:
            self._give_up()
            raise

    def _begin_with(self, schemas: Sequence[Schema]) -> None:
        with self.begin() as tx:
            apply_schemas(tx, schemas)

    @contextmanager
    def begin(self) -> Iterator[PostgresTx]:
        """Open the one transaction that may write; waits until no other does.

        Raises:
            StoreError: on leaving: it is not known whether it was kept; read again and repeat.
            StoreMisuse: this thread is in a transaction already, a statement was wrong, or one was used after its end.
        """
        with self._turn():
            wire = self._writing()
            tx = PostgresTx(wire, _BEGIN)
            try:
                yield tx
                self._followed(tx)
                self._commit(wire, tx.taken())
            except BaseException:
                _roll_back(wire)
                raise
            finally:
                tx.end()

    @contextmanager
    def replace(self, schemas: Sequence[Schema], kept: str) -> Iterator[PostgresTx]:
        """Open a transaction over empty tables; those that were there are kept in a schema of the name `kept`.

        Raises:
            StoreError, StoreMisuse: as `begin`; nothing was changed.
        """
        with self.begin() as tx:
            tx.run(f"ALTER SCHEMA public RENAME TO {kept}")
            tx.run("CREATE SCHEMA public")
            tx.run(_TABLE)
            tx.run("INSERT INTO comity_store (one, writer, writes) VALUES (1, ?, ?)", (self._token, self._writes or 0))
            apply_schemas(tx, schemas)
            yield tx

    @contextmanager
    def read(self) -> Iterator[PostgresTx]:
        """Open a snapshot that only reads; never waits for the writer.

        Raises:
            StoreError: the server could not be reached.
            StoreMisuse: a statement was wrong or tried to write, or one was used after the end.
        """
        wire = self._reader()
        tx = PostgresTx(wire)
        try:
            yield tx
            good = tx.good
        except BaseException:
            good = False
            raise
        finally:
            tx.end()
            self._put_back(wire, good=good)

    def size_bytes(self) -> int:
        """Return how large the database is on the server's disk."""
        with self.read() as tx:
            found = tx.rows("SELECT pg_database_size(current_database())")[0][0]
        return int(found or 0)

    def scrub(self) -> None:
        """Have the server take away the rows that were deleted. What it wrote ahead of them, and its archive, are its own.

        Raises:
            StoreError: always, for deleted content is left in the server's write-ahead log until that is recycled.
        """  # spec: protocol.md 12
        with self._turn():
            wire = self._writing()
            try:
                wire.ask("VACUUM")
            except ServerSays as error:
                raise _unknown(error) from error
        raise StoreError(
            "deleted content may still be in the database server's write-ahead log, its standbys and its archive:"
            " its operator recycles or destroys those"
        )

    # --- the one writer ----------------------------------------------------------------------------------------

    def _writing(self) -> Wire:
        """Return the writer's connection, made again if it was lost."""
        if self._writer is not None and not self._writer.closed:
            return self._writer
        try:
            wire = Wire(self._database, _WRITES)
        except ServerSays as error:
            raise _unknown(error) from error
        try:
            self._claim(wire)
        except ServerSays as error:
            wire.close()
            raise _unknown(error) from error
        except BaseException:
            wire.close()
            raise
        self._writer = wire
        return wire

    def _claim(self, wire: Wire) -> None:
        """Be the only writer, of the database that was written to last."""
        wire.ask(f"SET lock_timeout = {self._wait_ms}")
        wire.ask("SELECT pg_advisory_lock(?)", (WRITER_LOCK,))
        wire.ask("SET lock_timeout = 0")
        if self._writes is None:
            wire.ask(_TABLE)
            self._writes = int(wire.ask(_TAKE, (self._token,)).rows[0][0] or 0)
            return
        found = wire.ask("SELECT writer, writes FROM comity_store").rows
        writer, writes = found[0] if found else (None, None)
        known = {self._writes, self._writes + 1} if self._unsure else {self._writes}
        if writer != self._token or writes not in known:
            raise StoreError(
                "the database is not as this process left it: another process wrote to it, or it is a standby that lacked the last"
                " commits. Nothing was written; start the node again, so that it asks the other side for what is missing"
            )
        assert isinstance(writes, int)
        self._writes, self._unsure = writes, False

    def _commit(self, wire: Wire, waiting: Sequence[Statement]) -> None:
        """Write what still waits, count and commit, all in one flight: behind what is refused nothing is run."""
        assert self._writes is not None
        try:
            self._unsure = True
            heard = wire.flight((*waiting, (_COUNT, ()), ("COMMIT", ())))
        except (ServerSays, UnicodeError) as error:
            self._unsure = wire.closed
            raise _refusal(error) from error
        self._writes, self._unsure = self._writes + 1, False
        if heard.warning is not None:
            # The wait for the standby was cut off: it stands here, and may be missing where a fail-over would go on.
            raise _unknown(heard.warning)

    # --- readers -----------------------------------------------------------------------------------------------

    def _reader(self) -> Wire:
        """Return a connection whose snapshot has begun."""
        while True:
            if not self._open:
                raise StoreMisuse("the store is closed; nothing was read")
            kept = self._kept_reader()
            try:
                wire = kept or Wire(self._database, _READS)
                # The snapshot begins with the first read, so read now.
                wire.flight((*_BEGIN, ("SELECT 1", ())))
            except ServerSays as error:
                if kept is None:
                    raise _unknown(error) from error
                kept.close()  # the server was started again since: every kept connection is of no use
            else:
                return wire

    def _kept_reader(self) -> Wire | None:
        try:
            return self._readers.pop()
        except IndexError:
            return None

    def _put_back(self, wire: Wire, *, good: bool) -> None:
        if good and self._open and len(self._readers) < _KEPT_READERS and not wire.closed:
            try:
                wire.ask("ROLLBACK")
            except ServerSays:
                wire.close()
            else:
                self._readers.append(wire)
            return
        wire.close()

    def _give_up(self) -> None:
        self._open = False
        while self._readers:
            self._readers.pop().close()
        if self._writer is not None:
            self._writer.close()


class PostgresReader(PostgresStore):
    """The database opened by a process that never writes to it, such as a further page process.

    Raises:
        BadConfiguration: the node's own program has made no tables yet.
        StoreError: it cannot be read.
    """

    def _begin_with(self, schemas: Sequence[Schema]) -> None:
        del schemas  # the node's own program makes them
        with self.read() as tx:
            found = tx.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'schema_version'")
        if not found:
            raise BadConfiguration(f"{self._database!r} has no tables yet: start the node first with `comity node run`")

    @contextmanager
    def begin(self) -> Iterator[PostgresTx]:
        """Refuse: only the node's own process writes.

        Raises:
            StoreMisuse: always.
        """
        _refuse()
        yield from ()


class PostgresTx:
    """One transaction on one connection. After the first error it only refuses: no half of it can be kept.

    Args:
        wire: the connection.
        waiting: what goes before its first statement.
    """

    __slots__ = ("_refusal", "_waiting", "_wire", "memory")

    def __init__(self, wire: Wire, waiting: Sequence[Statement] = ()) -> None:
        self._wire = wire
        self._waiting: list[Statement] = list(waiting)
        self.memory: dict[str, object] = {}
        self._refusal: LocalError | StoreError | None = None

    @property
    def good(self) -> bool:
        """Whether nothing was refused so far."""
        return self._refusal is None

    def rows(self, statement: str, arguments: Sequence[Scalar] = ()) -> list[Row]:
        """Run a query and return all its rows; this transaction's own writes are seen."""
        return self._ask(statement, arguments).rows

    def run(self, statement: str, arguments: Sequence[Scalar] = ()) -> int:
        """Run one write and return the number of rows it changed."""
        return self._ask(statement, arguments).changed

    def many(self, statement: str, arguments: Iterable[Sequence[Scalar]]) -> None:
        """Run one write for each tuple of arguments, in order."""
        for one in arguments:
            self.later(statement, one)

    def later(self, statement: str, arguments: Sequence[Scalar] = ()) -> None:
        """Let one write go with the next statement, or at the end: each answer is waited for."""
        self._waiting.append(self._checked(statement, tuple(arguments)))
        if len(self._waiting) >= _MOST_WAITING:
            self._send(self.taken())

    def finish(self) -> None:
        """Raise what went wrong inside, also when the caller caught it there; what waits goes with the commit.

        Raises:
            StoreError, StoreMisuse: as the statement that failed.
        """
        if self._refusal is not None:
            raise self._refusal

    def taken(self) -> list[Statement]:
        """Return what waits, to be sent now, rows of one table side by side."""
        waiting, self._waiting = self._waiting, []
        return gathered(waiting)

    def end(self) -> None:
        """Refuse every later use."""
        self._refusal = _ANSWER_LOST

    def _ask(self, statement: str, arguments: Sequence[Scalar]) -> Result:
        asked = self._checked(statement, arguments)
        return self._send([*self.taken(), asked])

    def _checked(self, statement: str, arguments: Sequence[Scalar]) -> Statement:
        """Return a statement as the server takes it."""
        if self._refusal is not None:
            raise self._refusal
        try:
            _check(arguments)
            return translated(statement), arguments
        except StoreMisuse as error:
            self._refusal = error
            raise

    def _send(self, statements: Sequence[Statement]) -> Result:
        try:
            return self._wire.flight(statements)
        except (ServerSays, UnicodeError) as error:
            self._refusal = _refusal(error)
            raise self._refusal from error


def _check(arguments: Sequence[Scalar]) -> None:
    for value in arguments:
        kind = type(value)
        if kind not in _SCALARS and (isinstance(value, bool) or not isinstance(value, (int, str, bytes))):
            raise StoreMisuse(f"a store takes int, str, bytes and None, not {kind.__name__}")
        if isinstance(value, int) and not _LEAST <= value <= _MOST:
            raise StoreMisuse("a number is too large for the store")


def _roll_back(wire: Wire) -> None:
    """End a transaction that failed; a connection that cannot even do that is closed, which undoes it, too."""
    if wire.closed:
        return
    try:
        wire.ask("ROLLBACK")
    except ServerSays:
        wire.close()


def _refuse() -> None:
    raise StoreMisuse("a page process writes nothing: it asks the node's own process by its door")


def _refusal(error: Exception) -> StoreError | LocalError:
    """Tell the server's faults, which may pass, from a statement's own, which will not."""
    if isinstance(error, StoreMisuse):
        return error
    if isinstance(error, ServerSays) and error.code[:2] in _WHY and error.code not in _OUR_FAULT:
        return _unknown(error)
    # The text names table, column or syntax, never a value.
    return StoreMisuse(f"a statement was refused and its transaction rolled back: {error}")


def _unknown(error: ServerSays) -> StoreError:
    why = _WHY.get(error.code[:2], "the database server refused")
    return StoreError(f"it is not known whether the store did this: {why} ({error}), then repeat")
