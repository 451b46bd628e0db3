"""Every edition of the law that ever decided here, kept whole, so that each old decision can be made again.

The rule it keeps: an edition is found by its hash and by nothing else; bytes that no longer give the hash are no edition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.errors import BadConfiguration
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Tx
from comity.policy.edition import Edition
from comity.policy.instrument import edition_hash, folder_bytes, private_part, published_part, read_folder_bytes

_ID = re.compile(rb'@id\("([^"]+)"\)')


@dataclass(frozen=True, slots=True)
class KeptEdition:
    """One edition as kept: its hash, and when it first decided here."""

    hash: Digest
    since: Ms


def keep_edition(files: Mapping[str, bytes], tx: Tx, now: Ms) -> Digest:
    """Keep the edition that decides from now on, published part and supplement; return its hash.

    Args:
        files: of the whole edition, as `Edition.load` takes them.
        tx: where.
        now: since when it decides; an edition that decided before keeps its first day.
    """
    published, supplement = folder_bytes(published_part(files)), folder_bytes(private_part(files))
    found = edition_hash(published, sha256(supplement))
    tx.run(
        "INSERT INTO law_edition (hash, published, supplement, since) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        (found, published, supplement, now),
    )
    return found


def kept_editions(tx: Tx) -> tuple[KeptEdition, ...]:
    """Return which editions are kept, oldest first."""
    rows = tx.rows("SELECT hash, since FROM law_edition ORDER BY since, hash")
    return tuple(KeptEdition(Digest(bytes_of(row[0])), Ms(int_of(row[1]))) for row in rows)


def kept_edition(wanted: Digest, tx: Tx) -> Edition | None:
    """Return one edition by its hash; None if it is not kept, or what is kept is not that edition."""
    rows = tx.rows("SELECT published, supplement FROM law_edition WHERE hash = ?", (wanted,))
    if not rows:
        return None
    try:
        files = {**read_folder_bytes(bytes_of(rows[0][0])), **read_folder_bytes(bytes_of(rows[0][1]))}
        edition = Edition.load(files)
    except BadConfiguration:
        return None
    return edition if edition.hash == wanted else None


def published_rules(wanted: Digest, tx: Tx) -> frozenset[str]:
    """Return the ids of the rules in the published part of a kept edition, which alone may be named to others.

    None of an edition that is not kept, or whose bytes were altered.
    """
    rows = tx.rows("SELECT published, supplement FROM law_edition WHERE hash = ?", (wanted,))
    if not rows or edition_hash(bytes_of(rows[0][0]), sha256(bytes_of(rows[0][1]))) != wanted:
        return frozenset()
    files = read_folder_bytes(bytes_of(rows[0][0]))
    return frozenset(
        found.decode() for path, data in files.items() if path.endswith(".cedar") for found in _ID.findall(data)
    )
