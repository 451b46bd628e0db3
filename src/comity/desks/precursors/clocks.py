"""The clocks of a notification: how long each side has, by whose days, what its silence means, which paper ends when.

The rule it keeps: every limit is counted from a day that both sides read in the same bytes, by the calendar of the side whose
limit it is, so that both come to the same millisecond.
"""  # spec: law-and-agencies.md 5, precursors-and-documents.md 1

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.base.workdays import Calendar
from comity.desks.precursors.model import Pen, Permit

HOUR = 3_600_000
PLAIN = Calendar()
"""Monday to Friday, UTC, no holidays known."""


class Since(StrEnum):
    """From which day a limit is counted."""

    NOTIFIED = "notified"
    """The day on which the sender's header says that the notification, or its newest version, was made."""
    APPLIED = "applied"
    """The day on which the exporter's application came in; that of the notification where it says none."""


class Silence(StrEnum):
    """What an importing side's silence means once its limit has run out."""

    NO_OBJECTION = "no-objection"
    EXPIRED = "expired"
    """The notification has ended without an answer; the exporting side decides by its own law."""
    HELD = "held"
    """The goods stay until there is an answer."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many days, or working days, after a day."""

    days: int
    working: bool
    since: Since


@dataclass(frozen=True, slots=True)
class Policy:
    """What one side agreed on for its own part; a limit of None is not set.

    Attributes:
        calendar: its days.
        reply: as the importing side, by when it answers a notification.
        window: as the exporting side, how long its own law has it wait for an objection; where set, it goes before the
            importing side's `reply`.
        certificate: as the exporting side, by when it decides on the application.
        silence: as the importing side, what its silence means.
        report_ms: within which a dealer reports, from when it knew; 0 for no such duty.
        permit_days: how long a permit of its own lives that names no last day; 0 for no such limit.
    """

    calendar: Calendar = PLAIN
    reply: Limit | None = None
    window: Limit | None = None
    certificate: Limit | None = None
    silence: Silence = Silence.HELD
    report_ms: int = 0
    permit_days: int = 0


@dataclass(frozen=True, slots=True)
class Times:
    """The limits of one notification, each the first millisecond after it; None for none.

    Attributes:
        answer: the importing side's; from then on its silence counts.
        certificate: the exporting side's own.
        leaves, lands: the end of the days on which the goods leave and land, and `sails` when the first of them begins.
        permits: the end of the last day of the paper that ends first.
        silence: what silence means after `answer`.
        known: the holidays of every year that was counted are announced.
    """

    answer: Ms | None
    certificate: Ms | None
    sails: Ms
    leaves: Ms
    lands: Ms | None
    permits: Ms | None
    silence: Silence
    known: bool


def times_of(pen: Pen, since: Ms, exporter: Policy, importer: Policy) -> Times:
    """Return the limits of a notification.

    Args:
        pen: the newest version; not a cancellation.
        since: when that version was made, by its sender's header.
        exporter: what the side that notified agreed on.
        importer: what the other side agreed on.
    """
    leaves = date.fromisoformat(pen.leaves)
    counted = [
        _counted(exporter.window, exporter, pen, since) or _counted(importer.reply, importer, pen, since),
        _counted(exporter.certificate, exporter, pen, since),
    ]
    answer, certificate = counted
    return Times(
        answer=None if answer is None else answer[0],
        certificate=None if certificate is None else certificate[0],
        sails=exporter.calendar.begins(leaves),
        leaves=exporter.calendar.ends(leaves),
        lands=importer.calendar.ends(date.fromisoformat(pen.lands)) if pen.lands else None,
        permits=_permits_end(pen.permits, exporter, importer),
        silence=importer.silence,
        known=all(one is None or one[1] for one in counted),
    )


def _counted(limit: Limit | None, policy: Policy, pen: Pen, since: Ms) -> tuple[Ms, bool] | None:
    """Return the end of a limit, and whether all holidays in it are known."""
    if limit is None:
        return None
    calendar = policy.calendar
    first = calendar.day(since)
    if limit.since is Since.APPLIED and pen.applied:
        first = date.fromisoformat(pen.applied)
    last = calendar.after(first, limit.days, working=limit.working)
    return calendar.ends(last), not limit.working or calendar.knows(first, last)


def _permits_end(permits: tuple[Permit, ...], exporter: Policy, importer: Policy) -> Ms | None:
    ends = [one for one in (_permit_end(permit, exporter, importer) for permit in permits) if one is not None]
    return min(ends, default=None)


def _permit_end(permit: Permit, exporter: Policy, importer: Policy) -> Ms | None:
    policy = importer if permit.sort == "import" else exporter
    if permit.until:
        return policy.calendar.ends(date.fromisoformat(permit.until))
    if permit.issued and policy.permit_days and permit.sort != "licence":
        last = policy.calendar.after(date.fromisoformat(permit.issued), policy.permit_days, working=False)
        return policy.calendar.ends(last)
    return None


def reported_late(known: int, made: Ms, policy: Policy) -> int:
    """Return by how many milliseconds a report came after its limit; 0 in time, or where there is no such duty."""
    return max(0, made - known - policy.report_ms) if policy.report_ms else 0


# --- what the accord says ----------------------------------------------------------------------------------------------

_SINCE = (Since.NOTIFIED, Since.APPLIED)
_SILENCE = (Silence.NO_OBJECTION, Silence.EXPIRED, Silence.HELD)


def policy_of(party: str, timers: Mapping[str, int], calendar: Calendar) -> Policy:
    """Return what the accord says of one side: its timers `notice-<party>-...`.

    These are for each of `reply`, `window` and `certificate`: `-days` (0 or absent: no limit), `-working` (1: working days),
    `-since` (0 notified, 1 applied); and `silence` (0 no-objection, 1 expired, 2 held), `report` (hours), `permit` (days).

    Raises:
        BadConfiguration: a word of the accord that is not known here.
    """

    def number(name: str) -> int:
        return timers.get(f"notice-{party}-{name}", 0)

    def limit(name: str) -> Limit | None:
        days = number(f"{name}-days")
        return Limit(days, bool(number(f"{name}-working")), _SINCE[number(f"{name}-since")]) if days else None

    try:
        return Policy(
            calendar=calendar,
            reply=limit("reply"),
            window=limit("window"),
            certificate=limit("certificate"),
            silence=_SILENCE[timers.get(f"notice-{party}-silence", 2)],
            report_ms=number("report") * HOUR,
            permit_days=number("permit"),
        )
    except IndexError:
        raise BadConfiguration("the accord sets a limit for notifications that this program does not know") from None
