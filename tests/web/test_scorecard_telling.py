"""Sending a scorecard from the page, between two running nodes: shown before, sent as shown, compared there; what differs is named by leaf."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Digest, Ms
from comity.desks.workplan.scorecard import codec, comparing
from comity.desks.workplan.scorecard.whole import count_here
from comity.edge.scoreboard import make_scoreboard, quarters
from comity.screen.meetings import MeetingLine
from comity.web import scorecardview
from comity.web.texts import Texts
from tests.unit.edge.twofolders import question
from tests.web.desk import ROLES, desk

OFFICER = {"desk": "requests", "number": ROLES["desk-lead"]}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("tell")) as house:
        house.crosses(question())
        house.begins, house.ends = quarters(house.door("GET", "/clock")["now"])[0]
        house.web = f"from={house.begins}&to={house.ends}"
        house.until(lambda: all(counts(house, name) for name in ("ostrel", "vanmere")))  # both have signed so far
        yield house


def counts(house, name: str) -> int:
    """Return how many leaves a side counts now; none as long as no head of both logs is co-signed."""
    board, now = make_scoreboard(house.opened(name)), house.door("GET", "/clock")["now"]
    with suppress(BadForm):
        return board.page(house.begins, house.ends, "en", now).counted
    return 0


def hidden(page: str) -> dict[str, str]:
    """Return what the form on a page hands back."""
    form = page[page.index('action="/scorecard/tell"') :]
    return dict(re.findall(r'name="(from|to|what|cut|digest)" value="([^"]*)"', form))


def tells(house, name: str = "ostrel", what: str = "statement"):
    visitor = house.visitor("desk-lead", name)
    page = visitor.get(f"/scorecard/tell?{house.web}&what={what}")
    assert page.status_code == 200, page.text
    return visitor, page.text, visitor.post("/scorecard/tell", hidden(page.text))


def page_of(house, name: str = "ostrel", role: str = "desk-lead") -> str:
    return house.visitor(role, name).get(f"/scorecard?{house.web}").text


def test_what_crosses_is_shown_then_sent_and_both_pages_say_equal(house):
    house.until(lambda: "Send our scorecard of this period" in page_of(house))
    assert "Send our scorecard" not in page_of(house, role="reviewer")
    visitor, page, sent = tells(house)
    shown = hidden(page)
    assert shown["digest"] in page.split("</dl>")[0]
    assert "Seal House" in page or "Road Guard" in page
    assert sent.status_code == 303, sent.text
    assert sent.headers["location"].startswith("/scorecard?")
    house.until(lambda: "The other side has stated this period" in page_of(house, "vanmere"))
    assert "Both results are equal" in page_of(house, "vanmere")
    assert visitor.post("/scorecard/tell", shown | {"digest": "0" * 64}).status_code == 400
    assert visitor.post("/scorecard/tell", shown | {"cut": "1:1:00,x"}).status_code == 400
    answer = tells(house, "vanmere")
    assert hidden(answer[1])["digest"] == shown["digest"], "counted as far as the other side's"
    house.until(lambda: "Both sides have stated this period" in page_of(house))
    page = page_of(house)
    assert "Both results are equal" in page
    card = make_scoreboard(house.opened()).page(house.begins, house.ends, "en", house.door("GET", "/clock")["now"])
    shown = page[page.index("All figures") :]
    assert all(card.names[one.figure] in shown for one in card.lines), "each figure stands on the page"
    csv = house.visitor("desk-lead").get(f"/scorecard/figures.csv?{house.web}").text
    assert len(csv.strip().splitlines()) == len(card.lines) + 1


def test_an_open_page_moves_when_the_other_side_has_stated(house):
    visitor = house.visitor("desk-lead")
    before = visitor.parts(f"/scorecard?{house.web}")
    again = visitor.parts(f"/scorecard?{house.web}", before.headers["etag"])
    assert again.status_code == 304
    sent = tells(house, "vanmere")[2]
    assert sent.status_code == 303
    house.until(lambda: visitor.parts(f"/scorecard?{house.web}", before.headers["etag"]).status_code == 200)


def theirs(house):
    """Return what Vanmere states of the quarter."""
    reader = make_scoreboard(house.opened("vanmere"))
    return codec.decode_statement(reader.statement(house.begins, house.ends, house.door("GET", "/clock")["now"]))


def says(house, body: dict) -> None:
    """Send a body of Vanmere's as a program that counts otherwise would."""
    form = {
        "desk": "workplan", "kind": "scorecard", "agency": "road-guard", "recipients": ["harbour-watch"], "purpose": "workplan",
        "urgency": "normal", "workplan_item": None, "workplan_reason": "scorecard", "body": body,
    }  # fmt: skip
    told = house.door("POST", "/submit", {"form": form, "by": OFFICER}, name="vanmere")
    assert told["outcome"] == "sent", told
    house.until(lambda: house.door("GET", f"/state?id={told['id']}").get("filed"))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_program_that_counts_otherwise_is_found_to_the_leaf(house):
    said = theirs(house)
    line = said.scorecard.lines[-1]
    card = replace(said.scorecard, lines=(*said.scorecard.lines[:-1], line._replace(value=line.value + 1)))
    wrong = replace(said, scorecard=card, buckets=(Digest(bytes(32)),))
    says(house, {"state": "statement", "statement": b64(codec.encode_statement(wrong))})
    house.until(lambda: "one of the two programs counts otherwise" in page_of(house))
    page = page_of(house)
    assert "Both hold the same leaves whole and read some otherwise" in page
    assert "Send how we read these leaves" in page
    assert "Hash of the leaf" not in page
    visitor, shown, sent = tells(house, what="detail")
    assert "Eight bytes of a digest" in shown
    assert sent.status_code == 303, sent.text
    assert "Theirs has not come yet" in page_of(house)
    digests = bytearray(comparing.detail(counted_there(house, said), (0,)))
    digests[0] ^= 1
    says(house, {"state": "detail", "of": b64(codec.digest(card)), "buckets": [0], "digests": b64(bytes(digests))})
    house.until(lambda: "both hold them whole" in page_of(house))
    page = page_of(house)
    assert "Leaves: 1. Both hold all of it, and the two programs read it otherwise." in page
    assert page.count("all of it, read otherwise") == 1
    listed = visitor.get(f"/scorecard/leaves.csv?{house.web}")
    assert len(listed.text.strip().splitlines()) == 2
    assert visitor.get(f"/scorecard/tell?{house.web}&what=detail").status_code == 200


def counted_there(house, said):
    with house.opened("vanmere").node.ledger.read() as tx:
        return count_here(tx, said.scorecard.period, said.scorecard.cut)


def test_reasons_are_in_the_readers_language(house):
    visitor = house.visitor("desk-lead")
    for language, word in (
        ("fr", "les deux programmes le lisent autrement"),
        ("hi", "दोनों प्रोग्राम उसे अलग पढ़ते हैं"),
        ("pa", "ਪ੍ਰੋਗਰਾਮ ਉਸ ਨੂੰ ਵੱਖਰਾ"),
    ):
        assert visitor.post("/settings", {"language": language}).status_code == 303
        assert word in visitor.get(f"/scorecard?{house.web}").text
    visitor.post("/settings", {"language": "en"})


def test_a_quarter_that_ended_is_due_on_the_days_page(house):
    reader = make_scoreboard(house.opened("ostrel"))
    now = house.door("GET", "/clock")["now"]
    assert reader.due(now) is None, "no log is as old as the last quarter"
    later = now + 92 * 86_400_000
    assert reader.due(later) is None, "this quarter was stated"
    later += 92 * 86_400_000
    assert reader.due(later) == quarters(later)[1]


def test_it_is_due_from_fourteen_days_before_the_next_review_on():
    t, day, quarter = Texts("en"), 86_400_000, ("2026-07-01", "2026-10-01")

    def said(*reviews: tuple[int, str]) -> str:
        lines = [MeetingLine("x", "x", "review", Ms(at * day), state, True, 0) for at, state in reviews]
        found = scorecardview.due(quarter, lines, Ms(1_000 * day), t)
        return "" if found is None else found.text

    assert "has not been sent" in said()
    assert said((1_015, "agreed")) == ""
    assert "The review meets on 11 Oct 1972" in said((1_014, "called"), (1_100, "called"))
    assert "The review" not in said((999, "agreed")), "one that is over"
    assert "The review" not in said((1_014, "cancelled"))


def test_what_law_keeps_back_stands_on_the_page_with_its_article(house):
    """The law of this accord lets the workplan's own business pass until the end of 2030."""
    visitor, clock = house.visitor("desk-lead"), house.running().engine.clock
    form = hidden(visitor.get(f"/scorecard/tell?{house.web}").text)
    clock.set(Ms(1_925_000_000_000), 1)  # two hours into 2031
    kept = visitor.post("/scorecard/tell", form)
    assert kept.status_code == 409, kept.text
    assert "It was not sent." in kept.text
    assert "Our law refuses it" in kept.text
    assert "<li>" in kept.text
    assert "Oct-Dec 2030 has ended." in visitor.get("/today").text
    assert "Oct-Dec 2030" not in house.visitor("reviewer").get("/today").text
