"""The ceremony: both key lists and the accord become the first three leaves of our log, and the link is up.

Before it, two officers a side have read the fingerprints aloud; the program only checks the signatures.
"""

from __future__ import annotations

from comity.base.errors import BadConfiguration
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch.accord import Accord, verify_accord
from comity.dispatch.book import Ledger, LogRole, create_log
from comity.dispatch.entries import InstrumentKind, InstrumentLeaf, encode_entry
from comity.dispatch.keylist import KeyList, verify_keylist
from comity.dispatch.ports import Store
from comity.node.link import LinkEvent
from comity.node.linkrow import moved, read_link, write_link
from comity.node.peer import Peer, Voice


def read_instruments(us: str, accord: bytes, our_keys: bytes, peer_keys: bytes) -> tuple[Accord, KeyList, KeyList]:
    """Verify the accord and both key lists against each other, and return them: accord, ours, the peer's.

    Raises:
        BadSignature: a signature is missing, foreign or false.
        BadConfiguration: the instruments do not belong together.
    """  # spec: protocol.md 10
    agreed = verify_accord(accord)
    names = {party.node for party in agreed.parties}
    if us not in names:
        raise BadConfiguration(f"the accord {agreed.name!r} does not name this node {us!r}")
    ours = next(party for party in agreed.parties if party.node == us)
    theirs = agreed.peer_of(ours.node)
    return agreed, verify_keylist(our_keys, ours.root()), verify_keylist(peer_keys, theirs.root())


def hold_ceremony(
    store: Store, voice: Voice, peer: Peer, instruments: tuple[bytes, bytes, bytes], *, now: Ms
) -> Ledger:
    """Write leaves 0, 1 and 2 of our log, create the other two logs, and bring the link up; once only.

    Args:
        store: of this node.
        voice: our names and keys.
        peer: the peer's names and keys.
        instruments: signed bytes of our keys, the peer's keys, the accord.
        now: our time.
    """  # spec: protocol.md 10
    with store.begin() as tx:
        create_log(tx, LogRole.OURS, voice.log_origin)
        create_log(tx, LogRole.THEIRS, peer.log_origin)
        create_log(tx, LogRole.DECISION, voice.decision_origin)
    ledger = Ledger(store)
    with ledger.begin() as book:
        if book.logs[LogRole.OURS].size:
            return ledger
        kinds = (InstrumentKind.KEYS, InstrumentKind.KEYS, InstrumentKind.ACCORD)
        leaves = [InstrumentLeaf(kind, sha256(signed)) for kind, signed in zip(kinds, instruments, strict=True)]
        book.append_own([encode_entry(leaf) for leaf in leaves])
        rows = [
            (leaf.digest, leaf.kind.value, signed, n)
            for n, (leaf, signed) in enumerate(zip(leaves, instruments, strict=True))
        ]
        book.tx.many("INSERT INTO instrument (digest, kind, signed, from_ours) VALUES (?, ?, ?, ?)", rows)
        write_link(book.tx, moved(read_link(book.tx), LinkEvent.CEREMONY_DONE, now, "the ceremony was held"))
    return ledger
