"""A proposal that a put-back side forgot is refused all the same, and nobody refuses what the other side did not sign."""

from __future__ import annotations

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.sim.exercise import OFFICER
from tests.unit.node.amended import DAY, TICK, agree, force, rest, signed_by_both, two, why_refused
from tests.unit.node.putback import START, recover

T1 = Ms(START + DAY)


T0 = Ms(START + 60 * TICK)


def forgotten(who, earlier="none"):
    """Let a side propose an edition and be put back to before it; return both, and the text.

    An `earlier` edition of that side was signed by both, and is "kept" in its copy or "lost" with the proposal.
    """
    sides = two()
    mine, other = sides[who], sides[1 - who]
    image = mine.store.image()
    if earlier != "none":
        agree(mine, other, T0)
    if earlier == "kept":
        image = mine.store.image()
    mine.say(mine.half(), T1)
    rest(*sides, Ms(T1 + TICK), rounds=2)
    text = other.proposal().text_sha256
    mine.put_back(image)
    recover(mine, other, Ms(T1 + 30 * TICK))
    rest(*sides, Ms(T1 + 31 * TICK))
    assert not any(one.waits for one in mine.node.amending().proposals), "its own row does not come back"
    assert mine.edition() == other.edition() == (1 if earlier == "none" else 2)
    assert other.proposal().text_sha256 == text, "there it waits"
    return mine, other, text


def stages(side):
    return [(one.said.ours, one.waits, one.answer and one.answer.stage) for one in side.node.amending().proposals]


@pytest.mark.parametrize("earlier", ["none", "kept", "lost"])
@pytest.mark.parametrize("who", [0, 1])
def test_a_proposal_that_its_side_forgot_is_refused_and_both_may_go_on(who, earlier):
    mine, other, text = forgotten(who, earlier)
    before = mine.edition()
    other.node.refuse_edition(text, "not this year", OFFICER, Ms(T1 + 50 * TICK))
    rest(mine, other, Ms(T1 + 51 * TICK))
    assert stages(other)[-1] == (False, False, "refused")
    assert mine.rows("SELECT DISTINCT fact FROM got") == [(2,)], "it was taken"
    assert "accord-refused" in mine.alarms()
    assert "accord-not-taken" not in other.alarms()
    with pytest.raises(BadForm, match="dated anew"):
        mine.say(mine.half(), Ms(T1 + 60 * TICK))
    agree(mine, other, Ms(T1 + 60 * TICK), in_force_from=Ms(2))
    agree(other, mine, Ms(T1 + 80 * TICK), in_force_from=Ms(3))
    assert (mine.edition(), other.edition()) == (before + 2, before + 2)


def test_what_was_not_taken_beside_a_forgotten_proposal_is_proposed_again_behind_its_refusal():
    mine, other, text = forgotten(0)
    mine.say(mine.half(in_force_from=Ms(2)), Ms(T1 + 40 * TICK))
    rest(mine, other, Ms(T1 + 41 * TICK))
    assert "another proposal of the same side" in why_refused(other)[0]
    with pytest.raises(BadForm, match="sign it or refuse it"):
        other.say(other.half(in_force_from=Ms(3)), Ms(T1 + 50 * TICK))
    other.node.refuse_edition(text, "not this year", OFFICER, Ms(T1 + 50 * TICK))
    rest(mine, other, Ms(T1 + 51 * TICK))
    agree(mine, other, Ms(T1 + 60 * TICK), in_force_from=Ms(2))
    assert (mine.edition(), other.edition()) == (2, 2)


def test_a_proposal_that_its_side_forgot_may_be_signed():
    mine, other, _ = forgotten(0)
    other.say(other.also(other.proposal().signed), Ms(T1 + 40 * TICK))
    rest(mine, other, Ms(T1 + 41 * TICK))
    assert (mine.edition(), other.edition()) == (2, 2)


@pytest.mark.parametrize("known", [True, False])
def test_a_refusal_behind_both_signatures_takes_nothing_back(known):
    a, b = two()
    half = a.half()
    signed = agree(a, b, T1)
    if not known:
        with a.store.begin() as tx:
            tx.run("DELETE FROM amendment")
    before = a.rows("SELECT stage FROM amendment"), a.rows("SELECT * FROM paper")
    force(b, half, Ms(T1 + 20 * TICK))
    rest(a, b, Ms(T1 + 21 * TICK))
    why = "no proposal of ours" if known else "signed edition 2 already"
    assert why in why_refused(a)[0]
    assert (a.rows("SELECT stage FROM amendment"), a.rows("SELECT * FROM paper")) == before
    assert [one.signed for one in a.node.amending().signed] == [signed]


def test_a_refusal_behind_both_signatures_takes_nothing_back_before_the_leaf():
    a, b = two()
    half = a.half(in_force_from=Ms(START + 9 * DAY))
    agree(a, b, T1, in_force_from=Ms(START + 9 * DAY))
    with a.store.begin() as tx:
        tx.run("DELETE FROM amendment")
    force(b, half, Ms(T1 + 20 * TICK))
    rest(a, b, Ms(T1 + 21 * TICK))
    assert "signed edition 2 already" in why_refused(a)[0]
    rest(a, b, Ms(START + 10 * DAY))
    assert (a.edition(), b.edition()) == (2, 2)


def test_a_refusal_of_another_text_that_our_root_signed_ends_nothing_of_ours():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    force(b, a.half(in_force_from=Ms(2)), Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    assert stages(a) == [(True, True, None)]
    b.open()
    b.say(b.also(b.proposal().signed), Ms(T1 + 10 * TICK))
    rest(a, b, Ms(T1 + 11 * TICK))
    assert (a.edition(), b.edition()) == (2, 2)


def test_a_refusal_of_what_our_root_signed_and_we_did_not_propose_costs_a_new_date():
    a, b = two()
    force(b, a.half(), T1)  # it came by hand: they could refuse it a moment after we proposed it
    rest(a, b, Ms(T1 + TICK))
    assert a.alarms() == ["accord-refused"]
    with pytest.raises(BadForm, match="dated anew"):
        a.say(a.half(), Ms(T1 + 10 * TICK))
    b.open()
    agree(a, b, Ms(T1 + 10 * TICK), in_force_from=Ms(2))
    assert (a.edition(), b.edition()) == (2, 2)


def test_their_own_proposal_of_the_same_text_does_not_let_them_refuse_it_behind_both_signatures():
    a, b = two()
    half = a.half()
    b.say(b.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    a.say(signed_by_both(a, in_force_from=Ms(2)), Ms(T1 + 4 * TICK))
    rest(a, b, Ms(T1 + 5 * TICK))
    force(b, half, Ms(T1 + 10 * TICK))
    rest(a, b, Ms(T1 + 11 * TICK))
    assert "signed edition 2 already" in why_refused(a)[0]
    assert (a.edition(), b.edition()) == (2, 2)


# --- what people see of it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [0, 1])
def test_the_refusal_of_a_forgotten_proposal_stands_there_with_its_reason(who):
    """It was an alarm and nothing else: its reason stood on no page."""
    mine, other, text = forgotten(who)
    other.node.refuse_edition(text, "not this year", OFFICER, Ms(T1 + 50 * TICK))
    rest(mine, other, Ms(T1 + 51 * TICK))
    assert mine.node.amending().proposals == ()
    (one,) = mine.node.amending().forgotten
    assert (one.forgotten, one.said.ours, one.waits, one.said.text_sha256) == (True, True, False, text)
    assert (one.answer.stage, one.answer.note) == ("refused", "not this year")
    assert other.node.amending().forgotten == (), "what is known is shown as it is"
    agree(mine, other, Ms(T1 + 60 * TICK), in_force_from=Ms(2))
    assert [one.said.text_sha256 for one in mine.node.amending().forgotten] == [text]


def test_a_refusal_that_came_twice_is_shown_once():
    mine, other, text = forgotten(0)
    for n, why in enumerate(("not this year", "nor the next")):
        other.node.refuse_edition(text, why, OFFICER, Ms(T1 + (50 + 60 * n) * TICK))
        rest(mine, other, Ms(T1 + (51 + 60 * n) * TICK))
        with other.store.begin() as tx:  # a side that was put back forgot its first refusal
            tx.run("DELETE FROM amendment WHERE ours = 1")
    assert mine.rows("SELECT count(*) FROM amendment") == [(2,)]
    assert [one.answer.note for one in mine.node.amending().forgotten] == ["nor the next"]


def test_a_refusal_of_what_is_known_is_no_forgotten_one():
    a, b = two()
    a.say(a.half(), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.node.refuse_edition(b.proposal().text_sha256, "not this year", OFFICER, Ms(T1 + 10 * TICK))
    rest(a, b, Ms(T1 + 11 * TICK))
    for side in (a, b):
        (one,) = side.node.amending().proposals
        assert (one.forgotten, one.answer.note) == (False, "not this year")
        assert side.node.amending().forgotten == ()
