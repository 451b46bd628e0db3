"""`comity report mistreatment | activity`: what a side tells of a year, counted from its own decision log; no names, no cases.

The rule it keeps: whether a report is owed, under which text, before which day and to whom is said by the party's registry, which is
data; this program counts the same for every party.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from comity.cli.law.report import year_of
from comity.cli.out import show_json, show_table
from comity.edge.clock import SystemClock
from comity.edge.config import read_config
from comity.edge.export import snapshot
from comity.edge.figurepdf import LANGUAGES
from comity.edge.files import write_atomic
from comity.edge.registry import Registry, ReportDuty, read_toml
from comity.edge.yearly import ACTIVITY, MISTREATMENT, card_pdf, duty_of, report_card, rows_here
from comity.edge.yearlyrows import Row, hidden
from comity.node.activityreport import activity_report
from comity.node.lawreport import mistreatment_report


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("report", help="a side's yearly reports, counted from its own log, without names")
    inner = parser.add_subparsers(dest="report", metavar="REPORT", required=True)
    for name, words in (
        (MISTREATMENT, "how often mistreatment was assessed, with which risk, what was refused, who had to decide"),
        (ACTIVITY, "what was sent, received, refused and done"),
    ):
        one = inner.add_parser(name, help=words)
        one.add_argument("--year", type=year_of, required=True, help="the year, UTC")
        one.add_argument(
            "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
        )
        one.add_argument("--json", action="store_true", help="for machines")
        one.add_argument("--pdf", type=Path, metavar="FILE", help="write it as PDF; needs the extra `documents`")
        one.add_argument("--language", choices=LANGUAGES, default="en", help="language of the report")
        one.add_argument(
            "--public", action="store_true", help="as it may leave the party: counts under five are not shown"
        )
        one.set_defaults(run=run, which=name)


def run(asked: argparse.Namespace) -> int:
    """Count one year and show it."""
    config = read_config(asked.node)
    registry = read_toml(config.path(config.registry), Registry)
    now, duty = SystemClock().now(), duty_of(registry, asked.which)
    with snapshot(asked.node) as tx:
        rows = rows_here(tx, asked.which, asked.year, registry, now)
        found = (
            mistreatment_report(tx, asked.year, now) if asked.which == MISTREATMENT else activity_report(tx, asked.year)
        )
    card = report_card(asked.which, asked.year, registry, rows, asked.language, public=asked.public)
    if asked.pdf:
        write_atomic(asked.pdf, card_pdf(card, asked.language))
    if asked.json:
        figures = _hidden(rows) if asked.public else _plain(asdict(found))
        show_json({**figures, "party": registry.id, "owed": None if duty is None else _owed(duty)})
    else:
        show_table(f"{card.title}, {card.party}: {card.owed[1]}", card.heads, card.rows)
    return 0


def _hidden(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what may leave the party: rows as [which, how many], null for what is hidden."""
    found: dict[str, Any] = {}
    for row in hidden(rows):
        found.setdefault(row.table, []).append([" ".join(row.which), row.number])
    return found


def _owed(duty: ReportDuty) -> dict[str, Any]:
    return {"law": duty.law, "before": duty.before, "to": duty.to}


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, tuple) else value for name, value in found.items()}
