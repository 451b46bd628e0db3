"""The law's part in a dispatch: what was obliged, approved, assessed, deferred and done later; outcomes and no text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import DispatchId, Ms
from comity.dispatch.glass import BREAK_GLASS
from comity.dispatch.owed import Completion
from comity.dispatch.particulars import Particulars
from comity.edge.board import verdict_line
from comity.edge.lawpart import law_part, plain_step
from comity.marking.labels import Urgency
from comity.policy.assessment import Mitigation
from comity.policy.question import Act, Decision, Outside, Risk, Serves
from comity.policy.verdict import Effect
from comity.screen import AssessmentLine
from tests.unit.dispatch.test_acts import Law, held, used
from tests.unit.node.approving import HOUR, MINUTE, Asking, assessment, by, draft, hold, office_of, yes
from tests.unit.node.forge import START
from tests.unit.node.world import OFFICER

DAY = 24 * HOUR
NOON = Ms(START + HOUR)
REASON = "a shot at the shop was announced for this evening"
SECRETS = (
    REASON,
    "the person named, at a police station",
    "two sources that do not know each other",
    "assessed anew",
    "only for the search",
)


def line(act, verdict):
    return verdict_line("XA", act, verdict, exercise=True, ground=verdict.ground)


def part_of(node, dispatch):
    with node.ledger.read() as tx:
        return law_part(tx, dispatch, line)


def send(a, number=8, now=START, **more):
    (done,) = a.submit([draft("a name", number, **more)], now)
    return done


def owed(a, what):
    return next(one for one in a.owed() if one.what == what)


def test_nothing_is_told_of_what_our_law_was_not_asked_about():
    part = part_of(office_of(Asking()), DispatchId(bytes(16)))
    assert (part.duties, part.approvals, part.assessments, part.glass, part.acts) == ((), (), (), None, ())


def test_obligations_stand_as_done_open_or_holding():
    obliged = (("redact", "person"), ("caveat", "lead-only"), ("retain-max-days", "90"), ("report", "list-check"))
    a = office_of(Asking(obliged=obliged))
    done = send(a)
    found = {one.verb: (one.value, one.state, one.role, one.rule) for one in part_of(a, done.id).duties}
    assert found == {
        "redact": ("who a person is", "done", "", "T-1"),
        "caveat": ("lead-only", "done", "", "T-1"),
        "retain-max-days": ("90", "noted", "", "T-1"),
        "report": ("list-check", "open", "reviewer", "T-1"),
    }
    a.complete(owed(a, "report:list-check").id, Completion(by(32), "it is on the list"), NOON)
    report = next(one for one in part_of(a, done.id).duties if one.verb == "report")
    assert (report.state, report.done_at) == ("done", NOON)


def test_approvals_are_told_by_role_and_number_with_their_time():
    a = office_of(Asking(("head", "privacy"), obliged=(("approval", "head"),)))
    kept = hold(a)
    a.approve(kept.subject, yes("head", 11), NOON)
    a.approve(kept.subject, yes("privacy", 13), Ms(NOON + 1))
    done = a.resume(kept.id, by(8), Ms(NOON + MINUTE))
    part = part_of(a, done.id)
    assert [(one.role, one.officer, one.at) for one in part.approvals] == [
        ("head", "plain, officer 11", NOON),
        ("privacy", "plain, officer 13", NOON + 1),
    ]
    assert [(one.verb, one.state) for one in part.duties] == [("approval", "done")]


def test_an_assessment_is_its_outcome_and_the_full_form_comes_after():
    a = office_of(Asking())
    short = assessment(
        "disclose", risk_before=Risk.MEDIUM, mitigations=(Mitigation("only for the search", Risk.LOW),), decision=Decision.GO_WITH_CONDITIONS
    )  # fmt: skip
    done = send(a, urgency=Urgency.IMMEDIATE, assessments=(short,))
    a.complete(owed(a, "full-form:disclose").id, Completion(by(41), assessment=assessment(shape="full")), NOON)
    part = part_of(a, done.id)
    assert part.assessments == (
        AssessmentLine(
            "disclose", "short", "medium", "low", "go-with-conditions", outside=True, tainted=False, at=START
        ),
        AssessmentLine("disclose", "full", "low", "low", "go", outside=True, tainted=False, at=NOON),
    )
    assert [(one.verb, one.value, one.state) for one in part.duties] == [("owed-full-form", "disclose", "done")]
    assert not [words for words in SECRETS if words in repr(part)]


def test_broken_glass_says_what_waited_and_when_it_was_looked_at():
    a = office_of(Asking(("head",), forms=("disclose",)))
    done = send(a, urgency=Urgency.IMMEDIATE, break_glass=REASON, assessments=(assessment(),))
    glass = part_of(a, done.id).glass
    assert (glass.at, glass.deferred, glass.review_due, glass.reviewed_at) == (
        START,
        ("approval by head",),
        START + DAY,
        None,
    )
    a.complete(owed(a, "review").id, Completion(by(32), "it was right"), NOON)
    part = part_of(a, done.id)
    assert part.glass.reviewed_at == NOON
    assert {one.verb for one in part.duties} == {"owed-full-form", "owed-approval", "owed-review"}
    assert not [words for words in (*SECRETS, "it was right") if words in repr(part)]


def test_later_acts_stand_with_their_answer_whether_done_or_not():
    _, b, one = held(Law(Effect.PERMIT_WITH, ("caveat", "lead-only")))
    b.act(used(one, reason="only for the search"), OFFICER, NOON)
    done = part_of(b, one).acts
    assert [(act.act, act.about, act.state, act.officer, act.at, act.verdict.effect) for act in done] == [
        ("use", "lead", "done", f"{OFFICER.desk}, officer 7", NOON, "permit-with")
    ]
    assert done[0].verdict.rules == (("T-9",),)
    assert not [words for words in SECRETS if words in repr(done)]


@pytest.mark.parametrize(
    ("law", "state", "missing"),
    [
        (Law(Effect.REFUSE, ground="originator-objects", outward="cannot-assist"), "refused", ()),
        (Law(Effect.REFER, refer_to="court"), "referred", ()),
        (Law(Effect.REFER, missing=("approval:head",), refer_to="head"), "held", ("approval by head",)),
    ],
)
def test_an_act_that_was_not_done_says_why_and_what_is_missing(law, state, missing):
    _, b, one = held(law)
    b.act(Particulars(Act.ONWARD, one, outside=Outside.THIRD_STATE, reason="only for the search"), OFFICER, NOON)
    (act,) = part_of(b, one).acts
    assert (act.act, act.state, act.missing, act.glass) == ("onward", state, missing, False)
    assert act.verdict.ground == law.verdict.ground


def test_an_act_behind_broken_glass_says_so():
    law = Asking()
    a = office_of(law)
    done = send(a, urgency=Urgency.IMMEDIATE)
    law.approvals = ("head",)
    made = Particulars(Act.USE, done.id, serves=Serves.LEAD, break_glass=REASON, assessments=(assessment("use"),))
    a.act(made, by(8), NOON)
    (act,) = part_of(a, done.id).acts
    assert (act.state, act.glass, act.deferred) == ("done", True, ("approval by head",))
    assert [one.act for one in act.assessments] == ["use"]
    assert {leaf for (leaf,) in _rows(a, "SELECT kind FROM opening")} == {BREAK_GLASS}


def _rows(node, statement):
    with node.ledger.read() as tx:
        return tx.rows(statement)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("approval:head", "approval by head"),
        ("release:officer-without-standing", "an officer who has standing now"),
        ("act:purpose", "an officer whose standing covers this purpose"),
        ("act:something-new", "act:something-new"),
    ],
)
def test_a_step_is_said_in_plain_words_or_as_it_stands(step, words):
    assert plain_step(step) == words


def test_no_limit_of_standing_is_left_without_words():
    """Planted: a limit that the path names and that has no words would be shown as a code."""
    a = office_of(Asking())
    a.office.powers.given[7] = replace(
        a.office.powers.given[7], agency="two", kinds=frozenset(), purposes=frozenset(), urgencies=frozenset(), stages=frozenset(), categories=frozenset(), until=Ms(0)
    )  # fmt: skip
    held_one = hold(a)
    assert len(held_one.missing) >= 5
    assert not [word for word in map(plain_step, held_one.missing) if ":" in word]
