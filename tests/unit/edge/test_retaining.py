"""Retention at a real node: days, holds, two persons, and that nothing of what was erased is in any file of the store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, BadProof, BadSignature, NotAllowed
from comity.base.ids import Digest, Ms, show_id
from comity.dispatch import records
from comity.dispatch.decision import receiving
from comity.dispatch.entries import WithdrawLeaf, decode_entry
from comity.dispatch.holding import find, is_held
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Officer, Withheld
from comity.edge.clock import SetClock
from comity.edge.retaining import Retaining, due_json
from comity.edge.search import FtsFinder, Wanted, chunks_of
from comity.edge.showing import make_board
from comity.edge.shown import shown_differences
from comity.marking.labels import Urgency
from comity.node import retention
from comity.node.audit import audit
from comity.node.bundle import Wish, make_bundle
from comity.node.bundlecheck import check_bundle
from comity.node.certificate import check_certificate
from comity.node.erasing import purge_sealed
from comity.node.mend import withdraw_wanted
from comity.node.proofs import Signers
from comity.node.publickeys import PublicKeys
from comity.node.retention import Looked, due, note_days
from comity.policy.scope import Scope
from comity.policy.verdict import Effect, Obligation, Verdict
from tests.unit.edge.driven import engine_of, run
from tests.unit.edge.dutyworld import DAY, NOW, Knock, by
from tests.unit.edge.twofolders import ASKS, question
from tests.unit.node.forge import pair
from tests.unit.node.world import START, exchange
from tests.unit.node.world import form as plain

LEAD, LEGAL = Officer("requests", 41), Officer("requests", 42)
CLERK = Officer("requests", 33)
MARK = "Quillonbrook"
"""A word that stands nowhere else."""
LATER = Ms(NOW + 400 * DAY)


def asked(two, **more):
    """Let the first ask the second about something with the mark in it; return the dispatch."""
    body = {
        "title": f"Is paper {MARK} yours?", "text": f"{MARK} was shown at the port.", "asks": ["document"],
        "records": ["registration"], "own_power": "port law, article 4", "reason": f"The seal of {MARK}.",
    }  # fmt: skip
    (done,) = two[0].node.submit([(question(Urgency.URGENT, body=body, **more), ASKS)], NOW)
    for n in range(2):
        exchange(two[0].node, two[1].node, Ms(NOW + n))
        exchange(two[1].node, two[0].node, Ms(NOW + n))
    return done


def doing(one, now, act, **more):
    """Do one thing with the retention of a node."""

    async def play():
        with engine_of(one.node, SetClock(now, 0)) as engine:
            return await act(Retaining(engine, one.store, one.desks, **more))

    return run(play())


def erase(one, dispatch, now=LATER, parts=("body", "attachments", "author")):
    doing(one, now, lambda r: r.ask(dispatch, parts, "the day has come", LEAD))
    return doing(one, now, lambda r: r.confirm(dispatch, LEGAL))


def files(one) -> bytes:
    path = one.config.path(one.config.store)
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(path.name + "*")))


def in_files(one, word: str = MARK) -> bool:
    return word.casefold().encode() in files(one).lower()


def keys(two):
    return PublicKeys.listed(*(one.built.our_keys for one in two))


def good(one) -> None:
    with one.store.read() as tx:
        found = audit(tx, Signers.of(one.node.voice, one.node.peer))
        assert found.differences == ()
        assert shown_differences(tx, one.desks["requests"]) == ()


# --- nothing is left -----------------------------------------------------------------------------------------------------


def test_what_was_erased_is_in_no_file_and_the_logs_still_verify(two):
    sent = asked(two)
    here = two[1]
    # Words derived from it: a task with its answer, a hand-over note, a draft that answers it.
    (given,) = Knock(here, NOW)(
        ("POST", "/tasks/give", {"by": by(CLERK), "agency": "seal-house", "asked": f"look for {MARK}", "dispatch": show_id(sent.id)}),
    )  # fmt: skip
    assert given[0] == 200, given
    number = make_board(here).cases(NOW)[0].number
    with here.node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO requests_handover (id, place, desk, by_number, at, eye, promised, home, made, record)"
            " VALUES (?, 1, 'requests', 33, ?, ?, '', '', '[]', 0)",
            (bytes(16), NOW, f"{number}: {MARK} again"),
        )
    answer = question(Urgency.URGENT, purpose="fraud", body=question().body | {"text": f"about {MARK}"}, re=(sent.id,))
    answer = replace(answer, agency="seal-house", recipients=("paper-office",))
    outcome = here.node.submit([(answer, CLERK)], NOW)[0]
    assert isinstance(outcome, Withheld)
    assert in_files(here)
    done, clean = erase(here, sent.id)
    assert (clean, done.kind) == (True, "shred")
    assert not in_files(here), "the store's files have the word"
    assert not in_files(here, "quillon"), "a prefix in the index"
    good(here)
    with here.store.read() as tx:
        assert not is_held(sent.id, tx)
        with pytest.raises(BadForm):
            find(sent.id, tx)
        header = parts_of(tx.rows("SELECT plain FROM got WHERE id = ?", (sent.id,))[0][0])[0]
        assert header.salt
        hits = FtsFinder("requests").hits(tx, Wanted(chunks_of(MARK)), Scope(whole=True), before=0, limit=5)
        assert hits == ((), 0)
    card = make_board(here).dispatch(sent.id, LATER)
    assert card is not None
    assert card.body == ()
    assert all(step.good for step in make_board(here).prove(sent.id, LATER).steps)


def test_the_sender_erases_its_own_and_the_disclosure_stays_provable(two):
    sent = asked(two)
    here = two[0]
    lead, legal = Officer("requests", 21), Officer("requests", 22)
    doing(here, LATER, lambda r: r.ask(sent.id, ("body",), "recalled", legal))
    doing(here, LATER, lambda r: r.confirm(sent.id, lead))
    assert not in_files(here)
    good(here)
    exchange(two[0].node, two[1].node, LATER)
    exchange(two[1].node, two[0].node, LATER)
    with here.store.read() as tx:
        steps = check_bundle(make_bundle(tx, sent.id, Wish(frozenset({"header", "body", "attachments", "author", "sealed"})), now=LATER), keys(two))  # fmt: skip
        assert all(step.good for step in steps), steps
    assert in_files(two[1]), "a copy that the other side kept still proves"
    good(two[1])


def test_a_row_emptied_by_hand_is_no_erasure(two):
    sent = asked(two)
    here = two[1]
    with here.node.ledger.begin() as book:
        book.tx.run("UPDATE got SET digests = ? WHERE id = ?", (bytes(128), sent.id))
        held = parts_of(book.tx.rows("SELECT plain FROM got WHERE id = ?", (sent.id,))[0][0])
        emptied = cbor.encode([(held[0].salt, held[0].content), (b"", b""), (b"", b""), (b"", b"")])
        book.tx.run("UPDATE got SET plain = ? WHERE id = ?", (emptied, sent.id))
    with here.store.read() as tx:
        whats = {one.what for one in audit(tx).differences}
    assert "the content does not give the commitment in the leaf" in whats


def test_records_named_by_nobody_cannot_be_missing(two):
    sent = asked(two)
    here = two[1]
    with here.node.ledger.begin() as book:
        index = book.tx.rows("SELECT idx FROM record WHERE dispatch = ?", (sent.id,))[0][0]
        said = cbor.encode(["comity/erased/1", 0, [index], sent.id])
        records.keep(book, records.ERASED, None, bytes(32), said, now=NOW)
        book.tx.run("DELETE FROM record WHERE idx = ?", (index,))
    with here.store.read() as tx:
        assert any(one.what == "the record is missing" for one in audit(tx).differences)


# --- certificates --------------------------------------------------------------------------------------------------------


def test_the_other_side_reads_the_certificate(two):
    sent = asked(two)
    done, _ = erase(two[1], sent.id)
    assert doing(two[1], LATER, _certificate(sent.id)) is None, "no co-signed head covers it yet"
    for n in range(2):
        exchange(two[1].node, two[0].node, Ms(LATER + n))
        exchange(two[0].node, two[1].node, Ms(LATER + n))
    content = doing(two[1], LATER, _certificate(sent.id))
    found = check_certificate(content, keys(two))
    assert (found.certificate.dispatch, found.certificate.kind, found.leaf) == (sent.id, "shred", done.leaf)
    assert found.certificate.parts == ("body", "attachments", "author")
    assert b"day has come" not in content, "no reason crosses"
    with two[0].store.read() as tx:
        entry = tx.rows("SELECT entry FROM entry WHERE role = 'theirs' AND idx = ?", (done.leaf,))[0][0]
    assert entry.hex() in content.decode()
    with pytest.raises((BadProof, BadEnvelope)):
        check_certificate(
            content.replace(found.certificate.dispatch.hex().encode(), bytes(16).hex().encode()), keys(two)
        )
    with pytest.raises(BadSignature):
        check_certificate(content, PublicKeys((), ()))
    for bad in (b"x", b"{}", b"[]", content.replace(b'"salt": "', b'"salt": "zz')):
        with pytest.raises(BadEnvelope):
            check_certificate(bad, keys(two))


def _certificate(dispatch):
    async def made(retaining):
        return retaining.certificate(dispatch)[0]

    return made


def test_there_is_no_certificate_of_what_was_not_erased(two):
    sent = asked(two)
    with pytest.raises(BadForm, match="no certificate"):
        doing(two[1], LATER, _certificate(sent.id))


# --- two persons ---------------------------------------------------------------------------------------------------------


def test_one_person_never_erases(two):
    sent = asked(two)
    here = two[1]

    def ask(who):
        return doing(here, LATER, lambda r: r.ask(sent.id, ("body",), "why", who))

    def confirm(who):
        return doing(here, LATER, lambda r: r.confirm(sent.id, who))

    with pytest.raises(NotAllowed, match="desk lead or a legal"):
        ask(CLERK)
    with pytest.raises(NotAllowed, match="desk lead or a legal"):
        ask(Officer("requests", 35))
    with pytest.raises(BadForm, match="nobody asked"):
        confirm(LEGAL)
    ask(LEAD)
    with pytest.raises(BadForm, match="asked for already"):
        ask(LEGAL)
    with pytest.raises(NotAllowed, match="another person"):
        confirm(LEAD)
    doing(here, LATER, lambda r: r.refuse(sent.id, LEGAL))
    with pytest.raises(BadForm, match="nobody asked"):
        confirm(LEGAL)
    ask(LEGAL)
    with pytest.raises(NotAllowed, match="another person"):
        confirm(LEGAL)
    confirm(LEAD)
    with pytest.raises(BadForm, match="erased already"):
        ask(LEAD)


def test_two_without_a_legal_officer_do_not_erase(two, monkeypatch):
    sent = asked(two)
    here = two[1]
    doing(here, LATER, lambda r: r.ask(sent.id, ("body",), "why", LEAD))
    real = here.node.office.powers.standing

    def standing(tx, desk, number, now):
        found = real(tx, desk, number, now)
        return replace(found, roles=frozenset({"desk-lead"})) if number == 42 else found

    monkeypatch.setattr(here.node.office.powers, "standing", standing)
    with pytest.raises(NotAllowed, match="a legal officer"):
        doing(here, LATER, lambda r: r.confirm(sent.id, LEGAL))


def test_what_is_asked_badly_changes_nothing(two):
    sent = asked(two)
    here = two[1]
    for parts, reason, match in (((), "why", "what can be erased"), (("header",), "why", "header stays"), (("body",), " ", "needs a reason")):  # fmt: skip
        with pytest.raises(BadForm, match=match):
            doing(here, LATER, lambda r, p=parts, w=reason: r.ask(sent.id, p, w, LEAD))
    with pytest.raises(BadForm, match="does not hold"):
        doing(here, LATER, lambda r: r.ask(bytes(16), ("body",), "why", LEAD))


def test_what_is_not_settled_or_still_answered_is_not_erased(two):
    (out,) = two[0].node.submit([(question(Urgency.URGENT), ASKS)], NOW)
    with pytest.raises(BadForm, match="not settled"):
        doing(two[0], NOW, lambda r: r.ask(out.id, ("body",), "why", Officer("requests", 21)))
    sent = asked(two)
    with two[1].node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO kept (id, state, desk, kind, re, at, missing, body, form) VALUES (?, 'held', 'requests', 'answer', ?, ?, '', ?, ?)",
            (bytes(16), sent.id, NOW, b"", b"x"),
        )
    with pytest.raises(BadForm, match="a draft that waits"):
        doing(two[1], LATER, lambda r: r.ask(sent.id, ("body",), "why", LEAD))


def test_an_immediate_answer_that_our_law_refused_waits_no_more_and_goes_with_it(two):
    """It is kept whole for the form with its minimum facts, and nobody can send or drop it any more."""
    sent = asked(two)
    with two[1].node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO kept (id, state, desk, kind, re, at, missing, body, form) VALUES (?, 'refused', 'requests', 'answer', ?, ?, '', ?, ?)",
            (bytes(16), sent.id, NOW, MARK.encode(), b"x"),
        )
    erase(two[1], sent.id)
    assert not in_files(two[1])


# --- holds and days ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_case", [False, True])
def test_a_hold_stops_an_erasure_until_it_is_ended(two, of_case):
    sent = asked(two, retain_until=Ms(NOW + 30 * DAY))
    here = two[1]
    target = sent.case if of_case else sent.id
    doing(here, NOW, lambda r: r.ask(sent.id, ("body",), "why", LEAD))
    made = doing(here, NOW, lambda r: r.hold(target, "court order 7", LEGAL))
    with pytest.raises(BadForm, match="on hold"):
        doing(here, LATER, lambda r: r.confirm(sent.id, LEGAL))
    found, holds, _ = doing(here, LATER, lambda r: r.due())
    assert [(one.dispatch, one.hold) for one in found] == [(sent.id, made)]
    assert holds == (made,)
    assert due_json(found[0])["asked"] == "requests/41"
    doing(here, LATER, lambda r: r.end_hold(made.id, LEAD))
    doing(here, LATER, lambda r: r.confirm(sent.id, LEGAL))
    (left,) = doing(here, LATER, lambda r: r.due())[0]
    assert (left.dispatch, left.left, left.asked) == (sent.id, ("attachments", "author"), None), "its day is past still"
    erase(here, sent.id)
    assert doing(here, LATER, lambda r: r.due())[0] == ()


def test_a_hold_is_made_by_who_may_with_a_reason_on_what_is_there(two):
    sent = asked(two)
    for target, reason, who, error in (
        (sent.id, "why", CLERK, NotAllowed),
        (sent.id, " ", LEAD, BadForm),
        (bytes(16), "why", LEAD, BadForm),
    ):
        with pytest.raises(error):
            doing(two[1], NOW, lambda r, t=target, w=reason, o=who: r.hold(t, w, o))
    with pytest.raises(BadForm, match="no hold"):
        doing(two[1], NOW, lambda r: r.end_hold(bytes(16), LEAD))


def test_the_day_comes_from_label_law_and_accord_the_earliest_counts(two):
    sent = asked(two, retain_until=Ms(NOW + 30 * DAY))
    here = two[1]
    with here.store.read() as tx:
        assert [one.dispatch for one in due(tx, here.node.office.accord, Ms(NOW + 31 * DAY))] == [sent.id], (
            "before it is noted"
        )
    assert not note_days(here.node.ledger, here.node.office.accord)
    assert not note_days(here.node.ledger, here.node.office.accord), "each gets its day once"
    with here.store.read() as tx:
        assert due(tx, here.node.office.accord, Ms(NOW + 29 * DAY)) == ()
        (one,) = due(tx, here.node.office.accord, Ms(NOW + 31 * DAY))
    assert (one.dispatch, one.why, one.whose) == (sent.id, "label", "theirs")


def test_our_own_law_shortens_the_day_of_what_came_in(two):
    sent = asked(two, retain_until=Ms(NOW + 300 * DAY))
    here = two[1]
    verdict = Verdict(Effect.PERMIT_WITH, (), (Obligation("retain-max-days", "90", "T-6"),), None, None, None, (), Digest(bytes(32)))  # fmt: skip
    with here.node.ledger.begin() as book:
        records.keep(book, "received", sent.id, bytes(32), receiving(sent.id, None, verdict, NOW), now=NOW)
    note_days(here.node.ledger, here.node.office.accord)
    with here.store.read() as tx:
        found = {one.dispatch: one for one in due(tx, here.node.office.accord, Ms(NOW + 91 * DAY))}
    assert found[sent.id].at <= NOW + 91 * DAY
    assert found[sent.id].why == "law"


def test_sealed_bytes_end_thirty_days_after_the_receipt_unless_held(two):
    sent, kept = asked(two), asked(two)
    here = two[0]
    accord = here.node.office.accord
    doing(here, NOW, lambda r: r.hold(kept.id, "court order 7", Officer("requests", 22)))

    def sealed(dispatch):
        with here.store.read() as tx:
            return tx.rows("SELECT length(sealed) FROM sent WHERE id = ?", (dispatch.id,))[0][0]

    with here.node.ledger.begin() as book:
        assert not purge_sealed(book, accord, Ms(NOW + 29 * DAY))
    doing(here, Ms(NOW + 31 * DAY), _daily(Ms(NOW + 31 * DAY)))
    assert (sealed(sent), sealed(kept) > 0) == (0, True)
    good(here)
    (hold,) = doing(here, NOW, lambda r: r.due())[1]
    doing(here, NOW, lambda r: r.end_hold(hold.id, Officer("requests", 22)))
    doing(here, Ms(NOW + 32 * DAY), _daily(Ms(NOW + 32 * DAY)))
    assert sealed(kept) == 0, "what a hold kept goes once it is ended"
    with here.node.ledger.begin() as book:  # a peer that was put back wants it: the answer is that it is lost
        index = book.tx.rows("SELECT idx FROM sent WHERE id = ?", (sent.id,))[0][0]
        withdraw_wanted(book, [index], NOW)
        withdraw_wanted(book, [index], NOW)
    with here.store.read() as tx:
        leaves = [decode_entry(row[0]) for row in tx.rows("SELECT entry FROM entry WHERE role = 'ours'")]
    assert [one.index for one in leaves if isinstance(one, WithdrawLeaf)] == [index], "once"
    exchange(two[0].node, two[1].node, Ms(NOW + 31 * DAY))


def _daily(now):
    async def go(retaining):
        while retaining.daily(now):
            pass

    return go


def test_sealed_bytes_that_vanish_before_the_receipt_are_named(two):
    (out,) = two[0].node.submit([(question(Urgency.URGENT), ASKS)], NOW)
    with two[0].node.ledger.begin() as book:
        book.tx.run("UPDATE sent SET sealed = ? WHERE id = ?", (b"", out.id))
    with two[0].store.read() as tx:
        assert [one.what for one in audit(tx).differences] == ["the sealed bytes are not those that the leaf names"]


def test_what_lies_in_custody_becomes_due_and_is_destroyed_with_its_own_leaf(two):
    here = two[1]
    sent = asked(two)
    with here.node.ledger.begin() as book:  # as a refusal leaves it
        book.tx.run("UPDATE got SET plain = NULL, sealed = NULL WHERE id = ?", (sent.id,))
        book.tx.run("UPDATE requests_dispatch SET admitted = 0, title = '', body = ? WHERE id = ?", (b"", sent.id))
        index = book.tx.rows("SELECT idx FROM got WHERE id = ?", (sent.id,))[0][0]
        book.tx.run("INSERT INTO custody (id, idx, kid, sealed, since) VALUES (?, ?, ?, ?, ?)", (sent.id, index, bytes(32), b"box", NOW))  # fmt: skip
    (one,) = doing(here, Ms(NOW + 15 * DAY), lambda r: r.due())[0]
    assert (one.whose, one.why, one.at) == ("custody", "custody", NOW + 14 * DAY)
    done, _ = erase(here, sent.id, Ms(NOW + 15 * DAY))
    assert done.kind == "destroyed"
    with here.store.read() as tx:
        assert tx.rows("SELECT count(*) FROM custody") == [(0,)]
        leaf = tx.rows("SELECT kind FROM opening WHERE idx = ?", (done.leaf,))
        assert leaf == [("destroyed",)]


def test_a_posting_in_force_keeps_its_words(two):
    sent = asked(two)
    here = two[1]
    with here.node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO requests_posting (id, ours, desk, officer, state, nominated, body)"
            " VALUES (?, 0, 'requests', 1, 'accepted', 1, ?)",
            (sent.id, b""),
        )
    doing(here, LATER, lambda r: r.ask(sent.id, ("body",), "why", LEAD))
    with pytest.raises(BadForm, match="posting"):
        doing(here, LATER, lambda r: r.confirm(sent.id, LEGAL))
    with here.store.read() as tx:
        assert is_held(sent.id, tx), "nothing was changed"


def test_a_reader_in_the_way_is_told(two):
    sent = asked(two)
    here = two[1]
    with here.store.read() as tx:
        tx.rows("SELECT 1 FROM got")
        doing(here, LATER, lambda r: r.ask(sent.id, ("body",), "why", LEAD))
        here.store._writer.execute("PRAGMA busy_timeout=0")
        _, clean = doing(here, LATER, lambda r: r.confirm(sent.id, LEGAL))
    assert not clean


def test_what_has_its_day_is_gone_through_a_slice_at_a_time(monkeypatch):
    a, b = pair()
    exchange(a, b, START)
    a.submit([plain(f"note {number}") for number in range(5)], Ms(START + 1))
    exchange(a, b, Ms(START + 2))
    exchange(a, b, Ms(START + 3))
    assert note_days(b.ledger, b.office.accord) is False
    monkeypatch.setattr(retention, "_BATCH", 1)
    monkeypatch.setattr(retention, "_SLICES", 2)
    looked, more = Looked(), []
    while not more or more[-1]:
        more.append(note_days(b.ledger, b.office.accord, looked))
    assert more == [True, True, False], "five receipts, two at a time, and the end"
