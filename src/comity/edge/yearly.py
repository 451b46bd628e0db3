"""Yearly reports of one side as rows and as PDF; which it owes, and under which text, its registry says.

The rule it keeps: counts of closed words, without names, officers, agencies or cases; the same year gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge.figurepdf import Sheet, Table, make_sheet, words_of
from comity.edge.opening import OpenNode
from comity.edge.registry import Registry, ReportDuty, read_toml
from comity.edge.yearlyrows import Row, activity_rows, hidden, mistreatment_rows, said, yearly_words
from comity.node.activityreport import activity_report
from comity.node.lawreport import mistreatment_report
from comity.screen.yearly import ReportCard

MISTREATMENT, ACTIVITY = "mistreatment", "activity"
_FIRST, _LAST = 1970, 9998


class YearlyReports:
    """A `screen.yearly.Yearly` over one node's store.

    Args:
        ledger: of the node; only read.
        registry: of its party.
    """

    def __init__(self, ledger: Ledger, registry: Registry) -> None:
        self._ledger, self._registry = ledger, registry

    def report(self, which: str, year: int, language: str, now: Ms, *, public: bool = False) -> ReportCard:
        """Return a report as rows in a language."""
        if which not in {MISTREATMENT, ACTIVITY} or not _FIRST <= year <= _LAST:
            raise BadForm("there is no such report")
        with self._ledger.read() as tx:
            rows = rows_here(tx, which, year, self._registry, now)
        return report_card(which, year, self._registry, rows, language, public=public)

    def pdf(self, which: str, year: int, language: str, now: Ms, *, public: bool = False) -> bytes:
        """Return a report as PDF."""
        return card_pdf(self.report(which, year, language, now, public=public), language)


def make_yearly(opened: OpenNode) -> YearlyReports:
    """Make the reader of a node."""
    return YearlyReports(opened.node.ledger, read_toml(opened.config.path(opened.config.registry), Registry))


def duty_of(registry: Registry, which: str) -> ReportDuty | None:
    """Return what a party's registry says of a report, None if it does not name it."""
    return next((one for one in registry.report if one.id == which), None)


def rows_here(tx: Tx, which: str, year: int, registry: Registry, now: Ms) -> tuple[Row, ...]:
    """Count a report from a node's store; `which` is `MISTREATMENT` or `ACTIVITY`."""
    offices = tuple(one.id for one in registry.agency)
    if which == MISTREATMENT:
        return mistreatment_rows(mistreatment_report(tx, year, now), offices)
    return activity_rows(activity_report(tx, year), offices)


def owed_words(duty: ReportDuty | None, year: int, language: str = "en") -> str:
    """Say under which text a report is owed, before which day, to whom."""
    words = yearly_words(language).rows
    if duty is None:
        return words["unlisted"]
    return words["owed"].format(law=duty.law, day=f"{year + 1}-{duty.before}", to=", ".join(duty.to))


def report_card(
    which: str, year: int, registry: Registry, rows: Sequence[Row], language: str, *, public: bool
) -> ReportCard:
    """Return a report in a language; `public` as it may leave the party."""
    words = words_of(language)
    shown = hidden(rows) if public else rows
    return ReportCard(
        which=which,
        year=year,
        title=f"{words[f'report-{which}']}, {year}",
        party=registry.name.get(language, registry.name.get("en", registry.id)),
        owed=(words["owed"], owed_words(duty_of(registry, which), year, language)),
        heads=(words["what"], words["which"], words["count"]),
        rows=tuple((row[0], row[1], row[2]) for row in said(shown, language, words["hidden"])),
        note=words["no-names"] + (f" {words['hidden-note']}" if public else ""),
        public=public,
    )


def card_pdf(card: ReportCard, language: str) -> bytes:
    """Return a report as PDF."""
    sheet = Sheet(
        title=card.title,
        subtitle=card.party,
        facts=(card.owed,),
        tables=(Table("", card.heads, card.rows),),
        note=card.note,
    )
    return make_sheet(sheet, language, second=_last_second(card.year))


def _last_second(year: int) -> int:
    """Return a time for the PDF that depends on the year alone, so that the same figures give the same bytes."""
    return int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
