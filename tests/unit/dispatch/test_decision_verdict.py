"""A verdict in a decision record is read as it was given; one written before intervals were named is read too."""

from __future__ import annotations

from comity.base import cbor
from comity.base.ids import Digest
from comity.dispatch.decision import decode_verdict, encode_verdict
from comity.policy.verdict import NO_LAW, Effect, Obligation, Reason, Verdict

REASON = Reason("T-1", Effect.PERMIT, "Test Act s. 1", "text-read", "It may.", (("en", "It may."),))
GIVEN = Verdict(
    Effect.PERMIT_WITH, (REASON,), (Obligation("redact", "victim", "T-2"),), None, None, None, (),
    Digest(b"e" * 32), Digest(b"i" * 32),
)  # fmt: skip


def test_a_verdict_is_read_as_it_was_given() -> None:
    assert decode_verdict(encode_verdict(GIVEN)) == GIVEN
    members = cbor.decode(encode_verdict(GIVEN))
    assert isinstance(members, list)
    assert members[7:] == [b"e" * 32, b"i" * 32]


def test_the_older_form_has_no_interval() -> None:
    members = cbor.decode(encode_verdict(GIVEN))
    assert isinstance(members, list)
    assert decode_verdict(cbor.encode(members[:-1])).interval == NO_LAW
