"""Minutes on paper: four languages, both versions, what is missing said, half-signed never as agreed."""

from __future__ import annotations

import copy

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.meetingpdf import minutes_pdf, pages_of

PARTIES = {"ost.example/comity": ("XO", "Ostrel"), "van.example/comity": ("XV", "Vanmere")}
A, B = PARTIES
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
    pages = pages_of(FOUND, "hi", PARTIES, {"seal-house": "Seal House"})
    assert "Vanmere" in pages["state"]
    first, second = pages["paragraphs"]
    assert first["versions"][0]["words"] == [{"text": "पाँच दिन।"}]
    assert ["Seal House" in row[1] for row in first["versions"][0]["decision"]][2] is True
    assert [one["side"] for one in second["versions"]] == ["Ostrel", "Vanmere"]
    assert all(one["note"] for one in second["versions"])


@pytest.mark.parametrize("language", ["en", "fr", "hi", "pa"])
def test_each_language_is_a_pdf_and_the_same_each_time(language):
    assert minutes_pdf(FOUND, language, PARTIES, {})[:5] == b"%PDF-"


def test_the_same_minutes_give_the_same_pdf_and_others_another():
    changed = copy.deepcopy(FOUND)
    changed["paragraphs"][0]["versions"][0]["words"][0][2] = "Six days."
    assert minutes_pdf(FOUND, "en", PARTIES, {}) == minutes_pdf(FOUND, "en", PARTIES, {})
    assert minutes_pdf(FOUND, "en", PARTIES, {}) != minutes_pdf(changed, "en", PARTIES, {})


def test_another_language_is_not_printed():
    with pytest.raises(BadConfiguration, match="not in osv"):
        pages_of(FOUND, "osv", PARTIES, {})
