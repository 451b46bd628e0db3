"""How well the shared patterns do on the labelled set: `python -m tests.unit.marking.scan_measure` prints the tables."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from comity.base.ids import Ms
from comity.marking.scan import OVERRIDING, Finding, Pattern, scan
from comity.policy.patterns import read_patterns

ROOT = Path(__file__).resolve().parents[3]
SET = ROOT / "tests" / "vectors" / "scan"
LANGUAGES = ("en", "fr", "hi", "pa")
PARTS = ("dev", "test", "dev2", "fresh2")
MANNERS = ("plain", "roundabout")
NOW = Ms(1_783_900_800_000)
"""13 July 2026, the day that the sentences speak from."""


@lru_cache
def patterns() -> tuple[Pattern, ...]:
    return read_patterns({"common/patterns.toml": (ROOT / "laws/common/patterns.toml").read_bytes()}, ())


@dataclass
class Tally:
    """True and false alarms and misses, by category."""

    right: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def add(self, wanted: set[str], found: set[str]) -> None:
        self.right.update(wanted & found)
        self.false.update(found - wanted)
        self.missed.update(wanted - found)

    def precision(self, of: frozenset[str] | None = None) -> float:
        return _share(_sum(self.right, of), _sum(self.false, of))

    def recall(self, of: frozenset[str] | None = None) -> float:
        return _share(_sum(self.right, of), _sum(self.missed, of))


def _sum(counts: Counter[str], of: frozenset[str] | None) -> int:
    return sum(count for category, count in counts.items() if of is None or category in of)


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else 1.0


def rows(language: str, part: str) -> list[dict]:
    with (SET / f"{language}-{part}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@lru_cache
def found_in(text: str) -> tuple[Finding, ...]:
    return scan((text,), patterns(), NOW)


def measure(language: str, part: str, manner: str = "") -> Tally:
    """Tally a part, or of it the sentences that say things in this manner only."""
    tally = Tally()
    for row in rows(language, part):
        if manner and row["manner"] != manner:
            continue
        tally.add(set(row["categories"]), {finding.category for finding in found_in(row["text"])})
    return tally


def main() -> None:
    for part, manner in [(part, "") for part in PARTS] + [("fresh2", manner) for manner in MANNERS]:
        tallies = {language: measure(language, part, manner) for language in LANGUAGES}
        print(f"\n{part} {manner}: precision / recall (sentences that have it)")
        print(f"{'':24}" + "".join(f"{language:>18}" for language in LANGUAGES))
        categories = sorted({c for tally in tallies.values() for c in (*tally.right, *tally.missed, *tally.false)})
        groups = [(name, frozenset({name})) for name in categories]
        for name, group in [*groups, ("overriding", OVERRIDING), ("all", None)]:
            cells = [
                f"{tally.precision(group):.2f} / {tally.recall(group):.2f} ({_sum(tally.right, group) + _sum(tally.missed, group):>2})"
                for tally in tallies.values()
            ]
            print(f"{name:24}" + "".join(f"{cell:>18}" for cell in cells))


if __name__ == "__main__":
    main()
