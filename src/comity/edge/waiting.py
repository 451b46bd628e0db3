"""What waits for people of ours: held drafts and acts, what is owed, alarms, budgets over persons.

The rule it keeps: codes, counts and times only. No title, no content, no name; an officer is a desk and a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from comity.base.ids import DispatchId, Ms
from comity.dispatch.accord import Accord
from comity.dispatch.answered import act_answers
from comity.dispatch.approvals import Answer, answers
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import read_record
from comity.dispatch.held import Held, held_drafts
from comity.dispatch.oncall import RINGS, rung_times
from comity.dispatch.owed import Owed, owed_things
from comity.dispatch.particulars import Particulars, decode_particulars, subject_of
from comity.dispatch.persons import asked, associated, period_ends
from comity.dispatch.ports import Row, Tx
from comity.edge.lawpart import officer, plain_step
from comity.policy.verdict import Verdict
from comity.screen import (
    AlarmLine,
    ApprovalLine,
    AssociationLine,
    BudgetLine,
    HeldLine,
    OwedLine,
    RingLine,
    WaitingCard,
)

_ALARMS = (
    "SELECT id, kind, role, about, dispatch, at FROM alarm WHERE seen_at IS NULL AND (kind <> ? OR dispatch NOT IN"
    " (SELECT id FROM kept WHERE form IS NOT NULL AND state = 'held' AND ended_at IS NULL)) ORDER BY at DESC, id LIMIT 200"
)
"""A ring stands with the draft that waits; one for a draft that does not, because law refused it, stands here."""
_ACTS = (
    "SELECT a.dispatch, a.desk, a.number, a.particulars, a.record, a.at FROM act a WHERE a.effect = 'held' AND NOT EXISTS (SELECT 1"
    " FROM act b WHERE b.dispatch = a.dispatch AND b.particulars = a.particulars AND b.at > a.at) ORDER BY a.at, a.id"
)


_SUCH = "SELECT DISTINCT particulars FROM act WHERE dispatch = ? AND act = ?"


def waiting(tx: Tx, accord: Accord, agency: Callable[[str], str], now: Ms) -> WaitingCard:
    """Return what waits for people.

    Args:
        tx: the snapshot.
        accord: its budgets and periods.
        agency: the name of an agency by its id.
        now: the time.
    """
    return WaitingCard(
        held=(
            *(draft_line(one, tx, agency) for one in held_drafts(tx)),
            *(_held_act(one) for one in held_acts(tx) if not one.refused),
        ),
        owed=tuple(map(_owed, owed_things(tx))),
        alarms=tuple(map(_alarm, tx.rows(_ALARMS, (RINGS,)))),
        budgets=tuple(BudgetLine(one.ours, one.purpose, one.persons, one.limit) for one in asked(accord, tx, now)),
        associations=tuple(
            AssociationLine(one.ours, one.associations, one.members, one.told_from)
            for one in associated(accord, tx, now)
        ),
        until=period_ends(accord, now),
    )


def draft_line(held: Held, tx: Tx, agency: Callable[[str], str]) -> HeldLine:
    """Return a held draft as a page shows it; `agency` gives an agency's name."""
    said = (ApprovalLine(one.role, officer(one.by.desk, one.by.number), one.at) for one in answers(held, tx) if one.yes)
    return HeldLine(
        id=held.id,
        what=held.kind,
        act=False,
        urgency=int(held.form.urgency),
        purpose=held.form.purpose,
        agency=agency(held.form.agency),
        since=held.at,
        waits=tuple(map(plain_step, held.missing)),
        answered=tuple(said),
        subject="" if held.subject is None else held.subject.hex(),
        rung=tuple(RingLine(role, _person(who), at) for role, who, at in rung_times(tx, held.id)),
    )


def _person(who: str) -> str:
    desk, _, number = who.rpartition("/")
    return officer(desk, int(number)) if desk and number.isdigit() else who


@dataclass(frozen=True, slots=True)
class HeldAct:
    """A later act that waits for an approval or another officer and was not asked again since: what was asked, by whom."""

    particulars: Particulars
    desk: str
    number: int
    missing: tuple[str, ...]
    verdict: Verdict | None
    urgency: int
    at: Ms
    answers: tuple[Answer, ...] = ()
    """To this very act, oldest first."""
    before: tuple[Answer, ...] = ()
    """Each no to such an act on the same dispatch that was asked with other particulars."""

    @property
    def refused(self) -> bool:
        """Whether somebody who was asked said no: it waits for nobody."""
        return any(not one.yes for one in self.answers)


def held_acts(tx: Tx) -> Iterator[HeldAct]:
    """Yield the later acts that wait, oldest first, and those to which somebody said no and that were not asked again."""
    for _, desk, number, written, record, at in tx.rows(_ACTS):
        rows = tx.rows("SELECT record FROM record WHERE idx = ?", (record,))
        decided = read_record(bytes_of(rows[0][0])) if rows else None
        missing = decided.rest.get("missing") if decided is not None else None
        question = decided.question if decided is not None else None
        particulars = decode_particulars(bytes_of(written))
        yield HeldAct(
            particulars=particulars,
            desk=text_of(desk),
            number=int_of(number),
            missing=tuple(map(str, missing)) if isinstance(missing, list | tuple) else (),
            verdict=None if decided is None else decided.verdict,
            urgency=int(question.urgency) if question is not None else 2,
            at=Ms(int_of(at)),
            answers=act_answers(particulars, tx),
            before=_before(particulars, tx),
        )


def _before(asked: Particulars, tx: Tx) -> tuple[Answer, ...]:
    rows = tx.rows(_SUCH, (asked.dispatch, asked.act.value))
    others = (decode_particulars(bytes_of(written)) for (written,) in rows)
    said = (one for other in others if other != asked for one in act_answers(other, tx) if not one.yes)
    return tuple(sorted(said, key=lambda one: one.at or 0))


def _held_act(act: HeldAct) -> HeldLine:
    subject = subject_of(act.particulars)
    return HeldLine(
        id=act.particulars.dispatch,
        what=act.particulars.act.value,
        act=True,
        urgency=act.urgency,
        purpose="",
        agency="",
        since=act.at,
        waits=tuple(map(plain_step, act.missing)),
        answered=tuple(_said(one) for one in act.answers),
        subject=subject.hex(),
        rung=(),
    )


def _said(one: Answer) -> ApprovalLine:
    return ApprovalLine(one.role, officer(one.by.desk, one.by.number), one.at)


def _owed(owed: Owed) -> OwedLine:
    return OwedLine(owed.id, owed.verb, owed.what.partition(":")[2], owed.role, owed.dispatch, owed.since, owed.due)


def _alarm(row: Row) -> AlarmLine:
    id_, kind, role, about, dispatch, at = row
    return AlarmLine(
        id=DispatchId(bytes_of(id_)),
        kind=text_of(kind),
        role=text_of(role),
        about=_person(text_of(about)) if kind == RINGS else text_of(about),
        dispatch=None if dispatch is None else DispatchId(bytes_of(dispatch)),
        at=Ms(int_of(at)),
    )
