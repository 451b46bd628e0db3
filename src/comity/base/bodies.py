"""What the bodies of every desk have in common as plain values: one tidy shape, tagged parts, texts of persons, removals.

The rule it keeps: what is absent, empty or false is not written; a part that is removed keeps its label and shows its classes,
neither content nor length.
"""  # spec: protocol.md 3

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from comity.base.cbor import Value, decode, encode
from comity.base.errors import BadEnvelope, BadForm
from comity.base.readers import Misfit

_Body = TypeVar("_Body")


@dataclass(frozen=True, slots=True)
class Reading(Generic[_Body]):
    """A body once read: typed, with the data categories on its parts and all texts that a person wrote."""

    body: _Body
    tagged: frozenset[str]
    texts: tuple[str, ...]


def read_body(
    kind: str, data: bytes, make: Callable[[str, Value], _Body], words_only: Collection[str]
) -> Reading[_Body]:
    """Read the canonical bytes of a body.

    Args:
        kind: of it.
        data: its bytes.
        make: makes the typed body of a kind from its value, or says with `Misfit` what does not fit.
        words_only: as for `texts`.

    Raises:
        BadEnvelope: not canonical, or it does not fit.
    """
    value = decode(data)
    try:
        return Reading(make(kind, value), frozenset(tags(value)), tuple(texts(value, words_only)))
    except Misfit as misfit:
        raise BadEnvelope(f"a body of kind {kind} does not fit: {misfit}") from None


def write_body(
    kind: str, found: Value, make: Callable[[str, Value], _Body], unknown: Callable[[_Body], Iterable[str]]
) -> bytes:
    """Return the canonical bytes of a form that was tidied.

    Args:
        kind: of the body.
        found: the tidied form.
        make: as for `read_body`.
        unknown: gives the keys in a body and its parts that its kind does not have.

    Raises:
        BadForm: a field is missing, unknown or ill-formed; the message names it.
    """
    if not isinstance(found, Mapping):
        raise BadForm("nothing is filled in; nothing was kept")
    try:
        body = make(kind, found)
    except Misfit as misfit:
        raise BadForm(f"{kind}: {misfit}; nothing was kept") from None
    strangers = sorted(unknown(body))
    if strangers:
        raise BadForm(f"{kind} has no field called {strangers[0]}; nothing was kept")
    return encode(found)


def tidy(value: Value) -> Value:
    """Return a form value in the one shape: NFC, no empty things, lists of words and numbers sorted and unique."""
    if isinstance(value, str):
        plain = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
        return plain.strip()
    if isinstance(value, Mapping):
        tidied = {str(key): tidy(entry) for key, entry in value.items()}
        return {key: entry for key, entry in tidied.items() if not _empty(entry)}
    if isinstance(value, (list, tuple)):
        entries = [tidy(entry) for entry in value]
        if all(isinstance(entry, str) for entry in entries):
            return sorted({str(entry) for entry in entries})
        if all(type(entry) is int for entry in entries):
            return sorted({entry for entry in entries if isinstance(entry, int)})
        return entries
    return value


def tags(value: Value) -> Iterator[str]:
    """Yield every data category with which a part of a body is tagged."""
    if isinstance(value, Mapping):
        found = value.get("categories")  # type: ignore[call-overload]  # a body's keys are texts
        if isinstance(found, list):
            yield from (str(tag) for tag in found)
        for entry in value.values():
            yield from tags(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from tags(entry)


def texts(value: Value, words_only: Collection[str]) -> Iterator[str]:
    """Yield every text that a person wrote; `words_only` are fields whose texts are words of a closed list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            if key not in words_only:
                yield from texts(entry, words_only)
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry, words_only)


def without(value: Value, classes: frozenset[str], removed: set[str]) -> Value:
    """Return a body without the parts tagged with one of `classes`, and add to `removed` which classes they had."""
    if isinstance(value, Mapping):
        found: dict[str, Value] = {str(key): entry for key, entry in value.items()}
        tagged = found.get("categories")
        hit = sorted(classes.intersection(str(tag) for tag in tagged)) if isinstance(tagged, list) else []
        if hit:
            removed.update(hit)
            return {"label": found.get("label", ""), "removed": hit}
        return {key: without(entry, classes, removed) for key, entry in found.items()}
    if isinstance(value, list):
        return [without(entry, classes, removed) for entry in value]
    return value


def _empty(value: Value) -> bool:
    return value is None or value is False or value == "" or (isinstance(value, (list, dict)) and not value)
