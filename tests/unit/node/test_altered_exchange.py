"""An exchange whose unsigned parts somebody changed on the way, as on a stick: it never makes an honest peer a liar.

Whoever carries media sees every signed head and co-signature, and can write around them what he likes.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.node.audit import audit
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.sim.faults import MINUTE_MS
from comity.tlog.tree import root
from tests.unit.node.putback import ask, note, recover, settle
from tests.unit.node.test_named_head import FALSE, lie, refused, robbed
from tests.unit.node.test_old_store import Twins, at
from tests.unit.node.test_stolen_key import AFTER, LATER, joined, stolen_leaf, stopped


def ours_at(side, size):
    with side.node.ledger.begin() as book:
        return root(book.tiles(LogRole.OURS), size)


def altered(side, data, size=None):
    """Return an exchange that somebody made to say that its sender mirrors the log of `side`."""
    mirrored = side.logs()[0].size if size is None else size
    said = replace(decode_exchange(data), mirror_size=mirrored, mirror_root=ours_at(side, mirrored))
    return encode_exchange(said)


def unharmed(*sides):
    for one in sides:
        assert one.rows("SELECT 1 FROM evidence") == []
        with one.store.read() as tx:
            assert audit(tx).differences == ()


@pytest.mark.parametrize("whole", [True, False])
def test_a_peer_that_heard_a_thief_is_asked_whatever_its_exchange_was_made_to_say(whole):
    a, b = robbed()
    size = None if whole else b.logs()[1].size
    assert refused(a, altered(a, b.node.speak(AFTER), size)) == "recovering"
    assert a.state == "recovering"
    assert a.rows("SELECT 1 FROM evidence") == []
    assert ask(a, b, AFTER)[0] is Next.CUT
    stopped(a)


def test_a_peer_that_heard_another_store_of_ours_is_asked_too():
    twins = Twins()
    recover(twins.old, twins.peer, at(100))
    twins.restore(120, 1)
    twins.old.node.submit([note(f"of the old process {n}") for n in range(9)], at(200))
    twins.old.node.speak(at(200))
    said = decode_exchange(twins.peer.node.speak(at(201)))
    with twins.peer.node.ledger.begin() as book:
        entries = tuple(book.entries(LogRole.OURS, 0, said.size))
    whole = encode_exchange(replace(said, base=0, entries=entries, dispatches=()))
    assert refused(twins.old, altered(twins.old, whole)) == "recovering"
    assert [ask(twins.old, twins.peer, at(202))[0] for _ in range(2)] == ["stale-incarnation", Next.SUPERSEDED]
    unharmed(twins.old, twins.peer)


def test_a_node_that_can_only_be_called_takes_no_altered_call_for_the_answer():
    a, b = robbed()
    a.node.can_call = False
    true = b.node.speak(AFTER)
    assert refused(a, true) == "recovering"
    assert refused(a, altered(a, true)) == "recovering"
    assert a.state == "recovering"
    unharmed(a, b)


def test_a_short_mirror_brings_no_node_up_whose_question_is_open():
    """It went up, took the same co-signature, and what waited for the answer was evidence at once."""
    a, b = robbed()
    a.node.can_call = False
    true = b.node.speak(AFTER)
    for data in (true, altered(a, true, 1), altered(a, true, 1), altered(a, true)):
        assert refused(a, data) == "recovering"
        assert a.state == "recovering"
    assert a.rows("SELECT count(*) FROM record WHERE kind = 'named-head'") == [(1,)]
    unharmed(a, b)


def test_a_node_that_was_put_back_since_it_started_asks_as_well():
    """It had heard the peer's answer and mended its store; it accused at once, for it had not been called up to date."""
    twins = Twins()
    twins.restore(120, 1)
    stolen_leaf(twins.new, twins.peer, at(130))
    twins.new.node.submit([note(f"true {n}") for n in range(3)], at(140))
    twins.new.node.speak(at(200))
    assert twins.new.logs()[0].size >= twins.peer.logs()[1].size
    assert refused(twins.new, twins.peer.node.speak(at(201)), at(201)) == "recovering"
    assert twins.new.rows("SELECT 1 FROM evidence") == []


def test_nothing_else_that_is_unsigned_makes_a_liar_or_a_change_here():
    a, b = joined()
    b.node.submit([note("said")], LATER)
    b.node.speak(LATER)
    true = decode_exchange(b.node.speak(LATER))
    before = a.logs()[0].size
    for change in (
        {"incarnation": 1 << 40}, {"incarnation": 0}, {"wants": tuple(range(64))}, {"credit": ()}, {"wait": 25_000},
        {"more": True}, {"mirror_size": 0, "mirror_root": FALSE}, {"dispatches": ()},
    ):  # fmt: skip
        a.node.take(encode_exchange(replace(true, **change)), AFTER)
    assert a.state == "up"
    assert a.logs()[0].size == before + 2, "the l-head and one receipt, as of the true one"
    settle(a, b, AFTER)
    unharmed(a, b)


# --- media: whoever carries them may also keep a proof back --------------------------------------------------------------


def carried(b, said, now, *, honest=True):
    """Let `b` read what was carried; with `honest` False its last entry was changed on the way."""
    entries = said.entries if honest else (*said.entries[:-1], b"x")
    data = encode_exchange(replace(said, entries=entries))
    if honest:
        b.node.take(data, now, carried=True)
        return
    with pytest.raises(Problem):
        b.node.take(data, now, carried=True)


def test_proofs_that_a_courier_keeps_back_never_accuse_by_lapse():
    """He shows old heads and co-signatures, so the peer seems to be there, and spoils the entries of each new head."""
    a, b = joined()
    a.node.submit([note("under way")], LATER)
    spoilt = decode_exchange(a.node.speak(LATER))
    carried(b, spoilt, LATER, honest=False)
    assert b.state == "uncosigned"
    assert b.rows("SELECT heard_at FROM challenge") == [(0,)], "nobody was heard over the network"
    a.node.take(b.node.speak(LATER), LATER)
    ((old, size),) = b.rows("SELECT note, size FROM head WHERE role = 'theirs' ORDER BY size DESC, time DESC LIMIT 1")
    now = LATER
    for _ in range(40):
        now = Ms(now + 5 * MINUTE_MS)
        said = decode_exchange(a.node.speak(now))
        carried(b, replace(said, checkpoint=old, base=size, entries=(), dispatches=()), now)
        carried(b, said, now, honest=False)
        b.node.tick(now)
    assert b.state == "uncosigned"
    unharmed(a, b)
    settle(a, b, Ms(now + MINUTE_MS))
    assert b.state == "up"


def test_what_was_carried_says_nothing_of_a_store_that_starts():
    """Of two calls at once one may lead to a question; the other, from media, must not answer it."""
    a, b = joined()
    data = b.node.speak(LATER)
    a.node.can_call = False
    a.node.starts(LATER)
    with pytest.raises(Problem) as found:
        a.node.take(data, LATER, carried=True)
    assert (found.value.code, a.state) == ("recovering", "recovering")
    a.node.take(data, LATER)
    assert a.state == "up"


def test_what_a_peer_co_signed_before_its_own_put_back_is_no_contradiction():
    """It may have been told another log since; the keys that count change with the entry that says so."""
    a, b = joined()
    image = b.store.image()
    b.node.submit([note("lost there")], at(10))
    settle(a, b, at(10))
    b.put_back(image)
    recover(b, a, at(30))
    assert a.rows("SELECT 1 FROM head WHERE role = 'ours' AND size = 3 AND cosignature IS NOT NULL")
    assert refused(a, lie(a, b, "leaf")) == "recovering"
    assert a.rows("SELECT 1 FROM evidence") == []
