"""What neither edition may ever allow, asked of all questions at once and not of some: the overriding rules as promises.

Each promise is a wish for a question that is allowed against it; the search must come back with nothing, and must come
back with a question once the rules that keep the promise are taken out.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import z3

from comity.analysis.analyse import interval_of
from comity.analysis.finding import Example
from comity.analysis.lawmodel import model_of
from comity.analysis.record import Record
from comity.analysis.search import Search
from comity.analysis.words import words_of
from comity.policy.edition import Edition
from tests.unit.policy.policy_laws import DAY, edition

SENDING = ("clear", "admit")
LATER = ("use", "onward", "repurpose", "evidence", "export")
EVERY = (*SENDING, *LATER, "court", "access")


def is_one(record: Record, *acts: str):
    return z3.Or([record.texts["act"][act] for act in acts])


def no(guards, word: str):
    """Return that a word is not in a set, also where no rule and no list knows the word."""
    return z3.Not(guards[word]) if word in guards else z3.BoolVal(True)


PROMISES = {
    "1 biometrics do not cross": lambda r: z3.And(is_one(r, *SENDING), r.sets["categories"]["biometric"]),
    "1 a national number is not taken in": lambda r: z3.And(
        is_one(r, "admit"), r.sets["categories"]["national-number"]
    ),
    "3 who a source is, is not taken in": lambda r: z3.And(
        is_one(r, "admit"), r.sets["categories"]["source-or-method"]
    ),
    "4 no intercept without an order": lambda r: z3.And(
        is_one(r, *SENDING), r.sets["categories"]["intercept"], no(r.sets["basis"], "order-reference")
    ),
    "5 what was got by mistreatment serves nothing but a life": lambda r: z3.And(
        is_one(r, *LATER), r.flags["assessments.use.tainted"], z3.Not(r.texts["serves"]["prevent-harm"])
    ),
    "8 no third state without consent": lambda r: z3.And(
        is_one(r, *EVERY),
        r.flags["third_state"],
        no(r.sets["basis"], "originator-consent"),
        z3.Not(r.sets["released"]["third-state"]),
    ),
    "10 no place without the decider outside": lambda r: z3.And(
        is_one(r, "clear"), r.sets["categories"]["location"], no(r.sets["approvals"], "decider-outside")
    ),
    "10 no place on an assessment from inside": lambda r: z3.And(
        is_one(r, "clear"), r.sets["categories"]["location"], z3.Not(r.flags["assessments.disclose.decider_outside"])
    ),
    "11 whether anyone asked for protection": lambda r: z3.And(
        is_one(r, *EVERY), r.sets["categories"]["protection-claim"]
    ),
    "12 privileged matter": lambda r: z3.And(is_one(r, *EVERY), r.sets["categories"]["privileged"]),
    "a lead is no evidence": lambda r: z3.And(is_one(r, "evidence"), r.sets["conditions"]["lead-only"]),
    "no-onward stays": lambda r: z3.And(
        is_one(r, "onward"), r.sets["conditions"]["no-onward"], z3.Not(r.sets["released"]["onward"])
    ),
}
"""For each promise when a question is against it."""


def search_over(law: Edition):
    record = Record.over(words_of(law.in_force(DAY), [law.groups], *interval_of([law], DAY)))
    search = Search(record)
    return record, search, search.named(model_of(law, DAY, record).allowed)


@cache
def whole(name: str):
    return search_over(edition(name))


@cache
def without_common(name: str):
    """The edition without what both parties agreed, and without its referrals and refusals by statute."""
    law = edition(name)
    return search_over(
        replace(law, rules=tuple(one for one in law.rules if one.ground is None and one.obligation is None))
    )


@pytest.mark.parametrize("name", ["ca", "in"])
@pytest.mark.parametrize("promise", sorted(PROMISES))
def test_no_question_at_all_is_allowed_against_it(name, promise):
    record, search, allowed = whole(name)
    found = search.nearest(allowed, search.named(PROMISES[promise](record)))
    assert found is None, Example.of(found.question, found.now).ask


@pytest.mark.parametrize("name", ["ca", "in"])
def test_without_prohibitions_every_promise_that_a_permit_could_break_is_broken(name):
    record, search, allowed = without_common(name)
    broken = {promise for promise, against in PROMISES.items() if search.can(allowed, search.named(against(record)))}
    assert len(broken) >= len(PROMISES) - 2
