"""Any form that is taken has one encoding, and a removal never leaves what it took away."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from comity.base.cbor import decode, text_fits
from comity.base.errors import BadEnvelope, BadForm
from comity.desks.requests.body import compose_body, parse_body
from comity.desks.requests.model import ASSURANCES, MEANS, USEFUL, WITHDRAWN_FOR, Kind
from comity.desks.requests.service import RequestsDesk
from comity.marking.scan import Pattern, scan, strike, verhoeff
from comity.marking.vocabulary import CATEGORIES, EVALUATION_4X4, KNOWN_FOR, OUTWARD, RECORD_TYPES
from tests.examples import examples

DESK = RequestsDesk((), "A")
TEXTS = (
    st.text(min_size=1, max_size=40)
    .map(lambda t: unicodedata.normalize("NFC", t).strip())
    .filter(lambda t: t and text_fits(t))
)
LINES = TEXTS.filter(lambda t: "\n" not in t)
TAGS = st.lists(st.sampled_from(sorted(CATEGORIES)), max_size=4)
ITEM = st.fixed_dictionaries(
    {"label": LINES, "value": TEXTS, "categories": TAGS},
    optional={"evaluation": st.sampled_from(sorted(EVALUATION_4X4))},
)
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "reference": LINES,
    "third_state": st.booleans(),
    "items": st.lists(ITEM, max_size=5),
}
QUIET = "not-held-or-not-confirmed"
ID = st.binary(min_size=16, max_size=16)
TIME = st.integers(0, 4_000_000_000_000)
REPLACEMENT = st.fixed_dictionaries({"label": LINES, "strike": TEXTS}, optional={"value": TEXTS, "categories": TAGS})
FORMS = {
    Kind.RFI: st.fixed_dictionaries(
        {"title": LINES, "text": TEXTS},
        optional=COMMON
        | {
            "asks": TAGS,
            "records": st.lists(st.sampled_from(sorted(RECORD_TYPES))),
            "own_power": TEXTS,
            "reason": TEXTS,
            "known_for": st.lists(st.sampled_from(sorted(KNOWN_FOR))),
        },
    ),
    Kind.ANSWER: st.one_of(
        st.fixed_dictionaries({"state": st.sampled_from(["part", "final"]), "text": TEXTS}, optional=COMMON),
        st.fixed_dictionaries({"state": st.just("holding"), "new_time": TIME, "reason": TEXTS}, optional=COMMON),
    ),
    Kind.SPONTANEOUS: st.fixed_dictionaries({"title": LINES, "text": TEXTS}, optional=COMMON),
    Kind.MESSAGE: st.fixed_dictionaries({"text": TEXTS}, optional=COMMON),
    Kind.REFUSAL: st.one_of(
        st.just({"outward": QUIET}),
        st.fixed_dictionaries(
            {"outward": st.sampled_from([code for code in OUTWARD if code not in {"partly", QUIET}])},
            optional=COMMON | {"other_way": TEXTS},
        ),
    ),
    Kind.REMINDER: st.fixed_dictionaries({}, optional=COMMON | {"text": TEXTS}),
    Kind.RECALL: st.fixed_dictionaries({"target": ID}, optional=COMMON | {"part": LINES, "due": TIME}),
    Kind.CORRECTION: st.fixed_dictionaries(
        {"replacements": st.lists(REPLACEMENT, min_size=1, max_size=4)}, optional=COMMON
    ),
    Kind.RELEASE_REQUEST: st.fixed_dictionaries(
        {
            "target": ID,
            "release": st.lists(st.sampled_from(["evidence", "onward", "arrest"]), min_size=1),
            "reason": TEXTS,
        },
        optional=COMMON,
    ),
    Kind.PURPOSE_CHANGE: st.fixed_dictionaries(
        {"target": ID, "purpose": st.sampled_from(["fraud", "drug-trafficking"]), "reason": TEXTS}, optional=COMMON
    ),
    Kind.COURT_DISCLOSURE: st.fixed_dictionaries(
        {"target": ID, "order": LINES, "court": LINES}, optional=COMMON | {"hearing": TIME, "reason": TEXTS}
    ),
    Kind.WITHDRAW: st.fixed_dictionaries({}, optional=COMMON | {"reason": st.sampled_from(sorted(WITHDRAWN_FOR))}),
    Kind.TRANSFER: st.fixed_dictionaries({"agency": st.just("harbour")}, optional=COMMON | {"reason": TEXTS}),
    Kind.CONTACT_NOTE: st.fixed_dictionaries(
        {"state": st.just("noted"), "means": st.sampled_from(sorted(MEANS)), "held": TIME, "text": TEXTS},
        optional=COMMON,
    ),
    Kind.PRESERVE: st.fixed_dictionaries(
        {"title": LINES, "until": TIME, "records": st.just(["call-records"]), "text": TEXTS},
        optional=COMMON | {"own_power": TEXTS},
    ),
    Kind.CONVERT_TO_MLA: st.fixed_dictionaries(
        {"authority": st.just("bureau"), "instrument": LINES},
        optional=COMMON | {"treaty_reference": LINES, "usable": st.just(["lead"])},
    ),
    Kind.DECONFLICT: st.fixed_dictionaries(
        {
            "cell": st.text("0123456789bcdefghjkmnpqrstuvwxyz", min_size=3, max_size=6),
            "begins": st.integers(0, 1_000),
            "ends": st.integers(1_001, 31 * 86_400_000),
            "desk": st.just("requests"),
            "officer": st.integers(1, 999),
        }
    ),
    Kind.ASSURANCE: st.fixed_dictionaries(
        {
            "state": st.sampled_from(["asked", "given"]),
            "target": ID,
            "covers": st.lists(st.sampled_from(sorted(ASSURANCES)), min_size=1),
            "text": TEXTS,
            "authority": LINES,
        },
        optional=COMMON | {"until": TIME},
    ),
    Kind.FEEDBACK: st.fixed_dictionaries(
        {"useful": st.sampled_from(sorted(USEFUL))}, optional={"used": st.just(["lead"]), "text": TEXTS}
    ),
    Kind.POSTING: st.fixed_dictionaries(
        {"state": st.sampled_from(["accepted", "ended"]), "desk": st.just("requests"), "officer": st.integers(1, 999)}
    ),
}
KIND_AND_FORM = st.sampled_from(sorted(FORMS)).flatmap(lambda kind: st.tuples(st.just(kind), FORMS[Kind(kind)]))


@given(KIND_AND_FORM)
@examples(300)
def test_a_form_has_one_encoding(kind_and_form: tuple[str, dict[str, Any]]) -> None:
    kind, form = kind_and_form
    body = compose_body(kind, form)
    decoded = decode(body)
    assert isinstance(decoded, dict)
    assert compose_body(kind, decoded) == body  # type: ignore[arg-type]  # keys are texts
    typed = parse_body(kind, body)
    assert typed.items == parse_body(kind, compose_body(kind, decoded)).items  # type: ignore[arg-type]  # keys are texts
    assert DESK.facts(kind, body).tagged == {tag for item in form.get("items", ()) for tag in item["categories"]} | {
        tag for line in form.get("replacements", ()) for tag in line.get("categories", ())
    }


@given(KIND_AND_FORM, st.sets(st.sampled_from(sorted(CATEGORIES)), min_size=1))
@examples(300)
def test_a_removal_leaves_no_line_of_its_classes(kind_and_form: tuple[str, dict[str, Any]], classes: set[str]) -> None:
    kind, form = kind_and_form
    body = compose_body(kind, form)
    left, removed = DESK.redact(kind, body, frozenset(classes))
    before, after = DESK.facts(kind, body), DESK.facts(kind, left)
    assert set(removed) == classes & before.tagged
    assert not classes & after.tagged
    assert (left == body) is (not removed)
    assert parse_body(kind, left).text == parse_body(kind, body).text
    assert DESK.redact(kind, left, frozenset(classes)) == (left, ())


@given(st.sampled_from(sorted(Kind)), st.binary(max_size=80))
@examples(200)
def test_bytes_from_anywhere_are_a_body_or_a_bad_envelope(kind: str, data: bytes) -> None:
    try:
        DESK.facts(kind, data)
    except BadEnvelope:
        return


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "items", "label", "x"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(Kind)), st.dictionaries(st.sampled_from(["text", "title", "items", "state", "target"]), JUNK)
)
@examples(300)
def test_a_form_of_anything_is_taken_or_refused_in_words(kind: str, form: dict[str, Any]) -> None:
    try:
        body = compose_body(kind, form)
    except BadForm:
        return
    parse_body(kind, body)


TWELVE = Pattern("twelve", "national-number", r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)", "verhoeff", hard_stop=True)
DIGITS = st.text("0123456789", min_size=11, max_size=11)


def whole(stem: str) -> str:
    return next(stem + str(d) for d in range(10) if verhoeff([int(c) for c in stem + str(d)]))


@given(DIGITS.map(whole), st.sampled_from(["", " ", "-"]), TEXTS, TEXTS)
@examples(200)
def test_a_good_number_never_survives_a_strike(number: str, gap: str, before: str, after: str) -> None:
    shown = gap.join((number[:4], number[4:8], number[8:]))
    text = f"{before} .{shown}. {after}"
    struck = strike(text, scan((text,), (TWELVE,)))
    assert shown not in struck
    assert "[removed: national-number]" in struck
