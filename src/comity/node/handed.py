"""Forms handed in from a screen: a form has a number of its own, so that a double click or a reload sends nothing twice.

The rule it keeps: the number is written in the transaction that keeps or sends the draft. The same officer's same form
with the same content is the same draft again; with other content it is another draft, unless the first has left.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base import cbor
from comity.base.errors import BadForm
from comity.base.hashing import domain_hash
from comity.base.ids import Digest, DispatchId, Ms, show_id
from comity.dispatch.book import Book, Ledger
from comity.dispatch.columns import bytes_of
from comity.dispatch.office import Office
from comity.dispatch.path import send
from comity.dispatch.states import Committed, Form, Officer, Withheld

VERSION = "comity/handed-in/1"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One handing in of one form.

    Attributes:
        number: of the form, 16 bytes that its screen chose when it was opened.
        content: hash of all that was filled in, 32 bytes.
        form: what the path takes.
        by: who hands it in and lets it go.
    """

    number: bytes
    content: Digest
    form: Form
    by: Officer


@dataclass(frozen=True, slots=True)
class Again:
    """The same form with the same content was handed in before: what it became then."""

    draft: DispatchId


def hand_in(ledger: Ledger, office: Office, handed: HandedIn, now: Ms) -> Committed | Withheld | Again:
    """Take a form through the path once, whatever often it is handed in.

    Raises:
        BadForm: it does not fit, or this form has left already with other content; nothing was kept.
        StoreError: the outcome is unknown; the same handing in again does no harm.
    """
    key = domain_hash(VERSION, cbor.encode([handed.by.desk, handed.by.number, handed.number]))
    with ledger.begin() as book:
        known = _known(book, key, handed.content)
        if known is not None:
            return known
        outcome = send(handed.form, handed.by, book, office, now)
        book.tx.run(
            "INSERT INTO handed_in (form, content, draft, sent, at) VALUES (?, ?, ?, ?, ?)",
            (key, handed.content, outcome.id, int(isinstance(outcome, Committed)), now),
        )
    return outcome


def _known(book: Book, key: Digest, content: Digest) -> Again | None:
    rows = book.tx.rows("SELECT content, draft, sent FROM handed_in WHERE form = ?", (key,))
    for known, draft, _ in rows:
        if known == content:
            return Again(DispatchId(bytes_of(draft)))
    for _, draft, sent in rows:
        if sent:
            raise BadForm(
                f"this form was sent already, as {show_id(bytes_of(draft))}, with other content; nothing was sent again."
                " Open a new form, or a correction of what was sent"
            )
    return None
