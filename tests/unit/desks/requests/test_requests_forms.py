"""Every kind's form: what is filled in from it is a body that the desk reads, and its lists are the lists of the body."""

from __future__ import annotations

import pytest

from comity.base.ids import show_id
from comity.desks.requests.body import compose_body, parse_body
from comity.desks.requests.forms import FORMS, PURPOSES
from comity.desks.requests.model import Kind
from comity.edge.plain import to_value
from comity.screen.forms import Field, FieldType
from comity.web.filling import give, read_body
from comity.web.texts import Texts
from comity.web.words import compose as words

ZONE = "America/Halifax"
TIME = 1_783_900_800_000
ID = show_id(bytes(range(16)))
SPECIAL = {
    "cell": "dr4",
    "language": "pa",
    "zone": "Asia/Kathmandu",
    "opens": "09:30",
    "closes": "18:00",
    "desk": "requests",
    "authority": "central-authority",
}
WITHOUT = {
    "answer": {"new_time", "outward", "kept_until", "overlap", "consent"},
    "refusal": set(),
    "contact-note": set(),
    "feedback": set(),
    "release-request": {"to"},
}
"""Fields of a kind that its other fields exclude."""
LAST = {"answer": {"state": "final"}, "refusal": {"outward": "cannot-assist"}, "feedback": {"used": ["lead"]}}
SPANS = {"begins": TIME, "ends": TIME + 3_600_000}


def filled(field: Field):
    """Return a value that fits a field."""
    if field.inner:
        one = {inner.name: filled(inner) for inner in field.inner}
        return one if field.type is FieldType.GROUP else [one]
    if field.type in {FieldType.CHOICE, FieldType.CHOICES}:
        return field.choices[0] if field.type is FieldType.CHOICE else [field.choices[0]]
    return {
        FieldType.WORDS: ["a club"],
        FieldType.FLAG: True,
        FieldType.NUMBER: 7,
        FieldType.OFFICER: 7,
        FieldType.MOMENT: SPANS.get(field.name, TIME),
        FieldType.DISPATCH: {"$id": ID},
        FieldType.NEW_ID: {"$id": ID},
        FieldType.AGENCY: "seal-house",
        FieldType.AGENCIES: ["seal-house"],
    }.get(field.type, SPECIAL.get(field.name, "some words"))


def whole(form):
    without = WITHOUT.get(form.kind, set())
    body = {field.name: filled(field) for field in form.fields if field.name not in without}
    body |= LAST.get(form.kind, {})
    if form.kind == "contact-note":
        body["state"] = "noted"
    return body


def least(form):
    body = {field.name: filled(field) for field in form.fields if field.needed}
    match form.kind:
        case "answer":
            body |= {"state": "final", "text": "Yes."}
        case "refusal":
            body["outward"] = "cannot-assist"
        case "preserve":
            body["text"] = "The account."
        case "contact-note":
            body["state"] = "confirmed"
        case "posting":
            body["state"] = "accepted"
        case "assurance":
            body["state"] = "asked"
        case _:
            pass
    return body


def test_every_kind_has_one_form():
    assert sorted(form.kind for form in FORMS) == sorted(Kind)
    acts = [form.act for form in FORMS if form.act]
    assert len(acts) == len(set(acts))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.kind)
@pytest.mark.parametrize("make", [whole, least])
def test_what_is_filled_in_is_a_body_that_the_desk_reads(form, make):
    """As a browser sends it, as the door takes it, as the desk writes it, and back."""
    body = make(form)
    read = read_body(form.fields, give(form.fields, body, ZONE), ZONE)
    assert read.errors == {}
    assert read.body == body
    data = compose_body(form.kind, to_value(read.body))
    typed = parse_body(form.kind, data)
    assert typed.unknown == ()
    assert compose_body(form.kind, to_value(read.body)) == data


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.kind)
def test_a_needed_field_that_is_empty_is_told_at_its_place(form):
    read = read_body(form.fields, {}, ZONE)
    assert read.errors == {f"b-{field.name}": "compose.error.needed" for field in form.fields if field.needed}
    assert read.body == {}


def fields_of(fields):
    for field in fields:
        yield field
        yield from fields_of(field.inner)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.kind)
def test_every_field_has_words(form):
    texts = Texts()
    for field in fields_of(form.fields):
        known = {f"compose.field.{form.kind}.{field.name}", f"compose.field.{field.name}"}
        assert known & set(words.WORDS), field.name
    assert texts.word("compose.does", form.kind) != form.kind
    assert texts.word("kind", form.kind) != form.kind


def test_purposes_are_those_of_the_desk():
    assert "liaison" in PURPOSES
    assert "illicit-finance" not in PURPOSES
    assert all(f"compose.purpose.{code}" in words.WORDS for code in PURPOSES)
