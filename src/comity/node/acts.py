"""What was done with a dispatch and who of ours saw it, read back for screens, reviewers and the access officer."""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.holding import View, consents, reached, views
from comity.dispatch.particulars import decode_particulars
from comity.dispatch.ports import Tx


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act, done or not.

    Attributes:
        id: of the act.
        act: what.
        desk, number: the officer.
        effect: `permit` or `permit-with` if it was done; else `refused`, `referred`, `held`.
        to_agencies: whom it was passed on to.
        serves: what a use served, "" else.
        new_purpose: of act repurpose, "" else.
        reason: in the officer's words.
        record: place in our decision log.
        at: when.
    """

    id: DispatchId
    act: str
    desk: str
    number: int
    effect: str
    to_agencies: frozenset[str]
    serves: str
    new_purpose: str
    reason: str
    record: LeafIndex
    at: Ms

    @property
    def done(self) -> bool:
        """Whether it was done."""
        return self.effect in {"permit", "permit-with"}


@dataclass(frozen=True, slots=True)
class LookBack:
    """One dispatch looked back upon: what was done with it, who opened it, what its originator consented to, who holds it."""

    acts: tuple[ActRow, ...]
    views: tuple[View, ...]
    consents: frozenset[str]
    reached: tuple[str, ...]


def look_back(dispatch: DispatchId, tx: Tx) -> LookBack:
    """Return what was done with a dispatch, oldest first; all empty for one that nobody touched."""
    return LookBack(acts_on(dispatch, tx), views(dispatch, tx), consents(dispatch, tx), reached(dispatch, tx))


def acts_on(dispatch: DispatchId, tx: Tx) -> tuple[ActRow, ...]:
    """Return the acts on a dispatch, done or not, oldest first."""
    rows = tx.rows(
        "SELECT id, act, desk, number, effect, particulars, record, at FROM act WHERE dispatch = ? ORDER BY at, id",
        (dispatch,),
    )
    found: list[ActRow] = []
    for id_, act, desk, number, effect, written, record, at in rows:
        p = decode_particulars(bytes_of(written))
        found.append(
            ActRow(
                id=DispatchId(bytes_of(id_)),
                act=text_of(act),
                desk=text_of(desk),
                number=int_of(number),
                effect=text_of(effect),
                to_agencies=p.to_agencies,
                serves="" if p.serves is None else p.serves.value,
                new_purpose=p.new_purpose,
                reason=p.reason,
                record=LeafIndex(int_of(record)),
                at=Ms(int_of(at)),
            )
        )
    return tuple(found)
