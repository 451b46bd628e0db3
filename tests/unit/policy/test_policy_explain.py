"""A law read aloud: every reason in the reader's language, every rule in the list, every change between editions."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from comity.marking.vocabulary import CATEGORIES
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.explain import difference, edition_notice, explain, footing, listing, may_say, step_words
from comity.policy.frame import FRAMES, WORDS
from comity.policy.question import AssessedAct
from comity.policy.rule import Verb
from comity.policy.verdict import Effect
from tests.unit.policy.policy_laws import DAY, ask, edition, gate
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, OBLIGE, PERMIT


def test_a_refusal_is_read_with_all_its_reasons() -> None:
    verdict = gate("in").decide(ask(kind="answer", records={"call-records"}, asks={"national-number"}), DAY)
    lines = explain(edition("in"), verdict, "hi")
    assert lines[0] == edition_notice(edition("in"), "hi")
    assert lines[1] == "अस्वीकृत।"
    assert lines[2].endswith(verdict.ground)
    assert lines[3] == f"दूसरा पक्ष यह पढ़ सकता है: {edition('in').say('cannot-assist', 'hi')} (cannot-assist)"
    assert [line.split(":")[0] for line in lines if line.startswith("- ")] == [
        {"refuse": "- रोकता है", "refer": "- निर्णय के लिए भेजता है"}[reason.effect] for reason in verdict.reasons
    ]
    assert any("राष्ट्रीय" in line and "Aadhaar Act 2016, s. 29" in line for line in lines)


def test_a_permit_is_read_with_what_it_obliges_to() -> None:
    permitted = gate("ca").decide(ask(categories={"minor"}), DAY)
    lines = explain(edition("ca"), permitted, "fr")
    assert lines[1] == "Permis, avec ce qui suit."
    assert "- Retiré : mineurs (CA-YCJA-110)" in lines
    assert any(line.startswith("- Oblige: ") and "; CA-YCJA-110; " in line for line in lines)


def test_a_referral_is_read_with_what_is_missing() -> None:
    referred = gate("ca").decide(ask(categories={"person"}), DAY)
    lines = explain(edition("ca"), referred, "en")
    assert lines[1] == "Referred to: assessor"
    assert "- Missing: assessment: what disclosing could do to someone" in lines


def test_where_no_rule_permits_the_edition_says_so_itself() -> None:
    unknown = gate("ca").decide(ask(purpose="zz"), DAY)
    assert (
        explain(edition("ca"), unknown, "fr")[-1]
        == "- Refuse: Aucune règle ne le permet. (CA-DEFAULT; convenu dans l'accord)"
    )


def test_the_other_way_stands_last() -> None:
    rule = FORBID.replace('@effect("refer")', '@effect("refuse")')
    law = Edition.load(_files(PERMIT + rule))
    verdict = CedarGate(law).decide(ask(categories={"person"}), DAY)
    assert explain(law, verdict, "en")[-1] == "- Another way: somebody"


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("ca", "pa", "ਨਿਯਮਾਂ ਦੇ ਵਾਕ ਪੰਜਾਬੀ ਵਿੱਚ ਨਹੀਂ ਹਨ; ਇੱਥੇ ਉਹ ਅੰਗਰੇਜ਼ੀ ਵਿੱਚ ਹਨ।"),
        ("in", "fr", "Les règles n'ont pas de phrases en français; elles figurent ici en anglais."),
        ("ca", "hi", "नियमों के वाक्य हिंदी में नहीं हैं; यहाँ वे अंग्रेज़ी में हैं।"),
        ("ostrel-vanmere", "zz", "The rules have no sentences in zz; here they stand in English."),
    ],
)
def test_sentences_in_another_language_are_announced(name: str, language: str, said: str) -> None:
    lines = explain(edition(name), gate(name).decide(ask(purpose="zz"), DAY), language)
    assert lines.count(said) == 1


def test_a_language_of_the_edition_without_frame_words_has_english_ones_around_its_own_sentences() -> None:
    lines = explain(edition("ostrel-vanmere"), gate("ostrel-vanmere").decide(ask(purpose="zz"), DAY), "osv")
    assert lines[1] == "Refused."
    assert lines[-1].startswith("- Refuses: Nen regla dovol.")
    assert not [line for line in lines if "no sentences" in line]


def test_an_edition_in_force_is_read_without_notice() -> None:
    verdict = gate("ca").decide(ask(), DAY)
    assert explain(replace(edition("ca"), exercise=False), verdict, "en")[0] == "Permitted."


def test_a_private_rule_says_that_it_is_one() -> None:
    law = Edition.load({**_files(PERMIT), "private/more.cedar": FORBID.encode()})
    lines = explain(law, CedarGate(law).decide(ask(categories={"person"}, purpose="fraud"), DAY), "en")
    assert "- Refers: It may not. (a; TT-2; from memory; private part)" in lines


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("approval:legal-officer", "approbation de legal-officer"),
        ("assessment:use:full", "évaluation du risque : comment ce qui est venu a été obtenu, forme complète"),
        ("own-power", "le pouvoir propre du demandeur, nommé"),
        ("consent:onward", "consentement de l'auteur : onward"),
        ("review", "review"),
    ],
)
def test_steps_in_words(step: str, words: str) -> None:
    assert step_words(step, "fr") == words


def test_every_frame_word_is_there_in_each_language_and_its_script() -> None:
    scripts = {"hi": ("\u0900", "\u097f"), "pa": ("\u0a00", "\u0a7f")}
    for key, row in WORDS.items():
        assert tuple(row) == FRAMES, key
        assert len({tuple(sorted(set(re.findall(r"\{\d\}", text)))) for text in row.values()}) == 1, key
        for tag, (first, last) in scripts.items():
            letters = [one for one in re.sub(r"\{\d\}", "", row[tag]) if one.isalpha()]
            assert letters, key
            assert all(first <= one <= last for one in letters), (key, tag)


def test_everything_that_a_law_can_answer_has_a_frame_word() -> None:
    keys = {f"category:{word}" for word in CATEGORIES} | {f"duty:{verb}" for verb in Verb}
    keys |= {effect.value for effect in Effect}
    keys |= {f"rule:{effect.value}" for effect in Effect} | {f"assessed:{act}" for act in AssessedAct}
    assert keys <= WORDS.keys()


def test_the_list_has_every_rule_with_its_days() -> None:
    lines = {line.rule: line for line in listing(edition("ostrel-vanmere"))}
    assert len(lines) == 11
    assert (lines["OV-7"].first_day, lines["OV-7"].last_day) == ("2026-01-01", "2030-12-31")
    assert (lines["OV-5"].effect, lines["OV-3"].effect, lines["OV-1"].last_day) == ("redact:victim", "refer", "open")


def test_what_a_law_rests_on_is_counted_by_seed() -> None:
    counted = dict(footing(edition("in")))
    seeds = {rule.seed for rule in edition("in").rules}
    assert sum(counted.values()) == len(seeds)
    assert counted["accord"] == len({seed for seed in seeds if seed.startswith("XX-")})
    mixed = Edition.load(_files(PERMIT + FORBID.replace("TT-2", "TT-1/no") + OBLIGE))
    assert footing(mixed) == (("mixed", 1), ("unverified", 1))


def test_an_amendment_is_shown_rule_by_rule() -> None:
    old = Edition.load(_files(PERMIT + FORBID))
    new = Edition.load(_files(PERMIT.replace('"fraud"', '"fraud" || true') + OBLIGE))
    changes = difference(old, new)
    assert [(change.rule, change.what) for change in changes] == [
        ("TT-1", "changed"), ("TT-2", "removed"), ("TT-3", "added"),
    ]  # fmt: skip
    assert changes[1].new is None
    assert changes[2].old is None
    assert difference(old, old) == ()


def test_an_officer_may_say_less_never_more() -> None:
    def verdict(ground: str, *more: str):
        law = FORBID.replace('"location"', f'"{ground}"').replace("@effect", " ".join([*more, "@effect"]))
        return CedarGate(Edition.load(_files(PERMIT + law))).decide(ask(categories={"person"}), DAY)

    assert may_say(verdict("no-legal-basis")) == ("no-legal-basis", "cannot-assist")
    assert may_say(verdict("no-legal-basis", '@outward("cannot-assist")')) == ("cannot-assist",)
    assert may_say(verdict("national-security")) == ("cannot-assist", "not-held-or-not-confirmed")
    assert may_say(verdict("disproportionate")) == ("cannot-assist",)
    assert may_say(gate("ca").decide(ask(), DAY)) == ()
    assert may_say(gate("ca").decide_attributes({}, DAY)) == ("cannot-assist",)


def _files(law: str) -> dict[str, bytes]:
    return {"edition.toml": MANIFEST.encode(), "law.cedar": law.encode()}
