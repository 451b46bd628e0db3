"""Instruments: the COSE_Sign around them, accord, key list, amendment; and what the next edition changes."""

from __future__ import annotations

from functools import cache

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.crypto.sign import add_signatures, sign_instrument, unverified_payload
from comity.crypto.suites import TAG_SIGN
from comity.dispatch import keylist
from comity.dispatch.accord import decode_accord, encode_accord, fingerprint, verify_accord
from comity.dispatch.amendment import (
    Amendment,
    changes,
    decode_amendment,
    edition_of,
    encode_amendment,
    follows,
    goes_first,
    stage_of,
)
from tests.fuzz.targets.saying import one_form
from tests.unit.node.forge import accord_of, half
from tests.unit.node.world import A, B

WORDS = (
    b"comity/accord/1",
    b"comity/keys/1",
    b"comity/amendment/1",
    b"comity/1",
    b"\xd8\x62\x84\x40\xa0",
    b"agency",
    b"plain",
    b"note",
    b"\xf6",
)
MAX_LEN = 16_384


@cache
def before():
    signed = accord_of(())
    return signed, verify_accord(signed)


def once(data: bytes) -> None:
    _payload(data)
    try:
        payload = unverified_payload(data)
    except BadEnvelope:
        return
    assert cbor.encode_tagged(TAG_SIGN, cbor.decode_tagged(data, TAG_SIGN)) == data
    fingerprint(data)
    _payload(payload)
    _signed(data, payload)


def _payload(data: bytes) -> None:
    accord = one_form(decode_accord, encode_accord, data, declared=BadEnvelope)
    listed = one_form(keylist.decode_keylist, keylist.encode_keylist, data, declared=BadEnvelope)
    amendment = one_form(decode_amendment, encode_amendment, data, declared=BadEnvelope)
    if accord is not None:
        _accord(accord)
    if listed is not None:
        ours = keylist.verify_keylist(half(A).keys, half(A).root.public())
        keylist.follows(listed, ours, sha256(half(A).keys))
        listed.log_keys(), listed.cosigner_keys(1), listed.sealing_for("agency", ours.issued)
    if amendment is not None:
        edition_of(amendment.signed)
        assert len(amendment.text_sha256) == 32


def _accord(accord) -> None:
    signed, old = before()
    follows(accord, old, sha256(signed))
    changes(old, accord), changes(accord, old)
    goes_first(accord)
    for party in accord.parties:
        assert accord.party(party.node) is party
        assert accord.peer_of(party.node) is not party


def _signed(data: bytes, payload: bytes) -> None:
    roots = half(A).root, half(B).root
    for check in (
        verify_accord,
        lambda it: keylist.verify_keylist(it, roots[0].public()),
        lambda it: stage_of(it, before()[1], A),
    ):
        try:
            check(data)
        except (BadEnvelope, BadSignature):
            continue
        assert data in {signed for _, signed in seeds()} or sha256(payload), "only what the roots signed passes"


def seeds():
    a, b = half(A), half(B)
    signed, old = before()
    yield "accord", signed
    yield "accord-payload", unverified_payload(signed)
    yield "accord-one", sign_instrument(unverified_payload(signed), "accord", a.root)
    yield "keys", a.keys
    yield "keys-payload", unverified_payload(a.keys)
    yield "amendment", encode_amendment(Amendment(signed, "why"))
    yield "amendment-unknown", encode_amendment(Amendment(signed, "", ((9, b"\x01"),)))
    later = cbor.decode(unverified_payload(signed))
    later = {**later, 3: 2, 4: sha256(signed), 7: {0: [1, 2]}, 8: {"tick": 5}, 9: ["note"], 99: "later"}
    yield "edition-payload", cbor.encode(later)
    proposed = sign_instrument(cbor.encode(later), "accord", a.root)
    yield "edition", add_signatures(proposed, "accord", b.root)
    yield "edition-proposed", encode_amendment(Amendment(proposed, "shorter"))
    assert follows(edition_of(proposed), old, sha256(signed)) == ""
