"""The minimum facts: three lines and the words of closed lists, nothing else of what was written."""

from __future__ import annotations

import pytest

from comity.base.cbor import decode
from comity.base.errors import BadForm
from comity.desks.requests.body import compose_body
from comity.desks.requests.minimum import MINIMUM, TEXT, TITLE, minimum_of
from comity.desks.requests.service import RequestsDesk

LINES = [
    {"label": "Who is in danger", "value": "the owner of a garage", "categories": ["victim"], "evaluation": "B2"},
    {"label": "what is threatened", "value": "a shot this evening"},
    {"label": "where to call", "value": "duty desk, 555-0100"},
]
WHOLE = {
    "title": "Calls to a named person", "text": "A long story with names.", "reason": "more of it",
    "asks": ["contact"], "records": ["subscriber-record"], "own_power": "Police Act s. 1", "known_for": ["faith"],
    "associations": ["a club"], "reference": "file 7",
    "items": [*LINES, {"label": "cousin", "value": "a name"}],
}  # fmt: skip


def test_three_lines_and_closed_words_are_left():
    least = minimum_of(WHOLE)
    assert [line["label"] for line in least["items"]] == ["Who is in danger", "what is threatened", "where to call"]
    assert least["items"][0] == LINES[0], "its tags and evaluation stay with it"
    assert (least["title"], least["text"]) == (TITLE, TEXT)
    assert set(least) == {"title", "text", "items", "asks", "records", "own_power", "known_for"}
    assert "name" not in str(least)
    written = decode(compose_body("rfi", least))
    assert [line["value"] for line in written["items"]] == [line["value"] for line in LINES]


def test_what_law_looks_at_is_never_left_out():
    """A minimum that lost what the subject is known for would be a way round the rule about opinion."""
    assert minimum_of(WHOLE)["known_for"] == ["faith"]
    assert minimum_of({"third_state": True, "text": "x"})["third_state"] is True


def test_a_line_that_nobody_wrote_is_asked_for_by_name():
    least = minimum_of({"text": "A long story."})
    assert [line["label"] for line in least["items"]] == list(MINIMUM)
    assert "title" not in least
    with pytest.raises(BadForm, match="who is in danger"):
        compose_body("message", least)
    assert minimum_of({"text": "x", "items": "odd"})["items"] == least["items"]


def test_the_desk_offers_it():
    assert RequestsDesk((), "no").minimum("rfi", WHOLE) == minimum_of(WHOLE)
