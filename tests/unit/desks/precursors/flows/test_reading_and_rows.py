"""Plain rows become typed values or are refused with a reason; rows of the store come back as they went in."""

from __future__ import annotations

from importlib.resources import files

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.desks.precursors.flows import rows
from comity.desks.precursors.flows.alerts import reverse
from comity.desks.precursors.flows.model import (
    Alert,
    Discrepancy,
    Flow,
    Grams,
    LicenceHolder,
    Sign,
    Stock,
    grams_line,
)
from comity.desks.precursors.flows.reading import (
    read_consignment,
    read_holder,
    read_register_line,
    read_reversal,
    read_trait,
)
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from tests.trade.given import ALVANOL, DAY, HOLDER, OURS, after, counted, firm, moved, sent

LINE = {
    "id": "7",
    "party": "XO",
    "holder": "XO-7",
    "substance": "alvanol",
    "kind": "import",
    "kg": "12.345",
    "day": "2026-02-01",
}
DECLARED = {
    "id": "C1", "declared_by": "XV", "from_party": "XV", "to_party": "XO", "substance": "alvanol", "exporter": "XV-2", "consignee": "XO-7",
    "day": "2026-01-31", "grams": "100000", "value_minor": "300000", "currency": "XVD", "hs6": "2901.99", "via": "HUB1; FZ1",
}  # fmt: skip


def test_a_line_of_a_register_is_read_in_exact_grams():
    one = read_register_line(LINE)
    assert (one.grams, one.kind, one.day, one.consignment) == (12_345, Flow.IMPORT, after(1), "")
    stock = read_register_line({**LINE, "kind": "stock", "grams": "0"})
    assert stock == Stock(OURS, HOLDER, ALVANOL, after(1), Grams(0))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"kind": "gift"}, "kind is 'gift'"),
        ({"kg": "1.2345"}, "whole grams"),
        ({"kg": "NaN"}, "whole grams"),
        ({"kg": "a lot"}, "no number"),
        ({"kg": "-1"}, "whole grams"),
        ({"kg": ""}, "kg is missing"),
        ({"grams": "0"}, "from 1 on"),
        ({"grams": "1.5"}, "no whole number"),
        ({"grams": "9" * 20}, "no whole number"),
        ({"day": "31.01.2026"}, "no day such as"),
        ({"holder": "  "}, "holder is missing"),
        ({"id": None}, "id is missing"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_with_the_reason(changed, why):
    with pytest.raises(BadForm, match=why):
        read_register_line({**LINE, **changed})


def test_a_firm_and_its_traits():
    one = read_holder(
        {
            "id": "XO-7",
            "party": "XO",
            "founded": "2020-05-01",
            "phone": "+1 (555) 01",
            "owner": "A. Person",
            "traits": "address: 5  Quay St.",
            "yearly": "alvanol=5; elmone=7",
        }
    )
    assert one.traits == ("address: 5 quay st.", "owner:a. person", "phone:+1 555 01")
    assert one.yearly_of(ALVANOL) == 5
    assert one.yearly_of("x") is None
    assert read_holder({"id": "XO-8", "party": "XO"}) == LicenceHolder("XO-8", OURS, None, ())
    assert read_trait({"trait": "Phone:+1 (555) 01"}) == "phone:+1 555 01"
    with pytest.raises(BadForm, match="yearly"):
        read_holder({"id": "XO-8", "party": "XO", "yearly": "alvanol"})


def test_a_declaration_with_and_without_what_may_be_left_out():
    one = read_consignment(DECLARED)
    assert (one.hs6, one.via, one.origin, one.outward, one.permit) == ("290199", ("HUB1", "FZ1"), "XV", True, "")
    bare = read_consignment({**DECLARED, "value_minor": "", "currency": "", "via": ["HUB1"], "declared_by": "XO"})
    assert (bare.value_minor, bare.currency, bare.via, bare.outward) == (0, "", ("HUB1",), False)


@pytest.mark.parametrize("changed", [{"to_party": "XV"}, {"declared_by": "XK"}, {"currency": ""}, {"value_minor": "0"}])
def test_a_declaration_that_does_not_fit_is_refused(changed):
    with pytest.raises(BadForm):
        read_consignment({**DECLARED, **changed})


def test_a_reversal():
    word = read_reversal({"alert": "a", "arithmetic": "b", "officer": "pd/4", "at": 5, "reason": "x"})
    assert word.at == 5
    with pytest.raises(BadForm, match="reason is missing"):
        read_reversal({"alert": "a", "arithmetic": "b", "officer": "pd/4", "at": "5"})


# --- rows ---


@pytest.fixture
def store():
    text = files("comity.desks.precursors").joinpath("schema/0002_flows.sql").read_text(encoding="utf-8")
    return SqliteStore(":memory:", (Schema("precursors", ((1, text),)),))


def test_what_is_kept_comes_back_and_a_repeat_writes_nothing(store):
    holders = (firm("XO-7", "phone:1", alvanol=9), LicenceHolder("XO-8", OURS, None, ()))
    out = sent("C1", via=("HUB1",))
    for _ in range(2):
        with store.begin() as tx:
            rows.keep_movements(tx, [moved(Flow.USE, 5, number="m")])
            rows.keep_stocks(tx, [counted(7), counted(9, 400)])
            rows.keep_holders(tx, holders)
            rows.keep_consignments(tx, [out])
    with store.begin() as tx:
        rows.keep_movements(tx, [moved(Flow.USE, 6, number="m")])
    with store.read() as tx:
        trade = rows.read_trade(tx, after(100), frozenset({"phone:2"}))
        before = rows.read_trade(tx, after(-1))
    assert trade.movements == (moved(Flow.USE, 5, number="m"),)
    assert trade.stocks == (counted(7),)
    assert (trade.holders, trade.consignments, trade.refused) == (holders, (out,), {"phone:2"})
    assert (before.movements, before.consignments, before.until) == ((), (), after(-1))


def test_the_first_reversal_of_an_arithmetic_stands_and_what_was_seen_stays_readable(store):
    alert = Alert(Discrepancy.LEDGER, ("holder=XO-7",), (), (grams_line(Sign.EQUALS, "difference", 7),), "desk", 1_500)
    with store.begin() as tx:
        rows.keep_alerts(tx, [alert, alert], Ms(1))
        rows.keep_reversal(tx, reverse(alert, "pd/4", Ms(2), "keying error"))
        rows.keep_reversal(tx, reverse(alert, "pd/5", Ms(3), "no"))
    with store.read() as tx:
        assert [word.officer for word in rows.read_reversals(tx)] == ["pd/4"]
        assert tx.rows("SELECT lines, first_at FROM precursors_alert") == [('["= difference 7 g"]', 1)]
    assert DAY.isoformat() == "2026-01-31"
