"""Checking evidence as a stranger does: with public keys and nothing of either store.

The rule it keeps: the class is taken from what the artifacts show and never from what the file says of itself; whoever is
accused signed each artifact that speaks against them, and one that proves nothing is refused with the reason.
"""  # spec: protocol.md 11

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comity.base.errors import BadForm, BadProof, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, Origin
from comity.dispatch.entries import DispatchLeaf, Entry, HeadLeaf, LinkEvent, LinkLeaf, ReceiptLeaf, decode_entry
from comity.dispatch.exchange_codec import EvidenceClass, decode_evidence
from comity.node.disowned import Lost, check_disowning
from comity.node.publickeys import PublicKeys, party
from comity.tlog.checkpoint import Checkpoint, Cosigned, SignedHead, parse_body, verify_cosignature, verify_head
from comity.tlog.note import Note, parse_note
from comity.tlog.proof import TlogProof, parse_proof
from comity.tlog.tree import leaf_hash, verify_consistency, verify_inclusion

CHALLENGE_S = 3_600
"""How long a challenged party had at least, where the accord says nothing else."""
_MIRROR = b"/mirror/"
_DISOWNED = "Where that party shows that it lost one of them with a store and disowned it, they prove nothing"


@dataclass(frozen=True, slots=True)
class Shown:
    """What evidence proves: its class, against whose node, and in one sentence what it shows."""

    kind: EvidenceClass
    accused: str
    sentence: str


def check_evidence(
    data: bytes, keys: PublicKeys, *, challenge_s: int = CHALLENGE_S, disowned: Sequence[bytes] = ()
) -> Shown:
    """Check evidence with the keys of both parties, and return what it proves.

    Args:
        data: as a node keeps it.
        keys: of both parties, from a source that the checker trusts; of all their editions.
        challenge_s: the accord's time for an answer to a challenge, seconds.
        disowned: what shows that a store was put back, and heads of its log were lost and disowned; from whoever is accused.

    Raises:
        BadEnvelope: it is no evidence.
        BadSignature, BadProof: an artifact is not what it must be; then it proves nothing.
    """
    evidence = decode_evidence(data)
    check = _Check(keys, challenge_s, tuple(check_disowning(one, keys) for one in disowned))
    judged: dict[EvidenceClass, Callable[..., tuple[str, str]]] = {
        EvidenceClass.EQUIVOCATION: check.two_heads,
        EvidenceClass.FALSE_COSIGN: check.false_cosign,
        EvidenceClass.FALSE_RECEIPT: check.false_receipt,
        EvidenceClass.ID_REUSE: check.id_reuse,
        EvidenceClass.UNANSWERED_CHALLENGE: check.unanswered,
    }
    try:
        accused, sentence = judged[evidence.kind](*evidence.artifacts)
    except (TypeError, UnicodeDecodeError, BadForm) as error:
        raise BadProof(f"the artifacts are not those of {evidence.kind}; it proves nothing") from error
    return Shown(evidence.kind, accused, sentence)


@dataclass(frozen=True, slots=True)
class _Check:
    keys: PublicKeys
    challenge_s: int
    lost: tuple[Lost, ...]

    def two_heads(self, first: bytes, second: bytes, *prefix: bytes) -> tuple[str, str]:
        one, other = self._head(first), self._head(second)
        _need(one.checkpoint.origin == other.checkpoint.origin, "the two heads are of two logs")
        _contradict(one.checkpoint, other.checkpoint, prefix)
        self._not_lost(one, first)
        self._not_lost(other, second)
        sizes = f"{one.checkpoint.size} and {other.checkpoint.size}"
        said = f"two signed heads of sizes {sizes} that cannot both be of one log"
        return party(one.checkpoint.origin), f"{said}. {_DISOWNED}"

    def false_cosign(self, first: bytes, second: bytes, *rest: bytes) -> tuple[str, str]:
        if _MIRROR not in first:
            return self._false_tie(first, second, *rest)
        cosigned, true = self._cosigned(first.decode()), self._head(second)
        _need(cosigned.checkpoint.origin == true.checkpoint.origin, "a co-signature of another log")
        _contradict(cosigned.checkpoint, true.checkpoint, rest)
        said = f"a co-signature on a root that {true.checkpoint.origin} does not have"
        return party(cosigned.cosigner), said + _by_itself(second, true.checkpoint.origin)

    def _false_tie(self, head: bytes, entry: bytes, proof: bytes, ours: bytes, *prefix: bytes) -> tuple[str, str]:
        origin, leaf = self._leaf(head, entry, proof)
        if not isinstance(leaf, HeadLeaf):
            raise BadProof("the entry names no head")
        true = self._head(ours).checkpoint
        # A head of another log contradicts nothing: an honest entry would do, shown with a head of its own log.
        _need(leaf.origin == true.origin, "the entry and the head are of two logs")
        _contradict(Checkpoint(Origin(leaf.origin), leaf.size, leaf.root), true, prefix)
        said = f"an entry that names a head of {true.origin} which it never signed"
        return party(origin), said + _by_itself(ours, true.origin)

    def false_receipt(self, head: bytes, entry: bytes, proof: bytes, own: bytes, own_proof: bytes) -> tuple[str, str]:
        origin, leaf = self._leaf(head, entry, proof)
        shown = parse_proof(own_proof.decode())
        true = self._head(shown.note.encode()).checkpoint
        _need(party(true.origin) != party(origin), "both entries are of one party")
        _included(own, shown, true)
        named = decode_entry(own)
        if not isinstance(leaf, ReceiptLeaf) or leaf.index != shown.index:
            raise BadProof("the entry is no receipt for the leaf that is shown")
        same = isinstance(named, DispatchLeaf) and (named.id, named.sealed) == (leaf.id, leaf.sealed)
        _need(not same, "the receipt is true")
        said = f"a receipt for leaf {leaf.index} of {true.origin}, which is another one"
        said += _by_itself(shown.note.encode(), true.origin, "a head over that dispatch at this leaf")
        resealed = isinstance(named, DispatchLeaf) and named.id == leaf.id
        return party(origin), f"{said}. By lapse: an entry there that seals it anew so answers it" if resealed else said

    def id_reuse(self, head: bytes, one: bytes, proof: bytes, two: bytes, other: bytes) -> tuple[str, str]:
        (origin, first), (_, second) = self._leaf(head, one, proof), self._leaf(head, two, other)
        _need(parse_proof(proof.decode()).index != parse_proof(other.decode()).index, "one leaf, shown twice")
        if not isinstance(first, DispatchLeaf) or not isinstance(second, DispatchLeaf) or first.id != second.id:
            raise BadProof("the two entries are not two dispatches of one id")
        return party(origin), "one dispatch id in two leaves of one log"

    def unanswered(self, challenged: bytes, entry: bytes, proof: bytes, later: bytes) -> tuple[str, str]:
        head, alive = self._head(challenged), self._head(later)
        origin, size = head.checkpoint.origin, head.checkpoint.size
        asked, shown = decode_entry(entry), parse_proof(proof.decode())
        whole = self.keys.head(shown.note)
        _included(entry, shown, whole.head.checkpoint)
        _need(asked == LinkLeaf(LinkEvent.CHALLENGE, sha256(challenged)), "no question about this head")
        _need(party(whole.cosigned.cosigner) == party(origin), "whoever is accused did not co-sign the question")
        _need(alive.checkpoint.origin == origin, "the later head is of another log")
        _need(alive.time >= whole.cosigned.time + self.challenge_s, "the time for an answer was not over")
        late = alive.checkpoint.size >= size and alive.checkpoint.root != head.checkpoint.root
        _need(alive.checkpoint.size < size or late, "the head was proved since")
        self._not_lost(head, challenged)
        said = f"a signed head of size {size} that was asked for, and not proved while its party signed later heads"
        return party(origin), f"{said}. By lapse: a proof that comes after all answers it"

    def _not_lost(self, head: SignedHead, artifact: bytes) -> None:
        """Check that a head is not one that its owner lost and disowned; what the other party co-signed is never that."""
        # spec: protocol.md 9 step 3, 11
        lines = parse_note(artifact.decode()).lines
        if all(line.name == head.checkpoint.origin for line in lines):
            lost = any(one.has(head) for one in self.lost)
            _need(not lost, f"the head of size {head.checkpoint.size} was lost with a store, and disowned in the open")

    # --- what each artifact must be ---------------------------------------------------------------------------------

    def _head(self, artifact: bytes) -> SignedHead:
        """Return the head that its log signed; a co-signature may stand under it, and then it must be good."""
        note = parse_note(artifact.decode())
        origin = parse_body(note.text).origin
        own = tuple(line for line in note.lines if line.name == origin)
        known = {(key.name, key.ed25519.key_id): key for key in self.keys.logs if key.name == origin}
        signers = [known[line.name, line.key_id] for line in own if (line.name, line.key_id) in known]
        if not signers:
            raise BadSignature(f"the head of {origin} is not signed by a key that was given")
        if len(own) < len(note.lines):
            rest = tuple(line for line in note.lines if line.name != origin)
            self._cosigned(Note(note.text, rest).join())
        return verify_head(Note(note.text, own).join(), Origin(origin), signers)

    def _cosigned(self, note: str) -> Cosigned:
        parsed = parse_note(note)
        origin = Origin(parse_body(parsed.text).origin)
        there = {(line.name, line.key_id) for line in parsed.lines}
        for key in dict.fromkeys(self.keys.cosigners):
            if (key.name, key.ed25519.key_id) in there and party(key.name) != party(origin):
                return verify_cosignature(note, origin, key)
        raise BadSignature(f"the co-signature on {origin} is not by a key that was given")

    def _leaf(self, head: bytes, entry: bytes, proof: bytes) -> tuple[str, Entry]:
        signed, shown = self._head(head), parse_proof(proof.decode())
        _need(shown.note == head.decode(), "a proof under another head")
        _included(entry, shown, signed.checkpoint)
        return signed.checkpoint.origin, decode_entry(entry)


def _included(entry: bytes, shown: TlogProof, head: Checkpoint) -> None:
    verify_inclusion(leaf_hash(entry), shown.index, head.size, shown.path, head.root)


def _contradict(one: Checkpoint, other: Checkpoint, prefix: Sequence[bytes]) -> None:
    """Check that two checkpoints of one log cannot both be true; the larger shows its root at the smaller's size."""
    if one.size == other.size:
        _need(one.root != other.root, "the two heads are equal")
        return
    _need(prefix, "there is no proof between the two sizes")
    small, large = sorted((one, other), key=lambda checkpoint: checkpoint.size)
    root, proof = Digest(prefix[0]), [Digest(step) for step in prefix[1:]]
    verify_consistency(small.size, root, large.size, large.root, proof)
    _need(root != small.root, "the smaller head is a prefix of the larger one")


def _by_itself(head: bytes, origin: str, what: str = "such a head") -> str:
    """Say whether the accused co-signed the true head, or only the other party says what its log has; all lines were checked."""
    if _MIRROR in head:
        return "; the same party co-signed the true log as well"
    return f". Where that party shows {what} under the signature of {origin}, it proves nothing"


def _need(good: object, what: str) -> None:
    if not good:
        raise BadProof(f"{what}; it proves nothing")
