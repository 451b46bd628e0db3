"""Whoever holds a role that only a law knows, and no other, answers in a browser what waits for it, and sees nothing else."""

from __future__ import annotations

import asyncio
import re

import pytest

from comity.base.ids import read_id
from comity.edge.forms import form_json
from tests.unit.edge.twofolders import ASKS, copy_of, question
from tests.web.desk import House, furnished

ELDER = 131
OFFICER = """
[[officer]]
party = "xo"
desk = "requests"
number = 131
agency = "harbour-watch"
roles = ["elder-of-the-watch"]
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    base = copy_of(furnished(), tmp_path_factory.mktemp("law-roles"))
    roster = base / "ostrel" / "roster.toml"
    roster.write_text(roster.read_text() + OFFICER)
    found = House(base, far=False)
    yield found
    found.stop()


def held(house) -> str:
    """Hold a draft of ours; what it waits for is what a law of this accord could ask."""
    form = form_json(question()) | {"marking": "ours-secret"}
    said = house.door("POST", "/submit", {"form": form, "by": {"desk": "requests", "number": ASKS.number}})
    assert said["outcome"] == "held", said
    opened, engine = house.opened(), house.running().engine

    def waits() -> None:
        with opened.node.ledger.begin() as book:
            book.tx.run(
                "UPDATE kept SET missing = ? WHERE id = ?", ("approval:elder-of-the-watch", read_id(said["id"]))
            )

    asyncio.run_coroutine_threadsafe(engine.call(waits), house.loop).result(10)
    return str(said["id"])


def test_the_elder_finds_the_draft_and_answers_it(house):
    draft, elder = held(house), house.visitor(ELDER)
    assert draft in elder.get("/approvals").text
    page = elder.get(f"/approvals/{draft}")
    assert "Shown at the port." in page.text
    subject = re.search(r'name="subject" value="([0-9a-f]{64})"', page.text)[1]
    said = {"subject": subject, "role": "elder-of-the-watch", "do": "approve"}
    assert elder.post(f"/approvals/{draft}/answer", said | {"role": "approver"}).status_code in {400, 403, 404, 409}
    assert elder.post(f"/approvals/{draft}/answer", said).status_code == 303
    with house.opened().node.ledger.read() as tx:
        (row,) = tx.rows("SELECT role, number, yes FROM approval WHERE subject = ?", (bytes.fromhex(subject),))
    assert tuple(row) == ("elder-of-the-watch", ELDER, 1)


def test_the_elder_sees_no_other_case_and_does_none_of_the_desk_s_work(house):
    held(house)
    other = house.door(
        "POST", "/submit", {"form": form_json(question()), "by": {"desk": "requests", "number": ASKS.number}}
    )["id"]
    elder = house.visitor(ELDER)
    for path in (f"/case/{other}", f"/dispatch/{other}", "/compose", "/people", "/duty", "/tasks", "/persons"):
        assert elder.get(path).status_code == 404, path
    assert other not in elder.get("/inbox?view=all").text
    assert elder.get("/law").status_code == 200
    another = house.visitor("reviewer")
    assert another.post(f"/approvals/{held(house)}/answer", {"role": "elder-of-the-watch"}).status_code == 404
