"""What need-to-know asks of this desk's rows: which agencies of ours have a case, and which case has a number."""

from __future__ import annotations

from comity.base.ids import CaseId
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Tx

_KNOWN = "SELECT 1 FROM requests_case WHERE id = ?"
_WHO = "SELECT DISTINCT ours, from_agency, to_agency FROM requests_dispatch WHERE case_id = ?"
_PASSED = "SELECT DISTINCT passed_to FROM requests_dispatch WHERE case_id = ? AND +ours = 0 AND passed_to IS NOT NULL"
_NUMBER = "SELECT id FROM requests_case WHERE year = ? AND seq = ?"


def agencies(tx: Tx, case: CaseId) -> frozenset[str] | None:
    """Return our agencies that sent or received any dispatch of a case, or have one since a transfer; None for no case."""
    if not tx.rows(_KNOWN, (case,)):
        return None
    sides = ((text_of(one) if int_of(ours) else text_of(other)) for ours, one, other in tx.rows(_WHO, (case,)))
    return frozenset(agency for side in sides for agency in side.split()) | passed(tx, case)


def passed(tx: Tx, case: CaseId) -> frozenset[str]:
    """Return our agencies to which a question of the case was passed."""
    return frozenset(text_of(row[0]) for row in tx.rows(_PASSED, (case,)))


def numbered(tx: Tx, number: str) -> CaseId | None:
    """Return the case that has this number of ours, whose form was checked: mark, year and place with dashes."""
    _, year, place = number.rsplit("-", 2)
    found = tx.rows(_NUMBER, (int(year), int(place)))
    return CaseId(bytes_of(found[0][0])) if found else None
