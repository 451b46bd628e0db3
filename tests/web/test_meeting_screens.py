"""Meetings over HTTP at one node: a draft pasted in, paragraphs struck out and put back, presses on what changed, who signs."""

from __future__ import annotations

import html
import re

import pytest

from comity.edge.meetingpdf import minutes_text, pages_of
from comity.screen.meetings import MeetingNames
from comity.web.screens.meetingacts import MOST_LETTERS, MOST_PARAGRAPHS, paragraphs_of
from tests.web.desk import ROLES, desk

DRAFT = "Seals are counted.\r\nOnce a day.\r\n\r\n \r\nLanterns are lit.\r\n\r\n<script>alert(1)</script>\r\n"
CALL = {"title": "Draft policy on seals", "language": "en", "languages": ["en"], "lead-XO": "Deputy adviser"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("meet"), far=False) as house:
        yield house


@pytest.fixture(scope="module")
def officer(house):
    return house.visitor("officer")


@pytest.fixture
def path(officer):
    """A consultation on three paragraphs."""
    sent = officer.post("/meetings/new", CALL | {"draft": DRAFT})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def shown(browser, path):
    return html.unescape(browser.get(path).text)


def buttons(page, name):
    return re.findall(rf'name="do" value="({name}:[^"]*)"', page)


def card(house, path):
    return house.door("GET", f"/meetings/one?id={path.rpartition('/')[2]}")


def test_a_draft_is_a_paragraph_for_each_part_in_its_order(house, officer, path):
    texts = [one["versions"][0]["words"][0]["text"] for one in card(house, path)["paragraphs"]]
    assert texts == ["Seals are counted.\nOnce a day.", "Lanterns are lit.", "<script>alert(1)</script>"]
    page = officer.get(path).text
    assert "<script>alert" not in page
    assert "Text as PDF" in page
    more = officer.post(f"{path}/write", {"what": "several", "language": "en", "draft": "Fourth.\n\nFifth."})
    assert more.status_code == 303
    texts = [one["versions"][0]["words"][0]["text"] for one in card(house, path)["paragraphs"]]
    assert texts[3:] == ["Fourth.", "Fifth."]


@pytest.mark.parametrize(
    ("draft", "language", "why"),
    [
        (" \n\n ", "en", "Write or paste the draft"),
        ("A text.", "xx", "Write or paste the draft"),
        ("Short.\n\n" + "x" * (MOST_LETTERS + 1), "en", "Paragraph 2 is too long"),
        ("\n\n".join("x" * (MOST_PARAGRAPHS + 1)), "en", "at most 300 go at once"),
    ],
)
def test_a_draft_that_cannot_be_taken_is_said_before_anything_is_sent(house, officer, draft, language, why):
    before = len(house.door("GET", "/meetings"))
    answer = officer.post("/meetings/new", CALL | {"draft": draft, "language": language})
    assert (answer.status_code, why in html.unescape(answer.text)) == (400, True)
    assert len(house.door("GET", "/meetings")) == before


def test_the_form_of_a_consultation_asks_for_no_day_and_the_one_of_a_meeting_for_no_draft(officer):
    text, day = officer.get("/meetings/new?sort=consultation").text, officer.get("/meetings/new").text
    assert ('name="draft"' in text, 'name="at"' in text) == (True, False)
    assert ('name="draft"' in day, 'name="at"' in day) == (False, True)


def test_what_is_struck_out_stays_in_sight_and_is_put_back(house, officer, path):
    first = buttons(shown(officer, path), "strike")[0]
    assert officer.post(f"{path}/act", {"do": first}).status_code == 303
    page = shown(officer, path)
    assert "Struck out by XO" in page
    assert "What stood here" in page
    assert "Seals are counted." in page
    assert "A paragraph that was struck out waits for a side." in page
    (back,) = buttons(page, "restore")
    assert officer.post(f"{path}/act", {"do": back}).status_code == 303
    assert "Struck out" not in shown(officer, path)
    assert officer.post(f"{path}/act", {"do": back}).status_code == 409, "nothing is struck out any more"
    assert [len(one["versions"]) for one in card(house, path)["paragraphs"]] == [1, 1, 1]


def test_a_press_on_what_changed_meanwhile_sends_nothing(house, officer, path):
    seen = buttons(shown(officer, path), "strike")[0]
    _, paragraph, _ = seen.split(":")
    versions = card(house, path)["paragraphs"][0]["versions"]
    form = {
        "what": "write",
        "paragraph": paragraph,
        "seen": versions[0]["id"],
        "original": "en",
        "t-en": "Other words.",
    }
    assert officer.post(f"{path}/write", form).status_code == 303
    answer = officer.post(f"{path}/act", {"do": seen})
    assert answer.status_code == 400
    assert "read it again" in answer.text
    assert officer.post(f"{path}/act", {"do": "accept-all:0000000000000000"}).status_code == 409
    assert card(house, path)["paragraphs"][0]["struck"] == []


def test_who_signs_writes_nothing_and_who_writes_signs_nothing(house, officer, path):
    deputy, reader = house.visitor("signatory"), house.visitor("reviewer")
    page = shown(deputy, path)
    assert 'aria-disabled="true" aria-describedby="why-not">Sign for XO' in page
    assert 'class="btn go"' not in page.partition('id="r-sign"')[2].partition("</div>")[0]
    assert 'form="act"' not in page
    assert deputy.post(f"{path}/act", {"do": "claim:"}).status_code in {403, 404}
    assert deputy.post(f"{path}/note", {"text": "Ask about August."}).status_code == 303
    assert "Ask about August." in shown(deputy, path)
    assert "Ask about August." not in shown(officer, path)
    assert "Signing is for an officer in the role of a signatory." in shown(officer, path)
    for one in (officer, reader):
        assert "Sign for XO" not in shown(one, path)
        assert one.post(f"{path}/sign", {"hash": card(house, path)["hash"], "function": "x"}).status_code in {403, 404}
    assert "Preparation notes" not in shown(reader, path)
    answer = deputy.post(f"{path}/sign", {"hash": card(house, path)["hash"], "function": "Deputy adviser"})
    assert (answer.status_code, "not ready" in answer.text) == (400, True)
    assert card(house, path)["signed"] == "not"


def test_parts_between_empty_lines():
    assert paragraphs_of("") == ()
    assert paragraphs_of(" a \n b\n\n\n\tc") == ("a\nb", "c")


@pytest.mark.parametrize("language", ["en", "fr", "hi", "pa"])
def test_page_and_paper_say_the_same_in_the_reader_s_language(house, language):
    """Moments, marks, names and what the program has words for: what stands on the paper stands on the page."""
    officer = house.visitor("duty-officer")
    sent = officer.post("/settings", {"language": language})
    assert sent.status_code == 303, sent.text
    agenda = [
        {"title": "as its author said it", "about": "difference", "ref": "2026-04-01/2026-07-01"},
        {"title": "Hours of the desk", "about": "raised"},
    ]
    terms = {
        "sort": "review",
        "title": "Second quarter",
        "language": "en",
        "languages": ["en", "pa"],
        "at": 1_783_900_800_000,
    }
    by = {"desk": "requests", "number": ROLES["duty-officer"]}
    said = house.door("POST", "/meetings/act", {"by": by, "act": "call", "terms": terms | {"agenda": agenda}})
    found = house.door("GET", f"/meetings/minutes?id={said['id']}")
    listed = house.door("GET", f"/meetings/names?language={language}")
    names = MeetingNames(*(tuple(map(tuple, listed[one])) for one in ("parties", "agencies", "titles")))
    page, paper = shown(officer, f"/meetings/{said['id']}"), pages_of(found, language, names)
    assert "as its author said it" not in page
    for words in (paper["facts"][0][1], paper["short"], *(one.partition(". ")[0] for one in paper["agenda"])):
        assert words in page
        assert words in minutes_text(found, language, names) + paper["short"]
