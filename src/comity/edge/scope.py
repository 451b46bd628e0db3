"""Which cases are open to whom, read from the rows: who was given a case, and in which cases something waits for a role.

The rule it keeps: the same rows answer for one case (`waits_for`) and for all of them (`waiting`), so that a list and the
page of a case never disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from comity.base.ids import CaseId, DispatchId
from comity.dispatch.approvals import ANY_APPROVER, SECOND_AGENCY
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import read_record
from comity.dispatch.ports import Scalar, Tx
from comity.policy.access import Person, Role
from comity.policy.scope import Scope, asked_of, scope_of

_APPROVAL, _ASSESSMENT = "approval:", "assessment:"
_DRAFTS = "SELECT case_id, missing FROM kept WHERE case_id IS NOT NULL AND state = 'held' AND ended_at IS NULL"
_ACTS = (
    "SELECT a.dispatch, a.record FROM act a WHERE a.effect = 'held' AND NOT EXISTS (SELECT 1"
    " FROM act b WHERE b.dispatch = a.dispatch AND b.particulars = a.particulars AND b.at > a.at)"
)
_OWED = (
    "SELECT s.case_id, o.role FROM owed o JOIN sent s ON s.id = o.dispatch WHERE o.done_at IS NULL"
    " UNION SELECT g.case_id, o.role FROM owed o JOIN got g ON g.id = o.dispatch"
    " WHERE o.done_at IS NULL AND g.case_id IS NOT NULL"
)
_CASE = "SELECT case_id FROM sent WHERE id = ? UNION SELECT case_id FROM got WHERE id = ? AND case_id IS NOT NULL"


def roles_of(missing: Iterable[str]) -> frozenset[str]:
    """Return the roles for which a draft or act waits that lacks these things."""
    words = tuple(missing)
    roles = {word.removeprefix(_APPROVAL) for word in words if word.startswith(_APPROVAL)}
    if SECOND_AGENCY in words:
        roles = roles - {SECOND_AGENCY.removeprefix(_APPROVAL)} | {ANY_APPROVER}
    if any(word.startswith(_ASSESSMENT) for word in words):
        roles.add(Role.ASSESSOR.value)
    return frozenset(roles)


def waiting(tx: Tx) -> dict[str, frozenset[CaseId]]:
    """Return by role the cases in which a draft, an act or a debt waits for it."""
    found: dict[str, set[CaseId]] = {}
    for case, role in _waits(tx):
        found.setdefault(role, set()).add(case)
    return {role: frozenset(cases) for role, cases in found.items()}


def waits_for(tx: Tx, case: CaseId) -> frozenset[str]:
    """Return the roles for which something waits in one case."""
    return frozenset(role for one, role in _waits(tx) if one == case)


def _waits(tx: Tx) -> Iterator[tuple[CaseId, str]]:
    for case, missing in tx.rows(_DRAFTS):
        for role in roles_of(text_of(missing).split()):
            yield CaseId(bytes_of(case)), role
    for dispatch, record in tx.rows(_ACTS):
        of_case = case_of(tx, DispatchId(bytes_of(dispatch)))
        if of_case is not None:
            yield from ((of_case, role) for role in _act_roles(tx, int_of(record)))
    for case, owed_by in tx.rows(_OWED):
        yield CaseId(bytes_of(case)), text_of(owed_by)


def _act_roles(tx: Tx, record: int) -> frozenset[str]:
    rows = tx.rows("SELECT record FROM record WHERE idx = ?", (record,))
    decided = read_record(bytes_of(rows[0][0])) if rows else None
    missing = decided.rest.get("missing") if decided is not None else None
    return roles_of(str(one) for one in missing) if isinstance(missing, list | tuple) else frozenset()


def case_of(tx: Tx, dispatch: DispatchId) -> CaseId | None:
    """Return the case of a dispatch that this node sent or got; None if it does not know it."""
    rows = tx.rows(_CASE, (dispatch, dispatch))
    return CaseId(bytes_of(rows[0][0])) if rows else None


def given(tx: Tx, person: Person) -> frozenset[CaseId]:
    """Return the cases of which a person is a member."""
    arguments: tuple[Scalar, ...] = (person.desk, person.number)
    rows = tx.rows("SELECT case_id FROM case_member WHERE desk = ? AND number = ? AND ended_at IS NULL", arguments)
    return frozenset(CaseId(bytes_of(row[0])) for row in rows)


def members(tx: Tx, cases: Iterable[CaseId]) -> dict[CaseId, tuple[tuple[str, int], ...]]:
    """Return who was given each of these cases, in the order in which they got it."""
    wanted = tuple(dict.fromkeys(cases))
    if not wanted:
        return {}
    rows = tx.rows(
        f"SELECT case_id, desk, number FROM case_member WHERE case_id IN ({', '.join('?' * len(wanted))})"  # noqa: S608  places only
        " AND ended_at IS NULL ORDER BY since, desk, number",
        wanted,
    )
    found: dict[CaseId, tuple[tuple[str, int], ...]] = {}
    for case, desk, number in rows:
        of_case = CaseId(bytes_of(case))
        found[of_case] = (*found.get(of_case, ()), (text_of(desk), int_of(number)))
    return found


def read_scope(tx: Tx, person: Person, desk: str) -> Scope:
    """Return the cases of one desk that are open to a person."""
    asked = waiting(tx) if asked_of(person) else {}
    return scope_of(person, desk, given(tx, person), asked)
