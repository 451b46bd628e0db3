"""Whatever both sides say and in whatever order it arrives: one plan, one history, on both; nothing is decided twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from comity.base.ids import Digest, DispatchId
from comity.desks.workplan.model import PROPOSING, Action, Item, Operation, Plan, Stage, What
from comity.desks.workplan.plans import apply, version_digest
from comity.desks.workplan.rules import SIDES, Event, Fate, Verdict, first_version, fold
from tests.examples import examples

PARTIES = frozenset({"xa", "xb"})
OWNERS = (("xa", "watch"), ("xb", "guard"))
FIRST = first_version(
    Plan(
        "Common work",
        "2026-05-20",
        items=(Item("F-1", (("en", "lost travellers"),), OWNERS, "ten days", "2026-12-01"),),
    )
)
STAGES = tuple(Stage)


class Side:
    """One node: what it said, how much of the other's it was told, and what it makes of both."""

    def __init__(self, side: int, *, honest: bool) -> None:
        self.side, self.honest = side, honest
        self.said: list[Event] = []
        self.heard: list[Event] = []
        self.signed: list[bytes] = []

    def story(self):
        return fold(FIRST, [*self.said, *self.heard], PARTIES)

    def say(self, stage: Stage, pick: int, lie: int) -> None:
        story = self.story()
        number = len(self.said) + 1
        seen = story.said[1 - self.side]
        now = story.now
        proposals = [one for one in (*self.said, *self.heard) if one.state in PROPOSING]
        about = proposals[pick % len(proposals)] if proposals and stage is not Stage.PROPOSAL else None
        if stage is not Stage.PROPOSAL and about is None:
            return
        operation = Operation(
            What.ACTION,
            f"A-{pick % 3}",
            Action(f"A-{pick % 3}", "F-1", (("en", f"{self.side} {number}"),), OWNERS, "2026-11-01"),
        )
        ops = (operation,) if stage in PROPOSING else ()
        result = None
        if ops:
            result = version_digest(now.number + 1, now.digest, apply(now.plan, ops, PARTIES))
        elif stage is Stage.AGREED and about is not None:
            result = about.result
        event = Event(
            DispatchId(bytes([self.side]) + number.to_bytes(15, "big")), self.side, number, seen, stage, now.digest, result,
            None if about is None else about.id, ops,
        )  # fmt: skip
        if not self.honest and lie:
            event = replace(
                event,
                seen=max(0, seen - lie % 3 + (lie % 5 == 4) * 3),
                base=Digest(bytes(32)) if lie % 7 == 1 else event.base,
                result=Digest(bytes(31) + b"x") if lie % 7 == 2 and event.result else event.result,
            )
        if self.honest:
            verdicts = fold(FIRST, [*self.said, event, *self.heard], PARTIES).verdicts
            if verdicts.get(event.id) is not Verdict.COUNTS:
                return
        self.said.append(event)


moves = st.lists(
    st.tuples(
        st.sampled_from(SIDES),
        st.sampled_from(("say", "hear")),
        st.sampled_from(STAGES),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=60,
)


def play(script, *, honest):
    sides = (Side(0, honest=True), Side(1, honest=honest))
    for side, what, stage, pick, lie in script:
        me, other = sides[side], sides[1 - side]
        before = me.story()
        if what == "say":
            me.say(stage, pick, lie)
        elif len(me.heard) < len(other.said):
            me.heard.append(other.said[len(me.heard)])
        after = me.story()
        # What was in force stays in the history, and what was decided stays decided.
        assert after.versions[: len(before.versions)] == before.versions
        assert {id_: after.verdicts[id_] for id_ in before.verdicts} == dict(before.verdicts)
    return sides


def meet(sides):
    for me, other in (sides, sides[::-1]):
        me.heard = list(other.said)
    return sides[0].story(), sides[1].story()


@examples(120)
@given(moves)
def test_any_interleaving_gives_both_sides_the_same_plan_and_history(script):
    one, two = meet(play(script, honest=True))
    assert one == two
    assert not one.waiting
    assert set(one.verdicts.values()) <= {Verdict.COUNTS}
    for version in one.versions[1:]:
        proposal, agreed = version.proposal, version.agreed
        assert {proposal.side, agreed.side} == {0, 1}
        assert (agreed.about, agreed.result) == (proposal.id, version.digest)
    assert list(one.fates.values()).count(Fate.AGREED) == len(one.versions) - 1


@examples(120)
@given(moves)
def test_a_side_that_lies_forks_nothing_and_signs_for_nobody(script):
    sides = play(script, honest=False)
    one, two = meet(sides)
    assert one == two
    signed = {(event.about, event.result) for event in sides[0].said if event.state is Stage.AGREED}
    for version in one.versions[1:]:
        mine = version.proposal if version.proposal.side == 0 else version.agreed
        assert mine in sides[0].said
        assert version.proposal.side == 0 or (version.proposal.id, version.digest) in signed
    bases = [version.digest for version in one.versions]
    assert len(set(bases)) == len(bases)


@examples(60)
@given(moves, st.randoms(use_true_random=False))
def test_the_order_of_arrival_means_nothing(script, shuffle):
    sides = play(script, honest=False)
    events = [*sides[0].said, *sides[1].said]
    told = fold(FIRST, events, PARTIES)
    shuffle.shuffle(events)
    assert fold(FIRST, events, PARTIES) == told


def test_a_side_that_says_it_had_heard_less_than_it_said_before_is_not_followed():
    propose = Stage.PROPOSAL
    script = (
        (0, "say", propose, 0, 0),
        (1, "hear", propose, 0, 0),
        (1, "say", propose, 1, 0),
        (1, "say", propose, 2, 7),
    )
    sides = play(script, honest=False)
    assert [event.seen for event in sides[1].said] == [1, 0]
    for story in meet(sides):
        assert [story.verdicts[event.id] for event in sides[1].said] == [Verdict.COUNTS, Verdict.BACKWARDS]


def test_a_side_that_once_said_it_had_heard_more_is_not_followed_until_it_says_so_again():
    """What stands before it may rest on what it claims not to have heard: a version agreed on, of a proposal it never saw."""
    propose, hear = Stage.PROPOSAL, (1, "hear", Stage.PROPOSAL, 0, 0)
    script = (
        (0, "say", propose, 0, 0),
        hear,
        (1, "say", Stage.AGREED, 0, 0),
        (1, "say", propose, 1, 1),
        (1, "say", propose, 2, 1),
        (1, "say", propose, 3, 0),
    )
    sides = play(script, honest=False)
    assert [event.seen for event in sides[1].said] == [1, 0, 0, 1]
    for story in meet(sides):
        verdicts = [story.verdicts[event.id] for event in sides[1].said]
        assert verdicts == [Verdict.COUNTS, Verdict.BACKWARDS, Verdict.BACKWARDS, Verdict.COUNTS]
        assert story.now.number == 2
