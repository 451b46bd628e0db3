"""Minutes on paper: four languages, both versions, what is missing said, half-signed never as agreed."""

from __future__ import annotations

import copy

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.meetingpdf import minutes_pdf, minutes_text, pages_of
from comity.screen.meetings import MeetingNames

A, B = "ost.example/comity", "van.example/comity"
NAMES = MeetingNames(
    ((A, "XO", "Ostrel"), (B, "XV", "Vanmere")), (("seal-house", "Seal House"),), (("F-1.1", "Seal registers"),)
)
ID = "01KWVA7QYZETFMAHTV4ERBGTX0"


def said(node: str, **words: str) -> dict:
    return {
        "node": node,
        "id": ID,
        "language": "en",
        "words": [[tag, ID, text] for tag, text in words.items()],
        "decision": None,
    }


FOUND = {
    "format": "comity/minutes/1",
    "meeting": ID,
    "terms": {"id": ID, "sort": "review", "title": "Second quarter", "language": "en", "languages": ["en", "hi", "pa"],
              "at": 1_783_900_800_000, "deputies": [["XO", "Deputy"]]},
    "paragraphs": [
        {"id": ID, "versions": [said(A, en="Five days.", hi="पाँच दिन।", pa="ਪੰਜ ਦਿਨ।") | {"decision": {
            "measure": "Share", "due": "2026-08-31", "item": "F-1", "owners": [["XO", "seal-house"]]}}]},
        {"id": ID, "versions": [said(A, en="No."), said(B, en="Yes.")]},
    ],
    "hash": "ab" * 32,
    "state": "half",
    "signatures": [{"dispatch": ID, "node": B, "function": "Second", "desk": "requests", "officer": 2, "role": "signatory",
                    "at": 1_783_900_900_000, "hash": "ab" * 32, "sound": True}],
    "beside": {"agenda": [{"title": "R-3", "about": "restricted", "ref": ""}], "agreed": {}, "late": []},
}  # fmt: skip


def test_pages_say_who_signed_and_what_a_language_lacks():
    pages = pages_of(FOUND, "hi", NAMES)
    assert "Vanmere" in pages["state"]
    first, second = pages["paragraphs"]
    assert first["versions"][0]["words"] == [{"text": "पाँच दिन।"}]
    assert ["Seal House" in row[1] for row in first["versions"][0]["decision"]][2] is True
    assert [one["side"] for one in second["versions"]] == ["Ostrel", "Vanmere"]
    assert all(one["note"] for one in second["versions"])


@pytest.mark.parametrize("language", ["en", "fr", "hi", "pa"])
def test_each_language_is_a_pdf_and_the_same_each_time(language):
    assert minutes_pdf(FOUND, language, NAMES)[:5] == b"%PDF-"


def test_the_same_minutes_give_the_same_pdf_and_others_another():
    changed = copy.deepcopy(FOUND)
    changed["paragraphs"][0]["versions"][0]["words"][0][2] = "Six days."
    assert minutes_pdf(FOUND, "en", NAMES) == minutes_pdf(FOUND, "en", NAMES)
    assert minutes_pdf(FOUND, "en", NAMES) != minutes_pdf(changed, "en", NAMES)


def test_another_language_is_not_printed():
    with pytest.raises(BadConfiguration, match="not in osv"):
        pages_of(FOUND, "osv", NAMES)


LANGUAGES = ("en", "fr", "hi", "pa")
ROLE = {"en": "Signatory", "fr": "Signataire", "hi": "हस्ताक्षरकर्ता", "pa": "ਦਸਤਖ਼ਤੀ"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plain_text_has_every_word_of_the_pages_and_no_id(language):
    pages, text = pages_of(FOUND, language, NAMES), minutes_text(FOUND, language, NAMES)
    rows = [*pages["facts"], *(row for one in pages["signatures"] for row in one)]
    said = [value for _, value in rows] + [
        one["text"] for p in pages["paragraphs"] for v in p["versions"] for one in v["words"]
    ]
    assert [one for one in (*said, *pages["agenda"], pages["state"], pages["kind"]) if one not in text] == []
    assert "Seal House" in text
    for id_ in (A, B, "seal-house", "signatory,"):
        assert id_ not in text
    assert f"requests 2, {ROLE[language]}" in text


def test_moments_and_marks_are_those_of_the_page():
    pages = pages_of(FOUND, "en", NAMES)
    assert pages["facts"][0] == ["When", "13 Jul 2026 00:00 UTC"]
    assert pages["facts"][1] == ["Languages", "English, Hindi, Punjabi"]
    assert pages["short"] == "abab abab abab abab …"


def test_what_the_program_has_words_for_is_in_the_reader_s_language():
    found = copy.deepcopy(FOUND)
    found["beside"]["agenda"] = [
        {"title": "Scorecard, 2026-04-01 to 2026-07-01", "about": "difference", "ref": "2026-04-01/2026-07-01"},
        {"title": "Registres des scellés", "about": "overdue", "ref": "F-1.1"},
        {"title": "Raised by us", "about": "raised", "ref": ""},
    ]
    first, second, third = pages_of(found, "fr", NAMES)["agenda"]
    assert first == "Tableau de bord, du 2026-04-01 au 2026-07-01. Écart"
    assert second == "Seal registers (F-1.1). En retard"
    assert third == "Raised by us. Soulevé"


def test_a_consulted_text_is_no_minutes():
    found = copy.deepcopy(FOUND)
    found["terms"] |= {"sort": "consultation", "at": None}
    found["signatures"], found["state"] = [], "not"
    assert (
        minutes_text(found, "fr", NAMES).splitlines()[1]
        == "Consultation de politique : texte. Projet. Personne ne l'a signé."
    )
    assert "\nTexte\n" in minutes_text(found, "fr", NAMES)
