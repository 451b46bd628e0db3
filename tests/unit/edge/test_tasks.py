"""Tasks to our own agencies: limits below the case's, who sees what, each step once, and nothing of one ever crosses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import CaseId, DispatchId, Ms, show_id
from comity.desks.requests.tasks import WITHOUT_LIMIT_MS, may_become, reminders, sub_limit
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.states import Officer
from comity.edge.athome import home_of
from comity.edge.tasks import MOST_WORDS
from comity.marking.labels import Urgency
from comity.node.subject import search
from comity.policy.access import Person
from comity.screen.tasks import Asked, TaskCard, TaskState, as_asked, may_see
from tests.unit.edge.dutyworld import CLERK, DUTY, HOUR, LEAD, NOW, Knock, by, staffing
from tests.unit.edge.twofolders import ASKS, question
from tests.unit.node.world import exchange

GUARD, SEALER = Officer("requests", 31), Officer("requests", 33)
WORD = "zanzibarine"


def came_in(two, urgency=Urgency.URGENT):
    """Let the first ask the second something; return dispatch and case."""
    (done,) = two[0].node.submit([(question(urgency), ASKS)], NOW)
    exchange(two[0].node, two[1].node, NOW)
    exchange(two[1].node, two[0].node, NOW)
    return done


# --- limits ----------------------------------------------------------------------------------------------------------

TIME = st.integers(0, 1 << 44).map(Ms)


@given(TIME, st.none() | TIME, st.none() | TIME)
def test_a_task_is_never_due_after_its_cases_limit_nor_before_it_was_given(now, limit, wanted):
    due = sub_limit(now, limit, wanted)
    assert due >= now
    if limit is not None:
        assert due <= max(limit, now)
        if wanted is None and limit > now:
            assert due - now == (limit - now) // 2
    elif wanted is None:
        assert due == now + WITHOUT_LIMIT_MS
    if wanted is not None and now <= wanted and (limit is None or wanted <= limit):
        assert due == wanted


def test_what_was_closed_stays_closed():
    for before in TaskState:
        for after in TaskState:
            allowed = may_become(before, after)
            assert not (before.closed and allowed)
            assert not (after is TaskState.GIVEN and allowed)
    assert may_become(TaskState.GIVEN, TaskState.DONE)
    assert not may_become(TaskState.TAKEN, TaskState.TAKEN)


def card(**more) -> TaskCard:
    base = TaskCard(
        DispatchId(bytes(16)), CaseId(bytes(16)), DispatchId(bytes(16)), "XV-2026-0001", "seal-house", None, WORD,
        "requests", 31, "road-guard", NOW, Ms(NOW + 100), Ms(NOW + 200), TaskState.GIVEN,
    )  # fmt: skip
    return replace(base, **more)


def test_a_task_is_brought_to_mind_before_it_is_due_and_when_it_is():
    assert [at - NOW for at in reminders(card())] == [50, 90, 100]
    assert [at - NOW for at in reminders(card(due=NOW))] == [0]


def person(number, agency, *roles, active=True, desk="requests"):
    return Person(desk, number, agency, frozenset(roles), active)


@pytest.mark.parametrize(
    ("who", "with_case", "seen"),
    [
        (person(33, "seal-house", "officer"), False, True),
        (person(33, "seal-house", "officer", active=False), True, False),
        (person(31, "road-guard", "officer"), False, True),
        (person(44, "road-guard", "officer"), False, False),
        (person(44, "road-guard", "officer"), True, True),
        (person(44, "road-guard", "desk-lead"), False, False),
    ],
)
def test_who_is_asked_who_gave_it_and_who_has_the_case_see_a_task(who, with_case, seen):
    assert may_see(card(), who, with_case=with_case) is seen


def test_a_task_to_one_officer_is_not_open_to_the_others_of_the_agency():
    assert not may_see(card(number=37), person(33, "seal-house", "officer"), with_case=False)
    assert may_see(card(number=33), person(33, "seal-house", "officer"), with_case=False)


def test_a_task_of_no_case_is_open_to_the_desks_lead_and_not_to_everyone_with_cases():
    free = card(case=None)
    assert may_see(free, person(44, "road-guard", "desk-lead"), with_case=False)
    assert not may_see(free, person(44, "road-guard", "officer"), with_case=True)
    assert not may_see(free, person(44, "road-guard", "desk-lead", desk="other"), with_case=False)


def test_who_is_asked_sees_what_was_written_and_not_whose_case_it_is():
    shown = as_asked(card())
    assert (shown.asked, shown.case, shown.dispatch, shown.case_number, shown.case_limit) == (
        WORD,
        None,
        None,
        "",
        None,
    )


# --- the acts --------------------------------------------------------------------------------------------------------


def test_a_task_of_a_case_has_half_of_the_time_left(two):
    done = came_in(two)
    desk = staffing(two[1])
    limit = desk.tasks.limit_of(CaseId(done.case), NOW)
    assert limit is not None
    task = desk.task_work.give(Asked("seal-house", " Which seal? ", dispatch=done.id), GUARD, Ms(NOW + HOUR))
    assert (task.asked, task.case, task.case_limit) == ("Which seal?", done.case, limit)
    assert task.due == NOW + HOUR + (limit - NOW - HOUR) // 2
    assert task.case_number == "XV-2026-0001"
    late = desk.task_work.give(Asked("seal-house", "x", case=done.case, due=Ms(limit + HOUR)), GUARD, NOW)
    assert late.due == limit
    assert desk.tasks.of_case(done.case) == (task, late)
    assert [one.id for one in desk.tasks.tasks()] == [task.id, late.id]


def test_a_task_is_taken_answered_and_closed_once(two):
    desk = staffing(two[0])
    work = desk.task_work
    task = work.give(Asked("paper-office", "Look into book 4."), DUTY, NOW)
    assert task.due == NOW + WITHOUT_LIMIT_MS
    taken = work.move(task.id, TaskState.TAKEN, CLERK, "", Ms(NOW + 1))
    assert (taken.state, taken.taken_number, taken.taken_at) == (TaskState.TAKEN, 13, NOW + 1)
    with pytest.raises(BadForm, match="say in words"):
        work.move(task.id, TaskState.DONE, CLERK, "  ", Ms(NOW + 2))
    with pytest.raises(BadForm, match="at most"):
        work.move(task.id, TaskState.DONE, CLERK, "x" * (MOST_WORDS + 1), Ms(NOW + 2))
    with pytest.raises(NotAllowed, match="who is asked"):
        work.move(task.id, TaskState.DONE, DUTY, "I say so.", Ms(NOW + 2))
    with pytest.raises(NotAllowed, match="who gave"):
        work.move(task.id, TaskState.WITHDRAWN, CLERK, "", Ms(NOW + 2))
    done = work.move(task.id, TaskState.DONE, CLERK, "Nothing there.", Ms(NOW + 3))
    assert (done.state, done.answer, done.closed_number, done.closed_at) == (
        TaskState.DONE,
        "Nothing there.",
        13,
        NOW + 3,
    )
    for to in (TaskState.TAKEN, TaskState.REFUSED, TaskState.WITHDRAWN):
        with pytest.raises(BadForm, match="this task is done"):
            work.move(task.id, to, CLERK, "again", Ms(NOW + 4))
    assert desk.tasks.tasks() == ()
    assert [one.id for one in desk.tasks.tasks(closed=True)] == [task.id]


def test_a_lead_withdraws_what_another_gave_and_the_desk_answers_for_an_agency_without_officers(two):
    desk = staffing(two[0])
    work = desk.task_work
    task = work.give(Asked("paper-office", "x", number=13), DUTY, NOW)
    with pytest.raises(NotAllowed):
        work.move(task.id, TaskState.TAKEN, Officer("requests", 17), "", NOW)
    assert work.move(task.id, TaskState.WITHDRAWN, LEAD, "", NOW).state is TaskState.WITHDRAWN
    empty = next(agency for agency, _, numbers in desk.tasks.agencies() if not numbers)
    other = work.give(Asked(empty, "x"), DUTY, NOW)
    with pytest.raises(NotAllowed):
        work.move(other.id, TaskState.DONE, CLERK, "no", NOW)
    assert work.move(other.id, TaskState.REFUSED, DUTY, "They say no, by telephone.", NOW).closed_number == 11


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("paper-office", " "), "say what"),
        (Asked("paper-office", "x" * (MOST_WORDS + 1)), "at most"),
        (Asked("seal-house", "x"), "no agency"),
        (Asked("paper-office", "x", number=11), "no officer"),
        (Asked("paper-office", "x", case=CaseId(b"c" * 16)), "no such case"),
        (Asked("paper-office", "x", dispatch=DispatchId(b"c" * 16)), "no such dispatch"),
    ],
)
def test_a_task_that_cannot_be_is_not_kept(two, asked, said):
    desk = staffing(two[0])
    with pytest.raises(BadForm, match=said):
        desk.task_work.give(asked, DUTY, NOW)
    with pytest.raises(NotAllowed):
        desk.task_work.give(Asked("paper-office", "x"), Officer("requests", 99), NOW)
    with pytest.raises(BadForm, match="no such task"):
        desk.task_work.move(DispatchId(b"t" * 16), TaskState.TAKEN, DUTY, "", NOW)
    assert desk.tasks.tasks() == ()


def test_a_dispatch_of_another_case_is_refused(two):
    first, second = came_in(two), came_in(two)
    with pytest.raises(BadForm, match="another case"):
        staffing(two[1]).task_work.give(Asked("seal-house", "x", case=first.case, dispatch=second.id), GUARD, NOW)


def test_each_reminder_is_given_once_and_a_late_look_gives_only_the_newest(two):
    desk = staffing(two[0])
    work = desk.task_work
    task = work.give(Asked("paper-office", "x", due=Ms(NOW + 100)), DUTY, NOW)
    assert work.remind(Ms(NOW + 49)) == ()
    assert work.remind(Ms(NOW + 50)) == (task.id,)
    assert work.remind(Ms(NOW + 60)) == ()
    assert work.remind(Ms(NOW + 500)) == (task.id,)
    assert work.remind(Ms(NOW + 900)) == ()
    assert desk.tasks.task(task.id).reminded == (NOW + 50, NOW + 500)


def test_nothing_of_a_task_crosses_and_our_decision_log_keeps_giving_and_closing(two):
    done = came_in(two)
    desk, said = staffing(two[1]), []
    task = desk.task_work.give(Asked("seal-house", f"Ask {WORD}.", dispatch=done.id), GUARD, NOW)
    for step in (TaskState.TAKEN, TaskState.DONE):
        said.append(two[1].node.speak(Ms(NOW + HOUR)))
        two[0].node.take(said[-1], Ms(NOW + HOUR))
        desk.task_work.move(task.id, step, SEALER, f"It was {WORD}.", Ms(NOW + HOUR))
    said.append(two[1].node.speak(Ms(NOW + 2 * HOUR)))
    assert not any(needle in one for one in said for needle in (WORD.encode(), task.id))
    assert not any(
        decode_exchange(one).dispatches for one in said
    )  # signatures may have any letters in them, so no word is looked for
    with two[1].node.ledger.read() as tx:
        shared = [bytes(row[0]) for row in tx.rows("SELECT entry FROM entry WHERE role <> 'decision'")]
        kinds = [row[0] for row in tx.rows("SELECT kind FROM record WHERE dispatch = ?", (done.id,))]
        kept = [bytes(row[0]) for row in tx.rows("SELECT record FROM record WHERE kind LIKE 'task-%'")]
        leaves = [bytes(row[0]) for row in tx.rows("SELECT entry FROM entry WHERE role = 'decision'")]
    assert not any(needle in one for one in shared for needle in (WORD.encode(), task.id, b"task-"))
    assert kinds[-2:] == ["task-given", "task-closed"]
    assert all(WORD.encode() in one for one in kept)
    assert not any(WORD.encode() in one for one in leaves), "a leaf commits to a record and does not hold it"


def test_the_door_gives_takes_and_closes(two):
    give = {"by": by(DUTY), "agency": "paper-office", "asked": "Look into book 4."}
    ((status, task), bad, late) = Knock(two[0])(
        ("POST", "/tasks/give", give),
        ("POST", "/tasks/give", give | {"colour": "blue"}),
        ("POST", "/tasks/give", give | {"case": "7"}),
    )
    assert (status, bad[0], late[0]) == (200, 400, 400)
    move = {"by": by(CLERK), "id": task["id"]}
    said = Knock(two[0])(
        ("POST", "/tasks/take", move),
        ("POST", "/tasks/withdraw", move),
        ("GET", "/tasks"),
        ("GET", f"/tasks/one?id={task['id']}"),
        ("POST", "/tasks/done", move | {"answer": "Nothing."}),
        ("POST", "/tasks/refuse", move | {"answer": "No."}),
        ("GET", "/tasks?closed=1"),
        ("GET", f"/tasks?case={show_id(bytes(16))}"),
    )
    assert [status for status, _ in said] == [200, 409, 200, 200, 200, 400, 200, 200]
    assert [one["state"] for one in said[2][1]] == ["taken"]
    assert said[6][1][0]["answer"] == "Nothing."
    assert said[7][1] == []


# --- whom it concerns ------------------------------------------------------------------------------------------------


def test_what_was_written_at_home_is_found_by_a_search_on_a_person(two):
    came = came_in(two)
    desk, other = staffing(two[1]), staffing(two[0])
    ask = desk.task_work.give(Asked("seal-house", "Whose seal is it?", dispatch=came.id), GUARD, NOW)
    desk.task_work.move(ask.id, TaskState.DONE, SEALER, "That of Anso Merrow.", Ms(NOW + 1))
    desk.task_work.give(Asked("seal-house", "Call Merrow, Anso"), GUARD, Ms(NOW + 2))
    note = desk.duty_work.leave(GUARD, ("", "ring ANSO MERROW", "x"), Ms(NOW + 3))
    desk.duty_work.leave(GUARD, ("nothing", "", ""), Ms(NOW + 4))
    with two[1].node.ledger.read() as tx:
        texts = tuple(home_of(desk)(tx))
        found = search("Anso Merrow", "", tx, two[1].node.office.desks, texts)
    assert len(texts) == 4
    assert [(one.whose, one.kind, one.state, one.texts, one.confidence) for one in found] == [
        ("home", "task", "done", 1, True),
        ("home", "task", "given", 1, False),
        ("home", "handover", "waiting", 1, True),
    ]
    assert (found[0].id, found[2].id) == (ask.id, note.id)
    with two[0].node.ledger.read() as tx:
        assert not search("Anso Merrow", "", tx, two[0].node.office.desks, home_of(other)(tx)), "none of it crossed"
        assert list(home_of(None)(tx)) == []


def test_the_door_looks_through_what_was_written_at_home(two):
    desk = staffing(two[0])
    desk.task_work.give(Asked("paper-office", "Ask Anso Merrow."), DUTY, NOW)
    ((status, told),) = Knock(two[0])(("POST", "/subject", {"person": "merrow anso", "by": by(DUTY)}))
    assert status == 200, told
    assert [one["match"]["whose"] for one in told["found"]] == ["home"]
