"""A leaf that our log key signed and this node never made: noticed at our next exchange, and no word is said after it.

The rule it keeps: a node that runs knows what it signed. What bears our own good signatures, or the peer's on a log of ours,
and is not of our log, was made by somebody else with our key; it is never adopted, and only a cut by both roots goes on.
"""  # spec: protocol.md 10

from __future__ import annotations

from comity.base import cbor
from comity.base.errors import BadSignature
from comity.base.ids import Digest, Ms
from comity.dispatch import records
from comity.dispatch.book import Book, LogRole
from comity.dispatch.office import Office
from comity.node.absorb import count
from comity.node.link import LinkEvent
from comity.node.linkrow import moved, read_link, write_link
from comity.node.peer import Voice
from comity.tlog.checkpoint import Checkpoint, parse_body, verify_head
from comity.tlog.note import parse_note
from comity.tlog.tree import root

RECORD = "comity/foreign-head/1"
KIND = "foreign-head"
_SALT_BYTES = 32
_REASON = (
    "the other side holds an entry of our log that this node never made: our log key is in other hands. Nothing is signed any"
    " more; telephone the other side, and let both roots sign a cut"
)


def is_foreign(checkpoint: Checkpoint, book: Book) -> bool:
    """Say whether a checkpoint of our log is of another one: longer than ours, or with another root at its size."""
    edge = book.edges[LogRole.OURS]
    if checkpoint.size > edge.size:
        return True
    return _root_at(book, checkpoint.size) != checkpoint.root


def is_shown(note: str | None, book: Book, voice: Voice) -> bool:
    """Say whether a note bears exactly our own log's good signatures and is of another log."""
    try:
        size = parse_body(parse_note(note or "").text).size
        head = verify_head(note or "", book.logs[LogRole.OURS].origin, voice.verifiers_at(size))
    except BadSignature:
        return False
    return is_foreign(head.checkpoint, book)


def stop(book: Book, office: Office, proof: str, now: Ms) -> None:
    """Keep what shows it in our decision log, once, and stop the traffic; the peer did no wrong, so nobody is accused."""
    count(book, KIND)
    link = read_link(book.tx)
    after = moved(link, LinkEvent.FOREIGN_LEAF, now, _REASON)
    if after.state is link.state:
        return
    write_link(book.tx, after)
    salt = office.entropy.draw(_SALT_BYTES)
    records.keep(book, KIND, None, salt, cbor.encode((RECORD, proof, now)), now=now)


def _root_at(book: Book, size: int) -> Digest:
    edge = book.edges[LogRole.OURS]
    return edge.root() if size == edge.size else root(book.tiles(LogRole.OURS), size)
