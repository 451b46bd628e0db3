"""The screen of custody: who sees what there, and two persons opening, destroying and holding at it; never a word of content.

Planted and caught, one at a time: the desk lead given `Deed.OPENING`; openings not taken out of what a lead is shown; a hold
taken without looking whether its dispatch stands here; the box given back in a page instead of a file; the reviewer left out of
what a reviewer may send; the page not looking whether its store is an old one.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import pytest

from comity.base.ids import Ms, read_id
from comity.dispatch.entries import Fact
from comity.edge.keystore import RootStore
from comity.node.custodybox import open_box, read_box
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from tests.unit.edge.twofolders import MADE, question
from tests.web.desk import desk
from tests.web.kept import FAR, WORDS, in_custody, refuse

DAY = 86_400_000
WHY = {"step": "ask", "for": "review", "reason": "the refusal is looked at"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("custody")) as found:
        refuse(found)
        yield found


@pytest.fixture(scope="module")
def one(house):
    return in_custody(house)


@pytest.fixture
def who(house):
    return lambda role: house.visitor(role, FAR)


def text(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.text[:400])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def card(answer, dispatch) -> str:
    """Return the card of one dispatch, as HTML."""
    found = re.search(rf'<article[^>]* id="k-{dispatch}".*?</article>', answer.text, re.DOTALL)
    return found[0] if found else ""


def went(answer, to="/custody") -> None:
    assert (answer.status_code, answer.headers.get("location")) == (303, to), answer.text[:400]


def test_it_shows_what_our_law_was_told_and_why_it_said_no_and_no_content(who, one):
    assert question().body["title"] == WORDS
    for role in ("legal-officer", "reviewer", "desk-lead"):
        page = who(role).get("/custody")
        shown = text(page)
        assert one in shown
        for word in (
            "Request for information",
            "paper-office",
            "lead-only",
            "The test refuses this.",
            "Test law, 1",
            "from 27 Jul",
        ):
            assert word in shown, (role, word)
        assert WORDS not in shown
        assert 'href="/custody" aria-current="page"' in page.text
    for role in ("officer", "posted-officer", "duty-officer", "approver", "administrator", "signatory"):
        answer = who(role).get("/custody")
        assert answer.status_code == 404, role
        assert 'href="/custody"' not in answer.text


def test_two_of_different_roles_open_it_and_the_box_is_a_file_once(house, who, one):
    legal, reviewer, lead = (who(role) for role in ("legal-officer", "reviewer", "desk-lead"))
    short = legal.post("/custody/open", {"dispatch": one, **WHY, "reason": "short"})
    assert (short.status_code, "a reason has 10" in short.text) == (400, True)
    went(legal.post("/custody/open", {"dispatch": one, **WHY}))
    assert "You asked. Another person confirms: Reviewer." in text(legal.get("/custody"))
    assert 'value="confirm"' not in card(legal.get("/custody"), one)
    other = card(reviewer.get("/custody"), one)
    assert "requests/107 asked" in other
    assert "the refusal is looked at" in other
    assert 'value="confirm"' in other
    assert 'action="/custody/destroy"' not in other, "a reviewer destroys nothing"
    desk_sees = text(lead.get("/custody"))
    for word in ("the refusal is looked at", "asked at", "Open it", "Asked that it is opened"):
        assert word not in desk_sees, "the desk learns nothing of an opening"
    assert legal.post("/custody/open", {"dispatch": one, "step": "confirm"}).status_code == 409, "the same person"
    taken = reviewer.post("/custody/open", {"dispatch": one, "step": "confirm"})
    assert (taken.status_code, taken.headers["content-type"]) == (200, "application/json")
    assert taken.headers["content-disposition"].startswith(f'attachment; filename="custody-{one}.json"')
    assert taken.headers["cache-control"] == "no-store"
    assert WORDS not in taken.text
    found = open_box(read_box(taken.content), RootStore(house.folder / f"{FAR}-root").custodian())
    assert found.header.id == read_id(one)
    assert json.dumps(WORDS)[1:-1].encode() in found.body
    assert reviewer.post("/custody/open", {"dispatch": one, "step": "confirm"}).status_code == 400, "once"
    assert "Opened: the sealed box was handed out" in text(reviewer.get("/custody"))
    assert "handed out" not in text(lead.get("/custody")).partition("What was done")[2].partition("How it is")[0]


def test_our_law_says_no_for_a_court_and_its_reasons_stand_there(who, one):
    legal, reviewer = who("legal-officer"), who("reviewer")
    went(reviewer.post("/custody/open", {"dispatch": one, **WHY, "for": "court"}))
    answer = legal.post("/custody/open", {"dispatch": one, "step": "confirm"})
    went(answer, "/custody#done")
    page = legal.get("/custody")
    assert "Our law does not let it be opened for this." in text(page)
    done = text(page).partition("What was done")[2]
    assert done.strip().startswith("Our law does not let it be opened. Order of a court"), done[:200]
    assert "requests/107" in done
    assert "The test refuses this. Test law, 1" in done
    went(legal.post("/custody/open", {"dispatch": one, **WHY, "for": "access"}))
    went(reviewer.post("/custody/open", {"dispatch": one, "step": "refuse"}))
    assert "The wish to open it was taken back" in text(legal.get("/custody"))


def test_the_wrong_role_no_token_another_site_and_odd_forms_change_nothing(house, who, one):
    before = house.door("GET", "/custody/listing", name=FAR)
    lead, reviewer, legal = (who(role) for role in ("desk-lead", "reviewer", "legal-officer"))
    hold, destroy = {"dispatch": one, "reason": "x"}, {"dispatch": one, "step": "ask", "reason": "its day"}
    for browser, path, form, status in (
        (lead, "open", {"dispatch": one, **WHY}, 404),
        (reviewer, "destroy", destroy, 404),
        (reviewer, "hold", hold, 404),
        (who("officer"), "open", {"dispatch": one, **WHY}, 404),
        (who("administrator"), "hold", hold, 404),
        (legal, "open", {"dispatch": one, **WHY, "csrf": "no"}, 403),
        (legal, "open", {"dispatch": one, **WHY, "for": "sale"}, 400),
        (legal, "open", {"dispatch": one, "step": "burn"}, 400),
        (legal, "open", {"dispatch": "x", **WHY}, 400),
        (legal, "destroy", destroy | {"step": "burn"}, 400),
        (legal, "destroy", destroy | {"dispatch": "0" * 26}, 400),
        (legal, "destroy", destroy, 400),
        (legal, "hold", hold | {"dispatch": "0" * 26}, 400),
        (legal, "hold", {"hold": "0" * 26}, 400),
    ):
        answer = browser.post(f"/custody/{path}", form)
        assert answer.status_code == status, (path, form, answer.status_code)
    assert legal.post("/custody/hold", hold, origin="https://elsewhere.example").status_code == 403
    old = house.visitor("legal-officer", FAR)
    node = house.opened(FAR).node
    with node.ledger.begin() as book:
        book.tx.run("UPDATE session SET proved_at = 0")
    assert old.post("/custody/hold", hold).status_code == 403, "a key was not touched for too long"
    assert house.door("GET", "/custody/listing", name=FAR) == before


def test_what_is_no_custody_is_not_destroyed_or_held_by_this_way(house, who):
    """A dispatch of a case stands on the page of retention, under the rules of its case; not here."""
    near = house.visitor("desk-lead")
    other = house.door("GET", "/custody", name=FAR)["kept"][0]["dispatch"]
    with house.opened().node.ledger.read() as tx:
        assert tx.rows("SELECT 1 FROM sent WHERE id = ?", (read_id(other),)), "Ostrel sent it"
    for path, form in (("destroy", {"step": "ask", "reason": "its day"}), ("hold", {"reason": "an order"})):
        assert near.post(f"/custody/{path}", {"dispatch": other, **form}).status_code == 400


def test_two_destroy_it_after_its_day_and_a_hold_stops_them(house, who, one):
    lead, legal = who("desk-lead"), who("legal-officer")
    assert "Not before its day." in card(legal.get("/custody"), one)
    went(legal.post("/custody/hold", {"dispatch": one, "reason": "order 7"}))
    house.set_time(Ms(MADE + 15 * DAY))
    house.until(lambda: house.opened(FAR).node is not None and "A hold keeps it." in card(legal.get("/custody"), one))
    page = card(lead.get("/custody"), one)
    assert "On hold by requests/107" in page
    hold = re.search(r'name="hold" value="([0-9A-Z]{26})"', page)[1]
    went(lead.post("/custody/hold", {"hold": hold}))
    assert lead.post("/custody/hold", {"hold": hold}).status_code == 400, "it has ended"
    ask = {"dispatch": one, "step": "ask", "reason": "the period is over"}
    went(lead.post("/custody/destroy", ask))
    assert "one of the two is a legal officer" in card(lead.get("/custody"), one)
    assert 'value="confirm"' not in card(lead.get("/custody"), one)
    went(legal.post("/custody/destroy", {"dispatch": one, "step": "refuse"}))
    went(who("legal-officer").post("/custody/open", {"dispatch": one, **WHY}))
    assert "An opening waits." in card(legal.get("/custody"), one)
    assert "An opening waits." not in card(lead.get("/custody"), one)
    went(who("reviewer").post("/custody/open", {"dispatch": one, "step": "refuse"}))
    went(lead.post("/custody/destroy", ask))
    went(legal.post("/custody/destroy", {"dispatch": one, "step": "confirm"}))
    page = legal.get("/custody")
    assert not card(page, one)
    steps = text(page).partition("What was done")[2].partition("How it is")[0]
    said = ("Destroyed; our log says so", "The request to destroy it was taken back", "The hold was ended", "Held")
    assert all(word in steps for word in said), steps
    assert steps.index("Destroyed") < steps.index("Held"), "the newest first"


def test_what_was_kept_apart_is_shown_and_can_be_held(house, who):
    node = house.opened(FAR).node
    id_ = bytes(range(16))
    since = MADE + 14 * DAY
    with node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO got (idx, id, lane, sealed_sha256, size, commitment, edition, known_at, fact, code, arrived_at,"
            " settled_at, sealed) SELECT max(idx) + 9, ?, 1, ?, 9, ?, 1, ?, ?, 'unopened', ?, ?, ? FROM got",
            (id_, bytes(32), bytes(32), since, int(Fact.QUARANTINED), since, since, b"sealed"),
        )
    legal = who("legal-officer")
    shown = text(legal.get("/custody")).partition("Kept apart unopened")[2].partition("What was done")[0]
    for word in ("of their log, urgent", "unopened", "27 Jul"):
        assert word in shown, shown
    dispatch = re.search(r'id="a-([0-9A-Z]{26})"', legal.get("/custody").text)[1]
    assert legal.post("/custody/destroy", {"dispatch": dispatch, "step": "ask", "reason": "x"}).status_code == 400
    went(legal.post("/custody/hold", {"dispatch": dispatch, "reason": "the inquiry needs it"}))
    assert "not while it is held" in text(legal.get("/custody"))
    assert "the inquiry needs it" in text(who("reviewer").get("/custody"))
    with node.ledger.begin() as book:
        book.tx.run("DELETE FROM got WHERE id = ?", (id_,))
        book.tx.run("DELETE FROM legal_hold")


def test_an_old_store_says_so_and_nothing_is_decided_there(house, who):
    two = in_custody(house)
    node = house.opened(FAR).node
    with node.ledger.begin() as book:
        was = read_link(book.tx)
        write_link(book.tx, replace(was, state=LinkState.SUPERSEDED))
    try:
        legal = who("legal-officer")
        page = legal.get("/custody")
        assert "Old store: do not use" in text(page)
        assert "This is an old store of the node: nothing is decided here." in card(page, two)
        assert "<form" not in card(page, two)
        for path, form in (
            ("open", {"dispatch": two, **WHY}),
            ("destroy", {"dispatch": two, "step": "ask", "reason": "its day"}),
            ("hold", {"dispatch": two, "reason": "an order"}),
        ):
            answer = legal.post(f"/custody/{path}", form)
            assert (answer.status_code, "This is an old store of the node" in answer.text) == (409, True), (
                path,
                answer.text[-900:],
            )
    finally:
        with node.ledger.begin() as book:
            write_link(book.tx, was)


def test_a_node_that_has_not_compared_its_logs_says_so(tmp_path):
    with desk(tmp_path, far=False) as alone:
        alone.until(lambda: alone.door("GET", "/cut")["state"] == "recovering")
        for path in ("/custody", "/ledger", "/accord"):
            role = "legal-officer" if path == "/custody" else "desk-lead"
            assert "Link recovering" in text(alone.visitor(role).get(path)), path


def test_where_nothing_stands_it_says_so(house):
    shown = text(house.visitor("reviewer").get("/custody"))
    for words in ("Nothing lies with the custodian", "Nothing is kept apart.", "Nothing was done yet."):
        assert words in shown


@pytest.mark.parametrize(
    ("lang", "words"), [("fr", "Chez le dépositaire"), ("hi", "अभिरक्षक के पास"), ("pa", "ਰੱਖਿਅਕ ਕੋਲ")]
)
def test_it_speaks_each_language(house, lang, words):
    legal = house.visitor("legal-officer")
    legal.post("/settings", {"language": lang})
    page = legal.get("/custody")
    legal.post("/settings", {"language": "en"})
    assert f'<html lang="{lang}"' in page.text
    assert words in text(page)
