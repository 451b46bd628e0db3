"""An audit of an honest node finds nothing; each row that somebody's hand has changed is named, with both hashes."""

from __future__ import annotations

import pytest

from comity.base.hashing import sha256
from comity.dispatch.book import LogRole
from comity.dispatch.entries import Fact, ReceiptLeaf, Withdrawal, WithdrawLeaf, encode_entry
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.dispatch.wire import Part
from comity.node.audit import audit
from comity.node.proofs import Signers
from comity.tlog.tree import Edge, leaf_hash
from tests.unit.node.told import altered, story
from tests.unit.node.world import START, exchange, form, make_pair


def found(node, *changes, signed=True):
    with altered(node, *changes) as tx:
        return audit(tx, story().signers(node) if signed else None).differences


def tables(differences):
    return [one.table for one in differences]


def change(table, column, value, where, *arguments):
    return f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *arguments)


def column(node, sql, *arguments):
    with node.ledger.read() as tx:
        return tx.rows(sql, arguments)[0][0]


@pytest.mark.parametrize("side", ["a", "b"])
def test_an_honest_node_is_good(side):
    node = getattr(story(), side)
    with node.ledger.read() as tx:
        done = audit(tx, story().signers(node))
        sizes = sum(row[0] for row in tx.rows("SELECT size FROM log"))
    assert done.differences == ()
    assert done.good
    assert done.entries == sizes
    assert done.tiles == 3
    assert done.heads > 4
    assert done.rows >= 7


def test_a_node_before_its_ceremony_has_nothing_to_audit():
    from tests.unit.node.world import store_of

    store = store_of()
    with store.read() as tx:
        assert audit(tx) == type(audit(tx))(0, 0, 0, 0, ())
    store.close()


# --- dispatches ----------------------------------------------------------------------------------------------------


def other_text(node, table, id_):
    parts = list(parts_of(column(node, f"SELECT plain FROM {table} WHERE id = ?", id_)))
    parts[1] = Part(parts[1].salt, parts[1].content.replace(b"first", b"worst"))
    return parts_bytes(tuple(parts))


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
def test_an_altered_content_is_named_with_both_hashes(side, table):
    node, told = getattr(story(), side), story()
    (one,) = found(node, change(table, "plain", other_text(node, table, told.filed), "id = ?", told.filed))
    assert (one.table, "content" in one.what) == (table, True)
    if table == "got":
        proven = column(node, "SELECT commitment FROM got WHERE id = ?", told.filed)
        assert one.proven == proven.hex()
    assert len(one.stored) == len(one.proven) == 64
    assert one.stored != one.proven


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
def test_altered_sealed_bytes_are_named(side, table):
    node, told = getattr(story(), side), story()
    sealed = column(node, f"SELECT sealed FROM {table} WHERE id = ?", told.filed)
    (one,) = found(node, change(table, "sealed", sealed[:-1] + b"x", "id = ?", told.filed))
    assert (one.table, one.proven) == (table, sha256(sealed).hex())
    assert one.stored == sha256(sealed[:-1] + b"x").hex()


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
@pytest.mark.parametrize("column_name", ["plain", "sealed", "sealed_sha256"])
@pytest.mark.parametrize("rubbish", [b"", b"\xff", "text", 5])
def test_rubbish_in_a_column_is_a_finding_and_no_error(side, table, column_name, rubbish):
    node = getattr(story(), side)
    differences = found(node, change(table, column_name, rubbish, "id = ?", story().filed))
    assert table in tables(differences)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lane", 3),
        ("size", 9),
        ("commitment", bytes(32)),
        ("edition", 7),
        ("id", bytes(16)),
        ("fact", 4),
        ("code", "lost"),
    ],
)
def test_an_altered_fact_of_theirs_is_named(name, value):
    differences = found(story().b, change("got", name, value, "id = ?", story().filed))
    assert "got" in tables(differences)


@pytest.mark.parametrize(("name", "value"), [("lane", 3), ("fact", 4), ("receipt_idx", 0), ("seen_idx", 0), ("idx", 1)])
def test_an_altered_fact_of_ours_is_named(name, value):
    differences = found(story().a, change("sent", name, value, "id = ?", story().filed))
    assert "sent" in tables(differences)


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
def test_a_receipt_struck_from_the_row_is_named(side, table):
    node = getattr(story(), side)
    where = f"UPDATE {table} SET receipt_idx = NULL WHERE id = ?", (story().filed,)
    whats = [one.what for one in found(node, where)]
    assert any("says that nothing does" in what for what in whats)
    assert any("names no receipt leaf" in what for what in whats)


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
def test_a_missing_row_is_named(side, table):
    (one,) = found(getattr(story(), side), (f"DELETE FROM {table} WHERE id = ?", (story().filed,)))
    assert "the row is missing" in one.what
    assert one.stored == ""


def test_a_withdrawn_leaf_needs_no_row():
    a, b = make_pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    with a.ledger.begin() as book:
        book.append_own([encode_entry(WithdrawLeaf(done.index, Withdrawal.LOST))])
        book.tx.run("DELETE FROM sent WHERE id = ?", (done.id,))
    with a.ledger.read() as tx:
        assert audit(tx, Signers.of(a.voice, a.peer)).good


def test_pooled_dispatches_are_compared_with_their_pooled_leaf():
    told = story()
    assert tables(found(told.a, ("DELETE FROM pool WHERE dispatch = ?", (told.pooled,)))) == ["sent"]
    assert tables(found(told.a, change("pool", "entry", b"\x80", "dispatch = ?", told.pooled))) == ["sent"]
    assert tables(found(told.a, ("DELETE FROM sent WHERE id = ?", (told.pooled,)))) == ["pool"]
    receipt = encode_entry(WithdrawLeaf(0, Withdrawal.LOST))
    assert tables(found(told.a, change("pool", "entry", receipt, "dispatch = ?", told.pooled))) == ["sent"]


def test_a_receipt_about_other_bytes_is_named():
    a, b = make_pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    exchange(a, b, START)
    leaf = ReceiptLeaf(done.index, done.id, sha256(b"other"), Fact.FILED, None, None, None)
    with b.ledger.begin() as book:
        index = book.append_own([encode_entry(leaf)])
        book.tx.run("UPDATE got SET receipt_idx = ? WHERE id = ?", (index, done.id))
    with b.ledger.read() as tx:
        assert ["other sealed bytes" in one.what for one in audit(tx).differences] == [True]


# --- logs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [LogRole.OURS, LogRole.THEIRS])
def test_an_altered_entry_is_named_and_the_tiles_are_not(role):
    a = story().a
    entry = column(a, "SELECT entry FROM entry WHERE role = ? AND idx = 4", role)
    one, *rest = found(a, change("entry", "entry", entry[:-1] + b"\x00", "role = ? AND idx = 4", role))
    assert (one.table, one.row) == ("entry", f"{role} 4")
    assert (one.stored, one.proven) == (leaf_hash(entry[:-1] + b"\x00").hex(), leaf_hash(entry).hex())
    assert {"tile", "head"}.isdisjoint(tables(rest))


def test_an_altered_tile_is_named_and_the_entries_are_not():
    a = story().a
    tile = column(a, "SELECT hashes FROM tile WHERE role = 'ours' AND level = 0")
    for wrong in (tile[:32] + bytes(32) + tile[64:], tile[:-32], "text"):
        (one,) = found(a, change("tile", "hashes", wrong, "role = 'ours' AND level = 0"))
        assert (one.table, one.row, one.proven) == ("tile", "ours level 0 tile 0", sha256(tile).hex())


def test_an_entry_altered_together_with_its_tiles_fails_the_signed_heads():
    a = story().a
    with a.ledger.read() as tx:
        entries = [row[0] for row in tx.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]
    entries[4] = entries[4][:-1] + b"\x00"
    edge, tiles = Edge().append([leaf_hash(entry) for entry in entries])
    forged = (
        change("entry", "entry", entries[4], "role = 'ours' AND idx = 4"),
        change("tile", "hashes", tiles[0, 0], "role = 'ours' AND level = 0"),
    )
    assert "head" in tables(found(a, *forged))
    newest = column(a, "SELECT head_size FROM log WHERE role = 'ours'")
    # Whoever forges the roots of the heads as well is left with signatures that do not fit.
    assert edge.size == newest
    for at in sorted({row[0] for row in heads(a)}):
        made = Edge().append([leaf_hash(entry) for entry in entries[:at]])[0].root()
        forged += (change("head", "root", made, "role = 'ours' AND size = ?", at),)
    forged += (change("log", "head_root", edge.root(), "role = 'ours'"),)
    assert "head" not in tables(found(a, *forged, signed=False))
    assert [one.what for one in found(a, *forged) if one.table == "head"] == [
        "the row's root is not the one under the signatures"
    ] * sum(row[0] == max(at for (at,) in heads(a)) for row in heads(a))


def heads(node):
    with node.ledger.read() as tx:
        return tx.rows("SELECT size FROM head WHERE role = 'ours'")


def test_where_neither_entry_nor_tile_gives_the_root_both_are_named():
    a = story().a
    tile = column(a, "SELECT hashes FROM tile WHERE role = 'ours' AND level = 0")
    differences = found(
        a,
        change("entry", "entry", b"\x80", "role = 'ours' AND idx = 4"),
        change("tile", "hashes", bytes(32) + tile[32:], "role = 'ours' AND level = 0"),
    )
    assert {"entry", "tile", "head"} <= set(tables(differences))


def test_missing_and_surplus_entries_are_named():
    a = story().a
    missing, *rest = found(a, ("DELETE FROM entry WHERE role = 'ours' AND idx = 4", ()))
    assert (missing.row, missing.what) == ("ours 4", "the entry is missing")
    assert "tile" not in tables(rest)
    surplus = found(a, ("INSERT INTO entry (role, idx, entry) VALUES ('ours', 999, ?)", (b"\x80",)))
    assert [one.row for one in surplus] == ["ours 999"]


def test_an_entry_above_the_newest_head_is_compared_with_its_tile():
    a, b = make_pair()
    exchange(a, b, START)
    a.submit([form()], START)
    with altered_ledger(a, "UPDATE entry SET entry = ? WHERE role = 'ours' AND idx = 3", b"\x80") as tx:
        whats = [one.what for one in audit(tx).differences]
    assert "entry and tile do not agree, and no signed head covers them yet" in whats


def altered_ledger(node, statement, *arguments):
    return altered(node, (statement, arguments))


def test_heads_and_log_rows_are_placed():
    a = story().a
    assert tables(found(a, ("UPDATE head SET root = ? WHERE role = 'ours' AND size = 3", (bytes(32),)))) == ["head"]
    assert "head" in tables(found(a, ("UPDATE head SET size = 9999 WHERE role = 'ours' AND size = 3", ())))
    gone = found(a, ("DELETE FROM head WHERE role = 'theirs'", ()))
    assert [one.table for one in gone] == ["log"]
    assert "log" in tables(found(a, ("UPDATE log SET size = 'x' WHERE role = 'theirs'", ())))


def test_forged_signatures_are_named():
    a = story().a
    for statement in (
        "UPDATE head SET cosignature = note WHERE role = 'ours'",
        "UPDATE head SET note = cosignature WHERE role = 'theirs' AND cosignature IS NOT NULL",
        "UPDATE head SET note = x'00' WHERE role = 'theirs' AND cosignature IS NOT NULL",
    ):
        assert [one for one in found(a, (statement, ())) if "signatures do not hold" in one.what], statement
        assert not found(a, (statement, ()), signed=False)


# --- records and instruments -----------------------------------------------------------------------------------------


def test_an_altered_decision_record_is_named_in_both_its_logs():
    a, told = story().a, story()
    record = column(a, "SELECT record FROM record WHERE dispatch = ?", told.filed)
    differences = found(a, change("record", "record", record[:-1] + b"\x00", "dispatch = ?", told.filed))
    assert tables(differences) == ["record", "record"]
    assert all(one.stored and one.proven and one.stored != one.proven for one in differences)


def test_a_missing_decision_record_is_named():
    b, told = story().b, story()
    differences = found(b, ("DELETE FROM record WHERE dispatch = ?", (told.filed,)))
    assert [one.what for one in differences] == [
        "the record is missing",
        "no decision record gives the hash that its leaf shows",
    ]


def test_a_record_without_leaf_is_named():
    statement = "INSERT INTO opening (idx, kind, salt, record, at) VALUES (1, 'review', x'00', x'00', 0)"
    assert tables(found(story().a, (statement, ()))) == ["opening"]


def test_altered_and_missing_instruments_are_named():
    a = story().a
    (one,) = found(a, ("UPDATE instrument SET signed = x'00' WHERE kind = 'accord'", ()))
    assert (one.table, one.stored) == ("instrument", sha256(b"\x00").hex())
    (one,) = found(a, ("DELETE FROM instrument WHERE kind = 'accord'", ()))
    assert (one.table, one.what) == ("instrument", "the instrument is missing")
    (one,) = found(a, ("UPDATE instrument SET from_ours = 99 WHERE kind = 'accord'", ()))[:1]
    assert one.table == "instrument"
