"""Worlds that once failed, each under the name of what went wrong in it.

What went wrong has a test of its own beside the code that was mended. What a seed says changes with the program, so these are no
more likely to fail now than any other world: `make trial` runs them (docs/adr/0114-what-a-release-runs.md).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from comity.sim.faults import MINUTE_MS, calm_plan
from comity.sim.world import Settings, World, run_world
from tests.simulation.disks import make_disk

pytestmark = pytest.mark.slow
ROOM = ((1, (Path(__file__).parents[2] / "src/comity/room/schema/0001_room.sql").read_text(encoding="utf-8")),)


def rests(seed):
    """Say whether a world of `comity simulate` comes to rest with all invariants held."""
    return run_world(Settings(seed, 30, room=ROOM), make_disk).broken is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_clock_that_was_set_back_holds_up_nothing(seed):
    """Seed 16: what a node remembered of a time that lay ahead kept its pool waiting until the clock came there again."""
    far = (1, 5 * MINUTE_MS, 25 * MINUTE_MS, 75 * MINUTE_MS)
    plan = replace(calm_plan(), far=far)
    outcome = World(Settings(seed, 16, plan, healing_ms=25 * MINUTE_MS), make_disk).run()
    assert outcome.broken is None


@pytest.mark.parametrize("seed", [226, 339])
def test_a_key_list_that_the_other_side_could_not_open_does_not_wait_for_ever(seed):
    """Seeds 226 and 339: made under a clock that was far ahead, it was quarantined, and no other list could be handed in."""
    assert run_world(Settings(seed), make_disk).broken is None


def test_an_audit_excuses_sealed_bytes_that_a_put_back_store_lost():
    """Seed 1022: dispatches went under a new edition, were filed, and the store that had sealed them anew was put back."""
    assert run_world(Settings(1022), make_disk).broken is None


def test_a_room_whose_sides_both_started_while_they_were_parted_comes_to_rest():
    """Seed 334: each side showed its newest head alone, which was beyond the other's mirror, and both waited for ever."""
    assert rests(334)


def test_an_edition_that_both_sides_propose_in_the_same_words_is_signed_once():
    """Seed 417: each signed the other's proposal, so that there were two of one number and the second never had a place."""
    assert rests(417)


def test_a_text_that_was_refused_is_not_proposed_again_to_wait_for_ever():
    """Seed 1422: a put-back side that forgot its refusal proposed that text; the other side took it as answered already."""
    assert rests(1422)


def test_a_desk_that_people_resume_after_all_has_settled_is_waited_for():
    """Seed 1414: one desk was suspended and nothing waited for it, so the world rested before people resumed it, as planned."""
    assert rests(1414)


def test_an_edition_that_the_other_side_wrote_though_its_dispatch_did_not_open_enters_both_logs():
    """Seed 4073: it had the edition from a `recovered`; the side that sent it took it as not held there, and never wrote it."""
    assert rests(4073)


@pytest.mark.parametrize("seed", [5193, 5699])
def test_a_side_put_back_into_its_recovery_is_told_the_newest_head(seed):
    """Seeds 5193 and 5699: the same question came again after more of the log was accepted, and the old answer let it fork."""
    assert rests(seed)


def test_a_receipt_that_came_back_may_name_what_the_mirror_of_a_put_back_side_does_not_reach():
    """Seed 5115: the other side had no cosignature of ours above its leaf; the check of the world took the receipt as false."""
    assert rests(5115)


def test_what_was_recalled_while_it_waited_is_destroyed_after_the_end():
    """Seed 6351: refused when its turn came, its sealed bytes stayed where nobody could destroy them, and were owed for ever."""
    assert rests(6351)


def test_an_old_store_takes_its_sisters_head_for_no_thiefs():
    """Seed 8633: the peer recovered itself when an old store spoke to it, and showed it a head of the restored store."""
    assert rests(8633)


def test_people_hand_nothing_in_at_a_store_that_was_left_behind():
    """Seed 9163: the world handed a key list in at a superseded store, which refused it, and took that for a broken node."""
    assert rests(9163)


@pytest.mark.parametrize("seed", [174, 10566])
def test_what_an_earlier_restore_disowned_is_disowned_again_by_a_store_from_before_it(seed):
    """Seeds 174 and 10566: the log that came back had a digest of it, and nobody the heads."""
    assert rests(seed)


@pytest.mark.parametrize("seed", [679, 20193])
def test_a_side_is_not_put_back_while_the_other_waits_for_people_as_an_old_store(seed):
    """Seeds 679 and 20193: the world took it for mended, and put back both sides before either had recovered."""
    assert rests(seed)


@pytest.mark.parametrize("seed", [5903, 5917])
def test_the_world_asks_no_more_of_a_node_than_can_be(seed):
    """Seeds 5903 and 5917: a letter that nobody heard was said again, and a store that never signed was held for an old one."""
    assert rests(seed)
