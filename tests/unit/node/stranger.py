"""A stranger who has the two key lists, a piece of evidence and nothing else, and says whether it proves its class.

Written from protocol.md 11 alone; it reads no store and asks no node.
"""

from __future__ import annotations

from comity.base.errors import BadEnvelope, BadProof, BadSignature
from comity.dispatch.entries import DispatchLeaf, HeadLeaf, ReceiptLeaf, decode_entry
from comity.dispatch.exchange_codec import Evidence, EvidenceClass, decode_evidence
from comity.dispatch.keylist import KeyList
from comity.node.assemble import cosigner_verifier, log_verifier
from comity.tlog.checkpoint import Checkpoint, parse_body, verify_cosignature, verify_cosigned_head, verify_head
from comity.tlog.note import parse_note
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_consistency, verify_inclusion


class Stranger:
    def __init__(self, accuser: KeyList, accused: KeyList) -> None:
        self.keys = {f"{keys.node}/log/{keys.log.number}": keys for keys in (accuser, accused)}
        self.other = {log: keys for log in self.keys for name, keys in self.keys.items() if name != log}
        self.accused = f"{accused.node}/log/{accused.log.number}"

    def convinced(self, data: bytes) -> bool:
        """Say whether these bytes prove that the accused broke the rule that they name."""
        try:
            evidence = decode_evidence(data)
            return getattr(self, evidence.kind.value.replace("-", "_"))(evidence)
        except (BadEnvelope, BadProof, BadSignature, UnicodeDecodeError, TypeError, ValueError):
            return False

    def head(self, note: bytes) -> Checkpoint:
        """Verify a head, alone or with the other party's cosignature."""
        text = note.decode()
        log = parse_body(parse_note(text).text).origin
        verifier, cosigner = log_verifier(self.keys[log]), cosigner_verifier(self.other[log])
        if len(parse_note(text).lines) == 2:
            return verify_head(text, log, [verifier]).checkpoint
        return verify_cosigned_head(text, log, [verifier], cosigner).head.checkpoint

    def leaf(self, entry: bytes, proof: bytes):
        """Verify that an entry stands in a log under a signed head; return it, its log and its index."""
        taken = parse_proof(proof.decode())
        at = self.head(taken.note.encode())
        verify_inclusion(leaf_hash(entry), taken.index, at.size, taken.path, at.root)
        return decode_entry(entry), at.origin, taken.index

    def contradicts(self, claimed: Checkpoint, head: Checkpoint, rest: tuple[bytes, ...]) -> bool:
        """Say whether the log of `head` has another root at the claimed size."""
        if claimed.origin != head.origin or claimed.size > head.size:
            return False
        if claimed.size == head.size:
            return not rest and claimed.root != head.root
        true, *proof = rest
        verify_consistency(claimed.size, true, head.size, head.root, proof)
        return true != claimed.root

    def equivocation(self, evidence: Evidence) -> bool:
        first, second, *rest = evidence.artifacts
        small, large = self.head(first), self.head(second)
        return small.origin == self.accused and self.contradicts(small, large, tuple(rest))

    def false_cosign(self, evidence: Evidence) -> bool:
        """A cosignature of the accused, or an l-head in its log, on a root that the other log does not have."""
        if evidence.artifacts[0].startswith(self.accused.encode()):
            _, entry, proof, ours, *rest = evidence.artifacts
            leaf, log, _ = self.leaf(entry, proof)
            assert isinstance(leaf, HeadLeaf)
            claimed = Checkpoint(leaf.origin, leaf.size, leaf.root)
            return log == self.accused and self.contradicts(claimed, self.head(ours), tuple(rest))
        cosignature, ours, *rest = evidence.artifacts
        head = self.head(ours)
        by = cosigner_verifier(self.other[head.origin])
        claimed = verify_cosignature(cosignature.decode(), head.origin, by).checkpoint
        return head.origin != self.accused and self.contradicts(claimed, head, tuple(rest))

    def false_receipt(self, evidence: Evidence) -> bool:
        """A receipt in the log of the accused beside our leaf at the place that it names, which is another."""
        _, entry, proof, ours, place = evidence.artifacts
        receipt, log, _ = self.leaf(entry, proof)
        leaf, own, index = self.leaf(ours, place)
        assert isinstance(receipt, ReceiptLeaf)
        same = isinstance(leaf, DispatchLeaf) and (leaf.id, leaf.sealed) == (receipt.id, receipt.sealed)
        return log == self.accused != own and index == receipt.index and not same

    def id_reuse(self, evidence: Evidence) -> bool:
        """Two leaves of one dispatch id in the log of the accused."""
        _, *shown = evidence.artifacts
        (first, log, one), (second, other, two) = (self.leaf(*shown[n : n + 2]) for n in (0, 2))
        assert isinstance(first, DispatchLeaf)
        assert isinstance(second, DispatchLeaf)
        return first.id == second.id and one != two and log == other == self.accused


CLASSES = frozenset(EvidenceClass) - {EvidenceClass.UNANSWERED_CHALLENGE}
