"""Reading a law aloud: a verdict in sentences, an edition as a list, two editions as a difference. Text out, no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from comity.base.ids import Ms
from comity.marking.vocabulary import GROUNDS, OUTWARD, PARTLY
from comity.policy.edition import Edition, said
from comity.policy.rule import OPEN, Rule
from comity.policy.verdict import Verdict


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
    """Return a verdict as lines for a person of this side; they hold the inward ground and never cross."""
    lines = [edition_notice(edition, language)] if edition.exercise else []
    head = f"{verdict.effect}"
    if verdict.ground:
        head += f" ({verdict.ground}); outward: {verdict.outward}"
    lines.append(head)
    for reason in verdict.reasons:
        sentence = said(reason.sentences, language, edition.languages)
        cited = f"{reason.rule} [{reason.status}]" + (f" {reason.article}" if reason.article else "")
        lines.append(f"- {reason.effect}: {sentence} ({cited})")
    lines += [f"- {duty.verb}: {duty.value} ({duty.rule})" for duty in verdict.obligations]
    lines += [f"- missing: {word}" for word in verdict.missing]
    if verdict.refer_to:
        lines.append(f"- to: {verdict.refer_to}")
    return tuple(lines)


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
