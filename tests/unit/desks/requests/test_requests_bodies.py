"""Forms become one canonical shape; what does not fit is refused by name; a removal leaves class and label only."""

from __future__ import annotations

from typing import Any

import pytest

from comity.base.cbor import decode, encode
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Ms, show_id
from comity.desks.requests.body import compose_body, parse_body
from comity.desks.requests.model import Answer, Correction, Item, Posting, Recall, Replacement, Rfi
from comity.desks.requests.service import RequestsDesk
from comity.desks.requests.web import body_lines
from comity.screen import BodyLine

DESK = RequestsDesk((), "A")
ID = bytes(range(16))
RFI: dict[str, Any] = {
    "title": "Two callers",
    "text": "Whose are the numbers?",
    "items": [
        {"label": "number 1", "value": "+1 555 0101", "categories": ["contact"], "evaluation": "B2"},
        {"label": "complainant", "value": "V1, invented address", "categories": ["victim", "location"]},
    ],
    "asks": ["person", "contact"],
    "records": ["subscriber-record"],
    "own_power": "order of a judge",
    "known_for": [],
    "third_state": False,
}
NOMINATED: dict[str, Any] = {
    "state": "nominated",
    "desk": "requests",
    "officer": 117,
    "agency": "police",
    "function": "liaison officer",
    "subjects": ["organised-crime", "fraud"],
    "host_agency": "bureau",
    "substitute": 118,
    "hours": {"zone": "Asia/Kolkata", "opens": "09:30", "closes": "18:00"},
    "delegation": {"id": ID, "kinds": ["rfi", "message"], "stages": ["holding"], "urgencies": [1, 0], "until": 1},
}
FORMS: dict[str, dict[str, Any]] = {
    "posting": NOMINATED,
    "rfi": RFI,
    "answer": {
        "state": "final",
        "text": "It is live.",
        "assurance": "no ill-treatment",
        "copies": [{"holder": "bank", "outcome": "erased"}],
    },
    "spontaneous": {"title": "A consignment", "text": "200 kg", "items": [{"label": "port", "value": "P"}]},
    "message": {"text": "The alias is written कप्तान.", "language": "en", "reference": "A-2026-0001"},
    "refusal": {"outward": "cannot-assist", "other_way": "treaty"},
    "reminder": {},
    "recall": {"target": ID, "part": "address 2", "due": 5, "reason": "shared host"},
    "correction": {"replacements": [{"label": "alias", "strike": "Captain", "value": "Kaptan"}]},
    "release-request": {
        "target": ID,
        "release": ["evidence", "onward"],
        "to": ["harbour"],
        "reason": "The trial begins in May.",
    },
    "purpose-change": {"target": ID, "purpose": "fraud", "reason": "The same accounts."},
    "court-disclosure": {"target": ID, "order": "order 7", "court": "court of the port", "hearing": 5},
}


@pytest.mark.parametrize("kind", list(FORMS))
def test_what_compose_wrote_parses_and_is_stable(kind: str) -> None:
    body = DESK.compose(kind, FORMS[kind])
    again = {key: value for key, value in decode(body).items() if value}  # type: ignore[union-attr]  # a map
    assert DESK.compose(kind, again) == body
    assert parse_body(kind, body).unknown == ()


def test_a_form_is_tidied() -> None:
    form = {
        "text": " e\u0301t\u00e9\r\nnext\tline ",
        "items": [],
        "language": None,
        "title": "T",
        "asks": ["person", "contact", "person"],
    }
    body = parse_body("rfi", DESK.compose("rfi", form))
    assert isinstance(body, Rfi)
    assert (body.text, body.asks) == ("\u00e9t\u00e9\nnext line", ("contact", "person"))
    assert "items" not in decode(DESK.compose("rfi", form))  # type: ignore[operator]  # a map


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("rfi", {"text": "x"}, "lacks title"),
    ("rfi", {**RFI, "title": "x" * 201}, "title"),
    ("rfi", {**RFI, "title": "two\nlines"}, "title"),
    ("rfi", {**RFI, "asks": ["gossip"]}, "asks"),
    ("rfi", {**RFI, "records": ["diary"]}, "records"),
    ("rfi", {**RFI, "known_for": ["hair"]}, "known_for"),
    ("rfi", {**RFI, "mood": "good"}, "no field called mood"),
    ("rfi", {**RFI, "items": [{"label": "a", "value": "b", "colour": "c"}]}, "no field called colour"),
    ("rfi", {**RFI, "items": [{"label": "a"}]}, "item 'a'"),
    ("rfi", {**RFI, "items": [{"label": "a", "value": "b", "removed": ["victim"]}]}, "item 'a'"),
    ("rfi", {**RFI, "items": [{"label": "a", "removed": ["victim"], "categories": ["person"]}]}, "item 'a'"),
    ("rfi", {**RFI, "items": [{"value": "b"}]}, "lacks label"),
    ("rfi", {**RFI, "items": [{"label": "a", "value": "b", "evaluation": "Z9"}]}, "evaluation"),
    ("rfi", {**RFI, "items": "one"}, "items"),
    ("rfi", {**RFI, "items": [7]}, "items"),
    ("rfi", {**RFI, "third_state": 1}, "third_state"),
    ("rfi", {**RFI, "language": "e n"}, "language"),
    ("answer", {"text": "x"}, "lacks state"),
    ("answer", {"state": "perhaps", "text": "x"}, "state"),
    ("answer", {"state": "holding", "text": "x", "reason": "y"}, "new_time"),
    ("answer", {"state": "holding", "new_time": 5}, "reason"),
    ("answer", {"state": "holding", "new_time": 2**62, "reason": "y"}, "not a time"),
    ("answer", {"state": "final"}, "lacks text"),
    ("answer", {"state": "final", "text": "x", "outward": "cannot-assist"}, "outward"),
    ("answer", {"state": "final", "text": "x", "copies": [{"holder": "bank", "outcome": "sold"}]}, "outcome"),
    ("refusal", {"outward": "partly"}, "outward"),
    ("refusal", {}, "nothing|lacks outward"),
    ("recall", {"target": b"short"}, "16 bytes"),
    ("recall", {"target": ID, "due": True}, "whole number"),
    ("correction", {"replacements": [{"label": "a"}]}, "line 'a'"),
    ("posting", {"state": "nominated", "desk": "requests", "officer": 1}, "lacks agency"),
    ("posting", {**NOMINATED, "officer": "x"}, "officer"),
    ("posting", {**NOMINATED, "delegation": {"id": ID, "kinds": ["rfi"], "urgencies": [9]}}, "urgency"),
    ("posting", {**NOMINATED, "delegation": {"id": ID, "kinds": ["No Kind"]}}, "kinds"),
    ("posting", {**NOMINATED, "hours": {"zone": "Asia/Kolkata", "opens": "24:00", "closes": "18:00"}}, "opens"),
    ("posting", {**NOMINATED, "delegation": {"id": ID, "kinds": ["rfi"], "x": 1}}, "no field called x"),
    ("posting", {**NOMINATED, "hours": 9}, "hours"),
    ("gossip", {"text": "x"}, "does not have"),
    ("message", {"text": "a\x00b"}, "control"),
    ("message", {"text": 5}, "text"),
]


@pytest.mark.parametrize(("kind", "form", "message"), FAULTS)
def test_each_fault_of_a_form_is_named(kind: str, form: dict[str, Any], message: str) -> None:
    with pytest.raises(BadForm, match=message):
        DESK.compose(kind, form)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("message", ["text"]),
        ("message", {1: "text"}),
        ("message", {"text": "x", "items": []}),
        ("message", {"text": "x", "third_state": False}),
        ("rfi", {"title": "t", "text": "x", "asks": ["person", "contact"]}),
        ("rfi", {"title": "t", "text": "x", "asks": ["contact", "contact"]}),
        ("message", {}),
    ],
)
def test_a_body_of_the_peer_must_have_the_one_shape(kind: str, value: Any) -> None:
    with pytest.raises(BadEnvelope):
        DESK.facts(kind, encode(value))


def test_bytes_that_are_not_canonical_are_refused() -> None:
    with pytest.raises(BadEnvelope):
        DESK.facts("message", encode({"text": "x"}) + b"\x00")


def test_unknown_keys_of_the_peer_are_kept_shown_and_scanned() -> None:
    body = encode({"text": "x", "tone": {"deep": ["0123 4567"]}, "items": [{"label": "a", "value": "b", "size": 5}]})
    assert parse_body("message", body).unknown == ("tone",)
    assert BodyLine("unknown", "tone", None, None) in body_lines("message", body)
    assert "0123 4567" in DESK.facts("message", body).texts
    assert DESK.redact("message", body, frozenset({"victim"})) == (body, ())


def test_facts_of_a_question() -> None:
    facts = DESK.facts("rfi", DESK.compose("rfi", RFI | {"known_for": ["journalism"], "third_state": True}))
    assert facts.tagged == {"contact", "victim", "location"}
    assert facts.asks == {"person", "contact"}
    assert facts.records == {"subscriber-record"}
    assert (facts.own_power, facts.third_state, facts.asserts, facts.stage) == (True, True, False, "")
    assert facts.known_for == {"journalism"}
    assert {"Two callers", "Whose are the numbers?", "number 1", "+1 555 0101", "order of a judge"} <= set(facts.texts)
    assert "subscriber-record" not in facts.texts


@pytest.mark.parametrize(
    ("kind", "form", "asserts"),
    [
        ("answer", {"state": "holding", "new_time": 1, "reason": "r"}, False),
        ("answer", {"state": "holding", "new_time": 1, "reason": "r", "items": [{"label": "a", "value": "b"}]}, True),
        ("answer", {"state": "part", "text": "x"}, True),
        ("answer", {"state": "final", "text": "x"}, True),
        ("answer", {"state": "final", "text": "x", "copies": [{"holder": "bank", "outcome": "stopped"}]}, False),
        (
            "answer",
            {
                "state": "final",
                "copies": [{"holder": "bank", "outcome": "stopped"}],
                "items": [{"label": "a", "value": "b"}],
            },
            True,
        ),
        ("spontaneous", {"title": "t", "text": "x"}, True),
        ("correction", FORMS["correction"], True),
        ("message", {"text": "x"}, False),
        ("refusal", {"outward": "unclear"}, False),
        ("recall", {"target": ID}, False),
        ("reminder", {"text": "x"}, False),
        ("posting", {"state": "ended", "desk": "requests", "officer": 1}, False),
    ],
)
def test_what_asserts_needs_an_evaluation(kind: str, form: dict[str, Any], asserts: bool) -> None:
    facts = DESK.facts(kind, DESK.compose(kind, form))
    assert facts.asserts is asserts
    assert facts.stage == form.get("state", "")


def test_a_tagged_line_is_removed_whole_with_its_label_left() -> None:
    body = DESK.compose("rfi", RFI)
    left, classes = DESK.redact("rfi", body, frozenset({"victim", "health"}))
    assert classes == ("victim",)
    assert b"invented address" not in left
    typed = parse_body("rfi", left)
    assert typed.items[1] == Item("complainant", removed=("victim",))
    assert typed.items[0].value == "+1 555 0101"
    assert BodyLine("complainant", "", "victim", None) in body_lines("rfi", left)
    assert DESK.facts("rfi", left).tagged == {"contact"}
    assert DESK.redact("rfi", left, frozenset({"victim", "health"})) == (left, ())


def test_all_classes_of_a_line_that_were_asked_for_are_named() -> None:
    left, classes = DESK.redact("rfi", DESK.compose("rfi", RFI), frozenset({"victim", "location", "contact"}))
    assert classes == ("contact", "location", "victim")
    assert parse_body("rfi", left).items[1].removed == ("location", "victim")


def test_nothing_to_remove_leaves_the_very_bytes() -> None:
    body = DESK.compose("rfi", RFI)
    assert DESK.redact("rfi", body, frozenset({"health"})) == (body, ())


def test_lines_of_a_correction_can_be_removed() -> None:
    form = {"replacements": [{"label": "name", "strike": "A", "value": "B", "categories": ["victim"]}]}
    left, classes = DESK.redact("correction", DESK.compose("correction", form), frozenset({"victim"}))
    typed = parse_body("correction", left)
    assert isinstance(typed, Correction)
    assert (typed.replacements, classes) == ((Replacement("name", removed=("victim",)),), ("victim",))
    assert BodyLine("name", "", "victim", None) in body_lines("correction", left)


def test_redact_refuses_what_is_no_body() -> None:
    with pytest.raises(BadEnvelope):
        DESK.redact("rfi", encode({"text": "x"}), frozenset({"victim"}))


def test_typed_bodies() -> None:
    answer = parse_body("answer", DESK.compose("answer", FORMS["answer"]))
    assert isinstance(answer, Answer)
    assert [(c.holder, c.outcome) for c in answer.copies] == [("bank", "erased")]
    posting = parse_body("posting", DESK.compose("posting", NOMINATED))
    assert isinstance(posting, Posting)
    assert posting.delegation is not None
    assert posting.delegation.urgencies == (0, 1)
    recall = parse_body("recall", DESK.compose("recall", FORMS["recall"]))
    assert isinstance(recall, Recall)
    assert (recall.target, recall.due) == (ID, Ms(5))


@pytest.mark.parametrize(
    ("kind", "form", "expected"),
    [
        ("rfi", RFI, {"text": "Whose are the numbers?", "number 1": "+1 555 0101 (B2)", "asks": "contact, person"}),
        ("recall", FORMS["recall"], {"due": "1970-01-01 00:00 UTC", "target": show_id(ID)}),
        (
            "posting",
            NOMINATED,
            {"hours": "09:30-18:00 Asia/Kolkata", "substitute": "requests 118", "state": "nominated"},
        ),
        ("posting", {"state": "ended", "desk": "requests", "officer": 1}, {"officer": "requests 1"}),
        ("answer", FORMS["answer"], {"copy": "bank: erased"}),
        ("refusal", FORMS["refusal"], {"outward": "cannot-assist", "other_way": "treaty"}),
        ("correction", FORMS["correction"], {"alias: struck": "Captain", "alias: now": "Kaptan"}),
        ("message", {"text": "x", "third_state": True, "language": "hi"}, {"text": "x", "third_state": "true"}),
    ],
)
def test_a_body_is_shown_line_by_line(kind: str, form: dict[str, Any], expected: dict[str, str]) -> None:
    lines = body_lines(kind, DESK.compose(kind, form))
    shown = {line.label: line.text for line in lines}
    assert expected.items() <= shown.items()
    assert {line.lang for line in lines} <= {form.get("language")}


def test_a_form_that_is_no_map_is_refused() -> None:
    with pytest.raises(BadForm, match="nothing is filled in"):
        compose_body("message", [])  # type: ignore[arg-type]  # a planted fault
