"""A hostile peer against a real node, every row of the table with mark N that goes over the wire: `make hostile`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.hostile.judge import Verdict, attacks_of, make_base, ring
from tests.hostile.times import times_of

NOT_BUILT = {17: "no list desk to be probed", 18: "no exchange of indicators to be poisoned"}


def play(
    folder: Path, *, quick: bool = False, rows: list[int] | None = None, times: int = 0
) -> tuple[list[Verdict], list[str]]:
    """Play the attacks; return what came of each, and what was wrong besides. `times`: measured openings for each cause."""
    base, found, wrong = make_base(folder / "b"), [], []
    rows = rows or []
    up = [*attacks_of("up", quick=quick, rows=rows), *attacks_of("uncosigned", quick=quick, rows=rows)]
    broken = attacks_of("broken", quick=quick, rows=rows)
    groups = [up, *[[one] for one in broken]] if not quick else [[*up, *broken[:1]]]
    for number, group in enumerate(groups):
        if not group:
            continue
        with ring(base, folder / f"r{number}") as made:
            before = made.peak_kb()
            for one in group:
                verdict = made.play(one, 4 if quick else 1)
                found.append(verdict)
                say(verdict)
            if number == 0 and times:
                for line in times_of(made, times):
                    print(line, flush=True)
            wrong += made.account(before)
            if number == 0:
                print(f"     the honest process grew by {(made.peak_kb() - before) >> 10} MiB at its peak", flush=True)
    return found, wrong


def say(verdict: Verdict) -> None:
    good = "held" if not verdict.wrong else "NOT HELD"
    print(
        f"{verdict.attack.row:>3}  {good:<9}{verdict.attack.name:<24}{verdict.tries:>4} tries  ends {verdict.attack.ends:<11}{verdict.seconds:5.1f} s",
        flush=True,
    )
    for why in verdict.wrong:
        print(f"       {why}", flush=True)


def main() -> int:
    """Play, print the table, return 1 if the honest node did not hold somewhere."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--rows", type=int, nargs="*", default=[])
    asked.add_argument("--times", type=int, default=0, help="measure so many openings for each cause of row 24")
    asked.add_argument("--quick", action="store_true", help="the share that make test plays")
    given = asked.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        found, wrong = play(Path(folder), quick=given.quick, rows=given.rows, times=given.times)
    for row, why in NOT_BUILT.items():
        print(f"{row:>3}  not built {why}")
    print("\n".join(wrong), end="\n" if wrong else "")
    bad = sum(bool(one.wrong) for one in found)
    print(
        f"{len(found)} attacks of {len({one.attack.row for one in found})} rows, {sum(one.tries for one in found)} tries, {bad} not held; {time.monotonic() - began:.0f} s."
    )
    return 1 if bad or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
