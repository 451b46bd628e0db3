"""A notification says the five things of the treaty or is none; what is commercial or a person is tagged by the desk."""

from __future__ import annotations

from typing import Any

import pytest

from comity.base.cbor import decode, encode
from comity.base.errors import BadEnvelope, BadForm
from comity.desks.precursors.body import compose_body, parse_body
from comity.desks.precursors.facts import titled, weight
from comity.desks.precursors.kinds import READERS
from comity.desks.precursors.model import Kind, Pen
from comity.desks.precursors.web import body_lines
from tests.unit.desks.precursors.forms import BUYER, EXPORTER, FIRM, GOODS, IMPORTER, NORTH, PEN, SOUTH

WHOLE: dict[str, Any] = {
    **PEN,
    "reference": "T-1",
    "language": "en",
    "text": "As applied for.",
    "consignee": {"name": "Parcel Agent", "address": "Counter 3", "licence": "L-9", "number": "77", "telephone": "555"},
    "notify": FIRM,
    "broker": BUYER,
    "lines": [
        {**GOODS, "hs": "2933.39", "un": "2811", "inchikey": "CBMYFVSIIYILRH-UHFFFAOYSA-N", "packages": 8},
        {"substance": "1-benzyl-4-piperidone", "grams": 25, "form": "mixture", "share": 305, "voluntary": True},
    ],
    "route": {
        "exit": "Ford", "entry": "Crossing Port", "transit": "Bay\nCape", "mode": "sea", "carrier": "Slow Boat", "document": "B/L 4"
    },
    "lands": "2026-09-01",
    "applied": "2026-07-01",
    "answer_by": "2026-07-20",
    "end_use": "glue",
    "site": "Hill Lane 2",
    "permits": [{"sort": "export", "number": "E-1", "issued": "2026-07-02", "until": "2026-12-01"}],
    "worth": {"hundredths": 1_250_050, "currency": "XOD"},
    "first_time": True,
    "third_state": True,
    "items": [{"label": "seal", "value": "blue"}],
}  # fmt: skip
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("pen", PEN),
    ("pen", WHOLE),
    ("pen", {"state": "cancellation", "version": 2, "reason": "the order was withdrawn"}),
    ("pen-reply", {"state": "no-objection"}),
    ("pen-reply", {"state": "need-information", "asks": ["end-use"], "own_power": "trade law, article 9"}),
    ("pen-reply", {"state": "enquiry", "reason": "the buyer is new", "until": "2026-07-20"}),
    ("pen-reply", {"state": "controlled-delivery", "reason": "watched", "text": "As agreed."}),
    ("pen-reply", {"state": "information", "text": "It is for glue."}),
    ("objection", {"reasons": ["permit-mismatch", "suspected-diversion"]}),
    ("objection", {"reasons": ["other"], "text": "The works have closed."}),
    ("incident", {"state": "reported", "what": "refused-order", "known": 5, "firms": [BUYER], "lines": [GOODS], "place": "Ford"}),
    ("incident", {"state": "reported", "what": "dangerous-batch", "batch": "blue, 30 mg", "copy": True}),
    ("incident", {"state": "copy-agreed"}),
    ("incident", {"state": "copy-given", "digest": bytes(32)}),
    ("shipped", {"day": "2026-08-20", "counts": [{"line": 1, "grams": 200_000, "packages": 8}], "route": {"document": "B/L 4"},
                 "permits": [{"sort": "export", "number": "E-1"}]}),
    ("arrived-quantity", {"day": "2026-09-01", "counts": [{"line": 1, "grams": 0}], "broken_seals": True}),
    ("outcome", {"results": ["lawful"], "earlier": ["T-0"], "text": "Closed."}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "form"), GOOD)
def test_each_kind_is_written_read_and_shown(kind: str, form: dict[str, Any]) -> None:
    body = EXPORTER.compose(kind, form)
    assert encode(decode(body)) == body
    shown = body_lines(kind, body)
    assert all(line.text or line.removed for line in shown)
    assert len(titled(parse_body(kind, body))) <= 200
    assert EXPORTER.facts(kind, body) == IMPORTER.facts(kind, body)


def test_every_kind_of_the_accord_has_a_schema() -> None:
    assert set(READERS) == {kind.value for kind in Kind} == {kind for kind, _ in GOOD}


def test_a_notification_is_shown_in_words() -> None:
    shown = [(line.label, line.text) for line in body_lines("pen", EXPORTER.compose("pen", WHOLE))]
    goods = "1. 200 kg 4-piperidone hydrochloride; salt; CAS 41979-39-9; HS 2933.39; UN 2811;"
    goods += " InChIKey CBMYFVSIIYILRH-UHFFFAOYSA-N; 8 pkg"
    assert ("line", goods) in shown
    assert ("line", "2. 25 g 1-benzyl-4-piperidone; mixture; 30.5 %; voluntary") in shown
    assert ("transit", "Bay, Cape") in shown
    assert ("permit", "export E-1 (2026-07-02 - 2026-12-01)") in shown
    assert ("worth", "12500.50 XOD") in shown
    assert [label for label, _ in shown][-2:] == ["reference", "third_state"]


BAD: list[tuple[str, dict[str, Any], str]] = [
    *(("pen", {key: PEN[key] for key in PEN if key != field}, f"lacks {field}") for field in ("exporter", "importer", "lines", "leaves")),
    ("pen", {**PEN, "route": {"exit": "Ford"}}, "route.entry"),
    ("pen", {**PEN, "version": 2}, "version 1"),
    ("pen", {**PEN, "state": "amendment"}, "version 1"),
    ("pen", {**PEN, "leaves": "2026-02-30"}, "a day that there is not"),
    ("pen", {**PEN, "leaves": "20 August"}, "YYYY-MM-DD"),
    ("pen", {**PEN, "leaves": "1999-12-31"}, "millennium"),
    ("pen", {**PEN, "lands": "2026-08-19"}, "lands before"),
    ("pen", {**PEN, "applied": "2026-08-21"}, "applied for"),
    ("pen", {**PEN, "lines": [{**GOODS, "grams": 0}]}, "from 1 on"),
    ("pen", {**PEN, "lines": [{**GOODS, "cas": "0-1-2"}]}, "cas"),
    ("pen", {**PEN, "lines": [{**GOODS, "share": 10}]}, "only as a mixture"),
    ("pen", {**PEN, "lines": [{**GOODS, "form": "mixture", "share": 1001}]}, "thousandths"),
    ("pen", {**PEN, "exporter": {"name": "Tern"}}, "a name and an address"),
    ("pen", {**PEN, "worth": {"currency": "XOD"}}, "an amount with its currency"),
    ("pen", {**PEN, "colour": "blue"}, "no field called colour"),
    ("pen", {**PEN, "route": {"entry": "Crossing Port", "colour": "blue"}}, "no field called colour"),
    ("pen", {"state": "cancellation", "version": 2}, "lacks reason"),
    ("pen", {"state": "cancellation", "version": 2, "reason": "x", "leaves": "2026-08-20"}, "has no leaves"),
    ("pen-reply", {"state": "need-information"}, "asks"),
    ("pen-reply", {"state": "no-objection", "asks": ["end-use"]}, "asks"),
    ("pen-reply", {"state": "enquiry"}, "reason"),
    ("pen-reply", {"state": "information"}, "text or items"),
    ("pen-reply", {"state": "perhaps"}, "not one of"),
    ("objection", {"reasons": ["other"]}, "lacks text"),
    ("objection", {}, "lacks reasons"),
    ("incident", {"state": "reported"}, "lacks what"),
    ("incident", {"state": "reported", "what": "dangerous-batch"}, "names the batch"),
    ("incident", {"state": "reported", "what": "dangerous-batch", "batch": "x", "firms": [BUYER]}, "no firm"),
    ("incident", {"state": "copy-agreed", "copy": True}, "only agrees"),
    ("incident", {"state": "copy-given"}, "by its digest"),
    ("incident", {"state": "copy-agreed", "digest": bytes(32)}, "by its digest"),
    ("incident", {"state": "copy-given", "digest": bytes(31)}, "32 bytes"),
    ("incident", {"state": "copy-given", "digest": bytes(32), "place": "port"}, "says that it was given"),
    ("incident", {"state": "reported", "what": "seizure", "lines": [{**GOODS, "share": 3}]}, "mixture"),
    ("shipped", {"day": "2026-08-20", "counts": [{"line": 1, "grams": 1}, {"line": 1, "grams": 2}]}, "one line twice"),
    ("arrived-quantity", {"day": "2026-08-20", "counts": [{"line": 1, "grams": -1}]}, "whole grams"),
    ("outcome", {"results": ["fine"]}, "not in its list"),
    ("outcome", {"results": ["lawful"], "items": [{"label": "x"}]}, "either a value"),
    ("manifest", {}, "does not have"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "form", "said"), BAD)
def test_what_does_not_fit_is_refused_by_name(kind: str, form: dict[str, Any], said: str) -> None:
    with pytest.raises(BadForm, match=said):
        compose_body(kind, form)


def test_bytes_that_do_not_fit_are_the_peers_fault() -> None:
    with pytest.raises(BadEnvelope, match="a name and an address"):
        parse_body("pen", encode({**PEN, "exporter": {"name": "Tern"}}))
    with pytest.raises(BadEnvelope, match="two digests"):
        parse_body("pen", encode({**PEN, "calendars": [bytes(32), bytes(31)]}))


def test_a_field_of_a_later_program_is_kept_and_shown() -> None:
    body = encode({"state": "no-objection", "later": 1})
    assert [(line.label, line.text) for line in body_lines("pen-reply", body)][-1] == ("unknown", "later")


def test_both_calendars_go_with_a_notification_the_exporting_sides_first() -> None:
    pen = parse_body("pen", EXPORTER.compose("pen", PEN))
    assert isinstance(pen, Pen)
    assert pen.calendars == (NORTH.digest, SOUTH.digest)


def test_price_and_persons_are_tagged_whether_or_not_the_author_did() -> None:
    person = {**BUYER, "natural": True}
    body = EXPORTER.compose("pen", {**WHOLE, "consignee": person})
    facts = EXPORTER.facts("pen", body)
    assert facts.tagged == {"commercial", "document", "person"}
    assert (facts.records, facts.asserts, facts.stage) == ({"permit-data"}, True, "pre-export")
    assert facts.names[:2] == ("Tern Fine Intermediates", "Pivot Reagents")
    assert "2026-08-20" not in facts.texts
    left, removed = EXPORTER.redact("pen", body, frozenset({"commercial", "person"}))
    assert removed == ("commercial", "person")
    shown = body_lines("pen", left)
    assert [(line.label, line.removed) for line in shown if line.removed] == [
        ("consignee", "person"),
        ("worth", "commercial"),
    ]
    assert not any("12500" in line.text for line in shown)
    assert EXPORTER.redact("pen", left, frozenset({"commercial"})) == (left, ())
    incident = EXPORTER.compose("incident", {"state": "reported", "what": "seizure", "firms": [person]})
    assert EXPORTER.facts("incident", incident).tagged == {"document", "person"}


def test_of_a_further_field_that_was_removed_the_class_is_shown_and_whole_seals_are_no_line() -> None:
    tagged = {"label": "note", "value": "asthma", "categories": ["health"]}
    body = EXPORTER.compose("pen", {**PEN, "items": [tagged, {"label": "seal", "value": "blue"}]})
    left, _ = EXPORTER.redact("pen", body, frozenset({"health"}))
    shown = [(line.label, line.text, line.removed) for line in body_lines("pen", left)]
    assert [one for one in shown if one[0] in {"note", "seal"}] == [("note", "", "health"), ("seal", "blue", None)]
    arrived = EXPORTER.compose("arrived-quantity", {"day": "2026-09-01", "counts": [{"line": 1, "grams": 7}]})
    assert "broken_seals" not in {line.label for line in body_lines("arrived-quantity", arrived)}


def test_a_bare_word_and_a_health_warning_assert_nothing() -> None:
    def asserts(kind: str, form: dict[str, Any]) -> tuple[bool, bool]:
        facts = EXPORTER.facts(kind, EXPORTER.compose(kind, form))
        return facts.asserts, bool(facts.records)

    assert asserts("pen-reply", {"state": "no-objection"}) == (False, False)
    assert asserts("pen-reply", {"state": "enquiry", "reason": "x", "text": "The works are closed."}) == (True, True)
    assert asserts("incident", {"state": "reported", "what": "dangerous-batch", "batch": "blue"}) == (False, False)
    assert asserts("incident", {"state": "copy-agreed"}) == (False, False)
    assert asserts("objection", {"reasons": ["no-permit"]}) == (True, True)


@pytest.mark.parametrize(
    ("grams", "said"), [(200_000, "200 kg"), (500, "0.50 kg"), (1_250, "1.25 kg"), (25, "25 g"), (1_001, "1001 g")]
)
def test_quantities_are_written_as_people_weigh(grams: int, said: str) -> None:
    assert weight(grams) == said
