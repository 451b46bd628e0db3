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


ASSESSED = {
    "a-assessment-rows": "1", "a-assessment-0-act": "use", "a-assessment-0-form": "short", "a-assessment-0-who_and_how": "nobody",
    "a-assessment-0-risk_before": "low", "a-assessment-0-source": "a paper", "a-assessment-0-decision": "go",
    "a-assessment-0-decider": "requests/33", "a-assessment-0-outside": "yes", "a-assessment-0-mitigations-rows": "1",
}  # fmt: skip


def test_an_assessment_of_the_form_goes_with_each_act(house, legal):
    form = {"purpose": "court", "recipient": "Court of the weir", "basis": "order 9"}
    again = legal.post(address(house), form | ASSESSED | {"do": "row:a-assessment-0-mitigations"})
    assert again.status_code == 200
    assert 'name="a-assessment-0-mitigations-1-what"' in again.text
    assert 'value="Court of the weir"' in again.text
    bad = legal.post(address(house), form | ASSESSED | {"a-assessment-0-source": ""})
    assert (bad.status_code, bad.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert 'id="f-a-assessment-0-source-e"' in bad.text
    made = legal.post(address(house), form | ASSESSED | {"do": "make"})
    assert made.headers["content-type"] == "application/zip"
    with house.opened("vanmere").node.ledger.read() as tx:
        kept = [bytes(row[0]) for row in tx.rows("SELECT particulars FROM act WHERE particulars IS NOT NULL")]
    assert any(b"a paper" in one and b"Court of the weir" in one for one in kept)


def test_what_does_not_fit_is_refused_in_words(house, legal):
    answer = legal.post(address(house), {"purpose": "court", "recipient": "", "basis": "order 7"})
    assert answer.status_code == 400
    assert "for whom the papers are" in answer.text
    assert legal.post(address(house), {"purpose": "other", "recipient": "x"}).status_code == 404
    stranger = house.visitor("reviewer", "vanmere").post(address(house), {"purpose": "court", "recipient": "x"})
    assert stranger.status_code in {403, 404}
