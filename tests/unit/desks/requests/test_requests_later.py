"""What the later kinds do to others, on the rows of one side: taken back, passed on, kept, promised, used, by treaty."""

from __future__ import annotations

from typing import Any

import pytest

from comity.base.ids import CaseId, show_id
from comity.desks.requests import finding
from comity.desks.requests.openduties import Duty, Matter
from comity.desks.requests.rules import RequestState, chase_of, clocks_of, late_by, state_of
from comity.marking.labels import Urgency
from tests.unit.desks.requests import test_requests_rows
from tests.unit.desks.requests.test_requests_kinds import CONVERT, DECONFLICT, GIVEN, NOTE, PRESERVE
from tests.unit.desks.requests.test_requests_rows import (
    ANSWER,
    CLOCKS,
    DAY,
    DESK,
    FILED,
    HOUR,
    MINUTE,
    REFUSED,
    RFI,
    SEEN,
    T0,
    Node,
    case_of,
    ident,
)

node = test_requests_rows.node
CASE = CaseId(ident(1))


def after(node: Node) -> Any:
    return DESK.after(node.tx, CASE)


def duties(node: Node, at: int, kind: Matter | None = None) -> list[Duty]:
    return [one for one in DESK.duties(node.tx, T0 + at) if kind in {None, one.kind}]  # type: ignore[arg-type]  # a time


def state(node: Node, number: int) -> RequestState:
    return state_of(node.row(number).progress(None))


# --- withdraw ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ours", [True, False])
def test_a_question_that_is_taken_back_is_owed_nothing(node: Node, ours: bool) -> None:
    node.file(1, "rfi", RFI, ours=ours)
    node.settle(1, FILED, MINUTE)
    node.file(2, "withdraw", {"reason": "found-elsewhere"}, at=HOUR, ours=ours, **case_of(1))
    row = node.row(1)
    assert (row.withdrawn, row.due_next, state(node, 1)) == (T0 + HOUR, None, RequestState.WITHDRAWN)
    assert late_by(row.progress(None)) is None
    node.settle(1, SEEN, 2 * HOUR)
    assert node.row(1).due_next is None


def test_only_who_asked_takes_it_back(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.file(2, "withdraw", {}, at=HOUR, ours=False, **case_of(1))
    assert node.row(1).withdrawn is None


def test_what_was_answered_before_stays_answered(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "answer", ANSWER, at=HOUR, ours=True, **case_of(1))
    node.file(3, "withdraw", {}, at=2 * HOUR, **case_of(1))
    assert state(node, 1) is RequestState.ANSWERED
    assert node.row(1).withdrawn is None


def test_an_answer_that_crossed_the_withdrawal_is_an_answer(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, FILED, MINUTE)
    node.file(2, "withdraw", {}, at=HOUR, ours=True, **case_of(1))
    node.file(3, "answer", ANSWER, at=2 * HOUR, **case_of(1))
    assert (state(node, 1), node.row(1).answered_by) == (RequestState.ANSWERED, ident(3))


def test_a_withdrawal_that_their_law_refused_did_not_happen(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, FILED, MINUTE)
    node.file(2, "withdraw", {}, at=HOUR, ours=True, **case_of(1))
    node.settle(2, REFUSED, 2 * HOUR, "cannot-assist")
    assert (node.row(1).withdrawn, node.row(1).due_next) == (None, T0 + MINUTE + 8 * HOUR)


# --- transfer ----------------------------------------------------------------------------------------------------


def test_a_transfer_says_who_has_it_and_stops_no_clock(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, FILED, MINUTE)
    before = node.row(1).due_next
    node.file(2, "transfer", {"agency": "harbour"}, at=HOUR, **case_of(1))
    row = node.row(1)
    assert (row.passed_to, row.holders, row.to_agencies) == ("harbour", ("harbour",), ("bureau", "guard"))
    assert (row.due_next, row.due_full) == (before, T0 + MINUTE + 8 * HOUR)
    node.file(3, "transfer", {"agency": "police"}, at=2 * HOUR, **case_of(1))
    assert node.row(1).passed_to == "police"


def test_who_asked_cannot_pass_it_on_and_a_refused_transfer_is_none(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "transfer", {"agency": "harbour"}, at=HOUR, **case_of(1))
    assert node.row(1).passed_to is None
    node.file(3, "transfer", {"agency": "harbour"}, at=HOUR, ours=True, **case_of(1))
    assert node.row(1).passed_to == "harbour"
    node.settle(3, REFUSED, 2 * HOUR, "cannot-assist")
    assert (node.row(1).passed_to, node.row(1).holders) == (None, ("bureau", "guard"))


# --- contact notes -----------------------------------------------------------------------------------------------


def test_a_note_is_open_until_the_other_side_confirms_it(node: Node) -> None:
    node.file(1, "contact-note", NOTE, ours=True)
    node.settle(1, FILED, MINUTE)
    (duty,) = duties(node, HOUR, Matter.CONTACT_NOTE)
    assert (duty.ours, duty.due, duty.dispatch) == (False, T0 + MINUTE + 8 * HOUR, ident(1))
    node.file(2, "contact-note", {"state": "confirmed"}, at=HOUR, **case_of(1))
    assert not duties(node, HOUR, Matter.CONTACT_NOTE)
    assert state(node, 1) is RequestState.ANSWERED


def test_nobody_confirms_his_own_note_and_a_correction_closes_it(node: Node) -> None:
    node.file(1, "contact-note", NOTE)
    node.file(2, "contact-note", {"state": "confirmed"}, at=HOUR, **case_of(1))
    (duty,) = duties(node, HOUR, Matter.CONTACT_NOTE)
    assert duty.ours
    node.file(3, "contact-note", {"state": "corrected", "text": "It was at nine."}, at=HOUR, ours=True, **case_of(1))
    assert not duties(node, HOUR, Matter.CONTACT_NOTE)


def test_a_note_of_a_treaty_case_has_a_limit_too(node: Node) -> None:
    node.file(1, "contact-note", NOTE, urgency=Urgency.FORMAL)
    assert node.row(1).due_full == T0 + 7 * DAY


def test_a_note_answers_no_question(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "contact-note", {"state": "confirmed"}, at=HOUR, ours=True, **case_of(1))
    assert node.row(1).answered is None


# --- preserve ----------------------------------------------------------------------------------------------------

UNTIL = T0 + 90 * DAY
KEPT = {"state": "final", "kept_until": UNTIL}


def test_data_are_kept_until_the_day_that_the_answer_says(node: Node) -> None:
    node.file(1, "preserve", {**PRESERVE, "until": UNTIL + DAY}, ours=True)
    assert after(node).keepings[0].kept is None
    assert not duties(node, HOUR, Matter.PRESERVATION)
    node.file(2, "answer", KEPT, at=HOUR, **case_of(1))
    (keeping,) = after(node).keepings
    assert (keeping.ours, keeping.asked, keeping.kept) == (True, UNTIL + DAY, UNTIL)
    stages = {
        at: [(one.stage, one.ours) for one in duties(node, at, Matter.PRESERVATION)]
        for at in (DAY, 84 * DAY, 91 * DAY, 98 * DAY)
    }
    assert stages == {
        DAY: [("kept", True)],
        84 * DAY: [("ends-soon", True)],
        91 * DAY: [("ended", True)],
        98 * DAY: [],
    }
    assert not after(node).feedback, "that data are kept is no answer to a question"


def test_the_end_of_keeping_is_told_once_to_who_asked(node: Node) -> None:
    node.file(1, "preserve", PRESERVE, ours=True)
    node.file(2, "answer", KEPT, at=HOUR, **case_of(1))
    assert DESK.next_chase(node.tx) == UNTIL - 7 * DAY
    assert not DESK.chase(node.tx, T0 + 82 * DAY)  # type: ignore[arg-type]  # a time
    assert [one.stage for one in DESK.chase(node.tx, UNTIL - 7 * DAY)] == ["ends-soon"]
    assert not DESK.chase(node.tx, UNTIL)
    assert DESK.next_chase(node.tx) is None


def test_who_keeps_is_not_told(node: Node) -> None:
    node.file(1, "preserve", PRESERVE)
    node.file(2, "answer", KEPT, at=HOUR, ours=True, **case_of(1))
    assert DESK.next_chase(node.tx) is None
    assert [one.ours for one in duties(node, DAY, Matter.PRESERVATION)] == [False]


def test_a_renewal_counts_once_it_is_answered(node: Node) -> None:
    node.file(1, "preserve", PRESERVE, ours=True)
    node.file(2, "answer", KEPT, at=HOUR, **case_of(1))
    node.file(3, "preserve", {**PRESERVE, "until": UNTIL + 30 * DAY}, at=80 * DAY, ours=True, **case_of(1))
    assert [one.dispatch for one in duties(node, 84 * DAY, Matter.PRESERVATION)] == [ident(1)]
    longer = {"state": "final", "kept_until": UNTIL + 30 * DAY}
    node.file(4, "answer", longer, at=81 * DAY, case=CASE, re=(ident(3),))
    assert [(one.dispatch, one.stage) for one in duties(node, 84 * DAY, Matter.PRESERVATION)] == [(ident(3), "kept")]
    assert after(node).keepings[0].renewed_by == ident(3)


def test_an_answer_that_their_law_refused_keeps_nothing(node: Node) -> None:
    node.file(1, "preserve", PRESERVE)
    node.file(2, "answer", KEPT, at=HOUR, ours=True, **case_of(1))
    node.settle(2, REFUSED, 2 * HOUR, "cannot-assist")
    assert after(node).keepings[0].kept is None
    assert node.row(1).answered is None


# --- deconflict --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["conflict", "no-conflict", "contact"])
def test_a_deconfliction_is_answered_by_one_word(node: Node, word: str) -> None:
    node.file(1, "deconflict", DECONFLICT)
    assert node.row(1).due_full == T0 + 8 * HOUR
    node.file(2, "answer", {"state": "final", "overlap": word}, at=HOUR, ours=True, **case_of(1))
    assert state(node, 1) is RequestState.ANSWERED
    assert not after(node).feedback


# --- treaty ------------------------------------------------------------------------------------------------------


def test_a_converted_question_goes_on_by_treaty(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, FILED, MINUTE)
    node.file(2, "convert-to-mla", CONVERT, at=HOUR, ours=True, **case_of(1))
    assert (state(node, 1), node.row(1).due_next) == (RequestState.CONVERTED, None)
    (treaty,) = after(node).treaty
    assert (treaty.authority, treaty.instrument, treaty.number, treaty.usable) == (
        "bureau",
        "letter of a court",
        "T-1",
        ("lead",),
    )
    (duty,) = duties(node, DAY, Matter.TREATY_STATUS)
    assert (duty.ours, duty.due) == (False, T0 + HOUR + 30 * DAY)
    node.file(3, "message", {"text": "With the court."}, at=20 * DAY, case=CASE)
    (duty,) = duties(node, 21 * DAY, Matter.TREATY_STATUS)
    assert duty.due == T0 + 50 * DAY


def test_a_conversion_of_what_was_refused_changes_no_answer(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.file(2, "refusal", {"outward": "no-legal-basis"}, at=HOUR, **case_of(1))
    node.file(3, "convert-to-mla", CONVERT, at=2 * HOUR, ours=True, **case_of(1))
    assert state(node, 1) is RequestState.REFUSED
    assert after(node).treaty


# --- assurance ---------------------------------------------------------------------------------------------------


def test_an_assurance_is_asked_for_and_given(node: Node) -> None:
    asked = {"state": "asked", "target": ident(1), "covers": ["treatment"], "text": "Is it so?"}
    node.file(1, "rfi", RFI, ours=True)
    node.file(2, "assurance", asked, at=HOUR, **case_of(1))
    assert node.row(2).due_full == T0 + HOUR + 8 * HOUR
    assert not after(node).promises
    given = {**GIVEN, "target": ident(1), "until": T0 + 90 * DAY}
    node.file(3, "assurance", given, at=2 * HOUR, ours=True, case=CASE, re=(ident(2),))
    (promise,) = after(node).promises
    assert (promise.ours, promise.covers, promise.authority) == (True, ("death-penalty", "treatment"), "Minister")
    assert node.row(2).answered_by == ident(3)
    assert node.row(1).answered is None
    node.settle(3, REFUSED, 3 * HOUR, "cannot-assist")
    assert not after(node).promises


# --- feedback ----------------------------------------------------------------------------------------------------


def asked_and_answered(node: Node, *, ours: bool) -> None:
    node.file(1, "rfi", RFI, ours=ours)
    node.file(2, "answer", ANSWER, at=DAY, ours=not ours, **case_of(1))


def test_feedback_is_chased_twice_and_then_missing(node: Node) -> None:
    asked_and_answered(node, ours=True)
    seen = {at: [(d.stage, d.due - T0) for d in duties(node, at * DAY, Matter.FEEDBACK)] for at in (2, 15, 31, 400)}
    assert seen == {
        2: [("wanted", 15 * DAY)],
        15: [("first", 31 * DAY)],
        31: [("missing", 31 * DAY)],
        400: [("missing", 31 * DAY)],
    }
    told = {}
    for at in range(1, 60):
        for one in DESK.chase(node.tx, T0 + at * DAY):  # type: ignore[arg-type]  # a time
            told.setdefault(at, []).append(one.stage)
    assert told == {15: ["first"], 31: ["missing"]}
    (count,) = DESK.feedback_counts(node.tx, T0 + 31 * DAY)  # type: ignore[arg-type]  # a time
    assert (count.item, count.ours, count.came, count.waiting, count.missing) == ("W-1", False, 0, 0, 1)
    assert node.row(1).due_next is None, "a case is not kept open for it"


def test_feedback_closes_the_chase(node: Node) -> None:
    asked_and_answered(node, ours=True)
    node.file(3, "feedback", {"useful": "useful", "used": ["lead"]}, at=2 * DAY, ours=True, case=CASE, re=(ident(2),))
    assert not duties(node, 40 * DAY, Matter.FEEDBACK)
    assert not DESK.chase(node.tx, T0 + 40 * DAY)  # type: ignore[arg-type]  # a time
    (count,) = DESK.feedback_counts(node.tx, T0 + 40 * DAY)  # type: ignore[arg-type]  # a time
    assert (count.came, count.missing, count.useful) == (1, 0, (("useful", 1),))
    (given,) = after(node).feedback
    assert (given.feedback, given.useful, given.used) == (ident(3), "useful", ("lead",))


def test_the_side_that_answered_is_not_chased_and_gives_no_feedback_on_itself(node: Node) -> None:
    asked_and_answered(node, ours=False)
    node.file(3, "feedback", {"useful": "useful"}, at=2 * DAY, ours=True, case=CASE, re=(ident(2),))
    assert [one.ours for one in duties(node, 16 * DAY, Matter.FEEDBACK)] == [False]
    assert DESK.next_chase(node.tx) is None


def test_no_feedback_is_wanted_on_what_was_recalled_or_refused(node: Node) -> None:
    asked_and_answered(node, ours=True)
    node.file(3, "recall", {"target": ident(2)}, at=2 * DAY, case=CASE, re=(ident(2),))
    assert not duties(node, 16 * DAY, Matter.FEEDBACK)
    assert DESK.next_chase(node.tx) is None
    assert node.row(2).closed
    node.file(11, "rfi", RFI)
    node.file(12, "answer", ANSWER, at=DAY, ours=True, case=CaseId(ident(11)), re=(ident(11),))
    node.settle(12, REFUSED, 2 * DAY, "cannot-assist")
    assert not duties(node, 16 * DAY, Matter.FEEDBACK)


def test_one_late_chase_tells_once(node: Node) -> None:
    asked_and_answered(node, ours=True)
    assert [one.stage for one in DESK.chase(node.tx, T0 + 100 * DAY)] == ["missing"]  # type: ignore[arg-type]  # a time
    assert DESK.next_chase(node.tx) is None


def test_an_accord_may_set_the_times() -> None:
    clocks = clocks_of(
        {}, {"feedback-first": DAY, "feedback-second": 2 * DAY, "contact-note": HOUR, "treaty-status": 0}
    )
    assert (clocks.feedback, clocks.note, clocks.status) == ((DAY, 2 * DAY), HOUR, 30 * DAY)
    assert chase_of(T0, clocks, T0)[1] == T0 + DAY
    assert CLOCKS.feedback == (14 * DAY, 30 * DAY)


def test_marks_that_nobody_opened_are_open(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.file(2, "recall", {"target": ident(1)}, at=HOUR, ours=True, **case_of(1))
    assert [(one.stage, one.ours) for one in duties(node, HOUR, Matter.RECALL)] == [("unread", False)]
    node.settle(2, FILED, 2 * HOUR)
    node.settle(2, SEEN, 3 * HOUR)
    assert not duties(node, 4 * HOUR, Matter.RECALL)


def test_the_answers_to_a_recall_say_what_became_of_each_copy(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.file(2, "recall", {"target": ident(1)}, at=HOUR, ours=True, **case_of(1))
    copies = [{"holder": "harbour", "outcome": "stopped"}, {"holder": "guard", "outcome": "before-court"}]
    node.file(3, "answer", {"state": "part", "copies": copies}, at=2 * HOUR, case=CASE, re=(ident(2),))
    later = [{"holder": "harbour", "outcome": "erased"}]
    node.file(4, "answer", {"state": "final", "copies": later}, at=3 * HOUR, case=CASE, re=(ident(2),))
    assert DESK.copies(node.tx, ident(2)) == (("guard", "before-court"), ("harbour", "erased"))
    assert DESK.copies(node.tx, ident(1)) == ()


def test_filing_twice_changes_nothing(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    steps: list[tuple[str, dict[str, Any], bool]] = [
        ("preserve", PRESERVE, True),
        ("answer", ANSWER, False),
        ("convert-to-mla", CONVERT, True),
        ("assurance", {**GIVEN, "target": ident(1)}, False),
        ("feedback", {"useful": "partly"}, True),
        ("transfer", {"agency": "harbour"}, False),
        ("withdraw", {}, True),
    ]
    for number, (kind, form, ours) in enumerate(steps, 2):
        node.file(number, kind, form, at=number * HOUR, ours=ours, case=CASE, re=(ident(1), ident(3)))
    once = dump(node)
    for number, (kind, form, ours) in enumerate(steps, 2):
        node.file(number, kind, form, at=90 * HOUR, ours=ours, case=CASE, re=(ident(1), ident(3)))
    assert dump(node) == once


def dump(node: Node) -> list[Any]:
    tables = ("dispatch", "keeping", "treaty", "feedback", "assurance", "mark")
    return [node.tx.rows(f"SELECT * FROM requests_{table} ORDER BY 1") for table in tables]


# --- what changes nothing ----------------------------------------------------------------------------------------


def test_an_assurance_that_is_asked_for_again_has_not_been_given(node: Node) -> None:
    asked = {key: value for key, value in GIVEN.items() if key != "until"} | {"state": "asked"}
    node.file(1, "assurance", asked, ours=True)
    before = node.row(1)
    node.file(2, "assurance", asked, at=HOUR, **case_of(1))
    assert node.row(1) == before
    assert before.answered is None


def test_an_answer_keeps_only_what_was_asked_to_be_kept(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.file(2, "answer", {**ANSWER, "kept_until": T0 + 30 * DAY}, at=HOUR, **case_of(1))
    assert node.tx.rows("SELECT 1 FROM requests_keeping") == []
    node.file(3, "preserve", PRESERVE, ours=True, at=2 * HOUR, case=CASE)
    node.file(4, "answer", {**ANSWER, "kept_until": T0 + 30 * DAY}, at=3 * HOUR, case=CASE, re=(ident(3),))
    kept = node.tx.rows("SELECT kept, answer, renewed_by FROM requests_keeping")
    node.file(5, "answer", {**ANSWER, "kept_until": T0 + 60 * DAY}, at=4 * HOUR, case=CASE, re=(ident(3),))
    assert node.tx.rows("SELECT kept, answer, renewed_by FROM requests_keeping") == kept
    assert kept == [(T0 + 30 * DAY, bytes(ident(4)), None)], "the first answer says until when"


@pytest.mark.parametrize("fact", [SEEN, REFUSED])
def test_a_receipt_for_what_is_not_here_moves_no_case(node: Node, fact: int) -> None:
    node.file(1, "rfi", RFI, ours=True)
    before = node.dump()
    node.settle(9, fact, HOUR, "cannot-assist")
    assert node.dump() == before


# --- erased and damaged words ------------------------------------------------------------------------------------


def test_only_the_notes_at_a_handover_that_speak_of_the_case_are_emptied(node: Node) -> None:
    node.file(1, "rfi", RFI)
    for number, eye in ((1, f"look at {show_id(ident(1))}"), (2, f"look at {show_id(ident(7))}")):
        node.tx.run(
            "INSERT INTO requests_handover (id, place, desk, by_number, at, eye, promised, home, made, record)"
            " VALUES (?, ?, 'requests', 7, ?, ?, 'p', 'h', '', ?)",
            (bytes(ident(number)), number, T0, eye, number),
        )
    DESK.erase(node.tx, ident(1), CASE)
    kept = node.tx.rows("SELECT eye, promised, home FROM requests_handover ORDER BY id")
    assert kept == [("", "", ""), (f"look at {show_id(ident(7))}", "p", "h")]


def test_a_row_whose_words_were_damaged_keeps_no_other_from_being_found(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "rfi", RFI, at=HOUR)
    node.tx.run("UPDATE requests_dispatch SET body = ? WHERE id = ?", (b"\xff\x00", ident(1)))
    finding.forget(node.tx)
    while finding.catch_up(node.tx):
        pass
    words = dict(node.tx.rows("SELECT id, words FROM requests_text"))
    assert "callers" not in str(words[ident(1)])
    assert "callers" in str(words[ident(2)])
