"""The copy for the international board in the browser: asked, agreed, given out, and the file; a stranger sees nothing of it."""

from __future__ import annotations

import json

import pytest

from comity.base.errors import BadForm
from comity.base.ids import CaseId, read_id, show_id
from comity.node.bundle import find_source
from tests.web.desk import STRANGER, desk
from tests.web.test_precursor_screens import consignment

REPORT = {"state": "reported", "what": "seizure", "copy": True, "place": "Crossing Port"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("copies")) as house:
        pen = show_id(house.crosses(consignment()))
        more = {"re": (read_id(pen),), "case": CaseId(read_id(pen))}
        house.pen, house.incident = pen, show_id(house.crosses(consignment("incident", REPORT, **more)))
        yield house


def test_a_copy_is_asked_agreed_given_out_and_kept(house):
    place = f"/precursors/{house.incident}/board-copy"
    ours, theirs = house.visitor("officer"), house.visitor("officer", "vanmere")
    for visitor in (ours, theirs):
        assert f'href="{place}"' in visitor.get(f"/precursors/{house.pen}").text
    page = ours.get(place).text
    assert "The other side has not agreed: nothing goes out." in page
    assert 'value="go"' not in page
    assert "only one side approves" in ours.post(place, {"do": "go"}).text
    assert "/agree" in theirs.get(place).text
    said = theirs.post(f"{place}/agree", {})
    assert said.headers["location"] == place, said.text
    house.until(lambda: house.door("GET", f"/board-copy?id={house.incident}")["word"] == "agreed")
    house.until(lambda: covered(house))
    assert "The board&#39;s copy of an incident" not in page
    assert (
        "OV-8/board" in ours.post(place, {"do": "judge"}).text
        or "gets its copy" in ours.post(place, {"do": "judge"}).text
    )
    assert ours.post(place, {"do": "go"}).headers["location"] == place
    page = ours.get(place).text
    stands = house.door("GET", f"/board-copy?id={house.incident}")
    assert stands["given"]["digest"] in page
    assert stands["given"]["told"] in page
    assert 'value="go"' not in page, "given out and told: nothing is left to do"
    file = ours.get(f"{place}/file?form=json")
    assert json.loads(file.content) == json.loads(stands["content"])
    assert ours.get(f"{place}/file?form=pdf").content.startswith(b"%PDF")
    assert "copy given to the board" in ours.get(f"/precursors/{house.pen}").text


def covered(house):
    stands = house.door("GET", f"/board-copy?id={house.incident}")
    with house.opened().node.ledger.read() as tx:
        try:
            return all(
                find_source(tx, read_id(one)) is not None for one in (house.incident, house.pen, stands["agreed"])
            )
        except BadForm:
            return False


def test_what_asks_for_no_copy_and_what_is_strange_has_no_page(house):
    officer = house.visitor("officer")
    for number in (house.pen, show_id(bytes(16)), "none"):
        assert officer.get(f"/precursors/{number}/board-copy").status_code == 404
    assert house.visitor(STRANGER).get(f"/precursors/{house.incident}/board-copy").status_code == 404
