"""Which cases one person may see, as a list can ask for it in one statement.

The rule it keeps: the same as the access rules say of each case, one by one; a test compares the two. What is in no scope
is in no list, no count and no search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.ids import CaseId
from comity.policy.access import Person, Role, law_roles

WHOLE = frozenset({Role.DUTY, Role.LEAD, Role.LEGAL, Role.REVIEWER})
"""Roles that see every case of their own desk."""
OWN = frozenset({Role.OFFICER, Role.POSTED, Role.APPROVER, Role.DECIDER, Role.ASSESSOR})
"""Roles that see the cases of their own agency, and those that they were given."""
ASKED = frozenset({Role.APPROVER, Role.DECIDER, Role.ASSESSOR})
"""Roles that see the cases in which something waits for them; every word that only a law knows does so too."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The cases that are open to one person.

    Attributes:
        whole: every case of the desk.
        agencies: every case in which one of these agencies of ours sent or received anything.
        cases: and these.
    """

    whole: bool = False
    agencies: frozenset[str] = frozenset()
    cases: frozenset[CaseId] = frozenset()

    @property
    def empty(self) -> bool:
        """Say that nothing is in it."""
        return not (self.whole or self.agencies or self.cases)


NOTHING = Scope()


def scope_of(person: Person, desk: str, given: frozenset[CaseId], waiting: Mapping[str, frozenset[CaseId]]) -> Scope:
    """Return what of one desk is open to a person.

    Args:
        person: who.
        desk: that keeps the cases.
        given: cases of which the person is a member.
        waiting: by role, the cases in which something waits for it.
    """
    if not person.active or Role.ADMINISTRATOR in person.roles:
        return NOTHING
    if person.desk == desk and person.roles & WHOLE:
        return Scope(whole=True)
    if not person.roles & OWN and not law_roles(person.roles):
        return NOTHING
    asked = frozenset(case for role in asked_of(person) for case in waiting.get(role, frozenset()))
    agencies = frozenset({person.agency}) if person.roles & OWN else frozenset[str]()
    return Scope(agencies=agencies, cases=given | asked)


def asked_of(person: Person) -> frozenset[str]:
    """Return the roles of a person for which a case can wait, so that it is open to him or her."""
    return person.roles & ASKED | law_roles(person.roles)
