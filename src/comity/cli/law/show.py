"""`comity law show`: what a law edition rests on, rule by rule and counted."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from comity.base.ids import Ms
from comity.cli.out import show_json, show_table
from comity.edge.setup import edition_files
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.explain import Line, edition_notice, footing, listing
from comity.policy.explanation import text_of
from comity.policy.rule import Rule


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    show = actions.add_parser("show", help="check an edition, list its rules and say what it rests on")
    show.add_argument("edition", help="folder of the edition in the folder of laws")
    show.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
    show.add_argument("--json", action="store_true", help="for machines")
    show.set_defaults(run=run_show)


def run_show(asked: argparse.Namespace) -> int:
    """List the rules of an edition and what they rest on."""
    edition = Edition.load(edition_files(asked.laws, asked.edition))
    (_say_json if asked.json else _say)(edition)
    return 0


def intervals(edition: Edition) -> tuple[tuple[str, str, int], ...]:
    """Return (first day, last day, rules in force) of each stretch of time in which the same rules hold.

    Days are ISO dates UTC; the last stretch has no last day.
    """
    found = CedarGate(edition).intervals
    last = found[-1][1] if found else max(rule.begins for rule in edition.rules)
    spans = [(start, _day(Ms(end - 1))) for start, end in found] + [(last, "")]
    return tuple((_day(start), end, len(edition.in_force(start))) for start, end in spans)


def _say(edition: Edition) -> None:
    rows = []
    for rule, line in zip(edition.rules, listing(edition), strict=True):
        days = line.first_day if rule.ends is None else f"{line.first_day} to {line.last_day}"
        rows.append([line.rule, line.effect, line.article, line.status, _texts(rule), days, line.title])
    show_table(edition.name, ("rule", "effect", "article", "known from", "text as of", "in force", "title"), rows)
    for language in edition.languages:
        if edition.exercise:
            print(edition_notice(edition, language))
    print("".join(f"{line}\n" for line in _rests_on(edition)), end="")
    print(f"hash {edition.hash.hex()}" + ("; EXERCISE EDITION, not reviewed by counsel" if edition.exercise else ""))


def _rests_on(edition: Edition) -> list[str]:
    seeds = ", ".join(f"{status} {count}" for status, count in footing(edition))
    effects = Counter("oblige" if rule.obligation else rule.effect.value for rule in edition.rules)
    kinds = ", ".join(f"{effect} {count}" for effect, count in sorted(effects.items()))
    kept = sum(binding.kept for binding in edition.bindings)
    spans = (f"{start} to {end or 'open'}: {count} rules" for start, end, count in intervals(edition))
    return [
        f"seeds by how well their text is known: {seeds}",
        f"rules: {len(edition.rules)} ({kinds}); {edition.private_rules} of them in the private part",
        f"provisions: {len(edition.bindings)}, of which the text of {kept} is kept",
        *(f"in force {span}" for span in spans),
    ]


def _say_json(edition: Edition) -> None:
    show_json(
        {
            "name": edition.name,
            "exercise": edition.exercise,
            "notice": dict(edition.notice),
            "hash": edition.hash.hex(),
            "footing": dict(footing(edition)),
            "published": len(edition.rules) - edition.private_rules,
            "private": edition.private_rules,
            "intervals": [{"from": start, "to": end, "rules": count} for start, end, count in intervals(edition)],
            "rules": [_rule(rule, line) for rule, line in zip(edition.rules, listing(edition), strict=True)],
        }
    )


def _rule(rule: Rule, line: Line) -> dict[str, object]:
    return {
        "rule": rule.id,
        "effect": line.effect,
        "article": rule.article,
        "status": rule.status.value,
        "title": rule.title,
        "from": line.first_day,
        "to": line.last_day,
        "private": rule.private,
        "overriding": rule.overriding,
        "bound": {binding.provision: binding.sha256 or binding.not_kept for binding in rule.bound},
        "texts": [text_of(binding, "en") for binding in rule.bound],
    }


def _texts(rule: Rule) -> str:
    """Return the days of the texts that a rule was written from, the oldest; a dash where one is not kept."""
    days = sorted(binding.pit for binding in rule.bound if binding.kept)
    if not days:
        return "not bound"
    return days[0] if len(days) == len(rule.bound) else f"{days[0]}, in part"


def _day(instant: Ms) -> str:
    return datetime.fromtimestamp(instant / 1000, UTC).date().isoformat()
