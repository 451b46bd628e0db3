"""Filling a form in: a field as it is drawn, and what a browser sent back as what the door takes, each error at its field.

The rule it keeps: whatever was written is drawn again as it was written; nothing that does not fit is dropped in silence.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.screen.forms import Field, FieldType
from comity.screen.visitor import Json
from comity.screen.writing import Basis, Named, Options
from comity.web import moments
from comity.web.coded import FAMILIES
from comity.web.texts import Texts

Given = Mapping[str, tuple[str, ...]]
"""What came from a browser: values of each field, in order."""
BODY = "b-"
"""Before the name of each field of the body."""
MOST_ROWS = 40
_LONGEST_NUMBER = 9
_DECIMAL = re.compile(r"[0-9]{1,12}([.,][0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One word that may be chosen: its code, the words for it, one line more, and whether it is."""

    code: str
    words: str
    more: str
    on: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One field as the template draws it.

    Attributes:
        id: of the element; its label and help follow from it.
        name: of the form field.
        key: name in the body, for the page's own marks.
        type: a `FieldType` word.
        label, help: in words; `help` may be "".
        needed: marked so.
        value: as written.
        options: of a choice.
        rows: of rows and groups: the fields of each entry.
        error: what does not fit, "" if nothing.
        more: seldom used.
        limit: most characters.
        zone: of a time.
    """

    id: str
    name: str
    key: str
    type: str
    label: str
    help: str
    needed: bool
    value: str
    options: tuple[Chosen, ...]
    rows: tuple[tuple[Drawn, ...], ...]
    error: str
    more: bool
    limit: int
    zone: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form is filled in: its kind, what is offered, what it is written on, which words.

    `basis` is None for a form that opens a case.
    """

    kind: str
    options: Options
    basis: Basis | None
    texts: Texts
    now: Ms


def draw(field: Field, given: Given, errors: Mapping[str, str], place: Place, *, before: str = BODY) -> Drawn:
    """Return a field as it is drawn, with what was given; `before` is the name of what it stands in."""
    name = f"{before}{field.name}"
    values = given.get(name, ())
    rows = _rows(field, given, errors, place, name) if field.inner else ()
    return Drawn(
        id=f"f-{name}",
        name=name,
        key=field.name,
        type=field.type.value,
        label=label_of(field, place),
        help=_help(field, place),
        needed=field.needed,
        value=values[0] if values else "",
        options=tuple(_choices(field, values, place)),
        rows=rows,
        error=errors.get(name, ""),
        more=field.more and not values and not errors.get(name) and not any(_has(row) for row in rows),
        limit=field.limit,
        zone=place.options.zone if field.type is FieldType.MOMENT else "",
    )


def _has(row: Iterable[Drawn]) -> bool:
    return any(one.value for one in row if one.type != FieldType.NEW_ID) or any(
        c.on for one in row for c in one.options
    )


def _rows(
    field: Field, given: Given, errors: Mapping[str, str], place: Place, name: str
) -> tuple[tuple[Drawn, ...], ...]:
    count = 1 if field.type is FieldType.GROUP else max(1, rows_of(given, name))
    return tuple(
        tuple(draw(inner, given, errors, place, before=f"{name}-{row}-") for inner in field.inner)
        for row in range(count)
    )


def rows_of(given: Given, name: str) -> int:
    """Return how many entries were drawn for a field; the browser says so itself, within bounds."""
    said = (given.get(f"{name}-rows") or ("",))[0]
    return min(int(said), MOST_ROWS) if said.isascii() and said.isdecimal() and len(said) < _LONGEST_NUMBER else 0


def _word(family: str, field: Field, place: Place) -> str:
    """Return the words for a field: of this kind, else of any kind, else its name."""
    special = place.texts.word(family, f"{place.kind}.{field.name}")
    return special if special != f"{place.kind}.{field.name}" else place.texts.word(family, field.name)


def label_of(field: Field, place: Place) -> str:
    """Return the name of a field in words."""
    return _word("compose.field", field, place)


def _help(field: Field, place: Place) -> str:
    found = _word("compose.help", field, place)
    return "" if found == field.name else found


def _choices(field: Field, values: tuple[str, ...], place: Place) -> Iterable[Chosen]:
    match field.type:
        case FieldType.CHOICE | FieldType.CHOICES:
            for code in field.choices:
                yield _choice(field.family, code, place.texts, on=code in values)
        case FieldType.AGENCY | FieldType.AGENCIES:
            for one in _agencies(field, place.options):
                yield Chosen(one.code, one.words, "", one.code in values)
        case FieldType.OFFICER:
            return
        case FieldType.DISPATCH:
            for known in place.basis.dispatches if place.basis is not None else ():
                at = moments.moment(Ms(known.at), place.now, place.texts)
                words = f"{place.texts.word('kind', known.kind)}, {at} UTC"
                yield Chosen(known.id, words, "", known.id in values)
        case _:
            return


_CODED = frozenset({"handling", "conditions", "evaluation", "purpose", "urgency", "ground", "outward", "kind"})
"""Lists whose codes stand on every page and in both logs: the code first, then what it means."""


def _choice(family: str, code: str, texts: Texts, *, on: bool) -> Chosen:
    """Return one choice: in words, with the code of a data category beside them, for it is what a removal names."""
    said = _said(family, code, texts)
    if family in _CODED or not said:
        return Chosen(code, code, said, on)
    return Chosen(code, said, code if FAMILIES.get(family) == "choice.category" else "", on)


def _said(family: str, code: str, texts: Texts) -> str:
    """Return the meaning of a code, "" where the code speaks for itself."""
    if family == "kind":
        return texts.word("kind", code)
    found = texts.word(FAMILIES.get(family, f"compose.{family}"), code)
    return "" if found == code else found


def _agencies(field: Field, options: Options) -> tuple[Named, ...]:
    return options.ours if field.side == "ours" else options.theirs


# --- reading -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the body as the door takes it, and for each field that does not fit the key of what is wrong."""

    body: dict[str, Json]
    errors: dict[str, str]


def read_body(fields: Iterable[Field], given: Given, zone: str, *, before: str = BODY) -> Read:
    """Read the fields of a body.

    Args:
        fields: of the kind's form.
        given: what came.
        zone: in which times were written.
        before: what stands before each name.
    """
    body: dict[str, Json] = {}
    errors: dict[str, str] = {}
    for field in fields:
        name = f"{before}{field.name}"
        if field.inner:
            entries = _read_rows(field, given, zone, name, errors)
            value: Json = entries[0] if entries and field.type is FieldType.GROUP else list(entries)
        else:
            value = _read_one(field, given.get(name, ()), zone, name, errors)
        if value in (None, "", [], {}):
            if field.needed and name not in errors:
                errors[name] = "compose.error.needed"
        else:
            body[field.name] = value
    return Read(body, errors)


def _read_rows(field: Field, given: Given, zone: str, name: str, errors: dict[str, str]) -> list[Json]:
    """Read entries; one in which nothing was written is passed over."""
    found: list[Json] = []
    for row in range(1 if field.type is FieldType.GROUP else rows_of(given, name)):
        written = [
            inner
            for inner in field.inner
            if inner.type is not FieldType.NEW_ID
            and any(v.strip() for v in given.get(f"{name}-{row}-{inner.name}", ()))
        ]
        if not written:
            continue
        read = read_body(field.inner, given, zone, before=f"{name}-{row}-")
        errors.update(read.errors)
        found.append(read.body)
    return found


def _read_one(field: Field, values: tuple[str, ...], zone: str, name: str, errors: dict[str, str]) -> Json:
    words = [one.strip() for one in values if one.strip()]
    text = words[0] if words else ""
    if field.type in _CLOSED:
        if not set(words) <= set(field.choices):
            errors[name] = "compose.error.choice"
        return text if field.type is FieldType.CHOICE else [*words]
    if field.type in _WRITTEN:
        if len(text) > field.limit:
            errors[name] = "compose.error.long"
        return text
    if field.type in _COUNTED:
        return _number(text, name, errors) if field.scale == 1 else _decimal(text, field.scale, name, errors)
    if field.type in _NUMBERED:
        return _identifier(text, name, errors)
    others: Mapping[FieldType, Json] = {
        FieldType.AGENCIES: [*words],
        FieldType.WORDS: [line.strip() for line in text.splitlines() if line.strip()],
        FieldType.FLAG: bool(text) or None,
        FieldType.DAY: _day(text, name, errors) if field.type is FieldType.DAY else None,
        FieldType.MOMENT: _moment(text, zone, name, errors) if field.type is FieldType.MOMENT else None,
    }
    return others.get(field.type, text)


_CLOSED = frozenset({FieldType.CHOICE, FieldType.CHOICES})
_WRITTEN = frozenset({FieldType.LINE, FieldType.TEXT})
_COUNTED = frozenset({FieldType.NUMBER, FieldType.OFFICER})
_NUMBERED = frozenset({FieldType.DISPATCH, FieldType.NEW_ID})


def _number(text: str, name: str, errors: dict[str, str]) -> Json:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER):
        errors[name] = "compose.error.number"
        return None
    return int(text)


def _decimal(text: str, scale: int, name: str, errors: dict[str, str]) -> Json:
    """Return a decimal number, with a point or a comma, as a whole number of its parts."""
    if not text:
        return None
    if not _DECIMAL.fullmatch(text):
        errors[name] = "compose.error.decimal"
        return None
    number = Decimal(text.replace(",", ".")) * scale
    if number != number.to_integral_value():
        errors[name] = "compose.error.decimal"
        return None
    return int(number)


def _day(text: str, name: str, errors: dict[str, str]) -> Json:
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        errors[name] = "compose.error.day"
        return None


def _moment(text: str, zone: str, name: str, errors: dict[str, str]) -> Json:
    if not text:
        return None
    found = read_moment(text, zone)
    if found is None:
        errors[name] = "compose.error.moment"
    return found


def read_moment(text: str, zone: str) -> Ms | None:
    """Return a local day and time (`2026-07-13T09:30`) as milliseconds; None if it is none, or stands in no calendar."""
    try:
        local = datetime.fromisoformat(text)
        if local.tzinfo is not None:
            return None
        at = int(local.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None
    return Ms(at) if at >= 0 else None


def write_moment(at: Ms, zone: str) -> str:
    """Return milliseconds as a local day and time, as a browser's field has it."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def _identifier(text: str, name: str, errors: dict[str, str]) -> Json:
    if not text:
        return None
    try:
        return {"$id": show_id(read_id(text))}
    except BadForm:
        errors[name] = "compose.error.choice"
        return None


# --- the other way -------------------------------------------------------------------------------------------------


def give(
    fields: Iterable[Field], body: Mapping[str, Json], zone: str, *, before: str = BODY
) -> dict[str, tuple[str, ...]]:
    """Return what a browser would have sent for a body: the other way of `read_body`."""
    found: dict[str, tuple[str, ...]] = {}
    for field in fields:
        value, name = body.get(field.name), f"{before}{field.name}"
        if value is None:
            continue
        if field.inner:
            entries = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
            found[f"{name}-rows"] = (str(len(entries)),)
            for row, entry in enumerate(entries):
                if isinstance(entry, dict):
                    found |= give(field.inner, entry, zone, before=f"{name}-{row}-")
        else:
            found[name] = _given(field, value, zone)
    return found


def _given(field: Field, value: Json, zone: str) -> tuple[str, ...]:
    if isinstance(value, dict):
        return (str(value.get("$id", "")),)
    if isinstance(value, list):
        words = tuple(str(one) for one in value)
        return ("\n".join(words),) if field.type is FieldType.WORDS else words
    if field.scale > 1 and isinstance(value, int):
        return (f"{Decimal(value) / field.scale:f}",)
    if field.type is FieldType.MOMENT and isinstance(value, int):
        return (write_moment(Ms(value), zone),)
    return ("yes" if value is True else str(value),)


def new_number() -> str:
    """Return a number that no other form has: 26 letters and digits."""
    return show_id(DispatchId(secrets.token_bytes(16)))
