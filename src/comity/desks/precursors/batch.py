"""Many notifications from one table: each row by itself becomes a form, or a reason why not.

The rule it keeps: a bad row stops no other; rows with one reference are lines of one notification, and one bad line among
them keeps that notification back, never half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import cast

from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.desks.precursors.body import compose_body
from comity.desks.precursors.model import PRE_EXPORT, Kind

COLUMNS = (
    "reference", "substance", "kg", "cas", "hs", "un", "inchikey", "form", "percent", "packages", "voluntary",
    "exporter", "exporter_address", "exporter_licence", "importer", "importer_address", "importer_licence",
    "consignee", "consignee_address", "notify", "notify_address", "broker", "broker_address",
    "exit", "entry", "transit", "mode", "carrier", "document", "leaves", "lands", "applied", "answer_by",
    "end_use", "site", "permit", "permit_number", "permit_issued", "permit_until", "amount", "currency", "first_time", "text",
)  # fmt: skip
"""Columns of a CSV file, in any order; what is left out or empty says nothing."""
_FIRMS = ("exporter", "importer", "consignee", "notify", "broker")
_ROUTE = ("exit", "entry", "transit", "mode", "carrier", "document")
_PLAIN = ("reference", "leaves", "lands", "applied", "answer_by", "end_use", "site", "text")
_GOODS = ("substance", "cas", "hs", "un", "inchikey", "form")
_YES = frozenset({"yes", "true", "1", "x"})
_NO = frozenset({"", "no", "false", "0"})
_SOME_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One notification of a file.

    Attributes:
        line: where it begins, from 1.
        reference: as the file has it.
        form: the body as a form; None if it is bad.
        reason: why it is bad, "" if it is not.
    """

    line: int
    reference: str
    form: Mapping[str, Value] | None
    reason: str = ""


def from_rows(rows: Iterable[tuple[int, Mapping[str, object]]]) -> tuple[Entry, ...]:
    """Return the notifications of a table; rows that follow each other with one reference are one notification."""
    entries: list[Entry] = []
    group: list[tuple[int, dict[str, str]]] = []
    for line, row in rows:
        plain = {str(name).strip(): (text or "").strip() for name, text in row.items() if isinstance(text, str | None)}
        if group and (not plain.get("reference") or plain["reference"] != group[0][1].get("reference")):
            entries.append(_entry(group))
            group = []
        group.append((line, plain))
    return (*entries, _entry(group)) if group else tuple(entries)


def from_tables(tables: Iterable[object]) -> tuple[Entry, ...]:
    """Return the notifications of a list of forms, numbered from 1."""
    return tuple(_checked(place, table) for place, table in enumerate(tables, 1))


def _checked(place: int, table: object) -> Entry:
    if not isinstance(table, Mapping):
        return Entry(place, "", None, "is no table of fields")
    form: dict[str, Value] = {
        "state": PRE_EXPORT,
        "version": 1,
        **{str(key): entry for key, entry in cast("Mapping[str, Value]", table).items()},
    }
    reference = str(form.get("reference", ""))
    try:
        compose_body(Kind.PEN, {**form, "calendars": [_SOME_DIGEST, _SOME_DIGEST]})
    except BadForm as error:
        return Entry(place, reference, None, str(error).removeprefix("pen: ").removesuffix("; nothing was kept"))
    return Entry(place, reference, form)


def _entry(group: list[tuple[int, dict[str, str]]]) -> Entry:
    line, first = group[0]
    strangers = sorted({name for _, row in group for name, text in row.items() if text and name not in COLUMNS})
    if strangers:
        return Entry(line, first.get("reference", ""), None, f"there is no column called {strangers[0]}")
    try:
        form = {**_head(first), "lines": [_goods(row) for _, row in group]}
    except BadForm as error:
        return Entry(line, first.get("reference", ""), None, str(error))
    found = _checked(line, form)
    return Entry(line, found.reference, found.form, found.reason)


def _head(row: Mapping[str, str]) -> dict[str, Value]:
    form: dict[str, Value] = {name: row[name] for name in _PLAIN if row.get(name)}
    for firm in _FIRMS:
        if row.get(firm):
            said = {
                "name": row[firm],
                "address": row.get(f"{firm}_address", ""),
                "licence": row.get(f"{firm}_licence", ""),
            }
            form[firm] = {key: text for key, text in said.items() if text}
    form["route"] = {name: row[name] for name in _ROUTE if row.get(name)}
    if row.get("permit") or row.get("permit_number"):
        said = {
            "sort": row.get("permit", ""),
            "number": row.get("permit_number", ""),
            "issued": row.get("permit_issued", ""),
            "until": row.get("permit_until", ""),
        }
        form["permits"] = [{key: text for key, text in said.items() if text}]
    if row.get("amount"):
        form["worth"] = {"hundredths": _whole(row["amount"], 100, "amount"), "currency": row.get("currency", "")}
    if _flag(row, "first_time"):
        form["first_time"] = True
    return {key: entry for key, entry in form.items() if entry}


def _goods(row: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {name: row[name] for name in _GOODS if row.get(name)}
    found["grams"] = _whole(row.get("kg", ""), 1000, "kg")
    if row.get("percent"):
        found["share"] = _whole(row["percent"], 10, "percent")
    if row.get("packages"):
        found["packages"] = _whole(row["packages"], 1, "packages")
    if _flag(row, "voluntary"):
        found["voluntary"] = True
    return found


def _whole(text: str, times: int, name: str) -> int:
    """Read a decimal number and return it as a whole number of its smallest part.

    Raises:
        BadForm: it is none, or is finer than that.
    """
    try:
        number = Decimal(text) * times
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value() or abs(number) > 10**12:
        raise BadForm(f"{name} is not a number that can be counted here: {text[:20]!r}")
    return int(number)


def _flag(row: Mapping[str, str], name: str) -> bool:
    text = row.get(name, "").casefold()
    if text not in _YES | _NO:
        raise BadForm(f"{name} is yes or no, not {text[:20]!r}")
    return text in _YES
