"""The worked day of two consignments that do not add up: each thing that was wrong is an alert with its numbers."""
# spec: scenarios.md 2

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from comity.desks.precursors.flows.alerts import run
from comity.desks.precursors.flows.description import CODE
from comity.desks.precursors.flows.model import Discrepancy, HolderId, SubstanceId
from comity.desks.precursors.flows.trade import Trade
from tests.trade.given import RULES, after, firm, sent
from tests.trade.listed import Listed, ListIdentify

PIVOT = HolderId("XO-pivot")
SUBSTANCE = SubstanceId("watched")
IDENTIFY = ListIdentify.of((Listed(SUBSTANCE, ("Watched compound",), ("108-24-7",), ("293339",)),))


def consignment(number: str, grams: int, days: int, per_kg: int = 9_000, **changed):
    given = {
        "substance": SUBSTANCE,
        "text": "Watched compound",
        "cas": "108-24-7",
        "hs6": "293339",
        "value_minor": grams * per_kg // 1000,
    }
    return sent(number, grams, days, **{**given, **changed})


MARKET = [
    consignment(f"M{n}", 60_000 + 500 * n, n * 5 - 200, 8_600 + 40 * n, consignee=HolderId(f"XO-{n}"))
    for n in range(40)
]
BEFORE = [consignment(f"B{n}", 1_500, n * 300 - 1_300, consignee=PIVOT) for n in range(4)]


def alerts(*consignments, **given):
    trade = Trade(after(30), consignments=(*MARKET, *BEFORE, *consignments), **given)
    return {alert.kind: alert for alert in run(trade, RULES, IDENTIFY).alerts}


def test_forty_times_the_three_years_before_a_third_of_the_price_and_a_basket_code():
    tern = consignment("T1", 240_000, 10, 3_000, consignee=PIVOT, hs6="293339")
    found = alerts(tern)
    assert set(found) == {Discrepancy.NEED, Discrepancy.PRICE}
    assert found[Discrepancy.NEED].consignments[-1] == "T1"
    assert found[Discrepancy.NEED].score_milli > 2_000
    assert found[Discrepancy.PRICE].lines[3].amount == Decimal(
        "0.31"
    )  # 3,000 of 9,700: M16 to M39 are of its quarter and the one before
    basket = alerts(replace(tern, hs6="382499"))
    assert Discrepancy.DESCRIPTION in basket
    (line, *_) = basket[Discrepancy.DESCRIPTION].lines
    assert (line.what, line.about) == (CODE, "382499; watched: 293339")


def test_a_parcel_agent_that_is_young_and_shares_the_telephone_of_a_refused_order():
    agent = firm("XO-agent", "phone:1", founded=after(-40))
    tern = consignment("T1", 60_000, 10, consignee=HolderId("XO-agent"))
    found = alerts(tern, holders=(agent,), refused=frozenset({"phone:1"}))
    assert set(found) == {Discrepancy.NEWCOMER}


def test_the_trade_around_it_raises_nothing():
    assert alerts() == {}
