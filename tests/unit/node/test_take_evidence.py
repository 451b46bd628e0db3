"""Each class of evidence: found, kept before the state changes, logged as accused, and proof to a stranger."""

from __future__ import annotations

import pytest

from comity.base.errors import BadSignature, ComityError
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import DispatchLeaf, Fact, HeadLeaf, LinkLeaf, ReceiptLeaf
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.exchange_codec import Evidence, decode_evidence, encode_evidence
from comity.dispatch.keylist import verify_keylist
from comity.node import evidence, named
from comity.node.evidencecheck import Shown, check_evidence
from comity.node.link import LinkState
from comity.node.publickeys import PublicKeys
from comity.tlog.checkpoint import verify_head
from tests.unit.node.forge import START, A, B, Forger, S, entries, half, logs, node, pair, problem, rows
from tests.unit.node.stranger import Stranger
from tests.unit.node.world import exchange, form

LISTS = [verify_keylist(half(n).keys, half(n).root.public()) for n in (A, B)]
STRANGER, KEYS = Stranger(*LISTS), PublicKeys.listed(*LISTS)
LEAF = LinkLeaf(Act.RECOVERED, None)


def checked(data: bytes) -> Shown | None:
    """Return what the check that ships with the program says of evidence; None: it proves nothing."""
    try:
        return check_evidence(data, KEYS)
    except ComityError:
        return None


def accused(a, kind: str) -> bytes:
    """Check all that must hold once evidence was found, and return it."""
    ((found, class_, data),) = rows(a, "SELECT found, class, evidence FROM evidence")
    assert (found, class_) == (START, kind)
    assert a.link().state is LinkState.BROKEN
    assert kind in a.link().reason
    assert entries(a)[-1] == LinkLeaf(Act.ACCUSED, sha256(data)), "logged as accused"
    assert STRANGER.convinced(data), "a stranger with two key lists must be able to check it"
    shown = checked(data)
    assert shown is not None
    assert (shown.kind, shown.accused) == (kind, B), "the program's own check says what the stranger says"
    with a.ledger.begin() as book:
        assert evidence.stored(book) == ((START, kind, data),)
    return data


def no_use(data: bytes) -> None:
    """Check that the evidence leans on each of its artifacts: changed or left out, it convinces nobody."""
    good = decode_evidence(data)
    # A proof file repeats the head that stands before the entries.
    first = 1 if any(one.startswith(b"c2sp.org/tlog-proof") for one in good.artifacts) else 0
    for n in range(first, len(good.artifacts)):
        changed = bytearray(good.artifacts[n])
        changed[len(changed) // 2] ^= 1
        for other in ((), (bytes(changed),)):
            less = (*good.artifacts[:n], *other, *good.artifacts[n + 1 :])
            made = encode_evidence(Evidence(good.kind, good.found, less, good.note))
            assert (STRANGER.convinced(made), checked(made)) == (False, None)


def mirrored(size: int = 3):
    a = node()
    forger = Forger(a)
    forger.grow(*[LEAF] * (size - 3))
    a.take(forger.say(), START)
    return a, forger


# --- equivocation ------------------------------------------------------------------------------------------------


def test_check_8_two_heads_of_one_size():
    a, forger = mirrored()
    before = rows(a, "SELECT * FROM entry WHERE role = 'theirs'")
    forger.entries[1] = forger.entries[2]
    assert problem(a, forger.say()) == ("broken", 503)
    data = accused(a, "equivocation")
    no_use(data)
    assert len(decode_evidence(data).artifacts) == 2
    assert rows(a, "SELECT * FROM entry WHERE role = 'theirs'") == before
    assert problem(a, Forger(a).say()) == ("broken", 503), "also what is honest"


@pytest.mark.parametrize(("small", "large"), [(3, 4), (4, 5), (4, 8), (4, 11), (5, 8), (6, 7), (7, 9), (8, 9), (1, 3)])
def test_check_8_two_heads_of_different_size(small, large):
    a, forger = mirrored(large)
    forger.entries = [forger.entries[2], *forger.entries[1:small]]
    assert problem(a, forger.say(base=0)) == ("broken", 503)
    data = accused(a, "equivocation")
    no_use(data)


def test_check_8_our_cosignature_stands_on_the_head_that_we_hold():
    a, forger = mirrored(5)
    a.speak(START)
    forger.entries[1] = forger.entries[2]
    assert problem(a, forger.say(size=4)) == ("broken", 503)
    assert decode_evidence(accused(a, "equivocation")).artifacts[1].count(b"\xe2\x80\x94") == 4


@pytest.mark.parametrize(("pending", "grown"), [(5, 5), (4, 7), (5, 6), (6, 9)])
def test_check_10_a_head_kept_as_pending_is_of_another_log(pending, grown):
    a, forger = mirrored()
    other = Forger(a)
    other.signed = forger.signed
    other.grow(*[HeadLeaf("x", n, Digest(bytes(32)), 1) for n in range(pending - 3)])
    assert problem(a, other.say(entries=())) == ("unproven-head", 422)
    forger.grow(*[LEAF] * (grown - 3))
    size = logs(a)[1].size
    assert problem(a, forger.say()) == ("broken", 503)
    no_use(accused(a, "equivocation"))
    assert logs(a)[1].size == size, "what was said with it is not taken"


def test_check_10_a_pending_head_below_the_mirror_is_checked_with_the_next_exchange():
    a, forger = mirrored(6)
    other = Forger(a)
    other.grow(HeadLeaf("x", 1, Digest(bytes(32)), 1))
    assert problem(a, other.say(at=S + 7200, base=4)) == ("clock", 422)
    assert problem(a, forger.say()) == ("broken", 503)
    no_use(accused(a, "equivocation"))


def test_check_10_a_pending_head_of_the_same_log_is_forgotten():
    a, forger = mirrored()
    forger.grow(LEAF, LEAF)
    assert problem(a, forger.say(size=4, entries=())) == ("unproven-head", 422)
    assert problem(a, forger.say(base=4)) == ("gap", 409)
    a.take(forger.say(), START)
    assert not rows(a, "SELECT 1 FROM pending_head")
    assert not rows(a, "SELECT 1 FROM evidence")


# --- check 11 ----------------------------------------------------------------------------------------------------


def test_check_11_one_id_in_two_leaves_of_one_batch():
    a, forger = mirrored()
    made = forger.make()
    forger.grow(made.leaf, LEAF, made.leaf)
    assert problem(a, forger.say()) == ("broken", 503)
    no_use(accused(a, "id-reuse"))
    assert not rows(a, "SELECT 1 FROM got")


def test_check_11_one_id_in_two_leaves_far_apart():
    a, forger = mirrored()
    made = forger.make()
    forger.send(made)
    forger.grow(*[LEAF] * 300)
    a.take(forger.say(), START)
    forger.grow(forger.make(id=made.leaf.id, text="other").leaf)
    assert problem(a, forger.say()) == ("broken", 503)
    no_use(accused(a, "id-reuse"))


def sent(a) -> tuple[int, DispatchLeaf]:
    a.speak(START)
    (done,) = a.submit([form()], START)
    a.speak(START)
    return done.index, entries(a)[done.index]


def receipt(place: int, leaf: DispatchLeaf, **changes) -> ReceiptLeaf:
    made = {"index": LeafIndex(place), "id": leaf.id, "sealed": leaf.sealed, "fact": Fact.FILED}
    return ReceiptLeaf(**{**made, "code": None, "recipient": None, "decision": None, **changes})


@pytest.mark.parametrize(
    "changes", [{"id": bytes(16)}, {"sealed": Digest(bytes(32))}, {"index": LeafIndex(0)}, {"index": LeafIndex(3)}]
)
def test_check_11_a_receipt_for_what_we_never_sent(changes):
    a, forger = mirrored()
    index, leaf = sent(a)
    assert index == 4, "after the l-head that begins the batch"
    a.take(forger.say(cosignature=forger.cosign()), START)
    forger.grow(receipt(index, leaf, **changes))
    assert problem(a, forger.say()) == ("broken", 503)
    no_use(accused(a, "false-receipt"))
    assert rows(a, "SELECT fact FROM sent") == [(0,)]


def test_check_11_a_receipt_beyond_our_log_is_evidence_for_us_alone():
    a, forger = mirrored()
    _, leaf = sent(a)
    forger.grow(receipt(99, leaf))
    assert problem(a, forger.say()) == ("broken", 503)
    ((data,),) = rows(a, "SELECT evidence FROM evidence")
    assert not STRANGER.convinced(data), "nobody can show that a leaf does not exist beyond a head"
    assert checked(data) is None
    assert len(decode_evidence(data).artifacts) == 3


def test_check_11_a_good_receipt_is_taken():
    a, forger = mirrored()
    index, leaf = sent(a)
    forger.grow(receipt(index, leaf), receipt(index, leaf, fact=Fact.SEEN))
    a.take(forger.say(), START)
    assert rows(a, "SELECT fact, seen_idx FROM sent") == [(2, 4)]


@pytest.mark.parametrize("size", [1, 3, 5])
def test_check_11_a_head_of_ours_with_another_root(size):
    a, forger = mirrored()
    sent(a)
    a.submit([form(), form(), form()], START)
    a.speak(START)
    a.take(forger.say(cosignature=forger.cosign()), START)
    forger.grow(HeadLeaf(logs(a)[0].origin, size, Digest(bytes(32)), S))
    assert problem(a, forger.say()) == ("broken", 503)
    no_use(accused(a, "false-cosign"))


@pytest.mark.parametrize("leaf", [("size", 99), ("time", S + 1), ("origin", "x")])
def test_check_11_a_head_of_ours_that_we_never_signed(leaf):
    a, forger = mirrored()
    a.speak(START)
    ours = logs(a)[0]
    claimed = {"origin": ours.origin, "size": ours.head_size, "root": ours.head_root, "time": ours.head_time}
    claimed[leaf[0]] = leaf[1]
    forger.grow(HeadLeaf(**claimed))
    assert problem(a, forger.say()) == ("recovering", 503), "a thief may have signed it: the peer is asked"
    assert rows(a, "SELECT class FROM evidence") == []
    with a.ledger.read() as tx:
        kept = named.held(tx)
    assert kept is not None
    assert (kept.proof.kind, kept.since) == ("false-cosign", START)
    assert (kept.named.origin, kept.named.size) == (claimed["origin"], claimed["size"])


# --- check 12 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_check_12_a_cosignature_on_another_root(size):
    a, forger = mirrored()
    sent(a)
    assert logs(a)[0].head_size == 5
    a.take(forger.say(cosignature=forger.cosign()), START)
    data = forger.say(cosignature=forger.cosign(size, root=bytes(32)))
    assert problem(a, data) == ("broken", 503)
    no_use(accused(a, "false-cosign"))


def test_check_12_a_false_cosignature_above_what_is_cosigned_is_asked_first():
    """Evidence rests on what the peer signed of itself: here it signed nothing of our log at that size but the lie."""
    a, forger = mirrored()
    sent(a)
    a.take(forger.say(cosignature=forger.cosign(3)), START)
    assert problem(a, forger.say(cosignature=forger.cosign(4, root=bytes(32)))) == ("recovering", 503)
    assert rows(a, "SELECT 1 FROM evidence") == []


# --- all of them -------------------------------------------------------------------------------------------------


def test_a_second_proof_of_a_class_adds_no_second_accusation():
    a, forger = mirrored()
    forger.entries[1] = forger.entries[2]
    problem(a, forger.say())
    data = accused(a, "equivocation")
    with a.ledger.begin() as book:
        evidence.keep_evidence(book, decode_evidence(data), Ms(START + 1))
    assert [e for e in entries(a) if e == LinkLeaf(Act.ACCUSED, sha256(data))] == [LinkLeaf(Act.ACCUSED, sha256(data))]


def test_the_peer_reads_the_accusation_and_stops_too():
    a, b = pair()
    exchange(a, b, START)
    forger = Forger(a)
    forger.entries = [e for (e,) in rows(b, "SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]
    forger.entries[2] = forger.entries[1]
    assert problem(a, forger.say(base=0)) == ("broken", 503)
    b.take(a.speak(Ms(START + 1000)), Ms(START + 1000))
    assert b.link().state is LinkState.BROKEN
    assert a.due_at(START) is None
    assert b.due_at(START) is None


def test_no_honest_exchange_convinces_the_stranger():
    """The stranger is not easily convinced: heads of one log, and a good leaf, prove nothing."""
    a, forger = mirrored(6)
    index, leaf = sent(a)
    forger.grow(receipt(index, leaf))
    a.take(forger.say(cosignature=forger.cosign()), START)
    made, good = [forger.head(4).encode(), forger.head().encode()], forger.cosign(5)
    with a.ledger.begin() as book:
        tiles = book.tiles(LogRole.THEIRS)
        told = evidence.equivocation(head_of(forger, 4), (7, forger.head()), tiles, START)
        assert (STRANGER.convinced(encode_evidence(told)), checked(encode_evidence(told))) == (False, None)
        true = evidence.false_cosign(book, good, 5, START)
        assert (STRANGER.convinced(encode_evidence(true)), checked(encode_evidence(true))) == (False, None)
        assert evidence.own_leaf(book, 99) == ()
    assert not STRANGER.convinced(encode_evidence(type(told)(told.kind, START, tuple(made), "")))
    with pytest.raises(BadSignature):
        STRANGER.head(forger.head(4).replace("\n4\n", "\n5\n").encode())


def head_of(forger: Forger, size: int):
    return verify_head(forger.head(size), forger.log.verifier.name, [forger.log.verifier])
