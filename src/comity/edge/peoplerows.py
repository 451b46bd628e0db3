"""Rows of people: accounts, passkeys, invitations, ceremonies, sessions, members, each read and written here only.

The rule it keeps: of a token the store has the SHA-256 alone, a ceremony is answered at most once, and a session that ended
never opens again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comity.base.ids import CaseId, Ms
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.policy.access import Role

_MINUTE = 60_000
TOKEN_BYTES = 32
CEREMONY_BYTES = 16
CEREMONY_MS = 2 * _MINUTE
"""How long a challenge may be answered."""
AGENCY_MS = 10 * _MINUTE
"""How long a person may take at the agency's own sign-in."""
INVITATION_MS = 24 * 60 * _MINUTE
FRESH_MS = 5 * _MINUTE
"""How long a proof counts for what must be proved anew."""
SEEN_MS = _MINUTE
"""That a person was seen is written at most this often."""
MOST_CEREMONIES = 10_000
"""More than these are never open at once; the oldest give way."""
KEPT_MS = 90 * 24 * 60 * _MINUTE
"""How long an ended session's row is kept, for whoever asks who was signed in."""
LANGUAGES = ("en", "fr", "hi", "pa")

Officer = tuple[str, int]
"""Desk and number."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long a session lasts in all, and without anything being done."""

    whole_ms: int
    idle_ms: int


SPANS = {False: Span(12 * 60 * _MINUTE, 60 * _MINUTE), True: Span(12 * 60 * _MINUTE, 15 * _MINUTE)}
"""By whether the officer is an administrator."""


def span_of(roles: Sequence[str] | frozenset[str]) -> Span:
    """Return how long a session of somebody with these roles lasts."""
    return SPANS[Role.ADMINISTRATOR in roles]


def digest_of(token: str) -> bytes:
    """Return what the store keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


# --- accounts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What is kept of an officer beside the roster; `handle` is 32 random bytes that passkeys carry."""

    desk: str
    number: int
    name: str
    language: str
    handle: bytes
    subject: str | None
    settings: Mapping[str, str]
    suspended_at: Ms | None


_ACCOUNT = "SELECT desk, number, name, language, handle, subject, settings, suspended_at FROM account"


def account(tx: Tx, who: Officer) -> AccountRow | None:
    """Return one account, or None before its row was needed."""
    return next(map(_account, tx.rows(f"{_ACCOUNT} WHERE desk = ? AND number = ?", who)), None)


def account_of_subject(tx: Tx, subject: str) -> AccountRow | None:
    """Return the account to which a subject of the agency's sign-in is bound."""
    return next(map(_account, tx.rows(f"{_ACCOUNT} WHERE subject = ?", (subject,))), None)


def accounts(tx: Tx) -> dict[Officer, AccountRow]:
    """Return all accounts."""
    return {(one.desk, one.number): one for one in map(_account, tx.rows(_ACCOUNT))}


def make_account(tx: Tx, who: Officer, handle: bytes, now: Ms) -> AccountRow:
    """Return an officer's account, made now if there was none."""
    tx.run(
        "INSERT INTO account (desk, number, name, language, handle, settings, since) VALUES (?, ?, '', 'en', ?, '{}', ?)"
        " ON CONFLICT (desk, number) DO NOTHING",
        (*who, handle, now),
    )
    found = account(tx, who)
    assert found is not None
    return found


def change_account(tx: Tx, who: Officer, column: str, value: Scalar) -> None:
    """Change one of `name`, `language`, `subject`, `settings`, `suspended_at` of an account that is there."""
    assert column in {"name", "language", "subject", "settings", "suspended_at"}
    tx.run(f"UPDATE account SET {column} = ? WHERE desk = ? AND number = ?", (value, *who))  # noqa: S608  one of five


def _account(row: Row) -> AccountRow:
    desk, number, name, language, handle, subject, settings, suspended = row
    return AccountRow(
        desk=text_of(desk),
        number=int_of(number),
        name=text_of(name),
        language=text_of(language),
        handle=bytes_of(handle),
        subject=None if subject is None else text_of(subject),
        settings=json.loads(text_of(settings)),
        suspended_at=ms_or_none(suspended),
    )


# --- passkeys --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """One passkey of an officer."""

    credential: bytes
    desk: str
    number: int
    public_key: bytes
    sign_count: int
    label: str
    since: Ms
    used_at: Ms | None


_PASSKEY = "SELECT credential, desk, number, public_key, sign_count, label, since, used_at FROM passkey WHERE revoked_at IS NULL"


def passkey(tx: Tx, credential: bytes) -> PasskeyRow | None:
    """Return a passkey that can be used, or None."""
    return next(map(_passkey, tx.rows(f"{_PASSKEY} AND credential = ?", (credential,))), None)


def passkeys(tx: Tx, who: Officer) -> tuple[PasskeyRow, ...]:
    """Return an officer's passkeys that can be used, oldest first."""
    return tuple(map(_passkey, tx.rows(f"{_PASSKEY} AND desk = ? AND number = ? ORDER BY since, credential", who)))


def known_credential(tx: Tx, credential: bytes) -> bool:
    """Say whether a credential was ever registered here, revoked or not."""
    return bool(tx.rows("SELECT 1 FROM passkey WHERE credential = ?", (credential,)))


def add_passkey(tx: Tx, row: PasskeyRow, transports: str) -> None:
    """Keep a new passkey."""
    tx.run(
        "INSERT INTO passkey (credential, desk, number, public_key, sign_count, label, transports, since)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row.credential, row.desk, row.number, row.public_key, row.sign_count, row.label, transports, row.since),
    )


def used_passkey(tx: Tx, credential: bytes, sign_count: int, now: Ms) -> None:
    """Note that a passkey was used."""
    tx.run("UPDATE passkey SET sign_count = ?, used_at = ? WHERE credential = ?", (sign_count, now, credential))


def revoke_passkey(tx: Tx, who: Officer, credential: bytes, now: Ms) -> bool:
    """End one passkey of an officer; False if there is no such one."""
    return bool(
        tx.run(
            "UPDATE passkey SET revoked_at = ? WHERE credential = ? AND desk = ? AND number = ? AND revoked_at IS NULL",
            (now, credential, *who),
        )
    )


def _passkey(row: Row) -> PasskeyRow:
    credential, desk, number, public_key, sign_count, label, since, used = row
    return PasskeyRow(
        bytes_of(credential),
        text_of(desk),
        int_of(number),
        bytes_of(public_key),
        int_of(sign_count),
        text_of(label),
        Ms(int_of(since)),
        ms_or_none(used),
    )


# --- invitations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """One link."""

    token_sha256: bytes
    desk: str
    number: int
    by: str
    since: Ms
    until: Ms


_INVITATION = (
    "SELECT token_sha256, desk, number, by_officer, since, until FROM invitation WHERE used_at IS NULL AND until > ?"
)


def invitation(tx: Tx, token_sha256: bytes, now: Ms) -> InvitationRow | None:
    """Return the invitation of a token that can still be used."""
    return next(map(_invitation, tx.rows(f"{_INVITATION} AND token_sha256 = ?", (now, token_sha256))), None)


def invitations(tx: Tx, who: Officer, now: Ms) -> tuple[InvitationRow, ...]:
    """Return the open invitations of an officer."""
    return tuple(map(_invitation, tx.rows(f"{_INVITATION} AND desk = ? AND number = ? ORDER BY since", (now, *who))))


def add_invitation(tx: Tx, row: InvitationRow) -> None:
    """Keep a new invitation."""
    tx.run(
        "INSERT INTO invitation (token_sha256, desk, number, by_officer, since, until) VALUES (?, ?, ?, ?, ?, ?)",
        (row.token_sha256, row.desk, row.number, row.by, row.since, row.until),
    )


def use_invitation(tx: Tx, token_sha256: bytes, now: Ms) -> bool:
    """Use an invitation up; False if it was used, ended or never there."""
    statement = "UPDATE invitation SET used_at = ? WHERE token_sha256 = ? AND used_at IS NULL AND until > ?"
    return bool(tx.run(statement, (now, token_sha256, now)))


def end_invitations(tx: Tx, who: Officer, now: Ms) -> int:
    """End the open invitations of an officer."""
    return tx.run(
        "UPDATE invitation SET used_at = ? WHERE desk = ? AND number = ? AND used_at IS NULL AND until > ?",
        (now, *who, now),
    )


def _invitation(row: Row) -> InvitationRow:
    token, desk, number, by, since, until = row
    return InvitationRow(
        bytes_of(token), text_of(desk), int_of(number), text_of(by), Ms(int_of(since)), Ms(int_of(until))
    )


# --- ceremonies ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CeremonyRow:
    """What was given out and may be answered once.

    Attributes:
        id: 16 bytes for a passkey, SHA-256 of the state at the agency's sign-in.
        what: `enter`, `again`, `register`, `add`, `agency`.
        secret: the challenge, or what the agency's sign-in must bring back.
        who: of whom; None for a sign-in, where nobody is known yet.
        about: session, invitation or address to return to.
        browser: SHA-256 of what only the browser has that began it.
        until: when it ends.
    """

    id: bytes
    what: str
    secret: bytes
    who: Officer | None
    about: str
    browser: bytes
    until: Ms


def add_ceremony(tx: Tx, row: CeremonyRow, now: Ms) -> None:
    """Give one out; what is over goes, and beyond the most that may be open the oldest."""
    tx.run("DELETE FROM ceremony WHERE until <= ?", (now,))
    if int_of(tx.rows("SELECT count(*) FROM ceremony")[0][0]) >= MOST_CEREMONIES:
        tx.run("DELETE FROM ceremony WHERE id IN (SELECT id FROM ceremony ORDER BY until LIMIT 100)")
    desk, number = row.who or (None, None)
    tx.run(
        "INSERT INTO ceremony (id, what, secret, desk, number, about, browser, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.what, row.secret, desk, number, row.about, row.browser, row.until),
    )


def take_ceremony(tx: Tx, id_: bytes, browser: bytes, now: Ms) -> CeremonyRow | None:
    """Return a ceremony and end it, whatever becomes of the answer; None if it is not open, or another browser's.

    An answer from another browser leaves it open, so that nobody can end another's sign-in.
    """
    found = tx.rows(
        "SELECT id, what, secret, desk, number, about, browser, until FROM ceremony"
        " WHERE id = ? AND browser = ? AND until > ?",
        (id_, browser, now),
    )
    if not found:
        return None
    tx.run("DELETE FROM ceremony WHERE id = ?", (id_,))
    key, what, secret, desk, number, about, kept, until = found[0]
    who = None if desk is None else (text_of(desk), int_of(number))
    return CeremonyRow(
        bytes_of(key), text_of(what), bytes_of(secret), who, text_of(about), bytes_of(kept), Ms(int_of(until))
    )


# --- sessions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session that has not been ended; whether it is over or idle, and its officer active, the reader says."""

    token_sha256: bytes
    desk: str
    number: int
    how: str
    csrf: bytes
    since: Ms
    until: Ms
    seen_at: Ms
    proved_at: Ms | None


_SESSION = (
    "SELECT token_sha256, desk, number, how, csrf, since, until, seen_at, proved_at FROM session WHERE ended_at IS NULL"
)


def session(tx: Tx, token_sha256: bytes) -> SessionRow | None:
    """Return a session that was not ended, or None."""
    return next(map(_session, tx.rows(f"{_SESSION} AND token_sha256 = ?", (token_sha256,))), None)


def sessions(tx: Tx, who: Officer | None = None) -> tuple[SessionRow, ...]:
    """Return the sessions that were not ended, of one officer or of all."""
    if who is None:
        return tuple(map(_session, tx.rows(_SESSION)))
    return tuple(map(_session, tx.rows(f"{_SESSION} AND desk = ? AND number = ? ORDER BY since", who)))


def add_session(tx: Tx, row: SessionRow) -> None:
    """Keep a new session, and forget those that ended long ago."""
    tx.run("DELETE FROM session WHERE ended_at < ?", (row.since - KEPT_MS,))
    tx.run(
        "INSERT INTO session (token_sha256, desk, number, how, csrf, since, until, seen_at, proved_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.token_sha256,
            row.desk,
            row.number,
            row.how,
            row.csrf,
            row.since,
            row.until,
            row.seen_at,
            row.proved_at,
        ),
    )


def see_session(tx: Tx, token_sha256: bytes, now: Ms) -> bool:
    """Note that a session's person was seen; True if it was written, which is at most once a minute."""
    statement = "UPDATE session SET seen_at = ? WHERE token_sha256 = ? AND ended_at IS NULL AND seen_at <= ?"
    return bool(tx.run(statement, (now, token_sha256, now - SEEN_MS)))


def end_session(tx: Tx, token_sha256: bytes, why: str, now: Ms) -> bool:
    """End one session; False if it had ended."""
    statement = "UPDATE session SET ended_at = ?, ended_why = ? WHERE token_sha256 = ? AND ended_at IS NULL"
    return bool(tx.run(statement, (now, why, token_sha256)))


def end_sessions(tx: Tx, who: Officer, why: str, now: Ms, but: bytes = b"") -> int:
    """End all sessions of an officer but one."""
    return tx.run(
        "UPDATE session SET ended_at = ?, ended_why = ?"
        " WHERE desk = ? AND number = ? AND ended_at IS NULL AND token_sha256 <> ?",
        (now, why, *who, but),
    )


def last_seen(tx: Tx) -> dict[Officer, Ms]:
    """Return when each officer was last here."""
    found = tx.rows("SELECT desk, number, max(seen_at) FROM session GROUP BY desk, number")
    return {(text_of(desk), int_of(number)): Ms(int_of(at)) for desk, number, at in found}


def _session(row: Row) -> SessionRow:
    token, desk, number, how, csrf, since, until, seen, proved = row
    return SessionRow(
        bytes_of(token),
        text_of(desk),
        int_of(number),
        text_of(how),
        bytes_of(csrf),
        Ms(int_of(since)),
        Ms(int_of(until)),
        Ms(int_of(seen)),
        ms_or_none(proved),
    )


# --- members of cases ------------------------------------------------------------------------------------------------


def members(tx: Tx, case: CaseId) -> tuple[tuple[str, int, str, Ms], ...]:
    """Return (desk, number, by, since) of who was given a case."""
    found = tx.rows(
        "SELECT desk, number, by_officer, since FROM case_member WHERE case_id = ? AND ended_at IS NULL"
        " ORDER BY desk, number",
        (case,),
    )
    return tuple((text_of(desk), int_of(number), text_of(by), Ms(int_of(since))) for desk, number, by, since in found)


def add_member(tx: Tx, case: CaseId, who: Officer, by: str, now: Ms) -> None:
    """Give a case to a person; again is no second time."""
    tx.run(
        "INSERT INTO case_member (case_id, desk, number, by_officer, since) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (case_id, desk, number) DO UPDATE SET"
        " by_officer = excluded.by_officer, since = excluded.since, ended_at = NULL WHERE case_member.ended_at IS NOT NULL",
        (case, *who, by, now),
    )


def end_member(tx: Tx, case: CaseId, who: Officer, now: Ms) -> bool:
    """Take a case from a person; False if they did not have it."""
    return bool(
        tx.run(
            "UPDATE case_member SET ended_at = ? WHERE case_id = ? AND desk = ? AND number = ? AND ended_at IS NULL",
            (now, case, *who),
        )
    )
