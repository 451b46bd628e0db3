"""New key lists in the middle of traffic: which keys sign which head, and what refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration, BadEnvelope, BadForm, BadSignature, StoreError
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import CosignerKeys, LogKeys
from comity.crypto.sign import sign_instrument
from comity.dispatch.book import LogRole
from comity.dispatch.entries import HeadLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.keylist import encode_keylist, follows
from comity.dispatch.path import send
from comity.node.assemble import Keyring
from comity.node.audit import audit
from comity.node.manifest import NodeDesk, keys_form
from comity.node.node import Node
from comity.node.proofs import Signers
from comity.node.taken import Problem
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import AGENCY, OFFICER, parties
from comity.tlog.note import parse_note
from tests.unit.node.putback import SECOND, START, note, recover, say, settle
from tests.unit.node.rotating import TICK, list_of, turn, two

HOUR = 3_600_000


def test_old_and_new_keys_by_size_alone():
    a, b = two()
    a.node.submit([note("before")], START)
    settle(a, b, Ms(START + SECOND))
    old = a.node.voice.log_keys.verifier
    turn(a, b, Ms(START + HOUR))
    new = a.node.voice.log_keys.verifier
    assert new != old
    (at,) = a.list_places()
    a.node.submit([note("after")], Ms(START + 2 * HOUR))
    settle(a, b, Ms(START + 2 * HOUR))
    first, second = ({key.ed25519.key_id, key.mldsa44.key_id} for key in (old, new))
    for size in a.heads():
        expected = first if size <= at else (first | second if size == at + 1 else second)
        assert all(lines == expected for lines in a.signers(size)), size
    assert at + 1 in a.heads(), "the list ended its batch"
    assert max(a.heads()) > at + 1, "and traffic went on"
    assert b.logs()[1].size == a.logs()[0].size == a.logs()[0].cosigned_size
    assert b.node.peer.log == new
    assert b.rows("SELECT count(*) FROM got WHERE fact = 2")[0][0] == 3


def enter(a, b, now) -> int:
    """Let a list be sent, filed and written into the log of `a`, and no further; return its place."""
    a.install(now)
    say(a, b, Ms(now + TICK))
    (at,) = a.list_places()
    return at


def test_nothing_is_signed_above_the_change_before_it_was_cosigned():
    a, b = two()
    at = enter(a, b, Ms(START + HOUR))
    a.node.submit([note(f"waits {n}") for n in range(3)], Ms(START + HOUR + 2 * TICK))
    said = decode_exchange(a.node.speak(Ms(START + HOUR + 2 * TICK)))
    assert (said.size, said.more, said.dispatches) == (at + 1, True, ())
    assert max(a.heads()) == at + 1 < a.logs()[0].size
    leaf = decode_entry(a.rows("SELECT entry FROM entry WHERE role = 'ours' AND idx = ?", at + 1)[0][0])
    assert isinstance(leaf, HeadLeaf), "what follows the list is a batch of its own"
    due = a.node.due_at(Ms(START + HOUR + 2 * TICK + 1))
    assert due > START + HOUR + 2 * TICK + 1, "what may not be signed yet is no reason to speak again at once"
    settle(a, b, Ms(START + HOUR + 2 * TICK + 5_000))
    assert max(a.heads()) == a.logs()[0].size > at + 1
    assert b.rows("SELECT count(*) FROM got WHERE fact = 2")[0][0] == 4


def test_both_sides_at_once_and_again():
    a, b = two()
    for n in range(3):
        now = Ms(START + (n + 1) * HOUR)
        a.install(now, log=n != 1, mirror=n != 2)
        b.install(now)
        settle(a, b, Ms(now + TICK), rounds=8)
        a.node.submit([note(f"a {n}")], Ms(now + 2 * TICK))
        b.node.submit([note(f"b {n}")], Ms(now + 2 * TICK))
        settle(b, a, Ms(now + 2 * TICK), rounds=4)
    for side in (a, b):
        assert len(side.list_places()) == 3
        assert side.logs()[0].cosigned_size == side.logs()[0].size
        newest, waiting = side.node.our_lists()
        assert (newest.keys.edition, waiting) == (4, ())
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()
    names = {line.name for (note_,) in b.rows("SELECT cosignature FROM head WHERE role = 'ours' AND cosignature IS NOT NULL") for line in parse_note(note_).lines}  # fmt: skip
    assert {name.rpartition("/")[2] for name in names} == {"1", "5", "9"}, "the third list kept the mirror keys"


def test_a_start_reads_what_is_in_force():
    a, b = two()
    turn(a, b, Ms(START + HOUR))
    for side in (a, b):
        before = (side.node.voice.log_keys.verifier, side.node.peer, side.node.office.known)
        side.open()
        assert (side.node.voice.log_keys.verifier, side.node.peer, side.node.office.known) == before
    a.locker.ring = a.locker.half.keyring
    with pytest.raises(BadConfiguration, match="edition 2, are not here"):
        a.open()


def test_what_the_sender_does_not_install():
    a, b = two()
    now = Ms(START + HOUR)
    good = a.prepare(now)
    kept = a.locker.ring
    a.locker.ring = a.locker.half.keyring
    with pytest.raises(BadForm, match="private log or mirror keys"):
        a.node.install_keys(good, OFFICER, now)
    a.locker.ring = replace(kept, sealing=a.locker.half.keyring.sealing)
    with pytest.raises(BadForm, match="private sealing key"):
        a.node.install_keys(good, OFFICER, now)
    a.locker.ring = kept
    with pytest.raises(BadSignature):
        a.node.install_keys(b.prepare(now), OFFICER, now)
    a.node.install_keys(good, OFFICER, now)
    with pytest.raises(BadForm, match="still waits"):
        a.node.install_keys(a.prepare(now), OFFICER, now)
    settle(a, b, Ms(now + TICK), rounds=6)
    with pytest.raises(BadForm, match="does not follow edition 2"):
        a.node.install_keys(good, OFFICER, now)


def followed(**changes) -> str:
    before = list_of(parties().halves[0].keys)
    good = replace(before, edition=2, prev=Digest(bytes(32)))
    return follows(replace(good, **changes), before, Digest(bytes(32)))


def test_which_lists_follow():
    before = list_of(parties().halves[0].keys)
    assert followed() == ""
    assert followed(edition=3) == followed(prev=None) == "it does not follow edition 1"
    assert followed(node="else.example/comity") == "it is of another node or log"
    assert followed(log=replace(before.log, number=2)) == "it is of another node or log"
    used = before.cosigners
    assert followed(cosigners=used[1:]) == ""
    assert "mirror" in followed(cosigners=(replace(used[1], number=1),))
    later = replace(before, cosigners=used[1:], edition=2, prev=Digest(bytes(32)))
    assert "mirror" in follows(replace(later, cosigners=used, edition=3), later, None)


@pytest.mark.parametrize("wrong", ["root", "edition", "form"])
def test_a_list_that_cannot_come_into_force_is_not_filed(wrong):
    a, b = two()
    now = Ms(START + HOUR)
    signed = a.prepare(now)
    keys = replace(list_of(signed), edition=7) if wrong == "edition" else list_of(signed)
    root = (b if wrong == "root" else a).locker.half.root
    signed = sign_instrument(encode_keylist(keys), "keys", root)
    if wrong == "form":
        with pytest.raises(BadForm):
            send_list(a, signed[:-1], now)
        return
    send_list(a, signed, now)
    settle(a, b, Ms(now + TICK), rounds=5)
    assert b.rows("SELECT fact, code FROM got") == [(3, "unopened")]
    assert b.rows("SELECT * FROM paper") == []
    assert a.list_places() == [], "what the other side did not file never enters our log"


class Careless(NodeDesk):
    """Sends a list that it does not keep itself."""

    def file(self, tx, filing):
        return None


def send_list(side, signed, now):
    side.node.office = replace(side.node.office, desks={**side.node.office.desks, "node": Careless()})
    with side.node._change() as book:
        form = keys_form(signed, AGENCY, AGENCY)
        return send(form, OFFICER, book, side.node.office, now)


class OldKeysOnly(Node):
    """Signs the head that first covers its list with the old keys alone."""

    def speak(self, now, *, wait_ms=0):
        self.voice = (
            replace(self.voice, log_keys=self.voice.earlier[0][1], earlier=()) if self.voice.earlier else self.voice
        )
        return super().speak(now, wait_ms=wait_ms)


class NewKeysOnly(Node):
    """Signs that head with the new keys alone."""

    def speak(self, now, *, wait_ms=0):
        self.voice = replace(self.voice, earlier=())
        return super().speak(now, wait_ms=wait_ms)


@pytest.mark.parametrize("node_type", [OldKeysOnly, NewKeysOnly])
def test_one_pair_is_not_enough_where_keys_change(node_type):
    a, b = two()
    a.node_type = node_type
    a.open()
    with pytest.raises(Problem, match="exactly the peer's two"):
        turn(a, b, Ms(START + HOUR))
    assert b.logs()[1].size < a.list_places()[0] + 1
    assert b.rows("SELECT * FROM pending_head") == []


def test_a_head_over_more_than_the_list_is_refused():
    a, b = two()
    now = Ms(START + HOUR)
    at = enter(a, b, now)
    a.node.submit([note("behind")], Ms(now + 2 * TICK))
    with a.node.ledger.begin() as book:
        book.change(LogRole.OURS, turn=0)
    data = a.node.speak(Ms(now + 2 * TICK))
    assert decode_exchange(data).size > at + 1
    with pytest.raises(Problem) as found:
        b.node.take(data, Ms(now + 2 * TICK))
    assert found.value.code == "bad-signature"


def test_a_list_that_did_not_come_is_refused():
    a, b = two()
    now = Ms(START + HOUR)
    enter(a, b, now)
    with b.store.begin() as tx:
        tx.run("DELETE FROM paper")
    b.open()
    assert b.node.peer.coming == ()
    with pytest.raises(Problem) as found:
        b.node.take(a.node.speak(Ms(now + 2 * TICK)), Ms(now + 2 * TICK))
    assert found.value.code == "bad-signature"


def test_a_stored_list_that_was_changed_is_not_used():
    a, b = two()
    turn(a, b, Ms(START + HOUR))
    other = sign_instrument(encode_keylist(list_of(parties().halves[0].keys)), "keys", b.locker.half.root)
    with b.store.begin() as tx:
        tx.run("UPDATE paper SET signed = ?", (other,))
    with pytest.raises(BadEnvelope):
        b.open()
    with b.store.begin() as tx:
        tx.run("UPDATE paper SET digest = ?", (sha256(other),))
    with pytest.raises(BadSignature):
        b.open()


def test_a_transaction_that_fails_leaves_the_keys_as_they_are_stored():
    a, b = two()
    signed = a.prepare(Ms(START + HOUR))
    a.node.install_keys(signed, OFFICER, Ms(START + HOUR))
    b.node.take(a.node.speak(Ms(START + HOUR + TICK)), Ms(START + HOUR + TICK))
    data = b.node.speak(Ms(START + HOUR + TICK))
    old = a.node.voice.log_keys.verifier
    real = a.node._take

    def failing(*args, **more):
        real(*args, **more)
        args[2].close()
        a.node._enter(args[2])
        assert a.node.voice.log_keys.verifier != old
        raise StoreError("the disk is full")

    a.node._take = failing
    with pytest.raises(StoreError):
        a.node.take(data, Ms(START + HOUR + TICK + 3_000))
    del a.node._take
    a.node.ledger.forget()
    a.node.speak(Ms(START + HOUR + TICK + 4_000))
    assert a.node.voice.log_keys.verifier == old
    settle(a, b, Ms(START + HOUR + 2 * TICK), rounds=6)
    assert a.node.voice.log_keys.verifier != old


def test_all_lists_and_the_authorities_to_be_trusted_follow_each_change_on_both_sides():
    a, b = two()
    first = a.node.authorities()
    assert a.node.all_lists()[0][0].keys.edition == 1
    signed = a.install(Ms(START + HOUR))
    assert [one.keys.edition for one in a.node.all_lists()[0]] == [1, 2], "one that is coming too"
    settle(a, b, Ms(START + HOUR + TICK), rounds=6)
    assert [one.keys.edition for one in b.node.all_lists()[1]] == [1, 2]
    assert [one.index for one in b.node.all_lists()[1]] == [0, *a.list_places()]
    trusted = b.node.authorities()
    assert list_of(signed).tls_ca in trusted
    assert (a.node.authorities(), len(set(trusted))) == (first, len(trusted)), "the peer of A changed nothing"


def test_nothing_enters_a_log_that_waits_to_be_compared_with_the_peers():
    a, b = two()
    now = Ms(START + HOUR)
    a.install(now)
    with a.store.begin() as tx:
        tx.run("UPDATE paper SET ready = 1")  # filed there; the answer that said so is what this start compares
    a.node.starts(now)
    a.node.enter_papers(now)
    assert a.list_places() == []
    recover(a, b, now)
    a.node.enter_papers(now)
    assert len(a.list_places()) == 1


def test_one_that_only_reads_follows_our_changes_of_keys_without_any_of_the_keys():
    a, b = two()
    turn(a, b, Ms(START + HOUR))
    before = (a.node.voice.log_keys.verifier, a.node.voice.all_mirrors, a.node.peer)
    nobody = SeededEntropy("nobody")
    a.locker.ring = Keyring(LogKeys.generate(nobody), CosignerKeys.generate(nobody), {}, mute=True)
    a.open()
    assert (a.node.voice.log_keys.verifier, a.node.voice.all_mirrors, a.node.peer) == before
