"""Ringing: what is immediate and did not leave rings whoever is on call, and the next one when nobody answers.

The rule it keeps: a ring names the draft's number and an officer, and nothing of the content; it is a row, so that no
restart forgets it. It is answered by being marked as seen, or by the draft's end.
"""  # spec: vocabulary.md 5, urgency; DESIGN.md 2, release

from __future__ import annotations

from comity.base.cbor import MAX_UINT
from comity.base.ids import DispatchId, Ms
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.marking.labels import Lane

DUTY_APPROVER = "approver"
RINGS = "rings"
_APPROVAL = "approval:"
_SEEN_MS = 30 * 60_000
"""How long a ring may go unseen where the accord sets no limit."""

_UNANSWERED = (
    "SELECT a.dispatch, a.role, max(a.at) FROM alarm a JOIN kept k ON k.id = a.dispatch WHERE a.kind = ?"
    " AND k.ended_at IS NULL GROUP BY a.dispatch, a.role HAVING count(a.seen_at) = 0 AND max(a.at) <= ?"
    " AND min(CASE WHEN a.about = '' THEN 0 ELSE 1 END) = 1"
)


def ring_first(draft: DispatchId, missing: tuple[str, ...], tx: Tx, office: Office, now: Ms) -> None:
    """Ring the approver on call, and whoever is on call in each role whose approval the draft waits for."""
    wanted = {word.removeprefix(_APPROVAL) for word in missing if word.startswith(_APPROVAL)} - {"second-agency"}
    for role in sorted({DUTY_APPROVER, *wanted}):
        if not _rung(draft, role, tx):
            _ring_one(draft, role, tx, office, now)


def ring_next(tx: Tx, office: Office, now: Ms) -> None:
    """Ring the next one on call wherever a ring is older than the accord's limit and nobody has seen it."""
    for draft, role in unanswered(tx, office, now):
        _ring_one(draft, role, tx, office, now)


def unanswered(tx: Tx, office: Office, now: Ms) -> tuple[tuple[DispatchId, str], ...]:
    """Return draft and role of each ring that nobody has seen in the accord's time, while there may be a next one."""
    rows = tx.rows(_UNANSWERED, (RINGS, now - seen_limit(office)))
    return tuple((DispatchId(bytes_of(draft)), text_of(role)) for draft, role, _ in rows)


def ring_due(tx: Tx, office: Office) -> Ms | None:
    """Return when the next one on call is to be rung if nobody answers; None if nobody is being rung."""
    times = [int_of(at) for _, _, at in tx.rows(_UNANSWERED, (RINGS, MAX_UINT))]
    return Ms(min(times) + seen_limit(office)) if times else None


def seen_limit(office: Office) -> int:
    """Return within how many milliseconds what is immediate must be seen."""
    return office.accord.limit(Lane.IMMEDIATE).seen or _SEEN_MS


def _ring_one(draft: DispatchId, role: str, tx: Tx, office: Office, now: Ms) -> None:
    """Ring the first on call who was not rung yet; with nobody left, the role, once and for all."""
    known = _rung(draft, role, tx)
    names = [f"{one.desk}/{one.number}" for one in office.rota.on_call(role, now, tx)]
    name = next((one for one in names if one not in known), "")
    ring(Alarm(RINGS, role, name, (draft.hex(), name), draft), tx, now)


def _rung(draft: DispatchId, role: str, tx: Tx) -> frozenset[str]:
    rows = tx.rows("SELECT about FROM alarm WHERE kind = ? AND dispatch = ? AND role = ?", (RINGS, draft, role))
    return frozenset(text_of(row[0]) for row in rows)


def rung_times(tx: Tx, draft: DispatchId) -> tuple[tuple[str, str, Ms], ...]:
    """Return role, officer (`desk/number`, "" for the role as such) and time of each ring for a draft, oldest first."""
    rows = tx.rows(
        "SELECT role, about, at FROM alarm WHERE kind = ? AND dispatch = ? ORDER BY at, role", (RINGS, draft)
    )
    return tuple((text_of(role), text_of(about), Ms(int_of(at))) for role, about, at in rows)
