"""A ledger adds up to the gram, and what is missing is found at the next count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.desks.precursors.flows.alerts import run, run_checks
from comity.desks.precursors.flows.ledger import account_of, ledger_checks, periods, sum_lines
from comity.desks.precursors.flows.model import Discrepancy, Flow, Grams
from comity.desks.precursors.flows.trade import Trade
from tests.trade.given import DAY, ELMONE, RULES, after, counted, moved

A_YEAR = (
    moved(Flow.PRODUCTION, 400_000, 1),
    moved(Flow.IMPORT, 500_000, 2),
    moved(Flow.RECEIVED, 30_000, 3),
    moved(Flow.EXPORT, 200_000, 4),
    moved(Flow.SUPPLIED, 90_000, 5),
    moved(Flow.USE, 130_000, 6),
    moved(Flow.LOSS, 10_000, 7),
)


def found(*stocks, movements=A_YEAR):
    return run_checks(ledger_checks(Trade(after(400), movements, stocks), RULES))


def test_the_sum_is_opening_plus_in_minus_out():
    (period,) = periods(account_of(A_YEAR[0]), (counted(100_000), counted(600_000, 30)), A_YEAR)
    assert (period.incoming, period.outgoing, period.expected, period.difference) == (930_000, 430_000, 600_000, 0)
    assert [str(line) for line in sum_lines(period)] == [
        "+ opening stock 2026-01-31 100,000 g",
        "+ production 400,000 g",
        "+ import 500,000 g",
        "+ received 30,000 g",
        "- export 200,000 g",
        "- supplied 90,000 g",
        "- use 130,000 g",
        "- loss 10,000 g",
        "= stock that must be there 2026-03-02 600,000 g",
    ]


def test_an_injected_loss_of_five_percent_is_found_at_the_next_count_and_told_once():
    had = 1_030_000
    report = found(counted(100_000), counted(600_000 - had // 20, 30), counted(600_000 - had // 20, 60))
    (alert,) = report.alerts
    assert alert.kind is Discrepancy.LEDGER
    assert "counted=2026-03-02" in alert.subject
    assert [line.amount for line in alert.lines[-2:]] == [-51_500, 10_300]
    assert alert.score_milli == 5_000
    assert alert.source == RULES.name


def test_what_a_scale_may_be_off_is_no_alert_and_one_gram_more_is():
    allowed = 10_300
    assert not found(counted(100_000), counted(600_000 - allowed, 30)).alerts
    assert len(found(counted(100_000), counted(600_000 - allowed - 1, 30)).alerts) == 1
    assert len(found(counted(100_000), counted(600_000 + allowed + 1, 30)).alerts) == 1


def test_what_moved_on_the_day_of_the_count_is_before_it_and_what_came_later_waits():
    late = moved(Flow.IMPORT, 5_000, 31)
    assert not found(counted(100_000), counted(600_000, 30), movements=(*A_YEAR, late)).alerts
    on_the_day = replace(late, day=after(30))
    assert not found(counted(100_000), counted(605_000, 30), movements=(*A_YEAR, on_the_day)).alerts


def test_a_register_that_gives_more_than_there_was_is_found_though_the_count_agrees():
    movements = (moved(Flow.USE, 150_000, 1), moved(Flow.IMPORT, 150_000, 9))
    (alert,) = found(counted(100_000), counted(100_000, 30), movements=movements).alerts
    assert alert.kind is Discrepancy.OVERDRAWN
    assert [line.amount for line in alert.lines] == [100_000, -50_000, 0]
    assert alert.lines[1].about == "2026-02-01"


def test_within_a_day_what_came_in_counts_first():
    movements = (moved(Flow.USE, 150_000, 1), moved(Flow.IMPORT, 150_000, 1))
    assert not found(counted(100_000), counted(100_000, 30), movements=movements).alerts


def test_the_same_line_twice_counts_once_and_a_number_used_twice_is_named_and_stops_nobody_else():
    assert not found(counted(100_000), counted(600_000, 30), movements=A_YEAR * 2).alerts
    spoiled = (*A_YEAR, replace(A_YEAR[0], grams=Grams(1)))
    other = tuple(replace(one, substance=ELMONE) for one in A_YEAR)
    stocks = [
        counted(100_000),
        counted(600_000, 30),
        counted(100_000, substance=ELMONE),
        counted(1, 30, substance=ELMONE),
    ]
    report = found(*stocks, movements=spoiled + other)
    assert {fault.kind for fault in report.faults} == {Discrepancy.LEDGER, Discrepancy.OVERDRAWN}
    assert "stands twice" in report.faults[0].why
    assert [alert.subject[2] for alert in report.alerts] == ["substance=elmone"]


def test_two_counts_of_one_day_that_differ_are_refused():
    with pytest.raises(BadForm, match="stands twice"):
        periods(account_of(A_YEAR[0]), (counted(1), counted(2)), ())
    assert periods(account_of(A_YEAR[0]), (counted(1), counted(1)), ()) == ()


def test_one_count_alone_judges_nothing():
    assert run(Trade(DAY, A_YEAR, (counted(100_000),)), RULES).alerts == ()
