"""Both nodes of a finished day, opened to be read: cards, limits and the answers of each side's own law."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from comity.base.ids import DispatchId, Ms, show_id
from comity.cli.demo.clone import FinishedDay
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.decision import verdict_in
from comity.dispatch.entries import Fact
from comity.edge.board import NodeBoard
from comity.edge.opening import OpenNode
from comity.edge.showing import make_board
from comity.policy.verdict import Verdict
from comity.screen import DispatchCard


@dataclass(frozen=True, slots=True)
class VerdictShown:
    """One law's answer, from its own decision record.

    `ground` is the inward one and stays with the party; `obligations` are `verb:value`; `edition` is the hash in hex;
    `exercise` says that no lawyer has signed the edition.
    """

    whose: str
    act: str
    effect: str
    sentence: str
    articles: tuple[str, ...]
    obligations: tuple[str, ...]
    ground: str | None
    outward: str | None
    edition: str
    exercise: bool


class Limits(Protocol):
    """The limits of a dispatch as its desk has them, and when they were met."""

    seen: Ms | None
    first: Ms | None
    answered: Ms | None
    due_seen: Ms | None
    due_first: Ms | None
    due_full: Ms | None


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """Where a dispatch stands in both logs: its leaf in the sender's, its receipts in the receiver's."""

    leaf: int | None
    receipt: int | None
    receipt_fact: str
    seen: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """One node at the end of the day; `party` is its id in the data of the accord."""

    party: str
    opened: OpenNode
    board: NodeBoard

    def card(self, dispatch: DispatchId, now: Ms) -> DispatchCard:
        """Return a dispatch of the desk that keeps cases, as it is shown.

        Raises:
            LookupError: it is not here.
        """
        card = self.board.dispatch(dispatch, now)
        if card is None:
            raise LookupError(f"{self.party} does not have {show_id(dispatch)}")
        return card

    def limits(self, dispatch: DispatchId) -> Limits:
        """Return the limits of a dispatch of the first desk."""
        desk = next(iter(self.opened.desks.values()))
        with self.opened.node.ledger.read() as tx:
            row: Limits = getattr(desk, "dispatch")(tx, dispatch)  # noqa: B009  desks come by name
        return row

    def verdict(self, dispatch: bytes, act: str) -> VerdictShown:
        """Return what this side's law said of a dispatch or of a draft, by its decision record.

        Raises:
            LookupError: there is no record.
        """
        with self.opened.node.ledger.read() as tx:
            found = tx.rows(
                "SELECT record FROM record WHERE dispatch = ? AND kind IN ('sent', 'received', 'refused', 'referred', 'held')"
                " ORDER BY idx DESC LIMIT 1",
                (dispatch,),
            )
        verdict = verdict_in(bytes_of(found[0][0])) if found else None
        if verdict is None:
            raise LookupError(f"{self.party} has no decision record of {show_id(dispatch)}")
        return _shown(verdict, self.party, act, exercise=self.opened.edition.exercise)


@contextmanager
def open_sides(finished: FinishedDay) -> Iterator[dict[str, Side]]:
    """Open both finished nodes until the block is left; by party."""
    with ExitStack() as stack:
        sides = {}
        for party in finished.parties:
            opened = finished.open(party)
            stack.callback(opened.store.close)
            sides[party] = Side(party, opened, make_board(opened))
        yield sides


def iso(at: int | None) -> str | None:
    """Write a time as ISO 8601 with milliseconds, UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(verdict: Verdict, whose: str, act: str, *, exercise: bool) -> VerdictShown:
    decided = [one.sentence for one in verdict.reasons if one.effect is verdict.effect]
    return VerdictShown(
        whose=whose,
        act=act,
        effect=verdict.effect.value,
        sentence=" ".join(dict.fromkeys(decided or [verdict.reasons[0].sentence])),
        articles=tuple(dict.fromkeys(one.article for one in verdict.reasons if one.article)),
        obligations=tuple(dict.fromkeys(f"{one.verb}:{one.value}" for one in verdict.obligations)),
        ground=verdict.ground,
        outward=verdict.outward,
        edition=verdict.edition.hex(),
        exercise=exercise,
    )


def places(sender: Side, receiver: Side, dispatch: DispatchId) -> LogPlaces:
    """Return where a dispatch stands in both logs.

    Raises:
        LookupError: the nodes do not agree.
    """
    with sender.opened.node.ledger.read() as tx:
        index, fact, receipt, seen = tx.rows(
            "SELECT idx, fact, receipt_idx, seen_idx FROM sent WHERE id = ?", (dispatch,)
        )[0]
    with receiver.opened.node.ledger.read() as tx:
        theirs = tx.rows("SELECT idx, receipt_idx FROM got WHERE id = ?", (dispatch,))[0]
    if (index, receipt) != theirs:
        raise LookupError(f"the nodes do not agree where {show_id(dispatch)} stands in the logs")
    name = Fact(int_of(fact)).name.lower() if fact else "none"
    return LogPlaces(_int(index), _int(receipt), name, _int(seen))


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None
