"""Each defence of the table taken away, one at a time, and whether its named test notices: `make defences`.

The rule it keeps: the tree itself is never touched. A copy of it loses one defence, the named tests must fail there and a test
of honest use must go on passing, for a program that merely breaks proves nothing; then the copy gets the defence back.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[2]
REMOVALS = Path(__file__).parent / "removals.toml"
STILL = "adversary/test_hostile_node.py::test_neither_side_can_deny_what_it_sent_or_got"
"""The test of honest use that a removal leaves passing, where it names no other."""
SECONDS = 600
"""How long the tests of one removal may take; what takes longer is no answer."""
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.pyc", "build", "dist", "*.png")
_SAID = re.compile(r"^(PASSED|FAILED|ERROR) (\S+?::\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Edit:
    """One text in one file of the tree, and what replaces it."""

    file: str
    text: str
    put: str


@dataclass(frozen=True, slots=True)
class Removal:
    """One defence, how it is taken away, the tests that must then fail and the one that must not."""

    row: int
    defence: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    still: str


@dataclass(frozen=True, slots=True)
class Result:
    """What the tests said without a defence; `why` is empty if it was noticed as it must be."""

    removal: Removal
    why: str


def read_removals(path: Path = REMOVALS) -> tuple[tuple[Removal, ...], dict[int, str]]:
    """Return the removals in their order, and the rows that have none with the reason."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    found = tuple(
        Removal(
            one["row"],
            one["defence"],
            tuple(Edit(e["file"], e["text"], e["put"]) for e in (one, *one.get("also", ()))),
            tuple(one["tests"]),
            one.get("still", STILL),
        )
        for one in told["removal"]
    )
    return found, {one["row"]: one["why"] for one in told["missing"]}


def misfits(removals: Sequence[Removal], root: Path = ROOT) -> list[str]:
    """Return what no longer fits: a text that does not stand exactly once in its file, or a test that is not there."""
    wrong: list[str] = []
    for one in removals:
        for edit in one.edits:
            path = root / edit.file
            count = path.read_text(encoding="utf-8").count(edit.text) if path.is_file() else 0
            if count != 1:
                wrong.append(f"row {one.row}, {one.defence}: its text stands {count} times in {edit.file}")
        for test in (*one.tests, one.still):
            file, _, name = test.partition("::")
            path = root / "tests" / file
            if not path.is_file() or f"def {name}(" not in path.read_text(encoding="utf-8"):
                wrong.append(f"row {one.row}, {one.defence}: there is no test {test}")
    return wrong


class Copy:
    """A private copy of the tree in which defences are taken away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(ROOT, folder, ignore=_LEFT_OUT, symlinks=True)
        self._written = 0

    def without(self, removal: Removal) -> str:
        """Take one defence away, run its tests, put it back; return what is wrong, or nothing."""
        before = {edit.file: (self._folder / edit.file).read_text(encoding="utf-8") for edit in removal.edits}
        after = dict(before)
        for edit in removal.edits:
            after[edit.file] = after[edit.file].replace(edit.text, edit.put)
        self._write(after)
        try:
            said = self.run((*removal.tests, removal.still))
        finally:
            self._write(before)
        return judge(removal, said)

    def run(self, tests: Sequence[str], seconds: int = SECONDS) -> dict[str, set[str]]:
        """Run tests of the copy and return, for each that ran, the outcomes of its cases."""
        names = [f"tests/{test}" for test in dict.fromkeys(tests)]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rpfE", *names]
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPATH": f"{self._folder / 'src'}{os.pathsep}{self._folder}"}
        try:
            done = subprocess.run(
                command, cwd=self._folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return {}
        outcomes: dict[str, set[str]] = {}
        for outcome, name in _SAID.findall(done.stdout):
            outcomes.setdefault(name.removeprefix("tests/"), set()).add(outcome)
        return outcomes

    def _write(self, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            path = self._folder / name
            path.write_text(text, encoding="utf-8")
            # Compiled modules are told apart by time and size: each text has a second of its own.
            self._written += 1
            os.utime(path, (self._written, self._written))


def judge(removal: Removal, said: dict[str, set[str]]) -> str:
    """Return what is wrong with the outcomes of a removal's tests; nothing if it was noticed, and by failing alone."""
    if not said:
        return f"NOT NOTICED: no test came to an end in {SECONDS} seconds"
    unnoticed = [test for test in removal.tests if "FAILED" not in said.get(test, set())]
    if unnoticed:
        return "NOT NOTICED by " + ", ".join(unnoticed)
    if "ERROR" in set().union(*said.values()):
        return "the tests did not run to their end"
    return "" if said.get(removal.still) == {"PASSED"} else f"breaks honest use: {removal.still}"


def take_away(removals: Sequence[Removal], folder: Path, workers: int) -> Iterator[Result]:
    """Take every defence away in turn, in as many copies as there are workers; results come in the order of the table."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for number in range(workers):
        free.put(Copy(folder / f"tree{number}"))

    def one(removal: Removal) -> Result:
        copy = free.get()
        try:
            return Result(removal, copy.without(removal))
        finally:
            free.put(copy)

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(one, removals)


def failing_whole(removals: Sequence[Removal], folder: Path) -> list[str]:
    """Return the named tests that do not pass in a copy that has lost nothing."""
    tests = dict.fromkeys(test for one in removals for test in (*one.tests, one.still))
    said = Copy(folder).run(tuple(tests), 4 * SECONDS)
    return [test for test in tests if said.get(test) != {"PASSED"}]


def main() -> int:
    """Take the defences away that were asked for, print the table, return 1 if one was not noticed."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--rows", type=int, nargs="*", default=[], help="only these rows")
    asked.add_argument("--only", default="", help="only defences with this word")
    asked.add_argument("--workers", type=int, default=2)
    given = asked.parse_args()
    whole, missing = read_removals()
    wrong = misfits(whole)
    if wrong:
        print("\n".join(wrong))
        return 1
    chosen = [one for one in whole if (not given.rows or one.row in given.rows) and given.only in one.defence]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="comity-defences-") as folder:
        failing = failing_whole(chosen, Path(folder) / "whole")
        print("\n".join(f"does not pass in the whole tree: {test}" for test in failing), end="\n" if failing else "")
        for result in take_away(chosen, Path(folder), given.workers):
            bad += bool(result.why)
            print(f"{result.removal.row:>3}  {result.why or 'noticed':<12}  {result.removal.defence}", flush=True)
    for row, why in missing.items():
        print(f"{row:>3}  not built     {why}")
    rows = len({one.row for one in chosen})
    print(f"{len(chosen)} defences of {rows} rows taken away, {len(chosen) - bad} noticed as they must be.")
    return 1 if bad or failing else 0


if __name__ == "__main__":
    sys.exit(main())
