"""Forms that persons sign, such as a certificate for a court: their wording is data of a law edition, the node fills places.

The rule it keeps: a form says nothing that its edition does not say; what the node does not know stays blank for a hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from comity.base.errors import BadConfiguration
from comity.edge.registry import parse_toml

FOLDER = "forms/"
Texts = dict[str, str]
_PLACE = re.compile(r"\{(\w+)\}")


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a form.

    Attributes:
        kind: `heading`, `text`, `field` (a label and a line to write on), `choice` (boxes to tick), `value` (a hash).
        text: in each language of the form.
        value: what the node fills in, with {places}; "" leaves a blank.
        options: of a choice, in order.
        algorithm: of a choice: which option is ticked for an algorithm by its name.
        page: it begins a new page, such as the part that another person signs.
    """

    kind: Literal["heading", "text", "field", "choice", "value"]
    text: Texts
    value: str = ""
    options: tuple[Texts, ...] = ()
    algorithm: Texts = {}
    page: bool = False


class FormText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form: its name, the languages that all of its wording is in, title, a notice, its blocks in order."""

    id: str
    languages: tuple[str, ...]
    title: Texts
    notice: Texts
    block: tuple[Block, ...]


class Filled(msgspec.Struct, frozen=True):
    """One form with its places filled, in the language nearest to the one asked for."""

    title: str
    notice: str
    language: str
    languages: tuple[str, ...]
    blocks: tuple[dict[str, object], ...]


def form_files(edition: Mapping[str, bytes], short: str) -> dict[str, bytes]:
    """Return the forms of an edition by their names among papers, `forms/<party>-<file>`."""
    found = sorted(path for path in edition if path.startswith(FOLDER) and path.endswith(".toml"))
    return {f"{FOLDER}{short.lower()}-{path.removeprefix(FOLDER)}": edition[path] for path in found}


def filled(content: bytes, name: str, places: Mapping[str, str], algorithm: str, language: str) -> Filled:
    """Read one form and fill its places.

    Args:
        content: of its file.
        name: for messages.
        places: what each {place} becomes.
        algorithm: the name of the hash algorithm, for the box to be ticked.
        language: wanted; a form that is not worded in it stands in its own first language.

    Raises:
        BadConfiguration: it is no form, a text lacks a language, or it has a place that nothing fills.
    """
    form = parse_toml(content, FormText, name)
    own = language if language in form.languages else form.languages[0]
    blocks = tuple(_block(one, own, places, algorithm, name) for one in form.block)
    title, notice = (_fill(_said(one, language, own, name), places, name) for one in (form.title, form.notice))
    return Filled(title, notice, own, form.languages, blocks)


def _block(block: Block, language: str, places: Mapping[str, str], algorithm: str, name: str) -> dict[str, object]:
    ticked = block.algorithm.get(algorithm)
    options = [
        {"text": _said(one, language, language, name), "ticked": ticked is not None and ticked in one.values()}
        for one in block.options
    ]
    return {
        "kind": block.kind,
        "text": _fill(_said(block.text, language, language, name), places, name),
        "value": _fill(block.value, places, name),
        "options": options,
        "page": block.page,
    }


def _said(texts: Texts, language: str, own: str, name: str) -> str:
    said = texts.get(language, texts.get(own))
    if said is None:
        raise BadConfiguration(f"{name}: a text of this form is not there in {own}; nothing was made")
    return said


def _fill(text: str, places: Mapping[str, str], name: str) -> str:
    def place(match: re.Match[str]) -> str:
        if match[1] not in places:
            raise BadConfiguration(f"{name}: nothing is known for the place {{{match[1]}}}; nothing was made")
        return places[match[1]]

    return _PLACE.sub(place, text)
