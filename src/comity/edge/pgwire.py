"""One connection to a PostgreSQL server: prepared statements over the protocol 3.0, many of them in one flight.

The rule it keeps: whatever the connection says after an error or a loss belongs to nothing any more; the connection is closed.
It knows the four kinds of values that a store has, and nothing else of the server's types.
"""  # spec: PostgreSQL protocol 3.0

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from comity.base.errors import BadConfiguration
from comity.dispatch.ports import Row, Scalar
from comity.edge.database import Database
from comity.edge.pgauth import Scram

_VERSION = 196_608
_TLS_PLEASE = struct.pack("!II", 8, 80_877_103)
_SYNC = b"S\x00\x00\x00\x04"
_RUN = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00"
_NULL = b"\xff\xff\xff\xff"
_KEPT = 512
"""Statements that a connection keeps prepared."""
_CHUNK = 1 << 18
_MOST = 1 << 30
_SECONDS = 10
_PATIENCE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 30_000}
"""After half a minute without a sign a host counts as lost, so that the next one is tried."""
_BOOL, _BYTEA, _NUMERIC = 16, 17, 1_700
_WHOLE = frozenset({20, 21, 23, 26, 28})
_PIECES = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|\?|[^'\"?-]+|-", re.DOTALL)
_CODE, _TEXT = ord("C"), ord("M")


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
    """What one statement brought: rows, and how many it changed."""

    rows: list[Row]
    changed: int


@dataclass(slots=True)
class _Statement:
    """One prepared statement: its name, and once known the types of its columns."""

    name: bytes
    columns: tuple[int, ...] | None = None
    ready: bool = False


@dataclass(slots=True)
class _Heard:
    """What came in since the last wait."""

    rows: list[Row] = field(default_factory=list)
    count: int = 0
    error: ServerSays | None = None
    warning: ServerSays | None = None


class Wire:
    """One connection, for one thread at a time.

    Args:
        database: where; of several hosts the first that answers is taken, and a standby only with `standby`.
        settings: what the session sets at its start.
        standby: a server that only reads will do.

    Attributes:
        news: (channel, payload) of notifications not fetched yet.

    Raises:
        ServerSays: no server could be reached, or none that takes writes.
        BadConfiguration: the server refused who we are, or cannot prove who it is.
    """

    def __init__(self, database: Database, settings: Sequence[tuple[str, str]] = (), *, standby: bool = False) -> None:
        self.news: deque[tuple[str, str]] = deque()
        self._statements: dict[str, _Statement] = {}
        self._made = 0
        self._out: list[bytes] = []
        self._asked: deque[_Statement] = deque()
        self._flights = 0
        self._rest, self._at = b"", 0
        self._state = b"I"
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
    def in_transaction(self) -> bool:
        """Whether a transaction is open, as of the last answer."""
        return self._state != b"I"

    @property
    def socket(self) -> socket.socket:
        """The connection itself, to wait on."""
        return self._socket

    # --- statements --------------------------------------------------------------------------------------------

    def put(self, sql: str, arguments: Sequence[Scalar] = ()) -> None:
        """Queue one statement; it goes with the next `ask`, `settle` or `send`, and an error of it is raised there."""
        statement = self._statements.get(sql) or self._prepare(sql)
        values = [b"\x00", statement.name, b"\x00", struct.pack("!H", len(arguments))]
        values += [b"\x00\x01" if isinstance(value, bytes) else b"\x00\x00" for value in arguments]
        values.append(struct.pack("!H", len(arguments)))
        for value in arguments:
            if value is None:
                values.append(_NULL)
                continue
            raw = value if isinstance(value, bytes) else str(value).encode()
            values += (len(raw).to_bytes(4, "big"), raw)
        values.append(b"\x00\x01\x00\x01")
        body = b"".join(values)
        self._out += (b"B", (len(body) + 4).to_bytes(4, "big"), body, _RUN)
        self._asked.append(statement)

    def ask(self, sql: str, arguments: Sequence[Scalar] = ()) -> Result:
        """Run one statement, after all that were queued, and return what it brought.

        Raises:
            ServerSays: it, or one before it, was refused; nothing after that one was run.
        """
        self.put(sql, arguments)
        heard = self.settle()
        return Result(heard.rows, heard.count)

    def send(self) -> None:
        """Send what is queued and do not wait; the answers are read before anything else is asked."""
        if self._out:
            self._flights += 1
            self._out.append(_SYNC)
            raw, self._out = b"".join(self._out), []
            self._write(raw)

    def settle(self) -> _Heard:
        """Send what is queued and wait for all answers.

        Raises:
            ServerSays: a statement was refused, or the server warned while it committed.
        """
        self.send()
        heard = _Heard()
        while self._flights:
            self._take(heard)
        if heard.error is not None:
            raise heard.error
        return heard

    def drop(self) -> None:
        """Forget what is queued and was not sent."""
        if self._out:
            self._out = []
            self._asked.clear()
            self._statements = {sql: one for sql, one in self._statements.items() if one.ready}

    def poll(self) -> None:
        """Read what came by itself, without waiting for more; notifications are in `news` then."""
        self._socket.setblocking(False)
        try:
            while raw := self._socket.recv(_CHUNK):
                self._more(raw)
            raise self._lost(None)
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            raise self._lost(error) from error
        finally:
            if not self.closed:
                self._socket.setblocking(True)
        while (message := self._next()) is not None:
            self._aside(message[0], message[1], _Heard())

    def close(self) -> None:
        """End the connection; what was not committed is gone."""
        if not self.closed:
            self.closed = True
            with contextlib.suppress(OSError):
                self._socket.sendall(b"X\x00\x00\x00\x04")
            self._socket.close()

    # --- the beginning -----------------------------------------------------------------------------------------

    def _open(self, database: Database, host: str, port: int, settings: Sequence[tuple[str, str]]) -> None:
        self._socket = _connect(host, port, database.tls(host))
        self.closed, self._rest, self._at = False, b"", 0
        said = [("user", database.user), ("database", database.name), ("application_name", database.label)]
        said += [("client_encoding", "UTF8"), *settings]
        words = b"".join(f"{name}\0{value}\0".encode() for name, value in said)
        self._write(_message(b"", struct.pack("!I", _VERSION) + words + b"\x00"))
        self._introduce(database)
        self._flights = 1
        self.settle()

    def _introduce(self, database: Database) -> None:
        scram = Scram("", database.password or "", secrets.token_urlsafe(24))
        while True:
            kind, body = self._read()
            if kind == b"E":
                error = _refusal(body)
                if error.code.startswith("28"):
                    raise BadConfiguration(f"the database server does not let us in: {error.text}")
                raise error
            if kind != b"R":
                continue
            step, rest = int.from_bytes(body[:4]), body[4:]
            if step == 0:
                if scram.asked and not scram.proven:
                    raise BadConfiguration("the database server did not prove that it knows the password; refused")
                return
            if database.password is None:
                raise BadConfiguration("the database server asks for a password: name its file in `database_secret`")
            if step == 10 and b"SCRAM-SHA-256\x00" in rest:  # noqa: PLR2004  numbers of the protocol
                first, scram.asked = scram.first, True
                self._write(_message(b"p", b"SCRAM-SHA-256\x00" + struct.pack("!I", len(first)) + first))
            elif step == 11:  # noqa: PLR2004
                self._write(_message(b"p", scram.answer(rest)))
            elif step == 12:  # noqa: PLR2004
                scram.check(rest)
            else:
                raise BadConfiguration("the database server asks for a password in a way that gives it away; refused")

    def _refuse_standby(self) -> None:
        if self.ask("SELECT pg_is_in_recovery()").rows[0][0]:
            raise ServerSays("25006", "it only follows another server")

    # --- messages ----------------------------------------------------------------------------------------------

    def _prepare(self, sql: str) -> _Statement:
        if len(self._statements) >= _KEPT:
            oldest = next(iter(self._statements))
            self._out.append(_message(b"C", b"S" + self._statements.pop(oldest).name + b"\x00"))
        self._made += 1
        statement = _Statement(b"s%d" % self._made)
        text = dollars(sql).encode()
        self._out.append(_message(b"P", statement.name + b"\x00" + text + b"\x00\x00\x00"))
        self._out.append(_message(b"D", b"S" + statement.name + b"\x00"))
        self._statements[sql] = statement
        return statement

    def _take(self, heard: _Heard) -> None:
        kind, body = self._read()
        match kind:
            case b"D":
                heard.rows.append(_row(body, self._asked[0].columns or ()))
            case b"2":
                heard.rows = []
            case b"C":
                self._asked.popleft().ready = True
                heard.count = _count(body)
            case b"T":
                self._asked[0].columns = _columns(body)
            case b"I":
                self._asked.popleft().ready = True
            case b"Z":
                self._end_flight(body, heard)
            case _:
                self._aside(kind, body, heard)

    def _end_flight(self, state: bytes, heard: _Heard) -> None:
        self._flights -= 1
        self._state = state
        if heard.error is not None and self._flights:
            raise self._lost(None)  # a flight that nobody waited for failed: what the next one is worth is not known
        if heard.error is not None:
            # What was queued behind the error was not even read: it is prepared anew when it is next needed.
            self._statements = {sql: one for sql, one in self._statements.items() if one.ready}
            self._asked.clear()

    def _aside(self, kind: bytes, body: bytes, heard: _Heard) -> None:
        if kind == b"E":
            heard.error = heard.error or _refusal(body)
        elif kind == b"N":
            said = _refusal(body)
            if said.code.startswith("01"):
                heard.warning = said
        elif kind == b"A":
            channel, payload, _ = body[4:].split(b"\x00", 2)
            self.news.append((channel.decode(), payload.decode()))

    def _read(self) -> tuple[bytes, bytes]:
        while (found := self._next()) is None:
            try:
                raw = self._socket.recv(_CHUNK)
            except OSError as error:
                raise self._lost(error) from error
            if not raw:
                raise self._lost(None)
            self._more(raw)
        return found

    def _more(self, raw: bytes) -> None:
        self._rest, self._at = self._rest[self._at :] + raw, 0

    def _next(self) -> tuple[bytes, bytes] | None:
        """Take one whole message out of what was read."""
        rest, at = self._rest, self._at
        if len(rest) - at < 5:  # noqa: PLR2004  kind and length
            return None
        end = at + int.from_bytes(rest[at + 1 : at + 5]) + 1
        if end - at > _MOST:
            raise self._lost(None)
        if len(rest) < end:
            return None
        self._at = end
        return rest[at : at + 1], rest[at + 5 : end]

    def _write(self, raw: bytes) -> None:
        if self.closed:
            raise ServerSays("08003", "the connection to the database is closed")
        try:
            self._socket.sendall(raw)
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError | None) -> ServerSays:
        self.close()
        return ServerSays("08006", f"the connection to the database was lost ({error or 'it was closed'})")


def _connect(host: str, port: int, tls: ssl.SSLContext | None) -> socket.socket:
    if host.startswith("/"):
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(_SECONDS)
        made.connect(f"{host}/.s.PGSQL.{port}")
    else:
        made = socket.create_connection((host, port), _SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PATIENCE.items():
            if hasattr(socket, name):
                made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if tls is not None:
            made.sendall(_TLS_PLEASE)
            if made.recv(1) != b"S":
                made.close()
                raise BadConfiguration(f"the database server at {host} offers no TLS; it was not spoken to")
            made = tls.wrap_socket(made, server_hostname=host)
    made.settimeout(None)
    return made


def dollars(sql: str) -> str:
    """Write each `?` outside of strings, names and comments as $1, $2 and so on."""
    number = 0

    def one(found: re.Match[str]) -> str:
        nonlocal number
        if found[0] != "?":
            return found[0]
        number += 1
        return f"${number}"

    return _PIECES.sub(one, sql) if "?" in sql else sql


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _columns(body: bytes) -> tuple[int, ...]:
    """Return the types of the columns of a row description."""
    at, types = 2, []
    for _ in range(int.from_bytes(body[:2])):
        at = body.index(0, at) + 7
        types.append(int.from_bytes(body[at : at + 4]))
        at += 12
    return tuple(types)


def _row(body: bytes, types: tuple[int, ...]) -> Row:
    at = 2
    values: list[Scalar] = []
    for kind in types:
        size = int.from_bytes(body[at : at + 4], signed=True)
        at += 4
        if size < 0:
            values.append(None)
            continue
        values.append(_VALUES.get(kind, _text)(body[at : at + size]))
        at += size
    return tuple(values)


def _text(raw: bytes) -> Scalar:
    return raw.decode()


def _whole(raw: bytes) -> Scalar:
    return int.from_bytes(raw, signed=True)


def _numeric(raw: bytes) -> Scalar:
    """Return a sum of large numbers, which the server gives as digits to the base 10,000, as the whole number that it is."""
    digits, weight, sign, _ = struct.unpack_from("!HhHH", raw)
    found = 0
    for place in range(weight + 1):
        digit = struct.unpack_from("!H", raw, 8 + 2 * place)[0] if place < digits else 0
        found = found * 10_000 + digit
    return -found if sign else found


_VALUES: dict[int, Callable[[bytes], Scalar]] = {
    **dict.fromkeys(_WHOLE, _whole),
    _BOOL: lambda raw: raw[0],
    _BYTEA: bytes,
    _NUMERIC: _numeric,
}


def _count(tag: bytes) -> int:
    """Return the number of rows in a tag such as `INSERT 0 1`; what only reads changed none."""
    words = tag.rstrip(b"\x00").split(b" ")
    return int(words[-1]) if words[0] in {b"INSERT", b"UPDATE", b"DELETE", b"MERGE"} else 0


def _refusal(body: bytes) -> ServerSays:
    said = {part[0]: part[1:].decode(errors="replace") for part in body.split(b"\x00") if part}
    return ServerSays(said.get(_CODE, "XX000"), said.get(_TEXT, "it was refused"))
