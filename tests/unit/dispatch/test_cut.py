"""The instrument `cut` as bytes, how it is made from two views, and which key list may come with it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from comity.base import cbor
from comity.base.errors import BadCut, BadEnvelope, BadForm, BadSignature, UnknownVersion
from comity.base.hashing import sha256
from comity.base.ids import LeafIndex
from comity.crypto.keys import RootKeys
from comity.crypto.sign import sign_instrument, unverified_payload
from comity.dispatch.accord import verify_accord
from comity.dispatch.cut import (
    KIND,
    Cut,
    View,
    accord_party,
    cut_said,
    decode_cut,
    draft_cut,
    encode_cut,
    follows_cut,
    keys_of,
    sign_cut,
    split_origin,
    verify_cut,
)
from comity.dispatch.keylist import verify_keylist
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import Locker, parties
from comity.tlog.checkpoint import KeyRole, NoteKeys, make_checkpoint, sign_head
from comity.tlog.note import Seconds

FIRST, SECOND = parties().halves
ORIGIN = f"{FIRST.name}/log/1"
ROOT = sha256(b"the root")
ACCORD = verify_accord(parties().accord)


@cache
def head(size, root=ROOT, origin=ORIGIN, time=1_000):
    ring = FIRST.keyring.log
    keys = NoteKeys.of(KeyRole.LOG, origin, ring.ed25519, ring.ml_dsa)
    return sign_head(make_checkpoint(origin, size, root), [keys], Seconds(time)).note


CUT = Cut(ORIGIN, 7, ROOT, (head(9),), f"{FIRST.name}/log/2", "stolen-key")


def test_the_bytes_are_those_of_the_protocol():
    plain = {1: "comity/cut/1", 2: ORIGIN, 3: 7, 4: ROOT, 5: [head(9)], 6: f"{FIRST.name}/log/2", 7: "stolen-key"}
    assert encode_cut(CUT) == cbor.encode(plain)
    assert decode_cut(cbor.encode(plain)) == CUT
    assert CUT.node == FIRST.name


def test_what_a_later_edition_says_is_kept():
    data = cbor.encode(cbor.decode(encode_cut(CUT)) | {8: "more"})
    assert encode_cut(decode_cut(data)) == data


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (2, "not a log"),
        (2, f"{FIRST.name}/log/0"),
        (2, f"{FIRST.name}/room/1"),
        (2, 4),
        (3, "7"),
        (3, 2),
        (4, b"short"),
        (5, "a head"),
        (5, ["a head"]),
        (5, [head(7)]),
        (5, [head(9, origin=f"{FIRST.name}/log/3")]),
        (5, [head(9)] * 65),
        (6, f"{FIRST.name}/log/1"),
        (6, f"{FIRST.name}/log/3"),
        (6, f"{SECOND.name}/log/2"),
        (7, "A Code"),
        (7, None),
    ],
)
def test_a_field_that_does_not_fit_is_refused(key, value):
    with pytest.raises(BadEnvelope):
        decode_cut(cbor.encode(cbor.decode(encode_cut(CUT)) | {key: value}))


def test_other_versions_missing_fields_and_trailing_bytes_are_refused():
    plain = cbor.decode(encode_cut(CUT))
    with pytest.raises(UnknownVersion):
        decode_cut(cbor.encode(plain | {1: "comity/cut/2"}))
    with pytest.raises(BadEnvelope):
        decode_cut(cbor.encode({key: one for key, one in plain.items() if key != 7}))
    with pytest.raises(BadEnvelope):
        decode_cut(encode_cut(CUT) + b"\x00")


def test_both_roots_sign_in_any_order():
    for one, other in ((FIRST, SECOND), (SECOND, FIRST)):
        signed = sign_cut(sign_cut(encode_cut(CUT), one.root, ACCORD), other.root, ACCORD)
        assert verify_cut(signed, ACCORD) == CUT
        assert cut_said(signed) == (ORIGIN, 7, ROOT)


def test_one_root_is_not_enough_and_a_strangers_signs_nothing():
    half = sign_cut(encode_cut(CUT), FIRST.root, ACCORD)
    with pytest.raises(BadSignature):
        verify_cut(half, ACCORD)
    with pytest.raises(BadForm):
        sign_cut(half, FIRST.root, ACCORD)
    with pytest.raises(BadSignature, match="neither party"):
        sign_cut(encode_cut(CUT), RootKeys.generate(SeededEntropy("a stranger")), ACCORD)


def test_who_signs_second_looks_at_the_first_signatures():
    foreign = sign_instrument(encode_cut(CUT), KIND, RootKeys.generate(SeededEntropy("a stranger")))
    with pytest.raises(BadSignature):
        sign_cut(foreign, SECOND.root, ACCORD)


def test_a_signature_for_another_kind_is_none():
    half = sign_instrument(encode_cut(CUT), "accord", FIRST.root)
    with pytest.raises(BadSignature):
        sign_cut(half, SECOND.root, ACCORD)


def test_the_log_of_a_third_node_is_not_cut():
    other = replace(CUT, origin="a.example/other/log/1", new_origin="a.example/other/log/2", disowned=())
    with pytest.raises(BadCut, match="no party"):
        sign_cut(encode_cut(other), FIRST.root, ACCORD)
    with pytest.raises(BadCut):
        accord_party(other, ACCORD)


def test_bytes_that_are_no_cut_say_nothing():
    assert cut_said(sign_instrument(cbor.encode({1: "comity/cut/9"}), KIND, FIRST.root)) is None
    with pytest.raises(BadEnvelope):
        split_origin("x")


# --- drafting ---------------------------------------------------------------------------------------------------------


def view(own, size, *heads, notes=()):
    return View(ORIGIN, own, size, heads, notes)


A, B, C = (sha256(one) for one in (b"a", b"b", b"c"))


def test_a_cut_is_at_the_last_head_that_both_know():
    cut = draft_cut(view(True, 9, (3, A), (6, B), (8, C)), view(False, 8, (3, A), (6, B), (8, A), (7, A)))
    assert (cut.origin, cut.size, cut.root, cut.new_origin) == (ORIGIN, 6, B, f"{FIRST.name}/log/2")
    assert cut.code == "stolen-key"


def test_what_is_signed_above_it_is_disowned_newest_first_once():
    ours, theirs = (head(9, B), head(5, A)), (head(11, A), head(9, B), head(10, C))
    cut = draft_cut(view(True, 9, (6, B), notes=ours), view(False, 11, (6, B), notes=theirs), "other-code")
    assert cut.disowned == (head(11, A), head(10, C), head(9, B))
    assert decode_cut(encode_cut(cut)) == cut
    assert cut.code == "other-code"


def test_only_the_newest_64_are_named():
    notes = tuple(head(7 + n) for n in range(70))
    cut = draft_cut(view(True, 6, (6, B)), view(False, 90, (6, B), notes=notes))
    assert len(cut.disowned) == 64
    assert cut.disowned[0] == head(76)


@pytest.mark.parametrize(
    ("owner", "peer"),
    [
        (view(True, 9, (6, B)), view(True, 9, (6, B))),
        (view(False, 9, (6, B)), view(False, 9, (6, B))),
        (view(True, 9, (6, B)), replace(view(False, 9, (6, B)), origin=f"{FIRST.name}/log/2")),
        (view(True, 9, (6, B)), view(False, 9, (6, A))),
        (view(True, 9, (2, B)), view(False, 9, (2, B))),
        (view(True, 5, (6, B)), view(False, 9, (6, B))),
        (view(True, 9, (6, B)), view(False, 5, (6, B))),
    ],
)
def test_views_that_do_not_belong_together_make_none(owner, peer):
    with pytest.raises(BadCut):
        draft_cut(owner, peer)


# --- the list ---------------------------------------------------------------------------------------------------------


def lists():
    from comity.node.papers import Listed

    locker = Locker.of(0)
    before = Listed(LeafIndex(0), sha256(FIRST.keys), verify_keylist(FIRST.keys, FIRST.root.public()))
    made = verify_keylist(locker.cut_list(before, CUT, 1_000), FIRST.root.public())
    return before.keys, before.digest, made


def test_a_list_all_of_whose_keys_are_new_follows():
    before, digest, made = lists()
    assert follows_cut(made, before, digest, CUT, keys_of(before)) == ""


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda old, new: replace(new, node=SECOND.name), "not of the new log"),
        (lambda old, new: replace(new, log=replace(new.log, number=1)), "not of the new log"),
        (lambda old, new: replace(new, edition=new.edition + 1), "does not follow"),
        (lambda old, new: replace(new, prev=None), "does not follow"),
        (lambda old, new: replace(new, revoked=new.revoked[:1]), "does not revoke"),
        (
            lambda old, new: replace(new, revoked=tuple((kid, LeafIndex(8)) for kid, _ in new.revoked)),
            "does not revoke",
        ),
        (lambda old, new: replace(new, log=replace(old.log, number=2)), "may have"),
        (lambda old, new: replace(new, sealing=(*new.sealing, *old.sealing)), "may have"),
        (lambda old, new: replace(new, cosigners=(replace(old.cosigners[0], number=9),)), "may have"),
        (lambda old, new: replace(new, cosigners=(new.cosigners[0], replace(new.cosigners[0], number=99))), "twice"),
        (lambda old, new: replace(new, cosigners=(replace(new.cosigners[0], number=1),)), "number that was used"),
        (lambda old, new: replace(new, sealing=()), "no sealing key"),
    ],
)
def test_a_list_that_a_thief_could_use_does_not(wrong, says):
    before, digest, made = lists()
    assert says in follows_cut(wrong(before, made), before, digest, CUT, keys_of(before))


def test_the_payload_of_a_list_is_not_a_cut():
    with pytest.raises(BadEnvelope):
        decode_cut(unverified_payload(FIRST.keys))
