"""What stays open in cases beside questions, as others ask for it: who owes what, by when, in which case.

The rule it keeps: feedback that never comes is missing, and keeps no case open; nothing here names an officer.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from comity.base.ids import CaseId, DispatchId, Ms
from comity.desks.requests import laterrows
from comity.desks.requests.model import NOTED, Kind
from comity.desks.requests.rows import text_or_none
from comity.desks.requests.rules import Chase, Clocks, chase_of
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.screen.case import After, FeedbackState, Keeping, Promise, Treaty


class Matter(StrEnum):
    """What is open."""

    FEEDBACK = "feedback"
    CONTACT_NOTE = "contact-note"
    """A call or meeting that the other side has not confirmed."""
    PRESERVATION = "preservation"
    """Data are kept until a day: renew it, go the treaty way, or let them go."""
    TREATY_STATUS = "treaty-status"
    CORRECTION = "correction"
    """The other side has not opened it, so that those who had the old version are not told."""
    RECALL = "recall"
    """The other side has not opened it."""
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that is open.

    Attributes:
        kind: what.
        stage: for feedback `wanted`, `first` (it was asked for once), `missing`; for a preservation `kept`, `ends-soon`, `ended`; of a
            correction, recall or withdrawal `unread`; else "".
        ours: our side owes it.
        due: by when.
        case, dispatch: where; the dispatch is the one from which it comes.
        item: workplan item, or None.
        agency: whom it is about, "" for nobody in particular.
    """

    kind: Matter
    stage: str
    ours: bool
    due: Ms
    case: CaseId
    dispatch: DispatchId
    item: str | None = None
    agency: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackCount:
    """Of one workplan item (None: none), for the answers of one side (`ours`): how much feedback came, waits, is missing.

    Attributes:
        item, ours: for which answers.
        came: answers with feedback.
        waiting: answers whose feedback is not missing yet.
        missing: answers whose second reminder has passed.
        useful: (word, number) of what came.
    """

    item: str | None
    ours: bool
    came: int
    waiting: int
    missing: int
    useful: tuple[tuple[str, int], ...]


_GONE = (
    "EXISTS (SELECT 1 FROM requests_mark m WHERE m.target = f.answer AND m.ours = f.ours"
    " AND m.kind = 'recall' AND m.part IS NULL)"
)
_FEEDBACK = (
    "SELECT f.answer, f.ours, f.case_id, f.item, f.since FROM requests_feedback f"  # noqa: S608  constants of this module only
    f" WHERE f.feedback IS NULL AND NOT {_GONE}"
)
_COUNTED = (
    "SELECT f.item, f.ours, f.useful, CASE WHEN f.since <= ? THEN 1 ELSE 0 END, COUNT(*) FROM requests_feedback f"  # noqa: S608  constants of this module only
    f" WHERE NOT {_GONE} GROUP BY 1, 2, 3, 4"
)
_WANTED = f"requests_feedback f WHERE f.ours = 0 AND f.feedback IS NULL AND f.second_told IS NULL AND NOT {_GONE}"
_CHASED = f"SELECT f.answer, f.case_id, f.item, f.since, f.first_told FROM {_WANTED} AND f.since <= ? ORDER BY f.since, f.answer"  # noqa: S608  constants of this module only
_UNTOLD = "requests_keeping k WHERE k.ours = 1 AND k.told IS NULL AND k.renewed_by IS NULL AND k.kept IS NOT NULL"
_ENDING = (
    "SELECT k.id, k.case_id, (SELECT d.item FROM requests_dispatch d WHERE d.id = k.id), k.kept"  # noqa: S608  constants of this module only
    f" FROM {_UNTOLD} AND k.kept <= ? ORDER BY k.kept, k.id"
)
_NOTES = (
    "SELECT id, ours, case_id, item, COALESCE(arrived + limit_full, due_next) FROM requests_dispatch"
    " WHERE kind = ? AND due_next IS NOT NULL AND stage = ? AND admitted = 1 AND answered IS NULL"
)
_KEPT = (
    "SELECT k.id, k.ours, k.case_id, d.item, k.kept FROM requests_keeping k"
    " LEFT JOIN requests_dispatch d ON d.id = k.id WHERE k.kept IS NOT NULL AND k.renewed_by IS NULL AND k.kept > ?"
)
_UNREAD = (
    "SELECT id, ours, case_id, item, due_next, kind FROM requests_dispatch WHERE due_next IS NOT NULL AND seen IS NULL"
    " AND kind IN ('recall', 'correction', 'withdraw')"
)
_STATUS = (
    "SELECT t.id, t.ours, t.case_id, o.item, COALESCE((SELECT MAX(d.created) FROM requests_dispatch d"
    " WHERE d.case_id = t.case_id AND d.ours <> t.ours AND d.created > t.at), t.at)"
    " FROM requests_treaty t LEFT JOIN requests_dispatch o ON o.id = t.id"
    " WHERE NOT EXISTS (SELECT 1 FROM requests_treaty later WHERE later.case_id = t.case_id AND later.at > t.at)"
)


def duties(tx: Tx, clocks: Clocks, now: Ms, case: CaseId | None = None) -> tuple[Duty, ...]:
    """Return what is open on either side, the first due first. A feedback that is missing stays in the list.

    Args:
        tx: the snapshot.
        clocks: of the accord.
        now: the time.
        case: only of this case, by its own rows; None: of all.
    """
    of = _Of(tx, case)
    found = [*_feedback(of, clocks, now), *_notes(of), *_keepings(of, clocks, now), *_status(of, clocks), *_unread(of)]
    return tuple(sorted(found, key=lambda one: (one.due, one.dispatch, one.agency)))


@dataclass(frozen=True, slots=True)
class _Of:
    """A snapshot, and the one case that is asked about, or None."""

    tx: Tx
    case: CaseId | None

    def rows(self, query: str, column: str, arguments: tuple[Scalar, ...] = ()) -> Sequence[Row]:
        """Return the rows of a query; `column` has the case."""
        if self.case is None:
            return self.tx.rows(query, arguments)
        return self.tx.rows(f"{query} AND {column} = ?", (*arguments, self.case))


def chase(tx: Tx, clocks: Clocks, now: Ms) -> tuple[Duty, ...]:
    """Note each thing of which our own side must be told now, once each, and return them; nothing crosses for it."""
    told: list[Duty] = []
    for answer, case, item, since, first in tx.rows(_CHASED, (now - clocks.feedback[0],)):
        stage, due = chase_of(Ms(int_of(since)), clocks, now)
        if stage is Chase.MISSING or first is None:
            duty = Duty(Matter.FEEDBACK, stage.value, ours=True, due=due, case=CaseId(bytes_of(case)),
                        dispatch=DispatchId(bytes_of(answer)), item=text_or_none(item))  # fmt: skip
            laterrows.note_told(tx, duty.dispatch, now, second=stage is Chase.MISSING)
            told.append(duty)
    for id_, case, item, kept in tx.rows(_ENDING, (now + clocks.keeping,)):
        end = Ms(int_of(kept))
        duty = Duty(Matter.PRESERVATION, _ending(end, clocks, now), ours=True, due=end, case=CaseId(bytes_of(case)),
                    dispatch=DispatchId(bytes_of(id_)), item=text_or_none(item))  # fmt: skip
        laterrows.note_kept_told(tx, duty.dispatch, now)
        told.append(duty)
    return tuple(told)


def next_chase(tx: Tx, clocks: Clocks) -> Ms | None:
    """Return when our own side is to be told of something next, in the past where it is late; None for nothing."""
    first, second = clocks.feedback
    waits = tx.rows(
        f"SELECT MIN(CASE WHEN f.first_told IS NULL THEN f.since + ? ELSE f.since + ? END) FROM {_WANTED}",  # noqa: S608  a constant of this module
        (first, second),
    )
    ends = tx.rows(f"SELECT MIN(k.kept) FROM {_UNTOLD}")  # noqa: S608  a constant of this module
    times = [int_of(at[0][0]) - less for at, less in ((waits, 0), (ends, clocks.keeping)) if at[0][0] is not None]
    return Ms(min(times)) if times else None


def _feedback(of: _Of, clocks: Clocks, now: Ms) -> Iterator[Duty]:
    for answer, ours, case, item, since in of.rows(_FEEDBACK, "f.case_id"):
        stage, due = chase_of(Ms(int_of(since)), clocks, now)
        yield Duty(Matter.FEEDBACK, stage.value, ours != 1, due, *_place(case, answer, item))


def _notes(of: _Of) -> Iterator[Duty]:
    for id_, ours, case, item, due in of.rows(_NOTES, "case_id", (Kind.CONTACT_NOTE, NOTED)):
        yield Duty(Matter.CONTACT_NOTE, "", ours != 1, Ms(int_of(due)), *_place(case, id_, item))


def _keepings(of: _Of, clocks: Clocks, now: Ms) -> Iterator[Duty]:
    """Yield what is kept until some day and what ended not long ago; whoever asked for it decides what next."""
    for id_, ours, case, item, kept in of.rows(_KEPT, "k.case_id", (now - clocks.keeping,)):
        end = Ms(int_of(kept))
        yield Duty(Matter.PRESERVATION, _ending(end, clocks, now), ours == 1, end, *_place(case, id_, item))


def _ending(end: Ms, clocks: Clocks, now: Ms) -> str:
    if end <= now:
        return "ended"
    return "ends-soon" if end - now <= clocks.keeping else "kept"


def _status(of: _Of, clocks: Clocks) -> Iterator[Duty]:
    """Yield when a status is due from the side that was asked: a span after the conversion, or after its last word."""
    for id_, ours, case, item, last in of.rows(_STATUS, "t.case_id"):
        due = Ms(int_of(last) + clocks.status)
        yield Duty(Matter.TREATY_STATUS, "", ours != 1, due, *_place(case, id_, item))


def _unread(of: _Of) -> Iterator[Duty]:
    """Yield each recall, correction and withdrawal, of ours and theirs, that the side which got it has not opened."""
    for id_, ours, case, item, due, kind in of.rows(_UNREAD, "case_id"):
        yield Duty(Matter(text_of(kind)), "unread", ours != 1, Ms(int_of(due)), *_place(case, id_, item))


def _place(case: object, dispatch: object, item: object) -> tuple[CaseId, DispatchId, str | None]:
    assert item is None or isinstance(item, str)
    assert isinstance(case, bytes)
    assert isinstance(dispatch, bytes)
    return CaseId(case), DispatchId(dispatch), item


def feedback_counts(tx: Tx, clocks: Clocks, now: Ms) -> tuple[FeedbackCount, ...]:
    """Return by workplan item and side how much feedback came and how much is missing."""
    groups: dict[tuple[str | None, bool], list[tuple[str | None, bool, int]]] = {}
    for item, ours, useful, late, count in tx.rows(_COUNTED, (now - clocks.feedback[1],)):
        group = groups.setdefault((text_or_none(item), ours == 1), [])
        group.append((text_or_none(useful), late == 1, int_of(count)))
    order = sorted(groups, key=lambda key: (key[0] is None, key[0] or "", key[1]))
    return tuple(_counted(key, groups[key]) for key in order)


def _counted(key: tuple[str | None, bool], found: list[tuple[str | None, bool, int]]) -> FeedbackCount:
    said: dict[str, int] = {}
    for useful, _, count in found:
        if useful is not None:
            said[useful] = said.get(useful, 0) + count
    missing = sum(count for useful, late, count in found if useful is None and late)
    waiting = sum(count for useful, late, count in found if useful is None and not late)
    return FeedbackCount(*key, sum(said.values()), waiting, missing, tuple(sorted(said.items())))


def after(tx: Tx, case: CaseId) -> After:
    """Return what became of one case besides questions and answers, oldest first."""
    return After(_treaties(tx, case), _kept(tx, case), _promises(tx, case), _states(tx, case))


def _treaties(tx: Tx, case: CaseId) -> tuple[Treaty, ...]:
    rows = tx.rows(
        "SELECT id, ours, at, authority, instrument, number, usable FROM requests_treaty WHERE case_id = ? ORDER BY at, id",
        (case,),
    )
    return tuple(
        Treaty(
            DispatchId(bytes_of(id_)),
            ours == 1,
            Ms(int_of(at)),
            text_of(authority),
            text_of(instrument),
            text_of(number),
            tuple(text_of(usable).split()),
        )
        for id_, ours, at, authority, instrument, number, usable in rows
    )


def _kept(tx: Tx, case: CaseId) -> tuple[Keeping, ...]:
    rows = tx.rows(
        "SELECT id, ours, asked, kept, renewed_by FROM requests_keeping WHERE case_id = ? ORDER BY asked, id", (case,)
    )
    return tuple(
        Keeping(
            DispatchId(bytes_of(id_)),
            ours == 1,
            Ms(int_of(asked)),
            ms_or_none(kept),
            None if renewed is None else DispatchId(bytes_of(renewed)),
        )
        for id_, ours, asked, kept, renewed in rows
    )


def _promises(tx: Tx, case: CaseId) -> tuple[Promise, ...]:
    rows = tx.rows(
        "SELECT id, ours, target, covers, authority, until FROM requests_assurance WHERE case_id = ? ORDER BY at, id",
        (case,),
    )
    return tuple(
        Promise(
            DispatchId(bytes_of(id_)),
            ours == 1,
            DispatchId(bytes_of(target)),
            tuple(text_of(covers).split()),
            text_of(authority),
            ms_or_none(until),
        )
        for id_, ours, target, covers, authority, until in rows
    )


def _states(tx: Tx, case: CaseId) -> tuple[FeedbackState, ...]:
    rows = tx.rows(
        f"SELECT answer, ours, since, feedback, useful, used FROM requests_feedback f WHERE case_id = ? AND NOT {_GONE}"  # noqa: S608  a constant of this module
        " ORDER BY since, answer",
        (case,),
    )
    return tuple(
        FeedbackState(
            DispatchId(bytes_of(answer)),
            ours == 1,
            Ms(int_of(since)),
            None if feedback is None else DispatchId(bytes_of(feedback)),
            text_or_none(useful) or "",
            tuple((text_or_none(used) or "").split()),
        )
        for answer, ours, since, feedback, useful, used in rows
    )
