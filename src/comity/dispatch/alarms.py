"""Alarms for a role of ours: that something happened, with counts and codes, never content, never for the peer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from comity.base.ids import DispatchId, Ms
from comity.dispatch.ports import Tx

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Alarm:
    """What rings for whom.

    Attributes:
        kind: what happened, a code.
        role: for whom.
        about: counts and codes, never content.
        once: what makes it the same alarm; the same one rings only once.
        dispatch: at which it rang, if at one.
    """

    kind: str
    role: str
    about: str
    once: tuple[object, ...]
    dispatch: DispatchId | None = None


def ring(alarm: Alarm, tx: Tx, now: Ms) -> None:
    """Leave an alarm, once."""
    text = "\x00".join(("comity/alarm/1", alarm.kind, alarm.role, *map(str, alarm.once)))
    tx.run(
        "INSERT INTO alarm (id, kind, role, about, dispatch, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (hashlib.sha256(text.encode()).digest()[:_ID_BYTES], alarm.kind, alarm.role, alarm.about, alarm.dispatch, now),
    )
