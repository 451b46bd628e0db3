"""Run the gates of `make check` and print one line for each; what a gate said is shown only when it fails.

All gates run, also after one has failed, so that one run tells all. `--units` adds the unit tests (`make check-fast`).
Exit codes: 0 all passed, 1 at least one failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BESIDE = str(Path(PYTHON).parent)
AT_ONCE = 2


@dataclass(frozen=True)
class Gate:
    """One command that must end with 0, and what a person does when it does not."""

    name: str
    command: tuple[str, ...]
    remedy: str


@dataclass(frozen=True)
class Outcome:
    """How one gate went."""

    gate: Gate
    passed: bool
    seconds: float
    output: str


CHECK = (
    Gate("format", (PYTHON, "-m", "ruff", "format", "--check", "--output-format", "concise", "."), "make format"),
    Gate(
        "lint",
        (PYTHON, "-m", "ruff", "check", "--output-format", "concise", "."),
        "mend each line named; make format mends the simple ones",
    ),
    Gate("types", (PYTHON, "-m", "mypy"), "mend each line named"),
    Gate(
        "types twice", (BESIDE + "/basedpyright", "--pythonpath", PYTHON), "mend each line named; it reads below edge"
    ),
    Gate("floors", (BESIDE + "/lint-imports",), "move the name to the floor where both may know it"),
    Gate("references", (PYTHON, "tools/refs.py"), "name a source of docs/sources.toml, or add it there"),
    Gate("house", (PYTHON, "tools/house.py"), "tools/house.py says what each rule is for"),
    Gate("contrast", (PYTHON, "tools/contrast.py"), "choose a token that holds, or give the new token its pairs"),
    Gate("words", (PYTHON, "tools/words.py", "check"), "tools/words.py extract, then translate what todo lists"),
    Gate(
        "documents",
        (PYTHON, "-m", "pytest", "tests/docs", "tests/unit/test_house.py", "--tb=short"),
        "write the missing line in docs/",
    ),
)
UNITS = Gate(
    "units", (PYTHON, "-m", "pytest", "tests/unit", "-n", "2", "--tb=short"), "make test shows the same with coverage"
)


def run(gate: Gate) -> Outcome:
    """Run one gate and keep what it printed."""
    started = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"}
    done = subprocess.run(gate.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return Outcome(gate, done.returncode == 0, time.monotonic() - started, done.stdout + done.stderr)


def show(outcome: Outcome, number: int, total: int) -> None:
    """Print a gate's line, and after it what it said if it failed."""
    word = "ok" if outcome.passed else "FAILED"
    print(f"[{number}/{total}] {outcome.gate.name:<12} {word:<7} {outcome.seconds:5.1f} s", flush=True)
    if not outcome.passed:
        print("\n".join(f"      {line}" for line in outcome.output.strip().splitlines()))
        print(f"      -> {outcome.gate.remedy}\n", flush=True)


def main() -> int:
    """Run the gates, two at a time, and print them in their order."""
    parser = argparse.ArgumentParser(description="Run the gates of make check.")
    parser.add_argument("--units", action="store_true", help="also the unit tests")
    gates = (*CHECK, UNITS) if parser.parse_args().units else CHECK
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, outcome in enumerate(pool.map(run, gates), 1):
            show(outcome, number, len(gates))
            failed += [] if outcome.passed else [outcome.gate.name]
    if failed:
        print(f"not passed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
