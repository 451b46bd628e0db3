"""What piled up leaves without a pause: what had no room goes as soon as receipts come, and only what travels soon has a place."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.exchange_codec import decode_exchange
from comity.marking.labels import Lane, Urgency
from comity.node.sequence import AHEAD, REFILL
from comity.node.speak import DISPATCHES
from tests.unit.node.forge import START, Forger, node, pair, rows
from tests.unit.node.world import exchange, form

LATER = START + 1_000


def met(**timers: int):
    """Return two nodes that have met and have nothing to say."""
    a, b = pair(**timers)
    for n in range(3):
        exchange(a, b, Ms(START + n * 100))
    return a, b


def pooled(a) -> int:
    return rows(a, "SELECT count(*) FROM sent WHERE idx IS NULL")[0][0]


def submit(a, many: int, now: int, urgency: Urgency = Urgency.NORMAL) -> None:
    a.submit([form(str(n), urgency=urgency) for n in range(many)], Ms(now))


def test_what_had_no_room_goes_at_once_when_receipts_came():
    a, b = met()
    submit(a, 2 * DISPATCHES + 1, LATER, Urgency.IMMEDIATE)
    carried = []
    while a.due_at(Ms(LATER)) <= LATER:
        said = a.speak(Ms(LATER))
        carried.append(len(decode_exchange(said).dispatches))
        b.take(said, Ms(LATER))
        a.take(b.speak(Ms(LATER)), Ms(LATER))
    assert carried == [DISPATCHES, DISPATCHES, 1], "no pause of a timer between them"
    assert rows(a, "SELECT count(*) FROM sent WHERE fact = 0") == [(0,)]


def test_without_a_receipt_the_same_is_not_said_again_at_once():
    a = node()
    submit(a, DISPATCHES + 1, START, Urgency.IMMEDIATE)
    forger = Forger(a)
    a.speak(START)
    a.take(forger.say(cosignature=forger.cosign()), START)
    assert a.due_at(START) > START, "a peer that takes and does not receipt gets nothing more for it"


def test_only_what_travels_soon_has_a_place_and_receipts_make_room():
    a, b = met(tick=0)
    many = AHEAD + REFILL
    submit(a, many, LATER)
    a.speak(Ms(LATER))
    assert pooled(a) == many - AHEAD
    a.speak(Ms(LATER))
    assert pooled(a) == many - AHEAD, "none is receipted"
    waited = []
    a.no_answer(Ms(LATER))
    while pooled(a) and a.due_at(Ms(LATER)) <= LATER:
        waited.append((pooled(a), rows(a, "SELECT count(*) FROM sent WHERE idx >= 0 AND fact = 0")[0][0]))
        exchange(a, b, Ms(LATER))
    assert pooled(a) == 0
    assert waited[-1] == (REFILL, REFILL), "not one by one: a large pool is read through for many"


def test_a_full_log_makes_the_pool_not_due():
    a, _ = met(tick=0)
    submit(a, AHEAD + 1, LATER)
    a.speak(Ms(LATER))
    assert pooled(a) == 1
    assert a.due_at(Ms(LATER + 1)) > LATER + 1, "nothing may be said that was not said"


def test_what_is_urgent_passes_a_pool_that_waits():
    a, _ = met(tick=0)
    submit(a, AHEAD + 1, LATER)
    a.speak(Ms(LATER))
    with a.ledger.begin() as book:  # an answer whose time came, behind them all
        book.tx.run("UPDATE sent SET lane = ? WHERE idx IS NULL", (int(Lane.URGENT),))
        book.tx.run("UPDATE pool SET lane = ?, not_before = ?", (int(Lane.URGENT), LATER + 10))
    a.speak(Ms(LATER + 9))
    assert pooled(a) == 1
    assert a.due_at(Ms(LATER + 10)) <= LATER + 10
    a.speak(Ms(LATER + 10))
    assert pooled(a) == 0


def test_a_tick_lasts_until_all_that_waited_for_it_has_left():
    tick = 60_000
    a, b = met(tick=tick)
    submit(a, AHEAD + DISPATCHES, LATER)
    at = LATER + tick
    for _ in range((AHEAD + DISPATCHES) // DISPATCHES + 1):
        assert a.due_at(Ms(at)) <= at
        exchange(a, b, Ms(at))
    assert rows(a, "SELECT count(*) FROM sent WHERE fact = 0") == [(0,)]
    submit(a, 1, at + 1)
    assert a.due_at(Ms(at + 1)) == at + tick, "and what comes later waits for the next"
