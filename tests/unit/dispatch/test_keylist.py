from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadEnvelope, BadSignature, UnknownVersion
from comity.crypto.keys import key_id
from comity.crypto.sign import sign_instrument
from comity.dispatch import keylist as k
from tests.properties.plain_cbor import write
from tests.unit.crypto import plain_cose
from tests.unit.dispatch.samples import (
    COSIGNER,
    KEYLIST,
    LOG,
    NORTH,
    NORTH_ROOT,
    OLDER,
    SEALING,
    SOUTH_ROOT,
    SPARE,
    d,
    pair,
)

PAYLOAD = k.encode_keylist(KEYLIST)
SIGNED = sign_instrument(PAYLOAD, "keys", NORTH_ROOT)


def written_pair(number: int, keys) -> list:
    public = keys.public()
    return [
        number,
        plain_cose.okp_key(public.ed25519.public_bytes_raw()),
        plain_cose.akp_key(-48, public.ml_dsa.public_bytes_raw()),
    ]


def written_sealing(agency: str, key, *times: int) -> list:
    encoded = plain_cose.akp_key(-65709, key.public_raw)
    return [agency, key_id(encoded), encoded, *times]


WRITTEN = {
    1: "comity/keys/1",
    2: NORTH,
    3: 2,
    4: d(1),
    5: written_pair(1, LOG),
    6: [written_pair(1, COSIGNER), written_pair(2, SPARE)],
    7: [
        written_sealing("coast-guard", OLDER, 1000, 3000),
        written_sealing("coast-guard", SEALING, 2000, 4000),
        written_sealing("customs", SEALING, 0, 10),
    ],
    8: [[d(7), 12]],
    9: b"der",
    10: 1_800_000_000_000,
}


def test_the_key_list_is_written_as_the_protocol_has_it():
    assert write(WRITTEN) == PAYLOAD
    assert k.decode_keylist(PAYLOAD) == KEYLIST
    later = replace(KEYLIST, prev=None, sealing=(), revoked=(), unknown=((11, b"\xf6"),))
    assert k.decode_keylist(k.encode_keylist(later)) == later


@pytest.mark.parametrize("key", WRITTEN)
def test_every_key_is_mandatory(key):
    with pytest.raises(BadEnvelope):
        k.decode_keylist(write({m: v for m, v in WRITTEN.items() if m != key}))


good = WRITTEN[7][0]
log = WRITTEN[5]


@pytest.mark.parametrize(
    "change",
    [
        {2: None},
        {5: log[:2]},
        {5: [1, log[2], log[1]]},
        {5: [1, log[1], plain_cose.akp_key(-49, NORTH_ROOT.public().ml_dsa.public_bytes_raw())]},
        {5: ["1", *log[1:]]},
        {6: []},
        {6: [written_pair(n, SPARE) for n in range(5)]},
        {6: [written_pair(1, SPARE), written_pair(1, COSIGNER)]},
        {7: [good[:4]]},
        {7: [[good[0], d(1), *good[2:]]]},
        {7: [[*good[:3], 3000, 3000]]},
        {7: [[None, *good[1:]]]},
        {7: [["a", key_id(log[1]), log[1], 0, 1]]},
        {7: [["a", key_id(log[1][:-1]), log[1][:-1], 0, 1]]},
        {8: [[d(7)]]},
        {8: [[b"", 1]]},
        {9: None},
        {10: "now"},
    ],
    ids=lambda c: str(c)[:40],
)
def test_another_key_list_is_refused(change):
    with pytest.raises(BadEnvelope):
        k.decode_keylist(write(WRITTEN | change))


def test_another_version_is_refused_as_such():
    with pytest.raises(UnknownVersion):
        k.decode_keylist(write(WRITTEN | {1: "comity/keys/2"}))


def test_the_partys_root_must_have_signed_it():
    assert k.verify_keylist(SIGNED, NORTH_ROOT.public()) == KEYLIST
    with pytest.raises(BadSignature):
        k.verify_keylist(SIGNED, SOUTH_ROOT.public())
    with pytest.raises(BadSignature):
        k.verify_keylist(sign_instrument(PAYLOAD, "accord", NORTH_ROOT), NORTH_ROOT.public())
    with pytest.raises(BadSignature):
        k.verify_keylist(sign_instrument(PAYLOAD, "keys", LOG), NORTH_ROOT.public())


@pytest.mark.parametrize(
    ("at", "key"), [(999, None), (1000, OLDER), (1999, OLDER), (2000, SEALING), (3999, SEALING), (4000, None)]
)
def test_the_newest_sealing_key_in_its_time_is_used(at, key):
    found = KEYLIST.sealing_for("coast-guard", at)
    assert (found and found.public) == (key and key.public())


def test_no_key_for_another_agency_and_none_that_is_revoked():
    assert KEYLIST.sealing_for("army", 2000) is None
    newest = KEYLIST.sealing_for("coast-guard", 2500)
    revoked = replace(KEYLIST, revoked=((newest.kid, 3),))
    assert revoked.sealing_for("coast-guard", 2500).public == OLDER.public()
    assert revoked.revoked_from(newest.kid) == 3
    assert revoked.revoked_from(d(1)) is None


def test_log_and_mirror_keys_are_found():
    assert KEYLIST.log_keys() == LOG.public()
    assert KEYLIST.cosigner_keys(1) == COSIGNER.public()
    assert KEYLIST.cosigner_keys(2) == SPARE.public()
    assert KEYLIST.cosigner_keys(3) is None
    assert pair(1, LOG) == KEYLIST.log
