"""Bodies of meetings: one form each, what does not belong is refused by name; lines, facts, agenda."""

from __future__ import annotations

import pytest

from comity.base.cbor import decode, encode
from comity.base.errors import BadEnvelope, BadForm
from comity.desks.workplan.meetings.agenda import Difference, Overdue, RestrictedTitle, agenda_of
from comity.desks.workplan.meetings.body import compose_body, parse_body
from comity.desks.workplan.meetings.model import Kind
from comity.desks.workplan.meetings.part import KINDS, PARTS
from tests.unit.desks.workplan.meetings.table import TERMS

P, Q = b"p" * 16, b"q" * 16
TEXT = {"state": "text", "paragraph": P, "language": "en", "texts": [{"language": "en", "text": "Five days."}]}
DECISION = {
    "measure": "Share",
    "due": "2026-08-31",
    "owners": [{"party": "XV", "agency": "b"}, {"party": "XO", "agency": "a"}],
}
(PART,) = PARTS


def test_one_operation_has_one_form():
    texts = [{"language": "fr", "text": "Cinq jours."}, {"language": "en", "text": " Five days. "}]
    first = compose_body("minutes", {**TEXT, "texts": texts, "over": [Q, P, Q], "decision": DECISION, "under": b""})
    other = compose_body("minutes", {**TEXT, "texts": texts[::-1], "over": [P, Q], "decision": DECISION})
    assert first == other
    body = parse_body("minutes", first)
    assert [one.language for one in body.texts] == ["en", "fr"]
    assert [one.party for one in body.decision.owners] == ["XO", "XV"]
    assert encode(decode(first)) == first


@pytest.mark.parametrize(
    ("kind", "form", "says"),
    [
        ("minutes", {"state": "claim"}, "lacks paragraph"),
        ("minutes", {"state": "open", "paragraph": P}, "does not have paragraph"),
        ("minutes", {**TEXT, "struck": True}, "is struck out"),
        ("minutes", {"state": "text", "paragraph": P}, "is struck out"),
        ("minutes", {**TEXT, "language": "fr"}, "original is not among"),
        ("minutes", {**TEXT, "paragraph": b"short"}, "16 bytes"),
        ("minutes", {**TEXT, "mood": "good"}, "no field called mood"),
        ("minutes", {**TEXT, "decision": {**DECISION, "due": "2026-02-30"}}, "day that there is not"),
        ("minutes", {**TEXT, "decision": {**DECISION, "due": "soon"}}, "YYYY-MM-DD"),
        ("minutes", {**TEXT, "decision": {**DECISION, "owners": [{"party": "XO", "agency": "a"}] * 2}}, "owns it once"),
        ("minutes", {**TEXT, "texts": [{"language": "en", "text": "a"}, {"language": "en", "text": "b"}]}, "twice"),
        ("minutes", {"state": "claim", "paragraph": P, "seconds": 5}, "from 10 to 900"),
        ("minutes", {"state": "sign", "hash": b"x", "of": [P], "function": "Deputy"}, "32 bytes"),
        ("minutes", {"state": "shout", "paragraph": P}, "is not one of"),
        ("meeting", {"state": "call", **{k: v for k, v in TERMS.items() if k != "at"}}, "a meeting has a time"),
        ("meeting", {"state": "call", **TERMS, "sort": "consultation"}, "a consultation has none"),
        ("meeting", {"state": "move", **TERMS}, "lacks over"),
        ("meeting", {"state": "accept", "over": [P], "title": "x"}, "does not have title"),
        ("plan", {"state": "call"}, "kind that meetings do not have"),
        ("minutes", {}, "lacks state"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(kind, form, says):
    with pytest.raises(BadForm, match=says):
        compose_body(kind, form)


@pytest.mark.parametrize(
    "value",
    [
        {"state": "accept", "paragraph": P, "on": [Q, P]},
        {
            "state": "text",
            "paragraph": P,
            "language": "fr",
            "texts": [{"language": "fr", "text": "b"}, {"language": "en", "text": "a"}],
        },
    ],
)
def test_theirs_in_another_order_is_refused(value):
    with pytest.raises(BadEnvelope):
        parse_body("minutes", encode(value))


def test_languages_of_theirs_are_in_order():
    with pytest.raises(BadEnvelope, match="sorted"):
        parse_body("meeting", encode({"state": "call", **TERMS, "languages": ["fr", "en"]}))


def test_the_law_learns_the_texts_and_nothing_that_is_not_there():
    facts = PART.facts("minutes", compose_body("minutes", {**TEXT, "decision": DECISION}))
    assert (facts.stage, facts.asserts, facts.records, facts.asks) == ("text", False, frozenset(), frozenset())
    assert "Five days." in facts.texts
    assert {"meeting", "minutes"} == KINDS


def test_what_a_page_shows_of_each():
    call = PART.lines(
        "meeting",
        compose_body(
            "meeting", {"state": "call", **TERMS, "places": [{"party": "XO", "place": "Ford", "zone": "UTC"}]}
        ),
    )
    said = {line.label: line.text for line in call}
    assert (said["title"], said["place"]) == (TERMS["title"], "XO: Ford (UTC)")
    assert said["agenda"] == "1. Overdue: seal registers (1.2)"
    text = PART.lines("minutes", compose_body("minutes", {**TEXT, "decision": DECISION}))
    assert [line.text for line in text if line.label == "owner"] == ["XO: a", "XV: b"]
    assert next(line.lang for line in text if line.label == "text") == "en"


def test_the_agenda_has_the_latest_first_and_of_restricted_matters_the_title():
    items = agenda_of(
        [Overdue("1.3", "Lists", "2026-07-01"), Overdue("1.2", "Registers", "2026-06-01")],
        [Difference("W-2", "Answers in time")],
        [RestrictedTitle("R-3", "Item R-3")],
    )
    assert [(one.about, one.ref) for one in items] == [
        ("overdue", "1.2"),
        ("overdue", "1.3"),
        ("difference", "W-2"),
        ("restricted", "R-3"),
    ]


def test_what_is_no_record_is_no_operation():
    with pytest.raises(BadForm, match="nothing is filled in"):
        compose_body(Kind.MINUTES, [])
