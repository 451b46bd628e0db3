"""The edition that ships, read once, and copies of it with a fault planted."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.screen import Screener
from comity.desks.precursors.screening.verdict import Input, Screened

ROOT = Path(__file__).resolve().parents[5]
VECTORS = ROOT / "tests" / "vectors" / "precursors"


@functools.cache
def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((ROOT / "substances").iterdir()) if path.is_file()}


@functools.cache
def book() -> SubstanceBook:
    return SubstanceBook.load(files())


@functools.cache
def screener(day: date | None = None, laws: frozenset[str] | None = None) -> Screener:
    return Screener(book(), day, laws)


def screened(**said) -> Screened:
    return screener().screen(Input("1", **said))


def changed(name: str, change: Callable[[str], str]) -> dict[str, bytes]:
    """Return the edition with one file changed; the change must do something."""
    old = files()[name].decode()
    new = change(old)
    assert new != old
    return {**files(), name: new.encode()}


def with_status(*rows: dict[str, str]) -> SubstanceBook:
    """Return the edition with further statuses."""
    table = io.StringIO(files()["statuses.csv"].decode())
    columns = next(csv.reader(table))
    line = io.StringIO()
    csv.DictWriter(line, columns, restval="", lineterminator="\n").writerows(rows)
    return SubstanceBook.load(changed("statuses.csv", lambda text: text + line.getvalue()))


def vectors(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
