"""The front door: one dispatch from an officer's form to the log, and from the peer's bytes to a desk.

Read `send`, `resume`, `amend`, `judge` and `receive` downwards; each line is one step, in a file of its own name. What
`judge` says of a draft is what `send` would do with it, because both go through `prepare` and `decide`.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base.errors import BadSeal
from comity.base.ids import Ms
from comity.dispatch.approvals import given
from comity.dispatch.attached import attach, uncut
from comity.dispatch.book import Book
from comity.dispatch.glass import check_glass
from comity.dispatch.held import NOTHING, RELEASED, Added, Held, end_held
from comity.dispatch.inbound.admit import admit
from comity.dispatch.inbound.record import quarantine, record
from comity.dispatch.inbound.unseal import unseal
from comity.dispatch.inbound.verify import verify
from comity.dispatch.keep import keep_withheld, numbered
from comity.dispatch.office import Office
from comity.dispatch.outbound.clear import clear, foresee
from comity.dispatch.outbound.commit import commit
from comity.dispatch.outbound.compose import compose
from comity.dispatch.outbound.fits import check_end, fits
from comity.dispatch.outbound.label import label
from comity.dispatch.outbound.past import past
from comity.dispatch.outbound.release import release, to_be_released
from comity.dispatch.outbound.seal import seal
from comity.dispatch.outbound.takeup import take_up
from comity.dispatch.ports import Tx
from comity.dispatch.predecessors import related
from comity.dispatch.states import (
    Arrival,
    Committed,
    Form,
    Judged,
    Labelled,
    Officer,
    Recorded,
    Released,
    Withheld,
)


def send(form: Form, by: Officer, book: Book, office: Office, now: Ms) -> Committed | Withheld:
    """Take one form through all the sender's steps, in the caller's transaction.

    Raises:
        BadForm: the form does not fit; the message names what, nothing was kept.
    """
    return _let_go(prepare(form, book.tx, office, now), by, book, office, now)


def judge(form: Form, by: Officer, tx: Tx, office: Office, now: Ms) -> Judged:
    """Say what would become of a form if it were handed in now; nothing is kept, and a snapshot that only reads will do.

    Raises:
        BadForm: the form does not fit; the message names what.
    """
    labelled = prepare(form, tx, office, now)
    return Judged(labelled, decide(labelled, by, tx, office, now), foresee(labelled, office, now))


def judge_held(held: Held, by: Officer, tx: Tx, office: Office, now: Ms) -> Judged:
    """Say what would become of a held draft if this officer took it up now, with its approvals; nothing is kept.

    Raises:
        BadForm: it no longer waits, or no longer fits.
    """
    labelled = _again(held, by, tx, office, now, added=NOTHING)
    return Judged(labelled, decide(labelled, by, tx, office, now), foresee(labelled, office, now))


def resume(
    held: Held, by: Officer, book: Book, office: Office, now: Ms, *, added: Added = NOTHING
) -> Committed | Withheld:
    """Take a held draft up again, by the law of now, with its approvals and what was added to it.

    Raises:
        BadForm: it no longer waits, or no longer fits; nothing was changed.
    """
    done = _let_go(_again(held, by, book.tx, office, now, added=added), by, book, office, now)
    if isinstance(done, Committed):
        end_held(book.tx, held.id, RELEASED, now, became=done.id)
    return done


def amend(held: Held, by: Officer, book: Book, office: Office, now: Ms, *, added: Added) -> Withheld:
    """Add to a held draft what somebody else than its releasing officer has to say; it stays held, whatever law says.

    Raises:
        BadForm: it no longer waits, or no longer fits; nothing was changed.
    """
    labelled = _again(held, by, book.tx, office, now, added=added)
    cleared = clear(labelled, office, now)
    waits = cleared if isinstance(cleared, Withheld) else to_be_released(cleared)
    return keep_withheld(waits, labelled.draft, by, book, office, now=now)


def prepare(form: Form, tx: Tx, office: Office, now: Ms) -> Labelled:
    """Take a form to where the law can be asked: a draft with its label, and what is known of the past.

    Raises:
        BadForm: the form does not fit; the message names what.
    """
    check_glass(form)
    form = attach(form, tx, office)
    draft = fits(compose(form, related(form, tx), office, now), tx, office)
    return past(label(draft, office), tx, office, now)


def decide(labelled: Labelled, by: Officer, tx: Tx, office: Office, now: Ms) -> Released | Withheld:
    """Ask our law, then whether this officer may let it go; nothing is written."""
    cleared = clear(labelled, office, now)
    return cleared if isinstance(cleared, Withheld) else release(uncut(cleared), by, tx, office, now)


def _again(held: Held, by: Officer, tx: Tx, office: Office, now: Ms, *, added: Added) -> Labelled:
    draft = take_up(held, added, tx, office, now)
    labelled = past(label(draft, office), tx, office, now)
    return replace(labelled, approvals=given(held, by, tx, office, now))


def _let_go(labelled: Labelled, by: Officer, book: Book, office: Office, now: Ms) -> Committed | Withheld:
    check_end(labelled.draft, book)
    released = decide(labelled, by, book.tx, office, now)
    if isinstance(released, Withheld):
        return keep_withheld(*numbered(released, labelled.draft, office, now), by, book, office, now=now)
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
