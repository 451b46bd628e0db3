"""Whatever roles somebody holds and whatever case is asked: nothing for the inactive, no content for administrators."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.policy.access import CaseFacts, Deed, Person, Role, law_roles
from tests.examples import examples
from tests.unit.policy.test_policy_access import CHANGES, OURS

OWN = frozenset(role.value for role in Role)
OF_A_LAW = {Deed.HOME, Deed.LAW, Deed.INBOX, Deed.CASE, Deed.PROOF, Deed.NAMES, Deed.APPROVE}
WORDS = st.sampled_from([*sorted(OWN), "translator", "minister", "", "Translator", "two words"])
DESKS = st.sampled_from(["requests", "cyber", "node"])
AGENCIES = st.sampled_from(["guard", "other", "third"])
PERSONS = st.builds(
    Person, desk=DESKS, number=st.integers(1, 9), agency=AGENCIES, roles=st.frozensets(WORDS), active=st.booleans()
)
CASES = st.none() | st.builds(
    CaseFacts,
    desk=DESKS,
    agencies=st.frozensets(AGENCIES),
    members=st.frozensets(st.tuples(DESKS, st.integers(1, 9))),
    waits_for=st.frozensets(WORDS),
)
OF_NO_CASE = {Deed.INBOX, Deed.PERSONS, Deed.ROSTER, Deed.DUTY, Deed.ERASE, Deed.PLAN, Deed.AMEND, Deed.SIGN, Deed.NOTE}
CONTENT = {Deed.INBOX, Deed.CASE, Deed.NAMES, Deed.PROOF, Deed.PERSONS, Deed.ROSTER, Deed.PLAN, *CHANGES} - {Deed.LINK}


@examples(150)
@given(PERSONS, st.sampled_from(Deed), CASES)
def test_inactive_administrator_and_reviewer(person, deed, case):
    allowed = OURS.may(person, deed, case)
    if not person.active or not (person.roles & OWN or law_roles(person.roles)):
        assert not allowed
    if not person.roles & OWN:  # a word that only a law knows: its cases and its yes or no, nothing else
        assert not (allowed and deed not in OF_A_LAW)
    if Role.ADMINISTRATOR in person.roles:
        assert not (allowed and deed in CONTENT)
    if Role.REVIEWER in person.roles:
        assert not (allowed and deed in CHANGES | {Deed.NAMES})


@examples(100)
@given(PERSONS, st.sampled_from(Deed), CASES.filter(bool))
def test_what_is_allowed_with_a_case_of_another_is_never_its_content(person, deed, case):
    if OURS.may(person, deed, case) and deed in CONTENT - OF_NO_CASE:
        assert OURS.may(person, Deed.CASE, case)


@examples(60)
@given(PERSONS, st.sampled_from(Deed), CASES)
def test_words_that_are_no_roles_change_no_answer_and_an_answer_stays(person, deed, case):
    known = Person(
        person.desk, person.number, person.agency, person.roles & OWN | law_roles(person.roles), person.active
    )
    assert OURS.may(person, deed, case) == OURS.may(known, deed, case) == OURS.may(person, deed, case)
