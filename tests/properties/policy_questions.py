"""Questions to the law, generated: any at all, and those of the day with a few attributes changed."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import strategies as st

from comity.marking.labels import Urgency
from comity.marking.vocabulary import CATEGORIES, KNOWN_FOR, PURPOSES, RECORD_TYPES
from comity.policy.question import (
    Act,
    Assessed,
    AssessedAct,
    Decision,
    Listing,
    Outside,
    Question,
    Release,
    Risk,
    Serves,
)
from comity.policy.rule import day_begins
from tests.unit.policy.day_questions import DISPATCHES, REFUSALS
from tests.unit.policy.policy_laws import BASE, DAY, assessed

KINDS = ("rfi", "answer", "spontaneous", "message", "refusal", "reminder", "recall", "correction", "posting")
NAMES = tuple(field.name for field in fields(Question))
DAYS = (day_begins("2024-01-01"), day_begins("2025-10-01"), DAY, day_begins("2027-05-12"), day_begins("2027-05-13"))

OTHER: dict[str, object] = {
    "act": Act.ADMIT, "desk": "finance", "kind": "rfi", "stage": "holding", "purpose": "fraud",
    "urgency": Urgency.IMMEDIATE, "agency": "csis", "peer_agencies": ("others",), "handling": frozenset(),
    "conditions": frozenset(), "tlp": "RED", "pap": "RED", "asserts": True, "evaluated": True,
    "categories": frozenset({"minor"}), "asks": frozenset({"location"}), "records": frozenset({"bulk-list"}),
    "basis": frozenset(), "conduct": "protest", "own_power": False, "known_for": frozenset({"faith"}),
    "assessments": (assessed("disclose", decision=Decision.NO),), "approvals": frozenset({"legal-officer"}),
    "minimum_facts": True, "third_state": True, "answers": "recall", "budget_spent": True,
    "to_agencies": frozenset({"elsewhere"}), "named": True, "outside": Outside.THIRD_STATE.value,
    "new_purpose": "fraud", "serves": Serves.WATCH_LIST.value, "released": frozenset({Release.ONWARD.value}),
    "recalled": True, "past_due": True, "classified": True, "listed_by": frozenset({Listing.OURS.value}),
    "break_glass": True,
}  # fmt: skip
"""For each attribute a value that BASE does not have."""


def sets(words: frozenset[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(words)), max_size=2)


def words(*kinds: type[Serves | Outside]) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *(word.value for kind in kinds for word in kind)])


OUTCOMES = st.builds(
    Assessed, st.sampled_from(AssessedAct), st.booleans(), st.sampled_from(Risk), st.booleans(),
    st.sampled_from(Risk), st.sampled_from(Decision), st.booleans(), st.booleans(),
)  # fmt: skip
ATTRIBUTES: dict[str, st.SearchStrategy[object]] = {
    "act": st.sampled_from(Act),
    "desk": st.sampled_from(["requests", "finance"]),
    "kind": st.sampled_from(KINDS),
    "stage": st.sampled_from(["", "holding", "part", "final"]),
    "purpose": st.sampled_from(sorted(PURPOSES)),
    "urgency": st.sampled_from(Urgency),
    "agency": st.sampled_from(["ours", "csis", "ib"]),
    "peer_agencies": st.just(("theirs",)),
    "handling": sets(frozenset({"H1", "H2"})),
    "conditions": sets(frozenset({"lead-only", "no-third-state", "no-evidence", "no-onward"})),
    "tlp": st.sampled_from(["", "RED"]),
    "pap": st.sampled_from(["", "RED"]),
    "asserts": st.booleans(),
    "evaluated": st.booleans(),
    "categories": sets(CATEGORIES),
    "asks": sets(CATEGORIES),
    "records": sets(RECORD_TYPES),
    "basis": sets(frozenset({"arrangement:2026-02", "order-reference", "originator-consent"})),
    "conduct": st.sampled_from(["", "theft", "protest", "act"]),
    "own_power": st.booleans(),
    "known_for": sets(KNOWN_FOR),
    "assessments": st.lists(OUTCOMES, max_size=2).map(tuple),
    "approvals": sets(frozenset({"legal-officer", "decider-outside", "head-of-agency"})),
    "minimum_facts": st.booleans(),
    "third_state": st.booleans(),
    "answers": st.sampled_from(["", "rfi", "recall"]),
    "budget_spent": st.booleans(),
    "to_agencies": sets(frozenset({"ours", "csis", "elsewhere"})),
    "named": st.booleans(),
    "outside": words(Outside),
    "new_purpose": st.sampled_from(["", *sorted(PURPOSES)]),
    "serves": words(Serves),
    "released": sets(frozenset(word.value for word in Release)),
    "recalled": st.booleans(),
    "past_due": st.booleans(),
    "classified": st.booleans(),
    "listed_by": sets(frozenset(word.value for word in Listing)),
    "break_glass": st.booleans(),
}
ANY = st.builds(Question, **ATTRIBUTES)
DRAFTS = (BASE, *(row.question for row in DISPATCHES), *(row.draft for row in REFUSALS))
"""What the day asks: most of it is permitted, so that a change shows."""
CHANGES = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: ATTRIBUTES[name] for name in names})
)
NEAR = st.builds(lambda draft, changes: replace(draft, **changes), st.sampled_from(DRAFTS), CHANGES)
QUESTIONS = st.one_of(ANY, NEAR)
