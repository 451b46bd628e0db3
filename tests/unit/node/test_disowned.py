"""A head that was lost with a store and disowned in the open accuses nobody; every other one still does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadProof, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import LogKeys
from comity.dispatch.accord import verify_accord
from comity.dispatch.book import LogRole, RowTiles
from comity.dispatch.entries import LinkEvent, LinkLeaf, encode_entry
from comity.dispatch.exchange_codec import Evidence, EvidenceClass, decode_evidence, encode_evidence
from comity.dispatch.keylist import verify_keylist
from comity.dispatch.recover_codec import (
    read_recover,
    read_recovered,
    read_restored,
    sign_recover,
    sign_recovered,
    sign_restored,
)
from comity.node.disowned import check_disowning, disownings
from comity.node.evidence import own_head
from comity.node.evidencecheck import check_evidence
from comity.node.proofs import entry_proof
from comity.node.publickeys import PublicKeys
from comity.node.recovery import Next
from comity.sim.exercise import parties
from comity.sim.rows import check_disowned
from comity.tlog.checkpoint import cosign, make_checkpoint, merge, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import root
from tests.unit.node.putback import SECOND, START, Side, ask, fetched, note, recover, settle
from tests.unit.node.test_put_back_disowned import L, M, T, pends

ACCORD = verify_accord(parties().accord)
KEYS = PublicKeys.signed(
    *((half.keys, verify_keylist(half.keys, ACCORD.party(half.name).root())) for half in parties().halves)
)


def restored(*, lost_answer=False):
    """Return two nodes, the second put back to before a head that the first holds and no entries proved, and that head."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    before = b.store.image()
    b.node.submit([note("never proved")], T)
    pends(a, b.node.speak(T), T)
    ((head,),) = a.rows("SELECT note FROM pending_head")
    b.put_back(before)
    b.node.submit([note("another")], L)
    if lost_answer:
        b.node.starts(L)
        assert ask(b, a, L)[0] is Next.AGAIN
        a.node.take_recover(b.node.recover_request(), L)
        while (found := ask(b, a, L))[0] is not Next.FETCH:
            pass
        b.node.restore(found[1], fetched(b, a, found[1]), L)
    else:
        assert recover(b, a, L) == [Next.AGAIN, Next.FETCH]
    settle(a, b, Ms(L + SECOND))
    assert (a.state, b.state) == ("up", "up")
    return a, b, head


@pytest.fixture(scope="module")
def history():
    return restored()


def shown(side):
    with side.store.read() as tx:
        return disownings(tx)


def fork(b, head):
    """Return as evidence a head of `b` beside the newest one that it signed."""
    size = make_size(head)
    with b.node.ledger.begin() as book:
        true = own_head(book, size)
    return evidence(EvidenceClass.EQUIVOCATION, head, *true)


def make_size(head):
    return int(head.split("\n")[1])


def evidence(kind, head, *artifacts):
    return encode_evidence(Evidence(kind, START, (head.encode(), *artifacts), ""))


def forged(b, now, *, size=None):
    """Return a head of `b` over another root, of that time."""
    origin = b.logs()[0].origin
    size = b.logs()[0].size if size is None else size
    made = make_checkpoint(origin, size, Digest(b"\1" * 32))
    return made, sign_head(made, b.node.voice.keys_at(size), Seconds(now // SECOND)).note


def test_a_head_that_was_lost_and_disowned_is_no_evidence_of_a_fork(history):
    a, b, head = history
    (papers,) = shown(b)
    made = fork(b, head)
    assert "disowned" in check_evidence(made, KEYS).sentence, "without a word of the accused a stranger sees two heads"
    with pytest.raises(BadProof, match="was lost with a store, and disowned in the open"):
        check_evidence(made, KEYS, disowned=[papers])
    first, second, *rest = decode_evidence(made).artifacts
    with pytest.raises(BadProof, match="was lost with a store"):
        check_evidence(evidence(EvidenceClass.EQUIVOCATION, second.decode(), first, *rest), KEYS, disowned=[papers])
    assert shown(a) == ()


def test_an_answer_that_was_asked_for_twice_is_the_one_in_the_other_log():
    """The peer made each repeat anew, so that what its log commits to was not what the other side had."""
    _, b, head = restored(lost_answer=True)
    with pytest.raises(BadProof, match="was lost with a store"):
        check_evidence(fork(b, head), KEYS, disowned=shown(b))


def test_before_the_other_log_shows_the_answer_there_is_nothing_to_show():
    a, b = Side(0), Side(1)
    settle(a, b, START)
    before = b.store.image()
    b.node.submit([note("never proved")], T)
    pends(a, b.node.speak(T), T)
    b.put_back(before)
    assert recover(b, a, L) == [Next.AGAIN, Next.FETCH]
    assert shown(b) == ()
    settle(a, b, Ms(L + SECOND))
    assert len(shown(b)) == 1


def test_each_of_two_restores_is_shown_with_its_own_answer():
    a, b, _ = restored()
    before = b.store.image()
    b.node.submit([note("lost too")], M)
    pends(a, b.node.speak(M), M)
    b.put_back(before)
    later = Ms(M + 60 * 60 * SECOND)
    assert recover(b, a, later) == [Next.AGAIN, Next.FETCH]
    settle(a, b, Ms(later + SECOND))
    assert [check_disowning(one, KEYS).incarnation for one in shown(b)] == [L // SECOND, later // SECOND]


def test_a_store_put_back_to_before_its_first_restore_disowns_again_what_that_one_had():
    """Its log kept a digest of the first leaf, and nobody the bytes: the owner could show nothing for that head any more."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    before = b.store.image()
    b.node.submit([note("never proved")], T)
    pends(a, b.node.speak(T), T)
    ((head,),) = a.rows("SELECT note FROM pending_head")
    for now in (L, Ms(M + 60 * 60 * SECOND)):
        b.put_back(before, chosen=True)
        assert recover(b, a, now)[-1] is Next.FETCH
        settle(a, b, Ms(now + SECOND))
        assert a.rows("SELECT note FROM disowned_head") == []
    with b.store.read() as tx, a.store.read() as peer_tx:
        check_disowned(1, tx, peer_tx)
    (papers,) = shown(b)
    assert {size for size, _ in check_disowning(papers, KEYS).named} == {make_size(head)}
    with pytest.raises(BadProof, match="was lost with a store, and disowned in the open"):
        check_evidence(fork(b, head), KEYS, disowned=[papers])


def test_it_names_what_was_lost(history):
    _, b, head = history
    lost = check_disowning(shown(b)[0], KEYS)
    assert (lost.origin, lost.incarnation) == (b.logs()[0].origin, L // SECOND)
    assert {size for size, _ in lost.named} == {make_size(head)}


def test_a_lost_head_that_was_asked_for_and_never_proved_accuses_nobody():
    """Its party recovered later than the head's time: nobody can prove it any more."""
    a, b, head = restored()
    with a.node.ledger.begin() as book:
        index = book.append_own([encode_entry(LinkLeaf(LinkEvent.CHALLENGE, sha256(head.encode())))])
    settle(a, b, M)
    hours = Ms(M + 2 * 60 * 60 * SECOND)
    b.node.submit([note("later")], hours)
    settle(a, b, hours)
    with a.store.read() as tx:
        asked = entry_proof(tx, LogRole.OURS, index, first=True)
    ((later,),) = b.rows("SELECT note FROM head WHERE role = 'ours' ORDER BY size DESC, time DESC LIMIT 1")
    with b.store.read() as tx:
        assert root(RowTiles(tx, LogRole.OURS), make_size(head)) not in head.encode()
    made = evidence(EvidenceClass.UNANSWERED_CHALLENGE, head, asked.entry, asked.text().encode(), later.encode())
    assert check_evidence(made, KEYS).kind is EvidenceClass.UNANSWERED_CHALLENGE
    with pytest.raises(BadProof, match="was lost with a store"):
        check_evidence(made, KEYS, disowned=shown(b))


@pytest.mark.parametrize("at", [L, M])
def test_a_head_of_after_the_restore_still_accuses(history, at):
    _, b, _ = history
    _, note_ = forged(b, at)
    assert check_evidence(fork(b, note_), KEYS, disowned=shown(b)).accused == b.node.voice.log_keys.verifier.name[:-6]


def test_a_head_within_what_was_accepted_still_accuses(history):
    _, b, _ = history
    accepted = check_disowning(shown(b)[0], KEYS).accepted
    _, note_ = forged(b, T, size=accepted)
    assert check_evidence(fork(b, note_), KEYS, disowned=shown(b)).kind is EvidenceClass.EQUIVOCATION


def test_a_head_that_the_other_side_co_signed_still_accuses(history):
    a, b, _ = history
    made, note_ = forged(b, T)
    with pytest.raises(BadProof, match="lost with a store"):
        check_evidence(fork(b, note_), KEYS, disowned=shown(b))
    both = merge(note_, cosign(made, a.node.voice.cosigner_keys, Seconds(T // SECOND)).note)
    assert check_evidence(fork(b, both), KEYS, disowned=shown(b)).kind is EvidenceClass.EQUIVOCATION


def test_the_disowning_of_one_party_excuses_nothing_of_the_other(history):
    a, b, _ = history
    _, note_ = forged(a, T)
    assert check_evidence(fork(a, note_), KEYS, disowned=shown(b)).kind is EvidenceClass.EQUIVOCATION


# --- what is no disowning --------------------------------------------------------------------------------------------


def keys_of(side):
    pair = side.node.voice.log_keys
    return LogKeys(pair.ed25519, pair.mldsa44)


def changed(b, at, value):
    parts = list(cbor.decode(shown(b)[0]))
    parts[at] = value(parts[at]) if callable(value) else value
    return cbor.encode(parts)


def nothing(data, why):
    with pytest.raises((BadProof, BadSignature, BadEnvelope), match=why):
        check_disowning(data, KEYS)


def test_what_a_party_says_for_itself_alone_excuses_nothing(history):
    a, b, _ = history
    ours, theirs = keys_of(b), keys_of(a)

    def later(signed):
        return sign_recover(replace(read_recover(signed, ours.public()), incarnation=M), ours)

    def own_answer(signed):
        return sign_recovered(read_recovered(signed, theirs.public()), ours)

    def anew(signed):
        return sign_recovered(read_recovered(signed, theirs.public()), theirs)

    def further(signed):
        return sign_recovered(replace(read_recovered(signed, theirs.public()), head=None), theirs)

    def unnamed(signed):
        return sign_restored(replace(read_restored(signed, ours.public()), disowned=()), ours)

    def other_time(signed):
        return sign_restored(replace(read_restored(signed, ours.public()), incarnation=1), ours)

    def same_again(signed):
        said = read_restored(signed, ours.public())
        return sign_restored(replace(said, unknown=((9, b"\x09"),)), ours)

    nothing(changed(b, 1, later), "another question")
    nothing(changed(b, 1, lambda signed: sign_recover(read_recover(signed, ours.public()), theirs)), "own log")
    nothing(changed(b, 2, own_answer), "answered itself")
    nothing(changed(b, 2, further), "how much was accepted")
    nothing(changed(b, 4, unnamed), "held is not disowned")
    nothing(changed(b, 4, other_time), "another restore")
    nothing(changed(b, 4, same_again), "inclusion|root")
    nothing(changed(b, 2, anew), "inclusion|root")
    nothing(changed(b, 2, lambda signed: anew(signed)[:-1] + b"\0"), "nobody")
    swapped = list(cbor.decode(shown(b)[0]))
    swapped[3], swapped[5] = swapped[5], swapped[3]
    nothing(cbor.encode(swapped), "proof from another log")
    nothing(changed(b, 3, b"no proof"), "not a proof file")
    nothing(changed(b, 3, b"\xff"), "is none")
    nothing(changed(b, 0, "comity/disowned/2"), "version")
    nothing(cbor.encode([]), "disowning")


def test_a_leaf_under_a_head_that_the_other_side_did_not_co_sign_excuses_nothing(history):
    _, b, _ = history

    def alone(proof):
        text = proof.decode()
        head, _, lines = text.rpartition("\n\n")
        kept = [line for line in lines.splitlines() if "/mirror/" not in line]
        return (head + "\n\n" + "\n".join(kept) + "\n").encode()

    nothing(changed(b, 5, alone), "not signed by a key of the other party's mirror")
