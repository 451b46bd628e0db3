"""What is asked at the start, in an exchange, each day and for a page reads what it is about, not every row that the store holds.

Rows of `sent` and `got` hold sealed bytes and content: one that is looked at costs a page at least. What is counted are the
bytes that a statement reads, with a cache so small that nothing is found in it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from comity.base.ids import CaseId, Digest, Ms
from comity.desks.requests.duty import DutyRows
from comity.dispatch.entries import RecordLeaf, encode_entry
from comity.edge import sqlite
from comity.edge.health import Health
from comity.edge.metrics import NodeMetrics
from comity.edge.plans import PlanReader
from comity.edge.sqlite import SqliteTx
from comity.edge.trace import TraceReader
from comity.marking.labels import Urgency
from comity.node.disclosure import made_before
from comity.node.editions import move_pool
from comity.node.erasing import purge_sealed
from comity.node.resealing import reseal_due
from comity.node.retention import Looked, due, note_days
from comity.node.theirlaw import asked_since
from tests.unit.edge.casesworld import readers_of
from tests.unit.edge.deskworld import board_of, form, make_pair
from tests.unit.node.world import SCHEMA, START, exchange

MANY, BATCH = 768, 64
PAGE = 4_096
MOST = MANY // 4 * PAGE
"""Bytes of one statement: a quarter of what one page for each row that waits would be."""
LATER = Ms(START + 60_000)
STEP = re.compile(r"CREATE INDEX (\w+)")
NEWEST = {
    found.group(1)
    for line in SCHEMA[SCHEMA.index("-- What waits and what is new") :].splitlines()
    if (found := STEP.match(line))
}


LONG = "Whose are the lorries that stand at the harbour since the morning? " * 80


def forms(urgency):
    return [form(body={"title": f"Lorry {n}", "text": LONG}, urgency=urgency) for n in range(BATCH)]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two nodes: half of what the first one sent is settled at both, half waits in its pool; nothing is found in a cache."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS[:-1], "cache_size=8"))
        folder = tmp_path_factory.mktemp("rows")
        a, b = make_pair(folder / "a.db")
        for n in range(MANY // BATCH):
            a.submit(forms(Urgency.IMMEDIATE), Ms(START + n))
            exchange(a, b, Ms(START + 10 * n))
            exchange(a, b, Ms(START + 10 * n + 5))
        for _ in range(MANY // BATCH):
            a.submit(forms(Urgency.NORMAL), LATER)
        yield a, b, folder


class Asked:
    """The statements that were run, each with the bytes that it read."""

    def __init__(self):
        self.read = {}

    def over(self, most=MOST):
        return sorted((size, one) for one, (size, _) in self.read.items() if size > most)


@contextmanager
def asked():
    found, run = Asked(), SqliteTx._run

    def noted(tx, statement, arguments):
        before = read_so_far()
        cursor = run(tx, statement, arguments)
        rows = cursor.fetchall() if statement.startswith("SELECT") else None
        size = max(read_so_far() - before, found.read.get(statement, (0,))[0])
        found.read[statement] = (size, tuple(arguments))
        return cursor if rows is None else SimpleNamespace(fetchall=lambda: rows)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SqliteTx, "_run", noted)
        yield found


def read_so_far():
    return int(re.search(r"rchar: (\d+)", Path("/proc/thread-self/io").read_text(encoding="ascii")).group(1))


def page_of(node, folder):
    """Ask what stands at the head of every page, and on those about the node itself."""
    board = board_of(node)
    board.link()
    board.logs()
    TraceReader(node.ledger, "requests", readers_of(node).lists).gaps()
    Health(node.ledger, folder / "a.db", SimpleNamespace(accounts=list)).health()
    list(NodeMetrics(node.ledger, folder / "a.db", folder, lambda: LATER, lambda: 0).collect())
    with node.ledger.read() as tx:
        asked_since(tx, Ms(0))
        made_before(CaseId(bytes(16)), tx)
    counted_for(node)


def counted_for(node):
    """Ask what the desk counts on the pages of the day, of the workplan and of duty."""
    with node.ledger.read() as tx:
        node.desk.counts(tx, (Ms(0), LATER), LATER)
        node.desk.duties(tx, LATER)
        DutyRows().unconfirmed(tx)
        PlanReader(node.ledger, node.desk, None, ("XA", "XB"), {}, (("requests",), ""))._made(tx)


def of_the_day(node, looked):
    note_days(node.ledger, node.office.accord, looked)
    with node.ledger.begin() as book:
        purge_sealed(book, node.office.accord, LATER)
        reseal_due(book, node.office, LATER)
    with node.ledger.read() as tx:
        due(tx, node.office.accord, LATER, looked)


def plans(node, found):
    with node.ledger.read() as tx:
        return {
            statement: [step[-1] for step in tx.rows(f"EXPLAIN QUERY PLAN {statement}", arguments)]
            for statement, (_, arguments) in found.read.items()
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
        }


def test_the_count_sees_a_table_that_is_read(two):
    a, _, _ = two
    with asked() as found, a.ledger.read() as tx:
        tx.rows("SELECT count(*) FROM sent WHERE +fact = 0 AND +settled_at IS NULL")
    assert found.over(), "else this whole file counts nothing"


def test_no_page_reads_the_rows_that_wait_or_are_settled(two):
    for node in two[:2]:
        with asked() as found:
            page_of(node, two[2])
        assert found.over() == []
        assert any("FROM sent WHERE fact = 0" in one for one in found.read)


def test_a_day_is_noted_once_and_what_has_one_is_not_read_again(two):
    for node in two[:2]:
        looked = Looked()
        of_the_day(node, looked)
        with asked() as found:
            of_the_day(node, looked)
            of_the_day(node, looked)
        assert found.over() == []


def test_each_index_of_the_step_is_used_by_what_a_node_asks(two):
    a, b, folder = two
    used = set()
    for node in (a, b):
        with asked() as found:
            node.due_at(LATER)
            page_of(node, folder)
            of_the_day(node, Looked())
            with node.ledger.begin() as book:
                move_pool(book, node.office, LATER)
                book.tx.run("UPDATE pool SET entry = entry WHERE dispatch = ?", (bytes(16),))
        steps = " ".join(step for one in plans(node, found).values() for step in one)
        used |= {one for one in NEWEST if re.search(rf"\b{one}\b", steps)}
    assert used == NEWEST


def test_an_exchange_reads_what_it_carries_whatever_waits_behind_it(two):
    a, b, _ = two
    with asked() as found:
        a.due_at(LATER)
        b.due_at(LATER)
        exchange(a, b, LATER)
        exchange(b, a, LATER)
    assert found.over(MOST * 3) == [], "64 dispatches are carried, read and marked as filed"
    assert not any(
        "TEMP B-TREE" in step for one, steps in plans(a, found).items() if "FROM pool" in one for step in steps
    )
    assert not any(
        "SCAN p" in step for one, steps in plans(a, found).items() if "ORDER BY p.lane" in one for step in steps
    )


def test_the_card_of_a_log_reads_the_leaves_of_records_only(two):
    """All leaves of ten millions, decoded for the first page after a start, were gigabytes of memory."""
    a, _, _ = two
    with a.ledger.begin() as book:
        book.append_own([encode_entry(RecordLeaf("break-glass", Digest(bytes(32))))])
    with asked() as found:
        (ours, *_) = board_of(a).logs()
    assert [one.kind for one in ours.marks] == ["break-glass"]
    (plan,) = (steps for one, steps in plans(a, found).items() if "FROM entry WHERE role" in one and "substr" in one)
    assert plan == ["SEARCH entry USING INDEX entry_record (role=? AND idx>? AND idx<?)"]
    assert not any("FROM entry" in one and "substr" not in one for one in found.read)


def test_what_a_desk_counts_is_counted_in_its_indexes(two):
    """The counts of a day, of what is overdue and of each item, and the contact notes that wait, among all that was ever sent."""
    a, _, _ = two
    with asked() as found:
        counted_for(a)
    steps = " ".join(step for one in plans(a, found).values() for step in one)
    assert [one for one in ("day", "due", "item", "note") if f"requests_dispatch_{one} " not in f"{steps} "] == []
