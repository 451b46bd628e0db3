"""Who is signed in and who could be, read from the store by any process that shows pages.

The rule it keeps: a session is good only while its officer is on the roster, not suspended and not posted back; this is
asked at each look, so that whatever ends an officer's work ends every session at once. It changes nothing.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from comity.base.ids import CaseId, Ms
from comity.dispatch.ports import Tx
from comity.edge import peoplerows as rows
from comity.edge.clock import SystemClock
from comity.edge.config import Config
from comity.edge.opening import OpenNode
from comity.edge.peoplerows import AccountRow, Officer, SessionRow, digest_of, span_of
from comity.edge.registry import RosterOfficer
from comity.edge.rosterfile import RosterFile
from comity.policy.access import Person, Role
from comity.screen.people import (
    AccountCard,
    AccountFile,
    InvitationCard,
    MemberCard,
    PasskeyCard,
    SessionCard,
    SignedIn,
    Ways,
)

SUSPENDED, POSTING_ENDED, NOT_ON_ROSTER = "suspended", "posting-ended", "not-on-roster"
OVER, IDLE = "over", "idle"
PASSKEY, AGENCY, DEMO = "passkey", "agency", "demo"
PEOPLE = ("people",)
"""The topic that moves where an account, key, link or session did."""
NODE_DESK = "node"
"""Officers of this desk are the node's own voice, no person at a screen."""
PostingOver = Callable[[Tx, str, int, Ms], bool]
"""Whether an officer of ours was posted and the posting has ended, at a time of the node's clock."""
_MOST_TOKEN = 128
_MACHINE = SystemClock()


class Reads(Protocol):
    """Whatever gives snapshots of the store: a ledger or the store itself."""

    def read(self) -> AbstractContextManager[Tx]:
        """Open a snapshot that only reads."""
        ...


def never_posted(_tx: Tx, _desk: str, _number: int, _now: Ms) -> bool:
    """Say that no posting has ended, for a node whose desks keep none."""
    return False


class People:
    """The `PeopleReader` of a node.

    Args:
        store: where to read.
        roster: our officers.
        posting_over: asks the desk that keeps postings.
        clock: the node's time, by which postings end.
        wall: the machine's time, by which sessions end; the demo's clock runs fast and is set.
        ways: how a person can sign in.
    """

    def __init__(
        self,
        store: Reads,
        roster: RosterFile,
        posting_over: PostingOver,
        clock: Callable[[], Ms],
        *,
        wall: Callable[[], Ms] = _MACHINE.now,
        ways: Ways | None = None,
    ) -> None:
        self._store = store
        self._roster = roster
        self._posting_over = posting_over
        self._clock = clock
        self.wall = wall
        self._ways = ways or Ways()

    # --- sessions ----------------------------------------------------------------------------------------------

    def signed_in(self, token: str) -> SignedIn | None:
        """Return the session of a token if it is good now: known, not over, not idle, its officer active."""
        if not token or len(token) > _MOST_TOKEN:
            return None
        now = self.wall()
        with self._store.read() as tx:
            row = rows.session(tx, digest_of(token))
            if row is None or self.closed(tx, row, now):
                return None
            person = self.person(tx, (row.desk, row.number))
            account = rows.account(tx, (row.desk, row.number))
        return _signed_in(row, person, account, now)

    def closed(self, tx: Tx, row: SessionRow, now: Ms) -> str:
        """Say why a session that was not ended is no longer good; "" while it is."""
        who = row.desk, row.number
        officer = self._roster.officers().get(who)
        why = self.why_not(tx, who)
        if why or officer is None:
            return why
        if now >= row.until or now < row.since - rows.SEEN_MS:
            return OVER  # a machine's clock that was set back must not make a session longer
        return IDLE if now >= row.seen_at + span_of(officer.roles).idle_ms else ""

    def why_not(self, tx: Tx, who: Officer) -> str:
        """Say why an officer is not active, "" if active."""
        if who not in self._officers():
            return NOT_ON_ROSTER
        found = rows.account(tx, who)
        if found is not None and found.suspended_at is not None:
            return SUSPENDED
        return POSTING_ENDED if self._posting_over(tx, *who, self._clock()) else ""

    def person(self, tx: Tx, who: Officer) -> Person:
        """Return an officer as the access rules see him or her; nobody's roles if not on the roster."""
        officer = self._officers().get(who)
        if officer is None:
            return Person(*who, "", frozenset(), active=False)
        return Person(*who, officer.agency, frozenset(officer.roles), active=not self.why_not(tx, who))

    def to_close(self) -> tuple[tuple[bytes, str], ...]:
        """Return (token digest, why) of sessions whose row is open and which are no longer good."""
        now = self.wall()
        with self._store.read() as tx:
            return self.to_close_in(tx, now)

    def to_close_in(self, tx: Tx, now: Ms) -> tuple[tuple[bytes, str], ...]:
        """Return the same within a transaction."""
        found = ((row.token_sha256, self.closed(tx, row, now)) for row in rows.sessions(tx))
        return tuple((token, why) for token, why in found if why)

    # --- accounts ----------------------------------------------------------------------------------------------

    def accounts(self) -> tuple[AccountCard, ...]:
        """Return every officer of ours, and accounts whose officer left the roster, by desk and number."""
        with self._store.read() as tx:
            known = rows.accounts(tx)
            seen = rows.last_seen(tx)
            everyone = sorted({*self._officers(), *known})
            return tuple(self._card(tx, who, known.get(who), seen.get(who)) for who in everyone)

    def account(self, desk: str, number: int) -> AccountFile | None:
        """Return one, or None."""
        who, now = (desk, number), self.wall()
        with self._store.read() as tx:
            found = rows.account(tx, who)
            if found is None and who not in self._officers():
                return None
            keys = tuple(
                PasskeyCard(one.credential.hex(), one.label, one.since, one.used_at) for one in rows.passkeys(tx, who)
            )
            links = tuple(map(_invitation, rows.invitations(tx, who, now)))
            return AccountFile(
                self._card(tx, who, found, rows.last_seen(tx).get(who)),
                found.language if found else rows.LANGUAGES[0],
                dict(found.settings) if found else {},
                keys,
                links,
                self._sessions(tx, who),
            )

    def names(self, who: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
        """Return the names that are kept of officers of ours; ask only after `Deed.NAMES` was allowed."""
        with self._store.read() as tx:
            found = ((one, rows.account(tx, one)) for one in dict.fromkeys(who))
            return {one: account.name for one, account in found if account is not None and account.name}

    def members(self, case: CaseId) -> tuple[MemberCard, ...]:
        """Return who was given a case, beside those whose agency has it."""
        with self._store.read() as tx:
            return tuple(MemberCard(*one) for one in rows.members(tx, case))

    def invitation(self, token: str) -> InvitationCard | None:
        """Return the invitation of a link if it can still be used."""
        if len(token) > _MOST_TOKEN:
            return None
        with self._store.read() as tx:
            found = rows.invitation(tx, digest_of(token), self.wall())
            if found is None or self.why_not(tx, (found.desk, found.number)):
                return None
            return _invitation(found)

    def ways(self) -> Ways:
        """Say how a person can sign in here."""
        return self._ways

    # --- inside ------------------------------------------------------------------------------------------------

    def _officers(self) -> dict[Officer, RosterOfficer]:
        return {who: one for who, one in self._roster.officers().items() if one.desk != NODE_DESK}

    def _sessions(self, tx: Tx, who: Officer) -> tuple[SessionCard, ...]:
        now = self.wall()
        return tuple(
            SessionCard(one.token_sha256.hex(), one.how, one.since, one.seen_at, one.until)
            for one in rows.sessions(tx, who)
            if not self.closed(tx, one, now)
        )

    def _card(self, tx: Tx, who: Officer, found: AccountRow | None, seen: Ms | None) -> AccountCard:
        officer = self._officers().get(who)
        return AccountCard(
            desk=who[0],
            number=who[1],
            agency=officer.agency if officer else "",
            roles=officer.roles if officer else (),
            why=self.why_not(tx, who),
            named=bool(found and found.name),
            bound=bool(found and found.subject),
            passkeys=len(rows.passkeys(tx, who)),
            invitations=len(rows.invitations(tx, who, self.wall())),
            sessions=len(self._sessions(tx, who)),
            seen=seen,
        )


def make_people(opened: OpenNode, clock: Callable[[], Ms]) -> People:
    """Make the reader of an opened node; `clock` is the node's time."""
    powers = opened.node.office.powers
    return People(
        opened.node.ledger,
        RosterFile(opened.config.path(opened.config.roster), opened.config.party),
        getattr(powers, "posting_over", never_posted),
        clock,
        ways=ways_of(opened.config, opened.roster.of(opened.config.party), _further_desks(opened)),
    )


def _further_desks(opened: OpenNode) -> dict[str, frozenset[str]]:
    """Return for each open desk after the first the agencies of ours that our registry names as senders of all its kinds."""
    office = opened.node.office
    opens = {desk.desk: desk.kinds for desk in office.accord.desks if desk.kinds}
    further = [name for name in opened.config.desks[1:] if name in opens]
    return {
        name: frozenset(agency for agency, kinds in office.sends.items() if kinds.issuperset(opens[name]))
        for name in further
    }


def ways_of(
    config: Config, officers: Iterable[RosterOfficer], further: Mapping[str, frozenset[str]] | None = None
) -> Ways:
    """Return how a person can sign in, by the settings.

    Of each role the first officer who holds it can be entered as, and for each further desk one of an agency that writes
    there, unless it is one of these already.

    Args:
        config: of the node.
        officers: of ours.
        further: agencies by desk.
    """
    officers = tuple(officers)
    first: dict[str, tuple[str, str, int]] = {}
    if config.insecure_demo_roles:
        for one in officers:
            for role in one.roles:
                if role in set(Role) and one.desk != NODE_DESK:
                    first.setdefault(role, (role, one.desk, one.number))
        for desk, agencies in (further or {}).items():
            writes = next((one for one in officers if Role.OFFICER in one.roles and one.agency in agencies), None)
            if writes is not None and all((writes.desk, writes.number) != one[1:] for one in first.values()):
                first[desk] = (desk, writes.desk, writes.number)
    return Ways(bool(config.oidc_issuer), tuple(first[name] for name in (*Role, *(further or {})) if name in first))


def _signed_in(row: SessionRow, person: Person, account: AccountRow | None, now: Ms) -> SignedIn:
    proved = Ms(0) if row.proved_at is None else row.proved_at
    idle = Ms(min(row.until, row.seen_at + span_of(person.roles).idle_ms))
    return SignedIn(
        id=row.token_sha256.hex(),
        person=person,
        name=account.name if account else "",
        how=row.how,
        csrf=urlsafe_b64encode(row.csrf).decode().rstrip("="),
        language=account.language if account else rows.LANGUAGES[0],
        settings=dict(account.settings) if account else {},
        proved_at=proved,
        until=row.until,
        idle_until=idle,
        fresh=proved <= now < proved + rows.FRESH_MS,
        due=now >= row.seen_at + rows.SEEN_MS,
        left_ms=idle - now,
    )


def _invitation(row: rows.InvitationRow) -> InvitationCard:
    return InvitationCard(row.token_sha256.hex(), row.desk, row.number, row.by, row.since, row.until)
