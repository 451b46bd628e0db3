"""What consignments do beside one another: each check finds what it is there for, and leaves the honest neighbour alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from comity.desks.precursors.flows.alerts import run_checks
from comity.desks.precursors.flows.description import (
    CODE,
    CODES,
    DIGIT,
    PACKAGE,
    UN,
    apart,
    cas_digit_holds,
    description_checks,
)
from comity.desks.precursors.flows.mirror import mirror_checks
from comity.desks.precursors.flows.model import Grams, HolderId, Sign, SubstanceId
from comity.desks.precursors.flows.need import need_checks
from comity.desks.precursors.flows.newcomer import newcomer_checks
from comity.desks.precursors.flows.price import price_checks, robust_z
from comity.desks.precursors.flows.route import route_checks
from comity.desks.precursors.flows.splitting import linked, rings, splitting_checks, windows
from comity.desks.precursors.flows.trade import Trade, one_each
from tests.trade.given import ELMONE, LIST, OURS, RULES, THEIRS, after, firm, sent
from tests.trade.listed import ListIdentify


def found(checks, *consignments, until=3_000, **given):
    report = run_checks(checks(Trade(after(until), consignments=consignments, **given), RULES))
    assert not report.faults
    return report.alerts


def inward(one, **changed):
    return replace(one, **{"declared_by": one.to_party, "day": one.day.replace(day=min(28, one.day.day)), **changed})


# --- need ---


def test_a_licence_is_exceeded_by_the_consignment_that_crosses_it_and_the_sum_is_shown():
    quota = firm("XO-7", alvanol=250_000)
    taken = [sent("C1"), sent("C2", days=100), sent("C3", days=200), sent("C4", days=201)]
    (alert,) = found(need_checks, *taken, holders=(quota,))
    assert [line.amount for line in alert.lines] == [200_000, 100_000, 300_000, 250_000]
    assert alert.source == "licence of the consignee"
    assert alert.consignments == ("C1", "C2", "C3")


def test_a_year_later_the_window_is_empty_again():
    quota = firm("XO-7", alvanol=250_000)
    assert not found(need_checks, sent("C1"), sent("C2", days=100), sent("C3", days=366), holders=(quota,))


def test_twice_and_four_times_the_licence_are_told_again():
    quota = firm("XO-7", alvanol=100_000)
    many = [sent(f"C{n}", days=n) for n in range(9)]
    assert [alert.score_milli for alert in found(need_checks, *many, holders=(quota,))] == [8000, 4000, 2000]


def test_several_times_the_history_is_found_and_double_is_not():
    past = [sent(f"C{n}", 200_000, n * 90 - 1_200) for n in range(12)]
    assert not found(need_checks, *past, sent("D", 1_600_000))
    (alert,) = found(need_checks, *past, sent("D", 4_200_000))
    assert alert.subject[0] == "consignment=D"
    assert any(line.what.startswith("yearly mean of 2 years") for line in alert.lines)


def test_where_nothing_is_known_nothing_is_raised():
    assert not found(need_checks, sent("C1", 4_000_000))


def test_the_need_of_a_country_is_over_all_its_importers():
    many = [sent(f"C{n}", 900_000, n, consignee=HolderId(f"XO-{n}")) for n in range(6)]
    (alert,) = found(need_checks, *many)
    assert alert.subject[2] == "need=country"
    assert alert.source == "schedule of XO"
    assert alert.lines[-2].amount == 5_400_000


# --- price ---


def priced(number, per_kg, grams=100_000, days=0, **changed):
    return sent(number, grams, days, value_minor=per_kg * grams // 1_000, **changed)


PEERS = [priced(f"C{n}", 3_000 + 30 * (n % 7), days=n) for n in range(20)]


@pytest.mark.parametrize("per_kg", [1_000, 9_000])
def test_a_price_a_third_or_three_times_of_its_like_is_found(per_kg):
    (alert,) = found(price_checks, *PEERS, priced("D", per_kg))
    assert alert.consignments == ("D",)
    assert float(alert.lines[3].amount) == pytest.approx(per_kg / 3090, abs=0.02)


def test_an_ordinary_price_another_code_another_currency_and_too_few_peers_are_not():
    assert not found(price_checks, *PEERS, priced("D", 3_500))
    assert not found(price_checks, *PEERS, priced("D", 1_000, hs6="290290"))
    assert not found(price_checks, *PEERS, priced("D", 1_000, currency="XOC"))
    assert not found(price_checks, *PEERS[:11], priced("D", 1_000))


def test_a_small_pack_may_be_dear_but_not_cheap():
    small = [priced(f"S{n}", 4_000 + n, 4_000, n) for n in range(13)]
    assert not found(price_checks, *small, priced("D", 16_000, 4_000))
    assert len(found(price_checks, *small, priced("D", 1_000, 4_000))) == 1


def test_without_a_price_there_is_no_check_and_with_a_wrong_one_a_fault():
    assert not found(price_checks, sent("C", value_minor=0, currency=""))
    report = run_checks(price_checks(Trade(after(0), consignments=(*PEERS, sent("C", value_minor=0))), RULES))
    assert [fault.subject for fault in report.faults] == ["C"]


def test_robust_z_by_hand():
    assert robust_z(5.0, [1.0, 2.0, 3.0, 4.0, 100.0], 0.01) == pytest.approx(2 / 1.4826)
    assert robust_z(2.0, [1.0, 1.0, 1.0], 0.5) == 2.0


# --- newcomers ---

SETTLED = [sent(f"C{n}", days=-400 + 20 * n, consignee=HolderId(f"XO-{n}")) for n in range(19)]
NEW = HolderId("XO-new")


def test_a_new_firm_that_shares_a_telephone_with_a_refused_order_is_found():
    holder = firm("XO-new", "phone:55")
    (alert,) = found(
        newcomer_checks, *SETTLED, sent("D", consignee=NEW), holders=(holder,), refused=frozenset({"phone:55"})
    )
    assert any("refused order: phone" in line.what for line in alert.lines)


def test_being_new_is_no_ground_and_neither_is_being_young_or_large_alone():
    assert not found(newcomer_checks, *SETTLED, sent("D", consignee=NEW), holders=(firm("XO-new"),))
    young = firm("XO-new", founded=after(-30))
    assert not found(newcomer_checks, *SETTLED, sent("D", consignee=NEW), holders=(young,))
    assert not found(newcomer_checks, *SETTLED, sent("D", 600_000, consignee=NEW), holders=(firm("XO-new"),))
    (alert,) = found(newcomer_checks, *SETTLED, sent("D", 600_000, consignee=NEW), holders=(young,))
    assert alert.score_milli == 1_000


def test_a_firm_of_old_or_of_the_first_days_of_the_data_is_not_new():
    young = firm("XO-0", founded=after(-30))
    assert not found(newcomer_checks, *SETTLED, sent("D", 900_000, consignee=HolderId("XO-0")), holders=(young,))
    early = [sent("A", days=-400), *SETTLED, sent("D", 900_000, -300, consignee=NEW)]
    assert not found(newcomer_checks, *early, holders=(firm("XO-new", founded=after(-330)),))


def test_of_a_new_sender_the_quantity_says_nothing_and_what_it_shares_does():
    new = HolderId("OX-new")
    holder = firm("OX-new", "phone:56", "phone:55", party=THEIRS, founded=after(-30))
    large = sent("D", 600_000, exporter=new)
    assert not found(newcomer_checks, *SETTLED, large, holders=(holder,), refused=frozenset({"phone:57"}))
    (alert,) = found(newcomer_checks, *SETTLED, large, holders=(holder,), refused=frozenset({"phone:55"}))
    assert alert.subject == ("consignment=D", "firm=OX-new")
    shared = [line.what for line in alert.lines if "refused order" in line.what]
    assert shared == ["shares with a refused order: phone"], "one of its two telephones"
    assert not any("first" in line.what and "quantity" in line.what for line in alert.lines)


def test_a_firm_in_no_register_needs_something_else_too():
    assert not found(newcomer_checks, *SETTLED, sent("D", consignee=NEW))
    assert len(found(newcomer_checks, *SETTLED, sent("D", 600_000, consignee=NEW))) == 1


# --- splitting ---


def small(number, consignee, days, grams=400_000, **changed):
    return sent(number, grams, days, consignee=HolderId(consignee), permit="", **changed)


RING = (firm("XO-1", "phone:7"), firm("XO-2", "phone:7", "owner:a"), firm("XO-3", "owner:a"))
SPLIT = [small("C1", "XO-1", 0), small("C2", "XO-2", 9), small("C3", "XO-3", 20)]


def test_three_small_consignments_to_firms_that_belong_together_are_added_up():
    (alert,) = found(splitting_checks, *SPLIT, holders=RING)
    assert alert.consignments == ("C1", "C2", "C3")
    assert [line.amount for line in alert.lines[:5]] == [400_000, 400_000, 400_000, 1_200_000, 1_000_000]
    assert alert.source == "schedule of XO"
    assert {line.what for line in alert.lines} >= {"linked by phone:7", "linked by owner:a"}


@pytest.mark.parametrize(
    ("consignments", "holders"),
    [
        (SPLIT[:2], RING),
        (SPLIT, ()),
        ([*SPLIT[:2], replace(SPLIT[2], permit="P9")], RING),
        ([*SPLIT[:2], replace(SPLIT[2], day=after(31))], RING),
        ([*SPLIT[:2], replace(SPLIT[2], substance=ELMONE)], RING),
        ([small(f"C{n}", "XO-1", n * 5, 350_000) for n in range(3)], RING),
    ],
)
def test_fewer_unlinked_permitted_later_other_or_of_one_firm_are_not(consignments, holders):
    assert not found(splitting_checks, *consignments, holders=holders)


def test_a_trait_that_many_share_links_nobody():
    tower = tuple(firm(f"XO-{n}", "address:tower") for n in range(13))
    assert not found(splitting_checks, *SPLIT, holders=tower)
    assert len(rings(tower, 13)) == 1


def test_firms_of_two_sides_are_never_linked():
    assert len(rings((firm("A", "phone:7"), firm("B", "phone:7", party=THEIRS)), 12)) == 2


def test_where_the_schedule_lets_nothing_pass_the_desks_own_quantity_is_used_and_said():
    tiny = [replace(one, substance=ELMONE, grams=Grams(9_000)) for one in SPLIT]
    (alert,) = found(splitting_checks, *tiny, holders=RING)
    assert alert.source == f"{RULES.name} (the schedule lets nothing pass)"
    unknown = [replace(one, substance=SubstanceId("new"), grams=Grams(9_000)) for one in SPLIT]
    assert "no quantity is known" in found(splitting_checks, *unknown, holders=RING)[0].source


def test_of_many_consignments_the_first_are_shown_and_the_rest_added_up():
    many = [small(f"C{n:02}", f"XO-{1 + n % 3}", n, 100_000) for n in range(15)]
    alert = found(splitting_checks, *many, holders=RING)[0]
    plus = [line for line in alert.lines if line.sign is Sign.PLUS]
    assert [line.amount for line in plus] == [100_000] * 12 + [300_000]
    assert plus[-1].what == "3 further consignments"
    assert alert.consignments == tuple(one.id for one in many)


def test_what_firms_have_long_taken_is_told_once():
    steady = [small(f"C{n}", f"XO-{1 + n % 3}", n * 10, 450_000) for n in range(60)]
    days = {
        next(part for part in alert.subject if part.startswith("from="))
        for alert in found(splitting_checks, *steady, holders=RING)
    }
    assert "from=2026-01-31" in days
    assert all(date.fromisoformat(day[5:]) < after(365) for day in days)


def test_components_and_windows_by_hand():
    names = [HolderId(name) for name in "abcd"]
    assert linked(names, [("x", (names[0], names[2])), ("y", (names[2], names[3]))]) == (("a", "c", "d"), ("b",))
    three = tuple(small(f"C{n}", "a", n * 10, 10) for n in range(6))
    assert [[one.id for one in window] for window in windows(three, 20, 15)] == [
        ["C0", "C1"],
        ["C2", "C3"],
        ["C4", "C5"],
    ]


# --- mirror ---


def test_a_month_that_does_not_agree_and_the_consignment_that_makes_it():
    outward = [sent(f"C{n}", 500_000, -200 + n) for n in range(4)]
    arrived = [inward(one, day=after(-150)) for one in outward]
    assert not found(mirror_checks, *outward, *arrived)
    arrived[2] = replace(arrived[2], grams=Grams(300_000))
    one, cell = found(mirror_checks, *outward, *arrived)
    assert [line.amount for line in one.lines] == [500_000, 300_000, 200_000, 22_500]
    assert cell.consignments == one.consignments == ("C2",)
    assert [line.amount for line in cell.lines[:4]] == [2_000_000, 1_800_000, 200_000, 120_000]


def test_small_gaps_add_up_to_one_of_the_month_and_the_widest_of_them_is_named():
    """Of each 10 kg, 2 kg may be missing; of all 110 kg together, 20 kg (both are the floors of the thresholds)."""
    outward = [sent(f"C{n:02}", 10_000, n) for n in range(-25, -14)]
    arrived = [inward(one, grams=Grams(8_200)) for one in outward]
    arrived[7] = replace(arrived[7], grams=Grams(8_000))
    assert not found(mirror_checks, *outward, *arrived), "ten times 1 800 g and 2 000 g: exactly 20 kg"
    arrived[3] = replace(arrived[3], grams=Grams(8_199))
    (cell,) = found(mirror_checks, *outward, *arrived)
    assert cell.subject == ("hs6=290199", "month=2026-01", "from=XV", "to=XO")
    assert cell.consignments == (outward[7].id,)
    assert [line.amount for line in cell.lines[:4]] == [110_000, 89_999, 20_001, 20_000]
    assert [(line.what, line.amount, line.about) for line in cell.lines[5:]] == [("of it", 2_000, outward[7].id)]


def test_what_never_came_is_a_gap_once_it_cannot_be_on_its_way():
    gone, other = sent("C1", 500_000), [sent("C2"), inward(sent("C2"))]
    assert not found(mirror_checks, gone, *other, until=75)
    assert found(mirror_checks, gone, *other, until=76)[0].consignments == ("C1",)
    never = inward(sent("C3", 500_000))
    assert found(mirror_checks, never, *other)[0].lines[0].what == "not declared by the exporter"


def test_packing_counted_by_one_side_and_an_end_of_month_are_no_gap():
    out = sent("C1", 100_000, 0)
    assert not found(mirror_checks, out, replace(inward(out), grams=Grams(104_000), day=after(40)))


def test_one_side_alone_has_no_mirror():
    assert not found(mirror_checks, sent("C1"))


# --- route ---

USUAL = [sent(f"C{n}", days=n - 100, via=("HUB1",)) for n in range(20)]


@pytest.mark.parametrize(
    ("changed", "points"),
    [
        ({"via": ("FZ1",)}, 3),
        ({"via": ("HUB1", "FZ1")}, 4),
        ({"via": ("HUB2", "HUB3", "HUB4")}, 3),
        ({"via": ("HUB1",), "departure": "XK"}, 0),
        ({"via": ("HUB1", "HUB2"), "departure": "XK"}, 3),
        ({"via": ("HUB2",)}, 0),
        ({"via": ("HUB1",), "origin": "XK"}, 0),
    ],
)
def test_points_of_a_way(changed, points):
    alerts = found(route_checks, *USUAL, sent("D", **changed))
    assert [int(alert.lines[-2].amount) for alert in alerts] == ([points] if points else [])


def test_with_little_history_no_way_is_unseen():
    assert not found(route_checks, *USUAL[:7], sent("D", via=("FZ1",)))


# --- description ---


def described(**changed):
    trade = Trade(after(0), consignments=(sent("C1", **changed),))
    return run_checks(description_checks(trade, RULES, LIST)).alerts


@pytest.mark.parametrize(
    ("changed", "points"),
    [
        ({}, 0),
        ({"hs6": "290290"}, 0),
        ({"text": "laboratory goods", "cas": ""}, 0),
        ({"hs6": "340250"}, 3),
        ({"text": "Elmone, min. 99 %"}, 6),
        ({"cas": "67-64-1"}, 6),
        ({"text": "ELMONE", "cas": "67-64-1", "hs6": "291431"}, 6),
        ({"cas": "64-17-4"}, 0),
        ({"cas": "64-17-4", "hs6": "340250"}, 4),
        ({"text": "elmone acid", "substance": SubstanceId(""), "cas": "67-64-1", "hs6": ""}, 3),
    ],
)
def test_what_contradicts_itself(changed, points):
    assert [int(alert.lines[-2].amount) for alert in described(**changed)] == ([points] if points else [])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cas": "64-17-4", "hs6": "340250"}, ((DIGIT, "64-17-4", 1), (CODE, "340250; alvanol: 290199, 290290", 3))),
        ({"un": "1715"}, ((UN, "1715; alvanol: 1170", 2),)),
        ({"un": "1170", "packages": 1}, ()),
        ({"text": "Elmone", "cas": ""}, ((apart("text", "notification"), "elmone / alvanol", 3),)),
        ({"un": "1715", "text": "elmone, alvanol"}, ()),
        ({"un": "1715", "packages": 1, "grams": Grams(3_000_001)}, ((UN, "1715; alvanol: 1170", 2), (PACKAGE, "1", 1))),
        ({"packages": 1, "grams": Grams(3_000_001)}, ()),
        ({"un": "1715", "packages": 2, "grams": Grams(6_000_000)}, ((UN, "1715; alvanol: 1170", 2),)),
    ],
)
def test_every_contradiction_has_a_code_and_says_what_stands_where(changed, said):
    found = [(line.what, line.about, int(line.amount)) for alert in described(**changed) for line in alert.lines[:-2]]
    assert found == list(said)
    assert {what for what, _, _ in found} <= CODES


def test_codes_of_the_two_sides_that_differ_add_a_point():
    trade = Trade(after(0), consignments=(sent("C1", cas="64-17-4"), inward(sent("C1"), hs6="290290")))
    (alert,) = run_checks(description_checks(trade, RULES, LIST)).alerts
    assert int(alert.lines[-2].amount) == 2


def test_without_somebody_who_knows_substances_nothing_is_checked():
    assert not list(description_checks(Trade(after(0), consignments=(sent("C1"),)), RULES, None))


def test_names_are_read_with_accents_case_and_the_longest_first():
    assert LIST.by_text("Élmone  ACID 98%") == {"elmone-acid"}
    assert LIST.by_text("Elmone and alvanol") == {"elmone", "alvanol"}
    assert LIST.by_text("elmones") == frozenset()
    assert ListIdentify.of(()).by_cas("64-17-5") == LIST.codes(SubstanceId("x")) == frozenset()


@pytest.mark.parametrize(
    ("cas", "holds"), [("64-17-5", True), ("7732-18-5", True), ("64-17-6", False), ("64175", False), ("", False)]
)
def test_check_digits(cas, holds):
    assert cas_digit_holds(cas) is holds


# --- which declaration ---


def test_the_exporters_declaration_counts_whichever_comes_first():
    out = sent("C1")
    assert one_each((inward(out, grams=Grams(5)), out)) == one_each((out, inward(out))) == (out,)
    assert one_each((inward(out),))[0].declared_by == OURS
