"""Make a file of a million rows of goods, screen it, kill the program on its way, go on, and see that each row was answered once.

`make million` runs it. The file is made from a seed, of the numbers, names and structures of the extract that the package
`chemicals` carries; some two rows in a thousand cannot be read. It tells processor time and memory, never time by the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests.survey.run import ROOT, Molecule, extract

ROWS, SEED, POOL = 1_000_000, 20261122, 20_000
KINDS = (("cas", 400), ("name", 330), ("smiles", 120), ("record", 100), ("text", 30), ("hs", 18), ("bad", 2))
"""Parts of a thousand rows."""
HEAD = "id,input_type,input\n"
_BAD = ('{n},name,"never closed\n', "{n},colour,blue\n", "{n},cas,64-17-5,more,cells\n")
_CODES = ("2915.24", "2933.39", "2939.42", "2914.31", "0904.11")
_LOOK_SECONDS = 0.2
_MOST_MIB = 256


@dataclass(frozen=True)
class Run:
    """One run of the program: how it ended, seconds of processor time, most memory in MiB."""

    code: int
    cpu: float
    mib: float


def rows(count: int, seed: int) -> Iterator[str]:
    """Yield the lines of a file, the line of names first; the same for the same seed."""
    draw = random.Random(seed)
    pool = list(islice(extract(), POOL))
    kinds, weights = zip(*KINDS, strict=True)
    yield HEAD
    for number in range(1, count + 1):
        yield _row(number, draw.choices(kinds, weights)[0], draw.choice(pool), draw)


def _row(number: int, kind: str, one: Molecule, draw: random.Random) -> str:
    name = one.name.replace('"', "") or one.cas
    match kind:
        case "bad":
            return draw.choice(_BAD).format(n=number)
        case "record":
            said = f"name={name.replace(';', ' ')};cas={one.cas}"
        case "text":
            said = f"{draw.randint(1, 40)} drums of {name}, for a laboratory"
        case _:
            said = {"cas": one.cas, "name": name, "smiles": one.smiles, "hs": draw.choice(_CODES)}[kind]
    return f'{number},{kind},"{said}"\n'


def screen(file: Path, out: Path, kill_at: int | None) -> Run:
    """Run `comity precursors screen --out --resume`; kill it once the answers have so many bytes."""
    words = ("-m", "comity.cli.main", "precursors", "screen", file, "--out", out, "--resume", "--json")
    with subprocess.Popen([sys.executable, *map(str, words)], cwd=ROOT, stderr=subprocess.DEVNULL) as child:
        while kill_at is not None and child.poll() is None:
            time.sleep(_LOOK_SECONDS)
            if out.exists() and out.stat().st_size >= kill_at:
                os.kill(child.pid, signal.SIGKILL)
                break
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return Run(child.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def answered(out: Path, count: int) -> tuple[Counter[str], tuple[str, ...]]:
    """Return how many rows got each verdict, and what is wrong: a row that is missing, twice, or out of its place."""
    verdicts: Counter[str] = Counter()
    wrong: list[str] = []
    number = 0
    with out.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            said = json.loads(line)
            verdicts[said["verdict"]] += 1
            if said["id"] != str(number):
                wrong.append(f"line {number} answers row {said['id']}")
    if number != count:
        wrong.append(f"{number} answers for {count} rows")
    return verdicts, tuple(wrong)


def main(argv: list[str] | None = None) -> int:
    """Run it; 1 if a row was not answered once, a run failed, or memory grew with the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only-write", type=Path, metavar="FILE", help="write the file and stop")
    asked = parser.parse_args(argv)
    if asked.only_write:
        write(asked.only_write, asked.rows, asked.seed)
        return 0
    with tempfile.TemporaryDirectory(prefix="comity-million-") as folder:
        file, out = Path(folder) / "goods.csv", Path(folder) / "answers.jsonl"
        write(file, asked.rows, asked.seed)
        whole = file.stat().st_size
        print(f"{asked.rows} rows, {whole / 2**20:.0f} MiB, seed {asked.seed}", flush=True)
        runs = [screen(file, out, 2 * whole), screen(file, out, 5 * whole), screen(file, out, None)]
        verdicts, wrong = answered(out, asked.rows)
    killed = sum(run.code == -signal.SIGKILL for run in runs)
    most = max(run.mib for run in runs)
    print(
        f"{len(runs)} runs, {killed} killed with SIGKILL on their way: {sum(run.cpu for run in runs):.0f} s of one core, {most:.0f} MiB at most"
    )
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
    for line in wrong[:10]:
        print(f"WRONG: {line}")
    return 1 if wrong or runs[-1].code or not killed or most > _MOST_MIB else 0


def write(path: Path, count: int, seed: int) -> None:
    """Write the file."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(rows(count, seed))


if __name__ == "__main__":
    sys.exit(main())
