"""Reads what waits for our reviewer: broken glass with its reason and what it let through, out of logs and rows.

The rule it keeps: reason and officer come from the record whose hash both logs hold, never from a row beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import DispatchId, Ms
from comity.dispatch import glass
from comity.dispatch.book import Ledger
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.decision import read_record
from comity.dispatch.holding import views
from comity.dispatch.owed import REVIEW, REVIEWER, Owed, owed_thing
from comity.dispatch.particulars import decode_particulars
from comity.dispatch.ports import Scalar, Tx
from comity.screen.reviews import ReviewCard, Still, Who

_WAITING = "SELECT id FROM owed WHERE role = ? AND done_at IS NULL AND dispatch IS NOT NULL ORDER BY due IS NULL, due, since, id"
_DONE = "SELECT id FROM owed WHERE role = ? AND done_at IS NOT NULL AND dispatch IS NOT NULL ORDER BY done_at DESC, id LIMIT ?"
_TALLY = (
    "SELECT count(*), COALESCE(sum(CASE WHEN due <= ? THEN 1 ELSE 0 END), 0) FROM owed"
    " WHERE role = ? AND done_at IS NULL AND dispatch IS NOT NULL"
)
_BROKEN = "SELECT record FROM opening WHERE kind = ? AND at = ? ORDER BY idx"
_STILL = "SELECT what, role, due, done_at FROM owed WHERE dispatch = ? AND since = ? AND id <> ? ORDER BY what, id"
_RECORD = "SELECT record FROM record WHERE idx = ?"


@dataclass(frozen=True, slots=True)
class _Broken:
    """A breaking of glass as its record holds it."""

    act: str
    by: Who
    reason: str
    deferred: tuple[str, ...]


class Reviews:
    """`screen.reviews.ReviewBoard` over one node's store; only reads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def waiting(self) -> tuple[ReviewCard, ...]:
        """Return what waits, the first due first."""
        return self._cards(_WAITING, (REVIEWER,))

    def done(self, most: int) -> tuple[ReviewCard, ...]:
        """Return what was reviewed, the newest first."""
        return self._cards(_DONE, (REVIEWER, most))

    def _cards(self, query: str, values: tuple[Scalar, ...]) -> tuple[ReviewCard, ...]:
        with self._ledger.read() as tx:
            found = (owed_thing(tx, DispatchId(bytes_of(id_))) for (id_,) in tx.rows(query, values))
            return tuple(_card(one, one.dispatch, tx) for one in found if one is not None and one.dispatch is not None)

    def one(self, id_: DispatchId) -> ReviewCard | None:
        """Return one, waiting or done; None if the reviewer owes no such thing."""
        with self._ledger.read() as tx:
            found = owed_thing(tx, id_)
            if found is None or found.role != REVIEWER or found.dispatch is None:
                return None
            return _card(found, found.dispatch, tx)

    def tally(self, now: Ms) -> tuple[int, int]:
        """Return how many wait and how many of them are overdue."""
        with self._ledger.read() as tx:
            ((count, late),) = tx.rows(_TALLY, (now, REVIEWER))
        return int_of(count), int_of(late)


def _card(owed: Owed, dispatch: DispatchId, tx: Tx) -> ReviewCard:
    broken = _broken(owed, dispatch, tx) if owed.verb == REVIEW else None
    return ReviewCard(
        id=owed.id,
        verb=owed.verb,
        value=owed.what.partition(":")[2],
        dispatch=dispatch,
        act="" if broken is None else broken.act,
        by=None if broken is None else broken.by,
        reason="" if broken is None else broken.reason,
        deferred=() if broken is None else broken.deferred,
        still=tuple(
            Still(text_of(what), text_of(role), ms_or_none(due), ms_or_none(done))
            for what, role, due, done in tx.rows(_STILL, (dispatch, owed.since, owed.id))
        ),
        seen=tuple(((one.desk, one.number), one.at) for one in views(dispatch, tx)),
        since=owed.since,
        due=owed.due,
        done=_finding(owed, tx),
    )


def _broken(owed: Owed, dispatch: DispatchId, tx: Tx) -> _Broken | None:
    """Return the breaking from which a review comes: its leaf was written in the same transaction, at the same time."""
    found = (_read(bytes_of(record), dispatch) for (record,) in tx.rows(_BROKEN, (glass.BREAK_GLASS, owed.since)))
    return next((one for one in found if one is not None), None)


def _read(record: bytes, dispatch: DispatchId) -> _Broken | None:
    match cbor.decode(record):
        case [glass.RECORD, bytes(about), str(reason), str(desk), int(number), list(deferred), int()]:
            said = _Broken("", (desk, number), reason, tuple(map(str, deferred)))
            return said if about == dispatch else None
        case _:
            decided = read_record(record)
            return None if decided is None or decided.dispatch != dispatch else _of_act(decided.rest)


def _of_act(rest: Mapping[str, Value]) -> _Broken | None:
    match rest.get("particulars"), rest.get("by"), rest.get("deferred"):
        case bytes(written), [str(desk), int(number), *_], list(deferred):
            asked = decode_particulars(written)
            return _Broken(asked.act.value, (desk, number), asked.break_glass, tuple(map(str, deferred)))
        case _:
            return None


def _finding(owed: Owed, tx: Tx) -> tuple[Ms, Who, str] | None:
    if owed.done_at is None:
        return None
    rows = tx.rows(_RECORD, (owed.done_record,))
    match cbor.decode(bytes_of(rows[0][0])) if rows else None:
        case [_, _, _, _, _, str(desk), int(number), str(note), *_]:
            return owed.done_at, (desk, number), note
        case _:
            return owed.done_at, ("", 0), ""
