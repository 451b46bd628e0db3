"""What the log of a node says of its disk: the cause, not too often, and that it is over."""

from __future__ import annotations

import logging

import pytest

from comity.base.errors import StoreError, StoreMisuse
from comity.edge.sqlite import SqliteStore
from comity.edge.storetrouble import SLOW_SECONDS, Trouble


class Ticks:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def fail(trouble, error):
    with pytest.raises(type(error)), trouble.watched():
        raise error


def test_the_cause_is_said_once_a_minute_and_the_end_once(caplog):
    ticks = Ticks()
    trouble = Trouble(ticks)
    for seconds in (0, 30, 29, 2):
        ticks.now += seconds
        fail(trouble, StoreError("full; make room"))
    fail(trouble, StoreError("read-only"))
    fail(trouble, StoreMisuse("a statement"))
    for _ in range(2):
        with trouble.watched():
            pass
    fail(trouble, StoreError("full; make room"))
    said = [record.getMessage().partition(";")[0] for record in caplog.records]
    assert said == ["full", "full", "read-only", "the store takes what it is given again", "full"]
    assert {record.levelno for record in caplog.records} == {logging.ERROR, logging.WARNING}


def test_a_slow_disk_is_said_and_a_quick_one_is_not(caplog):
    ticks = Ticks()
    trouble = Trouble(ticks)
    for took in (SLOW_SECONDS - 1, SLOW_SECONDS + 1, SLOW_SECONDS + 2):
        with trouble.timed():
            ticks.now += took
    assert [record.getMessage() for record in caplog.records] == [
        "the disk is slow: it took 3.0 s to keep one transaction; look at what else uses it"
    ]


def test_a_full_store_says_why_in_the_log(tmp_path, caplog):
    store = SqliteStore(tmp_path / "store.db", page_limit=8)
    with store.begin() as tx:
        tx.run("CREATE TABLE t (x BLOB)")
    with pytest.raises(StoreError), store.begin() as tx:
        tx.run("INSERT INTO t VALUES (?)", (bytes(1 << 20),))
    store.close()
    assert "the disk or the store's page limit is full; make room" in caplog.text
