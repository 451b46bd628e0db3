"""The copy for the international board on paper: the words of its file in four languages, set with the fonts shipped here.

The rule it keeps: what is printed stands in the file, whose digest is on the page, and nothing more; the same file gives the same PDF.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from comity.edge.figurepdf import Sheet, Table, make_sheet, words_of

_SHORT = 16


def copy_pdf(content: bytes, digest: str, language: str) -> bytes:
    """Return a file of a copy as PDF, with the same words and nothing more; the same file gives the same bytes.

    Raises:
        BadConfiguration: typst is not installed, or there are no words in this language.
    """
    said, words = json.loads(content), words_of(language)
    at = datetime.fromisoformat(said["made"])
    return make_sheet(_sheet(said, digest, words), language, second=int(at.timestamp()))


def _sheet(said: Mapping[str, Any], digest: str, words: Mapping[str, str]) -> Sheet:
    w = _Words(words)
    facts = [(w("made"), said["made"]), (w("accord"), said["accord"]), (w("given-by"), said["given_by"])]
    facts += list(_incident(said["incident"], w)) + list(_notified(said["notification"], w)) + [(w("file"), digest)]
    goods = [*(said["incident"].get("lines") or ()), *((said["notification"] or {}).get("lines") or ())]
    tables = (
        Table(w("goods"), (w("substance"), w("numbers"), w("grams")), tuple(_goods(one, w) for one in goods)),
        Table(
            w("approvals"), (w("side"), w("dispatch"), w("made")), tuple(_approval(one, w) for one in said["approvals"])
        ),
        Table(w("proof"), (w("log"), w("leaf"), w("head")), tuple(map(_proof, said["proof"]))),
    )
    left = ", ".join(said["left_out"])
    return Sheet(
        w("title"), w("subtitle"), tuple(facts), tables, f"{w('note')} {w('left-out')}: {left}." if left else w("note")
    )


class _Words:
    """The words of a copy in one language; a code without a word is shown as it is."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def __call__(self, key: str) -> str:
        return self._words.get(f"copy-{key}", key)


def _incident(incident: Mapping[str, Any], w: _Words) -> list[tuple[str, str]]:
    rows = [(w("incident"), f"{w(incident['what'])}, {incident['dispatch']}")]
    rows += [(w(key), incident[key]) for key in ("known", "place", "batch") if key in incident]
    return rows + [(w("firm"), _party(one, w)) for one in incident.get("firms", ())]


def _notified(notification: Mapping[str, Any] | None, w: _Words) -> list[tuple[str, str]]:
    if notification is None:
        return []
    rows = [(w("notification"), f"{notification['dispatch']}, {notification['made']}")]
    rows += [
        (w(key), _party(notification[key], w)) for key in ("exporter", "importer", "consignee") if notification[key]
    ]
    return rows + [(w(key), notification[key]) for key in ("entry", "leaves") if notification[key]]


def _party(firm: Mapping[str, str], w: _Words) -> str:
    return w(f"withheld-{firm['withheld']}") if "withheld" in firm else f"{firm['name']}, {firm['address']}"


def _goods(one: Mapping[str, Any], w: _Words) -> tuple[str, ...]:
    numbers = [
        f"{name} {one[key]}"
        for name, key in (("CAS", "cas"), ("HS", "hs"), ("UN", "un"), ("", "inchikey"))
        if key in one
    ]
    moved = [f"{w(key)} {one[key]}" for key in ("grams_left", "grams_arrived") if key in one]
    more = [one[key] for key in ("form", "share") if key in one]
    return "; ".join([one["substance"], *more]), "; ".join(numbers), "; ".join([str(one["grams"]), *moved])


def _approval(one: Mapping[str, str], w: _Words) -> tuple[str, ...]:
    return f"{one['side']}, {w(one['word'])}", one["dispatch"], one["made"]


def _proof(one: Mapping[str, Any]) -> tuple[str, ...]:
    head = f"{one['size']}: {one['root'][:_SHORT]}"
    return f"{one['log']}, {one['index']}", one["leaf"][:_SHORT], head
