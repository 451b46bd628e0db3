"""Certificates travel by themselves: sent once co-signed, checked against both logs, shown, and owed until they came."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, show_id
from comity.dispatch import certificates as made
from comity.dispatch.book import LogRole
from comity.dispatch.certificates import (
    Certificate,
    Crossing,
    decode_certificate,
    decode_crossing,
    encode_certificate,
    encode_crossing,
)
from comity.dispatch.entries import Fact, RecordLeaf, encode_entry, record_commit
from comity.dispatch.inbound import admit
from comity.dispatch.inbound.follow import follow
from comity.dispatch.states import Committed, Officer
from comity.edge.retaining import certificates_json
from comity.marking.labels import Urgency
from comity.node import certifying
from comity.node.certificate import check_certificate
from comity.node.certifying import certificate_of, certificates
from comity.node.manifest import certificate_form
from comity.node.publickeys import PublicKeys
from comity.web.words.waits import WORDS
from tests.unit.edge.dutyworld import DAY, NOW
from tests.unit.edge.test_retaining import LEAD, LEGAL, asked, doing, erase
from tests.unit.edge.twofolders import ASKS, question
from tests.unit.node.world import exchange

NODE = {0: Officer("node", 19), 1: Officer("node", 39)}
SOON = Ms(NOW + 60_000)


def talk(two, now=SOON, rounds=3):
    for n in range(rounds):
        exchange(two[0].node, two[1].node, Ms(now + 60_000 * n))
        exchange(two[1].node, two[0].node, Ms(now + 60_000 * n))


def shown(one, now=SOON):
    with one.node.ledger.read() as tx:
        return certificates(tx, one.node.office, now)


def states(found):
    return sorted((one.ours, one.state) for one in found.owed)


def end(two, n, now=NOW):
    first, second = (LEAD, LEGAL) if n else (Officer("requests", 21), Officer("requests", 22))
    wish = two[n].node.wish("end", "", first, now, reason="it is over, and both know why")
    two[n].node.confirm(wish.id, second, now)
    talk(two, now)


def test_a_certificate_goes_by_itself_once_its_leaf_is_cosigned(two):
    sent = asked(two)
    done, _ = erase(two[1], sent.id, now=SOON)
    assert two[1].node.certify(NODE[1], SOON) == 0, "its place is not final"
    assert states(shown(two[1])) == [(True, "told")]
    talk(two)
    assert two[1].node.certify(NODE[1], SOON) == 1
    assert two[1].node.certify(NODE[1], SOON) == 0, "once"
    assert states(shown(two[1])) == [(True, "told")]
    talk(two)
    (came,) = shown(two[0]).held
    assert came.said is not None
    assert (came.ours, came.said.dispatch, came.leaf, came.fact) == (False, sent.id, done.leaf, Fact.FILED)
    assert came.said.whole
    two[0].node.see([came.dispatch], SOON)
    talk(two)
    (gone,) = shown(two[1]).held
    assert (gone.ours, gone.fact) == (True, Fact.FILED)
    assert shown(two[0]).owed == shown(two[1]).owed == ()
    keys = PublicKeys.listed(*(one.built.our_keys for one in two))
    for one in two:  # either side has the file for a court
        with one.node.ledger.read() as tx:
            content = certificate_of(sent.id, tx)
        assert content is not None
        assert check_certificate(content, keys).certificate.dispatch == sent.id
    told = certificates_json(shown(two[0]))
    assert json.loads(json.dumps(told)) == told
    assert told["held"][0]["about"] == show_id(sent.id)


def test_one_whose_leaf_is_in_a_log_that_was_cut_holds_up_no_other(two):
    """It could not be written, and none of the others went either."""
    first, second = asked(two), asked(two)
    for one in (first, second):
        erase(two[1], one.id, now=SOON)
    talk(two)
    with two[1].node.ledger.begin() as book:  # as a cut leaves it
        for statement in (
            "UPDATE opening SET idx = idx - 1000 WHERE idx = (SELECT leaf FROM erasure WHERE dispatch = ?)",
            "UPDATE erasure SET leaf = leaf - 1000 WHERE dispatch = ?",
        ):
            book.tx.run(statement, (first.id,))
    assert two[1].node.certify(NODE[1], SOON) == 1
    assert states(shown(two[1])) == [(True, "told")] * 2


def test_there_is_no_file_of_what_was_not_destroyed(two):
    sent = asked(two)
    with two[0].node.ledger.read() as tx, pytest.raises(BadForm, match="no certificate"):
        certificate_of(sent.id, tx)


def test_after_the_end_all_is_owed_until_its_certificate_came(two):
    asked(two)
    second = asked(two)
    end(two, 1)
    assert states(shown(two[1])) == [(True, "kept")] * 2
    assert states(shown(two[0])) == [(False, "kept")] * 2
    assert shown(two[1]).counts == (2, 0)
    doing(two[1], SOON, lambda r: r.hold(second.id, "court order 7", LEGAL))
    assert states(shown(two[1])) == [(True, "held"), (True, "kept")]
    (first,) = (one.dispatch for one in shown(two[1]).owed if one.state == "kept")
    erase(two[1], first, now=SOON)
    talk(two)
    assert states(shown(two[0])) == [(False, "kept")] * 2, "no certificate came yet"
    assert two[1].node.certify(NODE[1], SOON) == 1
    talk(two, Ms(SOON + 300_000))
    assert states(shown(two[1])) == [(True, "held")]
    assert [one.dispatch for one in shown(two[0]).owed] == [second.id]


def test_destroyed_in_part_is_owed_still_after_the_end(two):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON, parts=("attachments",))
    talk(two)
    assert two[1].node.certify(NODE[1], SOON) == 1
    talk(two, Ms(SOON + 300_000))
    assert shown(two[0]).owed == shown(two[1]).owed == ()
    end(two, 0, Ms(SOON + 600_000))
    assert states(shown(two[1])) == [(True, "part")]
    assert states(shown(two[0])) == [(False, "part")]


def test_what_a_label_let_them_keep_no_longer_is_owed_before_any_end(two):
    sent = asked(two, retain_until=Ms(NOW + DAY))
    doing(two[0], SOON, lambda r: _daily(r, SOON))
    assert shown(two[0]).owed == ()
    assert [one.dispatch for one in shown(two[0], Ms(NOW + 2 * DAY)).owed] == [sent.id]


def recalled_while_it_waited(two, monkeypatch):
    """Let the first recall what waits for another at the second, and then that other be settled."""
    with monkeypatch.context() as patched:
        patched.setattr(admit, "unsettled", lambda book, after: (DispatchId(bytes(16)),))
        sent = asked(two)
    with two[1].node.ledger.begin() as book:
        book.tx.run("INSERT INTO mark (target, by_id, kind) VALUES (?, ?, 'recall')", (sent.id, bytes(16)))
        (done,) = follow(DispatchId(bytes(16)), book, two[1].node.office, NOW)
    assert (done.id, done.fact, done.code) == (sent.id, Fact.REFUSED, "recalled")
    talk(two, NOW)
    return sent


def ends_destroyed_and_certified(two, sent, by):
    """Let one side end the accord, and what the second holds of a dispatch be destroyed there and told to the first."""
    end(two, by)
    assert states(shown(two[0])) == [(False, "kept")]
    assert states(shown(two[1])) == [(True, "kept")], "both sides say that it is owed"
    erase(two[1], sent.id, SOON)
    talk(two)
    assert two[1].node.certify(NODE[1], SOON) == 1
    talk(two, Ms(SOON + 300_000))
    assert [one.said.kind for one in shown(two[0]).held] == [made.DESTROYED]
    assert shown(two[0]).owed == shown(two[1]).owed == ()


def test_what_was_recalled_while_it_waited_is_destroyed_after_the_end_and_certified(two, monkeypatch):
    """Its bytes had stayed where no hand could destroy them, so that its sender was owed a certificate for ever."""
    sent = recalled_while_it_waited(two, monkeypatch)
    ends_destroyed_and_certified(two, sent, 0)


def waited_in_vain(two, monkeypatch):
    """Let what the first sends wait at the second for something that never comes, until the daily round gives it up."""
    with monkeypatch.context() as patched:
        patched.setattr(admit, "unsettled", lambda book, after: (DispatchId(bytes(16)),))
        sent = asked(two)
    late = Ms(NOW + two[1].node.office.accord.timer("quarantine-keep") + DAY)
    doing(two[1], late, lambda r: _daily(r, late))
    with two[1].node.ledger.read() as tx:
        rows = tx.rows("SELECT fact, code, plain, sealed FROM got WHERE id = ?", (sent.id,))
    assert rows == [(int(Fact.REFUSED), "incomplete", None, None)]
    return sent, late


def test_what_waits_when_the_accord_ends_is_destroyed_and_certified(two, monkeypatch):
    """It was neither due nor owed on either side, and stayed where no hand could destroy it."""
    with monkeypatch.context() as patched:
        patched.setattr(admit, "unsettled", lambda book, after: (DispatchId(bytes(16)),))
        sent = asked(two)
    ends_destroyed_and_certified(two, sent, 1)


async def _daily(retaining, now):
    return retaining.daily(now)


def test_an_accord_without_the_kind_leaves_files(two, monkeypatch):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON)
    talk(two)
    monkeypatch.setattr(certifying, "crosses", lambda office: False)
    assert two[1].node.certify(NODE[1], SOON) == 0
    found = shown(two[1])
    assert (found.crossing, found.owed) == (False, ())


def test_what_the_other_side_wants_again_and_is_gone_goes_again(two):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON)
    talk(two)
    assert two[1].node.certify(NODE[1], SOON) == 1
    with two[1].node.ledger.begin() as book:
        (first,) = book.tx.rows("SELECT certified FROM erasure")[0]
        book.tx.run("INSERT INTO lost (id, idx, fact, withdrawn, settled_at) VALUES (?, 1, 0, 1, 1)", (first,))
        certifying.send_again(book)
    assert two[1].node.certify(NODE[1], SOON) == 1


# --- what could not be opened -------------------------------------------------------------------------------------------

HOUR = 60 * 60_000
AHEAD = 40 * 60_000


def talk_apart(two, now, ahead):
    """The second node, whose clock is ahead, calls the first."""
    for n in range(3):
        late, right = Ms(now + ahead + 60_000 * n), Ms(now + 60_000 * n)
        two[0].node.take(two[1].node.speak(late), right)
        two[1].node.take(two[0].node.speak(right), late)


def gone_ahead(two):
    """Let the second node send a certificate under a clock that is ahead, which the first cannot open."""
    sent = asked(two)
    erase(two[1], sent.id, now=SOON)
    talk(two)
    late = Ms(SOON + 300_000 + AHEAD)
    assert two[1].node.certify(NODE[1], late) == 1
    talk_apart(two, Ms(SOON + 300_000), AHEAD)
    assert states(shown(two[1])) == [(True, "refused")]
    assert [one.fact for one in shown(two[1]).held] == [Fact.QUARANTINED]
    return sent, late


def test_one_made_under_a_clock_that_was_ahead_goes_again_once_the_clock_is_right(two):
    sent, _ = gone_ahead(two)
    right = Ms(SOON + 900_000)
    assert two[1].node.certify(NODE[1], right) == 1
    assert states(shown(two[1])) == [(True, "told")]
    talk(two, right)
    (came,) = shown(two[0]).held
    assert came.said is not None
    assert (came.said.dispatch, came.fact) == (sent.id, Fact.FILED)
    assert shown(two[0]).owed == shown(two[1]).owed == ()
    assert two[1].node.certify(NODE[1], Ms(right + 30 * DAY)) == 0, "once"


def test_one_that_cannot_be_opened_goes_again_ever_more_seldom(two):
    _, late = gone_ahead(two)
    went, at = [], late
    while at < late + 16 * HOUR:
        at = Ms(at + 10 * 60_000)
        if two[1].node.certify(NODE[1], at):
            talk_apart(two, Ms(at - AHEAD), AHEAD)
            went.append((at - late) // HOUR)
    assert went == [1, 3, 7, 15]
    assert states(shown(two[1])) == [(True, "refused")]


def test_one_that_was_refused_by_name_does_not_go_again(two):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON)
    talk(two)
    assert two[1].node.certify(NODE[1], SOON) == 1
    with two[1].node.ledger.begin() as book:
        book.tx.run("UPDATE certificate SET fact = ?", (int(Fact.REFUSED),))
        book.tx.run("UPDATE sent SET fact = ?, code = 'cannot-assist' WHERE kind = 'certificate'", (int(Fact.REFUSED),))
    assert two[1].node.certify(NODE[1], Ms(SOON + 30 * DAY)) == 0


# --- what does not stand ------------------------------------------------------------------------------------------------


def said_of(two, about, /, **changed):
    """A certificate by the second node about a dispatch of the first, changed in one thing."""
    with two[1].node.ledger.begin() as book:
        idx = book.tx.rows("SELECT idx FROM got WHERE id = ?", (about,))[0][0]
        leaf = book.entry(LogRole.THEIRS, idx)
        origin = book.logs[LogRole.THEIRS].origin
    right = Certificate("shred", about, origin, LeafIndex(idx), leaf.commit, ("body", "attachments", "author"), SOON)
    return replace(right, **changed)


def tells(two, said, *, leaf_says=None, place=None):
    """Let the second node write the leaf and send the certificate; return what the first made of it."""
    record, salt = encode_certificate(said), bytes(range(32))
    with two[1].node.ledger.begin() as book:
        commit = record_commit(salt, encode_certificate(leaf_says or said))
        index = book.append_own([encode_entry(RecordLeaf(said.kind, commit))])
    body = encode_crossing(Crossing(LeafIndex(index if place is None else place), salt, record))
    form = certificate_form(body, two[1].node.office.peer_keys.sealing[0].agency, "harbour-watch")
    form = replace(form, agency="road-guard")
    (done,) = two[1].node.submit([(form, NODE[1])], SOON)
    assert isinstance(done, Committed), done
    talk(two)
    (found,) = (one for one in shown(two[0]).held if one.dispatch == done.id)
    return found, shown(two[0]).faults.get(done.id, "")


def test_a_right_one_made_by_hand_is_filed(two):
    found, fault = tells(two, said_of(two, asked(two).id))
    assert (found.fact, fault) == (Fact.FILED, "")
    assert alarms(two[0]) == []


def test_one_that_stands_and_is_refused_for_another_reason_rings_for_nobody(two):
    ended = replace(two[0].node.office, powers=_Ended(two[0].node.office.powers))
    two[0].node.office = ended
    found, _ = tells(two, said_of(two, asked(two).id))
    assert (found.said, found.fact) == (None, Fact.REFUSED)
    assert alarms(two[0]) == []


class _Ended:
    """Powers of whose peer everybody was withdrawn before the log began."""

    def __init__(self, powers):
        self.powers = powers

    def peer_posting_ended(self, tx, desk, number):
        return -1 if desk == "node" else self.powers.peer_posting_ended(tx, desk, number)

    def __getattr__(self, name):
        return getattr(self.powers, name)


def alarms(one):
    with one.store.read() as tx:
        return tx.rows("SELECT kind, role, about, dispatch FROM alarm WHERE kind LIKE 'certificate%' ORDER BY at, id")


FALSE = {
    "another log": ({"log": "elsewhere.example/comity/log/1"}, "that we did not give"),
    "another dispatch": ({"dispatch": bytes(16)}, "is not the dispatch"),
    "another leaf of ours": ({"index": LeafIndex(0)}, "is not the dispatch"),
    "a leaf that is not there": ({"index": LeafIndex(9_999)}, "is not the dispatch"),
    "another content": ({"commit": Digest(bytes(32))}, "not what our leaf commits to"),
    "no part": ({"parts": ()}, "parts that cannot be destroyed"),
    "the header": ({"parts": ("header", "body")}, "parts that cannot be destroyed"),
    "a part twice": ({"parts": ("body", "body")}, "parts that cannot be destroyed"),
    "custody in part": ({"kind": "destroyed"}, "destroyed whole"),
    "another kind of leaf": ({"kind": "review"}, "does not say this"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_one_is_refused_with_a_reason_that_is_shown(two, name):
    changed, why = FALSE[name]
    sent = asked(two)
    found, fault = tells(two, said_of(two, sent.id, **changed))
    assert (found.said, found.fact) == (None, Fact.REFUSED)
    assert why in fault
    assert alarms(two[0]) == [("certificate-false", "duty-officer", "", found.dispatch)], "it rings, once"
    assert alarms(two[1]) == []
    assert [one.fact for one in shown(two[1]).held] == [Fact.REFUSED], "and its sender sees it"


def test_a_leaf_that_says_something_else_or_is_elsewhere_does_not_open_it(two):
    sent = asked(two)
    right = said_of(two, sent.id)
    for more in ({"leaf_says": replace(right, parts=("body",))}, {"place": 0}, {"place": 9_999}):
        found, fault = tells(two, right, **more)
        assert found.said is None
        assert "does not say this" in fault


def test_the_faults_would_be_filed_without_the_check(two, monkeypatch):
    """Planted: a node that looks at nothing files whatever calls itself a certificate."""
    monkeypatch.setattr(admit.certificates, "fault_of_theirs", lambda body, book: "")
    sent = asked(two)
    found, _ = tells(two, said_of(two, sent.id, commit=Digest(bytes(32))))
    assert found.fact == Fact.FILED


def test_bytes_that_are_no_certificate_are_none():
    good = encode_crossing(Crossing(LeafIndex(1), bytes(32), encode_certificate(_SAID)))
    assert decode_crossing(good).said == _SAID
    for bad in (b"", b"\x80", good + b"\x00", encode_crossing(Crossing(LeafIndex(1), bytes(31), encode_certificate(_SAID))), encode_crossing(Crossing(LeafIndex(1), bytes(32), b"\x80"))):  # fmt: skip
        with pytest.raises(BadEnvelope):
            decode_crossing(bad)
    with pytest.raises(BadEnvelope):
        decode_certificate(encode_certificate(_SAID).replace(b"certificate/1", b"certificate/2"))
    assert set(made.CONTENT) == {"body", "attachments", "author"}


_SAID = Certificate("shred", bytes(16), "a.example/log/1", LeafIndex(1), Digest(bytes(32)), made.CONTENT, Ms(1))


def test_a_question_asked_meanwhile_changes_nothing(two):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON)
    two[0].node.submit([(question(Urgency.URGENT), ASKS)], SOON)
    talk(two)
    assert two[1].node.certify(NODE[1], SOON) == 1


def test_certificates_that_cannot_go_are_tried_again_after_a_while(two):
    sent = asked(two)
    erase(two[1], sent.id, now=SOON)
    talk(two)
    node = two[1].node
    whole = node.office
    node.office = replace(whole, sends={**whole.sends, "road-guard": frozenset({"manifest"})})
    assert node.certify(NODE[1], SOON) == 0
    node.office = whole
    assert node.certify(NODE[1], SOON) == 0, "not in a tight loop"
    assert node.certify(NODE[1], NOW) == 1, "a clock that was set back holds up nothing"


def test_what_was_ours_is_certified_to_nobody(two):
    sent = asked(two)
    doing(two[0], SOON, lambda r: r.ask(sent.id, ("body",), "recalled", Officer("requests", 22)))
    doing(two[0], SOON, lambda r: r.confirm(sent.id, Officer("requests", 21)))
    talk(two)
    assert two[0].node.certify(NODE[0], SOON) == 0
    assert shown(two[0]).held == shown(two[0]).owed == ()


def test_every_alarm_has_words():
    """What a cut sets aside rang under its code."""
    source = Path(certifying.__file__).parents[1]
    said = re.compile(r'\bAlarm\(\s*"([a-z-]+)"')
    kinds = {kind for file in source.rglob("*.py") for kind in said.findall(file.read_text(encoding="utf-8"))}
    assert "cut-aside" in kinds
    assert {f"alarm.{kind}" for kind in {*kinds, made.FALSE}} - {"alarm.passkey-counter"} <= set(WORDS)
