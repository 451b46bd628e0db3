"""Who is signed in and who could be: sessions, accounts, passkeys, members of a case, and how the node runs.

The rule it keeps: a card of an account has no name in it. A name comes from `PeopleReader.names` alone, asked by screens
after the access rules have allowed `Deed.NAMES`. Times are milliseconds UTC by the clock of the machine, not of a demo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from comity.base.ids import CaseId, Ms
from comity.policy.access import Person


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is good now.

    Attributes:
        id: of the session, 64 hexadecimal digits; no secret, it opens nothing.
        person: as the access rules see it.
        name: the officer's own name, "" if none is kept.
        how: `passkey`, `agency` or `demo`.
        csrf: token of every form of this session.
        language: `en`, `fr`, `hi` or `pa`.
        settings: own choices.
        proved_at: when the person last touched a key or came from the agency's sign-in.
        until: when the session ends whatever is done.
        idle_until: when it ends if nothing more is done.
        fresh: proved within the last five minutes.
        due: that the person was seen is to be written: `POST /people/session/seen` with this `id`.
        left_ms: until `idle_until`, by the clock by which sessions end; 0 where it is not known.
    """

    id: str
    person: Person
    name: str
    how: str
    csrf: str
    language: str
    settings: Mapping[str, str]
    proved_at: Ms
    until: Ms
    idle_until: Ms
    fresh: bool
    due: bool
    left_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionCard:
    """One open session in a list."""

    id: str
    how: str
    since: Ms
    seen: Ms
    until: Ms


@dataclass(frozen=True, slots=True)
class PasskeyCard:
    """One passkey that can be used; `id` is its credential in hexadecimal digits, which is no secret."""

    id: str
    label: str
    since: Ms
    used: Ms | None


@dataclass(frozen=True, slots=True)
class InvitationCard:
    """A link that is still open: for whom, made by whom, until when. `id` is 64 hexadecimal digits, not the link's token."""

    id: str
    desk: str
    number: int
    by: str
    since: Ms
    until: Ms


@dataclass(frozen=True, slots=True)
class AccountCard:
    """One officer of ours in the administration; never a name, never content.

    Attributes:
        why: "" if active, else `suspended`, `posting-ended` or `not-on-roster`.
        named: whether a name is kept.
        bound: whether a subject of the agency's sign-in is bound.
        passkeys, invitations, sessions: how many can be used now.
        seen: when the officer was last here, None if never.
    """

    desk: str
    number: int
    agency: str
    roles: tuple[str, ...]
    why: str
    named: bool
    bound: bool
    passkeys: int
    invitations: int
    sessions: int
    seen: Ms | None


@dataclass(frozen=True, slots=True)
class AccountFile:
    """All that administration and the officer may see of one account."""

    card: AccountCard
    language: str
    settings: Mapping[str, str]
    passkeys: tuple[PasskeyCard, ...]
    invitations: tuple[InvitationCard, ...]
    sessions: tuple[SessionCard, ...]


@dataclass(frozen=True, slots=True)
class MemberCard:
    """A person of ours who was given a case."""

    desk: str
    number: int
    by: str
    since: Ms


@dataclass(frozen=True, slots=True)
class Ways:
    """How a person can sign in here.

    Attributes:
        agency: the agency's own sign-in is set up.
        demo: officers to enter as without a key, as (role word, desk, number); empty in earnest.
    """

    agency: bool = False
    demo: tuple[tuple[str, str, int], ...] = ()


class PeopleReader(Protocol):
    """What a web process asks about people; each call reads the store anew."""

    def signed_in(self, token: str) -> SignedIn | None:
        """Return the session of a token if it is good now: known, not over, not idle, its officer active."""
        ...

    def accounts(self) -> tuple[AccountCard, ...]:
        """Return every officer of ours, and accounts whose officer left the roster, by desk and number."""
        ...

    def account(self, desk: str, number: int) -> AccountFile | None:
        """Return one, or None."""
        ...

    def names(self, who: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
        """Return the names that are kept of officers of ours; ask only after `Deed.NAMES` was allowed."""
        ...

    def members(self, case: CaseId) -> tuple[MemberCard, ...]:
        """Return who was given a case, beside those whose agency has it."""
        ...

    def invitation(self, token: str) -> InvitationCard | None:
        """Return the invitation of a link if it can still be used."""
        ...

    def ways(self) -> Ways:
        """Say how a person can sign in here."""
        ...


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm for the administrator that nobody has marked as seen: what happened, a code, and about which officer.

    `id` is 26 letters and digits, as the door marks it seen.
    """

    id: str
    kind: str
    about: str
    at: Ms


@dataclass(frozen=True, slots=True)
class HealthCard:
    """How the node runs: sizes and counts, no content.

    Attributes:
        store_bytes, free_bytes: of the store with its side files, and left on its disk.
        logs: (role, origin, size, size of the newest signed head, cosigned size) of each log.
        link: state as in `LinkCard.state`.
        exchanged: when the peer was last heard, None if never; by the node's clock.
        sessions: open sessions.
        waiting: dispatches of ours without a receipt yet.
        quarantined: dispatches that could not be opened or checked.
        alarms: for the administrator, newest first.
        faults: faults that no rule foresees, since the start; None where this process cannot know.
        streams: open event streams of this process; None where this process cannot know.
    """

    store_bytes: int
    free_bytes: int
    logs: tuple[tuple[str, str, int, int, int], ...]
    link: str
    exchanged: Ms | None
    sessions: int
    waiting: int
    quarantined: int
    alarms: tuple[AlarmLine, ...] = ()
    faults: int | None = None
    streams: int | None = None


class HealthReader(Protocol):
    """What the screen of the node's health asks."""

    def health(self) -> HealthCard:
        """Return how the node runs now."""
        ...


class WithStreams:
    """A `HealthReader` before another one, which also knows how many event streams its process holds open."""

    def __init__(self, inner: HealthReader, streams: Callable[[], int]) -> None:
        self._inner, self._streams = inner, streams

    def health(self) -> HealthCard:
        """Return how the node runs now."""
        return replace(self._inner.health(), streams=self._streams())
