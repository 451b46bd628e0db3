"""Around a change of keys: what is refused, what waits, and what papers and an audit make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration, BadEnvelope
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.crypto.sign import sign_instrument
from comity.dispatch.accord import encode_accord, verify_accord
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.dispatch.keylist import encode_keylist
from comity.dispatch.recover_codec import Paper
from comity.node.audit import audit
from comity.node.bundle import key_proofs
from comity.node.papers import ACCORD, KEYS, take_papers, verify_paper
from comity.node.proofs import Signers
from comity.node.remake import remake
from comity.node.taken import Problem
from comity.sim.exercise import OFFICER, parties
from comity.tlog.note import Note, parse_note
from tests.unit.node.amended import signed_by_both
from tests.unit.node.forge import A, B, accord_of, half
from tests.unit.node.putback import SECOND, START, note, say, settle
from tests.unit.node.rotating import TICK, list_of, turn, two
from tests.unit.node.test_key_change import enter
from tests.unit.node.world import Half, make_accord

HOUR = 3_600_000
NOW = Ms(START + HOUR)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_an_entry_that_is_none_is_refused_also_where_keys_changed_before():
    # spec: protocol.md 7 check 9
    a, b = two()
    turn(a, b, NOW)
    a.node.submit([note("new")], Ms(NOW + HOUR))
    said = decode_exchange(a.node.speak(Ms(NOW + HOUR)))
    broken = encode_exchange(replace(said, entries=(*said.entries[:-1], b"\x00")))
    with pytest.raises(Problem) as found:
        b.node.take(broken, Ms(NOW + HOUR))
    assert found.value.code == "unproven-head", "its head is good, and its entries do not give it"


def test_a_list_with_new_mirror_keys_alone_must_have_come_too():
    """The head above it bears the old log keys, so that the entry itself must be looked at."""
    # spec: protocol.md 10
    a, b = two()
    a.install(NOW, log=False)
    say(a, b, Ms(NOW + TICK))
    with b.store.begin() as tx:
        tx.run("DELETE FROM paper")
    b.open()
    with pytest.raises(Problem, match="did not come") as found:
        b.node.take(a.node.speak(Ms(NOW + 2 * TICK)), Ms(NOW + 2 * TICK))
    assert found.value.code == "bad-signature"


def test_a_node_without_the_mirror_keys_of_its_list_does_not_start_and_one_without_spares_does():
    a, b = two()
    turn(a, b, NOW)
    ring = a.locker.ring
    first = list_of(a.locker.made[2]).cosigners[0]
    spare = tuple(one for one in ring.cosigners if one.public().cose_keys != (first.ed25519, first.ml_dsa))
    a.locker.ring = replace(ring, cosigners=spare)
    with pytest.raises(BadConfiguration, match="private mirror keys of our key list, edition 2, are not here"):
        a.open()
    a.locker.ring = replace(ring, cosigners=tuple(one for one in ring.cosigners if one not in spare))
    a.open()
    assert (len(a.node.voice.spares), a.node.voice.cosigner_after(1)) == (0, None)


def test_a_store_without_the_papers_of_the_ceremony_is_not_used():
    a, b = two()
    turn(a, b, NOW)
    with b.store.begin() as tx:
        tx.run("DELETE FROM instrument WHERE digest = ?", (sha256(parties().accord),))
    with pytest.raises(BadConfiguration, match="lacks the papers of the ceremony"):
        b.node.reread()


def test_a_paper_must_be_of_the_parties_of_the_ceremony():
    # spec: protocol.md 10
    accord = verify_accord(accord_of(()))
    third = Half.make("third.example/comity")
    third.sign_keys()
    assert verify_paper(half(A).keys, KEYS, accord).node == A
    for signed, kind in ((third.keys, KEYS), (half(A).keys, "other")):
        with pytest.raises(BadEnvelope, match="neither a key list of one of the parties nor an accord"):
            verify_paper(signed, kind, accord)
    with pytest.raises(BadEnvelope, match="other parties"):
        verify_paper(make_accord(half(A), third), ACCORD, accord)


def test_papers_of_the_ceremony_that_the_peer_says_again_are_not_kept_twice():
    a, b = two()
    later = sign_instrument(encode_keylist(replace(list_of(b.prepare(NOW)))), "keys", b.locker.half.root)
    origin = a.logs()[0].origin
    first = parties().halves[1].keys
    with a.store.begin() as tx:
        hints = take_papers(tx, [Paper(origin, None, first), Paper(origin, None, later)], origin, NOW)
        assert tx.rows("SELECT signed FROM paper") == [(later,)]
    assert hints == {}, "it stands nowhere yet"


# --- while the head above the list is not co-signed --------------------------------------------------------------------


def test_what_comes_while_keys_change_writes_no_second_list():
    # spec: protocol.md 10: above that head nothing is signed before the peer co-signed it
    a, b = two()
    at = enter(a, b, NOW)
    assert a.logs()[0].turning
    signed = signed_by_both(Signing(b), accord=None, in_force_from=Ms(NOW + 24 * HOUR))
    b.node.hand_in_edition(signed, "while keys change", OFFICER, Ms(NOW + 2 * TICK))
    a.node.take(b.node.speak(Ms(NOW + 2 * TICK)), Ms(NOW + 2 * TICK))
    assert a.rows("SELECT count(*) FROM paper WHERE kind = 'accord'") == [(1,)]
    assert a.list_places() == [at]
    settle(a, b, Ms(NOW + 3 * TICK), rounds=6)
    assert a.list_places() == [at]
    assert not a.logs()[0].turning


class Signing:
    """A side that signs editions, whatever else it does."""

    def __init__(self, side):
        self.number, self.side = side.number, side

    def half(self, accord=None, **changed):
        office = self.side.node.office
        made = replace(office.accord, edition=2, prev=office.accord_digest, **changed)
        return sign_instrument(encode_accord(made), "accord", self.side.locker.half.root)


def test_papers_show_the_entry_of_a_list_once_a_head_covers_it():
    a, b = two()
    enter(a, b, NOW)
    with a.store.read() as tx:
        assert key_proofs(tx) == {}
    settle(a, b, Ms(NOW + 2 * TICK))
    with a.store.read() as tx:
        assert set(key_proofs(tx)) == {"keys-entry/0/entry", "keys-entry/0/proof"}


# --- what an audit says -----------------------------------------------------------------------------------------------


def audited(side):
    with side.store.read() as tx:
        return audit(tx, Signers.of(side.node.voice, side.node.peer)).differences


def test_heads_of_the_decision_log_are_checked_by_the_keys_that_were_ours_then():
    a, b = two()
    a.node.close_day(OFFICER, START)
    settle(a, b, Ms(START + SECOND))
    turn(a, b, NOW)
    assert audited(a) == ()
    a.node.close_day(OFFICER, Ms(START + 25 * HOUR))
    settle(a, b, Ms(START + 25 * HOUR + SECOND))
    assert audited(a) == ()


def test_a_head_at_a_change_of_keys_without_the_new_lines_is_named():
    a, b = two()
    turn(a, b, NOW)
    a.node.submit([note("above it")], Ms(NOW + HOUR))
    settle(a, b, Ms(NOW + HOUR))
    turned = a.list_places()[0] + 1
    ((signed,),) = set(a.rows("SELECT note FROM head WHERE role = 'ours' AND size = ?", turned))
    whole = parse_note(signed)
    with a.store.begin() as tx:
        less = Note(whole.text, whole.lines[:2]).join()
        assert tx.run("UPDATE head SET note = ? WHERE role = 'ours' AND size = ?", (less, turned))
    (one,) = [one for one in audited(a) if one.row == "at a change of keys"]
    assert "signatures do not hold" in one.what


def test_a_stored_list_that_was_changed_is_named_beside_what_can_still_be_checked():
    a, b = two()
    turn(b, a, NOW)
    (sent,) = a.node.submit([note("to be checked")], Ms(NOW + HOUR))
    settle(a, b, Ms(NOW + HOUR))
    signers = Signers.of(a.node.voice, a.node.peer)
    with a.store.begin() as tx:
        assert all(one.good for one in remake(tx, sent.id, signers).steps)
        other = sign_instrument(encode_keylist(list_of(half(B).keys)), "keys", a.locker.half.root)
        tx.run("UPDATE paper SET signed = ?", (other,))
        made = remake(tx, sent.id, signers)
    assert next(one.what for one in made.steps if not one.good) == "Key lists"
    assert next(one for one in made.steps if one.what == "Row to leaf").good
