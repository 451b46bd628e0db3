"""Retention of a running node: what is due, holds, erasures; and that what was erased is in no file of the store any more.

The rule it keeps: after an erasure the search index is made again without the words, freed pages are overwritten, and
the write-ahead file is emptied; an erasure whose files could not be cleaned says so and is cleaned at the next one.
"""  # spec: protocol.md 12

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from comity.base.errors import BadForm, StoreError
from comity.base.ids import CaseId, DispatchId, Ms, show_id
from comity.desk import Desk
from comity.dispatch.book import Book
from comity.dispatch.certificates import CONTENT, Held
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.edge import search
from comity.edge.engine import Engine
from comity.edge.filestore import FileStore
from comity.edge.plain import Json
from comity.edge.stores import NodeStore
from comity.node import attached
from comity.node.certifying import Certificates, Debt, certificates, certificates_of
from comity.node.erasing import (
    Erased,
    ask_erasure,
    confirm_erasure,
    purge_sealed,
    refuse_erasure,
)
from comity.node.renewing import Renewal, ask_renewal, confirm_renewal, drop_renewal, renewals
from comity.node.retention import Due, Hold, Looked, due, end_hold, hold, holds_in_force, next_due, note_days

P = ParamSpec("P")
R = TypeVar("R")
_LOG = logging.getLogger("comity.retention")
_ROUNDS = 8
_NOT_TAKEN = frozenset({Fact.QUARANTINED, Fact.REFUSED})


class Retaining:
    """Holds and erases for one running node.

    Args:
        engine: that drives it.
        store: its store.
        desks: by name; those whose words are indexed.
        files: of its dispatches, whose bytes go with the part that names them; None for a node without any.
        rebuild: makes the index of a desk again.
    """

    def __init__(
        self,
        engine: Engine,
        store: NodeStore,
        desks: dict[str, Desk],
        rebuild: Callable[[Tx, str], None] = search.rebuild,
        files: FileStore | None = None,
    ) -> None:
        self._engine, self._node, self._store, self._desks = engine, engine.node, store, desks
        self._rebuild, self._files = rebuild, files
        self._looked = Looked()

    async def due(self) -> tuple[tuple[Due, ...], tuple[Hold, ...], Ms | None]:
        """Return what is due, the holds in force, and when the next dispatch becomes due."""
        return await asyncio.to_thread(self._due, self._engine.clock.now())

    def _due(self, now: Ms) -> tuple[tuple[Due, ...], tuple[Hold, ...], Ms | None]:
        with self._node.ledger.read() as tx:
            return due(tx, self._node.office.accord, now, self._looked), holds_in_force(tx), next_due(tx, now)

    async def hold(self, target: bytes, reason: str, by: Officer) -> Hold:
        """Keep a dispatch or a case from being erased."""
        return await self._in_book(
            lambda book, now: hold(target, reason, by, book, self._node.office, now=now), ("retention",)
        )

    async def end_hold(self, hold_id: DispatchId, by: Officer) -> None:
        """End a hold."""
        await self._in_book(lambda book, now: end_hold(hold_id, by, book, self._node.office, now), ("retention",))

    async def ask(self, dispatch: DispatchId, parts: tuple[str, ...], reason: str, by: Officer) -> None:
        """Ask that it is erased; another person confirms."""
        await self._in_book(
            lambda book, now: ask_erasure(dispatch, by, book, self._node.office, now, parts=parts, reason=reason),
            ("retention",),
        )

    async def refuse(self, dispatch: DispatchId, by: Officer) -> None:
        """Take a request for an erasure back."""
        await self._in_book(
            lambda book, now: refuse_erasure(dispatch, by, book, self._node.office, now), ("retention",)
        )

    async def confirm(self, dispatch: DispatchId, by: Officer) -> tuple[Erased, bool]:
        """Erase what another person asked for; return what it left, and whether the files are clean already."""
        case = self._case_of(dispatch)
        done = await self._in_book(
            lambda book, now: confirm_erasure(dispatch, by, book, self._node.office, now),
            ("retention", "inbox", "log", *((f"case:{show_id(case)}",) if case else ())),
        )
        self._engine.poke()
        await asyncio.to_thread(self._remove_files)
        return done, await self._engine.call(self._clean)

    def _remove_files(self) -> None:
        """Remove the bytes of all files that no dispatch needs any more; after a crash the next start does it."""
        if self._files is None:
            return
        with self._node.ledger.read() as tx:
            gone = tuple(attached.erased(tx))
        for cipher in gone:
            self._files.remove(cipher)

    async def renewals(self) -> tuple[Renewal, ...]:
        """Return all wishes to keep something longer, done or not, oldest first."""
        return await asyncio.to_thread(self._renewals)

    def _renewals(self) -> tuple[Renewal, ...]:
        with self._node.ledger.read() as tx:
            return renewals(tx)

    async def ask_renewal(self, dispatch: DispatchId, until: Ms, reason: str, by: Officer) -> Renewal:
        """Ask that it is kept until a later day; another person confirms."""
        return await self._in_book(
            lambda book, now: ask_renewal(dispatch, by, book, self._node.office, now, until=until, reason=reason),
            ("retention",),
        )

    async def confirm_renewal(self, dispatch: DispatchId, by: Officer) -> Renewal:
        """Keep it until the day that another person asked for."""
        return await self._in_book(
            lambda book, now: confirm_renewal(dispatch, by, book, self._node.office, now), ("retention",)
        )

    async def drop_renewal(self, dispatch: DispatchId, by: Officer) -> Renewal:
        """Take a wish to keep it longer back."""
        return await self._in_book(
            lambda book, now: drop_renewal(dispatch, by, book, self._node.office, now), ("retention",)
        )

    def certificate(self, dispatch: DispatchId, step: int = 0) -> tuple[bytes | None, int]:
        """Return the certificate of a destruction, ours or of the other side, and in how many steps it was made.

        Args:
            dispatch: what was destroyed.
            step: which of its steps, 1 the first; 0 the newest.

        Returns:
            None as the certificate while no co-signed head covers it.
        """
        with self._node.ledger.read() as tx:
            found = certificates_of(dispatch, tx)
        if not 0 <= step <= len(found):
            raise BadForm(
                f"{show_id(dispatch)} was erased in {len(found)} steps; there is no certificate of step {step}"
            )
        return found[step - 1], len(found)

    async def certificates(self) -> Certificates:
        """Return the certificates that crossed, and what is owed on both sides."""
        return await asyncio.to_thread(self._certificates, self._engine.clock.now())

    def _certificates(self, now: Ms) -> Certificates:
        with self._node.ledger.read() as tx:
            return certificates(tx, self._node.office, now)

    def daily(self, now: Ms) -> bool:
        """Refuse what waits in vain, give dispatches their day, destroy sealed bytes past their time; in the writer thread.

        Returns:
            Whether more is left: it is called again soon, so that nobody waits for a whole backlog.
        """
        self._node.refuse_late(now)
        more = note_days(self._node.ledger, self._node.office.accord, self._looked)
        for _ in range(_ROUNDS):
            with self._node.ledger.begin() as book:
                left = purge_sealed(book, self._node.office.accord, now)
            if not left:
                break
        else:
            more = True
        self._remove_files()
        return more

    async def _in_book(self, act: Callable[[Book, Ms], R], topics: tuple[str, ...]) -> R:
        now = self._engine.clock.now()

        def run() -> R:
            with self._node.ledger.begin() as book:
                return act(book, now)

        done = await self._engine.call(run)
        self._engine.bell.ring(topics=topics)
        return done

    def _case_of(self, dispatch: DispatchId) -> CaseId | None:
        with self._node.ledger.read() as tx:
            rows = tx.rows(
                "SELECT case_id FROM sent WHERE id = ? UNION SELECT case_id FROM got WHERE id = ?", (dispatch,) * 2
            )
        return CaseId(rows[0][0]) if rows and isinstance(rows[0][0], bytes) else None

    def _clean(self) -> bool:
        """Make the index anew and empty the write-ahead file; return whether nothing erased is left in any file."""
        with self._store.begin() as tx:
            for name in self._desks:
                self._rebuild(tx, name)
        try:
            self._store.scrub()
        except StoreError as error:
            _LOG.warning("%s", error)
            return False
        return True


def due_json(one: Due) -> dict[str, Json]:
    """Return one thing that is due as the door says it."""
    return {
        "dispatch": show_id(one.dispatch),
        "whose": one.whose,
        "desk": one.desk,
        "kind": one.kind,
        "case": None if one.case is None else show_id(one.case),
        "at": one.at,
        "why": one.why,
        "left": list(one.left),
        "partly": one.left != CONTENT,
        "hold": None if one.hold is None else hold_json(one.hold),
        "asked": None if one.asked is None else f"{one.asked[0]}/{one.asked[1]}",
    }


def certificates_json(found: Certificates) -> dict[str, Json]:
    """Return certificates and debts as the door says them."""
    return {
        "held": [_held_json(one, found.faults.get(one.dispatch, "")) for one in found.held],
        "owed": [_debt_json(one) for one in found.owed],
        "counts": {"ours": found.counts[0], "theirs": found.counts[1]},
        "crossing": found.crossing,
    }


def _held_json(one: Held, fault: str) -> dict[str, Json]:
    said = one.said
    state = "refused" if one.fact in _NOT_TAKEN else "filed" if one.fact else "sent"
    return {
        "dispatch": show_id(one.dispatch),
        "ours": one.ours,
        "about": None if said is None else show_id(said.dispatch),
        "kind": "" if said is None else said.kind,
        "parts": [] if said is None else list(said.parts),
        "destroyed": None if said is None else said.at,
        "leaf": one.leaf,
        "at": one.at,
        "state": state,
        "fault": fault,
    }


def _debt_json(one: Debt) -> dict[str, Json]:
    return {
        "dispatch": show_id(one.dispatch),
        "ours": one.ours,
        "desk": one.desk,
        "kind": one.kind,
        "since": one.since,
        "state": one.state,
    }


def renewal_json(one: Renewal) -> dict[str, Json]:
    """Return a wish to keep something longer as the door says it."""
    return {
        "id": show_id(one.id),
        "dispatch": show_id(one.dispatch),
        "before": one.before,
        "until": one.until,
        "reason": one.reason,
        "by": f"{one.by[0]}/{one.by[1]}",
        "second": None if one.second is None else f"{one.second[0]}/{one.second[1]}",
        "at": one.asked_at,
        "state": one.state,
    }


def hold_json(one: Hold) -> dict[str, Json]:
    """Return a hold as the door says it."""
    return {
        "id": show_id(one.id),
        "target": show_id(one.target),
        "reason": one.reason,
        "by": f"{one.by[0]}/{one.by[1]}",
        "at": one.at,
    }
