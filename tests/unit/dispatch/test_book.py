"""The logs inside a transaction: what is appended, what is remembered, and what a failed transaction leaves."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.errors import MissingTile
from comity.base.ids import Digest, Ms
from comity.dispatch import records
from comity.dispatch.book import Ledger, LogRole, create_log, entries_between, log_row, read_logs
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.entries import BlindLeaf, RecordLeaf, encode_entry, record_commit
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.dispatch.wire import Part
from comity.tlog.tree import EMPTY_ROOT, MemoryTiles, append, leaf_hash, root
from tests.unit.node.forge import store

LINE = encode_entry(BlindLeaf(Digest(bytes(32))))


def ledger() -> Ledger:
    at = store()
    with at.begin() as tx:
        for role in LogRole:
            create_log(tx, role, f"{role}.example/log/1")
    return Ledger(at)


def reference(entries: list[bytes]) -> bytes:
    tiles = MemoryTiles()
    tiles.write(append(tiles, 0, [leaf_hash(e) for e in entries]))
    return root(tiles, len(entries))


def test_an_empty_log_has_the_root_of_nothing_and_is_made_once():
    at = ledger()
    with at.begin() as book:
        create_log(book.tx, LogRole.OURS, "other.example/log/1")
        row = log_row(book.tx, LogRole.OURS)
    assert (row.origin, row.size, row.head_size, row.head_root, row.cosigned_size) == (
        "ours.example/log/1",
        0,
        0,
        EMPTY_ROOT,
        0,
    )
    with store().read() as tx:
        assert log_row(tx, LogRole.OURS) is None


def test_what_is_appended_is_there_with_tiles_and_root_in_the_same_transaction():
    at, entries = ledger(), [bytes([n]) * 9 for n in range(7)]
    with at.begin() as book:
        assert book.append_own(entries[:3]) == 0
        assert book.append_own(entries[3:]) == 3
        assert root(book.tiles(LogRole.OURS), 7) == reference(entries)
        assert root(book.tiles(LogRole.OURS), 5) == reference(entries[:5])
        assert book.raw_entry(LogRole.OURS, 2) == entries[2]
        assert book.raw_entry(LogRole.OURS, 7) is None
        assert book.entry(LogRole.OURS, 7) is None
    with at.begin() as book:
        assert (book.logs[LogRole.OURS].size, book.edges[LogRole.OURS].root()) == (7, reference(entries))
        assert book.entries(LogRole.OURS, 2, 4) == entries[2:4]
    with at.read() as tx:
        assert entries_between(tx, LogRole.OURS, 5, 99) == entries[5:]


def test_what_is_in_memory_only_is_read_as_what_is_stored_is_and_both_together():
    at, entries = ledger(), [bytes([n]) * 9 for n in range(7)]
    with at.begin() as book:
        book.append_own(entries[:2])
    with at.begin() as book:
        book.append_own(entries[2:4])
        assert book.entries(LogRole.OURS, 2, 4) == entries[2:4]
        assert book.tx.rows("SELECT count(*) FROM entry") == [(2,)]
        assert book.raw_entry(LogRole.OURS, 1) == entries[1]
        assert book.entries(LogRole.OURS, 1, 4) == entries[1:4]
        book.append_own(entries[4:6])
        assert book.edges[LogRole.OURS].root() == reference(entries[:6])
        assert book.rewind(5) == entries[5:6]
        book.append_own(entries[5:])
        assert book.raw_entry(LogRole.OURS, 6) == entries[6]
    with at.begin() as book:
        assert book.edges[LogRole.OURS].root() == reference(entries)
        assert book.entries(LogRole.OURS, 0, 9) == entries


class Stops(Exception):
    """What stops a transaction."""


def fail(at: Ledger) -> None:
    with at.begin() as book:
        book.append_own([LINE, LINE])
        book.append_decision(LINE)
        book.change(LogRole.THEIRS, head_time=7)
        raise Stops


def test_a_failed_transaction_leaves_rows_and_memory_as_they_were():
    at = ledger()
    with at.begin() as book:
        book.append_own([LINE])
    with pytest.raises(Stops):
        fail(at)
    with at.begin() as book:
        assert [book.logs[role].size for role in LogRole] == [1, 0, 0]
        assert book.logs[LogRole.THEIRS].head_time == 0
        assert book.append_own([LINE]) == 1


def test_what_is_remembered_is_what_is_stored_and_forgetting_costs_nothing():
    at = ledger()
    with at.begin() as book:
        book.append_own([LINE] * 300)
        book.append_decision(LINE)
        book.change(LogRole.OURS, cosigned_size=5)
    with at.begin() as book:
        stored, edges = read_logs(book.tx)
        assert stored == book.logs
        assert {role: edge.root() for role, edge in edges.items()} == {role: e.root() for role, e in book.edges.items()}
    at.forget()
    with at.begin() as book:
        assert book.append_own([LINE]) == 300
        assert book.logs[LogRole.OURS].cosigned_size == 5


def test_a_store_without_its_tiles_is_not_gone_on_with():
    at = ledger()
    with at.begin() as book:
        book.append_own([LINE] * 3)
        book.close()
        book.tx.run("DELETE FROM tile")
    at.forget()
    with pytest.raises(MissingTile), at.begin():
        pass


def test_a_record_is_committed_to_by_its_leaf_and_opened_by_its_row():
    at = ledger()
    with at.begin() as book:
        assert records.keep(book, "held", bytes(16), b"s" * 32, b"record", now=Ms(5)) == 0
        assert records.keep(book, "other", None, b"t" * 32, b"second", now=Ms(6)) == 1
        assert book.entry(LogRole.DECISION, 0) == RecordLeaf("held", record_commit(b"s" * 32, b"record"))
        assert book.tx.rows("SELECT * FROM record WHERE idx = 1") == [(1, "other", None, b"t" * 32, b"second", 6)]


def test_parts_are_read_as_they_were_written():
    parts = tuple(Part(bytes([n] * 32), bytes([n])) for n in range(4))
    assert parts_of(parts_bytes(parts)) == parts
    with pytest.raises((AssertionError, ValueError)):
        parts_of(cbor.encode([[b"", b""]] * 3))
    with pytest.raises(AssertionError):
        parts_of(b"\x00")


def test_a_column_of_another_type_is_a_store_that_is_not_ours():
    assert (bytes_of(b"x"), text_of("x"), int_of(1), ms_or_none(None), ms_or_none(3)) == (b"x", "x", 1, None, 3)
    for read, wrong in ((bytes_of, "x"), (text_of, b"x"), (int_of, None), (ms_or_none, "x")):
        with pytest.raises(AssertionError):
            read(wrong)
