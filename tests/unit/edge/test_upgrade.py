"""A store of the landed version is brought up while the landed program still has it open and goes on writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.opening import read_schema
from comity.edge.schema import Schema, statements
from comity.edge.sqlite import SqliteStore

STORES = Path(__file__).parents[2] / "vectors" / "store"
LANDED = ("bcbd4bf", "6cf93b7")
"""Commits whose numbered steps lie in the folder as they were: versions that were landed."""
OWNERS = {"node": "comity.node", "requests": "comity.desks.requests"}


@pytest.fixture(params=LANDED)
def landed(request):
    return [
        Schema(owner, tuple((int(one.name[:4]), one.read_text(encoding="utf-8")) for one in sorted((STORES / request.param / owner).glob("*.sql"))))
        for owner in OWNERS
    ]  # fmt: skip


def ours():
    return [Schema(owner, read_schema(package)) for owner, package in OWNERS.items()]


def old_rows(tx, n):
    """Write what the landed program writes for a dispatch sent and one got: its own statements, word by word."""
    tx.run(
        "INSERT INTO sent (id, idx, lane, desk, case_id, sealed, sealed_sha256, plain, decision_salt, sent_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (bytes([n]) * 16, n, 1, "requests", bytes(16), b"sealed", bytes(32), b"plain", bytes(32), n),
    )
    tx.run(
        "INSERT INTO got (idx, id, lane, sealed_sha256, size, commitment, edition, known_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (n, bytes([n]) * 16, 1, bytes(32), 4096, bytes(32), 1, n),
    )
    tx.run("UPDATE got SET sealed = ?, plain = ?, case_id = ? WHERE idx = ?", (b"s", b"p", bytes(16), n))
    tx.run(
        "INSERT INTO kept (id, state, desk, kind, at, missing, body) VALUES (?, 'held', 'requests', 'rfi', ?, '', ?)",
        (bytes([n]) * 16, n, b"body"),
    )


def versions(store):
    with store.read() as tx:
        return {
            str(owner): (number, needs)
            for owner, number, needs in tx.rows("SELECT owner, number, compatible FROM schema_version")
        }


def test_the_steps_that_were_landed_are_as_they_were(landed):
    for old, new in zip(landed, ours(), strict=True):
        assert new.steps[: len(old.steps)] == old.steps, "a step that was applied somewhere is never edited"


def test_the_old_program_goes_on_while_the_new_one_brings_the_store_up(landed, tmp_path):
    path = tmp_path / "node.db"
    old = SqliteStore(path, landed)
    with old.begin() as tx:
        old_rows(tx, 1)
    new = SqliteStore(path, ours())
    assert versions(new) == {one.owner: (len(one.steps), 0) for one in ours()}
    with old.begin() as tx:
        old_rows(tx, 2)
    with new.begin() as tx:
        assert tx.rows("SELECT count(*) FROM sent WHERE digests IS NULL") == [(2,)]
        assert tx.rows("SELECT id, sealed, plain FROM sent ORDER BY idx")[0] == (bytes([1]) * 16, b"sealed", b"plain")
    with old.read() as tx:
        assert tx.rows("SELECT count(*) FROM got WHERE plain IS NOT NULL") == [(2,)]
    old.close()
    again = SqliteStore(path, landed)
    assert versions(again) == versions(new), "an older program that starts again takes nothing back"
    again.close()
    new.close()


def test_a_step_that_says_who_is_too_old_stops_the_old_program(landed, tmp_path):
    path = tmp_path / "node.db"
    SqliteStore(path, landed).close()
    steps = ours()[0].steps
    breaking = (*steps, (len(steps) + 1, f"-- compatible: {len(steps)}\nCREATE TABLE later (a BIGINT);"))
    SqliteStore(path, [Schema("node", breaking)]).close()
    with pytest.raises(BadConfiguration, match="newer program"):
        SqliteStore(path, landed)
    SqliteStore(path, ours()).close()


def test_a_start_killed_in_the_middle_of_an_upgrade_leaves_the_old_schema(landed, tmp_path):
    path = tmp_path / "node.db"
    old = SqliteStore(path, landed)
    with old.begin() as tx:
        old_rows(tx, 1)
    before = versions(old)
    steps = ours()[0].steps
    falls = (*steps, (len(steps) + 1, "CREATE TABLE fine (a BIGINT); CREATE TABLE fine (a BIGINT);"))
    with pytest.raises(Exception, match="already exists"):
        SqliteStore(path, [Schema("node", falls)])
    assert versions(old) == before
    old.close()
    SqliteStore(path, ours()).close()


def test_every_step_is_whole_statements():
    for one in ours():
        for _, sql in one.steps:
            assert list(statements(sql))
