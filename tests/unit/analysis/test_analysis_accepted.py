"""Findings that somebody accepted, and the editions in the tree: nothing is found that has no reason written down."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from comity.analysis.accepted import read_accepted, stale, unexpected
from comity.analysis.analyse import analyse, interval_of
from comity.analysis.finding import Example, Finding, Kind
from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.policy.cases import BASE, read_cases
from tests.unit.policy.policy_laws import DAY, LAWS, assessed, edition

FILE = LAWS / "analysis-accepted.toml"
LINE = '[[accepted]]\nlaws = ["ca"]\nfinding = "lifted"\nrule = "R"\nwith = ["break_glass"]\nreason = "so agreed"\n'
LIFTED = Finding(Kind.LIFTED, "R", ("break_glass",), "it yields")


def test_a_line_accepts_its_finding_and_no_other():
    lines = read_accepted(LINE, "accepted.toml")
    assert unexpected("ca", [LIFTED], lines) == ()
    for other in (
        replace(LIFTED, others=("minimum_facts",)),
        replace(LIFTED, rule="S"),
        replace(LIFTED, kind=Kind.DEAD),
    ):
        assert unexpected("ca", [other], lines) == (other,)
    assert unexpected("in", [LIFTED], lines) == (LIFTED,)


def test_a_shadow_is_the_same_whatever_casts_it():
    text = '[[accepted]]\nfinding = "shadowed-forbid"\nrule = "R"\nreason = "the statute says it too"\n'
    shadow = Finding(Kind.SHADOWED_FORBID, "R", ("S",), "S does it")
    assert unexpected("any", [shadow, replace(shadow, others=("T",))], read_accepted(text, "f")) == ()


def test_a_line_for_what_is_no_longer_found_is_told():
    lines = read_accepted(LINE, "f")
    assert stale("ca", [], lines) == lines
    assert stale("ca", [LIFTED], lines) == stale("in", [], lines) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[[accepted",
        LINE.replace('reason = "so agreed"\n', ""),
        LINE.replace('"lifted"', '"nice"'),
        LINE.replace('"lifted"', '"analysis-fault"'),
        LINE + "colour = 1\n",
        LINE + "[other]\n",
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused(text):
    with pytest.raises(BadConfiguration):
        read_accepted(text, "f")


# --- examples in words ------------------------------------------------------------------------------------------------


def test_an_example_is_told_in_plain_words_and_as_the_ask_of_a_case():
    question = replace(
        BASE,
        urgency=Urgency.IMMEDIATE,
        categories=frozenset({"person", "victim"}),
        conditions=frozenset(),
        minimum_facts=True,
        stage="final",
        conduct='a "named" act',
        peer_agencies=("other", "theirs"),
        assessments=(
            assessed("disclose", short_form=True, decider_outside=False),
            assessed("use", tainted=True),
        ),
    )  # fmt: skip
    example = Example.of(question, DAY)
    assert "urgency: immediate" in example.plain
    assert "conditions: none" in example.plain
    assert "minimum facts: yes" in example.plain
    assert "short form, decider inside the operation" in example.plain
    assert "likely by mistreatment" in example.plain
    case = f'id = "x"\ntitle = "t"\narticle = "a"\nask = {example.ask}\nanswer = {{ effect = "permit" }}\n'
    (read,) = read_cases(f'law = "ca"\nday = "2026-07-13"\n[[case]]\n{case}', "f")
    assert read.question == question


def test_the_base_itself_is_told_by_act_and_kind():
    assert Example.of(BASE, DAY).plain == "act: clear; kind: message"
    assert tomllib.loads(f"ask = {Example.of(BASE, DAY).ask}")["ask"] == {"act": "clear", "kind": "message"}


# --- the editions in the tree -----------------------------------------------------------------------------------------


def days(name: str) -> list[Ms]:
    """Return the day of the model case, and each later day on which a rule comes or goes."""
    found = [DAY]
    last = max(edge for one in edition(name).rules for edge in (one.begins, one.ends or 0))
    while (after := interval_of([edition(name)], found[-1])[1]) <= last:
        found.append(after)
    return found


@pytest.mark.parametrize("name", ["ca", "in", "ostrel-vanmere"])
def test_what_is_found_in_the_edition_is_what_somebody_accepted(name):
    lines = read_accepted(FILE.read_text(encoding="utf-8"), FILE.name)
    found = {(one.kind, one.rule, one.others): one for one in analyse(edition(name), DAY)}
    for day in days(name)[1:]:  # that a rule will have ended by then is no fault of it today
        later = (one for one in analyse(edition(name), day) if one.kind is not Kind.OUTDATED)
        found |= {(one.kind, one.rule, one.others): one for one in later}
    new = unexpected(name, found.values(), lines)
    assert not new, "\n".join(f"{one.kind} {one.rule} {one.others}: {one.what}" for one in new)
    assert stale(name, found.values(), lines) == ()
