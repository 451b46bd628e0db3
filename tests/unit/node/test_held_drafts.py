"""A held draft is approved by two pairs of eyes, taken up again by the law of the day, and let go by a named officer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.decision import read_record
from comity.dispatch.entries import RecordLeaf, record_commit
from comity.dispatch.held import Added, drop_about
from comity.dispatch.partsrow import parts_of
from comity.dispatch.path import judge_held
from comity.dispatch.states import Committed, Officer, Released, Withheld
from comity.marking.labels import Urgency
from comity.policy.verdict import Effect
from tests.unit.node.approving import (
    Asking,
    Redacting,
    Roster,
    assessment,
    by,
    draft,
    hold,
    no,
    office_of,
    verdict,
    yes,
)
from tests.unit.node.forge import START, entries, rows
from tests.unit.node.test_quiet_answers import BEGIN, asked, refuse
from tests.unit.node.world import OFFICER, PlainDesk

HEAD = Asking(("head",))
BOTH = Asking(("head", "privacy"))
DAY = 86_400_000
LATER = Ms(START + 3_600_000)


def answers(a):
    return rows(a, "SELECT record FROM record WHERE kind = 'approval' ORDER BY idx")


def words(a) -> list[str]:
    return [cbor.decode(record)[6] for (record,) in answers(a)]


# --- held --------------------------------------------------------------------------------------------------------


def test_a_held_draft_is_kept_whole_with_its_subject():
    a = office_of(BOTH)
    held = hold(a, "name of a witness", evaluation="B2", basis=("arrangement:1",))
    assert a.held() == (held,)
    assert (held.state, held.missing, held.at) == ("held", ("approval:head", "approval:privacy"), START)
    form, officer = draft("name of a witness", evaluation="B2", basis=("arrangement:1",))
    assert (held.form, held.by) == (form, officer)
    assert len(held.subject) == 32
    assert (held.ended_at, held.became, held.rings) == (None, None, None)


def test_what_law_will_ask_for_later_is_asked_for_at_once():
    class Steps(Asking):
        def decide(self, question, now):
            first = "head" if "head" not in question.approvals else "privacy"
            if first in question.approvals:
                return verdict(Effect.PERMIT)
            return verdict(Effect.REFER, missing=(f"approval:{first}",))

    assert hold(office_of(Steps())).missing == ("approval:head", "approval:privacy")


def test_a_law_that_never_has_enough_of_approvals_lets_nothing_go():
    """The planted fault: each answer asks for one more role; the asking ends, and the draft stays."""

    class Endless(Asking):
        def decide(self, question, now):
            return verdict(Effect.REFER, missing=(f"approval:r{len(question.approvals)}",))

    a = office_of(Endless())
    held = hold(a)
    assert len(held.missing) == 8
    assert a.resume(held.id, by(8), LATER).state == "held"


def test_a_refused_draft_is_not_kept_whole_and_cannot_be_taken_up():
    a = office_of(Asking(refuses="hard-stop"))
    (done,) = a.submit([draft()], START)
    assert (done.state, done.subject, a.held(ended=True)) == ("refused", None, ())
    with pytest.raises(BadForm, match="no draft of this number"):
        a.resume(done.id, by(8), LATER)
    with pytest.raises(BadForm, match="no draft of this number"):
        a.held_draft(done.id)


# --- approving ---------------------------------------------------------------------------------------------------


def test_approved_by_two_persons_it_leaves_as_the_one_that_it_was():
    a = office_of(BOTH)
    held = hold(a, "name")
    a.approve(held.subject, yes("head", 11), LATER)
    a.approve(held.subject, yes("privacy", 13), LATER)
    done = a.resume(held.id, by(8), Ms(LATER + 1))
    assert isinstance(done, Committed)
    after = a.held_draft(held.id).held
    assert (done.id, after.became, after.state, after.ended_at) == (held.id, held.id, "released", LATER + 1)
    ((record,),) = rows(a, "SELECT record FROM record WHERE kind = 'sent'")
    rest = read_record(record).rest
    assert rest["approvals"] == [
        ["head", "plain", 11, None, held.subject],
        ["privacy", "plain", 13, None, held.subject],
    ]
    assert rest["by"] == ["plain", 8, None]
    header = wire.decode_header(parts_of(rows(a, "SELECT plain FROM sent")[0][0])[0].content)
    assert (header.created, header.released_by.officer) == (held.at, 8)
    assert a.held() == ()


def test_each_approval_is_a_record_in_the_decision_log():
    a = office_of(HEAD)
    held = hold(a)
    a.approve(held.subject, yes("head", 11), LATER)
    ((record, salt, index),) = rows(a, "SELECT record, salt, idx FROM record WHERE kind = 'approval'")
    assert cbor.decode(record) == [
        "comity/approval/1", held.id, held.subject, "head", "plain", 11, "yes", "", LATER
    ]  # fmt: skip
    assert entries(a, LogRole.DECISION)[index] == RecordLeaf("approval", record_commit(salt, record))
    shown = a.held_draft(held.id)
    assert [(one.role, one.by.number, one.yes, one.at) for one in shown.answers] == [("head", 11, True, LATER)]


def test_the_same_answer_again_has_no_second_effect():
    a = office_of(HEAD)
    held = hold(a)
    for _ in range(2):
        assert a.approve(held.subject, yes("head", 11), LATER).state == "held"
    assert len(answers(a)) == 1


def test_a_no_ends_the_draft_for_good():
    a = office_of(BOTH)
    held = hold(a)
    a.approve(held.subject, yes("privacy", 13), LATER)
    assert a.approve(held.subject, no("head", 11), LATER).state == "withdrawn"
    assert words(a) == ["yes", "no"]
    after = a.held_draft(held.id).held
    assert (after.state, after.ended_at, a.held()) == ("withdrawn", LATER, ())
    with pytest.raises(BadForm, match="it is withdrawn"):
        a.resume(held.id, by(8), LATER)
    with pytest.raises(BadForm, match="changed or has ended"):
        a.approve(held.subject, yes("head", 11), LATER)


def test_a_yes_may_become_a_no_while_the_draft_waits():
    a = office_of(BOTH)
    held = hold(a)
    a.approve(held.subject, yes("head", 11), LATER)
    assert a.approve(held.subject, no("head", 11), LATER).state == "withdrawn"
    assert rows(a, "SELECT yes FROM approval") == [(0,)]


def test_a_no_without_a_reason_and_a_reason_too_long_are_refused():
    a = office_of(HEAD)
    held = hold(a)
    for answer in (replace(no("head", 11), reason=" "), replace(yes("head", 11), reason="x" * 4001)):
        with pytest.raises(BadForm, match="gives its reason"):
            a.approve(held.subject, answer, LATER)
    assert answers(a) == []


NOT_ALLOWED = {
    "who handed it in": (8, yes("head", 8), "never its approver"),
    "without the role": (7, yes("head", 13), "does not hold the role head"),
    "a role that nobody asked for": (7, yes("reviewer", 32), "does not wait for the role reviewer"),
    "nobody known": (7, yes("head", 99), "does not hold the role head"),
    "a no without the role": (7, no("head", 13), "does not hold the role head"),
}


@pytest.mark.parametrize("who", NOT_ALLOWED)
def test_who_may_not_approve_is_refused_and_the_attempt_is_kept(who):
    number, answer, said = NOT_ALLOWED[who]
    a = office_of(HEAD)
    a.office.powers.given[8] = replace(a.office.powers.given[8], roles=frozenset({"head", "duty-officer"}))
    held = hold(a, number=number)
    with pytest.raises(NotAllowed, match=said):
        a.approve(held.subject, answer, LATER)
    assert words(a) == ["not-allowed"]
    assert rows(a, "SELECT count(*) FROM approval") == [(0,)]
    assert a.held() == (held,)


def test_a_standing_that_has_ended_approves_nothing():
    a = office_of(HEAD)
    held = hold(a)
    a.office.powers.given[11] = replace(a.office.powers.given[11], until=LATER)
    with pytest.raises(NotAllowed, match="does not hold"):
        a.approve(held.subject, yes("head", 11), LATER)


def test_one_person_with_two_roles_counts_once():
    a = office_of(BOTH)
    held = hold(a)
    a.approve(held.subject, yes("head", 12), LATER)
    with pytest.raises(NotAllowed, match="one person counts once"):
        a.approve(held.subject, yes("privacy", 12), LATER)
    assert a.resume(held.id, by(8), LATER).missing == ("approval:privacy",)


def test_a_second_role_written_past_the_check_still_counts_for_nothing():
    """The planted fault: a row of one person in two roles, as an operator with a database shell could write it."""
    a = office_of(BOTH)
    held = hold(a)
    with a.ledger.begin() as book:
        for role in ("head", "privacy"):
            book.tx.run(
                "INSERT INTO approval (subject, role, desk, number, yes, reason, at) VALUES (?, ?, 'plain', 12, 1, '', ?)",
                (held.subject, role, LATER),
            )
    assert a.resume(held.id, by(8), LATER).missing == ("approval:privacy",)


def test_who_lets_it_go_is_not_its_approver():
    a = office_of(HEAD)
    held = hold(a)
    a.approve(held.subject, yes("head", 11), LATER)
    done = a.resume(held.id, by(11), LATER)
    assert isinstance(done, Withheld)
    assert (done.state, done.missing) == ("held", ("approval:head",))
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


def test_a_role_that_was_lost_since_no_longer_counts():
    a = office_of(HEAD)
    held = hold(a)
    a.approve(held.subject, yes("head", 11), LATER)
    was = a.office.powers.given.pop(11)
    assert a.resume(held.id, by(8), LATER).missing == ("approval:head",)
    a.office.powers.given[11] = replace(was, roles=frozenset({"officer"}))
    assert a.resume(held.id, by(8), LATER).missing == ("approval:head",)
    a.office.powers.given[11] = was
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


def test_an_approval_of_one_draft_is_none_of_its_twin():
    a = office_of(HEAD)
    first, second = hold(a, "same"), hold(a, "same", now=LATER)
    assert first.subject != second.subject
    a.approve(first.subject, yes("head", 11), LATER)
    assert a.resume(second.id, by(8), LATER).missing == ("approval:head",)


def test_an_approval_waits_until_the_form_is_there():
    a = office_of(Asking(("head",), forms=("disclose",)))
    held = hold(a)
    assert held.missing == ("approval:head", "assessment:disclose")
    with pytest.raises(NotAllowed, match="still waits for assessment:disclose"):
        a.approve(held.subject, yes("head", 11), LATER)
    assert a.approve(held.subject, no("head", 11), LATER).state == "withdrawn", "a no needs no form"


def test_a_rule_that_names_a_form_beside_its_approval_does_not_ask_for_it_again():
    """A rule names all its cures; the form is there, so the decider can say yes to what they see."""

    class Both(Asking):
        def decide(self, question, now):
            if "head" in question.approvals and question.assessments:
                return verdict(Effect.PERMIT)
            return verdict(Effect.REFER, missing=("approval:head", "assessment:disclose"))

    a = office_of(Both())
    held = hold(a, assessments=(assessment(),))
    assert held.missing == ("approval:head",)
    a.approve(held.subject, yes("head", 11), LATER)
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)
    assert hold(a).missing == ("approval:head", "assessment:disclose")


# --- secrecy -----------------------------------------------------------------------------------------------------


def test_what_bears_a_secrecy_marking_needs_two_agencies():
    a = office_of(HEAD)
    held = hold(a, marking="secret")
    assert held.missing == ("approval:head", "approval:second-agency")
    a.approve(held.subject, yes("head", 11), LATER)
    a.approve(held.subject, yes("head", 12), LATER)
    done = a.resume(held.id, by(8), LATER)
    assert done.missing == ("approval:second-agency",), "two persons of one agency are not enough"
    a.approve(a.held_draft(held.id).held.subject, yes("approver", 21), LATER)
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


def test_a_marking_is_enough_to_hold_what_law_permits():
    a = office_of(Asking())
    held = hold(a, marking="secret")
    assert held.missing == ("approval:second-agency",)
    a.approve(held.subject, yes("approver", 14), LATER)
    a.approve(held.subject, yes("approver", 21), LATER)
    law = a.office.gate
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)
    assert law.asked[-1].approvals == frozenset(), "a role that law did not ask for is no part of its question"
    assert law.asked[-1].classified


# --- taking up again ---------------------------------------------------------------------------------------------


def test_a_form_that_is_added_makes_another_subject_and_old_approvals_count_for_nothing():
    a = office_of(Asking(("head",)))
    held = hold(a)
    a.approve(held.subject, yes("head", 11), LATER)
    done = a.resume(held.id, by(8), LATER, added=Added((assessment(),)))
    assert (done.state, done.missing) == ("held", ("approval:head",))
    again = a.held_draft(held.id).held
    assert again.subject == done.subject != held.subject
    assert (again.form.assessments, again.by, again.at) == ((assessment(),), held.by, held.at)
    with pytest.raises(BadForm, match="changed or has ended"):
        a.approve(held.subject, yes("head", 12), LATER)
    a.approve(again.subject, yes("head", 12), LATER)
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


def test_what_a_scan_proposed_is_answered_when_the_draft_is_taken_up():
    a = office_of(HEAD)
    held = hold(a)
    added = Added(confirmed=frozenset({"victim"}), rejected=frozenset({"account"}))
    again = a.resume(held.id, by(8), LATER, added=added)
    form = a.held_draft(held.id).held.form
    assert (form.confirmed, form.rejected, again.subject != held.subject) == ({"victim"}, {"account"}, True)
    with pytest.raises(BadForm, match="victim is both confirmed and rejected"):
        a.resume(held.id, by(8), LATER, added=Added(rejected=frozenset({"victim"})))


def test_the_law_of_now_decides_and_a_stricter_one_voids_what_was_approved():
    """The approval was for a text with the name in it; a law that removes the name asks for it anew."""
    a = office_of(Asking(("head",)))
    held = hold(a, "name")
    a.approve(held.subject, yes("head", 11), LATER)
    a.office = replace(a.office, gate=Asking(("head",), obliged=(("redact", "person"),)))
    done = a.resume(held.id, by(8), LATER)
    assert (done.state, done.missing) == ("held", ("approval:head",))
    a.office = replace(a.office, gate=Asking(refuses="hard-stop"))
    assert a.resume(held.id, by(8), LATER).state == "refused"
    with pytest.raises(BadForm, match="it is refused"):
        a.resume(held.id, by(8), LATER)


def test_what_is_approved_is_the_text_after_removals():
    a = office_of(Asking(("head",), obliged=(("redact", "person"), ("retain-max-days", "10"))))
    held = hold(a, "name")
    a.approve(held.subject, yes("head", 11), LATER)
    done = a.resume(held.id, by(8), Ms(START + DAY))
    assert isinstance(done, Committed), "a day later it is still the draft that was approved"
    parts = parts_of(rows(a, "SELECT plain FROM sent")[0][0])
    assert cbor.decode(parts[1].content) == {"text": "----"}
    assert wire.decode_header(parts[0].content).labels.retain_until == START + 10 * DAY


def test_an_obligation_to_have_it_approved_is_met_by_a_stored_approval():
    a = office_of(Asking(obliged=(("approval", "head"), ("approval", "privacy"))))
    held = hold(a)
    assert held.missing == ("approval:head", "approval:privacy")
    a.approve(held.subject, yes("head", 11), LATER)
    assert a.resume(held.id, by(8), LATER).missing == ("approval:privacy",)
    a.approve(held.subject, yes("privacy", 13), LATER)
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


def test_a_law_that_lets_more_go_with_fewer_approvals_lets_nothing_go_unseen():
    """The planted fault: a law whose answer depends on who approved in a way that nobody foresaw."""

    class Crooked(Asking):
        def decide(self, question, now):
            if question.approvals == {"head"}:
                return verdict(Effect.PERMIT)
            if question.approvals == {"head", "privacy"}:
                return verdict(Effect.PERMIT_WITH, ("redact", "person"))
            return verdict(Effect.REFER, missing=("approval:head", "approval:privacy"))

    a = office_of(Crooked())
    held = hold(a, "name")
    a.approve(held.subject, yes("head", 11), LATER)
    done = a.resume(held.id, by(8), LATER)
    assert (done.state, done.missing) == ("held", ("approval:head", "approval:privacy"))


def test_another_officer_lets_go_what_the_first_may_not():
    a = office_of(Asking())
    narrow = replace(a.office.powers.given[7], purposes=frozenset({"accord"}))
    a.office.powers.given[7] = narrow
    held = hold(a)
    assert held.missing == ("release:purpose",)
    with pytest.raises(NotAllowed, match="does not wait for the role"):
        a.approve(held.subject, yes("head", 11), LATER)
    assert a.resume(held.id, by(7), LATER).missing == ("release:purpose",)
    done = a.resume(held.id, by(8), LATER)
    assert isinstance(done, Committed)
    with pytest.raises(BadForm, match="it is released"):
        a.resume(held.id, by(8), LATER)


@pytest.mark.parametrize(
    ("allowed", "leaves"), [({"person"}, True), ({"person", "contact"}, True), ({"contact"}, False)]
)
def test_a_delegation_is_bound_to_data_categories(allowed, leaves):
    a = office_of(Asking())
    a.office.powers.given[7] = replace(a.office.powers.given[7], categories=frozenset(allowed))
    (done,) = a.submit([draft("name")], START)
    assert isinstance(done, Committed) is leaves
    if not leaves:
        assert done.missing == ("release:category",)


def test_what_was_removed_is_no_longer_beyond_a_delegation():
    a = office_of(Asking(obliged=(("redact", "person"),)))
    a.office.powers.given[7] = replace(a.office.powers.given[7], categories=frozenset())
    (done,) = a.submit([draft("name")], START)
    assert isinstance(done, Committed)


def test_a_draft_that_no_longer_fits_is_named_and_stays():
    a = office_of(HEAD)
    held = hold(a)
    a.office = replace(a.office, agencies=frozenset({"two"}))
    with pytest.raises(BadForm, match="no agency of this node"):
        a.resume(held.id, by(8), LATER)
    assert a.held() == (held,)


def test_an_answer_that_tells_nothing_is_not_taken_up_for_its_time_would_tell():
    _, b, question = asked()
    b.office = replace(b.office, gate=HEAD)
    (done,) = b.submit([refuse(question)], Ms(BEGIN + 1_000))
    assert done.state == "held"
    b.office = replace(b.office, gate=Asking())
    with pytest.raises(BadForm, match="handed in anew"):
        b.resume(done.id, OFFICER, Ms(BEGIN + 2_000))
    assert isinstance(b.submit([refuse(question)], Ms(BEGIN + 2_000))[0], Committed)


def test_a_row_without_a_subject_has_no_approvals_and_gets_its_subject_when_it_is_taken_up():
    a = office_of(HEAD)
    held = hold(a)
    a.approve(held.subject, yes("head", 11), LATER)
    with a.ledger.begin() as book:
        book.tx.run("UPDATE kept SET subject = NULL")
    assert a.resume(held.id, by(8), LATER).subject == held.subject
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


def test_a_failed_write_leaves_the_draft_as_it_was():
    class Failing(PlainDesk):
        def file(self, tx, filing):
            raise RuntimeError("the disk is full")

    a = office_of(HEAD)
    held = hold(a)
    a.approve(held.subject, yes("head", 11), LATER)
    desks = a.office.desks
    a.office = replace(a.office, desks={"plain": Failing()})
    with pytest.raises(RuntimeError):
        a.resume(held.id, by(8), LATER)
    assert a.held() == (held,)
    assert rows(a, "SELECT count(*) FROM sent") == [(0,)]
    a.ledger.forget()
    a.office = replace(a.office, desks=desks)
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


# --- dropping, minimum facts -------------------------------------------------------------------------------------


def test_a_draft_is_dropped_with_a_reason_by_its_own_agency():
    a = office_of(HEAD)
    held = hold(a)
    with pytest.raises(BadForm, match="with a reason"):
        a.drop(held.id, by(7), LATER, reason=" ")
    for stranger in (by(21), Officer("plain", 99)):
        with pytest.raises(NotAllowed, match="only an officer of the agency"):
            a.drop(held.id, stranger, LATER, reason="not needed")
    done = a.drop(held.id, by(7), LATER, reason="asked by telephone instead")
    assert (done.state, done.ended_at, a.held()) == ("dropped", LATER, ())
    assert a.held(ended=True) == (done,)
    ((record,),) = rows(a, "SELECT record FROM record WHERE kind = 'dropped'")
    assert cbor.decode(record)[-2:] == ["asked by telephone instead", LATER]
    with pytest.raises(BadForm, match="it is dropped"):
        a.drop(held.id, by(7), LATER, reason="again")


def test_only_drafts_about_what_was_recalled_wait_no_longer():
    a = office_of(HEAD)
    gone, other = DispatchId(b"\x01" * 16), DispatchId(b"\x02" * 16)
    about = {name: hold(a, name, re=re) for name, re in (("gone", (gone,)), ("other", (other,)), ("none", ()))}
    with a.ledger.begin() as book:
        drop_about(book.tx, frozenset({gone}), LATER, kinds=frozenset({"answer"}))
    assert len(a.held()) == 3, "of another kind"
    with a.ledger.begin() as book:
        drop_about(book.tx, frozenset({gone}), LATER, kinds=frozenset({"note"}))
    assert {one.id for one in a.held()} == {about["other"].id, about["none"].id}
    assert a.held_draft(about["gone"].id).held.ended_at == LATER


def test_the_minimum_facts_of_an_immediate_draft_are_a_form_that_is_ready():
    a = office_of(HEAD)
    held = hold(a, "a shop at the port, ring 555-0100; then much more", urgency=Urgency.IMMEDIATE)
    ready = a.minimum(held.id)
    assert ready.body == {"text": "a shop at the port, ring 555-0100"}
    assert ready.minimum_facts
    assert ready == replace(held.form, body=ready.body, minimum_facts=True)
    a.office = replace(a.office, gate=Asking())
    assert isinstance(a.submit([(ready, by(8))], LATER)[0], Committed)


def test_the_minimum_facts_are_ready_also_where_law_refused_or_failed():
    a = office_of(Asking(refuses="error"))
    (done,) = a.submit([draft(urgency=Urgency.IMMEDIATE)], START)
    assert (done.state, done.rings) == ("refused", "approver")
    assert a.minimum(done.id).minimum_facts
    assert a.held() == (), "it waits for nothing: law refused it"


def test_what_is_not_immediate_or_has_no_minimum_has_no_such_form():
    a = office_of(HEAD)
    with pytest.raises(BadForm, match="for what is immediate"):
        a.minimum(hold(a).id)
    a = office_of(HEAD, desk=PlainDesk())
    with pytest.raises(BadForm, match="marks nothing as minimum"):
        a.minimum(hold(a, urgency=Urgency.IMMEDIATE).id)


def test_nothing_of_a_held_draft_or_its_approvals_crosses():
    a = office_of(HEAD)
    held = hold(a, "a sentence nobody else may read")
    a.approve(held.subject, replace(yes("head", 11), reason="as agreed at the morning meeting"), LATER)
    said = a.speak(START)
    for secret in (b"a sentence", held.subject, held.id, b"as agreed"):
        assert secret not in said


def test_a_subject_that_no_draft_has_is_refused():
    a = office_of(HEAD)
    with pytest.raises(BadForm, match="changed or has ended"):
        a.approve(Digest(bytes(32)), yes("head", 11), LATER)
    assert isinstance(a.office.powers, Roster)
    assert isinstance(Redacting(), PlainDesk)
    with pytest.raises(BadForm, match="no draft of this number"):
        a.minimum(DispatchId(bytes(16)))


# --- added to, and asked about ---------------------------------------------------------------------------------------


def test_who_only_adds_to_a_draft_lets_nothing_go():
    a = office_of(Asking(forms=("disclose",)))
    held = hold(a)
    assert held.missing == ("assessment:disclose",)
    done = a.add_to(held.id, by(41), LATER, added=Added((assessment(),)))
    assert (done.state, done.missing) == ("held", ("release:officer",)), "the law lets it go; nobody has"
    again = a.held_draft(held.id).held
    assert (again.form.assessments, again.by) == ((assessment(),), held.by)
    assert again.subject == done.subject != held.subject
    assert rows(a, "SELECT 1 FROM sent") == []
    assert isinstance(a.resume(held.id, by(8), LATER), Committed)


def test_what_is_added_may_not_be_enough_and_needs_standing_and_a_draft():
    a = office_of(Asking(("head",), forms=("disclose",)))
    held = hold(a)
    with pytest.raises(NotAllowed, match="only an officer with standing"):
        a.add_to(held.id, by(99), LATER, added=Added((assessment(),)))
    with pytest.raises(BadForm, match="no draft of this number"):
        a.add_to(DispatchId(bytes(16)), by(41), LATER, added=Added((assessment(),)))
    assert a.held() == (held,)
    done = a.add_to(held.id, by(41), LATER, added=Added((assessment(),)))
    assert done.missing == ("approval:head",)


def test_what_would_become_of_a_draft_is_said_with_its_approvals_and_changes_nothing():
    a = office_of(HEAD)
    held = hold(a)

    def judged():
        with a.ledger.read() as tx:
            return judge_held(a.held()[0], by(8), tx, a.office, LATER).outcome

    assert isinstance(judged(), Withheld)
    a.approve(held.subject, yes("head", 11), LATER)
    assert isinstance(judged(), Released)
    assert rows(a, "SELECT 1 FROM sent") == []
    assert [one.id for one in a.held()] == [held.id]
