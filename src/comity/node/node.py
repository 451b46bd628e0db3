"""One party's node: what it does when told to send, asked to speak, or given what the other one said.

The rule it keeps: absorb, store, then speak. What is said in answer is signed in the transaction that stores what it answers, and
leaves behind its end; nothing is kept in memory that a crash may not take, and everything may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.dispatch.acts import Done, NotDone, perform
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.answered import answer_act
from comity.dispatch.approvals import Answer
from comity.dispatch.book import Book, Ledger, LogRole
from comity.dispatch.closed import real, stands
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import DispatchLeaf, Fact, ReceiptLeaf, decode_entry, encode_entry
from comity.dispatch.exchange_codec import Exchange, encode_problem
from comity.dispatch.exchange_codec import Problem as ProblemBytes
from comity.dispatch.filing import foresees
from comity.dispatch.foresight import AWAITED, MARKED, foresee
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.held import NOTHING, Added, Held
from comity.dispatch.holding import is_held, note_view
from comity.dispatch.inbound.follow import follow
from comity.dispatch.office import Office
from comity.dispatch.owed import Completion, Owed
from comity.dispatch.particulars import Particulars
from comity.dispatch.path import receive, send
from comity.dispatch.states import Arrival, Committed, Form, Officer, Recorded, Withheld
from comity.dispatch.stops import NOTHING as NOTHING_STOPPED
from comity.node import absorb, certifying, challenge, held, owed, stolen, vain
from comity.node.assemble import Keyring, keyring_of
from comity.node.cutting import release
from comity.node.due import Told
from comity.node.entryrules import apply_entries
from comity.node.handed import Again, HandedIn, hand_in
from comity.node.heads import SECOND_MS, stored_head
from comity.node.held import HeldShown
from comity.node.incarnation import read_incarnation
from comity.node.link import LinkEvent, LinkState
from comity.node.linkrow import moved, read_link, write_link
from comity.node.manifest import close_day, make_manifest, manifest_form, next_closing
from comity.node.mend import withdraw_wanted
from comity.node.owed import Rung
from comity.node.peer import Peer, Timers, Voice
from comity.node.refile import refile
from comity.node.reminding import next_reminder, remind
from comity.node.resealing import as_sealed, reseal_due, wants_reseal
from comity.node.speak import NOTHING_ALOFT, Aloft, Heard
from comity.node.speaking import Said, Speaking
from comity.node.subject import Concerning, Match, look
from comity.node.suspending import stays_out
from comity.node.taken import BadEdition, Problem, Proven, Taken
from comity.node.theirlaw import AskedOf, note_asked
from comity.tlog.checkpoint import SignedHead

Outcome = Committed | Withheld | BadForm
RETRY_MS = 1_000
_CERTIFY_AGAIN_MS = 60_000
"""How soon certificates that cannot go, such as where the other side's keys have ended, are tried again."""
_NOT_OPENED_MS = 300_000
"""How often it is looked which certificates could not be opened."""
_FAR_MS = 1 << 53
"""The furthest that a clock is noted to be off; a head may claim more than a store can hold."""


class Node(Speaking):
    """A node without sockets, files or clock: the edge and the simulation drive it.

    Not safe for two callers at once: whoever drives it serialises the calls.
    """

    def __init__(
        self,
        office: Office,
        voice: Voice,
        peer: Peer,
        ledger: Ledger,
        timers: Timers,
        *,
        keyring: Callable[[], Keyring] | None = None,
    ) -> None:
        self.office = office
        self.voice = voice
        self.peer = peer
        self.ledger = ledger
        self.timers = timers
        self.can_call = True
        own = keyring_of(voice, office)
        self._keyring = keyring or (lambda: own)
        self._doubtful = False
        self._certifies = self._not_opened = Ms(0)
        self._heard = Heard()
        self._told, self.said = Told(), NOTHING_ALOFT
        self._filed = 0
        self._stops = NOTHING_STOPPED
        self.reread()

    # --- sending -----------------------------------------------------------------------------------------------

    def submit(self, forms: Sequence[tuple[Form, Officer]], now: Ms) -> list[Outcome]:
        """Take each form through the sender's steps in one transaction; one bad form never stops the others.

        Raises:
            StoreError: the outcome is unknown; a repeat makes new dispatches, so look before repeating.
        """
        self._sure()
        with self.ledger.begin() as book:
            return self._submit(forms, book, now)

    def submit_and_speak(
        self, forms: Sequence[tuple[Form, Officer]], now: Ms, *, aloft: Aloft = NOTHING_ALOFT
    ) -> tuple[list[Outcome], bytes | None]:
        """Take forms as `submit` does, and in the same transaction sign what is said next; None: nothing is due.

        What is `aloft` is on its way and is not said again.

        Raises:
            StoreError: as `submit`; nothing that was signed has left.
        """
        self._sure()
        with self.ledger.begin() as book:
            outcomes = self._submit(forms, book, now)
            said = self._say_too(book, self._heard, now, aloft, when_due=True)
        return outcomes, None if said is None else self._let_go(said, now)

    def _submit(self, forms: Sequence[tuple[Form, Officer]], book: Book, now: Ms) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for form, by in forms:
            try:
                outcomes.append(send(form, by, book, self.office, now))
            except BadForm as error:
                outcomes.append(error)
        return outcomes

    def see(self, dispatches: Sequence[DispatchId], now: Ms, by: Officer | None = None) -> None:
        """Note that a person opened these dispatches: of the peer's a receipt leaf `seen` each, once; and who it was."""
        with self.ledger.begin() as book:
            for dispatch in dispatches:
                self._see(dispatch, book, now)
                if by is not None and is_held(dispatch, book.tx):
                    note_view(dispatch, by.desk, by.number, book.tx, now)

    def act(self, particulars: Particulars, by: Officer, now: Ms) -> Done | NotDone:
        """Ask our law for one act on a dispatch that is held, keep its answer, and say whether it is done.

        Raises:
            BadForm: the dispatch is not held; nothing was kept.
            StoreError: the outcome is unknown; look at the acts on the dispatch before repeating.
        """
        with self.ledger.begin() as book:
            return perform(particulars, by, book, self.office, now)

    def answer_act(self, subject: bytes, answer: Answer, now: Ms) -> None:
        """Keep a second person's yes or no to an act that was held; after a yes, whoever asked repeats it.

        Raises:
            BadForm: a no without a reason; nothing was kept.
            NotAllowed: they may not, or no act waits for it; nothing was kept.
        """
        with self.ledger.begin() as book:
            answer_act(subject, answer, book, self.office, now)

    def _see(self, dispatch: DispatchId, book: Book, now: Ms) -> None:
        found = book.tx.rows(
            "SELECT idx, sealed_sha256 FROM got WHERE id = ? AND fact = ? AND seen_at IS NULL",
            (dispatch, int(Fact.FILED)),
        )
        if not found:
            return
        index = int_of(found[0][0])
        leaf = ReceiptLeaf(LeafIndex(real(index)), dispatch, sha256(b""), Fact.SEEN, None, None, None)
        leaf = replace(leaf, sealed=Digest(bytes_of(found[0][1])))
        if stands(book.tx, LogRole.THEIRS, index):
            book.append_own([encode_entry(leaf)])
        book.tx.run("UPDATE got SET seen_at = ? WHERE idx = ?", (now, index))
        for desk in self.office.desks.values():
            desk.settle(book.tx, dispatch, int(Fact.SEEN), None, now)

    def look(self, matches: tuple[Match, ...], by: Officer, now: Ms) -> tuple[Concerning, ...]:
        """Say of each dispatch found for a person who saw it, what was done with it, what our law says; note who looked.

        Raises:
            NotAllowed: the officer does not answer requests for access; nothing was shown or kept.
        """
        with self.ledger.begin() as book:
            return look(matches, by, book, self.office, now)

    def day_closes_at(self, now: Ms) -> Ms:
        """Return when the day is to be closed next; in the past means that it is due now."""
        at = self.office.accord.timer("manifest-at")
        with self.ledger.read() as tx:
            return next_closing(tx, at, now)

    def close_day(self, by: Officer, now: Ms) -> Outcome:
        """Close the day: the decision log's head into our log, and the manifest to the other side.

        The day is closed also where no manifest can go, such as when the peer's sealing keys have ended.
        """
        with self.ledger.begin() as book:
            standing = self.office.powers.standing(book.tx, by.desk, by.number, now)
            agency = standing.agency if standing is not None else min(self.office.agencies)
            recipient = self.office.peer_keys.sealing[0].agency
            close_day(book, self.voice, self.office.entropy.draw(32), now)
            certifying.send_again(book)
            form = manifest_form(make_manifest(book.tx, now), agency, recipient)
            try:
                return send(form, by, book, self.office, now)
            except BadForm as error:
                return error

    def certify(self, by: Officer, now: Ms) -> int:
        """Send the certificates of what was destroyed here, each once its leaf is co-signed; return how many went now."""
        if now < self._certifies <= now + _CERTIFY_AGAIN_MS:
            return 0
        again = self._to_go_again(now)
        with self.ledger.read() as tx:
            if not again and not certifying.waits(tx, self.office):
                return 0
        with self.ledger.begin() as book:
            certifying.let_go_again(book, again)
            certifying.say_again(book, self.office, now)
            try:
                return certifying.certify(book, self.office, by, now)
            except BadForm:
                self._certifies = Ms(now + _CERTIFY_AGAIN_MS)
                return 0  # they stay owed

    def _to_go_again(self, now: Ms) -> tuple[bytes, ...]:
        """Look every five minutes which certificates could not be opened and may go again."""
        if now < self._not_opened <= now + _NOT_OPENED_MS:
            return ()
        self._not_opened = Ms(now + _NOT_OPENED_MS)
        with self.ledger.read() as tx:
            return certifying.not_opened(tx, now)

    # --- held drafts, what is owed, alarms ---------------------------------------------------------------------

    def held(self, *, ended: bool = False) -> tuple[Held, ...]:
        """Return the drafts that wait, oldest first; with `ended` also those that no longer do."""
        return held.all_held(self.ledger, ended=ended)

    def held_draft(self, draft: DispatchId) -> HeldShown:
        """Return one draft that was kept whole, with the answers to it and who was rung.

        Raises:
            BadForm: there is no such draft.
        """
        return held.show_held(self.ledger, draft)

    def approve(self, subject: Digest, answer: Answer, now: Ms) -> Held:
        """Keep one person's yes or no to the held draft whose subject they were shown; a no ends it.

        Raises:
            BadForm: no draft waits under this subject, or a no without a reason.
            NotAllowed: they may not; the attempt is kept, the draft is as before.
        """
        return held.approve(self.ledger, self.office, subject, answer, now)

    def resume(self, draft: DispatchId, by: Officer, now: Ms, *, added: Added = NOTHING) -> Committed | Withheld:
        """Take a held draft through the path again, by the law of now, with its approvals and what is added to it.

        Raises:
            BadForm: there is no such draft, it no longer waits, or it no longer fits; nothing was changed.
        """
        return held.take_up_again(self.ledger, self.office, draft, by, now, added=added)

    def add_to(self, draft: DispatchId, by: Officer, now: Ms, *, added: Added) -> Withheld:
        """Add to a held draft without letting it go.

        Raises:
            BadForm: it no longer waits, or no longer fits; nothing was changed.
            NotAllowed: the officer has no standing.
        """
        return held.add_to(self.ledger, self.office, draft, by, now, added=added)

    def hand_in(self, handed: HandedIn, now: Ms) -> Committed | Withheld | Again:
        """Take a form of a screen through the sender's steps once, whatever often it is handed in.

        Raises:
            BadForm: it does not fit, or has left with other content; nothing was kept.
            StoreError: the outcome is unknown; the same again does no harm.
        """
        return hand_in(self.ledger, self.office, handed, now)

    def asked_their_law(self, asked: AskedOf, now: Ms) -> LeafIndex:
        """Keep in our decision log that an officer asked what the peer's published law would say of a draft."""
        return note_asked(self.ledger, self.office, asked, now)

    def drop(self, draft: DispatchId, by: Officer, now: Ms, *, reason: str) -> Held:
        """End a held draft that is not wanted any more.

        Raises:
            BadForm: it does not wait, or no reason was given.
            NotAllowed: the officer is not of the agency whose draft it is.
        """
        return held.drop(self.ledger, self.office, draft, by, now, reason=reason)

    def minimum(self, draft: DispatchId) -> Form:
        """Return the form with the minimum facts of an `immediate` draft, to be completed and handed in.

        Raises:
            BadForm: it is not immediate, or its desk marks nothing as minimum.
        """
        return held.minimum(self.ledger, self.office, draft)

    def owed(self, *, done: bool = False) -> tuple[Owed, ...]:
        """Return what is owed, the first due first; with `done` also what was done."""
        return owed.all_owed(self.ledger, done=done)

    def complete(self, thing: DispatchId, done: Completion, now: Ms) -> Owed:
        """Close one thing that is owed; a review leaves a leaf in our exchange log.

        Raises:
            BadForm: it was done, or what was handed in is not what is owed.
            NotAllowed: this officer may not do it.
        """
        return owed.complete_owed(self.ledger, self.office, thing, done, now)

    def alarms(self, role: str | None = None, *, seen: bool = False) -> tuple[Rung, ...]:
        """Return the alarms, newest first, of one role or of all; with `seen` also those that were seen."""
        return owed.all_alarms(self.ledger, role, seen=seen)

    def alarm_seen(self, alarm: DispatchId, now: Ms) -> None:
        """Note that a person of the role has seen an alarm.

        Raises:
            BadForm: there is no such alarm.
        """
        owed.alarm_seen(self.ledger, alarm, now)

    def rings_at(self) -> Ms | None:
        """Return when time alone will ring somebody next, if nothing is done before; None: nothing waits."""
        times = (owed.rings_at(self.ledger, self.office), next_reminder(self.ledger, self.office))
        return min((at for at in times if at is not None), default=None)

    # --- listening ---------------------------------------------------------------------------------------------

    def take(self, data: bytes, now: Ms, *, apart: bool = False, carried: bool = False) -> Taken:
        """Take an exchange, request or answer: check, absorb and record it in one transaction.

        Args:
            data: the bytes as they came.
            now: our time.
            apart: open each dispatch in a transaction of its own, so that one which brings the program down leaves
                the others their way; what it leaves unopened stays stored.
            carried: it came on media, and whoever carried it could change all in it that nobody signed.

        Raises:
            Problem: it is not taken; its head is kept if its signatures are good.
            StoreError: the outcome is unknown; the same exchange again does no harm.
        """
        taken, _ = self._take_whole(data, now, apart=apart, carried=carried)
        return replace(taken, recorded=taken.recorded + self.open_stored(now)) if apart else taken

    def take_unopened(self, data: bytes, now: Ms, *, carried: bool = False) -> Taken:
        """Take an exchange as `take` does, but store its dispatches unopened, each for `open_one`.

        Raises:
            Problem, StoreError: as `take`.
        """
        return self._take_whole(data, now, apart=True, carried=carried)[0]

    def take_and_speak(
        self, data: bytes, now: Ms, *, aloft: Aloft = NOTHING_ALOFT, when_due: bool = False
    ) -> tuple[Taken, bytes | None]:
        """Take an exchange as `take` does, and in the same transaction sign what is said next.

        Args:
            data: the bytes as they came.
            now: our time.
            aloft: what is on its way and is not said again.
            when_due: say something only if it is due; an answer is always said.

        Returns:
            what was taken, and the exchange to send; None: `speak` apart, if anything is due. So it is where a paper came,
            which may change the keys, and where nothing may be signed.

        Raises:
            Problem, StoreError: as `take`; nothing that was signed has left.
        """  # spec: protocol.md 1 rule 6, 4 rule 5
        taken, said = self._take_whole(
            data, now, apart=False, too=lambda book, heard: self._say_too(book, heard, now, aloft, when_due=when_due)
        )
        return taken, None if said is None else self._let_go(said, now)

    def _take_whole(
        self,
        data: bytes,
        now: Ms,
        *,
        apart: bool,
        carried: bool = False,
        too: Callable[[Book, Heard], Said | None] | None = None,
    ) -> tuple[Taken, Said | None]:
        self._sure()
        exchange = absorb.read_exchange(data, self.peer)
        head = self._refuse_stopped(exchange, now, carried=carried)
        heard = Heard(exchange.base, tuple((int(k), v) for k, v in exchange.credit), exchange.wants)
        try:
            with self._change() as book:
                taken = self._take(exchange, head, book, now, apart=apart, carried=carried)
                said = too(book, heard) if too is not None and self._papers_stand() else None
        except Proven as proven:
            self._judge_proven(proven, exchange, now)
        except Problem as problem:
            if problem.code != "stale-incarnation":
                self._keep_doubtful(head, problem, now, carried=carried)
            raise
        self._heard = heard
        return taken, said

    def _take(self, exchange: Exchange, head: SignedHead, book: Book, now: Ms, *, apart: bool, carried: bool) -> Taken:
        first = book.logs[LogRole.THEIRS].size
        before = book.logs[LogRole.OURS]
        news = absorb.absorb(exchange, head, book, self.peer, self.timers, now=now)
        fresh = book.entries(LogRole.THEIRS, first, book.logs[LogRole.THEIRS].size)
        entries = [decode_entry(e) for e in fresh]
        settled = apply_entries(first, entries, head, book, self.office.desks, now=now)
        if any(isinstance(one, ReceiptLeaf) and one.fact is not Fact.SEEN for one in entries):
            self._told = replace(self._told, receipted=True)
        release(book, self.office, entries, first, now)
        if self._entered(entries, book.tx) or wants_reseal(entries):
            reseal_due(book, self.office, now)
        after = book.logs[LogRole.OURS]
        grown = (after.cosigned_size, after.cosigned_time) > (before.cosigned_size, before.cosigned_time)
        self._note_good(book, head, now, cosigned=grown, carried=carried)
        withdraw_wanted(book, exchange.wants, now)
        arrived, dropped = absorb.arrived_bytes(exchange, book)
        foresee(book.tx, AWAITED, settled)
        recorded = [one for id_ in settled for one in follow(DispatchId(id_), book, self.office, now)]
        if apart:
            book.tx.many("UPDATE got SET sealed = ? WHERE idx = ?", [(sealed, index) for index, sealed in arrived])
        else:
            self._foresee(arrived, book)
            for index, sealed in arrived:
                recorded += self._receive(index, sealed, book, now)
        recorded += vain.refuse_all(book, self.office, now) if self._stops.ended else ()
        return Taken(exchange, head, bool(fresh), news, tuple(recorded), dropped)

    def _foresee(self, arrived: Sequence[tuple[LeafIndex, bytes]], book: Book) -> None:
        leaves = book.foresee_theirs([index for index, _ in arrived])
        ids = [leaf.id for leaf in leaves if isinstance(leaf, DispatchLeaf)]
        foresee(book.tx, MARKED, ids)
        foresee(book.tx, AWAITED, ids)
        for desk in self.office.desks.values():
            if foresees(desk):
                desk.foresee_begun(book.tx, ids)

    def _receive(self, index: LeafIndex, sealed: bytes, book: Book, now: Ms) -> list[Recorded]:
        if absorb.is_wanted_again(book.tx, index):
            return refile(index, sealed, book, self.office, now)
        leaf = book.entry(LogRole.THEIRS, index)
        assert isinstance(leaf, DispatchLeaf)
        arrival = Arrival(index, as_sealed(leaf, sealed), sealed, now)
        if self._stops and stays_out(arrival, self._stops, self.office):
            book.tx.run("UPDATE got SET sealed = NULL WHERE idx = ?", (index,))
            absorb.count(book, "dispatch-suspended")
            return []
        recorded = [receive(arrival, book, self.office, now)]
        if recorded[0].fact != Fact.ARRIVED:
            recorded += follow(leaf.id, book, self.office, now)
        return recorded

    def open_stored(self, now: Ms) -> tuple[Recorded, ...]:
        """Open what was stored unopened, each dispatch in a transaction of its own; a start does it too."""
        return tuple(one for index in self.unopened() for one in self.open_one(index, now))

    def unopened(self) -> tuple[LeafIndex, ...]:
        """Return the leaves whose dispatch is stored and was not opened yet, most urgent first."""
        statement = (
            "SELECT idx, lane FROM got WHERE fact = 0 AND sealed IS NOT NULL AND settled_at IS NULL UNION"
            " SELECT g.idx, g.lane FROM got g JOIN regot r ON r.idx = g.idx WHERE g.sealed IS NOT NULL ORDER BY 2, 1"
        )
        with self.ledger.read() as tx:
            return tuple(LeafIndex(int_of(row[0])) for row in tx.rows(statement))

    def open_one(self, index: LeafIndex, now: Ms) -> tuple[Recorded, ...]:
        """Open one of `unopened` in a transaction of its own, and what waited for it."""
        with self._change() as book:
            self._stops = read_link(book.tx).stops
            sealed = book.tx.rows("SELECT sealed FROM got WHERE idx = ?", (index,))[0][0]
            return tuple(self._receive(index, bytes_of(sealed), book, now))

    def _note_good(self, book: Book, head: SignedHead, now: Ms, *, cosigned: bool, carried: bool) -> None:
        link = read_link(book.tx)
        event = LinkEvent.EXCHANGE_COSIGNED if cosigned else LinkEvent.EXCHANGE_GOOD
        link = moved(link, event, now, "an exchange went well")
        if head.time >= book.logs[LogRole.THEIRS].head_time:  # an older head that is shown again says nothing of now
            link = replace(link, clock_off_ms=head.time * SECOND_MS - now)
        if link.challenged:
            link = challenge.answered(book, link, now, carried=carried)
        self._stops = link.stops
        write_link(book.tx, replace(link, failures=0, last_good=now))

    def _keep_doubtful(self, head: SignedHead, problem: Problem, now: Ms, *, carried: bool) -> None:
        """Keep the head of an exchange that is not taken, and challenge it where its entries do not give its root."""
        with self.ledger.begin() as book:
            absorb.keep_pending(head, book)
            absorb.count(book, f"problem-{problem.code}")
            if problem.code == "clock":
                off = min(head.time * SECOND_MS - now, _FAR_MS)
                write_link(book.tx, replace(read_link(book.tx), clock_off_ms=off))
            if isinstance(problem, BadEdition):
                ring(Alarm(problem.why, DUTY_OFFICER, "", (head.checkpoint.size,)), book.tx, now)
            if problem.code == "unproven-head":
                challenge.challenge(book, head, now, carried=carried)

    def problem_bytes(self, problem: Problem) -> bytes:
        """Return what the peer reads of a problem: a code, when to come again, how far our mirror reaches."""
        with self.ledger.begin() as book:
            theirs = book.logs[LogRole.THEIRS]
            checkpoint = stored_head(book, LogRole.THEIRS) if theirs.head_time else None
            incarnation = read_incarnation(book.tx, LogRole.THEIRS).second
        retry = RETRY_MS if problem.code in {"gap", "recovering", "slow-down", "clock"} else 0
        return encode_problem(ProblemBytes(problem.code, retry, theirs.size, checkpoint, incarnation))

    def take_problem(self, problem: ProblemBytes, now: Ms) -> None:
        """Act on the problem that answered our exchange: a gap moves our base to the size that the peer holds."""
        self._told = Told(tick=self._told.tick)
        with self.ledger.begin() as book:
            link = replace(read_link(book.tx), failures=0)
            if problem.code == "gap" and problem.mirror_size < book.logs[LogRole.OURS].cosigned_size:
                book.change(LogRole.OURS, cosigned_size=problem.mirror_size)
                link = moved(link, LinkEvent.GAP, now, "the peer asked for entries from an earlier place")
            foreign = link.state is not LinkState.RECOVERING and stolen.is_shown(problem.checkpoint, book, self.voice)
            # One that recovers itself does not say yet whether another store of ours signed that.
            if problem.code == "stale-incarnation" or (foreign and problem.code == "recovering"):
                reason = "the other side says that our store was put back; it is asked what it holds"
                link, foreign = moved(link, LinkEvent.STALE_INCARNATION, now, reason), False
            write_link(book.tx, link)
            if foreign:
                stolen.stop(book, self.office, problem.checkpoint or "", now)

    # --- time --------------------------------------------------------------------------------------------------

    def tick(self, now: Ms) -> None:
        """Let time pass: what is overdue is told, whoever is on call is rung, the link's state follows its clock."""
        owed.pass_time(self.ledger, self.office, now)
        remind(self.ledger, self.office, now)
        with self.ledger.read() as tx:
            papers, challenged = self._papers_wait(tx, now), read_link(tx).challenged
            overdue, over = self._cosign_overdue(tx, now), vain.over(tx)
        if papers:
            self.enter_papers(now)
        if challenged:
            self.press(now)
        if over:
            with self.ledger.begin() as book:
                vain.refuse_all(book, self.office, now)
        if not overdue:
            return
        with self.ledger.begin() as book:
            link = read_link(book.tx)
            reason = "the other party has not co-signed our log within the accord's time"
            after = moved(link, LinkEvent.COSIGN_OVERDUE, now, reason)
            if after.state is not link.state:
                write_link(book.tx, after)

    @property
    def paired(self) -> bool:
        """Whether the ceremony has been held."""
        return self.link().state is not LinkState.UNPAIRED
