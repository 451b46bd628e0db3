"""The daily manifest: the day's closing in the log, what it says, and every difference that the other side finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Digest, LeafIndex, Ms
from comity.dispatch.accord import OpenDesk
from comity.dispatch.book import LogRole
from comity.dispatch.entries import Fact, RecordLeaf, record_commit
from comity.dispatch.exchange_codec import LogState, Manifest, OpenItem, decode_manifest, encode_manifest
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Committed
from comity.marking.labels import Urgency
from comity.node.manifest import NodeDesk, differences, make_manifest, next_closing, opened
from comity.tlog.checkpoint import verify_head
from tests.unit.node.forge import START, Forger, S, entries, logs, pair, rows, store
from tests.unit.node.world import OFFICER, PlainDesk, exchange, form

DAY = 86_400_000
NOTHING = LogState(0, Digest(bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")))
"""The root of the empty tree is the hash of nothing."""  # spec: RFC 6962 2.1
EMPTY = Manifest("2026-07-12", NOTHING, NOTHING, (), (), ())


def speaking():
    """Return two nodes whose accord opens the node's own desk, at rest."""
    both = pair()
    for of in both:
        accord = replace(of.office.accord, desks=(OpenDesk("node", ("manifest",)), OpenDesk("plain", ("note",))))
        of.office = replace(of.office, accord=accord, desks={"plain": PlainDesk(), "node": NodeDesk()})
    exchange(*both, START)
    exchange(*both, Ms(START + 1))
    return both


# --- closing the day ---------------------------------------------------------------------------------------------


def test_the_day_is_closed_also_when_it_was_empty():
    a, b = speaking()
    done = a.close_day(OFFICER, Ms(START + 1000))
    assert isinstance(done, Committed)
    (index,) = [n for n, e in enumerate(entries(a)) if isinstance(e, RecordLeaf)]
    with a.ledger.read() as tx:
        salt, record = opened(tx, index)
        assert opened(tx, 0) is None
    leaf = entries(a)[index]
    assert (leaf.kind, leaf.commit) == ("decision-head", record_commit(salt, record))
    head = verify_head(record.decode(), a.voice.decision_origin, [a.voice.decision_keys.verifier])
    assert (head.checkpoint.size, head.time) == (0, S + 1)
    exchange(a, b, Ms(START + 2000))
    exchange(b, a, Ms(START + 3000))
    assert rows(a, "SELECT fact FROM sent") == [(Fact.FILED,)]
    assert not rows(b, "SELECT * FROM difference")
    assert rows(b, "SELECT size FROM log WHERE role = 'decision'") == [(1,)]


def test_the_decision_heads_time_never_goes_back_and_covers_every_record():
    a, _ = speaking()
    a.submit([form(), form()], START)
    a.close_day(OFFICER, Ms(START + DAY))
    a.close_day(OFFICER, Ms(START + DAY - 9 * 3_600_000))
    heads = rows(a, "SELECT size, time FROM head WHERE role = 'decision' ORDER BY size")
    assert heads == [(2, S + 86_400), (3, S + 86_400)]


def test_the_day_is_closed_also_when_no_manifest_can_go():
    a, _ = speaking()
    a.office = replace(a.office, peer_keys=replace(a.office.peer_keys, sealing=tuple(
        replace(one, not_after=Ms(START + 1)) for one in a.office.peer_keys.sealing
    )))  # fmt: skip
    now = Ms(a.day_closes_at(START))
    assert isinstance(a.close_day(OFFICER, now), BadForm)
    assert [e.kind for e in entries(a) if isinstance(e, RecordLeaf)] == ["decision-head"]
    assert not rows(a, "SELECT * FROM sent")
    assert a.day_closes_at(now) == now + DAY


def test_when_the_day_is_to_be_closed():
    a, _ = speaking()
    first = a.day_closes_at(START)
    assert (first - 10 * 60_000) % DAY == 0  # spec: protocol.md 8, 00:10 UTC
    assert START < first <= START + DAY
    a.close_day(OFFICER, Ms(first + 5))
    assert a.day_closes_at(first) == first + DAY
    assert a.day_closes_at(Ms(first + 3 * DAY)) == first + DAY, "a day that was missed is due at once"
    with store().read() as tx:
        assert next_closing(tx, 0, Ms(5)) == DAY


# --- what it says ------------------------------------------------------------------------------------------------


def test_it_says_both_logs_and_what_is_open():
    a, b = speaking()
    (sent,) = a.submit([form()], START)
    a.submit([form(urgency=Urgency.NORMAL)], START)
    with a.ledger.read() as tx:
        made = make_manifest(tx, Ms(START + 2 * 3_600_000))
    assert (made.ours.size, made.theirs.size) == (logs(a)[0].size, logs(a)[1].size)
    assert made.our_open == (OpenItem(LeafIndex(sent.index), 0),), "what waits in the pool has no leaf yet"
    assert made.their_open == ()
    with b.ledger.read() as tx:
        assert differences(tx, made) == [
            f"their log has {logs(a)[0].size} entries by their count, 3 by ours",
            f"their dispatch at leaf {sent.index} has not come here",
        ]


def test_the_day_is_the_one_that_ended():
    with store().read() as tx:
        assert make_manifest(tx, Ms(1_783_900_800_000)).day == "2026-07-12"  # 2026-07-13 00:00 UTC
        assert make_manifest(tx, Ms(1_783_900_800_000 + 2 * 3_600_000)).day == "2026-07-13"


def test_each_difference_is_found():
    a, _ = speaking()
    (sent,) = a.submit([form()], START)
    with a.ledger.read() as tx:
        true = make_manifest(tx, START)
        mirrored = replace(true, ours=true.theirs, theirs=true.ours, our_open=(), their_open=true.our_open)
        assert differences(tx, mirrored) == []
        zero = Digest(bytes(32))
        faults = {
            "their log has another root at 3 entries": replace(mirrored, ours=LogState(3, zero)),
            "our log has another root at 2 entries": replace(mirrored, theirs=LogState(2, zero)),
            "their log has 9 entries by their count, 3 by ours": replace(mirrored, ours=LogState(9, zero)),
            "their dispatch at leaf 7 has not come here": replace(mirrored, our_open=(OpenItem(LeafIndex(7), 0),)),
            "they hold a dispatch at leaf 1 that we did not send": replace(
                mirrored, their_open=(OpenItem(LeafIndex(1), 0),)
            ),
        }
        for what, manifest in faults.items():
            assert differences(tx, manifest) == [what]
    assert sent.index == 4
    with store().read() as tx:
        assert differences(tx, EMPTY) == []


def test_the_exchange_that_brings_the_manifest_may_bring_its_last_entries():
    a, b = speaking()
    b.submit([form("1"), form("2")], Ms(START + 500))
    b.speak(Ms(START + 600))  # lost
    b.close_day(OFFICER, Ms(START + 1000))
    size = logs(a)[1].size
    a.take(b.speak(Ms(START + 2000)), Ms(START + 2000))
    ((body,),) = list(rows(b, "SELECT plain FROM sent WHERE desk = 'node'"))
    assert decode_manifest(parts_of(body)[1].content).ours.size > size, "it speaks of entries that came with it"
    assert not rows(a, "SELECT * FROM difference")


def test_a_difference_is_noted_for_the_desk_in_the_transaction_of_the_receipt():
    a, b = speaking()
    b.office = replace(b.office, desks={**b.office.desks, "node": Wrong()})
    assert isinstance(b.close_day(OFFICER, Ms(START + 1000)), Committed)
    exchange(b, a, Ms(START + 2000))
    ((day, what, at),) = rows(a, "SELECT day, what, at FROM difference")
    assert what == "their log has 999 entries by their count, 6 by ours"
    assert (day, at) == ("2026-07-12", START + 2000)


class Wrong(NodeDesk):
    """A desk that says what is not so."""

    def compose(self, kind, form):
        made = decode_manifest(super().compose(kind, form))
        return encode_manifest(replace(made, ours=LogState(999, made.ours.root)))


# --- the desk ----------------------------------------------------------------------------------------------------


def test_the_nodes_own_desk_takes_manifests_only():
    desk = NodeDesk()
    good = encode_manifest(EMPTY)
    assert desk.compose("manifest", {"manifest": good}) == good
    for kind, body in (("note", good), ("manifest", None), ("manifest", "x"), ("manifest", b"\x80")):
        with pytest.raises(BadForm):
            desk.compose(kind, {"manifest": body})
    assert desk.facts("manifest", good).texts == ()
    assert desk.facts("manifest", good).asserts is False
    for kind, body in (("note", good), ("manifest", b"\x80")):
        with pytest.raises(BadEnvelope):
            desk.facts(kind, body)
    assert desk.redact("manifest", good, frozenset({"person"})) == (good, ())
    with store().begin() as tx:
        assert desk.settle(tx, bytes(16), 2, None, START) is None


def test_a_manifest_of_another_version_is_quarantined_and_stops_nothing():
    a, _ = speaking()
    forger = Forger(a)
    with a.ledger.begin() as book:
        forger.entries = book.entries(LogRole.THEIRS, 0, 99)
    later = cbor.encode({**cbor.decode(encode_manifest(EMPTY)), 1: "comity/manifest/2"})
    bad = forger.make(contents={1: later}, desk="node", kind="manifest")
    taken = forger.send(bad, forger.make())
    assert sorted((r.fact, r.code) for r in taken.recorded) == [(2, None), (3, "unopened")]


def test_a_manifest_that_our_law_refuses_is_not_compared():
    a, _ = speaking()
    forger = Forger(a)
    with a.ledger.begin() as book:
        forger.entries = book.entries(LogRole.THEIRS, 0, 99)
    wrong = encode_manifest(replace(EMPTY, ours=LogState(9, Digest(bytes(32)))))
    forger.send(forger.make(contents={1: wrong}, desk="node", kind="manifest", purpose="workplan"))
    assert not rows(a, "SELECT 1 FROM difference")
    forger.send(forger.make(contents={1: wrong}, desk="node", kind="manifest"))
    assert len(rows(a, "SELECT 1 FROM difference")) == 1
