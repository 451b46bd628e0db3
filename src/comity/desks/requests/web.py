"""What a page shows of a body: labelled lines of text, a removal as its class, unknown fields by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_never

from comity.base.ids import show_id
from comity.desks.requests.body import parse_body
from comity.desks.requests.model import (
    Answer,
    Asking,
    Assurance,
    Body,
    ContactNote,
    ConvertToMla,
    Correction,
    CourtDisclosure,
    Deconflict,
    Feedback,
    Item,
    Later,
    Posting,
    Preserve,
    PurposeChange,
    Recall,
    Refusal,
    ReleaseRequest,
    Replacement,
    Rfi,
    Transfer,
    Withdraw,
)
from comity.screen import BodyLine


def body_lines(kind: str, body: bytes) -> tuple[BodyLine, ...]:
    """Return the lines of a body in reading order; labels of fields are their names, for the page to translate.

    Raises:
        BadEnvelope: the body is not one of this desk.
    """
    typed = parse_body(kind, body)
    lang = typed.language or None
    return tuple(BodyLine(label, text, removed, lang) for label, text, removed in _lines(typed))


def _lines(body: Body) -> Iterator[tuple[str, str, str | None]]:
    if body.text:
        yield "text", body.text, None
    for item in body.items:
        yield from _item(item)
    for label, text in _fields(body):
        if text:
            yield label, text, None
    if isinstance(body, Correction):
        for line in body.replacements:
            yield from _replacement(line)
    if body.third_state:
        yield "third_state", "true", None
    for key in body.unknown:
        yield "unknown", key, None


def _fields(body: Body) -> list[tuple[str, str]]:
    match body:
        case Rfi():
            return [
                ("reason", body.reason),
                ("own_power", body.own_power),
                ("asks", ", ".join(body.asks)),
                ("records", ", ".join(body.records)),
            ]
        case Answer() | Refusal():
            return _answering(body)
        case Recall() | ReleaseRequest() | PurposeChange() | CourtDisclosure():
            return [("target", show_id(body.target)), *_asking(body), ("reason", body.reason)]
        case Posting():
            return _posting(body)
        case (
            Withdraw()
            | Transfer()
            | ContactNote()
            | Preserve()
            | ConvertToMla()
            | Deconflict()
            | Assurance()
            | Feedback()
        ):
            return _later(body)
        case _:
            return []


def _later(body: Later) -> list[tuple[str, str]]:
    match body:
        case Withdraw():
            return [("reason", body.reason)]
        case Transfer():
            return [("agency", body.agency), ("reason", body.reason)]
        case ContactNote():
            return [("state", body.state), ("means", body.means), ("held", _time(body.held)), ("officer", _who(body))]
        case Feedback():
            return [("useful", body.useful), ("used", ", ".join(body.used))]
        case Preserve() | ConvertToMla():
            return _lasting(body)
        case Deconflict() | Assurance():
            return _pointing(body)
        case _:
            assert_never(body)


def _lasting(body: Preserve | ConvertToMla) -> list[tuple[str, str]]:
    match body:
        case Preserve():
            return [
                ("until", _time(body.until)),
                ("records", ", ".join(body.records)),
                ("own_power", body.own_power),
                ("reason", body.reason),
            ]
        case ConvertToMla():
            return [
                ("authority", body.authority),
                ("instrument", body.instrument),
                ("treaty_reference", body.treaty_reference),
                ("usable", ", ".join(body.usable)),
                ("reason", body.reason),
            ]
        case _:
            assert_never(body)


def _pointing(body: Deconflict | Assurance) -> list[tuple[str, str]]:
    match body:
        case Deconflict():
            return [
                ("cell", body.cell),
                ("begins", _time(body.begins)),
                ("ends", _time(body.ends)),
                ("officer", _who(body)),
            ]
        case Assurance():
            return [
                ("state", body.state),
                ("target", show_id(body.target)),
                ("covers", ", ".join(body.covers)),
                ("authority", body.authority),
                ("until", _time(body.until)),
            ]
        case _:
            assert_never(body)


def _who(body: ContactNote | Deconflict) -> str:
    return "" if body.officer is None else f"{body.desk} {body.officer}".strip()


def _answering(body: Answer | Refusal) -> list[tuple[str, str]]:
    match body:
        case Answer():
            copies = [("copy", f"{copy.holder}: {copy.outcome}") for copy in body.copies]
            return [
                ("new_time", _time(body.new_time)),
                ("reason", body.reason),
                ("records", ", ".join(body.records)),
                *copies,
                ("outward", body.outward),
                ("other_way", body.other_way),
                ("assurance", body.assurance),
                ("consent", ", ".join(body.consent)),
                ("kept_until", _time(body.kept_until)),
                ("overlap", body.overlap),
                ("position", body.position),
            ]
        case Refusal():
            return [("outward", body.outward), ("other_way", body.other_way)]
        case _:
            assert_never(body)


def _asking(body: Asking | Recall) -> list[tuple[str, str]]:
    match body:
        case Recall():
            return [("part", body.part), ("due", _time(body.due))]
        case ReleaseRequest():
            return [("release", ", ".join(body.release)), ("to", ", ".join(body.to))]
        case PurposeChange():
            return [("purpose", body.purpose)]
        case CourtDisclosure():
            return [("order", body.order), ("court", body.court), ("hearing", _time(body.hearing))]
        case _:
            assert_never(body)


def _posting(body: Posting) -> list[tuple[str, str]]:
    hours, given = body.hours, body.delegation
    return [
        ("state", body.state),
        ("officer", f"{body.desk} {body.officer}"),
        ("agency", body.agency),
        ("function", body.function),
        ("subjects", ", ".join(body.subjects)),
        ("host_agency", body.host_agency),
        ("substitute", "" if body.substitute is None else f"{body.desk} {body.substitute}"),
        ("hours", "" if hours is None else f"{hours.opens}-{hours.closes} {hours.zone}"),
        ("delegation", "" if given is None else f"{show_id(given.id)}: {', '.join(given.kinds)}"),
        ("until", "" if given is None else _time(given.until)),
    ]


def _item(item: Item) -> Iterator[tuple[str, str, str | None]]:
    if item.removed:
        for category in item.removed:
            yield item.label, "", category
        return
    evaluation = f" ({item.evaluation})" if item.evaluation else ""
    yield item.label, item.value + evaluation, None


def _replacement(line: Replacement) -> Iterator[tuple[str, str, str | None]]:
    for category in line.removed:
        yield line.label, "", category
    if line.strike:
        yield f"{line.label}: struck", line.strike, None
    if line.value:
        yield f"{line.label}: now", line.value, None


def _time(value: int | None) -> str:
    return "" if value is None else datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
