"""Plain files of rows, CSV or JSON, for the commands that ask whether quantities add up.

The rule it keeps: a bad row is named with its reason and stops nothing; a file without one good row is not guessed at.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from comity.base.errors import BadForm

_T = TypeVar("_T")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out: file, number of the row (the first after the heading is 1), why."""

    file: str
    row: int
    why: str


@dataclass(frozen=True, slots=True)
class Rows(Generic[_T]):
    """What a file holds: the good rows in their order, the bad ones, and the SHA-256 of its bytes in hex."""

    good: tuple[_T, ...]
    bad: tuple[BadRow, ...]
    sha256: str


def read_rows(path: Path, read: Callable[[Mapping[str, str | None]], _T]) -> Rows[_T]:
    """Read a file of rows, `.json` (a list of objects), `.jsonl` (one a line), anything else as CSV with a heading.

    Raises:
        BadForm: it is no such file, or no row of it is good.
    """
    data = path.read_bytes()
    good: list[_T] = []
    bad: list[BadRow] = []
    for number, row in enumerate(_rows(path, data), 1):
        try:
            if not isinstance(row, dict):
                raise BadForm("it is no object with named values")  # noqa: TRY301  one place says what a bad row is
            good.append(read(row))
        except (BadForm, ValueError) as error:
            bad.append(BadRow(path.name, number, str(error)))
    if bad and not good:
        raise BadForm(f"{path.name}: no row fits; the first: {bad[0].why}. Nothing was done.")
    return Rows(tuple(good), tuple(bad), hashlib.sha256(data).hexdigest())


def _rows(path: Path, data: bytes) -> Iterator[object]:
    try:
        text = data.decode("utf-8-sig")
        if path.suffix == ".json":
            found = json.loads(text)
            if not isinstance(found, list):
                raise BadForm(f"{path.name} is no list of rows; nothing was read")
            yield from found
        elif path.suffix == ".jsonl":
            yield from (_line(line) for line in text.splitlines() if line.strip())
        else:
            yield from csv.DictReader(io.StringIO(text, newline=""))
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise BadForm(f"{path.name} cannot be read as rows: {error}; nothing was done") from error


def _line(line: str) -> object:
    """Return what a line holds, or the line itself, which is then a bad row and stops no other."""
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return line


def show_bad(bad: tuple[BadRow, ...]) -> None:
    """Name the rows that were left out."""
    for one in bad[:_SHOWN]:
        print(f"left out: {one.file} row {one.row}: {one.why}")
    if len(bad) > _SHOWN:
        print(f"left out: {len(bad) - _SHOWN} further rows; --json names them all")
