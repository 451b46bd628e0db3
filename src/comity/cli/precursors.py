"""`comity precursors`: what goods are, whose law controls them, what a new list changes; the actions of flows and notifications too.

All but the last work on plain files without a node. The chemistry behind `screen` is an extra and is loaded when it is run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

from comity.base.errors import BadConfiguration, BadForm
from comity.cli import flows, notifications
from comity.cli.out import show_json, show_table
from comity.cli.terminal import progress
from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.status import Answer as Standing
from comity.desks.precursors.screening.status import asymmetry, changes, status_on
from comity.desks.precursors.screening.verdict import FIELDS, Input, Screened, Verdict
from comity.edge.screening import Answer, Refusal, answer_file, columns_of, job_of, line_of, rows_of
from comity.edge.substances import LIST_FOLDER, list_files

DONE = 0
_SHOWN = 40
_COLUMNS = {
    "description": "text", "goods": "text", "free_text": "text", "hs_code": "hs", "hs2022": "hs", "un_number": "un", "cas_number": "cas",
    "substance": "name", "key": "inchikey", "concentration": "percent",
}  # fmt: skip
_TYPED = ("input_type", "input")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser(
        "precursors", help="screen goods, notify and follow consignments, see whether quantities add up"
    )
    inner = parser.add_subparsers(dest="precursors", metavar="ACTION", required=True)
    _add_screen(inner)
    _add_status(inner)
    _add_changes(inner)
    flows.add_actions(inner)
    notifications.add_subcommands(inner)


def _add_screen(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    screen = inner.add_parser("screen", help="screen a CSV of goods; one answer a row")
    screen.add_argument(
        "file", type=Path, metavar="FILE", help="columns id, input_type, input; or name, cas, smiles, ..."
    )
    screen.add_argument(
        "--out", type=Path, metavar="FILE", help="one JSON answer a line goes here; needed for --resume"
    )
    screen.add_argument("--resume", action="store_true", help="go on where a broken run of the same --out stopped")
    screen.add_argument(
        "--date", dest="day", metavar="DAY", help="ISO day on which the law is looked at; default: today"
    )
    screen.add_argument(
        "--law", action="append", metavar="CODE", help="only the law of this jurisdiction; may stand often"
    )
    _add_list(screen)
    screen.set_defaults(run=run_screen)


def _add_status(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    status = inner.add_parser("status", help="whose law controls a substance on a day, and where two of them differ")
    status.add_argument("substance", metavar="SUBSTANCE", help="its id or one of its names")
    status.add_argument("--from", dest="origin", metavar="CODE", help="where the goods leave")
    status.add_argument("--to", dest="destination", metavar="CODE", help="where they land")
    status.add_argument("--date", dest="day", metavar="DAY", help="ISO day of the consignment; default: today")
    _add_list(status)
    status.set_defaults(run=run_status)


def _add_changes(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    told = inner.add_parser("changes", help="which substances' standing differs between two editions, and from when")
    told.add_argument("old", type=Path, metavar="OLD", help="folder of the edition that was used")
    told.add_argument("new", type=Path, metavar="NEW", help="folder of the edition that replaces it")
    told.add_argument("--since", required=True, metavar="DAY", help="ISO day of the oldest consignment that matters")
    told.add_argument("--until", metavar="DAY", help="last day that matters; default: today")
    told.add_argument("--json", action="store_true", help="for machines")
    told.set_defaults(run=run_changes)


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--list", dest="folder", type=Path, default=Path(LIST_FOLDER), metavar="FOLDER", help="edition of the list"
    )
    parser.add_argument("--json", action="store_true", help="for machines")


def run_screen(asked: argparse.Namespace) -> int:
    """Screen a file; 0 whatever is found, since a person decides."""
    _need_chemistry()
    if asked.resume and not asked.out:
        raise BadForm("--resume goes with --out, where the answers are; nothing was screened")
    if asked.out and asked.out.exists() and not asked.resume:
        raise BadForm(f"{asked.out} is there already; name another file, or go on with --resume. Nothing was screened")
    book, day = SubstanceBook.load(list_files(asked.folder)), _day(asked.day)
    laws = frozenset(asked.law or (one.code for one in book.jurisdictions))
    if laws - {one.code for one in book.jurisdictions}:
        raise BadForm(f"the list knows no jurisdiction {min(laws)}; nothing was screened")
    _check_columns(asked.file)
    answers = _answers(book, day, laws)
    tally = _Tally()
    with _followed(asked.file, hidden=asked.json and not asked.out) as follow:
        if asked.out:
            job = job_of(
                asked.file, {"list": book.digest.hex(), "day": day.isoformat(), "laws": ",".join(sorted(laws))}
            )

            def seen(read: int, said: Mapping[str, object]) -> None:
                follow(read)
                tally.add(said)

            mark = answer_file(asked.file, asked.out, job, answers, seen)
            tally.earlier = mark.rows - tally.total()
        else:
            _stream(asked, answers, follow, tally)
    tally.show(asked, book)
    return DONE


def _stream(
    asked: argparse.Namespace, answers: tuple[Answer, Refusal], follow: Callable[[int], None], tally: _Tally
) -> None:
    for row in rows_of(asked.file):
        said = answers[1](row.number, row.fault) if row.fault else answers[0](row.number, row.cells)
        if asked.json:
            sys.stdout.buffer.write(line_of(said))
        follow(row.ends)
        tally.add(said)
    sys.stdout.flush()


class _Tally:
    """What a run found: counts, and the first rows that are not clear."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.rows: list[list[str]] = []
        self.earlier = 0
        self._begun = time.perf_counter()

    def add(self, said: Mapping[str, object]) -> None:
        """Count one answer."""
        self.counts[str(said["verdict"])] += 1
        if said["verdict"] != Verdict.CLEAR and len(self.rows) < _SHOWN:
            self.rows.append(
                [
                    str(said[name] or "")
                    for name in ("id", "verdict", "substance", "rule", "instrument", "date", "reason")
                ]
            )

    def total(self) -> int:
        """Return how many rows this run answered."""
        return self.counts.total()

    def show(self, asked: argparse.Namespace, book: SubstanceBook) -> None:
        """Tell people what was found; on standard error where machines read the output."""
        rate = self.total() / max(time.perf_counter() - self._begun, 1e-9)
        parts = ", ".join(f"{self.counts[verdict]} {verdict}" for verdict in Verdict if self.counts[verdict])
        line = f"{self.total()} rows, {rate:.0f} a second: {parts or 'none'}. List: {book.edition}"
        line += f"; {self.earlier} rows were answered before" * bool(self.earlier)
        if asked.json:
            print(line, file=sys.stderr)
            return
        if self.rows:
            show_table("Not clear", ("id", "verdict", "substance", "rule", "instrument", "since", "reason"), self.rows)
            if self.total() - self.counts[Verdict.CLEAR] > len(self.rows):
                print(f"the first {len(self.rows)} only; all of them with --out FILE")
        print(line)
        print("clear says that nothing of this list fits; it is no permit")


@contextmanager
def _followed(path: Path, *, hidden: bool) -> Iterator[Callable[[int], None]]:
    """Show how much of a file is read, in hundredths."""
    size = max(path.stat().st_size, 1)
    shown = 0
    with progress("screening, % of the file", 100, hidden=hidden) as advance:

        def follow(read: int) -> None:
            nonlocal shown
            while shown < 100 * read // size:
                shown += 1
                advance()

        yield follow


def _check_columns(path: Path) -> None:
    columns = {_COLUMNS.get(name, name) for name in columns_of(path)}
    if not set(_TYPED) <= columns and not columns & set(FIELDS):
        raise BadForm(
            f"{path} has neither the columns input_type and input nor any of {', '.join(FIELDS)}; nothing was screened"
        )


def _answers(book: SubstanceBook, day: date, laws: frozenset[str]) -> tuple[Answer, Refusal]:
    from comity.desks.precursors.screening.screen import Screener  # noqa: PLC0415  loads rdkit, an extra

    screener = Screener(book, day, laws)

    def answer(number: int, cells: Mapping[str, str]) -> Mapping[str, object]:
        try:
            row = read_input(cells, number)
        except BadForm as error:
            return refuse(number, str(error))
        return as_json(screener.screen(row))

    def refuse(number: int, why: str) -> Mapping[str, object]:
        return {
            "id": str(number), "verdict": Verdict.INVALID.value, "substance": None, "rule": "row", "instrument": None, "date": None,
            "jurisdiction": None, "reason": why, "one_source": False, "list": book.edition, "day": day.isoformat(), "findings": [],
        }  # fmt: skip

    return answer, refuse


def read_input(cells: Mapping[str, str], number: int) -> Input:
    """Return what a row says of the goods: one typed input, or a column for each thing that is said.

    Raises:
        BadForm: an input type that does not exist, or a share that is no number.
    """
    row = {_COLUMNS.get(name, name): cell for name, cell in cells.items()}
    own = row.get("id") or str(number)
    kind = row.get("input_type", "")
    if kind == "record":
        pairs = (part.partition("=") for part in row.get("input", "").split(";") if part.strip())
        row = {_COLUMNS.get(name.strip(), name.strip()): cell.strip() for name, _, cell in pairs}
        if not set(row) & set(FIELDS):
            raise BadForm(f"a record has none of the parts {', '.join(FIELDS)}")
    elif kind:
        if kind not in FIELDS:
            raise BadForm(f"there is no input type {kind!r}; there are {', '.join(FIELDS)} and record")
        row = {kind: row.get("input", "")}
    said = {name: row.get(name, "") for name in FIELDS}
    return Input(own, **said, percent=_percent(row.get("percent", "")))


def _percent(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text.rstrip("% ").replace(",", "."))
    except ValueError as error:
        raise BadForm(f"{text!r} is no share in percent") from error


def as_json(screened: Screened) -> dict[str, object]:
    """Return one answer as it is written for machines."""
    first = screened.first
    substance = first.substance or next((one.substance for one in screened.findings if one.substance), "")
    return {
        "id": screened.id,
        "verdict": screened.verdict.value,
        "substance": substance or None,
        "rule": first.rule,
        "instrument": first.instrument or None,
        "date": first.since or None,
        "jurisdiction": first.jurisdiction or None,
        "reason": first.reason or None,
        "one_source": first.one_source,
        "list": screened.edition,
        "day": screened.day.isoformat(),
        "findings": [
            {
                "verdict": one.verdict.value, "field": one.field, "rule": one.rule, "substance": one.substance or None,
                "jurisdiction": one.jurisdiction or None, "instrument": one.instrument or None, "date": one.since or None,
                "reason": one.reason, "one_source": one.one_source,
            }
            for one in screened.findings
        ],
    }  # fmt: skip


def run_status(asked: argparse.Namespace) -> int:
    """Show the standing of a substance everywhere, and between two jurisdictions where they are named."""
    book, day = SubstanceBook.load(list_files(asked.folder)), _day(asked.day)
    substance = _substance(book, asked.substance)
    codes = [one.code for one in book.jurisdictions]
    for code in (asked.origin, asked.destination):
        if code and code not in codes:
            raise BadForm(f"the list knows no jurisdiction {code!r}; it knows {', '.join(codes)}")
    answers = [status_on(book, substance, code, day) for code in codes]
    between = (
        asymmetry(book, substance, asked.origin, asked.destination, day) if asked.origin and asked.destination else None
    )
    if asked.json:
        show_json(
            {
                "substance": substance, "day": day.isoformat(), "list": book.edition, "standings": [_standing(one) for one in answers],
                "between": between and {
                    "from": asked.origin, "to": asked.destination, "relation": between.relation, "gap": between.gap,
                    "sentence": between.sentence,
                },
            }
        )  # fmt: skip
        return DONE
    rows = [
        [str(_standing(one)[name] or "") for name in ("jurisdiction", "standing", "since", "instrument", "source")]
        for one in answers
    ]
    show_table(f"{book.by_id[substance].name} on {day}", ("law", "standing", "since", "instrument", "read in"), rows)
    if between:
        print(f"{between.relation}: {between.sentence}")
    print(f"unknown never means not controlled. List: {book.edition}")
    return DONE


def _standing(answer: Standing) -> dict[str, str | None]:
    status = answer.status
    listed = f", {status.list}" if status and status.list else ""
    return {
        "jurisdiction": answer.jurisdiction,
        "standing": answer.standing.value,
        "since": status.since or None if status else None,
        "since_is": status.kind.value if status else None,
        "until": status.until or None if status else None,
        "instrument": f"{status.instrument}{listed}" if status else None,
        "source": status.source if status else None,
    }


def _substance(book: SubstanceBook, text: str) -> str:
    if text in book.by_id:
        return text
    from comity.desks.precursors.screening.names import NameIndex  # noqa: PLC0415  an index of all names, made when needed

    found = NameIndex(book).find(text)
    if found is None or not found.way.sure:
        raise BadForm(f"the list has no substance called {text!r}")
    return found.substance.id


def run_changes(asked: argparse.Namespace) -> int:
    """Show what two editions say differently, so that open and recent notifications can be run again."""
    old, new = (SubstanceBook.load(list_files(folder)) for folder in (asked.old, asked.new))
    found = changes(old, new, _day(asked.since), _day(asked.until))
    if asked.json:
        told = [
            {
                "substance": one.substance, "jurisdiction": one.jurisdiction, "old": one.old, "new": one.new,
                "since": one.since.isoformat(), "until": one.until and one.until.isoformat(), "instrument": one.instrument or None,
            }
            for one in found
        ]  # fmt: skip
        show_json({"old": old.edition, "new": new.edition, "changes": told})
        return DONE
    rows = [[one.substance, one.jurisdiction, one.old, one.new, str(one.since), one.instrument] for one in found]
    if rows:
        show_table("What differs", ("substance", "law", "was", "is", "from", "instrument"), rows)
    print(f"{len(rows)} differ. Was: {old.edition}. Is: {new.edition}")
    return DONE


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadForm(f"{text!r} is no day such as 2026-07-13") from error


def _need_chemistry(module: str = "rdkit") -> None:
    if find_spec(module) is None:
        raise BadConfiguration(
            "this needs the extra `precursors` (rdkit), which is not installed here; nothing was screened. "
            "Run `python3 tools/bootstrap.py`, or install comity[precursors]"
        )
