"""Yearly needs and free zones that an operator gives: each with its source, newest first, and used with the arithmetic shown."""

from __future__ import annotations

from datetime import date

import pytest

from comity.base.errors import BadForm
from comity.desks.precursors.flows.given import FreeZone, YearlyNeed, contradictions, read_need, read_zone, with_given
from comity.desks.precursors.flows.model import Grams, Party, SubstanceId
from comity.desks.precursors.flows.need import need_checks
from comity.desks.precursors.flows.route import in_zone, place_of, route_checks
from comity.desks.precursors.flows.trade import Trade
from tests.trade.given import ALVANOL, DAY, OURS, RULES, after, sent

NEED = {"party": "xo", "substance": "alvanol", "kg": "5000", "source": "plan, p. 3", "day": "2025-12-01"}
ZONE = {"place": "Tide Gate  Free-Zone", "source": "list 2026", "day": "2026-01-01"}


def given(grams: int, day: date, source: str = "plan") -> YearlyNeed:
    return YearlyNeed(OURS, ALVANOL, Grams(grams), source, day)


def test_a_row_is_read_with_its_source_and_day():
    one = read_need(NEED, frozenset({"alvanol"}))
    assert one == YearlyNeed(Party("XO"), SubstanceId("alvanol"), Grams(5_000_000), "plan, p. 3", date(2025, 12, 1))
    assert read_zone(ZONE) == FreeZone("tide gate free zone", "list 2026", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": ""}, "source is missing"),
        ({"day": "spring"}, "no day such as"),
        ({"day": ""}, "day is missing"),
        ({"kg": "much"}, "kg is 'much'"),
        ({"kg": ""}, "kg is missing"),
        ({"kg": "-1"}, "not from 0 g on"),
        ({"party": " "}, "party is missing"),
        ({"substance": "alvanole"}, "the list has no substance 'alvanole'"),
        ({"year": "2026"}, "there is no column 'year'"),
    ],
)
def test_a_bad_row_says_what_is_wrong_in_it(change, said):
    with pytest.raises(BadForm, match=said):
        read_need({**NEED, **change}, frozenset({"alvanol"}))


@pytest.mark.parametrize(
    ("change", "said"), [({"place": "-"}, "fewer than two"), ({"source": " "}, "source is missing")]
)
def test_a_bad_zone_says_what_is_wrong_in_it(change, said):
    with pytest.raises(BadForm, match=said):
        read_zone({**ZONE, **change})


def test_the_newest_row_up_to_the_day_counts_and_two_of_one_day_are_none():
    rows = [given(1, date(2025, 1, 1)), given(2, date(2026, 1, 1)), given(3, date(2027, 1, 1))]
    made, left = with_given(RULES, rows, (), DAY)
    assert (made.schedules[OURS].yearly[ALVANOL], left) == (2, ())
    assert made.schedules[OURS].yearly_sources[ALVANOL] == "plan, 2026-01-01"
    assert made.schedules[OURS].maximum_grams == RULES.schedules[OURS].maximum_grams
    both = [*rows[:2], given(9, date(2026, 1, 1), "letter")]
    made, left = with_given(RULES, both, (), DAY)
    assert made.schedules[OURS].yearly == RULES.schedules[OURS].yearly, "neither is guessed at"
    assert (
        left
        == contradictions(both, DAY)
        == (("XO alvanol", "of 2026-01-01 there are 2 g (plan) and 9 g (letter); strike one"),)
    )


def test_a_country_whose_table_says_nothing_gets_what_was_given():
    made, _ = with_given(RULES, [YearlyNeed(Party("XQ"), ALVANOL, Grams(7), "letter", DAY)], (), DAY)
    assert made.schedules[Party("XQ")].yearly == {ALVANOL: 7}


def test_the_need_of_a_country_is_measured_against_its_own_source():
    trade = Trade(after(1), consignments=tuple(sent(f"C-{n}", 600_000, -30 * n) for n in range(4)))
    rules, _ = with_given(RULES, [given(1_000_000, date(2025, 12, 1), "plan, p. 3")], (), after(1))
    found = [
        one
        for check in need_checks(trade, rules)
        if check.subject.endswith("country") and (one := check.run()) is not None
    ]
    assert found
    assert all(one.source == "plan, p. 3, 2025-12-01" for one in found)
    assert [str(line.amount) for line in found[0].lines][-1] == "1000000"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("FZ1", True),
        ("fz1", True),
        ("Shed 4, Tide Gate Free Zone, North", True),
        ("Tide Gate", False),
        ("Port FZ1", False),
        ("", False),
    ],
)
def test_a_place_is_a_zone_by_its_code_or_by_its_name_in_an_address(place, said):
    assert in_zone(place, frozenset({"FZ1", read_zone(ZONE).place})) is said


def test_signs_of_other_scripts_stay_with_their_letters():
    assert place_of("कांडला-मुक्त क्षेत्र") == "कांडला मुक्त क्षेत्र"


def test_a_stop_in_a_given_zone_is_told_with_its_points():
    one = sent("C-1", via=("Shed 4, Tide Gate Free Zone",), departure="QQ")
    trade = Trade(after(1), consignments=(one,))
    for zones, alerts in (((), 0), ((read_zone(ZONE),), 1)):
        rules, _ = with_given(RULES, (), zones, after(1))
        found = [alert for check in route_checks(trade, rules) if (alert := check.run()) is not None]
        assert len(found) == alerts
