"""An incident reaches those who enforce: on their board and first page, with what they may do; nobody else sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import CaseId, read_id, show_id
from comity.edge.forms import form_json
from tests.web.desk import STRANGER, desk
from tests.web.test_precursor_screens import consignment

REFUSED = {"state": "reported", "what": "refused-order", "lines": [{"substance": "acetic anhydride", "grams": 9_000}]}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("incidents")) as house:
        house.alone = show_id(house.crosses(consignment("incident", REFUSED)))
        house.pen = show_id(house.crosses(consignment()))
        alone = {key: said for key, said in REFUSED.items() if key != "lines"}
        more = {"re": (read_id(house.pen),), "case": CaseId(read_id(house.pen))}
        house.part = show_id(house.crosses(consignment("incident", {**alone, "what": "seizure"}, **more)))
        yield house


@pytest.mark.parametrize("name", ["ostrel", "vanmere"])
@pytest.mark.parametrize("page", ["/precursors", "/precursors?view=all", "/today"])
def test_whoever_has_a_part_in_it_finds_it_on_board_and_first_page(house, name, page):
    text = house.visitor("officer", name).get(page).text
    panel = text.partition('id="pen-incidents"')[2].partition("</section>")[0]
    for number in (house.alone, house.part):
        assert f'href="/precursors/{number}"' in panel
    assert "refused order: 9 kg acetic anhydride" in panel
    assert "seizure: 1500.50 kg acetic anhydride" in panel, "it names no goods: those of its consignment"


@pytest.mark.parametrize("page", ["/precursors?view=all", "/today", "/precursors/{alone}"])
@pytest.mark.parametrize("who", [STRANGER, "administrator"])
def test_nobody_else_finds_it(house, who, page):
    other = house.visitor(who, "vanmere").get(page.format(alone=house.alone))
    assert "pen-incidents" not in other.text
    assert house.alone not in other.text.replace(page.format(alone=house.alone), "")


def test_one_that_stands_alone_has_a_page_and_ends_with_an_outcome(house):
    theirs, place = house.visitor("officer", "vanmere"), f"/precursors/{house.alone}"
    page = theirs.get(place).text
    assert f'href="/dispatch/{house.alone}/outcome"' in page
    assert theirs.get(f"/dispatch/{house.alone}/outcome").status_code == 200
    assert f'action="{place}/seen"' in page
    assert theirs.post(f"{place}/seen", {}).headers["location"] == place
    assert f'action="{place}/seen"' not in theirs.get(place).text
    form = consignment(
        "outcome", {"results": ["investigated"]}, re=(read_id(house.alone),), case=CaseId(read_id(house.alone))
    )
    said = form_json(replace(form, agency="seal-house", recipients=("paper-office",)))
    answer = house.door("POST", "/submit", {"form": said, "by": {"desk": "requests", "number": 33}}, name="vanmere")
    assert answer["outcome"] == "sent", answer
    board = theirs.get("/precursors?view=all").text
    assert house.alone not in board.partition('id="pen-incidents"')[2].partition("</section>")[0]
    assert "/outcome" not in theirs.get(place).text
    # Each side says what became of it for itself.
    assert house.alone in house.visitor("officer").get("/precursors?view=all").text
