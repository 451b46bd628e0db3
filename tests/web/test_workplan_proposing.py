"""Several changes in one proposal, gathered in a browser without scripts: what is seen is what is sent, and nothing is lost."""

from __future__ import annotations

import asyncio
import re

import pytest

from comity.base.ids import Ms
from comity.edge import peoplerows
from tests.unit.edge.twofolders import copy_of
from tests.web.desk import House, desk, furnished
from tests.web.proposal_form import NEW, carried, listed, press

TRACK = {"what": "track", "id": "T-1", "text.en": "trade in rope", "owner.XO": "paper-office", "days": "2026-10-01"}
PRIORITY = {"what": "priority", "id": "P-1", "text.en": "travellers"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("proposing")) as house:
        yield house


def plan(house, name="ostrel"):
    return house.door("GET", "/plan", name=name)


def both(house, test):
    house.until(lambda: all(test(plan(house, name)) for name in ("ostrel", "vanmere")))


def open_ones(house, name="ostrel"):
    return [one for one in plan(house, name)["proposals"] if one["fate"] == "open"]


def withdraw(house, who):
    for one in open_ones(house):
        who.post(f"/workplan/proposal/{one['id']}", {"state": "withdrawn", "reason": "over"})
    both(house, lambda card: all(one["fate"] != "open" for one in card["proposals"]))


def test_changes_of_every_sort_are_gathered_seen_and_sent_as_one_dispatch(house):
    who, other = house.visitor("officer"), house.visitor("officer", "vanmere")
    page = press(who, who.get("/workplan/propose"), "add", **{key.replace(".", "__"): one for key, one in NEW.items()})
    page = press(who, page, "open", pick="priority:")
    page = press(who, page, "add", **{key.replace(".", "__"): one for key, one in PRIORITY.items()})
    page = press(who, page, "open", pick="track:")
    page = press(who, page, "add", **{key.replace(".", "__"): one for key, one in TRACK.items()})
    page = press(who, page, "open", pick="title:title")
    page = press(who, page, "add", text="Common work, second edition")
    page = press(who, page, "open", pick="item:F-1")
    # The plan has a text in a language that this program does not speak: it stands in the form and stays in the plan.
    assert carried(page)["text.osv"] == ["person perdat trov, papir fals stop"]
    page = press(who, page, "add", due="2026-12-24", priority="P-1")
    assert "5 changes" in page.text
    assert listed(page) == {
        "Title": ["was: Common work of the two fords (invented) is: Common work, second edition"],
        "Priority P-1": ["is: travellers"],
        "Item F-1": ["due was: 1 Dec 2026 is: 24 Dec 2026", "priority is: P-1"],
        "Action F-1.1": ["is: count the lanterns", "item is: F-1", "owners is: XO: Paper Office of Ostrel; XV: Seal House of Vanmere",
                         "due is: 1 Aug 2026", "measure is: each month"],
        "Track beyond security T-1": ["is: trade in rope", "owners is: XO: Paper Office of Ostrel", "days is: 1 Oct 2026"],
    }  # fmt: skip
    before = len(plan(house)["proposals"])
    sent = press(who, page, "send", why="all at once")
    assert (sent.status_code, sent.headers["location"]) == (303, "/workplan")
    again = press(who, page, "send", why="all at once")
    assert again.headers["location"].startswith("/workplan/proposal/"), "pressed twice is proposed once"
    both(house, lambda card: len(card["proposals"]) == before + 1)
    (proposal,) = open_ones(house, "vanmere")
    assert {one["what"] for one in proposal["differences"]} == {"title", "priority", "item", "action", "track"}
    assert proposal["words"] == "all at once"
    shown = other.get(f"/workplan/proposal/{proposal['id']}").text
    assert "trade in rope" in shown
    other.post(f"/workplan/proposal/{proposal['id']}", {"state": "agreed"})
    both(house, lambda card: card["number"] == 2)
    text = house.door("GET", "/plan/text")
    assert text["items"][0]["aim"]["osv"] == "person perdat trov, papir fals stop"
    assert (text["title"], text["tracks"][0]["days"]) == ("Common work, second edition", ["2026-10-01"])


def test_what_is_in_the_list_is_changed_and_taken_out_again(house):
    who = house.visitor("officer")
    page = press(who, who.get("/workplan/propose?what=action&item=F-1"), "add", id="F-1.7", text__en="ropes",
                 owner__XO="paper-office", owner__XV="seal-house", due="2026-09-01")  # fmt: skip
    page = press(who, page, "open", pick="action:F-1.1")
    page = press(who, page, "add", drop="1")
    assert listed(page)["Action F-1.1"] == ["was: count the lanterns"]
    page = press(who, page, "edit action:F-1.7")
    page = press(who, page, "add", due="2026-09-09")
    assert "due is: 9 Sep 2026" in listed(page)["Action F-1.7"]
    page = press(who, page, "out action:F-1.1")
    assert list(listed(page)) == ["Action F-1.7"]
    page = press(who, page, "edit action:F-1.7")
    page = press(who, page, "add", drop="1")
    assert "No change yet" in page.text
    assert "/workplan/propose/send" not in page.text
    assert press(who, page, "send").status_code == 409


def test_what_stands_in_the_form_is_never_lost_and_never_sent_unseen(house):
    who = house.visitor("officer")
    page = who.get("/workplan/propose?what=item&id=F-1")
    unseen = press(who, page, "send", measure="every question answered within nine days")
    assert unseen.status_code == 409
    assert "Look at the difference, then send it" in unseen.text
    assert listed(unseen)["Item F-1"] == [
        "measure was: every question answered within ten days is: every question answered within nine days"
    ]
    assert not open_ones(house)
    moved = press(who, page, "open", pick="action:F-1.1", measure="every question answered within nine days")
    assert "Item F-1" in listed(moved), "opening another record takes what was written into the list"
    left = press(who, page, "leave", measure="nothing of this")
    assert "nothing of this" not in left.text
    same = press(who, page, "add")
    assert "Nothing in this differs from the plan" in same.text


def test_what_does_not_fit_is_said_and_stands_in_the_form(house):
    who = house.visitor("officer")
    new = {key.replace(".", "__"): one for key, one in NEW.items()}
    there = press(who, who.get("/workplan/propose"), "add", **new)
    assert there.status_code == 400
    assert "F-1.1 is there already" in there.text
    assert carried(there)["text.en"] == ["count the lanterns"]
    lame = press(who, who.get("/workplan/propose"), "add", **{**new, "id": "F-1.3", "owner__XV": ""})
    assert lame.status_code == 400
    assert "needs one owner on each side" in lame.text
    page = press(who, who.get("/workplan/propose?what=priority&id=P-1"), "add", drop="1")
    assert "names the priority P-1, which is not there" in page.text, "the list says what it lacks, and is not sent"
    assert "/workplan/propose/send" not in page.text
    assert press(who, page, "send").status_code == 409
    broken = who.post("/workplan/propose", {"op": "!!!", "do": "add"})
    assert broken.status_code == 400
    assert who.post("/workplan/propose", {"op": "W10", "do": "add"}).status_code == 400


def test_a_plan_that_moved_is_looked_at_again(house):
    who, other = house.visitor("officer"), house.visitor("officer", "vanmere")
    mine = press(who, who.get("/workplan/propose?what=item&id=F-1"), "add", measure="within eight days")
    theirs = press(other, other.get("/workplan/propose?what=title"), "add", text="Common work, third edition")
    assert press(other, theirs, "send").status_code == 303
    both(house, lambda card: any(one["fate"] == "open" for one in card["proposals"]))
    (proposal,) = open_ones(house)
    today, board = who.get("/today").text, who.get("/workplan").text
    assert "The other side waits for your answer" in today
    assert f'href="/workplan/proposal/{proposal["id"]}"' in today
    assert "To be answered by" in today
    assert "To be answered by" in board
    assert re.search(r'id="r-count-workplan">(?s:.{0,120})1', who.get("/inbox").text), "the rail counts it"
    assert "The other side waits" not in other.get("/today").text
    assert "The other side waits" not in house.visitor("reviewer").get("/today").text, "who may not answer is not asked"
    who.post(f"/workplan/proposal/{proposal['id']}", {"state": "agreed"})
    both(house, lambda card: card["number"] == 3)
    late = press(who, mine, "send")
    assert late.status_code == 409
    assert "The plan was changed in the meantime" in late.text
    assert listed(late)["Item F-1"] == ["measure was: every question answered within ten days is: within eight days"]
    assert press(who, late, "send").status_code == 303
    both(house, lambda card: any(one["fate"] == "open" for one in card["proposals"]))
    withdraw(house, who)


def test_another_is_proposed_from_what_the_other_side_proposed(house):
    who, other = house.visitor("officer"), house.visitor("officer", "vanmere")
    first = press(who, who.get("/workplan/propose?what=item&id=F-1"), "add", measure="within eight days")
    assert press(who, first, "send").status_code == 303
    both(house, lambda card: any(one["fate"] == "open" for one in card["proposals"]))
    (proposal,) = open_ones(house, "vanmere")
    page = other.get(f"/workplan/propose?about={proposal['id']}")
    assert "This declines the proposal of XO" in page.text
    assert listed(page)["Item F-1"] == ["measure was: every question answered within ten days is: within eight days"]
    page = press(other, page, "edit item:F-1")
    page = press(other, page, "add", measure="within nine days")
    silent = press(other, page, "send")
    assert silent.status_code == 409
    assert "Say why" in silent.text
    assert press(other, silent, "send", why="eight is too few").status_code == 303
    both(house, lambda card: [one["party"] for one in card["proposals"] if one["fate"] == "open"] == ["XV"])
    assert other.get("/workplan/propose?about=nonsense").status_code == 404


def test_a_form_comes_back_after_its_session_has_ended_and_is_sent_then(house):
    who = house.visitor("officer")
    page = press(who, who.get("/workplan/propose?what=item&id=F-1"), "add", measure="within seven days")
    fields = carried(page)
    ended, engine, opened = house.guest(), house.running("ostrel").engine, house.opened("ostrel")
    kept = ended.post("/workplan/propose/send", {**fields, "why": "a reason of some words"})
    assert kept.status_code == 401
    assert f'name="op" value="{fields["op"][0]}"' in kept.text
    assert "a reason of some words" in kept.text
    stale = house.visitor("officer")

    def age() -> None:
        with opened.node.ledger.begin() as book:
            book.tx.run(
                "UPDATE session SET proved_at = ? WHERE token_sha256 = ?", (Ms(0), peoplerows.digest_of(stale.token))
            )

    asyncio.run_coroutine_threadsafe(engine.call(age), house.loop).result(10)
    proof = stale.post("/workplan/propose/send", {**fields, "csrf": stale.csrf, "why": "a reason of some words"})
    assert proof.status_code == 403
    assert f'name="op" value="{fields["op"][0]}"' in proof.text, "an old proof keeps what was gathered"
    gathered = stale.post("/workplan/propose", {**fields, "csrf": stale.csrf, "do": "add"})
    assert gathered.status_code == 200, "to gather needs no fresh proof"


def test_unlike_plan_files_are_told_to_the_other_side_from_the_page(tmp_path):
    base = copy_of(furnished(), tmp_path)
    file = base / "vanmere" / "workplan.toml"
    file.write_text(file.read_text().replace("within ten days", "within twelve days"))
    house = House(base)
    try:
        here, there = house.visitor("officer"), house.visitor("officer", "vanmere")
        page = press(here, here.get("/workplan/propose?what=title"), "add", text="Another title")
        assert press(here, page, "send").status_code == 303
        house.until(lambda: plan(house, "vanmere")["other_text"])
        (proposal,) = plan(house, "vanmere")["proposals"]
        assert "The other side holds another text" in there.get("/workplan").text
        shown = there.get(f"/workplan/proposal/{proposal['id']}").text
        assert "Agree and sign" not in shown
        assert "Tell them that we hold another text" in shown
        said = there.post(
            f"/workplan/proposal/{proposal['id']}", {"state": "declined", "reason": "ours says twelve days"}
        )
        assert said.status_code == 303
        house.until(lambda: plan(house)["other_text"])
        board = here.get("/workplan?view=history").text
        assert "The other side holds another text" in board
        assert "ours says twelve days" in board
    finally:
        house.stop()
