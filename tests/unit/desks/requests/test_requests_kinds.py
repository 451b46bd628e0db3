"""Bodies of the eight later kinds: what they must have, what they must not carry, what the law and a page read of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import DispatchId
from comity.desks.requests.body import compose_body, parse_body
from comity.desks.requests.facts import facts_of, titled
from comity.desks.requests.minimum import WITHOUT_LINES
from comity.desks.requests.model import Kind
from comity.desks.requests.persons import subjects_of
from comity.desks.requests.rules import asserts, is_answer, may_answer, owes_answer, settles
from comity.desks.requests.service import RequestsDesk
from comity.desks.requests.web import body_lines

VECTORS = Path(__file__).parents[3] / "vectors" / "requests" / "bodies.json"
DESK = RequestsDesk((), "A")
ID = bytes(range(16))
NOTE = {
    "state": "noted",
    "means": "telephone",
    "held": 5,
    "text": "They will ring back.",
    "desk": "requests",
    "officer": 7,
}
PRESERVE = {
    "title": "Account of a caller",
    "text": "Keep what there is.",
    "until": 9_000,
    "records": ["subscriber-record"],
    "items": [{"label": "account", "value": "caller-1", "categories": ["account"]}],
    "own_power": "order of a judge",
}
CONVERT = {"authority": "bureau", "instrument": "letter of a court", "treaty_reference": "T-1", "usable": ["lead"]}
DECONFLICT = {"cell": "u4pr", "begins": 1_000, "ends": 2_000, "desk": "requests", "officer": 7}
GIVEN = {
    "state": "given",
    "target": ID,
    "covers": ["treatment", "death-penalty"],
    "text": "None.",
    "authority": "Minister",
}
FORMS: dict[str, dict[str, Any]] = {
    "withdraw": {"reason": "found-elsewhere"},
    "transfer": {"agency": "harbour", "reason": "They keep the ships."},
    "contact-note": NOTE,
    "preserve": PRESERVE,
    "convert-to-mla": CONVERT,
    "deconflict": DECONFLICT,
    "assurance": GIVEN,
    "feedback": {"useful": "useful", "used": ["lead", "arrest"], "text": "Two of three."},
}


def test_every_kind_of_the_vocabulary_is_here() -> None:
    words = (
        "posting rfi answer spontaneous message refusal reminder withdraw transfer contact-note preserve recall correction"
        " release-request purpose-change assurance court-disclosure convert-to-mla deconflict feedback"
    )
    assert {kind.value for kind in Kind} == set(words.split())


@pytest.mark.parametrize("kind", list(FORMS))
def test_a_form_becomes_bytes_and_lines(kind: str) -> None:
    body = compose_body(kind, FORMS[kind])
    assert parse_body(kind, body).unknown == ()
    assert all(line.text for line in body_lines(kind, body))
    assert body_lines(kind, body)


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("withdraw", {"reason": "bored"}, "reason"),
    ("transfer", {}, "lacks agency|nothing"),
    ("transfer", {"agency": "Not A Code"}, "agency"),
    ("contact-note", {**NOTE, "means": None}, "lacks means"),
    ("contact-note", {**NOTE, "held": None}, "lacks held"),
    ("contact-note", {**NOTE, "text": ""}, "lacks text"),
    ("contact-note", {**NOTE, "means": "dream"}, "means"),
    ("contact-note", {"state": "corrected"}, "lacks text"),
    ("contact-note", {"state": "confirmed", "text": "But."}, "says nothing else"),
    ("preserve", {**PRESERVE, "until": None}, "lacks until"),
    ("preserve", {**PRESERVE, "records": []}, "lacks records"),
    ("preserve", {**PRESERVE, "text": "", "items": []}, "lacks text or items"),
    ("convert-to-mla", {**CONVERT, "authority": None}, "lacks authority"),
    ("convert-to-mla", {**CONVERT, "usable": ["evidence"]}, "usable"),
    ("deconflict", {**DECONFLICT, "text": "He is there."}, "nothing else"),
    ("deconflict", {**DECONFLICT, "items": [{"label": "a", "value": "b"}]}, "nothing else"),
    ("deconflict", {**DECONFLICT, "reference": "A-1"}, "nothing else"),
    ("deconflict", {**DECONFLICT, "third_state": True}, "nothing else"),
    ("deconflict", {**DECONFLICT, "cell": "u4pruyd"}, "cell"),
    ("deconflict", {**DECONFLICT, "cell": "u4"}, "cell"),
    ("deconflict", {**DECONFLICT, "cell": "u4pa"}, "cell"),
    ("deconflict", {**DECONFLICT, "ends": 1_000}, "window"),
    ("deconflict", {**DECONFLICT, "ends": 1_001 + 31 * 86_400_000}, "window"),
    ("assurance", {**GIVEN, "authority": None}, "lacks authority"),
    ("assurance", {**GIVEN, "covers": ["everything"]}, "covers"),
    ("assurance", {**GIVEN, "target": b"short"}, "16 bytes"),
    ("feedback", {"useful": "great"}, "useful"),
    ("feedback", {"used": ["lead"]}, "lacks useful"),
    ("feedback", {"useful": "partly", "items": [{"label": "who", "value": "V1"}]}, "no lines"),
    ("feedback", {"useful": "partly", "used": ["lead", "not-used"]}, "either used or not"),
    ("feedback", {"useful": "partly", "officer": 7}, "no field called officer"),
    ("answer", {"state": "final", "kept_until": 5, "items": [{"label": "a", "value": "b"}]}, "no lines"),
    ("answer", {"state": "final", "kept_until": 5, "records": ["call-records"]}, "no lines or records"),
    ("answer", {"state": "part", "kept_until": 5, "text": "x"}, "is final"),
    ("answer", {"state": "final", "kept_until": 5, "overlap": "conflict"}, "one of them"),
    ("answer", {"state": "final", "overlap": "conflict", "text": "He was there."}, "says nothing else"),
    ("answer", {"state": "final", "overlap": "perhaps"}, "overlap"),
]


@pytest.mark.parametrize(("kind", "form", "message"), FAULTS)
def test_each_fault_is_named(kind: str, form: dict[str, Any], message: str) -> None:
    with pytest.raises(BadForm, match=message):
        compose_body(kind, form)


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text(encoding="utf-8")), ids=lambda v: v["desc"])
def test_vectors(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["cbor"])
    if not vector["good"]:
        with pytest.raises(BadEnvelope):
            parse_body(vector["kind"], data)
        return
    assert parse_body(vector["kind"], data).unknown == tuple(vector.get("unknown", ()))
    if "form" in vector:
        form = {k: bytes.fromhex(v) if k == "target" else v for k, v in vector["form"].items()}
        assert compose_body(vector["kind"], form) == data


def body_of(kind: str, **more: Any) -> Any:
    return parse_body(kind, compose_body(kind, {**FORMS[kind], **more}))


def test_what_the_law_and_the_path_read() -> None:
    preserve = facts_of("preserve", compose_body("preserve", PRESERVE))
    assert (preserve.records, preserve.own_power) == ({"subscriber-record"}, True)
    assert preserve.tagged == {"account"}
    assert facts_of("transfer", compose_body("transfer", FORMS["transfer"])).passes_to == "harbour"
    assert facts_of("assurance", compose_body("assurance", GIVEN)).promises == (DispatchId(ID), None)
    asked = {**GIVEN, "state": "asked", "until": 5}
    assert facts_of("assurance", compose_body("assurance", asked)).promises is None
    assert facts_of("assurance", compose_body("assurance", {**GIVEN, "until": 5})).promises == (DispatchId(ID), 5)
    part = facts_of("recall", compose_body("recall", {"target": ID, "part": "line 2"}))
    assert (part.takes_back, part.takes_back_part) == (ID, True)
    copies = {"state": "final", "copies": [{"holder": "harbour", "outcome": "erased"}]}
    assert facts_of("answer", compose_body("answer", copies)).copies == {"harbour"}


def test_a_wish_to_keep_data_counts_as_a_question_about_a_person() -> None:
    assert len(subjects_of("preserve", body_of("preserve"))) == 1
    nobody = body_of("preserve", items=[])
    assert len(subjects_of("preserve", nobody)) == 1
    assert not subjects_of("preserve", body_of("preserve", items=[], records=["permit-data"]))


def test_what_asserts_something_is_told_from_what_does_not() -> None:
    line = [{"label": "caller", "value": "N1", "categories": ["person"]}]
    assert asserts("contact-note", body_of("contact-note", items=line))
    assert not asserts("contact-note", body_of("contact-note"))
    for form in ({"state": "final", "kept_until": 5}, {"state": "final", "overlap": "contact"}):
        assert not asserts("answer", parse_body("answer", compose_body("answer", form)))
    assert asserts("answer", parse_body("answer", compose_body("answer", {"state": "final", "text": "x"})))


def test_titles_name_no_person() -> None:
    assert titled(body_of("preserve")) == "Account of a caller"
    assert titled(body_of("deconflict")) == "place cell u4pr"
    assert titled(body_of("transfer")) == "They keep the ships."
    assert titled(body_of("withdraw")) == ""


def test_which_kinds_are_owed_an_answer_and_by_what() -> None:
    assert all(owes_answer(kind, "") for kind in ("preserve", "deconflict"))
    assert owes_answer("contact-note", "noted")
    assert owes_answer("assurance", "asked")
    assert not any(owes_answer(kind, "") for kind in ("withdraw", "transfer", "convert-to-mla", "feedback"))
    assert not owes_answer("contact-note", "confirmed")
    assert not owes_answer("assurance", "given")
    for kind, stage in (("contact-note", "confirmed"), ("contact-note", "corrected"), ("assurance", "given")):
        assert settles(kind, stage)
        assert may_answer(kind, kind)
        assert not may_answer(kind, "rfi"), "a note or a promise answers no question"
    assert not is_answer("feedback", "")
    assert may_answer("answer", "")


@pytest.mark.parametrize("kind", list(FORMS))
def test_the_minimum_of_an_immediate_one_composes(kind: str) -> None:
    least = dict(DESK.minimum(kind, FORMS[kind]))
    for line in least.get("items", ()) if kind not in WITHOUT_LINES else ():  # type: ignore[union-attr]  # a list
        line["value"] = line["value"] or "said"  # type: ignore[call-overload,index]  # a line
    assert compose_body(kind, least)
    assert (least == FORMS[kind]) is (kind in WITHOUT_LINES)
