"""Lines of a list as views: time left, the newest fact in a word, both sides' numbers, labels in full; all words chosen.

The rule it keeps: sent, arrived, seen and answered are different facts and different words; a title is never cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from comity.base.ids import Ms, show_id
from comity.policy.access import Person
from comity.screen import PartyCard
from comity.screen.inbox import Ask, Counts, Line, View
from comity.web import letters, moments
from comity.web.letters import Sight
from comity.web.text_safety import spoken
from comity.web.texts import Texts
from comity.web.views import Code, Left, Urgency

_KEPT = 16_384
_said = lru_cache(maxsize=_KEPT)(spoken)
GROUPS = ("over", "hour", "day", "later")
_LOUD = 0
_STATES = (
    ("recalled", "warn", "recall"),
    ("refused", "stop", "stop"),
    ("quarantined", "hold", "box"),
    ("withdrawn", "plain", "recall"),
    ("converted", "", "half"),
    ("answered", "ok", "check"),
    ("first", "", "half"),
    ("seen", "", "check"),
    ("arrived", "", "half"),
    ("sent", "", "clock"),
)
_WORDS = {"first": "begun"}


@dataclass(frozen=True, slots=True)
class State:
    """The newest fact of a dispatch: its word with shape, and when."""

    look: str
    icon: str
    word: str
    time: str


@dataclass(frozen=True, slots=True)
class Row:
    """One dispatch in a list; `case` and `peek` are addresses, `who` says whose the case is, `mine` that it is the reader's."""

    id: str
    case: str
    peek: str
    group: str
    urgency: Urgency
    left: Left | None
    title: str
    quiet: bool
    unseen: bool
    party: str
    ours: bool
    kind: str
    number: str
    theirs: str
    ends: str
    item: str
    label: tuple[Code, ...]
    state: State
    replaced: bool
    who: str
    mine: bool
    say: str
    loud: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """One list to choose: its address, word, count, whether some of it is overdue, and whether it is open."""

    href: str
    word: str
    count: str
    due: bool
    here: bool


def row(line: Line, person: Person, at: Sight) -> Row:
    """Return one line as a view; the same within a minute for all who look at it and have it or have it not."""
    mine = (person.desk, person.number) in line.members
    return _row(line, mine, at.now // moments.MINUTE, at.parties, at.texts)


@lru_cache(maxsize=_KEPT)
def _row(line: Line, mine: bool, minute: int, parties: tuple[PartyCard, ...], texts: Texts) -> Row:  # noqa: FBT001  part of the key
    at, t = Sight(Ms(minute * moments.MINUTE), parties, texts), texts
    number, sender = show_id(line.id), at.us.short if line.ours else _them(at)
    kind = kind_of(line, t)
    return Row(
        id=number,
        case=f"/case/{show_id(line.case)}#d-{number}",
        peek=f"/inbox/peek/{number}",
        group=group_of(line, at.now),
        urgency=letters.urgency(line.urgency, t),
        left=left_of(line, at),
        title=line.title or quiet_title(line, t),
        quiet=not line.title,
        unseen=not line.ours and line.seen is None and line.recalled is None,
        party=sender,
        ours=line.ours,
        kind=kind,
        number=line.number,
        theirs=line.theirs or "",
        ends=_ends(line, t),
        item=line.item or "",
        label=tuple(letters.code(one) for one in line.label),
        state=state_of(line, at),
        replaced=line.replaced,
        who=who_has(line, t, mine=mine),
        mine=mine,
        say=t("inbox.say", kind=_said(kind), agency=_said(line.from_agency), title=_said(line.title)),
        loud=line.urgency == _LOUD and not line.ours,
    )


def _ends(line: Line, texts: Texts) -> str:
    """From whom to whom, and who has it since it was passed on."""
    ends = texts("inbox.to", sender=line.from_agency, receivers=", ".join(line.to_agencies))
    return texts("inbox.passed", ends=ends, agency=line.passed_to) if line.passed_to else ends


def kind_of(line: Line, texts: Texts) -> str:
    """Kind and stage in words."""
    word = texts.word("kind", line.kind)
    return f"{word}, {texts.word('stage', line.stage)}" if line.stage and line.stage != line.kind else word


def quiet_title(line: Line, texts: Texts) -> str:
    """What stands where a dispatch has no title to show."""
    if line.recalled is not None:
        return texts("inbox.recalled")
    return texts("inbox.unnamed" if line.admitted else "inbox.notadmitted")


def group_of(line: Line, now: Ms) -> str:
    """Return the group of a line that is owed something: `over`, `hour`, `day`, `later`; "" for one that is not."""
    if line.due is None:
        return ""
    away = line.due - now
    if away <= 0:
        return "over"
    return "hour" if away <= moments.HOUR else "day" if away <= moments.DAY else "later"


def left_of(line: Line, at: Sight) -> Left | None:
    """Time left or overdue, of how much, and for what."""
    t = at.texts
    if line.due is None:
        return None
    start = line.arrived if line.arrived is not None else (line.sent or line.created)
    whole, away = line.due - start, line.due - at.now
    what = t.word("inbox.due", line.due_what)
    due = t("left.due", time=moments.moment(line.due, at.now, t))
    of = moments.span(whole, t) if whole > 0 else ""
    if away <= 0:
        words = t("inbox.over.of", of=of, what=what) if of else t("left.over", what=what)
        return Left("over", moments.span(-away, t), words, due, 100)
    words = t("inbox.left.of", of=of, what=what) if of else t("inbox.left", what=what)
    fill = min(100, max(0, 100 - 100 * away // whole)) if whole > 0 else 0
    return Left("soon" if away < moments.HOUR else "", moments.span(away, t), words, due, fill)


def state_of(line: Line, at: Sight) -> State:
    """Return the newest fact; a dispatch that has not left yet waits here."""
    t = at.texts
    for name, look, icon in _STATES:
        when: Ms | None = getattr(line, name)
        if when is not None:
            return State(look, icon, t(f"inbox.state.{_WORDS.get(name, name)}"), moments.moment(when, at.now, t))
    return State("", "clock", t("inbox.state.waits" if line.ours else "inbox.state.sent"), "")


def who_has(line: Line, texts: Texts, *, mine: bool) -> str:
    """Whose the case is: desk and number, never a name."""
    if mine:
        return texts("inbox.you")
    return ", ".join(f"{desk} {number}" for desk, number in line.members) or texts("inbox.nobody")


def tabs(ask: Ask, counts: Counts, texts: Texts) -> tuple[Tab, ...]:
    """Return the lists to choose from; what the list is narrowed to stays."""
    told: tuple[tuple[View, int | None, int], ...] = (
        (View.OURS, counts.ours, counts.overdue),
        (View.THEIRS, counts.theirs, counts.theirs_overdue),
        (View.MINE, counts.mine, 0),
        (View.SETTLED, None, 0),
        (View.ALL, None, 0),
    )
    return tuple(
        Tab(
            href=address(ask, view=view),
            word=texts(f"inbox.view.{view}"),
            count="" if count is None else counted(count, texts),
            due=late > 0 and view is View.OURS,
            here=ask.view is view,
        )
        for view, count, late in told
    )


def counted(count: int, texts: Texts) -> str:
    """Write a count that was counted to `Counts.MOST` and no further."""
    return texts("inbox.more", count=count) if count >= Counts.MOST else str(count)


def address(ask: Ask, *, view: View | None = None, page: str = "") -> str:
    """Return the address of a list narrowed as this one is."""
    shown = view or ask.view
    fields = {"view": "" if shown is View.OURS else shown.value, "item": ask.item, "agency": ask.agency, "page": page}
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"/inbox?{query}" if query else "/inbox"


def _them(at: Sight) -> str:
    return next((party.short for party in at.parties if not party.ours), "")
