"""Every case of every edition is answered as it says; a wrong expectation and an untried rule are found by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.marking.labels import Urgency
from comity.marking.vocabulary import GROUNDS
from comity.policy.cases import BASE, Case, Outcome, check_unique, coverage, read_cases, run_case, supposed
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.groundcases import GroundCase, never_seen, read_grounds, wrong_words
from comity.policy.question import Act, AssessedAct, Decision, Risk
from comity.policy.verdict import Effect
from tests.unit.policy.policy_laws import BASE as TEST_BASE
from tests.unit.policy.policy_laws import DAY, LAWS, edition, gate
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, OBLIGE, PERMIT

FILES = sorted((LAWS / "cases").rglob("*.toml"))


@cache
def all_cases() -> tuple[Case, ...]:
    read = [
        case for file in FILES for case in read_cases(file.read_text(encoding="utf-8"), str(file.relative_to(LAWS)))
    ]
    check_unique(read)
    return tuple(read)


def gate_of(case: Case) -> CedarGate:
    return CedarGate(supposed(edition(case.law), case)) if case.suppose else gate(case.law)


@cache
def all_outcomes() -> tuple[Outcome, ...]:
    return tuple(run_case(case, gate_of(case)) for case in all_cases())


def all_words() -> tuple[GroundCase, ...]:
    return tuple(word for file in FILES for word in read_grounds(file.read_text(encoding="utf-8"), file.name))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LAWS / "cases")))
def test_every_case_is_answered_as_it_says(file: Path) -> None:
    wrong = [
        f"{outcome.case.id}: {line}"
        for outcome in all_outcomes()
        if outcome.case.file == str(file.relative_to(LAWS))
        for line in outcome.mismatches
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["ca", "in", "ostrel-vanmere"])
def test_no_rule_ground_code_or_obligation_is_left_untried(name: str) -> None:
    assert coverage(all_cases(), all_outcomes(), edition(name)).gaps() == ()


def test_every_ground_and_code_of_the_vocabulary_is_tried() -> None:
    assert never_seen(all_outcomes(), all_words()) == ()
    assert len(all_cases()) >= 250


def test_each_ground_is_told_as_the_cases_say() -> None:
    assert [line for word in all_words() for line in wrong_words(word, edition(word.law))] == []
    assert {(word.law, word.ground) for word in all_words()} == {
        (law, ground) for law in ("ca", "in", "ostrel-vanmere") for ground in GROUNDS
    }


def test_ids_are_unique_over_all_files() -> None:
    assert len({case.id for case in all_cases()}) == len(all_cases())


# --- reading ---------------------------------------------------------------------------------------------------------

ONE = """
law = "tt"
day = "2026-07-13"
[base.asked]
kind = "rfi"
purpose = "fraud"
[[case]]
id = "one"
title = "A question."
article = "s. 1"
base = "asked"
ask = { urgency = "immediate", categories = ["person"] }
answer = { effect = "permit", decides = ["TT-1"], not = ["TT-2"] }
"""


def test_a_case_is_the_base_and_what_it_changes() -> None:
    (case,) = read_cases(ONE, "one.toml")
    assert (case.id, case.law, case.now, case.file, case.article) == ("one", "tt", DAY, "one.toml", "s. 1")
    assert (case.question.kind, case.question.purpose) == ("rfi", "fraud")
    assert case.question.urgency is Urgency.IMMEDIATE
    assert case.question.categories == {"person"}
    assert case.question.basis == BASE.basis
    assert (case.expected.effect, case.expected.decides, case.expected.never) == (Effect.PERMIT, {"TT-1"}, {"TT-2"})
    assert (case.expected.obliges, case.expected.missing, case.expected.ground) == (None, None, None)


def test_the_base_is_the_tests_own() -> None:
    assert BASE == TEST_BASE


def test_every_kind_of_attribute_is_read() -> None:
    ask = """{ act = "use", desk = "cyber", peer_agencies = ["b", "a"], asserts = true, serves = "arrest", tlp = "GREEN", released = ["arrest"], listed_by = ["un"], new_purpose = "", handling = [], assess = { use = { tainted = true, short_form = true, risk_before = "medium", decision = "no" }, disclose = {} } }"""
    text = ONE.replace('{ urgency = "immediate", categories = ["person"] }', ask)
    (case,) = read_cases(text, "one.toml")
    asked = case.question
    assert (asked.act, asked.desk, asked.peer_agencies, asked.asserts) == (Act.USE, "cyber", ("a", "b"), True)
    assert (asked.serves, asked.tlp, asked.handling, asked.released) == ("arrest", "GREEN", frozenset(), {"arrest"})
    disclose, use = asked.assessments
    assert (disclose.act, disclose.risk_before, disclose.decision) == (AssessedAct.DISCLOSE, Risk.LOW, Decision.GO)
    assert (use.tainted, use.short_form, use.risk_before, use.risk_after) == (True, True, Risk.MEDIUM, Risk.LOW)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("urgency =", "urgencies =", "a question has no urgencies"),
        ('"immediate"', '"soon"', "urgency cannot be 'soon'"),
        ('"person"', '"persons"', "categories cannot be 'persons'"),
        ('["person"]', '"person"', "categories is a list"),
        ('"immediate"', "3", "urgency is a text"),
        ('urgency = "immediate"', 'asserts = "yes"', "asserts is true or false"),
        ('urgency = "immediate"', "assess = 1", "assess is a table"),
        ('urgency = "immediate"', "assess = { use = 1 }", "assess use: a table"),
        ('urgency = "immediate"', "assess = { see = {} }", "assess cannot be 'see'"),
        ('urgency = "immediate"', "assess = { use = { value = 1 } }", "an assessment has no value"),
        ('base = "asked"', 'base = "told"', "there is no [base.told]"),
        ('id = "one"', 'id = "One"', "an id is small letters"),
        ('title = "A question."', "", "title is a text"),
        ('article = "s. 1"', "", "article is a text"),
        ('law = "tt"', "", "it names no law or no day"),
        ('law = "tt"', "law = 1", "law is a text"),
        ('"2026-07-13"', '"2026-07-44"', "is no day"),
        ('effect = "permit"', 'effect = "allow"', "there is no answer called 'allow'"),
        ('effect = "permit"', 'ground = "because"', "there is no ground called 'because'"),
        ('effect = "permit"', 'outward = "no"', "there is no outward code called 'no'"),
        ("decides =", "decide =", "there is no key decide"),
        ('{ effect = "permit", decides = ["TT-1"], not = ["TT-2"] }', "{}", "it expects nothing"),
        ("[base.asked]", "[bases.asked]", "there is no [base.asked]"),
        ('[base.asked]\nkind = "rfi"', "[base]\nasked = 1\n[other]", "[base.NAME] are tables"),
        ("[[case]]", "[case]", "case is an array of tables"),
        ("ask = {", "ask = [", "one.toml"),
        ("ask = { urgency", "ask = 1\nx = { urgency", "ask is a table"),
    ],
)
def test_a_misspelt_case_is_no_case(old: str, new: str, says: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        read_cases(ONE.replace(old, new, 1), "one.toml")
    assert says in str(error.value)


def test_an_id_stands_once() -> None:
    second = ONE[ONE.index("[[case]]") :]
    with pytest.raises(BadConfiguration, match=r"the case one stands twice, in one\.toml and one\.toml"):
        read_cases(ONE + second, "one.toml")


# --- comparing -------------------------------------------------------------------------------------------------------


def law(*texts: str) -> Edition:
    return Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": "".join(texts).encode()})


def outcome(answer: str, *texts: str, ask: str = '{ purpose = "fraud" }'):
    text = f'law = "tt"\nday = "2026-07-13"\n[[case]]\nid = "x"\ntitle = "t"\narticle = "a"\nask = {ask}\nanswer = {answer}\n'
    (case,) = read_cases(text, "x.toml")
    return run_case(case, CedarGate(law(*texts)))


PERSON = '{ purpose = "fraud", categories = ["person"] }'


def test_what_is_right_has_no_mismatch() -> None:
    assert outcome(
        '{ effect = "permit", decides = ["TT-1"], not = ["TT-2"], ground = "", obliges = [] }', PERMIT, FORBID
    ).good


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ('{ effect = "permit" }', "the answer is refer (TT-2), not permit"),
        ('{ decides = ["TT-1"] }', "TT-1 does not decide; TT-2 did"),
        ('{ not = ["TT-2"] }', "TT-2 decides and must not"),
        ('{ ground = "budget" }', "the ground is location, not budget"),
        ('{ ground = "" }', "the ground is location, not none"),
        ('{ outward = "no-legal-basis" }', "the outward code is cannot-assist, not no-legal-basis"),
        ('{ refer_to = "x" }', "the authority is"),
        ('{ obliges = ["redact:person"] }', "obligations: none, not redact:person"),
        ('{ missing = ["approval:x"] }', "missing:"),
    ],
)
def test_each_wrong_expectation_is_named(answer: str, says: str) -> None:
    found = outcome(answer, PERMIT, FORBID, ask='{ purpose = "fraud", categories = ["person"] }')
    assert not found.good
    assert any(says in line for line in found.mismatches), found.mismatches


def test_a_law_that_cannot_be_asked_answers_no_case() -> None:
    class Broken:
        def decide(self, question, now):
            return CedarGate(law(PERMIT)).decide_attributes({}, now)

    (case,) = read_cases(ONE.replace('effect = "permit", decides = ["TT-1"], not = ["TT-2"]', 'effect = "refuse"'), "f")
    assert "the law could not be asked" in run_case(case, Broken()).mismatches


# --- coverage --------------------------------------------------------------------------------------------------------


def test_what_nobody_tried_is_named() -> None:
    found = outcome('{ decides = ["TT-1"] }', PERMIT, FORBID, OBLIGE)
    left = coverage([found.case], [found], law(PERMIT, FORBID, OBLIGE))
    assert left.undecided == ("TT-2", "TT-3")
    assert left.unbounded == ("TT-1", "TT-2", "TT-3")
    assert left.grounds == ("location",)
    assert set(left.outward) == {"cannot-assist", "no-legal-basis"}
    assert len(left.obligations) == 1
    assert not left.whole
    assert "no case in which TT-2 decides" in left.gaps()
    assert "no case in which TT-1 must not decide" in left.gaps()
    assert any(gap.startswith("the obligation ") for gap in left.gaps())


def test_a_case_that_is_wrong_tries_nothing() -> None:
    found = outcome('{ decides = ["TT-2"], not = ["TT-1"] }', PERMIT, FORBID)
    left = coverage([found.case], [found], law(PERMIT, FORBID))
    assert left.undecided == ("TT-1", "TT-2")
    assert left.unbounded == ("TT-1", "TT-2")
    assert coverage([], [found], law(PERMIT)).undecided == ("TT-1",)


def test_an_edition_with_all_its_cases_is_whole() -> None:
    permitted = outcome('{ decides = ["TT-1"], not = ["TT-2"] }', PERMIT, FORBID)
    referred = outcome(
        '{ decides = ["TT-2"], not = ["TT-1"] }', PERMIT, FORBID, ask='{ purpose = "fraud", categories = ["person"] }'
    )
    refused = outcome('{ ground = "no-legal-basis" }', PERMIT, FORBID, ask='{ purpose = "workplan" }')
    found = [permitted, referred, refused]
    assert coverage([one.case for one in found], found, law(PERMIT, FORBID)).gaps() == ()


# --- what is supposed, and words for grounds -------------------------------------------------------------------------


def test_what_is_supposed_is_known_for_that_case_only() -> None:
    text = ONE.replace('base = "asked"', 'base = "asked"\nsuppose = ["arrangement-written:customs"]')
    (case,) = read_cases(text, "one.toml")
    plain = law(PERMIT)
    assert "arrangement-written:customs" in supposed(plain, case).known_bases
    assert supposed(plain, read_cases(ONE, "one.toml")[0]) is plain
    assert "arrangement-written:customs" not in plain.known_bases


WORDS = '[ground.tt]\nbudget = ["cannot-assist", "partly"]\n'


def test_a_word_that_is_another_is_named() -> None:
    (word,) = read_grounds(WORDS, "w.toml")
    assert wrong_words(word, law(PERMIT)) == ()
    (less,) = read_grounds(WORDS.replace(', "partly"', ""), "w.toml")
    assert wrong_words(less, law(PERMIT)) == ("tt: budget may be told as cannot-assist, partly, not cannot-assist",)
    (other,) = read_grounds(WORDS.replace('"cannot-assist", "partly"', '"partly", "cannot-assist"'), "w.toml")
    assert wrong_words(other, law(PERMIT)) == ("tt: budget is told as cannot-assist, not partly",)


def test_what_no_answer_and_no_word_tried_is_named() -> None:
    left = never_seen([outcome('{ decides = ["TT-2"] }', PERMIT, FORBID, ask=PERSON)], read_grounds(WORDS, "w.toml"))
    assert "the ground not-held is never seen" in left
    assert "the outward code unclear is never seen" in left
    assert not {"the ground budget is never seen", "the ground location is never seen"} & set(left)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("budget", "money", "there is no ground called 'money'"),
        ('"partly"', '"some"', "budget is told as outward codes"),
        ('["cannot-assist", "partly"]', "[]", "budget is told as outward codes"),
        ("[ground", "ground", "w.toml"),
    ],
)
def test_a_misspelt_word_is_no_case(old: str, new: str, says: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        read_grounds(WORDS.replace(old, new), "w.toml")
    assert says in str(error.value)
