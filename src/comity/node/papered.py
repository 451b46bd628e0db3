"""The part of a node that follows the papers: which keys and which accord apply now, and when a new one enters our log.

The rule it keeps: what is remembered of the papers is what is stored; a transaction that may have changed them and failed
leaves a doubt, and whoever speaks or listens next reads them anew.
"""  # spec: protocol.md 10

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import key_id
from comity.dispatch.amendment import Amendment, Stage, encode_amendment, stage_of
from comity.dispatch.book import Book, Ledger, LogRole
from comity.dispatch.cut import View
from comity.dispatch.entries import Entry, InstrumentKind, InstrumentLeaf
from comity.dispatch.keylist import KeyList, follows, verify_keylist
from comity.dispatch.office import Office
from comity.dispatch.path import send
from comity.dispatch.ports import Tx
from comity.dispatch.proposals import fault_of_ours, proposals
from comity.dispatch.states import Committed, Officer, Withheld
from comity.node.amending import Amending, amending
from comity.node.assemble import Keyring, renewed
from comity.node.cutting import Aside, TakenCut, aside, held_back, taken_cuts, view_of
from comity.node.editions import enter_edition, move_pool
from comity.node.link import LinkState
from comity.node.linkrow import read_link
from comity.node.manifest import DESK, NodeDesk, amendment_form, keys_form
from comity.node.papers import KEYS, Listed, Papers, enter_keys, first_lists, read_papers
from comity.node.peer import Peer, Timers, Voice

_ENTERING = frozenset({InstrumentKind.KEYS, InstrumentKind.ACCORD})
_SIGNS_NOTHING = frozenset({LinkState.RECOVERING, LinkState.SUPERSEDED, LinkState.BROKEN})


class Papered:
    """What applies, by what is stored."""

    office: Office
    voice: Voice
    peer: Peer
    timers: Timers
    ledger: Ledger
    _keyring: Callable[[], Keyring]
    _doubtful: bool
    _filed: int
    """Papers that the desk had filed when the change began."""

    def reread(self) -> None:
        """Take the key lists and the accord that are in force by what is stored; after a change, and after a doubt."""
        with self.ledger.read() as tx:
            self._renew(tx)

    def _renew(self, tx: Tx) -> None:
        papers = read_papers(tx)
        if papers is None:  # what was there was not taken, or was never stored
            self.office = replace(self.office, coming=None, known=frozenset())
            self.voice, self.peer = replace(self.voice, coming=()), replace(self.peer, coming=())
            return
        self.office, self.voice, self.peer, self.timers = self._made_of(papers)

    def _made_of(self, papers: Papers) -> tuple[Office, Voice, Peer, Timers]:
        made = renewed(self.office, self.voice, papers, self._keyring())
        return made.office, made.voice, made.peer, made.timers

    def _as_stored(self, tx: Tx) -> tuple[Office, Voice, Peer]:
        papers = read_papers(tx)
        return (self.office, self.voice, self.peer) if papers is None else self._made_of(papers)[:3]

    def _with_hints(self, tx: Tx, hints: Mapping[tuple[bytes, bool], int]) -> tuple[Voice, Peer, Sequence[KeyList]]:
        papers = read_papers(tx, hints)
        if papers is None:
            return self.voice, self.peer, (self.office.peer_keys,)
        _, voice, peer, _ = self._made_of(papers)
        return voice, peer, self._peer_lists(papers)

    def _peer_lists(self, papers: Papers | None) -> tuple[KeyList, ...]:
        """Return the key lists of the peer, newest first, without those whose log key a later one revoked."""
        if papers is None:
            return (self.office.peer_keys,)
        lists = [one.keys for one in (*papers.theirs, *papers.coming) if one.keys.node == self.office.peer]
        revoked = {kid for keys in lists for kid, _ in keys.revoked}
        return tuple(keys for keys in reversed(lists) if key_id(keys.log.ed25519) not in revoked)

    def _sure(self) -> None:
        """Read the papers anew if a transaction that may have changed them failed."""
        if self._doubtful:
            self.reread()
            self._doubtful = False

    @contextmanager
    def _change(self) -> Generator[Book]:
        """Open a transaction in which a paper may come, be filed by the other side, or enter a log."""
        self._sure()
        self._filed = self._papers_filed()
        with self.ledger.begin() as book:
            yield book
            if self._papers_filed() != self._filed:
                self._enter(book)
        self._doubtful = False

    def _papers_filed(self) -> int:
        desk = self.office.desks.get(DESK)
        return desk.news if isinstance(desk, NodeDesk) else 0

    def _papers_stand(self) -> bool:
        """Say whether the change that is open left the papers alone, so that what applied at its begin still does."""
        return not self._doubtful and self._papers_filed() == self._filed

    def _entered(self, entries: Sequence[Entry], tx: Tx) -> bool:
        """Follow papers that entered the peer's log with these entries; say whether any did."""
        if not any(isinstance(one, InstrumentLeaf) and one.kind in _ENTERING for one in entries):
            return False
        self._doubtful = True
        self._renew(tx)
        return True

    def _enter(self, book: Book) -> None:
        """Write into our log what may stand there now, and follow it."""
        self._doubtful = True
        if read_link(book.tx).state not in _SIGNS_NOTHING:
            enter_keys(book, self.office.us)
        self._renew(book.tx)

    def _papers_wait(self, tx: Tx, now: Ms) -> bool:
        """Say whether a paper could enter our log once nothing stands in its way."""
        coming = self.office.coming
        if coming is not None and coming.in_force_from <= now:
            return True
        statement = "SELECT 1 FROM paper WHERE kind = ? AND ready = 1 AND our_idx IS NULL AND node = ?"
        return bool(tx.rows(statement, (KEYS, self.office.us)))

    def enter_papers(self, now: Ms) -> None:
        """Write into our log the papers that wait for it and may stand there now."""
        with self._change() as book:
            self._enter(book)
            state = read_link(book.tx).state
            if state not in _SIGNS_NOTHING and enter_edition(book, self.office, now):
                self._renew(book.tx)
                move_pool(book, self.office, now)

    def amending(self) -> Amending:
        """Return what there is of editions of the accord: in force, signed, proposed."""
        self._sure()
        with self.ledger.read() as tx:
            return amending(tx, self.office)

    def hand_in_edition(self, signed: bytes, note: str, by: Officer, now: Ms) -> Committed | Withheld:
        """Send the next edition to the other side: signed by our root it is proposed, signed by both it is agreed.

        Raises:
            BadForm: it does not follow the newest edition, or something else must be answered first.
            BadSignature, BadEnvelope: it is not signed by our root, or by both, or is no accord.
        """  # spec: protocol.md 10
        stage = stage_of(signed, self.office.accord, self.office.us)
        if stage is Stage.REFUSED:
            raise BadForm(
                "this edition bears the other side's signatures only: sign it with our root, or refuse it by its number;"
                " nothing was changed"
            )
        return self._say_of_edition(Amendment(signed, note), stage, by, now)

    def refuse_edition(self, text: Digest, note: str, by: Officer, now: Ms) -> Committed | Withheld:
        """Send a proposal of the other side back without our signature, with the reason.

        Raises:
            BadForm: no such proposal waits, or there is no reason.
        """
        if not note.strip():
            raise BadForm("a refusal of an edition needs a reason; nothing was changed")
        self._sure()
        with self.ledger.read() as tx:
            found = [one.said for one in proposals(tx) if one.waits and one.said.text_sha256 == text]
        if not found or found[0].ours:
            raise BadForm("no proposal of the other side with this number waits for an answer; nothing was changed")
        return self._say_of_edition(Amendment(found[0].signed, note), Stage.REFUSED, by, now)

    def _say_of_edition(self, amendment: Amendment, stage: Stage, by: Officer, now: Ms) -> Committed | Withheld:
        body = encode_amendment(amendment)
        with self._change() as book:
            wrong = fault_of_ours(amendment, stage, book.tx, self.office)
            if wrong:
                raise BadForm(f"this edition of the accord cannot be sent: {wrong}; nothing was changed")
            standing = self.office.powers.standing(book.tx, by.desk, by.number, now)
            agency = standing.agency if standing is not None else min(self.office.agencies)
            form = amendment_form(body, agency, self.office.peer_keys.sealing[0].agency)
            return send(form, by, book, self.office, now)

    def cut_view(self, *, own: bool) -> View:
        """Return what this store has of our log, or of the peer's, for a cut to be made of."""
        with self.ledger.begin() as book:
            return view_of(book, LogRole.OURS if own else LogRole.THEIRS)

    def cuts(self) -> tuple[tuple[TakenCut, ...], tuple[Aside, ...]]:
        """Return the cuts that this node took, and what is set aside by them."""
        with self.ledger.read() as tx:
            return taken_cuts(tx), aside(tx)

    def held_back(self) -> int:
        """Return how many dispatches of ours wait for the other side's word that it took a cut."""
        with self.ledger.read() as tx:
            return held_back(tx)

    def our_lists(self) -> tuple[Listed, tuple[Listed, ...]]:
        """Return our key list in force, and those of ours that have no leaf yet."""
        with self.ledger.read() as tx:
            papers = read_papers(tx)
            if papers is None:
                return first_lists(tx)[0], ()
        return papers.ours[-1], tuple(one for one in papers.coming if one.keys.node == self.office.us)

    def authorities(self) -> tuple[bytes, ...]:
        """Return the certificates (DER) of the peer's authorities to be trusted: in force, before it, and coming."""
        with self.ledger.read() as tx:
            papers = read_papers(tx)
        if papers is None:
            return (self.office.peer_keys.tls_ca,)
        number = papers.theirs[-1].keys.log.number  # behind a cut the authority of before counts no more
        trusted = [one for one in papers.theirs[-2:] if one.keys.log.number == number]
        lists = (*trusted, *(one for one in papers.coming if one.keys.node == self.office.peer))
        return tuple(dict.fromkeys(one.keys.tls_ca for one in lists))

    def all_lists(self) -> tuple[tuple[Listed, ...], tuple[Listed, ...]]:
        """Return all key lists of ours and of the peer that we hold, in the order in which they came into force."""
        with self.ledger.read() as tx:
            papers = read_papers(tx)
            if papers is None:
                ours, theirs = first_lists(tx)
                return (ours,), (theirs,)
        coming = {
            mine: tuple(one for one in papers.coming if (one.keys.node == self.office.us) is mine)
            for mine in (True, False)
        }
        return (*papers.ours, *coming[True]), (*papers.theirs, *coming[False])

    def install_keys(self, signed: bytes, by: Officer, now: Ms) -> Committed | Withheld:
        """Send a new key list of ours to the other side; once that has filed it, it enters our log and counts.

        Raises:
            BadForm: it does not follow the list in force, its private keys are not here, or another one waits.
            BadSignature, BadEnvelope: our root has not signed it, or it is none.
        """  # spec: protocol.md 10
        keys = verify_keylist(signed, self.office.accord.party(self.office.us).root())
        newest, coming = self.our_lists()
        wrong = follows(keys, newest.keys, newest.digest) or self._lacking(keys)
        if coming and coming[0].digest != sha256(signed):
            wrong = "another key list still waits to enter the log"
        if wrong:
            raise BadForm(f"this key list cannot be used: {wrong}; nothing was changed")
        with self._change() as book:
            standing = self.office.powers.standing(book.tx, by.desk, by.number, now)
            agency = standing.agency if standing is not None else min(self.office.agencies)
            form = keys_form(signed, agency, self.office.peer_keys.sealing[0].agency)
            return send(form, by, book, self.office, now)

    def _lacking(self, keys: KeyList) -> str:
        ring = self._keyring()
        if ring.log_of(keys.log) is None or ring.cosigner_of(keys.cosigners[0]) is None:
            return "its private log or mirror keys are not in this node's folder"
        missing = [key.agency for key in keys.sealing if key.kid not in ring.sealing]
        return f"the private sealing key of {missing[0]} is not in this node's folder" if missing else ""
