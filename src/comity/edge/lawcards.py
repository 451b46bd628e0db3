"""Law editions as the plain data of `screen`: ours whole, theirs as published.

The rule it keeps: a card of the other party's law holds published rules only, whatever edition it is made from.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from comity.base.ids import Ms
from comity.policy.edition import Edition
from comity.policy.explain import duty_words, footing, listing
from comity.policy.explanation import text_of
from comity.policy.rule import OPEN, Rule
from comity.policy.verdict import Obligation
from comity.screen import LawCard, RuleCard

WORDS = "en"
"""The page's language; the rules' own sentences come in every language of the edition."""


def law_card(edition: Edition, short: str, *, ours: bool) -> LawCard:
    """Return an edition as a page shows it.

    Args:
        edition: as loaded.
        short: mark of the party whose law it is.
        ours: it is our own; of any other edition the private part is left out.
    """
    rules = tuple(rule for rule in edition.rules if ours or not rule.private)
    return LawCard(
        short=short,
        ours=ours,
        name=edition.name,
        languages=edition.languages,
        exercise=edition.exercise,
        notice=edition.notice,
        hash=edition.hash.hex(),
        private_digest=edition.private_digest.hex(),
        has_private=edition.private_rules > 0 or not edition.whole,
        intervals=_intervals(rules),
        footing=footing(replace(edition, rules=rules)),
        published=len(edition.rules) - edition.private_rules,
        private=edition.private_rules if ours and edition.whole else None,
        rules=tuple(
            _rule(rule, line.last_day)
            for rule, line in zip(edition.rules, listing(edition), strict=True)
            if ours or not rule.private
        ),
    )


def _intervals(rules: tuple[Rule, ...]) -> tuple[tuple[str, str, int, Ms, Ms | None], ...]:
    """Return each stretch of time in which the same rules hold, as `LawCard.intervals` has it."""
    borders = sorted({rule.begins for rule in rules} | {rule.ends for rule in rules if rule.ends is not None})
    spans: list[tuple[Ms, Ms | None]] = [*pairwise(borders), (borders[-1], None)] if borders else []
    return tuple(
        (
            day(start),
            "" if end is None else day(Ms(end - 1)),
            sum(rule.in_force(start) for rule in rules),
            start,
            end,
        )
        for start, end in spans
    )


def _rule(rule: Rule, last_day: str) -> RuleCard:
    verb, value = rule.obligation or ("", "")
    return RuleCard(
        id=rule.id,
        seed=rule.seed,
        title=rule.title,
        article=rule.article,
        status=rule.status.value,
        source=rule.source,
        effect=rule.effect.value,
        duty=duty_words(Obligation(verb, value, rule.id), WORDS) if verb else "",
        refer_to=rule.refer_to or "",
        first_day=day(rule.begins),
        last_day="" if last_day == OPEN else last_day,
        in_force_from=rule.begins,
        in_force_until=rule.ends,
        sentences=rule.sentences,
        texts=tuple((text_of(binding, WORDS), binding.sha256) for binding in rule.bound),
        overriding=rule.overriding,
        private=rule.private,
    )


def day(instant: Ms) -> str:
    """Return the day of an instant, ISO, UTC."""
    return datetime.fromtimestamp(instant / 1000, UTC).date().isoformat()
