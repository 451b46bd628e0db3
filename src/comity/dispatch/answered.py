"""Yes and no to a later act that waits: who may say it, what is kept of it, and that a no stays.

The rule it keeps: an answer binds to the particulars of one act. While one person's no stands, nobody's yes lets that act be
done; only whoever said no takes it back. Each answer is a record in our decision log.
"""  # spec: DESIGN.md 2

from __future__ import annotations

from dataclasses import dataclass

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import DispatchId, Ms
from comity.dispatch import records
from comity.dispatch.approvals import APPROVAL, Answer
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import read_record
from comity.dispatch.filing import Standing
from comity.dispatch.office import Office
from comity.dispatch.particulars import Particulars, decode_particulars, encode_particulars, subject_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer

SAID_NO = "act:refused"
"""What an act lacks to which somebody who was asked said no."""
RECORD = "comity/approval/1"
_SALT_BYTES = 32
_MOST_REASON = 4_000
_HELD = "SELECT dispatch, desk, number, particulars, record FROM act WHERE effect = 'held' ORDER BY at DESC"
_DONE = "SELECT COALESCE(max(at), -1) FROM act WHERE dispatch = ? AND particulars = ? AND effect IN ('permit', 'permit-with')"
_KEEP = (
    "INSERT INTO approval (subject, role, desk, number, yes, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (subject, role, desk, number) DO UPDATE SET yes = excluded.yes, reason = excluded.reason, at = excluded.at"
)
_ANSWERS = "SELECT role, desk, number, yes, reason, at FROM approval WHERE subject = ? AND at > ? ORDER BY at, role, desk, number"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An act that waits: on what, who asked for it, and the roles that it waits for."""

    dispatch: DispatchId
    by: tuple[str, int]
    roles: frozenset[str]


def act_answers(particulars: Particulars, tx: Tx) -> tuple[Answer, ...]:
    """Return every answer to this very act since it was last done, oldest first; an answer serves once."""
    last = tx.rows(_DONE, (particulars.dispatch, encode_particulars(particulars)))
    rows = tx.rows(_ANSWERS, (subject_of(particulars), int_of(last[0][0])))
    return tuple(
        Answer(text_of(role), Officer(text_of(desk), int_of(number)), bool(yes), text_of(reason), Ms(int_of(at)))
        for role, desk, number, yes, reason, at in rows
    )


def said_no(particulars: Particulars, tx: Tx) -> Answer | None:
    """Return the first no that stands against this very act; None if nobody said no."""
    return next((one for one in act_answers(particulars, tx) if not one.yes), None)


def answer_act(subject: bytes, answer: Answer, book: Book, office: Office, now: Ms) -> None:
    """Keep one person's yes or no to an act that was held, bound to its particulars.

    After a yes, whoever asked repeats the act; after a no it is refused as often as it is repeated.

    Args:
        subject: as `NotDone.subject` said it.
        answer: role, who, yes or no, and the words.
        book: the logs.
        office: the node.
        now: the time.

    Raises:
        BadForm: a no without a reason, or too long a reason; nothing was kept.
        NotAllowed: no act waits for this, they asked for it themselves, or do not hold the role; nothing was kept.
    """
    role, by, reason = answer.role, answer.by, answer.reason
    if len(reason) > _MOST_REASON or (not answer.yes and not reason.strip()):
        raise BadForm(f"a no gives its reason, of at most {_MOST_REASON} characters; nothing was kept")
    asked = _waiting(subject, book.tx)
    _check(asked, answer, office.powers.standing(book.tx, by.desk, by.number, now), now)
    assert asked is not None
    word, salt = "yes" if answer.yes else "no", office.entropy.draw(_SALT_BYTES)
    members: list[Value] = [RECORD, asked.dispatch, subject, role, by.desk, by.number, word, reason, now]
    records.keep(book, "approval", asked.dispatch, salt, cbor.encode(members), now=now)
    book.tx.run(_KEEP, (subject, role, by.desk, by.number, int(answer.yes), reason, now))


def _check(asked: _Waiting | None, answer: Answer, standing: Standing | None, now: Ms) -> None:
    role, by = answer.role, answer.by
    there = standing is not None and (standing.until is None or now < standing.until)
    holds = standing is not None and there and role in standing.roles
    for good, wrong in (
        (asked is not None, "no act waits for this approval"),
        (asked is None or (by.desk, by.number) != asked.by, "who asked for an act is never its approver"),
        (holds, f"this officer does not hold the role {role} now"),
        (asked is None or answer.yes or role in asked.roles, f"this act does not wait for the role {role}"),
    ):
        if not good:
            raise NotAllowed(f"{wrong}; nothing was kept")


def _waiting(subject: bytes, tx: Tx) -> _Waiting | None:
    """Return the act that waits under a subject, as it was asked for last."""
    for dispatch, desk, number, written, record in tx.rows(_HELD):
        if subject_of(decode_particulars(bytes_of(written))) == subject:
            return _Waiting(DispatchId(bytes_of(dispatch)), (text_of(desk), int_of(number)), _roles(int_of(record), tx))
    return None


def _roles(record: int, tx: Tx) -> frozenset[str]:
    rows = tx.rows("SELECT record FROM record WHERE idx = ?", (record,))
    decided = read_record(bytes_of(rows[0][0])) if rows else None
    missing = None if decided is None else decided.rest.get("missing")
    words = map(str, missing) if isinstance(missing, list | tuple) else ()
    return frozenset(word.removeprefix(APPROVAL) for word in words if word.startswith(APPROVAL))
