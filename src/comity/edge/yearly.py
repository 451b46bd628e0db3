"""Yearly reports of one side as rows and as PDF; which it owes, and under which text, its registry says.

The rule it keeps: counts of closed words, without names, officers, agencies or cases; the same year gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch.book import Ledger
from comity.edge.figurepdf import Sheet, Table, make_sheet, words_of
from comity.edge.opening import OpenNode
from comity.edge.registry import Registry, ReportDuty, read_toml
from comity.node.activityreport import ActivityReport, activity_report
from comity.node.lawreport import FullForms, MistreatmentReport, mistreatment_report

MISTREATMENT, ACTIVITY = "mistreatment", "activity"
_FIRST, _LAST = 1970, 9998
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


class YearlyReports:
    """A `screen.yearly.Yearly` over one node's store.

    Args:
        ledger: of the node; only read.
        registry: of its party.
    """

    def __init__(self, ledger: Ledger, registry: Registry) -> None:
        self._ledger, self._registry = ledger, registry

    def pdf(self, which: str, year: int, language: str, now: Ms) -> bytes:
        """Return a report as PDF."""
        if which not in {MISTREATMENT, ACTIVITY} or not _FIRST <= year <= _LAST:
            raise BadForm("there is no such report")
        with self._ledger.read() as tx:
            rows = (
                mistreatment_rows(mistreatment_report(tx, year, now))
                if which == MISTREATMENT
                else activity_rows(activity_report(tx, year))
            )
        owed = owed_words(duty_of(self._registry, which), year)
        return report_pdf(which, year, self._registry, owed, rows, language)


def make_yearly(opened: OpenNode) -> YearlyReports:
    """Make the reader of a node."""
    return YearlyReports(opened.node.ledger, read_toml(opened.config.path(opened.config.registry), Registry))


def duty_of(registry: Registry, which: str) -> ReportDuty | None:
    """Return what a party's registry says of a report, None if it does not name it."""
    return next((one for one in registry.report if one.id == which), None)


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
