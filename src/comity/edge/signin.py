"""Signing in, proving again, registering a passkey: each begun by one browser and ended once, in the node's one writer.

The rule it keeps: who a person is comes from a passkey, the agency's sign-in or, in a demonstration, a button; never from
what the web process says. A ceremony that was answered is over, whatever the answer was worth.
"""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import cast

from comity.base.entropy import Entropy
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge import peoplerows as rows
from comity.edge.agency import Asking
from comity.edge.passkeys import CounterWentBack, NotProved, RelyingParty
from comity.edge.people import AGENCY, DEMO, PASSKEY, People
from comity.edge.peoplerows import CeremonyRow, Officer, PasskeyRow, SessionRow, digest_of, span_of
from comity.policy.access import Role

_LOG = logging.getLogger("comity.people")
ENTER, AGAIN, REGISTER, ADD = "enter", "again", "register", "add"
BACK = "/sign-in/agency/answer"
_NO_CEREMONY = "this sign-in is over or was begun in another browser; nothing was opened. Begin again"
_NO_SESSION = "this session is over; nothing was changed. Sign in again"
_CLOSED = "this account is not open now; nothing was opened. Ask your administrator"
_NO_LINK = "this invitation was used or has ended; nothing was kept. Ask your administrator for another"
MOST_LABEL = 60
MOST_PASSKEYS = 12


@dataclass(frozen=True, slots=True)
class Begun:
    """A ceremony that a browser may answer: its id, 32 hexadecimal digits, and what the browser asks of the key, as JSON."""

    id: str
    options: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that was opened: the token, which is said once, and until when it lasts at the most."""

    token: str
    until: Ms
    desk: str
    number: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser sends to end a ceremony.

    Attributes:
        ceremony: its id, 32 hexadecimal digits.
        browser: what only the browser has that began it.
        origin: of the page, as the web process heard it.
        answer: the credential as JSON.
        instead: id of the session that this browser had, which ends; "" for none.
        label: what the officer calls a new passkey.
    """

    ceremony: str
    browser: str
    origin: str
    answer: str
    instead: str = ""
    label: str = ""


class SignIn:
    """The ceremonies of one node. Every method is called in its writer thread.

    Args:
        ledger: the store.
        people: who is active.
        party: for which host and pages passkeys are.
        entropy: randomness for tokens, challenges and handles.
    """

    def __init__(self, ledger: Ledger, people: People, party: RelyingParty, entropy: Entropy) -> None:
        self._ledger = ledger
        self._people = people
        self.party = party
        self._entropy = entropy

    # --- beginning ---------------------------------------------------------------------------------------------

    def begin(self, what: str, browser: str, about: str) -> Begun:
        """Begin a ceremony: `enter`; `again` or `add` with the id of a session; `register` with an invitation's token.

        Raises:
            BadForm: there is no such ceremony, or no browser is named.
            NotAllowed: the session or invitation is over, or the officer not active.
        """
        now = self._people.wall()
        if not browser or what not in {ENTER, AGAIN, REGISTER, ADD}:
            raise BadForm("a sign-in is begun by a browser, as enter, again, register or add")
        with self._ledger.begin() as book:
            who, about = self._about(book.tx, what, about, now)
            id_, challenge = self._entropy.draw(rows.CEREMONY_BYTES), self._entropy.draw(rows.TOKEN_BYTES)
            until = Ms(now + rows.CEREMONY_MS)
            rows.add_ceremony(book.tx, CeremonyRow(id_, what, challenge, who, about, digest_of(browser), until), now)
            return Begun(id_.hex(), self._options(book.tx, what, challenge, who, now))

    def begin_agency(self, browser: str, origin: str, to: str, session: str) -> Asking:
        """Begin a sign-in at the agency; with a session it is a proof anew of its officer.

        Raises:
            BadForm: no browser is named, or the page's address is none of ours.
            NotAllowed: the session is over.
        """
        now, origins = self._people.wall(), self.party.origin(origin)
        if not browser or not origins:
            raise BadForm("a sign-in is begun by a browser on a page of this node; nothing was begun")
        state, nonce, verifier = (_text(self._entropy.draw(rows.TOKEN_BYTES)) for _ in range(3))
        asking = Asking(state, nonce, verifier, origins[0] + BACK, again=bool(session))
        with self._ledger.begin() as book:
            who = self._officer_of(book.tx, session, now) if session else None
            about = json.dumps({"back": asking.back, "to": to, "session": session})
            secret = f"{nonce} {verifier}".encode()
            until = Ms(now + rows.AGENCY_MS)
            row = CeremonyRow(digest_of(state), AGENCY, secret, who, about, digest_of(browser), until)
            rows.add_ceremony(book.tx, row, now)
        return asking

    def _about(self, tx: Tx, what: str, about: str, now: Ms) -> tuple[Officer | None, str]:
        if what == ENTER:
            return None, ""
        if what == REGISTER:
            found = rows.invitation(tx, digest_of(about), now)
            if found is None:
                raise NotAllowed(_NO_LINK)
            return self._active(tx, (found.desk, found.number)), digest_of(about).hex()
        return self._officer_of(tx, about, now), about

    def _options(self, tx: Tx, what: str, challenge: bytes, who: Officer | None, now: Ms) -> str:
        from comity.edge.passkeyproof import to_enter, to_register  # noqa: PLC0415  loads a library of every form of key

        if who is None:
            return to_enter(self.party, challenge)
        known = [one.credential for one in rows.passkeys(tx, who)]
        if what == AGAIN:
            return to_enter(self.party, challenge, known)
        account = rows.make_account(tx, who, self._entropy.draw(rows.TOKEN_BYTES), now)
        return to_register(self.party, challenge, account.handle, f"{who[0]}/{who[1]}", known)

    # --- ending ------------------------------------------------------------------------------------------------

    def enter(self, asked: Asked, now_node: Ms) -> Entered:
        """Open a session by a passkey's answer.

        Raises:
            NotProved: the answer is not good; the ceremony is over.
            CounterWentBack: the same, and the administrator is told.
            NotAllowed: the officer is not active.
        """
        from comity.edge.passkeyproof import proved, read_answer  # noqa: PLC0415  loads a library of every form of key

        ceremony = self._take(asked, {ENTER, AGAIN})
        answer = read_answer(asked.answer)
        now = self._people.wall()
        gone_back: CounterWentBack | None = None
        with self._ledger.begin() as book:
            tx = book.tx
            kept = rows.passkey(tx, answer.credential)
            who = (kept.desk, kept.number) if kept else None
            if kept is None or who is None or not self._belongs(tx, ceremony, who, answer.handle):
                raise NotProved("this passkey is not known here, or was ended; nothing was opened")
            known = kept.public_key, kept.sign_count
            try:
                count = proved(self.party, asked.origin, ceremony.secret, answer, known)
            except CounterWentBack as error:
                gone_back = error
                about = f"{who[0]}/{who[1]}"
                once = kept.credential.hex(), kept.sign_count
                ring(Alarm("passkey-counter", Role.ADMINISTRATOR, about, once), tx, now_node)
            else:
                self._active(tx, who)
                rows.used_passkey(tx, kept.credential, count, now)
                return self._open(tx, who, PASSKEY, now, ends=(asked.instead, ceremony.about))
        assert gone_back is not None
        _LOG.warning("a passkey of %s/%s counted less than before; it was refused", *who)
        raise gone_back

    def register(self, asked: Asked) -> Entered | None:
        """Keep a new passkey: by an invitation, which is then used and a session opened, or as a further one: None.

        Raises:
            NotProved: the answer is not good; the ceremony is over, an invitation can be tried again.
            NotAllowed: the invitation or session is over, or the officer not active, or has too many.
        """
        from comity.edge.passkeyproof import registered  # noqa: PLC0415  loads a library of every form of key

        ceremony = self._take(asked, {REGISTER, ADD})
        new = registered(self.party, asked.origin, ceremony.secret, asked.answer)
        now, who = self._people.wall(), cast("Officer", ceremony.who)
        with self._ledger.begin() as book:
            tx = book.tx
            self._active(tx, who)
            if rows.known_credential(tx, new.credential):
                raise NotProved("this passkey is registered already; nothing was kept")
            if len(rows.passkeys(tx, who)) >= MOST_PASSKEYS:
                raise NotAllowed(f"an officer has at most {MOST_PASSKEYS} passkeys; end one first")
            label = asked.label.strip()[:MOST_LABEL]
            row = PasskeyRow(new.credential, *who, new.public_key, new.sign_count, label, now, None)
            rows.add_passkey(tx, row, "")
            _LOG.info("%s/%s registered a passkey", *who)
            if ceremony.what == ADD:
                self._officer_of(tx, ceremony.about, now)  # a session that ended meanwhile adds no key
                return None
            if not rows.use_invitation(tx, bytes.fromhex(ceremony.about), now):
                raise NotAllowed(_NO_LINK)
            return self._open(tx, who, PASSKEY, now, ends=(asked.instead,))

    def take_agency(self, state: str, browser: str) -> tuple[Asking, str, str]:
        """End what `begin_agency` began; return what must come back, where the person wanted to go, and the session.

        Raises:
            NotProved: it was answered already, is over, or was begun by another browser.
        """
        with self._ledger.begin() as book:
            found = rows.take_ceremony(book.tx, digest_of(state), digest_of(browser), self._people.wall())
        if found is None or found.what != AGENCY:
            raise NotProved(_NO_CEREMONY)
        about = json.loads(found.about)
        nonce, _, verifier = found.secret.decode().partition(" ")
        asking = Asking(state, nonce, verifier, about["back"], again=bool(about["session"]))
        return asking, about["to"], about["session"]

    def enter_by_agency(self, subject: str, session: str, instead: str) -> Entered:
        """Open a session for the officer to whom a subject is bound; with a session it must be the same officer.

        Raises:
            NotAllowed: no account is bound to it, or its officer is not active, or another's.
        """
        now = self._people.wall()
        with self._ledger.begin() as book:
            found = rows.account_of_subject(book.tx, subject)
            if found is None:
                raise NotAllowed("no account here is bound to you; nothing was opened. Ask your administrator")
            who = self._active(book.tx, (found.desk, found.number))
            if session and self._officer_of(book.tx, session, now) != who:
                raise NotAllowed("another officer signed in than the one who is here; nothing was opened")
            return self._open(book.tx, who, AGENCY, now, ends=(session, instead))

    def enter_demo(self, who: Officer, instead: str) -> Entered:
        """Open a session without any proof, for a demonstration; only whom the ready-made roles name.

        Raises:
            NotAllowed: the settings do not allow it, or the officer is none of these.
        """
        if who not in {(desk, number) for _, desk, number in self._people.ways().demo}:
            raise NotAllowed("this node has no such ready-made role; nothing was opened")
        now = self._people.wall()
        with self._ledger.begin() as book:
            return self._open(book.tx, self._active(book.tx, who), DEMO, now, ends=(instead,))

    # --- inside ------------------------------------------------------------------------------------------------

    def _take(self, asked: Asked, whats: set[str]) -> CeremonyRow:
        now = self._people.wall()
        with self._ledger.begin() as book:
            found = rows.take_ceremony(book.tx, hex_bytes(asked.ceremony), digest_of(asked.browser), now)
        if found is None or found.what not in whats:
            raise NotProved(_NO_CEREMONY)
        return found

    def _belongs(self, tx: Tx, ceremony: CeremonyRow, who: Officer, handle: bytes | None) -> bool:
        """Say whether a passkey is of the officer that the key itself names, and of the session's where there is one."""
        account = rows.account(tx, who)
        if account is None or (handle is not None and handle != account.handle):
            return False
        if ceremony.what == AGAIN:
            return ceremony.who == who
        return (
            handle is not None
        )  # spec: WebAuthn Level 3, 7.2 step 6: without a known user the key must say whose it is

    def _active(self, tx: Tx, who: Officer) -> Officer:
        if self._people.why_not(tx, who):
            raise NotAllowed(_CLOSED)
        return who

    def _officer_of(self, tx: Tx, session: str, now: Ms) -> Officer:
        row = rows.session(tx, hex_bytes(session))
        if row is None or self._people.closed(tx, row, now):
            raise NotAllowed(_NO_SESSION)
        return row.desk, row.number

    def _open(self, tx: Tx, who: Officer, how: str, now: Ms, ends: tuple[str, ...]) -> Entered:
        """Open a session under a new token; those that this browser had are over."""
        for old in filter(None, ends):
            rows.end_session(tx, hex_bytes(old), "replaced", now)
        token, csrf = _text(self._entropy.draw(rows.TOKEN_BYTES)), self._entropy.draw(rows.TOKEN_BYTES)
        until = Ms(now + span_of(self._people.person(tx, who).roles).whole_ms)
        rows.make_account(tx, who, self._entropy.draw(rows.TOKEN_BYTES), now)
        rows.add_session(tx, SessionRow(digest_of(token), *who, how, csrf, now, until, now, now))
        _LOG.info("%s/%s signed in by %s", *who, how)
        return Entered(token, until, *who)


def hex_bytes(text: str) -> bytes:
    """Read hexadecimal digits.

    Raises:
        BadForm: they are none.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise BadForm("a session, ceremony or passkey is named by hexadecimal digits") from error


def _text(secret: bytes) -> str:
    return urlsafe_b64encode(secret).decode().rstrip("=")
