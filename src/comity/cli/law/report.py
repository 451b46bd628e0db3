"""`comity law report`: a party's yearly report on mistreatment, counted from its decision log; no names, no cases."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from comity.cli.out import show_json, show_table
from comity.edge.clock import SystemClock
from comity.edge.export import snapshot
from comity.edge.yearlyrows import mistreatment_rows, said
from comity.node.lawreport import mistreatment_report


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
    show_table(f"Mistreatment, {report.year}", ("what", "which", "how many"), said(mistreatment_rows(report), "en", ""))
    return 0
