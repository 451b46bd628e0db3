from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.base import cbor
from comity.base.errors import BadForm, BadSeal
from comity.crypto import keys, seal, suites
from tests.properties.plain_cbor import write
from tests.unit.crypto import plain_cose
from tests.unit.crypto.seeded import Seeded

VECTORS = Path(__file__).parents[2] / "vectors" / "seal"
ENTROPY = Seeded("seal")
MINE, OTHER = keys.SealingKey.generate(ENTROPY), keys.SealingKey.generate(ENTROPY)
KID, OTHER_KID = (keys.key_id(keys.cose_key(k.public())) for k in (MINE, OTHER))
TO_ME, TO_OTHER = (KID, MINE.public()), (OTHER_KID, OTHER.public())
AAD = write(["comity/seal/1", "a.example/comity", "b.example/comity", bytes(16), bytes(32)])
PLAIN = b"sixteen bytes..."
SEALED = seal.seal(PLAIN, recipients=[TO_ME], aad=AAD, entropy=ENTROPY)


def opened(sealed: bytes, *, kid=KID, private=MINE, aad=AAD) -> bytes:
    return seal.unseal(sealed, kid=kid, private=private, aad=aad)


def refused(sealed: bytes, **given) -> None:
    with pytest.raises(BadSeal) as caught:
        opened(sealed, **given)
    assert str(caught.value) == "a sealed dispatch does not open; its bytes are kept apart"
    assert caught.value.code == "unopened"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_another_implementations_seal_opens_with_our_parts_and_with_plain_ones():
    case = json.loads((VECTORS / "hpke_9_ke.json").read_text())
    key = cbor2.loads(bytes.fromhex(case["cose_key"]))
    protected, unprotected, ciphertext, [[header, fields, wrapped]] = cbor2.loads(
        bytes.fromhex(case["cose_encrypt"])
    ).value
    mine = keys.SealingKey.from_private_bytes(key[-2])
    assert mine.public_raw == key[-1]
    assert keys.key_id(plain_cose.akp_key(57, mine.public_raw)) == key[2]
    content_key = suites.HPKE.decrypt(fields[-4] + wrapped, mine.key, seal._recipient_info(header))
    assert content_key == plain_cose.hpke_open(key[-2], fields[-4], wrapped, plain_cose.recipient_info(header))
    aad = plain_cose.enc_structure(protected, bytes.fromhex(case["external_aad"]))
    plain = AESGCM(content_key).decrypt(unprotected[5], ciphertext, aad)
    assert len(plain) == 273
    assert plain.startswith(b"You can trust us")


def test_our_seal_opens_with_plain_parts():
    tagged = cbor2.loads(SEALED)
    protected, unprotected, ciphertext, [[header, fields, wrapped]] = tagged.value
    assert tagged.tag == 96
    assert protected == write({1: 3, 3: "application/comity-dispatch+cbor"})
    assert header == write({1: -65709, 4: KID})
    assert (list(unprotected), list(fields), len(fields[-4])) == ([5], [-4], 1120)
    content_key = plain_cose.hpke_open(MINE.seed, fields[-4], wrapped, plain_cose.recipient_info(header))
    assert len(content_key) == 32
    assert AESGCM(content_key).decrypt(unprotected[5], ciphertext, plain_cose.enc_structure(protected, AAD)) == PLAIN


def plain_seal(**change) -> bytes:
    """Assemble a seal by hand; every argument is one departure from the profile."""
    body = write(change.get("body", {1: 3, 3: "application/comity-dispatch+cbor"}))
    content_key, iv = bytes(range(change.get("key", 32))), bytes(change.get("iv", 12))
    context = change.get("context", "Encrypt")
    ciphertext = AESGCM(content_key).encrypt(iv, PLAIN, write([context, body, change.get("aad", AAD)]))
    header = write(change.get("header", {1: -65709, 4: KID}))
    info = change.get("info", lambda h: ["HPKE Recipient", 3, h, b""])(header)
    made = suites.HPKE.encrypt(content_key, MINE.public().key, write(info))
    ek, wrapped = made[:1120], made[1120:]
    recipient = change.get("recipient", lambda h, e, w: [h, {-4: e}, w])(header, ek, wrapped)
    parts = change.get("parts", lambda *parts: list(parts))(body, {5: iv}, ciphertext, [recipient])
    return change.get("head", b"\xd8\x60") + write(parts) + change.get("tail", b"")


def test_a_seal_assembled_by_hand_opens():
    assert opened(plain_seal()) == PLAIN
    assert seal.recipients(plain_seal()) == (KID,)


FAULTS = {
    "no tag": {"head": b""},
    "tag of COSE_Encrypt0": {"head": b"\xd0"},
    "tag of COSE_Sign": {"head": b"\xd8\x62"},
    "tag not in its shortest form": {"head": b"\xd9\x00\x60"},
    "trailing byte": {"tail": b"\x00"},
    "context of COSE_Encrypt0": {"context": "Encrypt0"},
    "other additional data": {"aad": AAD + b"\x00"},
    "no additional data": {"aad": b""},
    "body without content type": {"body": {1: 3}},
    "body of another content type": {"body": {1: 3, 3: "application/cose"}},
    "body algorithm A128GCM": {"body": {1: 1, 3: "application/comity-dispatch+cbor"}, "key": 16},
    "content key of 16 bytes": {"key": 16},
    "body with one header more": {"body": {1: 3, 3: "application/comity-dispatch+cbor", 16: "x"}},
    "iv of 11 bytes": {"iv": 11},
    "iv of 16 bytes": {"iv": 16},
    "registered-to-be number 57": {"header": {1: 57, 4: KID}},
    "classical HPKE-4-KE only": {"header": {1: 42, 4: KID}},
    "recipient without key id": {"header": {1: -65709}},
    "recipient with one header more": {"header": {1: -65709, 4: KID, 5: b""}},
    "key id of 31 bytes": {"header": {1: -65709, 4: KID[1:]}},
    "key id of another": {"header": {1: -65709, 4: OTHER_KID}},
    "info of another next layer": {"info": lambda h: ["HPKE Recipient", 1, h, b""]},
    "info with extra": {"info": lambda h: ["HPKE Recipient", 3, h, b"x"]},
    "info of another context": {"info": lambda h: ["Enc_Recipient", 3, h, b""]},
    "info without the header": {"info": lambda _: ["HPKE Recipient", 3, b"", b""]},
    "short encapsulation": {"recipient": lambda h, e, w: [h, {-4: e[1:]}, w]},
    "long encapsulation": {"recipient": lambda h, e, w: [h, {-4: e + b"\x00"}, w]},
    "no encapsulation": {"recipient": lambda h, _, w: [h, {}, w]},
    "encapsulation is text": {"recipient": lambda h, _, w: [h, {-4: "e"}, w]},
    "encapsulation of zeros": {"recipient": lambda h, _, w: [h, {-4: bytes(1120)}, w]},
    "encapsulation with X25519 zeros": {"recipient": lambda h, e, w: [h, {-4: e[:1088] + bytes(32)}, w]},
    "only the X25519 share swapped": {"recipient": lambda h, e, w: [h, {-4: e[:1088] + bytes((9,)) + bytes(31)}, w]},
    "one unprotected header more": {"recipient": lambda h, e, w: [h, {-4: e, 4: KID}, w]},
    "short wrapped key": {"recipient": lambda h, e, w: [h, {-4: e}, w[1:]]},
    "wrapped key is null": {"recipient": lambda h, e, _: [h, {-4: e}, None]},
    "recipient inside a recipient": {"recipient": lambda h, e, w: [h, {-4: e}, w, []]},
    "recipient is no array": {"recipient": lambda h, *_: h},
    "no recipient": {"parts": lambda b, u, c, _: [b, u, c, []]},
    "17 recipients": {"parts": lambda b, u, c, r: [b, u, c, r * 17]},
    "detached content": {"parts": lambda b, u, _, r: [b, u, None, r]},
    "empty content": {"parts": lambda b, u, _, r: [b, u, b"", r]},
    "no iv": {"parts": lambda b, _, c, r: [b, {}, c, r]},
    "partial iv beside the iv": {"parts": lambda b, u, c, r: [b, u | {6: b"x"}, c, r]},
    "five parts": {"parts": lambda *parts: [*parts, 0]},
    "three parts": {"parts": lambda *parts: list(parts[:3])},
    "a map": {"parts": lambda *parts: dict(enumerate(parts))},
    "unprotected headers are null": {"parts": lambda b, _, c, r: [b, None, c, r]},
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_departure_from_the_profile_and_it_does_not_open(name):
    refused(plain_seal(**FAULTS[name]))


def test_every_recipient_opens_and_no_one_else():
    sealed = seal.seal(PLAIN, recipients=[TO_OTHER, TO_ME], aad=AAD, entropy=ENTROPY)
    assert seal.recipients(sealed) == (OTHER_KID, KID)
    assert opened(sealed) == opened(sealed, kid=OTHER_KID, private=OTHER) == PLAIN
    refused(sealed, private=OTHER)
    refused(sealed, kid=bytes(32))
    refused(SEALED, kid=OTHER_KID, private=OTHER)
    refused(SEALED, aad=b"")


@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_a_seal_flipped_anywhere_does_not_open(mask):
    for at in range(len(SEALED)):
        refused(SEALED[:at] + bytes((SEALED[at] ^ mask,)) + SEALED[at + 1 :])


def test_a_seal_cut_anywhere_does_not_open():
    for end in range(len(SEALED)):
        refused(SEALED[:end])
        with pytest.raises(BadSeal):
            seal.recipients(SEALED[:end])


def test_each_seal_is_fresh():
    again = seal.seal(PLAIN, recipients=[TO_ME], aad=AAD, entropy=ENTROPY)
    first, second = cbor2.loads(SEALED).value, cbor2.loads(again).value
    assert first[1] != second[1]
    assert first[2] != second[2]
    assert first[3][0][1] != second[3][0][1]


@pytest.mark.parametrize("to", [[], [TO_ME] * 2, [(bytes((n,)) * 32, MINE.public()) for n in range(17)]])
def test_recipients_are_one_to_sixteen_and_different(to):
    with pytest.raises(BadForm):
        seal.seal(PLAIN, recipients=to, aad=AAD, entropy=ENTROPY)


def filled(size: int, count: int) -> int:
    bucket, pad = seal.pad_to_bucket(size, count)
    plain = bytes(size) + cbor.encode(bytes(pad))
    to = [(bytes((n,)) * 32, MINE.public()) for n in range(count)]
    assert len(seal.seal(plain, recipients=to, aad=AAD, entropy=ENTROPY)) == bucket
    return bucket


def largest(bucket: int, count: int) -> int:
    """The most bytes before the pad that fit: one byte is the empty pad's header."""
    header = write({1: -65709, 4: bytes(32)})
    rows = [[header, {-4: bytes(1120)}, bytes(48)]] * count
    body = write({1: 3, 3: "application/comity-dispatch+cbor"})
    shell = (
        len(write([body, {5: bytes(12)}, bytes(bucket), rows])) + 2 - bucket
    )  # its header is as long as the true one
    return bucket - shell - 16 - 1 + (2 if bucket == 65536 else 0)


def fits(bucket: int, size: int, count: int) -> bool:
    gap = largest(bucket, count) + 1 - size
    return any(gap >= h and len(write(bytes(gap - h))) == gap for h in (1, 2, 3, 5))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("bucket", seal.BUCKETS)
def test_a_seal_fills_its_bucket_exactly(bucket, count):
    # A gap of 25, 258, 65539 or 65540 bytes has no byte string that fills it; the next bucket takes it.
    for gap in (1, 2, 24, 25, 26, 257, 258, 259, 65538, 65539, 65540, 65541):
        size = largest(bucket, count) + 1 - gap
        if size < 0 or (bucket == seal.BUCKETS[-1] and not fits(bucket, size, count)):
            continue
        assert filled(size, count) == next(b for b in seal.BUCKETS if fits(b, size, count))
        assert fits(bucket, size, count) is (gap not in {25, 258, 65539, 65540})


def test_more_recipients_need_a_larger_bucket():
    assert filled(10, 1) == 4096
    assert filled(10, 3) == 4096
    assert filled(10, 4) == 16384
    assert filled(10, 16) == 65536


@pytest.mark.parametrize("gap", [0, -1, 25, 258])
def test_what_no_bucket_holds_is_refused(gap):
    with pytest.raises(BadForm):
        seal.pad_to_bucket(largest(seal.BUCKETS[-1], 1) + 1 - gap, 1)


def test_buckets_are_those_of_the_protocol():
    assert tuple(1024 * k for k in (4, 16, 64, 256, 1024)) == seal.BUCKETS


def test_the_vectors_open_or_not_as_they_say():
    book = json.loads((VECTORS / "sealed.json").read_text())
    private = keys.SealingKey.from_private_bytes(bytes.fromhex(book["seed"]))
    assert keys.key_id(keys.cose_key(private.public())).hex() == book["kid"]
    given = {"kid": bytes.fromhex(book["kid"]), "private": private, "aad": bytes.fromhex(book["external_aad"])}
    assert sum(case["opens"] for case in book["cases"]) == 2
    for case in book["cases"]:
        sealed = bytes.fromhex(case["hex"])
        if case["opens"]:
            assert sha256(seal.unseal(sealed, **given)).hexdigest() == book["plain_sha256"]
        else:
            with pytest.raises(BadSeal):
                seal.unseal(sealed, **given)
