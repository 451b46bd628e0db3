"""A real node's clock jumps by hours, while it runs and over a restart: it is said, nothing is lost, and traffic goes on by itself."""

from __future__ import annotations

import time

import pytest

from comity.base.ids import Ms
from comity.edge.doctor import Grade, examine
from tests.disks.conftest import Trial, show_at_start
from tests.kills.test_kills import texts
from tests.kills.test_put_back import kill, wait_until_settled

pytestmark = pytest.mark.slow
HOUR = 3_600_000


def shown(actor) -> int:
    return actor.ask("GET", "/clock")["now"]


def jump(actor, by: int) -> None:
    actor.set_clock(Ms(shown(actor) + by), 1)


def wait_for_clock_finding(actor, grade: Grade, seconds: float = 90) -> None:
    """Wait until doctor says of a node that its clock and the other side's differ, and what to do."""
    ends = time.monotonic() + seconds
    while True:
        found = {one.what: one for one in examine(actor.folder, Ms(shown(actor)))}["clock"]
        if found.grade is grade:
            assert grade is Grade.GOOD or "NTP" in found.do
            return
        assert time.monotonic() < ends, found
        time.sleep(0.2)


def stored(trial: Trial) -> list[set[str]]:
    return [set(sender.stored) for sender in trial.senders]


def nothing_is_lost(trial: Trial, meanwhile: list[set[str]]) -> None:
    """Settle; all arrived, and what is kept apart was made while the clocks differed, and its sender is told.

    A dispatch made more than five minutes ahead of the receiver's clock is not believed: it has a receipt that says so.
    """  # spec: protocol.md 7
    found = wait_until_settled(trial.stage)
    assert all(one["counters"]["evidence"] == 0 for one in found), "no honest node is accused"
    assert all(one["link"]["state"] == "up" for one in found)
    for sender, receiver, made in zip(trial.senders, trial.stage.actors[::-1], meanwhile, strict=True):
        assert texts(sender.actor, "sent", "fact = 2") == texts(receiver, "got", "fact = 2")
        filed, apart = texts(receiver, "got", "fact = 2"), texts(sender.actor, "sent", "fact = 3")
        assert set(sender.stored) - made <= set(filed)
        assert set(sender.stored) <= set(filed) | set(apart)
        assert max(filed.values()) == 1


@pytest.mark.parametrize("by", [3 * HOUR, -3 * HOUR])
def test_a_clock_that_jumps_while_the_node_runs(clocked, by):
    trial = Trial(clocked)
    trial.start()
    trial.wait_for_more(5)
    before = stored(trial)
    jump(trial.first, by)
    wait_for_clock_finding(trial.second if by > 0 else trial.first, Grade.BAD)
    ahead, behind = (trial.first, trial.second) if by > 0 else (trial.second, trial.first)
    words = (clocked.folder / f"{ahead.id}.log").read_text(encoding="utf-8")
    assert "the peer did not take our exchange: clock" in words
    trial.wait_for_more(2)
    trial.wait_for_more(2, side=1)
    jump(trial.first, -by)
    meanwhile = [now - then for now, then in zip(stored(trial), before, strict=True)]
    if by > 0:  # it has signed heads of that hour, and its log's time never goes back: time passes until it is there
        for actor in clocked.actors:
            jump(actor, 2 * HOUR + 120_000)
    trial.wait_for_more(5)
    trial.wait_for_more(5, side=1)
    trial.end()
    nothing_is_lost(trial, meanwhile)
    wait_for_clock_finding(behind, Grade.LOOK if by > 0 else Grade.GOOD)  # a log's time waits until it is reached


@pytest.mark.parametrize("by", [5 * HOUR, -5 * HOUR])
def test_a_clock_that_is_wrong_when_the_node_starts_again(clocked, by):
    trial = Trial(clocked)
    trial.start()
    trial.wait_for_more(5)
    now, before = shown(trial.second), stored(trial)
    kill(trial.first)
    show_at_start(trial.first, now + by)
    clocked.restart(trial.first)
    wait_for_clock_finding(trial.second if by > 0 else trial.first, Grade.BAD)
    trial.wait_for_more(2)
    trial.first.set_clock(Ms(shown(trial.second)), 1)
    meanwhile = [made - then for made, then in zip(stored(trial), before, strict=True)]
    if by > 0:
        for actor in clocked.actors:
            jump(actor, 4 * HOUR + 120_000)
    trial.wait_for_more(5)
    trial.wait_for_more(5, side=1)
    trial.end()
    nothing_is_lost(trial, meanwhile)
