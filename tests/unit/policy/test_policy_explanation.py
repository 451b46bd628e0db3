"""An answer is read aloud with all that bears on it, in four languages, and nothing of it is left out."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from comity.policy.cases import BASE
from comity.policy.explanation import asked, explain_answer, read_aloud, turned
from comity.policy.phrases import LANGUAGES, PHRASES, phrase
from comity.policy.question import Act, Decision, Question
from comity.policy.release_path import missing_for_release
from comity.policy.rule import Status
from tests.unit.policy.policy_laws import DAY, ask, assessed, edition, gate
from tests.unit.policy.test_policy_statute import bound

CALLS = {"kind": "answer", "records": {"call-records"}, "asks": {"national-number"}}


def told(law: str, language: str, **question: object) -> tuple[str, ...]:
    wanted = ask(**question)
    return tuple(read_aloud(explain_answer(edition(law), wanted, gate(law).decide(wanted, DAY), language), language))


def test_a_refusal_is_read_with_reason_article_mark_and_what_crosses() -> None:
    lines = told("in", "en", **CALLS)
    assert "No lawyer has signed it" in lines[0]
    assert lines[1] == "Asked: to send: answer for the purpose organised-crime, urgent"
    assert "Answer: Refused. [refuse]" in lines
    assert any("IN-AADH-29/asked: Aadhaar Act 2016, s. 29, from memory" in line for line in lines)
    assert any("not bound to a text: " in line for line in lines)
    assert "Still missing: nothing turns this into a yes" in lines
    assert "What crosses: cannot-assist" in lines
    assert "What a person there reads: We cannot assist with this." in lines


def test_a_permit_is_read_with_its_duties_and_texts() -> None:
    lines = told("ca", "en", categories={"person", "minor"}, assessments=(assessed("disclose"),))
    assert "Answer: Permitted, with what follows. [permit-with]" in lines
    assert any(line == "  - Removed: minors (CA-YCJA-110)" for line in lines)
    assert any("written from the text of Youth Criminal Justice Act, s. 110 as of 20" in line for line in lines)
    assert not any(line.startswith(("Still missing", "What crosses")) for line in lines)


def test_a_referral_says_what_is_missing_and_who_decides() -> None:
    lines = told("ca", "en", categories={"person"})
    assert "Answer: Referred to: assessor [refer]" in lines
    assert "Still missing:" in lines
    assert any(line.endswith("[assessment:disclose]") for line in lines)


def test_the_whole_path_to_a_yes_is_told_where_somebody_looked_for_it() -> None:
    wanted = ask(categories={"location"}, conduct="theft")
    path = missing_for_release(gate("ca"), wanted, DAY)
    found = explain_answer(edition("ca"), wanted, gate("ca").decide(wanted, DAY), "en", path)
    assert found.missing == path.steps
    assert found.curable
    assert "approval by decider-outside" in found.steps
    never = ask(categories={"privileged"})
    path = missing_for_release(gate("ca"), never, DAY)
    found = explain_answer(edition("ca"), never, gate("ca").decide(never, DAY), "en", path)
    assert (found.missing, found.curable) == ((), False)


def test_another_way_is_told_beside_a_refusal() -> None:
    assert "Another way: central-authority" in told("ca", "en", kind="answer", records={"youth-record"})


@pytest.mark.parametrize(
    ("language", "answer"),
    [("fr", "Réponse: Refusé. [refuse]"), ("hi", "उत्तर: अस्वीकृत। [refuse]"), ("pa", "ਜਵਾਬ: ਨਾਮਨਜ਼ੂਰ। [refuse]")],
)
def test_the_frame_is_in_the_readers_language(language: str, answer: str) -> None:
    assert answer in told("in", language, **CALLS)


def test_rules_without_sentences_in_that_language_say_so() -> None:
    assert any("ਪੰਜਾਬੀ" in line for line in told("in", "pa", **CALLS))
    assert not any("Hindi" in line for line in told("in", "hi", **CALLS))


def test_a_sentence_is_in_the_readers_language_where_the_edition_has_it() -> None:
    assert any("राष्ट्रीय पहचान संख्या और मूल बायोमेट्रिक साझा नहीं किए जाते।" in line for line in told("in", "hi", **CALLS))


def test_each_text_that_a_rule_rests_on_is_told() -> None:
    law = bound()
    wanted = ask(purpose="fraud")
    verdict = gate("ca").decide(wanted, DAY)
    reason = replace(verdict.reasons[0], rule="TT-1")
    found = explain_answer(law, wanted, replace(verdict, reasons=(reason,)), "en")
    assert found.reasons[0].texts == (
        "XA/Act/s8: written from the text of Some Act, s. 8 as of 2026-03-02",
        "XA/Case-2001: not bound to a text: a judgment",
    )


def test_a_rule_that_the_edition_no_longer_has_is_told_without_text() -> None:
    wanted = ask()
    found = explain_answer(edition("in"), wanted, gate("ca").decide(wanted, DAY), "en")
    assert found.reasons[0].texts == ()


def test_an_answer_whose_question_was_not_kept_says_so() -> None:
    found = explain_answer(edition("ca"), None, gate("ca").decide(ask(), DAY), "en")
    assert "Asked: the record does not hold what was asked" in tuple(read_aloud(found, "en"))


def test_what_rests_on_no_rule_is_told_too() -> None:
    lines = told("ca", "en", purpose="zz")
    assert any("No rule permits this. (CA-DEFAULT: agreed in the accord)" in line for line in lines)


# --- nothing asked is left out ---------------------------------------------------------------------------------------

OTHER: dict[str, object] = {
    "act": Act.USE, "desk": "", "kind": "rfi", "stage": "final", "purpose": "fraud", "urgency": ask().urgency.NORMAL,
    "agency": "a1", "peer_agencies": ("p1",), "handling": {"H3"}, "conditions": {"no-onward"}, "tlp": "RED", "pap": "GREEN",
    "asserts": True, "evaluated": False, "categories": {"health"}, "asks": {"account"}, "records": {"bulk-list"},
    "basis": {"order-reference"}, "conduct": "theft", "own_power": False, "known_for": {"faith"},
    "assessments": (assessed("use", decision=Decision.NO),), "approvals": {"legal-officer"}, "minimum_facts": True,
    "third_state": True, "answers": "recall", "budget_spent": True, "to_agencies": {"t1"}, "outside": "court",
    "new_purpose": "workplan", "serves": "arrest", "released": {"evidence"}, "recalled": True, "past_due": True,
    "classified": True, "listed_by": {"un"}, "break_glass": True,
}  # fmt: skip
SILENT = {"desk", "evaluated", "named"}
"""The desk is the same for both sides' readers; an evaluation shows by its absence; who is named shows in the label."""


@pytest.mark.parametrize("name", sorted({field.name for field in fields(Question)} - SILENT))
def test_whatever_is_asked_is_heard(name: str) -> None:
    assert tuple(asked(ask(**{name: OTHER[name]}), "en")) != tuple(asked(BASE, "en"))


def test_an_assessment_is_told_with_what_is_weak_about_it() -> None:
    weak = assessed("use", short_form=True, decider_outside=False, tainted=True)
    (line,) = (line for line in asked(ask(assessments=(weak,)), "en") if line.startswith("assessed"))
    assert line == (
        "assessed to use: risk low, then low; go; in the short form; by somebody inside the operation; "
        "likely obtained by mistreatment"
    )


def test_a_question_without_a_basis_says_so() -> None:
    assert "it names no basis" in tuple(asked(ask(basis=set()), "en"))


def test_the_receivers_question_has_neither_what_was_removed_nor_our_papers() -> None:
    wanted = ask(categories={"person", "minor"}, assessments=(assessed("disclose"),), approvals={"legal-officer"})
    there = turned(wanted, gate("ca").decide(wanted, DAY))
    assert (there.act, there.agency, there.peer_agencies) == (Act.ADMIT, "theirs", ("ours",))
    assert (there.categories, there.assessments, there.approvals) == ({"person"}, (), frozenset())
    assert turned(ask(peer_agencies=()), gate("ca").decide(ask(), DAY)).agency == ""


# --- the phrases -----------------------------------------------------------------------------------------------------


def test_every_phrase_stands_in_every_language_with_the_same_gaps() -> None:
    for key, words in PHRASES.items():
        assert tuple(words) == LANGUAGES
        assert all(words.values()), key
        gaps = {tuple(sorted(part[: part.index("}")] for part in text.split("{")[1:])) for text in words.values()}
        assert len(gaps) == 1, key


def test_each_code_that_is_looked_up_has_its_phrase() -> None:
    wanted = {f"act.{act}" for act in Act} | {f"status.{one}" for one in Status}
    assert wanted <= PHRASES.keys()


def test_scripts_are_those_of_the_languages() -> None:
    for words in PHRASES.values():
        assert any("\u0900" <= letter <= "\u097f" for letter in words["hi"])
        assert any("\u0a00" <= letter <= "\u0a7f" for letter in words["pa"])


def test_another_language_is_read_in_the_first() -> None:
    assert phrase("asked", "xx") == "Asked"


def test_where_no_rule_speaks_and_no_step_touches_one_the_default_is_what_stands_in_the_way() -> None:
    path = missing_for_release(gate("ca"), ask(purpose="no-such-purpose"), DAY)
    assert (path.steps, path.curable, path.rules, path.whole) == ((), False, ("CA-DEFAULT",), True)
