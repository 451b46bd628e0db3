"""Ledgers conserve mass, reconciliation is symmetric, a reversal twice is a reversal once, whatever the registers hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from comity.base.ids import Ms
from comity.desks.precursors.flows.alerts import reverse, run, show
from comity.desks.precursors.flows.ledger import account_of, periods
from comity.desks.precursors.flows.model import INFLOWS, ConsignmentId, Flow, Grams, HolderId, LicenceHolder
from comity.desks.precursors.flows.reading import read_register_line
from comity.desks.precursors.flows.reconcile import reconcile
from comity.desks.precursors.flows.splitting import rings
from comity.desks.precursors.flows.trade import Trade
from tests.trade.given import OURS, RULES, THEIRS, after, counted, moved

GRAMS = st.integers(min_value=1, max_value=10**12)
DAYS = st.integers(min_value=0, max_value=60)
MOVEMENTS = st.lists(st.tuples(st.sampled_from(Flow), GRAMS, DAYS), max_size=30).map(
    lambda rows: [moved(kind, grams, days, f"m{at}") for at, (kind, grams, days) in enumerate(rows)]
)
CROSSING = st.lists(st.tuples(st.booleans(), st.integers(min_value=0, max_value=9), GRAMS, DAYS), max_size=20).map(
    lambda rows: [
        moved(
            Flow.EXPORT if out else Flow.IMPORT,
            grams,
            days,
            f"m{at}",
            party=THEIRS if out else OURS,
            consignment=ConsignmentId(f"C{number}"),
        )
        for at, (out, number, grams, days) in enumerate(rows)
    ]
)


@given(MOVEMENTS, st.lists(st.tuples(DAYS, GRAMS), min_size=2, max_size=6, unique_by=lambda one: one[0]))
def test_what_is_there_at_the_end_is_what_was_there_and_came_less_what_left_and_every_difference(movements, counts):
    stocks = [counted(grams, days) for days, grams in counts]
    made = periods(account_of(stocks[0]), stocks, movements)
    assert len(made) == len(stocks) - 1
    first, last = made[0].opening, made[-1].closing
    within = [one for one in movements if first.day < one.day <= last.day]
    net = sum(one.grams if one.kind in INFLOWS else -one.grams for one in within)
    assert first.grams + net + sum(period.difference for period in made) == last.grams
    assert sum(len(period.movements) for period in made) == len(within)


@given(MOVEMENTS, st.randoms(use_true_random=False))
def test_the_order_and_repeats_of_a_register_do_not_matter(movements, draw):
    stocks = [counted(5), counted(9, 61)]
    shuffled = movements * 2
    draw.shuffle(shuffled)
    account = account_of(stocks[0])
    assert periods(account, stocks, movements) == periods(account, stocks[::-1], shuffled)


@given(CROSSING, st.integers(min_value=0, max_value=20))
def test_reconciliation_is_symmetric_and_loses_no_gram(movements, cut):
    pairs = reconcile(movements[:cut], movements[cut:])
    assert pairs == reconcile(movements[cut:], movements[:cut])
    assert sum(pair.sent + pair.arrived for pair in pairs) == sum(one.grams for one in movements)


@given(MOVEMENTS, st.lists(st.integers(min_value=0, max_value=5), max_size=8), GRAMS)
def test_a_reversal_twice_is_a_reversal_once_and_never_hides_another_arithmetic(movements, chosen, grams):
    trade = Trade(after(99), tuple(movements), (counted(5), counted(grams, 61)))
    alerts = run(trade, RULES).alerts
    words = [reverse(alerts[at % len(alerts)], "pd/4", Ms(at), "seen") for at in chosen] if alerts else []
    once, twice = show(alerts, words), show(alerts, words * 2)
    assert once == twice
    assert [one.alert for one in once] == list(alerts)
    assert {one.alert.arithmetic for one in once if not one.counts} == {word.arithmetic for word in words}
    changed = [replace(one, source=f"{one.source}!") for one in alerts]
    assert all(one.counts for one in show(changed, words))


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=3, unique=True), max_size=12))
def test_every_firm_is_in_one_ring_and_firms_with_a_common_trait_in_the_same(traits):
    holders = [LicenceHolder(HolderId(f"{at:02}"), OURS, None, tuple(sorted(own))) for at, own in enumerate(traits)]
    found = rings(holders, 99)
    assert sorted(firm for ring in found for firm in ring.firms) == [one.id for one in holders]
    ring_of = {firm: at for at, ring in enumerate(found) for firm in ring.firms}
    for one in holders:
        for other in holders:
            if set(one.traits) & set(other.traits):
                assert ring_of[one.id] == ring_of[other.id]


@given(st.integers(min_value=1, max_value=10**12))
def test_kilograms_are_read_to_the_gram(grams):
    row = {"id": "1", "party": "XO", "holder": "h", "substance": "s", "kind": "use", "day": "2026-01-01"}
    line = read_register_line({**row, "kg": f"{grams // 1000}.{grams % 1000:03}"})
    assert line.grams == Grams(grams)
