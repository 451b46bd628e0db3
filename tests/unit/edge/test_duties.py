"""Two nodes: what is taken back is not used, everyone who had it is told and says so, and what stays open is on both lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms, show_id
from comity.crypto.keys import SealingKey
from comity.dispatch.acts import Done, NotDone
from comity.dispatch.approvals import Answer
from comity.dispatch.assured import assured
from comity.dispatch.filing import Standing
from comity.dispatch.held import held_drafts
from comity.dispatch.keylist import Sealing
from comity.dispatch.owed import Completion
from comity.dispatch.particulars import Particulars
from comity.dispatch.states import Officer, Withheld
from comity.edge.duties import duties_of_case, holders_of, open_duties
from comity.marking.labels import Label
from comity.marking.rules import default_label
from comity.node.reminding import next_reminder
from comity.policy.question import Act, Serves
from comity.policy.verdict import Effect, Verdict
from tests.unit.edge.deskworld import OFFICER, Law, board_of, form, make_pair
from tests.unit.edge.test_board import DAY, HOUR, MINUTE, at, talk
from tests.unit.node.world import START, YEAR, Seeded

AGENCIES = frozenset({"agency", "harbour", "customs"})
RFI = {"title": "Two lorries", "text": "Whose are they?"}
FINAL = {"state": "final", "text": "Known."}


class AskingLaw(Law):
    """The world's law, which also refuses every act on what was recalled, and asks an officer about assurances."""

    def decide(self, question, now):
        rule = None
        if question.recalled and question.act not in {"clear", "admit"}:
            rule = Verdict(Effect.REFUSE, (self.reason("T-9", Effect.REFUSE, "Test Act s. 9"),), (), "originator-objects",
                           "cannot-assist", None, (), bytes(32))  # fmt: skip
        asks = any(one.startswith("assurance-required") for one in question.conditions)
        if question.act == "use" and asks and "assurance-officer" not in question.approvals:
            rule = Verdict(Effect.REFER, (self.reason("T-8", Effect.REFER, "Test Act s. 8"),), (), "mistreatment-risk",
                           "cannot-assist", None, ("approval:assurance-officer",), bytes(32))  # fmt: skip
        return rule or super().decide(question, now)


class Roles:
    """Officer 8 confirms assurances; everybody else is an officer."""

    def standing(self, tx, desk, number, now):
        role = "assurance-officer" if number == 8 else "duty-officer"
        return Standing("agency", frozenset({"officer", role}), None, None, None, None, None)

    def peer_posting_ended(self, tx, desk, number):
        return None


class Story:
    """A asked B; times go on by a minute for each step."""

    def __init__(self):
        self.a, self.b = make_pair()
        self.now = at(MINUTE)
        for side in (self.a, self.b):
            side.office = replace(side.office, gate=AskingLaw(), agencies=AGENCIES, powers=Roles())
        talk(self.a, self.b, 0)

    def tell(self, node, kind, body, **more):
        self.now = Ms(self.now + MINUTE)
        if kind in {"spontaneous", "answer", "correction"} and "label" not in more:
            more["evaluation"] = "B2"
        (outcome,) = node.submit([form(kind, body, **more)], self.now)
        talk(self.a, self.b, self.now - START)
        return outcome

    def ask(self, **more):
        return self.tell(self.a, "rfi", RFI, **more).id

    def pass_on(self, node, dispatch, *agencies):
        self.now = Ms(self.now + MINUTE)
        done = node.act(Particulars(Act.ONWARD, dispatch, frozenset(agencies)), OFFICER, self.now)
        assert isinstance(done, Done)

    def use(self, node, dispatch, **more):
        return node.act(Particulars(Act.USE, dispatch, serves=Serves.LEAD, **more), OFFICER, self.now)

    def open(self, node, *kinds):
        with node.ledger.read() as tx:
            found = [one for one in open_duties(tx, node.desk, self.now) if one.kind in kinds]
        return sorted((str(one.kind), one.stage, one.ours, one.agency) for one in found)

    def holders(self, node, mark):
        with node.ledger.read() as tx:
            return [(h.agency, h.ours, h.by, h.told is not None, h.outcome) for h in holders_of(tx, node.desk, mark)]

    def row(self, node, dispatch):
        with node.ledger.read() as tx:
            return node.desk.dispatch(tx, dispatch)


@pytest.fixture
def story():
    return Story()


def refused(outcome, *words):
    assert isinstance(outcome, BadForm), outcome
    assert all(word in str(outcome) for word in words), outcome
    assert "nothing was kept" in str(outcome)


# --- recall ------------------------------------------------------------------------------------------------------


def test_what_was_recalled_is_not_used_answered_or_quoted(story):
    one = story.tell(story.a, "spontaneous", {"title": "A lorry", "text": "It is red."}).id
    assert isinstance(story.use(story.b, one), Done)
    story.tell(story.a, "recall", {"target": one, "reason": "wrong lorry"}, re=(one,), case=one)
    for more in ({}, {"break_glass": "a life is in danger now"}):
        assert isinstance(story.use(story.b, one, **more), NotDone)
    for act in (Act.EXPORT, Act.EVIDENCE, Act.ACCESS):
        done = story.b.act(Particulars(act, one), OFFICER, story.now)
        assert isinstance(done, NotDone)
    refused(story.tell(story.b, "message", {"text": "Red, you say."}, re=(one,), case=one), "recalled", show_id(one))
    refused(story.tell(story.b, "rfi", RFI, re=(one,), case=one), "recalled")
    asking = {"target": one, "release": ["evidence"], "reason": "trial"}
    refused(story.tell(story.b, "release-request", asking, case=one), "recalled")
    court = {"target": one, "order": "order 7", "court": "court of the port"}
    assert story.tell(story.b, "court-disclosure", court, case=one).id, "a court's order may still be told"
    assert story.row(story.b, one).closed
    assert story.row(story.a, one).closed


def test_of_what_was_recalled_in_part_the_rest_goes_on(story):
    one = story.tell(story.a, "spontaneous", {"title": "Two lorries", "text": "Red and blue."}).id
    story.tell(story.a, "recall", {"target": one, "part": "blue"}, re=(one,), case=one)
    assert story.tell(story.b, "message", {"text": "Red?"}, re=(one,), case=one).id
    assert not story.row(story.b, one).closed
    story.tell(story.a, "recall", {"target": one}, re=(one,), case=one)
    refused(story.tell(story.b, "message", {"text": "Red?"}, re=(one,), case=one), "recalled")


def test_the_answer_to_a_recall_names_every_copy_and_both_sides_show_it(story):
    one = story.tell(story.a, "spontaneous", {"title": "A lorry", "text": "It is red."}).id
    story.pass_on(story.b, one, "harbour")
    stop = story.tell(story.a, "recall", {"target": one}, re=(one,), case=one).id
    assert story.open(story.b, "recall") == [("recall", "tell", True, "harbour"), ("recall", "unread", True, "")]
    assert story.open(story.a, "recall") == [("recall", "unread", False, "")]
    mine = [{"holder": "agency", "outcome": "stopped"}]
    short = {"state": "final", "copies": mine}
    refused(story.tell(story.b, "answer", short, re=(stop,), case=one), "harbour is missing")
    whole = {"state": "final", "copies": [*mine, {"holder": "harbour", "outcome": "before-court"}]}
    assert story.tell(story.b, "answer", whole, re=(stop,), case=one).id
    told = [("agency", "stopped"), ("harbour", "before-court")]
    for node in (story.a, story.b):
        with node.ledger.read() as tx:
            assert list(node.desk.copies(tx, stop)) == told
        assert story.row(node, stop).answered is not None
        assert {(h[0], h[4]) for h in story.holders(node, stop)} == set(told)


def test_only_the_own_side_takes_back(story):
    one = story.ask()
    for kind, body in (
        ("recall", {"target": one}),
        ("withdraw", {"reason": "sent-in-error"}),
        ("correction", {"replacements": [LINE]}),
    ):
        refused(story.tell(story.b, kind, body, re=(one,), case=one), "takes back what this node sent")
    two = story.ask()
    refused(story.tell(story.a, "recall", {"target": two}, re=(one,), case=one), "names what it takes back")
    refused(story.tell(story.a, "withdraw", {"reason": "sent-in-error"}), "names the question")
    said = story.tell(story.a, "message", {"text": "It is red."}, case=one).id
    refused(
        story.tell(story.a, "withdraw", {"reason": "sent-in-error"}, re=(said,), case=one), "what was told is recalled"
    )
    stop = story.tell(story.a, "recall", {"target": one}, re=(one,), case=one).id
    own = {"state": "final", "copies": [{"holder": "agency", "outcome": "erased"}]}
    refused(story.tell(story.a, "answer", own, re=(stop,), case=one), "the other side answers our recall")


def test_who_had_it_is_told_of_recalls_and_corrections_only(story):
    one = story.ask()
    for node in (story.a, story.b):
        with node.ledger.read() as tx:
            assert holders_of(tx, node.desk, DispatchId(bytes(16))) == ()
            assert duties_of_case(tx, node.desk, one, story.now) == ()


def test_what_their_answer_names_beyond_what_we_know_is_a_holder_too(story):
    one = story.tell(story.a, "spontaneous", {"title": "A lorry", "text": "It is red."}).id
    stop = story.tell(story.a, "recall", {"target": one}, re=(one,), case=one).id
    copies = [{"holder": "agency", "outcome": "erased"}, {"holder": "old-archive", "outcome": "stopped"}]
    story.tell(story.b, "answer", {"state": "final", "copies": copies}, re=(stop,), case=one)
    assert ("old-archive", False, "passed", True, "stopped") in story.holders(story.a, stop)


# --- correction --------------------------------------------------------------------------------------------------

LINE = {"label": "colour", "strike": "red", "value": "blue"}


def test_a_correction_reaches_everyone_and_each_must_say_so(story):
    one = story.tell(story.a, "spontaneous", {"title": "A lorry", "text": "It is red."}).id
    story.pass_on(story.b, one, "harbour", "customs")
    story.pass_on(story.a, one, "harbour")
    better = story.tell(story.a, "correction", {"replacements": [LINE]}, re=(one,), replaces=one, case=one).id
    assert ("correction", "tell", True, "customs") in story.open(story.b, "correction")
    assert ("correction", "tell", True, "harbour") in story.open(story.a, "correction"), "our own copy too"
    assert story.holders(story.b, better) == [
        ("agency", True, "sent", False, ""),
        ("customs", True, "passed", False, ""),
        ("harbour", True, "passed", False, ""),
    ]
    story.b.see([better], story.now)
    owed = [one.id for one in story.b.owed() if one.what == "tell-correction:customs"]
    say(story.b, owed[0], story.now)
    talk(story.a, story.b, story.now - START)
    assert [(h[0], h[3]) for h in story.holders(story.b, better)] == [
        ("agency", True),
        ("customs", True),
        ("harbour", False),
    ]
    assert story.open(story.b, "correction") == [("correction", "tell", True, "harbour")]
    assert story.holders(story.a, better)[0] == ("agency", False, "sent", True, "")


def test_a_correction_of_a_correction_reaches_the_first_holders(story):
    one = story.tell(story.a, "spontaneous", {"title": "A lorry", "text": "It is red."}).id
    story.pass_on(story.b, one, "harbour")
    two = story.tell(story.a, "correction", {"replacements": [LINE]}, replaces=one, case=one).id
    three = story.tell(story.a, "correction", {"replacements": [LINE]}, replaces=two, case=one).id
    assert ("harbour", True, "passed", False, "") in story.holders(story.b, three)


def test_a_correction_that_leaves_out_an_agency_is_not_composed(story):
    keys = story.a.office.peer_keys
    other = SealingKey.generate(Seeded("harbour"))
    listed = Sealing.of("harbour", other.public(), not_before=Ms(0), not_after=Ms(START + YEAR))
    story.a.office = replace(story.a.office, peer_keys=replace(keys, sealing=(*keys.sealing, listed)))
    made, by = form("spontaneous", {"title": "A lorry", "text": "It is red."}, evaluation="B2")
    (done,) = story.a.submit([(replace(made, recipients=("agency", "harbour")), by)], story.now)
    assert not isinstance(done, BadForm), done
    outcome = story.tell(story.a, "correction", {"replacements": [LINE]}, replaces=done.id, case=done.id)
    refused(outcome, "everyone who had the old one", "harbour")


def say(node, owed, now):
    node.complete(owed, Completion(Officer("requests", 7), "told by telephone"), now)


# --- withdraw and transfer ---------------------------------------------------------------------------------------


def test_what_is_no_longer_asked_is_not_answered_and_what_waited_is_dropped(story):
    one = story.ask()

    class Holds(AskingLaw):
        def decide(self, question, now):
            if question.act == "clear" and question.kind == "answer":
                return Verdict(Effect.REFER, (self.reason("T-7", Effect.REFER, "Test Act s. 7"),), (), "location",
                               "cannot-assist", None, ("approval:desk-lead",), bytes(32))  # fmt: skip
            return super().decide(question, now)

    story.b.office = replace(story.b.office, gate=Holds())
    assert isinstance(story.tell(story.b, "answer", FINAL, re=(one,), case=one), Withheld)
    with story.b.ledger.read() as tx:
        assert [held.form.re for held in held_drafts(tx)] == [(one,)]
    story.pass_on(story.b, one, "harbour")
    assert story.tell(story.a, "withdraw", {"reason": "no-longer-needed"}, re=(one,), case=one).id
    with story.b.ledger.read() as tx:
        assert held_drafts(tx) == ()
    refused(story.tell(story.b, "answer", FINAL, re=(one,), case=one), "no longer asks")
    assert story.tell(story.b, "message", {"text": "Understood."}, re=(one,), case=one).id
    assert isinstance(story.use(story.b, one), Done), "what it said may still be used"
    for node in (story.a, story.b):
        assert (story.row(node, one).withdrawn is not None, story.row(node, one).due_next) == (True, None)
    assert ("withdraw", "tell", True, "harbour") in story.open(story.b, "withdraw")


def test_a_transfer_follows_an_act_of_passing_on_and_both_see_to_whom(story):
    one = story.ask()
    over = {"agency": "harbour", "reason": "They keep the ships."}
    refused(story.tell(story.b, "transfer", over, re=(one,), case=one), "pass", "harbour first")
    refused(story.tell(story.b, "transfer", {"agency": "nobody"}, re=(one,), case=one), "another agency of this node")
    refused(story.tell(story.b, "transfer", {"agency": "agency"}, re=(one,), case=one), "another agency of this node")
    refused(story.tell(story.a, "transfer", over, re=(one,), case=one), "came to us")
    refused(story.tell(story.b, "transfer", over, case=one), "names what it passes on")
    story.pass_on(story.b, one, "harbour")
    due = story.row(story.a, one).due_full
    assert story.tell(story.b, "transfer", over, re=(one,), case=one).id
    for node in (story.a, story.b):
        assert (story.row(node, one).passed_to, story.row(node, one).answered) == ("harbour", None)
    assert story.row(story.a, one).due_full == due


# --- contact note, preserve, deconflict, treaty ------------------------------------------------------------------


def test_a_call_is_on_both_sides_until_it_is_confirmed(story):
    one = story.ask()
    body = {"state": "noted", "means": "telephone", "held": int(story.now), "text": "They look into it."}
    note = story.tell(story.a, "contact-note", body, case=one).id
    assert story.open(story.a, "contact-note") == [("contact-note", "", False, "")]
    assert story.open(story.b, "contact-note") == [("contact-note", "", True, "")]
    assert story.tell(story.b, "contact-note", {"state": "confirmed"}, re=(note,), case=one).id
    assert not story.open(story.a, "contact-note")
    assert not story.open(story.b, "contact-note")
    assert story.row(story.a, one).answered is None


def test_data_are_kept_and_the_end_is_told_to_who_asked(story):
    until = int(story.now) + 90 * DAY
    body = {
        "title": "Account",
        "text": "Keep it.",
        "until": until,
        "records": ["subscriber-record"],
        "own_power": "order",
    }
    one = story.tell(story.a, "preserve", body).id
    assert story.tell(story.b, "answer", {"state": "final", "kept_until": until}, re=(one,), case=one).id
    assert story.open(story.a, "preservation") == [("preservation", "kept", True, "")]
    assert story.open(story.b, "preservation") == [("preservation", "kept", False, "")]
    assert next_reminder(story.a.ledger, story.a.office) == until - 7 * DAY
    assert next_reminder(story.b.ledger, story.b.office) is None


def test_a_place_crosses_as_a_cell_and_comes_back_as_a_word(story):
    body = {"cell": "u4pr", "begins": 1, "ends": 2, "desk": "requests", "officer": 7}
    one = story.tell(story.a, "deconflict", body, purpose="deconfliction").id
    word = {"state": "final", "overlap": "contact"}
    assert story.tell(story.b, "answer", word, re=(one,), case=one, purpose="deconfliction").id
    assert story.row(story.a, one).answered is not None
    with story.a.ledger.read() as tx:
        assert not [one for one in open_duties(tx, story.a.desk, story.now) if one.kind == "feedback"]


def test_a_case_goes_on_by_treaty_on_both_sides(story):
    one = story.ask()
    body = {"authority": "bureau", "instrument": "letter of a court", "usable": ["lead"]}
    assert story.tell(story.a, "convert-to-mla", body, re=(one,), case=one).id
    for node, ours in ((story.a, False), (story.b, True)):
        assert story.row(node, one).converted is not None
        assert story.open(node, "treaty-status") == [("treaty-status", "", ours, "")]
        with node.ledger.read() as tx:
            assert node.desk.after(tx, one).treaty[0].authority == "bureau"
            assert [d.number for d in duties_of_case(tx, node.desk, one, story.now)] == [node.desk.number(tx, one)[0]]


# --- assurance ---------------------------------------------------------------------------------------------------


def test_a_condition_is_met_by_a_promise_that_was_given_and_confirmed(story):
    label: Label = replace(
        default_label("organised-crime", "agency", evaluation="B2"), conditions=("assurance-required(1)", "lead-only")
    )
    one = story.tell(story.a, "spontaneous", {"title": "A man", "text": "He waits." }, label=label).id  # fmt: skip
    use = Particulars(Act.USE, one, serves=Serves.ARREST)

    held = story.b.act(use, OFFICER, story.now)
    assert isinstance(held, NotDone)
    seen = Answer("assurance-officer", Officer("requests", 8), True, "I have seen it.")
    story.b.answer_act(held.subject, seen, story.now)
    early = story.b.act(use, OFFICER, Ms(story.now + 1))
    assert isinstance(early, NotDone)
    assert "act:assurance" in early.missing, "who confirms what was never given confirms nothing"
    until = int(story.now) + DAY
    promise = {
        "state": "given",
        "target": one,
        "covers": ["treatment"],
        "text": "None.",
        "authority": "Minister",
        "until": until,
    }
    given = story.tell(story.b, "assurance", promise, case=one).id
    with story.b.ledger.read() as tx:
        assert assured(one, tx, story.now)
        assert not assured(one, tx, Ms(until)), "it ended"
        assert not assured(given, tx, story.now)
    assert isinstance(story.b.act(use, OFFICER, story.now), Done)
    story.tell(story.b, "recall", {"target": given}, re=(given,), case=one)
    with story.b.ledger.read() as tx:
        assert not assured(one, tx, story.now), "it was taken back"


def test_a_promise_that_has_not_arrived_does_not_count(story):
    one = story.ask()
    promise = {"state": "given", "target": one, "covers": ["use"], "text": "None.", "authority": "Minister"}
    (given,) = story.b.submit([form("assurance", promise, case=one)], story.now)
    assert given.id
    with story.b.ledger.read() as tx:
        assert not assured(one, tx, story.now)


# --- feedback ----------------------------------------------------------------------------------------------------


def test_feedback_is_chased_by_our_own_side_only_and_nothing_crosses(story):
    one = story.ask()
    answer = story.tell(story.b, "answer", FINAL, re=(one,), case=one).id
    before = story.a.ledger
    with before.read() as tx:
        sent = tx.rows("SELECT COUNT(*) FROM sent")[0][0]
    for day in (1, 13, 15, 16, 31, 32):
        story.now = Ms(START + day * DAY)
        story.a.tick(story.now)
        story.b.tick(story.now)
    told = [(one.kind, one.role, one.dispatch) for one in story.a.alarms() if one.kind.startswith("feedback")]
    assert told == [("feedback-missing", "duty-officer", answer), ("feedback-first", "duty-officer", answer)]
    assert not [one for one in story.b.alarms() if one.kind.startswith("feedback")]
    with before.read() as tx:
        assert tx.rows("SELECT COUNT(*) FROM sent")[0][0] == sent
        (count,) = story.a.desk.feedback_counts(tx, story.now)
        assert (count.missing, count.waiting, count.came) == (1, 0, 0)
    for node, owes in ((story.a, "XA"), (story.b, "XA")):
        work = {one.item: one.feedback_missing for one in board_of(node).workplan(story.now)}
        assert work[story.row(node, one).item] == ((owes, 1),), "both sides name the one that asked"
        assert not any(one.feedback_missing for one in board_of(node).workplan(Ms(START + 20 * DAY)))
    assert story.row(story.a, one).due_next is None
    assert story.open(story.b, "feedback") == [("feedback", "missing", False, "")]
    late = story.tell(story.a, "feedback", {"useful": "too-late", "used": ["not-used"]}, re=(answer,), case=one)
    assert late.id
    assert not story.open(story.b, "feedback")
    assert HOUR


# --- how long data are kept, and who sends what ---------------------------------------------------------------------


def test_data_are_kept_for_one_period_at_a_time_and_renewed_after_it(story):
    ask = {"title": "Account", "text": "Keep.", "records": ["subscriber-record"], "own_power": "order"}
    now = int(story.now) + MINUTE
    refused(story.tell(story.a, "preserve", {**ask, "until": now + 90 * DAY + 1}), "90 days at a time", "renew")
    refused(story.tell(story.a, "preserve", {**ask, "until": now + 3650 * DAY}), "2026-")
    one = story.tell(story.a, "preserve", {**ask, "until": int(story.now) + MINUTE + 90 * DAY}).id
    late = int(story.now) + MINUTE + 90 * DAY + 1
    refused(story.tell(story.b, "answer", {"state": "final", "kept_until": late}, re=(one,), case=one), "90 days")
    kept = int(story.now) + 90 * DAY
    assert story.tell(story.b, "answer", {"state": "final", "kept_until": kept}, re=(one,), case=one).id
    story.now = Ms(story.now + 80 * DAY)
    again = int(story.now) + 90 * DAY
    assert story.tell(story.a, "preserve", {**ask, "until": again}, re=(one,), case=one).id, (
        "renewed for a further period"
    )


def test_an_accord_sets_a_shorter_period(story):
    accord = story.a.office.accord
    story.a.office = replace(
        story.a.office, accord=replace(accord, timers=(*accord.timers, ("preservation-most", 21 * DAY)))
    )
    ask = {"title": "Account", "text": "Keep.", "records": ["subscriber-record"], "own_power": "order"}
    refused(story.tell(story.a, "preserve", {**ask, "until": int(story.now) + 22 * DAY}), "21 days")
    assert story.tell(story.a, "preserve", {**ask, "until": int(story.now) + 20 * DAY}).id


def test_an_agency_sends_only_the_kinds_that_our_registry_lists(story):
    sends = {"agency": frozenset({"message", "answer"}), "harbour": frozenset({"rfi"})}
    story.a.office = replace(story.a.office, sends=sends)
    refused(story.tell(story.a, "rfi", RFI), "agency does not send kind 'rfi'", "customs, harbour may")
    story.a.office = replace(story.a.office, sends={one: frozenset({"message"}) for one in AGENCIES})
    refused(story.tell(story.a, "rfi", RFI), "no agency of this node may")
    with story.a.ledger.read() as tx:
        assert tx.rows("SELECT COUNT(*) FROM kept")[0][0] == 0
    story.a.office = replace(story.a.office, sends={"agency": frozenset({"rfi"})})
    one = story.tell(story.a, "rfi", RFI).id
    assert story.row(story.b, one) is not None, "the other side's registry is not ours to hold it against"
