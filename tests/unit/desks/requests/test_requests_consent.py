"""Asking the originator for a use, and its yes: what is asked for is bounded, and only a final answer consents."""

from __future__ import annotations

from typing import Any

import pytest

from comity.base.errors import BadForm
from comity.base.ids import show_id
from comity.desks.requests.body import compose_body, parse_body
from comity.desks.requests.rules import ASKING, owes_answer
from comity.desks.requests.service import RequestsDesk, titled
from comity.desks.requests.web import body_lines

DESK = RequestsDesk((), "A")
ID = bytes(range(16))
RELEASE: dict[str, Any] = {"target": ID, "release": ["evidence"], "reason": "The trial begins in May.\nSoon."}
YES: dict[str, Any] = {"state": "final", "text": "Yes.", "consent": ["evidence", "onward"]}


def facts(kind: str, form: dict[str, Any]):
    return DESK.facts(kind, compose_body(kind, form))


@pytest.mark.parametrize(
    ("kind", "form", "releases"),
    [
        ("release-request", RELEASE, {"evidence"}),
        ("release-request", RELEASE | {"release": ["onward", "arrest"]}, {"onward", "arrest"}),
        (
            "release-request",
            RELEASE | {"release": ["onward"], "to": ["b-police", "a-bureau"]},
            {"onward:a-bureau", "onward:b-police"},
        ),
        ("purpose-change", {"target": ID, "purpose": "fraud", "reason": "x"}, {"purpose:fraud"}),
        ("court-disclosure", {"target": ID, "order": "7", "court": "port"}, {"court"}),
    ],
)
def test_what_is_asked_for_is_bounded(kind, form, releases):
    found = facts(kind, form)
    assert (found.target, found.releases, found.consents) == (ID, releases, frozenset())
    assert not found.asserts, "a question needs no evaluation"
    assert kind in ASKING
    assert owes_answer(kind, "")


def test_an_answer_that_consents_asserts_nothing_about_a_person():
    found = facts("answer", YES)
    assert (found.consents, found.releases, found.target) == ({"evidence", "onward"}, frozenset(), None)
    assert not found.asserts
    assert facts("answer", {"state": "final", "text": "Yes."}).asserts


@pytest.mark.parametrize(
    ("kind", "form", "said"),
    [
        ("answer", YES | {"state": "part"}, "consents only when it is final"),
        ("answer", YES | {"consent": ["everything"]}, "not in its list"),
        ("release-request", RELEASE | {"release": ["purpose"]}, "not in its list"),
        ("release-request", RELEASE | {"release": ["court"]}, "not in its list"),
        ("release-request", RELEASE | {"to": ["harbour"]}, "asks to pass something on"),
        ("release-request", RELEASE | {"reason": ""}, "lacks reason"),
        ("release-request", {"release": ["evidence"], "reason": "x"}, "lacks target"),
        ("purpose-change", {"target": ID, "purpose": "spite", "reason": "x"}, "is not one of"),
        ("court-disclosure", {"target": ID, "court": "port"}, "lacks order"),
    ],
)
def test_what_does_not_fit_is_named(kind, form, said):
    with pytest.raises(BadForm, match=said):
        compose_body(kind, form)


def test_a_page_shows_what_is_asked_and_what_was_consented():
    def shown(kind, form):
        return {line.label: line.text for line in body_lines(kind, compose_body(kind, form))}

    asked = shown("release-request", RELEASE | {"release": ["onward"], "to": ["harbour"]})
    assert (asked["release"], asked["to"]) == ("onward", "harbour")
    assert asked["target"] == show_id(ID)
    assert shown("purpose-change", {"target": ID, "purpose": "fraud", "reason": "x"})["purpose"] == "fraud"
    order = shown("court-disclosure", {"target": ID, "order": "7", "court": "port", "hearing": 5})
    assert (order["order"], order["court"], order["hearing"]) == ("7", "port", "1970-01-01 00:00 UTC")
    answer = shown("answer", YES | {"position": "We ask for a closed hearing."})
    assert (answer["consent"], answer["position"]) == ("evidence, onward", "We ask for a closed hearing.")


def test_a_list_shows_the_reason_where_there_is_no_text():
    body = parse_body("release-request", compose_body("release-request", RELEASE))
    assert titled(body) == "The trial begins in May."
