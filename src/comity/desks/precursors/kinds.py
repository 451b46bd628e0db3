"""The schema of each kind of this desk: its fields, which of them it cannot do without, which words each may have.

The rule it keeps: a kind is one entry of one table, and a word of a closed list stands in that list or nowhere.
"""  # spec: vocabulary.md 5

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from comity.base.cbor import Value
from comity.base.readers import (
    LABEL,
    LANGUAGE,
    TEXT,
    Misfit,
    Reader,
    list_of,
    many_of,
    number_of,
    record_of,
    text_of,
    time_of,
    true_of,
    word_of,
    words_of,
)
from comity.desks.precursors.model import (
    FORMS,
    INCIDENT_STAGES,
    INCIDENTS,
    MODES,
    OBJECTIONS,
    OUTCOMES,
    PEN_STAGES,
    PERMITS,
    REPLY_STAGES,
    WANTED,
    Arrived,
    Count,
    Firm,
    Incident,
    Item,
    Kind,
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
from comity.marking.vocabulary import CATEGORIES

CAS = re.compile(r"[1-9]\d{1,6}-\d\d-\d")
HS = re.compile(r"\d{4}(?:\.?\d\d){0,3}")
UN = re.compile(r"\d{4}")
INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")
CURRENCY = re.compile(r"[A-Z]{3}")
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)
_MOST_GRAMS = 10**12
_DIGEST = 32


def day_of(value: Value) -> str:
    """Read a day, YYYY-MM-DD, that there is."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise Misfit("is not a day written YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Misfit("is a day that there is not") from None
    if not _FIRST <= day <= _LAST:
        raise Misfit("is not a day of this millennium")
    return value


def amount_of(value: Value) -> int:
    """Read a whole number from 1 on."""
    number = number_of(value)
    if not 1 <= number <= _MOST_GRAMS:
        raise Misfit("is not a whole number from 1 on")
    return number


def cas_of(value: Value) -> str:
    """Read a CAS number as it was declared: its form only; whether its check digit fits is the screen's to say."""
    return str(text_of(12, form=CAS)(value))


def _weighed_of(value: Value) -> int:
    """Read grams that were found, which may be none."""
    number = number_of(value)
    if not 0 <= number <= _MOST_GRAMS:
        raise Misfit("is not a quantity in whole grams")
    return number


def _share_of(value: Value) -> int:
    number = number_of(value)
    if not 1 <= number <= 1000:  # noqa: PLR2004  thousandths
        raise Misfit("is not a share of 1 to 1000 thousandths")
    return number


def _digest_of(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != _DIGEST:
        raise Misfit("is not a digest of 32 bytes")
    return value


def _digests_of(value: Value) -> tuple[bytes, ...]:
    found = list_of(value)
    digests = tuple(one for one in found if isinstance(one, bytes) and len(one) == _DIGEST)
    if len(digests) != len(found) or len(digests) != 2:  # noqa: PLR2004  both sides' calendars
        raise Misfit("is not two digests of 32 bytes")
    return digests


_prose = text_of(TEXT, lines=True)
_line = text_of(LABEL)
_address = text_of(500, lines=True)
_categories = words_of(CATEGORIES)
_item = record_of(Item, {"label": _line, "value": _prose, "categories": _categories, "removed": _categories}, {"label"})
_firm = record_of(
    Firm,
    {
        "name": _line,
        "address": _address,
        "licence": _line,
        "number": _line,
        "telephone": _line,
        "natural": true_of,
        "label": _line,
        "categories": _categories,
        "removed": _categories,
    },
    set(),
)
_goods = record_of(
    Line,
    {
        "substance": _line,
        "grams": amount_of,
        "cas": cas_of,
        "hs": text_of(13, form=HS),
        "un": text_of(4, form=UN),
        "inchikey": text_of(27, form=INCHIKEY),
        "form": word_of(FORMS),
        "share": _share_of,
        "packages": amount_of,
        "voluntary": true_of,
    },
    {"substance", "grams"},
)
_permit = record_of(
    Permit, {"sort": word_of(PERMITS), "number": _line, "issued": day_of, "until": day_of}, {"sort", "number"}
)
_route = record_of(
    Route,
    {
        "exit": _line,
        "entry": _line,
        "transit": _address,
        "mode": word_of(MODES),
        "carrier": _line,
        "document": _line,
    },
    set(),
)
_worth = record_of(
    Worth,
    {
        "label": _line,
        "hundredths": amount_of,
        "currency": text_of(3, form=CURRENCY),
        "categories": _categories,
        "removed": _categories,
    },
    set(),
)
_count = record_of(Count, {"line": amount_of, "grams": _weighed_of, "packages": amount_of}, {"line", "grams"})
_CONTENT: Mapping[str, Reader] = {
    "reference": _line,
    "language": text_of(35, form=LANGUAGE),
    "third_state": true_of,
    "text": _prose,
    "items": many_of(_item),
}


def _body_of(make: Callable[..., object], fields: Mapping[str, Reader], *needed: str) -> Reader:
    return record_of(make, {**_CONTENT, **fields}, needed)


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        Kind.PEN: _body_of(
            Pen,
            {
                "state": word_of(PEN_STAGES),
                "version": amount_of,
                "exporter": _firm,
                "importer": _firm,
                "consignee": _firm,
                "notify": _firm,
                "broker": _firm,
                "lines": many_of(_goods),
                "route": _route,
                "leaves": day_of,
                "lands": day_of,
                "applied": day_of,
                "answer_by": day_of,
                "end_use": _prose,
                "site": _address,
                "permits": many_of(_permit),
                "worth": _worth,
                "first_time": true_of,
                "reason": _prose,
                "calendars": _digests_of,
            },
            "state", "version",
        ),
        Kind.REPLY: _body_of(
            Reply,
            {"state": word_of(REPLY_STAGES), "asks": words_of(WANTED), "own_power": _prose, "reason": _prose, "until": day_of},
            "state",
        ),
        Kind.OBJECTION: _body_of(Objection, {"reasons": words_of(OBJECTIONS)}, "reasons"),
        Kind.INCIDENT: _body_of(
            Incident,
            {
                "state": word_of(INCIDENT_STAGES),
                "what": word_of(INCIDENTS),
                "known": time_of,
                "lines": many_of(_goods),
                "firms": many_of(_firm),
                "place": _line,
                "batch": _line,
                "copy": true_of,
                "digest": _digest_of,
            },
            "state",
        ),
        Kind.SHIPPED: _body_of(
            Shipped,
            {"day": day_of, "counts": many_of(_count), "route": _route, "permits": many_of(_permit)},
            "day", "counts",
        ),
        Kind.ARRIVED: _body_of(
            Arrived, {"day": day_of, "counts": many_of(_count), "broken_seals": true_of}, "day", "counts"
        ),
        Kind.OUTCOME: _body_of(
            Outcome, {"results": words_of(OUTCOMES), "earlier": many_of(_line)}, "results"
        ),
    }
)  # fmt: skip
