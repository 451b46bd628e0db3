"""A draft that did not leave is kept with all its reasons in our decision log, and shown; it is never silently dropped.

One that only waits for something, an approval, a form, another officer, is kept whole, so that it can be taken up again;
so is one that is immediate, for the form with its minimum facts.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms, new_dispatch_id
from comity.dispatch import decision, records
from comity.dispatch.book import Book
from comity.dispatch.dissent import links_of, note
from comity.dispatch.held import HELD, form_bytes
from comity.dispatch.office import Office
from comity.dispatch.oncall import DUTY_APPROVER, ring_first
from comity.dispatch.states import Draft, Officer, Withheld
from comity.marking.labels import Urgency

_SALT_BYTES = 32


def numbered(withheld: Withheld, draft: Draft, office: Office, now: Ms) -> tuple[Withheld, Draft]:
    """Return a draft with files that law refused or referred under a number of its own.

    The number to which its files are sealed stays free for what the officer hands in next.
    """
    if withheld.state == HELD or draft.form.files is None:
        return withheld, draft
    own = new_dispatch_id(now, office.entropy)
    return replace(withheld, id=own), replace(draft, id=own)


def keep_withheld(withheld: Withheld, draft: Draft, by: Officer, book: Book, office: Office, *, now: Ms) -> Withheld:
    """Write the row and the decision record of a draft that was refused, referred or held; return it.

    A draft that was held before stays the one that it was, by the officer who handed it in first. On `immediate` it says
    whom to ring: nothing that may save a life lies unseen, and an error never sends.
    """
    form = draft.form
    immediate = form.urgency is Urgency.IMMEDIATE
    if immediate:
        withheld = replace(withheld, rings=DUTY_APPROVER)
        ring_first(draft.id, withheld.missing, book.tx, office, now)
    whole = form_bytes(form, draft.body) if immediate or withheld.state == HELD else None
    book.tx.run(
        "INSERT INTO kept (id, state, desk, kind, case_id, re, at, outward, refer_to, missing, rings, body, form,"
        " subject, by_desk, by_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, outward = excluded.outward,"
        " refer_to = excluded.refer_to, missing = excluded.missing, rings = excluded.rings,"
        " form = coalesce(excluded.form, kept.form), subject = coalesce(excluded.subject, kept.subject)",
        (
            draft.id,
            withheld.state,
            form.desk,
            form.kind,
            form.case,
            form.re[0] if form.re else None,
            draft.created,
            withheld.verdict.outward,
            withheld.verdict.refer_to,
            " ".join(withheld.missing),
            withheld.rings,
            draft.body,
            whole,
            withheld.subject,
            by.desk,
            by.number,
        ),
    )
    links = links_of(form.re, form.case, draft.facts.subjects, office.person_key)
    note(withheld.question, links, draft.id, book.tx, now)
    salt = office.entropy.draw(_SALT_BYTES)
    record = decision.withheld(withheld, form, by, now)
    records.keep(book, withheld.state, draft.id, salt, record, now=now)
    return withheld
