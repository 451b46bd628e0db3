"""Whom a question asks about: spellings that are one person, lists that are several, and questions that name nobody."""

from __future__ import annotations

import pytest

from comity.desks.requests.body import compose_body, parse_body
from comity.desks.requests.persons import FREE_IDENTIFIERS, associations_of, listed, named_in, subjects_of
from comity.marking.names import one_form


def asked(kind: str = "rfi", **fields: object) -> frozenset[str]:
    form = {"title": "A question", "text": "What is held?", **fields}
    if kind == "message":
        form.pop("title")
    return subjects_of(kind, parse_body(kind, compose_body(kind, form)))


def person(value: str, *categories: str) -> dict[str, object]:
    return {"label": "line", "value": value, "categories": list(categories or ("person",))}


@pytest.mark.parametrize(
    "other",
    [
        "MEERA KALSI",
        "Kalsi, Meera",
        "Kalsi Meera",
        "Méera Kalsi",
        "meera-kalsi",
        "\uff2d\uff45\uff45\uff52\uff41 Kalsi",
        "Mee\u200bra Kalsi",
    ],
)
def test_another_spelling_of_one_name_is_one_person(other: str) -> None:
    assert one_form(other) == one_form("Meera Kalsi")


@pytest.mark.parametrize(("one", "two"), [("मीरा", "मोरा"), ("ਕੌਰ", "ਕੋਰ"), ("Ravi", "Rava"), ("राम", "रमा")])
def test_vowel_signs_are_letters_not_accents(one: str, two: str) -> None:
    assert one_form(one) != one_form(two)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Arun Dhillon; Meera Kalsi", 2),
        ("Arun Dhillon and Meera Kalsi", 2),
        ("Arun Dhillon et Meera Kalsi", 2),
        ("अरुण ढिल्लों और मीरा कलसी", 2),
        ("ਅਰੁਣ ਢਿੱਲੋਂ ਅਤੇ ਮੀਰਾ ਕਲਸੀ", 2),
        ("Arun Dhillon\nMeera Kalsi\nTara Noon", 3),
        ("Arun Dhillon, Meera Kalsi, Tara Noon", 3),
        ("Kalsi, Meera", 1),
        ("+1 613 555 0101, +1 613 555 0102", 2),
    ],
)
def test_a_list_in_one_line_is_as_many_as_it_names(text: str, number: int) -> None:
    assert len(listed(text)) == number


def test_the_same_person_in_another_line_counts_once() -> None:
    assert len(asked(items=[person("Meera Kalsi"), person("KALSI Meera"), person("Arun Dhillon")])) == 2


def test_a_line_in_a_case_and_a_correction_ask_as_a_question_does() -> None:
    assert asked("message", items=[person("Tara Noon")]) == {one_form("Tara Noon")}
    correction = {
        "replacements": [{"label": "line", "strike": "Arun Dhillon", "value": "Tara Noon", "categories": ["person"]}]
    }
    assert subjects_of("correction", parse_body("correction", compose_body("correction", correction))) == {
        one_form("Tara Noon")
    }


def test_an_answer_asks_about_nobody() -> None:
    answer = {"state": "final", "text": "Held.", "items": [person("Tara Noon")]}
    assert subjects_of("answer", parse_body("answer", compose_body("answer", answer))) == frozenset()


def test_a_few_identifiers_go_with_a_name_and_the_rest_stand_for_persons() -> None:
    phones = [person(f"+1 613 555 01{n:02}", "contact") for n in range(FREE_IDENTIFIERS + 3)]
    assert len(asked(items=[person("Meera Kalsi"), *phones[:FREE_IDENTIFIERS]])) == 1
    assert len(asked(items=[person("Meera Kalsi"), *phones])) == 4
    assert len(asked(items=phones)) == FREE_IDENTIFIERS + 3


def test_a_question_about_persons_that_names_none_counts_as_a_new_one_each_time_its_words_differ() -> None:
    first = asked(asks=["person"], text="Who owns the blue van?")
    assert len(first) == 1
    assert first == asked(asks=["person"], text="who owns the BLUE van")
    assert first != asked(asks=["person"], text="Who owns the red van?")
    assert asked(records=["membership-list"])
    assert asked(asks=["commercial"]) == frozenset()


def test_associations_are_read_in_one_form() -> None:
    body = parse_body(
        "rfi", compose_body("rfi", {"title": "t", "text": "x", "associations": ["Weavers' Union", "weavers union"]})
    )
    assert associations_of(body) == {"union weavers"}


def names_in(kind: str, **fields: object) -> tuple[str, ...]:
    return named_in(parse_body(kind, compose_body(kind, fields)))


def test_whoever_a_body_names_is_looked_up_whatever_its_kind():
    line = {"label": "Body", "value": "Tern Works", "categories": ["commercial"]}
    told = {"title": "Tern", "text": "see below", "items": [line, person("Tara Noon")], "associations": ["Union"]}
    assert set(names_in("rfi", **told)) == {"Tern Works", "Tara Noon", "Tern", "Union"}
    told = {"state": "final", "text": "see below", "items": [line]}
    assert set(names_in("answer", **told)) == {"Tern Works", "see below"}  # no name is tagged, so the text counts
    swap = {"label": "Name", "strike": "Tara Noon", "value": "Tara Moon", "categories": ["person"]}
    assert set(names_in("correction", text="a slip", replacements=[swap])) == {"Tara Noon", "Tara Moon"}
