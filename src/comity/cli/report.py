"""`comity report mistreatment | activity`: what a side tells of a year, counted from its own decision log; no names, no cases.

The rule it keeps: whether a report is owed, under which text, before which day and to whom is said by the party's registry, which is
data; this program counts the same for every party.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from comity.cli.law.report import mistreatment_rows, year_of
from comity.cli.out import show_json, show_table
from comity.edge.clock import SystemClock
from comity.edge.config import read_config
from comity.edge.export import snapshot
from comity.edge.figurepdf import LANGUAGES, Sheet, Table, make_sheet, words_of
from comity.edge.files import write_atomic
from comity.edge.registry import Registry, ReportDuty, read_toml
from comity.node.activityreport import ActivityReport, activity_report
from comity.node.lawreport import mistreatment_report

MISTREATMENT, ACTIVITY = "mistreatment", "activity"


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
        one.add_argument("--language", choices=LANGUAGES, default="en", help="language of the PDF's headings")
        one.set_defaults(run=run, which=name)


def run(asked: argparse.Namespace) -> int:
    """Count one year and show it."""
    config = read_config(asked.node)
    registry = read_toml(config.path(config.registry), Registry)
    with snapshot(asked.node) as tx:
        found = (
            mistreatment_report(tx, asked.year, SystemClock().now())
            if asked.which == MISTREATMENT
            else activity_report(tx, asked.year)
        )
    rows = activity_rows(found) if isinstance(found, ActivityReport) else mistreatment_rows(found)
    duty = next((one for one in registry.report if one.id == asked.which), None)
    owed = owed_words(duty, asked.year)
    if asked.pdf:
        write_atomic(asked.pdf, report_pdf(asked.which, asked.year, registry, owed, rows, asked.language))
    if asked.json:
        show_json({**_plain(asdict(found)), "party": registry.id, "owed": None if duty is None else _owed(duty)})
    else:
        show_table(f"{asked.which}, {registry.short}, {asked.year}: {owed}", ("what", "which", "how many"), rows)
    return 0


def owed_words(duty: ReportDuty | None, year: int) -> str:
    """Say under which text a report is owed, before which day, to whom."""
    if duty is None:
        return "this party's registry names no law that asks for it"
    return f"{duty.law}, before {year + 1}-{duty.before}, to {', '.join(duty.to)}"


def activity_rows(report: ActivityReport) -> list[list[str]]:
    """Return a report as rows: what, which, how many."""
    rows: list[list[str]] = []
    for field in fields(report):
        value, words = getattr(report, field.name), field.name.replace("_", " ")
        if field.name == "year":
            continue
        if isinstance(value, int):
            rows.append([words, "", str(value)])
        else:
            rows += [[words, word, str(number)] for word, number in value] or [[words, "", "0"]]
    return rows


def report_pdf(  # noqa: PLR0917  what stands on the pages
    which: str, year: int, registry: Registry, owed: str, rows: Sequence[Sequence[str]], language: str
) -> bytes:
    """Return a report as PDF."""
    words = words_of(language)
    heads = (words["what"], words["which"], words["count"])
    sheet = Sheet(
        title=f"{words[f'report-{which}']}, {year}",
        subtitle=registry.name.get(language, registry.name.get("en", registry.id)),
        facts=((words["owed"], owed),),
        tables=(Table("", heads, tuple(tuple(row) for row in rows)),),
        note=words["no-names"],
    )
    return make_sheet(sheet, language, second=_last_second(year))


def _last_second(year: int) -> int:
    """Return a time for the PDF that depends on the year alone, so that the same figures give the same bytes."""
    return int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())


def _owed(duty: ReportDuty) -> dict[str, Any]:
    return {"law": duty.law, "before": duty.before, "to": duty.to}


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, tuple) else value for name, value in found.items()}
