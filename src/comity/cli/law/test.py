"""`comity law test`: run the cases that a law edition must answer rightly, and name what they leave untried."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from comity.base.errors import BadForm
from comity.cli.out import show_json, show_table
from comity.edge.lawfiles import CASES, load_cases
from comity.edge.setup import edition_files
from comity.policy.cases import Case, Outcome, coverage, run_case, supposed
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.groundcases import GroundCase, never_seen, wrong_words


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be run: all cases of a folder of laws, and those that were meant."""

    everything: tuple[Case, ...]
    meant: tuple[Case, ...]
    words: tuple[GroundCase, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it.

    Attributes:
        editions: the editions that were meant, by name.
        outcomes: of the cases that were meant.
        words: what is wrong about the words for grounds.
        untried: edition, or "" for the vocabulary, to what its cases leave untried; empty if that was not asked.
    """

    editions: dict[str, Edition]
    outcomes: tuple[Outcome, ...]
    words: tuple[str, ...]
    untried: dict[str, tuple[str, ...]]

    @property
    def good(self) -> bool:
        """Whether every answer is as its case says and nothing is left untried."""
        return not self.words and all(o.good for o in self.outcomes) and not any(self.untried.values())


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
    chosen = chosen_cases(asked.laws, asked.cases, asked.law)
    whole = not asked.cases and not asked.no_coverage
    ran = chosen.everything if whole else chosen.meant  # a rule that two editions share is tried by the cases of either
    names = sorted({case.law for case in ran} | {case.law for case in chosen.words})
    editions = {law: Edition.load(edition_files(asked.laws, law)) for law in names}
    outcomes = _run(ran, editions, hidden=asked.json)
    meant = {law: edition for law, edition in editions.items() if asked.law in {None, law}}
    report = Report(
        editions=meant,
        outcomes=tuple(outcome for outcome in outcomes if outcome.case in chosen.meant),
        words=tuple(line for case in chosen.words for line in wrong_words(case, editions[case.law])),
        untried={law: coverage(ran, outcomes, edition).gaps() for law, edition in meant.items()} if whole else {},
    )
    if whole and asked.law is None and chosen.words:
        report.untried[""] = never_seen(outcomes, chosen.words)
    (_say_json if asked.json else _say)(report)
    return 0 if report.good else 1


def chosen_cases(laws: Path, asked: Sequence[str], law: str | None) -> Chosen:
    """Return all cases of a folder of laws, and those that are meant.

    Raises:
        BadForm: nothing is meant by one of the words, or no case is left.
    """
    everything, words = load_cases((laws / CASES,), laws) if (laws / CASES).is_dir() else ((), ())
    by_id = {case.id: case for case in everything}
    meant: dict[str, Case] = {} if asked else dict(by_id)
    told = [] if asked else list(words)
    for word in asked:
        if word in by_id:
            meant[word] = by_id[word]
        elif Path(word).exists():
            cases, more = load_cases((Path(word),), laws)
            meant |= {case.id: case for case in cases}
            told += more
        else:
            raise BadForm(f"{word!r} is no case and no file of cases; nothing was run")
    left = tuple(case for case in meant.values() if law in {None, case.law})
    left_words = tuple(case for case in told if law in {None, case.law})
    if not left and not left_words:
        raise BadForm("there is no such case; nothing was run")
    return Chosen(everything, left, left_words)


def _run(cases: Sequence[Case], editions: dict[str, Edition], *, hidden: bool) -> list[Outcome]:
    gates = {law: CedarGate(edition) for law, edition in editions.items()}
    console = Console(file=sys.stderr)
    outcomes = []
    with Progress(console=console, transient=True, disable=hidden or not console.is_terminal) as progress:
        task = progress.add_task("cases", total=len(cases))
        for case in cases:
            gate = CedarGate(supposed(editions[case.law], case)) if case.suppose else gates[case.law]
            outcomes.append(run_case(case, gate))
            progress.advance(task)
    return outcomes


def _say(report: Report) -> None:
    for outcome in report.outcomes:
        if not outcome.good:
            print(f"WRONG {outcome.case.id} ({outcome.case.file}): {outcome.case.title} [{outcome.case.article}]")
            print("".join(f"      {line}\n" for line in outcome.mismatches), end="")
    print("".join(f"WRONG {line}\n" for line in report.words), end="")
    rows = []
    for law, edition in report.editions.items():
        mine = [outcome for outcome in report.outcomes if outcome.case.law == law]
        answers = Counter(outcome.verdict.effect for outcome in mine)
        told = ", ".join(f"{effect} {count}" for effect, count in sorted(answers.items()))
        gaps = str(len(report.untried[law])) if law in report.untried else "not asked"
        wrong = sum(not outcome.good for outcome in mine)
        rows.append([law, str(len(edition.rules)), str(len(mine)), str(wrong), told, gaps])
    show_table("Cases", ("law", "rules", "cases", "wrong", "answers", "untried"), rows)
    for law, left in report.untried.items():
        print("".join(f"UNTRIED {law or 'vocabulary'}: {gap}\n" for gap in left), end="")
    for edition in report.editions.values():
        if edition.exercise:
            print(f"{edition.name}: EXERCISE EDITION, not reviewed by counsel")


def _say_json(report: Report) -> None:
    show_json(
        {
            "editions": {
                law: {"name": edition.name, "exercise": edition.exercise, "hash": edition.hash.hex()}
                for law, edition in report.editions.items()
            },
            "cases": len(report.outcomes),
            "wrong": [
                {"case": outcome.case.id, "file": outcome.case.file, "mismatches": list(outcome.mismatches)}
                for outcome in report.outcomes
                if not outcome.good
            ],
            "wrong_words": list(report.words),
            "untried": {law or "vocabulary": list(gaps) for law, gaps in report.untried.items()},
        }
    )
