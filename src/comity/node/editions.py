"""Editions of the accord in the two logs: when ours may be written, what moves behind it, and which leaves of the peer stand.

The rule it keeps: a dispatch is sealed under the edition that is in force at its place. What waits for its place when an
edition enters our log is put under that edition, and what the new one closes leaves before it.
"""  # spec: protocol.md 10

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import SealingPublic
from comity.crypto.seal import seal as encrypt
from comity.dispatch import wire
from comity.dispatch.accord import Accord
from comity.dispatch.amendment import Stage, edition_of
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import DispatchLeaf, Entry, InstrumentKind, InstrumentLeaf, decode_entry, encode_entry
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.dispatch.ports import Tx
from comity.dispatch.proposals import all_said
from comity.node.papers import ACCORD, CEREMONY, keep_instrument, keep_paper, place_own
from comity.node.taken import BadEdition

MOST_MOVED = 1_024
"""Dispatches that wait for a place and are put under a new edition at once; while more wait, they leave first."""


# --- our log ----------------------------------------------------------------------------------------------------------


def enter_edition(book: Book, office: Office, now: Ms) -> bool:
    """Write the next edition of the accord into our log if both sides hold it, its day has come and nothing hinders it."""
    found = book.tx.rows(
        "SELECT digest, signed FROM paper WHERE kind = ? AND ready = 1 AND our_idx IS NULL ORDER BY edition LIMIT 1",
        (ACCORD,),
    )
    if not found or book.stops.ended:
        return False
    digest, signed = Digest(bytes_of(found[0][0])), bytes_of(found[0][1])
    accord = edition_of(signed)
    follows = (accord.edition, accord.prev) == (office.accord.edition + 1, office.accord_digest)
    if not follows or now < accord.in_force_from or hindered(book.tx, office, accord, now):
        return False
    leaf = InstrumentLeaf(InstrumentKind.ACCORD, digest)
    index = book.append_own([encode_entry(leaf)])
    keep_instrument(book.tx, leaf, signed, index)
    place_own(book, index, digest, leaf.kind)
    return True


def hindered(tx: Tx, office: Office, accord: Accord, now: Ms) -> bool:
    """Say whether something of ours waits for its place that could not go under the next edition, or too much waits."""
    if int_of(tx.rows("SELECT count(*) FROM pool")[0][0]) > MOST_MOVED:
        return True
    kinds = tx.rows("SELECT DISTINCT s.desk, s.kind FROM pool p JOIN sent s ON s.id = p.dispatch")
    if any(not accord.opens(text_of(desk), text_of(kind)) for desk, kind in kinds if kind is not None):
        return True
    return any(_keys(header, office, now) is None for _, header, _ in _pooled(tx))


def move_pool(book: Book, office: Office, now: Ms, again: frozenset[bytes] = frozenset()) -> int:
    """Put what waits for its place under the edition in force in our log, where it is under another; return how many.

    What is sent `again` behind a cut is sealed anew all the same.
    """
    moved = 0
    for entry, header, (id_, plain) in _pooled(book.tx):
        leaf = decode_entry(entry)
        keys = _keys(header, office, now)
        moves = header.accord != office.accord_digest or id_ in again
        if not isinstance(leaf, DispatchLeaf) or not moves or keys is None:
            continue
        parts = under(parts_of(plain), office.accord_digest)
        packed, _ = wire.encode_plain(parts, recipients=len(keys))
        aad = wire.seal_aad(office.us, office.peer, leaf.id, office.accord_digest)
        sealed = encrypt(packed, recipients=keys, aad=aad, entropy=office.entropy)
        made = replace(
            leaf,
            edition=office.accord.edition,
            commit=wire.commit_of(parts),
            sealed=sha256(sealed),
            size=len(sealed),
        )
        book.tx.run("UPDATE pool SET entry = ? WHERE dispatch = ?", (encode_entry(made), id_))
        book.tx.run(
            "UPDATE sent SET sealed = ?, sealed_sha256 = ?, plain = ? WHERE id = ?",
            (sealed, made.sealed, parts_bytes(parts), id_),
        )
        moved += 1
    return moved


def under(parts: wire.Parts, accord: Digest) -> wire.Parts:
    """Return the parts with a header that names another edition; the salts stay, so that all else is the same again."""
    header = replace(wire.decode_header(parts[0].content), accord=accord)
    return (wire.Part(parts[0].salt, wire.encode_header(header)), *parts[1:])


def _pooled(tx: Tx) -> list[tuple[bytes, wire.Header, tuple[bytes, bytes]]]:
    rows = tx.rows(
        "SELECT p.entry, s.id, s.plain FROM pool p JOIN sent s ON s.id = p.dispatch WHERE s.digests IS NULL"
        " AND s.plain IS NOT NULL ORDER BY p.place LIMIT ?",
        (MOST_MOVED,),
    )
    return [
        (bytes_of(entry), wire.decode_header(parts_of(bytes_of(plain))[0].content), (bytes_of(id_), bytes_of(plain)))
        for entry, id_, plain in rows
    ]


def _keys(header: wire.Header, office: Office, now: Ms) -> list[tuple[Digest, SealingPublic]] | None:
    found = [office.peer_keys.sealing_for(agency, now) for agency in header.agencies]
    keys = [(key.kid, key.public) for key in found if key is not None]
    return keys if len(keys) == len(found) else None


def adopt(tx: Tx, id_: bytes, index: int, leaf: DispatchLeaf) -> None:
    """Let the row of a dispatch be what came back of it: it had been put under a later edition, and the store forgot that.

    The bytes of that sealing are lost; they are made anew where the other side has none.
    """
    ((plain, digests),) = tx.rows("SELECT plain, digests FROM sent WHERE id = ?", (id_,))
    if plain is None or digests is not None or wire.commit_of(parts_of(bytes_of(plain))) == leaf.commit:
        return
    rows = tx.rows("SELECT digest FROM paper WHERE kind = ? AND edition = ?", (ACCORD, leaf.edition))
    for (digest,) in rows:
        parts = under(parts_of(bytes_of(plain)), Digest(bytes_of(digest)))
        if wire.commit_of(parts) == leaf.commit:
            tx.run(
                "UPDATE sent SET sealed = ?, sealed_sha256 = ?, plain = ?, idx = ? WHERE id = ?",
                (b"", leaf.sealed, parts_bytes(parts), index, id_),
            )


# --- the peer's log ---------------------------------------------------------------------------------------------------


def check_editions(first: int, decoded: Sequence[Entry], tx: Tx) -> None:
    """Check each accord among the peer's entries: both roots signed it, we hold it, and it follows the one before it.

    The peer holds what it wrote, whatever it said to the dispatch that brought it: a `recovered` brings it too. So ours may
    stand as well, and what we forgot because that dispatch did not open, or was refused, is held again.

    Args:
        first: index of the first entry.
        decoded: the entries, well formed.
        tx: what we hold.

    Raises:
        BadEdition: one does not stand; nothing of the exchange is taken.
    """  # spec: protocol.md 10
    newest: int | None = None
    for index, leaf in enumerate(decoded, first):
        if index < CEREMONY or not isinstance(leaf, InstrumentLeaf) or leaf.kind is not InstrumentKind.ACCORD:
            continue
        newest = _newest_of_theirs(tx) if newest is None else newest
        newest = _next_edition(leaf.digest, newest, tx)


def _next_edition(digest: Digest, newest: int, tx: Tx) -> int:
    rows = tx.rows("SELECT edition FROM paper WHERE kind = ? AND digest = ?", (ACCORD, digest)) or _again(digest, tx)
    if not rows:
        first = tx.rows("SELECT 1 FROM instrument WHERE kind = ? AND digest = ?", (ACCORD, digest))
        raise BadEdition("edition-older" if first else "edition-unsigned")
    edition = int_of(rows[0][0])
    if edition == newest:
        raise BadEdition("edition-doubled")
    if edition != newest + 1:
        raise BadEdition("edition-older" if edition < newest else "edition-gap")
    tx.run("UPDATE paper SET ready = 1 WHERE digest = ?", (digest,))
    return edition


def _again(digest: Digest, tx: Tx) -> list[tuple[int]]:
    """Hold an edition again that we sent signed by both, and return its number; none where both hold another of its number."""
    said = [one for one in all_said(tx) if one.ours and one.stage is Stage.AGREED and sha256(one.signed) == digest]
    if not said:
        return []
    one, accord = said[0], edition_of(said[0].signed)
    if tx.rows("SELECT 1 FROM paper WHERE kind = ? AND edition = ? AND ready = 1", (ACCORD, one.edition)):
        return []
    keep_paper(tx, one.signed, accord, node=accord.parties[0].node, ready=True, dispatch=one.dispatch, now=one.at)
    return [(one.edition,)]


def _newest_of_theirs(tx: Tx) -> int:
    found = tx.rows("SELECT max(edition) FROM paper WHERE kind = ? AND their_idx IS NOT NULL", (ACCORD,))[0][0]
    if found is not None:
        return int_of(found)
    signed = tx.rows("SELECT signed FROM instrument WHERE kind = ? ORDER BY from_ours LIMIT 1", (ACCORD,))
    return edition_of(bytes_of(signed[0][0])).edition
