"""Editions of the accord in awkward moments: what holds one up, when one is late, and which of two texts a dispatch is under."""

from __future__ import annotations

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch.amendment import edition_of
from comity.marking.labels import Urgency
from comity.node.amending import LateEdition, next_late, note_late
from comity.node.audit import audit
from comity.node.editions import MOST_MOVED, enter_edition
from comity.node.papers import keep_paper
from comity.node.proofs import Signers
from comity.sim.exercise import DESK, RECALL
from tests.unit.node.amended import DAY, HOUR, TICK, rest, signed_by_both, two, with_kinds
from tests.unit.node.putback import SECOND, START, note, recover, settle
from tests.unit.node.test_amendment import exchange_without_bytes, facts
from tests.unit.node.test_suspending import suspend

T1 = Ms(START + HOUR)


def agreed(a, b, **changed):
    """Let both roots sign an edition, and the other side file it, while none has written it yet; return the time."""
    a.say(a.half(**changed), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK))
    settle(b, a, Ms(T1 + 5 * TICK))
    assert (a.edition(), b.edition()) == (1, 1)
    return Ms(T1 + 6 * TICK)


def test_what_an_edition_closes_and_cannot_leave_holds_it_up():
    # spec: protocol.md 10: nothing late slips under the old text, nothing under way turns invalid
    a, b = two()
    suspend(a, T1, DESK)
    a.node.submit([note("pooled", Urgency.NORMAL)], T1)
    closed = with_kinds(a.next_edition(), RECALL)
    now = agreed(a, b, desks=closed.desks)
    rest(a, b, now)
    assert (a.edition(), b.edition()) == (1, 2), "the other side has nothing that waits"
    (refused,) = a.node.submit([note("too late")], Ms(now + HOUR))
    assert isinstance(refused, BadForm)
    assert "closes kind 'note'" in str(refused)
    suspend(a, Ms(now + HOUR), DESK, "resume")
    rest(a, b, Ms(now + HOUR + SECOND), rounds=6)
    assert (a.edition(), facts(b)) == (2, [2])


def test_more_than_can_be_moved_at_once_leaves_before_the_edition():
    a, b = two()
    now = agreed(a, b)
    pool = [(n, 2, b"", None) for n in range(MOST_MOVED + 1)]
    with a.node.ledger.begin() as book:
        book.tx.many("INSERT INTO pool (place, lane, entry, dispatch) VALUES (?, ?, ?, ?)", pool)
        assert not enter_edition(book, a.node.office, now)
        book.tx.run("DELETE FROM pool WHERE place = 0")
        assert enter_edition(book, a.node.office, now)


def test_an_edition_is_late_a_day_after_it_was_signed_and_each_log_is_named():
    # spec: protocol.md 10: each side writes it into its own log within 24 h
    a, b = two()
    now = agreed(a, b)
    b.node.tick(now)
    a.node.take(b.node.speak(Ms(now + SECOND)), Ms(now + SECOND))
    ((digest, dispatch),) = a.rows("SELECT digest, dispatch FROM paper WHERE kind = 'accord'")
    with a.store.begin() as tx:
        late = next_late(tx)
        assert note_late(tx, Ms(late - 1)) == ()
        assert tx.rows("SELECT told FROM paper WHERE digest = ?", (digest,)) == [(None,)]
        assert note_late(tx, late) == (LateEdition("here", dispatch),), "it stands in the other log already"
        assert note_late(tx, Ms(late + DAY)) == ()
        assert next_late(tx) is None


def test_a_dispatch_that_came_back_is_put_under_the_text_that_its_leaf_commits_to():
    """Both roots once signed two texts of one number; only one of them gives the commitment."""
    a, b = two()
    other = signed_by_both(a, in_force_from=Ms(2))
    now = agreed(a, b)
    a.node.submit([note("pooled", Urgency.NORMAL)], Ms(now - SECOND))
    image = a.store.image()
    a.node.tick(now)
    exchange_without_bytes(b, a.node.speak(Ms(now + TICK)), Ms(now + TICK))
    a.put_back(image)
    with a.store.begin() as tx:
        keep_paper(tx, other, edition_of(other), node=a.node.office.us, ready=False, dispatch=None, now=now)
    recover(a, b, Ms(now + 3 * TICK))
    with a.store.begin() as tx:
        tx.run("DELETE FROM paper WHERE signed = ?", (other,))
    rest(a, b, Ms(now + 4 * TICK))
    assert facts(b) == [2]
    with a.store.read() as tx:
        assert audit(tx, Signers.of(a.node.voice, a.node.peer)).differences == ()
