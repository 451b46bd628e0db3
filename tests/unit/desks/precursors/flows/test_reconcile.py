"""Two registers beside one another: symmetric, patient with what is on its way, silent about firms without a register."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.desks.precursors.flows.alerts import run_checks
from comity.desks.precursors.flows.model import ConsignmentId, Flow, Grams, HolderId
from comity.desks.precursors.flows.reconcile import Standing, keepers, reconcile, reconcile_checks
from comity.desks.precursors.flows.trade import Trade
from tests.trade.given import HOLDER, OURS, RULES, SELLER, THEIRS, after, counted, moved

OUT = moved(Flow.EXPORT, 200_000, 1, party=THEIRS, holder=SELLER, consignment=ConsignmentId("C1"), other=HOLDER)
IN = moved(Flow.IMPORT, 199_500, 20, consignment=ConsignmentId("C1"), other=SELLER)
KEPT = (counted(1, -100), counted(1, -100, party=THEIRS, holder=SELLER))


def standing(*movements, days: int = 300, stocks=KEPT) -> list[Standing]:
    trade = Trade(after(days), movements, stocks)
    return [pair.standing(trade.until, RULES.reconcile, keepers(trade)) for pair in reconcile(movements, ())]


def found(*movements, days: int = 300):
    return run_checks(reconcile_checks(Trade(after(days), movements, KEPT), RULES))


def test_what_agrees_within_the_scale_agrees_and_a_loss_of_five_percent_on_the_way_does_not():
    assert standing(OUT, IN) == [Standing.AGREED]
    assert not found(OUT, IN).alerts
    (alert,) = found(OUT, replace(IN, grams=Grams(190_000))).alerts
    assert [line.amount for line in alert.lines] == [190_000, 200_000, -10_000, 9_000]
    assert alert.consignments == ("C1",)


def test_it_is_the_same_from_both_sides():
    assert reconcile([OUT], [IN]) == reconcile([IN], [OUT])


def test_what_one_side_alone_has_is_on_its_way_first_and_missing_later():
    assert standing(OUT, days=70) == [Standing.UNDERWAY]
    assert standing(OUT) == [Standing.NOT_ARRIVED]
    assert standing(IN) == [Standing.NOT_SENT]
    (alert,) = found(OUT, moved(Flow.USE, 1)).alerts
    assert "not-arrived" in alert.lines[2].what


def test_a_firm_that_kept_no_register_on_that_day_is_not_accused():
    assert standing(OUT, stocks=()) == [Standing.NO_REGISTER]
    assert standing(OUT, stocks=(counted(1, 30),)) == [Standing.NO_REGISTER]
    assert standing(replace(OUT, other=HolderId("")), stocks=()) == [Standing.NOT_ARRIVED]


def test_parts_of_one_consignment_are_added_up():
    parts = (replace(IN, id="a", grams=Grams(100_000)), replace(IN, id="b", grams=Grams(100_000), day=after(25)))
    (pair,) = reconcile([OUT], parts)
    assert (pair.sent, pair.arrived, pair.day) == (200_000, 200_000, after(1))


@pytest.mark.parametrize(
    "bad",
    [
        (OUT, replace(IN, party=THEIRS)),
        (OUT, replace(OUT, id="z", party=OURS)),
        (OUT, replace(OUT, grams=Grams(3))),
    ],
)
def test_a_consignment_that_is_not_between_two_sides_is_named_and_stops_no_other(bad):
    with pytest.raises(BadForm):
        reconcile(bad, ())
    other = tuple(
        replace(
            one,
            id=f"{one.id}!",
            consignment=ConsignmentId("C2"),
            grams=Grams(one.grams // 2 if one is IN else one.grams),
        )
        for one in (OUT, IN)
    )
    report = found(*bad, *other)
    assert [fault.subject for fault in report.faults] == ["C1 alvanol"]
    assert [alert.consignments for alert in report.alerts] == [("C2",)]


def test_one_side_alone_is_not_reconciled_with_itself():
    assert found(OUT).checked == 0
