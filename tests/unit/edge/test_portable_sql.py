"""Every statement that the core and the desks ask of their store is one that PostgreSQL takes, too, with the types that it finds."""

from __future__ import annotations

import ast
import importlib
import secrets
from pathlib import Path

import pytest

import comity
from comity.edge import pgsearch
from comity.edge.opening import read_schema
from comity.edge.pgdialect import translated
from comity.edge.pgwire import ServerSays, Wire, dollars
from comity.edge.postgres import PostgresStore
from comity.edge.schema import Schema

ROOT = Path(comity.__file__).parent
FLOORS = ("dispatch", "node", "desks", "edge")
OWN = {
    "sqlite.py",
    "sqlite_reader.py",
    "search.py",
    "storecopy.py",
    "schema.py",
    "pgsearch.py",
    "postgres.py",
    "pgchanges.py",
    "roomtray.py",
}
"""Modules of one kind of store only; a room's store is a file."""
DESKS = ("requests", "precursors", "workplan")
VERBS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ")


def statements():
    """Yield (place, SQL) of each statement whose text its module alone makes."""
    for path in sorted(one for floor in FLOORS for one in (ROOT / floor).rglob("*.py")):
        if path.name in OWN:
            continue
        module = importlib.import_module(".".join(("comity", *path.relative_to(ROOT).with_suffix("").parts)))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") in {"rows", "run", "many", "later"}
                and node.args
            ):
                text = _text(node.args[0], module)
                if text is not None and text.startswith(VERBS):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def _text(node, module):
    try:
        found = eval(compile(ast.Expression(node), "statement", "eval"), dict(vars(module)))
    except (NameError, AttributeError, TypeError):
        return (
            None  # what it is depends on a call; the units of core and desk run it, in make trial over PostgreSQL too
        )
    return found if isinstance(found, str) else None


@pytest.fixture
def wire(pg):
    schemas = [
        Schema("node", read_schema("comity.node")),
        *(Schema(one, read_schema(f"comity.desks.{one}")) for one in DESKS),
    ]
    store = PostgresStore(pg, schemas)
    for desk in DESKS:
        pgsearch.prepare(store, desk)
    store.close()
    wire = Wire(pg)
    yield wire
    wire.close()


def test_every_statement_is_understood_by_both(wire):
    found = list(statements())
    assert len(found) > 200
    refused = []
    for number, (place, sql) in enumerate(found):
        try:
            wire.ask(f"PREPARE one{number} AS {dollars(translated(sql))}")
        except ServerSays as error:
            refused.append(f"{place}: {error}: {sql}")
    assert refused == []


def test_a_statement_that_only_sqlite_takes_would_be_found(wire):
    for sql in (
        "SELECT max(time, size) FROM head",
        "SELECT 1 FROM sent WHERE code IS ?",
        "SELECT id, 1 FROM sent UNION ALL SELECT id, 1 = 1 FROM got",
    ):
        with pytest.raises(ServerSays):
            wire.ask(f"PREPARE one AS {dollars(translated(sql))}")


@pytest.mark.parametrize("table", ["pending_head", "disowned_head", "challenge"])
def test_a_signed_head_of_any_length_is_a_key(wire, table):
    """A head with two signatures of ML-DSA-65 has some nine thousand letters; random ones, for the server packs others."""
    note = secrets.token_hex(10_000)
    columns = {
        "pending_head": "size, time, root",
        "disowned_head": "time",
        "challenge": "idx, at, reached_ms, looked_at, heard_at",
    }[table]
    values = ", ".join("'\\x00'" if name == "root" else "1" for name in columns.split(", "))
    put = f"INSERT INTO {table} (note, {columns}) VALUES (?, {values}) ON CONFLICT DO NOTHING"
    assert [wire.ask(put, (note,)).changed for _ in range(2)] == [1, 0]
