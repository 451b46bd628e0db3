"""Duty of a node: who is there and when nobody is, shifts that a lead changes, postings, notes that are taken over once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms, show_id
from comity.dispatch.owed import owe
from comity.dispatch.states import Officer
from comity.edge.dutywork import MOST_WORDS, Named
from comity.marking.labels import Urgency
from comity.screen.duty import Change, PlannedShift, Told
from comity.screen.tasks import Asked
from tests.unit.edge.dutyworld import CLERK, DAY, DUTY, HOUR, LEAD, NIGHT, NOW, Knock, by, staffing
from tests.unit.edge.twofolders import ANSWERS, ASKS, question
from tests.unit.node.world import exchange


def hour(at: Ms) -> float:
    return (at - NOW) / HOUR


# --- who is there ----------------------------------------------------------------------------------------------------


def test_both_sides_stand_on_the_card_with_their_offices_and_lines(two):
    ours, theirs = staffing(two[0]).duty.duty(NOW).sides
    assert (ours.short, ours.ours, ours.line, ours.office_open) == ("XO", True, "harbour bell 1", True)
    assert (theirs.short, theirs.ours, theirs.line) == ("XV", False, "road post 9")
    assert [one.why for one in ours.here] == ["office"]


def test_office_and_shifts_together_leave_no_hole_on_a_working_day_and_one_on_a_saturday(two):
    ours = staffing(two[0]).duty.duty(NOW).sides[0]
    assert hour(ours.until) == 119, "until Saturday 08:00 there: the night of Friday's shift, then no office"
    assert [(hour(one.begins), hour(one.ends)) for one in ours.gaps] == [(119, 127), (143, 151)]
    assert {one.rings for one in ours.gaps} == {"requests/11"}


def test_an_absence_makes_a_hole_that_is_named_with_who_is_rung(two):
    desk = staffing(two[0])
    desk.duty_work.change(
        Named(20, "duty-officer", "2026-07-14"), Change.ABSENCE, LEAD, NOW, stands_in=None, note="ill"
    )
    ours = desk.duty.duty(NOW).sides[0]
    assert (hour(ours.until), ours.whole) == (15, False)
    assert (hour(ours.gaps[0].begins), hour(ours.gaps[0].ends), ours.gaps[0].rings) == (15, 23, "requests/11")
    late = desk.duty.duty(Ms(NOW + 16 * HOUR)).sides[0]
    assert (late.until, late.here) == (None, ())


def test_when_nobody_is_there_somebody_is_rung_all_the_same(two):
    desk = staffing(two[0])
    saturday = Ms(NOW + 5 * DAY)
    with desk.duty._ledger.read() as tx:
        assert desk.duty.people(tx, saturday) == (("requests", 11), ("requests", 20))
        assert desk.duty.people(tx, Ms(NOW + 16 * HOUR)) == (("requests", 20),)


# --- shifts ----------------------------------------------------------------------------------------------------------


def test_a_change_stands_on_the_roster_of_two_weeks_with_who_and_when(two):
    desk = staffing(two[0])
    named = Named(20, "duty-officer", "2026-07-14")
    desk.duty_work.change(named, Change.SUBSTITUTE, LEAD, NOW, stands_in=11, note="course")
    card = desk.duty.duty(NOW)
    changed = [one for one in card.shifts if one.change is not None]
    assert [(one.day, one.number, one.stands) for one in changed] == [("2026-07-14", 20, 11)]
    assert (changed[0].change.by_number, changed[0].change.at, changed[0].change.note) == (18, NOW, "course")
    desk.duty_work.change(named, Change.PLANNED, LEAD, Ms(NOW + 1), stands_in=None, note="")
    card = desk.duty.duty(NOW)
    assert {one.stands for one in card.shifts if one.day == "2026-07-14" and one.number == 20} == {20}
    assert [one.what for one in card.changes] == [Change.PLANNED, Change.SUBSTITUTE], "nothing is rewritten"
    assert len({one.day for one in card.shifts}) >= 14


def test_a_swap_changes_both_shifts_and_the_right_one_is_rung(two):
    desk, node = staffing(two[0]), two[0].node
    one, other = Named(11, "duty-officer", "2026-07-14"), Named(20, "duty-officer", "2026-07-15")
    made = desk.duty_work.swap(one, other, LEAD, NOW, note="")
    assert [change.stands_in for change in made] == [20, 11]
    with node.ledger.read() as tx:
        evening, night = Ms(NOW + 32 * HOUR), Ms(NOW + 40 * HOUR)
        rota = node.office.rota
        assert [rota.on_call("duty-officer", at, tx)[0].number for at in (evening, night)] == [20, 11]
        assert rota.on_call("duty-officer", Ms(NOW + 8 * HOUR), tx)[0].number == 11, "another evening"


@pytest.mark.parametrize(
    ("named", "what", "stands_in", "said"),
    [
        (Named(13, "duty-officer", "2026-07-14"), Change.ABSENCE, None, "no shift"),
        (Named(20, "approver", "2026-07-14"), Change.ABSENCE, None, "no shift"),
        (Named(20, "duty-officer", "2036-07-14"), Change.ABSENCE, None, "no shift"),
        (Named(20, "duty-officer", "2026-07-13"), Change.ABSENCE, None, "over"),
        (Named(20, "duty-officer", "2026-07-14"), Change.ABSENCE, 11, "names none"),
        (Named(20, "duty-officer", "2026-07-14"), Change.SUBSTITUTE, None, "another officer"),
        (Named(20, "duty-officer", "2026-07-14"), Change.SUBSTITUTE, 20, "another officer"),
        (Named(20, "duty-officer", "2026-07-14"), Change.SUBSTITUTE, 13, "does not hold the role"),
        (Named(20, "duty-officer", "2026-07-14"), Change.SUBSTITUTE, 31, "does not hold the role"),
        (Named(20, "duty-officer", "2026-07-14"), Change.SWAP, 11, "names both"),
        (Named(20, "duty-officer", "2026-07-14", "07:00"), Change.ABSENCE, None, "no shift"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(two, named, what, stands_in, said):
    desk = staffing(two[0])
    with pytest.raises(BadForm, match=said):
        desk.duty_work.change(named, what, LEAD, NOW, stands_in=stands_in, note="")
    with pytest.raises(BadForm):
        desk.duty_work.swap(named, named, LEAD, NOW, note="")
    assert desk.duty.duty(NOW).changes == ()


@pytest.mark.parametrize("officer", [DUTY, CLERK, Officer("requests", 31), Officer("node", 18)])
def test_only_a_desk_lead_changes_shifts(two, officer):
    desk, named = staffing(two[0]), Named(20, "duty-officer", "2026-07-14")
    with pytest.raises(NotAllowed, match="desk lead"):
        desk.duty_work.change(named, Change.ABSENCE, officer, NOW, stands_in=None, note="")
    with pytest.raises(NotAllowed, match="desk lead"):
        desk.duty_work.swap(named, named, officer, NOW, note="")


# --- hand-over -------------------------------------------------------------------------------------------------------


def came_in(two, urgency=Urgency.URGENT):
    """Let the other side ask something; return the number of the dispatch."""
    (done,) = two[0].node.submit([(question(urgency), ASKS)], NOW)
    exchange(two[0].node, two[1].node, NOW)
    exchange(two[1].node, two[0].node, NOW)
    return done


def test_a_note_carries_what_is_owed_whatever_the_officer_wrote(two):
    done = came_in(two, Urgency.IMMEDIATE)
    theirs = staffing(two[1])
    note = theirs.duty_work.leave(Officer("requests", 31), ("Harbour", " call them ", ""), NOW)
    assert (note.eye, note.promised) == ("Harbour", "call them")
    assert [(one.told, one.id, one.what) for one in note.made] == [(Told.DUE, show_id(done.id), "rfi")]
    assert note.made[0].number.startswith("XV-2026-")
    late = theirs.duty.duty(Ms(NOW + 9 * HOUR)).made
    assert [one.told for one in late] == [Told.OVERDUE]
    assert [one.told for one in staffing(two[0]).duty.duty(NOW).made] == [Told.THEIRS]


def test_a_held_draft_and_an_alarm_stand_in_the_note(two):
    two[0].node.submit([(question(), Officer("requests", 12))], NOW)
    told = {one.told for one in staffing(two[0]).duty.duty(NOW).made}
    assert {Told.HELD, Told.ALARM} <= told


def test_a_note_is_taken_over_once_and_by_somebody_else(two):
    desk = staffing(two[0])
    note = desk.duty_work.leave(DUTY, ("a", "b", "c"), NOW)
    assert [one.id for one in desk.duty.duty(NOW).waiting] == [note.id]
    with pytest.raises(NotAllowed, match="who signed"):
        desk.duty_work.take_over(note.id, DUTY, NOW)
    with pytest.raises(NotAllowed, match="no officer of ours"):
        desk.duty_work.take_over(note.id, Officer("requests", 99), NOW)
    with pytest.raises(BadForm, match="no such note"):
        desk.duty_work.take_over(note.id, Officer("node", 19), NOW)
    taken = desk.duty_work.take_over(note.id, NIGHT, Ms(NOW + 5))
    assert (taken.taken_number, taken.taken_at) == (20, NOW + 5)
    with pytest.raises(BadForm, match="requests/20 has taken"):
        desk.duty_work.take_over(note.id, LEAD, Ms(NOW + 6))
    assert desk.duty.duty(NOW).waiting == ()
    assert [(one.by_number, one.taken_number) for one in desk.duty.notes()] == [(11, 20)]
    assert desk.duty.notes(before=NOW) == ()
    with two[0].node.ledger.read() as tx:
        kinds = [row[0] for row in tx.rows("SELECT kind FROM record ORDER BY idx")]
    assert kinds == ["handover", "handover-taken"]


def test_a_note_that_is_too_long_or_by_a_stranger_is_not_kept(two):
    desk = staffing(two[0])
    with pytest.raises(BadForm, match="at most"):
        desk.duty_work.leave(DUTY, ("x" * (MOST_WORDS + 1), "", ""), NOW)
    with pytest.raises(NotAllowed, match="no officer"):
        desk.duty_work.leave(Officer("requests", 99), ("", "", ""), NOW)
    assert desk.duty.notes() == ()


def test_nothing_of_duty_crosses(two):
    desk = staffing(two[0])
    said = []
    word = "zanzibarine"
    for _ in range(2):
        desk.duty_work.change(
            Named(20, "duty-officer", "2026-07-14"), Change.ABSENCE, LEAD, NOW, stands_in=None, note=word
        )
        note = desk.duty_work.leave(DUTY, (word, word, word), NOW)
        desk.duty_work.take_over(note.id, NIGHT, NOW)
        said.append(two[0].node.speak(NOW))
        two[1].node.take(said[-1], NOW)
    assert not any(word.encode() in one or note.id in one or b"handover" in one for one in said)
    with two[0].node.ledger.read() as tx:
        entries = [bytes(row[0]) for row in tx.rows("SELECT entry FROM entry WHERE role <> 'decision'")]
        own = [bytes(row[0]) for row in tx.rows("SELECT entry FROM entry WHERE role = 'decision'")]
    assert not any(word.encode() in one or b"handover" in one for one in entries)
    assert any(b"handover" in one for one in own)


# --- the door --------------------------------------------------------------------------------------------------------


def test_the_door_shows_changes_and_keeps_notes(two):
    shift = {"number": 20, "role": "duty-officer", "day": "2026-07-14"}
    said = Knock(two[0])(
        ("POST", "/duty/shift", {"by": by(LEAD), "shift": shift, "what": "substitute", "stands_in": 11}),
        ("POST", "/duty/shift", {"by": by(LEAD), "shift": shift, "what": "holiday"}),
        ("POST", "/duty/shift", {"by": by(DUTY), "shift": shift, "what": "absence"}),
        ("POST", "/duty/swap", {"by": by(LEAD), "one": shift | {"number": 11}, "other": shift | {"day": "2026-07-16"}}),
        ("POST", "/duty/note", {"by": by(DUTY), "eye": "Two cases."}),
        ("GET", "/duty"),
        ("GET", "/duty/notes?before=7"),
        ("GET", "/duty/notes?before=soon"),
    )
    assert [status for status, _ in said] == [200, 400, 409, 200, 200, 200, 200, 400]
    card = said[5][1]
    assert [one["eye"] for one in card["waiting"]] == ["Two cases."]
    assert len(card["changes"]) == 3
    assert said[6][1] == []
    note = said[4][1]["id"]
    taken = Knock(two[0])(
        ("POST", "/duty/take", {"by": by(NIGHT), "note": note}),
        ("POST", "/duty/take", {"by": by(LEAD), "note": note}),
        ("GET", "/duty/notes"),
    )
    assert [status for status, _ in taken] == [200, 400, 200]
    assert taken[2][1][0]["taken_number"] == 20


NOMINATE = {
    "by": by(DUTY), "number": 12, "host_agency": "road-guard", "function": "liaison", "subjects": ["border-document"],
    "hours": {"zone": "Etc/GMT-4", "opens": "09:00", "closes": "17:00"}, "kinds": ["rfi", "answer"],
    "stages": ["holding"], "until": NOW + 30 * DAY,
}  # fmt: skip


def cross(two, at):
    for _ in range(3):
        exchange(two[0].node, two[1].node, at)
        exchange(two[1].node, two[0].node, at)


def test_a_posting_is_nominated_accepted_and_ended_by_dispatches(two):
    ((status, sent),) = Knock(two[0])(("POST", "/duty/nominate", NOMINATE))
    assert (status, sent["outcome"]) == (200, "sent"), sent
    cross(two, Ms(NOW + HOUR))
    host = by(Officer("requests", 31))
    ((status, accepted),) = Knock(two[1], Ms(NOW + HOUR))(("POST", "/duty/accept", {"by": host, "posting": sent["id"]}))
    assert (status, accepted["outcome"]) == (200, "sent"), accepted
    cross(two, Ms(NOW + 2 * HOUR))
    cards = [staffing(one).duty.duty(Ms(NOW + 2 * HOUR)).postings for one in two]
    assert [(one[0].state, one[0].ours, one[0].zone, one[0].kinds) for one in cards] == [
        ("accepted", True, "Etc/GMT-4", ("answer", "rfi")),
        ("accepted", False, "Etc/GMT-4", ("answer", "rfi")),
    ]
    here = staffing(two[0]).duty.duty(Ms(NOW + 2 * HOUR)).sides[0].here
    assert ("posting", 12) in [(one.why, one.number) for one in here]
    ((_, ended),) = Knock(two[0], Ms(NOW + 2 * HOUR))(("POST", "/duty/end", {"by": by(DUTY), "posting": sent["id"]}))
    assert ended["outcome"] == "sent", ended
    after = staffing(two[0]).duty.duty(Ms(NOW + 2 * HOUR))
    assert (after.postings[0].state, after.postings[0].ended_by_ours) == ("ended", True)
    assert "posting" not in [one.why for one in after.sides[0].here]


def test_a_posting_that_cannot_be_is_not_sent(two):
    said = Knock(two[0])(
        ("POST", "/duty/nominate", NOMINATE | {"number": 13}),
        ("POST", "/duty/nominate", NOMINATE | {"hours": {"zone": "Mars/Olympus", "opens": "09:00", "closes": "17:00"}}),
        ("POST", "/duty/nominate", NOMINATE | {"by": by(Officer("requests", 99))}),
        ("POST", "/duty/nominate", NOMINATE | {"kinds": []}),
        ("POST", "/duty/end", {"by": by(DUTY), "posting": show_id(bytes(16))}),
        ("POST", "/duty/nominate", NOMINATE),
    )
    assert [status for status, _ in said] == [400, 400, 400, 400, 400, 200]
    ((status, refused),) = Knock(two[0])(("POST", "/duty/accept", {"by": by(DUTY), "posting": said[-1][1]["id"]}))
    assert status == 400
    assert "the host accepts" in refused["error"]


def test_the_forms_offer_what_is_ours_and_whom_they_have(two):
    desks = staffing(two[0]).duty.forms()
    assert ("requests", 18, "harbour-watch", ("desk-lead",)) in desks.officers
    assert all(desk != "node" for desk, *_ in desks.officers)
    assert [one[0] for one in desks.hosts] == ["road-guard", "seal-house"]
    assert ANSWERS.number not in [number for _, number, *_ in desks.officers]


def test_who_is_there_now_is_quickly_said(two):
    desk = staffing(two[0])
    assert [[one.why for one in side] for side in desk.duty.there(NOW)] == [["office"], ["office"]]
    night = desk.duty.there(Ms(NOW + 16 * HOUR))
    assert [[(one.role, one.number) for one in side] for side in night] == [[("duty-officer", 20)], []]


def test_a_note_also_carries_what_is_owed_at_home_calls_not_confirmed_and_tasks(two):
    done = came_in(two)
    desk = staffing(two[1])
    task = desk.task_work.give(Asked("seal-house", "x", due=Ms(NOW + HOUR)), Officer("requests", 31), NOW)
    desk.task_work.give(Asked("seal-house", "x", due=Ms(NOW + 2 * DAY)), Officer("requests", 31), NOW)
    with two[1].node.ledger.begin() as book:
        owe(("full-form:request", "report:soon"), done.id, book.tx, two[1].node.office, Ms(NOW - 20 * HOUR))
        book.tx.run("UPDATE requests_dispatch SET kind = 'contact-note', stage = 'noted', due_next = NULL")
    note = desk.duty_work.leave(Officer("requests", 31), ("", "", ""), NOW)
    told = [(one.told, one.what) for one in note.made]
    assert told == [(Told.OWED, "full-form:request"), (Told.CONTACT, "ours"), (Told.TASK, "seal-house")]
    assert note.made[-1].id == show_id(task.id)
    assert note.made[1].number == "XV-2026-0001"


def test_a_swap_is_of_one_role_between_two_who_have_the_shifts_and_words_have_a_limit(two):
    work = staffing(two[0]).duty_work
    one, other = Named(20, "duty-officer", "2026-07-15"), Named(14, "approver", "2026-07-15")
    with pytest.raises(BadForm, match="one role"):
        work.swap(one, other, LEAD, NOW, note="")
    with pytest.raises(BadForm, match="at most"):
        work.change(one, Change.ABSENCE, LEAD, NOW, stands_in=None, note="x" * 501)


# --- the plan --------------------------------------------------------------------------------------------------------

EVENING = PlannedShift("requests", "duty-officer", 20, "Etc/GMT-3", ("sat", "sun"), "08:00", "16:00")


def test_a_standing_shift_is_added_without_a_restart_and_whoever_rings_knows(two):
    desk, node = staffing(two[0]), two[0].node
    saturday = Ms(NOW + 5 * DAY)  # 09:00 there, when nobody has a shift
    with node.ledger.read() as tx:
        assert node.office.rota.on_call("duty-officer", saturday, tx)[0].number == 11
    desk.duty_work.replan(EVENING, LEAD, NOW, added=True, note="weekends too")
    with node.ledger.read() as tx:
        assert node.office.rota.on_call("duty-officer", saturday, tx)[0].number == 20, (
            "the rota that rings, made before"
        )
        ((kind,),) = tx.rows("SELECT kind FROM record ORDER BY idx DESC LIMIT 1")
    assert kind == "plan", "and it is in the decision log"
    assert [hour(one.begins) for one in desk.duty.duty(NOW).sides[0].gaps] == [], "the hole of the weekend is closed"
    assert desk.duty.forms().planned[0].by_number == LEAD.number
    desk.duty_work.replan(EVENING, LEAD, NOW, added=False, note="")
    with node.ledger.read() as tx:
        assert node.office.rota.on_call("duty-officer", saturday, tx)[0].number == 11


def test_a_shift_of_the_roster_file_is_ended_too(two):
    desk = staffing(two[0])
    night = next(one for one in desk.duty.forms().plan if one.number == 20)
    desk.duty_work.replan(night, LEAD, NOW, added=False, note="")
    assert night not in desk.duty.forms().plan
    with desk.duty._ledger.read() as tx:
        assert [one.number for one in desk.rota.shifts(tx) if one.role == "duty-officer"] == [11]


@pytest.mark.parametrize(
    ("by", "added", "change", "error", "said"),
    [
        (DUTY, True, {}, NotAllowed, "a desk lead"),
        (LEAD, True, {"number": 13}, BadForm, "does not hold"),
        (LEAD, True, {"number": 999}, BadForm, "does not hold"),
        (LEAD, True, {"days": ()}, BadForm, "names a day"),
        (LEAD, True, {"days": ("noday",)}, BadForm, "names a day"),
        (LEAD, True, {"zone": "Nowhere/Land"}, BadForm, "in no zone"),
        (LEAD, False, {}, BadForm, "no such shift"),
    ],
)
def test_what_does_not_fit_the_plan_changes_nothing(two, by, added, change, error, said):
    desk = staffing(two[0])
    with pytest.raises(error, match=said):
        desk.duty_work.replan(replace(EVENING, **change), by, NOW, added=added, note="")
    assert desk.duty.forms().planned == ()


def test_a_shift_is_added_once_and_none_rings_who_lost_the_role(two):
    desk = staffing(two[0])
    desk.duty_work.replan(EVENING, LEAD, NOW, added=True, note="")
    with pytest.raises(BadForm, match="already"):
        desk.duty_work.replan(EVENING, LEAD, NOW, added=True, note="")
    roster = two[0].config.path(two[0].config.roster)
    at = roster.read_text()
    gone = at.replace(
        'number = 20\nagency = "harbour-watch"\nroles = ["duty-officer"]',
        'number = 20\nagency = "harbour-watch"\nroles = ["clerk"]',
    )
    roster.write_text(gone.replace('role = "duty-officer"\nnumber = 20', 'role = "clerk"\nnumber = 20'))
    with two[0].node.ledger.read() as tx:
        rung = [one.number for one in two[0].node.office.rota.on_call("duty-officer", Ms(NOW + 5 * DAY), tx)]
        assert (11 in rung, 20 in rung) == (True, False)


def test_the_roster_s_shifts_are_read_again_and_a_bad_one_changes_nothing(two, caplog):
    desk = staffing(two[0])
    roster = two[0].config.path(two[0].config.roster)
    good = roster.read_text()
    more = '\n[[on_call]]\nparty = "xo"\nrole = "duty-officer"\nnumber = 11\nzone = "Etc/GMT-3"\ndays = ["sat"]\nopens = "08:00"\ncloses = "16:00"\n'
    roster.write_text(good + more)
    assert any(one.days == ("sat",) for one in desk.duty.forms().plan), "without a restart"
    roster.write_text(good + more.replace("number = 11", "number = 13"))
    assert any(one.days == ("sat",) for one in desk.duty.forms().plan), "the last good one stands"
    assert "could not be read" in caplog.text


def test_the_plan_changes_by_the_door(two):
    knock = Knock(two[0])
    shift = {
        "number": 20,
        "role": "duty-officer",
        "zone": "Etc/GMT-3",
        "days": ["sun", "sat"],
        "opens": "08:00",
        "closes": "16:00",
    }
    (made, found, bad) = knock(
        ("POST", "/duty/plan", {"by": by(LEAD), "what": "added", **shift}),
        ("GET", "/duty/plan"),
        ("POST", "/duty/plan", {"by": by(LEAD), "what": "perhaps", **shift}),
    )
    assert (made[0], found[0], bad[0]) == (200, 200, 400)
    assert found[1]["plan"][-1] == {"desk": "requests", **shift, "days": ["sat", "sun"]}
    assert found[1]["changes"][0]["added"] is True
