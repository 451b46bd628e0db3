"""`comity precursors notify | board | consignment | board-copy`: many notifications from one file, the board, one whole, a copy.

The rule it keeps: a row that is bad stops no other; every row ends in one line that says what became of it.
"""

from __future__ import annotations

import argparse
import csv
import io
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from comity.base.commands import Argument
from comity.base.errors import BadForm
from comity.cli.acts import officer_of
from comity.cli.boardcopy import run_board_copy
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.desks.precursors.batch import Entry, from_rows, from_tables
from comity.desks.precursors.cli import COMMANDS

_HOUR = 3_600_000
_MOST_BYTES = 64 << 20


def add_subcommands(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add what this module has below `precursors`, which the desk describes as data."""
    runs = {"notify": run_notify, "board": run_board, "consignment": run_consignment, "board-copy": run_board_copy}
    for command in COMMANDS:
        parser = inner.add_parser(command.name, help=command.words)
        parser.add_argument("--node", type=Path, required=True, help="folder of the running node")
        parser.add_argument("--json", action="store_true", help="for machines")
        for argument in command.arguments:
            _add(parser, argument)
        parser.set_defaults(run=runs[command.name])


def _add(parser: argparse.ArgumentParser, one: Argument) -> None:
    if not one.name.startswith("--"):
        parser.add_argument(one.name, help=one.words)
    elif one.flag:
        parser.add_argument(one.name, action="store_true", help=one.words)
    else:
        parser.add_argument(one.name, required=one.needed, action="append" if one.many else "store", help=one.words)


# --- many notifications ------------------------------------------------------------------------------------------------


def run_notify(asked: argparse.Namespace) -> int:
    """Send each good row of a file; 1 if a row was bad, or one did not leave."""
    entries = read_file(Path(asked.file))
    by = officer_of(asked.officer)
    rows = [_notified(asked, entry, by) for entry in entries]
    if asked.json:
        show_json({"rows": rows})
    else:
        counted = ", ".join(
            f"{count} {outcome}" for outcome, count in sorted(Counter(r["outcome"] for r in rows).items())
        )
        shown = [[str(r["line"]), r["reference"], r["outcome"], r["reason"] or r["id"]] for r in rows]
        show_table(
            f"{asked.file}: {counted or 'nothing in it'}", ("line", "reference", "outcome", "id or reason"), shown
        )
    return 0 if rows and all(row["outcome"] in {"sent", "good"} for row in rows) else 1


def _notified(asked: argparse.Namespace, entry: Entry, by: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "line": entry.line,
        "reference": entry.reference,
        "outcome": "bad",
        "id": "",
        "reason": entry.reason,
    }
    if entry.form is None or asked.check:
        return row if entry.form is None else {**row, "outcome": "good"}
    try:
        outcome = ask(asked.node, "POST", "/submit", {"form": _form(asked, entry), "by": by})
    except BadForm as error:
        return {**row, "reason": str(error)}
    said = [one["sentence"] for one in outcome["verdict"]["reasons"] if one["effect"] not in {"permit", "permit-with"}]
    missing = [] if outcome["outcome"] == "sent" else [*outcome.get("missing", ()), *said]
    return {**row, "outcome": outcome["outcome"], "id": outcome["id"], "reason": "; ".join(missing)}


def _form(asked: argparse.Namespace, entry: Entry) -> dict[str, Any]:
    return {
        "desk": "precursors",
        "kind": "pen",
        "agency": asked.agency,
        "recipients": asked.to,
        "purpose": "precursor-diversion",
        "urgency": asked.urgency or "normal",
        "workplan_item": asked.item,
        "basis": asked.basis or [],
        "evaluation": asked.evaluation or "B2",
        "body": entry.form,
    }


def read_file(path: Path) -> tuple[Entry, ...]:
    """Read a CSV or TOML file of notifications.

    Raises:
        BadForm: the file as a whole cannot be read; a row alone never does that.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadForm(f"{path} is larger than {_MOST_BYTES >> 20} MiB; split it; nothing was sent")
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".toml":
            found = tomllib.loads(text).get("notification", [])
            return from_tables(found if isinstance(found, list) else [found])
    except (OSError, ValueError) as error:
        raise BadForm(f"{path} cannot be read ({error}); nothing was sent") from error
    return from_rows(_rows(text))


def _rows(text: str) -> Iterator[tuple[int, dict[str, str | None]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="beyond the last column", strict=False)
    begins = 2
    while True:
        try:
            row: dict[str, Any] = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begins, {f"of this line ({error})": "x"}
        else:
            yield begins, {name: ",".join(cell) if isinstance(cell, list) else cell for name, cell in row.items()}
        begins = reader.line_num + 1


# --- the board and one consignment --------------------------------------------------------------------------------------


def run_board(asked: argparse.Namespace) -> int:
    """Show all consignments by time left."""
    found = ask(asked.node, "GET", "/notices?" + urlencode({"waits_for": getattr(asked, "waits_for", None) or ""}))
    if asked.json:
        show_json(found)
        return 0
    shown = [
        [
            _left(row),
            "" if row["awaited"] is None else f"{'we' if row['we_owe'] else 'they'}: {row['awaited']['what']}",
            _state(row),
            ", ".join(row["holds"]),
            _screened(row["notice"], there=found["screens"]),
            f"{row['notice']['exporter']} > {row['notice']['importer']}",
            row["notice"]["title"],
            row["notice"]["reference"] or row["notice"]["id"],
        ]
        for row in found["rows"]
    ]
    columns = ("left", "awaited", "state", "held because", "our screen", "from > to", "goods", "reference")
    show_table("Consignments", columns, shown)
    return 0


def run_consignment(asked: argparse.Namespace) -> int:
    """Show one consignment whole."""
    found = ask(asked.node, "GET", "/notice?" + urlencode({"id": asked.dispatch}))
    if asked.json:
        show_json(found)
        return 0
    row = found["row"]
    if row is not None:
        times = row["notice"]["times"]
        limits = [
            [name, moment(times[name])]
            for name in ("answer", "certificate", "sails", "lands", "permits")
            if times[name]
        ]
        show_table(f"{row['notice']['title']}: {_state(row)}", ("limit", "until"), limits)
        for line in _warnings(row):
            print(line)
    for one in (found["screened"] or {}).get("lines", ()):
        print(
            f"our screen, line {one['line']}: {one['verdict']} {one['substance']} {one['instrument']} {one['since']}".rstrip()
        )
    for gap in found["gaps"]:
        if gap["arrived"] is not None:
            print(f"line {gap['line']}: {gap['arrived']} g of {gap['notified']} g came, {gap['missing']} g are missing")
    rows = [
        [
            moment(one["made"]),
            "we" if one["ours"] else "they",
            f"{one['kind']} {one['stage']}".strip(),
            _words(one),
            one["id"],
        ]
        for one in found["dispatches"]
    ]
    show_table("Everything about it", ("when", "who", "kind", "content", "id"), rows)
    return 0


def _words(one: dict[str, Any]) -> str:
    late = [f"REPORTED {one['late'] // _HOUR} h LATE"] if one["late"] else []
    return "\n".join(
        late + [f"{line['label']}: {line['text'] or '[removed: ' + line['removed'] + ']'}" for line in one["body"]]
    )


def _warnings(row: dict[str, Any]) -> Iterator[str]:
    notice = row["notice"]
    if row["holds"]:
        yield "held: " + ", ".join(row["holds"])
    if notice["standing"]["irregular"]:
        yield "the goods moved when they should not have"
    if notice["out_of_turn"]:
        yield f"{notice['out_of_turn']} dispatches were out of turn and changed nothing"
    if not notice["same_days"]:
        yield "the two sides do not count by the same calendars: compare calendars/ with the other side"
    if not notice["times"]["known"]:
        yield "a limit reaches into a year whose holidays are not announced"


def _state(row: dict[str, Any]) -> str:
    state = str(row["notice"]["standing"]["state"])
    return f"{state}, silent: {row['silence']}" if row["silence"] else state


def _screened(notice: dict[str, Any], *, there: bool) -> str:
    if notice["screened"] is None:
        return "not yet" if there else ""
    return str(notice["verdict"]) + (", on one list only" if notice["asymmetric"] else "")


def _left(row: dict[str, Any]) -> str:
    left = row["left"]
    if left is None:
        return ""
    days, hours = divmod(abs(left) // _HOUR, 24)
    return ("OVERDUE " if left <= 0 else "") + (f"{days} d {hours} h" if days else f"{hours} h")
