"""Who approves oneself, who approves twice, who breaks glass for what may not wait: row 27, under the laws in the tree.

Each test is named after the harm that does not happen. The table of all rows is ROWS.md beside this file.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import RecordLeaf
from comity.dispatch.owed import Completion
from comity.dispatch.states import Committed, Withheld
from comity.marking.labels import Urgency
from tests.unit.node.approving import Asking, Redacting, assessment, by, draft, hold, office_of, yes
from tests.unit.node.forge import START, entries, pair, rows
from tests.unit.node.world import exchange
from tests.unit.policy.policy_laws import gate

LATER = Ms(START + 3_600_000)
REASON = "a shot at the shop was announced for this evening"
LAWS = ("ca", "in")


class Told(Redacting):
    """A desk that tells the law what the test says of a body."""

    def __init__(self, **more) -> None:
        self.more = more

    def facts(self, kind, body):
        return replace(super().facts(kind, body), **self.more)


def threat(law: str, told: dict, *, number: int = 8, **more):
    """Hand in an immediate draft with broken glass, under a law in the tree; return the node and what became of it."""
    a = office_of(gate(law), desk=Told(**told))
    made = {
        "urgency": Urgency.IMMEDIATE, "purpose": "extortion-threat-to-life", "conduct": "extortion",
        "basis": ("arrangement:2026-02",), "evaluation": "B2", "minimum_facts": True, "break_glass": REASON,
        "assessments": (assessment("disclose"), assessment("request")),
    }  # fmt: skip
    form, officer = draft("hello", number, **{**made, **more})
    return a, a.submit([(form, officer)], START)[0]


def glass(a) -> list:
    return [leaf for leaf in entries(a) if isinstance(leaf, RecordLeaf) and leaf.kind == "break-glass"]


def nothing_went(a, done) -> bool:
    return (
        isinstance(done, Withheld) and not glass(a) and rows(a, "SELECT count(*) FROM sent") == [(0,)] and not a.owed()
    )


# --- approvals ---------------------------------------------------------------------------------------------------


def test_nobody_approves_what_they_handed_in_or_let_go():
    a = office_of(Asking(("head",)))
    a.office.powers.given[11] = replace(a.office.powers.given[11], roles=frozenset({"head", "officer"}))
    own = hold(a, number=11)
    with pytest.raises(NotAllowed, match="never its approver"):
        a.approve(own.subject, yes("head", 11), LATER)
    other = hold(a)
    a.approve(other.subject, yes("head", 11), LATER)
    assert a.resume(other.id, by(11), LATER).missing == ("approval:head",)


def test_the_same_officer_twice_is_one():
    a = office_of(Asking(("head", "privacy")))
    held = hold(a)
    a.approve(held.subject, yes("head", 12), LATER)
    with pytest.raises(NotAllowed, match="one person counts once"):
        a.approve(held.subject, yes("privacy", 12), LATER)
    assert a.resume(held.id, by(8), LATER).state == "held"
    attempts = [cbor.decode(r)[6] for (r,) in rows(a, "SELECT record FROM record WHERE kind = 'approval' ORDER BY idx")]
    assert attempts == ["yes", "not-allowed"], "the attempt is in the decision log"


def test_an_approval_is_not_carried_to_another_text():
    """The old trick: have a harmless draft approved, then send another one under it."""
    a = office_of(Asking(("head",)))
    harmless, other = hold(a, "a greeting"), hold(a, "another greeting")
    a.approve(harmless.subject, yes("head", 11), LATER)
    with a.ledger.begin() as book:
        book.tx.run("UPDATE kept SET form = (SELECT form FROM kept WHERE id = ?) WHERE id = ?", (other.id, harmless.id))
    assert a.resume(harmless.id, by(8), LATER).missing == ("approval:head",)


def test_the_law_in_the_tree_lets_a_place_go_only_when_another_person_decided():
    for law in LAWS:
        a, done = threat(law, {"tagged": frozenset({"person", "location"})}, break_glass="")
        a.office.powers.given[41] = replace(a.office.powers.given[41], roles=frozenset({"decider-outside"}))
        assert done.missing == ("approval:decider-outside",)
        for number in (8, 11):
            with pytest.raises(NotAllowed):
                a.approve(done.subject, yes("decider-outside", number), LATER)
        a.approve(done.subject, yes("decider-outside", 41), LATER)
        assert isinstance(a.resume(done.id, by(8), LATER), Committed)


# --- broken glass ------------------------------------------------------------------------------------------------

STOPPED = {
    "1 biometrics asked of us": {"asks": frozenset({"biometric"}), "tagged": frozenset({"biometric"})},
    "2 youth records": {"records": frozenset({"youth-record"}), "tagged": frozenset({"minor"})},
    "3 sources": {"tagged": frozenset({"source-or-method"})},
    "4 intercepts": {"tagged": frozenset({"intercept"})},
    "6 financial intelligence": {"records": frozenset({"fiu-record"})},
    "7 opinion": {"known_for": frozenset({"opinion"})},
    "8 a third state": {"third_state": True},
    "10 where a person is": {"tagged": frozenset({"person", "location"})},
    "11 asylum": {"tagged": frozenset({"protection-claim"})},
    "12 privilege": {"tagged": frozenset({"privileged"})},
}
"""What each of rules 1-4, 6-8 and 10-12 stops."""  # spec: law-and-agencies.md 7


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("rule", STOPPED)
def test_broken_glass_never_carries_what_no_officer_may_override(law, rule):
    """What is stopped without glass is stopped behind it; what is let go lost the same parts."""
    told = STOPPED[rule]
    whole, as_before = threat(law, told, break_glass="")
    broken, done = threat(law, told)
    assert type(done) is type(as_before)
    if isinstance(done, Withheld):
        assert nothing_went(broken, done)
        assert done.state == as_before.state
    else:
        assert done.redactions == as_before.redactions
        taken = {reason.rule for reason in done.verdict.reasons}
        assert {reason.rule for reason in as_before.verdict.reasons} <= taken
    assert not glass(whole)


@pytest.mark.parametrize("law", LAWS)
def test_broken_glass_goes_for_a_threat_to_life_and_both_logs_show_it(law):
    a, done = threat(law, {"tagged": frozenset({"person"})})
    assert isinstance(done, Committed)
    assert len(glass(a)) == 1
    assert {"review", "full-form:disclose", "full-form:request"} <= {one.what for one in a.owed()}


MISUSED = {
    "what is not immediate": {"urgency": Urgency.URGENT},
    "without a reason": {"break_glass": "hurry"},
    "without the short form": {"assessments": ()},
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("why", MISUSED)
def test_broken_glass_is_refused_for(law, why):
    a, done = threat(law, {"tagged": frozenset({"person"})}, **MISUSED[why])
    assert isinstance(done, BadForm)
    assert (glass(a), a.owed(), rows(a, "SELECT count(*) FROM sent")) == ([], (), [(0,)])


@pytest.mark.parametrize("law", LAWS)
def test_broken_glass_is_not_for_every_officer(law):
    a, done = threat(law, {"tagged": frozenset({"person"})}, number=7)
    assert done.missing == ("release:break-glass",)
    assert nothing_went(a, done)


@pytest.mark.parametrize("law", LAWS)
def test_a_short_form_that_says_no_or_nothing_of_the_act_is_not_passed_by_broken_glass(law):
    """An edition that asks for the form asks for it behind glass too; one that does not loses nothing by it."""
    for forms in ((assessment("use"),), (replace(assessment("disclose"), decision=type(assessment().decision)("no")),)):
        _, whole = threat(law, {"tagged": frozenset({"person"})}, assessments=forms, break_glass="")
        a, done = threat(law, {"tagged": frozenset({"person"})}, assessments=forms)
        assert type(done) is type(whole)
        if law == "ca":
            assert nothing_went(a, done)


class Failing:
    """A law whose engine fails: what it answers is a refusal with ground `error`."""

    def decide(self, question, now):
        return gate("ca").decide_attributes({}, now)


def test_an_error_never_sends_also_behind_broken_glass():
    a = office_of(Failing())
    form, officer = draft(urgency=Urgency.IMMEDIATE, break_glass=REASON, assessments=(assessment(),), number=8)
    (done,) = a.submit([(form, officer)], START)
    assert (done.state, done.verdict.ground, done.rings) == ("refused", "error", "approver")
    assert nothing_went(a, done)


def test_who_broke_the_glass_reviews_nothing_and_the_peer_sees_kind_and_hash_only():
    a, b = pair(gate=Asking(("head",)))
    made = office_of(Asking(("head",)))
    a.office = replace(a.office, powers=made.office.powers, agencies=made.office.agencies)
    exchange(a, b, START)
    form, officer = draft(urgency=Urgency.IMMEDIATE, break_glass=REASON, assessments=(assessment(),), number=31)
    a.submit([(form, officer)], START)
    review = next(one for one in a.owed() if one.what == "review")
    with pytest.raises(NotAllowed, match="who let it go"):
        a.complete(review.id, Completion(by(31), "it was needed"), LATER)
    a.complete(review.id, Completion(by(32), "it was needed"), LATER)
    for seconds in (1, 2, 3):
        said = a.speak(Ms(LATER + seconds * 1_000))
        assert REASON.encode() not in said
        assert b"it was needed" not in said
        exchange(a, b, Ms(LATER + seconds * 1_000 + 500))
    kinds = [leaf.kind for leaf in entries(b, LogRole.THEIRS) if isinstance(leaf, RecordLeaf)]
    assert kinds == ["break-glass", "review"]
