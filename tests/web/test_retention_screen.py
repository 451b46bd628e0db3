"""The screen of retention: who sees what is due, and two persons erasing at it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from comity.base.ids import read_id, show_id
from comity.dispatch.states import Officer
from comity.node.erasing import ask_erasure, confirm_erasure
from tests.unit.dispatch.test_acts import Roster, officer
from tests.unit.edge.dutyworld import NOW
from tests.unit.edge.twofolders import question
from tests.web.desk import desk


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("retention")) as found:
        yield found


def text(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.text[:400])
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


def test_what_is_due_is_held_asked_and_erased_by_two_at_the_screen(house):
    house.crosses(question())
    one = show_id(house.crosses(question()))
    node = house.opened("ostrel").node
    with node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO review (dispatch, whose, desk, kind, case_id, at, why) SELECT id, 'ours', desk, 'rfi', case_id, 1,"
            " 'label' FROM sent"
        )
    lead, legal, reviewer = (house.visitor(role) for role in ("desk-lead", "legal-officer", "reviewer"))
    assert one in text(reviewer.get("/retention"))
    assert 'action="/retention/erase"' not in reviewer.get("/retention").text
    assert house.visitor("officer").get("/retention").status_code == 404
    assert lead.post("/retention/hold", {"dispatch": one, "reason": "court order 7"}).status_code in {302, 303}
    page = lead.get("/retention")
    assert "court order 7" in text(page)
    hold = re.search(r'name="hold" value="([0-9A-Z]{26})"', page.text)[1]
    assert lead.post("/retention/erase", {"dispatch": one, "step": "ask", "reason": "x"}).status_code == 400
    assert lead.post("/retention/hold", {"hold": hold}).status_code in {302, 303}
    assert lead.post("/retention/erase", {"dispatch": one, "step": "ask", "reason": "its day"}).status_code in {
        302,
        303,
    }
    assert "you asked; another person confirms" in text(lead.get("/retention"))
    assert lead.post("/retention/erase", {"dispatch": one, "step": "confirm"}).status_code == 409
    assert "requests/108 asked" in text(legal.get("/retention"))
    assert legal.post("/retention/erase", {"dispatch": one, "step": "confirm"}).status_code in {302, 303}
    due, _, owed = text(lead.get("/retention")).partition("Holds in force")
    assert one not in due
    assert one in owed, "its label's day is over: the other side owes its certificate"
    assert lead.get(f"/ledger/dispatch/{one}").status_code == 200
    assert lead.post("/retention/erase", {"dispatch": one, "step": "burn"}).status_code == 400
    assert lead.post("/retention/hold", {"dispatch": "0" * 26, "reason": "x"}).status_code == 400


def test_a_day_is_put_off_by_two_at_the_screen(house):
    one = show_id(house.crosses(question()))
    node = house.opened("ostrel").node
    accord = node.office.accord
    longer = (
        *(each for each in accord.timers if each[0] != "retention-most"),
        ("retention-most", 40 * 365 * 86_400_000),
    )
    node.office = replace(node.office, accord=replace(accord, timers=longer))
    with node.ledger.begin() as book:
        book.tx.run("DELETE FROM review")
        book.tx.run(
            "INSERT INTO review (dispatch, whose, desk, kind, case_id, at, why) SELECT id, 'ours', desk, 'rfi', case_id, 1,"
            " 'label' FROM sent WHERE id = ?",
            (read_id(one),),
        )
    lead, legal = (house.visitor(role) for role in ("desk-lead", "legal-officer"))
    wish = {"dispatch": one, "step": "ask", "reason": "the case goes on still"}
    assert lead.post("/retention/renew", wish | {"until": "soon"}).status_code == 400
    assert lead.post("/retention/renew", wish | {"until": "2031-01-01", "step": "burn"}).status_code == 400
    assert lead.post("/retention/renew", wish | {"until": "2031-01-01"}).status_code in {302, 303}
    assert 'value="confirm">Keep it longer' not in lead.get("/retention").text
    assert "the case goes on still" in text(legal.get("/retention"))
    assert legal.post("/retention/renew", {"dispatch": one, "step": "confirm"}).status_code in {302, 303}
    due, _, rest = text(lead.get("/retention")).partition("Holds in force")
    assert one not in due
    assert "kept longer" in rest


def _settled(node, one):
    with node.ledger.read() as tx:
        return bool(tx.rows("SELECT 1 FROM sent WHERE id = ? AND settled_at IS NOT NULL", (read_id(one),)))


def test_the_screen_says_what_is_left_and_its_button_erases_that(house):
    one = show_id(house.crosses(question()))
    node = house.opened("ostrel").node
    house.until(lambda: _settled(node, one))
    with node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO review (dispatch, whose, desk, kind, case_id, at, why) SELECT id, 'ours', desk, 'rfi', case_id, 1,"
            " 'label' FROM sent WHERE id = ? ON CONFLICT (dispatch) DO UPDATE SET at = 1",
            (read_id(one),),
        )
        lead, legal = (Officer("requests", number) for number in (108, 105))
        office = replace(node.office, powers=Roster(n108=officer("desk-lead"), n105=officer("legal-officer")))
        ask_erasure(read_id(one), lead, book, office, NOW, parts=("body",), reason="its day")
        confirm_erasure(read_id(one), legal, book, office, NOW)
    lead, legal = (house.visitor(role) for role in ("desk-lead", "legal-officer"))
    assert "erased in part; still held: attachments, author" in text(lead.get("/retention"))
    wish = {"dispatch": one, "step": "ask", "reason": "its day"}
    assert lead.post("/retention/erase", wish).status_code in {302, 303}
    assert legal.post("/retention/erase", {"dispatch": one, "step": "confirm"}).status_code in {302, 303}
    assert one not in text(lead.get("/retention")).partition("Holds in force")[0]
    assert lead.post("/retention/erase", wish).status_code == 400


def test_the_words_of_each_language_stand_there(house):
    page = text(house.visitor("reviewer").get("/retention"))
    assert "Nothing is on hold." in page
    for words in ("Certificates of destruction", "Owed by us: 0", "Owed by the other side:", "Nothing is owed."):
        assert words in page
