"""A file of rows in, a file of answers out: one row at a time, in constant memory, to be taken up again where it stopped.

The rule it keeps: a row is answered once. What stands in the answers up to the last mark is never written again; what came after
it is cut off and made anew. A row that cannot be read is answered as such and stops nothing.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Final

from comity.base.errors import BadForm
from comity.edge.files import write_atomic

MARK_EVERY: Final = 2_000
"""Rows after which the answers are flushed and the place is noted."""
_LONGEST_ROW: Final = 64 * 1024
_MOST_LINES: Final = 50
_HEAD_BYTES: Final = 64 * 1024

Answer = Callable[[int, Mapping[str, str]], Mapping[str, object]]
"""From a row's number, from 1, and its cells by column to what is written for it."""
Refusal = Callable[[int, str], Mapping[str, object]]
"""From a row's number and a reason to what is written for a row that cannot be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Attributes:
        number: from 1, the line of names not counted.
        cells: by column; {} where it cannot be read.
        fault: why it cannot be read; "" if it can.
        ends: bytes of the file up to its end.
    """

    number: int
    cells: Mapping[str, str]
    fault: str
    ends: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file is answered.

    Attributes:
        job: hash of what is answered and by what; another file or list is another job.
        rows: answered.
        read_bytes: of the rows.
        written_bytes: of the answers.
    """

    job: str
    rows: int
    read_bytes: int
    written_bytes: int


def columns_of(path: Path) -> tuple[str, ...]:
    """Return the names of the columns, in small letters.

    Raises:
        BadForm: the file is empty or its first line is no line of names.
    """
    with path.open("rb") as file:
        return _columns(file, path)


def rows_of(path: Path, start: int = 0, number: int = 0) -> Iterator[Row]:
    """Yield the rows of a file from a byte on.

    Args:
        path: of a CSV in UTF-8, its first line the names of the columns.
        start: byte at which the next row begins; 0 for the first one.
        number: of the row before it.

    Raises:
        BadForm: as `columns_of`.
    """
    with path.open("rb") as file:
        columns = _columns(file, path)
        if start:
            file.seek(start)
        while True:
            begun = file.tell()
            line = file.readline(_LONGEST_ROW)
            if not line:
                return
            if not line.strip():
                continue
            number += 1
            yield _row(file, columns, (number, begun, line))


def _columns(file: BinaryIO, path: Path) -> tuple[str, ...]:
    try:
        names = next(csv.reader([file.readline(_LONGEST_ROW).decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadForm(f"{path}: the first line is no line of column names in UTF-8; nothing was screened") from error
    if not names:
        raise BadForm(f"{path} is empty; nothing was screened")
    return tuple(name.strip().lower() for name in names)


def _row(file: BinaryIO, columns: tuple[str, ...], first: tuple[int, int, bytes]) -> Row:
    """Read one row, which may go over several lines inside quotation marks; a quotation that never ends costs one line."""
    number, _, line = first
    whole, lines = line, 1
    if not line.endswith(b"\n") and len(line) == _LONGEST_ROW:
        return Row(number, {}, "the row is too long", _past_line(file))
    while whole.count(b'"') % 2:
        more = file.readline(_LONGEST_ROW)
        whole, lines = whole + more, lines + 1
        if not more or len(whole) > _LONGEST_ROW or lines > _MOST_LINES:
            return _only_line(file, first, "a quotation mark is never closed")
    try:
        cells = next(csv.reader(whole.decode().splitlines(keepends=True), strict=True))
    except UnicodeDecodeError:
        return _only_line(file, first, "the row is no text in UTF-8")
    except (csv.Error, StopIteration):
        return _only_line(file, first, "the row is no row of a CSV; perhaps a quotation mark is never closed")
    if len(cells) > len(columns):
        return _only_line(file, first, f"the row has {len(cells)} cells, the first line {len(columns)}")
    return Row(number, {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}, "", file.tell())


def _only_line(file: BinaryIO, first: tuple[int, int, bytes], why: str) -> Row:
    """Refuse the first line of a row alone, and go on after it: what followed in its quotation may be good rows."""
    number, begun, line = first
    file.seek(begun + len(line))
    return Row(number, {}, why, file.tell())


def _past_line(file: BinaryIO) -> int:
    while more := file.readline(_LONGEST_ROW):
        if more.endswith(b"\n"):
            break
    return file.tell()


def job_of(path: Path, settings: Mapping[str, str]) -> str:
    """Return the hash of a file's size and first bytes and of how it is screened."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    told = json.dumps([path.stat().st_size, sorted(settings.items())])
    return hashlib.sha256(head + told.encode()).hexdigest()


def mark_path(out: Path) -> Path:
    """Return where the place is noted: beside the answers."""
    return out.with_name(f"{out.name}.state")


def read_mark(out: Path, job: str) -> Mark | None:
    """Return how far the answers in `out` are; None if nothing is noted.

    Raises:
        BadForm: what is noted is of another file, list or day, or the answers are shorter than noted.
    """
    path = mark_path(out)
    if not path.is_file():
        return None
    try:
        mark = Mark(**json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise BadForm(f"{path} cannot be read; remove it and {out} to begin anew. Nothing was screened") from error
    if mark.job != job:
        raise BadForm(
            f"{path} is of another file, list or day; name another --out, or remove both. Nothing was screened"
        )
    if not out.is_file() or out.stat().st_size < mark.written_bytes:
        raise BadForm(f"{out} is shorter than {path} says; remove both to begin anew. Nothing was screened")
    return mark


def answer_file(
    path: Path, out: Path, job: str, answers: tuple[Answer, Refusal], seen: Callable[[int, Mapping[str, object]], None]
) -> Mark:
    """Answer the rows of a file into another, from the last mark on.

    Args:
        path: the rows.
        out: one JSON object a line; a mark stands beside it while, and after, it is written.
        job: from `job_of`.
        answers: what to write for a row, and for one that cannot be read.
        seen: told after each row: bytes of `path` that are read, and what was written.

    Returns:
        The last mark; all rows are answered.

    Raises:
        BadForm: as `read_mark` and `columns_of`.
    """
    mark = read_mark(out, job) or Mark(job, 0, 0, 0)
    with out.open("r+b" if mark.rows else "wb") as written:
        written.truncate(mark.written_bytes)
        written.seek(mark.written_bytes)
        rows, ends = mark.rows, mark.read_bytes
        for row in rows_of(path, mark.read_bytes, mark.rows):
            said = answers[1](row.number, row.fault) if row.fault else answers[0](row.number, row.cells)
            written.write(line_of(said))
            rows, ends = row.number, row.ends
            seen(row.ends, said)
            if rows % MARK_EVERY == 0:
                mark = _note(written, out, Mark(job, rows, ends, written.tell()))
        return _note(written, out, Mark(job, rows, ends, written.tell()))


def line_of(said: Mapping[str, object]) -> bytes:
    """Return an answer as one line of JSON."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _note(written: BinaryIO, out: Path, mark: Mark) -> Mark:
    written.flush()
    os.fsync(written.fileno())
    write_atomic(mark_path(out), json.dumps(asdict(mark)).encode())
    return mark
