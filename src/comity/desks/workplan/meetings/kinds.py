"""How the bodies of meetings are read from canonical bytes, field by field.

The rule it keeps: lists of ids are sorted and unique; a field that an operation does not have is refused, so that one
operation has one form.
"""  # spec: protocol.md 3

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from comity.base.cbor import Value
from comity.base.readers import (
    LABEL,
    LANGUAGE,
    TITLE,
    ZONE,
    Misfit,
    Reader,
    id_of,
    list_of,
    many_of,
    number_of,
    record_of,
    text_of,
    time_of,
    true_of,
    word_of,
)
from comity.desks.workplan.meetings.model import (
    LONGEST_CLAIM,
    SHORTEST_CLAIM,
    About,
    Act,
    Decision,
    Deputy,
    Item,
    Kind,
    Meeting,
    Minutes,
    Owner,
    Place,
    Sort,
    Step,
    Words,
)

PARAGRAPH = 8_000
"""Most characters of one paragraph in one language."""
MARK = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")
_DIGEST = 32
_LONGEST_MEETING = 1_440
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def ids_of(value: Value) -> tuple[bytes, ...]:
    """Read sorted, unique ids of 16 bytes."""
    found = tuple(bytes(id_of(one)) for one in list_of(value))
    if list(found) != sorted(set(found)):
        raise Misfit("is not sorted, or has an id twice")
    return found


def languages_of(value: Value) -> tuple[str, ...]:
    """Read sorted, unique language tags."""
    found = tuple(str(text_of(35, form=LANGUAGE)(one)) for one in list_of(value))
    if list(found) != sorted(set(found)):
        raise Misfit("is not sorted, or has a language twice")
    return found


def day_of(value: Value) -> str:
    """Read a day, YYYY-MM-DD, that there is."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Misfit("is not a day written YYYY-MM-DD")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise Misfit("is a day that there is not") from None
    return value


def _between(least: int, most: int) -> Reader:
    def read(value: Value) -> int:
        number = number_of(value)
        if not least <= number <= most:
            raise Misfit(f"is not a number from {least} to {most}")
        return number

    return read


def _digest_of(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != _DIGEST:
        raise Misfit("is not a digest of 32 bytes")
    return value


def _texts_of(value: Value) -> tuple[object, ...]:
    found = tuple(_words(one) for one in list_of(value))
    tags = [one.language for one in found if isinstance(one, Words)]
    if tags != sorted(set(tags)):
        raise Misfit("is not sorted by language, or has a language twice")
    return found


_line = text_of(LABEL)
_language = text_of(35, form=LANGUAGE)
_mark = text_of(16, form=MARK)
_prose = text_of(PARAGRAPH, lines=True)
_words = record_of(Words, {"language": _language, "text": _prose}, {"language", "text"})
_place = record_of(Place, {"party": _mark, "place": _line, "zone": text_of(60, form=ZONE)}, {"party", "place", "zone"})
_deputy = record_of(Deputy, {"party": _mark, "function": _line}, {"party", "function"})
_item = record_of(Item, {"title": text_of(TITLE), "about": word_of(frozenset(About)), "ref": _line}, {"title", "about"})
_owner = record_of(Owner, {"party": _mark, "agency": _line}, {"party", "agency"})
_decision = record_of(
    Decision,
    {"measure": _line, "due": day_of, "owners": many_of(_owner), "item": _line},
    {"measure", "due", "owners"},
)
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        Kind.MEETING: record_of(
            Meeting,
            {
                "state": word_of(frozenset(Step)),
                "over": ids_of,
                "sort": word_of(frozenset(Sort)),
                "title": text_of(TITLE),
                "language": _language,
                "languages": languages_of,
                "at": time_of,
                "minutes": _between(1, _LONGEST_MEETING),
                "places": many_of(_place),
                "deputies": many_of(_deputy),
                "agenda": many_of(_item),
                "text": _prose,
            },
            {"state"},
        ),
        Kind.MINUTES: record_of(
            Minutes,
            {
                "state": word_of(frozenset(Act)),
                "paragraph": id_of,
                "under": id_of,
                "language": _language,
                "texts": _texts_of,
                "decision": _decision,
                "struck": true_of,
                "over": ids_of,
                "on": ids_of,
                "seconds": _between(SHORTEST_CLAIM, LONGEST_CLAIM),
                "hash": _digest_of,
                "of": ids_of,
                "function": _line,
                "text": _prose,
            },
            {"state"},
        ),
    }
)
_TERMS = frozenset({"sort", "title", "language", "languages"})
_TERMS_MAY = _TERMS | {"at", "minutes", "places", "deputies", "agenda", "text", "over"}
NEEDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        Step.CALL: _TERMS,
        Step.MOVE: _TERMS | {"over"},
        "meeting-accept": frozenset({"over"}),
        Step.CANCEL: frozenset(),
        Act.OPEN: frozenset(),
        Act.CLAIM: frozenset({"paragraph"}),
        Act.FREE: frozenset({"paragraph", "on"}),
        Act.TEXT: frozenset({"paragraph"}),
        Act.TRANSLATE: frozenset({"paragraph", "on", "texts"}),
        "minutes-accept": frozenset({"paragraph", "on"}),
        Act.COMMENT: frozenset({"paragraph", "text"}),
        Act.SIGN: frozenset({"hash", "of", "function"}),
        Act.CLOSE: frozenset(),
    }
)
"""Fields without which an operation is none."""
ALLOWED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        Step.CALL: _TERMS_MAY - {"over"},
        Step.MOVE: _TERMS_MAY,
        "meeting-accept": frozenset({"over", "text"}),
        Step.CANCEL: frozenset({"over", "text"}),
        Act.OPEN: frozenset(),
        Act.CLAIM: frozenset({"paragraph", "seconds"}),
        Act.FREE: frozenset({"paragraph", "on"}),
        Act.TEXT: frozenset({"paragraph", "under", "language", "texts", "decision", "struck", "over", "on"}),
        Act.TRANSLATE: frozenset({"paragraph", "on", "texts", "over"}),
        "minutes-accept": frozenset({"paragraph", "on"}),
        Act.COMMENT: frozenset({"paragraph", "on", "text", "language"}),
        Act.SIGN: frozenset({"hash", "of", "function"}),
        Act.CLOSE: frozenset(),
    }
)
"""Fields that an operation may have, beside `state`."""


def form_of(kind: str, state: str) -> str:
    """Return under which name an operation stands in `NEEDED` and `ALLOWED`."""
    return f"{kind}-{state}" if state == Act.ACCEPT else state
