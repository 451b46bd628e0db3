"""How long the honest node takes to answer, by the cause for which a dispatch does not open: the distributions, and what they tell."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import quantiles


def times_of(made, rounds: int) -> Iterator[str]:
    """Measure, causes in turn and in random order, and yield a line for each cause."""
    told = made.hostile.ask(do="times", rounds=rounds)["times"]
    honest = told.pop("filed")
    all_bad = sorted(one for times in told.values() for one in times)
    yield f"     times of an answer in ms, {rounds} for each cause: fastest twentieth, quartiles, and how often it is slower than another cause (0.5: not to be told apart)"
    for cause, times in told.items():
        others = [one for other, found in told.items() if other != cause for one in found]
        yield _line(cause, times, others)
    yield _line("(opened and filed)", honest, all_bad)


def _line(cause: str, times: list[float], others: list[float]) -> str:
    low, middle, high = quantiles(times, n=4)
    return f"       {cause:<34}{quantiles(times, n=20)[0]:7.2f}{low:7.2f}{middle:7.2f}{high:7.2f}   {slower(times, others):.2f}"


def slower(times: list[float], others: list[float]) -> float:
    """Return how often one of the first is slower than one of the second."""
    return sum(one > other for one in times for other in others) / (len(times) * len(others))
