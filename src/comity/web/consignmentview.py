"""One consignment as views: its clocks, its goods with their drawings, both laws' lines, checks, quantities, what was said.

The rule it keeps: what nothing says is "not known", never "free"; what may leave and may not land is said in a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import Ms, show_id
from comity.screen import PartyCard
from comity.screen.consignments import Card, Drawing, Goods, IncidentCard, Laws, Standing, Step
from comity.web import letters, moments
from comity.web.consignmentrows import Mark, Row, counted_by, row, sides, verdict_of
from comity.web.letters import Sight
from comity.web.texts import Texts
from comity.web.views import Line

_OPEN = frozenset({"notified", "asked", "enquiry"})
_BEFORE = _OPEN | {"cleared", "objected", "controlled"}
_IN_QUESTION = frozenset({"corrected", "taken-back", "recall-refused", "correction-refused", "taking-back-refused"})
"""Holds while which silence means nothing."""
_PER_KILO, _PER_HUNDREDTH = 1_000, 10
_LOOKS = {
    "controlled": ("stop", "stop"),
    "class": ("warn", "urgent"),
    "watched": ("warn", "urgent"),
    "not-controlled": ("ok", "check"),
    "unknown": ("warn", "refer"),
}
_ACTS = {
    "pen-reply": "reply",
    "objection": "object",
    "incident": "incident",
    "shipped": "shipped",
    "arrived-quantity": "arrived",
    "outcome": "outcome",
    "pen": "amend",
}
"""Kind to the word of its form's address."""
_KEYS = {"reply": "R", "object": "X"}
_AWAITED = {"information": "pen-reply"}
_ANSWER = "pen.clock.answer"
_ANSWERS = frozenset({"pen-reply", "objection"})
_WITHOUT = frozenset({"cancellation"})
"""Stages of a notification that its own form has besides the one of its button."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One side's limit: whose, what it is for, time left or the word for it, when it ends, what follows."""

    party: str
    ours: bool
    what: str
    look: str
    text: str
    small: str
    fill: int
    running: bool
    after: str


@dataclass(frozen=True, slots=True)
class Law:
    """One law's standing of one line."""

    mark: Mark
    detail: str


@dataclass(frozen=True, slots=True)
class GoodsView:
    """One line of the goods.

    Attributes:
        place, name, amount: of the line.
        said: its form, share and packages in words; numbers: (name, number) as declared.
        known: what it was read as; formula: of that.
        drawing: None where nothing is drawn, and `undrawn` says why.
        drawn: the sentence for the drawing.
    """

    place: int
    name: str
    amount: str
    said: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...]
    known: str
    formula: str
    drawing: Drawing | None
    drawn: str
    undrawn: str


@dataclass(frozen=True, slots=True)
class LawRow:
    """How the laws see one line: where it leaves, where it lands, treaties; None where the list has nothing of it."""

    place: int
    name: str
    amount: str
    leaves: Law | None
    lands: Law | None
    treaties: tuple[tuple[str, Law], ...]
    relation: str
    gap: str


@dataclass(frozen=True, slots=True)
class Amount:
    """One line's quantities: notified, left, arrived, missing, and the same as a sum in words."""

    place: int
    name: str
    notified: str
    left: str
    came: str
    missing: str
    look: str
    sum: str


@dataclass(frozen=True, slots=True)
class Told:
    """One dispatch about it."""

    id: str
    href: str
    party: str
    ours: bool
    kind: str
    time: str
    ends: str
    state: Mark
    lines: tuple[Line, ...]
    late: str
    closed: str
    copy: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may be done: address, word, key."""

    href: str
    word: str
    key: str


@dataclass(frozen=True, slots=True)
class Next:
    """What to do: a sentence, the one awaited, the others, and why there is none."""

    do: str
    go: Act | None
    others: tuple[Act, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of the page."""

    row: Row
    number: str
    case: str
    warnings: tuple[str, ...]


def head(card: Card, at: Sight) -> Head:
    """Return what stands above everything, with what is wrong with its limits."""
    t, limits = at.texts, card.line.limits
    warnings = [] if limits.known else [t("pen.calendar.unknown")]
    if not limits.same:
        warnings.append(t("pen.calendar.differ"))
    if card.line.out_of_turn:
        warnings.append(t.count("pen.turns", card.line.out_of_turn))
    case = f"/case/{show_id(card.line.case)}" if card.number else ""
    return Head(row(card.line, at), card.number, case, tuple(warnings))


def clocks(card: Card, at: Sight) -> tuple[Clock, Clock]:
    """Return the importing side's clock and the exporting side's."""
    sender, receiver = sides(card.line, at)
    limits, state, t = card.line.limits, card.line.state, at.texts
    means = "marked" if _IN_QUESTION.intersection(card.line.holds) else limits.silence
    silence = t(f"pen.silence.{means}", party=receiver.name) if limits.answer is not None else ""
    answer = _clock(card, receiver, (limits.answer, state in _OPEN), (_ANSWER, silence), at)
    after = t("pen.certificate.text") if limits.certificate is not None else ""
    certificate = _clock(card, sender, (limits.certificate, state in _BEFORE), ("pen.clock.certificate", after), at)
    return answer, certificate


def _clock(card: Card, party: PartyCard, limit: tuple[Ms | None, bool], words: tuple[str, str], at: Sight) -> Clock:
    t, (end, running) = at.texts, limit
    what, since = t(words[0], party=party.name), card.line.limits.since
    if end is None:
        return Clock(
            party.short, party.ours, what, "", t("pen.clock.none"), t("pen.clock.none.text"), 0, False, words[1]
        )
    by = counted_by(end, party, next(one for one in at.parties if one.ours is not party.ours))
    date = moments.date(Ms(end - 1), t, year=True, zone=by.zone)
    if not running:
        ends = t("pen.clock.ends", date=date, place=by.capital)
        word = t("pen.clock.met" if words[0] == _ANSWER and _answered(card) else "pen.clock.past")
        return Clock(party.short, party.ours, what, "", word, ends, 100, False, "")
    whole, away = end - since, end - at.now
    if away <= 0:
        ended = t("pen.clock.over", date=date, place=by.capital)
        return Clock(party.short, party.ours, what, "over", moments.span(-away, t), ended, 100, True, words[1])
    small = t("pen.clock.of", of=moments.span(whole, t), date=date, place=by.capital)
    fill = min(100, max(0, 100 - 100 * away // whole)) if whole > 0 else 0
    look = "soon" if away < moments.DAY else ""
    return Clock(party.short, party.ours, what, look, moments.span(away, t), small, fill, True, words[1])


def _answered(card: Card) -> bool:
    """Say whether the importing side said anything of it."""
    return any(
        one.kind in _ANSWERS and one.ours != card.line.ours and one.refused is None and one.admitted
        for one in card.steps
    )


def amount(grams: int, texts: Texts) -> str:
    """Write a quantity in kilograms, or in grams where these are no round hundredths of one."""
    if grams % _PER_HUNDREDTH:
        return f"{texts.number(grams)} g"
    kilos, rest = divmod(grams, _PER_KILO)
    return f"{texts.number(kilos)}.{rest // _PER_HUNDREDTH:02d} kg" if rest else f"{texts.number(kilos)} kg"


def goods(card: Card, at: Sight) -> tuple[GoodsView, ...]:
    """Return the lines of the goods."""
    return tuple(_goods(one, card, at.texts) for one in card.goods)


def _goods(one: Goods, card: Card, t: Texts) -> GoodsView:
    said = [t.word("pen.goods.form", one.form) if one.form else ""]
    said += [t("pen.goods.share", percent=f"{one.share / 10:g}") if one.share is not None else ""]
    said += [t.count("pen.goods.packages", one.packages) if one.packages is not None else ""]
    said += [t("pen.goods.voluntary") if one.voluntary else ""]
    numbers = (("CAS", one.cas), ("HS", one.hs), ("UN", one.un), ("InChIKey", one.inchikey))
    known = one.known
    drawing = None if known is None else known.drawing
    return GoodsView(
        place=one.line,
        name=one.substance,
        amount=amount(one.grams, t),
        said=tuple(word for word in said if word),
        numbers=tuple((name, number) for name, number in numbers if number),
        known="" if known is None else t("pen.known", name=known.name, by=t.word("pen.by", known.by)),
        formula="" if known is None else known.formula,
        drawing=drawing,
        drawn="" if known is None else t("pen.drawn", name=known.name),
        undrawn=""
        if drawing is not None or not card.edition
        else t("pen.draw.none" if card.draws or known is None else "pen.draw.off"),
    )


def laws(card: Card, at: Sight) -> tuple[LawRow, ...]:
    """Return how both laws see each line; nothing where this node has no list."""
    if not card.edition:
        return ()
    sender, receiver = sides(card.line, at)
    return tuple(_law_row(one, sender, receiver, at.texts) for one in card.goods)


def _law_row(one: Goods, sender: PartyCard, receiver: PartyCard, t: Texts) -> LawRow:
    name, weight = one.substance, amount(one.grams, t)
    if one.laws is None:
        return LawRow(one.line, name, weight, None, None, (), "", "")
    said: Laws = one.laws
    names = {"leaves": sender.name, "lands": receiver.name}
    return LawRow(
        place=one.line,
        name=name,
        amount=weight,
        leaves=_law(said.leaves, t),
        lands=_law(said.lands, t),
        treaties=tuple((treaty.place, _law(treaty, t)) for treaty in said.treaties),
        relation=t(f"pen.relation.{said.relation}", **names),
        gap="" if said.gap == "none" else t(f"pen.gap.{said.gap}", line=one.line, **names),
    )


def _law(one: Standing, t: Texts) -> Law:
    look, icon = _LOOKS.get(one.standing, ("", "refer"))
    since = t(f"pen.since.{one.kind}", date=one.since) if one.since and one.standing in {"controlled", "class"} else ""
    detail = ", ".join(part for part in (one.list, one.instrument, since) if part)
    return Law(Mark(look, icon, t.word("pen.standing", one.standing)), detail)


def checks(card: Card, at: Sight) -> tuple[tuple[int, Mark, str, str, str], ...]:
    """Return (line, verdict, what was recognised, by which rule, on what it rests) of our screen."""
    t = at.texts
    found = []
    for one in card.checks:
        law = ", ".join(part for part in (one.instrument, one.since) if part)
        word = verdict_of(one.verdict, t)
        mark = Mark(word.look, word.icon, t.word("pen.verdict", one.verdict))
        found.append((one.line, mark, one.substance, _rule(one.rule, t), law))
    return tuple(found)


def _rule(rule: str, t: Texts) -> str:
    """Return how our screen recognised something; a rule of the list, or one that this program does not know, as it is called."""
    code, colon, form = rule.partition(":")
    return f"{t.word('pen.rule', code)}{colon}{form}"


def amounts(card: Card, at: Sight) -> tuple[Amount, ...]:
    """Return each line's quantities, once anything is told of what left or came."""
    if not any(one.shipped is not None or one.arrived is not None for one in card.goods):
        return ()
    return tuple(_amount(one, at.texts) for one in card.goods)


def _amount(one: Goods, t: Texts) -> Amount:
    untold = t("pen.amounts.untold")
    left = untold if one.shipped is None else amount(one.shipped, t)
    came = untold if one.arrived is None else amount(one.arrived, t)
    more = one.missing < 0
    weight = amount(abs(one.missing), t)
    missing = t("pen.amounts.more", amount=weight) if more else weight
    said = "pen.amounts.sum" if one.shipped is not None else "pen.amounts.sum.notified"
    told = one.arrived is not None
    return Amount(
        place=one.line,
        name=one.substance,
        notified=amount(one.grams, t),
        left=left,
        came=came,
        missing=missing if told else untold,
        look="" if not told or not one.missing else "stop",
        sum=t(said, left=left, notified=amount(one.grams, t), came=came, missing=missing) if told else "",
    )


def steps(card: Card, at: Sight) -> tuple[Told, ...]:
    """Return what was said and done, oldest first."""
    return tuple(_step(one, at) for one in card.steps)


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident in a list: where it leads, its words, whose it is, when, between whom, what became of the dispatch."""

    id: str
    href: str
    title: str
    party: str
    ours: bool
    time: str
    ends: str
    state: Mark


def incident_row(one: IncidentCard, at: Sight) -> IncidentRow:
    """Return one incident as a line of a list."""
    told = told_of(one.step, at)
    return IncidentRow(
        told.id,
        f"/precursors/{told.id}",
        _titled(one, at.texts),
        told.party,
        told.ours,
        told.time,
        told.ends,
        told.state,
    )


def incident_title(one: IncidentCard, at: Sight) -> str:
    """Return what an incident is called: its sort and the goods."""
    return _titled(one, at.texts)


def _titled(one: IncidentCard, t: Texts) -> str:
    goods = one.title.removeprefix(one.step.stage).strip()
    return f"{t.word('stage', one.step.stage)}: {goods}" if goods else t.word("stage", one.step.stage)


def incident_acts(one: IncidentCard, at: Sight, *, writes: bool) -> Next:
    """Return what may be done with an incident that stands alone."""
    t = at.texts
    if not writes:
        return Next(t("pen.nothing"), None, (), t("pen.act.closed"))
    place = f"/dispatch/{show_id(one.step.id)}"
    go = None if one.closed else Act(f"{place}/outcome", t("pen.act.outcome"), "")
    word = t("pen.nothing") if one.closed else t("incident.next")
    return Next(word, go, (Act(place, t("incident.whole"), ""),), t("incident.why"))


def told_of(one: Step, at: Sight) -> Told:
    """Return one dispatch as it is told."""
    return _step(one, at)


def _step(one: Step, at: Sight) -> Told:
    t = at.texts
    party = at.us if one.ours else next(party for party in at.parties if not party.ours)
    kind = t.word("kind", one.kind)
    stage = t.word("stage", one.stage) if one.stage else ""
    return Told(
        id=show_id(one.id),
        href=f"/ledger/dispatch/{show_id(one.id)}",
        party=party.short,
        ours=one.ours,
        kind=f"{kind}, {stage}" if stage else kind,
        time=moments.moment(one.made, at.now, t),
        ends=t("inbox.to", sender=one.sender, receivers=", ".join(one.receivers)),
        state=_state(one, at),
        lines=tuple(letters.line(each, t) for each in one.lines),
        late=t(f"pen.steps.{one.marked}") if one.marked else t("pen.steps.late") if one.late else "",
        closed="" if one.admitted else t("pen.steps.closed"),
        copy=(f"/precursors/{show_id(one.id)}/board-copy", t(f"pen.copy.{one.copy}")) if one.copy else None,
    )


def _state(one: Step, at: Sight) -> Mark:
    t = at.texts
    if one.refused is not None:
        return Mark("stop", "stop", t("pen.steps.refused", code=one.code))
    for when, look, icon, key in ((one.seen, "ok", "check", "seen"), (one.arrived, "", "half", "arrived")):
        if when is not None:
            return Mark(look, icon, f"{t(f'inbox.state.{key}')} {moments.moment(when, at.now, t)}")
    return Mark("", "clock", t("inbox.state.sent"))


def next_of(card: Card, at: Sight, *, writes: bool) -> Next:
    """Return what may be done now; nothing for someone who only reads."""
    t, line = at.texts, card.line
    do = t("pen.nothing")
    if line.we_owe is not None:
        them = next(party for party in at.parties if not party.ours)
        key, party = ("pen.next.do", at.us) if line.we_owe else ("pen.next.wait", them)
        do = t(key, party=party.name, what=t.word("pen.await", line.awaits))
    if not writes:
        return Next(do, None, (), t("pen.act.closed"))
    words = dict.fromkeys(_ACTS[kind] for kind, stage in card.may if kind in _ACTS and stage not in _WITHOUT)
    acts = tuple(
        Act(f"/dispatch/{show_id(line.newest)}/{word}", t(f"pen.act.{word}"), _KEYS.get(word, "")) for word in words
    )
    wanted = _ACTS.get(_AWAITED.get(line.awaits, line.awaits), "") if line.we_owe else ""
    go = next((one for one in acts if one.href.endswith(f"/{wanted}")), None) if wanted else None
    return Next(do, go, tuple(one for one in acts if one is not go), t("pen.act.why" if acts else "pen.act.none"))
