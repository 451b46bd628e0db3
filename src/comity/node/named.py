"""A head that the peer names as ours and that we never signed: the proof is kept at once, and the peer is asked whose it is.

The rule it keeps: what another store of ours signed, or a thief, bears our signature, and an honest peer can show that. Only
what the peer signed makes it a liar: that it holds our log, co-signed with the same keys, or an answer that shows no such
signature. What stands unsigned in an exchange is nobody's word; whoever carries it can change it.
"""  # spec: protocol.md 7 check 12, 9, 11

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadSignature
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.entries import HeadLeaf, InstrumentLeaf, decode_entry
from comity.dispatch.exchange_codec import Evidence, Exchange, decode_evidence, encode_evidence
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.node.incarnation import read_incarnation
from comity.node.peer import Peer
from comity.node.stolen import is_foreign
from comity.node.taken import Named
from comity.tlog.checkpoint import Checkpoint, NoteVerifier, parse_body, verify_cosignature
from comity.tlog.note import parse_note

KIND = "named-head"
"""Of the record in our decision log that has the proof while the peer is asked, and of what marks it as open."""
RECORD = "comity/named-head/1"
ASKED = "the other side names a head of our log that we did not sign; it is asked what it holds"
UNASKED = (
    "the other side names a head of our log that we did not sign; give the node an address of the other side, or write media, so"
    " that it can ask what that holds"
)
_SALT_BYTES = 32


def is_made_up(named: Named, exchange: Exchange, book: Book, peer: Peer) -> bool:
    """Say whether the peer signed that it holds our log up to the head that it names, and so not the head.

    It co-signs what it mirrors, and one mirror never has two roots at one size; only after a put-back of its own, which takes
    other keys, may it. What the exchange says of its mirror is not signed, and is not asked.
    """
    ours = book.logs[LogRole.OURS]
    if named.origin != ours.origin or not is_foreign(Checkpoint(ours.origin, named.size, named.root), book):
        return False
    keys = [one for one in _keys(exchange, book, peer) if named.mirror in {"", one.name}]
    notes = [exchange.cosignature] if exchange.cosignature is not None else []
    notes += [
        text_of(row[0])
        for row in book.tx.rows(
            "SELECT cosignature FROM head WHERE role = ? AND size >= ? AND cosignature IS NOT NULL"
            " ORDER BY cosigned_time DESC, size DESC LIMIT 1",
            (LogRole.OURS, named.size),
        )
    ]
    return any(_holds_ours(note, named.size, key, book) for note in notes for key in keys)


def _keys(exchange: Exchange, book: Book, peer: Peer) -> tuple[NoteVerifier, ...]:
    """Return the peer's co-signing keys that count; none where these entries may end that: then the peer is asked first."""
    fresh = exchange.entries[max(0, book.logs[LogRole.THEIRS].size - exchange.base) :]
    try:
        if any(isinstance(decode_entry(one), InstrumentLeaf) for one in fresh):
            return ()
    except BadEnvelope:
        return ()
    return peer.cosigners_after(read_incarnation(book.tx, LogRole.THEIRS).restored)


def _holds_ours(note: str, size: int, key: NoteVerifier, book: Book) -> bool:
    try:
        held = verify_cosignature(note, book.logs[LogRole.OURS].origin, key).checkpoint
    except BadSignature:
        return False
    return held.size >= size and not is_foreign(held, book)


def keep(book: Book, office: Office, proof: Evidence, named: Named, now: Ms) -> None:
    """Keep the proof until the peer has answered what it holds; it outlives a restart."""
    record = cbor.encode((RECORD, encode_evidence(proof), named.size, now))
    index = records.keep(book, KIND, None, office.entropy.draw(_SALT_BYTES), record, now=now)
    book.tx.run(
        "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (KIND, index),
    )


@dataclass(frozen=True, slots=True)
class Open:
    """A proof that waits for the peer's answer.

    Attributes:
        proof: as it becomes evidence if the answer shows nothing.
        named: the head that it names.
        since: when it was found.
    """

    proof: Evidence
    named: Named
    since: Ms


def held(tx: Tx) -> Open | None:
    """Return the proof that is kept while the peer is asked; None if there is none."""
    found = tx.rows("SELECT record FROM record WHERE idx = (SELECT value FROM counter WHERE name = ?)", (KIND,))
    if not found:
        return None
    _, data, _, since = cast("tuple[str, bytes, int, int]", cbor.decode(bytes_of(found[0][0])))
    proof = decode_evidence(data)
    return Open(proof, _named_in(proof), Ms(since))


def _named_in(proof: Evidence) -> Named:
    """Return the head that a `false-cosign` is about: a co-signature has it in its text, an entry in its leaf."""
    note = parse_note(proof.artifacts[0].decode())
    body, signer = parse_body(note.text), note.lines[0].name
    if signer != body.origin:
        return Named(body.origin, body.size, body.root, signer)
    leaf = decode_entry(proof.artifacts[1])
    assert isinstance(leaf, HeadLeaf), "no other entry names a head"
    return Named(leaf.origin, leaf.size, leaf.root)


def forget(tx: Tx) -> None:
    """Ask no more: it was answered. The record stays."""
    tx.run("DELETE FROM counter WHERE name = ?", (KIND,))
