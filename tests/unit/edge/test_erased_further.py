"""What was erased in part is erased further: due, owed and certified step by step, until nothing is left on either side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms, show_id
from comity.dispatch.certificates import Certificate, came_about
from comity.dispatch.entries import Fact
from comity.dispatch.partsrow import digests_of, parts_of
from comity.dispatch.states import Officer
from comity.edge.retaining import due_json
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.node import certifying, erasing
from comity.node.audit import audit
from comity.node.certificate import check_certificate
from comity.node.certifying import certificates_of
from comity.node.renewing import ask_renewal
from comity.node.retention import note_days
from tests.unit.edge.dutyworld import DAY, NOW
from tests.unit.edge.test_certificates_cross import NODE, SOON, end, shown, states, talk
from tests.unit.edge.test_retaining import LATER, LEAD, LEGAL, asked, doing, erase, good, in_files, keys

ALL = ("body", "attachments", "author")
OVER = Ms(SOON + 3_600_000)
REST = Ms(OVER + 3_600_000)


def certified(two, now):
    """Let the second node's certificates go, and come back with their receipts."""
    talk(two, now)
    went = two[1].node.certify(NODE[1], Ms(now + 200_000))
    talk(two, Ms(now + 300_000))
    return went


def due_at(one, now):
    return {each.dispatch: (each.left, each.asked) for each in doing(one, now, lambda r: r.due())[0]}


def rows(one, statement, *arguments):
    with one.store.read() as tx:
        return tx.rows(statement, arguments)


def ended_in_part(two, parts=("attachments",)):
    """The second node erased a part, certified it, and the accord has ended."""
    sent = asked(two)
    erase(two[1], sent.id, now=SOON, parts=parts)
    assert certified(two, SOON) == 1
    end(two, 0, OVER)
    return sent


def test_after_the_end_the_rest_is_erased_and_certified_and_nothing_is_owed(two):
    """It stayed owed in part on both sides for ever: `it was erased already`."""
    sent = ended_in_part(two)
    assert states(shown(two[1])) == [(True, "part")]
    assert states(shown(two[0])) == [(False, "part")]
    assert due_at(two[1], REST) == {sent.id: (("body", "author"), None)}
    assert in_files(two[1])
    done, clean = erase(two[1], sent.id, now=REST)
    assert (done.dispatch, done.kind, clean) == (sent.id, "shred", True)
    assert not in_files(two[1]), "the store's files have the word"
    assert due_at(two[1], REST) == {}
    assert states(shown(two[1])) == [(True, "told")]
    assert certified(two, REST) == 1
    assert shown(two[0]).owed == shown(two[1]).owed == ()
    for one in two:
        good(one)
        with one.store.read() as tx:
            files = certificates_of(sent.id, tx)
        found = [check_certificate(each, keys(two)) for each in files if each is not None]
        assert [each.certificate.parts for each in found] == [("attachments",), ("body", "author")]
        assert [each.certificate.at for each in found] == [SOON, REST], "each with its own day"
        assert found[1].leaf == done.leaf
        assert doing(one, REST, _file(sent.id, 1)) == (files[0], 2)
        assert doing(one, REST, _file(sent.id, 0)) == (files[1], 2), "the newest"
        with pytest.raises(BadForm, match="2 steps"):
            doing(one, REST, _file(sent.id, 3))
    with pytest.raises(BadForm, match="erased already"):
        erase(two[1], sent.id, now=REST)


def _file(dispatch, step):
    async def made(retaining):
        return retaining.certificate(dispatch, step)

    return made


def test_step_by_step_each_part_leaves_its_digest_and_the_audit_holds(two):
    sent = asked(two)
    for n, part in enumerate(ALL):
        erase(two[1], sent.id, now=Ms(LATER + n), parts=(part,))
        good(two[1])
        held = parts_of(rows(two[1], "SELECT plain FROM got WHERE id = ?", sent.id)[0][0])
        assert [bool(one.salt) for one in held] == [True, *(other not in ALL[: n + 1] for other in ALL)]
    assert rows(two[1], "SELECT count(*) FROM erasure WHERE about = ?", sent.id) == [(2,)]
    assert rows(two[1], "SELECT count(*), count(leaf), count(DISTINCT leaf) FROM erasure") == [(3, 3, 3)]


def test_digests_taken_of_what_is_gone_would_be_found(two, monkeypatch):
    """Planted: the digest of a part that was destroyed before is taken of nothing, as if it were held."""
    monkeypatch.setattr(erasing, "digests_of", lambda held, before: digests_of(held))
    sent = asked(two)
    for part in ("body", "author"):
        erase(two[1], sent.id, parts=(part,))
    with two[1].store.read() as tx:
        assert [one.what for one in audit(tx).differences] == ["the content does not give the commitment in the leaf"]


def test_what_we_gave_is_erased_further_and_certified_to_nobody(two):
    sent = asked(two)
    here, lead, legal = two[0], Officer("requests", 21), Officer("requests", 22)
    for part in ("body", "attachments"):
        doing(here, SOON, lambda r, p=part: r.ask(sent.id, (p,), "recalled", legal))
        doing(here, SOON, lambda r: r.confirm(sent.id, lead))
    good(here)
    talk(two)
    assert here.node.certify(NODE[0], SOON) == 0
    assert rows(here, "SELECT count(*) FROM erasure WHERE certified IS NULL") == [(0,)]


# --- who and what ------------------------------------------------------------------------------------------------------


def test_the_rest_needs_two_persons_again_and_names_only_what_is_left(two):
    sent = asked(two)
    here = two[1]
    erase(here, sent.id, parts=("body",))
    first = rows(here, "SELECT * FROM erasure")
    with pytest.raises(BadForm, match="erased already"):
        doing(here, LATER, lambda r: r.ask(sent.id, ("body",), "again", LEAD))
    doing(here, LATER, lambda r: r.ask(sent.id, ("body", "author"), "the rest", LEAD))
    with pytest.raises(BadForm, match="asked for already"):
        doing(here, LATER, lambda r: r.ask(sent.id, ("attachments",), "the rest", LEGAL))
    with pytest.raises(NotAllowed, match="another person"):
        doing(here, LATER, lambda r: r.confirm(sent.id, LEAD))
    assert rows(here, "SELECT parts FROM erasure WHERE done_at IS NULL") == [("author",)]
    doing(here, LATER, lambda r: r.refuse(sent.id, LEGAL))
    assert rows(here, "SELECT * FROM erasure") == first, "what was done is not taken back"
    good(here)


def test_a_hold_keeps_the_rest_and_the_debt_says_so(two):
    sent = ended_in_part(two)
    made = doing(two[1], REST, lambda r: r.hold(sent.id, "court order 7", LEGAL))
    assert states(shown(two[1])) == [(True, "held")]
    with pytest.raises(BadForm, match="on hold"):
        erase(two[1], sent.id, now=REST)
    doing(two[1], REST, lambda r: r.end_hold(made.id, LEGAL))
    assert states(shown(two[1])) == [(True, "part")]


@pytest.mark.parametrize("noted", [False, True])
def test_what_was_erased_in_part_before_its_day_is_due_on_its_day(two, noted):
    """A dispatch of which a part was erased before its day was written never became due."""
    sent = asked(two, retain_until=Ms(NOW + 30 * DAY))
    here = two[1]
    erase(here, sent.id, now=SOON, parts=("body",))
    assert due_at(here, SOON) == {}
    if noted:
        note_days(here.node.ledger, here.node.office.accord)
    assert due_at(here, LATER) == {sent.id: (("attachments", "author"), None)}
    ((found,), _, _) = doing(here, LATER, lambda r: r.due())
    said = due_json(found)
    assert (said["left"], said["partly"], said["why"]) == (["attachments", "author"], True, "label")
    erase(here, sent.id)
    assert due_at(here, LATER) == {}
    note_days(here.node.ledger, here.node.office.accord)
    assert due_at(here, LATER) == {}


def test_what_was_erased_whole_before_its_day_was_written_is_due_never(two):
    sent = asked(two, retain_until=Ms(NOW + 30 * DAY))
    erase(two[1], sent.id, now=SOON)
    note_days(two[1].node.ledger, two[1].node.office.accord)
    assert rows(two[1], "SELECT at FROM review WHERE dispatch = ?", sent.id) == [(None,)], "looked at once"
    assert due_at(two[1], LATER) == {}
    end(two, 0, OVER)
    assert due_at(two[1], LATER) == {}
    assert states(shown(two[1])) == [(True, "told")]


def test_the_day_of_the_rest_can_be_put_off(two):
    sent = asked(two, retain_until=Ms(NOW + 30 * DAY))
    here = two[0]
    lead, legal = Officer("requests", 21), Officer("requests", 22)
    doing(here, SOON, lambda r: r.ask(sent.id, ("body",), "why", lead))
    doing(here, SOON, lambda r: r.confirm(sent.id, legal))
    accord = here.node.office.accord
    office = replace(here.node.office, accord=replace(accord, timers=(*accord.timers, ("retention-most", 90 * DAY))))
    with here.node.ledger.begin() as book:
        wish = ask_renewal(sent.id, lead, book, office, SOON, until=Ms(NOW + 60 * DAY), reason="the case goes on still")
    assert wish.before == NOW + 30 * DAY
    doing(here, SOON, lambda r: r.ask(sent.id, ("author", "attachments"), "why", lead))
    doing(here, SOON, lambda r: r.confirm(sent.id, legal))
    with here.node.ledger.begin() as book, pytest.raises(BadForm, match="not held here"):
        ask_renewal(sent.id, lead, book, office, SOON, until=Ms(NOW + 60 * DAY), reason="the case goes on still")


# --- certificates ------------------------------------------------------------------------------------------------------


def test_each_step_is_owed_until_its_own_certificate_is_filed(two):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON, parts=("body",))
    assert certified(two, SOON) == 1
    erase(two[1], sent.id, now=OVER, parts=("attachments", "author"))
    assert states(shown(two[1])) == [(True, "told")], "the first one's receipt says nothing of the second"
    assert certified(two, OVER) == 1
    assert shown(two[1]).owed == ()
    with two[1].node.ledger.begin() as book:
        book.tx.run("UPDATE certificate SET fact = ? WHERE at > ?", (int(Fact.QUARANTINED), OVER))
        book.tx.run("UPDATE sent SET fact = ?, code = 'unopened' WHERE kind = 'certificate' AND sent_at > ?", (4, OVER))
    assert states(shown(two[1])) == [(True, "refused")]


def test_one_step_that_could_not_be_opened_goes_again_alone(two):
    sent = asked(two)
    for at, part in ((SOON, "body"), (OVER, "author")):
        erase(two[1], sent.id, now=at, parts=(part,))
        assert certified(two, at) == 1
    ((last,),) = rows(two[1], "SELECT certified FROM erasure WHERE about = ?", sent.id)
    with two[1].node.ledger.begin() as book:
        book.tx.run("UPDATE certificate SET fact = ? WHERE dispatch = ?", (int(Fact.QUARANTINED), last))
        book.tx.run("UPDATE sent SET fact = ?, code = 'unopened' WHERE id = ?", (int(Fact.QUARANTINED), last))
    with two[1].store.read() as tx:
        again = certifying.not_opened(tx, Ms(OVER + DAY))
    assert again == tuple(row[0] for row in rows(two[1], "SELECT dispatch FROM erasure WHERE about = ?", sent.id))
    assert two[1].node.certify(NODE[1], Ms(OVER + DAY)) == 1
    talk(two, Ms(OVER + DAY))
    with two[0].store.read() as tx:
        assert [one.said.parts for one in came_about(tx, sent.id)] == [("body",), ("author",)]


def test_parts_that_are_not_all_named_stay_owed(two, monkeypatch):
    """Planted: a side that counts certificates instead of their parts takes two for the whole."""
    sent = asked(two)
    for at, part in ((SOON, "body"), (OVER, "author")):
        erase(two[1], sent.id, now=at, parts=(part,))
        assert certified(two, at) == 1
    end(two, 0, REST)
    assert states(shown(two[0])) == [(False, "part")]
    assert states(shown(two[1])) == [(True, "part")]
    monkeypatch.setattr(certifying, "parts_said", lambda tx: {sent.id: frozenset(ALL)})
    assert shown(two[0]).owed == ()


def test_a_copy_from_between_two_steps_is_erased_again(two, tmp_path):
    """The backups' rule: what was erased since the copy is erased again, by its certificate."""
    sent = asked(two)
    here = two[1]
    erase(here, sent.id, now=SOON, parts=("body",))
    before = rows(here, "SELECT plain, digests, sealed FROM got WHERE id = ?", sent.id)[0]
    erase(here, sent.id, now=OVER)
    with here.node.ledger.begin() as book:  # as the copy has it
        book.tx.run("UPDATE got SET plain = ?, digests = ?, sealed = ? WHERE id = ?", (*before, sent.id))
        book.tx.run("DELETE FROM erasure WHERE about = ?", (sent.id,))
    good(here)
    done, _ = erase(here, sent.id, now=REST)
    good(here)
    assert certified(two, REST) == 2
    assert show_id(done.dispatch) == show_id(sent.id)
    end(two, 0, LATER)
    assert shown(two[0]).owed == shown(two[1]).owed == ()


# --- older programs ------------------------------------------------------------------------------------------------------


def opened_by(steps, store, folder):
    """Let a program that knows so many steps of the core's tables open a copy, as a start does."""
    path = folder / "copy.db"
    path.unlink(missing_ok=True)
    store.copy_to(path)
    known = tuple((n, f"CREATE TABLE never_{n} (a BIGINT);") for n in range(1, steps + 1))
    SqliteStore(path, [Schema("node", known)]).close()


def test_an_older_program_refuses_a_store_where_something_was_erased_further_and_no_other(two, tmp_path):
    sent = asked(two)
    erase(two[1], sent.id, parts=("body",))
    opened_by(16, two[1].store, tmp_path)
    doing(two[1], LATER, lambda r: r.ask(sent.id, ALL, "the rest", LEAD))
    opened_by(16, two[1].store, tmp_path)
    doing(two[1], LATER, lambda r: r.confirm(sent.id, LEGAL))
    opened_by(17, two[1].store, tmp_path)
    with pytest.raises(Exception, match="need step 17, this program knows 16"):
        opened_by(16, two[1].store, tmp_path)
    opened_by(16, two[0].store, tmp_path)


OLD_ASKS = "INSERT INTO erasure (dispatch, parts, reason, desk, number, asked_at) VALUES (?, ?, ?, ?, ?, ?)"
OLD_ENDS = "UPDATE erasure SET done_at = ?, leaf = ?, certified = ? WHERE dispatch = ?"
OLD_OPEN = (
    "SELECT e.dispatch, o.idx, o.salt, o.record FROM erasure e JOIN opening o ON o.idx = e.leaf"
    " JOIN got g ON g.id = e.dispatch WHERE e.certified IS NULL AND e.leaf >= 0 AND e.leaf < ? ORDER BY e.leaf LIMIT ?"
)
"""The statements of the program of sixteen steps, word by word."""


def test_the_rows_that_an_older_program_writes_meanwhile_are_read(two):
    sent = asked(two, retain_until=Ms(NOW + 30 * DAY))
    here = two[1]
    with here.store.begin() as tx:
        tx.run(OLD_ASKS, (sent.id, "body attachments author", "its day", "requests", 41, LATER))
    assert due_at(here, LATER) == {sent.id: (ALL, ("requests", 41))}
    doing(here, LATER, lambda r: r.confirm(sent.id, LEGAL))
    good(here)
    assert due_at(here, LATER) == {}
    assert rows(here, "SELECT about FROM erasure") == [(None,)]
    second = asked(two)
    erase(here, second.id, parts=("body",))
    doing(here, LATER, lambda r: r.ask(second.id, ALL, "the rest", LEAD))
    with here.store.read() as tx:
        assert {row[0] for row in tx.rows(OLD_OPEN, (10**6, 64))} == {sent.id, second.id}, "it sends the first ones"
    with here.store.begin() as tx:
        assert tx.run("DELETE FROM erasure WHERE dispatch = ? AND done_at IS NULL", (second.id,)) == 0
        tx.run(OLD_ENDS, (LATER, 5, None, bytes(16)))


def test_a_row_of_an_older_peer_that_was_whole_by_itself_counts_as_before(two):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON)
    assert certified(two, SOON) == 1
    end(two, 0, OVER)
    assert shown(two[0]).owed == ()
    said = shown(two[0]).held[0].said
    assert isinstance(said, Certificate)
    assert said.whole
