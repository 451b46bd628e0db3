"""Which parts stand on which page: a page is regions, a region is parts in order, a part is a macro and a view.

The same description serves the first load and every update, so an open page and a fresh one cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import Ms, show_id
from comity.screen import (
    CaseCard,
    DispatchCard,
    LawCard,
    LinkCard,
    LogCard,
    PartyCard,
    Proof,
    WaitingCard,
    WorkItem,
)
from comity.web import law as statute
from comity.web import lawpart, letters, moments
from comity.web.letters import Sight
from comity.web.texts import Texts
from comity.web.views import Log, Tick

LATEST = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One live block: its element id, the macro that lays it out, and the view; equal parts have equal HTML."""

    id: str
    macro: str
    view: object


@dataclass(frozen=True, slots=True)
class Region:
    """An element of the page whose children are exactly these parts, in this order."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        template: lays it out; extends `base.html`.
        title: what it is about; the frame adds the name of the program and the party to it.
        here: key of the rail's entry that is open, "" for none.
        regions: its own; bar, rail and notices come from the frame.
    """

    template: str
    title: str
    here: str
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the board said at one moment; the pages of one visit are made from it."""

    now: Ms
    parties: tuple[PartyCard, ...]
    workplan: tuple[WorkItem, ...]
    cases: tuple[CaseCard, ...]
    link: LinkCard
    logs: tuple[LogCard, ...]
    served: frozenset[str]
    laws: tuple[LawCard, ...]
    rules: frozenset[tuple[str, str]]
    waiting: WaitingCard


def sight(reading: Reading, texts: Texts) -> Sight:
    """Look at a reading with the words of a language."""
    return Sight(reading.now, reading.parties, texts, reading.rules, reading.laws)


def day(reading: Reading, texts: Texts, *more: Region) -> Page:
    """The node's one page: workplan, cases with their dispatches, latest, link, logs; `more` is what a desk adds."""
    at = sight(reading, texts)
    cases = tuple(part for case in reading.cases for part in _case_rows(case, at))
    work = tuple(Part(f"w-{i.item}", "work_row", letters.work_item(i, at)) for i in reading.workplan)
    own = (
        Region("head", (Part("day-head", "day_head", moments.date(reading.now, at.texts, year=True)),)),
        Region("work", work or (Part("work-none", "work_none", None),)),
        Region("cases", cases or (Part("cases-none", "cases_none", None),)),
        Region("latest", _latest(reading, at) or (Part("latest-none", "latest_none", None),)),
        Region("link", (Part("link-card", "link_card", letters.wire(reading.link, at)),)),
        Region("logs", tuple(Part(f"lg-{v.id}", "log_short", v) for v in _logs(reading, at))),
        *more,
    )
    return Page("day.html", at.texts("nav.day"), "today", own)


def dispatch(card: DispatchCard, proof: Proof | None, reading: Reading, texts: Texts) -> Page:
    """One dispatch with its proof, made again just now."""
    at = sight(reading, texts)
    view = letters.letter(card, at, card.title)
    made = letters.evidence(proof, at.texts) if proof else None
    capitals = tuple(p.capital for p in reading.parties)
    side = (Part("one-sentence", "one_sentence", view), Part("about", "about", view), Part("gaps", "gaps_panel", view))
    own = (
        Region("head", (Part("one-head", "one_head", view),)),
        Region("proof", (Part("proof-panel", "proof_panel", made),)),
        Region("letter", (Part(f"d-{view.id}", "letter_full", view),)),
        Region("law", (Part("law-part", "law_part", lawpart.part(card, at)),)),
        Region("acts", (Part("law-acts", "law_acts", lawpart.acts(card, at)),)),
        Region("facts", (Part("facts", "facts", (view, capitals)),)),
        Region("side", side),
    )
    return Page("dispatch.html", view.kind, "dispatch", own)


def ledger(reading: Reading, texts: Texts) -> Page:
    """All logs with keys and addresses, and the link."""
    at = sight(reading, texts)
    own = (
        Region("logs", tuple(Part(f"lg-{v.id}", "log_full", v) for v in _logs(reading, at))),
        Region("link", (Part("link-card", "link_card", letters.wire(reading.link, at)),)),
    )
    return Page("ledger.html", at.texts("nav.logs"), "ledger", own)


def law(short: str, language: str, reading: Reading, texts: Texts) -> Page | None:
    """One party's law; None if no edition of it is here. `short` is its mark in small letters, `language` a tag."""
    at = sight(reading, texts)
    card = next((one for one in reading.laws if one.short.lower() == short), None)
    if card is None:
        return None
    head = statute.edition(card, reading.laws, language, at)
    rules = statute.seeds(card, language, at)
    own = (
        Region("head", (Part("law-head", "law_head", head),)),
        Region("edition", (Part("law-facts", "law_facts", statute.facts(card, language, at)),)),
        Region("rests", (Part("law-rests", "law_rests", statute.rests(card, at)),)),
        Region("spans", (Part("law-spans", "law_spans", statute.spans(card, at)),)),
        Region("rules", tuple(Part(f"seed-{seed.id}", "law_seed", seed) for seed in rules)),
        Region("index", (Part("law-index", "law_index", tuple(seed.id for seed in rules)),)),
    )
    title = at.texts("law.h1", name=head.name)
    return Page("law.html", title, "law", own)


def _case_rows(card: CaseCard, at: Sight) -> tuple[Part, ...]:
    head = letters.file(card, at)
    rows = (letters.letter(d, at, card.title, alone=False) for d in card.dispatches)
    more = (f"/case/{head.id}", at.texts.count("cases.more", card.more))
    rest = (Part(f"m-{head.id}", "cases.more", more),) if card.more else ()
    return (Part(f"c-{head.id}", "case_row", head), *rest, *(Part(f"d-{v.id}", "letter_row", v) for v in rows))


def _logs(reading: Reading, at: Sight) -> tuple[Log, ...]:
    return tuple(
        letters.log(card, at, served=letters.origin_hash(card.origin) in reading.served) for card in reading.logs
    )


def _moves(card: DispatchCard) -> tuple[tuple[Ms, str], ...]:
    """What happened to a dispatch, as (time, key of the word), in the order in which facts come."""
    times = card.times
    told = (
        (letters.began(card), "moved.sent" if card.ours else "moved.came"),
        (times.seen, "step.seen"),
        (times.answered, "step.answered"),
        (times.refused, "disp.refused"),
        (times.quarantined, "disp.quarantined"),
        (times.recalled, "disp.recalled"),
    )
    return tuple((at, key) for at, key in told if at is not None)


def _latest(reading: Reading, at: Sight) -> tuple[Part, ...]:
    moves = [(when, key, d) for c in reading.cases for d in c.dispatches for when, key in _moves(d)]
    newest = sorted(moves, key=lambda move: move[0], reverse=True)[:LATEST]
    return tuple(
        Part(
            f"l-{key}-{show_id(d.id)}",
            "latest_row",
            Tick(
                href=f"#d-{show_id(d.id)}",
                time=moments.moment(when, at.now, at.texts),
                text=at.texts(key),
                what=letters.kind(d, at.texts),
                party=d.from_party,
                ours=d.ours,
                look="",
            ),
        )
        for when, key, d in newest
    )
