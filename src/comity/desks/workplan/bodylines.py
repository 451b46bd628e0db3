"""What a page shows of a body about the plan: labelled lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from comity.base.ids import show_id
from comity.desks.workplan.model import Amendment, Body, Operation, Update
from comity.screen import BodyLine


def lines_of(body: Body) -> tuple[BodyLine, ...]:
    """Return the lines of a body in reading order; labels are names of fields, for the page to translate."""
    lang = body.language or None
    found = _amendment(body) if isinstance(body, Amendment) else _update(body)
    return tuple(BodyLine(label, text, None, lang) for label, text in found if text)


def _amendment(body: Amendment) -> Iterator[tuple[str, str]]:
    yield "state", body.state.value
    yield "reason", body.reason
    yield "text", body.text
    yield from (("change", _operation(one)) for one in body.operations)
    yield "base", body.base.hex()
    yield "result", "" if body.result is None else body.result.hex()
    yield "about", "" if body.about is None else show_id(body.about)
    yield from (("unknown", key) for key in body.unknown)


def _operation(one: Operation) -> str:
    if one.to is None:
        return f"- {one.what} {one.id}"
    return f"= {one.what} {one.id}" if not isinstance(one.to, str) else f"= {one.what}: {one.to}"


def _update(body: Update) -> Iterator[tuple[str, str]]:
    yield "action", body.action
    yield "state", body.state.value
    yield "text", body.text
    yield from (("evidence", show_id(one)) for one in body.evidence)
    yield from (("unknown", key) for key in body.unknown)
