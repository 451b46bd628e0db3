"""Whatever both sides do, cut off or not: who has the same operations has the same minutes, and no word is lost."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from comity.desks.workplan.meetings.model import Act, Kind, Minutes, Step
from comity.desks.workplan.meetings.rules import Signed, fold, running
from comity.desks.workplan.meetings.text import digest_of
from tests.examples import examples
from tests.unit.desks.workplan.meetings.table import START, TERMS, A, B, Side, meet, seated

ACTS = ("new", "edit", "beside", "translate", "accept", "sign", "claim", "comment", "strike", "move", "agree", "hear")
step = st.tuples(st.booleans(), st.sampled_from(ACTS), st.integers(0, 7))


def play(side: Side, other: Side, act: str, which: int) -> None:  # noqa: PLR0912  a branch an act
    now = side.now
    there = now.text.paragraphs
    one = there[which % len(there)] if there else None
    if act == "hear":
        side.hear(other, which)
    elif act == "move":
        side.say(Kind.MEETING, Step.MOVE, over=[t.id for t in now.terms], **(TERMS | {"at": START + which}))
    elif act == "agree":
        side.say(Kind.MEETING, Step.ACCEPT, over=[now.terms[-1].id])
    elif act == "sign":
        if there and now.signed is not Signed.BOTH:
            side.sign()
    elif act == "new" or one is None:
        side.write(
            side.paragraph(f"{side.node}/{which}/{side.clock}"),
            f"words {side.clock}",
            under=there[-1].id if there else b"",
        )
    elif act == "edit":
        side.write(one.id, f"changed {side.clock}", under=one.under)
    elif act == "beside":
        mine = [v.id for v in one.versions if v.side == side.node]
        side.write(one.id, f"ours {side.clock}", over=mine, under=one.under)
    elif act == "strike":
        side.act(Act.TEXT, paragraph=one.id, struck=True, over=[v.id for v in one.versions], under=one.under)
    elif act == "translate":
        version = one.versions[which % len(one.versions)]
        there_already = [said.by for said in version.words if said.language == "fr"]
        side.act(
            Act.TRANSLATE,
            paragraph=one.id,
            on=[version.id],
            over=there_already,
            texts=[{"language": "fr", "text": f"mots {side.clock}"}],
        )
    elif act == "accept":
        side.accept(one.id)
    elif act == "claim":
        side.act(Act.CLAIM, paragraph=one.id)
    else:
        side.act(Act.COMMENT, paragraph=one.id, text="a word")


@examples(60)
@given(st.lists(step, max_size=30), st.integers(0, 2**32))
def test_any_interleaving_and_any_cut_converge(steps, seed):
    a, b = seated()
    for ours, act, which in steps:
        side, other = (a, b) if ours else (b, a)
        before = side.now
        play(side, other, act, which)
        if before.signed is Signed.BOTH:
            assert (side.now.signed, side.now.hash) == (Signed.BOTH, before.hash)
    meet(a, b)
    shuffled = list(a.has.values())
    random.Random(seed).shuffle(shuffled)
    together = fold(a.meeting, (B, A), [*shuffled, *shuffled[:3]])
    assert a.now == b.now == together
    assert digest_of(a.now.text) == digest_of(b.now.text)
    assert dict(running(a.now, a.clock)) == dict(running(b.now, a.clock))
    nothing_lost(a)


def nothing_lost(side: Side) -> None:
    """Every text stands, or was replaced by somebody who named it, or came beside what both had signed."""
    now = side.now
    texts = {one.id for one in side.has.values() if isinstance(one.body, Minutes) and one.body.state == Act.TEXT}
    live = {one for paragraph in now.text.paragraphs for one in paragraph.live}
    replaced = {one for operation in side.has.values() for one in operation.body.over}
    assert texts <= live | replaced | {one.id for one in now.late}
