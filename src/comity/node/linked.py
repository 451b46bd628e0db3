"""What people of this side and the clock do to the link: suspend, resume, and press a challenge that is not answered."""

from __future__ import annotations

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.node import challenge, named, suspending
from comity.node.evidence import keep_evidence
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
        """Suspend or resume at once, as one person asked and this second one confirms; or hold a proof against the peer.

        Who holds one against the peer is broken with it: nothing is signed any more, so our log cannot fork by that.

        Raises:
            BadForm: it does not wait, or is so already.
            NotAllowed: the second person is the first.
        """
        with self.ledger.begin() as book:
            done = suspending.confirm(book, self.office, asked, second, now)
            _check_waits(done.act, book.tx)
            if done.act == ACCUSE:
                self._accuse(book, now)
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

    def press(self, now: Ms) -> None:
        """Look after the challenges that stand: one that was not answered in time is evidence, and stops the traffic."""
        with self.ledger.begin() as book:
            found = challenge.lapsed(book, self.timers, now)
            if found is not None:
                keep_evidence(book, found, now)


def _check_waits(act: str, tx: Tx) -> None:
    if act == ACCUSE and named.held(tx) is None:
        raise BadForm("no proof against the other side waits for its answer; nothing was kept")
