"""A peer that lies with its own good keys is noticed, and what is kept proves it to a stranger; an honest one never is."""

from __future__ import annotations

from functools import cache

import pytest

from comity.base.errors import ComityError
from comity.dispatch.exchange_codec import EvidenceClass, decode_evidence, encode_evidence
from comity.dispatch.keylist import verify_keylist
from comity.node.evidencecheck import check_evidence
from comity.node.link import LinkState
from comity.node.publickeys import PublicKeys
from comity.sim.exercise import parties
from comity.sim.liar import Caught, Lie, catch
from tests.simulation.disks import make_disk
from tests.simulation.stranger import Stranger, Unproven

PROVES = {
    Lie.TWO_HEADS: EvidenceClass.EQUIVOCATION,
    Lie.TWO_HISTORIES: EvidenceClass.EQUIVOCATION,
    Lie.FALSE_COSIGNATURE: EvidenceClass.FALSE_COSIGN,
    Lie.FALSE_RECEIPT: EvidenceClass.FALSE_RECEIPT,
    Lie.OTHER_BYTES: EvidenceClass.FALSE_RECEIPT,
    Lie.ID_TWICE: EvidenceClass.ID_REUSE,
    Lie.FALSE_TIE: EvidenceClass.FALSE_COSIGN,
    Lie.UNPROVEN: EvidenceClass.UNANSWERED_CHALLENGE,
}


@cache
def caught(seed: int, lie: Lie | None) -> Caught:
    """Return what became of one world with a liar in it; the same world is not run twice."""
    return catch(seed, lie, make_disk)


def public_keys():
    return PublicKeys.listed(*(verify_keylist(half.keys, half.root.public()) for half in parties().halves))


def stranger():
    honest, liar = parties().halves
    return Stranger(liar, honest)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("lie", Lie)
def test_a_liar_is_stopped_with_evidence_that_convinces_a_stranger(lie, seed):
    found = caught(seed, lie)
    assert found.state is LinkState.BROKEN
    assert [stranger().judge(evidence) for evidence in found.evidence] == [PROVES[lie]]
    shown = check_evidence(found.evidence[0], public_keys())
    assert (shown.kind, shown.accused) == (PROVES[lie], parties().halves[1].name)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_honest_peer_is_accused_by_nobody(seed):
    found = caught(seed, None)
    assert found.state is LinkState.UP
    assert found.evidence == ()


@pytest.mark.parametrize("lie", Lie)
def test_evidence_that_was_tampered_with_convinces_nobody(lie):
    evidence = decode_evidence(caught(1, lie).evidence[0])
    for place in range(len(evidence.artifacts)):
        artifacts = list(evidence.artifacts)
        artifacts[place] = artifacts[place][:-9] + bytes([artifacts[place][-9] ^ 1]) + artifacts[place][-8:]
        forged = encode_evidence(type(evidence)(evidence.kind, evidence.found, tuple(artifacts), evidence.note))
        with pytest.raises((ComityError, Unproven)):
            stranger().judge(forged)
        with pytest.raises(ComityError):
            check_evidence(forged, public_keys())


def test_the_stranger_is_not_convinced_by_the_wrong_party():
    honest, liar = parties().halves
    evidence = caught(1, Lie.TWO_HEADS).evidence[0]
    with pytest.raises((ComityError, Unproven)):
        Stranger(honest, liar).judge(evidence)
