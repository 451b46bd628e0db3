"""Every later act on what is held: our law is asked, its answer kept, a no is a result, and only an officer with standing acts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch import holding
from comity.dispatch.acts import Done, NotDone
from comity.dispatch.answered import SAID_NO
from comity.dispatch.approvals import Answer
from comity.dispatch.decision import read_record
from comity.dispatch.entries import RecordLeaf
from comity.dispatch.filing import Standing
from comity.dispatch.particulars import (
    Particulars,
    decode_particulars,
    subject_of,
)
from comity.dispatch.states import Officer
from comity.marking.labels import Urgency
from comity.marking.rules import default_label
from comity.node.acts import LookBack, look_back
from comity.policy.assessment import Assessment, AssessmentForm
from comity.policy.question import Act, AssessedAct, Decision, Outside, Release, Risk, Serves
from comity.policy.verdict import Effect, Obligation, Reason, Verdict
from tests.unit.node.forge import START, entries, pair, rows
from tests.unit.node.world import OFFICER, Everyone, exchange, form

DAY = 86_400_000
LATER = Ms(START + 60_000)


class Law:
    """A law that lets everything cross, gives one answer to every later act, and remembers what it was asked."""

    def __init__(self, effect: Effect = Effect.PERMIT, *duties: tuple[str, str], **more) -> None:
        reason = Reason("T-9", effect, "Test Act s. 9", "text-read", "So it is.", (("en", "So it is."),))
        made = {"ground": None, "outward": None, "refer_to": None, "missing": (), "edition": Digest(bytes(32)), **more}
        self.asked: list = []
        self.verdict = Verdict(effect, (reason,), tuple(Obligation(v, w, "T-9") for v, w in duties), **made)

    def decide(self, question, now):
        if question.act in {Act.CLEAR, Act.ADMIT}:
            reason = replace(self.verdict.reasons[0], effect=Effect.PERMIT)
            return Verdict(Effect.PERMIT, (reason,), (), None, None, None, (), Digest(bytes(32)))
        self.asked.append(question)
        return self.verdict


class Roster(Everyone):
    """Officers by number; whoever is not in it has no standing."""

    def __init__(self, **standings: Standing) -> None:
        self.standings = {int(name[1:]): standing for name, standing in standings.items()}

    def standing(self, tx, desk, number, now):
        return self.standings.get(number)


def officer(*roles: str, agency: str = "agency", **bounds) -> Standing:
    return replace(Standing(agency, frozenset(roles), None, None, None, None, None), **bounds)


def held(law=None, made=None, powers=None):
    """A node that got one dispatch of its peer's and one that sent it; return both nodes and its number."""
    a, b = pair(gate=law or Law())
    exchange(a, b, START)
    (done,) = a.submit([made or form("what the peer said")], START)
    exchange(a, b, Ms(START + 1))
    b.office = replace(b.office, powers=powers or Everyone())
    return a, b, done.id


def used(dispatch, **more) -> Particulars:
    return Particulars(Act.USE, dispatch, serves=Serves.LEAD, **more)


# --- done --------------------------------------------------------------------------------------------------------


def test_an_act_that_law_permits_is_done_and_stands_in_the_decision_log_with_its_question():
    law = Law(Effect.PERMIT_WITH, ("caveat", "lead-only"))
    _, b, one = held(law)
    done = b.act(used(one, reason="to look for the boat"), OFFICER, LATER)
    assert isinstance(done, Done)
    assert done.obligations == law.verdict.obligations
    ((kind, record),) = rows(b, "SELECT kind, record FROM record WHERE idx = ?", (done.record,))
    decided = read_record(record)
    assert (kind, decided.kind, decided.question, decided.now) == ("act", "act", law.asked[0], LATER)
    assert decode_particulars(decided.rest["particulars"]) == used(one, reason="to look for the boat")
    assert rows(b, "SELECT id, dispatch, act, desk, number, effect, record, at FROM act") == [
        (done.id, one, "use", "plain", 7, "permit-with", done.record, LATER)
    ]


def test_the_question_of_an_act_says_who_acts_and_what_it_is_about():
    law = Law()
    a, b, one = held(law, form("x", conduct="theft", basis=("order",)))
    b.act(used(one), OFFICER, LATER)
    a.act(used(one), OFFICER, LATER)
    theirs, ours = law.asked
    assert (theirs.act, theirs.agency, theirs.peer_agencies, theirs.conduct) == (
        Act.USE,
        "agency",
        ("agency",),
        "theft",
    )
    assert (theirs.serves, theirs.outside, theirs.new_purpose, theirs.basis) == ("lead", "", "", frozenset({"order"}))
    assert ours == theirs, "what we sent and what we got is asked alike"


@pytest.mark.parametrize(
    ("act", "more", "outside"),
    [
        (Act.EVIDENCE, {}, "court"),
        (Act.COURT, {"basis": ("order-reference",)}, "court"),
        (Act.EXPORT, {}, "file"),
        (Act.ACCESS, {}, "person"),
        (Act.ONWARD, {"to_agencies": frozenset({"harbour"})}, ""),
        (Act.ONWARD, {"outside": Outside.THIRD_STATE}, "third-state"),
        (Act.REPURPOSE, {"new_purpose": "fraud"}, ""),
    ],
)
def test_each_act_says_whom_it_gives_content_to(act, more, outside):
    law = Law()
    _, b, one = held(law)
    b.act(Particulars(act, one, **more), OFFICER, LATER)
    (asked,) = law.asked
    assert (asked.act, asked.outside, asked.third_state) == (act, outside, outside == "third-state")
    assert asked.to_agencies == more.get("to_agencies", frozenset())
    assert asked.new_purpose == more.get("new_purpose", "")
    assert asked.basis == frozenset(more.get("basis", ()))


DUTY = Roster(n7=officer("duty-officer"), n8=officer("desk-officer"))
BROKEN = "a man is held on a boat that leaves within the hour"


def test_what_law_orders_to_report_is_owed_and_so_are_forms_and_reviews():
    law = Law(Effect.PERMIT_WITH, ("report", "the-reviewer"), ("report", "list-6h"), ("approval", "head"))
    _, b, one = held(law, powers=DUTY)
    done = b.act(broken(one), OFFICER, LATER)
    assert isinstance(done, Done)
    assert law.asked[0].break_glass
    assert law.asked[0].urgency is Urgency.IMMEDIATE
    assert rows(b, "SELECT what, dispatch, role, due, since FROM owed ORDER BY what") == [
        ("approval:head", one, "head", LATER + DAY, LATER),
        ("full-form:use", one, "assessor", LATER + DAY, LATER),
        ("report:list-6h", one, "reviewer", LATER + DAY // 4, LATER),
        ("report:the-reviewer", one, "reviewer", None, LATER),
        ("review", one, "reviewer", LATER + DAY, LATER),
    ]
    assert [leaf.kind for leaf in entries(b) if isinstance(leaf, RecordLeaf)] == ["break-glass"], "both sides see it"


def broken(one, **more) -> Particulars:
    said = {"assessments": (assessment(AssessmentForm.SHORT),), "break_glass": BROKEN, "urgency": Urgency.IMMEDIATE}
    return used(one, **(said | more))


@pytest.mark.parametrize(
    ("number", "more"),
    [(8, {}), (7, {"break_glass": "hurry"}), (7, {"assessments": ()}), (7, {"urgency": Urgency.URGENT})],
)
def test_the_glass_is_broken_by_a_duty_officer_for_a_life_with_a_reason_and_the_short_form(number, more):
    _, b, one = held(Law(Effect.PERMIT_WITH, ("approval", "head")), powers=DUTY)
    told = b.act(broken(one, **more), Officer("plain", number), LATER)
    assert told.missing == ("act:break-glass",)


class Glass(Law):
    """A law that forgets everything when the glass is broken; with the glass whole it answers as it was made."""

    def decide(self, question, now):
        whole = super().decide(question, now)
        return replace(whole, effect=Effect.PERMIT, missing=(), ground=None) if question.break_glass else whole


@pytest.mark.parametrize(
    ("law", "done"),
    [
        (Glass(Effect.REFER, missing=("approval:head", "assessment:use:full"), ground="x", outward="y"), True),
        (Glass(Effect.REFER, missing=("assessment:use",), ground="x", outward="y"), False),
        (Glass(Effect.REFER, ground="x", outward="y"), False),
        (Glass(Effect.REFUSE, missing=("approval:head",), ground="hard-stop", outward="y"), False),
    ],
)
def test_behind_broken_glass_nothing_is_deferred_but_approvals_and_full_forms(law, done):
    _, b, one = held(law, powers=DUTY)
    told = b.act(broken(one), OFFICER, LATER)
    assert isinstance(told, Done) is done
    ((record,),) = rows(b, "SELECT record FROM record WHERE idx = ?", (told.record,))
    assert read_record(record).rest["deferred"] == (list(law.verdict.missing) if done else [])
    assert read_record(record).question.break_glass is done, "the record holds the question that gave its answer"


def assessment(form_=AssessmentForm.FULL, act=AssessedAct.USE) -> Assessment:
    return Assessment(
        act, form_, "nobody", Risk.LOW, "good", (), Risk.LOW, Decision.GO, "the file", "requests", 9, True
    )


# --- not done ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "state", "missing"),
    [
        (Law(Effect.REFUSE, ground="hard-stop", outward="cannot-assist"), "refused", ()),
        (Law(Effect.REFER, refer_to="head", ground="x", outward="cannot-assist"), "referred", ()),
        (Law(Effect.REFER, missing=("assessment:use",), ground="x", outward="y"), "held", ("assessment:use",)),
        (Law(Effect.PERMIT_WITH, ("approval", "head")), "held", ("approval:head",)),
    ],
)
def test_an_act_that_is_not_done_is_kept_with_its_reasons_and_is_no_error(law, state, missing):
    _, b, one = held(law)
    told = b.act(used(one), OFFICER, LATER)
    assert isinstance(told, NotDone)
    assert (told.state, told.missing, told.verdict) == (state, missing, law.verdict)
    ((kind, record),) = rows(b, "SELECT kind, record FROM record WHERE idx = ?", (told.record,))
    assert (kind, read_record(record).rest["missing"]) == ("act-refused", list(missing))
    assert rows(b, "SELECT effect FROM act") == [(state,)]
    assert not rows(b, "SELECT 1 FROM owed")


@pytest.mark.parametrize(
    ("standing", "missing"),
    [
        (None, "act:officer-without-standing"),
        (officer(agency="another"), "act:agency"),
        (officer(acts=frozenset({"onward"})), "act:act"),
        (officer(purposes=frozenset({"fraud"})), "act:purpose"),
        (officer(urgencies=frozenset({2})), "act:urgency"),
        (officer(until=LATER), "act:delegation-ended"),
    ],
)
def test_an_officer_whose_standing_does_not_cover_the_act_is_refused(standing, missing):
    _, b, one = held(powers=Roster(**({"n7": standing} if standing else {})))
    told = b.act(used(one), OFFICER, LATER)
    assert isinstance(told, NotDone)
    assert (told.state, told.missing) == ("held", (missing,))


def test_what_is_not_held_cannot_be_acted_on_and_leaves_nothing():
    a, b = pair(gate=Law())
    with pytest.raises(BadForm, match="does not hold"):
        b.act(used(DispatchId(bytes(16))), OFFICER, LATER)
    (refused,) = a.submit([form("x", purpose="workplan")], START)
    exchange(a, b, Ms(START + 1))
    b.ledger.read()
    with b.ledger.begin() as book:
        book.tx.run("UPDATE got SET plain = NULL")
    with pytest.raises(BadForm, match="does not hold"):
        b.act(used(refused.id), OFFICER, LATER)
    assert not rows(b, "SELECT 1 FROM act")


# --- approvals ---------------------------------------------------------------------------------------------------


def approve(node, what: Particulars, role: str, number: int, *, yes: int = 1, at: int = LATER) -> None:
    with node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO approval (subject, role, desk, number, yes, reason, at) VALUES (?, ?, 'plain', ?, ?, '', ?)",
            (subject_of(what), role, number, yes, at),
        )


ROSTER = Roster(n7=officer("head"), n8=officer("head", "lawyer"), n9=officer("clerk"))


@pytest.mark.parametrize(
    ("role", "number", "yes", "counted"),
    [
        ("head", 8, 1, True),
        ("head", 7, 1, False),  # the one who acts
        ("head", 9, 1, False),  # without the role
        ("head", 6, 1, False),  # nobody
        ("head", 8, 0, False),  # a no
    ],
)
def test_an_approval_counts_from_another_person_with_the_role(role, number, yes, counted):
    law = Law(Effect.PERMIT_WITH, ("approval", "head"))
    _, b, one = held(law, powers=ROSTER)
    approve(b, used(one), role, number, yes=yes)
    assert isinstance(b.act(used(one), OFFICER, LATER), Done) is counted
    assert law.asked[0].approvals == (frozenset({"head"}) if counted else frozenset())


def test_one_person_approves_once_whatever_the_roles():
    law = Law(Effect.PERMIT_WITH, ("approval", "head"), ("approval", "lawyer"))
    _, b, one = held(law, powers=ROSTER)
    approve(b, used(one), "head", 8)
    approve(b, used(one), "lawyer", 8)
    assert b.act(used(one), OFFICER, LATER).missing == ("approval:lawyer",)


def test_an_approval_of_one_act_is_none_of_another():
    law = Law(Effect.PERMIT_WITH, ("approval", "head"))
    _, b, one = held(law, powers=ROSTER)
    approve(b, used(one), "head", 8)
    assert isinstance(b.act(used(one, reason="another"), OFFICER, LATER), NotDone)
    told = b.act(used(one, reason="another"), OFFICER, LATER)
    assert told.subject == subject_of(used(one, reason="another"))


def test_an_approval_serves_once():
    _, b, one = held(Law(Effect.PERMIT_WITH, ("approval", "head")), powers=ROSTER)
    approve(b, used(one), "head", 8)
    assert isinstance(b.act(used(one), OFFICER, Ms(LATER + 1)), Done)
    assert isinstance(b.act(used(one), OFFICER, Ms(LATER + 2)), NotDone)


def test_an_act_that_waits_is_approved_by_its_subject_and_then_done():
    _, b, one = held(Law(Effect.PERMIT_WITH, ("approval", "head")), powers=ROSTER)
    told = b.act(used(one), OFFICER, LATER)
    b.answer_act(told.subject, Answer("head", Officer("plain", 8), True, "it is needed"), Ms(LATER + 1))
    assert isinstance(b.act(used(one), OFFICER, Ms(LATER + 2)), Done)
    ((record,),) = rows(b, "SELECT record FROM record WHERE kind = 'approval'")
    assert cbor.decode(record)[2:7] == [told.subject, "head", "plain", 8, "yes"]


@pytest.mark.parametrize(
    ("number", "role", "said"),
    [(7, "head", "never its approver"), (9, "head", "does not hold the role"), (6, "head", "does not hold")],
)
def test_who_may_not_approve_an_act_is_told_so(number, role, said):
    _, b, one = held(Law(Effect.PERMIT_WITH, ("approval", "head")), powers=ROSTER)
    told = b.act(used(one), OFFICER, LATER)
    with pytest.raises(NotAllowed, match=said):
        b.answer_act(told.subject, Answer(role, Officer("plain", number), True), Ms(LATER + 1))
    with pytest.raises(NotAllowed, match="no act waits"):
        b.answer_act(bytes(32), Answer("head", Officer("plain", 8), True), Ms(LATER + 1))
    assert not rows(b, "SELECT 1 FROM approval")


def refused(b, subject, number=8, role="head", reason="Their consent is not there."):
    b.answer_act(subject, Answer(role, Officer("plain", number), False, reason), Ms(LATER + 1))


def test_a_no_refuses_the_act_whoever_says_yes_and_is_in_the_log():
    law = Law(Effect.PERMIT_WITH, ("approval", "head"))
    _, b, one = held(law, powers=Roster(n7=officer(), n8=officer("head"), n10=officer("head")))
    told = b.act(used(one), OFFICER, LATER)
    refused(b, told.subject)
    b.answer_act(told.subject, Answer("head", Officer("plain", 10), True), Ms(LATER + 2))
    again = b.act(used(one), OFFICER, Ms(LATER + 3))
    assert isinstance(again, NotDone)
    assert (again.state, again.missing) == ("refused", (SAID_NO,))
    first = rows(b, "SELECT record FROM record WHERE kind = 'approval' ORDER BY idx")[0][0]
    assert cbor.decode(first)[2:8] == [told.subject, "head", "plain", 8, "no", "Their consent is not there."]


def test_whoever_said_no_to_an_act_takes_it_back_and_another_act_is_another():
    _, b, one = held(Law(Effect.PERMIT_WITH, ("approval", "head")), powers=ROSTER)
    told = b.act(used(one), OFFICER, LATER)
    refused(b, told.subject)
    assert b.act(used(one, reason="another"), OFFICER, Ms(LATER + 2)).state == "held"
    b.answer_act(told.subject, Answer("head", Officer("plain", 8), True), Ms(LATER + 3))
    assert isinstance(b.act(used(one), OFFICER, Ms(LATER + 4)), Done)


def test_a_no_gives_its_reason_and_comes_from_a_role_that_the_act_waits_for():
    roster = Roster(n7=officer(), n8=officer("head", "lawyer"))
    _, b, one = held(Law(Effect.PERMIT_WITH, ("approval", "head")), powers=roster)
    told = b.act(used(one), OFFICER, LATER)
    for reason in ("", "  ", "x" * 4_001):
        with pytest.raises(BadForm, match="a no gives its reason"):
            refused(b, told.subject, reason=reason)
    with pytest.raises(NotAllowed, match="does not wait for the role lawyer"):
        refused(b, told.subject, role="lawyer")
    assert not rows(b, "SELECT 1 FROM approval")


def test_who_has_no_standing_any_more_answers_no_act():
    _, b, one = held(Law(Effect.PERMIT_WITH, ("approval", "head")), powers=ROSTER)
    told = b.act(used(one), OFFICER, LATER)
    b.office = replace(b.office, powers=Roster(n7=officer(), n8=officer("head", until=Ms(LATER + 1))))
    with pytest.raises(NotAllowed, match="does not hold"):
        refused(b, told.subject)


# --- what binds whoever holds it ---------------------------------------------------------------------------------


def labelled(*conditions, retain_until=None):
    label = replace(default_label("liaison", "agency"), conditions=tuple(sorted(conditions)), retain_until=retain_until)
    return form("x", label=label)


@pytest.mark.parametrize(
    ("made", "passed"),
    [
        (labelled(), False),
        (labelled(retain_until=Ms(LATER + 1)), False),
        (labelled(retain_until=LATER), True),
        (labelled("destroy-by(2026-07-13)"), False),
        (labelled("destroy-by(2026-07-12)"), True),
        (labelled("return-by(2026-07-12)"), True),
        (labelled("return-by(2026-07-14)"), False),
    ],
)
def test_a_day_that_has_passed_is_told_to_the_law(made, passed):
    law = Law()
    _, b, one = held(law, made)  # 13 July 2026, a minute after midnight UTC
    b.act(used(one), OFFICER, LATER)
    assert law.asked[0].past_due is passed


def test_a_day_that_the_peer_wrote_and_that_does_not_exist_has_passed():
    assert holding._day_end("2026-02-30") == 0


@pytest.mark.parametrize(
    ("made", "to", "named"),
    [
        (labelled(), {"agency"}, True),
        (labelled(), {"harbour"}, False),
        (labelled("named-agencies(harbour, customs)"), {"harbour", "customs"}, True),
        (labelled("named-agencies(harbour, customs)"), {"harbour", "other"}, False),
        (labelled("named-agencies(harbour)"), {"harbour", "agency"}, True),
    ],
)
def test_an_agency_is_named_by_the_label_or_was_a_recipient(made, to, named):
    law = Law()
    a, b, one = held(law, made)
    for node in (a, b):
        node.act(Particulars(Act.ONWARD, one, frozenset(to)), OFFICER, LATER)
    assert [asked.named for asked in law.asked] == [named, named]


def test_a_recall_is_told_to_the_law_on_both_sides():
    law = Law()
    a, b, one = held(law)
    b.act(used(one), OFFICER, LATER)
    a.act(used(one), OFFICER, LATER)
    case = rows(a, "SELECT case_id FROM sent WHERE id = ?", (one,))[0][0]
    a.submit([form("stop", kind="recall", re=(one,), case=case)], LATER)
    exchange(a, b, Ms(LATER + 1))
    b.act(used(one), OFFICER, Ms(LATER + 2))
    a.act(used(one), OFFICER, Ms(LATER + 2))
    assert [asked.recalled for asked in law.asked] == [False, False, True, True]


def test_the_originators_consent_is_told_to_the_law():
    law = Law()
    _, b, one = held(law)
    with b.ledger.begin() as book:
        rows_ = [(one, word, bytes([n]) * 16, LATER) for n, word in enumerate((Release.EVIDENCE, Release.ONWARD))]
        book.tx.many("INSERT INTO consent (dispatch, release, answer, at) VALUES (?, ?, ?, ?)", rows_)
    b.act(used(one), OFFICER, LATER)
    assert law.asked[0].released == {"evidence", "onward"}


def test_what_was_passed_on_is_held_by_that_agency_and_a_refused_relay_is_not():
    law = Law()
    _, b, one = held(law, powers=Roster(n7=officer(), n8=officer(agency="harbour")))
    assert b.act(used(one), Officer("plain", 8), LATER).missing == ("act:agency",)
    law.verdict = replace(law.verdict, effect=Effect.REFUSE)
    b.act(Particulars(Act.ONWARD, one, frozenset({"harbour"})), OFFICER, LATER)
    with b.ledger.read() as tx:
        assert holding.passed_on(one, tx) == ()
    law.verdict = replace(law.verdict, effect=Effect.PERMIT)
    b.act(Particulars(Act.ONWARD, one, frozenset({"harbour", "customs"})), OFFICER, LATER)
    with b.ledger.read() as tx:
        assert holding.passed_on(one, tx) == ("customs", "harbour")
    assert isinstance(b.act(used(one), Officer("plain", 8), LATER), Done)


def test_a_recall_is_owed_to_every_agency_that_it_was_passed_on_to_also_over_versions():
    a, b, one = held()
    b.act(Particulars(Act.ONWARD, one, frozenset({"harbour", "customs"})), OFFICER, LATER)
    a.act(Particulars(Act.ONWARD, one, frozenset({"archive"})), OFFICER, LATER)
    case = rows(a, "SELECT case_id FROM sent WHERE id = ?", (one,))[0][0]
    (newer,) = a.submit([form("better", case=case, replaces=one)], LATER)
    exchange(a, b, Ms(LATER + 1))
    a.submit([form("stop", kind="recall", re=(newer.id,), case=case)], Ms(LATER + 2))
    (refused,) = b.submit([form("stop what is not ours", kind="recall", re=(one,), case=case)], Ms(LATER + 2))
    assert isinstance(refused, BadForm)
    exchange(a, b, Ms(LATER + 3))
    told = rows(b, "SELECT what, role FROM owed ORDER BY what")
    assert told == [("tell-recall:customs", "duty-officer"), ("tell-recall:harbour", "duty-officer")]
    assert rows(a, "SELECT what FROM owed") == [("tell-recall:archive",)], "the own copy of what one recalls is one too"


def test_our_own_marking_makes_it_classified():
    law = Law()
    _, b, one = held(law)
    b.act(used(one, marking="secret"), OFFICER, LATER)
    assert law.asked[0].classified


# --- who looked --------------------------------------------------------------------------------------------------


def test_who_opened_a_dispatch_is_kept_the_first_time_each():
    a, b, one = held()
    b.see([one, DispatchId(bytes(16))], LATER, OFFICER)
    b.see([one], Ms(LATER + 5), OFFICER)
    b.see([one], Ms(LATER + 6), Officer("plain", 8))
    b.see([one], Ms(LATER + 7))
    with b.ledger.read() as tx:
        assert [(view.number, view.at) for view in holding.views(one, tx)] == [(7, LATER), (8, LATER + 6)]
    a.see([one], LATER, OFFICER)
    with a.ledger.read() as tx:
        assert len(holding.views(one, tx)) == 1, "also of what we sent"


def test_who_looks_back_sees_what_was_done_with_a_dispatch_and_nothing_of_another():
    _, b, one = held()
    with b.ledger.read() as tx:
        assert look_back(one, tx) == LookBack((), (), frozenset(), ())
    b.act(used(one), OFFICER, LATER)
    with b.ledger.read() as tx:
        found = look_back(one, tx)
        assert look_back(DispatchId(bytes(16)), tx) == LookBack((), (), frozenset(), ())
    (act,) = found.acts
    assert (act.act, act.done, act.number, act.at) == ("use", True, 7, LATER)
