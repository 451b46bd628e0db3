"""Asking what the other side's published law would say of a draft: each time it is asked stands in our decision log.

The rule it keeps: it is noted before it is answered, with the officer who asks and never with the content, so that a reviewer
sees whether drafts are shaped to their law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import CaseId, Digest, LeafIndex, Ms
from comity.dispatch import records
from comity.dispatch.book import Ledger
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx

KIND = "their-law-asked"
RECORD = "comity/their-law-asked/1"
_SALT_BYTES = 32
_MEMBERS = 11


@dataclass(frozen=True, slots=True)
class AskedOf:
    """One ask.

    Attributes:
        desk, number: the officer who asked.
        kind, purpose, urgency: of the draft; urgency 0 to 3.
        case: its case, None for a new one.
        body: hash of the body as it would leave, 32 bytes.
        edition: hash of the other side's edition that was asked.
        effect: what it said.
    """

    desk: str
    number: int
    kind: str
    purpose: str
    urgency: int
    case: CaseId | None
    body: Digest
    edition: Digest
    effect: str


def note_asked(ledger: Ledger, office: Office, asked: AskedOf, now: Ms) -> LeafIndex:
    """Keep one ask in our decision log and return its place there."""
    members: list[Value] = [
        RECORD,
        asked.desk,
        asked.number,
        asked.kind,
        asked.purpose,
        asked.urgency,
        asked.case,
        asked.body,
        asked.edition,
        asked.effect,
        now,
    ]
    with ledger.begin() as book:
        return records.keep(book, KIND, None, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)


def asked_since(tx: Tx, since: Ms, *, limit: int = 200) -> tuple[tuple[AskedOf, Ms], ...]:
    """Return the asks from a time on, the newest first, each with its time; for our reviewer."""
    rows = tx.rows(
        f"SELECT record, at FROM record WHERE kind = ? AND {records.RARE} AND at >= ? ORDER BY idx DESC LIMIT ?",  # noqa: S608  a constant
        (KIND, since, limit),
    )
    return tuple((_read(bytes_of(record)), Ms(int_of(at))) for record, at in rows)


def _read(record: bytes) -> AskedOf:
    value = cbor.decode(record)
    assert isinstance(value, list)
    assert len(value) == _MEMBERS
    _, desk, number, kind, purpose, urgency, case, body, edition, effect, _ = cast("Any", value)
    return AskedOf(
        desk=text_of(desk),
        number=int_of(number),
        kind=text_of(kind),
        purpose=text_of(purpose),
        urgency=int_of(urgency),
        case=None if case is None else CaseId(bytes_of(case)),
        body=Digest(bytes_of(body)),
        edition=Digest(bytes_of(edition)),
        effect=text_of(effect),
    )
