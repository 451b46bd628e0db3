"""One answer of a law in plain words: what was asked, what the law says, why, on which text, what is missing, what crosses.

The rule it keeps: every reason stands with its article, with how well its text is known and with the text that it was
written from; an explanation holds the inward ground and never crosses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from comity.policy.binding import Binding
from comity.policy.edition import Edition, said
from comity.policy.explain import duty_words, step_words
from comity.policy.frame import framed
from comity.policy.listed import other_side
from comity.policy.phrases import phrase
from comity.policy.question import Act, Assessed, Question
from comity.policy.release_path import Path
from comity.policy.rule import Rule, Verb
from comity.policy.verdict import Effect, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Told:
    """One reason as it is read aloud.

    Attributes:
        rule, effect, article, status: of the reason.
        sentence: what the rule says, in the reader's language or else in the edition's first.
        known: how well its text is known, in words.
        texts: a phrase for each provision: from which text of which day it was written, or why none is kept.
        private: of the private supplement.
    """

    rule: str
    effect: str
    article: str
    status: str
    sentence: str
    known: str
    texts: tuple[str, ...]
    private: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """One answer, ready to be read aloud or shown; texts are in the reader's language, codes are the vocabulary's.

    Attributes:
        law: name of the edition.
        notice: that no lawyer signed it; "" for one in force.
        asked: what was asked, in phrases; empty if it is not known.
        effect, answer: the code and the words.
        reasons: most restrictive first.
        duties: what must be done, each with its rule.
        missing: what would turn it into a yes, as the vocabulary writes it, in the order in which it is got.
        steps: the same in words.
        curable: something would.
        unread: that the rules have no sentences in the reader's language; "" if they have.
        refer_to, ground, outward: as in the verdict, "" for none.
        reads: how the outward code is said to a person; "" for none.
    """

    law: str
    notice: str
    asked: tuple[str, ...]
    effect: str
    answer: str
    reasons: tuple[Told, ...]
    duties: tuple[str, ...]
    missing: tuple[str, ...]
    steps: tuple[str, ...]
    curable: bool
    unread: str
    refer_to: str
    ground: str
    outward: str
    reads: str


def explain_answer(
    edition: Edition, question: Question | None, verdict: Verdict, language: str, path: Path | None = None
) -> Explanation:
    """Put an answer of an edition into words.

    Args:
        edition: which answered, or a later one of the same law; rules that it no longer has are told without a text.
        question: what was asked, None if nobody wrote it down.
        verdict: the answer.
        language: tag of the reader's language.
        path: what lies between the question and its permission, if somebody looked for it; else what the verdict says.
    """
    rules = {rule.id: rule for rule in edition.rules}
    missing = verdict.missing if path is None or not path.curable else path.steps
    return Explanation(
        law=edition.name,
        notice=said(edition.notice, language, edition.languages),
        asked=() if question is None else tuple(asked(question, language)),
        effect=verdict.effect.value,
        answer=framed(verdict.effect.value, language, verdict.refer_to or ""),
        reasons=tuple(_told(reason, rules.get(reason.rule), language) for reason in verdict.reasons),
        duties=tuple(f"{duty_words(duty, language)} ({duty.rule})" for duty in verdict.obligations),
        missing=missing,
        steps=tuple(step_words(step, language) for step in missing),
        curable=verdict.permits or bool(missing if path is None else path.curable),
        unread=_unread(edition, language),
        refer_to=verdict.refer_to or "",
        ground=verdict.ground or "",
        outward=verdict.outward or "",
        reads="" if verdict.outward is None else edition.say(verdict.outward, language),
    )


def _unread(edition: Edition, language: str) -> str:
    if language in edition.languages:
        return ""
    return framed(
        "fallback", language, *(framed(f"language:{tag}", language) for tag in (language, edition.languages[0]))
    )


def read_aloud(told: Explanation, language: str) -> Iterator[str]:
    """Yield an explanation as lines of text."""

    def head(key: str) -> str:
        return phrase(key, language)

    yield told.law + (f". {told.notice}" if told.notice else "")
    yield f"{head('asked')}: {told.asked[0] if told.asked else head('no-question')}"
    yield from (f"  - {line}" for line in told.asked[1:])
    yield f"{head('answer')}: {told.answer} [{told.effect}]"
    yield f"{head('because')}:" + (f" {told.unread}" if told.unread else "")
    for reason in told.reasons:
        cited = ", ".join(
            part for part in (reason.article, reason.known, head("private-rule") if reason.private else "") if part
        )
        yield f"  - {reason.sentence} ({reason.rule}: {cited})"
        yield from (f"      {text}" for text in reason.texts)
    if told.duties:
        yield f"{head('duties')}:"
        yield from (f"  - {duty}" for duty in told.duties)
    if told.missing or not told.curable:
        yield f"{head('missing')}:" + ("" if told.missing and told.curable else f" {head('nothing-cures')}")
    if told.curable:
        yield from (f"  - {words} [{step}]" for words, step in zip(told.steps, told.missing, strict=True))
    if told.refer_to and told.effect != Effect.REFER:
        yield framed("other-way", language, told.refer_to)
    pairs = (("inside", told.ground), ("outside", told.outward), ("read", told.reads))
    yield from (f"{head(key)}: {words}" for key, words in pairs if words)


def asked(question: Question, language: str) -> Iterator[str]:
    """Yield what a question asks, phrase by phrase: the act first, then what it is about, then what bears on it."""
    kind = f"{question.kind} {question.stage}".strip()
    what = phrase("q.dispatch", language, kind=kind, purpose=question.purpose, urgency=question.urgency.name.lower())
    yield f"{phrase(f'act.{question.act}', language)}: {what}"
    yield phrase("q.agency", language, agency=question.agency, peers=", ".join(question.peer_agencies))
    lists = (
        ("answers", {question.answers}), ("categories", question.categories), ("asks", question.asks),
        ("records", question.records), ("conduct", {question.conduct}), ("basis", question.basis),
    )  # fmt: skip
    yield from _filled(lists, language)
    if not question.basis:
        yield phrase("q.no-basis", language)
    yield from _bearing(question, language)


def turned(question: Question, verdict: Verdict) -> Question:
    """Return the receiver's question about a dispatch that the sender's law was asked about, after the removals.

    The sender's assessments and approvals stay at home.
    """
    removed = {duty.value for duty in verdict.obligations if duty.verb == Verb.REDACT}
    return replace(
        question,
        act=Act.ADMIT,
        agency=question.peer_agencies[0] if question.peer_agencies else "",
        peer_agencies=(question.agency,),
        categories=question.categories - removed,
        assessments=(),
        approvals=frozenset(),
        budget_spent=False,
        listed_by=other_side(question.listed_by),
        break_glass=False,
    )


def text_of(binding: Binding, language: str) -> str:
    """Return the phrase that says from which text a rule was written, or why none is kept."""
    if not binding.kept:
        return f"{binding.provision}: {phrase('unbound', language, why=binding.not_kept)}"
    words = phrase("bound", language, act=binding.act, section=binding.section, day=binding.pit)
    return f"{binding.provision}: {words}"


def _told(reason: Reason, rule: Rule | None, language: str) -> Told:
    return Told(
        rule=reason.rule,
        effect=reason.effect.value,
        article=reason.article,
        status=reason.status,
        sentence=dict(reason.sentences).get(language, reason.sentence),
        known=phrase(f"status.{reason.status}", language),
        texts=() if rule is None else tuple(text_of(binding, language) for binding in rule.bound),
        private=rule is not None and rule.private,
    )


def _filled(lists: tuple[tuple[str, frozenset[str] | set[str]], ...], language: str) -> Iterator[str]:
    for key, words in lists:
        shown = ", ".join(sorted(word for word in words if word))
        if shown:
            yield phrase(f"q.{key}", language, words=shown)


def _bearing(question: Question, language: str) -> Iterator[str]:
    """Yield what else bears on the answer: label, assessments, approvals, where it would go, what is special."""
    colours = {f"TLP:{question.tlp}" if question.tlp else "", f"PAP:{question.pap}" if question.pap else ""}
    lists = (
        ("label", question.handling | question.conditions | colours), ("known_for", question.known_for),
        ("to_agencies", question.to_agencies), ("outside", {question.outside}), ("new_purpose", {question.new_purpose}),
        ("serves", {question.serves}), ("released", question.released), ("listed_by", question.listed_by),
        ("approvals", question.approvals),
    )  # fmt: skip
    yield from _filled(lists, language)
    yield from (_assessment(assessed, language) for assessed in question.assessments)
    flags = (
        ("no-own-power", not question.own_power), ("unevaluated", question.asserts and not question.evaluated),
        ("minimum_facts", question.minimum_facts), ("break_glass", question.break_glass),
        ("third_state", question.third_state), ("budget_spent", question.budget_spent), ("recalled", question.recalled),
        ("past_due", question.past_due), ("classified", question.classified),
    )  # fmt: skip
    yield from (phrase(f"q.{key}", language) for key, holds in flags if holds)


def _assessment(assessed: Assessed, language: str) -> str:
    words = phrase(
        "q.assessed",
        language,
        act=assessed.act.value,
        before=assessed.risk_before.value,
        after=assessed.risk_after.value,
        decision=assessed.decision.value,
    )
    flags = (("short", assessed.short_form), ("inside", not assessed.decider_outside), ("tainted", assessed.tainted))
    return "; ".join([words, *(phrase(f"q.{key}", language) for key, holds in flags if holds)])
