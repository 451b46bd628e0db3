"""The board and the page of a consignment over HTTP: who sees what, what may be done, and that hostile text is only text."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms, read_id, show_id
from comity.desks.precursors.flows.description import CODES
from comity.desks.precursors.screening.listed import How
from comity.desks.precursors.screening.names import Way
from comity.dispatch.filing import TakenBack
from comity.dispatch.states import Form
from comity.edge.forms import form_json
from comity.marking.labels import Urgency
from comity.screen import PartyCard
from comity.web.consignmentrows import counted_by
from comity.web.texts import Texts
from tests.web.desk import MADE, STRANGER, desk

FIRM = {"name": "Tern Fine Intermediates", "address": "Dock 4, Ford"}
BUYER = {"name": "Pivot Reagents", "address": "Hill Lane 2, Crossing"}
LIST = Path(__file__).resolve().parents[2] / "substances"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y> \u202ereversed {{7*7}}"
PEN = {
    "state": "pre-export",
    "version": 1,
    "exporter": FIRM,
    "importer": BUYER,
    "lines": [{"substance": "acetic anhydride", "grams": 1_500_500, "cas": "108-24-7", "packages": 3}],
    "route": {"entry": "Crossing Port"},
    "leaves": "2026-07-15",
}


def consignment(kind: str = "pen", body: dict | None = None, **more) -> Form:
    return Form(
        desk="precursors",
        kind=kind,
        agency="paper-office",
        role="desk-officer",
        recipients=("seal-house",),
        purpose="precursor-diversion",
        urgency=Urgency.URGENT,
        workplan_item="F-1",
        workplan_reason="",
        body=PEN if body is None else body,
        conduct="diversion",
        evaluation="B2",
        **more,
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("pens")) as house:
        house.plain = show_id(house.crosses(consignment()))
        body = PEN | {"leaves": "2026-09-20", "end_use": HOSTILE, "lines": [{"substance": HOSTILE[:150], "grams": 7}]}
        house.hostile = show_id(house.crosses(consignment(body=body)))
        yield house


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Two nodes with the list beside them, one consignment of which half came, and one of the same firms to come."""
    with desk(tmp_path_factory.mktemp("sums"), lists=LIST) as house:
        house.short = show_id(house.crosses(consignment()))
        answers(
            house, "shipped", {"day": "2026-07-13", "counts": [{"line": 1, "grams": 1_500_500}]}, house.short, ours=True
        )
        answers(
            house, "arrived-quantity", {"day": "2026-07-13", "counts": [{"line": 1, "grams": 750_000}]}, house.short
        )
        lines = [
            {"substance": HOSTILE[:150], "grams": 7},
            {"substance": "acetic anhydride", "grams": 2_000, "cas": "108-24-8"},
        ]
        house.odd = show_id(house.crosses(consignment(body=PEN | {"lines": lines})))
        yield house


def test_what_a_check_or_our_screen_can_say_is_a_word_of_every_language():
    rules = ("cas", "cas-digit", "cas-in-text", "key-form", "hs-form", "hs-exact", "hs-gathers", "un-form", "un")
    coded = {f"pen.rule.{one}" for one in (*How, *Way, *rules, "un-in-text", "likeness", "disagreement")}
    coded |= {"pen.adds.what." + one.replace(" ", "-").lower() for one in CODES}
    for language in ("en", "fr", "hi", "pa"):
        t = Texts(language)
        for key in coded:
            family, _, code = key.rpartition(".")
            assert t.word(family, code) != code, (language, key)
            assert key not in t.borrowed, (language, key)


@pytest.mark.parametrize("name", ["ostrel", "vanmere"])
def test_the_page_says_what_does_not_add_up_with_its_arithmetic_and_the_months(listed, name):
    text = listed.visitor("duty-officer", name).get(f"/precursors/{listed.short}").text
    panel = text.partition('id="pen-adds"')[2].partition("</section>")[0]
    assert "What left and what arrived differ" in panel
    for said in ("declared by the exporter", "750.50 kg", "allowed gap", "Measured against: "):
        assert said in panel
    assert (
        panel.count('<rect class="gone"') == panel.count('<rect class="here"') == panel.count('<rect class="told"') == 1
    )
    assert "2026-07" in panel
    assert "1\u202f502.50 kg" in panel or "1502.50 kg" in panel, "with the two kilos that are to come"
    assert " style=" not in panel
    assert "no customs code is told" in panel


def test_what_cannot_be_placed_is_told_on_the_page_and_hostile_text_is_text(listed):
    text = listed.visitor("duty-officer").get(f"/precursors/{listed.odd}").text
    panel = text.partition('id="pen-adds"')[2].partition("</section>")[0]
    assert "Line 1: no listed substance is named" in panel
    assert "Nothing that could be checked here fails" in panel
    assert "<script>alert" not in panel
    assert "declared by the importer" not in panel


def test_without_a_list_there_is_no_panel(house):
    assert "pen-adds" not in house.visitor("duty-officer").get(f"/precursors/{house.plain}").text


def answers(house, kind, body, re, *, ours=False):
    """Say something of a consignment, from Vanmere unless it is `ours`, and wait until it is on the other side."""
    form = consignment(kind, body, re=(read_id(re),), case=CaseId(read_id(re)))
    if ours:
        return show_id(house.crosses(form))
    said = form_json(replace(form, agency="seal-house", recipients=("paper-office",)))
    answer = house.door("POST", "/submit", {"form": said, "by": {"desk": "requests", "number": 33}}, name="vanmere")
    assert answer["outcome"] == "sent", answer
    house.until(lambda: house.door("GET", f"/state?id={answer['id']}").get("filed"))
    return answer["id"]


@pytest.mark.parametrize("role", ["officer", "duty-officer", "desk-lead", "legal-officer", "reviewer"])
def test_whoever_has_the_case_finds_the_consignment(house, role):
    who = house.visitor(role, "vanmere")
    board = who.get("/precursors").text
    assert f'id="pen-{house.plain}"' in board
    assert "1\u202f500.50 kg acetic anhydride" in board or "1500.50 kg acetic anhydride" in board
    assert "would leave on 15 Jul 2026, before the limit of XV" in board
    page = who.get(f"/precursors/{house.plain}")
    assert page.status_code == 200
    assert "Vanmere answers" in page.text
    assert "Crossing Port" in page.text


def test_the_page_of_the_day_has_what_waits_for_us_and_for_nobody_else(house):
    def told(role, name):
        return house.visitor(role, name).get("/today").text.partition('id="r-pens"')[2].partition('id="r-latest"')[0]

    for role in ("duty-officer", "desk-lead"):
        panel = told(role, "vanmere")
        assert f'href="/precursors/{house.plain}"' in panel
        assert "would leave on 15 Jul 2026, before the limit of XV" in panel
        assert "<script>alert" not in panel
        assert "day-pens" not in told(role, "ostrel")
    for role in ("approver", "administrator"):
        assert "day-pens" not in told(role, "vanmere")


@pytest.mark.parametrize("who", [STRANGER, "approver", "administrator"])
def test_whoever_has_it_not_finds_nothing_not_even_a_count(house, who):
    other = house.visitor(who, "vanmere")
    board = other.get("/precursors?view=all")
    assert house.plain not in board.text
    assert "acetic" not in board.text
    assert other.get(f"/precursors/{house.plain}").status_code == 404
    assert other.post(f"/precursors/{house.plain}/seen").status_code in {403, 404}
    assert 'id="rail-precursors"' not in other.get("/keys").text


def test_each_view_holds_what_it_says(house):
    theirs, ours = house.visitor("duty-officer", "vanmere"), house.visitor("duty-officer")

    def seen(who, view):
        text = who.get(f"/precursors?view={view}").text
        return [f'id="pen-{one}"' in text for one in (house.plain, house.hostile)]

    assert seen(theirs, "ours") == [True, True]
    assert seen(theirs, "held") == [True, False]
    assert seen(theirs, "theirs") == seen(theirs, "done") == [False, False]
    assert seen(ours, "theirs") == seen(ours, "all") == seen(theirs, "no such view") == [True, True]
    assert 'class="count"' in theirs.get("/keys").text


def test_hostile_text_is_only_text(house):
    who = house.visitor("duty-officer", "vanmere")
    for path in ("/precursors?view=all", f"/precursors/{house.hostile}", f"/dispatch/{house.hostile}/reply"):
        text = who.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "\u202e" not in text
        assert " style=" not in text


def test_the_page_offers_what_may_be_said_and_leads_to_its_form(house):
    page = house.visitor("officer", "vanmere").get(f"/precursors/{house.plain}").text
    for act in ("reply", "object", "arrived", "incident"):
        assert f'href="/dispatch/{house.plain}/{act}"' in page
    for act in ("shipped", "amend", "outcome"):
        assert f"/dispatch/{house.plain}/{act}" not in page
    mine = house.visitor("officer").get(f"/precursors/{house.plain}").text
    assert f'href="/dispatch/{house.plain}/amend"' in mine
    assert f'href="/dispatch/{house.plain}/object"' not in mine
    reads = house.visitor("reviewer", "vanmere").get(f"/precursors/{house.plain}").text
    assert f"/dispatch/{house.plain}/" not in reads


def test_a_form_is_written_on_a_dispatch_of_the_right_side_only(house):
    there, here = house.visitor("officer", "vanmere"), house.visitor("officer")
    for act, good in (("object", there), ("arrived", there), ("shipped", here), ("amend", here)):
        bad = here if good is there else there
        assert good.get(f"/dispatch/{house.plain}/{act}").status_code == 200, act
        assert bad.get(f"/dispatch/{house.plain}/{act}").status_code == 404, act
    for kind in ("pen", "incident"):
        assert here.get(f"/compose?kind={kind}").status_code == 200
    assert here.get("/compose?kind=objection").status_code == 404


def test_a_new_version_begins_with_what_the_last_one_says(house):
    text = house.visitor("officer").get(f"/dispatch/{house.plain}/amend").text
    assert 'name="b-lines-0-grams" value="1500.5"' in text
    assert 'name="b-exporter-0-name" value="Tern Fine Intermediates"' in text
    assert 'name="b-version" value="2"' in text
    assert 'name="b-leaves" value="2026-07-15"' in text


def test_seen_is_a_fact_of_both_sides(house):
    who = house.visitor("officer", "vanmere")
    assert f'action="/precursors/{house.plain}/seen"' in who.get(f"/precursors/{house.plain}").text
    answer = who.post(f"/precursors/{house.plain}/seen")
    assert answer.headers["location"] == f"/precursors/{house.plain}"
    house.until(lambda: house.door("GET", f"/state?id={house.plain}").get("seen"))
    assert f'action="/precursors/{house.plain}/seen"' not in who.get(f"/precursors/{house.plain}").text


def test_without_a_list_nothing_is_said_of_any_law(house):
    text = house.visitor("officer", "vanmere").get(f"/precursors/{house.plain}").text
    assert "whether a line is controlled is not known here" in text
    assert "Our screen has not looked" in text


@pytest.mark.parametrize("name", ["x", "0" * 26, "%00", "XO-2026-0001"])
def test_what_is_no_consignment_is_not_there(house, name):
    assert house.visitor("duty-officer").get(f"/precursors/{name}").status_code == 404


def test_a_consignment_to_its_end_on_both_pages(house):
    """Cleared, left, arrived short, closed: quantities and their sum, who was awaited when, and what may still be said."""
    one = show_id(house.crosses(consignment(body=PEN | {"leaves": "2026-08-20"})))
    mine, theirs = house.visitor("duty-officer"), house.visitor("duty-officer", "vanmere")
    answers(house, "pen-reply", {"state": "no-objection"}, one)
    page = mine.get(f"/precursors/{one}").text
    assert "We are awaited: word that it left" in page
    assert "Answered" in page
    assert "Quantities" not in page
    answers(house, "shipped", {"day": "2026-08-20", "counts": [{"line": 1, "grams": 1_500_000}]}, one, ours=True)
    answers(house, "arrived-quantity", {"day": "2026-09-02", "counts": [{"line": 1, "grams": 1_490_000}]}, one)
    for who in (mine, theirs):
        page = who.get(f"/precursors/{one}").text
        assert "Has arrived" in page
        assert "left," in page
        assert "arrived: 10 kg missing" in page
        assert "Runs no longer" in page or "No limit" in page
    answers(house, "outcome", {"results": ["lawful"]}, one)
    for who in (mine, theirs):
        assert f'id="pen-{one}"' in who.get("/precursors?view=done").text
        assert f'id="pen-{one}"' not in who.get("/precursors?view=theirs").text
        assert "Nothing is awaited" in who.get(f"/precursors/{one}").text


def test_a_recall_of_the_case_desk_reaches_the_consignment_on_both_sides(house):
    """Recalled: said first, with its goods held; nothing more is answered; its text is closed, its goods still named."""
    one = show_id(house.crosses(consignment(body=PEN | {"leaves": "2026-08-21", "end_use": "solvent line"})))
    mine, theirs = house.visitor("duty-officer"), house.visitor("duty-officer", "vanmere")
    assert "solvent line" in theirs.get(f"/precursors/{one}").text
    recall = replace(
        consignment("recall", {"target": bytes(read_id(one)), "reason": "never applied for"}),
        desk="requests",
        re=(read_id(one),),
        case=CaseId(read_id(one)),
    )
    house.crosses(recall)
    for who in (mine, theirs):
        assert f'id="pen-{one}"' in who.get("/precursors?view=held").text
        page = who.get(f"/precursors/{one}").text
        assert "Recalled" in page
        assert "recalled the notification: nothing may be built on it" in page
        assert "acetic anhydride" in page
        assert "solvent line" not in page
    form = form_json(
        replace(
            consignment("objection", {"reasons": ["no-permit"]}, re=(read_id(one),), case=CaseId(read_id(one))),
            agency="seal-house",
            recipients=("paper-office",),
        )
    )
    with pytest.raises(BadForm, match="was recalled by its sender"):
        house.door("POST", "/submit", {"form": form, "by": {"desk": "requests", "number": 33}}, name="vanmere")


def test_a_recall_that_the_other_side_refused_is_told_as_that_and_holds_the_goods_on_both_sides(house):
    one = show_id(house.crosses(consignment(body=PEN | {"leaves": "2026-09-22", "end_use": "solvent line"})))
    asked = DispatchId(bytes(15) + b"r")
    for name in ("ostrel", "vanmere"):
        opened = house.opened(name)
        with opened.node.ledger.begin() as book:
            taken = TakenBack(read_id(one), asked, "recall", name == "ostrel", MADE, refused=True)
            opened.desks["precursors"].take_back(book.tx, taken)
        who = house.visitor("duty-officer", name)
        assert f'id="pen-{one}"' in who.get("/precursors?view=held").text
        page = who.get(f"/precursors/{one}").text
        assert "recall asked by XO, refused by XV: it stays until there is a new version" in page
        assert "Recall asked by its sender, refused by the other side" in page
        assert "silence means nothing until that is resolved" in page
        assert "Recalled" not in page
        assert "solvent line" in page


def test_a_corrected_no_objection_holds_the_goods_again_on_both_pages(house):
    one = show_id(house.crosses(consignment(body=PEN | {"leaves": "2026-09-23"})))
    yes = answers(house, "pen-reply", {"state": "no-objection"}, one)
    line = {"label": "state", "strike": "no-objection", "value": "enquiry", "categories": []}
    correct = consignment("correction", {"replacements": [line]}, replaces=read_id(yes), case=CaseId(read_id(one)))
    said = form_json(replace(correct, desk="requests", agency="seal-house", recipients=("paper-office",)))
    answer = house.door("POST", "/submit", {"form": said, "by": {"desk": "requests", "number": 33}}, name="vanmere")
    assert answer["outcome"] == "sent", answer
    house.until(lambda: house.door("GET", f"/state?id={answer['id']}").get("filed"))
    for name in ("ostrel", "vanmere"):
        page = house.visitor("duty-officer", name).get(f"/precursors/{one}").text
        assert "an answer was taken back or corrected: it waits for a new one" in page
        assert "Corrected by its sender" in page


def test_the_ledger_of_each_dispatch_of_a_consignment_opens(house):
    who = house.visitor("duty-officer", "vanmere")
    page = who.get(f"/ledger/dispatch/{house.plain}")
    assert page.status_code == 200
    assert f'href="/dispatch/{house.plain}"' in page.text
    assert "otification" in page.text
    assert who.get(f"/ledger/dispatch/{house.plain}/papers").status_code in {200, 409}
    other = house.visitor(STRANGER, "vanmere")
    for place in (f"/ledger/dispatch/{house.plain}", f"/dispatch/{house.plain}", f"/case/{house.plain}"):
        assert other.get(place).status_code == 404, place


def test_a_dispatch_and_a_case_of_a_consignment_alone_lead_to_its_page(house):
    who = house.visitor("duty-officer", "vanmere")
    for place in (f"/dispatch/{house.hostile}", f"/case/{house.hostile}"):
        answer = who.get(place)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/precursors/{house.hostile}"), place
    assert who.get(f"/dispatch/{'0' * 26}").status_code == 404


def test_the_case_in_which_a_consignment_stands_has_a_line_of_it(house):
    one = house.crosses(consignment())
    recall = consignment("recall", {"target": bytes(one)}, re=(one,), case=CaseId(one))
    house.crosses(replace(recall, desk="requests"))
    who = house.visitor("duty-officer", "vanmere")
    page = who.get(f"/case/{show_id(one)}")
    assert page.status_code == 200
    assert 'id="case-pens"' in page.text
    assert f'href="/precursors/{show_id(one)}"' in page.text
    assert f'href="/case/{show_id(one)}"' in who.get(f"/precursors/{show_id(one)}").text
    assert house.hostile not in page.text, "a consignment of another case is not there"


def test_search_finds_a_consignment_for_whoever_has_its_case_only(house):
    mine, theirs = house.visitor("duty-officer"), house.visitor("duty-officer", "vanmere")
    for who in (mine, theirs):
        for words in ("tern fine", "pivot", "anhydride", "108-24-7", house.plain):
            assert f'href="/precursors/{house.plain}"' in who.get(f"/search?q={quote(words)}").text, words
        assert "/precursors/" + house.plain not in who.get("/search?q=heron").text
    assert house.plain not in house.visitor(STRANGER, "vanmere").get("/search?q=anhydride").text
    found = house.door("GET", "/search?q=anhydride")
    assert house.plain in {one["id"] for one in found["consignments"]}


@pytest.mark.parametrize(
    ("end", "whose"),
    [
        ("2026-07-22T04:00:00+00:00", "CA"),  # midnight in Ottawa: the exporting side's own days
        ("2026-07-21T18:30:00+00:00", "IN"),
        ("2026-07-21T12:00:00+00:00", "IN"),  # nobody's midnight: the side that answers
    ],
)
def test_a_limit_is_told_in_the_days_of_the_side_by_which_it_was_counted(end, whose):
    north = PartyCard("CA", "North", "Ottawa", "America/Toronto", 0, 1, "", ours=True)
    south = PartyCard("IN", "South", "New Delhi", "Asia/Kolkata", 0, 1, "", ours=False)
    at = Ms(int(datetime.fromisoformat(end).timestamp() * 1000))
    assert counted_by(at, south, north).short == whose
