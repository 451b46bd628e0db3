"""A node's held drafts as officers work on them: looked at, approved or not, taken up again, dropped.

The rule it keeps: each call is one transaction; an attempt that is not allowed is kept in our decision log, then refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch import approvals, records
from comity.dispatch.approvals import Answer
from comity.dispatch.book import Ledger
from comity.dispatch.held import DROPPED, HELD, Added, Held, end_held, held_draft, held_drafts, minimum_form, of_subject
from comity.dispatch.office import Office
from comity.dispatch.oncall import rung_times
from comity.dispatch.path import amend, resume
from comity.dispatch.ports import Tx
from comity.dispatch.states import Committed, Form, Officer, Withheld

RECORD = "comity/dropped/1"
_SALT_BYTES = 32
_MOST_REASON = 4_000


@dataclass(frozen=True, slots=True)
class HeldShown:
    """A held draft with what was answered to it as it is now, and who was rung for it: role, officer, when."""

    held: Held
    answers: tuple[Answer, ...]
    rings: tuple[tuple[str, str, Ms], ...]


def all_held(ledger: Ledger, *, ended: bool = False) -> tuple[Held, ...]:
    """Return the drafts that wait, oldest first; with `ended` also those that no longer do."""
    with ledger.read() as tx:
        return held_drafts(tx, ended=ended)


def show_held(ledger: Ledger, draft: DispatchId) -> HeldShown:
    """Return one draft that was kept whole, for a person to read before they answer.

    Raises:
        BadForm: there is no such draft.
    """
    with ledger.read() as tx:
        held = _find(tx, draft)
        return HeldShown(held, approvals.answers(held, tx), rung_times(tx, draft))


def approve(ledger: Ledger, office: Office, subject: Digest, answer: Answer, now: Ms) -> Held:
    """Keep one person's answer to the draft whose subject they were shown, and return the draft as it then stands.

    Raises:
        BadForm: no draft waits under this subject: it was changed, or has ended.
        NotAllowed: they may not; the attempt is kept, the draft is as before.
    """
    refused: NotAllowed | None = None
    with ledger.begin() as book:
        held = of_subject(book.tx, subject)
        if held is None:
            raise BadForm("no draft waits under this hash: it was changed or has ended; look at it again")
        try:
            held = approvals.approve(held, answer, book, office, now)
        except NotAllowed as error:
            approvals.note_attempt(held, answer, str(error), book, office, now=now)
            refused = error
    if refused is not None:
        raise refused
    return held


def take_up_again(
    ledger: Ledger, office: Office, draft: DispatchId, by: Officer, now: Ms, *, added: Added
) -> Committed | Withheld:
    """Take a held draft through the path again, by the law of now; `by` lets it go if it may go.

    Raises:
        BadForm: there is no such draft, it no longer waits, or it no longer fits; nothing was changed.
    """
    with ledger.begin() as book:
        return resume(_find(book.tx, draft), by, book, office, now, added=added)


def add_to(ledger: Ledger, office: Office, draft: DispatchId, by: Officer, now: Ms, *, added: Added) -> Withheld:
    """Add to a held draft without letting it go: an assessment by its decider, an answer to what the scan proposes.

    Raises:
        BadForm: there is no such draft, it no longer waits, or it no longer fits; nothing was changed.
        NotAllowed: an officer without standing; nothing was changed.
    """
    with ledger.begin() as book:
        held = _find(book.tx, draft)
        if office.powers.standing(book.tx, by.desk, by.number, now) is None:
            raise NotAllowed("only an officer with standing adds to a draft; nothing was changed")
        return amend(held, by, book, office, now, added=added)


def drop(ledger: Ledger, office: Office, draft: DispatchId, by: Officer, now: Ms, *, reason: str) -> Held:
    """End a held draft that is not wanted any more; its record stays.

    Raises:
        BadForm: there is no such draft, it no longer waits, or no reason was given.
        NotAllowed: the officer has no standing at the agency whose draft it is.
    """
    if not reason.strip() or len(reason) > _MOST_REASON:
        raise BadForm(f"a draft is dropped with a reason of at most {_MOST_REASON} characters; nothing was changed")
    with ledger.begin() as book:
        held = _find(book.tx, draft)
        if held.state != HELD or held.ended_at is not None:
            raise BadForm(f"this draft no longer waits: it is {held.state}; nothing was changed")
        standing = office.powers.standing(book.tx, by.desk, by.number, now)
        if standing is None or standing.agency != held.form.agency:
            raise NotAllowed("only an officer of the agency whose draft it is may drop it; nothing was changed")
        members: list[Value] = [RECORD, held.id, held.subject, by.desk, by.number, reason, now]
        records.keep(book, DROPPED, held.id, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)
        end_held(book.tx, held.id, DROPPED, now)
    return replace(held, state=DROPPED, ended_at=now)


def minimum(ledger: Ledger, office: Office, draft: DispatchId) -> Form:
    """Return the form with the minimum facts of an `immediate` draft; nothing is sent.

    Raises:
        BadForm: there is no such draft, it is not immediate, or its desk marks nothing as minimum.
    """
    with ledger.read() as tx:
        held = _find(tx, draft)
    return minimum_form(held, office.desks[held.desk])


def _find(tx: Tx, draft: DispatchId) -> Held:
    held = held_draft(tx, draft)
    if held is None:
        raise BadForm("there is no draft of this number that was kept whole")
    return held
