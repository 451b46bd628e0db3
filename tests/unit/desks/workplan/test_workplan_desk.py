"""The plan over two sides' rows: what an officer may say of it, what the other side's words come to, and what pages and files show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from comity.base import cbor
from comity.base.errors import BadConfiguration, BadEnvelope, BadForm
from comity.base.ids import CaseId, DispatchId, Ms, NodeName, show_id
from comity.base.workdays import Calendar
from comity.desk import Around
from comity.desks.workplan import feeds, knowing, planrows
from comity.desks.workplan.body import read
from comity.desks.workplan.calendar import Entry, calendar_text
from comity.desks.workplan.files import from_csv
from comity.desks.workplan.opening import open_desk
from comity.desks.workplan.planning import (
    answer_of,
    calendar_of,
    file_of,
    plan_json,
    preview_of,
    proposal_of,
    revised_of,
    update_of,
    waiting_of,
)
from comity.desks.workplan.plans import plan_value, version_digest
from comity.desks.workplan.reminding import DEFAULT_MS, chase
from comity.desks.workplan.scorecard.part import ScorecardPart
from comity.desks.workplan.service import WorkplanDesk
from comity.dispatch.accord import Accord, Party
from comity.dispatch.entries import Fact
from comity.dispatch.filing import TakenBack
from tests.unit.desks.workplan.planpair import AGENCIES, PLAN, SCHEMA, Node, Pair, change

NOBODY = DispatchId(b"n" * 16)
DAY = 86_400_000


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(stack)


@pytest.fixture
def a(pair: Pair) -> Node:
    return pair.nodes[0]


@pytest.fixture
def b(pair: Pair) -> Node:
    return pair.nodes[1]


def agreed(pair: Pair, a: Node, b: Node, *changes: object) -> DispatchId:
    """Let A propose and B agree, so that the next version is in force on both."""
    proposal = pair.propose(a, *(changes or (change(),)))
    pair.carry()
    pair.answer(b, proposal)
    pair.carry()
    return proposal


# --- what leaves -----------------------------------------------------------------------------------------------------


def test_what_was_written_before_something_else_was_said_is_looked_at_again(pair, a):
    early = pair.filing(a, proposal_of(a.tx, a.desk, {"operations": [change("A-8")]}))
    pair.propose(a, change())
    with pytest.raises(BadForm, match="something came in between"):
        a.desk.check(a.tx, early)


def test_how_far_an_action_is_is_said_of_the_plan_in_force_alone(pair, a, b):
    body, item, theirs = update_of(a.tx, a.desk, {"action": "A-1", "state": "done", "text": "all of it"})
    assert (item, theirs) == ("F-1", AGENCIES[1])
    with pytest.raises(BadForm, match="no action A-9"):
        pair.say(a, {**body, "action": "A-9"}, "action-update")
    with pytest.raises(BadForm, match="no such action"):
        update_of(a.tx, a.desk, {"action": "A-9", "state": "done"})
    agreed(pair, a, b)
    with pytest.raises(BadForm, match="changed in between"):
        pair.say(a, body, "action-update")
    evidence = show_id(NOBODY)
    body, _, _ = update_of(a.tx, a.desk, {"action": "A-2", "state": "under-way", "evidence": [evidence]})
    pair.say(a, body, "action-update")
    pair.carry()
    (part, _) = next(one for one in pair.card(b).items[0].actions if one.id == "A-2").parts
    assert (part.state, part.evidence) == ("under-way", (evidence,))


def test_a_word_of_theirs_on_an_action_that_is_not_its_owners_counts_for_nothing(pair, a, b):
    body, _, _ = update_of(a.tx, a.desk, {"action": "A-1", "state": "done"})
    forged = pair.filing(a, body, "action-update", agency="some-other-house")
    b.desk.file(b.tx, replace(forged, ours=False))
    (part, _) = pair.card(b).items[0].actions[0].parts
    assert (part.state, part.since) == ("planned", None)


def test_a_proposal_is_answered_with_one_of_three_words_and_must_be_here(pair, a):
    with pytest.raises(BadForm, match="agreed, declined or withdrawn"):
        answer_of(a.tx, a.desk, {"about": show_id(NOBODY), "state": "perhaps"})
    with pytest.raises(BadForm, match="no such proposal on this node"):
        answer_of(a.tx, a.desk, {"about": show_id(NOBODY), "state": "agreed"})
    with pytest.raises(BadForm, match="no such proposal on this node"):
        proposal_of(a.tx, a.desk, {"again": show_id(NOBODY)})


def test_changes_that_were_looked_at_on_another_version_are_looked_at_again(pair, a, b):
    looked = preview_of(a.tx, a.desk, {"operations": [change("A-3")]}).on
    agreed(pair, a, b)
    with pytest.raises(BadForm, match="changed in between"):
        proposal_of(a.tx, a.desk, {"operations": [change("A-3")], "on": looked})
    now = a.desk.plan.version(a.tx).digest.hex()
    assert proposal_of(a.tx, a.desk, {"operations": [change("A-3")], "on": now})["state"] == "proposal"


def test_what_is_no_plan_and_no_change_is_named(pair, a):
    with pytest.raises(BadForm, match="no plan, or no change"):
        proposal_of(a.tx, a.desk, {"operations": [{"what": "robots"}]})
    whole = plan_json(a.tx, a.desk)
    body = proposal_of(a.tx, a.desk, {"plan": {**whole, "title": "Other work"}})
    assert body["operations"] == [{"what": "title", "id": "title", "to": "Other work"}]
    with pytest.raises(BadForm, match="no plan, or no change"):
        proposal_of(a.tx, a.desk, {"plan": {"title": "Other work"}})


def test_changes_are_seen_before_they_are_sent_and_so_is_what_they_lack(pair, a, b):
    seen = preview_of(a.tx, a.desk, {"operations": [change()]})
    body = proposal_of(a.tx, a.desk, {"operations": [change()]})
    assert (seen.on, seen.result, seen.lacks) == (body["base"].hex(), body["result"].hex(), "")
    ((kept, lines),) = seen.changes
    assert kept == change()
    assert {one.field for one in lines} == {"", "item", "owners", "due"}
    gone = preview_of(a.tx, a.desk, {"operations": [{"what": "priority", "id": "P-1"}]})
    assert "names the priority P-1" in gone.lacks
    proposal = pair.propose(a, change())
    pair.carry()
    assert preview_of(b.tx, b.desk, {"proposal": show_id(proposal)}).changes == seen.changes


def test_a_days_change_is_shown_as_the_days(pair, a, b):
    track = plan_value(PLAN)["tracks"][0]
    agreed(pair, a, b, {"what": "track", "id": "T-1", "to": {**track, "days": ["2026-10-01"]}})
    (told,) = pair.card(b).versions[0].differences
    assert (told.field, told.before, told.after) == ("days", "2026-10-01, 2026-11-01", "2026-10-01")


# --- what arrives ----------------------------------------------------------------------------------------------------


def test_changes_of_theirs_that_do_not_fit_or_lead_elsewhere_are_filed_and_void(pair, a, b):
    base = a.desk.plan.version(a.tx).digest
    said = {"state": "proposal", "seen": 0, "base": base}
    twice = [{"what": "action", "id": "A-9"}]
    unfit = pair.filing(a, {**said, "number": 1, "operations": twice, "result": bytes(32)})
    other = pair.filing(a, {**said, "number": 2, "operations": [change()], "result": bytes(32)})
    for one in (unfit, other):
        b.desk.file(b.tx, replace(one, ours=False))
    shown = {one.id: (one.fate, one.verdict) for one in pair.card(b).proposals}
    assert shown == {
        show_id(unfit.header.id): ("void", "no-fit"),
        show_id(other.header.id): ("void", "other-result"),
    }
    with pytest.raises(BadForm, match="no such proposal open"):
        pair.answer(b, other.header.id)


def test_what_comes_before_another_is_waited_for_and_cannot_be_erased_meanwhile(pair, a, b):
    pair.propose(a, change())
    late = pair.propose(a, change("A-3"))
    (_, first), (_, second) = pair.waits
    b.desk.file(b.tx, replace(second, ours=False))
    assert (pair.card(b).held, pair.card(b).number) == (1, 1)
    with pytest.raises(BadForm, match="something before this amendment is missing"):
        b.desk.erase(b.tx, late, CaseId(late))
    b.desk.file(b.tx, replace(first, ours=False))
    assert pair.card(b).held == 0


def test_what_our_law_did_not_admit_is_a_row_and_no_word_of_the_plan(pair, a, b):
    pair.propose(a, change())
    ((_, filing),) = pair.waits
    b.desk.file(b.tx, replace(filing, ours=False, body=b"", admitted=False))
    assert pair.card(b).proposals == ()
    row = b.desk.dispatch(b.tx, filing.header.id)
    assert (row.admitted, row.stage, row.title) == (False, "", "")


def test_an_amendment_that_is_filed_twice_is_one(pair, a, b):
    pair.propose(a, change())
    ((_, filing),) = pair.waits
    for _ in range(2):
        b.desk.file(b.tx, replace(filing, ours=False))
        b.desk.plan.file(b.tx, replace(filing, ours=False))
    assert len(planrows.events(b.tx)) == 1
    assert len(pair.card(b).proposals) == 1


# --- receipts, marks and erasure -------------------------------------------------------------------------------------


def test_every_receipt_is_noted_once_by_its_first_time(pair, a):
    proposal = pair.propose(a, change())
    for fact, at in ((Fact.ARRIVED, 5), (Fact.FILED, 6), (Fact.FILED, 7), (Fact.SEEN, 8), (Fact.SEEN, 9)):
        a.desk.settle(a.tx, proposal, fact, None, Ms(at))
    row = a.desk.dispatch(a.tx, proposal)
    assert (row.arrived, row.filed, row.seen, row.refused) == (5, 6, 8, None)
    with pytest.raises(BadForm, match="no such receipt"):
        a.desk.settle(a.tx, proposal, 99, None, Ms(10))


@pytest.mark.parametrize("fact", [Fact.REFUSED, Fact.QUARANTINED])
def test_what_the_other_side_did_not_take_was_never_said(pair, a, fact):
    proposal = pair.propose(a, change())
    assert len(pair.card(a).proposals) == 1
    a.desk.settle(a.tx, proposal, fact, "not-permitted", Ms(9))
    assert pair.card(a).proposals == ()


def test_what_was_held_here_arrived_when_it_came_and_not_when_it_was_filed(pair, a, b):
    pair.propose(a, change())
    ((_, filing),) = pair.waits
    b.desk.settle(b.tx, filing.header.id, Fact.ARRIVED, None, Ms(77))
    b.desk.file(b.tx, replace(filing, ours=False, at=Ms(99)))
    row = b.desk.dispatch(b.tx, filing.header.id)
    assert (row.arrived, row.at) == (77, 99)
    assert b.desk.case(b.tx, filing.case) == (row,)
    assert b.desk.case(b.tx, CaseId(NOBODY)) == ()


def test_only_the_sender_of_a_dispatch_takes_it_back_and_only_what_is_here_is_erased(pair, a, b):
    proposal = pair.propose(a, change(), text="too soon")
    pair.carry()
    for target, ours in ((NOBODY, False), (proposal, True), (proposal, False), (proposal, False)):
        b.desk.take_back(b.tx, TakenBack(target, NOBODY, "recall", ours, Ms(1)))
    assert pair.card(b).proposals[0].marks == ("recall",)
    with pytest.raises(BadForm, match="recalled this proposal"):
        pair.answer(b, proposal)
    before = b.desk.dispatch(b.tx, proposal)
    b.desk.erase(b.tx, NOBODY, CaseId(NOBODY))
    assert b.desk.dispatch(b.tx, proposal) == before
    pair.answer(b, proposal, "declined", "it was recalled")
    pair.carry()
    b.desk.erase(b.tx, proposal, CaseId(proposal))
    row = b.desk.dispatch(b.tx, proposal)
    assert (row.title, row.body, pair.card(b).proposals[0].words) == ("", b"", "")


def test_of_a_limit_our_side_is_told_once_and_of_the_next_one_again(pair, a, b):
    proposal = pair.propose(a, change())
    pair.carry()
    since = b.desk.dispatch(b.tx, proposal).at
    soon, over = Ms(since + DEFAULT_MS - DAY), Ms(since + DEFAULT_MS)
    assert b.desk.next_chase(b.tx) == soon
    told = [[one.stage for one in b.desk.chase(b.tx, at)] for at in (Ms(soon - 1), soon, soon, over, over)]
    assert told == [[], ["soon"], [], ["over"], []]
    assert b.desk.next_chase(b.tx) is None
    assert chase(a.tx, over, DEFAULT_MS) == (), "our own proposal waits for them"


# --- the desk as the path knows it -----------------------------------------------------------------------------------


def test_a_desk_has_its_name_its_tables_and_its_kinds_alone(pair, a):
    assert (a.desk.name, a.desk.schema) == ("workplan", SCHEMA.steps)
    with pytest.raises(BadForm, match="no kind called 'rfi'"):
        a.desk.compose("rfi", {})
    with pytest.raises(BadEnvelope, match="no kind called 'rfi'"):
        a.desk.lines("rfi", b"")
    with pytest.raises(BadEnvelope, match="kind that this desk does not have"):
        read("rfi", cbor.encode({"state": "question"}))


def test_of_a_part_that_is_removed_only_its_class_is_left_and_the_rest_stays(pair, a):
    base = a.desk.plan.version(a.tx).digest
    body = a.desk.compose("workplan-amend", proposal_of(a.tx, a.desk, {"operations": [change()], "text": "see there"}))
    assert a.desk.redact("workplan-amend", body, frozenset({"health"})) == (body, ())
    # A later edition may tag a part; this one removes what is tagged and names the class, as protocol.md 3 has it.
    tagged = cbor.encode({**cbor.decode(body), "further": {"label": "x", "categories": ["health"], "value": "words"}})
    left, removed = a.desk.redact("workplan-amend", tagged, frozenset({"health", "biometric"}))
    assert removed == ("health",)
    assert b"words" not in left
    assert next(one for one in a.desk.lines("workplan-amend", left) if one.label == "text").text == "see there"
    assert read("workplan-amend", left).body.base == base


def test_a_part_that_has_no_turns_is_not_asked(pair, a):
    desk = WorkplanDesk((), (ScorecardPart(),))
    filing = pair.filing(a, proposal_of(a.tx, a.desk, {"operations": [change()]}))
    scorecard = replace(filing, header=replace(filing.header, kind="scorecard"))
    desk.check(a.tx, scorecard)
    with pytest.raises(BadEnvelope, match="no kind called 'workplan-amend'"):
        desk.check(a.tx, filing)


def test_a_node_is_not_opened_with_a_plan_that_is_none_and_counts_days_by_each_sides_own_calendar():
    parties = tuple(Party(NodeName(f"{name}.example"), name.upper(), (b"", b""), ()) for name in ("xa", "xb"))
    accord = Accord("x", 1, None, (parties[0], parties[1]), (), (), (("plan-answer", 5),), (), Ms(0))
    mine, theirs = Calendar(working=frozenset({0})), Calendar(working=frozenset({1}))
    for node, days in ((parties[0].node, (mine, theirs)), (parties[1].node, (theirs, mine))):
        desk = open_desk(SCHEMA.steps, Around("X", node, accord, mine, theirs, planrows.plan_bytes(PLAN)))
        assert isinstance(desk, WorkplanDesk)
        assert (desk.plan.sides.ids, desk.plan.sides.days, desk.plan.sides.answer_ms) == (("xa", "xb"), days, 5)
    twice = cbor.encode({**plan_value(PLAN), "actions": plan_value(PLAN)["actions"] * 2})
    for broken, says in ((b"\xff", ""), (cbor.encode({"title": "x"}), ""), (twice, "A-1 twice")):
        with pytest.raises(BadConfiguration, match=f"{says}.*the node was not started"):
            open_desk(SCHEMA.steps, Around("X", parties[0].node, accord, mine, theirs, broken))


# --- files and addresses ---------------------------------------------------------------------------------------------


def test_every_version_is_there_as_a_file_and_no_other(pair, a, b):
    agreed(pair, a, b)
    assert plan_json(a.tx, a.desk, 1) == plan_value(PLAN)
    assert [one["id"] for one in plan_json(a.tx, a.desk)["actions"]] == ["A-1", "A-2"]
    with pytest.raises(BadForm, match="no version 3"):
        plan_json(a.tx, a.desk, 3)
    kinds = {form: file_of(a.tx, a.desk, form, "en") for form in ("json", "csv", "ics")}
    assert {form: kind for form, (kind, _) in kinds.items()} == {
        "json": "application/json", "csv": "text/csv", "ics": "text/calendar",
    }  # fmt: skip
    assert json.loads(kinds["json"][1]) == plan_json(a.tx, a.desk)
    assert from_csv(kinds["csv"][1])["actions"][1]["id"] == "A-2"
    assert "DESCRIPTION:ten days" in kinds["ics"][1], "whoever asks for a file reads the measures too"
    assert "DESCRIPTION" not in calendar_of(a.tx, a.desk, (), "en")


def test_a_calendar_was_last_changed_when_the_plan_or_a_further_event_was(pair, a, b):
    signed = Ms(round(datetime(2026, 5, 20, tzinfo=UTC).timestamp() * 1000))
    assert revised_of(a.tx, a.desk, ()) == signed
    agreed(pair, a, b)
    # spec: protocol.md 3: a time in a header is its sender's; the version took effect with the second signature.
    second = a.desk.plan.story(a.tx).now.agreed.made
    assert revised_of(a.tx, a.desk, ()) == revised_of(b.tx, b.desk, ()) == second > signed
    later = Entry("m", "", "talk", Ms(second + 5), at=Ms(second))
    assert revised_of(a.tx, a.desk, (later,)) == second + 5
    assert "SEQUENCE:1" in calendar_of(a.tx, a.desk, (), "en"), "the second version has changed its events once"


def test_an_event_with_a_time_has_its_beginning_and_length():
    # spec: RFC 5545 3.3.5 form 2, 3.3.6
    begins = Ms(round(datetime(2026, 11, 3, 9, 30, tzinfo=UTC).timestamp() * 1000))
    timed = Entry("m", "", "talk", begins, at=begins, minutes=90)
    text = calendar_text("x", (timed, replace(timed, uid="n", minutes=None)), version_digest(1, None, PLAN))
    assert text.count("DTSTART:20261103T093000Z\r\n") == 2
    assert [line for line in text.split("\r\n") if line.startswith("DURATION")] == ["DURATION:PT90M"]


def test_of_an_officers_calendar_address_the_newest_alone_opens(pair, a):
    who, other = ("requests", 11), ("requests", 12)
    old, new = b"o" * 32, b"n" * 32
    assert (feeds.whose(a.tx, old), feeds.since(a.tx, who)) == (None, None)
    feeds.put(a.tx, who, old, Ms(1))
    feeds.put(a.tx, who, new, Ms(2))
    assert (feeds.whose(a.tx, old), feeds.whose(a.tx, new), feeds.since(a.tx, who)) == (None, who, 2)
    assert [feeds.drop(a.tx, one) for one in (other, who, who)] == [False, True, False]
    assert feeds.whose(a.tx, new) is None


# --- whose it is, and what waits -------------------------------------------------------------------------------------


def test_a_case_is_of_our_agencies_that_sent_or_got_something_in_it_and_has_no_number_here(pair, a, b):
    proposal = pair.propose(a, change())
    pair.carry()
    case = CaseId(proposal)
    assert (knowing.agencies(a.tx, case), knowing.agencies(b.tx, case)) == ({AGENCIES[0]}, {AGENCIES[1]})
    assert knowing.agencies(a.tx, CaseId(NOBODY)) is None
    assert knowing.numbered(a.tx, "XA-2026-0001") is None


def test_a_proposal_waits_for_the_other_side_alone_and_is_late_after_its_days(pair, a, b):
    proposal = pair.propose(a, change())
    pair.carry()
    assert waiting_of(a.tx, a.desk, pair.now) == ()
    (one,) = waiting_of(b.tx, b.desk, pair.now)
    assert (one.id, one.late) == (show_id(proposal), False)
    (late,) = waiting_of(b.tx, b.desk, one.due)
    assert late.late
    pair.answer(b, proposal, "declined", "not now")
    assert waiting_of(b.tx, b.desk, one.due) == ()


def test_an_open_proposal_is_not_erased_and_one_in_force_carries_its_version_without_its_words(pair, a, b):
    proposal = pair.propose(a, change())
    pair.carry()
    for node in (a, b):
        with pytest.raises(BadForm, match="this proposal is open"):
            node.desk.erase(node.tx, proposal, CaseId(proposal))
    pair.answer(b, proposal)
    pair.carry()
    before = a.desk.plan.version(a.tx)
    a.desk.erase(a.tx, proposal, CaseId(proposal))
    pair.propose(b, change("A-3"))
    pair.carry()
    assert a.desk.plan.version(a.tx).digest == before.digest == b.desk.plan.version(b.tx).digest
    assert pair.card(a).number == 2


def test_who_goes_first_agrees_once_the_other_side_has_declined_its_own(pair, a, b):
    ours, theirs = pair.propose(a, change("A-2")), pair.propose(b, change("A-3"))
    pair.carry()
    with pytest.raises(BadForm, match="nothing was kept"):
        pair.answer(a, theirs)
    pair.answer(b, ours, "declined", "yours second")
    pair.carry()
    pair.answer(a, theirs)
    pair.carry()
    assert [one.id for one in a.desk.plan.version(a.tx).plan.actions] == ["A-1", "A-3"]
    assert a.desk.plan.version(a.tx).digest == b.desk.plan.version(b.tx).digest


def test_a_proposal_on_a_text_that_we_never_had_can_only_be_declined(pair, a, b):
    said = {
        "state": "proposal",
        "seen": 0,
        "number": 1,
        "base": b"x" * 32,
        "operations": [change()],
        "result": bytes(32),
    }
    strange = pair.filing(b, said)
    a.desk.file(a.tx, replace(strange, ours=False))
    base, number = a.desk.plan.version(a.tx).digest, {"number": 1, "seen": 1}
    answer = {"state": "agreed", "about": strange.header.id, "base": base, "result": bytes(32), **number}
    with pytest.raises(BadForm, match="would not count"):
        pair.say(a, answer)
    declined = {
        "state": "declined",
        "about": strange.header.id,
        "base": base,
        "reason": "we hold another text",
    } | number
    pair.say(a, declined)
    pair.carry()
    assert a.desk.plan.version(a.tx).digest == base == b.desk.plan.version(b.tx).digest
