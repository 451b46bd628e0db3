from __future__ import annotations

import cbor2
import pytest

from comity.base.errors import BadEnvelope, BadForm, BadSignature
from comity.crypto import keys, sign
from tests.properties.plain_cbor import write
from tests.unit.crypto import plain_cose
from tests.unit.crypto.seeded import Seeded

ENTROPY = Seeded("sign")
NORTH, SOUTH = keys.RootKeys.generate(ENTROPY), keys.RootKeys.generate(ENTROPY)
LOG = keys.LogKeys.generate(ENTROPY)
PAYLOAD = write({1: "comity/keys/1", 2: "north.example/comity"})
SIGNED = sign.sign_instrument(PAYLOAD, "keys", NORTH)
BOTH = sign.add_signatures(sign.sign_instrument(PAYLOAD, "accord", SOUTH), "accord", NORTH)


def refused(data: bytes, kind: str = "keys", *signers) -> None:
    with pytest.raises(BadSignature):
        sign.verify_instrument(data, kind, *(signers or (NORTH.public(),)))


def test_an_instrument_is_what_the_texts_say():
    tagged = cbor2.loads(SIGNED)
    body, unprotected, payload, signatures = tagged.value
    assert (tagged.tag, body, dict(unprotected), payload) == (98, b"", {}, PAYLOAD)
    aad = write(["comity/instrument/1", "keys"])
    keys_by_alg = {-19: NORTH.public().ed25519, -49: NORTH.public().ml_dsa}
    plain_keys = {
        -19: plain_cose.okp_key(keys_by_alg[-19].public_bytes_raw()),
        -49: plain_cose.akp_key(-49, keys_by_alg[-49].public_bytes_raw()),
    }
    assert len(signatures) == 2
    for protected, empty, signature in signatures:
        header = cbor2.loads(protected)
        assert header[4] == keys.key_id(plain_keys[header[1]])
        assert dict(empty) == {}
        keys_by_alg[header[1]].verify(signature, plain_cose.sig_structure(body, protected, aad, payload))


def plain_signed(**change) -> bytes:
    """Assemble an instrument by hand; every argument is one departure from the profile."""
    kind, body = change.get("kind", "keys"), change.get("body", b"")
    rows = []
    for alg, private, encoded in change.get(
        "signers",
        (
            (-19, NORTH.ed25519, plain_cose.okp_key(NORTH.public().ed25519.public_bytes_raw())),
            (-49, NORTH.ml_dsa, plain_cose.akp_key(-49, NORTH.public().ml_dsa.public_bytes_raw())),
        ),
    ):
        header = write({1: change.get("alg", alg), 4: keys.key_id(encoded)} | change.get("more", {}))
        message = plain_cose.sig_structure(body, header, write(["comity/instrument/1", kind]), PAYLOAD)
        rows.append([header, change.get("unprotected", {}), private.sign(message)])
    rows = change.get("rows", lambda r: r)(rows)
    parts = change.get("parts", lambda *parts: list(parts))(body, {}, PAYLOAD, rows)
    return change.get("head", b"\xd8\x62") + write(parts) + change.get("tail", b"")


def test_an_instrument_assembled_by_hand_is_taken():
    assert sign.verify_instrument(plain_signed(), "keys", NORTH.public()) == PAYLOAD


ILL_FORMED = {
    "no tag": {"head": b""},
    "tag of COSE_Sign1": {"head": b"\xd2"},
    "tag of COSE_Encrypt": {"head": b"\xd8\x60"},
    "trailing byte": {"tail": b"\x00"},
    "a body header": {"body": write({3: "x"})},
    "an empty map as body header": {"body": b"\xa0"},
    "an unprotected header": {"unprotected": {4: b"x"}},
    "a detached payload": {"parts": lambda b, u, _, r: [b, u, None, r]},
    "no signature": {"rows": lambda _: []},
    "17 signatures": {"rows": lambda r: r * 9},
    "a signature of two parts": {"rows": lambda r: [row[:2] for row in r]},
    "a signature that is null": {"rows": lambda r: [[row[0], {}, None] for row in r]},
    "an unprotected body header": {"parts": lambda b, _, p, r: [b, {5: b""}, p, r]},
    "a payload that is text": {"parts": lambda b, u, _, r: [b, u, "x", r]},
    "three parts": {"parts": lambda *parts: list(parts[:3])},
}
WRONG = {
    "signed as another kind": {"kind": "accord"},
    "Ed25519 alone": {"rows": lambda r: r[:1]},
    "ML-DSA alone": {"rows": lambda r: r[1:]},
    "Ed25519 twice": {"rows": lambda r: [r[0], r[0]]},
    "one doubled beside the pair": {"rows": lambda r: [r[0], r[0], r[1]]},
    "the other order": {"rows": lambda r: r[::-1]},
    "signatures exchanged": {"rows": lambda r: [[r[0][0], {}, r[1][2]], [r[1][0], {}, r[0][2]]]},
    "EdDSA of RFC 9053 instead of Ed25519": {"alg": -8},
    "one header more": {"more": {3: "x"}},
    "an empty signature": {"rows": lambda r: [[row[0], {}, b""] for row in r]},
}


@pytest.mark.parametrize("name", ILL_FORMED)
def test_another_form_is_refused(name):
    with pytest.raises(BadEnvelope):
        sign.verify_instrument(plain_signed(**ILL_FORMED[name]), "keys", NORTH.public())


@pytest.mark.parametrize("name", WRONG)
def test_another_set_of_signatures_is_refused(name):
    refused(plain_signed(**WRONG[name]))


def test_an_instrument_is_of_its_kind_and_its_signer():
    assert sign.verify_instrument(SIGNED, "keys", NORTH.public()) == PAYLOAD
    refused(SIGNED, "cut")
    refused(SIGNED, "keys", SOUTH.public())
    refused(SIGNED, "keys", NORTH.public(), SOUTH.public())
    with pytest.raises(BadSignature):
        sign.verify_instrument(SIGNED, "keys")


def test_both_parties_sign_one_instrument_in_either_order():
    for signers in ((NORTH, SOUTH), (SOUTH, NORTH)):
        first = sign.sign_instrument(PAYLOAD, "accord", signers[0])
        both = sign.add_signatures(first, "accord", signers[1])
        assert sign.verify_instrument(both, "accord", NORTH.public(), SOUTH.public()) == PAYLOAD
        assert sign.verify_instrument(both, "accord", SOUTH.public(), NORTH.public()) == PAYLOAD
        assert len(cbor2.loads(both).value[3]) == 4
        refused(both, "accord", NORTH.public())
        refused(first, "accord", NORTH.public(), SOUTH.public())


def test_the_same_party_named_twice_is_no_second_party():
    refused(SIGNED, "keys", NORTH.public(), NORTH.public())


def test_a_signature_of_the_second_party_over_another_payload_is_refused():
    other = sign.sign_instrument(write({1: "other"}), "accord", SOUTH)
    ours = sign.sign_instrument(PAYLOAD, "accord", NORTH)
    rows = sorted([*cbor2.loads(other).value[3], *cbor2.loads(ours).value[3]])
    mixed = b"\xd8\x62" + write([b"", {}, PAYLOAD, [[h, dict(u), s] for h, u, s in rows]])
    refused(mixed, "accord", NORTH.public(), SOUTH.public())


def test_a_party_signs_once():
    with pytest.raises(BadForm):
        sign.add_signatures(BOTH, "accord", SOUTH)


def test_log_keys_sign_recoveries():
    signed = sign.sign_instrument(PAYLOAD, "recover", LOG)
    assert sign.verify_instrument(signed, "recover", LOG.public()) == PAYLOAD
    assert [cbor2.loads(row[0])[1] for row in cbor2.loads(signed).value[3]] == [-19, -48]
    refused(signed, "recovered", LOG.public())


def test_the_payload_is_found_before_it_is_believed():
    assert sign.unverified_payload(SIGNED) == PAYLOAD
    with pytest.raises(BadEnvelope):
        sign.unverified_payload(SIGNED[:-1])


def test_too_large_an_instrument_is_refused_unread():
    with pytest.raises(BadEnvelope):
        sign.unverified_payload(b"\xd8\x62" + bytes(sign.LIMIT + 1))


def test_an_instrument_flipped_anywhere_is_refused():
    for at in range(len(SIGNED)):
        with pytest.raises((BadEnvelope, BadSignature)):
            sign.verify_instrument(
                SIGNED[:at] + bytes((SIGNED[at] ^ (1 << at % 8),)) + SIGNED[at + 1 :], "keys", NORTH.public()
            )


def test_an_instrument_cut_anywhere_is_refused():
    for end in range(len(SIGNED)):
        with pytest.raises(BadEnvelope):
            sign.verify_instrument(SIGNED[:end], "keys", NORTH.public())
