"""Reading a law aloud: a verdict in sentences, an edition as a list, two editions as a difference. Text out, no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from comity.base.ids import Ms
from comity.marking.vocabulary import GROUNDS, OUTWARD, PARTLY
from comity.policy.edition import Edition, said
from comity.policy.frame import WORDS, framed
from comity.policy.phrases import phrase
from comity.policy.rule import OPEN, Rule, Verb
from comity.policy.verdict import Effect, Obligation, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as a list shows it; days are ISO dates UTC, the last one included."""

    rule: str
    title: str
    effect: str
    article: str
    status: str
    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that differs between two editions; `what` is `added`, `removed` or `changed`."""

    rule: str
    what: str
    old: Line | None
    new: Line | None


def explain(edition: Edition, verdict: Verdict, language: str) -> tuple[str, ...]:
    """Return a verdict as lines in plain words for a person of this side; they hold the inward ground and never cross.

    Args:
        edition: that answered.
        verdict: its answer.
        language: of the frame words and, where the edition has them, of the rules' sentences; where it has none, a line
            says in which language they stand.
    """
    lines = [edition_notice(edition, language)] if edition.exercise else []
    lines.append(framed(verdict.effect.value, language, verdict.refer_to or ""))
    if verdict.ground and verdict.outward:
        lines.append(framed("ground", language, verdict.ground))
        lines.append(framed("outward", language, edition.say(verdict.outward, language), verdict.outward))
    if language not in edition.languages:
        names = (framed(f"language:{tag}", language) for tag in (language, edition.languages[0]))
        lines.append(framed("fallback", language, *names))
    lines += [_reason(edition, reason, language) for reason in verdict.reasons]
    lines += [f"- {duty_words(duty, language)} ({duty.rule})" for duty in verdict.obligations]
    lines += ["- " + framed("missing", language, step_words(word, language)) for word in verdict.missing]
    if verdict.refer_to and verdict.effect is not Effect.REFER:
        lines.append("- " + framed("other-way", language, verdict.refer_to))
    return tuple(lines)


def step_words(step: str, language: str) -> str:
    """Return what is missing in plain words: a word of a verdict's `missing`, or a step of a release path.

    Roles, bases and words of the label are named as they stand; a word that is not known stands as it is.
    """
    name, _, rest = step.partition(":")
    if f"step:{name}" not in WORDS:
        return step
    if name == "assessment":
        act, _, how = rest.partition(":")
        rest = framed(f"assessed:{act}", language) + (f", {framed(f'how:{how}', language)}" if how else "")
    return framed(f"step:{name}", language, rest)


def _reason(edition: Edition, reason: Reason, language: str) -> str:
    sentence = said(reason.sentences, language, edition.languages)
    private = any(rule.private for rule in edition.rules if rule.id == reason.rule)
    notes = (reason.article, reason.rule, phrase(f"status.{reason.status}", language))
    cited = "; ".join([note for note in notes if note] + ([phrase("private-rule", language)] if private else []))
    return f"- {framed(f'rule:{reason.effect.value}', language)}: {sentence} ({cited})"


def duty_words(duty: Obligation, language: str) -> str:
    """Return what must be done in plain words, without the rule that says so."""
    value = framed(f"category:{duty.value}", language) if duty.verb == Verb.REDACT else duty.value
    return framed(f"duty:{duty.verb}", language, value)


def edition_notice(edition: Edition, language: str) -> str:
    """Return the sentence that says that no lawyer signed the edition; empty for one in force."""
    return said(edition.notice, language, edition.languages)


def listing(edition: Edition) -> tuple[Line, ...]:
    """Return every rule of an edition, by id, in force or not."""
    return tuple(_line(rule) for rule in edition.rules)


def footing(edition: Edition) -> tuple[tuple[str, int], ...]:
    """Return how many seeds rest on which status, sorted by status: what stands beside a comparison of refusals.

    A seed with clauses of different status counts as `mixed`.
    """
    by_seed: dict[str, set[str]] = {}
    for rule in edition.rules:
        by_seed.setdefault(rule.seed, set()).add(rule.status.value)
    counted = Counter(next(iter(found)) if len(found) == 1 else "mixed" for found in by_seed.values())
    return tuple(sorted(counted.items()))


def difference(old: Edition, new: Edition) -> tuple[Change, ...]:
    """Return the rules that an amendment adds, removes or changes, by id; a new sentence is a change too."""
    before, after = ({rule.id: rule for rule in edition.rules} for edition in (old, new))
    changes: list[Change] = []
    for rule_id in sorted(before.keys() | after.keys()):
        was, now = before.get(rule_id), after.get(rule_id)
        if was == now:
            continue
        what = "added" if was is None else "removed" if now is None else "changed"
        changes.append(Change(rule_id, what, _line(was) if was else None, _line(now) if now else None))
    return tuple(changes)


def may_say(verdict: Verdict) -> tuple[str, ...]:
    """Return the outward codes that an officer may choose for this verdict: the law's own word or a less telling one."""
    if verdict.outward is None:
        return ()
    grounds = [ground for ground in (verdict.ground or "").split(", ") if ground in GROUNDS]
    from_here = OUTWARD[OUTWARD.index(verdict.outward) :]
    allowed = [word for word in from_here if word != PARTLY and all(word in GROUNDS[ground] for ground in grounds)]
    return tuple(dict.fromkeys((verdict.outward, *(allowed if grounds else ()))))


def _line(rule: Rule) -> Line:
    return Line(
        rule=rule.id,
        title=rule.title,
        effect=f"{rule.obligation[0]}:{rule.obligation[1]}" if rule.obligation else rule.effect.value,
        article=rule.article,
        status=rule.status.value,
        first_day=_day(rule.begins),
        last_day=OPEN if rule.ends is None else _day(Ms(rule.ends - 1)),
    )


def _day(instant: Ms) -> str:
    return datetime.fromtimestamp(instant / 1000, UTC).date().isoformat()
