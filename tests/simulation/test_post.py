"""The simulated network says again what somebody heard, and nothing else of a side whose store was put back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.sim.agenda import Agenda
from comity.sim.chance import Chance
from comity.sim.faults import Fault, Injected, calm_plan
from comity.sim.post import Letter, Post

LYING = replace(calm_plan(), lie=1.0)
BEFORE, AFTER = Letter(b"said before the store was put back"), Letter(b"said after it")


@pytest.mark.parametrize("heard", [False, True])
def test_what_nobody_heard_before_a_put_back_is_not_said_again(heard):
    """Seed 5903: over TLS nobody can say a letter again that reached a dead process; a head in it stood against its signer."""
    agenda, injected, arrived = Agenda(0), Injected(), []
    post = Post(agenda, Chance("post"), LYING, 0, injected)

    def carry(letter, *, taken):
        def deliver(one):
            arrived.append(one.data)
            return taken

        post.carry(0, letter, deliver, answer=False)
        agenda.step()

    while BEFORE.data not in arrived:
        carry(BEFORE, taken=heard)
    post.cut(0)
    arrived.clear()
    for _ in range(200):
        carry(AFTER, taken=True)
    assert injected[Fault.REPLAYED.value]
    assert (BEFORE.data in arrived) == heard
