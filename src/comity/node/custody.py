"""Opening what our law did not admit: a legal officer and a reviewer together, by the custodian's key, which is on no node.

The rule it keeps: the node hands out sealed bytes alone, once for each opening that one asked for and the other confirmed, and
never learns what is in them. Where our law speaks of the end, it is asked first, and its no is a result that is kept.
"""  # spec: vocabulary.md 5, Custody; protocol.md 7

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import DispatchId, LeafIndex, Ms, new_dispatch_id, show_id
from comity.dispatch import records
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.decision import Decided, encode_verdict, read_record
from comity.dispatch.entries import DispatchLeaf
from comity.dispatch.inbound.record import INCOMPLETE, RECALLED, UNMET
from comity.dispatch.office import Office
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Officer
from comity.node.custodybox import Box
from comity.node.link import LinkState
from comity.node.linkrow import read_link
from comity.node.retention import custody_day
from comity.policy.question import Act, Outside
from comity.policy.question_codec import encode_question
from comity.policy.verdict import Verdict

RECORD: Final = "comity/custody-opening/1"
LEGAL, REVIEWER = "legal-officer", "reviewer"
"""Roles of the two who open: one of each, two persons."""
ASKED, OPENED, REFUSED, DROPPED = "asked", "opened", "refused", "dropped"
_SALT_BYTES, _LEAST, _MOST = 32, 10, 2_000


class End(StrEnum):
    """What an opening is for."""

    REVIEW = "review"
    """The reviewer looks whether the refusal was right; our law does not speak of it."""
    COURT = "court"
    """A court orders it."""
    ACCESS = "access"
    """The person concerned, or who asked for records, is to have it."""


_LAW: Final = {End.COURT: (Act.COURT, Outside.COURT), End.ACCESS: (Act.ACCESS, Outside.PERSON)}


@dataclass(frozen=True, slots=True)
class Opening:
    """One wish to open, and what became of it.

    Attributes:
        id: of the wish.
        dispatch: which.
        end: what for.
        reason: in words; it stays at home.
        by, second: who asked, and who decided; None while nobody did.
        asked_at, ended_at: when.
        state: `asked`, `opened`, `refused` by our law, or `dropped`.
    """

    id: DispatchId
    dispatch: DispatchId
    end: End
    reason: str
    by: tuple[str, int]
    second: tuple[str, int] | None
    asked_at: Ms
    ended_at: Ms | None
    state: str


@dataclass(frozen=True, slots=True)
class InCustody:
    """One dispatch with the custodian.

    Attributes:
        dispatch: which; nothing of it can be read here.
        since: when it was refused.
        day: from when two persons may destroy it.
        why: the rules that refused it, by id; that of the accord where it was recalled while it waited, or waited in vain.
        openings: wishes to open it, the newest last.
    """

    dispatch: DispatchId
    since: Ms
    day: Ms
    why: tuple[str, ...]
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an opening: the sealed box, or our law's no."""

    opening: Opening
    box: Box | None
    verdict: Verdict | None


def in_custody(tx: Tx, office: Office) -> tuple[InCustody, ...]:
    """Return what lies with the custodian, the oldest first; nothing is written."""
    wishes: dict[bytes, list[Opening]] = {}
    for one in openings(tx):
        wishes.setdefault(one.dispatch, []).append(one)
    rows = tx.rows("SELECT id, since FROM custody ORDER BY since, id")
    return tuple(_shown(row, tuple(wishes.get(bytes_of(row[0]), ())), tx, office) for row in rows)


def _shown(row: Row, wished: tuple[Opening, ...], tx: Tx, office: Office) -> InCustody:
    dispatch, since = DispatchId(bytes_of(row[0])), Ms(int_of(row[1]))
    found = refusal(dispatch, tx)
    why = () if found is None else tuple(one.rule for one in found.verdict.reasons)
    if found is not None and _late(found):
        why = (UNMET,) if _in_vain(dispatch, tx) else (RECALLED,)
    return InCustody(dispatch, since, custody_day(since, tx, office.accord), why, wished)


def openings(tx: Tx) -> tuple[Opening, ...]:
    """Return all wishes to open, done or not, oldest first; they stay when the content is destroyed."""
    rows = tx.rows(
        "SELECT id, dispatch, purpose, reason, desk, number, second_desk, second_number, asked_at, ended_at, state"
        " FROM custody_opening ORDER BY asked_at, id"
    )
    return tuple(_opening(row) for row in rows)


def _opening(row: Row) -> Opening:
    id_, dispatch, end, reason, desk, number, second, second_number, asked, ended, state = row
    return Opening(
        id=DispatchId(bytes_of(id_)),
        dispatch=DispatchId(bytes_of(dispatch)),
        end=End(text_of(end)),
        reason=text_of(reason),
        by=(text_of(desk), int_of(number)),
        second=None if second is None else (text_of(second), int_of(second_number)),
        asked_at=Ms(int_of(asked)),
        ended_at=ms_or_none(ended),
        state=text_of(state),
    )


# --- asking and deciding ----------------------------------------------------------------------------------------------


def ask_opening(
    dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms, *, end: End, reason: str
) -> Opening:
    """Ask that something in custody is opened; another person of the other role decides.

    Raises:
        BadForm: it does not lie with the custodian, an opening waits already, or no reason was given; nothing was changed.
        NotAllowed: neither legal officer nor reviewer.
    """
    _check(by, book.tx, office, now)
    if not _LEAST <= len(reason.strip()) <= _MOST:
        raise BadForm(f"a reason has {_LEAST} to {_MOST} characters; nothing was changed")
    if not book.tx.rows("SELECT 1 FROM custody WHERE id = ?", (dispatch,)):
        raise BadForm(f"{show_id(dispatch)} does not lie with the custodian; nothing was changed")
    if any(one.state == ASKED and one.dispatch == dispatch for one in openings(book.tx)):
        raise BadForm("its opening was asked for already; another person decides it. Nothing was changed")
    made = Opening(
        new_dispatch_id(now, office.entropy),
        dispatch,
        end,
        reason.strip(),
        (by.desk, by.number),
        None,
        now,
        None,
        ASKED,
    )
    book.tx.run(
        "INSERT INTO custody_opening (id, dispatch, purpose, reason, desk, number, asked_at, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (made.id, dispatch, end.value, made.reason, *made.by, now, ASKED),
    )
    _record(made, None, None, book, office, now)
    return made


def drop_opening(dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms) -> Opening:
    """End a wish to open that nobody wants any more; who asked may too.

    Raises:
        BadForm: none waits.
        NotAllowed: neither legal officer nor reviewer.
    """
    _check(by, book.tx, office, now)
    return _end(_waiting(dispatch, book.tx), DROPPED, by, None, book, office, now)


def confirm_opening(dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms) -> Outcome:
    """Open what another person asked for, if our law lets it: the sealed box is handed out once.

    Raises:
        BadForm: none waits, it is gone, or our law cannot be asked for this end; nothing was changed.
        NotAllowed: the same person, or the two are not a legal officer and a reviewer.
    """
    roles = _check(by, book.tx, office, now)
    asked = _waiting(dispatch, book.tx)
    if asked.by == (by.desk, by.number):
        raise NotAllowed("another person than the one who asked decides an opening; nothing was changed")
    first = office.powers.standing(book.tx, *asked.by, now)
    had: frozenset[str] = frozenset() if first is None else first.roles
    if not ((LEGAL in had and REVIEWER in roles) or (REVIEWER in had and LEGAL in roles)):
        raise NotAllowed("of the two who open one is a legal officer and the other a reviewer; nothing was changed")
    question, verdict = _judge(asked, frozenset({LEGAL, REVIEWER}), book.tx, office, now)
    if verdict is not None and (not verdict.permits or verdict.missing):
        return Outcome(_end(asked, REFUSED, by, (question, verdict), book, office, now), None, verdict)
    box = _box(asked, by, book, office, now)
    return Outcome(_end(asked, OPENED, by, (question, verdict), book, office, now), box, verdict)


def _check(by: Officer, tx: Tx, office: Office, now: Ms) -> frozenset[str]:
    if read_link(tx).state is LinkState.SUPERSEDED:
        raise NotAllowed(
            "this is an old store of this node, and what is decided in it is in no log that goes on: open it at the newer"
            " one. Nothing was changed"
        )
    standing = office.powers.standing(tx, by.desk, by.number, now)
    if standing is None or not standing.roles & {LEGAL, REVIEWER}:
        raise NotAllowed("a legal officer and a reviewer open what lies with the custodian; nothing was changed")
    return standing.roles


def _waiting(dispatch: DispatchId, tx: Tx) -> Opening:
    found = next((one for one in openings(tx) if one.state == ASKED and one.dispatch == dispatch), None)
    if found is None:
        raise BadForm("nobody asked for this opening, or it was decided; nothing was changed")
    return found


def refusal(dispatch: DispatchId, tx: Tx) -> Decided | None:
    """Return our decision by which a dispatch went to the custodian; None where its record cannot be found."""
    rows = tx.rows("SELECT record FROM record WHERE dispatch = ? AND kind = 'received'", (dispatch,))
    return read_record(bytes_of(rows[0][0])) if rows else None


def _late(found: Decided) -> bool:
    """Say whether our law had let it in: then it was recalled while it waited for another, or waited in vain."""
    return found.verdict.permits


def _in_vain(dispatch: DispatchId, tx: Tx) -> bool:
    """Say whether it was refused because what it waited for did not come."""
    return bool(tx.rows("SELECT 1 FROM got WHERE id = ? AND code = ?", (dispatch, INCOMPLETE)))


def _taken_back(dispatch: DispatchId, found: Decided, tx: Tx) -> bool:
    """Say whether its sender had recalled what our law had let in, before or since it was refused."""
    marked = tx.rows("SELECT 1 FROM mark WHERE target = ?", (dispatch,))
    return _late(found) and (bool(marked) or not _in_vain(dispatch, tx))


def _judge(
    asked: Opening, approvals: frozenset[str], tx: Tx, office: Office, now: Ms
) -> tuple[bytes | None, Verdict | None]:
    """Ask our law for the end of an opening, by what it knew when it refused the dispatch; None where it does not speak of it."""
    if asked.end not in _LAW:
        return None, None
    found = refusal(asked.dispatch, tx)
    if found is None or found.question is None:
        raise BadForm(
            "our law was never asked about this dispatch (the accord refused it), so it cannot be asked for this end; open it"
            " for review first. Nothing was changed"
        )
    act, outside = _LAW[asked.end]
    question = replace(
        found.question, act=act, outside=outside, approvals=approvals, recalled=_taken_back(asked.dispatch, found, tx)
    )
    return encode_question(question), office.gate.decide(question, now)


def _box(asked: Opening, by: Officer, book: Book, office: Office, now: Ms) -> Box:
    rows = book.tx.rows("SELECT idx, kid, sealed FROM custody WHERE id = ?", (asked.dispatch,))
    if not rows:
        raise BadForm("it was destroyed meanwhile; nothing was changed")
    index, kid, sealed = LeafIndex(int_of(rows[0][0])), bytes_of(rows[0][1]), bytes_of(rows[0][2])
    leaf = book.entry(LogRole.THEIRS, index)
    assert isinstance(leaf, DispatchLeaf)
    _, accord = office.judged_by(index)
    return Box(
        dispatch=asked.dispatch,
        sender=office.peer,
        receiver=office.us,
        accord=accord,
        log=book.logs[LogRole.THEIRS].origin,
        leaf=index,
        commit=leaf.commit,
        kid=kid,
        sealed=sealed,
        end=asked.end.value,
        by=(f"{asked.by[0]}/{asked.by[1]}", f"{by.desk}/{by.number}"),
        at=now,
    )


def _end(  # noqa: PLR0917  the wish, what became of it, by whom, and where it is written
    asked: Opening,
    state: str,
    by: Officer,
    judged: tuple[bytes | None, Verdict | None] | None,
    book: Book,
    office: Office,
    now: Ms,
) -> Opening:
    done = replace(asked, state=state, second=(by.desk, by.number), ended_at=now)
    book.tx.run(
        "UPDATE custody_opening SET state = ?, second_desk = ?, second_number = ?, ended_at = ? WHERE id = ?",
        (state, by.desk, by.number, now, asked.id),
    )
    _record(done, *(judged or (None, None)), book, office, now)
    return done


def _record(  # noqa: PLR0917  what is recorded, and where
    one: Opening, question: bytes | None, verdict: Verdict | None, book: Book, office: Office, now: Ms
) -> None:
    """Keep a step in our decision log; its head stands in our exchange log once a day, and the other side learns nothing."""
    members: list[Value] = [
        RECORD, one.state, one.id, one.dispatch, one.end.value, one.reason, list(one.by),
        None if one.second is None else list(one.second), question, None if verdict is None else encode_verdict(verdict), now,
    ]  # fmt: skip
    records.keep(book, "custody-opening", None, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)
