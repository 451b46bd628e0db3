"""The ten attacks of the script, each on copies of the finished day, and how they are run.

The rule they keep: the hostile act is really done against the real other node, what notices it is a check of the core,
and an attack whose defence is missing says so. Hostile nodes stand in this folder and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from comity.base.errors import BadForm, ComityError
from comity.cli.demo.attacks import (
    clock_moved,
    cut_link,
    flipped_byte,
    forked_log,
    removed_input,
    replay,
    resealed,
    rewritten_row,
    stolen_key,
    withheld_receipt,
)
from comity.cli.demo.attacks.arena import Arena, arena
from comity.cli.demo.attacks.result import AttackResult, Check
from comity.cli.demo.clone import FinishedDay

_BROKEN = (ComityError, ValueError, AssertionError, LookupError, TypeError)
"""What an attack can end in when a defence that it relies on is not there."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: its place in the script, its name, one line for the list, and what plays it."""

    number: int
    name: str
    words: str
    run: Callable[[Arena], AttackResult]


def _attack(place: tuple[int, str], words: str, run: Callable[[Arena], AttackResult]) -> Attack:
    return Attack(*place, words, run)


ATTACKS = (
    _attack(rewritten_row.ATTACK, "an operator alters a dispatch in his own store", rewritten_row.run),
    _attack(forked_log.ATTACK, "one side signs a second history and shows it to the other", forked_log.run),
    _attack(withheld_receipt.ATTACK, "one side takes an immediate question and says nothing", withheld_receipt.run),
    _attack(replay.ATTACK, "an outsider sends a dispatch again, byte by byte", replay.run),
    _attack(flipped_byte.ATTACK, "a byte is changed, at every position of an exchange", flipped_byte.run),
    _attack(resealed.ATTACK, "what was received is sealed for a third state", resealed.run),
    _attack(removed_input.ATTACK, "the own law is asked without something it must read", removed_input.run),
    _attack(clock_moved.ATTACK, "a clock is set back so that a late answer looks in time", clock_moved.run),
    _attack(cut_link.ATTACK, "the link is cut for a day while something immediate waits", cut_link.run),
    _attack(stolen_key.ATTACK, "an officer whose posting has ended is used", stolen_key.run),
)


def find_attack(asked: str) -> Attack:
    """Return an attack by its number or name.

    Raises:
        BadForm: there is none.
    """
    for attack in ATTACKS:
        if asked.strip().casefold() in {str(attack.number), attack.name}:
            return attack
    known = ", ".join(f"{attack.number} {attack.name}" for attack in ATTACKS)
    raise BadForm(f"there is no attack {asked!r}; choose one of: {known}")


def run_attack(attack: Attack, finished: FinishedDay) -> AttackResult:
    """Play one attack on fresh copies of the finished day."""
    with arena(finished, f"{attack.number}-{attack.name}") as ring:
        try:
            return attack.run(ring)
        except _BROKEN as error:
            said = f"{type(error).__name__}: {error}"
            ring.checks.append(Check(f"the attack went as the script says; it ended in {said}", good=False))
            place = (attack.number, attack.name)
            return ring.result(place, by="", done=attack.words, noticed="nothing that was meant to", after="")
