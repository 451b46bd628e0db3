"""Which lines and branches of the core its own tests reach: what a run writes down, and the gate over it.

`pytest -p tests.covering --covering base,tlog` lets SlipCover write probes into the modules of these floors as they are imported; each
worker leaves what it saw in `build/covering`. `python -m tests.covering 100` adds that up, says what was not reached, and fails below so
many in a hundred (docs/adr/0116-probes-that-go-away.md). A line or branch that no test can reach is left out by `[tool.slipcover]`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from slipcover import Slipcover, merge_coverage
from slipcover.config import read_config
from slipcover.importer import SlipcoverLoader
from slipcover.slipcover import format_missing

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "src/comity"
SEEN = ROOT / "build/covering"
PROPERTIES = ROOT / "tests/properties"


class Probing(MetaPathFinder):
    """Finds the modules of some floors of the program, and has probes written into them."""

    def __init__(self, floors: Sequence[str], package: Path = PROGRAM) -> None:
        self.package, self.floors = package.name, frozenset(floors)
        also = read_config(ROOT / "pyproject.toml").get("exclude-also", [])
        source = [str(package / floor) for floor in floors]  # what nobody imports counts as well
        self.probes = Slipcover(branch=True, source=source, exclude_also=also)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where a module of these floors is, with a loader that probes it; of others nothing."""
        parts = name.split(".")
        if len(parts) == 1 or parts[0] != self.package or parts[1] not in self.floors:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader) and spec.origin is not None:
            spec.loader = SlipcoverLoader(self.probes, spec.loader, spec.origin)
        return spec

    def write(self, path: Path) -> None:
        """Leave what was seen in a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.probes.get_coverage()), encoding="utf-8")


class Counting:
    """What a process that runs tests does with its probes: they are there from now on, and what they saw is left at the end."""

    def __init__(self, probing: Probing, path: Path) -> None:
        self.probing, self.path = probing, path
        sys.meta_path.insert(0, probing)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Refuse a test that is left out though it stands where only what is counted runs: it would run nowhere."""
        stray = [one.nodeid for one in items if PROPERTIES not in one.path.parents]
        if stray:
            why = f"A property is not counted, and belongs in tests/properties: {', '.join(stray)}"
            print(why, file=sys.__stderr__)  # of a worker nothing else is heard
            raise pytest.UsageError(why)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Leave what was seen, if tests ran."""
        if exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            self.probing.write(self.path)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the floors."""
    parser.addoption(
        "--covering", default="", help="floors of the program whose lines and branches are counted: base,tlog"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin before anything of the program is imported; a process that only gives work to others imports it as it is."""
    asked = early_config.known_args_namespace
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if not asked.covering or (worker is None and getattr(asked, "numprocesses", None)):
        return
    early = sorted(name for name in sys.modules if name.startswith("comity."))
    if early:
        raise pytest.UsageError(f"--covering: imported before anything could be counted: {', '.join(early)}")
    floors = asked.covering.split(",")
    if none := [floor for floor in floors if not (PROGRAM / floor).is_dir()]:
        raise pytest.UsageError(f"--covering: there is no floor {', '.join(none)}")
    early_config.pluginmanager.register(Counting(Probing(floors), SEEN / f"{worker or 'alone'}.json"))


def added(files: Iterable[Path]) -> dict[str, Any]:
    """Return what all workers saw together.

    Raises:
        ValueError: there is no such file, so no run was counted.
    """
    whole: dict[str, Any] | None = None
    for path in files:
        one = json.loads(path.read_text(encoding="utf-8"))
        whole = one if whole is None else merge_coverage(whole, one)
    if whole is None:
        raise ValueError("No run was counted: pytest -p tests.covering --covering ...")
    return whole


def _headers(path: str) -> frozenset[int]:
    """Return the lines of a file that are the header of a last case, which takes whatever is left."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return frozenset(number for number, line in enumerate(lines, 1) if line.strip() == "case _:")


class Reached:
    """What of one file was reached, without branches and headers of cases that lead only to what is left out."""

    def __init__(self, path: str, seen: dict[str, Any]) -> None:
        self.path = os.path.relpath(path, ROOT)
        self.lines, self.branches = seen["executed_lines"], seen["executed_branches"]
        counted = {0, *self.lines, *seen["missing_lines"]}
        headers = _headers(path) if seen["missing_lines"] else frozenset()
        self.lost_lines = [line for line in seen["missing_lines"] if line not in headers or line + 1 in counted]
        self.lost_branches = [branch for branch in seen["missing_branches"] if branch[1] in counted]

    @property
    def lost(self) -> int:
        """Say how many lines and branches were not reached."""
        return len(self.lost_lines) + len(self.lost_branches)

    @property
    def all(self) -> int:
        """Say how many lines and branches there are."""
        return len(self.lines) + len(self.branches) + self.lost

    def __str__(self) -> str:
        """Say what was not reached."""
        return f"{self.path}: {format_missing(self.lost_lines, self.lines, self.lost_branches)}"


def said(reached: Sequence[Reached], bound: float) -> Iterator[str]:
    """Tell what was not reached and how much is; what is nearly all is not shown as all."""
    every = sum(one.all for one in reached)
    lost = sum(one.lost for one in reached)
    yield from (f"  {one}" for one in reached if one.lost)
    percent = int(10_000 * (every - lost) / every) / 100 if every else 0.0
    yield f"  {percent:.2f} % of {every} lines and branches in {len(reached)} files; at least {bound:g} %"


def holds(reached: Sequence[Reached], bound: float) -> bool:
    """Say whether so many in a hundred were reached; of nothing, none."""
    every = sum(one.all for one in reached)
    return every > 0 and 100 * sum(one.lost for one in reached) <= (100 - bound) * every


def main(arguments: Sequence[str] | None = None) -> int:
    """Add up what the workers saw, and hold it against the bound."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.covering", description="What the core's own tests reach of it."
    )
    parser.add_argument("bound", type=float, help="so many lines and branches in a hundred must be reached")
    parser.add_argument("--seen", type=Path, default=SEEN, help="where the workers left what they saw")
    asked = parser.parse_args(arguments)
    try:
        whole = added(sorted(asked.seen.glob("*.json")))
    except ValueError as none:
        print(none)
        return 1
    reached = [Reached(path, seen) for path, seen in sorted(whole["files"].items())]
    print("\n".join(said(reached, asked.bound)))
    return 0 if holds(reached, asked.bound) else 1


if __name__ == "__main__":
    sys.exit(main())
