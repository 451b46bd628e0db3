"""Each attack is beaten because of a defence: where the defence is taken out, the attack says that nothing noticed it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.cli.demo.attacks import ATTACKS, find_attack, flipped_byte, run_attack
from comity.dispatch.book import Book
from comity.dispatch.filing import Standing
from comity.node import absorb
from comity.node.node import Node
from comity.node.speaking import NO_ANSWERS
from comity.node.taken import Proven
from comity.policy.cedar import CedarGate

BY_NAME = {attack.name: attack for attack in ATTACKS}


def failing(finished, name: str) -> list[str]:
    """Play an attack and return what did not hold; none means that it was beaten."""
    result = run_attack(BY_NAME[name], finished)
    assert result.beaten == all(check.good for check in result.checks)
    return [check.what for check in result.checks if not check.good]


def plant_audit_that_reads_no_content(patch):
    patch.setattr("comity.node.auditrows._content", lambda *_: iter(()))


def plant_reading_without_proof(patch):
    patch.setattr("comity.node.remake._check_content", lambda *_: "taken as it is")


def plant_witness_that_looks_away(patch):
    real = absorb.absorb

    def looking_away(*arguments, **more):
        try:
            return real(*arguments, **more)
        except Proven:
            return False

    patch.setattr("comity.node.absorb.absorb", looking_away)


def plant_no_limit_for_arrival(patch):
    patch.setattr("comity.desks.requests.service.RequestsDesk._due", lambda *_: None)


def plant_no_memory_of_what_came(patch):
    def all_of_it(exchange, _):
        return list(exchange.dispatches), 0

    patch.setattr("comity.node.absorb.arrived_bytes", all_of_it)


def plant_no_hash_of_sealed_bytes(patch):
    patch.setattr(flipped_byte, "EVERY", 211)
    plant_no_memory_of_what_came(patch)


def plant_no_look_at_the_receiver(patch):
    patch.setattr("comity.dispatch.inbound.verify._checks", lambda *_: ())


def plant_inputs_that_default_to_nothing(patch):
    real = CedarGate.decide_attributes

    def filled(self, record, now):
        return real(self, {"assessments": {}, "categories": [], **record}, now)

    patch.setattr(CedarGate, "decide_attributes", filled)


def plant_batches_that_name_no_head(patch):
    patch.setattr(Book, "_tie", lambda _: None)


def plant_lanes_in_reverse(patch):
    from comity.node import speak

    real = speak._candidates
    patch.setattr(speak, "_candidates", lambda *arguments, **named: real(*arguments, **named)[::-1])


def plant_silence_that_nobody_notices(patch):
    patch.setattr(Node, "no_answer", lambda *_: NO_ANSWERS)


def plant_standing_without_end(patch):
    def standing(self, tx, desk, number, now):
        found = self._roster[desk, number]
        return Standing(found.agency, found.roles, None, None, None, None, None)

    patch.setattr("comity.desks.requests.powers.OfficerPowers.standing", standing)


def plant_no_memory_of_ended_postings(patch):
    patch.setattr("comity.desks.requests.powers.OfficerPowers.peer_posting_ended", lambda *_: None)


PLANTED = [
    ("rewritten-row", plant_audit_that_reads_no_content, "audit names the row"),
    ("rewritten-row", plant_reading_without_proof, "next read"),
    ("forked-log", plant_witness_that_looks_away, "the exchange was not taken"),
    ("withheld-receipt", plant_no_limit_for_arrival, "overdue at the limit"),
    ("replay", plant_no_memory_of_what_came, "nothing was recorded again"),
    ("flipped-byte", plant_no_hash_of_sealed_bytes, "each was refused"),
    ("resealed", plant_no_look_at_the_receiver, "the third node files nothing"),
    ("removed-input", plant_inputs_that_default_to_nothing, "refused, ground `error`"),
    ("clock-moved", plant_batches_that_name_no_head, "made after the limit"),
    ("cut-link", plant_lanes_in_reverse, "the immediate one goes first"),
    ("cut-link", plant_silence_that_nobody_notices, "the link is silent"),
    ("stolen-key", plant_standing_without_end, "the own node holds it"),
    ("stolen-key", plant_no_memory_of_ended_postings, "the other side's admit refuses it"),
]


@pytest.mark.parametrize(("name", "plant", "noticing"), PLANTED, ids=[f"{n}-{p.__name__[6:]}" for n, p, _ in PLANTED])
def test_without_its_defence_an_attack_is_not_beaten(finished, monkeypatch, name, plant, noticing):
    plant(monkeypatch)
    missed = failing(finished, name)
    assert missed
    assert any(noticing in one for one in missed), missed


def test_every_attack_has_a_planted_fault():
    assert {name for name, _, _ in PLANTED} == set(BY_NAME)


def test_an_attack_that_breaks_off_is_not_beaten(finished):
    def breaks_off(_):
        raise ValueError("a step was not possible")

    result = run_attack(replace(find_attack("replay"), run=breaks_off), finished)
    assert not result.beaten
    assert "a step was not possible" in result.checks[-1].what


def test_an_attack_without_checks_is_not_beaten(finished):
    result = run_attack(find_attack("10"), finished)
    assert result.beaten
    assert not replace(result, checks=()).beaten
