"""Who looked for whom is kept, soon and once, and only the reviewer reads it; after its time it is gone."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from urllib.parse import quote

import pytest

from comity.base.errors import StoreError
from comity.base.ids import Ms
from comity.edge.forms import By, form_json
from comity.edge.searches import DAY_MS, NoteIn, Searches, SearchNotes
from tests.unit.edge.twofolders import question
from tests.web.desk import desk

MARK = "Wren & Sons 100%_sure <i>"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("searches"), far=False) as one:
        form = form_json(question())
        one.sent = one.door("POST", "/submit", {"form": form, "by": {"desk": "requests", "number": 101}})["id"]
        yield one


def kept(house, words):
    """Return (number, narrowed, hits) of each search for these words, waiting for its note."""
    for _ in range(40):
        with house.opened().node.ledger.read() as tx:
            found = tx.rows("SELECT number, narrowed, hits FROM searched WHERE words = ? ORDER BY at", (words,))
        if found:
            return [tuple(row) for row in found]
        time.sleep(0.05)
    return []


def test_a_search_is_kept_with_who_and_how_much_and_the_same_again_is_one(house):
    officer = house.visitor("officer")
    for _ in range(3):
        assert officer.get("/search?q=Shown+port&kind=rfi&side=ours").status_code == 200
    assert officer.parts("/search?q=Shown+port&kind=rfi&side=ours").status_code == 200
    assert kept(house, "Shown port") == [(101, "rfi ours", 1)]


def test_what_finds_nothing_and_what_goes_straight_is_kept_too_and_a_command_is_no_search(house):
    officer = house.visitor("officer")
    officer.get("/search?q=inbox")
    officer.get("/search?q=nobody+of+this+name")
    assert officer.get(f"/search?q={house.sent}").status_code == 303
    assert kept(house, "nobody of this name") == [(101, "", 0)]
    assert kept(house, house.sent) == [(101, "", 1)]
    with house.opened().node.ledger.read() as tx:
        assert not tx.rows("SELECT 1 FROM searched WHERE words IN ('', 'inbox')")


def test_the_reviewer_alone_reads_it_by_officer_and_by_words(house):
    house.visitor("desk-lead").get(f"/search?q={quote(MARK)}")
    assert kept(house, MARK) == [(108, "", 0)]
    reviewer = house.visitor("reviewer")
    page = reviewer.get("/searches").text
    assert ("requests/108" in page, "<i>" in page, "&lt;i&gt;" in page) == (True, False, True)
    assert "Wren" in reviewer.get("/searches?by=requests/108").text
    assert "Wren" not in reviewer.get("/searches?by=requests/101").text
    assert "Wren" in reviewer.get(f"/searches?words={quote('100%_sure')}").text
    assert "Wren" not in reviewer.get(f"/searches?words={quote('100_')}").text, (
        "a sign of the store's own is a plain letter"
    )
    for role in ("desk-lead", "administrator", "officer", "legal-officer", "duty-officer"):
        assert house.visitor(role).get("/searches").status_code == 404, role
    assert "/searches" not in house.visitor("desk-lead").get("/inbox").text
    assert "180 days" in house.visitor("desk-lead").get("/search").text, "and the box says so"


def test_who_was_given_a_case_stands_there_with_who_gave_it(house):
    given = {"case": house.sent, "desk": "requests", "number": 120, "by": "requests/108"}
    house.door("POST", "/people/member", given)
    page = house.visitor("reviewer").get("/searches").text
    assert ("requests/120" in page, "not opened" in page, f"/case/{house.sent}" in page) == (True, True, True)


def test_what_is_older_than_its_time_is_erased_and_what_cannot_be_written_waits(house, caplog):
    engine, ledger = house.running().engine, house.opened().node.ledger

    async def fails(*_):
        raise StoreError("disk full: just now")

    async def story(mend: pytest.MonkeyPatch):
        notes = SearchNotes(engine, 180)
        notes.note(NoteIn(By("requests", 101), "long ago"))
        notes._waiting[0] = replace(notes._waiting[0], at=Ms(engine.clock.now() - 181 * DAY_MS))
        notes.note(NoteIn(By("requests", 101), "just now"))
        mend.setattr(engine, "call", fails)
        await notes.flush()
        mend.undo()
        await notes.flush()

    with pytest.MonkeyPatch.context() as mend:
        asyncio.run_coroutine_threadsafe(story(mend), house.loop).result(10)
    found = [one.words for one in Searches(ledger, 180).page(("requests", 101), "", "").searches]
    assert ("just now" in found, "long ago" in found) == (True, False)
    assert "could not be noted" in caplog.text
    assert "just now" not in caplog.text, "and no log has the words"


def test_pages_follow_one_another_without_a_gap(house):
    engine, board = house.running().engine, Searches(house.opened().node.ledger, 180)

    async def story():
        notes = SearchNotes(engine, 180)
        for number in range(230):
            notes.note(NoteIn(By("requests", 7), f"word {number}"))
        await notes.flush()

    asyncio.run_coroutine_threadsafe(story(), house.loop).result(10)
    found, after = [], ""
    while True:
        card = board.page(("requests", 7), "", after)
        found += [one.words for one in card.searches]
        after = card.following
        if not after:
            break
    assert sorted(found) == sorted(f"word {number}" for number in range(230))
    assert board.page(("requests", 7), "", "no-place").following, "what is no place is the beginning"
