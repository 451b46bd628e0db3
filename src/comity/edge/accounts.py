"""What administration does with accounts: invitations, names, bindings, suspending, sessions; and what officers choose themselves.

The rule it keeps: who an officer is and which roles he or she holds comes from the roster and is changed nowhere else; a
suspension ends every session and invitation in its own transaction.
"""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.entropy import Entropy
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import CaseId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge import peoplerows as rows
from comity.edge.people import NOT_ON_ROSTER, SUSPENDED, People
from comity.edge.peoplerows import AccountRow, InvitationRow, Officer, digest_of
from comity.edge.signin import hex_bytes

_LOG = logging.getLogger("comity.people")
MOST_NAME = 120
MOST_SUBJECT = 512
CHOICES: Mapping[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "keys": ("on", "off"),
    "sound": ("off", "on"),
}
"""What an officer may choose, the first being the default."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that was made: its token, which is said once, and until when it can be used."""

    token: str
    until: Ms


class Accounts:
    """The accounts of one node. Every method is called in its writer thread.

    Args:
        ledger: the store.
        people: who is active, and the machine's time.
        entropy: randomness for tokens and handles.
    """

    def __init__(self, ledger: Ledger, people: People, entropy: Entropy) -> None:
        self._ledger = ledger
        self._people = people
        self._entropy = entropy

    def invite(self, who: Officer, by: str) -> Invited:
        """Make a link by which an officer registers one passkey, once, within a day; earlier open links of theirs end.

        Raises:
            NotAllowed: the officer is not on the roster, or suspended.
        """
        now, token = self._people.wall(), urlsafe_b64encode(self._entropy.draw(rows.TOKEN_BYTES)).decode().rstrip("=")
        until = Ms(now + rows.INVITATION_MS)
        with self._ledger.begin() as book:
            self._account(book.tx, who, now)
            why = self._people.why_not(book.tx, who)
            if why:
                raise NotAllowed(f"{who[0]}/{who[1]} is not active here ({why}); no invitation was made")
            rows.end_invitations(book.tx, who, now)
            rows.add_invitation(book.tx, InvitationRow(digest_of(token), *who, by, now, until))
        _LOG.info("%s/%s was invited by %s", *who, by)
        return Invited(token, until)

    def end_invitations(self, who: Officer) -> int:
        """End the open invitations of an officer and return how many there were."""
        with self._ledger.begin() as book:
            return rows.end_invitations(book.tx, who, self._people.wall())

    def suspend(self, who: Officer, by: str) -> int:
        """Suspend an officer: nothing is open to him or her from now on. Return how many sessions ended."""
        now = self._people.wall()
        with self._ledger.begin() as book:
            self._account(book.tx, who, now, roster=False)
            rows.change_account(book.tx, who, "suspended_at", now)
            rows.end_invitations(book.tx, who, now)
            ended = rows.end_sessions(book.tx, who, SUSPENDED, now)
        _LOG.warning("%s/%s was suspended by %s; %d sessions ended", *who, by, ended)
        return ended

    def reinstate(self, who: Officer, by: str) -> None:
        """Let an officer in again; sessions that ended stay ended."""
        with self._ledger.begin() as book:
            self._account(book.tx, who, self._people.wall())
            rows.change_account(book.tx, who, "suspended_at", None)
        _LOG.warning("%s/%s was reinstated by %s", *who, by)

    def name(self, who: Officer, name: str) -> None:
        """Keep an officer's name, shown to those with the same case only; "" removes it.

        Raises:
            BadForm: it is no name that a line can hold.
        """
        name = name.strip()
        if len(name) > MOST_NAME or not (name.isprintable() or not name):
            raise BadForm(f"a name has at most {MOST_NAME} printed characters; nothing was changed")
        with self._ledger.begin() as book:
            self._account(book.tx, who, self._people.wall())
            rows.change_account(book.tx, who, "name", name)

    def bind(self, who: Officer, subject: str, by: str) -> None:
        """Bind a subject of the agency's sign-in (`<issuer> <subject>`) to an officer; "" ends the binding and its sessions.

        Raises:
            BadForm: it is not written so.
            NotAllowed: it is bound to another officer.
        """
        subject = subject.strip()
        self.check_subject(subject)
        now = self._people.wall()
        with self._ledger.begin() as book:
            before = self._account(book.tx, who, now)
            other = rows.account_of_subject(book.tx, subject) if subject else None
            if other is not None and (other.desk, other.number) != who:
                raise NotAllowed("this subject is bound to another officer; end that binding first")
            rows.change_account(book.tx, who, "subject", subject or None)
            if before.subject and before.subject != subject:
                rows.end_sessions(book.tx, who, "unbound", now)
        _LOG.warning("the agency's subject of %s/%s was changed by %s", *who, by)

    @staticmethod
    def check_subject(subject: str) -> None:
        """Check how a binding is written; "" is none.

        Raises:
            BadForm: it is not an issuer, a blank and a subject.
        """
        issuer, _, rest = subject.partition(" ")
        if subject and (len(subject) > MOST_SUBJECT or not issuer or not rest.strip() or not subject.isprintable()):
            raise BadForm("a binding is the issuer's address, a blank and the subject there; nothing was changed")

    def check_known(self, who: Officer, *, active: bool) -> None:
        """Check that there is an officer to be changed.

        Raises:
            NotAllowed: the roster names nobody so, or he or she must be active and is not.
        """
        with self._ledger.read() as tx:
            why = self._people.why_not(tx, who)
        if why == NOT_ON_ROSTER:
            raise NotAllowed(f"the roster names no {who[0]}/{who[1]} of ours; nothing was changed")
        if why and active:
            raise NotAllowed(f"{who[0]}/{who[1]} is not active here ({why}); no invitation was made")

    def choose(self, who: Officer, language: str | None, choices: Mapping[str, str]) -> None:
        """Keep an officer's own choices.

        Raises:
            BadForm: a language or choice that there is none of.
        """
        if language is not None and language not in rows.LANGUAGES:
            raise BadForm(f"choose one of {', '.join(rows.LANGUAGES)}; nothing was changed")
        for key, value in choices.items():
            if value not in CHOICES.get(key, ()):
                raise BadForm(f"there is no such choice of {key[:20]!r}; nothing was changed")
        with self._ledger.begin() as book:
            found = self._account(book.tx, who, self._people.wall())
            rows.change_account(book.tx, who, "settings", json.dumps({**found.settings, **choices}, sort_keys=True))
            if language is not None:
                rows.change_account(book.tx, who, "language", language)

    def revoke(self, who: Officer, credential: str, by: str, *, own: bool) -> None:
        """End a passkey; officers keep their own last one, which only administration may end.

        Raises:
            NotAllowed: there is no such passkey, or it is the officer's own last.
        """
        now = self._people.wall()
        with self._ledger.begin() as book:
            if own and len(rows.passkeys(book.tx, who)) <= 1:
                raise NotAllowed("this is the only passkey; add another first. Nothing was changed")
            if not rows.revoke_passkey(book.tx, who, hex_bytes(credential), now):
                raise NotAllowed("there is no such passkey; nothing was changed")
            if not own:
                rows.end_sessions(book.tx, who, "passkey-ended", now)
        _LOG.warning("a passkey of %s/%s was ended by %s", *who, by)

    # --- sessions ----------------------------------------------------------------------------------------------

    def see(self, session: str) -> bool:
        """Note that a session's person was seen, at most once a minute."""
        with self._ledger.begin() as book:
            return rows.see_session(book.tx, hex_bytes(session), self._people.wall())

    def leave(self, session: str, who: Officer | None, why: str) -> bool:
        """End one session, of this officer where one is named; False if it had ended or is another's."""
        token = hex_bytes(session)
        with self._ledger.begin() as book:
            row = rows.session(book.tx, token)
            if row is None or (who is not None and (row.desk, row.number) != who):
                return False
            return rows.end_session(book.tx, token, why, self._people.wall())

    def leave_all(self, who: Officer, why: str, but: str = "") -> int:
        """End all sessions of an officer but one."""
        with self._ledger.begin() as book:
            return rows.end_sessions(book.tx, who, why, self._people.wall(), hex_bytes(but))

    def close(self) -> int:
        """End the rows of all sessions that are no longer good: over, idle, or of an officer who is not active."""
        now = self._people.wall()
        with self._ledger.begin() as book:
            return sum(
                rows.end_session(book.tx, token, why, now) for token, why in self._people.to_close_in(book.tx, now)
            )

    # --- members of cases --------------------------------------------------------------------------------------

    def give(self, case: CaseId, who: Officer, by: str) -> None:
        """Give a case to a person of ours.

        Raises:
            NotAllowed: the person is not active here.
        """
        with self._ledger.begin() as book:
            if self._people.why_not(book.tx, who):
                raise NotAllowed(f"{who[0]}/{who[1]} is not active here; the case was not given")
            rows.add_member(book.tx, case, who, by, self._people.wall())

    def take(self, case: CaseId, who: Officer) -> bool:
        """Take a case from a person; False if they were not given it."""
        with self._ledger.begin() as book:
            return rows.end_member(book.tx, case, who, self._people.wall())

    def _account(self, tx: Tx, who: Officer, now: Ms, *, roster: bool = True) -> AccountRow:
        """Return the row of an officer, made if need be; only whom the roster names, or who has a row already.

        Raises:
            NotAllowed: nobody here has this desk and number.
        """
        if self._people.why_not(tx, who) == NOT_ON_ROSTER and (roster or rows.account(tx, who) is None):
            raise NotAllowed(f"the roster names no {who[0]}/{who[1]} of ours; nothing was changed")
        return rows.make_account(tx, who, self._entropy.draw(rows.TOKEN_BYTES), now)
