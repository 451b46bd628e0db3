"""The one way between the bodies of the precursors desk and their canonical bytes.

The rule it keeps: a body has one form; what is commercial and who is a person is tagged here, whether or not the author did.
"""  # spec: protocol.md 3

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from comity.base.bodies import Reading, read_body, tidy, write_body
from comity.base.cbor import Value
from comity.base.readers import Misfit
from comity.desks.precursors.kinds import READERS
from comity.desks.precursors.model import Arrived, Body, Incident, Kind, Objection, Outcome, Pen, Reply, Shipped
from comity.desks.precursors.whole import check_whole, firms_of

_FIRMS = ("exporter", "importer", "consignee", "notify", "broker")
_WORDS_ONLY = frozenset(
    {
        "state", "categories", "removed", "reasons", "results", "asks", "what", "form", "mode", "sort", "cas", "hs", "un",
        "inchikey", "currency", "leaves", "lands", "applied", "answer_by", "issued", "until", "day", "label",
    }
)  # fmt: skip
"""Fields whose texts are words of a closed list, numbers in a checked form or days, so that the scan need not read them."""


def compose_body(kind: str, form: Mapping[str, Value]) -> bytes:
    """Return the canonical bytes of a form, tidied into the one shape and tagged.

    Raises:
        BadForm: a field is missing, unknown or ill-formed; the message names it.
    """
    return write_body(kind, tidy(_tagged(form)), _read, _unknown)


@lru_cache(maxsize=32)
def read(kind: str, data: bytes) -> Reading[Body]:
    """Read the canonical bytes of a body, ours or the peer's.

    One dispatch is read by several steps in a row, so the last 32 readings stay in memory.

    Raises:
        BadEnvelope: not canonical, or it does not fit the schema of `kind`.
    """
    return read_body(kind, data, _read, _WORDS_ONLY)


def parse_body(kind: str, data: bytes) -> Body:
    """Return the typed body of canonical bytes; errors as `read`."""
    return read(kind, data).body


def _read(kind: str, found: Value) -> Body:
    if kind not in READERS:
        raise Misfit("is a kind that this desk does not have")
    body = READERS[kind](found)
    assert isinstance(body, Pen | Reply | Objection | Incident | Shipped | Arrived | Outcome)
    check_whole(body)
    return body


def _tagged(form: Mapping[str, Value]) -> dict[str, Value]:
    """Tag the price as commercial, and a firm that is one person as a person."""
    found: dict[str, Value] = dict(form)
    worth = _fields(found.get("worth"))
    if worth and "removed" not in worth:
        found["worth"] = {**worth, "label": "worth", "categories": _with(worth, "commercial")}
    for field in _FIRMS:
        if field in found:
            found[field] = _tagged_firm(field, found[field])
    listed = found.get("firms")
    if isinstance(listed, (list, tuple)):
        found["firms"] = [_tagged_firm("firm", one) for one in listed]
    return found


def _tagged_firm(label: str, value: Value) -> Value:
    firm = _fields(value)
    if firm.get("natural") is True:
        return {**firm, "label": label, "categories": _with(firm, "person")}
    return value


def _fields(value: Value) -> dict[str, Value]:
    return {str(key): entry for key, entry in value.items()} if isinstance(value, Mapping) else {}


def _with(part: Mapping[str, Value], category: str) -> list[Value]:
    there = part.get("categories")
    return [*(there if isinstance(there, (list, tuple)) else ()), category]


def _unknown(body: Body) -> set[str]:
    """Return the unknown keys of a body and of all that stands in it."""
    return {key for part in (body, *body.items, *firms_of(body), *_parts(body)) for key in getattr(part, "unknown", ())}


def _parts(body: Body) -> Iterator[object]:
    match body:
        case Pen():
            yield from (*body.lines, *body.permits, body.route, body.worth)
        case Incident():
            yield from body.lines
        case Shipped():
            yield from (*body.counts, *body.permits, body.route)
        case Arrived():
            yield from body.counts
        case _:
            pass


def with_calendars(kind: str, form: Mapping[str, Value], digests: tuple[bytes, bytes]) -> Mapping[str, Value]:
    """Return the form of a notification with the digests of both calendars by which its limits are counted."""
    if kind != Kind.PEN or form.get("state") == "cancellation":
        return form
    return {**form, "calendars": list(digests)}
