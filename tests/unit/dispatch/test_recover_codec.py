"""`recover`, `recovered` and `restored`: one form each, under both log keys of its author, and nothing else is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadSignature, UnknownVersion
from comity.base.ids import Digest, Origin
from comity.crypto.keys import LogKeys
from comity.crypto.sign import sign_instrument, unverified_payload
from comity.dispatch.recover_codec import (
    Recover,
    Recovered,
    Restored,
    read_recover,
    read_recovered,
    read_restored,
    sign_recover,
    sign_recovered,
    sign_restored,
)
from comity.sim.chance import SeededEntropy

KEYS, OTHER = LogKeys.generate(SeededEntropy("a")), LogKeys.generate(SeededEntropy("b"))
ORIGIN = Origin("ca.example/comity/log/1")
ASKED = Recover(ORIGIN, 7, 12, 9, bytes(range(32)))
ANSWER = Recovered("head\n", ("pending\n",), 1_800_000_000, None, Digest(bytes(32)))
SAID = Restored(1_800_000_001, 12, Digest(bytes(32)), ("pending\n",))
FORMS = [
    (ASKED, sign_recover, read_recover, "recover"),
    (replace(ASKED, looks=True), sign_recover, read_recover, "recover"),
    (ANSWER, sign_recovered, read_recovered, "recovered"),
    (replace(ANSWER, incarnation=7, newest="mine\n", held=9), sign_recovered, read_recovered, "recovered"),
    (SAID, sign_restored, read_restored, "restored"),
]


@pytest.mark.parametrize(("value", "sign", "read", "kind"), FORMS)
def test_what_is_written_is_read_again(value, sign, read, kind):
    assert read(sign(value, KEYS), KEYS.public()) == value
    later = replace(value, unknown=((40, cbor.encode("later")),))
    assert read(sign(later, KEYS), KEYS.public()) == later


@pytest.mark.parametrize(("value", "sign", "read", "kind"), FORMS)
def test_only_both_good_signatures_of_the_author_under_its_own_kind_count(value, sign, read, kind):
    signed = sign(value, KEYS)
    with pytest.raises(BadSignature):
        read(signed, OTHER.public())
    with pytest.raises(BadSignature):
        read(signed[:-1] + bytes([signed[-1] ^ 1]), KEYS.public())
    other = {"recover": "recovered", "recovered": "recover", "restored": "recover"}[kind]
    with pytest.raises(BadSignature):
        read(sign_instrument(unverified_payload(signed), other, KEYS), KEYS.public())


def payloads():
    """Return each form with the keys that the protocol gives it, in numbers."""
    recover = {1: "comity/1", 2: ORIGIN, 3: 7, 4: 12, 5: 9, 6: bytes(32)}
    recovered = {1: "comity/1", 2: "head\n", 3: ["pending\n"], 4: 1, 5: None, 6: bytes(32)}
    restored = {1: "comity/restored/1", 2: 1, 3: 12, 4: bytes(32), 5: ["pending\n"]}
    return {"recover": (recover, read_recover), "recovered": (recovered, read_recovered), "restored": (restored, read_restored)}  # fmt: skip


# spec: protocol.md 3
@pytest.mark.parametrize("kind", ["recover", "recovered", "restored"])
def test_the_bytes_are_those_of_the_protocol(kind):
    payload, read = payloads()[kind]
    assert read(sign_instrument(cbor.encode(payload), kind, KEYS), KEYS.public())
    for key in payload:
        broken = sign_instrument(cbor.encode({**payload, key: [1, 2]}), kind, KEYS)
        with pytest.raises((BadEnvelope, UnknownVersion)):
            read(broken, KEYS.public())
        without = {number: value for number, value in payload.items() if number != key}
        signed = sign_instrument(cbor.encode(without), kind, KEYS)
        with pytest.raises(BadEnvelope):
            read(signed, KEYS.public())


def test_an_answer_says_the_incarnation_of_its_store_or_nothing():
    # docs/adr/0097-old-store.md
    for incarnation in (None, 0, 1_800_000_000):
        said = replace(ANSWER, incarnation=incarnation)
        assert read_recovered(sign_recovered(said, KEYS), KEYS.public()) == said
    recovered, _ = payloads()["recovered"]
    for bad in (None, "1", True):
        with pytest.raises(BadEnvelope):
            read_recovered(sign_instrument(cbor.encode({**recovered, 8: bad}), "recovered", KEYS), KEYS.public())


def test_a_short_nonce_and_another_version_are_refused():
    recover, _ = payloads()["recover"]
    with pytest.raises(BadEnvelope):
        read_recover(sign_instrument(cbor.encode({**recover, 6: bytes(31)}), "recover", KEYS), KEYS.public())
    with pytest.raises(UnknownVersion):
        read_recover(sign_instrument(cbor.encode({**recover, 1: "comity/2"}), "recover", KEYS), KEYS.public())
    with pytest.raises(BadEnvelope):
        read_recover(b"\xd8\x62\x80", KEYS.public())
