"""A running node looks again when somebody must be rung, and a lost answer of the store approves, sends and closes nothing twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm, StoreError
from comity.base.ids import Ms
from comity.dispatch.owed import Completion
from comity.dispatch.states import Committed
from comity.marking.labels import Urgency
from tests.unit.edge.driven import HOUR, MINUTE, FailingStore, HandClock, engine_of, rows, run, running, until
from tests.unit.node.approving import Asking, assessment, by, draft, office_of, yes
from tests.unit.node.forge import node
from tests.unit.node.world import START, store_of

LATER = Ms(START + MINUTE)


def waiting(law, store=None):
    """Return a node with a store that may fail, under a law and with officers of the tests of approvals."""
    made = node(store=store)
    office = office_of(law).office
    made.office = replace(made.office, gate=law, powers=office.powers, agencies=office.agencies, rota=office.rota)
    return made


def test_the_next_one_on_call_is_rung_while_the_node_sleeps():
    a = waiting(Asking(("head",)))
    a.submit([draft(urgency=Urgency.IMMEDIATE)], START)
    assert a.rings_at() == START + 30 * MINUTE

    async def play():
        clock = HandClock(START, START + 31 * MINUTE)
        with engine_of(a, clock) as engine:
            async with running(engine):
                await until(lambda: clock.done)

    run(play())
    rung = [(one.role, one.about, one.at) for one in a.alarms() if one.role == "approver"]
    assert ("approver", "plain/15", START + 30 * MINUTE) in rung


def test_what_is_overdue_is_told_while_the_node_sleeps():
    a = waiting(Asking())
    assert a.rings_at() is None
    a.submit([draft(assessments=(assessment(),))], START)
    assert a.rings_at() == START + 24 * HOUR + 1

    async def play():
        clock = HandClock(START, START + 25 * HOUR)
        with engine_of(a, clock) as engine:
            async with running(engine):
                await until(lambda: clock.done)

    run(play())
    assert [one.kind for one in a.alarms("reviewer")] == ["overdue"]
    assert a.rings_at() is None


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_store_that_does_not_answer_approves_and_sends_once(fault):
    store = FailingStore(store_of())
    a = waiting(Asking(("head",)), store)
    (held,) = a.submit([draft(assessments=(assessment(),))], START)

    def once(act):
        store.faults.append(fault)
        with pytest.raises(StoreError):
            act()
        a.ledger.forget()

    once(lambda: a.approve(held.subject, yes("head", 11), LATER))
    assert a.approve(held.subject, yes("head", 11), LATER).state == "held"
    assert rows(a, "SELECT count(*) FROM record WHERE kind = 'approval'") == [(1,)]
    once(lambda: a.resume(held.id, by(8), LATER))
    if fault == "before":
        assert isinstance(a.resume(held.id, by(8), LATER), Committed)
    else:
        with pytest.raises(BadForm, match="it is released"):
            a.resume(held.id, by(8), LATER)
    assert rows(a, "SELECT count(*) FROM sent") == [(1,)]
    (thing,) = a.owed()
    full = Completion(by(41), assessment=assessment("disclose", "full"))
    once(lambda: a.complete(thing.id, full, LATER))
    if fault == "before":
        a.complete(thing.id, full, LATER)
    assert a.owed() == ()
    assert rows(a, "SELECT count(*) FROM record WHERE kind = 'done-full-form'") == [(1,)]


def test_the_engine_takes_a_held_draft_up_and_tells_everyone():
    a = waiting(Asking(("head",)))
    (held,) = a.submit([draft()], START)

    async def play():
        with engine_of(a) as engine:
            still = await engine.resume(held.id, by(8))
            assert (still.state, engine.bell.since(0)) == ("held", ())
            await engine.call(a.approve, held.subject, yes("head", 11), LATER)
            sent = await engine.resume(held.id, by(8))
            assert isinstance(sent, Committed)
            assert engine.bell.since(1) == (held.id,)

    run(play())
