"""A node is put together only from instruments and keys that belong together; the ceremony writes them down once."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration, BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Ms, NodeName
from comity.crypto.keys import CosignerKeys, LogKeys
from comity.dispatch.accord import fingerprint
from comity.dispatch.book import LogRole
from comity.dispatch.entries import InstrumentKind, InstrumentLeaf
from comity.node.assemble import Instruments, Keyring, assemble, cosigner_name, decision_origin, log_origin
from comity.node.ceremony import hold_ceremony, read_instruments
from comity.node.link import LinkState
from comity.tlog.checkpoint import make_checkpoint, sign_head, verify_head
from comity.tlog.note import Seconds
from comity.tlog.tree import EMPTY_ROOT
from tests.unit.node.forge import START, A, B, accord_of, entries, half, node, rows, store
from tests.unit.node.world import Everyone, Half, Permits, PlainDesk, Seeded, make_accord

US, THEM = half(A), half(B)
GOOD = Instruments(accord_of(()), US.keys, THEM.keys)
KEYS = Keyring(US.log, US.cosigner, {})
STRANGE = Half.make("else.example/comity")


def put_together(us=A, instruments=GOOD, keys=KEYS):
    parts = {"gate": Permits(), "patterns": (), "desks": {"plain": PlainDesk()}, "powers": Everyone()}
    return assemble(NodeName(us), instruments, keys, **parts, entropy=Seeded("x"))


def test_names_of_logs_and_cosigners():
    assert log_origin(A, 1) == f"{A}/log/1"
    assert decision_origin(A, 2) == f"{A}/decision/2"
    assert cosigner_name(A, 3) == f"{A}/mirror/3"  # spec: protocol.md 2


def test_what_belongs_together_is_put_together():
    built = put_together()
    assert (built.voice.log_origin, built.voice.decision_origin) == (f"{A}/log/1", f"{A}/decision/1")
    assert (built.peer.node, built.peer.log_origin) == (B, f"{B}/log/1")
    assert (built.office.us, built.office.peer, built.office.agencies) == (A, B, {"agency"})
    assert built.office.accord_digest == sha256(GOOD.accord)
    assert built.timers.heartbeat_ms == 600_000
    assert (built.timers.clock_refuse_ms, built.timers.clock_show_ms) == (3_600_000, 300_000)
    assert (built.timers.cosign_overdue_ms, built.timers.backoff_max_ms) == (3_600_000, 300_000)
    assert built.timers.tick_ms == 0, "as the accord has it"


def test_the_accord_must_name_us():
    with pytest.raises(BadConfiguration):
        put_together("else.example/comity")


def test_key_lists_are_those_of_their_party_and_signed_by_its_root():
    STRANGE.name = NodeName(B)
    STRANGE.sign_keys()
    swapped = replace(GOOD, our_keys=GOOD.peer_keys, peer_keys=GOOD.our_keys)
    for bad in (swapped, replace(GOOD, peer_keys=STRANGE.keys), replace(GOOD, our_keys=STRANGE.keys)):
        with pytest.raises(BadSignature):
            put_together(instruments=bad)
    for cut in (GOOD.peer_keys[:-1], b"", GOOD.accord):
        with pytest.raises((BadSignature, BadEnvelope)):
            put_together(instruments=replace(GOOD, peer_keys=cut))


def test_an_accord_needs_both_roots():
    other = make_accord(US, STRANGE)
    with pytest.raises((BadSignature, BadEnvelope, BadConfiguration)):
        put_together(instruments=replace(GOOD, accord=other))
    with pytest.raises((BadSignature, BadEnvelope)):
        put_together(instruments=replace(GOOD, accord=GOOD.accord[:-1] + b"\x00"))


def test_private_keys_must_be_those_of_our_list():
    for keys in (
        replace(KEYS, log=LogKeys.generate(Seeded("1"))),
        replace(KEYS, cosigner=CosignerKeys.generate(Seeded("1"))),
    ):
        with pytest.raises(BadConfiguration):
            put_together(keys=keys)


def test_the_instruments_are_read_for_either_side():
    _, ours, theirs = read_instruments(A, *[GOOD.accord, US.keys, THEM.keys])
    assert (ours.node, theirs.node) == (A, B)
    _, ours, theirs = read_instruments(B, *[GOOD.accord, THEM.keys, US.keys])
    assert (ours.node, theirs.node) == (B, A)


def test_the_ceremony_writes_three_leaves_and_brings_the_link_up_once():
    a = node()
    signed = (US.keys, THEM.keys, accord_of(()))
    keys, accord = InstrumentKind.KEYS, InstrumentKind.ACCORD
    leaves = [InstrumentLeaf(kind, sha256(one)) for kind, one in zip((keys, keys, accord), signed, strict=True)]
    assert entries(a) == leaves  # spec: protocol.md 10
    assert (a.link().state, a.link().since, a.paired) == (LinkState.UP, START, True)
    assert rows(a, "SELECT signed FROM instrument ORDER BY from_ours") == [(one,) for one in signed]
    assert entries(a, LogRole.THEIRS) == []
    assert entries(a, LogRole.DECISION) == []
    hold_ceremony(a.store, a.voice, a.peer, signed, now=Ms(START + 9))
    assert entries(a) == leaves
    assert a.link().since == START


def test_before_the_ceremony_the_link_is_unpaired():
    from comity.dispatch.book import Ledger
    from comity.node.node import Node

    built = put_together()
    fresh = Node(built.office, built.voice, built.peer, Ledger(store()), built.timers)
    assert fresh.link().state is LinkState.UNPAIRED
    assert not fresh.paired
    assert fresh.due_at(START) is None


def test_fingerprints_are_read_aloud_in_eight_groups():
    assert re.fullmatch(r"([0-9a-f]{8} ){7}[0-9a-f]{8}", fingerprint(GOOD.accord))  # spec: protocol.md 10


def test_one_that_is_mute_reads_under_our_names_and_signs_nothing_that_stands():
    ours = KEYS
    nobody = Keyring(LogKeys.generate(Seeded("nobody")), CosignerKeys.generate(Seeded("nobody")), {}, mute=True)
    parts = {"gate": Permits(), "patterns": (), "desks": {"plain": PlainDesk()}, "powers": Everyone()}
    mute = assemble(NodeName(A), GOOD, nobody, **parts, entropy=Seeded("x"), mute=True)
    real = put_together(keys=ours)
    assert mute.voice.log_keys.verifier == real.voice.log_keys.verifier
    assert mute.voice.all_mirrors == real.voice.all_mirrors
    head = make_checkpoint(mute.voice.log_origin, 0, EMPTY_ROOT)
    good = sign_head(head, real.voice.keys_at(0), Seconds(1)).note
    assert verify_head(good, mute.voice.log_origin, mute.voice.verifiers_at(0)).checkpoint == head
    with pytest.raises(BadSignature):
        verify_head(sign_head(head, mute.voice.keys_at(0), Seconds(1)).note, head.origin, real.voice.verifiers_at(0))
