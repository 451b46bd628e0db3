"""Customs declarations as the ranker reads them: which columns there are, and which of them together say something.

The rule it keeps: columns are data (`Plan`), so that each customs service names its own; a row that lacks one is refused
with its reason.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from comity.base.errors import BadConfiguration, BadForm

_ALL = 1_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Which columns a declaration has and how they are used.

    Attributes:
        number, label: of the declaration; whether it was irregular (`1`) or not (`0`).
        mass, price: numbers above 0; `rate` a number from 0 on.
        alone: columns whose values have a history each; `HS:2` means the first two signs of column `HS`.
        together: columns whose values have a history together.
        like: columns within which a price per unit of mass is compared.
    """

    number: str = "Declaration ID"
    label: str = "Fraud"
    mass: str = "Net Mass"
    price: str = "Item Price"
    rate: str = "Tax Rate"
    alone: tuple[str, ...] = (
        "Office ID",
        "Process Type",
        "Import Type",
        "Import Use",
        "Payment Type",
        "Mode of Transport",
        "Courier ID",
        "HS6 Code",
        "HS6 Code:4",
        "HS6 Code:2",
        "Country of Departure",
        "Country of Origin",
        "Tax Type",
        "Country of Origin Indicator",
    )
    together: tuple[tuple[str, ...], ...] = (
        ("HS6 Code", "Country of Origin"),
        ("HS6 Code", "Country of Departure"),
        ("HS6 Code", "Country of Origin", "Country of Departure"),
        ("HS6 Code", "Tax Type"),
        ("HS6 Code", "Country of Origin", "Tax Type"),
        ("HS6 Code", "Country of Origin", "Country of Departure", "Tax Type"),
        ("HS6 Code:4", "Country of Origin"),
        ("HS6 Code:2", "Country of Origin"),
        ("Country of Origin", "Country of Departure"),
    )
    like: tuple[tuple[str, ...], ...] = (("HS6 Code", "Country of Origin"), ("HS6 Code",))

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Return every column or set of columns that has a history."""
        return (*((name,) for name in self.alone), *self.together)


class Declaration(NamedTuple):
    """One declaration: the values of `Plan.keys` and `Plan.like`, its numbers, and its label where it is known."""

    id: str
    keys: tuple[str, ...]
    like: tuple[str, ...]
    mass: float
    price: float
    rate: float
    irregular: bool | None


def read_plan(text: str) -> Plan:
    """Read a plan from TOML; what it leaves out is as by default.

    Raises:
        BadConfiguration: it is no TOML, or has a key that no plan has.
    """
    try:
        make: Callable[..., Plan] = Plan
        return make(**{name: _frozen(value) for name, value in tomllib.loads(text).items()})
    except (ValueError, TypeError) as error:
        raise BadConfiguration(f"the plan of columns cannot be used: {error}. Nothing was ranked.") from error


def _frozen(value: object) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(one) for one in cast("list[object]", value))
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no column")
    return value


def read_declaration(row: Mapping[str, str | None], plan: Plan) -> Declaration:
    """Read one row.

    Raises:
        BadForm: a column is missing, or a number is none.
    """
    number = _cell(row, plan.number)
    if not number:
        raise BadForm(f"{plan.number} is empty")
    label = row.get(plan.label) or ""
    if label not in {"", "0", "1"}:
        raise BadForm(f"{plan.label} is {label!r}, not 0 or 1")
    keys = tuple("|".join(_part(row, name) for name in key) for key in plan.keys)
    like = tuple("|".join(_part(row, name) for name in key) for key in plan.like)
    mass, price, rate = (_number(row, name) for name in (plan.mass, plan.price, plan.rate))
    return Declaration(number, keys, like, mass, price, rate, {"1": True, "0": False}.get(label))


def _cell(row: Mapping[str, str | None], name: str) -> str:
    value = row.get(name)
    if value is None:
        raise BadForm(f"there is no column {name!r}, or the row is too short")
    return value.strip()


def _part(row: Mapping[str, str | None], name: str) -> str:
    column, _, signs = name.partition(":")
    value = _cell(row, column)
    return value[: int(signs)] if signs else value


def _number(row: Mapping[str, str | None], name: str) -> float:
    text = _cell(row, name)
    try:
        value = float(text)
    except ValueError as error:
        raise BadForm(f"{name} is {text!r}, no number") from error
    if not 0 <= value < float("inf"):
        raise BadForm(f"{name} is {text!r}, not from 0 on")
    return value


def chosen_at_random(numbers: Iterable[str], count: int, seed: str) -> tuple[str, ...]:
    """Choose `count` declarations by lot: those whose SHA-256 with the seed is least.

    Whoever has the seed can make the draw again, and the order of the file does not matter; without it nobody can tell
    beforehand who is drawn.
    """
    return tuple(sorted(set(numbers), key=lambda number: _lot(seed, number))[:count])


def _lot(seed: str, number: str) -> bytes:
    return hashlib.sha256(f"{seed}\x1f{number}".encode()).digest()


def shares(total: int, share_permille: int, random_permille: int) -> tuple[int, int]:
    """Return how many of `total` are looked at for their score, and how many by lot; at least one of each.

    Raises:
        BadForm: a share is not between 0 and all.
    """
    if not (0 < share_permille <= _ALL and 0 <= random_permille <= _ALL):
        raise BadForm("a share is between 0 and 1")
    looked_at = max(1, total * share_permille // _ALL)
    by_lot = max(1, looked_at * random_permille // _ALL) if random_permille else 0
    return max(0, looked_at - by_lot), by_lot


def precision_at(scores: Sequence[float], truth: Sequence[bool], permille: int) -> float:
    """Return how many of the highest scores are true, as a part of them; equal scores in the order given."""
    count = max(1, -(-len(scores) * permille // 1_000))
    best = sorted(range(len(scores)), key=lambda at: -scores[at])[:count]
    return sum(truth[at] for at in best) / count


def area_under_curve(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """Return how likely an irregular declaration has a higher score than a regular one; ties count half.

    Raises:
        BadForm: all are alike, so that there is nothing to compare.
    """
    order = sorted(range(len(scores)), key=lambda at: scores[at])
    good = sum(truth)
    bad = len(truth) - good
    if not good or not bad:
        raise BadForm("all declarations are alike; there is nothing to compare")
    rank_sum, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        rank_sum += sum(truth[order[n]] for n in range(at, end)) * (at + end + 1) / 2
        at = end
    return (rank_sum - good * (good + 1) / 2) / (good * bad)
