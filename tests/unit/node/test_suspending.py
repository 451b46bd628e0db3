"""One side suspends the exchange or one desk, at once and alone: what still crosses, what waits, and how it goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import LinkEvent, LinkLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.states import Officer
from comity.dispatch.stops import ENDED, NOTHING, WHOLE, Stops, desk_digest, scope_of, stops_from
from comity.marking.labels import Lane, Urgency
from comity.node.audit import audit
from comity.node.due import REPEAT_MS
from comity.node.retention import due, note_days
from comity.node.suspending import END
from comity.sim.exercise import DESK, OFFICER, RECALL
from comity.sim.faults import MINUTE_MS
from tests.unit.node.putback import START, Side, note, recover, say, settle

LEAD, SECOND = OFFICER, Officer(DESK, 8)
WHY = "the talks were broken off today"
WITHIN = Ms(START + 20 * MINUTE_MS)


def suspend(side, now=START, scope=WHOLE, act="suspend"):
    asked = side.node.wish(act, scope, LEAD, now, reason=WHY)
    return side.node.confirm(asked.id, SECOND, now)


def joined():
    a, b = Side(0), Side(1)
    settle(a, b, START)
    assert (a.state, b.state) == ("up", "up")
    return a, b


def texts(side):
    return {row[0] for row in side.rows("SELECT text FROM exercise WHERE ours = 0 AND filed = 1 AND admitted = 1")}


def send(side, text, urgency=Urgency.NORMAL, now=WITHIN, **more):
    (done,) = side.node.submit([note(text, urgency, **more)], now)
    return done


def recall(side, done, now=WITHIN):
    form, by = note("taken back", Urgency.NORMAL, replaces=done.id, case=done.case)
    side.node.submit([(replace(form, kind=RECALL), by)], now)


def test_what_one_side_stops_and_the_other_hears_is_kept_as_text():
    stops = NOTHING.with_scope(WHOLE, ours=True, stopped=True).with_scope(DESK, ours=False, stopped=True)
    assert stops_from(stops.text()) == stops
    assert stops_from("") == NOTHING
    assert stops.with_scope(WHOLE, ours=False, stopped=False) == stops, "only the one who suspended resumes"
    assert not stops.with_scope(WHOLE, ours=True, stopped=False).whole
    assert Stops(frozenset({ENDED})).with_scope(ENDED, ours=True, stopped=False).ended, "an end stays"
    assert scope_of(None, (DESK,)) == WHOLE
    assert scope_of(desk_digest(DESK), (DESK,)) == DESK
    assert scope_of(desk_digest("other"), (DESK,)) == "#" + desk_digest("other").hex()
    assert Stops(theirs=frozenset({"#00"})).desks == ()
    assert Stops(theirs=frozenset({"#00"})).condition() == ("1 = 1", ())


@pytest.mark.parametrize(
    ("stops", "passes"),
    [
        (Stops(), {"note", "recall", "immediate", "other"}),
        (Stops(frozenset({WHOLE})), {"recall", "immediate"}),
        (Stops(frozenset({DESK})), {"recall", "immediate", "other"}),
        (Stops(frozenset({ENDED})), {"recall"}),
    ],
)
def test_what_travels_while_something_is_stopped(stops, passes):
    asked = {
        "note": (DESK, "note", Lane.URGENT),
        "recall": (DESK, "recall", Lane.NORMAL),
        "immediate": (DESK, "note", Lane.IMMEDIATE),
        "other": ("other", "note", Lane.NORMAL),
    }
    assert {name for name, one in asked.items() if not stops.stop(*one)} == passes


def test_it_takes_two_persons_a_reason_and_something_to_suspend():
    a, _ = joined()
    with pytest.raises(BadForm, match="reason"):
        a.node.wish("suspend", WHOLE, LEAD, START, reason="short")
    with pytest.raises(BadForm, match="no desk"):
        a.node.wish("suspend", "node", LEAD, START, reason=WHY)
    with pytest.raises(BadForm, match="no desk"):
        a.node.wish("suspend", "nowhere", LEAD, START, reason=WHY)
    with pytest.raises(BadForm, match="suspended or resumed"):
        a.node.wish("challenge", WHOLE, LEAD, START, reason=WHY)
    with pytest.raises(BadForm, match="so already"):
        a.node.wish("resume", WHOLE, LEAD, START, reason=WHY)
    asked = a.node.wish("suspend", WHOLE, LEAD, START, reason=WHY)
    assert a.state == "up", "one person changes nothing"
    with pytest.raises(NotAllowed):
        a.node.confirm(asked.id, LEAD, START)
    assert [one.id for one in a.node.wishes(START)] == [asked.id]
    assert a.node.wishes(Ms(START + 25 * 3_600_000)) == (), "a wish waits a day"
    a.node.take_back(asked.id, SECOND, START)
    for act in (a.node.confirm, a.node.take_back):
        with pytest.raises(BadForm):
            act(asked.id, SECOND, START)
    assert a.state == "up"


def test_suspending_stops_both_sides_at_once_and_keeps_what_waits():
    a, b = joined()
    suspend(a)
    assert a.state == "suspended"
    send(a, "ordinary")
    send(a, "urgent", Urgency.URGENT)
    send(a, "immediate", Urgency.IMMEDIATE)
    settle(a, b, WITHIN)
    assert b.state == "suspended"
    assert "suspended by the other side" in b.node.link().reason
    send(b, "theirs")
    send(b, "life", Urgency.IMMEDIATE)
    settle(a, b, Ms(WITHIN + MINUTE_MS))
    assert texts(b) == {"immediate"}
    assert texts(a) == {"life"}
    assert len(a.rows("SELECT 1 FROM pool")) == 2, "nothing of the others is in the log"
    assert a.rows("SELECT count(*) FROM sent WHERE settled_at IS NOT NULL") == [(1,)], "receipts cross"


def test_a_recall_crosses_and_what_it_recalls_stays_refused():
    a, b = joined()
    done = send(a, "early", Urgency.URGENT)
    settle(a, b, WITHIN)
    suspend(b, WITHIN)
    settle(a, b, Ms(WITHIN + MINUTE_MS))
    recall(a, done, Ms(WITHIN + 2 * MINUTE_MS))
    settle(a, b, Ms(WITHIN + 4 * MINUTE_MS))
    assert "taken back" in texts(b)


def test_what_was_under_way_is_not_filed_after_the_suspension_and_comes_after_it():
    """The sender did not know yet: the leaf is in its log, the bytes are at the door."""
    for apart in (False, True):
        a, b = joined()
        send(a, "under way", Urgency.URGENT)
        said = a.node.speak(WITHIN)
        suspend(b, WITHIN)
        b.node.take(said, WITHIN, apart=apart)
        assert texts(b) == set()
        assert b.rows("SELECT fact, sealed, settled_at FROM got") == [(0, None, None)], "a debt like any other"
        later = Ms(WITHIN + MINUTE_MS)
        settle(a, b, later)
        assert texts(b) == set()
        suspend(b, later, act="resume")
        assert b.state == "recovering"
        recover(b, a, later)
        assert b.state == "up"
        a.node.take(b.node.speak(later), later)
        assert a.state == "recovering"
        recover(a, b, later)
        settle(a, b, Ms(later + MINUTE_MS))
        assert (a.state, b.state) == ("up", "up")
        assert texts(b) == {"under way"}


def test_a_start_forgets_no_suspension():
    a, b = joined()
    suspend(a)
    settle(a, b, WITHIN)
    recover(a, b, WITHIN)
    assert a.state == "suspended"
    recover(b, a, WITHIN)
    assert b.state == "suspended"


def test_each_side_resumes_what_it_suspended_itself():
    a, b = joined()
    suspend(a)
    settle(a, b, WITHIN)
    suspend(b, WITHIN)
    settle(a, b, Ms(WITHIN + MINUTE_MS))
    later = Ms(WITHIN + 2 * MINUTE_MS)
    suspend(a, later, act="resume")
    assert a.state == "suspended", "the other side's stands"
    settle(a, b, later)
    assert (a.state, b.state) == ("suspended", "suspended")
    suspend(b, later, act="resume")
    assert b.state == "recovering"


def test_one_desk_alone_is_suspended_and_the_link_stays_up():
    a, b = joined()
    suspend(b, scope=DESK)
    assert b.state == "up"
    settle(a, b, START)
    assert a.state == "up"
    send(a, "ordinary", Urgency.URGENT)
    send(a, "immediate", Urgency.IMMEDIATE)
    settle(a, b, WITHIN)
    assert texts(b) == {"immediate"}
    said = decode_exchange(a.node.speak(WITHIN))
    assert said.dispatches == ()
    with a.store.read() as tx:
        leaves = [decode_entry(bytes_of(r[0])) for r in tx.rows("SELECT entry FROM entry WHERE role = 'theirs'")]
    assert LinkLeaf(LinkEvent.SUSPEND, desk_digest(DESK)) in leaves
    suspend(b, WITHIN, DESK, "resume")
    settle(a, b, Ms(WITHIN + MINUTE_MS))
    assert texts(b) == {"immediate", "ordinary"}


def test_two_idle_nodes_are_silent_while_a_debt_waits_for_the_resume():
    a, b = joined()
    send(a, "under way", Urgency.URGENT)
    said = a.node.speak(WITHIN)
    suspend(b, WITHIN)
    b.node.take(said, WITHIN)
    settle(a, b, WITHIN, rounds=6)
    at = Ms(WITHIN + MINUTE_MS)
    settle(a, b, at)
    assert a.node.due_at(at) > at + 5 * MINUTE_MS
    assert b.node.due_at(at) > at + 5 * MINUTE_MS
    send(a, "immediate", Urgency.IMMEDIATE, at)
    a.node.speak(at)
    with a.node.ledger.begin() as book:
        ours = book.logs[LogRole.OURS]
        book.change(LogRole.OURS, cosigned_size=ours.size)
    assert a.node.due_at(at) <= at + REPEAT_MS, "what may go is repeated by who knows that it may"


def test_a_put_back_store_learns_from_its_own_log_what_it_had_suspended():
    a, b = joined()
    image = a.store.image()
    suspend(a)
    settle(a, b, WITHIN)
    a.put_back(image)
    recover(a, b, Ms(WITHIN + MINUTE_MS))
    assert a.state == "suspended"
    assert a.node.link().stops == Stops(frozenset({WHOLE}))


def test_the_audit_knows_the_record_of_who_suspended():
    a, b = joined()
    suspend(a)
    settle(a, b, WITHIN)
    with a.store.read() as tx:
        assert audit(tx).good
    assert a.rows("SELECT count(*) FROM record WHERE kind = 'link-act'") == [(1,)]
    say(a, b, Ms(WITHIN + MINUTE_MS))


# --- the accord ends ------------------------------------------------------------------------------------------------------


def ended():
    """Return two sides after the second one ended the accord, with a dispatch of each that was filed before."""
    a, b = joined()
    done = send(a, "given", Urgency.URGENT)
    send(b, "given back", Urgency.URGENT)
    settle(a, b, WITHIN)
    for side in (a, b):
        note_days(side.node.ledger, side.node.office.accord)
    suspend(b, WITHIN, act=END)
    later = Ms(WITHIN + MINUTE_MS)
    settle(a, b, later)
    return a, b, done, Ms(later + MINUTE_MS)


def due_of(side, now):
    with side.store.read() as tx:
        return [(one.whose, one.why) for one in due(tx, side.node.office.accord, now)]


def test_one_side_ends_the_accord_for_good_and_only_what_protects_persons_still_crosses():
    a, b, done, now = ended()
    assert (a.state, b.state) == ("suspended", "suspended")
    assert "ended by the other side" in a.node.link().reason
    assert "ended by this side" in b.node.link().reason
    late = send(a, "late", Urgency.IMMEDIATE, now)
    assert isinstance(late, BadForm)
    assert "the accord has ended" in str(late)
    assert a.rows("SELECT count(*) FROM pool") == a.rows("SELECT count(*) FROM kept") == [(0,)], (
        "it does not wait for ever"
    )
    recall(a, done, now)
    settle(a, b, Ms(now + MINUTE_MS), rounds=6)
    assert texts(b) == {"given", "taken back"}
    for act in ("suspend", "resume", END):
        with pytest.raises(BadForm, match="has ended"):
            suspend(a, Ms(now + MINUTE_MS), act=act)
    recover(a, b, Ms(now + 2 * MINUTE_MS))
    assert (a.state, a.node.link().stops.ended) == ("suspended", True), "a start forgets no end"
    for side in (a, b):
        with side.store.read() as tx:
            assert audit(tx).good


def test_what_the_other_side_gave_is_due_at_once_and_what_is_our_own_is_not():
    a, b, _, now = ended()
    assert due_of(a, now) == due_of(b, now) == [("theirs", "ended")]


def test_what_comes_back_after_the_end_is_due_too():
    a, b, _, now = ended()
    with b.node.ledger.begin() as book:
        book.tx.run("DELETE FROM review")
    assert due_of(b, now) == [("theirs", "ended")]
    note_days(b.node.ledger, b.node.office.accord)
    assert due_of(b, now) == [("theirs", "ended")]
    assert a.rows("SELECT count(*) FROM evidence") == [(0,)]


def test_a_put_back_store_learns_that_the_accord_has_ended():
    a, b = joined()
    image = a.store.image()
    suspend(b, WITHIN, act=END)
    settle(a, b, WITHIN)
    a.put_back(image)
    recover(a, b, Ms(WITHIN + MINUTE_MS))
    settle(a, b, Ms(WITHIN + 2 * MINUTE_MS))
    assert (a.state, a.node.link().stops.ended) == ("suspended", True)


def test_an_end_names_no_desk():
    a, _ = joined()
    with pytest.raises(BadForm):
        suspend(a, scope=DESK, act=END)
    with pytest.raises(BadForm):
        suspend(a, scope=ENDED)
    assert a.node.wishes(WITHIN) == ()
