"""`make trial`: what is too long for make test, in pieces that can be stopped and gone on with, and what they did.

Worlds go in pieces of 25 seeds, kills in rounds of 10 a store. Each piece that ended is written down at once in `build/trial.json`, for
exactly this program: after a change of `src` or `tests` all begins anew. A fault that was seen is not run away: it stays until then.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

ROOT = Path(__file__).parents[2]
STATE = ROOT / "build/trial.json"
WORLDS_A_PIECE, KILLS_A_ROUND = 25, 10
STORES = ("sqlite", "postgresql")
PARTS = ("worlds", "seeds", "properties", "kills", "stores", "disks", "units")


@dataclass(frozen=True)
class Piece:
    """A command that is run once: its part, its name, how much of the part it is, and what it leaves of its words."""

    part: str
    name: str
    amount: int
    command: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """How a piece ended."""

    good: bool
    seconds: float
    said: dict


def program() -> str:
    """Return a digest of everything that is tried."""
    files = sorted(
        one for folder in ("src", "tests", "laws", "accords") for one in (ROOT / folder).rglob("*") if one.is_file()
    )
    whole = sha256()
    for one in files:
        if one.suffix != ".pyc" and "corpus" not in one.parts:
            whole.update(one.relative_to(ROOT).as_posix().encode() + b"\0" + sha256(one.read_bytes()).digest())
    return whole.hexdigest()


class State:
    """Which pieces are done, in a file that is whole at every moment."""

    def __init__(self, path: Path, tried: str, *, fresh: bool = False) -> None:
        self._path, self._tried = path, tried
        self.done: dict[str, Done] = {}
        self.stale = False
        if path.is_file() and not fresh:
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.stale = kept["program"] != tried
            if not self.stale:
                self.done = {name: Done(**one) for name, one in kept["done"].items()}

    def note(self, piece: Piece, done: Done) -> None:
        """Write down that a piece ended."""
        self.done[piece.name] = done
        self._path.parent.mkdir(parents=True, exist_ok=True)
        coming = self._path.with_suffix(".coming")
        kept = {"program": self._tried, "done": {name: vars(one) for name, one in self.done.items()}}
        coming.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        coming.replace(self._path)


def worlds(count: int) -> list[Piece]:
    """Return the pieces of so many simulated worlds."""
    starts = range(0, count, WORLDS_A_PIECE)
    return [
        Piece(
            "worlds", f"worlds {first} to {first + amount - 1}", amount,
            (sys.executable, "-m", "comity.cli.main", "simulate", "--first", str(first), "--seeds", str(amount), "--json"),
        )
        for first in starts
        if (amount := min(WORLDS_A_PIECE, count - first))
    ]  # fmt: skip


def kills(count: int) -> list[Piece]:
    """Return the rounds of so many kills over each store."""
    rounds = range(-(-count // KILLS_A_ROUND))
    return [
        Piece(
            "kills", f"kills {store} {number * KILLS_A_ROUND} to {number * KILLS_A_ROUND + amount - 1}", amount,
            tests("tests/kills/test_kills.py", "-k", store, f"--kills={amount}", f"--kills-round={number}"),
        )
        for number in rounds
        for store in STORES
        if (amount := min(KILLS_A_ROUND, count - number * KILLS_A_ROUND))
    ]  # fmt: skip


def long_tests() -> list[Piece]:
    """Return the worlds that once failed, and every property with many examples."""
    many = tests("-m", "hypothesis", "--hypothesis-profile=long", "tests/properties", "tests/unit")
    return [
        Piece("seeds", "worlds that once failed", 1, tests("tests/simulation/test_seeds.py")),
        Piece("properties", "properties with many examples", 1, many),
    ]


def tests(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs tests."""
    return (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments)


def run(piece: Piece) -> Done:
    """Run a piece to its end and keep the end of what it said; what was not good leaves its folder, with the nodes' own words."""
    began, folder = time.monotonic(), Path(mkdtemp(prefix="ct"))
    folder.chmod(0o711)  # the account that the databases run under passes through it
    there = {**os.environ, "TMPDIR": str(folder)}
    ended = subprocess.run(piece.command, cwd=ROOT, capture_output=True, text=True, check=False, env=there)
    said: dict = {}
    if piece.part == "worlds":
        try:
            report = json.loads(ended.stdout)
            said = {key: report[key] for key in ("dispatches", "steps", "faults", "failed", "virtual_hours")}
        except (ValueError, KeyError):
            said = {}
    if ended.returncode and not said.get("failed"):
        said["words"] = (ended.stdout + ended.stderr)[-4_000:]
    if ended.returncode:
        said["folder"] = str(folder)
    else:
        rmtree(folder, ignore_errors=True)
    return Done(not ended.returncode, round(time.monotonic() - began, 1), said)


def go(pieces: Iterable[Piece], state: State, workers: int, how: Callable[[Piece], Done] = run) -> None:
    """Run what is not done yet, so many at once, and write each down as it ends."""
    left = [one for one in pieces if one.name not in state.done]
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(how, one): one for one in left}
        try:
            for number, ended in enumerate(as_completed(running), 1):
                piece, done = running[ended], ended.result()
                state.note(piece, done)
                good = "good" if done.good else "NOT GOOD"
                print(f"trial: {piece.name}: {good}, {done.seconds} s ({len(left) - number} pieces left)", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def tell(pieces: list[Piece], state: State) -> bool:
    """Say what was done and what was found; return whether all of it is done and good."""
    whole = True
    print(f"\nWhat was tried of this program ({STATE.relative_to(ROOT)}):")
    for part in PARTS:
        asked = [one for one in pieces if one.part == part]
        ended = [(one, state.done[one.name]) for one in asked if one.name in state.done]
        if not asked:
            continue
        amount, seconds = sum(one.amount for one, _ in ended), sum(done.seconds for _, done in ended)
        bad = [(one, done) for one, done in ended if not done.good]
        whole = whole and len(ended) == len(asked) and not bad
        print(
            f"  {part:<7} {amount:>6,} of {sum(one.amount for one in asked):,}, {len(bad)} pieces not good, {seconds:,.0f} s"
        )
        for piece, done in bad:
            print(f"    {piece.name}: {done.said.get('failed') or done.said.get('words', '')[-600:]}")
            print(f"    its folder is kept: {done.said.get('folder')}")
            print(f"      see it again: {' '.join(piece.command)}")
        if part == "worlds" and ended:
            _tell_worlds([done.said for _, done in ended])
    return whole


def _tell_worlds(said: list[dict]) -> None:
    faults: Counter[str] = Counter()
    for one in said:
        faults.update(dict(one.get("faults", ())))
    dispatches = sum(one.get("dispatches", 0) for one in said)
    print(
        f"    {dispatches:,} dispatches, {sum(one.get('virtual_hours', 0) for one in said):,.0f} virtual hours; faults injected:"
    )
    print("    " + ", ".join(f"{name} {count:,}" for name, count in sorted(faults.items())))


def main() -> int:
    parser = argparse.ArgumentParser(
        description="the long trials, in pieces; stop it with Ctrl-C, the same command goes on"
    )
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200, help="over each store")
    parser.add_argument("--workers", type=int, default=2, help="worlds at once")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be said again")
    parser.add_argument("--fresh", action="store_true", help="forget what was done")
    parser.add_argument("units", nargs="*", help="behind --: what runs over PostgreSQL")
    asked = parser.parse_args()
    pieces = [*worlds(asked.worlds), *kills(asked.kills), *long_tests()]
    pieces.append(
        Piece("stores", "stores put back, and a standby", 1, tests("tests/kills", "--ignore=tests/kills/test_kills.py"))
    )
    pieces.append(Piece("disks", "disks and clocks", 1, (sys.executable, "-m", "tests.disks.run")))
    if asked.units:
        over = tests("-p", "tests.onpostgres", "-n", str(asked.workers), "--dist", "loadfile", *asked.units)
        pieces.append(Piece("units", "units over PostgreSQL", 1, over))
    pieces = [one for one in pieces if not asked.only or one.part in asked.only]
    state = State(STATE, program(), fresh=asked.fresh)
    print(
        "trial: the program has changed since the last one; all begins anew"
        if state.stale
        else f"trial: {len(state.done)} pieces are done"
    )
    try:
        go([one for one in pieces if one.part == "worlds"], state, asked.workers)
        go([one for one in pieces if one.part != "worlds"], state, 1)
    except KeyboardInterrupt:
        print("\ntrial: stopped; the same command goes on from here")
        tell(pieces, state)
        return 130
    return 0 if tell(pieces, state) else 1


if __name__ == "__main__":
    sys.exit(main())
