"""How the node runs, for its administrator: sizes and counts, no content."""

from __future__ import annotations

from dataclasses import dataclass

from comity.policy.access import Deed
from comity.screen.people import AlarmLine, HealthCard
from comity.web import moments
from comity.web.pages import Page, Part, Region
from comity.web.screens.bell import said_of
from comity.web.screens.people import changes
from comity.web.texts import Texts
from comity.web.visit import Absent, Answer, Redirect, Screen, ScreenRoute, Visit

_MIB = 1 << 20
LOW_BYTES = 1 << 30
"""Below so much room on the disk the page warns."""
_TOLD = frozenset({"passkey-counter", "account-alone"})


@dataclass(frozen=True, slots=True)
class Panel:
    """A heading with facts; `warning` is a sentence, "" without one."""

    heading: str
    facts: tuple[tuple[str, str], ...]
    warning: str = ""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One log with its sizes."""

    name: str
    origin: str
    sizes: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm."""

    id: str
    time: str
    text: str


async def health(visit: Visit) -> Answer:
    """Show how the node runs."""
    t, card = visit.texts, visit.site.health.health()
    alarms = tuple(_alarm(one, visit) for one in card.alarms)
    panels = (*_panels(card, visit), await _eyes(visit), *await _bell(visit))
    parts = tuple(Part(f"health-{place}", "health.panel", one) for place, one in enumerate(panels))
    logs = tuple(
        LogRow(t.word("health.log", name), origin, (t.number(size), t.number(head), t.number(cosigned)))
        for name, origin, size, head, cosigned in card.logs
    )
    regions = (
        Region("health", parts),
        Region("logs", tuple(Part(f"health-log-{place}", "health.log", one) for place, one in enumerate(logs))),
    )
    page = Page("health.html", t("health.h1"), "health", regions)
    return Screen(page, frozenset({"link", "log", "people"}), {"alarms": alarms})


async def seen(visit: Visit) -> Answer:
    """Note that an alarm of the administrator's was seen; one of another role is not there."""
    if visit.field("id") not in {one.id for one in visit.site.health.health().alarms}:
        return Absent()
    await visit.site.hands.ask("POST", "/alarms/seen", body={"id": visit.field("id")})
    return Redirect("/health", "frame.said")


def _panels(card: HealthCard, visit: Visit) -> tuple[Panel, ...]:
    t = visit.texts
    last = t("health.never") if card.exchanged is None else moments.moment(card.exchanged, visit.now, t)
    low = t("health.store.low") if card.free_bytes < LOW_BYTES else ""
    return (
        Panel(
            t("health.link"),
            (
                (t("health.link.state"), t.word("link", card.link)),
                (t("health.link.last"), last),
                (t("health.link.waiting"), t.number(card.waiting)),
                (t("health.link.quarantined"), t.number(card.quarantined)),
            ),
        ),
        Panel(
            t("health.store"),
            (
                (t("health.store.size"), _size(card.store_bytes, t)),
                (t("health.store.free"), _size(card.free_bytes, t)),
            ),
            low,
        ),
        Panel(
            t("health.people"),
            (
                (t("health.people.sessions"), t.number(card.sessions)),
                (t("health.people.streams"), _maybe(card.streams, t)),
                (t("health.people.faults"), _maybe(card.faults, t)),
            ),
        ),
    )


async def _eyes(visit: Visit) -> Panel:
    """Return whether there are two pairs of eyes on changes of accounts."""
    t, found = visit.texts, await changes(visit)
    able, waits = len(found.administrators), sum(one.waits for one in found.proposals)
    warning = t("people.able.alone") if able < 2 else ""  # noqa: PLR2004  two pairs of eyes
    facts = ((t("health.eyes.able"), t.number(able)), (t("health.eyes.waits"), t.number(waits)))
    return Panel(t("health.eyes"), facts, warning)


async def _bell(visit: Visit) -> tuple[Panel, ...]:
    """Return how each way of the bell does; nothing where no desk keeps duty."""
    if visit.site.duty is None:
        return ()
    said = await visit.site.hands.ask("GET", "/bell/state")
    states = [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    return (Panel(visit.texts("bell.h1"), tuple(said_of(one, visit) for one in states)),)


def _alarm(one: AlarmLine, visit: Visit) -> AlarmRow:
    t = visit.texts
    known = one.kind in _TOLD
    said = t(f"health.alarm.{one.kind}" if known else "health.alarm.other", kind=one.kind, about=one.about)
    return AlarmRow(one.id, moments.moment(one.at, visit.now, t), said)


def _size(count: int, t: Texts) -> str:
    return t("health.mib", size=t.number(-(-count // _MIB)))


def _maybe(count: int | None, t: Texts) -> str:
    return t("health.unknown") if count is None else t.number(count)


ROUTES = (
    ScreenRoute("GET", "/health", Deed.HEALTH, health),
    ScreenRoute("POST", "/health/alarm", Deed.HEALTH, seen),
)
