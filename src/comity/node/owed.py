"""What a node owes and whom it rings, as officers see it; and what time alone brings about.

The rule it keeps: each call is one transaction; a second look at the clock never rings twice for one thing.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.office import Office
from comity.dispatch.oncall import ring_due, ring_next, unanswered
from comity.dispatch.owed import (
    Completion,
    Owed,
    complete,
    next_overdue,
    overdue,
    owed_thing,
    owed_things,
    ring_overdue,
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One alarm as it stands: kind, for which role, counts and codes, at which dispatch, when, and when it was seen."""

    id: DispatchId
    kind: str
    role: str
    about: str
    dispatch: DispatchId | None
    at: Ms
    seen_at: Ms | None


def all_owed(ledger: Ledger, *, done: bool = False) -> tuple[Owed, ...]:
    """Return what is owed, the first due first; with `done` also what was done."""
    with ledger.read() as tx:
        return owed_things(tx, done=done)


def complete_owed(ledger: Ledger, office: Office, owed: DispatchId, done: Completion, now: Ms) -> Owed:
    """Close one thing that is owed.

    Raises:
        BadForm: there is no such thing, it was done, or what was handed in is not what is owed.
        NotAllowed: this officer may not do it.
    """
    with ledger.begin() as book:
        found = owed_thing(book.tx, owed)
        if found is None:
            raise BadForm("nothing is owed under this number")
        return complete(found, done, book, office, now)


def all_alarms(ledger: Ledger, role: str | None = None, *, seen: bool = False) -> tuple[Rung, ...]:
    """Return the alarms, newest first, of one role or of all; with `seen` also those that were seen."""
    with ledger.read() as tx:
        rows = tx.rows("SELECT id, kind, role, about, dispatch, at, seen_at FROM alarm ORDER BY at DESC, id")
    return tuple(
        Rung(
            DispatchId(bytes_of(id_)),
            text_of(kind),
            text_of(whose),
            text_of(about),
            None if dispatch is None else DispatchId(bytes_of(dispatch)),
            Ms(int_of(at)),
            ms_or_none(seen_at),
        )
        for id_, kind, whose, about, dispatch, at, seen_at in rows
        if role in {None, text_of(whose)} and (seen or seen_at is None)
    )


def alarm_seen(ledger: Ledger, alarm: DispatchId, now: Ms) -> None:
    """Note that a person of the role has seen an alarm; a ring that was seen rings nobody else.

    Raises:
        BadForm: there is no such alarm.
    """
    with ledger.begin() as book:
        if not book.tx.rows("SELECT 1 FROM alarm WHERE id = ?", (alarm,)):
            raise BadForm("there is no alarm of this number")
        book.tx.run("UPDATE alarm SET seen_at = ? WHERE id = ? AND seen_at IS NULL", (now, alarm))


def pass_time(ledger: Ledger, office: Office, now: Ms) -> None:
    """Ring the next one on call where nobody answered, and tell the reviewer of what is past its time, once each."""
    with ledger.read() as tx:
        if not overdue(tx, now) and not unanswered(tx, office, now):
            return
    with ledger.begin() as book:
        ring_overdue(book.tx, now)
        ring_next(book.tx, office, now)


def rings_at(ledger: Ledger, office: Office) -> Ms | None:
    """Return when the next ring or overdue thing is to be told; None if nothing waits for the clock."""
    with ledger.read() as tx:
        times = [one for one in (ring_due(tx, office), next_overdue(tx)) if one is not None]
    return min(times, default=None)
