"""A plan as a file of other programs: CSV there and back.

The rule it keeps: what is written and read again is the same plan; a cell that a spreadsheet would take for a formula is
written with an apostrophe before it, and read without.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO

from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.desks.workplan.model import Plan
from comity.desks.workplan.plans import plan_value

LISTS = ("priorities", "items", "actions", "tracks")
_PLAIN = ("id", "item", "priority", "measure", "due", "closed", "days")
_MAPS = ("title", "aim", "owners")
_FORMULA = ("=", "+", "-", "@", "\t", "'")


def to_csv(plan: Plan) -> str:
    """Return a plan with one record a line; maps have a column for each key, such as `aim.en` or `owners.xo`."""
    value = plan_value(plan)
    rows = [{"what": "plan", "id": "", "measure": plan.signed, "title.": plan.title}]
    for name in LISTS:
        found = value.get(name, [])
        assert isinstance(found, list)
        rows += [{"what": name, **_cells(one)} for one in found]
    columns = ["what", *_PLAIN, *sorted({key for row in rows for key in row} - {"what", *_PLAIN})]
    out = StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows([{key: _safe(cell) for key, cell in row.items()} for row in rows])
    return out.getvalue()


def _cells(record: Value) -> dict[str, str]:
    assert isinstance(record, Mapping)
    found: dict[str, str] = {}
    for key, entry in ((str(key), entry) for key, entry in record.items()):
        if isinstance(entry, Mapping):
            found |= {f"{key}.{inner}": str(text) for inner, text in entry.items()}
        elif isinstance(entry, list):
            found[key] = " ".join(str(one) for one in entry)
        else:
            found[key] = "yes" if entry is True else str(entry)
    return found


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def from_csv(text: str) -> dict[str, Value]:
    """Return the plain values of a plan from `to_csv`'s form.

    Raises:
        BadForm: a line says of no list that there is what it is.
    """
    found: dict[str, Value] = {}
    lists: dict[str, list[Value]] = {name: [] for name in LISTS}
    for number, row in enumerate(csv.DictReader(StringIO(text, newline="")), 2):
        cells = {key: cell.removeprefix("'") for key, cell in row.items() if key and cell}
        what = cells.pop("what", "")
        if what == "plan":
            found |= {"title": cells.get("title.", ""), "signed": cells.get("measure", "")}
        elif what in lists:
            lists[what].append(_record(cells))
        else:
            raise BadForm(f"line {number} is of no list of the plan; nothing was read")
    return {**found, **{name: records for name, records in lists.items() if records}}


def _record(cells: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {key: cell for key, cell in cells.items() if key in _PLAIN}
    for name in _MAPS:
        inner: dict[str, Value] = {
            key.partition(".")[2]: cell for key, cell in cells.items() if key.startswith(f"{name}.")
        }
        found |= {name: inner} if inner else {}
    days: list[Value] = [*cells.get("days", "").split()]
    closed: dict[str, Value] = {"closed": True} if cells.get("closed") else {}
    return {**found, **({"days": days} if days else {}), **closed}
