"""What is filed is on the lists of both sides with the same limits; a repeat, a stranger or a lie changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from comity.base.errors import BadForm
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, NodeName
from comity.desk import Filing, Standing
from comity.desks.requests.powers import OfficerPowers
from comity.desks.requests.rows import ItemCount, Rest
from comity.desks.requests.rules import RequestState, clocks_of, state_of
from comity.desks.requests.service import RequestsDesk
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Author, Header, ReleasedBy, wire_labels
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import LANE_OF, Urgency
from comity.marking.rules import default_label

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
T0 = Ms(1_783_900_800_000)  # 13 July 2026 00:00 UTC
CLOCKS = clocks_of({0: (30 * MINUTE, 30 * MINUTE), 1: (HOUR, 4 * HOUR)}, {})
DESK = RequestsDesk(read_schema("comity.desks.requests"), "A", CLOCKS)
ARRIVED, FILED, QUARANTINED, REFUSED, SEEN = 1, 2, 3, 4, 5


def ident(number: int) -> DispatchId:
    return DispatchId(number.to_bytes(16, "big"))


@dataclass(frozen=True)
class Node:
    """One side's tables."""

    tx: Tx

    def file(self, number: int, kind: str, form: dict[str, Any], at: int = 0, **more: Any) -> Filing:
        urgency = more.pop("urgency", Urgency.IMMEDIATE)
        ours = more.pop("ours", False)
        index = more.pop("index", None)
        admitted = more.pop("admitted", True)
        fresh = more.pop("fresh", False)
        header = Header(
            id=ident(number),
            sender=NodeName("a.example/comity"),
            receiver=NodeName("b.example/comity"),
            author=Author("police", "officer"),
            agencies=("bureau", "guard"),
            desk="requests",
            kind=kind,
            version=1,
            case=None,
            re=(),
            after=(),
            lane=LANE_OF[urgency],
            purpose="fraud",
            basis=(),
            labels=wire_labels(default_label("fraud", "police")),
            created=Ms(T0 + at),
            answer_by=None,
            accord=Digest(bytes(32)),
            replaces=None,
            workplan_item="W-1",
            workplan_reason="",
            released_by=ReleasedBy("requests", 7, None),
            conduct=None,
            urgency=urgency,
        )
        header = replace(header, **more)
        filing = Filing(
            ours=ours,
            header=header,
            body=DESK.compose(kind, form) if admitted else b"",
            case=header.case or CaseId(header.id),
            at=Ms(T0 + at),
            index=index,
            admitted=admitted,
            fresh=fresh,
        )
        DESK.file(self.tx, filing)
        return filing

    def settle(self, number: int, fact: int, at: int, code: str | None = None) -> None:
        DESK.settle(self.tx, ident(number), fact, code, Ms(T0 + at))

    def row(self, number: int) -> Any:
        found = DESK.dispatch(self.tx, ident(number))
        assert found is not None
        return found

    def dump(self) -> list[Any]:
        tables = ("requests_case", "requests_dispatch", "requests_early", "requests_mark", "requests_posting")
        return [self.tx.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables]


@pytest.fixture
def node() -> Iterator[Node]:
    store = SqliteStore(":memory:", (Schema("requests", DESK.schema),))
    with store.begin() as tx:
        yield Node(tx)
    store.close()


RFI = {"title": "Two callers", "text": "Whose are they?", "asks": ["person"], "records": ["subscriber-record"]}
ANSWER = {"state": "final", "text": "Known."}
HOLD = {"state": "holding", "new_time": 9, "reason": "carrier asked"}


def case_of(number: int) -> dict[str, Any]:
    return {"case": CaseId(ident(number)), "re": (ident(number),)}


def test_desk_names_itself_and_its_tables() -> None:
    assert (DESK.name, DESK.schema[0][0]) == ("requests", 1)


def test_what_they_sent_is_due_here_from_its_arrival(node: Node) -> None:
    node.file(1, "rfi", RFI, at=MINUTE)
    row = node.row(1)
    assert (row.arrived, row.due_next) == (T0 + MINUTE, T0 + 31 * MINUTE)
    assert (row.due_seen, row.due_first, row.due_full) == (
        T0 + 31 * MINUTE,
        T0 + MINUTE + 2 * HOUR,
        T0 + MINUTE + 8 * HOUR,
    )
    assert (row.title, row.item, row.to_agencies, row.officer) == ("Two callers", "W-1", ("bureau", "guard"), 7)
    node.settle(1, FILED, MINUTE)
    assert node.row(1).filed == T0 + MINUTE
    node.settle(1, SEEN, 24 * MINUTE)
    assert node.row(1).due_next == T0 + MINUTE + 2 * HOUR


def test_the_rest_of_the_header_is_kept(node: Node) -> None:
    label = default_label("fraud", "police", evaluation="B2", retain_until=T0, categories=["contact", "person"])
    more = {"basis": ("arrangement:1",), "conduct": "theft", "answer_by": T0, "labels": wire_labels(label)}
    node.file(1, "rfi", RFI, released_by=ReleasedBy("requests", 7, ident(500)), **more)
    assert node.row(1).rest == Rest(label, ("arrangement:1",), "theft", T0, ident(500), "officer")
    node.file(2, "rfi", RFI)
    assert node.row(2).rest.delegation is None


def test_what_we_sent_is_due_there_from_its_receipt(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    assert (node.row(1).arrived, node.row(1).due_full, node.row(1).due_next) == (None, None, T0 + 30 * MINUTE)
    node.settle(1, ARRIVED, MINUTE)
    assert node.row(1).due_next == T0 + 31 * MINUTE
    node.settle(1, FILED, 2 * MINUTE)
    assert (node.row(1).arrived, node.row(1).filed, node.row(1).due_next) == (
        T0 + MINUTE,
        T0 + 2 * MINUTE,
        T0 + 31 * MINUTE,
    )
    node.settle(1, SEEN, 3 * MINUTE)
    assert node.row(1).due_next == T0 + MINUTE + 2 * HOUR


def test_a_holding_answer_stops_no_clock_and_a_final_one_does(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.settle(1, SEEN, MINUTE)
    node.file(2, "answer", HOLD, at=HOUR, ours=True, **case_of(1))
    row = node.row(1)
    assert (row.first, row.answered, row.due_next) == (T0 + HOUR, None, T0 + 8 * HOUR)
    node.file(3, "answer", {"state": "part", "text": "One."}, at=2 * HOUR, ours=True, **case_of(1))
    assert node.row(1).first == T0 + HOUR
    node.file(4, "answer", ANSWER, at=7 * HOUR, ours=True, **case_of(1))
    row = node.row(1)
    assert (row.answered, row.answered_by, row.outward, row.due_next) == (T0 + 7 * HOUR, ident(4), None, None)


def test_a_refusal_answers_with_its_code(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, FILED, MINUTE)
    node.file(2, "refusal", {"outward": "cannot-assist"}, at=HOUR, **case_of(1))
    row = node.row(1)
    assert (row.outward, row.due_next, row.answered_by) == ("cannot-assist", None, ident(2))
    assert state_of(row.progress(None)) is RequestState.REFUSED
    assert DESK.dispatch(node.tx, ident(2)).progress(None).sent is None  # type: ignore[union-attr]  # it is there


def test_nobody_answers_his_own_question(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "answer", ANSWER, at=HOUR, ours=False, **case_of(1))
    node.file(3, "answer", HOLD, at=HOUR, ours=False, **case_of(1))
    assert (node.row(1).answered, node.row(1).first) == (None, None)


def test_an_answer_that_their_law_refused_has_answered_nothing(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "answer", ANSWER, at=HOUR, ours=True, **case_of(1))
    node.settle(2, REFUSED, 2 * HOUR, "cannot-assist")
    assert (node.row(1).answered_by, node.row(1).due_next) == (None, T0 + 8 * HOUR)
    assert (node.row(2).refused_code, node.row(2).due_next) == ("cannot-assist", None)


def test_an_answer_may_come_before_the_receipt_of_its_question(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, SEEN, MINUTE)
    node.file(2, "answer", HOLD, at=2 * MINUTE, **case_of(1))
    node.settle(1, ARRIVED, 3 * MINUTE)
    assert node.row(1).due_next == T0 + 3 * MINUTE + 8 * HOUR
    node.file(3, "answer", ANSWER, at=4 * MINUTE, **case_of(1))
    node.settle(1, FILED, 5 * MINUTE)
    assert node.row(1).due_next is None


def test_a_seen_receipt_before_arrived_does_not_lose_the_limit(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, SEEN, MINUTE)
    assert node.row(1).due_next == T0 + 30 * MINUTE
    node.settle(1, ARRIVED, MINUTE)
    assert node.row(1).due_next == T0 + MINUTE + 2 * HOUR


def test_what_was_held_keeps_its_time_of_arrival(node: Node) -> None:
    node.settle(1, ARRIVED, MINUTE)
    node.settle(1, ARRIVED, 2 * MINUTE)
    node.file(1, "rfi", RFI, at=HOUR)
    assert (node.row(1).arrived, node.row(1).due_next) == (T0 + MINUTE, T0 + 31 * MINUTE)


def test_quarantine_keeps_the_arrival_due_until_a_reseal_arrives(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, QUARANTINED, MINUTE, "unopened")
    assert (node.row(1).quarantined, node.row(1).due_next) == (T0 + MINUTE, T0 + 30 * MINUTE)
    assert state_of(node.row(1).progress(1)) is RequestState.QUARANTINED


def test_a_receipt_that_does_not_exist_is_an_error(node: Node) -> None:
    with pytest.raises(BadForm, match="receipt"):
        node.settle(1, 6, 0)


def test_repeats_change_nothing(node: Node) -> None:
    def story(later: int) -> None:
        node.file(1, "rfi", RFI, at=later, ours=True)
        node.settle(1, ARRIVED, later + MINUTE)
        node.settle(1, FILED, later + MINUTE)
        node.settle(1, SEEN, later + 2 * MINUTE)
        node.file(2, "answer", HOLD, at=later + HOUR, **case_of(1))
        node.file(3, "answer", ANSWER, at=later + 2 * HOUR, **case_of(1))
        node.file(4, "recall", {"target": ident(3)}, at=later + 3 * HOUR, **case_of(1))
        node.file(5, "posting", NOMINATION, at=later, ours=True)
        node.file(6, "posting", ACCEPTANCE, at=later + 1, re=(ident(5),))
        node.file(7, "posting", ENDING, at=later + 2, re=(ident(5),), index=LeafIndex(40))

    story(0)
    before = node.dump()
    story(DAY)
    assert node.dump() == before


def test_what_our_law_did_not_admit_is_kept_without_content_and_owes_nothing(node: Node) -> None:
    node.file(1, "rfi", RFI, admitted=False)
    node.settle(1, REFUSED, 1, "no-legal-basis")
    row = node.row(1)
    assert (row.body, row.title, row.due_next, row.admitted) == (b"", "", None, False)
    assert DESK.asked(node.tx, ident(1)) is None
    assert DESK.inbox(node.tx) == ()


def test_the_inbox_is_sorted_by_time_left_with_the_overdue_first(node: Node) -> None:
    node.file(1, "rfi", RFI, urgency=Urgency.NORMAL)
    node.file(2, "message", {"text": "A line.\nAnother."}, urgency=Urgency.URGENT)
    node.file(3, "rfi", RFI, at=-9 * HOUR)
    node.file(4, "rfi", RFI, ours=True)
    assert [row.id for row in DESK.inbox(node.tx)] == [ident(3), ident(2), ident(1)]
    assert [row.id for row in DESK.inbox(node.tx, limit=1)] == [ident(3)]
    assert [row.id for row in DESK.waiting(node.tx)] == [ident(4)]
    node.settle(2, SEEN, 1)
    assert [row.id for row in DESK.inbox(node.tx)] == [ident(3), ident(1)]
    assert node.row(2).title == "A line."


def test_the_day_of_the_header_and_of_a_recall_shorten_the_limit(node: Node) -> None:
    node.file(1, "rfi", RFI, answer_by=Ms(T0 + 3 * HOUR))
    node.file(2, "rfi", RFI, answer_by=Ms(T0 + 30 * HOUR))
    node.file(3, "rfi", RFI, answer_by=Ms(T0 - 1))
    node.file(4, "recall", {"target": ident(1), "due": T0 + HOUR})
    node.file(5, "rfi", RFI, urgency=Urgency.FORMAL)
    assert [node.row(n).limits.full for n in range(1, 6)] == [3 * HOUR, 8 * HOUR, 8 * HOUR, HOUR, None]
    assert [node.row(n).limits.first for n in range(1, 6)] == [2 * HOUR, 2 * HOUR, 2 * HOUR, None, 30 * DAY]


def test_counts_by_workplan_item(node: Node) -> None:
    node.file(1, "rfi", RFI, at=-1)
    node.file(2, "rfi", RFI, at=0, ours=True)
    node.file(3, "message", {"text": "x"}, at=DAY - 1, workplan_item=None, workplan_reason="posting")
    node.file(4, "message", {"text": "x"}, at=DAY)
    day = (T0, Ms(T0 + DAY))
    assert DESK.counts(node.tx, day, T0) == (ItemCount("W-1", 1, 0, 0), ItemCount(None, 1, 0, 0))
    assert DESK.counts(node.tx, day, Ms(T0 + HOUR)) == (ItemCount("W-1", 1, 1, 1), ItemCount(None, 1, 0, 0))


def test_cases_have_a_number_of_ours_and_learn_theirs(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "rfi", RFI, at=1, ours=True)
    node.file(3, "answer", {**ANSWER, "reference": "B-2026-0009"}, at=2, **case_of(2))
    node.file(4, "answer", {**ANSWER, "reference": "B-2026-0010"}, at=3, **case_of(2))
    node.file(5, "message", {"text": "x", "reference": "A-2026-0099"}, at=3, ours=True, **case_of(1))
    assert DESK.number(node.tx, CaseId(ident(1))) == ("A-2026-0001", None)
    assert DESK.number(node.tx, CaseId(ident(2))) == ("A-2026-0002", "B-2026-0009")
    assert DESK.number(node.tx, CaseId(ident(9))) is None
    node.file(6, "rfi", RFI, at=200 * DAY)
    assert DESK.number(node.tx, CaseId(ident(6))) == ("A-2027-0001", None)


def test_a_case_shows_its_dispatches_in_time_order_and_the_list_the_most_urgent_first(node: Node) -> None:
    node.file(1, "rfi", RFI, at=5)
    node.file(3, "message", {"text": "x"}, at=9, **case_of(1))
    node.file(2, "message", {"text": "x"}, at=7, **case_of(1))
    node.file(4, "rfi", RFI, at=-HOUR)
    node.file(5, "message", {"text": "x"}, at=9, case=CaseId(ident(77)))
    for number in (2, 3, 5):
        node.settle(number, SEEN, 10)
    assert [row.id for row in DESK.case(node.tx, CaseId(ident(1)))] == [ident(1), ident(2), ident(3)]
    listed = DESK.cases(node.tx)
    assert [case.id for case in listed] == [ident(4), ident(1), ident(77)]
    assert (listed[1].dispatches, listed[1].last, listed[1].opener.title) == (3, T0 + 9, "Two callers")  # type: ignore[union-attr]  # it is there
    assert listed[2].opener is None
    assert listed[2].due_next is None


def test_a_recall_marks_what_is_here_and_what_comes_late(node: Node) -> None:
    node.file(1, "spontaneous", {"title": "t", "text": "x"})
    node.file(2, "recall", {"target": ident(1), "part": "address 2"}, at=1, re=(ident(1),))
    node.file(3, "recall", {"target": ident(9)}, at=1)
    assert (node.row(1).recalled_by, node.row(1).recalled_at, node.row(1).recalled_part) == (
        ident(2),
        T0 + 1,
        "address 2",
    )
    assert DESK.is_recalled(node.tx, ident(9))
    assert not DESK.is_recalled(node.tx, ident(2))


def test_a_recall_of_what_another_sent_has_no_effect(node: Node) -> None:
    node.file(1, "spontaneous", {"title": "t", "text": "x"}, ours=True)
    node.file(2, "recall", {"target": ident(1)}, at=1)
    node.file(3, "recall", {"target": ident(9)}, at=1, ours=True)
    assert node.row(1).recalled_by is None
    assert not DESK.is_recalled(node.tx, ident(9))


def test_a_correction_marks_what_it_replaces_and_reaches_every_holder(node: Node) -> None:
    line = {"replacements": [{"label": "alias", "strike": "Captain"}]}
    node.file(1, "rfi", RFI, ours=True, agencies=("bureau",))
    node.file(2, "correction", line, ours=True, at=1, replaces=ident(1), agencies=("guard",))
    node.file(3, "correction", line, ours=True, at=2, re=(ident(2),))
    node.file(4, "correction", line, ours=True, at=3)
    assert node.row(1).replaced_by == ident(2)
    assert node.row(2).replaced_by == ident(3)
    assert DESK.holders(node.tx, ident(2), ["customs"]) == ("bureau", "customs", "guard")
    assert DESK.holders(node.tx, ident(99)) == ()


def test_what_a_question_asked_for_is_known_to_its_answer(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "message", {"text": "x"})
    assert DESK.asked(node.tx, ident(1)) == (frozenset({"person"}), frozenset({"subscriber-record"}))
    assert DESK.asked(node.tx, ident(2)) is None
    assert DESK.asked(node.tx, ident(3)) is None


# --- postings --------------------------------------------------------------------------------------------------

NOMINATION: dict[str, Any] = {
    "state": "nominated",
    "desk": "requests",
    "officer": 117,
    "agency": "police",
    "function": "liaison officer",
    "host_agency": "bureau",
    "delegation": {"id": ident(500), "kinds": ["rfi", "answer"], "stages": ["holding"], "until": T0 + 90 * DAY},
}
ACCEPTANCE = {"state": "accepted", "desk": "requests", "officer": 117}
ENDING = {"state": "ended", "desk": "requests", "officer": 117}


def test_a_posted_officer_acts_from_acceptance_to_end(node: Node) -> None:
    node.file(1, "posting", NOMINATION, ours=True)
    assert DESK.standing(node.tx, "requests", 117, T0) is None
    node.file(2, "posting", ACCEPTANCE, at=1, re=(ident(1),))
    standing = DESK.standing(node.tx, "requests", 117, T0)
    assert standing == Standing(
        agency="police",
        roles=frozenset({"posted-officer"}),
        kinds=frozenset({"rfi", "answer"}),
        purposes=None,
        urgencies=None,
        stages=frozenset({"holding"}),
        until=Ms(T0 + 90 * DAY),
        acts=frozenset({"use"}),
    )
    assert DESK.standing(node.tx, "requests", 118, T0) is None
    assert DESK.standing(node.tx, "cyber", 117, T0) is None
    assert DESK.standing(node.tx, "requests", 117, Ms(T0 + 90 * DAY)) is None
    assert node.row(1).answered_by == ident(2)
    node.file(3, "posting", ENDING, at=2, ours=True, re=(ident(1),))
    assert DESK.standing(node.tx, "requests", 117, T0) is None


def test_a_delegation_may_be_bound_to_data_and_a_redaction_never_takes_the_bound_away(node: Node) -> None:
    nomination = {**NOMINATION, "delegation": {**NOMINATION["delegation"], "data": ["commercial", "person"]}}
    node.file(1, "posting", nomination, ours=True)
    node.file(2, "posting", ACCEPTANCE, at=1, re=(ident(1),))
    standing = DESK.standing(node.tx, "requests", 117, T0)
    assert standing is not None
    assert standing.categories == {"commercial", "person"}
    body = DESK.compose("posting", nomination)
    assert DESK.redact("posting", body, frozenset({"person"})) == (body, ())
    assert not DESK.facts("posting", body).tagged


def test_the_sender_cannot_accept_for_the_host(node: Node) -> None:
    node.file(1, "posting", NOMINATION, ours=True)
    node.file(2, "posting", ACCEPTANCE, ours=True, re=(ident(1),))
    assert DESK.standing(node.tx, "requests", 117, T0) is None


def test_an_acceptance_of_another_officer_or_of_nothing_changes_nothing(node: Node) -> None:
    node.file(1, "posting", NOMINATION, ours=True)
    node.file(2, "posting", {**ACCEPTANCE, "officer": 118}, re=(ident(1),))
    node.file(3, "posting", ACCEPTANCE)
    node.file(4, "posting", {**ENDING, "officer": 999})
    assert DESK.standing(node.tx, "requests", 117, T0) is None
    assert DESK.standing(node.tx, "requests", 118, T0) is None


def test_what_has_ended_is_not_accepted_again(node: Node) -> None:
    node.file(1, "posting", NOMINATION, ours=True)
    node.file(2, "posting", ENDING, at=1, re=(ident(1),))
    node.file(3, "posting", ACCEPTANCE, at=2, re=(ident(1),))
    assert DESK.standing(node.tx, "requests", 117, T0) is None


def test_the_peers_ended_posting_counts_from_its_leaf(node: Node) -> None:
    assert DESK.peer_posting_ended(node.tx, "requests", 117) is None
    node.file(1, "posting", NOMINATION)
    assert DESK.peer_posting_ended(node.tx, "requests", 117) == 0
    node.file(2, "posting", ACCEPTANCE, at=1, ours=True, re=(ident(1),))
    assert DESK.peer_posting_ended(node.tx, "requests", 117) is None
    node.file(3, "posting", ENDING, at=2, index=LeafIndex(812))
    assert DESK.peer_posting_ended(node.tx, "requests", 117) == 812


def test_the_host_ends_a_posting_for_everything_not_yet_taken(node: Node) -> None:
    node.file(1, "posting", NOMINATION)
    node.file(2, "posting", ACCEPTANCE, at=1, ours=True, re=(ident(1),))
    node.file(3, "posting", ENDING, at=2, ours=True, re=(ident(1),), index=LeafIndex(5))
    assert DESK.peer_posting_ended(node.tx, "requests", 117) == 0


def test_a_new_posting_of_the_same_officer_counts_anew(node: Node) -> None:
    node.file(1, "posting", NOMINATION)
    node.file(2, "posting", ACCEPTANCE, at=1, ours=True, re=(ident(1),))
    node.file(3, "posting", ENDING, at=2, index=LeafIndex(812))
    node.file(4, "posting", NOMINATION, at=3)
    node.file(5, "posting", ACCEPTANCE, at=4, ours=True, re=(ident(4),))
    assert DESK.peer_posting_ended(node.tx, "requests", 117) is None


def test_roster_and_postings_together(node: Node) -> None:
    duty = Standing("police", frozenset({"duty-officer"}), None, None, None, None, None)
    posted = Standing("police", frozenset({"posted-officer"}), None, None, None, None, None)
    powers = OfficerPowers({("requests", 101): duty, ("requests", 117): posted}, DESK)
    assert powers.standing(node.tx, "requests", 101, T0) == duty
    assert powers.standing(node.tx, "requests", 102, T0) is None
    assert powers.standing(node.tx, "requests", 117, T0) is None
    node.file(1, "posting", NOMINATION, ours=True)
    node.file(2, "posting", ACCEPTANCE, at=1, re=(ident(1),))
    standing = powers.standing(node.tx, "requests", 117, T0)
    assert standing is not None
    assert standing.kinds == {"rfi", "answer"}
    assert powers.peer_posting_ended(node.tx, "requests", 117) is None


def test_a_posting_is_over_once_it_ended_or_its_day_is_past_and_never_before_it_began(node: Node) -> None:
    powers = OfficerPowers({}, DESK)
    assert not powers.posting_over(node.tx, "requests", 117, T0), "never posted: at work at home"
    node.file(1, "posting", NOMINATION, ours=True)
    assert not powers.posting_over(node.tx, "requests", 117, T0), "nominated only"
    node.file(2, "posting", ACCEPTANCE, at=1, re=(ident(1),))
    assert not powers.posting_over(node.tx, "requests", 117, T0)
    assert powers.posting_over(node.tx, "requests", 117, Ms(T0 + 90 * DAY))
    node.file(3, "posting", ENDING, at=2, ours=True, re=(ident(1),))
    assert powers.posting_over(node.tx, "requests", 117, T0)
