"""Who of ours must be told that a dispatch was recalled, corrected or taken back: everyone to whom it was passed on at home.

The rule it keeps: until somebody has told an agency, and said so, that is owed.
"""  # spec: vocabulary.md 2, correction: everyone who had the old one

from __future__ import annotations

from collections.abc import Iterable

from comity.base.hashing import domain_hash
from comity.base.ids import ID_SIZE, DispatchId, Ms
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.holding import MARKING_KINDS, reached, targets_of
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Header

TELL = "tell-"
"""Begins what is owed: `tell-KIND:AGENCY`."""


def tell(header: Header, targets: Iterable[DispatchId], tx: Tx, now: Ms) -> None:
    """Write whom somebody must tell of a recall, correction or withdrawal, ours or theirs. Idempotent."""
    found = [(target, agency) for target in targets for agency in reached(target, tx)]
    tx.many(
        "INSERT INTO owed (id, what, dispatch, role, due, since) VALUES (?, ?, ?, ?, NULL, ?) ON CONFLICT DO NOTHING",
        [(_owed_id(header.id, *one), f"{TELL}{header.kind}:{one[1]}", header.id, DUTY_OFFICER, now) for one in found],
    )


def tell_of_ours(header: Header, tx: Tx, now: Ms) -> None:
    """Write whom of ours somebody must tell of what we take back or correct ourselves."""
    if header.kind in MARKING_KINDS:
        tell(header, targets_of(header), tx, now)


def _owed_id(mark: DispatchId, target: DispatchId, agency: str) -> bytes:
    return domain_hash("comity/owed/1", mark, target, agency.encode())[:ID_SIZE]
