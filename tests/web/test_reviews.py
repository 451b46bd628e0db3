"""Broken glass is reviewed in the browser: seen with officer, reason and time limit, by the reviewer alone, once, in words."""

from __future__ import annotations

import asyncio
import re

import pytest

from comity.base import cbor
from comity.base.ids import new_dispatch_id, read_id, show_id
from comity.dispatch import glass
from comity.dispatch.owed import DAY_MS, owe
from comity.edge.forms import form_json
from tests.unit.edge.twofolders import question
from tests.web.desk import desk
from tests.web.hostile import MARK, MARKUP, faults

WHY = "A shot was announced for tonight at the port"
FOUND = "Nobody could be reached at that hour; what left was no more than the place."
DAY = DAY_MS


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("reviews"), far=False) as one:
        yield one


def broken(house, by=103, ago=0, why=WHY):
    """Leave what a dispatch that left behind broken glass leaves: the leaf, and what is owed for it; return its review's address."""
    sent = house.door("POST", "/submit", {"form": form_json(question()), "by": {"desk": "requests", "number": 101}})
    node, engine, about = house.opened().node, house.running().engine, read_id(sent["id"])
    now = engine.clock.now() - ago

    def write() -> None:
        with node.ledger.begin() as book:
            record = cbor.encode([glass.RECORD, about, why, "requests", by, ["approval:approver"], now])
            glass.leaf(glass.BREAK_GLASS, record, book, node.office, now)
            owe(("review", "approval:approver"), about, book.tx, node.office, now)

    asyncio.run_coroutine_threadsafe(engine.call(write), house.loop).result(10)
    (thing,) = [o for o in house.door("GET", "/owed") if o["dispatch"] == sent["id"] and o["what"] == "review"]
    return f"/dispatch/{sent['id']}/review/{thing['id']}"


def test_the_reviewer_sees_who_broke_the_glass_and_why_and_writes_the_review(house):
    place, reviewer = broken(house), house.visitor("reviewer")
    listed = reviewer.get("/reviews").text
    assert all(words in listed for words in (place, WHY, "requests/103", "a dispatch left without its approvals"))
    page = reviewer.get(place).text
    assert all(words in page for words in (WHY, "Approval afterwards", 'name="note"', "/case/"))
    assert reviewer.post(place, {"note": " "}).status_code == 400, "a review is in words"
    assert reviewer.post(place, {"note": FOUND}).headers["location"] == "/reviews"
    (row,) = re.findall(rf'<tr id="v-{place[-26:]}".*?</tr>', reviewer.get("/reviews").text)
    assert "requests/109 reviewed it" in row
    shown = reviewer.get(place).text
    assert (FOUND in shown, 'name="note"' in shown) == (True, False)
    again = reviewer.post(place, {"note": "Another word"})
    assert (again.status_code, "done before" in again.text) == (400, True)
    with house.opened().node.ledger.read() as tx:
        assert tx.rows("SELECT count(*) FROM opening WHERE kind = 'review'") == [(1,)], "both logs show it"


def test_who_broke_the_glass_does_not_review_it(house):
    place = broken(house, by=101)  # who let the dispatch of these tests go
    with house.opened().node.ledger.read() as tx:
        assert glass.released_by(read_id(place.split("/")[2]), tx) == ("requests", 101)
    said = {"id": place[-26:], "by": {"desk": "requests", "number": 101}, "note": FOUND}
    with pytest.raises(Exception, match=r"does not hold the role|who let it go"):
        house.door("POST", "/owed/complete", said)


def test_the_desk_lead_sees_what_is_overdue_and_writes_nothing(house):
    place, lead = broken(house, ago=DAY + 60_000), house.visitor("desk-lead")
    for who in ("desk-lead", "reviewer"):
        page = house.visitor(who).get("/reviews").text
        assert "1 review is overdue." in page, who
        rail = house.visitor(who).get("/inbox").text
        assert re.search(r'id="rail-reviews"', rail), who
    assert 'name="note"' not in lead.get(place).text
    assert lead.post(place, {"note": FOUND}).status_code == 404
    assert "/reviews" not in house.visitor("officer").get("/inbox").text
    assert house.visitor("officer").get("/reviews").status_code == 404


def test_a_review_is_found_by_its_own_dispatch_alone(house):
    one, other = broken(house), broken(house)
    reviewer = house.visitor("reviewer")
    mixed = other.rsplit("/", 1)[0] + "/" + one[-26:]
    assert reviewer.get(mixed).status_code == 404
    assert reviewer.post(mixed, {"note": FOUND}).status_code == 404
    approval = next(o["id"] for o in house.door("GET", "/owed") if o["what"].startswith("approval:"))
    assert reviewer.get(f"{one.rsplit('/', 1)[0]}/{approval}").status_code == 404, "what another role owes is none"
    nothing = show_id(new_dispatch_id(house.running().engine.clock.now(), house.opened().node.office.entropy))
    assert reviewer.get(f"{one.rsplit('/', 1)[0]}/{nothing}").status_code == 404
    assert reviewer.get(f"/owed/{one[-26:]}").text.count(one) == 1, "what is owed leads there"


def test_a_review_writes_its_record_and_no_other_row(house):
    place, reviewer = broken(house), house.visitor("reviewer")
    for path in ("/compose", "/tasks/new", f"/owed/{place[-26:]}", "/duty/note"):
        assert reviewer.post(path, {"note": FOUND}).status_code == 404, path
    before = house.door("GET", "/owed")
    reviewer.post(place, {"note": FOUND})
    gone = [one for one in before if one not in house.door("GET", "/owed")]
    assert [one["id"] for one in gone] == [place[-26:]]


def test_why_the_glass_was_broken_and_what_was_found_are_only_text(house):
    place, reviewer = broken(house, why=MARKUP), house.visitor("reviewer")
    assert all(faults(reviewer.get(one).text) == [] for one in ("/reviews", place))
    assert reviewer.post(place, {"note": MARKUP}).headers["location"] == "/reviews"
    for one in ("/reviews", place):
        page = reviewer.get(one).text
        assert MARK in page
        assert faults(page) == [], one
