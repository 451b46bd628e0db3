"""A store put back to before, into or behind a change of keys, on either side: what was forgotten comes back and stands."""

from __future__ import annotations

from itertools import pairwise

import pytest

from comity.base.errors import StoreError
from comity.base.ids import Ms
from comity.dispatch.book import Ledger
from comity.node.assemble import log_verifier
from comity.node.audit import audit
from comity.node.proofs import Signers
from comity.node.recovery import Next
from tests.unit.node.putback import SECOND, START, note, recover, say, settle
from tests.unit.node.rotating import TICK, two
from tests.unit.node.test_store_faults import Halts

HOUR = 3_600_000
STAGES = ("before", "sent", "filed", "entered", "said", "cosigned", "after")


def play(a, b, now, stop):
    """Go through a change of keys of `a` in steps up to the stage `stop`, with a copy of both stores at each stage."""

    def after():
        a.node.submit([note("by the new keys")], Ms(now + 2 * TICK))
        settle(a, b, Ms(now + 2 * TICK))

    steps = {
        "before": lambda: None,
        "sent": lambda: a.install(now),
        "filed": lambda: b.node.take(a.node.speak(Ms(now + TICK)), Ms(now + TICK)),
        "entered": lambda: a.node.take(b.node.speak(Ms(now + TICK)), Ms(now + TICK)),
        "said": lambda: b.node.take(a.node.speak(Ms(now + TICK + 1)), Ms(now + TICK + 1)),
        "cosigned": lambda: a.node.take(b.node.speak(Ms(now + TICK + 2)), Ms(now + TICK + 2)),
        "after": after,
    }
    copies = {}
    for stage in STAGES[: STAGES.index(stop) + 1]:
        steps[stage]()
        copies[stage] = (a.store.image(), b.store.image())
    return copies


PAIRS = sorted({*pairwise(STAGES), *((one, "after") for one in STAGES[:-1]), ("before", "said")})


@pytest.mark.parametrize(("back", "stop"), PAIRS)
@pytest.mark.parametrize("side", [0, 1])
def test_put_back_around_a_change_of_keys(side, back, stop):
    a, b = two()
    now = Ms(START + HOUR)
    copies = play(a, b, now, stop)
    lost, other = (a, b) if side == 0 else (b, a)
    lost.put_back(copies[back][side])
    later = Ms(now + HOUR)
    happened = recover(lost, other, later)
    assert lost.state == "up", (happened, lost.node.link().reason)
    settle(a, b, Ms(later + TICK), rounds=8)
    if not a.list_places():  # nobody else had it: people hand it in again
        waits = a.node.our_lists()[1]
        if not waits:
            a.install(Ms(later + 2 * TICK))
        a.node.tick(Ms(later + 3 * TICK))
        settle(a, b, Ms(later + 4 * TICK), rounds=8)
    for one in (a, b):
        one.node.submit([note(f"on it goes {one.number}")], Ms(later + 5 * TICK))
    settle(b, a, Ms(later + 5 * TICK), rounds=6)
    assert len(a.list_places()) == 1
    assert a.node.our_lists()[0].keys.edition == 2
    assert b.node.peer.log == a.node.voice.log_keys.verifier != a.node.voice.earlier[0][1].verifier
    for one in (a, b):
        assert one.logs()[0].cosigned_size == one.logs()[0].size, one.number
        assert one.rows("SELECT count(*) FROM sent WHERE settled_at IS NULL") == [(0,)]
        assert one.rows("SELECT * FROM pending_head") == []
        with one.store.read() as tx:
            assert audit(tx, Signers.of(one.node.voice, one.node.peer)).differences == ()


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("which", range(2, 7))
def test_a_write_of_the_recovery_whose_answer_is_lost_leaves_no_old_keys(which, kept):
    a, b = two()
    now = Ms(START + HOUR)
    copies = play(a, b, now, "after")
    a.put_back(copies["before"][0])
    faulty = Halts(a.store, kept)
    a.node.ledger = Ledger(faulty)
    faulty.due = which
    for n in range(4):
        later = Ms(now + HOUR + n * SECOND)
        try:
            recover(a, b, later)
            break
        except StoreError:
            if a.state == "up":
                break
    assert faulty.due <= 0
    a.node.submit([note("behind it")], Ms(later + TICK))
    settle(a, b, Ms(later + TICK), rounds=4)
    newest = a.logs()[0]
    assert a.logs()[0].cosigned_size == newest.size == b.logs()[1].size
    keys = a.node.our_lists()[0].keys
    assert keys.edition == 2
    assert a.signers(newest.size)[-1] == {
        one.key_id for one in (log_verifier(keys).ed25519, log_verifier(keys).mldsa44)
    }


def test_both_lists_forgotten():
    a, b = two()
    image = a.store.image()
    for n in range(2):
        now = Ms(START + (n + 1) * HOUR)
        a.install(now)
        b.install(now)
        settle(a, b, Ms(now + TICK), rounds=8)
    a.put_back(image)
    later = Ms(START + 4 * HOUR)
    assert Next.FETCH in recover(a, b, later)
    settle(a, b, Ms(later + TICK), rounds=4)
    assert len(a.list_places()) == 2
    assert a.node.office.peer_keys.edition == 3
    say(a, b, Ms(later + 2 * TICK))
    assert a.logs()[0].cosigned_size == a.logs()[0].size


def test_an_old_store_whose_key_list_no_other_store_knew_stops_all_the_same():
    """It signed a head over the list, which was never sent: the head that the peer has bears the keys of before."""
    a, b = two()
    without = a.store.image()
    a.install(Ms(START + HOUR))
    now = Ms(START + HOUR)
    while not a.list_places():
        now = Ms(now + TICK)
        say(a, b, now)
        a.node.tick(now)
    a.node.speak(now)
    old = a.store.image()
    assert a.logs()[0].head_size == a.list_places()[0] + 1
    a.put_back(without, chosen=True)
    assert recover(a, b, Ms(now + TICK))[-1] is Next.FETCH
    a.node.submit([note("another store")], Ms(now + 2 * TICK))
    say(a, b, Ms(now + 2 * TICK))
    assert a.list_places() == []
    a.put_back(old)
    assert recover(a, b, Ms(now + 3 * TICK))[:2] == ["stale-incarnation", Next.SUPERSEDED]
    assert a.state == "superseded"
