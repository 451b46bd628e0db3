"""What shows a stranger that heads of a log were lost with a store and disowned in the open, so that they accuse nobody.

The rule it keeps: nothing in it is a party's word for itself alone. The other party said when, by its own log, what it had
accepted by then; the owner said the same in its own log, and the other party co-signed that.
"""  # spec: protocol.md 9, 11

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from comity.base import cbor, fields
from comity.base.errors import BadForm, BadProof, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, Origin
from comity.crypto.keys import LogPublic
from comity.crypto.sign import unverified_payload
from comity.dispatch import records
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Entry, InstrumentKind, InstrumentLeaf, LinkEvent, LinkLeaf, encode_entry
from comity.dispatch.ports import Tx
from comity.dispatch.recover_codec import (
    read_recover,
    read_recovered,
    read_restored,
    unverified_incarnation,
)
from comity.node.proofs import entry_proof
from comity.node.publickeys import PublicKeys, party
from comity.tlog.checkpoint import NoteVerifier, SignedHead, parse_body
from comity.tlog.note import parse_note
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_inclusion

VERSION = "comity/disowned/1"
_ITEMS = 6
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Lost:
    """What of one log accuses nobody.

    Attributes:
        origin: the log.
        incarnation: seconds; a head with an earlier log time is of before the store was put back.
        accepted: size of the newest head that the other party had accepted by then; 0 if none.
        named: (size, root) of the heads that it held and that no entries ever proved.
    """

    origin: Origin
    incarnation: int
    accepted: int
    named: frozenset[tuple[int, Digest]]

    def has(self, head: SignedHead) -> bool:
        """Say whether a head is one that was lost: earlier, and never accepted."""
        point = head.checkpoint
        earlier = point.origin == self.origin and head.time < self.incarnation
        return earlier and (point.size > self.accepted or (point.size, point.root) in self.named)


def disownings(tx: Tx) -> tuple[bytes, ...]:
    """Return what this node can show for each time its store was put back, as files for `check_evidence`.

    Only what both logs have under co-signed heads of now can be shown; a node that learnt without an answer to its `recover`
    that it was put back has nothing to show.
    """
    restored = tx.rows("SELECT signed, from_ours FROM instrument WHERE kind = 'restored' AND from_ours >= 0")
    asked = tx.rows(f"SELECT record FROM record WHERE kind = ? AND {records.RARE} ORDER BY idx", (records.RECOVERED,))  # noqa: S608  a constant
    found: list[bytes] = []
    for (record,) in asked:
        recover, recovered = fields.many(cbor.decode(bytes_of(record)), fields.octets, "answer", most=2)
        incarnation = unverified_incarnation(recover)
        for signed, index in restored:
            if unverified_incarnation(bytes_of(signed)) == incarnation:
                found += _made(tx, recover, recovered, bytes_of(signed), int_of(index))
    return tuple(found)


def _made(tx: Tx, recover: bytes, recovered: bytes, restored: bytes, index: int) -> list[bytes]:
    leaf = encode_entry(_answer_leaf(recovered))
    places = tx.rows("SELECT idx FROM entry WHERE role = ? AND entry = ? AND idx >= 0", (LogRole.THEIRS, leaf))
    theirs = entry_proof(tx, LogRole.THEIRS, int_of(places[0][0])) if places else None
    ours = entry_proof(tx, LogRole.OURS, index)
    if theirs is None or ours is None:
        return []
    proofs = theirs.text().encode(), ours.text().encode()
    return [cbor.encode((VERSION, recover, recovered, proofs[0], restored, proofs[1]))]


# --- checking --------------------------------------------------------------------------------------------------------


def check_disowning(data: bytes, keys: PublicKeys) -> Lost:
    """Check with the keys of both parties what a put-back node shows, and return which heads accuse nobody.

    Raises:
        BadEnvelope: it is none.
        BadSignature, BadProof: it is not what it must be, and excuses nothing.
    """
    version, *rest = fields.row(cbor.decode(data), _ITEMS, "disowning")
    fields.version(version, VERSION, "disowning version")
    recover, recovered, answered, restored, opened = (fields.octets(one, "disowning") for one in rest)
    try:
        return _checked(keys, (recover, recovered, restored), (answered, opened))
    except (UnicodeDecodeError, BadForm) as error:
        raise BadProof("a proof or head in it is none; it excuses nothing") from error


def _checked(keys: PublicKeys, signed: tuple[bytes, bytes, bytes], proofs: tuple[bytes, bytes]) -> Lost:
    recover, recovered, restored = signed
    asked, owner = _read(read_recover, recover, keys)
    answer, other = _read(read_recovered, recovered, keys)
    said, again = _read(read_restored, restored, keys)
    accepted = 0 if answer.head is None else parse_body(parse_note(answer.head).text).size
    for good, what in (
        (asked.origin == owner == again, "the question, or what was restored, is not signed for its own log"),
        (party(other) != party(owner), "the node answered itself"),
        (answer.request == sha256(recover), "the answer is to another question"),
        (said.incarnation == asked.incarnation, "the leaf is of another restore"),
        (set(answer.pending) <= set(said.disowned), "a head that the other side held is not disowned"),
        (said.size == accepted, "the two say otherwise how much was accepted"),
    ):
        if not good:
            raise BadProof(f"{what}; it excuses nothing")
    _stands(keys, other, _answer_leaf(recovered), proofs[0])
    _stands(keys, owner, InstrumentLeaf(InstrumentKind.RESTORED, sha256(restored)), proofs[1])
    heads = [parse_body(parse_note(note).text) for note in answer.pending]
    named = frozenset((head.size, head.root) for head in heads if head.origin == owner)
    return Lost(Origin(owner), asked.incarnation, accepted, named)


def _answer_leaf(recovered: bytes) -> LinkLeaf:
    return LinkLeaf(LinkEvent.RECOVERED, sha256(recovered))


def _read(read: Callable[[bytes, LogPublic], Said], data: bytes, keys: PublicKeys) -> tuple[Said, str]:
    """Read what some log's keys must have signed; return it and the log's name."""
    unverified_payload(data)
    for key in dict.fromkeys(keys.logs):
        try:
            return read(data, _public(key)), key.name
        except BadSignature:
            continue
    raise BadSignature("nobody whose keys were given signed it; it excuses nothing")


def _public(key: NoteVerifier) -> LogPublic:
    return LogPublic.from_raw(key.ed25519.raw, key.mldsa44.raw)


def _stands(keys: PublicKeys, origin: str, leaf: Entry, proof: bytes) -> None:
    """Check that a leaf stands in a log, under a head that both parties signed."""
    shown = parse_proof(proof.decode())
    head = keys.head(shown.note).head.checkpoint
    if head.origin != origin:
        raise BadProof("a proof from another log; it excuses nothing")
    verify_inclusion(leaf_hash(encode_entry(leaf)), shown.index, head.size, shown.path, head.root)
