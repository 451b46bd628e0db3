"""The actions of the plan as both logs prove them: the version in force at the cut, and each side's last word on its part.

The rule it keeps: only what the other side has filed below the cut counts, so both sides see the same plan; where nothing of the plan
was said yet, neither counts any action. A day ends at midnight UTC here.
"""  # spec: scenarios.md 7

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from comity.base.ids import Digest
from comity.desks.workplan.model import OVER, Plan, Progress
from comity.desks.workplan.planrows import read_plan
from comity.desks.workplan.scorecard.model import NOTHING_YET, ActionDue, Logs
from comity.dispatch.accord import Accord
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Tx

_SAID = "SELECT id FROM workplan_amend UNION ALL SELECT id FROM workplan_progress"
_VERSIONS = "SELECT digest, plan, proposal, agreed FROM workplan_version ORDER BY number"
_PROGRESS = (
    "SELECT p.id, p.action, p.side, p.state, p.plan, p.agency, m.by_id FROM workplan_progress p"
    " LEFT JOIN workplan_mark m ON m.target = p.id AND m.kind = 'recall' ORDER BY p.made, p.id"
)


def actions_here(tx: Tx, logs: Logs, accord: Accord) -> tuple[ActionDue, ...]:
    """Return each side's part in each action of the plan in force at the cut."""
    filed = _filed(logs)
    if not any(bytes_of(id_) in filed for (id_,) in tx.rows(_SAID)):
        return ()
    versions: dict[Digest, Plan] = {}
    for digest, plan, proposal, agreed in tx.rows(_VERSIONS):
        if all(one is None or one in filed for one in (proposal, agreed)):
            versions[Digest(bytes_of(digest))] = read_plan(bytes_of(plan))
    ids = [party.country.lower() for party in accord.parties]
    places = [_place(logs, party.node) for party in accord.parties]
    said = _said(tx, filed, versions, ids)
    return tuple(part for plan in list(versions.values())[-1:] for part in _parts(plan, said, ids, places))


def _filed(logs: Logs) -> frozenset[bytes]:
    return frozenset(
        leaf.id
        for log, other in (logs, logs[::-1])
        for leaf in log.leaves
        if other.fates.get(leaf.id, NOTHING_YET).fact == Fact.FILED
    )


def _place(logs: Logs, node: str) -> int:
    return 0 if logs[0].cut.origin.startswith(f"{node}/") else 1


def _said(
    tx: Tx, filed: frozenset[bytes], versions: dict[Digest, Plan], ids: list[str]
) -> dict[tuple[str, int], Progress]:
    """Return each side's last word on each action, of its owner, by the version that it names; not what was recalled."""
    found: dict[tuple[str, int], Progress] = {}
    for id_, action, side, state, plan, agency, recall in tx.rows(_PROGRESS):
        version = versions.get(Digest(bytes_of(plan)))
        named = None if version is None else version.action(text_of(action))
        counts = id_ in filed and recall not in filed and named is not None
        if named is not None and counts and dict(named.owners).get(ids[int_of(side)]) == agency:
            found[text_of(action), int_of(side)] = Progress(text_of(state))
    return found


def _parts(plan: Plan, said: dict[tuple[str, int], Progress], ids: list[str], places: list[int]) -> Iterator[ActionDue]:
    for action in plan.actions:
        day = date.fromisoformat(action.due) + timedelta(days=1)
        due = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000
        for side, party in enumerate(ids):
            if party in dict(action.owners):
                state = said.get((action.id, side), Progress.PLANNED)
                yield ActionDue(places[side], action.item, due, state in OVER)
