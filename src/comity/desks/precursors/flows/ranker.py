"""The optional ranker: declarations by how likely they are irregular, each with the reasons in words and numbers.

The rule it keeps: a history counts for a row of the training file only as other rows made it (out of fold), so that the
model does not learn its own answers; no score without reasons. It is trained anew from the training file each time, in
seconds: there is no file of a model, hence none to be trusted. The extra `precursors` brings scikit-learn; this is the
only module that imports it, and nothing imports this one but the command.
"""
# spec: precursors-and-documents.md 4

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from comity.base.errors import BadForm
from comity.desks.precursors.flows.declarations import Declaration, Plan

Floats = npt.NDArray[np.float64]
FOLDS = 5
SMOOTHING = 5.0
"""A history counts as if so many declarations of the usual kind had come before it."""
LEAST_ROWS = 200
LEAST_SPREAD = 0.1
SHOWN = 3
"""Reasons of one score."""
_MAD = 1.4826
_EPS = 0.01
_THREADS = 1
"""The same sums in the same order on every machine; and its threads wait for each other by turning, badly where cores are shared."""


@dataclass(frozen=True, slots=True)
class History:
    """What became of declarations with one value of a key: how many there were, and how many were irregular."""

    irregular: int
    seen: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that moved a score: in words with numbers, and by how much in log-odds; below 0 it spoke against."""

    text: str
    moved: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """One declaration with its score between 0 and 1 and the reasons that moved it most; never without one."""

    id: str
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Prices:
    """The logarithm of price per unit of mass within one value of `Plan.like`: median, robust deviation, how many."""

    middle: float
    spread: float
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """Features that are taken away together to see what they did: what they are called, and where they stand."""

    name: str
    columns: tuple[int, ...]
    say: Callable[[Declaration], str]


class Ranker:
    """A trained ranker; see `train`."""

    def __init__(self, plan: Plan, rows: Sequence[Declaration], seed: int) -> None:
        """Learn from declarations whose outcome is known; `train` checks them first."""
        self.plan, self.seed = plan, seed
        truth = [bool(row.irregular) for row in rows]
        self.usual = sum(truth) / len(truth)
        self.histories = [_histories([row.keys[at] for row in rows], truth) for at in range(len(plan.keys))]
        self.prices = [_prices(rows, at) for at in range(len(plan.like))]
        features = np.column_stack([self._out_of_fold(rows, truth, seed), self._numbers(rows)])
        self.neutral: Floats = np.median(features, axis=0)
        self.neutral[: len(plan.keys)] = self.usual
        self.groups = self._grouped()
        self.model = HistGradientBoostingClassifier(
            max_iter=300,
            learning_rate=0.05,
            min_samples_leaf=50,
            max_features=0.3,
            l2_regularization=2.0,
            random_state=seed,
        )
        with threadpool_limits(_THREADS):
            self.model.fit(features, np.array(truth))

    # --- features ---

    def _out_of_fold(self, rows: Sequence[Declaration], truth: Sequence[bool], seed: int) -> Floats:
        """Return the history of each key as the other folds made it."""
        fold = np.random.default_rng(seed).integers(0, FOLDS, len(rows))
        out = np.empty((len(rows), len(self.plan.keys)))
        for at in range(len(self.plan.keys)):
            keys = [row.keys[at] for row in rows]
            for one in range(FOLDS):
                inside: list[int] = np.flatnonzero(fold == one).tolist()
                others: list[int] = np.flatnonzero(fold != one).tolist()
                known = _histories([keys[n] for n in others], [truth[n] for n in others])
                out[inside, at] = [self._risk(known.get(keys[n])) for n in inside]
        return out

    def _risk(self, history: History | None) -> float:
        irregular, seen = (history.irregular, history.seen) if history else (0, 0)
        return (irregular + SMOOTHING * self.usual) / (seen + SMOOTHING)

    def _numbers(self, rows: Sequence[Declaration]) -> Floats:
        """Return mass, price, price per mass, rate, and how far the price is from its like."""
        found = [
            [math.log(row.mass + _EPS), math.log(row.price + 1), _unit(row), row.rate]
            + [self._away(row, at) for at in range(len(self.plan.like))]
            for row in rows
        ]
        return np.array(found)

    def _away(self, row: Declaration, at: int) -> float:
        known = self.prices[at].get(row.like[at])
        return (_unit(row) - known.middle) / (known.spread + LEAST_SPREAD) if known else math.nan

    def features(self, rows: Sequence[Declaration]) -> Floats:
        """Return the features of new declarations, one row each."""
        risks = [
            [self._risk(known.get(key)) for known, key in zip(self.histories, row.keys, strict=True)] for row in rows
        ]
        return np.column_stack([np.array(risks), self._numbers(rows)])

    # --- scores and reasons ---

    def scores(self, rows: Sequence[Declaration]) -> tuple[float, ...]:
        """Return the score of each declaration, for measuring; whoever shows one uses `rank`."""
        if not rows:
            return ()
        with threadpool_limits(_THREADS):
            return tuple(float(one) for one in self.model.predict_proba(self.features(rows))[:, 1])

    def rank(self, rows: Sequence[Declaration]) -> tuple[Ranked, ...]:
        """Return the declarations in their order, each with its score and reasons."""
        if not rows:
            return ()
        features = self.features(rows)
        with threadpool_limits(_THREADS):
            scores = self.model.predict_proba(features)[:, 1]
            whole = self.model.decision_function(features)
            moved = np.column_stack([whole - self._without(features, group) for group in self.groups])
        return tuple(Ranked(row.id, float(scores[at]), self._reasons(row, moved[at])) for at, row in enumerate(rows))

    def _without(self, features: Floats, group: Group) -> Floats:
        """Return the log-odds with one group as it usually is."""
        less = features.copy()
        less[:, group.columns] = self.neutral[list(group.columns)]
        odds: Floats = self.model.decision_function(less)
        return odds

    def _reasons(self, row: Declaration, moved: Floats) -> tuple[Reason, ...]:
        """Return what moved this score most: what raised it, or, where nothing did, what lowered it."""
        order = sorted(range(len(self.groups)), key=lambda at: -moved[at])
        raised = [at for at in order if moved[at] > 0][:SHOWN] or order[-1:]
        return tuple(Reason(self.groups[at].say(row), round(float(moved[at]), 3)) for at in raised)

    def _grouped(self) -> tuple[Group, ...]:
        """Put features that say the same together: histories that share a first column, the numbers, the prices."""
        by_first: dict[str, list[int]] = {}
        for at, key in enumerate(self.plan.keys):
            first = key[0].partition(":")[0]
            by_first.setdefault(first if len(key) == 1 else f"{first} with others", []).append(at)
        groups = [Group(name, tuple(at), partial(self._said, tuple(at))) for name, at in by_first.items()]
        start = len(self.plan.keys)
        like = tuple(range(start + 4, start + 4 + len(self.plan.like)))
        plan = self.plan
        groups += [
            Group(plan.mass, (start,), lambda row: f"{plan.mass} {row.mass:,.10g}"),
            Group(plan.price, (start + 1,), lambda row: f"{plan.price} {row.price:,.10g}"),
            Group("price per mass", (start + 2, *like), self._priced),
            Group(plan.rate, (start + 3,), lambda row: f"{plan.rate} {row.rate:g}"),
        ]
        return tuple(groups)

    def _said(self, columns: tuple[int, ...], row: Declaration) -> str:
        """Say the history of the key, of those in a group, that lies farthest from the usual."""
        best = max(columns, key=lambda at: abs(self._risk(self.histories[at].get(row.keys[at])) - self.usual))
        history = self.histories[best].get(row.keys[best])
        values = row.keys[best].split("|")
        what = ", ".join(
            f"{name} {value or '(none)'}" for name, value in zip(self.plan.keys[best], values, strict=False)
        )
        if history is None:
            return f"{what}: never seen in the training file"
        return f"{what}: {history.irregular} of {history.seen} earlier ones irregular ({self.usual:.0%} of all)"

    def _priced(self, row: Declaration) -> str:
        """Say how far the price is from its like, within the narrowest group that is known."""
        unit = math.exp(_unit(row))
        for at, key in enumerate(self.plan.like):
            known = self.prices[at].get(row.like[at])
            if known:
                away = self._away(row, at)
                among = " and ".join(key)
                return f"{unit:,.2f} a unit of mass, {away:+.1f} deviations from the median {math.exp(known.middle):,.2f} of {known.count} of the same {among}"
        return f"{unit:,.2f} a unit of mass; none of its like in the training file"


def train(plan: Plan, rows: Sequence[Declaration], seed: int) -> Ranker:
    """Learn from declarations whose outcome is known; the same rows and seed give the same ranker.

    Raises:
        BadForm: too few rows, a row without outcome, or only one outcome.
    """
    if len(rows) < LEAST_ROWS:
        raise BadForm(f"{len(rows)} declarations with an outcome are too few to learn from; {LEAST_ROWS} are the least")
    if any(row.irregular is None for row in rows):
        raise BadForm(f"a declaration to learn from has no outcome in {plan.label}")
    if len({row.irregular for row in rows}) == 1:
        raise BadForm("all declarations had the same outcome; there is nothing to learn")
    return Ranker(plan, rows, seed)


def _unit(row: Declaration) -> float:
    return math.log((row.price + 1) / (row.mass + _EPS))


def _histories(keys: Sequence[str], truth: Sequence[bool]) -> dict[str, History]:
    counted: dict[str, list[int]] = {}
    for key, irregular in zip(keys, truth, strict=True):
        entry = counted.setdefault(key, [0, 0])
        entry[0] += irregular
        entry[1] += 1
    return {key: History(*entry) for key, entry in counted.items()}


def _prices(rows: Sequence[Declaration], at: int) -> dict[str, Prices]:
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(row.like[at], []).append(_unit(row))
    found = {}
    for key, units in groups.items():
        middle = float(np.median(units))
        found[key] = Prices(middle, _MAD * float(np.median(np.abs(np.array(units) - middle))), len(units))
    return found
