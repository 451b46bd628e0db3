"""The ranker on a part of the customs data: it beats chance by far, says why, and is the same for the same seed."""

from __future__ import annotations

import csv
from functools import cache
from itertools import islice

import pytest

from comity.base.errors import BadConfiguration, BadForm
from comity.desks.precursors.flows.declarations import (
    Plan,
    area_under_curve,
    chosen_at_random,
    precision_at,
    read_declaration,
    read_plan,
    shares,
)
from tests.customs.measure import DATA

PLAN = Plan()


@cache
def raw():
    with (DATA / "declarations-train.csv").open(encoding="utf-8", newline="") as file:
        return list(islice(csv.DictReader(file), 0, 37_000, 9))


@cache
def rows():
    return [read_declaration(row, PLAN) for row in raw()]


def known():
    return rows()[:3_200]


def new():
    return rows()[3_200:]


def train(*given):
    """Train; scikit-learn takes more than a second to load, so only whoever trains loads it."""
    from comity.desks.precursors.flows.ranker import train

    return train(*given)


@pytest.fixture(scope="module")
def ranker():
    return train(PLAN, known(), 1)


def test_it_finds_more_than_chance_and_every_score_has_reasons(ranker):
    ranked = ranker.rank(new())
    scores, truth = [one.score for one in ranked], [bool(row.irregular) for row in new()]
    assert scores == list(ranker.scores(new()))
    assert area_under_curve(scores, truth) > 0.6
    assert precision_at(scores, truth, 50) > 1.5 * sum(truth) / len(truth)
    assert all(one.reasons and all(reason.text for reason in one.reasons) for one in ranked)
    best = max(ranked, key=lambda one: one.score)
    assert best.reasons[0].moved > 0
    assert any("earlier ones irregular" in reason.text for reason in best.reasons)


def test_the_same_rows_and_seed_give_the_same_scores_and_another_seed_others():
    few, again, other = (train(PLAN, known()[:600], seed).scores(new()[:50]) for seed in (1, 1, 2))
    assert few == again
    assert few != other


def test_what_was_never_seen_is_said_to_be(ranker):
    strange = read_declaration(
        {**raw()[0], "HS6 Code": "000000", "Country of Origin": "QQ", "Country of Departure": "QQ"}, PLAN
    )
    texts = [group.say(strange) for group in ranker.groups]
    assert any("never seen" in text for text in texts)
    assert any("none of its like" in text for text in texts)


def test_nothing_gives_nothing(ranker):
    assert ranker.rank([]) == ranker.scores([]) == ()


def test_it_does_not_learn_from_too_little_from_one_outcome_or_from_none():
    with pytest.raises(BadForm, match="too few"):
        train(PLAN, known()[:199], 1)
    with pytest.raises(BadForm, match="same outcome"):
        train(PLAN, [row._replace(irregular=False) for row in known()[:300]], 1)
    with pytest.raises(BadForm, match="no outcome"):
        train(PLAN, [*known()[:300], known()[0]._replace(irregular=None)], 1)


# --- rows, plans, shares ---


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"Declaration ID": ""}, "is empty"),
        ({"Fraud": "2"}, "not 0 or 1"),
        ({"Net Mass": "heavy"}, "no number"),
        ({"Net Mass": "-1"}, "not from 0 on"),
        ({"Item Price": "inf"}, "not from 0 on"),
        ({"Tax Type": None}, "no column 'Tax Type'"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(changed, why):
    with pytest.raises(BadForm, match=why):
        read_declaration({**raw()[0], **changed}, PLAN)


def test_a_row_without_outcome_is_read():
    assert read_declaration({**raw()[0], "Fraud": ""}, PLAN).irregular is None


def test_a_plan_names_other_columns():
    plan = read_plan('number = "no"\nalone = ["code", "code:2"]\ntogether = [["code", "from"]]\nlike = []\nmass = "kg"')
    assert plan.keys == (("code",), ("code:2",), ("code", "from"))
    row = {"no": "1", "code": "290199", "from": "XO", "kg": "5", "Item Price": "7", "Tax Rate": "0"}
    assert read_declaration(row, plan).keys == ("290199", "29", "290199|XO")
    for bad in ("colour = 'red'", "mass = 5", "mass = ["):
        with pytest.raises(BadConfiguration, match="Nothing was ranked"):
            read_plan(bad)


def test_the_lot_does_not_depend_on_order_or_repeats_and_depends_on_the_seed():
    numbers = [f"D{n}" for n in range(100)]
    drawn = chosen_at_random(numbers, 10, "seed")
    assert drawn == chosen_at_random(reversed(numbers * 2), 10, "seed")
    assert len(set(drawn)) == 10
    assert drawn != chosen_at_random(numbers, 10, "other")
    assert drawn[:5] == chosen_at_random(numbers, 5, "seed")


def test_every_declaration_has_the_same_chance():
    drawn = [number for seed in range(400) for number in chosen_at_random([f"D{n}" for n in range(20)], 5, str(seed))]
    assert all(60 < drawn.count(f"D{n}") < 140 for n in range(20))


def test_of_what_is_looked_at_a_tenth_is_by_lot():
    assert shares(8_000, 50, 100) == (360, 40)
    assert shares(10, 50, 100) == (0, 1)
    assert shares(8_000, 50, 0) == (400, 0)
    for bad in ((0, 100), (1_001, 100), (50, 1_001)):
        with pytest.raises(BadForm):
            shares(100, *bad)


def test_area_and_precision_by_hand():
    assert area_under_curve([0.1, 0.4, 0.35, 0.8], [False, False, True, True]) == 0.75
    assert area_under_curve([1, 1, 1, 1], [True, False, True, False]) == 0.5
    assert precision_at([0.9, 0.8, 0.1], [True, False, False], 10) == 1.0
    assert precision_at([0.9, 0.8, 0.1], [True, False, False], 500) == 0.5
    with pytest.raises(BadForm):
        area_under_curve([1.0], [True])
