"""The yearly report counts what the decision log says, each assessment once, and holds no name, case or free word."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from comity.base import cbor
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.particulars import Particulars
from comity.node.lawreport import FullForms, mistreatment_report, mitigation_word
from comity.policy.assessment import Assessment, AssessmentForm, Mitigation, encode_assessment
from comity.policy.question import Act, AssessedAct, Decision, Risk, Serves
from comity.policy.verdict import Effect
from tests.unit.dispatch.test_acts import Law
from tests.unit.node.forge import pair, rows
from tests.unit.node.world import OFFICER, START, exchange, form

YEAR = 2026
NEXT = Ms(int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) * 1000)
DAY = 86_400_000
FULL = Assessment(
    act=AssessedAct.DISCLOSE,
    form=AssessmentForm.FULL,
    who_and_how="Amélie Dubois could be questioned roughly.",
    risk_before=Risk.MEDIUM,
    source="two records",
    mitigations=(Mitigation("no-third-state", Risk.LOW), Mitigation("a promise of Mr Dubois", Risk.LOW)),
    risk_after=Risk.LOW,
    decision=Decision.GO_WITH_CONDITIONS,
    basis="the file",
    decider_desk="requests",
    decider_number=9,
    outside_operation=True,
)
SHORT = replace(FULL, form=AssessmentForm.SHORT, mitigations=(), risk_after=Risk.MEDIUM, decision=Decision.GO, basis="")
USE = replace(SHORT, act=AssessedAct.USE, form=AssessmentForm.FULL, basis="x", tainted=True, outside_operation=False)
UNDECIDED = replace(FULL, decision=Decision.UNDECIDED, mitigations=(), risk_after=Risk.MEDIUM)


class Risky(Law):
    """Refuses fraud and refers missing persons on the ground of mistreatment; answers acts as it was made."""

    def decide(self, question, now):
        effect = {"fraud": Effect.REFUSE, "missing-person": Effect.REFER}.get(question.purpose)
        if effect is None or question.act is not Act.CLEAR:
            return super().decide(question, now)
        more = {"ground": "x, mistreatment-risk", "outward": "cannot-assist", "refer_to": "head"}
        return replace(self.verdict, effect=effect, **more)


@pytest.fixture
def node():
    law = Risky()
    a, b = pair(gate=law)
    exchange(a, b, START)
    (one, *_) = a.submit(
        [
            form("x", assessments=(FULL,)),
            form("y", assessments=(SHORT,)),
            form("z", purpose="fraud", conduct="c", assessments=(FULL,)),
            form("w", purpose="missing-person", assessments=(UNDECIDED,)),
        ],
        START,
    )
    used = Particulars(Act.USE, one.id, serves=Serves.PREVENT_HARM, assessments=(USE,))
    a.act(used, OFFICER, START)
    law.verdict = replace(law.verdict, effect=Effect.REFUSE, ground="mistreatment-risk", outward="cannot-assist")
    a.act(used, OFFICER, START)
    a.submit([form("next year", assessments=(FULL,))], NEXT)
    return a


def report(node, year=YEAR, now=NEXT):
    with node.ledger.read() as tx:
        return mistreatment_report(tx, year, now)


def test_a_year_is_counted_from_the_decision_log(node):
    found = report(node)
    assert found.decided == 6
    assert found.assessments == (("disclose", 4), ("use", 1))
    assert found.forms == (("disclose full", 3), ("disclose short", 1), ("use full", 1))
    assert found.risks == (("medium > low", 2), ("medium > medium", 3))
    assert found.decisions == (("go", 2), ("go-with-conditions", 2), ("undecided", 1))
    assert found.inside == (("use", 1),)
    assert found.mitigations == (("no-third-state", 2), ("other", 2))
    assert found.upward == (("law: head", 1), ("undecided", 1))
    assert found.refused == (("clear", 1), ("use", 1))
    assert found.tainted == (("allowed", 1), ("not allowed", 1))


def test_another_year_is_another_report(node):
    assert report(node, 2027).decided == 1
    assert report(node, 2025).decided == 0
    assert report(node, 2025).assessments == ()


def test_full_forms_are_in_time_late_or_missing(node):
    (due,) = rows(node, "SELECT due FROM owed WHERE what = 'full-form:disclose'")[0]
    assert due == START + DAY
    assert report(node).full_forms == FullForms(1, 0, 0, 1)
    assert report(node, now=Ms(START + 1)).full_forms == FullForms(1, 0, 0, 0), "not late yet"
    for done, said in ((due, FullForms(1, 1, 0, 0)), (due + 1, FullForms(1, 0, 1, 0))):
        with node.ledger.begin() as book:
            book.tx.run("UPDATE owed SET done_at = ? WHERE what = 'full-form:disclose'", (done,))
        assert report(node).full_forms == said


def test_a_full_form_that_was_written_later_is_counted_and_the_same_draft_taken_up_again_is_not(node):
    before = report(node)
    completed = [
        "comity/owed/1",
        bytes(16),
        "full-form:disclose",
        "assessor",
        None,
        "d",
        1,
        "",
        encode_assessment(FULL),
    ]
    unwritten = [*completed[:-1], None]
    ((again, id_),) = rows(node, "SELECT record, dispatch FROM record WHERE kind = 'refused'")
    with node.ledger.begin() as book:
        records.keep(book, "done-full-form", None, bytes(32), cbor.encode(completed), now=START)
        records.keep(book, "done-full-form", None, bytes(32), cbor.encode(unwritten), now=START)
        records.keep(book, "refused", id_, bytes(32), again, now=START)
    after = report(node)
    assert dict(after.forms)["disclose full"] == dict(before.forms)["disclose full"] + 1
    assert after.decided == before.decided + 1


def test_nothing_in_it_is_a_name_a_case_or_somebodys_own_words(node):
    said = json.dumps(asdict(report(node)))
    for word in ("Dubois", "Am", "questioned", "two records", "requests", "promise"):
        assert word not in said


@pytest.mark.parametrize(
    ("what", "word"),
    [
        ("no-third-state", "no-third-state"),
        ("named-agencies(Dubois)", "named-agencies"),
        ("assurance of 13 July 2026", "assurance"),
        ("assurance-required(ref 7)", "assurance-required"),
        ("redact:person", "redact:person"),
        ("caveat:lead-only", "caveat:lead-only"),
        ("redact:Dubois", "other"),
        ("Dubois is told", "other"),
        ("7", "other"),
    ],
)
def test_a_mitigation_is_counted_under_a_closed_word(what, word):
    assert mitigation_word(what) == word
