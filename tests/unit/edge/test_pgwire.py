"""The protocol to the database server, against the server itself and against one that lies."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.database import Database, read_database
from comity.edge.pgauth import Scram
from comity.edge.pgwire import ServerSays, Wire, dollars
from tests.pgserver import PORT, Cluster


@pytest.fixture
def wire(pg):
    wire = Wire(pg)
    yield wire
    wire.close()


# --- SCRAM ---------------------------------------------------------------------------------------------------------

NONCE, PASSWORD = "rOprNGfwEbeRWgbNEkqO", "pencil"  # spec: RFC 7677 3, its example
CHALLENGE = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
ANSWER = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_scram_is_that_of_the_standard():
    scram = Scram("user", PASSWORD, NONCE)
    assert scram.first == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert scram.answer(CHALLENGE) == ANSWER
    scram.check(FINAL)


@pytest.mark.parametrize(
    "challenge",
    [
        b"", b"\xff", b"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", CHALLENGE.replace(b"i=4096", b"i=0"),
        CHALLENGE.replace(b"i=4096", b"i=99999999"), CHALLENGE.replace(b"s=W22", b"s=!"),
        b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    ],
)  # fmt: skip
def test_a_challenge_that_is_none_is_refused(challenge):
    with pytest.raises(BadConfiguration, match="refused"):
        Scram("user", PASSWORD, NONCE).answer(challenge)


@pytest.mark.parametrize("final", [b"", b"e=other-error", b"v=AAAA", b"v=!", FINAL.replace(b"6", b"7", 1)])
def test_a_server_that_does_not_know_the_password_is_refused(final):
    scram = Scram("user", PASSWORD, NONCE)
    scram.answer(CHALLENGE)
    with pytest.raises(BadConfiguration, match="password"):
        scram.check(final)


def test_a_password_works_over_tls_with_a_name_that_is_checked(tmp_path, us):
    """A server that listens beyond its socket asks for a password and has a certificate."""
    server = Cluster.make(password_encryption="'scram-sha-256'")
    try:
        server.start()
        server.say("CREATE ROLE clerk LOGIN PASSWORD 'not a word of any list'")
        server.create("node")
        (server.data / "pg_hba.conf").write_text("local all comity trust\nlocal all clerk scram-sha-256\n")
        server.say("SELECT pg_reload_conf()")
        secret = tmp_path / "secret"
        for said, good in (("not a word of any list\n", True), ("another\n", False)):
            secret.write_text(said)
            secret.chmod(0o600)
            found = read_database(f"postgresql://clerk@/node?host={server.home}", tmp_path, secret)
            if good:
                wire = Wire(found)
                assert wire.ask("SELECT current_user").rows == [("clerk",)]
                wire.close()
            else:
                with pytest.raises(BadConfiguration, match="let us in"):
                    Wire(found)
        with pytest.raises(BadConfiguration, match="database_secret"):
            Wire(Database(((str(server.home), PORT),), "clerk", "node"))
    finally:
        server.remove()


# --- statements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT ?, ?", "SELECT $1, $2"),
        ("SELECT '?', ?, '''?', \"?\" -- ?\n, ?", "SELECT '?', $1, '''?', \"?\" -- ?\n, $2"),
        ("SELECT 3 - ? - -1", "SELECT 3 - $1 - -1"),
    ],
)
def test_each_place_of_an_argument_is_numbered(sql, said):
    assert dollars(sql) == said


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT CAST(9223372036854775807 AS bigint)", 2**63 - 1), ("SELECT CAST(-1 AS smallint)", -1), ("SELECT 1 = 1", 1),
        ("SELECT SUM(n) FROM (VALUES (9223372036854775807), (9223372036854775807)) AS many (n)", 2**64 - 2),
        ("SELECT SUM(n) FROM (VALUES (CAST(-10000 AS bigint)), (0)) AS many (n)", -10_000),
        ("SELECT SUM(n) FROM (VALUES (CAST(0 AS bigint))) AS many (n)", 0), ("SELECT NULL", None), ("SELECT ''", ""),
        ("SELECT CAST('ਹਰਪ੍ਰੀਤ' AS text)", "ਹਰਪ੍ਰੀਤ"), ("SELECT CAST('\\x00ff' AS bytea)", b"\x00\xff"),
    ],
)  # fmt: skip
def test_values_come_as_what_a_store_has(wire, sql, value):
    assert wire.ask(sql).rows == [(value,)]


def test_what_is_queued_goes_in_order_and_an_error_stops_what_comes_after_it(wire):
    wire.ask("CREATE TABLE many (n bigint PRIMARY KEY)")
    wire.put("BEGIN")
    for n in (1, 2, 1, 3):
        wire.put("INSERT INTO many (n) VALUES (?)", (n,))
    wire.put("SELECT n FROM many WHERE n > ?", (0,))
    with pytest.raises(ServerSays, match="duplicate key"):
        wire.ask("COMMIT")
    assert wire.in_transaction
    wire.ask("ROLLBACK")
    assert wire.ask("SELECT n FROM many WHERE n > ?", (0,)).rows == [], "what the error cut off is prepared again"
    wire.put("INSERT INTO many (n) VALUES (?)", (7,))
    wire.drop()
    wire.put("INSERT INTO many (n) VALUES (?)", (8,))
    wire.send()
    assert wire.ask("SELECT n FROM many").rows == [(8,)]


def test_more_statements_than_are_kept_prepared_go_on_working(wire):
    for n in range(600):
        assert wire.ask(f"SELECT {n} + ?", (1,)).rows == [(n + 1,)]
    assert wire.ask("SELECT 0 + ?", (1,)).rows == [(1,)]
    assert wire.ask("SELECT count(*) FROM pg_prepared_statements").rows[0][0] <= 512


def test_a_flight_that_nobody_waited_for_and_that_failed_ends_the_connection(wire):
    wire.put("SELECT nothing")
    wire.send()
    with pytest.raises(ServerSays):
        wire.ask("SELECT 1")
    assert wire.closed
    with pytest.raises(ServerSays, match="closed"):
        wire.ask("SELECT 1")


def test_large_rows_come_whole(wire):
    (row,) = wire.ask("SELECT CAST(repeat('x', 3000000) AS text), CAST(repeat('y', 10) AS text)").rows
    assert (len(row[0]), row[1]) == (3_000_000, "y" * 10)


# --- a server that lies --------------------------------------------------------------------------------------------


def liar(answers):
    """Listen once, and answer every message with the next of `answers`; return the address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listening.accept()
        with connection:
            for answer in answers:
                connection.recv(4_096)
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return Database((("127.0.0.1", listening.getsockname()[1]),), "comity", "node", "secret")


def said(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


@pytest.mark.parametrize(
    "first",
    [
        said(b"R", struct.pack("!I", 3)), said(b"R", struct.pack("!I", 5) + b"salt"), said(b"R", struct.pack("!I", 7)),
        said(b"R", struct.pack("!I", 10) + b"SCRAM-SHA-256-PLUS\0\0"),
    ],
)  # fmt: skip
def test_a_password_is_never_given_away(first):
    with pytest.raises(BadConfiguration, match="gives it away"):
        Wire(liar([first]))


def test_a_server_that_skips_its_own_proof_is_refused():
    ask = said(b"R", struct.pack("!I", 10) + b"SCRAM-SHA-256\0\0")
    with pytest.raises(BadConfiguration, match="prove"):
        Wire(liar([ask, said(b"R", struct.pack("!I", 12) + FINAL)]))
    with pytest.raises(BadConfiguration, match="prove"):
        Wire(liar([ask, said(b"R", struct.pack("!I", 0))]))


@pytest.mark.parametrize("first", [b"", said(b"R", b"")[:3], b"R\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_no_server_is_told_apart(first):
    with pytest.raises(ServerSays, match="took the connection"):
        Wire(liar([first]))
