"""The evidence screen: who may open it, what it says of each dispatch, the file it gives, and what is kept of that."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest

from comity.base.ids import show_id
from comity.node.casecheck import check_papers
from comity.node.publickeys import PublicKeys
from tests.unit.edge.twofolders import question
from tests.web.desk import desk


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("house")) as running:
        running.case = show_id(running.crosses(replace(question(), recipients=("road-guard", "seal-house"))))
        yield running


@pytest.fixture
def legal(house):
    return house.visitor("legal-officer", "vanmere")


def address(house, more=""):
    return f"/case/{house.case}/evidence{more}"


def test_only_who_may_sees_it(house):
    for role, status in (
        ("legal-officer", 200),
        ("desk-lead", 200),
        ("officer", 404),
        ("reviewer", 404),
        ("administrator", 404),
    ):
        assert house.visitor(role, "vanmere").get(address(house)).status_code == status, role


def test_each_dispatch_stands_with_our_laws_answer_and_reason(house, legal):
    page = legal.get(address(house)).text
    assert house.case in page
    assert "stays here" in page
    assert "No rule permits this." in page
    other = house.visitor("desk-lead").get(address(house, "?purpose=court")).text
    assert "waits for something" in other
    assert "your agency does not have this dispatch" in other
    page = legal.get(address(house, "?purpose=court")).text
    assert "leaves whole" in page
    assert "Law of the accord, 2" in page
    assert legal.get(address(house, "?purpose=other")).status_code == 404


def test_the_papers_come_as_a_file_that_verifies(house, legal):
    form = {
        "purpose": "court",
        "recipient": "Court of the ford",
        "basis": "order 7, order 8",
        "language": "hi",
        "pdf": "1",
    }
    answer = legal.post(address(house), form)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    keys = PublicKeys.listed(*(house.opened(name).node.office.peer_keys for name in ("ostrel", "vanmere")))
    assert [step for step in check_papers(files, keys) if not step.good] == []
    assert files["case.pdf"].startswith(b"%PDF-")
    page = legal.get(address(house)).text
    assert "Court of the ford" in page
    assert len(re.findall(r'id="made-\d+"', page)) == 1


def test_what_does_not_fit_is_refused_in_words(house, legal):
    answer = legal.post(address(house), {"purpose": "court", "recipient": "", "basis": "order 7"})
    assert answer.status_code == 400
    assert "for whom the papers are" in answer.text
    assert legal.post(address(house), {"purpose": "other", "recipient": "x"}).status_code == 404
    stranger = house.visitor("reviewer", "vanmere").post(address(house), {"purpose": "court", "recipient": "x"})
    assert stranger.status_code in {403, 404}
