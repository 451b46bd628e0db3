"""The next edition of the accord: signed by both roots, a leaf in each log, and judged by index alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadEnvelope, BadForm, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import RootKeys
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import encode_accord
from comity.dispatch.amendment import edition_of, goes_first
from comity.dispatch.entries import DispatchLeaf, decode_entry
from comity.dispatch.stops import WHOLE
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.node import Node
from comity.node.proofs import Signers
from comity.node.taken import BadEdition
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import DESK, OFFICER, RECALL, parties
from tests.unit.node.amended import (
    DAY,
    HOUR,
    TICK,
    agree,
    force,
    force_leaf,
    rest,
    signed_by_both,
    two,
    why_refused,
    with_kinds,
)
from tests.unit.node.putback import SECOND, START, note, recover, say, settle

T1 = Ms(START + HOUR)


def dispatch_editions(side):
    """Return (index, edition) of each dispatch in our log."""
    entries = side.rows("SELECT idx, entry FROM entry WHERE role = 'ours' ORDER BY idx")
    return [(idx, leaf.edition) for idx, leaf in ((i, decode_entry(e)) for i, e in entries) if isinstance(leaf, DispatchLeaf)]  # fmt: skip


def facts(side):
    return sorted({row[0] for row in side.rows("SELECT fact FROM got")})


def test_both_sign_and_each_writes_it_into_its_own_log():
    a, b = two()
    agree(a, b, T1)
    assert (a.edition(), b.edition()) == (2, 2)
    assert len(a.accords()) == len(b.accords()) == 1
    a.node.submit([note("after")], Ms(START + 2 * HOUR))
    b.node.submit([note("after too")], Ms(START + 2 * HOUR))
    rest(a, b, Ms(START + 2 * HOUR + TICK))
    assert facts(a) == facts(b) == [2]
    assert not any(one.waits for one in a.node.amending().proposals)
    assert b.alarms() == ["accord-proposed"]
    assert a.alarms() == ["accord-agreed"]
    for side in (a, b):
        (at,) = side.accords()
        assert all(edition == (2 if index > at else 1) for index, edition in dispatch_editions(side))
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()


def test_what_was_under_way_under_the_old_edition_is_judged_by_it():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    say(b, a, Ms(T1 + 5 * TICK))
    b.node.submit([note("before it"), note("urgent", Urgency.URGENT)], Ms(T1 + 6 * TICK))
    old = b.node.speak(Ms(T1 + 6 * TICK))
    a.node.tick(Ms(T1 + 6 * TICK))
    b.node.take(a.node.speak(Ms(T1 + 6 * TICK)), Ms(T1 + 6 * TICK))
    b.node.tick(Ms(T1 + 7 * TICK))
    assert (a.edition(), b.edition()) == (2, 2)
    a.node.take(old, Ms(T1 + 7 * TICK))
    rest(a, b, Ms(T1 + 8 * TICK))
    assert facts(a) == facts(b) == [2]
    assert {edition for _, edition in dispatch_editions(b)} == {1}


def test_an_edition_waits_for_its_day():
    a, b = two()
    agree(a, b, T1, in_force_from=Ms(START + DAY))
    assert (a.edition(), b.edition()) == (1, 1)
    (one,) = a.node.amending().signed
    assert (one.our_index, one.ready, one.due) == (None, True, START + 2 * DAY)
    rest(a, b, Ms(START + DAY + TICK))
    assert (a.edition(), b.edition()) == (2, 2)


def test_what_waits_for_its_place_goes_under_the_new_edition():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    settle(b, a, Ms(T1 + 5 * TICK))
    a.node.submit([note("pooled", Urgency.NORMAL)], Ms(T1 + 5 * TICK + 9 * SECOND))
    (before,) = a.rows("SELECT sealed_sha256 FROM sent WHERE idx IS NULL")
    a.node.tick(Ms(T1 + 5 * TICK + 10 * SECOND))
    (after,) = a.rows("SELECT sealed_sha256 FROM sent WHERE idx IS NULL")
    assert a.edition() == 2
    assert before != after
    rest(a, b, Ms(T1 + 7 * TICK))
    assert facts(b) == [2]
    assert dispatch_editions(a)[-1][1] == 2
    with a.store.read() as tx:
        assert audit(tx, Signers.of(a.node.voice, a.node.peer)).differences == ()


def test_what_an_edition_closes_leaves_before_it():
    a, b = two()
    half = a.half(with_kinds(a.next_edition(), RECALL))
    a.say(half, T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    a.node.submit([note("pooled", Urgency.NORMAL)], Ms(T1 + 4 * TICK))
    say(b, a, Ms(T1 + 4 * TICK + SECOND))
    a.node._told = replace(a.node._told, tick=T1 + 5 * TICK)
    a.node.tick(Ms(T1 + 5 * TICK))
    if a.rows("SELECT 1 FROM pool"):
        assert a.edition() == 1, "what it closes has no place yet"
    (refused,) = a.node.submit([note("too late")], Ms(T1 + 5 * TICK))
    assert isinstance(refused, BadForm)
    assert "closes kind" in str(refused) or a.edition() == 2
    rest(a, b, Ms(T1 + 6 * TICK))
    assert (a.edition(), b.edition()) == (2, 2)
    assert facts(b) == [2]
    assert isinstance(a.node.submit([note("closed")], Ms(T1 + 20 * TICK))[0], BadForm)


def test_a_refusal_is_a_result():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    text = b.proposal().text_sha256
    with pytest.raises(BadForm, match="needs a reason"):
        b.node.refuse_edition(text, " ", OFFICER, Ms(T1 + 4 * TICK))
    with pytest.raises(BadForm, match="no proposal of the other side"):
        a.node.refuse_edition(text, "our own", OFFICER, Ms(T1 + 4 * TICK))
    b.node.refuse_edition(text, "not this year", OFFICER, Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    (one,) = a.node.amending().proposals
    assert (one.waits, one.answer.stage, one.answer.note) == (False, "refused", "not this year")
    assert a.alarms() == ["accord-refused"]
    assert (a.edition(), b.edition()) == (1, 1)
    with pytest.raises(BadForm, match="refused this text"):
        b.say(b.also(one.said.signed), Ms(T1 + 9 * TICK))
    agree(a, b, Ms(T1 + 10 * TICK), in_force_from=Ms(2))
    assert (a.edition(), b.edition()) == (2, 2)


def refused(a, b):
    """Let `a` propose an edition and `b` refuse it; return the proposal."""
    half = a.half()
    a.say(half, T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.node.refuse_edition(b.proposal().text_sha256, "not this year", OFFICER, Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    return half


def test_a_text_that_was_refused_is_proposed_by_neither_side():
    a, b = two()
    refused(a, b)
    for side in (a, b):
        with pytest.raises(BadForm, match="dated anew"):  # else it would count as answered, and nobody would be asked
            side.say(side.half(), Ms(T1 + 10 * TICK))
    force(b, b.half(), Ms(T1 + 10 * TICK))
    rest(a, b, Ms(T1 + 11 * TICK))
    assert "refused this text" in why_refused(a)[0]
    assert [one.said.ours for one in a.node.amending().proposals] == [True]
    b.open()
    agree(b, a, Ms(T1 + 20 * TICK), in_force_from=Ms(2))
    assert (a.edition(), b.edition()) == (2, 2)


def test_both_propose_at_once_and_one_of_them_goes_first():
    a, b = two()
    a.say(a.half(timers=(("window", 900),)), T1)
    b.say(b.half(timers=(("window", 800),)), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    first, second = (a, b) if goes_first(a.next_edition()) == a.node.office.us else (b, a)
    with pytest.raises(BadForm, match="goes first"):
        first.say(first.also(first.proposal().signed), Ms(T1 + 4 * TICK))
    second.say(second.also(second.proposal().signed), Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    assert a.node.office.accord == b.node.office.accord
    assert dict(a.node.office.accord.timers)["window"] == (900 if first is a else 800)
    (lost,) = [one for one in second.node.amending().proposals if one.said.ours]
    assert lost.overtaken
    assert not lost.waits


def test_both_propose_the_same_text_and_one_of_them_signs_it():
    a, b = two()
    a.say(a.half(), T1)
    b.say(b.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    first, second = (a, b) if goes_first(a.next_edition()) == a.node.office.us else (b, a)
    with pytest.raises(BadForm, match="goes first"):  # else each signs the other's, and there are two of one number
        first.say(first.also(first.proposal().signed), Ms(T1 + 4 * TICK))
    second.say(second.also(second.proposal().signed), Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    assert (a.edition(), b.edition()) == (2, 2)
    for side in (a, b):
        assert [one.ready for one in side.node.amending().signed] == [True]
        assert not any(one.waits for one in side.node.amending().proposals)
    assert "accord-not-taken" not in (*a.alarms(), *b.alarms())


def test_what_was_proposed_may_be_handed_in_signed_by_both():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    a.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))  # their root signed it past the nodes
    rest(a, b, Ms(T1 + 5 * TICK))
    assert (a.edition(), b.edition()) == (2, 2)


def test_a_refusal_may_cross_the_signature_that_overtakes_it():
    a, b = two()
    a.say(a.half(timers=(("window", 900),)), T1)
    b.say(b.half(timers=(("window", 800),)), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    first, second = (a, b) if goes_first(a.next_edition()) == a.node.office.us else (b, a)
    second.say(second.also(second.proposal().signed), Ms(T1 + 4 * TICK))
    first.node.refuse_edition(first.proposal().text_sha256, "ours is before yours", OFFICER, Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    assert facts(a) == facts(b) == [2]
    assert (a.edition(), b.edition()) == (2, 2)


def test_a_proposal_waits_for_the_one_before_it():
    a, b = two()
    a.say(a.half(), T1)
    with pytest.raises(BadForm, match="proposal of ours still waits"):
        a.say(a.half(in_force_from=Ms(2)), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    with pytest.raises(BadForm, match="sign it or refuse it"):
        b.say(b.half(in_force_from=Ms(3)), Ms(T1 + 4 * TICK))
    with pytest.raises(BadForm, match="other side's signatures only"):
        b.say(b.proposal().signed, Ms(T1 + 4 * TICK))


def test_both_hand_in_what_was_signed_by_hand():
    a, b = two()
    signed = signed_by_both(a)
    a.say(signed, T1)
    b.say(signed, T1)
    rest(a, b, Ms(T1 + TICK))
    assert (a.edition(), b.edition()) == (2, 2)
    assert len(a.accords()) == len(b.accords()) == 1


def test_after_a_start_the_edition_is_still_in_force():
    a, b = two()
    agree(a, b, T1)
    for side in (a, b):
        before = side.node.office.editions
        side.open()
        assert side.edition() == 2
        assert side.node.office.editions == before


# --- hostile ----------------------------------------------------------------------------------------------------------


def wrong_root(a):
    return sign_instrument(encode_accord(a.next_edition()), "accord", RootKeys.generate(SeededEntropy("stranger")))


def thrice(a):
    return add_signatures(signed_by_both(a), "accord", RootKeys.generate(SeededEntropy("stranger")))


def other_roots(a):
    root = RootKeys.generate(SeededEntropy("stranger"))
    made = a.next_edition()
    made = replace(made, parties=(replace(made.parties[0], root_keys=root.public().cose_keys), made.parties[1]))
    return add_signatures(sign_instrument(encode_accord(made), "accord", root), "accord", parties().halves[1].root)


def theirs_alone(a, **changed):
    """Return an edition with the signature of the receiver's root alone: as a refusal bears it."""
    return sign_instrument(encode_accord(a.next_edition(**changed)), "accord", parties().halves[1].root)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (wrong_root, "not signed by exactly one of the two roots"),
        (thrice, "not signed by exactly one of the two roots"),
        (other_roots, "not signed by exactly one of the two roots"),
        (lambda a: signed_by_both(a, edition=3), "leaves a gap behind edition 1"),
        (lambda a: signed_by_both(a, prev=Digest(bytes(32))), "another text of edition 1"),
        (lambda a: a.half(edition=5), "leaves a gap behind edition 1"),
        (lambda a: signed_by_both(a, name="another"), "another accord"),
        (lambda a: signed_by_both(a, desks=tuple(one for one in a.node.office.accord.desks if one.desk == DESK)), "nodes' own desk"),
        (lambda a: signed_by_both(a, edition=1), "edition 1 already"),
        (lambda a: theirs_alone(a, edition=3), "leaves a gap behind edition 1"),
        (lambda a: theirs_alone(a, name="another"), "another accord"),
    ],
)  # fmt: skip
def test_an_amendment_that_cannot_stand_is_refused_and_named(made, why):
    a, b = two()
    force(a, made(a), T1)
    rest(a, b, Ms(T1 + TICK))
    assert b.rows("SELECT fact, code FROM got") == [(4, "cannot-assist")]
    (sentence,) = why_refused(b)
    assert why in sentence
    assert b.rows("SELECT * FROM paper") == b.rows("SELECT * FROM amendment") == []
    assert (a.edition(), b.edition()) == (1, 1)


def test_a_second_text_under_one_number_and_an_older_edition_again():
    a, b = two()
    signed = agree(a, b, T1)
    first = edition_of(signed)
    other = signed_by_both(a, replace(first, in_force_from=Ms(7)))
    force(a, other, Ms(T1 + HOUR))
    rest(a, b, Ms(T1 + HOUR + TICK))
    assert "signed edition 2 already" in why_refused(b)[0]
    a.open()
    agree(a, b, Ms(T1 + 2 * HOUR))
    force(a, other, Ms(T1 + 3 * HOUR))
    force(a, signed, Ms(T1 + 3 * HOUR))
    rest(a, b, Ms(T1 + 3 * HOUR + TICK))
    assert "edition 2 is older than edition 3" in why_refused(b)[1]
    assert (b.edition(), len(b.accords())) == (3, 2), "the older one came again and changed nothing"
    with pytest.raises(BadForm, match="older"):
        b.say(other, Ms(T1 + 4 * HOUR))


def test_a_second_proposal_beside_one_that_waits_is_refused():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    force(a, a.half(in_force_from=Ms(2)), Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    assert "another proposal of the same side" in why_refused(b)[0]


@pytest.mark.parametrize("wrong", ["unsigned", "half", "older", "doubled", "gap"])
def test_a_leaf_that_cannot_stand_is_refused_and_named(wrong):
    a, b = two()
    digest = sha256(a.half())
    if wrong == "older":
        digest = a.node.office.accord_digest
    if wrong == "doubled":
        digest = sha256(agree(a, b, T1))
    if wrong == "gap":
        signed = agree(a, b, T1)
        with b.store.begin() as tx:
            tx.run("UPDATE paper SET edition = 4, their_idx = NULL WHERE digest = ?", (sha256(signed),))
        digest = sha256(signed)
    if wrong == "half":
        a.say(a.half(), T1)
        rest(a, b, Ms(T1 + TICK))
        digest = sha256(b.proposal().signed)
    now = Ms(T1 + HOUR)
    mirrored = b.logs()[1].size
    force_leaf(a, digest)
    with pytest.raises(BadEdition) as found:
        b.node.take(a.node.speak(now), now)
    named = {"unsigned": "edition-unsigned", "half": "edition-unsigned"}.get(wrong, f"edition-{wrong}")
    assert (found.value.code, found.value.why) == ("bad-signature", named)
    assert named in b.alarms()
    assert b.logs()[1].size == mirrored, "nothing of it was taken"


def test_what_operators_hand_in_is_checked_first():
    a, _ = two()
    with pytest.raises(BadSignature):
        a.say(wrong_root(a), T1)
    with pytest.raises(BadEnvelope):
        a.say(b"nothing", T1)
    with pytest.raises(BadForm, match="gap"):
        a.say(a.half(edition=3), T1)
    with pytest.raises(BadForm, match="at most"):
        a.say(a.half(), T1, "x" * 2_001)
    assert a.rows("SELECT * FROM amendment") == []


# --- late, lost, put back ---------------------------------------------------------------------------------------------


def test_an_edition_that_is_in_one_log_only_rings_after_a_day_once():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    say(b, a, Ms(T1 + 5 * TICK))
    a.node.tick(Ms(T1 + 6 * TICK))
    assert a.edition() == 2
    late = Ms(T1 + 6 * TICK + DAY)
    assert a.node.rings_at() < late
    for now in (late, Ms(late + HOUR)):
        a.node.tick(now)
    assert a.alarms() == ["accord-agreed", "accord-late-there"]
    b.node.tick(late)
    assert b.alarms() == ["accord-late-here", "accord-late-there", "accord-proposed"]


def test_of_two_texts_that_both_roots_signed_one_is_taken():
    a, b = two()
    a.say(signed_by_both(a), T1)
    b.say(signed_by_both(b, in_force_from=Ms(2)), T1)
    rest(a, b, Ms(T1 + TICK))
    assert a.node.office.accord == b.node.office.accord
    assert (a.edition(), len(a.accords()), len(b.accords())) == (2, 1, 1)
    assert "accord-not-taken" in {*a.alarms(), *b.alarms()}


def test_what_the_other_side_does_not_take_was_never_said():
    a, _ = two()
    a.say(signed_by_both(a), T1)
    (dispatch,) = a.rows("SELECT dispatch FROM amendment")[0]
    with a.node._change() as book:
        a.node.office.desks["node"].settle(book.tx, dispatch, 4, "cannot-assist", T1)
    assert a.rows("SELECT * FROM paper") == []
    assert a.node.office.coming is None
    assert a.alarms() == ["accord-not-taken"]


@pytest.mark.parametrize("when", ["before", "signed", "entered"])
@pytest.mark.parametrize("who", [0, 1])
def test_a_store_that_was_put_back_has_the_editions_again(who, when):
    a, b = two()
    sides = (a, b)
    image = sides[who].store.image()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    if when == "signed":
        settle(b, a, Ms(T1 + 5 * TICK))
        image = sides[who].store.image()
    rest(a, b, Ms(T1 + 6 * TICK))
    if when == "entered":
        image = sides[who].store.image()
    sides[who].node.submit([note("then"), note("slow", Urgency.NORMAL)], Ms(T1 + 20 * TICK))
    rest(a, b, Ms(T1 + 21 * TICK))
    sides[who].put_back(image)
    recover(sides[who], sides[1 - who], Ms(T1 + 30 * TICK))
    rest(a, b, Ms(T1 + 31 * TICK))
    assert (a.edition(), b.edition()) == (2, 2)
    a.node.submit([note("after")], Ms(T1 + 40 * TICK))
    b.node.submit([note("after")], Ms(T1 + 40 * TICK))
    rest(a, b, Ms(T1 + 41 * TICK))
    for side in sides:
        assert len(side.accords()) == 1
        assert facts(side) == [2]
        assert side.state == "up"


def test_a_side_that_forgot_that_a_text_was_refused_is_told_so():
    a, b = two()
    image = a.store.image()
    half = refused(a, b)
    a.put_back(image)
    recover(a, b, Ms(T1 + 30 * TICK))
    with a.store.begin() as tx:
        tx.run("DELETE FROM amendment")  # nor did the refusal come back
    a.say(half, Ms(T1 + 31 * TICK))
    rest(a, b, Ms(T1 + 32 * TICK))
    (one,) = a.node.amending().proposals
    assert (one.said.void, one.waits) == (True, False), "it was not taken, and waits for nobody"
    assert "accord-not-taken" in a.alarms()
    assert "refused this text" in why_refused(b)[0]
    agree(a, b, Ms(T1 + 40 * TICK), in_force_from=Ms(2))
    assert (a.edition(), b.edition()) == (2, 2)


def test_a_side_that_forgot_its_refusal_refuses_again():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    image = b.store.image()
    text = b.proposal().text_sha256
    b.node.refuse_edition(text, "not this year", OFFICER, Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    b.put_back(image)
    recover(b, a, Ms(T1 + 30 * TICK))
    rest(a, b, Ms(T1 + 31 * TICK))
    b.node.refuse_edition(b.proposal().text_sha256, "nor now", OFFICER, Ms(T1 + 40 * TICK))
    rest(a, b, Ms(T1 + 41 * TICK))
    for side in (a, b):
        assert [(one.answer.stage, one.answer.note) for one in side.node.amending().proposals] == [
            ("refused", "nor now")
        ]
    assert "accord-not-taken" not in b.alarms()


def test_a_dispatch_that_moved_to_a_later_edition_is_known_again_after_a_put_back():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    settle(b, a, Ms(T1 + 5 * TICK))
    a.node.submit([note("pooled", Urgency.NORMAL)], Ms(T1 + 5 * TICK + 9 * SECOND))
    image = a.store.image()
    a.node.tick(Ms(T1 + 5 * TICK + 10 * SECOND))
    later = Ms(T1 + 7 * TICK)
    data = a.node.speak(later)
    exchange_without_bytes(b, data, later)
    a.put_back(image)
    recover(a, b, Ms(T1 + 9 * TICK))
    rest(a, b, Ms(T1 + 10 * TICK))
    assert facts(b) == [2]
    assert a.rows("SELECT count(*) FROM lost") == [(0,)]
    with a.store.read() as tx:
        assert audit(tx, Signers.of(a.node.voice, a.node.peer)).differences == ()


def exchange_without_bytes(side, data, now):
    """Let a side take the entries of an exchange, while the sealed bytes in it are lost."""
    from comity.dispatch.exchange_codec import decode_exchange, encode_exchange

    side.node.take(encode_exchange(replace(decode_exchange(data), dispatches=())), now)


def test_a_suspension_keeps_the_amendment_at_home_and_the_accord_goes_on():
    a, b = two()
    asked = a.node.wish("suspend", WHOLE, OFFICER, T1, reason="the exercise says so")
    a.node.confirm(asked.id, replace(OFFICER, number=OFFICER.number + 1), T1)
    a.say(a.half(), Ms(T1 + SECOND))
    rest(a, b, Ms(T1 + TICK))
    assert b.rows("SELECT * FROM amendment") == []
    asked = a.node.wish("resume", WHOLE, OFFICER, Ms(T1 + HOUR), reason="the exercise says so")
    a.node.confirm(asked.id, replace(OFFICER, number=OFFICER.number + 1), Ms(T1 + HOUR))
    assert a.node.link().stops.ours == frozenset()


class Eager(Node):
    """Writes the leaf of an edition that the other side does not hold yet."""

    def enter_papers(self, now):
        with self.ledger.begin() as book:
            book.tx.run("UPDATE paper SET ready = 1")
        super().enter_papers(now)


def test_a_leaf_before_the_other_side_holds_the_edition_is_not_taken():
    a, b = two(second=Eager)
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    b.node.tick(Ms(T1 + 4 * TICK))
    now = Ms(T1 + 4 * TICK + SECOND)
    with pytest.raises(BadEdition, match="edition-unsigned"):
        a.node.take(b.node.speak(now), now)
    assert DESK in {one.desk for one in a.node.office.accord.desks}
