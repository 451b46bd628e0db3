"""Lines of the board of consignments as views: time left and whose, what holds them, state, verdict of our screen; all words chosen.

The rule it keeps: what must not leave says so first, in words and with the day that would be too early.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from comity.base.ids import Ms, show_id
from comity.screen import PartyCard
from comity.screen.consignments import Ask, Counts, Line, View
from comity.web import moments
from comity.web.letters import Sight
from comity.web.listing import Tab
from comity.web.text_safety import spoken
from comity.web.texts import Texts
from comity.web.views import Left

_KEPT = 4_096
GROUPS = ("over", "hour", "day", "later", "open", "done")
_STATES = {
    "notified": ("", "clock"),
    "asked": ("warn", "refer"),
    "enquiry": ("warn", "search"),
    "controlled": ("hold", "lock"),
    "cleared": ("ok", "check"),
    "objected": ("stop", "stop"),
    "cancelled": ("", "cross"),
    "shipped": ("", "half"),
    "arrived": ("ok", "check"),
    "stopped": ("stop", "stop"),
    "closed": ("", "check"),
    "recalled": ("stop", "recall"),
}
_VERDICTS = {
    "controlled": ("stop", "stop"),
    "controlled_class": ("stop", "stop"),
    "mismatch": ("warn", "urgent"),
    "invalid": ("warn", "urgent"),
    "review": ("warn", "urgent"),
    "clear": ("", "check"),
    "not-listed": ("", "check"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A word with its shape."""

    look: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    """One consignment on the board.

    Attributes:
        id, href: of it.
        group: in which group of the list it stands.
        state: by what was said and done.
        left: time left; None where no limit is set. owes: whose word is awaited and which, "" for nobody's.
        title: of the goods.
        holds: why it must not leave yet; lapsed: what silence has come to mean, "" before.
        verdict: of our screen; asymmetric: controlled on one side only.
        sender, receiver: (mark, ours) of the exporting and the importing side, with their firms.
        sails: the day on which it leaves; number: the sender's; version: "" for the first.
        irregular: it moved out of turn.
        say, loud: what is read out when it comes or moves.
    """

    id: str
    href: str
    group: str
    state: Mark
    left: Left | None
    owes: str
    title: str
    holds: tuple[str, ...]
    lapsed: str
    verdict: Mark
    asymmetric: bool
    sender: tuple[str, bool]
    receiver: tuple[str, bool]
    exporter: str
    importer: str
    sails: str
    number: str
    version: str
    irregular: bool
    say: str
    loud: bool


def row(line: Line, at: Sight) -> Row:
    """Return one line as a view; the same within a minute for all who look at it."""
    return _row(line, at.now // moments.MINUTE, at.parties, at.texts)


@lru_cache(maxsize=_KEPT)
def _row(line: Line, minute: int, parties: tuple[PartyCard, ...], texts: Texts) -> Row:
    at, t = Sight(Ms(minute * moments.MINUTE), parties, texts), texts
    sender, receiver = sides(line, at)
    state, held = state_of(line, t), holds_of(line, at)
    return Row(
        id=show_id(line.id),
        href=f"/precursors/{show_id(line.id)}",
        group=group_of(line, at.now),
        state=state,
        left=left_of(line, at),
        owes=owes(line, at),
        title=line.title or t("pen.untitled"),
        holds=held,
        lapsed=t(f"pen.lapsed.{line.lapsed}") if line.lapsed else "",
        verdict=verdict_of(line.verdict if line.screened else "", t),
        asymmetric=line.asymmetric,
        sender=(sender.short, sender.ours),
        receiver=(receiver.short, receiver.ours),
        exporter=line.exporter,
        importer=line.importer,
        sails=t("pen.sails", date=moments.date(line.limits.sails, t, year=True, zone=sender.zone)),
        number=line.reference,
        version=t("pen.version", number=line.version) if line.version > 1 else "",
        irregular=line.irregular,
        say=t("pen.say", title=spoken(line.title), state=state.word),
        loud=False,
    )


def sides(line: Line, at: Sight) -> tuple[PartyCard, PartyCard]:
    """Return the exporting side and the importing side."""
    us, them = at.us, next(party for party in at.parties if not party.ours)
    return (us, them) if line.ours else (them, us)


def counted_by(end: Ms, party: PartyCard, other: PartyCard) -> PartyCard:
    """Return the side by whose days a limit was counted: it runs out at a midnight there.

    The exporting side may wait by its own law and days for the importing side's answer.
    """
    there = (one for one in (party, other) if (local := moments.at_zone(end, one.zone)).hour == local.minute == 0)
    return next(there, party)


def state_of(line: Line, texts: Texts) -> Mark:
    """Return where it stands, with its shape."""
    look, icon = _STATES.get(line.state, ("", "clock"))
    return Mark(look, icon, texts.word("pen.state", line.state))


def verdict_of(verdict: str, texts: Texts) -> Mark:
    """Return what our screen said; "" where it has not looked."""
    look, icon = _VERDICTS.get(verdict, ("", "clock") if not verdict else ("warn", "urgent"))
    return Mark(look, icon, texts("pen.verdict", word=texts.word("pen.verdict", verdict or "none")))


def owes(line: Line, at: Sight) -> str:
    """Return whose word is awaited and which, "" where nothing is."""
    if line.we_owe is None:
        return ""
    party = at.us if line.we_owe else next(one for one in at.parties if not one.ours)
    return at.texts("pen.awaits", party=party.short, what=at.texts.word("pen.await", line.awaits))


def holds_of(line: Line, at: Sight) -> tuple[str, ...]:
    """Return why it must not leave yet, each with the days that it is about."""
    t, limits = at.texts, line.limits
    sender, receiver = sides(line, at)

    by = receiver if limits.answer is None else counted_by(limits.answer, receiver, sender)

    def day(when: Ms | None, zone: str) -> str:
        return "" if when is None else moments.date(Ms(when - 1), t, year=True, zone=zone)

    said = {
        "exporter": sender.short,
        "importer": receiver.short,
        "sails": moments.date(limits.sails, t, year=True, zone=sender.zone),
        "answer": day(limits.answer, by.zone),
        "certificate": day(limits.certificate, sender.zone),
        "permits": day(limits.permits, sender.zone),
    }
    return tuple(t(f"pen.hold.{hold}", **said) for hold in line.holds)


def left_of(line: Line, at: Sight) -> Left | None:
    """Return the time left for what is awaited; None where nothing is, or no limit is set."""
    if line.due is None or line.we_owe is None:
        return None
    t, whole, away = at.texts, line.due - line.limits.since, line.due - at.now
    what = owes(line, at)
    due = t("left.due", time=moments.moment(line.due, at.now, t))
    of = moments.span(whole, t) if whole > 0 else ""
    if away <= 0:
        return Left("over", moments.span(-away, t), t("pen.over.of", of=of, what=what), due, 100)
    fill = min(100, max(0, 100 - 100 * away // whole)) if whole > 0 else 0
    return Left(
        "soon" if away < moments.DAY else "", moments.span(away, t), t("pen.left.of", of=of, what=what), due, fill
    )


def group_of(line: Line, now: Ms) -> str:
    """Return the group in which it stands."""
    if line.we_owe is None:
        return "done"
    if line.due is None:
        return "open"
    away = line.due - now
    if away <= 0:
        return "over"
    return "hour" if away <= moments.HOUR else "day" if away <= moments.DAY else "later"


def tabs(ask: Ask, counts: Counts, texts: Texts) -> tuple[Tab, ...]:
    """Return the lists to choose from."""
    told = {
        View.OURS: (counts.ours, counts.overdue),
        View.THEIRS: (counts.theirs, 0),
        View.HELD: (counts.held, 0),
    }
    return tuple(
        Tab(
            href=address(view),
            word=texts(f"pen.view.{view}"),
            count=texts.number(told[view][0]) if view in told else "",
            due=view in told and told[view][1] > 0,
            here=ask.view is view,
        )
        for view in View
    )


def address(view: View, page: str = "") -> str:
    """Return the address of a list."""
    fields = {"view": "" if view is View.OURS else view.value, "page": page}
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"/precursors?{query}" if query else "/precursors"
