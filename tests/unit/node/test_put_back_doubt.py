"""A store put back beside a peer that does not say the truth, or that was never heard: what is taken, and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.hashing import sha256
from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import WithdrawLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_evidence, decode_exchange, encode_exchange
from comity.dispatch.recover_codec import Paper, read_recovered, sign_recovered
from comity.node.evidencecheck import check_evidence
from comity.node.fetching import Span
from comity.node.publickeys import PublicKeys
from comity.node.recovery import Next, log_keys, mark_put_back
from comity.node.taken import Problem
from comity.tlog.checkpoint import make_checkpoint, sign_head
from comity.tlog.note import Note, Seconds, parse_note
from comity.tlog.tree import root
from tests.unit.node.putback import SECOND, START, Side, ask, fetched, note, recover, settle
from tests.unit.node.rotating import TICK, turn
from tests.unit.node.rotating import two as two_rotating

HOUR = 3_600_000
T, L = Ms(START + 60 * SECOND), Ms(START + 120 * SECOND)


@pytest.fixture
def two():
    a, b = Side(0), Side(1)
    a.node.submit([note("a1")], START)
    b.node.submit([note("b1")], START)
    settle(a, b, START)
    return a, b


def entries(side):
    return [decode_entry(row[0]) for row in side.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]


def answer_to(a, b, now, **lies):
    """Let `b` answer the question of `a` with something else in it."""
    data = b.node.take_recover(a.node.recover_request(), now)
    keys = log_keys(b.node.voice)
    said = read_recovered(data, keys.public())
    return sign_recovered(replace(said, **{name: lie(said) for name, lie in lies.items()}), keys)


def until_fetch(a, b, now, **lies):
    """Start `a`, let it ask twice, and return what it misses."""
    a.node.starts(now)
    assert a.node.take_recovered(answer_to(a, b, now, **lies), now)[0] is Next.AGAIN
    found, missing = a.node.take_recovered(answer_to(a, b, now, **lies), now)
    assert found is Next.FETCH
    return missing


def refused(act, code):
    with pytest.raises(Problem) as found:
        act()
    assert found.value.code == code


# --- a peer that is honest ---------------------------------------------------------------------------------------------


def test_a_copy_of_a_node_that_nobody_ever_heard_takes_an_incarnation_too():
    # spec: protocol.md 9
    a, b = Side(0), Side(1)
    with a.store.begin() as tx:
        mark_put_back(tx)
    assert recover(a, b, T) == [Next.AGAIN, Next.FETCH]
    assert a.state == "up"
    assert a.rows("SELECT restored FROM incarnation WHERE role = 'ours'") == [(1,)]
    settle(a, b, L)
    assert b.rows("SELECT restored FROM incarnation WHERE role = 'theirs'") == [(1,)]


@pytest.mark.parametrize("place", ["pending", "papers"])
def test_an_answer_is_not_repeated_for_a_head_that_stands_elsewhere_in_it(two, place):
    """The note of the newest head is in the old answer, byte for byte, and is not what that names as the newest."""
    # spec: protocol.md 9 step 1
    a, b = two
    with a.store.begin() as tx:
        mark_put_back(tx)
    a.node.starts(T)
    assert ask(a, b, T)[0] is Next.AGAIN
    asked, keys = a.node.recover_request(), log_keys(b.node.voice)
    first = b.node.take_recover(asked, T)
    said = read_recovered(first, keys.public())
    assert b.node.take_recover(asked, T) == first, "as long as it is true it is the same"
    old = (
        {"pending": (said.head,)}
        if place == "pending"
        else {"papers": (Paper(a.logs()[0].origin, None, said.head.encode()),)}
    )
    with b.store.begin() as tx:
        tx.run("UPDATE recovered SET signed = ?", (sign_recovered(replace(said, head=None, **old), keys),))
    assert read_recovered(b.node.take_recover(asked, T), keys.public()).head == said.head


def test_a_withdrawal_that_came_back_is_not_said_again(two):
    # spec: protocol.md 9 step 4
    a, b = two
    image = a.store.image()
    a.node.submit([note("lost")], T)
    b.node.take(encode_exchange(replace(decode_exchange(a.node.speak(T)), dispatches=())), T)
    for at in (L, Ms(L + HOUR)):
        a.put_back(image, chosen=True)
        recover(a, b, at)
        settle(a, b, Ms(at + SECOND))
        assert a.rows("SELECT withdrawn, settled_at IS NULL FROM lost") == [(1, 0)]
    ((index,),) = a.rows("SELECT idx FROM lost")
    assert [one.index for one in entries(a) if isinstance(one, WithdrawLeaf)] == [index]


def test_without_the_private_half_of_the_next_mirror_key_nothing_is_co_signed(two):
    # spec: protocol.md 9 step 6
    a, b = two
    image = a.store.image()
    a.node.submit([note("a2")], T)
    settle(a, b, T)
    a.put_back(image)
    recover(a, b, L)
    a.node.voice = replace(a.node.voice, spares=())
    said = decode_exchange(a.node.speak(L))
    assert said.cosignature is None, "the first key no longer counts, and the second is not here"
    b.node.take(encode_exchange(said), L)


def test_bundles_that_are_not_there_are_a_reason_to_ask_again(two):
    a, b = two
    image = a.store.image()
    a.node.submit([note("a2")], T)
    settle(a, b, T)
    a.put_back(image)
    missing = until_fetch(a, b, L)
    own = Span(a.node.voice.log_origin, missing.own_from, missing.own.checkpoint.size)
    for bundles in ({}, {name.path(): b"\x00" for name in own.bundles()}):
        refused(lambda bundles=bundles: own.entries(bundles), "unproven-head")
    assert a.node.restore(missing, fetched(a, b, missing), L)


@pytest.mark.parametrize(("same", "ends"), [(True, "bad-signature"), (False, Next.CUT)])
def test_a_head_of_before_a_change_of_keys_that_bears_the_keys_of_after(same, ends):
    """Of our log it cannot be; of a history that was lost, where our keys had changed sooner, it can, and only a cut goes on."""
    a, b = two_rotating()
    size, old = a.logs()[0].size, a.node.voice.log_keys
    with a.node.ledger.begin() as book:
        true = root(book.tiles(LogRole.OURS), size)
    turn(a, b, Ms(START + HOUR))
    now = Ms(START + 2 * HOUR)
    settle(a, b, now)
    assert a.node.voice.keys_at(size) == (old,) != (a.node.voice.log_keys,)
    checkpoint = make_checkpoint(a.logs()[0].origin, size, true if same else b"\1" * 32)
    head = sign_head(checkpoint, (a.node.voice.log_keys,), now // SECOND).note
    a.node.starts(now)
    answer = answer_to(a, b, now, head=lambda said: head)
    if same:
        refused(lambda: a.node.take_recovered(answer, now), ends)
    else:
        assert a.node.take_recovered(answer, now)[0] is ends
    assert a.state == ("recovering" if same else "broken")
    assert a.rows("SELECT class FROM evidence") == []


# --- a peer that is not ------------------------------------------------------------------------------------------------


def fork(b, size, now):
    """Return a head that `b` signs over another log than its own."""
    made = make_checkpoint(b.node.voice.log_origin, size, sha256(b"another log"))
    return sign_head(made, [b.node.voice.log_keys], Seconds(now // 1000)).note


def test_a_doubtful_head_in_an_older_copy_is_evidence_when_the_log_comes_back(two):
    # spec: protocol.md 7 check 10, 9 step 2, 11
    a, b = two
    before = a.store.image()
    b.node.submit([note("b2")], T)
    said = decode_exchange(b.node.speak(T))
    lie = encode_exchange(replace(said, checkpoint=fork(b, said.size, T)))
    refused(lambda: a.node.take(lie, T), "unproven-head")
    doubting = a.store.image()
    a.put_back(before)
    recover(a, b, T)
    settle(a, b, Ms(T + SECOND))
    a.put_back(doubting)
    missing = until_fetch(a, b, L)
    refused(lambda: a.node.restore(missing, fetched(a, b, missing), L), "broken")
    assert a.state == "broken"
    ((data,),) = a.rows("SELECT evidence FROM evidence")
    assert decode_evidence(data).kind == "equivocation"
    keys = PublicKeys.listed(a.node.office.peer_keys, b.node.office.peer_keys)
    assert check_evidence(data, keys).accused == b.node.office.us


def test_a_head_that_we_co_signed_in_another_line_of_ours_is_not_of_the_log_that_we_mirror(two):
    """Both were put back without a word: two lines of each log, and the copies are of different ones."""
    a, b = two
    images = a.store.image(), b.store.image()
    b.node.submit([note("one")], T)
    a.node.take(b.node.speak(T), T)
    a.node.submit([note("a2"), note("a3")], T)
    one = a.store.image()
    a.put_back(images[0])
    b.put_back(images[1])
    b.node.submit([note("other")], T)
    settle(b, a, T, rounds=1)
    a.put_back(one)
    a.node.starts(L)
    answer = b.node.take_recover(a.node.recover_request(), L)
    with pytest.raises(Problem, match="not of the log we mirror") as found:
        a.node.take_recovered(answer, L)
    assert found.value.code == "unproven-head"
    assert a.state == "recovering"


def test_a_key_list_of_ours_that_the_peer_keeps_back_is_missed_and_nothing_is_changed():
    a, b = two_rotating()
    image = a.store.image()
    turn(a, b, Ms(START + HOUR), log=False, mirror=False)
    a.put_back(image)
    now = Ms(START + 2 * HOUR)
    missing = until_fetch(a, b, now, papers=lambda _: ())
    before = a.logs()
    with pytest.raises(Problem, match="key list or accord of our log") as found:
        a.node.restore(missing, fetched(a, b, missing), now)
    assert found.value.code == "unproven-head"
    assert a.logs() == before
    assert a.state == "recovering"
    recover(a, b, now)
    assert a.state == "up"


def test_a_head_under_keys_that_were_not_in_force_at_its_size_does_not_come_back():
    """The peer says that its new list stands further up than it does, and shows its newest head under the old keys."""
    # spec: protocol.md 10: which keys apply is a function of size alone
    a, b = two_rotating()
    image = a.store.image()
    turn(b, a, Ms(START + HOUR))
    b.node.submit([note("under the new keys")], Ms(START + 2 * HOUR))
    settle(a, b, Ms(START + 2 * HOUR))
    a.put_back(image)
    old = b.node.voice.earlier[0][1]

    def cosigned(said):
        whole = parse_note(said.cosigned)
        ours = [line for line in whole.lines if "/mirror/" in line.name]
        theirs = sign_head(make_checkpoint(*_three(whole.text)), [old], Seconds(START // 1000 + 9_000))
        return Note(whole.text, (*parse_note(theirs.note).lines, *ours)).join()

    def papers(said):
        far = LeafIndex(b.logs()[0].size + 5)
        return tuple(replace(one, index=far) if one.origin == b.node.voice.log_origin else one for one in said.papers)

    now = Ms(START + 3 * HOUR)

    def newest(said):
        return sign_head(
            make_checkpoint(*_three(parse_note(said.newest).text)), [old], Seconds(START // 1000 + 9_000)
        ).note

    missing = until_fetch(a, b, now, cosigned=cosigned, newest=newest, papers=papers)
    before = a.logs()
    for shown in (missing, replace(missing, newest=None), replace(missing, theirs=None)):
        refused(lambda told=shown: a.node.restore(told, fetched(a, b, told), now), "bad-signature")
        assert a.logs() == before
    recover(a, b, now)
    settle(a, b, Ms(now + TICK))
    assert a.state == "up"


def _three(text):
    from comity.tlog.checkpoint import parse_body

    body = parse_body(text)
    return body.origin, body.size, body.root


def test_a_call_that_shows_another_log_of_ours_leaves_a_node_without_an_address_waiting(two):
    a, b = two
    a.node.can_call = False
    a.node.starts(T)
    said = decode_exchange(b.node.speak(T))
    refused(lambda: a.node.take(encode_exchange(replace(said, mirror_root=sha256(b"other"))), T), "recovering")
    assert a.state == "recovering"
    a.node.take(encode_exchange(said), T)
    assert a.state == "up"
