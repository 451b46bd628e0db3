"""Renewing a review date: what is needed longer is kept longer by two persons with a reason, as far as law and accord let it.

The rule it keeps: a renewal moves a day and never a limit. What the other side's label or our own law ends is not renewed, nor
what is due because the accord has ended; whoever must keep it all the same holds it, with a reason of its own.
"""  # spec: vocabulary.md 2, Retention period, review date

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import DispatchId, Ms, new_dispatch_id, show_id
from comity.dispatch import records, wire
from comity.dispatch.accord import Accord
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.entries import Fact
from comity.dispatch.holding import day_ends
from comity.dispatch.office import Office
from comity.dispatch.partsrow import GONE, parts_of
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Officer
from comity.dispatch.stops import read_stops
from comity.node.erasures import erasures_of, waiting
from comity.node.retention import LEGAL, OURS, THEIRS, check_keeper, note_day, ordered

RECORD: Final = "comity/renewal/1"
RENEWED: Final = "renewed"
"""Why something is due: its renewed day has come."""
ASKED, DROPPED = "asked", "dropped"
_SALT_BYTES, _LEAST, _MOST = 32, 10, 2_000


@dataclass(frozen=True, slots=True)
class Renewal:
    """One wish to keep a dispatch longer, and what became of it.

    Attributes:
        id: of the wish.
        dispatch: which.
        until: its new day; `before`: the day that it had.
        reason: in words; it stays at home.
        by, second: who asked, and who decided; None while nobody did.
        asked_at, ended_at: when.
        state: `asked`, `renewed` or `dropped`.
    """

    id: DispatchId
    dispatch: DispatchId
    until: Ms
    before: Ms
    reason: str
    by: tuple[str, int]
    second: tuple[str, int] | None
    asked_at: Ms
    ended_at: Ms | None
    state: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Until when a dispatch may be kept.

    Attributes:
        day: its day now, None if it has none.
        limit: the last day to which it may be renewed, None if neither law nor accord gives one.
        by: what sets the limit: `label`, `law` or `accord`.
    """

    day: Ms | None
    limit: Ms | None
    by: str


def renewals(tx: Tx) -> tuple[Renewal, ...]:
    """Return all wishes to renew, done or not, oldest first."""
    rows = tx.rows(
        "SELECT id, dispatch, until, before, reason, desk, number, second_desk, second_number, asked_at, ended_at, state"
        " FROM renewal ORDER BY asked_at, id"
    )
    return tuple(_renewal(row) for row in rows)


def _renewal(row: Row) -> Renewal:
    id_, dispatch, until, before, reason, desk, number, second, second_number, asked, ended, state = row
    return Renewal(
        id=DispatchId(bytes_of(id_)),
        dispatch=DispatchId(bytes_of(dispatch)),
        until=Ms(int_of(until)),
        before=Ms(int_of(before)),
        reason=text_of(reason),
        by=(text_of(desk), int_of(number)),
        second=None if second is None else (text_of(second), int_of(second_number)),
        asked_at=Ms(int_of(asked)),
        ended_at=ms_or_none(ended),
        state=text_of(state),
    )


# --- how long ---------------------------------------------------------------------------------------------------------

_OURS = "SELECT plain, sent_at FROM sent WHERE id = ? AND settled_at IS NOT NULL"
_THEIRS = "SELECT plain, settled_at FROM got WHERE id = ? AND fact = ? AND plain IS NOT NULL AND settled_at IS NOT NULL"


def bounds(dispatch: DispatchId, tx: Tx, accord: Accord) -> Bounds:
    """Say until when a dispatch may be kept: the other side's label and our law end it, the accord by its cap.

    The cap is the accord's `retention-most`, counted from when it was settled, or twice its `retention` where it has none.

    Raises:
        BadForm: nothing of its content is held here.
    """
    whose, rows = OURS, tx.rows(_OURS, (dispatch,))
    if not rows:
        whose, rows = THEIRS, tx.rows(_THEIRS, (dispatch, int(Fact.FILED)))
    header, *rest = parts_of(bytes_of(rows[0][0])) if rows else (GONE,)
    if all(part == GONE for part in rest):
        raise BadForm(f"{show_id(dispatch)} is not held here and settled; nothing was changed")
    labels, since = wire.decode_header(header.content).labels, int_of(rows[0][1])
    ends = [(end, "label") for end in day_ends(labels)] if whose == THEIRS else []
    ends += [(since + span, "law") for span in ordered(dispatch, tx)]
    timers = dict(accord.timers)
    most = timers.get("retention-most", 2 * timers["retention"] if "retention" in timers else None)
    ends += [] if most is None else [(since + most, "accord")]
    limit, by = min(ends) if ends else (None, "")
    found = tx.rows("SELECT at FROM review WHERE dispatch = ?", (dispatch,))
    return Bounds(ms_or_none(found[0][0]) if found else None, None if limit is None else Ms(limit), by)


# --- asking and deciding ----------------------------------------------------------------------------------------------


def ask_renewal(
    dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms, *, until: Ms, reason: str
) -> Renewal:
    """Ask that a dispatch is kept until a later day; another person confirms it.

    Raises:
        BadForm: it has no day, is not held, or may not be kept so long; no reason; it waits already. Nothing was changed.
        NotAllowed: the officer may not.
    """
    check_keeper(by, book.tx, office, now)
    if not _LEAST <= len(reason.strip()) <= _MOST:
        raise BadForm(f"a reason has {_LEAST} to {_MOST} characters; nothing was changed")
    note_day(book, office.accord, dispatch)
    day = _check(dispatch, until, book.tx, office, now)
    if _waiting(dispatch, book.tx) is not None:
        raise BadForm("its renewal was asked for already; another person decides it. Nothing was changed")
    made = Renewal(
        new_dispatch_id(now, office.entropy),
        dispatch,
        until,
        day,
        reason.strip(),
        (by.desk, by.number),
        None,
        now,
        None,
        ASKED,
    )
    book.tx.run(
        "INSERT INTO renewal (id, dispatch, until, before, reason, desk, number, asked_at, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (made.id, dispatch, until, day, made.reason, *made.by, now, ASKED),
    )
    _record(made, book, office, now)
    return made


def confirm_renewal(dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms) -> Renewal:
    """Keep a dispatch until the day that another person asked for; one of the two is a legal officer.

    Raises:
        BadForm: nobody asked, or it may no longer be kept so long; nothing was changed.
        NotAllowed: the same person, or neither of the two is a legal officer.
    """
    roles = check_keeper(by, book.tx, office, now)
    asked = _asked(dispatch, book.tx)
    if asked.by == (by.desk, by.number):
        raise NotAllowed("another person than the one who asked confirms a renewal; nothing was changed")
    first = office.powers.standing(book.tx, *asked.by, now)
    if LEGAL not in roles and (first is None or LEGAL not in first.roles):
        raise NotAllowed("one of the two who renew is a legal officer; nothing was changed")
    _check(dispatch, asked.until, book.tx, office, now)
    book.tx.run("UPDATE review SET at = ?, why = ? WHERE dispatch = ?", (asked.until, RENEWED, dispatch))
    return _end(asked, RENEWED, by, book, office, now=now)


def drop_renewal(dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms) -> Renewal:
    """Take back a wish to renew; who asked may too.

    Raises:
        BadForm: nobody asked.
        NotAllowed: the officer may not.
    """
    check_keeper(by, book.tx, office, now)
    return _end(_asked(dispatch, book.tx), DROPPED, by, book, office, now=now)


def _waiting(dispatch: DispatchId, tx: Tx) -> Renewal | None:
    return next((one for one in renewals(tx) if one.state == ASKED and one.dispatch == dispatch), None)


def _asked(dispatch: DispatchId, tx: Tx) -> Renewal:
    found = _waiting(dispatch, tx)
    if found is None:
        raise BadForm("nobody asked for this renewal, or it was decided; nothing was changed")
    return found


def _check(dispatch: DispatchId, until: Ms, tx: Tx, office: Office, now: Ms) -> Ms:
    """Return the day that it has, if it may be kept until the new one."""
    if read_stops(tx).ended:
        raise BadForm("the accord has ended: nothing is renewed; hold what a court must have. Nothing was changed")
    if waiting(erasures_of(dispatch, tx)) is not None:
        raise BadForm("its erasure was asked for: take that back first. Nothing was changed")
    found = bounds(dispatch, tx, office.accord)
    if found.day is None:
        raise BadForm("it has no day by which it must go; nothing was changed")
    if until <= max(now, found.day):
        raise BadForm("the new day is not later than the one that it has, or has passed; nothing was changed")
    if found.limit is None:
        raise BadForm("neither law nor accord says how long it may be kept: hold it with a reason. Nothing was changed")
    if until > found.limit:
        last = datetime.fromtimestamp(found.limit / 1000, UTC)
        raise BadForm(
            f"{_WHO[found.by]} lets it be kept until {last:%Y-%m-%d %H:%M} UTC and no longer; nothing was changed"
        )
    return found.day


_WHO = {"label": "the other side's label", "law": "our law", "accord": "the accord"}


def _end(asked: Renewal, state: str, by: Officer, book: Book, office: Office, *, now: Ms) -> Renewal:
    done = replace(asked, state=state, second=(by.desk, by.number), ended_at=now)
    book.tx.run(
        "UPDATE renewal SET state = ?, second_desk = ?, second_number = ?, ended_at = ? WHERE id = ?",
        (state, by.desk, by.number, now, asked.id),
    )
    _record(done, book, office, now)
    return done


def _record(one: Renewal, book: Book, office: Office, now: Ms) -> None:
    members: list[Value] = [
        RECORD, one.state, one.id, one.dispatch, one.before, one.until, one.reason, list(one.by),
        None if one.second is None else list(one.second), now,
    ]  # fmt: skip
    records.keep(book, "renewal", None, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)
