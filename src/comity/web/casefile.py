"""One case as views: head with both numbers, stream of dispatches and talk, timeline, next box, side column.

The rule it keeps: labels lead; recalled text is closed; a corrected version stays, struck, with the newer one named; a name
stands only where the access rules allowed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from comity.base.ids import DispatchId, Ms, show_id
from comity.policy.access import Deed
from comity.screen import DispatchCard, HeldLine, PartyCard
from comity.screen.case import CaseFile
from comity.screen.inbox import Line
from comity.web import aftermath, lawpart, letters, moments
from comity.web.aftermath import Told
from comity.web.letters import Sight
from comity.web.listing import State, kind_of, left_of, quiet_title, state_of
from comity.web.pages import Part
from comity.web.peek import Button, Next, may, next_of
from comity.web.text_safety import spoken
from comity.web.views import Code, Left, Letter, Tick, Urgency
from comity.web.visit import Visit

_ASKS = frozenset(
    {"rfi", "recall", "release-request", "purpose-change", "court-disclosure", "convert-to-mla", "deconflict"}
)
_TALK = "message"
_NOTED = "noted"
_LOOKS = {"refer": "law", "refuse": "stop"}
_EVALUATED = ("4x4", "6x6")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a case; `copy` is what the copy key takes."""

    id: str
    title: str
    number: str
    theirs: str
    us: str
    them: str
    urgency: Urgency
    item: str
    state: str
    count: str
    label: tuple[Code, ...]
    left: Left | None
    copy: str
    print: str
    say: str


@dataclass(frozen=True, slots=True)
class Done:
    """One later act in a line."""

    text: str
    look: str
    icon: str


@dataclass(frozen=True, slots=True)
class Item:
    """One dispatch in the stream: its letter, newest fact, what can be done with it, who of ours opened it."""

    letter: Letter
    state: State
    replaced: bool
    replaces: bool
    acts: tuple[Done, ...]
    buttons: tuple[Button, ...]
    looked: tuple[str, ...]
    released: str
    facts: tuple[str, ...] = ()
    holders: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Staff:
    """One capital: its mark, whether its office is open, until when, who is on duty."""

    short: str
    ours: bool
    open: bool
    text: str
    duty: str


def head(file: CaseFile, at: Sight) -> Head:
    """Return the head of a case."""
    t, opener = at.texts, file.opener
    owed = earliest(file.lines)
    label = dict.fromkeys(code for card in file.dispatches for code in card.label if not code.startswith(_EVALUATED))
    numbers = " · ".join(one for one in (opener.number, opener.theirs or "") if one)
    late = owed is not None and owed.due is not None and owed.due <= at.now
    state = t("case.state.settled") if owed is None else t("case.state.late" if late else "case.state.open")
    title = opener.title or quiet_title(opener, t)
    return Head(
        id=show_id(file.case),
        title=title,
        number=opener.number,
        theirs=opener.theirs or "",
        us=at.us.short,
        them=next((party.short for party in at.parties if not party.ours), ""),
        urgency=letters.urgency(min((card.urgency for card in file.dispatches), default=opener.urgency), t),
        item=opener.item or "",
        state=state,
        count=t.count("case.count", file.count),
        label=tuple(letters.code(one) for one in label),
        left=None if owed is None else left_of(owed, at),
        copy=" ".join((*numbers.split(" · "), *label)),
        print=t("case.print", numbers=numbers, labels=" ".join(label), time=moments.clock(at.now)),
        say=t("say.overdue", title=spoken(title)) if late else "",
    )


def earliest(lines: Iterable[Line]) -> Line | None:
    """Return the line whose limit is the next: what we owe before what they owe, if both are open."""
    owed = sorted((line for line in lines if line.due is not None), key=lambda line: (line.ours, line.due or 0))
    return owed[0] if owed else None


def stream(file: CaseFile, names: Mapping[tuple[str, int], str], visit: Visit, at: Sight) -> tuple[Part, ...]:
    """Return dispatches and messages, oldest first."""
    lines, holders = {line.id: line for line in file.lines}, dict(file.holders)
    title = file.opener.title
    looked: dict[DispatchId, list[str]] = {}
    for one in file.looked:
        when = moments.moment(one.at, at.now, at.texts)
        said = at.texts("case.looked", who=officer((one.desk, one.number), names, at), time=when)
        looked.setdefault(one.dispatch, []).append(said)
    found: list[Part] = []
    for card in file.dispatches:
        line = lines.get(card.id)
        if line is None:
            continue
        view = Item(
            letter=letters.letter(card, at, title, alone=False),
            state=state_of(line, at),
            replaced=line.replaced,
            replaces=card.kind == "correction",
            acts=tuple(_acts(card, at)),
            buttons=tuple(_buttons(line, visit, at)),
            looked=tuple(looked.get(card.id, ())),
            released=officer(line.officer, names, at) if line.ours else "",
            facts=aftermath.facts(line, at),
            holders=tuple(aftermath.told(one, visit, at) for one in holders.get(card.id, ())),
        )
        found.append(Part(f"d-{view.letter.id}", "case.talk" if card.kind == _TALK else "case.disp", view))
    return tuple(found)


def officer(who: tuple[str, int], names: Mapping[tuple[str, int], str], at: Sight) -> str:
    """Write an officer of ours: desk and number, the name before it where it may be shown."""
    desk, number = who
    name = names.get(who, "")
    if name:
        return at.texts("case.named", name=name, desk=desk, number=number)
    return at.texts("case.officer", desk=desk, number=number)


def _acts(card: DispatchCard, at: Sight) -> Iterator[Done]:
    for act in lawpart.acts(card, at):
        word = f"{act.word} ({act.about})" if act.about else act.word
        text = at.texts("case.act", word=word, state=act.state, officer=act.officer, when=act.when)
        yield Done(text, act.look, act.icon)


def _buttons(line: Line, visit: Visit, at: Sight) -> Iterator[Button]:
    """What can be written on one dispatch; the screens of writing ask again whether it fits."""
    if not may(visit, Deed.COMPOSE) or line.recalled is not None or line.quarantined is not None:
        return
    words: list[tuple[str, str]] = []
    if line.ours:
        words += [("remind", "")] if line.due is not None and line.due_what in {"first", "full"} else []
        words += [("recall", ""), ("correct", "")] if line.kind not in {"recall", "correction", _TALK} else []
        words += [("withdraw", "")] if line.kind == "rfi" and line.answered is None and line.refused is None else []
    elif line.kind in _ASKS and line.answered is None and line.refused is None:
        words += [("answer", "R"), ("refuse", "X"), ("pass-on", "P"), ("treaty", "T")] if line.kind == "rfi" else [("answer", "R"), ("refuse", "X")]  # fmt: skip
    elif line.kind == "contact-note":
        words += [("confirm", "")] if line.stage == _NOTED and line.answered is None else []
    elif line.kind in {"answer", "spontaneous"}:
        words += [("feedback", ""), ("ask-release", "")]
    number = show_id(line.id)
    for act, key in words:
        look = "stop" if act == "refuse" else ""
        yield Button(key, at.texts(f"case.do.{act}"), f"/dispatch/{number}/{act}", post=False, look=look, icon="")


def timeline(file: CaseFile, at: Sight) -> tuple[Part, ...]:
    """One entry a dispatch, one for each verdict that refers or refuses, one for what is overdue."""
    lines = {line.id: line for line in file.lines}
    return tuple(part for card in file.dispatches if card.id in lines for part in _ticks(card, lines[card.id], at))


def _ticks(card: DispatchCard, line: Line, at: Sight) -> Iterator[Part]:
    number, t = show_id(card.id), at.texts
    tick = Tick(
        href=f"#d-{number}",
        time=_clocks(letters.began(card), at),
        text=kind_of(line, t),
        what="",
        party=card.from_party,
        ours=card.ours,
        look="ours" if card.ours else "theirs",
    )
    yield Part(f"t-{number}", "tick", tick)
    for place, opinion in enumerate(letters.opinions(card.verdicts, at)):
        if opinion.look in _LOOKS:
            text = t("case.law", whose=opinion.whose, word=opinion.word)
            yield Part(f"t-{number}-law{place}", "tick", replace(tick, text=text, look=_LOOKS[opinion.look]))
    if card.overdue and card.due is not None:
        late = replace(tick, time=_clocks(card.due, at), text=t("case.late"), look="stop")
        yield Part(f"t-{number}-late", "tick", late)


def _clocks(when: Ms, at: Sight) -> str:
    return " / ".join(moments.clock(when, party.zone) for party in at.parties)


def nexts(file: CaseFile, visit: Visit, at: Sight) -> Next:
    """Return the one next action of a case."""
    line = earliest(file.lines)
    return next_of(line if line is not None else file.opener, visit, at)


def held(lines: tuple[HeldLine, ...], at: Sight) -> tuple[tuple[str, str, tuple[str, ...], str], ...]:
    """Held drafts: (address, words, what each waits for, "")."""
    t = at.texts
    return tuple(
        (
            f"/approvals/{show_id(one.id)}",
            t("case.held.one", kind=t.word("kind", one.what), time=moments.moment(one.since, at.now, t)),
            one.waits,
            "",
        )
        for one in lines
    )


def staff(at: Sight) -> tuple[Staff, ...]:
    """Both offices: open until when, or when they open, by their own clocks."""
    return tuple(_staff(party, at) for party in at.parties)


def _staff(party: PartyCard, at: Sight) -> Staff:
    t = at.texts
    is_open = moments.is_open(party, at.now)
    minute = party.closes if is_open else party.opens
    local = moments.at_zone(at.now, party.zone)
    away = (party.closes - local.hour * 60 - local.minute) * moments.MINUTE
    clock = f"{minute // 60:02d}:{minute % 60:02d}"
    words = {"place": party.capital, "time": clock, "left": moments.span(max(away, 0), t)}
    text = t("case.staff.open" if is_open else "case.staff.closed", **words)
    return Staff(
        party.short,
        party.ours,
        is_open,
        text,
        t("case.staff.duty", who=party.on_duty) if party.on_duty else "",
    )
