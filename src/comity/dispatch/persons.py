"""Budgets over persons: how many distinct persons each side asks about, for one purpose in one period.

The rule it keeps: a person counts once a purpose and period, whatever the kind of dispatch, the spelling or the number of
questions; what is counted is a keyed hash, never a name. The peer learns nothing: its side counts for itself.
"""  # spec: law-and-agencies.md 7, budgets over persons

from __future__ import annotations

import hmac
from dataclasses import dataclass

from comity.base.ids import DispatchId, Ms
from comity.dispatch.accord import Accord
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.columns import int_of
from comity.dispatch.ports import Tx
from comity.marking.labels import Urgency

APPROVER, REVIEWER = "approver", "reviewer"
NEAR, SPENT, THEIRS_SPENT, ASSOCIATION = "budget-near", "budget-spent", "budget-spent-theirs", "association"
_DAY_MS = 86_400_000
_DEFAULT_PERIOD_MS = 30 * _DAY_MS
_DEFAULT_MEMBERS = 3
"""From how many members of one association on the reviewer is told, where the accord says nothing."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One side's budget for one purpose: `limit` distinct persons in `period` (its number since 1970)."""

    purpose: str
    limit: int | None
    period: int


@dataclass(frozen=True, slots=True)
class Asking:
    """What one dispatch asks about: persons in their normal form, the associations they are said to belong to."""

    dispatch: DispatchId
    purpose: str
    subjects: frozenset[str]
    associations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one side asked for one purpose in the running period; `limit` is None where the accord sets none."""

    ours: bool
    purpose: str
    persons: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Associated:
    """The associations among whose members one side asked in the running period: how many, and most members of one.

    From `told_from` members of one association on our reviewer is alarmed.
    """

    ours: bool
    associations: int
    members: int
    told_from: int


def budget_of(accord: Accord, purpose: str, now: Ms) -> Budget:
    """Return the budget of the accord for a purpose: its own, else the one for all others, else none."""
    caps = dict(accord.timers)
    return Budget(purpose, caps.get(f"budget-{purpose}", caps.get("budget-other")), now // _length(accord))


def period_ends(accord: Accord, now: Ms) -> Ms:
    """Return the first instant of the next period, at which all counting begins anew."""
    return Ms((now // _length(accord) + 1) * _length(accord))


def spent(asking: Asking, accord: Accord, key: bytes, tx: Tx, now: Ms) -> bool:
    """Say whether our budget leaves no room for the new persons that this dispatch asks about.

    Persons already asked about in the period are not new. All new ones of a dispatch need room, so that splitting a
    list over dispatches or putting it into one makes no difference.
    """
    if not asking.subjects:
        return False
    budget = budget_of(accord, asking.purpose, now)
    if budget.limit is None:
        return False
    known = _known(tx, budget, ours=True)
    new = {mark(key, budget, subject) for subject in asking.subjects} - known
    return bool(new) and len(known) + len(new) > budget.limit


def count(asking: Asking, accord: Accord, key: bytes, tx: Tx, now: Ms, *, ours: bool) -> None:
    """Count what was asked, in the transaction that commits or records it, and alarm our own people once a period.

    At four fifths our approver is told, at the limit our reviewer; of the peer's asking only our reviewer hears.
    """
    if not asking.subjects:
        return
    budget = budget_of(accord, asking.purpose, now)
    before = len(_known(tx, budget, ours=ours))
    rows = [
        (int(ours), budget.purpose, budget.period, mark(key, budget, s), asking.dispatch, now) for s in asking.subjects
    ]
    tx.many(
        "INSERT INTO person_asked (ours, purpose, period, person, dispatch, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        sorted(rows),
    )
    after = len(_known(tx, budget, ours=ours))
    if budget.limit is not None and after > before:
        _tell(budget, after, asking.dispatch, tx, now, ours=ours)
    _count_associations(asking, budget, key, accord, tx, now=now, ours=ours)


def asked(accord: Accord, tx: Tx, now: Ms) -> tuple[Asked, ...]:
    """Return how many distinct persons each side asked about in the running period, by purpose; for our reviewer."""
    found: list[Asked] = []
    statement = (
        "SELECT ours, purpose, count(*) FROM person_asked WHERE period = ? GROUP BY ours, purpose ORDER BY 1 DESC, 2"
    )
    period = budget_of(accord, "", now).period
    for ours, purpose, persons in tx.rows(statement, (period,)):
        limit = budget_of(accord, str(purpose), now).limit
        found.append(Asked(bool(ours), str(purpose), int_of(persons), limit))
    return tuple(found)


def associated(accord: Accord, tx: Tx, now: Ms) -> tuple[Associated, ...]:
    """Return what each side asked about members of associations in the running period, ours first; for our reviewer."""
    statement = (
        "SELECT ours, count(*), max(members) FROM (SELECT ours, association, count(*) AS members FROM association_asked"
        " WHERE period = ? GROUP BY ours, association) AS counted GROUP BY ours ORDER BY ours DESC"
    )
    rows = tx.rows(statement, (budget_of(accord, "", now).period,))
    return tuple(Associated(bool(ours), int_of(many), int_of(most), _told_from(accord)) for ours, many, most in rows)


def mark(key: bytes, budget: Budget, subject: str) -> bytes:
    """Return what is kept of a person: it links nothing across purposes or periods and gives no name back."""
    text = "\x00".join(("comity/person/1", budget.purpose, str(budget.period), subject))
    return hmac.digest(key, text.encode(), "sha256")


def _known(tx: Tx, budget: Budget, *, ours: bool) -> set[bytes]:
    statement = "SELECT person FROM person_asked WHERE ours = ? AND purpose = ? AND period = ?"
    rows = tx.rows(statement, (int(ours), budget.purpose, budget.period))
    return {row[0] for row in rows if isinstance(row[0], bytes)}


def _tell(budget: Budget, persons: int, dispatch: DispatchId, tx: Tx, now: Ms, *, ours: bool) -> None:
    limit, once = budget.limit or 0, (budget.purpose, budget.period)
    about = f"{budget.purpose}: {persons} of {limit} persons"
    if not ours:
        if persons >= limit:
            ring(Alarm(THEIRS_SPENT, REVIEWER, about, once, dispatch), tx, now)
        return
    if 5 * persons >= 4 * limit:
        ring(Alarm(NEAR, APPROVER, about, once, dispatch), tx, now)
    if persons >= limit:
        ring(Alarm(SPENT, REVIEWER, about, once, dispatch), tx, now)


def _count_associations(
    asking: Asking, budget: Budget, key: bytes, accord: Accord, tx: Tx, *, now: Ms, ours: bool
) -> None:
    """Count the members of one association that a side asked about, over all purposes: for our reviewer alone."""
    # spec: law-and-agencies.md 7 rule 7
    for association in sorted(asking.associations):
        whole = Budget("", None, budget.period)
        named = mark(key, whole, f"association {association}")
        rows = [(int(ours), named, budget.period, mark(key, whole, s), asking.dispatch, now) for s in asking.subjects]
        tx.many(
            "INSERT INTO association_asked (ours, association, period, person, dispatch, at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            sorted(rows),
        )
        statement = "SELECT count(*) FROM association_asked WHERE ours = ? AND association = ? AND period = ?"
        members = int_of(tx.rows(statement, (int(ours), named, budget.period))[0][0])
        if members >= _told_from(accord):
            side = "we" if ours else "the other side"
            about = f"{side} asked about {members} members of one association"
            ring(Alarm(ASSOCIATION, REVIEWER, about, (ours, named.hex(), budget.period), asking.dispatch), tx, now)


def _length(accord: Accord) -> int:
    return dict(accord.timers).get("budget-period", _DEFAULT_PERIOD_MS)


def _told_from(accord: Accord) -> int:
    return dict(accord.timers).get("association-members", _DEFAULT_MEMBERS)


def counts(urgency: Urgency) -> bool:
    """Say whether a spent budget may hold a dispatch of this urgency; a threat to life counts but is never stopped."""
    return urgency is not Urgency.IMMEDIATE
