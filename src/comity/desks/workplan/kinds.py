"""The schema of each kind of this desk's plan, and every part's kinds together.

The rule it keeps: a kind is one entry of one table, and a word of a closed list stands in that list or nowhere; a plan that
is read and written again has the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from comity.base.cbor import Value
from comity.base.ids import Digest, DispatchId
from comity.base.readers import (
    LABEL,
    LANGUAGE,
    TEXT,
    Misfit,
    Reader,
    id_of,
    list_of,
    many_of,
    number_of,
    record_of,
    text_of,
    true_of,
    word_of,
)
from comity.desks.workplan.model import (
    Action,
    Amendment,
    Item,
    Kind,
    Operation,
    Owners,
    Plan,
    Priority,
    Progress,
    Stage,
    Track,
    Update,
    What,
    Words,
)

ID = re.compile(r"[A-Za-z][A-Za-z0-9]{0,7}(?:[-.][A-Za-z0-9]{1,8}){0,4}")
"""The id of an item, action, priority or track, such as W-1 or W-1.2."""
_AGENCY = re.compile(r"[a-z][a-z0-9-]{1,40}")
_DIGEST = 32
_SENTENCE = 500


def day_of(value: Value) -> str:
    """Read a day, YYYY-MM-DD, that there is."""
    if not isinstance(value, str) or not re.fullmatch(r"2\d{3}-\d\d-\d\d", value):
        raise Misfit("is not a day written YYYY-MM-DD")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise Misfit("is a day that there is not") from None
    return value


def digest_of(value: Value) -> Digest:
    """Read a digest of 32 bytes."""
    if not isinstance(value, bytes) or len(value) != _DIGEST:
        raise Misfit("is not a digest of 32 bytes")
    return Digest(value)


def _dispatch_of(value: Value) -> DispatchId:
    found = id_of(value)
    assert isinstance(found, bytes)
    return DispatchId(found)


def _dispatches_of(value: Value) -> tuple[DispatchId, ...]:
    found = tuple(_dispatch_of(one) for one in list_of(value))
    if len(set(found)) != len(found):
        raise Misfit("has a dispatch twice")
    return found


def _count_of(value: Value) -> int:
    number = number_of(value)
    if not 0 <= number < 1_000_000:  # noqa: PLR2004  more amendments than any plan has
        raise Misfit("is not a number from 0 on")
    return number


def _pairs(value: Value, key: re.Pattern[str], limit: int, form: re.Pattern[str] | None = None) -> Words:
    if not isinstance(value, Mapping) or not value:
        raise Misfit("is not a map of texts")
    read = text_of(limit, form=form)
    found = {str(name): str(read(entry)) for name, entry in value.items()}
    if not all(key.fullmatch(name) for name in found):
        raise Misfit("has a key that does not fit")
    return tuple(sorted(found.items()))


def words_by_language(value: Value) -> Words:
    """Read a text by language tag."""
    return _pairs(value, LANGUAGE, _SENTENCE)


def owners_of(value: Value) -> Owners:
    """Read an agency by party."""
    return _pairs(value, re.compile(r"[a-z]{2,3}"), LABEL, _AGENCY)


_id = text_of(40, form=ID)
_line = text_of(_SENTENCE)
_prose = text_of(TEXT, lines=True)
_priority = record_of(Priority, {"id": _id, "title": words_by_language}, {"id", "title"})
_item = record_of(
    Item,
    {
        "id": _id,
        "aim": words_by_language,
        "owners": owners_of,
        "measure": _line,
        "due": day_of,
        "priority": _id,
        "closed": true_of,
    },
    {"id", "aim", "owners", "measure", "due"},
)
_action = record_of(
    Action,
    {"id": _id, "item": _id, "title": words_by_language, "owners": owners_of, "due": day_of, "measure": _line},
    {"id", "item", "title", "owners", "due"},
)


def _days_of(value: Value) -> tuple[str, ...]:
    found = tuple(day_of(one) for one in list_of(value))
    if list(found) != sorted(set(found)):
        raise Misfit("is not sorted, or has a day twice")
    return found


_track = record_of(
    Track, {"id": _id, "title": words_by_language, "owners": owners_of, "days": _days_of}, {"id", "title", "owners"}
)
_plan = record_of(
    Plan,
    {
        "title": _line,
        "signed": day_of,
        "priorities": many_of(_priority),
        "items": many_of(_item),
        "actions": many_of(_action),
        "tracks": many_of(_track),
    },
    {"title", "signed"},
)
_BECOMES: Mapping[str, Reader] = {
    What.TITLE: _line,
    What.PRIORITY: _priority,
    What.ITEM: _item,
    What.ACTION: _action,
    What.TRACK: _track,
}


def plan_of(value: Value) -> Plan:
    """Read a whole plan.

    Raises:
        Misfit: something in it does not fit.
    """
    found = _plan(value)
    assert isinstance(found, Plan)
    return found


def operation_of(value: Value) -> Operation:
    """Read one change: what, which, and what it becomes."""
    if not isinstance(value, Mapping):
        raise Misfit("is not a change")
    fields = {str(key): entry for key, entry in value.items()}
    if not {"what", "id"} <= set(fields) <= {"what", "id", "to"}:
        raise Misfit("is not a change: what, id, to")
    what, id_ = What(str(word_of(set(What))(fields["what"]))), str(_id(fields["id"]))
    to = _BECOMES[what](fields["to"]) if "to" in fields else None
    assert to is None or isinstance(to, str | Priority | Item | Action | Track)
    if not isinstance(to, str) and to is not None and to.id != id_:
        raise Misfit("names one thing and changes another")
    return Operation(what, id_, to)


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        Kind.AMEND: record_of(
            Amendment,
            {
                "state": lambda value: Stage(str(word_of(set(Stage))(value))),
                "number": _count_of,
                "seen": _count_of,
                "base": digest_of,
                "result": digest_of,
                "about": _dispatch_of,
                "operations": many_of(operation_of),
                "reason": _prose,
                "text": _prose,
                "language": text_of(35, form=LANGUAGE),
            },
            {"state", "number", "seen", "base"},
        ),
        Kind.UPDATE: record_of(
            Update,
            {
                "action": _id,
                "state": lambda value: Progress(str(word_of(set(Progress))(value))),
                "plan": digest_of,
                "text": _prose,
                "evidence": _dispatches_of,
                "language": text_of(35, form=LANGUAGE),
            },
            {"action", "state", "plan"},
        ),
    }
)
"""The kinds about the plan itself; those of meetings and scorecards stand with their parts."""
