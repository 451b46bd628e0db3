"""Making an exchange: base, head, entries, dispatches within credit and window, cosignature, wants, more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import DispatchLeaf, HeadLeaf, LinkLeaf, decode_entry, encode_entry
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.exchange_codec import Problem as ProblemBytes
from comity.dispatch.exchange_codec import decode_exchange
from comity.marking.labels import Lane
from comity.node.link import LinkState
from comity.node.linkrow import Link, going
from comity.node.speak import BESIDE_IMMEDIATE, CREDIT, DISPATCHES, WANTS, window_end
from comity.tlog.checkpoint import parse_body, verify_cosignature, verify_head
from comity.tlog.note import parse_note
from tests.unit.node.forge import START, Forger, S, entries, logs, node, pair, problem, rows
from tests.unit.node.world import exchange, form

SECOND = 1_000
HEARTBEAT = 600_000
LINE = LinkLeaf(Act.RECOVERED, None)

WINDOW = 1_024  # spec: protocol.md 8, the default of the accord


def said(of, now: int = START, **more):
    return decode_exchange(of.speak(Ms(now), **more))


def at(note: str) -> tuple[str, int, bytes]:
    made = parse_body(parse_note(note).text)
    return made.origin, made.size, made.root


def hear(a, forger, now: int = START, **changes):
    """Let the node take an honest exchange with changes, its head cosigned."""
    return a.take(forger.say(at=now // 1000, **changes), Ms(now))


# --- head, base, entries -----------------------------------------------------------------------------------------


def test_the_first_exchange_shows_everything_under_a_signed_head():
    a = node()
    made = said(a)
    assert (made.base, len(made.entries), made.more, made.wait) == (0, 3, False, 0)
    head = verify_head(made.checkpoint, made.origin, [a.voice.log_keys.verifier])
    assert (head.checkpoint.size, head.time) == (3, S)
    assert rows(a, "SELECT note FROM head WHERE role = 'ours'") == [(made.checkpoint,)], "stored before it is said"
    assert (made.mirror_size, made.cosignature) == (0, None)
    assert said(a, wait_ms=25_000).wait == 25_000


def test_the_base_is_what_the_peer_cosigned_and_never_beyond():
    a = node()
    forger = Forger(a)
    said(a)
    assert said(a).base == 0
    hear(a, forger, cosignature=forger.cosign())
    made = said(a)
    assert (made.base, made.entries) == (3, ())
    a.submit([form()], START)
    made = said(a)
    assert made.base == 3
    assert [type(decode_entry(e)) for e in made.entries] == [HeadLeaf, DispatchLeaf]


def test_a_stored_head_is_said_again_until_the_log_grows_or_a_heartbeat_is_over():
    a = node()
    first = said(a).checkpoint
    assert said(a, START + HEARTBEAT - 1).checkpoint == first
    later = said(a, START + HEARTBEAT).checkpoint
    assert at(later) == at(first)
    assert later != first
    a.submit([form()], Ms(START + HEARTBEAT))
    assert at(said(a, START + HEARTBEAT).checkpoint)[1] == 4, "no l-head before the peer has a head"


def test_log_time_never_goes_back():
    a = node()
    forger = Forger(a)
    said(a, START)
    hear(a, forger)
    made = said(a, START)
    a.submit([form()], Ms(START - 9 * 3_600_000))
    back = said(a, START - 9 * 3_600_000)
    assert verify_head(back.checkpoint, back.origin, [a.voice.log_keys.verifier]).time == S
    assert verify_cosignature(made.cosignature, forger.log.verifier.name, a.voice.cosigner_keys.verifier).time == S
    hear(a, forger, START, cosignature=forger.cosign())
    forger.grow(LINE)
    a.take(forger.say(), START)
    after = said(a, START - 9 * 3_600_000).cosignature
    assert verify_cosignature(after, forger.log.verifier.name, a.voice.cosigner_keys.verifier).time == S


def test_a_batch_begins_with_one_l_head_and_it_never_stands_alone():
    a = node()
    forger = Forger(a)
    a.speak(START)
    hear(a, forger)
    a.speak(START)
    a.submit([form(), form()], START)
    a.speak(START)
    a.submit([form()], START)
    kinds = [type(e) for e in entries(a)[3:]]
    assert kinds == [HeadLeaf, DispatchLeaf, DispatchLeaf, HeadLeaf, DispatchLeaf]
    tie = entries(a)[3]
    assert (tie.origin, tie.size, tie.root, tie.time) == (forger.log.verifier.name, 3, forger.root(), S)
    size = len(entries(a))
    a.speak(START)
    a.speak(Ms(START + HEARTBEAT))
    assert len(entries(a)) == size, "idle nodes write nothing"


# --- a long log --------------------------------------------------------------------------------------------------


def long_log(a, size: int) -> None:
    with a.ledger.begin() as book:
        book.append_own([encode_entry(LINE)] * (size - book.logs[LogRole.OURS].size))


def test_no_more_than_4096_entries_at_once_and_more_follows():
    a = node()
    forger = Forger(a)
    long_log(a, 9_000)
    sizes = []
    for _ in range(4):
        made = said(a)
        assert len(made.entries) <= 4096
        sizes.append((made.base, at(made.checkpoint)[1], made.more))
        hear(a, forger, cosignature=forger.cosign(at(made.checkpoint)[1]))
    assert sizes == [(0, 4096, True), (4096, 8192, True), (8192, 9000, False), (9000, 9000, False)]


def test_a_gap_far_back_is_answered_with_a_smaller_lawful_head():
    a = node()
    forger = Forger(a)
    long_log(a, 9_000)
    for size in (4096, 8192, 9000):
        a.speak(START)
        hear(a, forger, cosignature=forger.cosign(size))
    a.take_problem(ProblemBytes("gap", 0, 100, None, 0), START)
    made = said(a, START + 1)
    assert (made.base, len(made.entries), made.more) == (100, 4096, True)
    assert at(made.checkpoint)[1] == 4196
    assert said(a, START + 1).checkpoint == made.checkpoint, "signed once"
    assert logs(a)[0].head_size == 9000, "the newest head stays the newest"
    hear(a, forger, cosignature=forger.cosign(4196, at=S + 1))
    assert said(a, START + 2).base == 4196
    a.submit([form()], Ms(START + 3))
    assert at(said(a, START + 3).checkpoint)[1] == 8292


@pytest.mark.parametrize(("told", "base"), [(2, 2), (0, 0), (4, 3), (99, 3)])
def test_a_gap_moves_the_base_down_and_never_up(told, base):
    a = node()
    forger = Forger(a)
    a.speak(START)
    hear(a, forger, cosignature=forger.cosign())
    a.take_problem(ProblemBytes("gap", 1000, told, None, 0), START)
    assert said(a).base == base


def test_a_gap_wakes_a_silent_link_and_another_problem_does_not():
    a = node()
    forger = Forger(a)
    a.speak(START)
    hear(a, forger, cosignature=forger.cosign())
    for _ in range(3):
        a.no_answer(START)
    a.take_problem(ProblemBytes("slow-down", 1000, 0, None, 0), START)
    assert (a.link().state, a.link().failures, said(a).base) == (LinkState.SILENT, 0, 3)
    a.take_problem(ProblemBytes("gap", 1000, 1, None, 0), START)
    assert a.link().state is LinkState.UP


# --- cosignature -------------------------------------------------------------------------------------------------


def test_the_cosignature_is_on_the_head_at_exactly_the_mirrors_size():
    a = node()
    forger = Forger(a)
    assert said(a).cosignature is None, "nothing held, nothing cosigned"
    hear(a, forger)
    made = said(a)
    cosigned = verify_cosignature(made.cosignature, forger.log.verifier.name, a.voice.cosigner_keys.verifier)
    assert (cosigned.checkpoint.size, cosigned.checkpoint.root, cosigned.time) == (3, forger.root(), S)
    assert (made.mirror_size, made.mirror_root) == (3, forger.root())
    kept = rows(a, "SELECT cosignature, cosigned_time FROM head WHERE role = 'theirs'")
    assert kept == [(made.cosignature, S)], "stored before it is said"
    assert said(a, START + 5000).cosignature == made.cosignature, "made once for each head"


def test_the_cosignature_is_left_out_of_a_burst_that_it_would_only_repeat():
    a = node()
    forger = Forger(a)
    a.submit([form()], START)
    hear(a, forger)
    assert said(a).cosignature is not None
    hear(a, forger, base=3, cosignature=forger.cosign(), wants=())
    made = said(a)
    assert made.dispatches
    assert made.cosignature is None
    forger.grow(LINE)
    hear(a, forger, base=3)
    assert said(a).cosignature is not None


# --- dispatches: lane, credit, window, wants ---------------------------------------------------------------------


def queue(a, lane: Lane, count: int, size: int = 100, *, fact: int = 0) -> list[int]:
    """Put dispatches of one lane into log and rows, as commit does, without the cost of sealing them."""
    with a.ledger.begin() as book:
        start = book.logs[LogRole.OURS].size
        ids = [DispatchId((start + n).to_bytes(16, "big")) for n in range(count)]
        nothing = Digest(bytes(32))
        leaves = [DispatchLeaf(i, lane, 1, nothing, nothing, 4096, nothing) for i in ids]
        first = book.append_own([encode_entry(leaf) for leaf in leaves])
        book.tx.many(
            "INSERT INTO sent (id, idx, lane, desk, case_id, sealed, sealed_sha256, plain, decision_salt, sent_at, fact)"
            " VALUES (?, ?, ?, 'plain', ?, ?, ?, ?, ?, 0, ?)",
            [(i, first + n, int(lane), i, bytes(size), nothing, b"", b"", fact) for n, i in enumerate(ids)],
        )
    return list(range(first, first + count))


def indexes(made) -> list[int]:
    return [index for index, _ in made.dispatches]


def test_what_has_no_receipt_travels_in_the_order_of_lane_then_index():
    a = node()
    slow, urgent, fast = queue(a, Lane.BULK, 2), queue(a, Lane.URGENT, 2), queue(a, Lane.IMMEDIATE, 2)
    queue(a, Lane.NORMAL, 1, fact=2)
    assert indexes(said(a)) == [*fast, *urgent, *slow]
    assert indexes(said(a)) == [*fast, *urgent, *slow], "again, until the receipt comes"


def test_nothing_travels_before_the_head_above_it():
    a = node()
    long_log(a, 4_096)
    (index,) = queue(a, Lane.IMMEDIATE, 1)
    assert index == 4096
    made = said(a)
    assert (at(made.checkpoint)[1], made.dispatches, made.more) == (4096, (), True)


def test_at_most_64_in_one_exchange_and_more_follows():
    a = node()
    first = queue(a, Lane.NORMAL, 70)
    made = said(a)
    assert (indexes(made), made.more) == (first[:64], True)


def test_what_is_on_its_way_does_not_travel_twice_and_takes_of_the_credit():
    a = node()
    first = queue(a, Lane.NORMAL, DISPATCHES + 2, 1 << 10)
    hear(a, Forger(a), wants=tuple(map(LeafIndex, first[:3])), credit=((Lane.NORMAL, (DISPATCHES + 1) << 10),))
    assert indexes(said(a)) == first[:DISPATCHES]
    aloft = a.said
    assert (len(aloft.sizes), aloft.left) == (DISPATCHES, True)
    assert indexes(said(a, aloft=aloft)) == first[DISPATCHES : DISPATCHES + 1], "credit for one more is left"
    assert (len((aloft + a.said).sizes), (aloft + a.said).left) == (DISPATCHES + 1, True)
    assert indexes(said(a)) == first[:DISPATCHES], "and when it is not on its way it goes again"


def test_a_reseal_that_is_on_its_way_does_not_travel_twice():
    a = node()
    one, two, new = queue(a, Lane.NORMAL, 3)
    with a.ledger.begin() as book:
        book.tx.run("UPDATE sent SET resealed_idx = ? WHERE idx = ?", (new, one))
        book.tx.run("UPDATE sent SET settled_at = 1 WHERE idx = ?", (new,))
    hear(a, Forger(a), credit=((Lane.NORMAL, 1 << 20),))
    assert indexes(said(a)) == [two, new]
    assert indexes(said(a, aloft=a.said)) == []


def test_little_stands_beside_something_immediate():
    a = node()
    queue(a, Lane.NORMAL, DISPATCHES)
    (fast,) = queue(a, Lane.IMMEDIATE, 1)
    hear(a, Forger(a), credit=((Lane.NORMAL, 1 << 20),))
    made = said(a)
    assert (indexes(made)[0], len(made.dispatches), made.more) == (fast, BESIDE_IMMEDIATE, True)
    queue(a, Lane.IMMEDIATE, DISPATCHES - 1)
    assert len(said(a).dispatches) == DISPATCHES, "of immediate itself as many as ever"


def test_the_body_stays_within_its_limit():
    a = node()
    queue(a, Lane.IMMEDIATE, 12, 1 << 20)
    forger = Forger(a)
    hear(a, forger, credit=((Lane.IMMEDIATE, 1 << 30),))
    assert len(said(a).dispatches) == 6
    assert len(a.speak(START)) < 8 << 20


@pytest.mark.parametrize(
    ("credit", "sent"),
    [
        ((), {0: 2}),
        (((Lane.NORMAL, 1 << 19),), {0: 2, 2: 1}),
        (((Lane.NORMAL, (1 << 20) - 1),), {0: 2, 2: 1}),
        (((Lane.NORMAL, 1 << 20), (Lane.BULK, 1 << 22)), {0: 2, 2: 2, 3: 2}),
        (((Lane.IMMEDIATE, 0),), {0: 2}),
        (((Lane.IMMEDIATE, 1 << 21),), {0: 2}),
        (((Lane.URGENT, 1),), {0: 2}),
    ],
)
def test_credit_by_lane_is_kept_and_immediate_always_has_a_mebibyte(credit, sent):
    a = node()
    for lane in Lane:
        queue(a, lane, 2, 1 << 19)
    hear(a, Forger(a), credit=credit)
    lanes = [rows(a, "SELECT lane FROM sent WHERE idx = ?", (i,))[0][0] for i in indexes(said(a))]
    assert {lane: lanes.count(lane) for lane in set(lanes)} == sent


def test_immediate_is_bounded_by_its_credit_too():
    a = node()
    queue(a, Lane.IMMEDIATE, 3, 1 << 19)
    hear(a, Forger(a), credit=())
    assert len(said(a).dispatches) == 2


def test_our_own_credit_is_said():
    credit = dict(said(node()).credit)
    assert credit == CREDIT
    assert credit[Lane.IMMEDIATE] >= 1 << 20


def test_at_most_1024_without_receipt_immediate_excepted():
    a = node()
    index = queue(a, Lane.NORMAL, WINDOW - 1)
    last, *late = queue(a, Lane.URGENT, 3)
    (now,) = queue(a, Lane.IMMEDIATE, 1)
    wants = tuple(LeafIndex(i) for i in (last, *late, now))
    hear(a, Forger(a), wants=wants, credit=((Lane.URGENT, 1 << 20),))
    assert indexes(said(a)) == [now, last], "who reads and does not receipt gains the window, no more"
    with a.ledger.begin() as book:
        book.tx.run("UPDATE sent SET fact = 1 WHERE idx = ?", (index[0],))
    assert indexes(said(a)) == [now, last, late[0]]


def test_the_window_ends_at_the_oldest_of_all_lanes_together():
    a = node()
    waiting = sorted(
        i for _ in range(3) for lane in (Lane.BULK, Lane.URGENT, Lane.NORMAL, Lane.IMMEDIATE) for i in queue(a, lane, 1)
    )
    with a.ledger.begin() as book:
        slow = [i for i in waiting if rows(a, "SELECT lane FROM sent WHERE idx = ?", (i,)) != [(0,)]]
        allowed = going(Link(LinkState.UP, START, "", 0, None, 0))
        assert [window_end(book, 999, window, allowed) for window in range(11)] == [*slow, 999, 999]
        desk = replace(allowed, condition=("s.desk = ?", ("another",)))
        assert window_end(book, 999, 0, desk) == 999


def test_a_receipt_opens_the_window_again():
    a = node()
    index = queue(a, Lane.NORMAL, WINDOW)
    (late,) = queue(a, Lane.URGENT, 1)
    assert late not in indexes(said(a))
    with a.ledger.begin() as book:
        book.tx.run("UPDATE sent SET settled_at = 1, fact = 2 WHERE idx = ?", (index[5],))
    assert late in indexes(said(a))


def test_what_is_wanted_travels_again_even_after_its_receipt():
    a = node()
    done = queue(a, Lane.IMMEDIATE, 1, fact=2)
    new = queue(a, Lane.IMMEDIATE, 1)
    hear(a, Forger(a), wants=(LeafIndex(done[0]), LeafIndex(new[0]), LeafIndex(0), LeafIndex(999)))
    assert indexes(said(a)) == [*done, *new]
    hear(a, Forger(a))
    assert indexes(said(a)) == new


def test_an_uncosigned_link_sends_lane_immediate_only_wanted_or_not():
    a = node()
    fast, slow = queue(a, Lane.IMMEDIATE, 1), queue(a, Lane.NORMAL, 1)
    hear(a, Forger(a), wants=(LeafIndex(slow[0]),))
    with a.ledger.begin() as book:
        book.tx.run("UPDATE link SET state = 'uncosigned'")
    a.ledger.forget()
    assert indexes(said(a)) == fast
    with a.ledger.begin() as book:
        book.tx.run("UPDATE link SET state = 'broken'")
    a.ledger.forget()
    made = said(a)
    assert (made.dispatches, len(made.entries)) == ((), 5), "entries are shown in every state"


def test_wants_name_each_leaf_whose_bytes_have_not_come_most_urgent_first():
    a = node()
    forger = Forger(a)
    lanes = [Lane.BULK, Lane.URGENT, Lane.IMMEDIATE, Lane.URGENT]
    made = [forger.make(str(lane), lane=lane) for lane in lanes]
    first = forger.grow(*[one.leaf for one in made])
    hear(a, forger)
    assert said(a).wants == tuple(first + n for n in (2, 1, 3, 0))
    a.take(forger.say(dispatches=((LeafIndex(first + 2), made[2].sealed),)), START)
    assert said(a).wants == tuple(first + n for n in (1, 3, 0))


def test_at_most_64_wants():
    a = node()
    forger = Forger(a)
    made = forger.make()
    first = forger.grow(*[replace(made.leaf, id=DispatchId(n.to_bytes(16, "big"))) for n in range(70)])
    hear(a, forger)
    assert said(a).wants == tuple(range(first, first + WANTS))


# --- repeats -----------------------------------------------------------------------------------------------------


def test_a_lost_exchange_costs_one_repeat():
    a, b = pair()
    exchange(a, b, START)
    a.submit([form()], START)
    a.speak(Ms(START + SECOND))  # lost
    request = a.speak(Ms(START + 2 * SECOND))
    b.take(request, Ms(START + 2 * SECOND))
    b.speak(Ms(START + 2 * SECOND))  # the answer is lost
    taken = b.take(a.speak(Ms(START + 3 * SECOND)), Ms(START + 3 * SECOND))
    assert taken.recorded == (), "the repeat finds everything present"
    a.take(b.speak(Ms(START + 3 * SECOND)), Ms(START + 3 * SECOND))
    assert rows(a, "SELECT fact FROM sent") == [(2,)]


def test_a_node_made_again_over_its_store_says_the_same():
    a, b = pair()
    exchange(a, b, START)
    a.submit([form()], START)
    first = decode_exchange(a.speak(Ms(START + SECOND)))
    a.ledger.forget()
    again = decode_exchange(type(a)(a.office, a.voice, a.peer, a.ledger, a.timers).speak(Ms(START + SECOND)))
    assert (again.checkpoint, again.entries, again.dispatches) == (first.checkpoint, first.entries, first.dispatches)


def test_a_replayed_answer_of_long_ago_changes_nothing():
    a, b = pair()
    old = b.speak(START)
    exchange(a, b, START)
    for n in range(3):
        b.submit([form(str(n))], Ms(START + n * SECOND))
        exchange(a, b, Ms(START + n * SECOND + 1))
    before = logs(a), rows(a, "SELECT * FROM got")
    a.take(old, Ms(START + 9 * SECOND))
    assert (logs(a), rows(a, "SELECT * FROM got")) == before


def test_batches_out_of_order_are_a_gap_and_then_good():
    a, b = pair()
    exchange(a, b, START)
    exchange(a, b, Ms(START + 1))
    b.submit([form("1")], START)
    first = b.speak(Ms(START + SECOND))
    forger = Forger(a)
    with b.ledger.begin() as book:
        forger.entries = book.entries(LogRole.OURS, 0, 99)
    forger.grow(LINE)
    later = forger.say(base=len(forger.entries) - 1, at=S + 2)
    assert problem(a, later, START + 2 * SECOND) == ("gap", 409)
    assert a.take(first, Ms(START + 3 * SECOND)).grew
    assert a.take(later, Ms(START + 3 * SECOND)).grew
    assert not rows(a, "SELECT 1 FROM pending_head")
