"""The page of one party's law: from the edition's card to views, every word chosen.

Rule kept: a rule's sentence stands in the language that was asked for, marked up as such, or in the edition's first with
a word that it does; what is private is said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from comity.base.ids import Ms
from comity.screen import LawCard, RuleCard
from comity.web.letters import Sight
from comity.web.texts import Texts

_STATUSES = ("text-read", "secondary", "mixed", "accord", "unverified")
"""From best known to least."""
_ICONS = {"permit": "check", "permit-with": "half", "refer": "refer", "refuse": "stop"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; texts are (words, beginning of the SHA-256 or "")."""

    id: str
    title: str
    title_lang: str
    icon: str
    effect: str
    more: str
    article: str
    mark: str
    known: str
    force: str
    held: bool
    lang: str
    sentence: str
    texts: tuple[tuple[str, str], ...]
    overriding: bool
    private: bool


@dataclass(frozen=True, slots=True)
class Seed:
    """Rules of one seed; `anchor` is "" where a rule of it has the same id."""

    id: str
    anchor: str
    count: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """The head of one edition; tabs are (address, mark, ours, word, open), languages (address, tag, name, open)."""

    name: str
    ours: bool
    lead: str
    tabs: tuple[tuple[str, str, bool, str, bool], ...]
    absent: bool
    languages: tuple[tuple[str, str, str, bool], ...]
    fallback: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What an edition is: notice with its language, hash, rules, private part."""

    name: str
    party: str
    ours: bool
    notice: str
    lang: str
    exercise: bool
    hash: str
    rules: str
    private: str
    digest: str


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of time in which the same rules hold."""

    first: str
    last: str
    rules: int
    now: bool


def language(card: LawCard, asked: str) -> str:
    """Return the language in which the sentences stand: the one asked for, or the edition's first."""
    return asked if asked in card.languages else card.languages[0]


def address(card: LawCard) -> str:
    """Return where the page of an edition is."""
    return "/law" if card.ours else f"/law/{card.short.lower()}"


def edition(card: LawCard, laws: tuple[LawCard, ...], asked: str, sight: Sight) -> Edition:
    """The head of the page: which edition, in which language, and the way to the other."""
    t = sight.texts
    at = language(card, asked)
    tabs = tuple(
        (address(c), c.short, c.ours, t("law.tab.ours" if c.ours else "law.tab.theirs"), c.short == card.short)
        for c in laws
    )
    languages = tuple(
        (f"{address(card)}?lang={tag}", tag, t.word("law.lang", tag), tag == at) for tag in card.languages
    )
    away = t("law.fallback", asked=t.word("law.lang", asked), first=t.word("law.lang", at)) if at != asked else ""
    lead = t("law.lead.ours" if card.ours else "law.lead.theirs")
    return Edition(sight.name(card.short), card.ours, lead, tabs, len(laws) == 1, languages, away)


def facts(card: LawCard, asked: str, sight: Sight) -> Facts:
    """What the edition is."""
    t, lang = sight.texts, language(card, asked)
    private = "law.private.ours" if card.ours else "law.private.theirs"
    return Facts(
        name=card.name,
        party=card.short,
        ours=card.ours,
        notice=dict(card.notice).get(lang, ""),
        lang=lang,
        exercise=card.exercise,
        hash=card.hash,
        rules=_counts(card, t),
        private=t(private if card.has_private else "law.private.none"),
        digest=card.private_digest,
    )


def _counts(card: LawCard, t: Texts) -> str:
    if card.private is None:
        return t("law.rules.unknown", published=card.published)
    key = "law.rules.private" if card.private else "law.rules.published"
    return t(key, published=card.published, private=card.private)


def rests(card: LawCard, sight: Sight) -> tuple[tuple[str, str, int], ...]:
    """(mark, words, number of seeds) for each way in which a text is known."""
    t = sight.texts
    rows = sorted(card.footing, key=lambda row: _STATUSES.index(row[0]) if row[0] in _STATUSES else len(_STATUSES))
    return tuple((_mark(status, t), t.word("law.status", status), count) for status, count in rows)


def spans(card: LawCard, sight: Sight) -> tuple[Span, ...]:
    """The intervals of law, the present one marked."""
    t, now = sight.texts, sight.now
    return tuple(
        Span(first, last or t("law.interval.open"), count, begins <= now and (ends is None or now < ends))
        for first, last, count, begins, ends in card.intervals
    )


def seeds(card: LawCard, asked: str, sight: Sight) -> tuple[Seed, ...]:
    """The rules grouped by seed, in the order of their ids."""
    found = []
    lang = language(card, asked)
    for seed, group in groupby(card.rules, key=lambda rule: rule.seed):
        rules = tuple(_rule(rule, lang, card.languages[0], sight) for rule in group)
        count = sight.texts.count("law.seed.count", len(rules))
        anchor = "" if any(rule.id == seed for rule in rules) else seed
        found.append(Seed(seed, anchor, count, rules))
    return tuple(found)


def _rule(rule: RuleCard, lang: str, first: str, sight: Sight) -> Rule:
    t = sight.texts
    refers = t("law.refer" if rule.effect == "refer" else "law.other", whom=rule.refer_to) if rule.refer_to else ""
    force, held = _force(rule, sight.now, t)
    return Rule(
        id=rule.id,
        title=rule.title,
        title_lang=first,
        icon=_ICONS.get(rule.effect, "stop"),
        effect=t.word("law.effect", rule.effect),
        more=rule.duty or refers,
        article=rule.article,
        mark=_mark(rule.status, t),
        known=f"{t.word('law.status', rule.status)}: {rule.source}",
        force=force,
        held=held,
        lang=lang,
        sentence=dict(rule.sentences).get(lang, ""),
        texts=tuple((words, sha256[:16]) for words, sha256 in rule.texts),
        overriding=rule.overriding,
        private=rule.private,
    )


def _mark(status: str, t: Texts) -> str:
    return f"[{t.word('mark', status)}]" if status != "mixed" else ""


def _force(rule: RuleCard, now: Ms, t: Texts) -> tuple[str, bool]:
    """Return when a rule holds in words, and whether that is now."""
    days = (
        t("law.force.until", first=rule.first_day, last=rule.last_day)
        if rule.last_day
        else t("law.force.open", first=rule.first_day)
    )
    if now < rule.in_force_from:
        return t("law.force.future", days=days), False
    if rule.in_force_until is not None and now >= rule.in_force_until:
        return t("law.force.past", days=days), False
    return days, True
