"""A recall or correction reaches every desk but its own, on both sides, as what became of it: let in, or asked and refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.entries import Fact
from comity.dispatch.filing import TakenBack
from comity.dispatch.takingback import heard
from tests.unit.node.world import START, PlainDesk, exchange, form, make_pair


class Beside(PlainDesk):
    """A desk that is told what is taken back."""

    name = "beside"

    def __init__(self) -> None:
        self.told: dict[tuple[bytes, bytes], TakenBack] = {}

    def take_back(self, tx, taken):
        self.told[taken.target, taken.by] = taken


@pytest.fixture
def pair():
    nodes = make_pair(tick=60_000)
    for node in nodes:
        node.office = replace(node.office, desks={**node.office.desks, "beside": Beside()})
    exchange(*nodes, START)
    exchange(*reversed(nodes), Ms(START + 1_000))
    return nodes


def told(node):
    return [(one.kind, one.ours, one.refused) for one in node.office.desks["beside"].told.values()]


def say(pair, at, **more):
    (done,) = pair[0].submit([form(**more)], Ms(START + at))
    return done


def cross(pair, at):
    for step in range(3):
        exchange(*pair, Ms(START + at + 1_000 * step))
        exchange(*reversed(pair), Ms(START + at + 1_000 * step + 500))


@pytest.mark.parametrize(("purpose", "refused"), [("liaison", False), ("workplan", True)])
def test_both_sides_tell_their_desks_what_became_of_a_recall(pair, purpose, refused):
    first = say(pair, 5_000)
    cross(pair, 6_000)
    say(pair, 10_000, kind="recall", purpose=purpose, replaces=first.id, case=first.case)
    a, b = pair
    assert told(a) == [("recall", True, False)], "until the other side has spoken"
    assert told(b) == []
    cross(pair, 11_000)
    assert told(a) == [("recall", True, refused)]
    assert told(b) == [("recall", False, refused)]
    (one,) = a.office.desks["beside"].told.values()
    assert one.target == first.id


def test_a_receipt_of_another_kind_or_of_nothing_here_tells_no_desk(pair):
    a = pair[0]
    first = say(pair, 5_000)
    recall = say(pair, 6_000, kind="recall", replaces=first.id, case=first.case)
    desk = a.office.desks["beside"]
    desk.told.clear()
    with a.store.begin() as tx:
        for id_, fact in ((first.id, Fact.REFUSED), (bytes(16), Fact.REFUSED), (recall.id, Fact.SEEN)):
            heard(id_, fact, a.office.desks, tx)
        assert told(a) == []
        heard(recall.id, Fact.QUARANTINED, a.office.desks, tx)
        assert told(a) == [("recall", True, True)], "what could not be opened was not let in"
        heard(recall.id, Fact.FILED, a.office.desks, tx)
        assert told(a) == [("recall", True, False)], "sealed anew and opened"
