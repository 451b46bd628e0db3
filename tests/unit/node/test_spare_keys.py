"""The spare co-signing keys: a restore spends one of them, once; a node that has none left goes on, and gets new ones."""

from __future__ import annotations

import pytest

from comity.base.ids import Ms
from comity.dispatch.entries import decode_entry
from comity.dispatch.exchange_codec import decode_exchange
from comity.node.audit import audit
from comity.node.papers import restores
from comity.node.proofs import Signers
from comity.node.recovery import Next
from tests.unit.node.putback import SECOND, START, note, recover, say, settle
from tests.unit.node.rotating import TICK, two
from tests.unit.node.test_put_back_disowned import pends

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
T, L = Ms(START + HOUR), Ms(START + 2 * HOUR)


def disowning():
    """Return two nodes; the first was put back and disowned a head that the second keeps, and has not spoken since."""
    a, b = two()
    image = a.store.image()
    a.node.submit([note("never proved")], T)
    pends(b, a.node.speak(T), T)
    a.put_back(image)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    assert b.rows("SELECT count(*) FROM disowned_head") == [(1,)]
    return a, b


def spent(side):
    return side.rows("SELECT restored FROM incarnation WHERE role = 'ours'")[0][0]


def sound(*sides):
    for side in sides:
        assert side.state == "up", side.node.link().reason
        assert side.logs()[0].cosigned_size == side.logs()[0].size
        assert side.rows("SELECT 1 FROM pending_head UNION ALL SELECT 1 FROM disowned_head") == []
        assert side.rows("SELECT count(*) FROM sent WHERE settled_at IS NULL") == [(0,)]
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()


def test_starts_before_the_other_side_has_taken_our_leaf_spend_no_further_key():
    """It listed the same heads to each of them, and each disowned them again, until no key was left."""
    a, b = disowning()
    size = a.logs()[0].size
    for n in range(6):
        a.put_back(a.store.image())
        assert recover(a, b, Ms(L + (n + 1) * MINUTE)) == [Next.UP]
    assert (spent(a), a.logs()[0].size) == (1, size)
    settle(a, b, Ms(L + HOUR))
    sound(a, b)


def test_a_head_that_was_lost_since_is_none_of_those_that_were_disowned():
    """Put back once more, to behind its first restore: what was signed since then is disowned by a restore of its own."""
    a, b = disowning()
    image = a.store.image()
    a.node.submit([note("nor was this")], Ms(L + MINUTE))
    pends(b, a.node.speak(Ms(L + MINUTE)), Ms(L + MINUTE))
    a.put_back(image)
    assert recover(a, b, Ms(L + 2 * MINUTE)) == [Next.AGAIN, Next.FETCH]
    assert spent(a) == 2
    settle(a, b, Ms(L + 3 * MINUTE))
    sound(a, b)


def leaves(side):
    """Return how many restores our log has behind its newest key list."""
    entries = [decode_entry(row[0]) for row in side.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]
    return restores(0, 0, entries)


def test_a_restore_in_a_part_that_no_head_covered_and_that_came_back_is_counted_once():
    """The copy is from between the restore and the first head over its leaf."""
    a, b = two()
    image = a.store.image()
    a.node.submit([note("lost")], T)
    settle(a, b, T)
    a.put_back(image)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    image = a.store.image()
    assert a.logs()[0].head_size < a.logs()[0].size
    settle(a, b, Ms(L + MINUTE))
    a.put_back(image)
    assert recover(a, b, Ms(L + 2 * MINUTE)) == [Next.AGAIN, Next.FETCH]
    assert spent(a) == leaves(a) == 2
    settle(a, b, Ms(L + 3 * MINUTE))
    sound(a, b)


def test_a_restore_that_moved_behind_what_came_back_is_counted_too():
    """The head that covered it was never sent by this store: another one had gone on from an older copy."""
    a, b = two()
    oldest = a.store.image()
    a.node.submit([note("lost")], T)
    settle(a, b, T)
    a.put_back(oldest)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    image = a.store.image()
    a.put_back(oldest, chosen=True)
    assert recover(a, b, Ms(L + MINUTE))[-1] is Next.FETCH
    settle(a, b, Ms(L + 2 * MINUTE))
    a.put_back(image, chosen=True)
    assert recover(a, b, Ms(L + 3 * MINUTE))[-1] is Next.FETCH
    assert spent(a) == leaves(a) == 3
    settle(a, b, Ms(L + 4 * MINUTE))
    sound(a, b)


def test_a_key_list_that_no_head_covered_takes_no_restore_of_before_it_away():
    """Another store went on without it. It is written again later; until then the keys of the list before it count."""
    a, b = two()
    a.put_back(a.store.image(), chosen=True)
    assert recover(a, b, T)[-1] is Next.FETCH
    settle(a, b, Ms(T + MINUTE))
    without = a.store.image()
    a.install(Ms(T + 2 * MINUTE))
    now = Ms(T + 2 * MINUTE)
    while not a.list_places():
        now = Ms(now + TICK)
        say(a, b, now)
        a.node.tick(now)
    image = a.store.image()
    assert (spent(a), a.logs()[0].head_size) == (0, a.list_places()[0] - 1)
    a.put_back(without, chosen=True)
    assert recover(a, b, Ms(L))[-1] is Next.FETCH
    a.node.submit([note("another store")], Ms(L + SECOND))
    say(a, b, Ms(L + SECOND))
    assert a.list_places() == []
    a.put_back(image, chosen=True)
    assert recover(a, b, Ms(L + MINUTE))[-1] is Next.FETCH
    assert spent(a) == leaves(a) == 3
    settle(a, b, Ms(L + 2 * MINUTE))
    for n in range(4):
        a.node.tick(Ms(L + (3 + n) * MINUTE))
        settle(a, b, Ms(L + (3 + n) * MINUTE + SECOND), rounds=1)
    assert len(a.list_places()) == 1
    settle(a, b, Ms(L + 9 * MINUTE))
    sound(a, b)


# --- none is left ------------------------------------------------------------------------------------------------------


def used_up():
    """Return two nodes; the first was put back once more than its key list has spare keys."""
    a, b = two()
    for n in range(4):
        now = Ms(L + n * 10 * MINUTE)
        assert (spent(a) if n else 0) == n
        a.put_back(a.store.image(), chosen=True)
        a.node.submit([note(f"restored {n}")], now)
        assert recover(a, b, now) == [Next.AGAIN, Next.FETCH]
        settle(a, b, Ms(now + SECOND))
    return a, b


def test_without_a_spare_key_a_node_goes_on_says_so_and_co_signs_nothing():
    a, b = used_up()
    assert a.state == "up"
    b.node.submit([note("not co-signed")], Ms(L + 40 * MINUTE))
    before = b.logs()[0].cosigned_size
    settle(a, b, Ms(L + 40 * MINUTE))
    assert decode_exchange(a.node.speak(Ms(L + 41 * MINUTE))).cosignature is None
    assert a.rows("SELECT count(*) FROM exercise WHERE ours = 0 AND text = 'not co-signed'") == [(1,)]
    assert b.logs()[0].size > b.logs()[0].cosigned_size == before
    assert a.logs()[0].size == a.logs()[0].cosigned_size, "the other side still co-signs ours"


def test_without_a_key_nothing_is_said_for_the_sake_of_a_co_signature():
    """Five exchanges a second went, with nothing in them."""
    a, b = used_up()
    now = Ms(L + 40 * MINUTE)
    b.node.submit([note("not co-signed")], now)
    settle(a, b, now)
    last = Ms(now + 4 * SECOND)
    say(b, a, last)
    assert a.node.due_at(last) == last + a.node.timers.heartbeat_ms


@pytest.mark.parametrize("silent", [False, True])
def test_a_new_list_with_new_mirror_keys_is_taken_and_co_signs_again(silent):
    """In vain before: the node stayed recovering, and nothing leaves then, a key list neither."""
    a, b = used_up()
    now = Ms(L + 50 * MINUTE)
    if silent:  # the other side has waited for a co-signature in vain
        now = Ms(now + b.node.timers.cosign_overdue_ms)
        b.node.submit([note("waits")], now)
        b.node.tick(now)
        assert b.state == "uncosigned"
    a.install(now, log=False, mirror=True)
    settle(a, b, Ms(now + TICK), rounds=8)
    assert (a.node.our_lists()[0].keys.edition, spent(a)) == (2, 0)
    assert decode_exchange(a.node.speak(Ms(now + 2 * TICK))).cosignature is not None
    settle(a, b, Ms(now + 3 * TICK))
    sound(a, b)
