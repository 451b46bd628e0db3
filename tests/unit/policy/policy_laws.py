"""The editions in the tree, and one question to start from."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from comity.base.ids import Ms
from comity.policy.cases import BASE
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition, assemble
from comity.policy.question import Assessed, AssessedAct, Decision, Question, Risk
from comity.policy.rule import day_begins

LAWS = Path(__file__).parents[3] / "laws"
DAY: Ms = day_begins("2026-07-13")


def folders() -> dict[str, dict[str, bytes]]:
    return {
        folder.name: {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in LAWS.iterdir()
        if folder.is_dir()
    }


@cache
def edition(name: str) -> Edition:
    return Edition.load(assemble(folders(), name))


@cache
def gate(name: str) -> CedarGate:
    return CedarGate(edition(name))


def assessed(act: str, **changes: object) -> Assessed:
    low = Assessed(AssessedAct(act), False, Risk.LOW, False, Risk.LOW, Decision.GO, True)
    return replace(low, **changes)


"""A message in a police case with nothing in it; both laws permit it."""


def ask(**changes: object) -> Question:
    sets = {name: frozenset(value) for name, value in changes.items() if isinstance(value, set)}
    return replace(BASE, **{**changes, **sets})


def ids(verdict) -> set[str]:
    return {reason.rule for reason in verdict.reasons}
