"""What a stranger does with evidence: two key lists, the log functions, and no store of either side."""

from __future__ import annotations

from comity.base.hashing import sha256
from comity.dispatch.entries import DispatchLeaf, HeadLeaf, LinkEvent, LinkLeaf, ReceiptLeaf, decode_entry
from comity.dispatch.exchange_codec import EvidenceClass, decode_evidence
from comity.dispatch.keylist import verify_keylist
from comity.node.assemble import cosigner_verifier, log_origin, log_verifier
from comity.tlog.checkpoint import parse_body, verify_cosignature, verify_head
from comity.tlog.note import Note, parse_note, verify_note
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_consistency, verify_inclusion


class Unproven(Exception):
    """The artifacts do not show what the evidence says."""


def ensure(good, what):
    if not good:
        raise Unproven(what)


class Stranger:
    """Judges evidence against `accused`, given both parties' signed key lists and roots."""

    def __init__(self, accused, accuser):
        theirs = verify_keylist(accused.keys, accused.root.public())
        ours = verify_keylist(accuser.keys, accuser.root.public())
        self.accused_log, self.accused_cosigner = log_verifier(theirs), cosigner_verifier(theirs)
        self.accuser_log = log_verifier(ours)
        self.cosigners = (self.accused_cosigner, cosigner_verifier(ours))
        self.accused_origin = log_origin(theirs.node, theirs.log.number)
        self.accuser_origin = log_origin(ours.node, ours.log.number)

    def judge(self, data):
        """Return the class that the artifacts prove; raise `Unproven` or the checker's own error otherwise."""
        evidence = decode_evidence(data)
        judged = {
            EvidenceClass.EQUIVOCATION: self.two_heads,
            EvidenceClass.FALSE_COSIGN: self.false_cosign,
            EvidenceClass.FALSE_RECEIPT: self.false_receipt,
            EvidenceClass.ID_REUSE: self.id_reuse,
            EvidenceClass.UNANSWERED_CHALLENGE: self.unanswered,
        }
        judged[evidence.kind](*evidence.artifacts)
        return evidence.kind

    def head(self, artifact, origin, key):
        """Return the checkpoint that `key` signed; a party's cosignature may stand under it, and then it is good."""
        note = parse_note(artifact.decode())
        known = [one for pair in (key, *self.cosigners) for one in (pair.ed25519, pair.mldsa44)]
        signed = verify_note(note, known)
        ensure({key.ed25519, key.mldsa44} <= {one.key for one in signed}, "one signature of two")
        ensure(len(signed) == len(note.lines), "a line of somebody else")
        checkpoint = parse_body(note.text)
        ensure(checkpoint.origin == origin, "a head of another log")
        return checkpoint

    def contradict(self, checkpoint, large, prefix):
        """Two checkpoints of one log that cannot both be true."""
        if checkpoint.size == large.size:
            ensure(checkpoint.root != large.root, "two equal heads")
            return
        small_root, *proof = prefix
        verify_consistency(checkpoint.size, small_root, large.size, large.root, proof)
        ensure(small_root != checkpoint.root, "the smaller is a prefix of the larger")

    def two_heads(self, first, second, *prefix):
        one, other = (self.head(a, self.accused_origin, self.accused_log) for a in (first, second))
        self.contradict(one, other, prefix)

    def false_cosign(self, first, *rest):
        if b"/mirror/" not in first:
            self.false_tie(first, *rest)
            return
        cosigned = verify_cosignature(first.decode(), self.accuser_origin, self.accused_cosigner)
        ours = self.head(rest[0], self.accuser_origin, self.accuser_log)
        self.contradict(cosigned.checkpoint, ours, rest[1:])

    def false_tie(self, head, entry, proof, ours, *prefix):
        leaf = self.leaf(head, entry, proof)
        ensure(isinstance(leaf, HeadLeaf), "no l-head")
        true = self.head(ours, self.accuser_origin, self.accuser_log)
        self.contradict(leaf, true, prefix)

    def false_receipt(self, head, entry, proof, *ours):
        leaf = self.leaf(head, entry, proof)
        ensure(isinstance(leaf, ReceiptLeaf), "no receipt")
        own, own_proof = ours
        shown = parse_proof(own_proof.decode())
        true = self.head(shown.note.encode(), self.accuser_origin, self.accuser_log)
        verify_inclusion(leaf_hash(own), shown.index, true.size, shown.path, true.root)
        ensure(shown.index == leaf.index, "another leaf of ours")
        named = decode_entry(own)
        same = isinstance(named, DispatchLeaf) and (named.id, named.sealed) == (leaf.id, leaf.sealed)
        ensure(not same, "the receipt is true")

    def id_reuse(self, head, *shown):
        first, second = (self.leaf(head, *shown[place : place + 2]) for place in (0, 2))
        places = [parse_proof(shown[place].decode()).index for place in (1, 3)]
        ensure(first.id == second.id and places[0] != places[1], "two ids or one place")

    def unanswered(self, challenged, entry, proof, later):
        self.head(challenged, self.accused_origin, self.accused_log)
        asked = decode_entry(entry)
        ensure(isinstance(asked, LinkLeaf) and asked.event is LinkEvent.CHALLENGE, "no question")
        ensure(asked.digest == sha256(challenged), "another head was asked for")
        shown = parse_proof(proof.decode())
        true = self.head(shown.note.encode(), self.accuser_origin, self.accuser_log)
        verify_inclusion(leaf_hash(entry), shown.index, true.size, shown.path, true.root)
        lines = parse_note(shown.note)
        own = Note(lines.text, tuple(one for one in lines.lines if "/mirror/" in one.name))
        cosigned = verify_cosignature(own.join(), self.accuser_origin, self.accused_cosigner)
        alive = self.head(later, self.accused_origin, self.accused_log)
        ensure(alive.size < parse_body(parse_note(challenged.decode()).text).size, "it was proved since")
        signed = verify_head(later.decode(), self.accused_origin, [self.accused_log])
        ensure(signed.time >= cosigned.time + 3_600, "the hour was not over")

    def leaf(self, head, entry, proof):
        signed = verify_head(head.decode(), self.accused_origin, [self.accused_log])
        shown = parse_proof(proof.decode())
        ensure(shown.note == head.decode(), "a proof under another head")
        checkpoint = signed.checkpoint
        verify_inclusion(leaf_hash(entry), shown.index, checkpoint.size, shown.path, checkpoint.root)
        return decode_entry(entry)
