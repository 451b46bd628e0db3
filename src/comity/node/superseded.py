"""A store that another one of the same node has left behind: it says no more, takes nothing in, and tells its people so.

The rule it keeps: of two stores of one node the peer takes the one that recovered last, by the incarnation that each one says;
the other stops before it signs, accuses nobody, and is taken up again only by a person who says so.
"""  # spec: protocol.md 9

from __future__ import annotations

from comity.base import cbor
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.book import Book
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.office import Office
from comity.node.link import LinkEvent
from comity.node.linkrow import moved, read_link, write_link
from comity.node.recovery import Missing, forget_question, was_put_back

KIND = "superseded"
"""Of the record in our decision log that shows it, and of the alarm."""
RECORD = "comity/superseded/1"
_SALT_BYTES = 32
_REASON = (
    "another store of this node has gone on, or this one is a copy from before the last restore. Stop this program; section 6 of"
    " the operators' manual says what to do. If nobody restored this node, its log keys are in other hands: telephone the other"
    " side"
)
_CHOSEN = "this store was put in the place of the other one by a person; the other side is asked what it holds"


def stop(book: Book, office: Office, missing: Missing, now: Ms) -> None:
    """Stop, ring our duty officer, and keep our question and the peer's answer, as signed, in our decision log."""
    forget_question(book)
    write_link(book.tx, moved(read_link(book.tx), LinkEvent.SUPERSEDED, now, _REASON))
    shown = cbor.encode((RECORD, missing.asked, missing.answered, now))
    records.keep(book, KIND, None, office.entropy.draw(_SALT_BYTES), shown, now=now)
    ring(Alarm(KIND, DUTY_OFFICER, "", (now,)), book.tx, now)


def choose(book: Book, now: Ms) -> None:
    """At a start: take up a store that was left behind if a person has put it in the place of the other."""
    if was_put_back(book):
        write_link(book.tx, moved(read_link(book.tx), LinkEvent.CHOSEN, now, _CHOSEN))
