"""One connection to a PostgreSQL server, over the driver pg8000: prepared statements and the four kinds of values that a store has.

The rule it keeps: a connection of which anything but a plain refusal was heard is closed, and no server gets a password to see.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pg8000.core import Context, CoreConnection
from pg8000.dbapi import convert_paramstyle
from pg8000.exceptions import DatabaseError, InterfaceError

from comity.base.errors import BadConfiguration
from comity.dispatch.ports import Row, Scalar
from comity.edge.database import Database

_TLS_PLEASE = struct.pack("!II", 8, 80_877_103)
_KEPT = 512
"""Statements that a connection keeps prepared."""
_SECONDS = 10
_PATIENCE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 30_000}
"""After half a minute without a sign a host counts as lost, so that the next one is tried."""
_INT, _SHORT = struct.Struct("!i"), struct.Struct("!H")
_BINDS, _RUNS, _ANSWERS = b"B", b"E" + struct.pack("!iBi", 9, 0, 0), b"S" + struct.pack("!i", 4)
_TEXT, _BINARY = 0, 1
_NOTHING = _INT.pack(-1)
_OK, _SASL, _SASL_NEXT, _SASL_END = 0, 10, 11, 12
_BOOL, _BYTEA, _NUMERIC = 16, 17, 1_700
_WHOLE = (20, 21, 23, 26, 28)


class ServerSays(Exception):
    """The server refused.

    Attributes:
        code: SQLSTATE, five characters; `08006` where the connection was lost.
        text: its words, which name tables and columns, never a value.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{text} ({code})")
        self.code, self.text = code, text


class Result(NamedTuple):
    """What one statement brought: rows, how many it changed, and what the server warned of."""

    rows: list[Row]
    changed: int
    warning: ServerSays | None = None


class _Prepared(NamedTuple):
    """One prepared statement as the driver knows it."""

    name: bytes
    columns: Any
    readers: Any
    text: str
    formats: bytes


class Wire:
    """One connection, for one thread at a time.

    Args:
        database: where; of several hosts the first that answers is taken, and a standby only with `standby`.
        settings: what the session sets at its start.
        standby: a server that only reads will do.

    Attributes:
        closed: nothing more can be asked.

    Raises:
        ServerSays: no server could be reached, or none that takes writes.
        BadConfiguration: the server refused who we are, or cannot prove who it is.
    """

    def __init__(self, database: Database, settings: Sequence[tuple[str, str]] = (), *, standby: bool = False) -> None:
        self._statements: dict[str, _Prepared] = {}
        self.closed = True
        refusals: list[str] = []
        for host, port in database.hosts:
            try:
                self._open(database, host, port, settings)
                if not standby:
                    self._refuse_standby()
            except (OSError, ServerSays) as error:
                self.close()
                refusals.append(f"{host}:{port}: {error}")
            except BadConfiguration:
                self.close()
                raise
            else:
                return
        raise ServerSays("08001", "no database server took the connection: " + "; ".join(refusals))

    @property
    def socket(self) -> socket.socket:
        """The connection itself, to wait on."""
        return self._socket

    @property
    def news(self) -> deque[tuple[int, str, str]]:
        """The notifications that came with the last answers, oldest first: (process, channel, payload); at most 100."""
        found: deque[tuple[int, str, str]] = self._driver.notifications
        return found

    def ask(self, sql: str, arguments: Sequence[Scalar] = ()) -> Result:
        """Run one statement and return what it brought.

        Raises:
            ServerSays: it was refused, or the connection was lost.
            UnicodeError: a text is none; nothing was sent.
        """
        return self.flight(((sql, arguments),))

    def flight(self, asked: Sequence[tuple[str, Sequence[Scalar]]]) -> Result:
        """Run statements in their order, all on their way before the first answer, and return what the last one brought.

        The first that is refused ends it; those behind it are not run.

        Raises:
            ServerSays: one was refused, or the connection was lost.
            UnicodeError: a text is none; nothing was sent.
        """
        if self.closed:
            raise ServerSays("08003", "the connection to the database is closed")
        values = [list(map(_said, arguments)) for _, arguments in asked]
        self._driver.notices.clear()
        with self._heard():
            known = [self._statements.get(sql) or self._prepare(sql) for sql, _ in asked]
            said = self._driver.fly(list(zip(known, values, strict=True)))
            self._forget_oldest()
        return Result([tuple(row) for row in said.rows or ()], max(0, said.row_count), self._warning())

    def close(self) -> None:
        """End the connection; what was not committed is gone."""
        if not self.closed:
            self.closed = True
            with contextlib.suppress(OSError, InterfaceError, ValueError, AttributeError):
                self._driver.close()
            self._socket.close()

    def _open(self, database: Database, host: str, port: int, settings: Sequence[tuple[str, str]]) -> None:
        self._socket = _connect(host, port, database.tls(host))
        self._statements = {}
        try:
            self._driver = _Driver(
                database.user,
                database=database.name,
                password=database.password,
                application_name=database.label,
                startup_params={"client_encoding": "UTF8", **dict(settings)},
                sock=self._socket,
                ssl_context=False,
            )
        except BadConfiguration:
            self._socket.close()
            raise
        except Exception as error:
            self._socket.close()
            raise _not_let_in(error) from error
        self._socket.settimeout(None)
        self._driver.pg_types = defaultdict(lambda: bytes.decode, _READERS)
        self.closed = False

    def _refuse_standby(self) -> None:
        if self.ask("SELECT pg_is_in_recovery()").rows[0][0]:
            raise ServerSays("25006", "it only follows another server")

    def _prepare(self, sql: str) -> _Prepared:
        text = dollars(sql)
        name, columns, readers = self._driver.prepare_statement(text, ())
        formats = [_BINARY if column["type_oid"] == _BYTEA else _TEXT for column in columns or ()]
        one = _Prepared(name, columns, readers, text, _shorts(formats))
        self._statements[sql] = one
        return one

    def _forget_oldest(self) -> None:
        while len(self._statements) >= _KEPT:
            oldest = next(iter(self._statements))
            self._driver.close_prepared_statement(self._statements.pop(oldest).name)

    @contextlib.contextmanager
    def _heard(self) -> Iterator[None]:
        """Tell a refusal, after which the connection goes on, from all else, after which nothing on it is worth anything."""
        try:
            yield
        except DatabaseError as error:
            said = _refusal(error)
            if said.code[:2] in ("08", "57"):
                self.close()
            raise said from error
        except Exception as error:
            self.close()
            raise ServerSays("08006", f"the connection to the database was lost ({error!r})") from error
        except BaseException:
            self.close()
            raise

    def _warning(self) -> ServerSays | None:
        """Return the last warning that came with an answer; hints and remarks are none."""
        found = [
            _words({key.decode(): text.decode(errors="replace") for key, text in one.items()})
            for one in self._driver.notices
        ]
        return next((one for one in reversed(found) if one.code.startswith("01")), None)


class _Driver(CoreConnection):  # type: ignore[misc]  # the driver has no types
    """The driver, which gives no password away and believes no server that does not prove that it knows it.

    It sends many statements before it waits, and bytes as bytes.
    """

    _owes_proof = False

    def fly(self, asked: Sequence[tuple[_Prepared, Sequence[tuple[int, bytes | None]]]]) -> Context:
        """Send prepared statements with their values, then hear all answers; rows and count are the last one's."""
        # After an error the server skips all up to the Sync, so nothing behind what was refused is run.
        last = asked[-1][0]
        context = Context(last.text, columns=last.columns, input_funcs=last.readers)
        self._usock.sendall(b"".join([*(_bound(one, values) for one, values in asked), _ANSWERS]))
        self.handle_messages(context)
        return context

    def handle_DATA_ROW(self, data: bytes, context: Context) -> None:  # noqa: N802  the driver's name
        """Read one row from its bytes."""
        at, row = 2, []
        for read in context.input_funcs:
            size, at = _INT.unpack_from(data, at)[0], at + 4
            row.append(None if size < 0 else read(data[at : at + size]))
            at += max(0, size)
        context.rows.append(row)

    def handle_COMMAND_COMPLETE(self, data: bytes, context: Context) -> None:  # noqa: N802  the driver's name
        """Note how many rows the last statement changed, not how many all of a flight did."""
        context.row_count = -1
        super().handle_COMMAND_COMPLETE(data, context)

    def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: object) -> None:  # noqa: N802  the driver's name
        """Go on with SCRAM only.

        Raises:
            BadConfiguration: the server asks for a password otherwise, or lets us in without having proved itself.
        """  # spec: RFC 5802 3
        step = int.from_bytes(data[:4])
        if step not in (_OK, _SASL, _SASL_NEXT, _SASL_END):
            raise BadConfiguration("the database server asks for a password in a way that gives it away; refused")
        if step == _SASL and self.password is None:
            raise BadConfiguration("the database server asks for a password: name its file in `database_secret`")
        if step == _OK and self._owes_proof:
            raise BadConfiguration("the database server did not prove that it knows the password; refused")
        if step != _OK:
            self._go_on(step, data, context)

    def _go_on(self, step: int, data: bytes, context: object) -> None:
        try:
            super().handle_AUTHENTICATION_REQUEST(data, context)
        except (InterfaceError, OSError):
            raise
        except Exception as error:
            raise BadConfiguration(
                f"the database server did not prove that it knows the password ({error}); refused"
            ) from error
        self._owes_proof = step != _SASL_END


def _connect(host: str, port: int, tls: ssl.SSLContext | None) -> socket.socket:
    if host.startswith("/"):
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(_SECONDS)
        made.connect(f"{host}/.s.PGSQL.{port}")
        return made
    made = socket.create_connection((host, port), _SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PATIENCE.items():
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    if tls is None:
        return made
    made.sendall(_TLS_PLEASE)
    if made.recv(1) != b"S":
        made.close()
        raise BadConfiguration(f"the database server at {host} offers no TLS; it was not spoken to")
    return tls.wrap_socket(made, server_hostname=host)


@lru_cache(maxsize=1_024)
def dollars(sql: str) -> str:
    """Write each `?` outside of strings, names and comments as $1, $2 and so on."""
    return str(convert_paramstyle("qmark", sql, ())[0]) if "?" in sql else sql


def _said(value: Scalar) -> tuple[int, bytes | None]:
    """Return the form and the bytes of a value; a text that is none is refused before anything is sent."""
    if value is None:
        return _TEXT, None
    if isinstance(value, bytes):
        return _BINARY, value
    return _TEXT, (value if isinstance(value, str) else str(value)).encode()


def _bound(one: _Prepared, values: Sequence[tuple[int, bytes | None]]) -> bytes:
    """Return the messages that run a prepared statement with these values."""
    parts = [b"\0", one.name, _shorts([form for form, _ in values]), _SHORT.pack(len(values))]
    for _, value in values:
        parts += (_NOTHING,) if value is None else (_INT.pack(len(value)), value)
    body = b"".join([*parts, one.formats])
    return b"".join((_BINDS, _INT.pack(len(body) + 4), body, _RUNS))


def _shorts(values: Sequence[int]) -> bytes:
    return _SHORT.pack(len(values)) + b"".join(map(_SHORT.pack, values))


def _bool(text: bytes) -> int:
    return int(text == b"t")


_READERS: Mapping[int, Callable[[bytes], Scalar]] = {
    _BOOL: _bool,
    _BYTEA: bytes,
    _NUMERIC: int,
    **dict.fromkeys(_WHOLE, int),
}


def _not_let_in(error: BaseException) -> ServerSays | BadConfiguration:
    """Return why there is no connection; the driver's own farewell to a server that has gone hides what that said."""
    while not isinstance(error, DatabaseError):
        if error.__context__ is None:
            return ServerSays("08006", f"what answered is no database server ({error!r})")
        error = error.__context__
    said = _refusal(error)
    if said.code.startswith("28"):
        return BadConfiguration(f"the database server does not let us in: {said.text}")
    return said


def _refusal(error: DatabaseError) -> ServerSays:
    said = error.args[0] if error.args else {}
    return _words(said) if isinstance(said, dict) else ServerSays("XX000", str(said))


def _words(said: Mapping[str, str]) -> ServerSays:
    return ServerSays(said.get("C", "XX000"), said.get("M", "it gave no reason"))
