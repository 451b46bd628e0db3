"""Who of ours may do what at the desk: roles and need-to-know, decided by the same engine that decides the law.

The rule it keeps: what no policy permits is refused, and an error refuses. This is the house's own rule over its own people;
it never widens what a law edition allows, for every act goes through the law gate as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cedarpy import Entities, PolicySet, Schema, is_authorized, validate_policies  # pyright: ignore[reportUnknownVariableType]  its answers are typed in part

from comity.base.errors import BadConfiguration

REMEMBERED = 32_768
"""Answers that an `Access` remembers; a list of 10,000 cases asks one for each row."""
_ENGINE_ERRORS = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)
"""What the engine or a malformed policy can raise; each is a no."""
_NO_ENTITIES = Entities.from_json_str("[]")  # pyright: ignore[reportUnknownMemberType]  as above


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
    SIGNATORY = "signatory"
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
    FILES = "files"
    """Take a copy of a file that goes with a dispatch."""
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
    ASSESS = "assess"
    """Add an assessment to a draft that waits, or answer what the scan proposes."""
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
    REVIEWS = "reviews"
    """See what waits for the reviewer: who broke glass, why, what is overdue."""
    REVIEW = "review"
    """Write a review; the one thing in a case that a reviewer changes."""
    SEARCHES = "searches"
    """See who of ours looked for what, and who was given a case."""
    RETENTION = "retention"
    """See what is due to be erased, and the holds."""
    ERASE = "erase"
    """Hold, ask for an erasure, confirm what another asked for."""
    CUSTODY = "custody"
    """See what our law refused and what was kept apart, and what is done with it; no content is there."""
    OPENING = "opening"
    """Ask that something in custody is opened, confirm what another asked for; see who wanted it opened."""
    PEOPLE = "people"
    """Administer accounts, keys and sessions."""
    HEALTH = "health"
    """See how the node runs, without content."""
    PLAN = "plan"
    """See the workplan that both sides signed, its history, meetings and scorecard; no case data is in it."""
    AMEND = "amend"
    """Propose a change of the workplan, answer one, say how far an action is; write agenda and minutes; state a scorecard."""
    SIGN = "sign"
    """Sign the minutes of a meeting, or the text of a consultation, for one's side."""
    NOTE = "note"
    """Keep own preparation notes on a meeting; they are in no dispatch."""
    LINK = "link"
    """Suspend or resume the exchange, or one desk of it; with a second person."""


@dataclass(frozen=True, slots=True)
class Person:
    """One officer of ours as the engine sees him or her.

    Attributes:
        desk: where the officer acts.
        number: at that desk; never a name.
        agency: id of the agency.
        roles: as in the roster. A word that is no `Role` is one that a law edition may ask for, such as an officer who
            confirms assurances: it opens the cases that wait for it, and nothing else of a case.
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


_SCHEMA_TEXT = """
type Case = { desk: String, agencies: Set<String>, members: Set<String>, waits_for: Set<String> };
type Asked = {
  active: Bool, some_role: Bool, law_role: Bool, roles: Set<String>, who: String, desk: String, agency: String,
  has_case: Bool, with_case: Bool, awaited: Set<String>, law_awaited: Bool, case: Case
};
entity Officer;
entity Desk;
action %s appliesTo { principal: [Officer], resource: [Desk], context: Asked };
"""
_SCHEMA_CEDAR = _SCHEMA_TEXT % ", ".join(f'"{deed.value}"' for deed in Deed)
_SCHEMA = Schema.from_str(_SCHEMA_CEDAR)
_KNOWN = frozenset(role.value for role in Role)
_WORD = re.compile(r"[a-z]+(-[a-z]+)*")


def law_roles(roles: frozenset[str]) -> frozenset[str]:
    """Return the role words that are none of this desk's: those that only a law edition knows."""
    return frozenset(word for word in roles - _KNOWN if _WORD.fullmatch(word))


class Access:
    """Who may do what, by one set of policies. Pure, with a memory of bounded size; may be asked from several threads.

    Args:
        policies: Cedar text; `src/comity/edge/access/roles.cedar` is the house's own.

    Raises:
        BadConfiguration: the text is no set of policies that fits what is asked.
    """

    def __init__(self, policies: str) -> None:
        try:
            self._policies = PolicySet.from_str(policies)
            found = validate_policies(policies, _SCHEMA_CEDAR)
        except _ENGINE_ERRORS as error:
            raise BadConfiguration(f"the access rules could not be read ({error}); the node was not started") from error
        if not found.validation_passed:
            raise BadConfiguration(f"the access rules do not fit: {found.errors[0]}; the node was not started")
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._decide)

    def may(self, person: Person, deed: Deed, case: CaseFacts | None = None) -> bool:
        """Say whether a person may do a deed, on a case or on none; any error of the engine is a no."""
        return self._remembered(person, deed, case)

    def _decide(self, person: Person, deed: Deed, case: CaseFacts | None) -> bool:
        with_case = case is not None and deed is not Deed.CASE and self._remembered(person, Deed.CASE, case)
        return self._asked(person, deed, case, with_case=with_case)

    def _asked(self, person: Person, deed: Deed, case: CaseFacts | None, *, with_case: bool) -> bool:
        request = {
            "principal": {"type": "Officer", "id": f"{person.desk}/{person.number}"},
            "action": {"type": "Action", "id": deed.value},
            "resource": {"type": "Desk", "id": person.desk if case is None else case.desk},
            "context": _context(person, case, with_case=with_case),
        }
        try:
            answer = is_authorized(request, self._policies, _NO_ENTITIES, _SCHEMA)
        except _ENGINE_ERRORS:
            return False
        # Cedar passes over a prohibition that fails to evaluate, so any diagnostic at all is a no.
        return answer.allowed and not answer.diagnostics.errors


def _context(person: Person, case: CaseFacts | None, *, with_case: bool) -> dict[str, object]:
    roles, others = person.roles & _KNOWN, law_roles(person.roles)
    facts = case or CaseFacts("")
    return {
        "active": person.active,
        "some_role": bool(roles),
        "law_role": bool(others),
        "roles": sorted(roles),
        "who": f"{person.desk}/{person.number}",
        "desk": person.desk,
        "agency": person.agency,
        "has_case": case is not None,
        "with_case": with_case,
        "awaited": sorted(roles & facts.waits_for),
        "law_awaited": bool(others & facts.waits_for),
        "case": {
            "desk": facts.desk,
            "agencies": sorted(facts.agencies),
            "members": sorted(f"{desk}/{number}" for desk, number in facts.members),
            "waits_for": sorted(facts.waits_for),
        },
    }
