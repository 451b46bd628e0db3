from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.crypto import keys, suites
from tests.properties.plain_cbor import write
from tests.unit.crypto import plain_cose
from tests.unit.crypto.seeded import Seeded

ENTROPY = Seeded("keys")
ROOT, LOG = keys.RootKeys.generate(ENTROPY), keys.LogKeys.generate(ENTROPY)
COSIGNER, SEALING = keys.CosignerKeys.generate(ENTROPY), keys.SealingKey.generate(ENTROPY)
PUBLIC = (ROOT.public().ed25519, ROOT.public().ml_dsa, LOG.public().ml_dsa, SEALING.public())


def test_an_ed25519_key_is_written_as_the_texts_say():
    # spec: RFC 8032 7.1, test 1
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    encoded = keys.cose_key(Ed25519PrivateKey.from_private_bytes(seed).public_key())
    assert encoded.hex() == "a301012006215820" + public.hex()
    assert keys.key_id(encoded) == sha256(encoded)


def test_all_four_kinds_are_written_as_the_plain_writer_writes_them():
    ed25519, ml_dsa_65, ml_dsa_44, sealing = PUBLIC
    assert keys.cose_key(ed25519) == plain_cose.okp_key(ed25519.public_bytes_raw())
    assert keys.cose_key(ml_dsa_65) == plain_cose.akp_key(-49, ml_dsa_65.public_bytes_raw())
    assert keys.cose_key(ml_dsa_44) == plain_cose.akp_key(-48, ml_dsa_44.public_bytes_raw())
    assert keys.cose_key(sealing) == plain_cose.akp_key(-65709, sealing.raw)
    assert sealing.raw == plain_cose.x_wing_public(SEALING.to_private_bytes())


@pytest.mark.parametrize("public", PUBLIC, ids=lambda p: type(p).__name__)
def test_a_key_is_read_back(public):
    assert keys.read_cose_key(keys.cose_key(public)) == public


RAW = PUBLIC[0].public_bytes_raw()
AKP = PUBLIC[2].public_bytes_raw()


@pytest.mark.parametrize(
    "members",
    [
        [],
        {},
        {1: 1, -1: 6},
        {1: 1, -1: 6, -2: RAW[:-1]},
        {1: 1, -1: 6, -2: b""},
        {1: 1, -1: 4, -2: RAW},
        {1: 2, -1: 6, -2: RAW},
        {1: 1, -1: 6, -2: RAW, 2: b"kid"},
        {1: 1, -1: 6, -2: RAW, -4: bytes(32)},
        {1: 1, -1: 6, -2: "x"},
        {1: 7, -1: AKP},
        {1: 7, 3: -49, -1: AKP},
        {1: 7, 3: -48, -1: AKP[1:]},
        {1: 7, 3: -50, -1: bytes(2592)},
        {1: 7, 3: 57, -1: SEALING.public_raw},
        {1: 7, 3: -65709, -1: SEALING.public_raw[1:]},
        {1: 7, 3: -65709, -1: b"\xff" * 1216},
        {1: 7, 3: -48, -1: AKP, -2: bytes(32)},
    ],
)
def test_a_key_of_another_form_is_refused(members):
    with pytest.raises(BadEnvelope):
        keys.read_cose_key(write(members))


@pytest.mark.parametrize("pair", [ROOT, LOG, COSIGNER], ids=lambda p: type(p).__name__)
def test_a_pair_is_kept_as_two_seeds(pair):
    kept = pair.to_private_bytes()
    again = type(pair).from_private_bytes(kept)
    assert len(kept) == 64
    assert again.public() == pair.public()
    assert type(pair.public()).from_cose_keys(*pair.public().cose_keys) == pair.public()
    with pytest.raises(BadForm):
        type(pair).from_private_bytes(kept[1:])


def test_a_sealing_key_is_kept_as_its_seed():
    again = keys.SealingKey.from_private_bytes(SEALING.to_private_bytes())
    assert again == SEALING
    assert again.public() == SEALING.public()
    with pytest.raises(BadForm):
        keys.SealingKey.from_private_bytes(bytes(31))


def test_a_private_key_does_not_show_itself():
    shown = repr((SEALING, ROOT))
    assert SEALING.seed.hex() not in shown
    assert repr(SEALING.seed)[2:-1] not in shown


def test_the_halves_of_a_pair_do_not_swap():
    ed25519, ml_dsa_65 = ROOT.public().cose_keys
    _, ml_dsa_44 = LOG.public().cose_keys
    for pair in ((ml_dsa_65, ed25519), (ed25519, ml_dsa_44), (ed25519, ed25519)):
        with pytest.raises(BadEnvelope):
            keys.RootPublic.from_cose_keys(*pair)
    for pair in ((ml_dsa_44, ed25519), (ed25519, ml_dsa_65), (ml_dsa_44, ml_dsa_44)):
        with pytest.raises(BadEnvelope):
            keys.LogPublic.from_cose_keys(*pair)


def test_a_log_key_is_no_mirror_key():
    assert LOG.public() != keys.CosignerPublic.from_cose_keys(*LOG.public().cose_keys)


def test_the_table_has_the_registered_numbers():
    assert (suites.ED25519, suites.ML_DSA_44, suites.ML_DSA_65, suites.A256GCM) == (-19, -48, -49, 3)
    assert suites.HPKE_9_KE < -65536  # the private-use range of the registry
