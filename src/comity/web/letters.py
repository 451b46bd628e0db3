"""From the cards of `screen` to views: every word chosen, every time written, nothing left for a template to decide.

Rule kept: both laws stand in every dispatch, ours first; what is not known is said to be not known.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from comity.base.ids import Ms, show_id
from comity.screen import (
    BodyLine,
    CaseCard,
    DispatchCard,
    LawCard,
    LinkCard,
    LogCard,
    MarkLine,
    PartyCard,
    Proof,
    Removal,
    VerdictLine,
    WorkItem,
)
from comity.web import moments, sentences
from comity.web.coded import said
from comity.web.proving import proved
from comity.web.text_safety import spoken
from comity.web.texts import Texts
from comity.web.views import (
    Capital,
    Code,
    Days,
    Evidence,
    File,
    Gap,
    Happened,
    Item,
    Left,
    Letter,
    Line,
    Link,
    Log,
    Opinion,
    Step,
    Urgency,
    Wire,
)

_URGENCIES = ("immediate", "urgent", "normal", "formal")
_LOOKS = {
    "permit": ("permit", "check"),
    "permit-with": ("with", "half"),
    "refer": ("refer", "refer"),
    "refuse": ("refuse", "stop"),
}
_LINK_LOOKS = {
    "up": ("ok", "check"),
    "broken": ("stop", "stop"),
    "superseded": ("stop", "stop"),
    "suspended": ("warn", "urgent"),
    "desk-suspended": ("warn", "urgent"),
    "ended": ("warn", "urgent"),
    "uncosigned": ("warn", "urgent"),
}
_HANDLING = re.compile(r"H\d")
_TLP = re.compile(r"TLP:(RED|AMBER|GREEN|CLEAR)(\+STRICT)?")
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TRANSLATION = re.compile(r"translation:([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)")
_SAY_AT = (5, 10, 30)


@dataclass(frozen=True, slots=True)
class Sight:
    """From where and when the cards are looked at: both parties, ours first, the words of one language, known rules.

    `rules` are (mark of a party, id of a rule) of every rule that a page of this node shows, `laws` the editions they are of.
    """

    now: Ms
    parties: tuple[PartyCard, ...]
    texts: Texts
    rules: frozenset[tuple[str, str]] = frozenset()
    laws: tuple[LawCard, ...] = ()

    @property
    def us(self) -> PartyCard:
        """Return our own party."""
        return self.parties[0]

    def name(self, short: str) -> str:
        """Return the party's name for its mark, or the mark itself if it is no party of this accord."""
        return next((p.name for p in self.parties if p.short == short), short)

    def is_us(self, short: str) -> bool:
        """Whether the mark is ours."""
        return short == self.us.short

    def link(self, short: str, rule: str) -> Link:
        """Return where a rule of a party's law stands."""
        page = "/law" if self.is_us(short) else f"/law/{short.lower()}"
        return Link(rule, f"{page}#{rule}" if (short, rule) in self.rules else "")


def capital(party: PartyCard, sight: Sight) -> Capital:
    """One capital's clock, office and duty."""
    t = sight.texts
    office = t("bar.office.open" if moments.is_open(party, sight.now) else "bar.office.closed")
    local = moments.day_clock(sight.now, party.zone, t)
    return Capital(party.short, party.ours, party.capital, local, office, party.on_duty)


def days(sight: Sight) -> Days:
    """Both working days on one line of 24 hours UTC, 132 units wide from 2."""
    t = sight.texts
    offices = tuple(moments.office(p, sight.now) for p in sight.parties)
    bars = tuple(
        (
            "open-o" if party.ours else "open-t",
            _x(start),
            "3" if party.ours else "15",
            f"{(end - start) / 1440 * 132:.1f}",
        )
        for party, each in zip(sight.parties, offices, strict=True)
        for start, end in each.parts
    )
    hours = ", ".join(
        t("bar.hours", place=p.capital, opens=o.opens, closes=o.closes)
        for p, o in zip(sight.parties, offices, strict=True)
    )
    utc = moments.at_zone(sight.now)
    apart = t("bar.overlap" if moments.overlap(offices) else "bar.apart")
    sentence = t("bar.sentence", hours=hours, now=moments.clock(sight.now), overlap=apart)
    return Days(bars, _x(utc.hour * 60 + utc.minute), sentence)


def _x(minute: int) -> str:
    return f"{2 + minute / 1440 * 132:.1f}"


def urgency(number: int, texts: Texts) -> Urgency:
    """Shape and word of an urgency; an unknown number is shown as normal with its number."""
    name = _URGENCIES[number] if 0 <= number < len(_URGENCIES) else "normal"
    return Urgency(name, texts.word("urgency", str(number)))


def code(text: str) -> Code:
    """A handling label in full with the look of its family: H codes, TLP, conditions, the rest."""
    if _HANDLING.fullmatch(text):
        return Code(text, "code h")
    if tlp := _TLP.fullmatch(text):
        return Code(text, f"tlp {tlp[1].lower()}")
    return Code(text, "code cond" if text[:1].islower() else "code")


def left(card: DispatchCard | CaseCard, what: str, of: str | None, start: Ms | None, sight: Sight) -> Left | None:
    """Time left or overdue; None where nothing is owed. `of` is who owes, `start` when the limit began to run."""
    t = sight.texts
    if card.due is None:
        return None
    away = card.due - sight.now
    due, what = t("left.due", time=moments.moment(card.due, sight.now, t)), _owed(what, t)
    if card.overdue:
        words = t("left.over.by", what=what, party=of) if of else t("left.over", what=what)
        return Left("over", moments.span(max(-away, 0), t), words, due, 100)
    whole = card.due - start if start is not None else 0
    words = t("left.left.of", of=moments.span(whole, t), what=what) if whole > 0 else t("left.left", what=what)
    fill = min(100, max(0, 100 - 100 * away // whole)) if whole > 0 else 0
    return Left("soon" if away < moments.HOUR else "", moments.span(max(away, 0), t), words, due, fill)


def began(card: DispatchCard) -> Ms:
    """When a dispatch first stood in a log, as far as this node knows; at worst the time in its own number."""
    times = card.times
    known = [at for at in (times.sent, times.arrived) if at is not None]
    return min(known) if known else Ms(int.from_bytes(card.id[:6], "big"))


def kind(card: DispatchCard, texts: Texts) -> str:
    """Kind and stage in words, such as `Answer, part`."""
    word = texts.word("kind", card.kind)
    return f"{word}, {texts.word('stage', card.stage)}" if card.stage and card.stage != card.kind else word


def letter(card: DispatchCard, sight: Sight, case_title: str = "", *, alone: bool = True) -> Letter:
    """One dispatch as every page shows it; `case_title` is what already stands above it, not said twice.

    What only the page of one dispatch tells, when what happened in which log, is left out of a list (`alone` false).
    """
    t, start = sight.texts, began(card)
    inline = {each.removed for each in card.body if card.times.recalled is None}
    end, end_at = _end(card)
    recalled = card.times.recalled
    owed = left(card, card.due_what, card.overdue_of, card.times.arrived or start, sight)
    return Letter(
        id=show_id(card.id),
        ours=card.ours,
        party=card.from_party,
        to_party=card.to_party,
        kind=kind(card, t),
        case=show_id(card.case),
        case_number=card.case_number,
        title=card.title,
        headline="" if card.title == case_title else card.title,
        item=card.item,
        item_reason=card.item_reason,
        purpose=card.purpose,
        urgency=urgency(card.urgency, t),
        from_agency=card.from_agency,
        to_agencies=", ".join(card.to_agencies),
        released_by=card.released_by,
        label=tuple(code(each) for each in card.label),
        when=moments.moment(start, sight.now, t),
        when_local=" / ".join(moments.clock(start, p.zone) for p in sight.parties),
        left=owed,
        steps=_steps(card, sight),
        opinions=opinions(card.verdicts, sight),
        gaps=tuple(gap(each, sight) for each in card.removals),
        gaps_apart=tuple(gap(each, sight) for each in card.removals if each.category not in inline),
        body=() if recalled is not None else lines(card, t),
        end=end,
        end_time=moments.moment(end_at, sight.now, t) if end_at is not None else "",
        code=card.times.code,
        recalled=moments.moment(recalled, sight.now, t) if recalled is not None else None,
        happened=_happened(card, sight) if alone else (),
        leaf=None if card.index is None else t.number(card.index),
        receipt_leaf=None if card.receipt_index is None else t.number(card.receipt_index),
        sentence=_sentence(card, sight) if alone else "",
        say=_say(card, t),
        loud=card.urgency == 0 and not card.ours,
    )


def _end(card: DispatchCard) -> tuple[str | None, Ms | None]:
    if card.times.quarantined is not None:
        return "quarantined", card.times.quarantined
    if card.times.refused is not None:
        return "refused", card.times.refused
    return None, None


def _say(card: DispatchCard, texts: Texts) -> str:
    title = spoken(card.title)
    if card.overdue:
        return texts("say.overdue", title=title)
    return texts("say.new", kind=spoken(kind(card, texts)), agency=spoken(card.from_agency), title=title)


def _facts(card: DispatchCard) -> tuple[tuple[str, Ms | None, bool], ...]:
    """(fact, time, whether it stands in our log); what is not owed and has not happened is left out."""
    times, ours = card.times, card.ours
    committed = times.sent if times.sent is not None or card.index is None else began(card)
    facts: list[tuple[str, Ms | None, bool]] = [
        ("committed", committed, ours),
        ("cosigned", times.cosigned, not ours),
        ("arrived", times.arrived, not ours),
    ]
    if times.quarantined is None and times.refused is None:
        facts += [("filed", times.filed, not ours), ("seen", times.seen, not ours)]
    if times.answered is not None or card.due is not None:
        facts.append(("answered", times.answered, not ours))
    return tuple(facts)


def _steps(card: DispatchCard, sight: Sight) -> tuple[Step, ...]:
    t, now = sight.texts, sight.now
    return tuple(
        Step(t(f"step.{fact}"), at is not None, "" if at is None else moments.moment(at, now, t))
        for fact, at, _ in _facts(card)
    )


def _happened(card: DispatchCard, sight: Sight) -> tuple[Happened, ...]:
    t, times = sight.texts, card.times
    ends = [("refused", times.refused), ("quarantined", times.quarantined), ("recalled", times.recalled)]
    rows = [(t(f"step.{fact}"), at, ours) for fact, at, ours in _facts(card)]
    rows += [(t(f"disp.{fact}"), at, card.ours == (fact == "recalled")) for fact, at in ends if at is not None]
    return tuple(_row(word, at, ours, sight) for word, at, ours in rows)


def _row(word: str, at: Ms | None, ours: bool, sight: Sight) -> Happened:  # noqa: FBT001  only used just above
    log = next((p.short for p in sight.parties if p.ours == ours), "")
    if at is None:
        return Happened(word, log, "", ())
    exact = f"{moments.at_zone(at):%H:%M:%S}"
    utc = exact if at // moments.DAY == sight.now // moments.DAY else f"{moments.date(at, sight.texts)} {exact}"
    return Happened(word, log, utc, tuple(moments.day_clock(at, p.zone, sight.texts) for p in sight.parties))


def _sentence(card: DispatchCard, sight: Sight) -> str:
    sender, witness = sight.name(card.from_party), sight.name(card.to_party)
    at = card.times.cosigned
    if at is None:
        return sight.texts("one.sentence.open", sender=sender, witness=witness)
    when = f"{moments.at_zone(at):%H:%M:%S}"
    on = moments.date(at, sight.texts, year=True)
    return sight.texts("one.sentence", sender=sender, witness=witness, time=when, date=on)


def opinions(verdicts: tuple[VerdictLine, ...], sight: Sight) -> tuple[Opinion, ...]:
    """Both laws, ours first; one law may answer on several acts; what is missing or not known to us is shown as such."""
    found: list[Opinion] = []
    for party in sorted(sight.parties, key=lambda p: not p.ours):
        own = [opinion(v, sight) for v in verdicts if v.party == party.short]
        found += own or [_unknown(party, sight)]
    return tuple(found)


def opinion(verdict: VerdictLine, sight: Sight) -> Opinion:
    """One law's answer in one sentence, with its articles and how well each was read."""
    t, ours = sight.texts, sight.is_us(verdict.party)
    if not verdict.known:
        return _unknown(next(p for p in sight.parties if p.short == verdict.party), sight, verdict)
    look, icon = _LOOKS.get(verdict.effect, ("refuse", "stop"))
    marks = [t.word("mark", mark.strip("[]")) for mark in verdict.marks]
    marks += [""] * (len(verdict.articles) - len(marks))
    said = sentences.said(verdict, sight.laws, t)
    rules = [*verdict.rules, *([()] * (len(verdict.articles) - len(verdict.rules)))]
    return Opinion(
        party=verdict.party,
        ours=ours,
        whose=t("verdict.ours" if ours else "verdict.theirs"),
        look=look,
        icon=icon,
        word=t.word("verdict", verdict.effect),
        act=t.word("verdict", verdict.act),
        sentence=said.sentence,
        articles=tuple(
            (article, mark, tuple(sight.link(verdict.party, rule) for rule in behind))
            for article, mark, behind in zip(verdict.articles, marks, rules, strict=False)
        ),
        ground=verdict.ground if ours else None,
        edition=verdict.edition[:8],
        exercise=verdict.exercise,
        lang=said.lang,
        more=said.more,
        more_lang=said.more_lang,
    )


def _unknown(party: PartyCard, sight: Sight, told: VerdictLine | None = None) -> Opinion:
    """A verdict that is not known here: at most what its having acted tells, never an article."""
    t = sight.texts
    effect, act = (told.effect, told.act) if told else ("", "")
    sentence, lang = sentences.told(told.sentence, t) if told else ("", "")
    look, icon = _LOOKS.get(effect, ("unknown", "clock"))
    return Opinion(
        party=party.short,
        ours=party.ours,
        whose=t("verdict.ours" if party.ours else "verdict.theirs"),
        look=look,
        icon=icon,
        word=t.word("verdict", effect) if effect in _LOOKS else t("verdict.unknown"),
        act=t.word("verdict", act) if act else "",
        sentence=sentence or t("verdict.unknown.ours" if party.ours else "verdict.unknown.theirs"),
        articles=(),
        ground=None,
        edition=t("verdict.edition.unknown"),
        exercise=False,
        lang=lang if sentence else t.lang,
    )


def gap(removal: Removal, sight: Sight) -> Gap:
    """One removal as a sentence: the rule class and where it stood, never the length."""
    t = sight.texts
    by = {"us": t("removed.by.us"), "them": t("removed.by.them")}.get(removal.by)
    if by is None:
        known = any(p.short == removal.by for p in sight.parties)
        by = t("removed.by.us" if sight.is_us(removal.by) else "removed.by.them") if known else removal.by
    return Gap(t("removed.class", category=removal.category), t("removed.where", where=removal.where, by=by))


def line(body: BodyLine, texts: Texts, *, unofficial: bool = False) -> Line:
    """One line of a body; a language tag that is none is dropped, the name of a field becomes the page's word for it.

    Args:
        body: as it came. A translation is a line that its sender labelled `translation:<tag>`.
        texts: the words of the page.
        unofficial: the dispatch carries the condition `translation-unofficial`.
    """
    lang = body.lang if body.lang and _LANG.fullmatch(body.lang) else None
    removed = texts("removed.class", category=body.removed) if body.removed else None
    if translated := _TRANSLATION.fullmatch(body.label):
        label = texts("field.translation", language=texts.language(translated[1]))
        return Line(label, body.text, removed, translated[1], own=True, translation=True, unofficial=unofficial)
    own = "" if body.label == "text" else texts.word("field", body.label)
    coded = None if removed else said(body.label, body.text, texts)
    if coded is not None:
        return Line(own, coded, removed, None, own=own != body.label)
    return Line(own, body.text, removed, lang, own=own != body.label)


def _owed(what: str, texts: Texts) -> str:
    """What is owed in the page's words; the card has it in English."""
    key = what.replace(" ", "-")
    said = texts.word("due", key)
    return what if said == key else said


def lines(card: DispatchCard, texts: Texts) -> tuple[Line, ...]:
    """The lines of a dispatch's body: what was written first, then translations of it that somebody added."""
    unofficial = "translation-unofficial" in card.label
    made = (line(each, texts, unofficial=unofficial) for each in card.body)
    return tuple(sorted(made, key=lambda each: each.translation))


def file(case: CaseCard, sight: Sight) -> File:
    """The head of one case with what is owed first in it."""
    t = sight.texts
    debt = next((d for d in case.dispatches if d.due is not None and d.due == case.due), None)
    start = (debt.times.arrived or began(debt)) if debt else None
    owed = left(case, debt.due_what if debt else "", debt.overdue_of if debt else None, start, sight)
    return File(
        id=show_id(case.case),
        number=case.number,
        title=case.title,
        item=case.item,
        urgency=urgency(case.urgency, t),
        state=t.word("case.state", case.state),
        left=owed,
        overdue=case.overdue,
        count=t.count("case.count", len(case.dispatches) + case.more),
        say=_case_say(case, sight),
    )


def _case_say(case: CaseCard, sight: Sight) -> str:
    """What is said aloud of a case's limit: at 30, 10 and 5 minutes, and when it is over."""
    t, title = sight.texts, spoken(case.title)
    if case.overdue:
        return t("say.overdue", title=title)
    if case.due is None:
        return ""
    minutes = (case.due - sight.now) // moments.MINUTE
    at = next((limit for limit in _SAY_AT if minutes < limit), None)
    return "" if at is None else t("say.soon", minutes=at, title=title)


def work_item(item: WorkItem, sight: Sight) -> Item:
    """One line of the workplan."""
    owners = tuple((short, sight.is_us(short), agency) for short, agency in item.owners)
    owing = tuple((short, sight.is_us(short)) for short in item.overdue_of)
    late = tuple((short, sight.is_us(short), sight.texts("work.feedback", n=n)) for short, n in item.feedback_missing)
    return Item(item.item, item.aim, item.measure, owners, item.moved, item.overdue, owing, item.due, late)


def wire(link: LinkCard, sight: Sight) -> Wire:
    """The link in words; an unknown state is shown by its own word, without colour."""
    t, now = sight.texts, sight.now
    look, icon = _LINK_LOOKS.get(link.state, ("", "cut"))
    since = t("link.from.at", time=moments.moment(link.since, now, t), span=moments.span(max(now - link.since, 0), t))
    last = t("link.never") if link.last_exchange is None else moments.moment(link.last_exchange, now, t)
    waiting = t("link.nothing")
    if link.waiting and link.oldest_waiting is not None:
        waiting = t("link.oldest", count=link.waiting, time=moments.moment(link.oldest_waiting, now, t))
    elif link.waiting:
        waiting = str(link.waiting)
    text = t.word("link.text", link.state)
    return Wire(link.state, look, icon, t.word("link", link.state), since, text, link.reason, last, waiting)


def origin_hash(origin: str) -> str:
    """Lower-case hex of the SHA-256 of a log's origin, as it stands in its address."""  # spec: C2SP tlog-witness
    return hashlib.sha256(origin.encode()).hexdigest()


def log(card: LogCard, sight: Sight, *, served: bool) -> Log:
    """One log; its address is given only if a visitor may read it."""
    t, name = sight.texts, origin_hash(card.origin)
    if card.cosigned_at is not None:
        when = moments.moment(card.cosigned_at, sight.now, t)
        cosigned = t("logs.cosigned.at", size=t.number(card.cosigned_size), total=t.number(card.size), time=when)
    else:
        cosigned = t("logs.cosigned.never" if card.role == "decision" else "logs.cosigned.none")
    return Log(
        id=name[:16],
        role=t.word("logs.role", card.role),
        origin=card.origin,
        size=t.number(card.size),
        root=card.root,
        cosigned=cosigned,
        keys=card.log_vkeys,
        cosigners=card.cosigner_vkeys,
        path=f"/log/{name}" if served else None,
        marks=None if card.role == "decision" else tuple(_leaf(mark, sight) for mark in card.marks),
    )


def _leaf(mark: MarkLine, sight: Sight) -> tuple[str, str, str]:
    """A leaf that says something in words: its place, the words, the time where it is known."""
    t = sight.texts
    when = "" if mark.at is None else t("part.at", time=moments.moment(mark.at, sight.now, t))
    return t("leaf.at", index=t.number(mark.index)), t.word("leaf", mark.kind), when


def evidence(proof: Proof, texts: Texts) -> Evidence:
    """A proof made again: each step, how many fail, when and how fast."""
    steps = tuple(proved(step, texts) for step in proof.steps)
    bad = sum(not step.good for step in proof.steps)
    return Evidence(steps, bad, f"{moments.at_zone(proof.checked_at):%H:%M:%S}", texts.number(proof.microseconds))
