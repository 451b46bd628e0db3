"""The link's table of states, cell by cell as protocol section 9 has it, and what each state says, takes and waits for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.marking.labels import Lane, Urgency
from comity.node.due import COSIGNATURE_ALONE_MS, REPEAT_MS
from comity.node.incarnation import Incarnation, read_incarnation, write_incarnation
from comity.node.link import LinkEvent, LinkState, after, lanes_open, refusal
from comity.node.linkrow import Link, moved, read_link, write_link
from tests.unit.node.forge import START, Forger, S, entries, logs, node, pair, rows, store
from tests.unit.node.world import exchange, form

# The columns and rows of the table, `-` for a cell that says nothing.
STATES = "unpaired recovering up silent uncosigned suspended broken superseded"
TABLE = """
ceremony-done     up       -          -          -      -          -         - -
node-starts       unpaired recovering recovering recovering recovering recovering broken superseded
recovered         -        up         -          -      -          -         - -
stale-incarnation -        recovering recovering recovering recovering recovering - -
superseded        -        superseded -          -      -          -         -      -
chosen            -        -          -          -      -          -         -      recovering
exchange-good     unpaired recovering up         up     uncosigned suspended broken -
exchange-cosigned unpaired recovering up         up     up         suspended broken -
no-answer-thrice  -        recovering silent     silent silent     suspended - -
gap               -        -          up         up     up         -         - -
cosign-overdue    -        -          uncosigned silent uncosigned suspended - -
unproven-head     -        recovering uncosigned uncosigned uncosigned suspended - -
proved            -        -          -          -      up         -         - -
suspended         -        recovering suspended  suspended suspended suspended broken -
resumed           -        -          -          -      -          recovering - -
foreign-leaf      -        broken     broken     broken broken     broken    broken broken
cut               -        -          recovering recovering recovering recovering recovering recovering
evidence          -        broken     broken     broken broken     broken    broken broken
"""  # spec: protocol.md 9
CELLS = [
    (state, line.split()[0], to)
    for line in TABLE.strip().splitlines()
    for state, to in zip(STATES.split(), line.split()[1:], strict=True)
]


@pytest.mark.parametrize(("state", "event", "to"), CELLS)
def test_each_cell_of_the_table(state, event, to):
    expected = state if to == "-" else to
    assert after(LinkState(state), LinkEvent(event)) == expected


def test_the_table_has_every_state_and_every_event_that_is_built():
    assert set(STATES.split()) == set(LinkState)
    assert {event for _, event, _ in CELLS} == set(LinkEvent)


ALL = frozenset(Lane)
SENDS = {
    "up": ALL, "silent": ALL, "uncosigned": {Lane.IMMEDIATE}, "suspended": {Lane.IMMEDIATE},
    "recovering": set(), "superseded": set(), "broken": set(), "unpaired": set(),
}  # fmt: skip
REFUSES = {"unpaired": "recovering", "recovering": "recovering", "superseded": "recovering", "broken": "broken"}


@pytest.mark.parametrize("state", LinkState)
def test_what_each_state_sends_and_takes(state):
    assert lanes_open(state) == SENDS[state]
    assert refusal(state) == REFUSES.get(state)


def test_the_row_is_read_as_it_was_written_and_a_move_keeps_the_rest():
    link = Link(LinkState.UP, START, "why", 2, Ms(START + 1), -5)
    with store().begin() as tx:
        assert read_link(tx) == Link(LinkState.UNPAIRED, Ms(0), "the ceremony has not been held", 0, None, 0)
        write_link(tx, link)
        assert read_link(tx) == link
        write_link(tx, moved(link, LinkEvent.NO_ANSWER_THRICE, Ms(9), "said nothing"))
        assert read_link(tx) == Link(LinkState.SILENT, Ms(9), "said nothing", 2, Ms(START + 1), -5)
    assert moved(link, LinkEvent.EXCHANGE_GOOD, Ms(9), "well") is link, "time and reason change only with the state"


# --- silence -----------------------------------------------------------------------------------------------------


def test_three_tries_without_answer_make_the_link_silent_and_one_good_exchange_wakes_it():
    a = node()
    assert [a.no_answer(START) for _ in range(2)] == [1, 2]
    assert a.link().state is LinkState.UP
    assert a.no_answer(Ms(START + 5)) == 3
    assert (a.link().state, a.link().since) == (LinkState.SILENT, START + 5)
    a.take(Forger(a).say(), Ms(START + 6))
    assert (a.link().state, a.link().failures) == (LinkState.UP, 0)


def test_tries_are_counted_in_a_row_only():
    a = node()
    forger = Forger(a)
    for _ in range(3):
        a.no_answer(START)
        a.no_answer(START)
        a.take(forger.say(), START)
    assert a.link().state is LinkState.UP


def test_a_silent_link_sends_with_each_try():
    a = node()
    a.submit([form(urgency=Urgency.NORMAL)], START)
    for _ in range(3):
        a.no_answer(START)
    a.speak(START)
    assert rows(a, "SELECT idx FROM sent") == [(3,)]


# --- cosignature overdue -----------------------------------------------------------------------------------------


HOUR = 3_600_000


def test_overdue_after_the_accords_time_and_up_again_when_cosigned():
    a, b = pair()
    exchange(a, b, START)
    exchange(a, b, Ms(START + 1))
    a.submit([form()], Ms(START + 1000))
    a.tick(Ms(START + 2 * HOUR))
    assert a.link().state is LinkState.UP, "nothing was said yet, so nothing is owed"
    a.speak(Ms(START + 2000))
    a.tick(Ms(START + 2000 + HOUR))
    assert a.link().state is LinkState.UP
    a.tick(Ms(START + 2000 + HOUR + 1))
    assert a.link().state is LinkState.UNCOSIGNED
    a.submit([form(urgency=Urgency.NORMAL), form()], Ms(START + 3 * HOUR))
    a.speak(Ms(START + 3 * HOUR))
    assert len(rows(a, "SELECT 1 FROM pool")) == 1, "composing and pooling go on"
    exchange(a, b, Ms(START + 3 * HOUR + 1000))
    assert a.link().state is LinkState.UP
    exchange(a, b, Ms(START + 3 * HOUR + 2000))
    assert rows(a, "SELECT count(*) FROM sent WHERE fact = 2") == [(3,)], "nothing was lost"


def test_a_cosignature_of_the_same_second_brings_the_link_up():
    a = node()
    forger = Forger(a)
    a.speak(START)
    a.take(forger.say(cosignature=forger.cosign()), START)
    a.submit([form()], START)
    a.speak(START)
    with a.ledger.begin() as book:
        book.tx.run("UPDATE link SET state = 'uncosigned'")
    a.ledger.forget()
    a.take(forger.say(cosignature=None), START)
    assert a.link().state is LinkState.UNCOSIGNED
    a.take(forger.say(cosignature=forger.cosign()), START)
    assert a.link().state is LinkState.UP


def test_a_tick_with_everything_cosigned_says_nothing():
    a = node()
    forger = Forger(a)
    a.speak(START)
    a.take(forger.say(cosignature=forger.cosign()), START)
    a.tick(Ms(START + 9 * HOUR))
    assert a.link().state is LinkState.UP


# --- when something is due ---------------------------------------------------------------------------------------


def settled():
    """Return two nodes that have nothing left to say, and the time."""
    a, b = pair()
    for n in range(3):
        exchange(a, b, Ms(START + n * 100))
    return a, b, START + 200


def test_idle_nodes_are_due_at_the_heartbeat_only():
    a, b, now = settled()
    assert a.due_at(Ms(now + 1)) == now + 600_000
    assert b.due_at(Ms(now + 1)) == now + 600_000


def test_what_is_urgent_is_due_now_and_after_it_was_said_only_for_a_repeat():
    a, _, now = settled()
    a.submit([form()], Ms(now + 1))
    assert a.due_at(Ms(now + 1)) == now + 1
    a.speak(Ms(now + 2))
    assert a.due_at(Ms(now + 2)) == now + 2 + REPEAT_MS
    a.no_answer(Ms(now + 3))
    assert a.due_at(Ms(now + 4)) <= now + 4, "a try that failed is repeated; the edge spaces the tries"


def test_a_cosignature_alone_is_due_within_a_second():
    assert COSIGNATURE_ALONE_MS <= 1000
    fresh = node()
    forger = Forger(fresh)
    fresh.speak(START)
    fresh.take(forger.say(cosignature=forger.cosign()), START)
    assert fresh.due_at(START) == START + COSIGNATURE_ALONE_MS
    fresh.speak(START)
    assert fresh.due_at(START) == START + REPEAT_MS, "until the peer shows that it has it"
    forger.grow()
    fresh.take(forger.say(base=3), START)
    assert fresh.due_at(START) == START + 600_000


def test_normal_and_bulk_leave_on_the_tick_urgent_at_once():
    a, b = pair(tick=60_000)
    exchange(a, b, START)
    for n in range(3):
        exchange(a, b, Ms(START + n * 100))
    first = START + 200
    a.submit([form("1", urgency=Urgency.NORMAL)], Ms(first + 1))
    due = a.due_at(Ms(first + 1))
    assert due == START + 60_000, "the first exchange was the last tick"
    a.speak(Ms(due - 1))
    assert rows(a, "SELECT idx FROM sent") == [(None,)]
    a.submit([form("2", urgency=Urgency.URGENT)], Ms(due - 1))
    assert a.due_at(Ms(due - 1)) <= due - 1
    a.speak(Ms(due))
    assert all(index is not None for (index,) in rows(a, "SELECT idx FROM sent"))
    assert a.due_at(Ms(due + 10_000)) <= due + REPEAT_MS


def test_a_closed_lane_makes_nothing_due():
    a, _, now = settled()
    with a.ledger.begin() as book:
        book.tx.run("UPDATE link SET state = 'uncosigned'")
    a.ledger.forget()
    a.submit([form(urgency=Urgency.NORMAL)], Ms(now + 1))
    assert a.due_at(Ms(now + 1)) == now + 600_000


def test_a_debt_is_asked_for_again():
    a = node()
    forger = Forger(a)
    forger.grow(forger.make().leaf)
    a.speak(START)
    a.take(forger.say(cosignature=forger.cosign()), START)
    a.speak(START)
    forger.grow()
    a.take(forger.say(base=4), START)
    assert a.due_at(START) == START + REPEAT_MS


@pytest.mark.parametrize("state", ["unpaired", "recovering", "broken"])
def test_nothing_is_due_in_a_state_that_takes_nothing(state):
    a = node()
    with a.ledger.begin() as book:
        book.tx.run("UPDATE link SET state = ?", (state,))
    a.ledger.forget()
    assert a.due_at(START) is None
    assert a.paired is (state != "unpaired")


# --- pool and sequence -------------------------------------------------------------------------------------------


def test_the_pool_is_sequenced_by_lane_then_arrival_and_immediate_never_waits():
    a = node()
    texts = [("bulk", Lane.BULK), ("normal", Lane.NORMAL), ("bulk 2", Lane.BULK), ("now", Lane.IMMEDIATE)]
    done = a.submit([form(text, lane=lane) for text, lane in texts], START)
    assert [one.index for one in done] == [None, None, None, 3]
    assert [lane for (lane,) in rows(a, "SELECT lane FROM pool ORDER BY place")] == [3, 2, 3]
    a.speak(START)
    assert [index for (index,) in rows(a, "SELECT idx FROM sent ORDER BY rowid")] == [5, 4, 6, 3]
    assert not rows(a, "SELECT 1 FROM pool")
    assert rows(a, "SELECT size FROM head WHERE role = 'ours'") == [(7,)], (
        "entries are stored before the head is signed"
    )


def test_normal_waits_while_2048_own_entries_wait_for_the_peer_and_urgent_does_not():
    a = node()
    with a.ledger.begin() as book:
        book.append_own([b"x"] * (2_048 - 3))
    a.submit([form("slow", urgency=Urgency.NORMAL), form("fast", urgency=Urgency.URGENT)], START)
    a.speak(START)
    assert sorted(rows(a, "SELECT idx IS NULL, lane FROM sent")) == [(0, 1), (1, 2)]
    forger = Forger(a)
    a.take(forger.say(cosignature=forger.cosign()), START)
    a.speak(Ms(START + 1))
    assert rows(a, "SELECT count(*) FROM sent WHERE idx IS NULL") == [(0,)]


def test_only_as_many_are_sequenced_as_there_is_room_for():
    a = node()
    with a.ledger.begin() as book:
        book.append_own([b"x"] * (2_046 - 3))
    a.submit([form(str(n), urgency=Urgency.NORMAL) for n in range(5)], START)
    a.speak(START)
    assert rows(a, "SELECT count(*) FROM pool") == [(3,)]


def test_every_state_goes_on_composing_but_that_of_a_store_that_was_left_behind():
    for state in set(LinkState) - {LinkState.SUPERSEDED}:
        a = node()
        with a.ledger.begin() as book:
            book.tx.run("UPDATE link SET state = ?", (state,))
        a.ledger.forget()
        assert [type(one).__name__ for one in a.submit([form(), form(urgency=Urgency.NORMAL)], START)] == [
            "Committed"
        ] * 2
        assert logs(a)[0].size == 4
        assert len(entries(a)) == 4
        assert S * 1000 == START


def test_what_a_transaction_wrote_of_the_link_and_of_a_restore_it_reads_again():
    a = node()
    with a.ledger.begin() as book:
        was = read_link(book.tx)
        write_link(book.tx, replace(was, failures=was.failures + 2))
        assert read_link(book.tx).failures == was.failures + 2
        assert read_incarnation(book.tx, LogRole.THEIRS) == Incarnation()
        write_incarnation(book.tx, LogRole.THEIRS, Incarnation(9, 1))
        assert read_incarnation(book.tx, LogRole.THEIRS) == Incarnation(9, 1)
        assert read_incarnation(book.tx, LogRole.OURS) == Incarnation()
    with a.ledger.read() as tx:
        assert read_link(tx).failures == was.failures + 2
        assert read_incarnation(tx, LogRole.THEIRS) == Incarnation(9, 1)
    with a.ledger.begin() as book:
        write_link(book.tx, was)
    assert a.link() == was
