"""One that fails stops no other; a reversal explains an arithmetic, not an alert for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms
from comity.desks.precursors.flows.alerts import Check, checks, reverse, run, run_checks, show
from comity.desks.precursors.flows.model import Alert, Discrepancy, Flow, Reversal, Sign, grams_line, milli
from comity.desks.precursors.flows.thresholds import read_thresholds
from comity.desks.precursors.flows.trade import Trade
from tests.trade.given import LIST, RULES, SHIPPED, TEXT, after, counted, firm, moved, sent

LINES = (grams_line(Sign.EQUALS, "difference", 7),)
ALERT = Alert(Discrepancy.LEDGER, ("holder=XO-7",), (), LINES, "desk", 1_500)


def fails(error: Exception):
    def raising() -> None:
        raise error

    return raising


def test_every_kind_of_failure_of_one_item_is_named_and_the_rest_is_judged():
    wanted = [
        Check(Discrepancy.PRICE, "a", fails(BadForm("no price"))),
        Check(Discrepancy.PRICE, "b", fails(ZeroDivisionError("division by zero"))),
        Check(Discrepancy.PRICE, "c", fails(KeyError("x"))),
        Check(Discrepancy.PRICE, "d", fails(ValueError())),
        Check(Discrepancy.LEDGER, "e", lambda: ALERT),
        Check(Discrepancy.LEDGER, "f", lambda: None),
    ]
    report = run_checks(wanted)
    assert [(fault.subject, fault.why) for fault in report.faults] == [
        ("a", "no price"),
        ("b", "division by zero"),
        ("c", "'x'"),
        ("d", "ValueError"),
    ]
    assert report.alerts == (ALERT,)
    assert report.checked == 6


def test_a_fault_of_the_program_is_not_swallowed():
    with pytest.raises(RuntimeError):
        run_checks([Check(Discrepancy.PRICE, "a", fails(RuntimeError()))])


def test_the_worst_comes_first_and_the_order_is_the_same_on_every_run():
    worse = replace(ALERT, score_milli=9_000, subject=("holder=z",))
    alike = replace(ALERT, subject=("holder=AA",))
    wanted = [Check(one.kind, "", lambda one=one: one) for one in (ALERT, worse, alike)]
    assert run_checks(wanted).alerts == run_checks(wanted[::-1]).alerts == (worse, alike, ALERT)


def test_no_score_without_reasons():
    with pytest.raises(BadForm, match="no score without reasons"):
        replace(ALERT, lines=())


def test_a_reversed_alert_is_shown_and_does_not_count_and_comes_back_with_another_number():
    word = reverse(ALERT, "pd/4", Ms(1), " a keying error ")
    assert word.reason == "a keying error"
    (shown,) = show([ALERT], [word])
    assert (shown.reversal, shown.counts) == (word, False)
    changed = replace(ALERT, lines=(grams_line(Sign.EQUALS, "difference", 8),))
    assert changed.id == ALERT.id
    assert show([changed], [word])[0].counts
    assert show([replace(ALERT, source="another limit")], [word])[0].counts
    assert show([replace(ALERT, subject=("holder=XO-8",))], [word])[0].counts


def test_reversing_twice_is_reversing_once():
    first, second = reverse(ALERT, "pd/4", Ms(1), "a"), reverse(ALERT, "pd/5", Ms(2), "b")
    assert show([ALERT], [second, first, first]) == show([ALERT], [first])


@pytest.mark.parametrize(("officer", "reason"), [("", "x"), ("pd/4", "  ")])
def test_a_reversal_has_an_officer_and_a_reason(officer, reason):
    with pytest.raises(BadForm, match="nothing was reversed"):
        reverse(ALERT, officer, Ms(1), reason)


def test_the_arithmetic_of_a_past_consignment_does_not_change_as_days_pass():
    quota = firm("XO-7", alvanol=150_000)
    trade = Trade(after(5), consignments=(sent("C1"), sent("C2", days=3)), holders=(quota,))
    later = replace(trade, until=after(900), consignments=(*trade.consignments, sent("C3", days=800)))
    before = {alert.id: alert.arithmetic for alert in run(trade, RULES).alerts}
    assert before
    assert before.items() <= {alert.id: alert.arithmetic for alert in run(later, RULES).alerts}.items()


def test_all_kinds_are_asked():
    trade = Trade(
        after(900),
        (moved(Flow.EXPORT, 5, consignment="C1", party="XV", holder="XV-2"), moved(Flow.USE, 1)),
        (counted(10), counted(5, 30)),
        (firm("XO-7"),),
        (
            sent("A", days=-400),
            *(sent(f"S{n}", 900_000, permit="") for n in range(3)),
            sent("C1", permit="", consignee="XO-9"),
            replace(sent("C1"), declared_by="XO"),
        ),
    )
    assert {check.kind for check in checks(trade, RULES, LIST)} == set(Discrepancy)
    assert Discrepancy.DESCRIPTION not in {check.kind for check in checks(trade, RULES)}


def test_a_consignment_that_one_side_declared_in_two_ways_is_named_once_and_the_first_counts():
    one = sent("C1")
    twice = (one, one, replace(one, hs6="340250"), replace(one, hs6="340251"))
    report = run(Trade(after(0), consignments=twice), RULES, LIST)
    assert [(fault.subject, "declared it twice" in fault.why) for fault in report.faults] == [("C1", True)]
    assert report.alerts == ()


def test_nothing_gives_nothing():
    report = run(Trade(after(0)), RULES, LIST)
    assert (report.alerts, report.faults, report.checked) == ((), (), 0)


def test_thousandths_by_hand():
    assert [milli(15, 10), milli(10, 10), milli(1, 3), milli(5, 0)] == [1_500, 1_000, 333, 5_000]
    assert Reversal(ALERT.id, ALERT.arithmetic, "pd/4", Ms(1), "x").alert == ALERT.id


# --- thresholds ---


def test_the_shipped_thresholds_can_be_read_and_an_unknown_quantity_is_not_zero():
    shipped = read_thresholds(SHIPPED)
    assert len(shipped.schedules) == 2
    assert all(schedule.source for schedule in shipped.schedules.values())
    assert all("new-substance" not in schedule.maximum_grams for schedule in shipped.schedules.values())


def test_a_side_may_name_its_schedule():
    rules = read_thresholds(TEXT, {"ZZ": "xo"})
    assert set(rules.schedules) == {"ZZ"}
    with pytest.raises(BadConfiguration):
        read_thresholds(TEXT, {"ZZ": "nowhere"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("transit_days = 75", ""),
        ("transit_days = 75", "transit_days = 75\nextra = 1"),
        ("transit_days = 75", 'transit_days = "75"'),
        ("transit_days = 75", "transit_days = -1"),
        ("days = [30, 90]", 'days = ["30"]'),
        ("alvanol = 1000000", "alvanol = 1.5"),
        ("alvanol = 1000000", "alvanol = -1"),
        ("[desk.route]", "[desk.other]"),
        ("[schedule.xo.maximum_grams]", "maximum_grams = 5\n[other]"),
        ("name = ", "[[desk"),
    ],
)
def test_a_file_of_thresholds_with_a_fault_is_refused(old, new):
    assert old in TEXT
    with pytest.raises(BadConfiguration, match="Nothing was checked"):
        read_thresholds(TEXT.replace(old, new, 1))
