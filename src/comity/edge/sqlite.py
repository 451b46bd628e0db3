"""The store of a node in one SQLite file: WAL, every commit flushed, one writer, snapshots for readers.

The rule it keeps: what `begin` was left with is on the disk whole or not at all, and no statement ever runs outside of
the transaction that it belongs to, also when SQLite ended that transaction by itself.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from comity.base.errors import LocalError, StoreError, StoreMisuse
from comity.dispatch.ports import Row, Scalar
from comity.edge.files import PRIVATE_FILE
from comity.edge.onewriter import OneWriter
from comity.edge.schema import Schema, apply_schemas
from comity.edge.storetrouble import Trouble

MEMORY = ":memory:"
_BUSY_MS = 10_000
_KEPT_READERS = 8
_STATEMENTS = 512
_SCALARS = frozenset({int, str, bytes, type(None)})
_WHY = {
    sqlite3.SQLITE_FULL: "the disk or the store's page limit is full; make room",
    sqlite3.SQLITE_IOERR: "the disk could not be read or written; check the disk, which may have failed or been made read-only",
    sqlite3.SQLITE_READONLY: "the store's file or folder is read-only; make it writable for the node",
    sqlite3.SQLITE_CANTOPEN: "the store's file could not be opened; check the folder and its owner",
    sqlite3.SQLITE_BUSY: "another program holds the store; stop it",
    sqlite3.SQLITE_CORRUPT: "the store's file is damaged; restore the last good copy",
    sqlite3.SQLITE_NOTADB: "the file is not a store; check its name",
}
_PRIMARY = 0xFF
_WRONG = (sqlite3.Error, OverflowError, UnicodeError, StoreMisuse)
_PRAGMAS = ("foreign_keys=ON", "trusted_schema=OFF", "cell_size_check=ON", "secure_delete=ON", "cache_size=-16384")


class SqliteStore(OneWriter):
    """A `Store` in one SQLite file, or in a temporary one for `:memory:`; usable from several threads.

    A `:memory:` store has the same snapshots and the same locks as a file, but is never flushed and is gone when closed.
    An object of a node may be thrown away and made again over the same store: that is what a simulated crash is.

    Args:
        path: the file, made if missing and then readable by this user only; or `:memory:`.
        schemas: the tables, applied on opening in one transaction.
        page_limit: the most pages (4,096 bytes) that the file may have; None: as the disk allows.
        image: what `image` of another store returned, to begin from; the file must not exist.

    Raises:
        StoreError: the file cannot be opened, read or written.
        BadConfiguration: the store was made by a newer program that this one does not understand.
        StoreMisuse: there is a file already where an image should go.
    """

    def __init__(
        self,
        path: Path | str,
        schemas: Sequence[Schema] = (),
        *,
        page_limit: int | None = None,
        image: bytes | None = None,
    ) -> None:
        self._folder = _temporary_folder() if path == MEMORY else None
        self._path = Path(self._folder.name, "store.db") if self._folder else Path(path).absolute()
        self._page_limit = page_limit
        self._trouble = Trouble()
        super().__init__()
        self._readers: list[sqlite3.Connection] = []
        try:
            _make_private(self._path, image)
            self._writer = self._connect()
            self._writer.execute("PRAGMA journal_mode=WAL").fetchone()
            with self.begin() as tx:
                apply_schemas(tx, schemas)
        except (OSError, sqlite3.Error) as error:
            self._give_up()
            raise _unknown(error) from error
        except BaseException:
            self._give_up()
            raise

    @contextmanager
    def begin(self) -> Iterator[SqliteTx]:
        """Open the one transaction that may write; waits until no other does.

        Raises:
            StoreError: on leaving: the disk refused; read again and repeat.
            StoreMisuse: this thread is in a transaction already, a statement was wrong, or one was used after its end.
        """
        with self._turn(), self._trouble.watched():
            _step(self._writer, "BEGIN IMMEDIATE")
            tx = SqliteTx(self._writer)
            try:
                yield tx
                self._followed(tx)
                with self._trouble.timed():
                    _step(self._writer, "COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    _step(self._writer, "ROLLBACK")
                raise
            finally:
                tx.end()

    @contextmanager
    def read(self) -> Iterator[SqliteTx]:
        """Open a snapshot that only reads; never waits for the writer.

        Raises:
            StoreError: the disk could not be read.
            StoreMisuse: a statement was wrong or tried to write, or one was used after the end.
        """
        connection = self._reader()
        tx = SqliteTx(connection)
        try:
            _step(connection, "BEGIN")
            # The snapshot begins with the first read, so read now.
            _step(connection, "SELECT 1 FROM sqlite_master LIMIT 1")
            yield tx
        finally:
            tx.end()
            self._put_back(connection)

    def image(self) -> bytes:
        """Return the whole store as of now, as the bytes of an SQLite file."""
        connection = self._reader()
        try:
            with _faults_named():
                return connection.serialize()
        finally:
            self._put_back(connection)

    def copy_to(self, path: Path) -> None:
        """Write a copy of the whole store as of now into a new file, also while it is written to.

        Raises:
            StoreMisuse: there is a file already.
            StoreError: it could not be written.
        """
        _make_private(path, b"")
        connection = self._reader()
        try:
            with _faults_named(), closing(sqlite3.connect(path)) as copy:
                connection.backup(copy)
        finally:
            self._put_back(connection)

    def size_bytes(self) -> int:
        """Return how large the store's file is, with its side files."""
        return sum(one.stat().st_size for one in self._path.parent.glob(f"{self._path.name}*") if one.is_file())

    def scrub(self) -> None:
        """Empty the write-ahead file, so that what was deleted is no longer in any file of the store.

        Call it after content was destroyed; SQLite has overwritten the deleted bytes in the main file.

        Raises:
            StoreError: a reader still needs the old state; repeat later.
        """  # spec: protocol.md 12
        with self._turn(), _faults_named():
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StoreError("deleted content may still be in the write-ahead file: a reader needs it; repeat later")

    def _reader(self) -> sqlite3.Connection:
        if not self._open:
            raise StoreMisuse("the store is closed; nothing was read")
        try:
            return self._readers.pop()
        except IndexError:
            pass
        with _faults_named():
            connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        return connection

    def _put_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if self._open and len(self._readers) < _KEPT_READERS:
            self._readers.append(connection)
        else:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=_BUSY_MS / 1000,
            isolation_level=None,  # transactions are begun and ended here and nowhere else
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA synchronous={'OFF' if self._folder else 'FULL'}")
        if self._page_limit is not None:
            connection.execute(f"PRAGMA max_page_count={int(self._page_limit)}")
        return connection

    def _give_up(self) -> None:
        self._open = False
        while self._readers:
            self._readers.pop().close()
        if hasattr(self, "_writer"):
            self._writer.close()
        if self._folder:
            self._folder.cleanup()


class SqliteTx:
    """One transaction on one connection. After the first error it only refuses: no half of it can be kept."""

    __slots__ = ("_connection", "_refusal", "memory")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.memory: dict[str, object] = {}
        self._refusal: LocalError | StoreError | None = None

    def rows(self, statement: str, arguments: Sequence[Scalar] = ()) -> list[Row]:
        """Run a query and return all its rows; this transaction's own writes are seen."""
        return self._run(statement, arguments).fetchall()

    def run(self, statement: str, arguments: Sequence[Scalar] = ()) -> int:
        """Run one write and return the number of rows it changed."""
        return max(self._run(statement, arguments).rowcount, 0)

    def many(self, statement: str, arguments: Iterable[Sequence[Scalar]]) -> None:
        """Run one write for each tuple of arguments, in order."""
        if self._refusal is not None:
            raise self._refusal
        rows = list(arguments)
        try:
            for one in rows:
                _check(one)
            self._connection.executemany(statement, rows)
        except _WRONG as error:
            self._refusal = _refusal(error)
            raise self._refusal from error

    def later(self, statement: str, arguments: Sequence[Scalar] = ()) -> None:
        """Run one write now: a file is not far."""
        self._run(statement, arguments)

    def finish(self) -> None:
        """Raise what went wrong inside, also when the caller caught it there.

        Raises:
            StoreError, StoreMisuse: as the statement that failed.
        """
        if self._refusal is not None:
            raise self._refusal
        if not self._connection.in_transaction:
            raise StoreMisuse("a statement ended the transaction by itself; it is not known what was kept")

    def end(self) -> None:
        """Refuse every later use."""
        self._refusal = StoreMisuse("this transaction is over; nothing was read or written")

    def _run(self, statement: str, arguments: Sequence[Scalar]) -> sqlite3.Cursor:
        if self._refusal is not None:
            raise self._refusal
        try:
            _check(arguments)
            return self._connection.execute(statement, arguments)
        except _WRONG as error:
            self._refusal = _refusal(error)
            raise self._refusal from error


def _check(arguments: Sequence[Scalar]) -> None:
    if _SCALARS.issuperset(map(type, arguments)):
        return
    for value in arguments:
        if type(value) not in _SCALARS and (isinstance(value, bool) or not isinstance(value, (int, str, bytes))):
            raise StoreMisuse(f"a store takes int, str, bytes and None, not {type(value).__name__}")


def _step(connection: sqlite3.Connection, statement: str) -> None:
    try:
        connection.execute(statement).fetchone()
    except sqlite3.Error as error:
        raise _unknown(error) from error


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _unknown(error) from error


def _refusal(error: Exception) -> StoreError | LocalError:
    """Tell the disk's faults, which may pass, from a statement's own, which will not."""
    if isinstance(error, StoreMisuse):
        return error
    if isinstance(error, sqlite3.Error) and _code(error) in _WHY:
        return _unknown(error)
    # The text names table, column or syntax, never a value.
    return StoreMisuse(f"a statement was refused and its transaction rolled back: {error}")


def _unknown(error: Exception) -> StoreError:
    why = _WHY.get(_code(error), str(error))
    return StoreError(f"the store did not do this, and all of it was rolled back: {why}, then repeat")


def _code(error: Exception) -> int:
    code = getattr(error, "sqlite_errorcode", 0)
    return int(code or 0) & _PRIMARY


def _make_private(path: Path, image: bytes | None) -> None:
    """Make the file before SQLite does, for this user only; SQLite gives its side files the same mode."""
    if image is None:
        path.touch(mode=PRIVATE_FILE, exist_ok=True)
        return
    try:
        path.touch(mode=PRIVATE_FILE, exist_ok=False)
    except FileExistsError as error:
        raise StoreMisuse(f"{path} exists; a copy was not put over it. Move it away first") from error
    path.write_bytes(image)


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    memory = Path("/dev/shm")  # noqa: S108  a private folder is made inside, by tempfile
    return tempfile.TemporaryDirectory(prefix="comity-", dir=memory if memory.is_dir() else None)
