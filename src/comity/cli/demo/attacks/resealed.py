"""6. Re-sealed to a third party: the receiver opens a dispatch and seals it for a state that it was not sent to.

What notices: the header under the commitment names the receiver, so the third state's node does not take it; and what it
holds then proves who broke the originator's control. Words copied by hand no machine stops.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base import cbor
from comity.base.errors import BadSeal, PeerError
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex
from comity.cli.demo.attacks.arena import Arena
from comity.cli.demo.attacks.result import AttackResult
from comity.cli.demo.attacks.third import third_party
from comity.crypto.seal import seal as encrypt
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import DispatchLeaf, Fact, decode_entry, encode_entry
from comity.dispatch.inbound.unseal import unseal
from comity.dispatch.inbound.verify import verify
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.dispatch.states import Arrival, Opened
from comity.edge.opening import OpenNode
from comity.node.publickeys import PublicKeys
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_inclusion

ATTACK = (6, "resealed")


def run(ring: Arena) -> AttackResult:
    """Seal what was received for a third state, hand it over with the originator's own proof, and see what that node does."""
    number = ring.finished.script.attacks[ATTACK[1]][0]
    originator = ring.scene(number).party
    cheat = ring.finished.other(originator)
    parts, index = _received(ring, cheat, ring.id(number))
    with third_party(ring, cheat) as (ours, third):
        leaf, sealed = _reseal(parts, ours, third)
        _commit(ours, leaf, sealed, parts)
        request = ours.node.speak(ring.now)
        taken = third.node.take(request, ring.now)
        ours.node.take(third.node.speak(ring.now), ring.now)
        ring.check("the third node files nothing", [one.fact for one in taken.recorded] == [Fact.QUARANTINED])
        why = _why(ring, third, leaf, sealed)
        _prove(ring, (originator, cheat), index, leaf, parts)
    return ring.result(
        ATTACK,
        by=cheat,
        done=f"{ring.mark(cheat)} opened dispatch {number} of {ring.mark(originator)}, sealed it for a third state's node, and handed over "
        "the originator's own proof with it. (Words copied by hand no machine stops.)",
        noticed=f"the third node: {why}; it holds header, leaf and a head signed by {ring.mark(originator)} and co-signed by "
        f"{ring.mark(cheat)}, and the same commitment in a leaf of {ring.mark(cheat)}'s own: proof of who passed it on",
        after="on opening",
    )


def _received(ring: Arena, cheat: str, dispatch: bytes) -> tuple[wire.Parts, int]:
    index, plain = ring.rows(cheat, "SELECT idx, plain FROM got WHERE id = ?", (dispatch,))[0]
    return parts_of(bytes_of(plain)), int_of(index)


def _reseal(parts: wire.Parts, ours: OpenNode, third: OpenNode) -> tuple[DispatchLeaf, bytes]:
    """Seal the four parts as they are, with their salts, for the third node; return leaf and bytes."""
    header, office = wire.decode_header(parts[0].content), ours.node.office
    key = office.peer_keys.sealing[0]
    plain, _ = wire.encode_plain(parts, recipients=1)
    aad = wire.seal_aad(office.us, third.node.office.us, header.id, office.accord_digest)
    sealed = encrypt(plain, recipients=[(key.kid, key.public)], aad=aad, entropy=office.entropy)
    leaf = DispatchLeaf(
        id=header.id,
        lane=header.lane,
        edition=office.accord.edition,
        commit=wire.commit_of(parts),
        sealed=sha256(sealed),
        size=len(sealed),
        decision=Digest(bytes(32)),
    )
    return leaf, sealed


def _commit(ours: OpenNode, leaf: DispatchLeaf, sealed: bytes, parts: wire.Parts) -> None:
    with ours.node.ledger.begin() as book:
        index = book.append_own([encode_entry(leaf)])
        book.tx.run(
            "INSERT INTO sent (id, idx, lane, desk, case_id, sealed, sealed_sha256, plain, decision_salt, sent_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (leaf.id, index, int(leaf.lane), "requests", leaf.id, sealed, leaf.sealed, parts_bytes(parts), bytes(32)),
        )


def _why(ring: Arena, third: OpenNode, leaf: DispatchLeaf, sealed: bytes) -> str:
    """Open it as the third node does and return what its verify step finds; check that it is not addressed there."""
    office = third.node.office
    arrival = Arrival(LeafIndex(0), leaf, sealed, ring.now)
    opened: Opened = unseal(arrival, office)
    ring.check("the header names another receiver than the third node", opened.header.receiver != office.us)
    for what, header in (
        ("as it is", opened.header),
        ("with the sender's name put right", replace(opened.header, sender=office.peer)),
    ):
        try:
            verify(replace(opened, header=header), office, ring.now)
        except BadSeal as refusal:
            said = str(refusal).split("; ", 1)[0]
            ring.check(f"verify refuses it, {what}", good=True)
        else:
            said = "it was taken"
            ring.check(f"verify refuses it, {what}", good=False)
    return said


def _prove(ring: Arena, sides: tuple[str, str], index: int, leaf: DispatchLeaf, parts: wire.Parts) -> None:
    """Check with public keys alone, as the third state or the originator would, what the third node holds."""
    originator, cheat = sides
    proof = parse_proof(ring.keep_proof(cheat, LogRole.THEIRS, index, "originator"))
    entry = bytes_of(ring.rows(cheat, "SELECT entry FROM entry WHERE role = 'theirs' AND idx = ?", (index,))[0][0])
    committed = decode_entry(entry)
    assert isinstance(committed, DispatchLeaf)
    ring.keep("header-part.cbor", cbor.encode([parts[0].salt, parts[0].content]))
    digests = [wire.part_digest(n, part) for n, part in enumerate(parts)]
    ring.keep("other-part-digests.txt", "".join(f"part {n}: {one.hex()}\n" for n, one in enumerate(digests) if n))
    ring.keep("cheat.leaf.cbor", encode_entry(leaf))
    signed = _covered(ring.keys(), proof.note, entry, proof.index, proof.path)
    ring.check(
        f"the leaf is {ring.mark(originator)}'s, under a head that {ring.mark(cheat)} co-signed", signed, public=True
    )
    shown = [wire.part_digest(0, parts[0]), *digests[1:]]
    ring.check(
        "the header shown is the one committed to", wire.commit_of_digests(shown) == committed.commit, public=True
    )
    header = wire.decode_header(parts[0].content)
    to_cheat = header.receiver == ring.nodes[cheat].office.us and header.sender == ring.nodes[originator].office.us
    ring.check(f"it says: from {ring.mark(originator)}, to {ring.mark(cheat)}", to_cheat, public=True)
    ring.check(
        f"{ring.mark(cheat)}'s leaf for the third state has the same commitment",
        leaf.commit == committed.commit,
        public=True,
    )
    other = wire.encode_header(replace(header, receiver=header.sender))
    forged = wire.commit_of((wire.Part(parts[0].salt, other), parts[1], parts[2], parts[3]))
    ring.check(
        "with another receiver in the header it is no longer what was committed to",
        forged != committed.commit,
        public=True,
    )


def _covered(keys: PublicKeys, note: str, entry: bytes, index: int, path: tuple[Digest, ...]) -> bool:
    try:
        checkpoint = keys.head(note).head.checkpoint
        verify_inclusion(leaf_hash(entry), index, checkpoint.size, path, checkpoint.root)
    except PeerError:
        return False
    return True
