"""The one way between the bodies of meetings and their canonical bytes.

The rule it keeps: an operation has the fields of its own act and no others; ids and language versions stand in one order.
"""  # spec: protocol.md 3

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache

from comity.base.bodies import Reading, read_body, tidy, write_body
from comity.base.cbor import Value
from comity.base.readers import Misfit
from comity.desks.workplan.meetings.kinds import ALLOWED, NEEDED, READERS, form_of
from comity.desks.workplan.meetings.model import Act, Body, Meeting, Minutes, Sort, Step

_ID_LISTS = ("over", "on", "of")
_WORDS_ONLY = frozenset({"state", "sort", "about", "language", "languages", "zone", "party", "due", "agency"})
"""Fields whose texts are words of a closed list, tags, zones, days or ids of agencies, so that the scan need not read them."""


def compose_body(kind: str, form: Mapping[str, Value]) -> bytes:
    """Return the canonical bytes of a form, tidied into the one shape.

    Raises:
        BadForm: a field is missing, unknown or ill-formed; the message names it.
    """
    return write_body(kind, _ordered(tidy(form)), _read, _unknown)


@lru_cache(maxsize=256)
def read(kind: str, data: bytes) -> Reading[Body]:
    """Read the canonical bytes of a body, ours or the peer's; a meeting's are read again at each fold, so many stay in memory.

    Raises:
        BadEnvelope: not canonical, or it does not fit the schema of `kind`.
    """
    return read_body(kind, data, _read, _WORDS_ONLY)


def parse_body(kind: str, data: bytes) -> Body:
    """Return the typed body of canonical bytes; errors as `read`."""
    return read(kind, data).body


def _read(kind: str, found: Value) -> Body:
    if kind not in READERS:
        raise Misfit("is a kind that meetings do not have")
    body = READERS[kind](found)
    assert isinstance(body, Meeting | Minutes)
    _check_fields(kind, body)
    if isinstance(body, Meeting):
        _check_terms(body)
    else:
        _check_operation(body)
    return body


def _check_fields(kind: str, body: Body) -> None:
    there = {one.name for one in fields(body) if getattr(body, one.name) not in ("", b"", (), None, False)}
    there -= {"state", "unknown"}
    name = form_of(kind, body.state)
    lacking, besides = sorted(NEEDED[name] - there), sorted(there - ALLOWED[name])
    if lacking:
        raise Misfit(f"{body.state} lacks {lacking[0]}")
    if besides:
        raise Misfit(f"{body.state} does not have {besides[0]}")


def _check_terms(body: Meeting) -> None:
    if body.state not in {Step.CALL, Step.MOVE}:
        return
    if (body.sort == Sort.REVIEW) != (body.at is not None):
        raise Misfit("at: a meeting has a time, a consultation has none")


def _check_operation(body: Minutes) -> None:
    if body.state == Act.TEXT and body.struck == bool(body.texts):
        raise Misfit("texts: a paragraph has a text, or is struck out")
    if body.state == Act.TEXT and not body.struck and body.language not in {one.language for one in body.texts}:
        raise Misfit("language: the original is not among the versions")
    if body.decision is not None:
        parties = [one.party for one in body.decision.owners]
        if len(parties) != len(set(parties)):
            raise Misfit("decision: a side owns it once")


def _ordered(value: Value) -> Value:
    """Sort what has one order: ids by their bytes, versions by language, owners by side."""
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Value] = {str(key): entry for key, entry in value.items() if entry != b""}
    for name in _ID_LISTS:
        ids = found.get(name)
        if isinstance(ids, list):
            found[name] = sorted({one for one in ids if isinstance(one, bytes)})
    versions = found.get("texts")
    if isinstance(versions, list):
        found["texts"] = _by(versions, "language")
    decision = found.get("decision")
    if isinstance(decision, Mapping):
        held: dict[str, Value] = {str(key): entry for key, entry in decision.items()}
        owners = held.get("owners")
        found["decision"] = {**held, "owners": _by(owners, "party")} if isinstance(owners, list) else held
    return found


def _by(entries: Sequence[Value], name: str) -> list[Value]:
    def key(entry: Value) -> str:
        found = {str(key): held for key, held in entry.items()} if isinstance(entry, Mapping) else {}
        return str(found.get(name, ""))

    return sorted(entries, key=key)


def _unknown(body: Body) -> set[str]:
    return {key for part in (body, *_parts(body)) for key in getattr(part, "unknown", ())}


def _parts(body: Body) -> Iterator[object]:
    if isinstance(body, Meeting):
        yield from (*body.places, *body.deputies, *body.agenda)
        return
    yield from body.texts
    if body.decision is not None:
        yield body.decision
        yield from body.decision.owners
