"""What is owed is written with the dispatch it comes from, done by whoever holds the role, and told when it is late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import DispatchId, Ms
from comity.dispatch.accord import LaneLimit
from comity.dispatch.book import LogRole
from comity.dispatch.entries import DispatchLeaf, RecordLeaf, record_commit
from comity.dispatch.glass import deferrable
from comity.dispatch.owed import Completion, role_and_time
from comity.dispatch.rota import NO_ROTA
from comity.dispatch.states import Committed, Withheld
from comity.marking.labels import Lane, Urgency
from comity.node.audit import audit
from comity.policy.assessment import decode_assessment
from comity.policy.verdict import Effect
from tests.unit.node.approving import HOUR, MINUTE, Asking, Rota, assessment, by, draft, hold, office_of, verdict, yes
from tests.unit.node.forge import START, entries, pair, rows
from tests.unit.node.world import exchange

DAY = 24 * HOUR
NOON = Ms(START + HOUR)
REASON = "a shot at the shop was announced for this evening"
GLASS = {"urgency": Urgency.IMMEDIATE, "break_glass": REASON}


def sent(a, number: int = 8, now=START, **more) -> Committed:
    (done,) = a.submit([draft(more.pop("text", "hello"), number, **more)], now)
    assert isinstance(done, Committed), done
    return done


def owed(a, what: str):
    return next(one for one in a.owed() if one.what == what)


def leaves(a, kind: str) -> list:
    return [leaf for leaf in entries(a) if isinstance(leaf, RecordLeaf) and leaf.kind == kind]


# --- what arises -------------------------------------------------------------------------------------------------


def test_a_short_form_owes_the_full_one_within_a_day():
    a = office_of(Asking())
    done = sent(a, urgency=Urgency.IMMEDIATE, assessments=(assessment("disclose"), assessment("request")))
    found = [(one.what, one.role, one.due, one.since, one.dispatch) for one in a.owed()]
    assert found == [
        ("full-form:disclose", "assessor", START + DAY, START, done.id),
        ("full-form:request", "assessor", START + DAY, START, done.id),
    ]


def test_a_full_form_owes_nothing_also_beside_a_short_one():
    a = office_of(Asking())
    sent(a, assessments=(assessment("disclose", "full"), assessment("disclose")))
    assert a.owed() == ()


def test_reports_that_law_orders_are_owed():
    codes = ("list-check", "head-of-agency", "assess-before-use", "objection-within-7-days")
    obliged = tuple(("report", code) for code in codes)
    a = office_of(Asking(obliged=obliged))
    sent(a)
    assert {(one.what, one.role, one.due) for one in a.owed()} == {
        ("report:head-of-agency", "head-of-agency", None),
        ("report:objection-within-7-days", "reviewer", START + 7 * DAY),
        ("report:list-check", "reviewer", None),
        ("report:assess-before-use", "assessor", None),
    }
    assert a.owed()[0].what == "report:objection-within-7-days", "what has a day comes first"


def test_a_full_form_that_law_asks_for_too_is_owed_once():
    law = Asking(obliged=(("report", "full-form-24h"),))
    a = office_of(law)
    sent(a, assessments=(assessment(),))
    assert [one.what for one in a.owed()] == ["full-form:disclose"]
    sent(a)
    assert sorted(one.what for one in a.owed()) == ["full-form:disclose", "report:full-form-24h"]


def test_what_did_not_leave_owes_nothing():
    a = office_of(Asking(("head",), obliged=(("report", "list-check"),)))
    hold(a, urgency=Urgency.IMMEDIATE, assessments=(assessment(),))
    assert a.owed() == ()


@pytest.mark.parametrize(
    ("what", "whose"),
    [
        ("approval:head", ("head", DAY)), ("approval:second-agency", ("approver", DAY)), ("review", ("reviewer", DAY)),
        ("break-glass-review", ("reviewer", DAY)), ("report:other", ("reviewer", None)),
        ("report:full-form-24h", ("assessor", DAY)), ("report:within-30-days-of-year-end", ("reviewer", None)),
        ("full-form:use", ("assessor", DAY)),
    ],
)  # fmt: skip
def test_whose_a_thing_is_and_by_when(what, whose):
    assert role_and_time(what) == whose


# --- completing --------------------------------------------------------------------------------------------------


def test_the_full_form_closes_what_was_owed_with_a_record():
    a = office_of(Asking())
    done = sent(a, assessments=(assessment(),))
    thing = owed(a, "full-form:disclose")
    after = a.complete(thing.id, Completion(by(41), assessment=assessment("disclose", "full")), NOON)
    assert (after.done_at, a.owed(), a.owed(done=True)) == (NOON, (), (after,))
    ((index, record, salt),) = rows(a, "SELECT idx, record, salt FROM record WHERE kind = 'done-full-form'")
    assert after.done_record == index
    assert entries(a, LogRole.DECISION)[index] == RecordLeaf("done-full-form", record_commit(salt, record))
    kept = cbor.decode(record)
    assert kept[:7] == ["comity/owed/1", thing.id, thing.what, "assessor", done.id, "plain", 41]
    assert decode_assessment(kept[8]) == assessment("disclose", "full")
    with pytest.raises(BadForm, match="done before"):
        a.complete(thing.id, Completion(by(41), assessment=assessment("disclose", "full")), NOON)


WRONG = {
    "no form": (Completion(by(41)), BadForm, "full form of the act disclose"),
    "a short form": (Completion(by(41), assessment=assessment()), BadForm, "full form of the act disclose"),
    "another act": (Completion(by(41), assessment=assessment("use", "full")), BadForm, "full form of the act disclose"),
    "no assessor": (Completion(by(11), assessment=assessment("disclose", "full")), NotAllowed, "role assessor"),
    "who let it go": (Completion(by(8), assessment=assessment("disclose", "full")), NotAllowed, "who let it go"),
    "too long a note": (
        Completion(by(41), "x" * 4001, assessment("disclose", "full")),
        BadForm,
        "at most 4000",
    ),
}


@pytest.mark.parametrize("why", WRONG)
def test_what_was_not_owed_closes_nothing(why):
    done, error, said = WRONG[why]
    a = office_of(Asking())
    given = a.office.powers.given
    given[8] = replace(given[8], roles=frozenset({"assessor", "duty-officer"}))
    sent(a, assessments=(assessment(),))
    with pytest.raises(error, match=said):
        a.complete(owed(a, "full-form:disclose").id, done, NOON)
    assert len(a.owed()) == 1


def test_a_report_is_closed_with_words_by_whoever_holds_the_role():
    a = office_of(Asking(obliged=(("report", "list-check"),)))
    sent(a)
    thing = owed(a, "report:list-check")
    for done in (Completion(by(32)), Completion(by(32), "done", assessment("disclose", "full"))):
        with pytest.raises(BadForm):
            a.complete(thing.id, done, NOON)
    a.complete(thing.id, Completion(by(32), "the list of the day was checked"), NOON)
    assert a.owed() == ()
    with pytest.raises(BadForm, match="nothing is owed under this number"):
        a.complete(DispatchId(bytes(16)), Completion(by(32), "x"), NOON)


# --- time --------------------------------------------------------------------------------------------------------


def test_what_is_late_is_told_to_the_reviewer_once():
    a = office_of(Asking())
    done = sent(a, assessments=(assessment(),))
    a.tick(Ms(START + DAY))
    assert a.alarms() == ()
    for minutes in (1, 2, 600):
        a.tick(Ms(START + DAY + minutes * MINUTE))
    ((alarm),) = a.alarms("reviewer")
    assert (alarm.kind, alarm.about, alarm.dispatch, alarm.at) == ("overdue", "full-form:disclose", done.id, START + DAY + MINUTE)  # fmt: skip
    assert a.alarms("approver") == ()
    assert a.owed()[0].rung_at == START + DAY + MINUTE
    a.alarm_seen(alarm.id, NOON)
    assert a.alarms() == ()
    assert a.alarms(seen=True)[0].seen_at == NOON
    with pytest.raises(BadForm, match="no alarm of this number"):
        a.alarm_seen(DispatchId(bytes(16)), NOON)


def test_what_was_done_in_time_and_what_has_no_day_is_never_late():
    a = office_of(Asking(obliged=(("report", "list-check"),)))
    sent(a, assessments=(assessment(),))
    a.complete(owed(a, "full-form:disclose").id, Completion(by(41), assessment=assessment("disclose", "full")), NOON)
    a.tick(Ms(START + 400 * DAY))
    assert a.alarms() == ()


# --- on call -----------------------------------------------------------------------------------------------------


def about(a) -> list:
    return [(one.role, one.about) for one in reversed(a.alarms(seen=True))]


def test_a_held_immediate_rings_the_one_on_call_and_says_nothing_of_the_content():
    a = office_of(Asking(("head", "privacy")))
    held = hold(a, "a sentence nobody else may read", urgency=Urgency.IMMEDIATE)
    assert set(about(a)) == {("approver", "plain/14"), ("head", "plain/11"), ("privacy", "")}
    assert all(one.kind == "rings" and one.dispatch == held.id for one in a.alarms())
    assert "sentence" not in repr(a.alarms())
    assert a.held_draft(held.id).rings == (("approver", "plain/14", START), ("head", "plain/11", START), ("privacy", "", START))  # fmt: skip
    hold(a, urgency=Urgency.URGENT)
    assert len(a.alarms()) == 3, "only what is immediate rings"


def test_nobody_answers_so_the_next_one_is_rung_after_the_accords_limit():
    a = office_of(Asking(("head",)), rota=Rota(approver=(14, 15), head=(11, 12)))
    held = hold(a, urgency=Urgency.IMMEDIATE)
    a.tick(Ms(START + 29 * MINUTE))
    assert len(a.alarms()) == 2
    a.tick(Ms(START + 30 * MINUTE))
    a.tick(Ms(START + 31 * MINUTE))
    assert set(about(a)[2:]) == {("approver", "plain/15"), ("head", "plain/12")}
    a.tick(Ms(START + 60 * MINUTE))
    assert set(about(a)[4:]) == {("approver", ""), ("head", "")}, "with nobody left the role is rung, once"
    a.tick(Ms(START + 600 * MINUTE))
    assert len(a.alarms()) == 6
    assert a.held()[0].id == held.id


def test_a_ring_that_was_seen_and_a_draft_that_has_ended_ring_nobody_else():
    a = office_of(Asking())
    a.office = replace(a.office, gate=Asking(refuses="error"))
    a.submit([draft(urgency=Urgency.IMMEDIATE)], START)
    a.alarm_seen(a.alarms()[0].id, NOON)
    a.tick(Ms(START + 90 * MINUTE))
    assert len(a.alarms(seen=True)) == 1
    a.office = replace(a.office, gate=Asking(("head",)))
    held = hold(a, urgency=Urgency.IMMEDIATE)
    a.approve(held.subject, yes("head", 11), NOON)
    a.resume(held.id, by(8), NOON)
    a.tick(Ms(START + 900 * MINUTE))
    assert len(a.alarms(seen=True)) == 3


def test_a_draft_that_is_held_again_rings_only_for_what_is_new():
    a = office_of(Asking(("head",)))
    held = hold(a, urgency=Urgency.IMMEDIATE)
    a.office = replace(a.office, gate=Asking(("head", "privacy")))
    a.resume(held.id, by(8), Ms(START + MINUTE))
    assert sorted(about(a)) == [("approver", "plain/14"), ("head", "plain/11"), ("privacy", "")]


def test_the_limit_is_the_accords_own():
    a = office_of(Asking(("head",)))
    limits = (LaneLimit(Lane.IMMEDIATE, Ms(MINUTE), Ms(5 * MINUTE)),)
    a.office = replace(a.office, accord=replace(a.office.accord, limits=limits))
    hold(a, urgency=Urgency.IMMEDIATE)
    a.tick(Ms(START + 5 * MINUTE))
    assert ("approver", "plain/15") in about(a)


def test_a_node_without_a_rota_rings_the_role():
    a = office_of(Asking(("head",)))
    a.office = replace(a.office, rota=NO_ROTA)
    hold(a, urgency=Urgency.IMMEDIATE)
    a.tick(Ms(START + 900 * MINUTE))
    assert sorted(about(a)) == [("approver", ""), ("head", "")]


# --- broken glass ------------------------------------------------------------------------------------------------


def broken(a, number: int = 8, **more):
    (done,) = a.submit(
        [draft(more.pop("text", "hello"), number, **{**GLASS, "assessments": (assessment(),), **more})], START
    )
    return done


def test_broken_glass_defers_approvals_and_full_forms_and_owes_them():
    a = office_of(Asking(("head",), obliged=(("approval", "privacy"),), forms=("disclose",), full=True))
    done = broken(a)
    assert isinstance(done, Committed), done
    assert {(one.what, one.role, one.due) for one in a.owed()} == {
        ("approval:head", "head", START + DAY),
        ("approval:privacy", "privacy", START + DAY),
        ("full-form:disclose", "assessor", START + DAY),
        ("review", "reviewer", START + DAY),
    }
    assert a.office.gate.asked[0].break_glass


def test_broken_glass_leaves_a_leaf_that_the_other_side_cosigns_and_cannot_read():
    a, b = pair(gate=Asking(("head",)))
    made = office_of(Asking(("head",)))
    a.office = replace(a.office, gate=Asking(("head",)), powers=made.office.powers, agencies=made.office.agencies)
    exchange(a, b, START)
    done = broken(a)
    exchange(a, b, Ms(START + 1_000))
    exchange(a, b, Ms(START + 2_000))
    (leaf,) = leaves(a, "break-glass")
    ((index, salt, record),) = rows(a, "SELECT idx, salt, record FROM opening WHERE kind = 'break-glass'")
    assert leaf.commit == record_commit(salt, record)
    assert cbor.decode(record) == [
        "comity/break-glass/1", done.id, REASON, "plain", 8, ["approval:head"], START
    ]  # fmt: skip
    assert leaf in entries(b, LogRole.THEIRS), "their mirror has it"
    assert rows(a, "SELECT cosigned_size FROM log WHERE role = 'ours'")[0][0] > index, "and they cosigned above it"
    assert isinstance(entries(a)[index - 1], DispatchLeaf), "it stands with its dispatch, in one transaction"
    assert rows(b, "SELECT count(*) FROM opening WHERE kind = 'break-glass'") == [(0,)]
    with a.ledger.read() as tx:
        assert audit(tx).good


MISUSE = {
    "not immediate": ({"urgency": Urgency.URGENT}, "immediate only"),
    "no reason": ({"break_glass": "life in danger"}, "reason of 20"),
    "blanks for a reason": ({"break_glass": " " * 30}, "reason of 20"),
    "a book for a reason": ({"break_glass": "x" * 4001}, "to 4000"),
    "no short form": ({"assessments": ()}, "four answers"),
}


@pytest.mark.parametrize("why", MISUSE)
def test_glass_is_not_broken_without_what_it_needs(why):
    change, said = MISUSE[why]
    a = office_of(Asking(("head",)))
    done = broken(a, **change)
    assert isinstance(done, BadForm)
    assert said in str(done)
    assert (a.owed(), leaves(a, "break-glass"), rows(a, "SELECT count(*) FROM kept")) == ((), [], [(0,)])


def test_glass_is_not_broken_by_an_officer_without_the_role():
    a = office_of(Asking(("head",)))
    done = broken(a, number=7)
    assert (done.state, done.missing) == ("held", ("release:break-glass",))
    assert (a.owed(), leaves(a, "break-glass")) == ((), [])
    assert isinstance(a.resume(done.id, by(8), NOON), Committed), "a duty officer may"
    assert len(leaves(a, "break-glass")) == 1


NEVER = {
    "an overriding rule refuses": Asking(("head",), refuses="hard-stop"),
    "an error": Asking(("head",), refuses="error"),
    "a rule that refers to a decider": Asking(("head",), overriding=("decider-outside",)),
    "the short form of another act": Asking(("head",), forms=("disclose", "request")),
}


@pytest.mark.parametrize("why", NEVER)
def test_broken_glass_never_carries_what_may_not_wait(why):
    a = office_of(NEVER[why])
    done = broken(a)
    assert isinstance(done, Withheld)
    assert (a.owed(), leaves(a, "break-glass")) == ((), [])


class Loose:
    """The planted fault: a law that lets anything go behind broken glass."""

    def __init__(self, whole) -> None:
        self.whole = whole

    def decide(self, question, now):
        return verdict(Effect.PERMIT) if question.break_glass else self.whole


@pytest.mark.parametrize(
    "whole",
    [
        verdict(Effect.REFUSE, ground="hard-stop", outward="cannot-assist"),
        verdict(Effect.REFUSE, ground="x", outward="x", missing=("approval:head",)),
        verdict(Effect.REFER, refer_to="someone"),
        verdict(Effect.REFER, missing=("approval:head", "assessment:disclose")),
        verdict(Effect.REFER, missing=("basis:order-reference",)),
    ],
)
def test_a_law_that_is_too_loose_is_not_enough(whole):
    a = office_of(Loose(whole))
    done = broken(a)
    assert isinstance(done, Withheld)
    assert done.verdict.effect is whole.effect
    assert (a.owed(), leaves(a, "break-glass")) == ((), [])


@pytest.mark.parametrize(
    ("word", "may"),
    [
        ("approval:head", True), ("assessment:disclose:full", True), ("assessment:disclose", False),
        ("approval:", False), ("basis:order-reference", False), ("evaluation", False), ("release:kind", False),
    ],
)  # fmt: skip
def test_only_approvals_and_full_forms_may_wait(word, may):
    assert deferrable(word) is may


def test_glass_broken_where_it_was_not_needed_is_still_told_and_reviewed():
    a = office_of(Asking())
    broken(a)
    assert {one.what for one in a.owed()} == {"full-form:disclose", "review"}
    assert len(leaves(a, "break-glass")) == 1


# --- review ------------------------------------------------------------------------------------------------------


def test_the_finding_of_a_review_is_a_leaf_and_a_record():
    a = office_of(Asking(("head",)))
    done = broken(a)
    a.complete(owed(a, "review").id, Completion(by(32), "it was needed: the patrol met a man at the shop"), NOON)
    (leaf,) = leaves(a, "review")
    ((salt, record),) = rows(a, "SELECT salt, record FROM opening WHERE kind = 'review'")
    assert leaf.commit == record_commit(salt, record)
    assert cbor.decode(record)[2:8] == ["review", "reviewer", done.id, "plain", 32, "it was needed: the patrol met a man at the shop"]  # fmt: skip
    assert rows(a, "SELECT record FROM record WHERE kind = 'done-review'") == [(record,)]


def test_who_broke_the_glass_does_not_review_it():
    a = office_of(Asking(("head",)))
    broken(a, number=31)
    with pytest.raises(NotAllowed, match="who let it go"):
        a.complete(owed(a, "review").id, Completion(by(31), "it was needed"), NOON)
    assert leaves(a, "review") == []
    a.complete(owed(a, "review").id, Completion(by(32), "it was needed"), NOON)


def test_who_handed_it_in_does_not_review_it_either():
    a = office_of(Asking(("head",)))
    given = a.office.powers.given
    given[31] = replace(given[31], roles=frozenset({"reviewer"}))
    done = broken(a, number=31)
    a.resume(done.id, by(8), NOON)
    for number in (8, 31):
        with pytest.raises(NotAllowed):
            a.complete(owed(a, "review").id, Completion(by(number), "it was needed"), NOON)


def test_an_approval_given_afterwards_may_be_a_no_and_the_reviewer_hears_of_it():
    a = office_of(Asking(("head", "privacy")))
    done = broken(a)
    a.complete(owed(a, "approval:head").id, Completion(by(12), "I would have held it", yes=False), NOON)
    (alarm,) = a.alarms("reviewer")
    assert (alarm.kind, alarm.about, alarm.dispatch) == ("approval-refused-after", "approval:head", done.id)
    with pytest.raises(NotAllowed, match="one person counts once"):
        a.complete(owed(a, "approval:privacy").id, Completion(by(12), "yes"), NOON)
    a.complete(owed(a, "approval:privacy").id, Completion(by(13), "yes"), NOON)
    assert len(a.alarms("reviewer")) == 1


def test_a_review_that_is_late_rings():
    a = office_of(Asking())
    broken(a)
    a.tick(Ms(START + DAY + 1))
    assert {one.about for one in a.alarms("reviewer")} == {"full-form:disclose", "review"}
