"""Reminders on our own side, by machine: a desk says what is due, and whoever is on duty has an alarm. Nothing crosses for it.

The rule it keeps: each thing is told once for each time that it is due, in the transaction that notes it.
"""  # spec: vocabulary.md 5, feedback

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from comity.base.ids import DispatchId, Ms
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.book import Ledger
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx


class Due(Protocol):
    """One thing that is due: a code, how far it is, and the dispatch from which it comes."""

    @property
    def kind(self) -> str:
        """Return what it is, a code."""
        ...

    @property
    def stage(self) -> str:
        """Return how far it is, a code."""
        ...

    @property
    def dispatch(self) -> DispatchId:
        """Return from which dispatch it comes."""
        ...


@runtime_checkable
class Chasing(Protocol):
    """A desk that has things of which its own side is told when they are due."""

    def chase(self, tx: Tx, now: Ms) -> Sequence[Due]:
        """Note each thing of which our own side must be told now, once each, and return them."""
        ...

    def next_chase(self, tx: Tx) -> Ms | None:
        """Return when the next is due; None for nothing."""
        ...


def remind(ledger: Ledger, office: Office, now: Ms) -> None:
    """Tell whoever is on duty of what is due now, once each; nothing is written where nothing is due."""
    due = next_reminder(ledger, office)
    if due is None or due > now:
        return
    with ledger.begin() as book:
        for name, desk in _chasing(office):
            for one in desk.chase(book.tx, now):
                alarm = Alarm(f"{one.kind}-{one.stage}", DUTY_OFFICER, name, (one.dispatch.hex(),), one.dispatch)
                ring(alarm, book.tx, now)


def next_reminder(ledger: Ledger, office: Office) -> Ms | None:
    """Return when something is due next; None for nothing."""
    with ledger.read() as tx:
        times = [at for at in (desk.next_chase(tx) for _, desk in _chasing(office)) if at is not None]
    return min(times, default=None)


def _chasing(office: Office) -> list[tuple[str, Chasing]]:
    return [(name, desk) for name, desk in sorted(office.desks.items()) if isinstance(desk, Chasing)]
