"""What people of this side and the clock do to the link: suspend, resume, and press a challenge that is not answered."""

from __future__ import annotations

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.columns import int_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer, Recorded
from comity.node import challenge, named, suspending, vain
from comity.node.evidence import keep_evidence
from comity.node.heads import SECOND_MS
from comity.node.peer import Timers
from comity.node.starting import Starting
from comity.node.suspending import ACCUSE, Wish


class Linked(Starting):
    """A node whose people may act on its link; each method is one transaction."""

    timers: Timers

    def wish(self, act: str, scope: str, by: Officer, now: Ms, *, reason: str) -> Wish:
        """Keep that one person wants the exchange, or a desk, suspended or resumed; a second one confirms it.

        Or that a proof which waits for the peer's answer is held against it without one.

        Raises:
            BadForm: it fits nothing; nothing was kept.
        """
        with self.ledger.begin() as book:
            _check_waits(act, book.tx)
            return suspending.wish(book, self.office, act, scope, by, reason=reason, now=now)

    def wishes(self, now: Ms) -> tuple[Wish, ...]:
        """Return what waits for a second person, oldest first."""
        with self.ledger.read() as tx:
            return suspending.wishes(tx, now)

    def confirm(self, asked: DispatchId, second: Officer, now: Ms) -> Wish:
        """Suspend, resume or end at once, or hold a proof against the peer, as one person asked and this second one confirms.

        What waits here at the end of the accord is refused; by the next tick where the store is still compared.
        Who holds a proof against the peer is broken with it: nothing is signed any more, so our log cannot fork by that.

        Raises:
            BadForm: it does not wait, or is so already.
            NotAllowed: the second person is the first.
        """
        with self.ledger.begin() as book:
            done = suspending.confirm(book, self.office, asked, second, now)
            _check_waits(done.act, book.tx)
            if done.act == ACCUSE:
                self._accuse(book, now)
            if done.act == suspending.END and vain.over(book.tx):
                vain.refuse_all(book, self.office, now)
            return done

    def named_head(self) -> named.Open | None:
        """Return the proof that waits for the peer's answer; None if it is asked for none."""
        with self.ledger.read() as tx:
            return named.held(tx)

    def take_back(self, asked: DispatchId, by: Officer, now: Ms) -> None:
        """End a wish that is not wanted any more.

        Raises:
            BadForm: it does not wait.
        """
        with self.ledger.begin() as book:
            suspending.take_back(book, asked, by, now)

    def refuse_late(self, now: Ms) -> tuple[Recorded, ...]:
        """Refuse what has waited here for longer than its day, or the accord, lets it; an edge asks once a day."""
        return vain.refuse_late(self.ledger, self.office, now)

    def _cosign_overdue(self, tx: Tx, now: Ms) -> bool:
        ours = log_row(tx, LogRole.OURS)
        if ours is None or ours.size <= ours.cosigned_size:
            return False
        statement = "SELECT min(time) FROM head WHERE role = ? AND size > ?"
        first = tx.rows(statement, (LogRole.OURS, ours.cosigned_size))[0][0]
        return first is not None and int_of(first) * SECOND_MS + self.timers.cosign_overdue_ms < now

    def press(self, now: Ms) -> None:
        """Look after the challenges that stand: one that was not answered in time is evidence, and stops the traffic."""
        with self.ledger.begin() as book:
            found = challenge.lapsed(book, self.timers, now)
            if found is not None:
                keep_evidence(book, found, now)


def _check_waits(act: str, tx: Tx) -> None:
    if act == ACCUSE and named.held(tx) is None:
        raise BadForm("no proof against the other side waits for its answer; nothing was kept")
