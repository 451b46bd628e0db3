"""Whatever the order of what people and nodes do, each dispatch is judged by the edition of its place, on both nodes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch.entries import DispatchLeaf, InstrumentKind, InstrumentLeaf, decode_entry
from comity.marking.labels import Urgency
from comity.sim.exercise import OFFICER
from tests.examples import examples
from tests.unit.node.amended import TICK, rest, two
from tests.unit.node.putback import START, note, say

ACTS = ("urgent", "normal", "propose", "sign", "refuse", "look", "call", "call-lost", "start")


def waiting(side):
    return [one.said for one in side.node.amending().proposals if one.waits and not one.said.ours]


def act(what, side, other, now, number):
    """Let one side do one thing."""
    if what in {"urgent", "normal"}:
        side.node.submit([note(f"{number}", Urgency.URGENT if what == "urgent" else Urgency.NORMAL)], now)
    elif what == "propose":
        side.say(side.half(timers=(("window", 900 + number),), in_force_from=Ms(number)), now)
    elif what == "look":
        side.node.tick(now)
    elif what == "call":
        say(side, other, now)
    elif what == "call-lost":
        other.node.take(side.node.speak(now), now)
    elif what == "start":
        side.open()
    elif found := waiting(side):
        if what == "sign":
            side.say(side.also(found[0].signed), now)
        else:
            side.node.refuse_edition(found[0].text_sha256, "no", OFFICER, now)


def editions(side):
    """Return the digests of the editions in our log, and (index, edition) of each dispatch with that by counting."""
    digests, dispatches = [], []
    for index, entry in side.rows("SELECT idx, entry FROM entry WHERE role = 'ours' ORDER BY idx"):
        leaf = decode_entry(entry)
        if isinstance(leaf, InstrumentLeaf) and leaf.kind is InstrumentKind.ACCORD and index > 2:
            digests.append(leaf.digest)
        elif isinstance(leaf, DispatchLeaf):
            dispatches.append((index, leaf.edition, 1 + len(digests)))
    return digests, dispatches


@examples(10)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.booleans(), st.integers(1, 90)), min_size=8, max_size=30))
def test_each_dispatch_is_judged_by_the_edition_of_its_place(acts):
    a, b = two()
    now = START
    for number, (what, first, seconds) in enumerate(acts, 1):
        now = Ms(now + seconds * 1_000)
        side, other = (a, b) if first else (b, a)
        try:
            act(what, side, other, now, number)
        except BadForm:
            continue
    rest(a, b, Ms(now + TICK), rounds=5)
    for side, other in ((a, b), (b, a)):
        digests, dispatches = editions(side)
        assert digests == editions(other)[0]
        for index, said, counted in dispatches:
            accord, digest = other.node.office.judged_by(index)
            assert said == counted == accord.edition
            assert counted == 1 or digest == digests[counted - 2]
        assert {row[0] for row in side.rows("SELECT fact FROM got")} <= {2}
        assert side.rows("SELECT 1 FROM pool") == []
    assert a.node.office.accord == b.node.office.accord
    for store in (a.store, b.store):
        store.close()
