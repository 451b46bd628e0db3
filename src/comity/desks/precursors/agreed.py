"""Whether both sides want the international board to have a copy of an incident, and whether they still do.

The rule it keeps: one side asks in the incident, the other agrees in a word of its own; whatever was done later to either of the
two, recalled, in part or corrected, let in or not, takes the approval back.
"""  # spec: scenarios.md 2, day 10

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from comity.base.errors import BadForm
from comity.base.ids import DispatchId
from comity.desks.precursors import store
from comity.desks.precursors.body import read
from comity.desks.precursors.model import COPY_AGREED, COPY_GIVEN, REPORTED, Incident, Kind
from comity.desks.precursors.rows import DispatchRow
from comity.dispatch.ports import Tx


class Word(StrEnum):
    """Where the copy of one incident stands."""

    NOT_ASKED = "not-asked"
    ASKED = "asked"
    """One side asked; the other has not agreed."""
    AGREED = "agreed"
    TAKEN_BACK = "taken-back"
    """One of the two took its approval back; nothing may go out, or go out again."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """The two approvals of one copy: the incident that asks, and the word that agrees, None while there is none."""

    word: Word
    asked: DispatchRow | None = None
    agreed: DispatchRow | None = None


NOTHING = Approvals(Word.NOT_ASKED)


def approvals(tx: Tx, incident: DispatchId) -> Approvals:
    """Return where the copy of an incident stands; `NOT_ASKED` too for what is no incident, or was not let in."""
    asked = store.dispatch(tx, incident)
    if asked is None or not _asks(asked):
        return NOTHING
    rows = [one for one in store.about(tx, asked.root) if _agrees(one, asked)]
    marked = {one.target for one in store.marks(tx, asked.root)}
    whole = [one for one in rows if one.id not in marked]
    if asked.id in marked or (rows and not whole):
        return Approvals(Word.TAKEN_BACK, asked, next(iter(whole or rows), None))
    return Approvals(Word.AGREED, asked, whole[0]) if whole else Approvals(Word.ASKED, asked)


def check_word(tx: Tx, state: str, named: DispatchId | None) -> None:
    """Look at a word of ours on a copy before it leaves.

    Raises:
        BadForm: it agrees to what the other side did not ask, or says that a copy was given to which not both agree.
    """
    if state == REPORTED:
        return
    found = NOTHING if named is None else approvals(tx, named)
    if state == COPY_AGREED and (found.asked is None or found.asked.ours or found.word is Word.TAKEN_BACK):
        raise BadForm(
            "this agrees to a copy for which no incident of the other side asks; nothing was kept. Name that incident in `re`"
        )
    if state == COPY_GIVEN and found.word is not Word.AGREED:
        raise BadForm("not both sides approve of a copy of this incident now; nothing was kept")


def incident_of(row: DispatchRow) -> Incident | None:
    """Return the incident in a row; None for another kind, and where its words are gone."""
    body = read(row.kind, row.body).body if row.kind == Kind.INCIDENT and row.body else None
    return body if isinstance(body, Incident) else None


def _asks(row: DispatchRow) -> bool:
    body = incident_of(row)
    return body is not None and body.state == REPORTED and body.copy and row.refused is None and row.admitted


def _agrees(row: DispatchRow, asked: DispatchRow) -> bool:
    said = row.ours != asked.ours and row.stage == COPY_AGREED and row.re == asked.id
    return said and row.refused is None and row.admitted
