"""Need-to-know over one node's store: which case a thing belongs to, and the facts by which the access rules decide.

The rule it keeps: the facts are read anew each time, by a few indexed rows; what cannot be read is nothing that anyone may see.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Protocol

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, read_id
from comity.dispatch.book import Ledger
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.held import decode_form
from comity.dispatch.ports import Tx
from comity.edge.scope import case_of, roles_of, waits_for
from comity.policy.access import Access, CaseFacts, Deed, Person

CASE, DISPATCH, DRAFT = "case", "dispatch", "draft"
_MEMBERS = "SELECT desk, number FROM case_member WHERE case_id = ? AND ended_at IS NULL"
_DRAFT = "SELECT case_id, desk FROM kept WHERE id = ?"
_OPENING = "SELECT id, form, missing, by_desk, by_number FROM kept WHERE id = ? AND case_id IS NULL"
_NUMBER = re.compile(r"[A-Za-z0-9]{1,16}-[0-9]{4}-[0-9]{1,9}")


class CaseKeeper(Protocol):
    """The desk that keeps cases, as need-to-know asks it."""

    def agencies(self, tx: Tx, case: CaseId) -> frozenset[str] | None:
        """Return our agencies that sent or received any dispatch of a case; None if there is no such case."""
        ...

    def numbered(self, tx: Tx, number: str) -> CaseId | None:
        """Return the case that has this number of ours, such as `XA-2026-0401`."""
        ...


class NodeNeeds:
    """`screen.visitor.Needs` over one node's store.

    Args:
        ledger: only read.
        desk: name of the desk that keeps the cases, which is also the desk of its officers.
        keeper: its module `knowing`.
        party: our mark, with which our numbers begin.
        access: the access rules.
    """

    def __init__(self, ledger: Ledger, desk: str, keeper: CaseKeeper, party: str, access: Access) -> None:
        self._ledger, self._desk, self._keeper = ledger, desk, keeper
        self._party, self._access = party.casefold(), access

    def facts(self, kind: str, name: str) -> tuple[CaseId, CaseFacts] | None:
        """Return the case that a case number, dispatch or draft belongs to, with its facts; None if there is none."""
        with self._ledger.read() as tx:
            alone = self._alone(tx, name) if kind == DRAFT else None
            if alone is not None:
                return alone
            case = self._case(tx, kind, name)
            agencies = None if case is None else self._keeper.agencies(tx, case)
            if case is None or agencies is None:
                return None
            members = frozenset((text_of(desk), int_of(number)) for desk, number in tx.rows(_MEMBERS, (case,)))
            return case, CaseFacts(self._desk, agencies, members, waits_for(tx, case))

    def _alone(self, tx: Tx, name: str) -> tuple[CaseId, CaseFacts] | None:
        """Return the facts of a draft that would open a case: its own agency, whoever handed it in, the roles it waits for."""
        try:
            rows = tx.rows(_OPENING, (read_id(name),))
        except BadForm:
            return None
        if not rows:
            return None
        id_, form, missing, desk, number = rows[0]
        agencies = frozenset() if form is None else frozenset({decode_form(bytes_of(form)).agency})
        members = frozenset() if desk is None else frozenset({(text_of(desk), int_of(number))})
        return CaseId(bytes_of(id_)), CaseFacts(self._desk, agencies, members, roles_of(text_of(missing).split()))

    def _case(self, tx: Tx, kind: str, name: str) -> CaseId | None:
        if kind == CASE and _NUMBER.fullmatch(name):
            ours = name.rsplit("-", 2)[0].casefold() == self._party
            return self._keeper.numbered(tx, name) if ours else None
        try:
            id_ = read_id(name)
        except BadForm:
            return None
        if kind == CASE:
            return CaseId(id_)
        if kind == DISPATCH:
            return case_of(tx, DispatchId(id_))
        found = tx.rows(_DRAFT, (id_,))
        return None if not found or found[0][0] is None else CaseId(bytes_of(found[0][0]))

    def may(self, person: Person, deed: Deed, case: CaseFacts | None = None) -> bool:
        """Say whether the access rules allow a deed."""
        return self._access.may(person, deed, case)


def house_access() -> Access:
    """Load the house's own access rules."""
    return Access(resources.files("comity.edge").joinpath("access", "roles.cedar").read_text(encoding="utf-8"))
