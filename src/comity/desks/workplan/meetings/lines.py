"""What a page shows of one operation on a meeting: labelled lines of text, in the language in which each was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from comity.base.ids import show_id
from comity.desks.workplan.meetings.body import parse_body
from comity.desks.workplan.meetings.model import Meeting, Minutes
from comity.screen import BodyLine


def lines_of(kind: str, body: bytes) -> tuple[BodyLine, ...]:
    """Return the lines of a body in reading order; labels are names of fields, for the page to translate.

    Raises:
        BadEnvelope: the body is not one of a meeting.
    """
    said = parse_body(kind, body)
    found = _meeting(said) if isinstance(said, Meeting) else _minutes(said)
    return tuple(BodyLine(label, text, None, lang or None) for label, text, lang in found if text)


def _meeting(said: Meeting) -> Iterator[tuple[str, str, str]]:
    yield "state", said.state, ""
    yield "sort", said.sort, ""
    yield "title", said.title, said.language
    yield "at", _time(said.at), ""
    yield "minutes", "" if said.minutes is None else str(said.minutes), ""
    yield "languages", ", ".join(said.languages), ""
    yield from (("place", f"{one.party}: {one.place} ({one.zone})", "") for one in said.places)
    yield from (("deputy", f"{one.party}: {one.function}", "") for one in said.deputies)
    for number, one in enumerate(said.agenda, 1):
        yield "agenda", f"{number}. {one.title}" + (f" ({one.ref})" if one.ref else ""), said.language
    yield "text", said.text, ""


def _minutes(said: Minutes) -> Iterator[tuple[str, str, str]]:
    yield "state", said.state, ""
    yield "paragraph", show_id(said.paragraph) if said.paragraph else "", ""
    yield "struck", "true" if said.struck else "", ""
    yield from (("text", one.text, one.language) for one in said.texts)
    if said.decision is not None:
        decision = said.decision
        yield "decision", f"{decision.measure}; {decision.due}; {decision.item}".rstrip("; "), ""
        yield from (("owner", f"{one.party}: {one.agency}", "") for one in decision.owners)
    yield "text", said.text, said.language
    yield "hash", said.hash.hex(), ""
    yield "function", said.function, ""


def _time(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
