"""A certificate of destruction as bytes: what it says, and what is none."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, UnknownVersion
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, Origin
from comity.dispatch.certificates import (
    CONTENT,
    Certificate,
    Crossing,
    decode_crossing,
    encode_certificate,
    encode_crossing,
)

SAID = Certificate(
    "shred", DispatchId(bytes(16)), Origin("a.example/log/1"), LeafIndex(1), Digest(bytes(32)), CONTENT, Ms(1)
)
GOOD = encode_crossing(Crossing(LeafIndex(7), bytes(32), encode_certificate(SAID)))


def test_a_certificate_says_what_it_said() -> None:
    found = decode_crossing(GOOD)
    assert (found.leaf, found.salt, found.said) == (7, bytes(32), SAID)
    assert found.said.whole


def test_a_member_that_this_release_does_not_know_is_not_filed_unread() -> None:
    value = cbor.decode(GOOD)
    assert isinstance(value, dict)
    with pytest.raises(BadEnvelope, match="does not know"):
        decode_crossing(cbor.encode({**value, 9: b""}))
    with pytest.raises(UnknownVersion):
        decode_crossing(cbor.encode({**value, 1: "comity/certificate/9"}))
