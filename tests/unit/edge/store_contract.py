"""What every store must do, whatever it is made of. Subclass `StoreContract` as `Test...` and say how to open one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from comity.base.errors import StoreError, StoreMisuse
from comity.dispatch.ports import Store
from comity.edge.schema import Schema

SCHEMA = Schema(
    "node",
    (
        (1, "CREATE TABLE leaf (idx BIGINT NOT NULL PRIMARY KEY, entry BLOB NOT NULL, note TEXT);"),
        (2, "CREATE TABLE receipt (leaf BIGINT NOT NULL REFERENCES leaf (idx), fact BIGINT NOT NULL);"),
    ),
)
PUT = "INSERT INTO leaf (idx, entry, note) VALUES (?, ?, ?)"
COUNT = "SELECT COUNT(*) FROM leaf"


class Broken(Exception):
    """Stands for any error of the caller inside a transaction."""


class StoreContract:
    """The contract of `comity.dispatch.ports.Store`; `reopen` closes and opens again over the same data."""

    @pytest.fixture
    def store(self) -> Store:
        """Give a new, empty store with `SCHEMA`."""
        raise NotImplementedError

    @pytest.fixture
    def reopen(self) -> Callable[[], Store]:
        """Give a function that closes the store and opens it again."""
        raise NotImplementedError

    @pytest.fixture
    def full(self) -> Callable[[], AbstractContextManager[Store]]:
        """Give the store on a disk that takes less than 1 MiB more."""
        raise NotImplementedError

    def test_what_was_committed_is_read_back_with_its_types(self, store):
        with store.begin() as tx:
            assert tx.run(PUT, (2**63 - 1, b"\x00\xff", "é\n")) == 1
            assert tx.run(PUT, (-1, b"", None)) == 1
        with store.read() as tx:
            rows = tx.rows("SELECT idx, entry, note FROM leaf ORDER BY idx DESC")
        assert rows == [(2**63 - 1, b"\x00\xff", "é\n"), (-1, b"", None)]

    def test_a_transaction_sees_its_own_writes(self, store):
        with store.begin() as tx:
            tx.run(PUT, (1, b"a", None))
            assert tx.rows(COUNT) == [(1,)]

    def test_run_says_how_many_rows_changed(self, store):
        with store.begin() as tx:
            tx.many(PUT, ((i, b"", None) for i in range(5)))
            assert tx.run("UPDATE leaf SET note = ? WHERE idx < ?", ("x", 3)) == 3
            assert tx.run("DELETE FROM leaf WHERE idx = ?", (99,)) == 0

    def test_many_runs_in_order(self, store):
        with store.begin() as tx:
            tx.many(
                "INSERT INTO leaf (idx, entry) VALUES (?, ?) ON CONFLICT (idx) DO UPDATE SET entry = excluded.entry",
                [(1, b"first"), (2, b"other"), (1, b"last")],
            )
            assert tx.rows("SELECT entry FROM leaf ORDER BY idx") == [(b"last",), (b"other",)]

    def test_an_error_inside_rolls_all_back_and_is_passed_on(self, store):
        with pytest.raises(Broken), store.begin() as tx:  # noqa: PT012  the whole transaction is the statement
            tx.run(PUT, (1, b"a", None))
            raise Broken
        with store.read() as tx:
            assert tx.rows(COUNT) == [(0,)]
        with store.begin() as tx:
            tx.run(PUT, (1, b"b", None))

    def test_many_is_all_or_nothing(self, store):
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.many(PUT, [(1, b"a", None), (2, b"b", None), (1, b"again", None)])
        with store.read() as tx:
            assert tx.rows(COUNT) == [(0,)]

    def test_what_is_written_later_keeps_its_order_and_is_there_for_the_next_question(self, store):
        with store.begin() as tx:
            tx.later(PUT, (1, b"a", None))
            tx.later("UPDATE leaf SET entry = ? WHERE idx = 1", (b"b",))
            assert tx.run("UPDATE leaf SET note = ? WHERE idx = 1", ("n",)) == 1
            tx.later("DELETE FROM leaf WHERE entry = ?", (b"a",))
            assert tx.rows("SELECT entry, note FROM leaf") == [(b"b", "n")]
            for number in range(2, 300):
                tx.later(PUT, (number, b"", None))
        with store.read() as tx:
            assert tx.rows(COUNT) == [(299,)]

    def test_what_is_wrong_with_a_later_write_stops_the_transaction_at_the_latest_at_its_end(self, store):
        with pytest.raises(StoreMisuse), store.begin() as tx:  # noqa: PT012  the error may come at the end of the block
            tx.later(PUT, (1, b"a", None))
            tx.later(PUT, (1, b"b", None))
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.later(PUT, (2, b"a", 1.5))
        with pytest.raises(StoreMisuse), store.begin() as tx:  # noqa: PT012  the error comes at the end of the block
            with contextlib.suppress(StoreMisuse):
                tx.later("INSERT INTO nowhere (idx) VALUES (1)")
                tx.rows(COUNT)
            for use in (tx.later, tx.run):
                with pytest.raises(StoreMisuse):
                    use(PUT, (3, b"", None))
            with pytest.raises(StoreMisuse):
                tx.many(PUT, [(4, b"", None)])
        with store.read() as tx:
            assert tx.rows(COUNT) == [(0,)]

    def test_what_a_transaction_remembers_ends_with_it(self, store):
        with store.begin() as tx:
            tx.memory["leaf"] = 1
        with store.begin() as tx:
            assert tx.memory == {}

    def test_after_a_refused_statement_nothing_of_the_transaction_can_be_kept(self, store):
        # A caller that swallows the error must not commit the half before it, nor write the half after it.
        with pytest.raises(StoreMisuse), store.begin() as tx:  # noqa: PT012  the whole transaction is the statement
            tx.run(PUT, (1, b"a", None))
            with pytest.raises(StoreMisuse):
                tx.run("INSERT INTO receipt (leaf, fact) VALUES (?, ?)", (7, None))
            with pytest.raises(StoreMisuse):
                tx.run(PUT, (2, b"b", None))
        with store.read() as tx:
            assert tx.rows(COUNT) == [(0,)]

    def test_a_foreign_key_is_kept(self, store):
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.run("INSERT INTO receipt (leaf, fact) VALUES (?, ?)", (7, 1))

    @pytest.mark.parametrize("value", [1.5, True, [1], bytearray(b"x"), 2**63, "\ud800"])
    def test_other_types_are_refused(self, store, value):
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.run("UPDATE leaf SET note = ?", (value,))

    def test_a_wrong_statement_is_refused(self, store):
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.rows("SELECT nothing FROM nowhere")
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.run(PUT, (1, b"too few"))

    def test_the_caller_cannot_end_the_transaction(self, store):
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.run("COMMIT")
        with store.begin() as tx:
            tx.run(PUT, (1, b"", None))

    def test_a_snapshot_stays_as_it_began(self, store):
        with store.begin() as tx:
            tx.run(PUT, (1, b"old", None))
        with store.read() as before:
            # Nothing was read yet: the snapshot must have begun all the same.
            with store.begin() as tx:
                tx.run("UPDATE leaf SET entry = ?", (b"new",))
                tx.run(PUT, (2, b"", None))
                assert before.rows(COUNT) == [(1,)]
            assert before.rows("SELECT entry FROM leaf") == [(b"old",)]
            with store.read() as after:
                assert after.rows("SELECT entry FROM leaf ORDER BY idx") == [(b"new",), (b"",)]
            assert before.rows(COUNT) == [(1,)]

    def test_a_reader_does_not_see_what_is_not_committed(self, store):
        with store.begin() as tx:
            tx.run(PUT, (1, b"", None))
            with store.read() as reader:
                assert reader.rows(COUNT) == [(0,)]

    def test_a_snapshot_only_reads(self, store):
        with store.read() as tx, pytest.raises((StoreMisuse, StoreError)):
            tx.run(PUT, (1, b"", None))
        with store.read() as tx:
            assert tx.rows(COUNT) == [(0,)]

    def test_two_writers_in_one_thread_are_refused_not_blocked(self, store):
        with store.begin() as tx:
            tx.run(PUT, (1, b"", None))
            with pytest.raises(StoreMisuse), store.begin():
                pass
        with store.read() as tx:
            assert tx.rows(COUNT) == [(1,)]

    def test_a_transaction_is_of_no_use_after_its_end(self, store):
        with store.begin() as written:
            written.run(PUT, (1, b"", None))
        with store.read() as read:
            pass
        for tx in (written, read):
            with pytest.raises(StoreMisuse):
                tx.rows(COUNT)
            with pytest.raises(StoreMisuse):
                tx.run(PUT, (2, b"", None))

    def test_writers_of_several_threads_wait_for_each_other(self, store):
        def add() -> None:
            for _ in range(25):
                with store.begin() as tx:
                    number = tx.rows(COUNT)[0][0]
                    tx.run(PUT, (number, b"", None))

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as tx:
            assert tx.rows(COUNT) == [(100,)]

    def test_what_was_committed_is_there_after_opening_again(self, store, reopen):
        with store.begin() as tx:
            tx.run(PUT, (1, b"kept", None))
        again = reopen()
        with again.read() as tx:
            assert tx.rows("SELECT entry FROM leaf") == [(b"kept",)]

    def test_a_closed_store_refuses(self, store, reopen):
        reopen()
        with pytest.raises(StoreMisuse), store.begin():
            pass
        with pytest.raises(StoreMisuse), store.read():
            pass

    def test_a_full_disk_is_a_clear_error_and_keeps_nothing_of_the_transaction(self, full):
        with full() as store:
            with store.begin() as tx:
                tx.run(PUT, (1, b"before", None))
            with pytest.raises(StoreError, match=r"full|could not be"), store.begin() as tx:  # noqa: PT012  the whole transaction is the statement
                tx.run(PUT, (2, b"small", None))
                tx.run(PUT, (3, bytes(4 << 20), None))
            with store.read() as tx:
                assert tx.rows("SELECT entry FROM leaf") == [(b"before",)]
            with store.begin() as tx:
                tx.run(PUT, (2, b"after", None))

    def test_a_full_disk_that_the_caller_overlooks_still_fails_the_commit(self, full):
        with full() as store:
            with pytest.raises(StoreError), store.begin() as tx:  # noqa: PT012  the whole transaction is the statement
                tx.run(PUT, (2, b"small", None))
                # The database may have ended its transaction at the first: the second must not be a commit of its own.
                for idx, size in ((3, 4 << 20), (4, 5)):
                    with contextlib.suppress(StoreError):
                        tx.run(PUT, (idx, bytes(size), None))
            with store.read() as tx:
                assert tx.rows(COUNT) == [(0,)]
