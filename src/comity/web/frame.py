"""What stands around every page: both clocks, the rail with what is open to the visitor, notices, the link's state.

Rule kept: an entry of the rail stands there only if its screen exists and its deed is open to this person; whoever is not
signed in sees none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from comity.policy.access import Deed
from comity.screen import PartyCard
from comity.screen.inbox import Counts
from comity.web import letters, moments
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.text_safety import spoken
from comity.web.texts import Texts
from comity.web.views import Tally
from comity.web.visit import ScreenRoute, Visit

TOPICS = frozenset({"link", "inbox", "waiting", "tasks"})
"""What moves the frame itself, on every page: the link, the counts of the rail, the window's title."""
Badge = Callable[[Visit], "Tally | None"]
"""How much waits behind an entry of the rail for this visitor; None shows nothing. It must be quick: every page asks it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the rail: its key (the `here` of its pages), address, key of its word, icon."""

    key: str
    href: str
    word: str
    icon: str


RAIL: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "nav.work",
        (
            Entry("inbox", "/inbox", "frame.inbox", "inbox"),
            Entry("cases", "/cases", "frame.cases", "folder"),
            Entry("compose", "/compose", "frame.compose", "pen"),
            Entry("approvals", "/approvals", "frame.approvals", "shield"),
            Entry("owed", "/owed", "frame.owed", "clock"),
            Entry("duty", "/duty", "frame.duty", "person"),
            Entry("tasks", "/tasks", "frame.tasks", "check"),
            Entry("search", "/search", "frame.search", "search"),
        ),
    ),
    ("frame.desks", (Entry("precursors", "/precursors", "frame.precursors", "flask"),)),
    (
        "frame.together",
        (
            Entry("workplan", "/workplan", "frame.workplan", "ledger"),
            Entry("scorecard", "/scorecard", "frame.scorecard", "board"),
            Entry("meetings", "/meetings", "meet.h1", "person"),
            Entry("today", "/today", "frame.today", "board"),
        ),
    ),
    (
        "nav.proof",
        (
            Entry("ledger", "/ledger", "frame.ledger", "ledger"),
            Entry("law", "/law", "frame.law", "book"),
            Entry("persons", "/persons", "frame.persons", "person"),
            Entry("reviews", "/reviews", "frame.reviews", "shield"),
            Entry("searches", "/searches", "frame.searches", "search"),
            Entry("retention", "/retention", "retention.rail", "clock"),
            Entry("custody", "/custody", "custody.rail", "box"),
        ),
    ),
    (
        "frame.administration",
        (
            Entry("people", "/people", "frame.people", "person"),
            Entry("health", "/health", "frame.health", "gear"),
            Entry("link", "/link", "link.nav", "cut"),
            Entry("accord", "/accord", "accord.nav", "pen"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as the template lays it out."""

    key: str
    href: str
    word: str
    icon: str
    here: bool


class Frame:
    """The frame of one node's pages.

    Args:
        routes: of all screens.
        notices: further lines for the top of every page, such as an insecure setting in force.
        exercise: the law edition is one that no lawyer has signed.
        badges: counts of the rail by key.
    """

    def __init__(
        self,
        routes: Iterable[ScreenRoute],
        notices: tuple[str, ...],
        *,
        exercise: bool,
        badges: Mapping[str, Badge] | None = None,
    ) -> None:
        self._deeds: dict[str, Deed] = {one.path: one.deed for one in routes if one.method == "GET"}
        self._notices, self._exercise, self._badges = notices, exercise, dict(badges or {})

    def has(self, path: str) -> bool:
        """Say whether a screen stands at this very path."""
        return path in self._deeds

    def around(self, page: Page, visit: Visit) -> Page:
        """Return a page with the frame's regions before its own, and the whole title of its window."""
        at = sight(visit)
        tallies = {key: badge(visit) for key, badge in self._badges.items()}
        regions = (*self._bar(at), *_counts(tallies), *self._foot(visit, at), *page.regions)
        title = visit.texts("page.title", what=spoken(page.title), short=at.us.short)
        late = sum(one.late for one in tallies.values() if one is not None)
        return replace(page, title=f"({_bounded(late)}) {title}" if late else title, regions=regions)

    def alone(self, page: Page, visit: Visit) -> Page:
        """Return a page for someone who is not signed in: with the notices and the whole title, nothing else."""
        title = visit.texts("page.title", what=spoken(page.title), short=ours(visit.site.board.parties()).short)
        return replace(page, title=title, regions=(Region("notices", tuple(self._notes(visit.texts))), *page.regions))

    def still(self, page: Page, visit: Visit) -> dict[str, object]:
        """Return what the template needs of the frame that does not move."""
        parties = visit.site.board.parties()
        return {
            "us": ours(parties),
            "places": " / ".join(party.capital for party in parties),
            "rail": self.rail(visit, page.here),
            "find": self.has("/search") and self._opens(visit, Deed.INBOX),
            "ways": {name: self.has(path) for name, path in _WAYS.items()},
            "time": moments.clock(visit.now),
        }

    def rail(self, visit: Visit, here: str) -> tuple[tuple[str, tuple[Shown, ...]], ...]:
        """Return the groups of the rail that have something open to the visitor."""
        groups = ((visit.texts(word), tuple(self._shown(entries, visit, here))) for word, entries in RAIL)
        return tuple((word, shown) for word, shown in groups if shown)

    def _shown(self, entries: tuple[Entry, ...], visit: Visit, here: str) -> Iterable[Shown]:
        for one in entries:
            deed = self._deeds.get(one.href)
            site = visit.site
            keepers = {
                "precursors": site.consignments,
                "workplan": site.plan,
                "scorecard": site.scorecards,
                "meetings": site.meetings,
            }
            kept = keepers.get(one.key, True) is not None
            if deed is not None and kept and self._opens(visit, deed):
                yield Shown(one.key, one.href, visit.texts(one.word), one.icon, one.key == here)

    def _opens(self, visit: Visit, deed: Deed) -> bool:
        return visit.site.needs.may(visit.who.person, deed)

    def _bar(self, at: Sight) -> tuple[Region, ...]:
        us, *others = sorted(at.parties, key=lambda party: not party.ours)
        parts = (
            Part("bar-ours", "capital", letters.capital(us, at)),
            Part("bar-days", "days", letters.days(at)),
            *(Part(f"bar-{party.short}", "capital", letters.capital(party, at)) for party in others),
        )
        return (Region("bar", parts),)

    def _foot(self, visit: Visit, at: Sight) -> tuple[Region, ...]:
        link = visit.site.board.link()
        wire = letters.wire(link, at)
        notices = self._notes(at.texts)
        if link.state != "up":
            notices.append(Part("n-link", "notice_link", wire))
        return (Region("foot", (Part("rail-foot", "rail_foot", wire),)), Region("notices", tuple(notices)))

    def _notes(self, texts: Texts) -> list[Part]:
        """One slim line for all that is not as on a real desk: an edition without a signature, insecure settings."""
        if not self._exercise and not self._notices:
            return []
        words = tuple(_setting(line, texts) for line in self._notices)
        return [Part("n-setting", "notice_setting", (self._exercise, words))]


def _counts(tallies: Mapping[str, Tally | None]) -> Iterable[Region]:
    for key, tally in tallies.items():
        parts = () if tally is None else (Part(f"rail-{key}", "rail_count", tally),)
        yield Region(f"count-{key}", parts)


def _bounded(count: int) -> str:
    """Write a count that was counted to `Counts.MOST` and no further."""
    return f"{Counts.MOST}+" if count >= Counts.MOST else str(count)


_WAYS = {"settings": "/settings"}


def _setting(line: str, texts: Texts) -> tuple[str, str]:
    """Return a line on an insecure setting and its language: in the page's words where there are any."""
    name, _, _ = line.partition(" ")
    said = texts.word("notice", name)
    return (line, "en") if said == name else (said, "")


def ours(parties: tuple[PartyCard, ...]) -> PartyCard:
    """Return our own party."""
    return next(party for party in parties if party.ours)
