"""A peer that names a head of our log which we never signed: it made it up and is proved so, or it shows whose it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.cbor import decode
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Digest, Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import HeadLeaf, encode_entry
from comity.dispatch.exchange_codec import Problem as Told
from comity.dispatch.exchange_codec import decode_evidence, decode_exchange, encode_exchange
from comity.dispatch.recover_codec import read_recovered, sign_recovered
from comity.dispatch.states import Officer
from comity.node.audit import audit
from comity.node.named import Named, is_made_up
from comity.node.recovery import Next, log_keys
from comity.node.taken import Problem
from comity.tlog.checkpoint import Checkpoint, cosign
from comity.tlog.note import Seconds
from comity.tlog.tree import root
from tests.unit.node.putback import ask, note, recover, settle
from tests.unit.node.test_old_store import Twins, at
from tests.unit.node.test_stolen_key import AFTER, LATER, joined, stolen_leaf

FALSE = Digest(b"\x07" * 32)


def lie(a, b, kind, *, mirror=None, above=False):
    """Return an exchange of `b` that names a head of `a` which `a` never signed.

    `mirror`: another root than it mirrors; `above`: `a` signed more by then than `b` ever co-signed.
    """
    if above:
        a.node.submit([note("not heard there")], LATER)
        a.node.speak(LATER)
    ours = a.logs()[0]
    if kind == "leaf":
        with b.node.ledger.begin() as book:
            book.append_own([encode_entry(HeadLeaf(ours.origin, ours.head_size, FALSE, LATER // 1000))])
    said = decode_exchange(b.node.speak(LATER))
    if kind == "cosignature":
        made = cosign(
            Checkpoint(ours.origin, ours.head_size, FALSE), b.node.voice.cosigner_keys, Seconds(LATER // 1000)
        )
        said = replace(said, cosignature=made.note)
    return encode_exchange(said if mirror is None else replace(said, mirror_root=mirror))


def robbed():
    """Return two sides; a thief spoke to `b` with the key of `a`, and `a` wrote as much of its own."""
    a, b = joined()
    stolen_leaf(a, b, LATER)
    a.node.submit([note("true")], LATER)
    a.node.speak(Ms(LATER + 60_000))
    assert a.logs()[0].size >= b.logs()[1].size
    return a, b


def refused(a, data, now=LATER):
    with pytest.raises(Problem) as found:
        a.node.take(data, now)
    return found.value.code


def accused(a):
    assert a.state == "broken"
    assert a.rows("SELECT class FROM evidence") == [("false-cosign",)]
    assert a.rows("SELECT 1 FROM counter WHERE name = 'named-head'") == []


def asked(a, b, kind):
    """Let the peer lie where it never signed that it holds our log: it is asked, and the proof is kept."""
    assert refused(a, lie(a, b, kind, mirror=FALSE, above=True)) == "recovering"
    assert a.state == "recovering"
    assert a.rows("SELECT 1 FROM evidence") == []
    ((record,),) = a.rows("SELECT record FROM record WHERE kind = 'named-head'")
    return decode_evidence(decode(record)[1])


KINDS = pytest.mark.parametrize("kind", ["cosignature", "leaf"])


@KINDS
@pytest.mark.parametrize("mirror", [None, FALSE])
def test_a_peer_that_signed_that_it_holds_our_log_is_proved_a_liar_at_once(kind, mirror):
    """It co-signed our log at that size; what its exchange says of its mirror, true or made up, changes nothing."""
    a, b = joined()
    assert refused(a, lie(a, b, kind, mirror=mirror)) == "broken"
    accused(a)


@KINDS
def test_a_peer_that_shows_no_signature_of_ours_when_it_is_asked_is_proved_a_liar_too(kind):
    a, b = joined()
    proof = asked(a, b, kind)
    assert ask(a, b, AFTER) == (Next.UNSHOWN, None)
    accused(a)
    assert [decode_evidence(one) for (one,) in a.rows("SELECT evidence FROM evidence")] == [proof]


@KINDS
def test_a_peer_that_only_says_that_it_mirrors_our_log_is_asked_first(kind):
    """Nobody signed that; whose the head is, the peer may be able to show."""
    a, b = joined()
    said = decode_exchange(lie(a, b, kind, above=True))
    with a.node.ledger.begin() as book:
        size = book.logs[LogRole.OURS].head_size
        whole = replace(said, mirror_size=size, mirror_root=root(book.tiles(LogRole.OURS), size))
    assert refused(a, encode_exchange(whole)) == "recovering"
    assert a.state == "recovering"
    assert ask(a, b, LATER)[0] is Next.UNSHOWN
    accused(a)


def test_a_restart_between_question_and_answer_forgets_nothing_of_it():
    a, b = joined()
    asked(a, b, "cosignature")
    a.put_back(a.store.image())
    a.node.starts(AFTER)
    assert ask(a, b, AFTER) == (Next.UNSHOWN, None)
    accused(a)


def test_an_incarnation_that_the_peer_makes_up_does_not_hide_it():
    """Without a proof that waits, this alone has a node stop, for another store may have just recovered."""
    a, b = joined()
    asked(a, b, "cosignature")
    a.node.recover_request()
    a.node.told_stale(Told("stale-incarnation", 0, 0, None, AFTER // 1000 + 60), AFTER)
    keys = log_keys(b.node.voice)
    with b.node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO incarnation (role, second, restored) VALUES ('theirs', ?, 0) ON CONFLICT (role) DO UPDATE SET second = excluded.second",
            (AFTER // 1000 + 60,),
        )
    b.node.ledger.forget()
    answer = read_recovered(b.node.take_recover(a.node.recover_request(), AFTER), keys.public())
    assert answer.last_time < AFTER // 1000 + 60
    assert a.node.take_recovered(sign_recovered(answer, keys), AFTER)[0] is Next.UNSHOWN
    accused(a)


def test_a_head_that_we_lost_with_a_store_and_disowned_excuses_nothing():
    """The peer has a good signature of ours that our log disowned; it is of before the restore."""
    twins = Twins(untold=True)
    lost = decode_exchange(twins.old.node.speak(at(81))).checkpoint
    twins.restore(120)
    recover(twins.new, twins.peer, at(200))
    assert twins.new.state == "up"
    asked(twins.new, twins.peer, "cosignature")
    keys = log_keys(twins.peer.node.voice)
    answer = read_recovered(twins.peer.node.take_recover(twins.new.node.recover_request(), at(300)), keys.public())
    shown = sign_recovered(replace(answer, pending=(lost,)), keys)
    assert twins.new.node.take_recovered(shown, at(300))[0] is Next.UNSHOWN
    accused(twins.new)


@KINDS
def test_a_node_that_can_only_be_called_convicts_by_a_call_that_is_co_signed(kind):
    """A call that says, unsigned, that the peer holds our log settles nothing; its co-signature over it does."""
    a, b = joined()
    a.node.can_call = False
    a.node.submit([note("heard late")], LATER)
    said = a.node.speak(LATER)
    assert refused(a, lie(a, b, kind)) == "recovering"
    b.node.take(said, LATER)
    true = decode_exchange(b.node.speak(LATER))
    assert true.cosignature is not None
    assert refused(a, encode_exchange(replace(true, cosignature=None))) == "recovering"
    assert (a.state, a.rows("SELECT 1 FROM evidence")) == ("recovering", [])
    assert refused(a, encode_exchange(true)) == "broken"
    accused(a)


def test_a_peer_that_was_told_so_by_a_thief_shows_our_signature_and_is_not_accused():
    a, b = joined()
    stolen_leaf(a, b, LATER)
    a.node.submit([note("true")], LATER)
    a.node.speak(Ms(LATER + 60_000))
    assert a.logs()[0].size >= b.logs()[1].size
    with pytest.raises(Problem) as found:
        a.node.take(b.node.speak(AFTER), AFTER)
    assert found.value.code == "recovering"
    assert ask(a, b, AFTER)[0] is Next.CUT
    assert "log key is in other hands" in a.node.link().reason
    assert a.rows("SELECT 1 FROM evidence") == []


def test_a_peer_that_heard_another_store_of_ours_shows_it_and_is_not_accused():
    twins = Twins()
    recover(twins.old, twins.peer, at(100))
    assert twins.old.state == "up"
    twins.restore(120, 1)
    twins.old.node.submit([note(f"of the old process {n}") for n in range(9)], at(200))
    twins.old.node.speak(at(200))
    said = decode_exchange(twins.peer.node.speak(at(201)))
    with twins.peer.node.ledger.begin() as book:
        entries = tuple(book.entries("ours", 0, said.size))
    assert refused(twins.old, encode_exchange(replace(said, base=0, entries=entries, dispatches=()))) == "recovering"
    assert twins.old.rows("SELECT kind FROM record WHERE kind = 'named-head'") == [("named-head",)]
    assert [ask(twins.old, twins.peer, at(202))[0] for _ in range(2)] == ["stale-incarnation", Next.SUPERSEDED]
    assert twins.old.rows("SELECT 1 FROM evidence") == []
    assert twins.old.rows("SELECT 1 FROM counter WHERE name = 'named-head'") == []
    settle(twins.new, twins.peer, at(300))
    twins.goes_on(twins.new, 400)


# --- a peer that never answers: what two persons may do --------------------------------------------------------------------

ONE, OTHER = Officer("exercise", 1), Officer("exercise", 2)
WHY = "asked by telephone for three days, and no answer"


def hold(a, now=AFTER, *, second=OTHER):
    wish = a.node.wish("accuse", "", ONE, now, reason=WHY)
    return a.node.confirm(wish.id, second, now)


@KINDS
def test_two_persons_hold_a_proof_against_a_peer_that_never_answers(kind):
    # docs/adr/0103-signed-words-accuse.md
    a, b = joined()
    proof = asked(a, b, kind)
    shown = a.node.named_head()
    assert (shown.proof, shown.since, bool(shown.named.mirror)) == (proof, LATER, kind == "cosignature")
    with pytest.raises(NotAllowed):
        hold(a, second=ONE)
    assert (a.state, a.rows("SELECT 1 FROM evidence")) == ("recovering", [])
    size = a.logs()[0].size
    hold(a)
    accused(a)
    assert [decode_evidence(one) for (one,) in a.rows("SELECT evidence FROM evidence")] == [proof]
    ((record,),) = a.rows("SELECT record FROM record WHERE kind = 'link-act'")
    assert decode(record)[1:8] == ["accuse", "", ONE.desk, ONE.number, OTHER.desk, OTHER.number, WHY]
    assert a.logs()[0].size > size, "our log says that we accuse"
    assert a.node.named_head() is None
    assert a.node.due_at(Ms(AFTER + 86_400_000)) is None, "nothing is signed any more, so nothing can fork"
    with a.store.read() as tx:
        assert audit(tx).differences == ()
    a.put_back(a.store.image())
    a.node.starts(AFTER)
    assert a.state == "broken"


def test_nobody_holds_what_does_not_wait_or_was_answered_meanwhile():
    a, b = robbed()
    with pytest.raises(BadForm, match="no proof"):
        a.node.wish("accuse", "", ONE, AFTER, reason=WHY)
    with pytest.raises(BadForm):
        a.node.wish("accuse", "requests", ONE, AFTER, reason=WHY)
    assert refused(a, b.node.speak(AFTER), AFTER) == "recovering"
    wish = a.node.wish("accuse", "", ONE, AFTER, reason=WHY)
    assert ask(a, b, AFTER)[0] is Next.CUT
    before = a.rows("SELECT state, reason FROM link")
    assert a.node.named_head() is None, "it showed our signature"
    with pytest.raises(BadForm, match="no proof"):
        a.node.confirm(wish.id, OTHER, AFTER)
    assert a.rows("SELECT state, reason FROM link") == before
    assert a.rows("SELECT 1 FROM evidence UNION ALL SELECT 1 FROM record WHERE kind = 'link-act'") == []
    assert [one.id for one in a.node.wishes(AFTER)] == [wish.id], "it was not done"


def test_entries_that_cannot_be_read_convict_nobody_at_once():
    a, b = joined()
    said = decode_exchange(lie(a, b, "leaf"))
    ours = a.logs()[0]
    false = Named(ours.origin, ours.head_size, FALSE)
    with a.node.ledger.begin() as book:
        assert is_made_up(false, said, book, a.node.peer)
        assert not is_made_up(false, replace(said, entries=(*said.entries, b"no entry")), book, a.node.peer)
