"""One case read for its page: the cards of the board, the lines of the lists, members, who looked, held drafts.

The rule it keeps: one snapshot, so that what stands beside each other belongs together; a row that was altered hides the
dispatches and says so, and brings no page down.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base.errors import StoreError
from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.held import held_draft
from comity.dispatch.ports import Tx
from comity.edge.board import NodeBoard, Setting
from comity.edge.duties import Deskful, duties_of_case, holders_of
from comity.edge.inbox import DeskLists, InboxReader
from comity.edge.scope import members
from comity.edge.waiting import draft_line
from comity.marking.labels import Urgency
from comity.node.difference import DAMAGE
from comity.screen import DispatchCard, HeldLine
from comity.screen.case import NEWEST, CaseFile, Holder, Looked, OpenDuty, Reply
from comity.screen.inbox import Line

_TAKEN_BACK = frozenset({"recall", "correction"})
_HELD = (
    "SELECT id FROM kept WHERE case_id = ? AND state = 'held' AND ended_at IS NULL AND form IS NOT NULL ORDER BY at, id"
)


class CaseReader:
    """A `screen.case.CaseBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        board: makes cards of dispatches.
        lists: of the desk that keeps the cases.
        inbox: names the agencies of a line.
        setting: names of agencies.
        desk: keeps the cases and what is open in them.
    """

    def __init__(  # noqa: PLR0917  six things, each of another kind
        self, ledger: Ledger, board: NodeBoard, lists: DeskLists, inbox: InboxReader, setting: Setting, desk: Deskful
    ) -> None:
        self._ledger = ledger
        self._board = board
        self._lists = lists
        self._inbox = inbox
        self._names = setting.agencies
        self._desk = desk

    def file(self, case: CaseId, now: Ms, *, newest: int = NEWEST) -> CaseFile | None:
        """Return one case, or None if nothing of it is here."""
        with self._ledger.read() as tx:
            opener = self._lists.opener(tx, case)
            if opener is None:
                return None
            count, cards, damaged = self._cards(tx, case, now, newest)
            lines = self._lists.lines(tx, (card.id for card in cards))
            ordered = tuple(lines[card.id] for card in cards if card.id in lines)
            return CaseFile(
                case=case,
                count=count,
                opener=self._inbox.named(opener),
                dispatches=cards,
                lines=tuple(self._inbox.named(line) for line in ordered),
                members=members(tx, (case,)).get(case, ()),
                looked=_looked(tx, tuple(lines)),
                held=self._held(tx, case),
                reply=_reply(ordered, cards),
                damaged=damaged,
                holders=tuple((line.id, self._holders(tx, line.id)) for line in ordered if line.kind in _TAKEN_BACK),
                after=self._desk.after(tx, case),
                duties=tuple(self._named(one) for one in duties_of_case(tx, self._desk, case, now)),
            )

    def _holders(self, tx: Tx, mark: DispatchId) -> tuple[Holder, ...]:
        try:
            found = holders_of(tx, self._desk, mark)
        except StoreError:
            raise
        except DAMAGE:
            return ()
        return tuple(replace(one, agency=self._names.get(one.agency, one.agency)) for one in found)

    def _named(self, one: OpenDuty) -> OpenDuty:
        return replace(one, agency=self._names.get(one.agency, one.agency))

    def _cards(self, tx: Tx, case: CaseId, now: Ms, newest: int) -> tuple[int, tuple[DispatchCard, ...], bool]:
        try:
            return (*self._board.cards(tx, case, now, newest=newest), False)
        except StoreError:
            raise
        except DAMAGE:
            return 0, (), True

    def _held(self, tx: Tx, case: CaseId) -> tuple[HeldLine, ...]:
        found = (held_draft(tx, DispatchId(bytes_of(row[0]))) for row in tx.rows(_HELD, (case,)))
        return tuple(draft_line(one, tx, lambda id_: self._names.get(id_, id_)) for one in found if one is not None)


def _looked(tx: Tx, dispatches: tuple[DispatchId, ...]) -> tuple[Looked, ...]:
    if not dispatches:
        return ()
    places = ", ".join("?" * len(dispatches))
    rows = tx.rows(
        f"SELECT dispatch, desk, number, at FROM viewed WHERE dispatch IN ({places}) ORDER BY at, desk, number",  # noqa: S608  places only
        dispatches,
    )
    return tuple(
        Looked(DispatchId(bytes_of(dispatch)), text_of(desk), int_of(number), Ms(int_of(at)))
        for dispatch, desk, number, at in rows
    )


def _reply(lines: tuple[Line, ...], cards: tuple[DispatchCard, ...]) -> Reply | None:
    """Return what a message would carry: to whoever of theirs wrote last, or to whom we wrote last."""
    if not lines or len(lines) != len(cards):
        return None
    line, card = lines[-1], cards[-1]
    theirs = next((one for one in reversed(lines) if not one.ours), None)
    return Reply(
        purpose=card.purpose,
        item=card.item,
        item_reason=card.item_reason,
        urgency=Urgency(card.urgency).name.lower(),
        recipients=line.to_agencies if theirs is None else (theirs.from_agency,),
    )
