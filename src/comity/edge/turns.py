"""Whose turn it is: the held drafts and acts that one person can answer now, read by a few rows, for every page asks it.

The rule it keeps: what somebody handed in or has answered already does not wait for him or her.
"""

from __future__ import annotations

from collections.abc import Iterator

from comity.base.ids import show_id
from comity.dispatch.approvals import APPROVAL
from comity.dispatch.book import Ledger
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.ports import Tx
from comity.edge.scope import roles_of
from comity.edge.waiting import held_acts
from comity.policy.access import Person
from comity.screen.turns import Turn

_DRAFTS = (
    "SELECT k.id, k.missing FROM kept k WHERE k.state = 'held' AND k.ended_at IS NULL AND k.form IS NOT NULL"
    " AND NOT (k.by_desk = ? AND k.by_number = ?)"
    " AND NOT EXISTS (SELECT 1 FROM approval a WHERE a.subject = k.subject AND a.desk = ? AND a.number = ?)"
)


class TurnReader:
    """A `screen.turns.TurnBoard` over one node's store."""

    def __init__(self, ledger: Ledger) -> None:
        """Take the node's ledger; it is only read."""
        self._ledger = ledger

    def mine(self, person: Person) -> tuple[Turn, ...]:
        """Return what waits for a person by the person's roles; need-to-know is asked after."""
        if not person.active or not person.roles:
            return ()
        with self._ledger.read() as tx:
            return (*_drafts(tx, person), *_acts(tx, person))


def _drafts(tx: Tx, person: Person) -> Iterator[Turn]:
    who = (person.desk, person.number)
    for id_, missing in tx.rows(_DRAFTS, (*who, *who)):
        if _asks(text_of(missing).split(), person):
            yield Turn("draft", show_id(bytes_of(id_)))


def _acts(tx: Tx, person: Person) -> Iterator[Turn]:
    who = (person.desk, person.number)
    for one in held_acts(tx):
        answered = {(said.by.desk, said.by.number) for said in one.answers}
        if not one.refused and who not in {(one.desk, one.number), *answered} and _asks(one.missing, person):
            yield Turn("dispatch", show_id(one.particulars.dispatch))


def _asks(missing: list[str] | tuple[str, ...], person: Person) -> bool:
    """Say whether an approval is missing that a role of the person can give."""
    return bool(roles_of(word for word in missing if word.startswith(APPROVAL)) & person.roles)
