"""Approvals: two pairs of eyes on one draft, each bound to the hash of what they saw.

The rule it keeps: who hands a draft in or lets it go is never its approver; one person counts once, whatever roles they
hold; a role counts only as long as its holder has it; one no ends the draft. Each approval is a record in our decision log.
"""  # spec: DESIGN.md 2, trust-layer.md 4

from __future__ import annotations

from dataclasses import replace

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.book import Book
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.filing import Standing
from comity.dispatch.held import WITHDRAWN, Held, end_held
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.states import Approval, Officer

RECORD = "comity/approval/1"
APPROVAL, SECOND_AGENCY = "approval:", "approval:second-agency"
ANY_APPROVER = "approver"
"""The role in which a second agency approves where law asks for no other."""
_SALT_BYTES = 32
_MOST_REASON = 4_000


def approve(held: Held, role: str, by: Officer, book: Book, office: Office, *, yes: bool, reason: str, now: Ms) -> Held:
    """Keep one person's yes or no to a held draft, and return the draft as it then stands.

    The same answer again has no second effect. A no ends the draft.

    Args:
        held: the draft as it waits; the caller found it by the subject that the person was shown.
        role: the role in which they speak; the draft must wait for it.
        by: who.
        book: the logs.
        office: the node.
        yes: whether they approve.
        reason: in their words; a no gives one.
        now: the time.

    Raises:
        BadForm: a no without a reason, or too long a reason.
        NotAllowed: they may not approve this draft in this role; nothing was changed.
    """
    assert held.subject is not None
    if len(reason) > _MOST_REASON or (not yes and not reason.strip()):
        raise BadForm(f"a no gives its reason, of at most {_MOST_REASON} characters; nothing was kept")
    _check(held, role, by, book.tx, office, yes=yes, now=now)
    place = (held.subject, role, by.desk, by.number)
    known = book.tx.rows("SELECT yes FROM approval WHERE subject = ? AND role = ? AND desk = ? AND number = ?", place)
    if known and bool(known[0][0]) is yes:
        return held
    book.tx.run(
        "INSERT INTO approval (subject, role, desk, number, yes, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (subject, role, desk, number) DO UPDATE SET yes = excluded.yes, reason = excluded.reason,"
        " at = excluded.at",
        (*place, int(yes), reason, now),
    )
    _record(held, role, by, "yes" if yes else "no", reason, book, office, now)
    if yes:
        return held
    end_held(book.tx, held.id, WITHDRAWN, now)
    return replace(held, state=WITHDRAWN, ended_at=now)


def note_attempt(held: Held, role: str, by: Officer, why: str, book: Book, office: Office, now: Ms) -> None:  # noqa: PLR0917  the record's columns in order
    """Keep in the decision log that someone tried to approve what they may not."""
    _record(held, role, by, "not-allowed", why, book, office, now)


def given(held: Held, by: Officer, tx: Tx, office: Office, now: Ms) -> tuple[Approval, ...]:
    """Return the approvals of a held draft that count, if `by` is to let it go: at most one a person, oldest first."""
    if held.subject is None:
        return ()
    rows = tx.rows(
        "SELECT role, desk, number FROM approval WHERE subject = ? AND yes = 1 ORDER BY at, role, desk, number",
        (held.subject,),
    )
    barred = {_person(held.by), _person(by)}
    found: list[Approval] = []
    for role, desk, number in rows:
        officer = Officer(text_of(desk), int_of(number))
        standing = _standing(officer, tx, office, now)
        if standing is None or text_of(role) not in standing.roles or _person(officer) in barred:
            continue
        barred.add(_person(officer))
        found.append(Approval(held.subject, text_of(role), officer, standing.agency))
    return tuple(found)


def answers(held: Held, tx: Tx) -> tuple[tuple[str, Officer, bool, str, Ms], ...]:
    """Return every answer to a draft as it is now: role, officer, yes or no, reason, when."""
    rows = tx.rows(
        "SELECT role, desk, number, yes, reason, at FROM approval WHERE subject = ? ORDER BY at, role", (held.subject,)
    )
    return tuple(
        (text_of(role), Officer(text_of(desk), int_of(number)), bool(yes), text_of(reason), Ms(int_of(at)))
        for role, desk, number, yes, reason, at in rows
    )


def roles_asked(held: Held) -> frozenset[str]:
    """Return the roles in which a held draft may be approved."""
    asked = {word.removeprefix(APPROVAL) for word in held.missing if word.startswith(APPROVAL)}
    if SECOND_AGENCY in held.missing:
        asked = asked - {SECOND_AGENCY.removeprefix(APPROVAL)} | {ANY_APPROVER}
    return frozenset(asked)


def _check(held: Held, role: str, by: Officer, tx: Tx, office: Office, *, yes: bool, now: Ms) -> None:
    standing = _standing(by, tx, office, now)
    others = tx.rows(
        "SELECT 1 FROM approval WHERE subject = ? AND desk = ? AND number = ? AND role <> ?",
        (held.subject, by.desk, by.number, role),
    )
    waits = [word for word in held.missing if word.startswith("assessment:")]
    checks = (
        (role in roles_asked(held), f"this draft does not wait for the role {role}"),
        (standing is not None and role in standing.roles, f"this officer does not hold the role {role} now"),
        (_person(by) != _person(held.by), "who hands a draft in is never its approver"),
        (not others, "this officer has answered in another role; one person counts once"),
        (not (yes and waits), f"the draft still waits for {', '.join(waits)}; approve it when that is there"),
    )
    for good, why in checks:
        if not good:
            raise NotAllowed(f"{why}; nothing was changed")


def _standing(officer: Officer, tx: Tx, office: Office, now: Ms) -> Standing | None:
    standing = office.powers.standing(tx, officer.desk, officer.number, now)
    return None if standing is None or (standing.until is not None and standing.until <= now) else standing


def _person(officer: Officer) -> tuple[str, int]:
    return officer.desk, officer.number


def _record(  # noqa: PLR0917  the record's columns in order
    held: Held, role: str, by: Officer, answer: str, why: str, book: Book, office: Office, now: Ms
) -> None:
    members: list[Value] = [RECORD, held.id, held.subject, role, by.desk, by.number, answer, why, now]
    salt = office.entropy.draw(_SALT_BYTES)
    records.keep(book, "approval", held.id, salt, cbor.encode(members), now=now)
