"""What no single field of a body shows: fields that need each other, or forbid each other.

The rule it keeps: a notification has the five elements that the treaty names, or is none.
"""  # spec: law-and-agencies.md 4, the treaty's article 12(10)(a)

from __future__ import annotations

from comity.base.readers import Misfit
from comity.desks.precursors.model import (
    AMENDMENT,
    BATCH,
    CANCELLATION,
    CONTROLLED,
    COPY_GIVEN,
    ENQUIRY,
    INFORMATION,
    NEED,
    PRE_EXPORT,
    REPORTED,
    Arrived,
    Content,
    Firm,
    Incident,
    Line,
    Objection,
    Pen,
    Reply,
    Shipped,
)

ELEMENTS = ("exporter", "importer", "lines", "leaves")
"""Who, to whom, what and how much, when; the point of entry stands in `route`, the consignee where it is known."""
_OF_A_CONSIGNMENT = (
    "exporter", "importer", "consignee", "notify", "broker", "lines", "route", "leaves", "lands", "applied", "answer_by",
    "end_use", "site", "permits", "worth", "first_time", "calendars",
)  # fmt: skip


def check_whole(body: Content) -> None:
    """Check what no single field shows."""
    for item in body.items:
        if bool(item.value) == bool(item.removed) or (item.removed and item.categories):
            raise Misfit(f"item {item.label!r} has either a value or what was removed")
    for firm in firms_of(body):
        if bool(firm.name and firm.address) == bool(firm.removed):
            raise Misfit("a firm has a name and an address, or what was removed")
    match body:
        case Pen():
            _check_pen(body)
        case Reply():
            _check_reply(body)
        case Objection() if "other" in body.reasons and not body.text:
            raise Misfit("lacks text, which says what the other reason is")
        case Incident():
            _check_incident(body)
        case Shipped() | Arrived():
            places = [count.line for count in body.counts]
            if len(set(places)) != len(places):
                raise Misfit("counts one line twice")
        case _:
            pass


def firms_of(body: Content) -> tuple[Firm, ...]:
    """Return every firm that a body names, in reading order."""
    match body:
        case Pen():
            named = (body.exporter, body.importer, body.consignee, body.notify, body.broker)
            return tuple(one for one in named if one is not None)
        case Incident():
            return body.firms
        case _:
            return ()


def _check_pen(body: Pen) -> None:
    if body.state == CANCELLATION:
        there = [field for field in _OF_A_CONSIGNMENT if getattr(body, field)]
        if there:
            raise Misfit(f"has no {there[0]} when it cancels; the version before says what")
        if not body.reason:
            raise Misfit("lacks reason, which says why it is cancelled")
        return
    absent = [field for field in ELEMENTS if not getattr(body, field)]
    if absent:
        raise Misfit(f"lacks {absent[0]}, one of the five things that a notification says")
    if body.route is None or not body.route.entry:
        raise Misfit("lacks route.entry, the point of entry, one of the five things that a notification says")
    if (body.state == PRE_EXPORT) != (body.version == 1):
        raise Misfit(f"is version 1 as {PRE_EXPORT} and a later one as {AMENDMENT}")
    if body.lands and body.lands < body.leaves:
        raise Misfit("lands before it leaves")
    if body.applied and body.applied > body.leaves:
        raise Misfit("leaves before it was applied for")
    for line in body.lines:
        _check_line(line)
    worth = body.worth
    if worth is not None and bool(worth.removed) == (worth.hundredths is not None and bool(worth.currency)):
        raise Misfit("worth has an amount with its currency, or what was removed")


def _check_reply(body: Reply) -> None:
    if bool(body.asks) != (body.state == NEED):
        raise Misfit(f"names what is wanted, in asks, in state {NEED} and in no other")
    if body.state in {ENQUIRY, CONTROLLED} and not (body.reason or body.text):
        raise Misfit("lacks reason, which says why the goods wait")
    if body.state == INFORMATION and not (body.text or body.items):
        raise Misfit("lacks text or items, which say what was asked for")


def _check_line(line: Line) -> None:
    if line.share is not None and line.form != "mixture":
        raise Misfit(f"line {line.substance!r} has a share only as a mixture")


def _check_incident(body: Incident) -> None:
    if bool(body.digest) != (body.state == COPY_GIVEN):
        raise Misfit(f"names the file that was given, by its digest, in state {COPY_GIVEN} and in no other")
    if body.state != REPORTED:
        if any(
            (body.what, body.known is not None, body.lines, body.firms, body.items, body.copy, body.place, body.batch)
        ):
            raise Misfit(
                "only agrees to the copy, or says that it was given; what happened stands in the incident that it names"
            )
        return
    if not body.what:
        raise Misfit("lacks what, the sort of incident")
    if body.what == BATCH and (body.firms or not body.batch):
        raise Misfit("of a dangerous batch names the batch and no firm")
    for line in body.lines:
        _check_line(line)
