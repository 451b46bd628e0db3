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
from comity.edge.retaining import hold_json
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
from comity.node.custodylist import Apart, Kept, Known, Listing, Step, listing
from comity.node.retention import Hold
from comity.policy.verdict import Reason, Verdict

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

    async def listed(self) -> Listing:
        """Return all that stands there and was kept apart, with what is known of it and what was done with it."""
        return await asyncio.to_thread(self._listed, self._engine.clock.now())

    def _listed(self, now: Ms) -> Listing:
        with self._node.ledger.read() as tx:
            return listing(tx, self._node.office, now)

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


def listing_json(found: Listing) -> dict[str, Json]:
    """Return what stands in custody as the door says it to a page; no content."""
    return {
        "kept": [_kept_json(one) for one in found.kept],
        "apart": [_apart_json(one) for one in found.apart],
        "steps": [_step_json(one) for one in found.steps],
    }


def _kept_json(one: Kept) -> dict[str, Json]:
    wish, waits = one.destroy, one.waits
    return {
        **kept_json(one.place),
        "known": None if one.known is None else _known_json(one.known),
        "late": one.late,
        "reasons": [] if one.late else _reasons_json(one.reasons),
        "hold": _hold(one.hold),
        "destroy": None if wish is None else {"by": _who(wish.by), "reason": wish.reason, "at": wish.at},
        "waits": None if waits is None else {**opening_json(waits), "seconds": [*sorted(one.seconds)]},
    }


def _known_json(one: Known) -> dict[str, Json]:
    return {
        "desk": one.desk,
        "kind": one.kind,
        "stage": one.stage,
        "purpose": one.purpose,
        "urgency": one.urgency,
        "from": [*one.sender],
        "to": one.receiver,
        "label": [*one.label],
    }


def _apart_json(one: Apart) -> dict[str, Json]:
    return {
        "dispatch": show_id(one.dispatch),
        "entry": one.entry,
        "lane": one.lane,
        "since": one.since,
        "code": one.code,
        "day": one.day,
        "hold": _hold(one.hold),
    }


def _step_json(one: Step) -> dict[str, Json]:
    return {
        "dispatch": show_id(one.dispatch),
        "what": one.what,
        "opens": one.opens,
        "by": _who(one.by),
        "at": one.at,
        "for": one.end,
        "reason": one.reason,
        "verdict": None if one.verdict is None else _verdict_json(one.verdict),
    }


def _verdict_json(one: Verdict) -> dict[str, Json]:
    return {
        "permits": one.permits,
        "reasons": _reasons_json(one.reasons),
        "missing": [*one.missing],
        "obligations": [f"{each.verb}:{each.value}" for each in one.obligations],
    }


def _reasons_json(found: tuple[Reason, ...]) -> list[Json]:
    return [
        {
            "rule": one.rule,
            "article": one.article,
            "sentence": one.sentence,
            "sentences": dict(one.sentences),
        }
        for one in found
    ]


def _hold(one: Hold | None) -> Json:
    return None if one is None else hold_json(one)


def _who(by: tuple[str, int]) -> str:
    return f"{by[0]}/{by[1]}"


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
