"""The database server of a running node is lost: its standby goes on, and the other side sees one log without a fork."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from comity.base.errors import StoreError
from comity.base.ids import Ms
from comity.cli.demo.stage import build, find_data
from comity.cli.main import main
from comity.edge.postgres import PostgresStore
from tests.kills.test_kills import Sender, texts
from tests.kills.test_put_back import audited, kill, send_for, wait_until_settled
from tests.pgserver import USER, Cluster, account
from tests.unit.edge.store_contract import COUNT, PUT, SCHEMA

ROOT = Path(__file__).parents[2]
SECONDS = 60


def standby_of(primary: Cluster) -> Cluster:
    """Start a streaming standby, and let the primary wait for it at every commit."""
    standby = Cluster.empty()
    standby.copy_of(primary, "-R", "-X", "stream")
    standby.configure(fsync="off")
    standby.start()
    primary.say("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.say("SELECT pg_reload_conf()")
    ends = time.monotonic() + SECONDS
    while primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != [(1,)]:
        assert time.monotonic() < ends
        time.sleep(0.05)
    return standby


@pytest.fixture
def pair():
    """Give a primary with the database `node`, and a standby that holds each commit before it is acknowledged."""
    primary = Cluster.make().start()
    primary.create("node")
    standby = standby_of(primary)
    yield primary, standby
    standby.remove()
    primary.remove()


def stage_on(tmp_path, address):
    tmp_path.chmod(0o700)
    data = find_data(ROOT, "india-canada")
    first = data.terms.party[0].id
    return build(
        tmp_path, data, Ms(int(time.time() * 1000)), tick_ms=0, real_clock=True, databases={first: address}
    )  # fmt: skip


def test_the_standby_goes_on_where_the_primary_was_killed_and_no_checkpoint_is_lost_or_forked(pair, tmp_path, capsys):
    primary, standby = pair
    stage = stage_on(tmp_path, f"postgresql://{USER}@/node?host={primary.home},{standby.home}")
    stage.start()
    try:
        actor, other = stage.actors
        senders = [Sender(actor, "rcmp", "cbi", 101), Sender(other, "cbi", "rcmp", 201)]
        for sender in senders:
            sender.start()
        time.sleep(1.5)
        primary.kill()
        time.sleep(0.3)
        standby.promote()
        before = len(senders[0].stored)
        ends = time.monotonic() + SECONDS
        while len(senders[0].stored) < before + 5:
            assert time.monotonic() < ends, "the node does not go on at the standby"
            time.sleep(0.1)
        for sender in senders:
            sender.done.set()
            sender.join()
        found = wait_until_settled(stage)
        assert all(one["counters"]["evidence"] == 0 for one in found), "no fork was seen"
        assert actor.process.poll() is None, "it is the same process"
        assert set(senders[0].stored) <= set(texts(other, "got", "fact = 2")), "what was said to be stored has arrived"
        assert texts(actor, "sent", "1 = 1") == texts(other, "got", "fact = 2")
        capsys.readouterr()
        audited(stage, tmp_path, capsys)
    finally:
        stage.stop()


def test_a_standby_that_lacks_commits_is_never_written_to(pair):
    primary, standby = pair
    database = primary.database("node", standby)
    with closing(PostgresStore(database, (SCHEMA,))) as store:
        with store.begin() as tx:
            tx.run(PUT, (1, b"at both", None))
        primary.say("ALTER SYSTEM SET synchronous_standby_names = ''")
        primary.say("SELECT pg_reload_conf()")
        standby.stop()
        with store.begin() as tx:
            tx.run(PUT, (2, b"here only", None))
        primary.kill()
        (standby.data / "standby.signal").unlink()
        standby.start()
        for _ in range(2):
            with pytest.raises(StoreError, match=r"lost|lacked"), store.begin() as tx:
                tx.run(PUT, (3, b"a fork", None))
        with pytest.raises(StoreError, match="lacked"), store.begin():
            pass
        with store.read() as tx:
            assert tx.rows(COUNT) == [(1,)]


def test_a_commit_whose_standby_did_not_answer_is_of_unknown_outcome(pair):
    primary, standby = pair
    with closing(PostgresStore(primary.database("node"), (SCHEMA,))) as store:
        with store.begin() as tx:
            pid = tx.rows("SELECT pg_backend_pid()")[0][0]
        standby.stop("immediate")

        def cut() -> None:
            ends = time.monotonic() + SECONDS
            while primary.ask(f"SELECT wait_event FROM pg_stat_activity WHERE pid = {pid}") != [("SyncRep",)]:
                assert time.monotonic() < ends
                time.sleep(0.02)
            primary.say(f"SELECT pg_cancel_backend({pid})")

        cutting = threading.Thread(target=cut)
        cutting.start()
        with pytest.raises(StoreError, match="standby"), store.begin() as tx:
            tx.run(PUT, (1, b"", None))
        cutting.join()
        primary.say("ALTER SYSTEM SET synchronous_standby_names = ''")
        primary.say("SELECT pg_reload_conf()")
        with store.begin() as tx:
            assert tx.rows(COUNT) == [(1,)], "it stands here all the same: the caller reads again"


@pytest.mark.slow
def test_a_node_is_put_back_to_a_point_in_time_with_its_logs_and_recovers(tmp_path, capsys):
    archive = Cluster.empty()
    server = Cluster.make(
        archive_mode="on", archive_command=f"'cp %p {archive.home}/%f'", archive_timeout="'1s'"
    ).start()  # fmt: skip
    server.create("node")
    base, stage = Cluster.empty(), stage_on(tmp_path, server.address("node"))
    stage.start()
    try:
        actor, other = stage.actors
        send_for(stage, 0.7)
        base.copy_of(server, "-X", "fetch")
        send_for(stage, 0.7)
        point = server.ask("SELECT CAST(clock_timestamp() AS text)")[0][0]
        before = texts(actor, "sent", "1 = 1")
        send_for(stage, 0.7)
        wait_until_settled(stage)
        kill(actor)
        server.ask("SELECT CAST(pg_switch_wal() AS text)")
        _wait_archived(server)
        server.stop()
        base.configure(
            restore_command=f"'cp {archive.home}/%f %p'", recovery_target_time=f"'{point}'",
            recovery_target_action="'promote'", archive_mode="off", unix_socket_directories=f"'{server.home}'",
        )  # fmt: skip
        (base.data / "recovery.signal").touch(mode=0o600)
        _give(base, "recovery.signal")
        base.start()
        _wait_promoted(server)
        assert before <= texts(actor, "sent", "1 = 1")
        assert main(["node", "restore", str(actor.folder), "--in-place"]) == 0
        stage.restart(actor)
        send_for(stage, 0.5)
        found = wait_until_settled(stage)
        assert all(one["counters"]["evidence"] == 0 for one in found)
        assert texts(actor, "got", "fact = 2") == texts(other, "sent", "1 = 1")
        capsys.readouterr()
        audited(stage, tmp_path, capsys)
    finally:
        stage.stop()
        for one in (base, server, archive):
            one.remove()


def _give(cluster: Cluster, name: str) -> None:
    if account() is not None:
        os.chown(cluster.data / name, *account())


def _wait_archived(server: Cluster) -> None:
    ends = time.monotonic() + SECONDS
    waits = f"SELECT count(*) FROM pg_ls_dir('{server.data}/pg_wal/archive_status') AS name WHERE name LIKE '%.ready'"
    while server.ask(waits) != [(0,)]:
        assert time.monotonic() < ends
        time.sleep(0.05)


def _wait_promoted(server: Cluster) -> None:
    ends = time.monotonic() + SECONDS
    while server.ask("SELECT pg_is_in_recovery()") != [(0,)]:
        assert time.monotonic() < ends
        time.sleep(0.05)
