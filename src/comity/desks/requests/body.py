"""The one way between the bodies of the requests desk and their canonical bytes.

The rule it keeps: a body has one form. What is absent, empty or false is not written; lists of words and numbers are
sorted and unique; a form is tidied into that shape, bytes of the peer must already have it.
"""  # spec: protocol.md 3

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

from comity.base.cbor import Value, decode, encode
from comity.base.errors import BadEnvelope, BadForm
from comity.desks.requests.model import (
    ACCEPTED,
    COPY_OUTCOMES,
    ENDED,
    FINAL,
    HOLDING,
    NOMINATED,
    PART,
    Answer,
    Body,
    Content,
    Copy,
    Correction,
    CourtDisclosure,
    Delegation,
    Hours,
    Item,
    Kind,
    Message,
    Posting,
    PurposeChange,
    Recall,
    Refusal,
    ReleaseRequest,
    Reminder,
    Replacement,
    Rfi,
    Spontaneous,
)
from comity.marking.vocabulary import (
    CATEGORIES,
    EVALUATION_4X4,
    EVALUATION_6X6,
    KNOWN_FOR,
    OUTWARD,
    PARTLY,
    PURPOSES,
    RECORD_TYPES,
)
from comity.policy.question import Release

_WORDS_ONLY = frozenset(
    {
        "categories",
        "removed",
        "asks",
        "records",
        "known_for",
        "state",
        "outward",
        "data",
        "kinds",
        "stages",
        "purposes",
        "subjects",
        "release",
        "to",
        "purpose",
        "consent",
    }
)
"""Fields whose texts are words of a closed list, so that the scan need not read them."""


class _Misfit(Exception):
    """A value that does not fit; the text names the place for a person."""


_Reader: TypeAlias = Callable[[Value], object]
_TITLE, _LABEL, _TEXT, _MANY = 200, 200, 200_000, 512
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_CODE = re.compile(r"[a-z][a-z0-9-]{1,40}")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_ZONE = re.compile(r"[A-Za-z_+-]+(?:/[A-Za-z0-9_+-]+)*")
_ID_SIZE = 16
RELEASES = frozenset(word.value for word in Release)
ASKABLE = RELEASES - {Release.PURPOSE.value, Release.COURT.value}
"""What a release-request may ask for; another purpose and a court's order have kinds of their own."""
_LAST_MS = 253_402_300_799_999
"""The end of the year 9999, after which no calendar here goes."""


def _text(limit: int, *, lines: bool = False, form: re.Pattern[str] | None = None) -> _Reader:
    def read(value: Value) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            raise _Misfit(f"is not a text of 1 to {limit} characters")
        if (not lines and "\n" in value) or (form and not form.fullmatch(value)):
            raise _Misfit("does not have the form of such a text")
        return value

    return read


def _words(known: Collection[str] | None) -> _Reader:
    def read(value: Value) -> tuple[str, ...]:
        words = _list(value)
        if not all(isinstance(w, str) and (w in known if known is not None else _CODE.fullmatch(w)) for w in words):
            raise _Misfit("has a word that is not in its list")
        found = tuple(str(w) for w in words)
        _sorted(found)
        return found

    return read


def _sorted(found: tuple[Any, ...]) -> None:
    if list(found) != sorted(set(found)):
        raise _Misfit("is not sorted, or has something twice")


def _list(value: Value) -> tuple[Value, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MANY:
        raise _Misfit(f"is not a list of 1 to {_MANY}")
    return tuple(value)


def _word(known: Collection[str]) -> _Reader:
    def read(value: Value) -> str:
        if not isinstance(value, str) or value not in known:
            raise _Misfit(f"is not one of: {', '.join(sorted(known)[:8])}")
        return value

    return read


def _number(value: Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Misfit("is not a whole number")
    return value


def _time(value: Value) -> int:
    number = _number(value)
    if not 0 <= number <= _LAST_MS:
        raise _Misfit("is not a time in milliseconds")
    return number


def _urgencies(value: Value) -> tuple[int, ...]:
    found = tuple(_number(v) for v in _list(value))
    if any(v not in range(4) for v in found):
        raise _Misfit("has an urgency other than 0 to 3")
    _sorted(found)
    return found


def _true(value: Value) -> bool:
    if value is not True:
        raise _Misfit("is written only when it is true")
    return True


def _id(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != _ID_SIZE:
        raise _Misfit("is not an id of 16 bytes")
    return value


def _record(make: Callable[..., object], fields: Mapping[str, _Reader], needed: Collection[str]) -> _Reader:
    def read(value: Value) -> object:
        if not isinstance(value, dict) or any(not isinstance(key, str) for key in value):
            raise _Misfit("is not a map of named fields")
        absent = sorted(set(needed) - set(value))
        if absent:
            raise _Misfit(f"lacks {absent[0]}")
        found: dict[str, Any] = {}
        for key, reader in fields.items():
            if key in value:
                try:
                    found[key] = reader(value[key])
                except _Misfit as misfit:
                    raise _Misfit(f"{key} {misfit}") from None
        return make(**found, unknown=tuple(sorted(str(key) for key in value if key not in fields)))

    return read


def _many(one: _Reader) -> _Reader:
    return lambda value: tuple(one(entry) for entry in _list(value))


_prose = _text(_TEXT, lines=True)
_line = _text(_LABEL)
_code = _text(_LABEL, form=_CODE)
_categories = _words(CATEGORIES)
_records = _words(RECORD_TYPES)
_item = _record(
    Item,
    {
        "label": _line,
        "value": _prose,
        "categories": _categories,
        "evaluation": _word(EVALUATION_4X4 | EVALUATION_6X6),
        "removed": _categories,
    },
    {"label"},
)
_replacement = _record(
    Replacement,
    {"label": _line, "strike": _prose, "value": _prose, "categories": _categories, "removed": _categories},
    {"label"},
)
_copy = _record(Copy, {"holder": _code, "outcome": _word(COPY_OUTCOMES)}, {"holder", "outcome"})
_hours = _record(
    Hours,
    {"zone": _text(_LABEL, form=_ZONE), "opens": _text(5, form=_CLOCK), "closes": _text(5, form=_CLOCK)},
    {"zone", "opens", "closes"},
)
_delegation = _record(
    Delegation,
    {
        "id": _id,
        "kinds": _words(None),
        "stages": _words(None),
        "purposes": _words(PURPOSES),
        "urgencies": _urgencies,
        "data": _words(CATEGORIES),
        "until": _time,
    },
    {"id", "kinds"},
)
_content: Mapping[str, _Reader] = {
    "reference": _line,
    "language": _text(35, form=_LANGUAGE),
    "third_state": _true,
    "text": _prose,
    "items": _many(_item),
}


def _body(make: Callable[..., object], fields: Mapping[str, _Reader], *needed: str) -> _Reader:
    return _record(make, {**_content, **fields}, needed)


_known_for = _words(KNOWN_FOR)
_title = _text(_TITLE)
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        Kind.POSTING: _body(
            Posting,
            {
                "state": _word({NOMINATED, ACCEPTED, ENDED}),
                "desk": _code,
                "officer": _number,
                "agency": _code,
                "function": _line,
                "subjects": _words(PURPOSES),
                "host_agency": _code,
                "substitute": _number,
                "hours": _hours,
                "delegation": _delegation,
            },
            "state", "desk", "officer",
        ),
        Kind.RFI: _body(
            Rfi,
            {
                "title": _title,
                "asks": _categories,
                "records": _records,
                "own_power": _prose,
                "reason": _prose,
                "known_for": _known_for,
                "associations": _many(_line),
            },
            "title", "text",
        ),
        Kind.ANSWER: _body(
            Answer,
            {
                "state": _word({HOLDING, PART, FINAL}),
                "records": _records,
                "new_time": _time,
                "reason": _prose,
                "copies": _many(_copy),
                "outward": _word({PARTLY}),
                "other_way": _prose,
                "assurance": _prose,
                "consent": _words(RELEASES),
                "position": _prose,
                "known_for": _known_for,
            },
            "state",
        ),
        Kind.SPONTANEOUS: _body(
            Spontaneous, {"title": _title, "records": _records, "known_for": _known_for}, "title", "text"
        ),
        Kind.MESSAGE: _body(Message, {}, "text"),
        Kind.REFUSAL: _body(
            Refusal, {"outward": _word(set(OUTWARD) - {PARTLY}), "other_way": _prose}, "outward"
        ),
        Kind.REMINDER: _body(Reminder, {}),
        Kind.RECALL: _body(Recall, {"target": _id, "part": _line, "due": _time, "reason": _prose}, "target"),
        Kind.CORRECTION: _body(Correction, {"replacements": _many(_replacement)}, "replacements"),
        Kind.RELEASE_REQUEST: _body(
            ReleaseRequest,
            {"target": _id, "release": _words(ASKABLE), "to": _words(None), "reason": _prose},
            "target", "release", "reason",
        ),
        Kind.PURPOSE_CHANGE: _body(
            PurposeChange, {"target": _id, "purpose": _word(PURPOSES), "reason": _prose}, "target", "purpose", "reason"
        ),
        Kind.COURT_DISCLOSURE: _body(
            CourtDisclosure,
            {"target": _id, "order": _line, "court": _line, "hearing": _time, "reason": _prose},
            "target", "order", "court",
        ),
    }
)  # fmt: skip


def compose_body(kind: str, form: Mapping[str, Value]) -> bytes:
    """Return the canonical bytes of a form, tidied into the one shape.

    Raises:
        BadForm: a field is missing, unknown or ill-formed; the message names it.
    """
    tidied = _tidy(form)
    if not isinstance(tidied, dict):
        raise BadForm("nothing is filled in; nothing was kept")
    try:
        body = _read(kind, tidied)
    except _Misfit as misfit:
        raise BadForm(f"{kind}: {misfit}; nothing was kept") from None
    strangers = sorted(_unknown(body))
    if strangers:
        raise BadForm(f"{kind} has no field called {strangers[0]}; nothing was kept")
    return encode(tidied)


@dataclass(frozen=True, slots=True)
class Reading:
    """A body once read: typed, with the data categories on its parts and all texts that a person wrote."""

    body: Body
    tagged: frozenset[str]
    texts: tuple[str, ...]


@lru_cache(maxsize=32)
def read(kind: str, data: bytes) -> Reading:
    """Read the canonical bytes of a body, ours or the peer's.

    One dispatch is read by several steps in a row, so the last 32 readings stay in memory.

    Raises:
        BadEnvelope: not canonical, or it does not fit the schema of `kind`.
    """
    value = decode(data)
    try:
        return Reading(_read(kind, value), frozenset(_tags(value)), tuple(_texts(value)))
    except _Misfit as misfit:
        raise BadEnvelope(f"a body of kind {kind} does not fit: {misfit}") from None


def parse_body(kind: str, data: bytes) -> Body:
    """Return the typed body of canonical bytes.

    Raises:
        BadEnvelope: not canonical, or it does not fit the schema of `kind`.
    """
    return read(kind, data).body


def _read(kind: str, found: Value) -> Body:
    if kind not in _READERS:
        raise _Misfit("is a kind that this desk does not have")
    body = _READERS[kind](found)
    assert isinstance(body, Content)
    _check_whole(body)
    return body  # type: ignore[return-value]  # the readers make nothing but bodies of this desk


def _check_whole(body: Content) -> None:
    """Check what no single field shows: fields that need, or forbid, each other."""
    _check_lines(body)
    match body:
        case Refusal(outward="not-held-or-not-confirmed") if (
            body.other_way or body.text or body.items or body.reference or body.language or body.third_state
        ):
            # Each of these would tell a true no from one that neither confirms nor denies.
            raise _Misfit("with not-held-or-not-confirmed says nothing else")  # spec: vocabulary.md 5
        case Answer(state="holding") if body.new_time is None or not body.reason:
            raise _Misfit("lacks new_time or reason, which a holding answer gives")
        case Answer(state="part" | "final") if not (body.text or body.items or body.copies):
            raise _Misfit("lacks text, which a part or final answer has")
        case Answer() if body.consent and body.state != FINAL:
            raise _Misfit("consents only when it is final")
        case ReleaseRequest() if body.to and "onward" not in body.release:
            raise _Misfit("names agencies only where it asks to pass something on")
        case Posting(state="nominated"):
            for field in ("agency", "function", "host_agency", "delegation"):
                if not getattr(body, field):
                    raise _Misfit(f"lacks {field}, which a nomination names")
        case _:
            pass


def _check_lines(body: Content) -> None:
    """Check that each line has content or says what was removed, never both."""
    for item in body.items:
        if bool(item.value) == bool(item.removed) or (item.removed and (item.categories or item.evaluation)):
            raise _Misfit(f"item {item.label!r} has either a value or what was removed")
    for line in body.replacements if isinstance(body, Correction) else ():
        if bool(line.strike or line.value) == bool(line.removed) or (line.removed and line.categories):
            raise _Misfit(f"line {line.label!r} strikes or replaces something, or was removed")


def _unknown(body: Body) -> set[str]:
    """Return the unknown keys of a body and of all that stands in it."""
    parts: list[object] = [body, *body.items]
    match body:
        case Posting():
            parts += [body.hours, body.delegation]
        case Answer():
            parts += body.copies
        case Correction():
            parts += body.replacements
        case _:
            pass
    return {key for part in parts for key in getattr(part, "unknown", ())}


def _tidy(value: Value) -> Value:
    """Return a form value in the one shape: NFC, no empty things, lists of words and numbers sorted and unique."""
    if isinstance(value, str):
        plain = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
        return plain.strip()
    if isinstance(value, Mapping):
        tidied = {str(key): _tidy(entry) for key, entry in value.items()}
        return {key: entry for key, entry in tidied.items() if not _empty(entry)}
    if isinstance(value, (list, tuple)):
        entries = [_tidy(entry) for entry in value]
        if all(isinstance(entry, str) for entry in entries):
            return sorted({str(entry) for entry in entries})
        if all(type(entry) is int for entry in entries):
            return sorted({entry for entry in entries if isinstance(entry, int)})
        return entries
    return value


def _empty(value: Value) -> bool:
    return value is None or value is False or value == "" or (isinstance(value, (list, dict)) and not value)


def _tags(value: Value) -> Iterator[str]:
    if isinstance(value, Mapping):
        tags = value.get("categories")  # type: ignore[call-overload]  # a body's keys are texts
        if isinstance(tags, list):
            yield from (str(tag) for tag in tags)
        for entry in value.values():
            yield from _tags(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _tags(entry)


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            if key not in _WORDS_ONLY:
                yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
