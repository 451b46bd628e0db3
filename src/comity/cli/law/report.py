"""`comity law report`: a party's yearly report on mistreatment, counted from its decision log; no names, no cases."""

from __future__ import annotations

import argparse
from dataclasses import asdict, fields
from pathlib import Path

from comity.cli.out import show_json, show_table
from comity.edge.clock import SystemClock
from comity.edge.export import snapshot
from comity.node.lawreport import FullForms, MistreatmentReport, mistreatment_report

_WORDS = {
    "assessments": "assessments, by act",
    "forms": "by form",
    "risks": "risk before > after",
    "decisions": "what the decider wrote",
    "inside": "decider not outside the operation",
    "mitigations": "what lowered the risk",
    "upward": "sent upward",
    "refused": "refused on this ground",
    "tainted": "use of what was likely obtained so",
}


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    parser = actions.add_parser("report", help="the yearly report on mistreatment, counted from the decision log")
    parser.add_argument("--year", type=year_of, required=True, help="the year, UTC")
    parser.add_argument(
        "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run_report)


def year_of(text: str) -> int:
    """Read a year, four digits.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if len(text) != len("2026") or not (text.isascii() and text.isdecimal()) or text < "1970":
        raise argparse.ArgumentTypeError("a year is four digits, from 1970 on")
    return int(text)


def run_report(asked: argparse.Namespace) -> int:
    """Count one year."""
    with snapshot(asked.node) as tx:
        report = mistreatment_report(tx, asked.year, SystemClock().now())
    if asked.json:
        show_json({name: dict(value) if isinstance(value, tuple) else value for name, value in asdict(report).items()})
        return 0
    show_table(f"Mistreatment, {report.year}", ("what", "which", "how many"), mistreatment_rows(report))
    return 0


def mistreatment_rows(report: MistreatmentReport) -> list[list[str]]:
    """Return a report as rows: what, which, how many."""
    rows = [["decisions of our law", "", str(report.decided)]]
    for name, words in _WORDS.items():
        counted = getattr(report, name)
        rows += [[words, word, str(number)] for word, number in counted] or [[words, "", "0"]]
    for field in fields(FullForms):
        rows.append(
            ["full forms after short ones", field.name.replace("_", " "), str(getattr(report.full_forms, field.name))]
        )
    return rows
