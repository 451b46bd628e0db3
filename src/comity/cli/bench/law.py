"""How fast the law answers: full decisions in two stages, and answers from memory, on the questions of the day's cases.

Counted in processor time of the one core that answers: there is no waiting in it, so what else the machine does takes
little from the figures. Each question is asked as a new object, so that finding it in memory costs what it does in a
node; the best of several rounds counts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.edge.lawfiles import CASES, load_cases
from comity.edge.setup import edition_files
from comity.policy.cache import RememberingGate
from comity.policy.cases import Case
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Question
from comity.policy.verdict import Gate

DECISIONS: Final = 2_000
REMEMBERED: Final = 20_000
ANSWERS: Final = 65_536
DAYS: Final = "days"

Asked = list[tuple[Question, Ms]]


def bench_law(quick: bool, laws: Path) -> dict[str, dict[str, float]]:  # noqa: FBT001  every bench is called this way
    """Measure every edition that the cases of the days ask, by the name of its folder.

    Args:
        quick: one round instead of five.
        laws: folder of law editions and cases.

    Returns:
        For each edition: questions (different ones asked), rules (in force), decisions_per_s (both stages, no memory) and
        remembered_per_s (answers from memory), each a second of one core.

    Raises:
        BadForm: there are no cases of days in the folder.
    """
    folder = laws / CASES / DAYS
    cases = load_cases((folder,), laws)[0] if folder.is_dir() else ()
    if not cases:
        raise BadForm(f"{folder} holds no cases to ask; name the project's folder with --data")
    names = sorted({case.law for case in cases})
    return {name: _measure([case for case in cases if case.law == name], laws, 1 if quick else 5) for name in names}


def _measure(cases: Sequence[Case], laws: Path, rounds: int) -> dict[str, float]:
    law = CedarGate(Edition.load(edition_files(laws, cases[0].law)))
    remembering = RememberingGate(law, ANSWERS)
    for gate in (law, remembering):  # compiles what is asked, and fills the memory
        _ask(gate, _copies(cases, len(cases)))
    bare = min(_ask(law, _copies(cases, DECISIONS)) for _ in range(rounds))
    known = min(_ask(remembering, _copies(cases, REMEMBERED)) for _ in range(rounds))
    return {
        "questions": len({(case.question, case.now) for case in cases}),
        "rules": len(law.edition.in_force(cases[0].now)),
        "decisions_per_s": DECISIONS / bare,
        "remembered_per_s": REMEMBERED / known,
    }


def _copies(cases: Sequence[Case], number: int) -> Asked:
    """Return questions as a node meets them: equal to earlier ones, and not the same objects."""
    chosen = (cases[place % len(cases)] for place in range(number))
    return [(replace(case.question), case.now) for case in chosen]


def _ask(gate: Gate, asked: Asked) -> float:
    """Return the seconds of processor time that it takes to answer all."""
    begun = time.process_time()
    for question, now in asked:
        gate.decide(question, now)
    return time.process_time() - begun
