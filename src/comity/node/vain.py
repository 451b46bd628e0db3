"""What waits in vain: what arrived from the other side, and whose predecessor or files will not come.

The rule it keeps: no content of the other side stands for ever where nobody is asked about it. What only arrived is refused once
its waiting is over, so that its sender reads it in a receipt; its content goes to the custodian, as all that is refused,
and from there it is due.
"""  # spec: protocol.md 7; vocabulary.md 5, Accord state

from __future__ import annotations

from comity.base.ids import DispatchId, Ms
from comity.dispatch.book import Book, Ledger
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact
from comity.dispatch.inbound.follow import follow, refuse
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.states import Recorded
from comity.dispatch.stops import read_stops
from comity.node.link import LinkState
from comity.node.linkrow import read_link
from comity.node.retention import THEIRS, day_of

_ARRIVED = (
    "SELECT id, plain, case_id, arrived_at FROM got WHERE fact = ? AND settled_at IS NULL AND plain IS NOT NULL"
    " ORDER BY idx"
)
_SAYS_NOTHING = frozenset({LinkState.UNPAIRED, LinkState.RECOVERING, LinkState.SUPERSEDED})
"""States in which our log gets no leaf of our own."""


def over(tx: Tx) -> bool:
    """Say whether the accord has ended and something still waits here, in a state in which our log may say so."""
    ended = read_stops(tx).ended and read_link(tx).state not in _SAYS_NOTHING
    return ended and bool(tx.rows(_ARRIVED + " LIMIT 1", (int(Fact.ARRIVED),)))


def refuse_all(book: Book, office: Office, now: Ms) -> tuple[Recorded, ...]:
    """Refuse all that waits: the accord has ended, and what it waits for does not come any more, nor is it filed."""
    found = [DispatchId(bytes_of(row[0])) for row in book.tx.rows(_ARRIVED, (int(Fact.ARRIVED),))]
    book.tx.many("DELETE FROM waits WHERE id = ?", [(one,) for one in found])
    return tuple(refuse(one, book, office, now) for one in found)


def refuse_late(ledger: Ledger, office: Office, now: Ms) -> tuple[Recorded, ...]:
    """Refuse what has waited for too long, and file what came after that; each in a transaction of its own.

    Too long is past the day that its label, our law or the accord sets, counted from when it arrived, and past the accord's
    `quarantine-keep` in any case.
    """
    with ledger.read() as tx:
        late = () if read_link(tx).state in _SAYS_NOTHING else _late(tx, office, now)
    done: list[Recorded] = []
    for one in late:
        with ledger.begin() as book:
            # One before it may have freed it.
            if book.tx.rows("SELECT 1 FROM got WHERE id = ? AND settled_at IS NULL", (one,)):
                done += (refuse(one, book, office, now), *follow(one, book, office, now))
    return tuple(done)


def _late(tx: Tx, office: Office, now: Ms) -> tuple[DispatchId, ...]:
    keep = office.accord.timer("quarantine-keep")
    found: list[DispatchId] = []
    for row in tx.rows(_ARRIVED, (int(Fact.ARRIVED),)):
        day = day_of(THEIRS, row, tx, office.accord, over=False)[5]
        until = int_of(row[3]) + keep
        if min(until, until if day is None else int_of(day)) <= now:
            found.append(DispatchId(bytes_of(row[0])))
    return tuple(found)
