"""The check of evidence that the program offers a stranger: what proves, what does not, and that nobody honest is framed."""

from __future__ import annotations

from functools import cache

import pytest

from comity.base.errors import BadProof, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex
from comity.crypto.seal import BUCKETS
from comity.dispatch.entries import DispatchLeaf, Fact, HeadLeaf, LinkEvent, LinkLeaf, ReceiptLeaf, encode_entry
from comity.dispatch.exchange_codec import Evidence, EvidenceClass, encode_evidence
from comity.dispatch.keylist import verify_keylist
from comity.marking.labels import Lane
from comity.node.evidencecheck import CHALLENGE_S, Shown, check_evidence
from comity.node.publickeys import PublicKeys
from comity.tlog.checkpoint import Checkpoint, NoteKeys, cosign, merge
from comity.tlog.note import Seconds
from comity.tlog.proof import TlogProof, format_proof
from comity.tlog.tree import consistency_proof, inclusion_proof
from tests.unit.node.forge import START, A, B, Forger, S, cosigner_keys, half, log_keys, node
from tests.unit.node.world import Half

KEYS = PublicKeys.listed(*(verify_keylist(half(n).keys, half(n).root.public()) for n in (A, B)))
LEAF = LinkLeaf(LinkEvent.RECOVERED, None)
ZERO = Digest(bytes(32))


class Book(Forger):
    """A log that anyone may be said to have written, with the proofs of its entries."""

    def proof(self, index: int, note: str | None = None) -> bytes:
        path = tuple(inclusion_proof(self.tiles(), index, len(self.entries)))
        return format_proof(TlogProof(index, path, note or self.head())).encode()

    def leaf(self, index: int) -> tuple[bytes, bytes]:
        return self.entries[index], self.proof(index)

    def checkpoint(self, size: int | None = None, root: bytes | None = None) -> Checkpoint:
        size = len(self.entries) if size is None else size
        return Checkpoint(self.log.verifier.name, size, Digest(root or self.root(size)))

    def cosigned(self, by: NoteKeys, *, at: int = S) -> str:
        return merge(self.head(), cosign(self.checkpoint(), by, Seconds(at)).note)

    def prefix(self, size: int) -> tuple[bytes, ...]:
        return self.root(size), *consistency_proof(self.tiles(), size, len(self.entries))


@cache
def against():
    return node()


def logs() -> tuple[Book, Book]:
    """Return a log of A and one of B, whom the evidence is to accuse."""
    return Book(against(), half(A), half(B)), Book(against(), half(B), half(A))


def check(kind: EvidenceClass, *artifacts: bytes | str) -> Shown:
    raw = tuple(one.encode() if isinstance(one, str) else one for one in artifacts)
    return check_evidence(encode_evidence(Evidence(kind, START, raw, "")), KEYS)


def nothing(why: str, kind: EvidenceClass, *artifacts: bytes | str) -> None:
    with pytest.raises((BadProof, BadSignature), match=why):
        check(kind, *artifacts)


def dispatch(number: int = 1, sealed: Digest = ZERO) -> DispatchLeaf:
    return DispatchLeaf(DispatchId(bytes([number]) * 16), Lane.NORMAL, 1, ZERO, sealed, BUCKETS[0], ZERO)


def receipt(place: int, leaf: DispatchLeaf) -> ReceiptLeaf:
    return ReceiptLeaf(LeafIndex(place), leaf.id, leaf.sealed, Fact.FILED, None, None, None)


def tied(of: Book, size: int | None = None, root: bytes | None = None) -> HeadLeaf:
    made = of.checkpoint(size, root)
    return HeadLeaf(made.origin, made.size, made.root, S)


# --- two heads ----------------------------------------------------------------------------------------------------


def test_two_heads_of_one_log_prove_only_where_they_cannot_both_be_true():
    ours, theirs = logs()
    theirs.grow(LEAF, LEAF)
    kind = EvidenceClass.EQUIVOCATION
    lie = theirs.head(4, root=bytes(32))
    assert check(kind, lie, theirs.head(), *theirs.prefix(4)).accused == B
    assert check(kind, theirs.head(), lie, *theirs.prefix(4)).accused == B, "in either order"
    assert check(kind, lie, theirs.cosigned(cosigner_keys(half(A))), *theirs.prefix(4)).accused == B
    nothing("two logs", kind, theirs.head(), ours.head())
    nothing("equal", kind, theirs.head(), theirs.head(at=S + 1))
    nothing("no proof between", kind, lie, theirs.head())
    nothing("prefix of the larger", kind, theirs.head(4), theirs.head(), *theirs.prefix(4))


def test_a_head_counts_only_under_keys_that_were_given():
    _, theirs = logs()
    kind, lie = EvidenceClass.EQUIVOCATION, theirs.head(root=bytes(32))
    other = Half.make(B)
    forged = theirs.head(keys=[log_keys(Half.make("third.example/comity"), theirs.log.verifier.name)])
    nothing("not signed by a key that was given", kind, lie, forged)
    for mirror in (cosigner_keys(Half.make("third.example/comity")), cosigner_keys(half(B)), cosigner_keys(other)):
        nothing("co-signature .* not by a key that was given", kind, lie, theirs.cosigned(mirror))


@pytest.mark.parametrize("kind", EvidenceClass)
@pytest.mark.parametrize("count", range(8))
def test_artifacts_that_are_none_are_refused_and_nothing_else_happens(kind, count):
    """One co-signature with nothing beside it ended in an IndexError."""
    nothing("proves nothing", kind, *[b"\xff"] * count)
    ours, _ = logs()
    mirror = cosign(ours.checkpoint(root=bytes(32)), cosigner_keys(half(B)), Seconds(S)).note
    nothing("proves nothing|does not|not signed|co-signature", kind, *[mirror] * count)


# --- a false co-signature, and a false tie ------------------------------------------------------------------------


def test_a_co_signature_is_false_only_beside_the_head_of_its_own_log():
    ours, theirs = logs()
    kind = EvidenceClass.FALSE_COSIGN
    by = cosigner_keys(half(B))
    false = cosign(ours.checkpoint(root=bytes(32)), by, Seconds(S)).note
    assert check(kind, false, ours.head()).accused == B
    nothing("another log", kind, false, theirs.head())
    nothing("equal", kind, cosign(ours.checkpoint(), by, Seconds(S)).note, ours.head())


def test_an_entry_that_ties_to_a_head_is_false_only_beside_a_head_of_the_same_log():
    """An honest entry, shown with a head of the log that it stands in, was taken as proof against who wrote it."""
    ours, theirs = logs()
    kind = EvidenceClass.FALSE_COSIGN
    true = theirs.grow(tied(ours))
    false = theirs.grow(tied(ours, root=bytes(32)))
    none = theirs.grow(LEAF)
    head = theirs.head()
    assert check(kind, head, *theirs.leaf(false), ours.head()).accused == B
    nothing("two logs", kind, head, *theirs.leaf(true), head)
    nothing("equal", kind, head, *theirs.leaf(true), ours.head())
    nothing("names no head", kind, head, *theirs.leaf(none), ours.head())


# --- receipts and ids ---------------------------------------------------------------------------------------------


def test_a_receipt_is_false_only_beside_another_leaf_at_its_place():
    ours, theirs = logs()
    kind = EvidenceClass.FALSE_RECEIPT
    place = ours.grow(dispatch(1))
    beside = ours.grow(dispatch(2))
    true, false = theirs.grow(receipt(place, dispatch(1))), theirs.grow(receipt(place, dispatch(2)))
    none, own = theirs.grow(LEAF), theirs.grow(dispatch(2))
    head = theirs.head()
    shown = check(kind, head, *theirs.leaf(false), *ours.leaf(place))
    assert (shown.accused, "lapse" in shown.sentence) == (B, False)
    assert (
        f"shows a head over that dispatch at this leaf under the signature of {ours.log.verifier.name}"
        in shown.sentence
    )
    known = ours.proof(place, ours.cosigned(cosigner_keys(half(B))))
    shown = check(kind, head, *theirs.leaf(false), ours.entries[place], known)
    assert shown.sentence.endswith("which is another one; the same party co-signed the true log as well")
    nothing("the receipt is true", kind, head, *theirs.leaf(true), *ours.leaf(place))
    nothing("no receipt for the leaf", kind, head, *theirs.leaf(false), *ours.leaf(beside))
    nothing("no receipt for the leaf", kind, head, *theirs.leaf(none), *ours.leaf(place))
    nothing("of one party", kind, head, *theirs.leaf(false), *theirs.leaf(own))


def test_a_receipt_for_other_bytes_of_a_dispatch_says_that_sealing_it_anew_answers():
    """A party that sealed anew could show its first leaf alone, beside the honest receipt for the second bytes."""
    # spec: protocol.md 7 check 11: l-reseal <= 3; a receipt may name the sealed hash of one
    ours, theirs = logs()
    place = ours.grow(dispatch(1))
    resealed = theirs.grow(receipt(place, dispatch(1, sealed=sha256(b"sealed anew"))))
    shown = check(EvidenceClass.FALSE_RECEIPT, theirs.head(), *theirs.leaf(resealed), *ours.leaf(place))
    assert "By lapse: an entry there that seals it anew so answers it" in shown.sentence


def test_an_id_is_used_twice_only_in_two_leaves_under_one_head():
    _, theirs = logs()
    kind = EvidenceClass.ID_REUSE
    one, two = theirs.grow(dispatch(1)), theirs.grow(dispatch(1, sealed=sha256(b"x")))
    other, none = theirs.grow(dispatch(2)), theirs.grow(LEAF)
    head = theirs.head()
    assert check(kind, head, *theirs.leaf(one), *theirs.leaf(two)).accused == B
    nothing("shown twice", kind, head, *theirs.leaf(one), *theirs.leaf(one))
    for pair in ((one, other), (one, none), (none, one)):
        nothing("not two dispatches of one id", kind, head, *theirs.leaf(pair[0]), *theirs.leaf(pair[1]))
    nothing("under another head", kind, theirs.head(at=S + 1), *theirs.leaf(one), *theirs.leaf(two))


# --- a question without an answer ---------------------------------------------------------------------------------

HOUR_PAST = S + CHALLENGE_S


def asked(by: Book, about: str) -> int:
    return by.grow(LinkLeaf(LinkEvent.CHALLENGE, sha256(about.encode())))


def test_a_question_without_an_answer_accuses_by_lapse():
    ours, theirs = logs()
    kind, by = EvidenceClass.UNANSWERED_CHALLENGE, cosigner_keys(half(B))
    lie = theirs.head(5, root=sha256(b"lie"))
    place = asked(ours, lie)
    question = ours.entries[place], ours.proof(place, ours.cosigned(by))
    shown = check(kind, lie, *question, theirs.head(at=HOUR_PAST))
    assert (shown.accused, "By lapse" in shown.sentence) == (B, True)
    theirs.grow(LEAF, LEAF, LEAF)
    assert check(kind, lie, *question, theirs.head(at=HOUR_PAST)).accused == B, "a later head that does not give it"
    nothing("was not over", kind, lie, *question, theirs.head(3, at=HOUR_PAST - 1))
    nothing("of another log", kind, lie, *question, ours.head(at=HOUR_PAST))
    nothing("proved since", kind, lie, *question, theirs.head(5, at=HOUR_PAST, root=sha256(b"lie")))


def test_a_question_counts_only_where_the_accused_co_signed_it():
    ours, theirs = logs()
    kind, by = EvidenceClass.UNANSWERED_CHALLENGE, cosigner_keys(half(B))
    lie, later = theirs.head(5, root=sha256(b"lie")), theirs.head(at=HOUR_PAST)
    place, about = asked(ours, lie), asked(ours, later)
    other = ours.grow(LinkLeaf(LinkEvent.ACCUSED, sha256(lie.encode())))
    own = asked(theirs, lie)
    whole = ours.cosigned(by)
    for wrong in (about, other, 0):
        nothing("no question", kind, lie, ours.entries[wrong], ours.proof(wrong, whole), later)
    nothing("not signed by a key of the other", kind, lie, ours.entries[place], ours.proof(place), later)
    its_own = theirs.proof(own, theirs.cosigned(cosigner_keys(half(A))))
    nothing(
        "did not co-sign", kind, lie, encode_entry(LinkLeaf(LinkEvent.CHALLENGE, sha256(lie.encode()))), its_own, later
    )
