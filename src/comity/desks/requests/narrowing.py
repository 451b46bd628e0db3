"""Conditions of the lists' statements: need-to-know, a few named cases, an agency; each with its arguments.

The rule it keeps: what came from a person stands only in arguments, never in the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from comity.base.ids import CaseId
from comity.dispatch.columns import bytes_of
from comity.dispatch.ports import Scalar, Tx
from comity.policy.scope import Scope

FEW = 500
Part = tuple[str, Sequence[Scalar]]
"""A condition and its arguments; "" asks nothing."""


def together(parts: Iterable[Part]) -> tuple[str, tuple[Scalar, ...]]:
    """Return one condition that asks all of these, with the arguments in their order."""
    kept = [(where, arguments) for where, arguments in parts if where]
    return " AND ".join(where for where, _ in kept), tuple(one for _, arguments in kept for one in arguments)


def among(column: str, ids: Iterable[bytes]) -> Part:
    """Return the condition that a column is one of these ids."""
    wanted = tuple(ids)
    return (f"{column} IN ({', '.join('?' * len(wanted))})", wanted) if wanted else ("1 = 0", ())


def inside(scope: Scope, column: str) -> Part:
    """Return the condition that a case, named by a column, is in a scope."""
    if scope.whole:
        return "", ()
    if scope.empty:
        return "1 = 0", ()
    cases, given = among(column, sorted(scope.cases))
    places = ", ".join("?" * len(scope.agencies))
    reach = f"EXISTS (SELECT 1 FROM requests_reach r WHERE r.case_id = {column} AND r.agency IN ({places}))"  # noqa: S608  places only
    return f"({reach} OR {cases})", (*sorted(scope.agencies), *given)


def few(tx: Tx, scope: Scope) -> tuple[CaseId, ...] | None:
    """Return the cases of a scope if they are at most `FEW`; None if they are more."""
    if scope.whole:
        return None
    places = ", ".join("?" * len(scope.agencies)) or "NULL"
    rows = tx.rows(
        f"SELECT DISTINCT case_id FROM requests_reach WHERE agency IN ({places}) LIMIT ?",  # noqa: S608  places only
        (*sorted(scope.agencies), FEW + 1),
    )
    cases = {CaseId(bytes_of(row[0])) for row in rows} | scope.cases
    return tuple(sorted(cases)) if len(cases) <= FEW else None


def of_agency(alias: str, agency: str) -> Part:
    """Return the condition that a dispatch is from or to an agency, by its id."""
    told = "".join(f"\\{char}" if char in "\\%_" else char for char in agency)
    where = f"({alias}.from_agency = ? OR ' ' || {alias}.to_agency || ' ' LIKE ? ESCAPE '\\')"
    return where, (agency, f"% {told} %")
