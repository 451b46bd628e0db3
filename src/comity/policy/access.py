"""Who of ours may do what at the desk: roles and need-to-know, decided by the same engine that decides the law.

The rule it keeps: what no policy permits is refused, and an error refuses. This is the house's own rule over its own people;
it never widens what a law edition allows, for every act goes through the law gate as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of a desk. An officer may hold several; without one of these nothing is open to a person."""

    OFFICER = "officer"
    POSTED = "posted-officer"
    DUTY = "duty-officer"
    APPROVER = "approver"
    DECIDER = "decider-outside"
    ASSESSOR = "assessor"
    LEGAL = "legal-officer"
    LEAD = "desk-lead"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


class Deed(StrEnum):
    """What a person does at a screen. One that is about a case is decided with the facts of that case."""

    HOME = "home"
    """Whatever everyone who is signed in may see: help, own settings, both clocks, the state of the link."""
    INBOX = "inbox"
    """Lists of cases and dispatches, and search; each row is shown only to whom `CASE` is open."""
    CASE = "case"
    """Read one case and its dispatches."""
    NAMES = "names"
    """See names of our officers on a case, where others see desk and number."""
    MEMBERS = "members"
    """Add or remove persons who have a case."""
    COMPOSE = "compose"
    """Open a form, ask for our law's or their published law's verdict on a draft."""
    SEND = "send"
    """Release a dispatch; in a case, with its facts."""
    ACT = "act"
    """A later act on a dispatch that is held: use, onward, evidence and the like."""
    APPROVE = "approve"
    """Answer a draft or an act that waits for a role."""
    OWED = "owed"
    """Complete what is owed, and see alarms."""
    TASKS = "tasks"
    """Give, see and close tasks to one's own agencies."""
    ROSTER = "roster"
    """See both rosters, postings and the hand-over notes."""
    HANDOVER = "handover"
    """Write a hand-over note."""
    DUTY = "duty"
    """Change shifts; nominate, accept or end a posting."""
    LEDGER = "ledger"
    """See the logs and their sizes, and the manifest."""
    PROOF = "proof"
    """Follow one dispatch from draft to proof, and download the proof."""
    LAW = "law"
    """See the accord and both law editions."""
    EVIDENCE = "evidence"
    """Make an evidence bundle of a case."""
    PERSONS = "persons"
    """See the budgets over persons asked about."""
    PEOPLE = "people"
    """Administer accounts, keys and sessions."""
    HEALTH = "health"
    """See how the node runs, without content."""


@dataclass(frozen=True, slots=True)
class Person:
    """One officer of ours as the engine sees him or her.

    Attributes:
        desk: where the officer acts.
        number: at that desk; never a name.
        agency: id of the agency.
        roles: as in the roster; words that are no `Role` are passed over.
        active: not suspended, and no posting of the officer has ended.
    """

    desk: str
    number: int
    agency: str
    roles: frozenset[str]
    active: bool = True


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What need-to-know asks of a case.

    Attributes:
        desk: that keeps it.
        agencies: of ours, that sent or received any dispatch of it.
        members: (desk, number) of persons who were given the case.
        waits_for: roles that a draft, act or debt of this case waits for.
    """

    desk: str
    agencies: frozenset[str] = frozenset()
    members: frozenset[tuple[str, int]] = frozenset()
    waits_for: frozenset[str] = frozenset()
