"""Both sides of a consignment come to the same, in whatever order they learn of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.desks.precursors.rules import TABLE
from tests.unit.desks.precursors.test_precursors_rules import after, said

STEPS = [(kind, stage, side) for kind, stage, side in TABLE]
MOVES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.sampled_from([None, 1, 2])), max_size=7)


@given(MOVES, st.randoms(use_true_random=False))
def test_both_sides_come_to_the_same_whatever_arrived_first(steps, shuffled) -> None:  # type: ignore[no-untyped-def]  # from Hypothesis
    moves = [said(n, *step, at=at + 1, on=on) for n, (step, at, on) in enumerate(steps, 2)]
    other = list(moves)
    shuffled.shuffle(other)
    assert after(*moves) == after(*other)
