"""What must be true of what a side destroyed, and of the certificates that say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from comity.dispatch.certificates import CONTENT, decode_certificate
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Entry, RecordLeaf, record_commit
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Row, Tx
from comity.sim.ruled import Invariant, ensure

_DONE = (
    "SELECT g.id, e.leaf, o.kind, o.salt, o.record, g.plain, g.sealed,"
    " (SELECT count(*) FROM custody c WHERE c.id = g.id), (SELECT max(text) FROM exercise x WHERE x.id = g.id)"
    " FROM erasure e JOIN got g ON g.id = coalesce(e.about, e.dispatch) LEFT JOIN opening o ON o.idx = e.leaf WHERE e.done_at IS NOT NULL"
)
_CAME = "SELECT dispatch, about, leaf, record FROM certificate WHERE ours = 0"


def destroyed(number: int, tx: Tx, log: Sequence[Entry]) -> frozenset[bytes]:
    """Return what this side says that it destroyed, having checked that its leaf says so and no row has it.

    Raises:
        Broken: something is left, or the log does not say so.
    """
    rows = tx.rows(_DONE)
    for row in rows:
        _gone(number, row, log)
    return frozenset(bytes_of(row[0]) for row in rows)


def said_gone(tx: Tx) -> frozenset[bytes]:
    """Return what a side says that it destroyed, whole or in part."""
    rows = tx.rows("SELECT coalesce(about, dispatch) FROM erasure WHERE done_at IS NOT NULL")
    return frozenset(bytes_of(row[0]) for row in rows)


def _gone(number: int, row: Row, log: Sequence[Entry]) -> None:
    id_, leaf, kind, salt, record, plain, sealed, kept, text = row
    shown = bytes_of(id_).hex()[-8:]
    said = log[int_of(leaf)] if leaf is not None and int_of(leaf) < len(log) else None
    commit = None if record is None else record_commit(bytes_of(salt), bytes_of(record))
    good = isinstance(said, RecordLeaf) and (said.kind, said.commit) == (kind, commit)
    ensure(good, Invariant.DESTROYED, number, f"no leaf of our log says that {shown} was destroyed")
    certificate = None if record is None else decode_certificate(bytes_of(record))
    named = certificate is not None and certificate.dispatch == id_
    ensure(named, Invariant.DESTROYED, number, f"the leaf for {shown} is about another dispatch")
    gone = () if certificate is None else certificate.parts
    held = () if plain is None else zip(CONTENT, parts_of(bytes_of(plain))[1:], strict=True)
    parts = [part for name, part in held if name in gone]
    left = sealed is not None or kept or text or any(one.salt or one.content for one in parts)
    ensure(not left, Invariant.DESTROYED, number, f"something of {shown} is left")


def check_certificates(
    number: int, tx: Tx, ours: Mapping[bytes, int], theirs: Sequence[Entry], gone: Callable[[], frozenset[bytes]]
) -> None:
    """Check the certificates that came: none of an honest side was refused, and each says what both logs say.

    Args:
        number: of the side that has them.
        tx: its rows.
        ours: index of each of its dispatches in its log.
        theirs: the other side's log, as far as it mirrors it.
        gone: returns what the other side has destroyed, by its own rows.

    Raises:
        Broken: one does not.
    """
    for dispatch, about, leaf, record in tx.rows(_CAME):
        shown = bytes_of(dispatch).hex()[-8:]
        ensure(
            record is not None, Invariant.CERTIFIED, number, f"the certificate {shown} of an honest side was refused"
        )
        said = decode_certificate(bytes_of(record))
        index = int_of(leaf)
        there = theirs[index] if index < len(theirs) else None
        good = isinstance(there, RecordLeaf) and there.kind == said.kind
        ensure(good, Invariant.CERTIFIED, number, f"{shown} names leaf {index}, which does not say it")
        given = said.dispatch == about and ours.get(said.dispatch) == said.index
        ensure(given, Invariant.CERTIFIED, number, f"{shown} is about something that this side did not give")
        ensure(said.dispatch in gone(), Invariant.CERTIFIED, number, f"what {shown} is about was not destroyed")
