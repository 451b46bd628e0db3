"""Whom a body of this desk asks about: each person, or what stands for one, in one normal form.

The rule it keeps: another spelling of case, accents, width or word order is the same person; a list in one field is as many
persons as it names; and a question about persons whom it does not name counts as one that was not asked about before.
"""  # spec: law-and-agencies.md 7, budgets over persons

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from comity.desks.requests.model import Body, Correction, Kind, Preserve, Rfi
from comity.marking.names import one_form
from comity.marking.vocabulary import PERSONAL

ASKING = frozenset({Kind.RFI, Kind.MESSAGE, Kind.CORRECTION, Kind.PRESERVE})
"""Kinds by which a side can ask about a person: a question, a line in its case, a correction that swaps a name, a wish to keep
data of one."""
PERSON_RECORDS = frozenset(
    {"subscriber-record", "call-records", "membership-list", "bulk-list", "refugee-record", "travel-record",
     "vehicle-record", "police-file", "youth-record", "biometric-record", "intercept-product", "fiu-record"}
)  # fmt: skip
FREE_IDENTIFIERS = 4
"""Telephones, accounts and papers that go with one named person; each above that stands for another person."""
_NAMES = frozenset({"person", "victim", "minor"})
_IDENTIFIERS = frozenset({"contact", "account", "national-number", "document", "biometric"})
_LISTED = re.compile(r"[;\n/|•]|\s(?:and|et|und|aur|te|और|तथा|ਅਤੇ|&|\+)\s", re.IGNORECASE)
_COMMA = re.compile(r"[,،、]")
_MIN_LIST, _MIN_WORDS = 3, 2


def subjects_of(kind: str, body: Body) -> frozenset[str]:
    """Return the persons that a body asks about; empty for a kind that asks nothing, or a question about no person."""
    if kind not in ASKING:
        return frozenset()
    lines = _lines(body)
    names = {one_form(one) for text, tags in lines if tags & _NAMES for one in listed(text)}
    marks = sorted(
        {one_form(one) for text, tags in lines if not tags & _NAMES and tags & _IDENTIFIERS for one in listed(text)}
    )
    found = {one for one in names if one} | {one for one in marks[FREE_IDENTIFIERS * len(names) :] if one}
    if not found and isinstance(body, Rfi | Preserve) and _about_persons(body):
        return frozenset({f"unnamed {hashlib.sha256(one_form(body.title + ' ' + body.text).encode()).hexdigest()}"})
    return frozenset(found)


def associations_of(body: Body) -> frozenset[str]:
    """Return the associations to which a body says that its subject belongs, each in one normal form."""
    return frozenset(one_form(one) for one in getattr(body, "associations", ()) if one_form(one))


def named_in(body: Body) -> tuple[str, ...]:
    """Return, as written, what may name a person or body, in a body of any kind: lines, replaced lines, title, associations.

    A body none of whose lines is tagged with a name may name somebody in its text only: then the text counts too.
    """
    lines = _lines(body)
    struck = tuple(one.strike for one in body.replacements) if isinstance(body, Correction) else ()
    title = getattr(body, "title", "")
    text = () if any(tags & _NAMES for _, tags in lines) else (body.text,)
    found = (*(value for value, _ in lines), *struck, title, *getattr(body, "associations", ()), *text)
    return tuple(one for one in found if one)


def listed(text: str) -> list[str]:
    """Return the single entries of a field that lists several: split at list marks, and at commas where each part is whole."""
    entries: list[str] = []
    for part in _LISTED.split(text):
        by_comma = [piece.strip() for piece in _COMMA.split(part)]
        whole = len(by_comma) >= _MIN_LIST and all(len(piece.split()) >= _MIN_WORDS for piece in by_comma)
        whole = whole or (len(by_comma) >= _MIN_WORDS and all(any(c.isdecimal() for c in piece) for piece in by_comma))
        entries += by_comma if whole else [part]
    return [entry for entry in entries if entry.strip()]


def _lines(body: Body) -> list[tuple[str, frozenset[str]]]:
    found: Iterable[tuple[str, frozenset[str]]] = [(item.value, frozenset(item.categories)) for item in body.items]
    lines = list(found)
    if isinstance(body, Correction):
        lines += [(one.value, frozenset(one.categories)) for one in body.replacements]
    return lines


def _about_persons(body: Rfi | Preserve) -> bool:
    return bool(frozenset(getattr(body, "asks", ())) & PERSONAL or frozenset(body.records) & PERSON_RECORDS)
