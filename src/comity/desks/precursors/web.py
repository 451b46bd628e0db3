"""What a page shows of a body: labelled lines of text, a removal as its class, unknown fields by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_never

from comity.desks.precursors.body import parse_body
from comity.desks.precursors.facts import weight
from comity.desks.precursors.model import (
    Arrived,
    Body,
    Count,
    Firm,
    Incident,
    Line,
    Objection,
    Outcome,
    Pen,
    Permit,
    Reply,
    Route,
    Shipped,
    Worth,
)
from comity.screen import BodyLine

_Line = tuple[str, str, str | None]
_PARTS = ("exporter", "importer", "consignee", "notify", "broker")


def body_lines(kind: str, body: bytes) -> tuple[BodyLine, ...]:
    """Return the lines of a body in reading order; labels of fields are their names, for the page to translate.

    Raises:
        BadEnvelope: the body is not one of this desk.
    """
    typed = parse_body(kind, body)
    lang = typed.language or None
    return tuple(BodyLine(label, text, removed, lang) for label, text, removed in _lines(typed))


def _lines(body: Body) -> Iterator[_Line]:
    yield from ((label, text, None) for label, text in _said(body) if text)
    yield from _parts(body)
    if body.text:
        yield "text", body.text, None
    for item in body.items:
        if item.value:
            yield item.label, item.value, None
        yield from ((item.label, "", category) for category in item.removed)
    if body.reference:
        yield "reference", body.reference, None
    if body.third_state:
        yield "third_state", "true", None
    for key in body.unknown:
        yield "unknown", key, None


def _said(body: Body) -> list[tuple[str, str]]:
    """Return the plain fields of a body that stand before its parts."""
    match body:
        case Pen():
            version = str(body.version) if body.version > 1 else ""
            return [("state", body.state), ("version", version), ("reason", body.reason)]
        case Reply():
            return [
                ("state", body.state),
                ("asks", ", ".join(body.asks)),
                ("own_power", body.own_power),
                ("reason", body.reason),
                ("until", body.until),
            ]
        case Objection():
            return [("reasons", ", ".join(body.reasons))]
        case Incident():
            return [
                ("state", body.state),
                ("what", body.what),
                ("known", _time(body.known)),
                ("place", body.place),
                ("batch", body.batch),
                ("board_copy", "true" if body.copy else ""),
                ("digest", body.digest.hex()),
            ]
        case Shipped() | Arrived():
            return [("day", body.day)]
        case Outcome():
            return [("results", ", ".join(body.results)), ("earlier", ", ".join(body.earlier))]
        case _:
            assert_never(body)


def _parts(body: Body) -> Iterator[_Line]:
    """Yield what stands in the records of a body."""
    match body:
        case Pen():
            yield from _consignment(body)
        case Incident():
            yield from (("line", _goods(place, line), None) for place, line in enumerate(body.lines, 1))
            for firm in body.firms:
                yield from _firm("firm", firm)
        case Shipped():
            yield from (("count", _count(count), None) for count in body.counts)
            yield from _route(body.route)
            yield from (("permit", _permit(permit), None) for permit in body.permits)
        case Arrived():
            yield from (("count", _count(count), None) for count in body.counts)
            if body.broken_seals:
                yield "broken_seals", "true", None
        case _:
            pass


def _consignment(pen: Pen) -> Iterator[_Line]:
    yield from (("line", _goods(place, line), None) for place, line in enumerate(pen.lines, 1))
    for part in _PARTS:
        firm = getattr(pen, part)
        if firm is not None:
            yield from _firm(part, firm)
    yield from _route(pen.route)
    for label in ("leaves", "lands", "applied", "answer_by", "end_use", "site"):
        if getattr(pen, label):
            yield label, getattr(pen, label), None
    yield from (("permit", _permit(permit), None) for permit in pen.permits)
    if pen.worth is not None:
        yield from _worth(pen.worth)
    if pen.first_time:
        yield "first_time", "true", None


def _goods(place: int, line: Line) -> str:
    share = "" if line.share is None else f"{line.share / 10:g} %"
    numbers = [("CAS", line.cas), ("HS", line.hs), ("UN", line.un), ("InChIKey", line.inchikey)]
    said = [line.form, share, *(f"{name} {number}" for name, number in numbers if number), _packages(line.packages)]
    voluntary = ["voluntary"] if line.voluntary else []
    return "; ".join([f"{place}. {weight(line.grams)} {line.substance}", *(one for one in said if one), *voluntary])


def _packages(count: int | None) -> str:
    return "" if count is None else f"{count} pkg"


def _count(count: Count) -> str:
    return "; ".join(one for one in (f"{count.line}. {weight(count.grams)}", _packages(count.packages)) if one)


def _firm(label: str, firm: Firm) -> Iterator[_Line]:
    yield from ((label, "", category) for category in firm.removed)
    if firm.name:
        lines = firm.address.replace("\n", ", ")
        yield (
            label,
            ", ".join(one for one in (firm.name, lines, firm.licence, firm.number, firm.telephone) if one),
            None,
        )


def _route(route: Route | None) -> Iterator[_Line]:
    if route is None:
        return
    for label in ("exit", "transit", "entry", "mode", "carrier", "document"):
        if getattr(route, label):
            yield label, getattr(route, label).replace("\n", ", "), None


def _permit(permit: Permit) -> str:
    days = " - ".join(day for day in (permit.issued, permit.until) if day)
    return f"{permit.sort} {permit.number}" + (f" ({days})" if days else "")


def _worth(worth: Worth) -> Iterator[_Line]:
    yield from (("worth", "", category) for category in worth.removed)
    if worth.hundredths is not None:
        yield "worth", f"{worth.hundredths // 100}.{worth.hundredths % 100:02d} {worth.currency}", None


def _time(value: int | None) -> str:
    return "" if value is None else datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
