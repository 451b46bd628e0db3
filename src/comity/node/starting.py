"""The start of a node: what it does before its first signature, and what it answers to a peer that starts.

The rule it keeps: a node that starts is `recovering` until the peer has said that its store is the newest, or has given
back what it lacks; until then it composes and pools, and signs nothing.
"""  # spec: protocol.md 9

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from comity.base.ids import Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.cut import Cut
from comity.dispatch.exchange_codec import Exchange
from comity.dispatch.exchange_codec import Problem as ProblemBytes
from comity.dispatch.recover_codec import Recover
from comity.node import absorb, named, recovery, stolen, superseded
from comity.node.cutting import Given, shut_out, take_cut
from comity.node.due import Told
from comity.node.editions import move_pool
from comity.node.evidence import keep_evidence
from comity.node.heads import cosigner
from comity.node.incarnation import read_incarnation
from comity.node.link import LinkEvent, LinkState, refusal
from comity.node.linkrow import Link, moved, read_link, write_link
from comity.node.mend import Fetched, NotOurs, is_of, mend
from comity.node.papered import Papered
from comity.node.papers import read_papers
from comity.node.recovery import Missing, Next
from comity.node.speak import Heard
from comity.node.taken import Foreign, Problem, Proven
from comity.tlog.checkpoint import SignedHead
from comity.tlog.tree import root

_ELSEWHERE = (
    "the store was put back, or another store of this node has gone on; give the node an address of the other side, so that it"
    " can ask and fetch what is lost"
)
_CLAIMED = (
    "a refusal says that another store of this node has gone on; nobody signed that, so it ends nothing. The other side is asked"
    " which store it knows"
)
_CARRIED = (
    "media say that another store of this node has gone on; nobody signed that, so it ends nothing. Write media again: the question"
    " on them asks the other side to sign which store it knows"
)


class Starting(Papered):
    """The half of a node that finds out whether its store was put back, and mends it.

    Attributes:
        can_call: there is a way to the peer; a node without one learns from the peer's calls what `recover` would say.
    """

    can_call: bool
    _heard: Heard
    _told: Told
    _was_up: bool = False
    """Since this process started our log was whole, or what the peer had of it came back; then only a thief adds to it elsewhere."""

    def link(self) -> Link:
        """Return the stored state of the link."""
        with self.ledger.read() as tx:
            return read_link(tx)

    def starts(self, now: Ms) -> None:
        """Note that this node starts: before anything else it asks the peer whether its store was put back."""
        # spec: protocol.md 9
        with self.ledger.begin() as book:
            reason = "the node started and asks the other side whether its store is the newest"
            write_link(book.tx, moved(read_link(book.tx), LinkEvent.NODE_STARTS, now, reason))
            recovery.forget_look(book)
            superseded.choose(book, now)
            shut_out(book.tx)  # a store that was cut before cuts wrote this

    @property
    def recovering(self) -> bool:
        """Whether the peer has not said yet that our store is the newest."""
        return self.link().state is LinkState.RECOVERING

    @property
    def superseded(self) -> bool:
        """Whether another store of this node has gone on: this one can be read, and takes nothing in."""
        return self.link().state is LinkState.SUPERSEDED

    def recover_request(self) -> bytes:
        """Return the `recover` to send now; it is stored, and the same until it is answered."""
        self._sure()
        with self.ledger.begin() as book:
            return recovery.request(book, self.voice, self.office.entropy)

    def take_recovered(self, data: bytes, now: Ms) -> tuple[Next, Missing | None]:
        """Take the peer's answer to our `recover`, and say what comes next; `FETCH` says what is missing.

        Raises:
            Problem: it is no good answer; ask again later.
        """
        running, entropy = self._was_up, self.office.entropy
        self._doubtful = True  # papers come with it, also where the store's answer is lost
        try:
            with self.ledger.begin() as book:
                found = recovery.take_answer(book, self._with_hints, entropy, data=data, now=now, running=running)
                self._after_answer(book, found, now)
        except Foreign as foreign:
            with self.ledger.begin() as book:
                recovery.forget_question(book)  # it was answered: our own signature is on what the peer named
                stolen.stop(book, self.office, foreign.note, now)
            return Next.CUT, None
        self._was_up = running or found[0] is Next.UP
        self._sure()
        return found

    def _after_answer(self, book: Book, found: tuple[Next, Missing | None], now: Ms) -> None:
        link = read_link(book.tx)
        match found[0]:
            case Next.UP:
                recovery.done(book)
                link = moved(link, LinkEvent.RECOVERED, now, "the other side holds nothing of ours that is not here")
            case Next.CUT:
                reason = (
                    "our log is not the one that the other side accepted: it is dead, and both roots must sign a cut"
                )
                recovery.forget_question(book)
                link = moved(link, LinkEvent.EVIDENCE, now, reason)
            case Next.UNSHOWN:
                self._accuse(book, now)
                return
            case Next.SUPERSEDED:
                assert found[1] is not None
                superseded.stop(book, self.office, found[1], now)
                return
            case _:
                link = replace(link, reason="the store was put back; what is missing is fetched from the other side")
        write_link(book.tx, replace(link, failures=0))

    def _accuse(self, book: Book, now: Ms) -> None:
        """Keep as evidence what waited for the peer's answer: it names a head of our log, and nobody with our keys signed that."""
        kept = named.held(book.tx)
        assert kept is not None
        recovery.forget_question(book)
        keep_evidence(book, kept.proof, now)

    def told_stale(self, problem: ProblemBytes, now: Ms, *, carried: bool = False) -> None:
        """Take the peer's refusal of our `recover`: it knows a later incarnation of ours, or ours is too far ahead of its clock.

        Nobody signed that; what was `carried` on media anybody may have written.
        """
        with self.ledger.begin() as book:
            if problem.code == "clock":
                recovery.told_clock(book, now)
                return
            entropy, held = self.office.entropy, problem.incarnation
            if recovery.told_stale(book, self.voice, entropy, held, now, carried=carried):
                write_link(book.tx, replace(read_link(book.tx), reason=_CARRIED if carried else _CLAIMED))

    def restore(self, missing: Missing, fetched: Fetched, now: Ms) -> bool:
        """Mend the store with what was fetched, and return whether the link is up; False: fetch our log from 0 on.

        Raises:
            Problem: what was fetched does not give the heads that it must give; nothing was changed.
        """
        self._doubtful = True  # our log may come back with key lists in it, also where the store's answer is lost
        try:
            with self.ledger.begin() as book:
                mend(book, missing, fetched, self.office, self._as_stored, now=now)
                reason = "the store was put back, and what was missing came from the other side" + self._spent(book)
                write_link(book.tx, moved(read_link(book.tx), LinkEvent.RECOVERED, now, reason))
        except NotOurs:
            self._judge(missing, fetched, now)
            return False
        except Proven as proven:
            with self.ledger.begin() as book:
                keep_evidence(book, proven.evidence, now)
            raise Problem("broken", 503, str(proven)) from proven
        self._heard, self._told = Heard(), Told()
        self._was_up = True
        self._sure()
        return True

    def _spent(self, book: Book) -> str:
        """Say that no co-signing key is left, if so: the node goes on, for else no list with new ones could leave it."""
        # spec: protocol.md 9 step 6
        left = cosigner(book.tx, self._as_stored(book.tx)[1])
        return "" if left is not None else "; no co-signing key is left: sign a new key list with new mirror keys"

    def apply_cut(self, signed: bytes, signed_keys: bytes, now: Ms) -> Cut:
        """Take a cut that both roots signed, with the list of the new log: close the old log and begin the new one.

        Raises:
            BadCut: they do not fit what this store holds; nothing was changed.
            BadSignature, BadEnvelope: the roots have not signed them, or they are none.
        """  # spec: protocol.md 10
        self._sure()
        self._doubtful = True
        self._heard, self._told = Heard(), Told()  # also where the store's answer is lost
        with self.ledger.begin() as book:
            cut = take_cut(book, self.office, Given(signed, signed_keys, self._lacking), now)
            self._renew(book.tx)
            move_pool(book, self.office, now)
        self._sure()
        return cut

    def _judge(self, missing: Missing, fetched: Fetched, now: Ms) -> None:
        """Say that our log is dead if the whole of it was fetched and ours is no prefix; else it was fetched badly."""
        if fetched.own_from:
            return
        if missing.own is None or not is_of(fetched.own, missing.own.checkpoint.root):
            raise Problem("unproven-head", 422, "the peer's tiles of our log do not give the head that it accepted")
        with self.ledger.begin() as book:
            self._after_answer(book, (Next.CUT, None), now)
        raise Problem("broken", 503, "our log is no prefix of what the peer accepted of it")

    def take_recover(self, data: bytes, now: Ms) -> bytes:
        """Answer the peer's `recover`; a new incarnation of it is stored and logged before it is answered.

        Raises:
            Problem: it is not answered.
        """
        state = self.link().state
        if state in {LinkState.UNPAIRED, LinkState.SUPERSEDED, LinkState.BROKEN}:
            raise Problem("broken" if state is LinkState.BROKEN else "recovering", 409, f"the link is {state}")
        self._sure()
        with self.ledger.begin() as book:
            lists = self._peer_lists(read_papers(book.tx))
            answer, new = recovery.answer(book, self.voice, self.peer, lists, data=data, now=now)
            if new and read_incarnation(book.tx, LogRole.OURS).second:
                # It may have forgotten our own restore: it is told again before we speak on.
                reason = "the other side's store was put back; it is told of our own last restore again"
                write_link(book.tx, moved(read_link(book.tx), LinkEvent.NODE_STARTS, now, reason))
        if new:
            self._heard, self._told = Heard(), Told()
        return answer

    def question(self, data: bytes) -> Recover:
        """Read a `recover` of the peer, as it was kept.

        Raises:
            Problem: it is not the peer's.
        """
        with self.ledger.read() as tx:
            return recovery.read_question(data, self.peer, self._peer_lists(read_papers(tx)))

    def _judge_proven(self, proven: Proven, exchange: Exchange, now: Ms) -> NoReturn:
        """Keep evidence and stop; what a thief or another store with our key may have signed the peer is first asked to show."""
        with self.ledger.begin() as book:
            head = proven.named
            if head is None or named.is_made_up(head, exchange, book, self.peer):
                keep_evidence(book, proven.evidence, now)
                code = "broken"
            else:
                named.keep(book, self.office, proven.evidence, head, now)
                write_link(book.tx, moved(read_link(book.tx), LinkEvent.STALE_INCARNATION, now, named.ASKED))
                code = "recovering"
        raise Problem(code, 503, str(proven)) from proven

    def _refuse_stopped(self, exchange: Exchange, now: Ms, *, carried: bool) -> SignedHead:
        """Refuse an exchange in a state that takes none; return the head, whose signatures are good.

        A node that recovers keeps the head, and nothing else: the peer's store may be put back before it is heard again.
        """  # spec: protocol.md 7 check 2, 9
        state = self.link().state
        stopped = refusal(state)
        if stopped is None:
            return self._head_of(exchange)
        if state is LinkState.RECOVERING and not self.can_call and not carried:
            head = self._head_of(exchange)
            if self._look_at(exchange, now):
                return head
            state = self.link().state
            stopped = refusal(state) or stopped
        if state is LinkState.RECOVERING:
            with self.ledger.begin() as book:
                absorb.keep_unread(exchange, self.peer, book)
        raise Problem(stopped, 503, f"the link is {state}")

    def _head_of(self, exchange: Exchange) -> SignedHead:
        """Check the signatures of a head; an old store of the peer, that knows no newer keys, is told that it is one."""
        try:
            return absorb.read_head(exchange, self.peer)
        except Problem:
            with self.ledger.read() as tx:
                absorb.check_store(exchange, tx)
            raise

    def _look_at(self, exchange: Exchange, now: Ms) -> bool:
        """Of a node that can only be called: learn from the peer's exchange whether our store was put back.

        Its mirror of our log and its base say what the answer to a `recover` would say. True: it was not, and the exchange
        may be taken. What they say is not signed: a question about a head that the peer named it neither ends nor decides.
        """
        with self.ledger.begin() as book:
            kept = named.held(book.tx)
            if kept is not None and named.is_made_up(kept.named, exchange, book, self.peer):
                self._accuse(book, now)
                return False
            link = read_link(book.tx)
            agrees = _agrees(exchange, book)
            if agrees and kept is None:
                reason = "the other side holds nothing of ours that is not here"
                write_link(book.tx, moved(link, LinkEvent.RECOVERED, now, reason))
                self._was_up = True
                return True
            write_link(book.tx, replace(link, reason=named.UNASKED if agrees else _ELSEWHERE))
            return False


def _agrees(exchange: Exchange, book: Book) -> bool:
    """Say whether an exchange says of both logs what this store has of them."""
    ours, theirs = book.logs[LogRole.OURS], book.logs[LogRole.THEIRS]
    if exchange.mirror_size > ours.head_size or exchange.base > theirs.size:
        return False
    return root(book.tiles(LogRole.OURS), exchange.mirror_size) == exchange.mirror_root
