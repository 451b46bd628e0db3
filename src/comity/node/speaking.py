"""The half of a node that speaks: when an exchange is due, and the signing of it in the transaction that gives it a reason to be.

The rule it keeps: nothing that was signed leaves before the transaction that holds it has ended well. What is signed inside is
a `Said`; only `_let_go` makes bytes of one, and it is called behind the transaction, which an error never reaches.
"""  # spec: protocol.md 4 rule 4, 6

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book, LogRole, LogRow, log_rows
from comity.dispatch.exchange_codec import Exchange, encode_exchange
from comity.node import due
from comity.node.carry import Carried, carry
from comity.node.due import Told
from comity.node.link import LinkEvent, LinkState
from comity.node.linked import Linked
from comity.node.linkrow import moved, read_link, write_link
from comity.node.sequence import sequence
from comity.node.speak import NOTHING_ALOFT, Aloft, Heard, speak
from comity.node.taken import Problem

NO_ANSWERS = 3
_SIGNS_NOTHING = frozenset({LinkState.RECOVERING, LinkState.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Said:
    """An exchange that was signed in a transaction which has not ended: if that fails, nobody ever sees it.

    Attributes:
        exchange: what is said.
        theirs: how far the peer's log reached.
        ticked: the tick with which normal and bulk leaves leave next.
    """

    exchange: Exchange
    theirs: LogRow
    ticked: int


class Speaking(Linked):
    """A node that speaks from what is stored.

    Attributes:
        said: the dispatches in what was said last.
    """

    said: Aloft

    def due_at(self, now: Ms) -> Ms | None:
        """Return when an exchange should be started next; None while the link is unpaired or broken."""
        with self.ledger.read() as tx:
            told, base = due.remembered(self._told, now), self._heard.base
            return due.due_at(tx, log_rows(tx), told, base, timers=self.timers, now=now, voice=self.voice)

    def speak(self, now: Ms, *, wait_ms: int = 0, aloft: Aloft = NOTHING_ALOFT) -> bytes:
        """Return the exchange that this node sends now, from what is stored, without the dispatches that are `aloft`."""
        self._sure()
        with self.ledger.begin() as book:
            if read_link(book.tx).state in _SIGNS_NOTHING:
                raise Problem(
                    "recovering", 503, "nothing is signed before the peer has said that our store is the newest"
                )
            said = self._say(book, self._heard, now, wait_ms=wait_ms, aloft=aloft)
        return self._let_go(said, now)

    def _say(self, book: Book, heard: Heard, now: Ms, *, wait_ms: int = 0, aloft: Aloft = NOTHING_ALOFT) -> Said:
        """Give what waits its place in our log, and sign what is said: it stands in this transaction or nowhere."""
        told = due.remembered(self._told, now)
        ready = due.ready(told, self.timers, read_link(book.tx), now)
        if book.tx.rows("SELECT 1 FROM pool LIMIT 1"):
            sequence(book, ready, now)
        ticked = due.ticked(book.tx, told, self.timers, ready, now)
        exchange = speak(book, self.voice, self.timers, heard, now, wait_ms=wait_ms, aloft=aloft)
        return Said(exchange, book.logs[LogRole.THEIRS], ticked)

    def _say_too(self, book: Book, heard: Heard, now: Ms, aloft: Aloft, *, when_due: bool) -> Said | None:
        """Sign what is said next in a transaction that does something else too; None: nothing may, or need, be said in it."""
        if read_link(book.tx).state in _SIGNS_NOTHING:
            return None
        if when_due:
            told = due.remembered(self._told, now)
            at = due.due_at(book.tx, book.logs, told, heard.base, timers=self.timers, now=now, voice=self.voice)
            if at is None or at > now:
                return None
        return self._say(book, heard, now, aloft=aloft)

    def _let_go(self, said: Said, now: Ms) -> bytes:
        """Return what was signed as bytes to be sent: what holds it is durable now."""
        exchange, told = said.exchange, due.remembered(self._told, now)
        told = Told(exchange.size, now, told.cosigned_size, told.cosigned_time, said.ticked, left=exchange.more)
        if exchange.cosignature is not None:
            told = replace(told, cosigned_size=said.theirs.head_size, cosigned_time=said.theirs.head_time)
        self._told, self.said = told, Aloft.of(exchange)
        return encode_exchange(exchange)

    def carry(self, without: frozenset[LeafIndex], now: Ms) -> Carried:
        """Return the next exchange for media, beside the leaves whose dispatches the set has already.

        Raises:
            Problem: nothing may be signed now.
        """
        self._sure()
        return carry(self.ledger, self.voice, self.timers, self._heard, now, without=without)

    def no_answer(self, now: Ms) -> int:
        """Note a try without an answer and return how many there were in a row; three make the link silent."""
        self._told = Told(tick=self._told.tick)
        with self.ledger.begin() as book:
            link = read_link(book.tx)
            link = replace(link, failures=link.failures + 1)
            if link.failures >= NO_ANSWERS:
                link = moved(link, LinkEvent.NO_ANSWER_THRICE, now, "three tries in a row had no answer")
            write_link(book.tx, link)
        return link.failures
