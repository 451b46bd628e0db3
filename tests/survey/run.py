"""Screen every structure of the PubChem extract that the package `chemicals` carries, and look at what is held.

`make survey` runs it. It fails on a hold that nobody looked at (tests/vectors/precursors/survey-holds.csv has each with the
reason why it is right), on one that is no longer found, and where more than 0.35 % would wait for a person.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.screen import Screener
from comity.desks.precursors.screening.verdict import Input, Screened, Verdict
from comity.edge.substances import list_files

ROOT = Path(__file__).resolve().parents[2]
HOLDS = ROOT / "tests" / "vectors" / "precursors" / "survey-holds.csv"
MOST_REVIEW = 0.0035
FILES = ("chemical identifiers pubchem large.tsv", "chemical identifiers pubchem small.tsv")


@dataclass(frozen=True)
class Molecule:
    """One line of the extract."""

    cas: str
    smiles: str
    name: str


def extract() -> Iterator[Molecule]:
    """Yield the molecules of both tables, each registry number once; the package itself is not imported."""
    found = importlib.util.find_spec("chemicals")
    assert found is not None
    assert found.origin is not None
    seen: set[str] = set()
    for name in FILES:
        path = Path(found.origin).parent / "Identifiers" / name
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                cells = line.rstrip("\n").split("\t")
                if cells[1] not in seen:
                    seen.add(cells[1])
                    yield Molecule(cells[1], cells[4], next((cell for cell in cells[7:] if cell), ""))


def kept() -> dict[str, dict[str, str]]:
    """Return the holds that were looked at, by registry number."""
    with HOLDS.open(encoding="utf-8", newline="") as file:
        return {row["cas"]: row for row in csv.DictReader(file)}


def screener() -> Screener:
    """Return a screener of the edition that ships."""
    return Screener(SubstanceBook.load(list_files(ROOT / "substances")))


def wrong(molecule: Molecule, screened: Screened, holds: dict[str, dict[str, str]]) -> str:
    """Return what is wrong with one answer; "" if nothing."""
    row = holds.get(molecule.cas)
    if screened.verdict.holds:
        if row is None:
            return f"{molecule.cas} {molecule.name}: held as {screened.first.substance}, and nobody looked at it"
        if (row["verdict"], row["substance"]) != (screened.verdict, screened.first.substance):
            return (
                f"{molecule.cas} {molecule.name}: held as {screened.verdict} {screened.first.substance}, kept otherwise"
            )
        return ""
    return f"{molecule.cas} {molecule.name}: {screened.verdict}, once held" if row else ""


def main() -> int:
    """Run it and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="write every answer that is not clear to this CSV, to be looked at")
    asked = parser.parse_args()
    screen, holds = screener(), kept() if HOLDS.is_file() else {}
    counts: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    faults: list[str] = []
    shown: list[list[str]] = []
    begun = time.process_time()
    for molecule in extract():
        screened = screen.screen(Input(molecule.cas, smiles=molecule.smiles))
        counts[screened.verdict] += 1
        if screened.verdict is not Verdict.CLEAR:
            first = screened.first
            rules[f"{screened.verdict}: {first.rule}"] += 1
            shown.append([molecule.cas, screened.verdict, first.substance, first.rule, molecule.name, molecule.smiles])
        if told := wrong(molecule, screened, holds):
            faults.append(told)
        if counts.total() % 5_000 == 0:
            print(f"  {counts.total()} molecules", flush=True)
    taken = time.process_time() - begun
    if asked.write:
        with asked.write.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [["cas", "verdict", "substance", "rule", "name", "smiles"], *shown]
            )
    share = counts[Verdict.REVIEW] / counts.total()
    print(f"{counts.total()} molecules, {counts.total() / taken:.0f} a second of one core: {dict(counts)}")
    for rule, count in rules.most_common():
        print(f"  {count:4} {rule}")
    print(f"review {100 * share:.2f} % (at most {100 * MOST_REVIEW:.2f} %); {len(faults)} wrong")
    print("\n".join(faults))
    return 1 if faults or share > MOST_REVIEW else 0


if __name__ == "__main__":
    sys.exit(main())
