"""Approvals: two pairs of eyes on one draft, each bound to the hash of what they saw.

The rule it keeps: who hands a draft in or lets it go is never its approver; one person counts once, whatever roles they
hold; a role counts only as long as its holder has it; one no ends the draft. Each approval is a record in our decision log.
"""  # spec: DESIGN.md 2, trust-layer.md 4

from __future__ import annotations

from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer to a held draft: the role in which they speak, who, yes or no, their words, when."""

    role: str
    by: Officer
    yes: bool
    reason: str = ""
    at: Ms | None = None


def approve(held: Held, answer: Answer, book: Book, office: Office, now: Ms) -> Held:
    """Keep one person's yes or no to a held draft, and return the draft as it then stands.

    The same answer again has no second effect. A no ends the draft. The caller found the draft by the subject that the
    person was shown.

    Raises:
        BadForm: a no without a reason, or too long a reason.
        NotAllowed: they may not approve this draft in this role; nothing was changed.
    """
    assert held.subject is not None
    role, by, yes, reason = answer.role, answer.by, answer.yes, answer.reason
    if len(reason) > _MOST_REASON or (not yes and not reason.strip()):
        raise BadForm(f"a no gives its reason, of at most {_MOST_REASON} characters; nothing was kept")
    _check(held, answer, book.tx, office, now)
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
    _record(held, answer, "yes" if yes else "no", reason, book, office, now)
    if yes:
        return held
    end_held(book.tx, held.id, WITHDRAWN, now)
    return replace(held, state=WITHDRAWN, ended_at=now)


def note_attempt(held: Held, answer: Answer, why: str, book: Book, office: Office, *, now: Ms) -> None:
    """Keep in the decision log that someone tried to approve what they may not."""
    _record(held, answer, "not-allowed", why, book, office, now)


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


def answers(held: Held, tx: Tx) -> tuple[Answer, ...]:
    """Return every answer to a draft as it is now, oldest first."""
    rows = tx.rows(
        "SELECT role, desk, number, yes, reason, at FROM approval WHERE subject = ? ORDER BY at, role, desk, number",
        (held.subject,),
    )
    return tuple(
        Answer(text_of(role), Officer(text_of(desk), int_of(number)), bool(yes), text_of(reason), Ms(int_of(at)))
        for role, desk, number, yes, reason, at in rows
    )


def roles_asked(held: Held) -> frozenset[str]:
    """Return the roles in which a held draft may be approved."""
    asked = {word.removeprefix(APPROVAL) for word in held.missing if word.startswith(APPROVAL)}
    if SECOND_AGENCY in held.missing:
        asked = asked - {SECOND_AGENCY.removeprefix(APPROVAL)} | {ANY_APPROVER}
    return frozenset(asked)


def _check(held: Held, answer: Answer, tx: Tx, office: Office, now: Ms) -> None:
    role, by, yes = answer.role, answer.by, answer.yes
    standing = _standing(by, tx, office, now)
    others = tx.rows(
        "SELECT 1 FROM approval WHERE subject = ? AND desk = ? AND number = ? AND role <> ?",
        (held.subject, by.desk, by.number, role),
    )
    waits = [word for word in held.missing if not word.startswith(APPROVAL)]
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


def _record(held: Held, answer: Answer, word: str, why: str, book: Book, office: Office, now: Ms) -> None:  # noqa: PLR0917  the record's columns
    by = answer.by
    members: list[Value] = [RECORD, held.id, held.subject, answer.role, by.desk, by.number, word, why, now]
    salt = office.entropy.draw(_SALT_BYTES)
    records.keep(book, "approval", held.id, salt, cbor.encode(members), now=now)
