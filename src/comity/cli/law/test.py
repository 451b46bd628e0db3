"""`comity law test`: run the cases that a law edition must answer rightly, and name what they leave untried."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from comity.base.errors import BadForm
from comity.cli.out import show_json, show_table
from comity.edge.lawfiles import CASES, load_cases
from comity.edge.setup import edition_files
from comity.policy.cases import Case, Coverage, Outcome, coverage, run_case
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    test = actions.add_parser("test", help="run the cases of law editions and name what they leave untried")
    test.add_argument("cases", nargs="*", metavar="CASE", help="ids, files or folders of cases; default: all")
    test.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
    test.add_argument("--law", help="only cases of this edition")
    test.add_argument("--no-coverage", action="store_true", help="do not ask whether every rule was tried")
    test.add_argument("--json", action="store_true", help="for machines")
    test.set_defaults(run=run_test)


def run_test(asked: argparse.Namespace) -> int:
    """Run the cases; 1 if any answer is another, or an edition whose cases were all run has a gap."""
    everything, chosen = chosen_cases(asked.laws, asked.cases, asked.law)
    whole = not asked.cases and not asked.no_coverage
    ran = everything if whole else chosen  # a rule that two editions share is tried by the cases of either
    editions = {law: Edition.load(edition_files(asked.laws, law)) for law in sorted({case.law for case in ran})}
    outcomes = _run(ran, editions, hidden=asked.json)
    shown = [outcome for outcome in outcomes if outcome.case in chosen]
    meant = {law: edition for law, edition in editions.items() if asked.law in {None, law}}
    covered = {law: coverage(ran, outcomes, edition) for law, edition in meant.items()} if whole else {}
    (_say_json if asked.json else _say)(shown, meant, covered)
    good = all(outcome.good for outcome in shown) and all(one.whole for one in covered.values())
    return 0 if good else 1


def chosen_cases(laws: Path, asked: Sequence[str], law: str | None) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """Return all cases of a folder of laws, and those that are meant.

    Raises:
        BadForm: nothing is meant by one of the words, or no case is left.
    """
    everything = load_cases((laws / CASES,), laws) if (laws / CASES).is_dir() else ()
    by_id = {case.id: case for case in everything}
    chosen: dict[str, Case] = {} if asked else dict(by_id)
    for word in asked:
        if word in by_id:
            chosen[word] = by_id[word]
        elif Path(word).exists():
            chosen |= {case.id: case for case in load_cases((Path(word),), laws)}
        else:
            raise BadForm(f"{word!r} is no case and no file of cases; nothing was run")
    left = tuple(case for case in chosen.values() if law in {None, case.law})
    if not left:
        raise BadForm("there is no such case; nothing was run")
    return everything, left


def _run(cases: Sequence[Case], editions: dict[str, Edition], *, hidden: bool) -> list[Outcome]:
    gates = {law: CedarGate(edition) for law, edition in editions.items()}
    console = Console(file=sys.stderr)
    outcomes = []
    with Progress(console=console, transient=True, disable=hidden or not console.is_terminal) as progress:
        task = progress.add_task("cases", total=len(cases))
        for case in cases:
            outcomes.append(run_case(case, gates[case.law]))
            progress.advance(task)
    return outcomes


def _say(outcomes: Sequence[Outcome], editions: dict[str, Edition], covered: dict[str, Coverage]) -> None:
    for outcome in outcomes:
        if not outcome.good:
            print(f"WRONG {outcome.case.id} ({outcome.case.file}): {outcome.case.title} [{outcome.case.article}]")
            print("".join(f"      {line}\n" for line in outcome.mismatches), end="")
    rows = []
    for law, edition in editions.items():
        mine = [outcome for outcome in outcomes if outcome.case.law == law]
        answers = Counter(outcome.verdict.effect for outcome in mine)
        told = ", ".join(f"{effect} {count}" for effect, count in sorted(answers.items()))
        gaps = str(len(covered[law].gaps())) if law in covered else "not asked"
        wrong = sum(not outcome.good for outcome in mine)
        rows.append([law, str(len(edition.rules)), str(len(mine)), str(wrong), told, gaps])
    show_table("Cases", ("law", "rules", "cases", "wrong", "answers", "untried"), rows)
    for law, one in covered.items():
        print("".join(f"UNTRIED {law}: {gap}\n" for gap in one.gaps()), end="")
    for edition in editions.values():
        if edition.exercise:
            print(f"{edition.name}: EXERCISE EDITION, not reviewed by counsel")


def _say_json(outcomes: Sequence[Outcome], editions: dict[str, Edition], covered: dict[str, Coverage]) -> None:
    show_json(
        {
            "editions": {
                law: {"name": edition.name, "exercise": edition.exercise, "hash": edition.hash.hex()}
                for law, edition in editions.items()
            },
            "cases": len(outcomes),
            "wrong": [
                {"case": outcome.case.id, "file": outcome.case.file, "mismatches": list(outcome.mismatches)}
                for outcome in outcomes
                if not outcome.good
            ],
            "untried": {law: list(one.gaps()) for law, one in covered.items()},
        }
    )
