"""Two pairs of eyes on what widens rights: a key for somebody, a binding at the agency, letting somebody in again.

The rule it keeps: who proposes a change never confirms it, nor does whom it is about. Where nobody else could confirm, one
person makes it alone, and that is marked; whoever has the node's own machine may do so with a reason, and it rings. Each step
is a record in our decision log.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from comity.base import cbor
from comity.base.entropy import Entropy
from comity.base.errors import BadForm, NotAllowed
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.book import Book, Ledger
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Tx
from comity.edge.accounts import Accounts, Invited
from comity.edge.people import People
from comity.edge.peoplerows import Officer
from comity.policy.access import Role

COMMAND = "command"
"""Who acts where no officer is named: whoever may use this machine's socket."""
ALARM = "account-alone"
WAITS_MS = 24 * 3_600_000
MOST_REASON = 500
_ID_BYTES, _SALT_BYTES = 16, 32
_FIELDS = "id, what, desk, number, detail, by_officer, since, until, ended_at, ended_by, ended_how"


class What(StrEnum):
    """What widens rights."""

    INVITE = "invite"
    BIND = "bind"
    REINSTATE = "reinstate"


@dataclass(frozen=True, slots=True)
class Wish:
    """One change that is wanted: what, whose, by whom; `detail` is the subject of a binding."""

    what: What
    who: Officer
    by: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change as it stands; `ended_how` is `confirmed`, `refused`, `replaced` or `alone`, "" while it waits."""

    id: str
    wish: Wish
    since: Ms
    until: Ms
    ended_at: Ms | None = None
    ended_by: str = ""
    ended_how: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish: it waits, or it was done; `alone` says that one person did it; `invited` has the link."""

    proposal: str
    waits: bool
    alone: bool = False
    invited: Invited | None = None


class FourEyes:
    """The changes of one node. Every method is called in its writer thread; `now` is the node's time.

    Args:
        ledger: the store.
        people: who is active, and the machine's time, by which proposals end.
        accounts: makes the changes.
        entropy: randomness.
    """

    def __init__(self, ledger: Ledger, people: People, accounts: Accounts, entropy: Entropy) -> None:
        self._ledger, self._people, self._accounts, self._entropy = ledger, people, accounts, entropy

    def able(self) -> tuple[Officer, ...]:
        """Return the administrators who are active and have a key or a binding, so that they can sign in."""
        return tuple(
            (one.desk, one.number)
            for one in self._people.accounts()
            if Role.ADMINISTRATOR.value in one.roles and not one.why and (one.passkeys or one.bound)
        )

    def ask(self, wish: Wish, now: Ms, *, alone: str = "") -> Outcome:
        """Propose a change; where nobody else could confirm it, make it.

        Args:
            wish: the change.
            now: the time.
            alone: a reason to make it at once all the same, from the node's own machine only.

        Raises:
            BadForm, NotAllowed: it cannot be made, or not by this one alone; nothing was changed.
        """
        if alone and wish.by != COMMAND:
            raise NotAllowed("only whoever has the node's own machine makes a change alone; nothing was changed")
        if len(alone) > MOST_REASON:
            raise BadForm(f"a reason has at most {MOST_REASON} characters; nothing was changed")
        self._check(wish)
        others = [one for one in self.able() if one != wish.who and _named(one) != wish.by]
        id_ = self._entropy.draw(_ID_BYTES)
        if not others or alone:
            return self._alone(id_, wish, alone if others else "", now)
        wall = self._people.wall()
        with self._ledger.begin() as book:
            book.tx.run(
                "UPDATE proposal SET ended_at = ?, ended_by = ?, ended_how = 'replaced'"
                " WHERE ended_at IS NULL AND what = ? AND desk = ? AND number = ?",
                (wall, wish.by, wish.what.value, *wish.who),
            )
            self._insert(book.tx, id_, wish, wall)
            self._record(book, id_, wish, "proposed", wish.by, now)
        return Outcome(id_.hex(), waits=True)

    def confirm(self, id_: str, by: str, now: Ms) -> Outcome:
        """Confirm a change as another person, and make it.

        Raises:
            NotAllowed: it does not wait, or this one proposed it or is whom it is about; nothing was changed.
        """
        found = self._waiting(id_)
        if by in {found.wish.by, _named(found.wish.who)}:
            raise NotAllowed("who proposed a change, or whom it is about, does not confirm it; nothing was changed")
        self._check(found.wish)
        self._end(found, by, "confirmed", now)
        return Outcome(found.id, waits=False, invited=self._make(found.wish, f"{found.wish.by}+{by}"))

    def refuse(self, id_: str, by: str, now: Ms) -> None:
        """Refuse a change, or take one's own back.

        Raises:
            NotAllowed: it does not wait.
        """
        self._end(self._waiting(id_), by, "refused", now)

    def listed(self, most: int = 50) -> tuple[Proposal, ...]:
        """Return what waits, then what ended, the newest first."""
        with self._ledger.read() as tx:
            rows = tx.rows(f"SELECT {_FIELDS} FROM proposal ORDER BY since DESC, id LIMIT ?", (most,))  # noqa: S608  constants only
        found = tuple(map(_proposal, rows))
        return tuple(sorted(found, key=lambda one: not self.waits(one)))

    def waits(self, one: Proposal) -> bool:
        """Say whether a change waits for somebody."""
        return one.ended_at is None and self._people.wall() < one.until

    # --- inside ------------------------------------------------------------------------------------------------

    def _check(self, wish: Wish) -> None:
        """Check what can be checked before anybody is asked.

        Raises:
            BadForm, NotAllowed: it could not be made.
        """
        if wish.what is What.BIND:
            self._accounts.check_subject(wish.detail)
        self._accounts.check_known(wish.who, active=wish.what is What.INVITE)

    def _alone(self, id_: bytes, wish: Wish, reason: str, now: Ms) -> Outcome:
        with self._ledger.begin() as book:
            wall = self._people.wall()
            self._insert(book.tx, id_, wish, wall)
            book.tx.run(
                "UPDATE proposal SET ended_at = ?, ended_by = ?, ended_how = 'alone' WHERE id = ?", (wall, wish.by, id_)
            )
            self._record(book, id_, wish, "alone", wish.by, now, reason)
            if reason:
                ring(Alarm(ALARM, Role.ADMINISTRATOR.value, _named(wish.who), (id_.hex(),)), book.tx, now)
        return Outcome(id_.hex(), waits=False, alone=True, invited=self._make(wish, wish.by))

    def _make(self, wish: Wish, by: str) -> Invited | None:
        match wish.what:
            case What.INVITE:
                return self._accounts.invite(wish.who, by)
            case What.BIND:
                self._accounts.bind(wish.who, wish.detail, by)
            case What.REINSTATE:
                self._accounts.reinstate(wish.who, by)
        return None

    def _waiting(self, id_: str) -> Proposal:
        try:
            key = bytes.fromhex(id_)
        except ValueError:
            key = b""
        with self._ledger.read() as tx:
            rows = tx.rows(f"SELECT {_FIELDS} FROM proposal WHERE id = ?", (key,))  # noqa: S608  constants only
        found = _proposal(rows[0]) if rows else None
        if found is None or not self.waits(found):
            raise NotAllowed("no such change waits; it was decided, has lapsed, or was never proposed")
        return found

    def _end(self, one: Proposal, by: str, how: str, now: Ms) -> None:
        with self._ledger.begin() as book:
            book.tx.run(
                "UPDATE proposal SET ended_at = ?, ended_by = ?, ended_how = ? WHERE id = ?",
                (self._people.wall(), by, how, bytes.fromhex(one.id)),
            )
            self._record(book, bytes.fromhex(one.id), one.wish, how, by, now)

    @staticmethod
    def _insert(tx: Tx, id_: bytes, wish: Wish, wall: Ms) -> None:
        tx.run(
            "INSERT INTO proposal (id, what, desk, number, detail, by_officer, since, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (id_, wish.what.value, *wish.who, wish.detail, wish.by, wall, wall + WAITS_MS),
        )

    def _record(self, book: Book, id_: bytes, wish: Wish, step: str, by: str, now: Ms, reason: str = "") -> None:  # noqa: PLR0917  the record's columns
        detail = sha256(wish.detail.encode()) if wish.detail else None
        written = cbor.encode(
            ["comity/account/1", step, id_, wish.what.value, *wish.who, detail, wish.by, by, reason, now]
        )
        records.keep(book, "account", None, self._entropy.draw(_SALT_BYTES), written, now=now)


def _named(who: Officer) -> str:
    return f"{who[0]}/{who[1]}"


def _proposal(row: Row) -> Proposal:
    id_, what, desk, number, detail, by, since, until, ended_at, ended_by, ended_how = row
    wish = Wish(What(text_of(what)), (text_of(desk), int_of(number)), text_of(by), text_of(detail))
    return Proposal(
        bytes_of(id_).hex(),
        wish,
        Ms(int_of(since)),
        Ms(int_of(until)),
        ms_or_none(ended_at),
        "" if ended_by is None else text_of(ended_by),
        "" if ended_how is None else text_of(ended_how),
    )
