"""Break-glass: what may wait because a life is in danger, and what the officer who breaks it must say.

The rule it keeps: it defers approvals and full forms and nothing else; it is for `immediate` only, by a duty officer, with
a reason in words and the four answers of the short form; both sides' logs show that it happened, and a reviewer who
had no part in it looks at it within a day.
"""  # spec: law-and-agencies.md 7 rule 9, trust-layer.md 4

from __future__ import annotations

import re
from typing import Any, cast

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.decision import read_record
from comity.dispatch.entries import RecordLeaf, encode_entry, record_commit
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form, Released
from comity.marking.labels import Urgency

RECORD = "comity/break-glass/1"
BREAK_GLASS = "break-glass"
DUTY_OFFICER = "duty-officer"
LEAST_REASON = 20
"""Characters of a reason; fewer say nothing."""
MOST_REASON = 4_000
_SALT_BYTES = 32

_DEFERRABLE = re.compile(r"approval:.+|assessment:[a-z]+:full")


def deferrable(missing: str) -> bool:
    """Say whether what law still asks for may be owed instead: an approval or a full form, never a short one."""
    return _DEFERRABLE.fullmatch(missing) is not None


def check_glass(form: Form) -> None:
    """Check what the officer says who breaks the glass; a form that does not is passed over.

    Raises:
        BadForm: not `immediate`, too short a reason, or without an assessment; nothing was kept.
    """
    if not form.break_glass:
        return
    if form.urgency is not Urgency.IMMEDIATE:
        raise BadForm("break-glass is for what is immediate only; nothing was kept")
    if not LEAST_REASON <= len(form.break_glass.strip()) <= MOST_REASON:
        raise BadForm(f"break-glass needs a reason of {LEAST_REASON} to {MOST_REASON} characters; nothing was kept")
    if not form.assessments:
        raise BadForm("break-glass needs the four answers of the short form; nothing was kept")


def break_glass(released: Released, book: Book, office: Office, now: Ms) -> None:
    """Write the leaf that says to both sides that glass was broken; what opens it stays with us.

    The other side cosigns kind and hash; reason, officer and what is deferred are for our reviewer and court.
    """  # spec: protocol.md 3, l-record
    draft = released.cleared.labelled.draft
    members: list[Value] = [
        RECORD,
        draft.id,
        draft.form.break_glass,
        released.by.desk,
        released.by.number,
        list(released.cleared.deferred),
        now,
    ]
    leaf(BREAK_GLASS, cbor.encode(members), book, office, now)


def leaf(kind: str, record: bytes, book: Book, office: Office, now: Ms) -> LeafIndex:
    """Append an l-record to our exchange log and store what opens it, in the caller's transaction; return its index."""
    salt = office.entropy.draw(_SALT_BYTES)
    index = book.append_own([encode_entry(RecordLeaf(kind, record_commit(salt, record)))])
    book.tx.run(
        "INSERT INTO opening (idx, kind, salt, record, at) VALUES (?, ?, ?, ?, ?)", (index, kind, salt, record, now)
    )
    return index


def released_by(dispatch: DispatchId, tx: Tx) -> tuple[str, int] | None:
    """Return desk and number of the officer who let our dispatch go, by our decision record; None for none of ours."""
    rows = tx.rows("SELECT record FROM record WHERE dispatch = ? AND kind = 'sent'", (dispatch,))
    decided = read_record(bytes_of(rows[0][0])) if rows else None
    by = decided.rest.get("by") if decided is not None else None
    if not isinstance(by, list):
        return None
    desk, number, *_ = cast("Any", by)
    return str(desk), int_of(number)
