"""What lies with the custodian at a running node: shown by number alone, opened by two persons, in the writer thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from comity.base.ids import DispatchId, Ms, show_id
from comity.dispatch.book import Book
from comity.dispatch.states import Officer
from comity.edge.engine import Engine
from comity.edge.plain import Json
from comity.node.custody import (
    End,
    InCustody,
    Opening,
    Outcome,
    ask_opening,
    confirm_opening,
    drop_opening,
    in_custody,
    openings,
)

R = TypeVar("R")


class Custodial:
    """Openings for one running node.

    Args:
        engine: that drives it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._node = engine, engine.node

    async def kept(self) -> tuple[tuple[InCustody, ...], tuple[Opening, ...]]:
        """Return what lies with the custodian, and all wishes to open anything, done or not."""
        return await asyncio.to_thread(self._kept)

    def _kept(self) -> tuple[tuple[InCustody, ...], tuple[Opening, ...]]:
        with self._node.ledger.read() as tx:
            return in_custody(tx, self._node.office), openings(tx)

    async def ask(self, dispatch: DispatchId, end: End, reason: str, by: Officer) -> Opening:
        """Ask that something is opened; another person of the other role decides."""
        return await self._in_book(
            lambda book, now: ask_opening(dispatch, by, book, self._node.office, now, end=end, reason=reason)
        )

    async def drop(self, dispatch: DispatchId, by: Officer) -> Opening:
        """Take a wish back."""
        return await self._in_book(lambda book, now: drop_opening(dispatch, by, book, self._node.office, now))

    async def confirm(self, dispatch: DispatchId, by: Officer) -> Outcome:
        """Open what another person asked for, if our law lets it; the sealed box is handed out once."""
        return await self._in_book(lambda book, now: confirm_opening(dispatch, by, book, self._node.office, now))

    async def _in_book(self, act: Callable[[Book, Ms], R]) -> R:
        now = self._engine.clock.now()

        def run() -> R:
            with self._node.ledger.begin() as book:
                return act(book, now)

        done = await self._engine.call(run)
        self._engine.bell.ring(topics=("retention",))
        return done


def kept_json(one: InCustody) -> dict[str, Json]:
    """Return one thing in custody as the door says it."""
    return {
        "dispatch": show_id(one.dispatch),
        "since": one.since,
        "day": one.day,
        "why": list(one.why),
        "openings": [opening_json(each) for each in one.openings],
    }


def opening_json(one: Opening) -> dict[str, Json]:
    """Return a wish to open as the door says it."""
    return {
        "id": show_id(one.id),
        "dispatch": show_id(one.dispatch),
        "for": one.end.value,
        "reason": one.reason,
        "by": f"{one.by[0]}/{one.by[1]}",
        "second": None if one.second is None else f"{one.second[0]}/{one.second[1]}",
        "asked": one.asked_at,
        "ended": one.ended_at,
        "state": one.state,
    }


def outcome_json(done: Outcome) -> dict[str, Json]:
    """Return what became of an opening, with the box if it was opened, and what our law said if it was asked."""
    verdict = done.verdict
    return {
        **opening_json(done.opening),
        "box": None if done.box is None else done.box.text(),
        "law": [] if verdict is None else [f"{one.rule}: {one.sentence}" for one in verdict.reasons],
        "missing": [] if verdict is None else list(verdict.missing),
        "obligations": [] if verdict is None else [f"{one.verb}:{one.value}" for one in verdict.obligations],
    }
