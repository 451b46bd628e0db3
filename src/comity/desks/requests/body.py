"""The one way between the bodies of the requests desk and their canonical bytes.

The rule it keeps: a body has one form. What is absent, empty or false is not written; lists of words and numbers are
sorted and unique; a form is tidied into that shape, bytes of the peer must already have it.
"""  # spec: protocol.md 3

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from comity.base.bodies import Reading, read_body, tidy, write_body
from comity.base.cbor import Value
from comity.base.readers import Misfit
from comity.desks.requests.kinds import READERS
from comity.desks.requests.model import Answer, Body, Content, Correction, Posting
from comity.desks.requests.whole import check_whole

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
        "means",
        "usable",
        "covers",
        "useful",
        "used",
        "overlap",
        "cell",
    }
)
"""Fields whose texts are words of a closed list, so that the scan need not read them."""


def compose_body(kind: str, form: Mapping[str, Value]) -> bytes:
    """Return the canonical bytes of a form, tidied into the one shape.

    Raises:
        BadForm: a field is missing, unknown or ill-formed; the message names it.
    """
    return write_body(kind, tidy(form), _read, _unknown)


@lru_cache(maxsize=32)
def read(kind: str, data: bytes) -> Reading[Body]:
    """Read the canonical bytes of a body, ours or the peer's.

    One dispatch is read by several steps in a row, so the last 32 readings stay in memory.

    Raises:
        BadEnvelope: not canonical, or it does not fit the schema of `kind`.
    """
    return read_body(kind, data, _read, _WORDS_ONLY)


def parse_body(kind: str, data: bytes) -> Body:
    """Return the typed body of canonical bytes.

    Raises:
        BadEnvelope: not canonical, or it does not fit the schema of `kind`.
    """
    return read(kind, data).body


def _read(kind: str, found: Value) -> Body:
    if kind not in READERS:
        raise Misfit("is a kind that this desk does not have")
    body = READERS[kind](found)
    assert isinstance(body, Content)
    check_whole(body)
    return body  # type: ignore[return-value]  # the readers make nothing but bodies of this desk


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
