"""`make differential`: ask the gate and the oracle the same questions, and say where they do not agree.

The questions come in parts, each from a seed of its own that is printed; `make test` runs the first part of each edition.
Exit codes: 0 all agree and every rule held often enough, 1 not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from comity.policy.question import Question
from tests.differential.oracle import ROWS, Disagreement, compare, gate_of, oracle_of
from tests.differential.questions import generated

SEED = 20260713
PART = 5_000
ENOUGH = 20
"""How often each rule must hold in 100,000 questions."""
SHOWN = 5


@dataclass(frozen=True)
class Part:
    """What came of one part: `seen` counts how often each rule held."""

    law: str
    seed: int
    asked: int
    seen: Counter[str]
    found: tuple[Disagreement, ...]


@lru_cache(maxsize=len(ROWS))
def questions(law: str, seed: int, count: int) -> tuple[tuple[Question, int], ...]:
    """Return the questions of one part; the tests ask those of one seed again and again."""
    return tuple(islice(generated(law, ROWS[law], seed), count))


def part(law: str, seed: int, count: int = PART) -> Part:
    """Ask the questions of one seed; stop when a handful of disagreements of different kinds is found."""
    oracle, asked = oracle_of(law), 0
    found: dict[object, Disagreement] = {}
    for outcome in compare(law, gate_of(law), oracle, iter(questions(law, seed, count))):
        asked += 1
        if outcome is not None:
            found.setdefault(outcome.about, outcome)
            if len(found) == SHOWN:
                break
    return Part(law, seed, asked, Counter(oracle.seen), tuple(found.values()))


def rarely(law: str, seen: Counter[str], asked: int) -> list[str]:
    """Return the rules that held less often than enough, of as many questions as were asked."""
    return sorted(row.id for row in ROWS[law] if seen[row.id] < max(1, ENOUGH * asked // 100_000))


def _parts(questions: int, seed: int, workers: int) -> Iterator[Part]:
    jobs = [(law, seed + number) for number in range(-(-questions // PART)) for law in ROWS]
    pool = ProcessPoolExecutor(workers)
    try:
        yield from pool.map(part, *zip(*jobs, strict=True))
    finally:
        pool.shutdown(cancel_futures=True)


def main() -> int:
    """Run all parts, with a line of progress, and tell what was found."""
    parser = argparse.ArgumentParser(description="Compare the law gate with a second reading of the law.")
    parser.add_argument("--questions", type=int, default=100_000, help="for each edition")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of the first part")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    total = -(-asked.questions // PART) * PART * len(ROWS)
    print(f"{total:,} questions in parts of {PART:,}; seeds from {asked.seed}", flush=True)
    started, done = time.monotonic(), 0
    seen: dict[str, Counter[str]] = {law: Counter() for law in ROWS}
    count: Counter[str] = Counter()
    found: list[Disagreement] = []
    for result in _parts(asked.questions, asked.seed, asked.workers):
        done += result.asked
        count[result.law] += result.asked
        seen[result.law] += result.seen
        found += result.found
        seconds = time.monotonic() - started
        print(
            f"  {done:>9,} of {total:,}  {seconds:5.0f} s  {result.law} seed {result.seed}: "
            f"{len(result.found)} kinds of disagreement",
            flush=True,
        )
        if found:
            print("stopped here; correct the rule or its second reading, and ask again")
            break
    for disagreement in found[: SHOWN * len(ROWS)]:
        print(disagreement)
    rare = {law: rarely(law, seen[law], count[law]) for law in ROWS if not found}
    for law in ROWS:
        least = min(seen[law][row.id] for row in ROWS[law])
        print(f"{law}: {len(ROWS[law])} rules, {count[law]:,} questions, each rule held at least {least} times")
        if rare.get(law):
            print(f"  held too rarely: {', '.join(rare[law])}")
    print(f"{len(found)} kinds of disagreement in {time.monotonic() - started:.0f} s")
    return 1 if found or any(rare.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
