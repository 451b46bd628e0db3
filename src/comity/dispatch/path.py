"""The front door: one dispatch from an officer's form to the log, and from the peer's bytes to a desk.

Read `send` and `receive` downwards; each line is one step, in a file of its own name.
"""

from __future__ import annotations

from comity.base.errors import BadSeal
from comity.base.ids import Ms
from comity.dispatch.book import Book
from comity.dispatch.inbound.admit import admit
from comity.dispatch.inbound.record import quarantine, record
from comity.dispatch.inbound.unseal import unseal
from comity.dispatch.inbound.verify import verify
from comity.dispatch.keep import keep_withheld
from comity.dispatch.office import Office
from comity.dispatch.outbound.budget import budget
from comity.dispatch.outbound.clear import clear
from comity.dispatch.outbound.commit import commit
from comity.dispatch.outbound.compose import compose
from comity.dispatch.outbound.label import label
from comity.dispatch.outbound.release import release
from comity.dispatch.outbound.seal import seal
from comity.dispatch.predecessors import related
from comity.dispatch.states import Arrival, Committed, Form, Officer, Recorded, Withheld


def send(form: Form, by: Officer, book: Book, office: Office, now: Ms) -> Committed | Withheld:
    """Take one form through all the sender's steps, in the caller's transaction.

    Raises:
        BadForm: the form does not fit; the message names what, nothing was kept.
    """
    draft = compose(form, related(form, book.tx), office, now)
    labelled = budget(label(draft, office), book.tx, office, now)
    cleared = clear(labelled, office, now)
    if isinstance(cleared, Withheld):
        return keep_withheld(cleared, draft, by, book, office, now=now)
    released = release(cleared, by, book.tx, office, now)
    if isinstance(released, Withheld):
        return keep_withheld(released, draft, by, book, office, now=now)
    sealed = seal(released, office, now)
    return commit(sealed, book, office, now)


def receive(arrival: Arrival, book: Book, office: Office, now: Ms) -> Recorded:
    """Take one arrival through all the receiver's steps, in the caller's transaction; its receipt is part of it."""
    try:
        opened = unseal(arrival, office)
        verified = verify(opened, office, now)
    except BadSeal as refusal:
        return quarantine(arrival, refusal.code, book, now)
    admitted = admit(verified, book, office, now)
    return record(admitted, book, office, now)
