"""Rows of duty: a note is taken over once, what is owed is listed by its limit, and rings are remembered until they are old."""

from __future__ import annotations

from comity.base.ids import CaseId, LeafIndex, Ms, show_id
from comity.desks.requests.duty import DutyRows
from comity.screen.duty import HandoverLine, HandoverNote, Told
from comity.screen.ringing import BellSetting, Ring
from tests.unit.desks.requests import test_requests_rows
from tests.unit.desks.requests.test_requests_rows import HOUR, MINUTE, RFI, SEEN, T0, Node, ident

node = test_requests_rows.node
ROWS = DutyRows()
LINE = HandoverLine(Told.OVERDUE, show_id(ident(1)), "A-2026-0001", "rfi", 0, Ms(T0))


def note(number: int, at: int) -> HandoverNote:
    return HandoverNote(ident(number), "requests", 7, Ms(T0 + at), "the boat", "call at nine", "", (LINE,))


def test_what_is_owed_is_listed_by_its_limit_and_what_nobody_opened_is_told_apart(node: Node) -> None:
    node.file(1, "rfi", RFI, at=MINUTE)
    node.file(2, "rfi", RFI, ours=True)
    case, due = CaseId(ident(1)), Ms(T0 + 31 * MINUTE)
    assert ROWS.due_lines(node.tx, Ms(due - 1)) == ((ident(2), CaseId(ident(2)), True, "rfi", 0, Ms(T0 + 30 * MINUTE)),)
    assert ROWS.due_lines(node.tx, due)[1] == (ident(1), case, False, "rfi", 0, due)
    assert ROWS.unseen_immediate(node.tx) == ((ident(1), Ms(T0 + MINUTE)),)
    assert ROWS.due_between(node.tx, Ms(due - 1), due) == ((ident(1), due),)
    assert ROWS.due_between(node.tx, due, Ms(due + HOUR)) == ()
    node.settle(1, SEEN, 2 * MINUTE)
    assert ROWS.unseen_immediate(node.tx) == ()
    assert ROWS.nominated_in(node.tx, ident(1)) == (case, "police")
    assert ROWS.nominated_in(node.tx, ident(9)) is None


def test_a_note_says_what_it_said_and_is_taken_over_once(node: Node) -> None:
    first, second = note(10, 0), note(11, HOUR)
    for one in (first, second):
        ROWS.leave(node.tx, one, LeafIndex(3))
    assert ROWS.note(node.tx, ident(10)) == first
    assert ROWS.note(node.tx, ident(12)) is None
    assert ROWS.notes(node.tx, waiting=True) == (second, first)
    assert ROWS.take_over(node.tx, ident(10), 8, Ms(T0 + 2 * HOUR))
    assert not ROWS.take_over(node.tx, ident(10), 9, Ms(T0 + 3 * HOUR)), "it was taken over"
    assert ROWS.notes(node.tx, waiting=True) == (second,)
    (old,) = ROWS.notes(node.tx, waiting=False, before=second.at)
    assert (old.id, old.taken_number, old.taken_at) == (ident(10), 8, T0 + 2 * HOUR)


def test_an_officers_choice_of_bell_is_the_last_one(node: Node) -> None:
    ROWS.set_bell(node.tx, BellSetting("requests", 7, "a@example.org"), T0)
    chosen = BellSetting("requests", 7, "b@example.org", "22:00", "06:00", "Etc/GMT-3")
    ROWS.set_bell(node.tx, chosen, Ms(T0 + 1))
    assert ROWS.bells(node.tx) == (chosen,)


def test_rings_are_counted_anew_and_forgotten_when_they_are_old(node: Node) -> None:
    ROWS.note_rung(node.tx, Ring("draft:1", "mail", 7, 1, T0))
    again = Ring("draft:1", "mail", 7, 2, Ms(T0 + HOUR), failed=True)
    ROWS.note_rung(node.tx, again)
    assert ROWS.rung(node.tx) == (again,)
    ROWS.forget_rung(node.tx, Ms(T0 + HOUR))
    assert ROWS.rung(node.tx) == (again,), "not older than that"
    ROWS.forget_rung(node.tx, Ms(T0 + HOUR + 1))
    assert ROWS.rung(node.tx) == ()
