"""What neither edition may ever allow, asked of all questions at once and not of some: the overriding rules as promises.

Each promise is a wish for a question that is allowed against it; the search must come back with nothing, and must come
back with a question once the rules that keep the promise are taken out, or once a rule reads as it did before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import pytest
import z3

from comity.analysis.analyse import interval_of
from comity.analysis.finding import Example
from comity.analysis.lawmodel import LawModel, model_of
from comity.analysis.record import Record
from comity.analysis.search import Search
from comity.analysis.words import words_of
from comity.desks.requests.model import Kind
from comity.policy.edition import Edition, assemble
from comity.policy.question import Release
from tests.unit.policy.policy_laws import DAY, edition, folders

SENDING = ("clear", "admit")
LATER = ("use", "onward", "repurpose", "evidence", "export")
EVERY = (*SENDING, *LATER, "court", "access")
ANSWERING = ("answer", "refusal", "recall")


@dataclass(frozen=True)
class World:
    """All questions to one edition, and what it answers to each."""

    law: Edition
    record: Record
    search: Search
    model: LawModel

    @classmethod
    def of(cls, law: Edition) -> World:
        record = Record.over(words_of(law.in_force(DAY), [law.groups], *interval_of([law], DAY)))
        return cls(law, record, Search(record), model_of(law, DAY, record))

    def act(self, *acts: str):
        return z3.Or([self.record.texts["act"][act] for act in acts])

    def says(self, name: str, *words: str):
        """Return that a text is one of these words, as far as anybody knows them."""
        return z3.Or([self.record.texts[name][word] for word in words if word in self.record.texts[name]])

    def has(self, name: str, *words: str):
        """Return that one of these words is in a set, as far as anybody knows them."""
        return z3.Or([self.record.sets[name][word] for word in words if word in self.record.sets[name]])

    def left(self, *words: str):
        """Return that something of one of these categories is still there after the removals."""
        duties = [(rule.obligation, self.model.held[rule.id]) for rule in self.model.rules.values()]
        removed = {word: [held for duty, held in duties if duty == ("redact", word)] for word in words}
        sent = self.record.texts["act"]["clear"]
        guards = self.record.sets["categories"]
        return z3.Or([z3.And(guards[word], z3.Not(z3.And(sent, z3.Or(removed[word])))) for word in words])

    def flag(self, name: str):
        return self.record.flags[name]

    @property
    def personal(self):
        return self.left(*sorted(self.law.groups.personal))

    @property
    def asks_personal(self):
        groups = self.law.groups
        return z3.Or(self.has("asks", *sorted(groups.personal)), self.has("records", *sorted(groups.personal_records)))

    @property
    def gives(self):
        return z3.And(self.says("kind", *sorted(self.law.groups.giving)), z3.Not(self.says("stage", "holding")))

    def assessed(self, act: str, what: str, *words: str):
        return z3.And(self.flag(f"assessments.{act}.made"), self.says(f"assessments.{act}.{what}", *words))


Promise = Callable[[World], z3.BoolRef]


def stands_against(world: World, act: str):
    """Return that the assessment of one act said no, or left a substantial risk."""
    return z3.Or(world.assessed(act, "decision", "no"), world.assessed(act, "risk_after", "substantial"))


def told_no(world: World):
    """Return that the decider stood against this very act of sending."""
    telling = z3.Or(world.personal, z3.And(world.gives, world.asks_personal))
    asking = z3.And(world.asks_personal, z3.Not(world.says("kind", *ANSWERING)))
    return z3.Or(z3.And(telling, stands_against(world, "disclose")), z3.And(asking, stands_against(world, "request")))


def question_about_a_person(world: World):
    """Return that something asks about a person, under whatever kind it goes."""
    asks = world.has("asks", *sorted(world.law.groups.personal))
    draws = z3.And(world.gives, z3.Not(world.says("kind", "message")))  # a message may ask for the records it names
    records = z3.And(world.has("records", *sorted(world.law.groups.personal_records)), z3.Not(draws))
    return z3.And(z3.Or(asks, records), z3.Not(world.says("kind", *ANSWERING)))


def some_other_purpose(world: World, *purposes: str):
    return z3.Not(world.says("purpose", *purposes))


PROMISES: dict[str, Promise] = {
    "1 biometrics do not cross": lambda w: z3.And(w.act(*SENDING), w.has("categories", "biometric")),
    "1 a national number is not taken in": lambda w: z3.And(w.act("admit"), w.has("categories", "national-number")),
    "3 who a source is, is not taken in": lambda w: z3.And(w.act("admit"), w.has("categories", "source-or-method")),
    "4 no intercept without an order": lambda w: z3.And(
        w.act(*SENDING), w.has("categories", "intercept"), z3.Not(w.has("basis", "order-reference"))
    ),
    "5 a decider's no holds, and so does a substantial risk": lambda w: z3.And(w.act("clear"), told_no(w)),
    "5 what was got by mistreatment serves nothing but a life": lambda w: z3.And(
        w.act(*LATER), w.flag("assessments.use.tainted"), z3.Not(w.says("serves", "prevent-harm"))
    ),
    "5 no question about a person before its assessment": lambda w: z3.And(
        w.act("clear"), question_about_a_person(w), z3.Not(w.flag("assessments.request.made"))
    ),
    "7 a question about a person names an act": lambda w: z3.And(
        w.act(*SENDING),
        question_about_a_person(w),
        w.says("conduct", "", "none", "unknown", "general"),
        some_other_purpose(w, "missing-person", "deconfliction", "drug-alert", "cyber-incident", "border-document"),
    ),
    "a question names the asker's own power": lambda w: z3.And(
        w.act(*SENDING),
        question_about_a_person(w),
        z3.Not(w.flag("own_power")),
        z3.Not(w.has("approvals", "legal-officer")),
        z3.Not(w.flag("break_glass")),
        some_other_purpose(w, "missing-person", "deconfliction", "drug-alert"),
    ),
    "1-4, 6 to no requester, whoever consents": lambda w: z3.And(
        w.act("access"),
        z3.Or(
            w.has("categories", "biometric", "national-number", "source-or-method"),
            z3.And(w.gives, w.has("records", "youth-record")),
            z3.And(w.gives, w.has("records", "fiu-record"), z3.Not(w.says("desk", "finance"))),
            z3.And(
                z3.Or(w.has("categories", "intercept"), z3.And(w.gives, w.has("records", "intercept-product"))),
                z3.Not(w.has("basis", "order-reference")),
            ),
        ),
    ),
    "5 what was got by mistreatment goes to a court or a requester by the head": lambda w: z3.And(
        z3.Or(w.act("court", "access"), z3.And(w.act("use"), w.says("serves", "prevent-harm"))),
        w.flag("assessments.use.tainted"),
        z3.Not(w.has("approvals", "head-of-agency")),
    ),
    "a court gets it on its order": lambda w: z3.And(w.act("court"), z3.Not(w.has("basis", "order-reference"))),
    "8 no third state without consent": lambda w: z3.And(
        w.act(*EVERY),
        w.flag("third_state"),
        z3.Not(w.has("basis", "originator-consent")),
        z3.Not(w.has("released", "third-state")),
    ),
    "10 no place without the decider outside": lambda w: z3.And(
        w.act("clear"), w.has("categories", "location"), z3.Not(w.has("approvals", "decider-outside"))
    ),
    "10 no place on an assessment from inside": lambda w: z3.And(
        w.act("clear"), w.has("categories", "location"), z3.Not(w.flag("assessments.disclose.decider_outside"))
    ),
    "11 whether anyone asked for protection": lambda w: z3.And(w.act(*EVERY), w.has("categories", "protection-claim")),
    "12 privileged matter": lambda w: z3.And(w.act(*EVERY), w.has("categories", "privileged")),
    "a lead is no evidence": lambda w: z3.And(w.act("evidence"), w.has("conditions", "lead-only")),
    "no-onward stays": lambda w: z3.And(
        w.act("onward"), w.has("conditions", "no-onward"), z3.Not(w.has("released", "onward"))
    ),
}
"""For each promise when a question is against it."""
OF_ONE = {"5 no question about a person before its assessment": "ca"}
"""Promises that only one edition makes: that an assessment must exist is its statute."""
PROMISED = [
    (promise, name) for promise in sorted(PROMISES) for name in ("ca", "in") if OF_ONE.get(promise, name) == name
]


@cache
def whole(name: str) -> World:
    return World.of(edition(name))


@cache
def without_prohibitions(name: str) -> World:
    """The edition without what both parties agreed, and without its referrals and refusals by statute."""
    law = edition(name)
    kept = tuple(one for one in law.rules if one.ground is None and one.obligation is None)
    return World.of(replace(law, rules=kept))


def against(world: World, promise: str) -> z3.BoolRef:
    return world.search.named(z3.And(world.model.allowed, PROMISES[promise](world)))


@pytest.mark.parametrize(("promise", "name"), PROMISED)
def test_no_question_at_all_is_allowed_against_it(name, promise):
    world = whole(name)
    found = world.search.nearest(against(world, promise))
    assert found is None, Example.of(found.question, found.now).ask


@pytest.mark.parametrize("name", ["ca", "in"])
def test_without_prohibitions_every_promise_that_a_permit_could_break_is_broken(name):
    world = without_prohibitions(name)
    made = [promise for promise, by in PROMISED if by == name]
    broken = {promise for promise in made if world.search.can(against(world, promise))}
    assert len(broken) >= len(made) - 2


# --- rules as they read before -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Before:
    """One rule's text, and how it read when it let a question through."""

    promise: str
    name: str
    file: str
    now: str
    then: str


NO_PLACE_GIVEN = """!(context.categories.contains("location") || // a place that goes: rule 10, or the edition's own rule
     (context.gives && context.asks.contains("location")))"""
ASKS_UNDER_ANY_KIND = """when { context.asks_personal && !["answer", "refusal", "recall"].contains(context.kind) }
when { !context.gives || !context.asks.isEmpty() || context.kind == "message" }
when { !context.assessments.request.made };"""
TO_NO_REQUESTER = """             Action::"export", Action::"access"],
  resource
)
when { context.categories.containsAny(["biometric", "national-number"]) };"""
ON_ITS_ORDER = """forbid (principal, action == Action::"court", resource)
unless { context.basis.contains("order-reference") };"""
TAINTED = """  action in [Action::"use", Action::"onward", Action::"repurpose", Action::"evidence", Action::"export"],
  resource
)
when { context.assessments.use.tainted }"""

BEFORE = (
    Before(
        "5 a decider's no holds, and so does a substantial risk",
        "in",
        "common/overriding.cedar",
        NO_PLACE_GIVEN,
        '!(context.categories.contains("location") || context.asks.contains("location"))',
    ),
    Before(
        "5 no question about a person before its assessment",
        "ca",
        "ca/mistreatment.cedar",
        ASKS_UNDER_ANY_KIND,
        "when { context.asks_personal && !context.gives }\nwhen { !context.assessments.request.made };",
    ),
    Before(
        "1-4, 6 to no requester, whoever consents",
        "in",
        "common/overriding.cedar",
        TO_NO_REQUESTER,
        TO_NO_REQUESTER.replace(', Action::"access"', ""),
    ),
    Before(
        "5 what was got by mistreatment serves nothing but a life",
        "in",
        "common/overriding.cedar",
        TAINTED,
        TAINTED.replace(', Action::"onward"', ""),
    ),
    Before(
        "a court gets it on its order",
        "in",
        "common/handling.cedar",
        ON_ITS_ORDER,
        ON_ITS_ORDER.replace("context", 'context.released.contains("court") || context'),
    ),
)


@pytest.mark.parametrize("before", BEFORE, ids=lambda one: f"{one.promise}, {one.name}")
def test_as_the_rule_read_before_the_promise_is_broken(before):
    tree = folders()
    folder, file = before.file.split("/")
    text = tree[folder][file].decode()
    assert text.count(before.now) == 1
    tree[folder][file] = text.replace(before.now, before.then).encode()
    world = World.of(Edition.load(assemble(tree, before.name)))
    assert world.search.can(against(world, before.promise))


# --- kinds -------------------------------------------------------------------------------------------------------------

OF_OTHER_DESKS = frozenset(
    {
        "pen", "pen-reply", "objection", "incident", "shipped", "arrived-quantity", "outcome", "workplan-amend",
        "action-update", "meeting", "minutes", "match-warrant", "network-picture", "cyber-push", "sighting", "opinion",
        "supersede", "cyber-recall", "platform-misuse", "document-batch", "document-query", "document-answer", "manifest",
        "keys", "accord-amend", "transfer", "contact-note", "assurance", "preserve", "convert-to-mla", "deconflict",
        "feedback", "withdraw",
    }
)  # fmt: skip
"""Kinds of the vocabulary that no desk of the first delivery has; `Kind` has the others."""
GIVE_NOTHING = {
    "rfi": "it asks",
    "document-query": "it asks",
    "preserve": "it asks to keep, not to give",
    "deconflict": "it asks whether both are at one place",
    "release-request": "it asks the originator",
    "purpose-change": "it asks the originator",
    "convert-to-mla": "it asks for the treaty way",
    "match-warrant": "it asks to compare; what matches is an answer",
    "refusal": "it says no",
    "reminder": "it repeats a question",
    "withdraw": "it ends a question",
    "recall": "it takes back",
    "cyber-recall": "it takes back",
    "posting": "it names an officer",
    "workplan-amend": "it amends a plan",
    "meeting": "it calls one",
    "manifest": "the node speaks",
    "keys": "the node speaks",
    "accord-amend": "the node speaks",
}
"""Kinds that hand over nothing that they draw on, each with the reason."""


def test_both_editions_say_of_the_same_kinds_that_they_give():
    assert edition("ca").groups.giving == edition("in").groups.giving


@pytest.mark.parametrize("name", ["ca", "in"])
def test_every_kind_gives_or_is_known_to_give_nothing(name):
    giving = edition(name).groups.giving
    assert giving.isdisjoint(GIVE_NOTHING)
    assert giving | frozenset(GIVE_NOTHING) == OF_OTHER_DESKS | {kind.value for kind in Kind}


# --- each overriding rule and each act ---------------------------------------------------------------------------------

FURTHER = ("onward", "repurpose", "evidence", "export")
SENT_ONLY = dict.fromkeys((*LATER, "court", "access"), "what is refused on arrival is never held")
ASKED_ONLY = dict.fromkeys((*LATER, "court", "access"), "it is about asking; who had to decide did before it came")
COMPELLED = {"court": "a court compels on its order; who may object is asked by other rules"}
PERSON_OR_COURT = COMPELLED | {"access": "who was asked about for an opinion may be told so"}
COMING_IN = {"admit": "coming in is no use; it is assessed before any"}
OURS = COMING_IN | {"clear": "nothing was received yet; the assessment of telling counts"}
NOT_ASSESSED = {
    "court": "a court compels; what was got by mistreatment goes to the head",
    "access": "nobody is acted against; what was got by mistreatment goes to the head",
}
LATER_CLAUSE = dict.fromkeys(FURTHER, "XX-RULE-5/later says it")
DOES_NOT_APPLY: dict[str, dict[str, str]] = {
    "XX-RULE-1": COMPELLED,
    "XX-RULE-1/asked": SENT_ONLY,
    "XX-RULE-2": COMPELLED,
    "XX-RULE-3": {},
    "XX-RULE-4": {"court": "an order is named, or XX-COURT/order refers"},
    "XX-RULE-5/no": COMING_IN | NOT_ASSESSED | LATER_CLAUSE,
    "XX-RULE-5/risk": COMING_IN | NOT_ASSESSED | LATER_CLAUSE,
    "XX-RULE-5/head": COMING_IN | NOT_ASSESSED,
    "XX-RULE-5/tainted": OURS | dict.fromkeys(("court", "access"), "XX-RULE-5/tainted-life sends it to the head"),
    "XX-RULE-5/tainted-life": OURS | dict.fromkeys(FURTHER, "XX-RULE-5/tainted refuses"),
    "XX-RULE-5/later": OURS | NOT_ASSESSED | {"use": "XX-RULE-5/no and /risk say it"},
    "XX-RULE-6": COMPELLED,
    "XX-RULE-7/opinion": PERSON_OR_COURT,
    "XX-RULE-7/second-ground": ASKED_ONLY,
    "XX-RULE-7/known-for": PERSON_OR_COURT,
    "XX-RULE-7/conduct": ASKED_ONLY,
    "XX-RULE-8": {},
    "XX-RULE-10": {"admit": "the sender's decider decided", "use": "looking at it here moves it nowhere"}
    | dict.fromkeys((*FURTHER, "court", "access"), "XX-RULE-10/later says it"),
    "XX-RULE-10/later": {
        "clear": "XX-RULE-10 says it",
        "admit": "the sender's decider decided",
        "use": "looking at it here moves it nowhere",
    },
    "XX-RULE-11": {},
    "XX-RULE-12": {},
}
"""Of each rule that no officer overrides: the acts on which it does not hold, each with the reason."""


@pytest.mark.parametrize("name", ["ca", "in"])
def test_each_overriding_rule_holds_on_each_act_or_does_not_for_a_reason(name):
    world = whole(name)
    rules = sorted(rule for rule in world.model.held if rule.startswith("XX-RULE-"))
    assert rules == sorted(DOES_NOT_APPLY)
    held = {rule: world.search.named(world.model.held[rule]) for rule in rules}
    acts = {act: world.search.named(world.act(act)) for act in EVERY}
    silent = {rule: {act for act in EVERY if not world.search.can(held[rule], acts[act])} for rule in rules}
    assert silent == {rule: set(reasons) for rule, reasons in DOES_NOT_APPLY.items()}


@pytest.mark.parametrize("name", ["ca", "in"])
def test_what_an_originator_must_consent_to_is_called_by_one_word(name):
    """`consent:` with a word of the closed list; `approval:consent-seen` is an officer's, of a person's own consent."""
    steps = {step for rule in edition(name).rules for step in rule.missing}
    consents = {step.removeprefix("consent:") for step in steps if step.startswith("consent:")}
    assert consents
    assert consents <= {word.value for word in Release}
    assert not {step for step in steps if step.startswith("release:")}
    assert {step for step in steps if "consent" in step and not step.startswith("consent:")} <= {
        "basis:originator-consent",
        "approval:consent-seen",
    }
