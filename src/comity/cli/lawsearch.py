"""The work behind `comity law analyse` and `comity law diff`, and how it is shown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from comity.analysis.accepted import Accepted, read_accepted, stale, unexpected
from comity.analysis.analyse import Told, analyse
from comity.analysis.finding import Example, Finding
from comity.analysis.shifts import Shift, What, difference
from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.cli.out import show_json, show_table
from comity.cli.terminal import console
from comity.edge.clock import SystemClock
from comity.edge.setup import edition_files
from comity.policy import explain
from comity.policy.edition import MANIFEST, Edition
from comity.policy.rule import day_begins
from comity.policy.verdict import Verdict


def analyse_edition(asked: argparse.Namespace, accepted_file: Path) -> int:
    """Show what is wrong with one edition; 1 if nobody accepted some of it."""
    law, edition = _edition(asked.laws, asked.edition)
    now = _day(asked.day)
    accepted = read_accepted(accepted_file.read_text("utf-8"), accepted_file.name) if accepted_file.is_file() else ()
    with _progress(f"analysing {law}", hidden=asked.json) as told:
        findings = analyse(edition, now, told)
    new, old = unexpected(law, findings, accepted), stale(law, findings, accepted)
    if asked.json:
        show_json(_analysis_json(law, edition, findings, new))
    else:
        _say_head(edition, now)
        _say_findings(findings if asked.all else new, new)
        _say_accepted(law, findings, new, old)
    return 1 if new else 0


def compare_editions(asked: argparse.Namespace) -> int:
    """Show what the new edition newly does; 1 if the gates do not confirm an example."""
    (_, old), (_, new) = _edition(asked.laws, asked.old), _edition(asked.laws, asked.new)
    now = _day(asked.day)
    changes = explain.difference(old, new)
    with _progress("comparing", hidden=asked.json) as told:
        shifts = difference(old, new, now, told)
    if asked.json:
        show_json({"old": _name(old), "new": _name(new), "rules": _changes(changes), "shifts": _shifts_json(shifts)})
    else:
        _say_head(old, now)
        _say_head(new, now)
        show_table(
            "Rules", ("rule", "what", "before", "after"), [[str(cell) for cell in row] for row in _rows(changes)]
        )
        _say_shifts(shifts, frozenset(change.rule for change in changes))
    return 1 if any(shift.what is What.FAULT for shift in shifts) else 0


def _edition(laws: Path, asked: str) -> tuple[str, Edition]:
    """Return the folder's name and the edition: one of the folder of laws, or at a path."""
    folder = next((one.resolve() for one in (laws / asked, Path(asked)) if (one / MANIFEST).is_file()), None)
    if folder is None:
        raise BadForm(f"{asked!r} is no edition in {laws} and no path of one; nothing was analysed")
    return folder.name, Edition.load(edition_files(folder.parent, folder.name))


def _day(text: str | None) -> Ms:
    try:
        return SystemClock().now() if text is None else day_begins(text)
    except ValueError as error:
        raise BadForm(f"{text!r} is no day such as 2026-07-13; nothing was analysed") from error


@contextmanager
def _progress(what: str, *, hidden: bool) -> Iterator[Told]:
    """Show how far the work is, on standard error and on a terminal only."""
    shown = Console(file=sys.stderr)
    with Progress(console=shown, transient=True, disable=hidden or not shown.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def told(now_at: str, done: int, total: int) -> None:
            progress.update(task, description=f"{what}: {now_at}", completed=done, total=total)

        yield told


# --- for people ------------------------------------------------------------------------------------------------------


def _say(text: str) -> None:
    console().print(text, markup=False)


def _say_head(edition: Edition, now: Ms) -> None:
    rules = len(edition.in_force(now))
    exercise = "; EXERCISE EDITION, not reviewed by counsel" if edition.exercise else ""
    _say(f"{edition.name}: {rules} of {len(edition.rules)} rules in force; hash {edition.hash.hex()[:16]}{exercise}")


def _say_findings(findings: Sequence[Finding], new: Sequence[Finding]) -> None:
    for finding in findings:
        mark = "NEW" if finding in new else "accepted"
        _say(f"\n{mark} {finding.kind}: {finding.rule}\n  {finding.what}")
        if finding.example is not None:
            _say_example("example", finding.example)
        if finding.then is not None:
            _say_example("and then not", finding.then)


def _say_example(what: str, example: Example) -> None:
    _say(f"  {what}: {example.plain}\n  ask = {example.ask}")


def _say_accepted(law: str, findings: Sequence[Finding], new: Sequence[Finding], old: Sequence[Accepted]) -> None:
    _say(f"\n{len(new)} new, {len(findings) - len(new)} accepted with a reason")
    for line in old:
        _say(f"no longer found in {law}, take its line out: {line.kind} {line.rule} {' '.join(line.beside)}".rstrip())


def _say_shifts(shifts: Sequence[Shift], changed: frozenset[str]) -> None:
    if not shifts:
        _say("\nNo question is answered otherwise, and nothing else is obliged.")
    for shift in shifts:
        _say(f"\n{shift.what}, {shift.act}: {_told(shift.old)} -> {_told(shift.new)}")
        _say(f"  by {shift.way}{_because(shift, changed)}")
        _say_example("example", shift.example)
    if shifts:
        counts = {what: sum(shift.what is what for shift in shifts) for what in What}
        _say("\n" + ", ".join(f"{count} {what}" for what, count in counts.items() if count))


def _told(verdict: Verdict) -> str:
    return f"{verdict.effect} ({', '.join(reason.rule for reason in verdict.reasons)})"


def _because(shift: Shift, changed: frozenset[str]) -> str:
    rewritten = [rule for rule in shift.because if rule in changed]
    if not shift.because or rewritten:
        return f"; rules that changed: {', '.join(rewritten)}" if rewritten else ""
    return f"; the text of {', '.join(shift.because)} is the same, the editions' lists of words differ"


# --- for machines ------------------------------------------------------------------------------------------------------


def _name(edition: Edition) -> dict[str, object]:
    return {"name": edition.name, "exercise": edition.exercise, "hash": edition.hash.hex()}


def _analysis_json(
    law: str, edition: Edition, findings: Sequence[Finding], new: Sequence[Finding]
) -> dict[str, object]:
    told = [
        {
            "finding": finding.kind,
            "rule": finding.rule,
            "with": list(finding.others),
            "what": finding.what,
            "accepted": finding not in new,
            "example": _example_json(finding.example),
            "then": _example_json(finding.then),
        }
        for finding in findings
    ]
    return {"law": law, "edition": _name(edition), "findings": told}


def _example_json(example: Example | None) -> dict[str, object] | None:
    return None if example is None else {"plain": dict(example.differs), "ask": example.ask}


def _shifts_json(shifts: Sequence[Shift]) -> list[dict[str, object]]:
    return [
        {
            "what": shift.what,
            "act": shift.act,
            "by": shift.way,
            "because": list(shift.because),
            "example": _example_json(shift.example),
            "old": {"effect": shift.old.effect, "rules": [reason.rule for reason in shift.old.reasons]},
            "new": {"effect": shift.new.effect, "rules": [reason.rule for reason in shift.new.reasons]},
        }
        for shift in shifts
    ]


def _changes(changes: Sequence[explain.Change]) -> list[dict[str, str]]:
    return [dict(zip(("rule", "what", "before", "after"), row, strict=True)) for row in _rows(changes)]


def _rows(changes: Sequence[explain.Change]) -> list[list[str]]:
    return [[change.rule, change.what, _line(change.old), _line(change.new)] for change in changes]


def _line(line: explain.Line | None) -> str:
    return "" if line is None else f"{line.effect}, {line.first_day} to {line.last_day}, {line.status}"
