"""Every kind's form: what is filled in from it is a body that the desk reads, and all of it has words."""

from __future__ import annotations

import pytest

from comity.desks.precursors.body import compose_body, parse_body
from comity.desks.precursors.forms import FORMS, PURPOSES
from comity.desks.precursors.model import AMENDMENT, NEED, Kind
from comity.edge.plain import to_value
from comity.screen.forms import About, Field, FieldType, KindForm
from comity.web.filling import give, read_body
from comity.web.texts import Texts
from comity.web.words import tables

ZONE = "America/Halifax"
TIME = 1_783_900_800_000
SPECIAL = {
    "cas": "108-24-7", "hs": "2915.24", "un": "1715", "inchikey": "WFDIJRYMOXRFFG-UHFFFAOYSA-N", "currency": "XAA",
    "language": "pa", "form": "mixture", "share": 125, "state": AMENDMENT, "version": 2,
}  # fmt: skip
DAYS = {"applied": "2026-07-01", "lands": "2026-09-20"}
REPLY = {"state": NEED}
DIGESTS = [bytes(32), bytes(32)]
WHAT = {"what": "seizure"}


def name_of(form: KindForm) -> str:
    return f"{form.kind}-{form.act}"


def filled(field: Field) -> object:
    """Return a value that fits a field."""
    if field.inner:
        one = {inner.name: filled(inner) for inner in field.inner}
        return one if field.type is FieldType.GROUP else [one]
    if field.name in SPECIAL:
        return SPECIAL[field.name]
    if field.type in {FieldType.CHOICE, FieldType.CHOICES}:
        return field.choices[0] if field.type is FieldType.CHOICE else [field.choices[0]]
    return {
        FieldType.WORDS: ["a number"],
        FieldType.FLAG: True,
        FieldType.NUMBER: 1500 if field.scale > 1 else 7,
        FieldType.MOMENT: TIME,
        FieldType.DAY: DAYS.get(field.name, "2026-08-20"),
    }.get(field.type, "some words")


def whole(form: KindForm) -> dict[str, object]:
    body = {field.name: filled(field) for field in form.fields}
    return body | {Kind.REPLY: REPLY, Kind.INCIDENT: WHAT}.get(Kind(form.kind), {})


def sent(form: KindForm, body: dict[str, object]) -> bytes:
    """Return the bytes of a form as the desk makes them."""
    full = {**dict(form.fixed), **body}
    more = {"calendars": DIGESTS} if form.kind == Kind.PEN else {}
    return compose_body(form.kind, {**to_value(full), **more})  # type: ignore[dict-item]  # a form is an object


def test_every_kind_has_a_form_and_every_address_one():
    assert sorted({form.kind for form in FORMS}) == sorted(Kind)
    acts = [form.act for form in FORMS if form.act]
    assert len(acts) == len(set(acts))
    assert [form.act for form in FORMS if form.kind == Kind.PEN] == ["", "amend"]
    assert [form.kind for form in FORMS if form.about is About.NOTHING] == [Kind.PEN, Kind.INCIDENT]


@pytest.mark.parametrize("form", FORMS, ids=name_of)
def test_what_is_filled_in_is_a_body_that_the_desk_reads(form):
    """As a browser sends it, as the door takes it, as the desk writes it, and back."""
    body = whole(form)
    read = read_body(form.fields, give(form.fields, body, ZONE), ZONE)
    assert read.errors == {}
    assert read.body == body
    typed = parse_body(form.kind, sent(form, read.body))
    assert typed.unknown == ()


@pytest.mark.parametrize("form", FORMS, ids=name_of)
def test_a_needed_field_that_is_empty_is_told_at_its_place(form):
    read = read_body(form.fields, {}, ZONE)
    assert read.errors == {f"b-{field.name}": "compose.error.needed" for field in form.fields if field.needed}


@pytest.mark.parametrize(
    ("written", "grams"), [("200", 200_000), ("0.5", 500), ("1,25", 1_250), ("12.3456", None), ("-1", None), ("NaN", None),
                           ("1e3", None), ("9" * 17, None), ("٣", None), ("x", None)]
)  # fmt: skip
def test_kilograms_are_grams_in_the_body(written, grams):
    field = Field("grams", FieldType.NUMBER, scale=1000)
    read = read_body((field,), {"b-grams": (written,)}, ZONE)
    assert read.body.get("grams") == grams
    assert read.errors == ({} if grams is not None else {"b-grams": "compose.error.decimal"})


@pytest.mark.parametrize(("written", "good"), [("2026-02-28", True), ("2026-02-30", False), ("tomorrow", False)])
def test_a_day_is_a_day(written, good):
    read = read_body((Field("leaves", FieldType.DAY),), {"b-leaves": (written,)}, ZONE)
    assert (read.body == {"leaves": written}, not read.errors) == (good, good)


def fields_of(fields):
    for field in fields:
        yield field
        yield from fields_of(field.inner)


@pytest.mark.parametrize("form", FORMS, ids=name_of)
def test_every_field_and_every_choice_has_words(form):
    texts, known = Texts(), {key for table in tables().values() for key in table}
    for field in fields_of(form.fields):
        assert {f"compose.field.{form.kind}.{field.name}", f"compose.field.{field.name}"} & known, field.name
        if field.type in {FieldType.CHOICE, FieldType.CHOICES}:
            assert {f"compose.{field.family}.{code}" for code in field.choices} <= known, field.family
    assert texts.word("compose.does", form.kind) != form.kind
    assert texts.word("kind", form.kind) != form.kind


def test_the_purposes_are_those_of_the_desk():
    assert {"precursor-diversion", "drug-alert"} <= set(PURPOSES)
