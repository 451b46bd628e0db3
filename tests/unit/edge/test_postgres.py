from __future__ import annotations

import contextlib
import os
import resource

import pytest

from comity.edge.postgres import PostgresStore
from tests.pgserver import account
from tests.unit.edge.store_contract import SCHEMA, StoreContract


def limit_files(pid: int, size: int) -> None:
    """Let a process of the server make no file larger than `size`; only the account that it runs as may say so."""
    child = os.fork()
    if child == 0:
        try:
            if account() is not None:
                os.setgid(account()[1])
                os.setuid(account()[0])
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


class TestPostgres(StoreContract):
    @pytest.fixture
    def store(self, pg):
        store = PostgresStore(pg, (SCHEMA,))
        yield store
        store.close()

    @pytest.fixture
    def reopen(self, pg, store):
        opened = []

        def again():
            store.close()
            opened.append(PostgresStore(pg, (SCHEMA,)))
            return opened[-1]

        yield again
        for one in opened:
            one.close()

    @pytest.fixture
    def full(self, pg):
        @contextlib.contextmanager
        def opened():
            store = PostgresStore(pg, (SCHEMA,))
            with store.begin() as tx:
                tx.run("ALTER TABLE leaf ALTER COLUMN entry SET STORAGE EXTERNAL")  # zeros would be compressed away
                pid = tx.rows("SELECT pg_backend_pid()")[0][0]
            limit = (1 << 20) + (512 << 10)  # files of the write-ahead log have 1 MiB here
            limit_files(pid, limit)
            yield store
            store.close()

        return opened
