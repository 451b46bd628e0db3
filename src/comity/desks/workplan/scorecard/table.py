"""Figures as rows of text in one language, for CSV and for printed sheets; times as milliseconds there and in words here."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from comity.desks.workplan.scorecard import codec
from comity.desks.workplan.scorecard.comparing import Named
from comity.desks.workplan.scorecard.model import ALL, Line, Scorecard
from comity.desks.workplan.scorecard.public import Public

HEADS = ("figure", "side", "item", "desk", "kind", "urgency", "code", "value")
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000


def figure_rows(card: Scorecard, sides: Sequence[str], words: Mapping[str, str]) -> list[list[str]]:
    """Return all figures as rows.

    Args:
        card: the figures.
        sides: what the two sides are called.
        words: of figures and codes; what is not in it stands as it is.
    """
    return [_row(one, sides, words) for one in card.lines]


def _row(one: Line, sides: Sequence[str], words: Mapping[str, str]) -> list[str]:
    said = (said_of(part, words) for part in (one.item, one.desk, one.kind, one.urgency, one.code))
    return [said_of(one.figure, words), sides[one.side], *said, str(one.value)]


def said_of(word: str, words: Mapping[str, str]) -> str:
    """Return a word in the language; items and codes without words stand as they are."""
    return words.get("all", word) if word == ALL else words.get(word, word)


def public_rows(public: Public, sides: Sequence[str], words: Mapping[str, str]) -> list[list[str]]:
    """Return the published figures as rows; `sides` are three, the last for both together."""
    return [
        [
            said_of(one.figure, words),
            sides[one.side],
            said_of(one.item, words),
            "",
            "",
            "",
            said_of(one.code, words),
            words.get("hidden", "hidden") if one.value is None else str(one.value),
        ]
        for one in public.lines
    ]


def csv_text(rows: Sequence[Sequence[str]], words: Mapping[str, str]) -> str:
    """Return rows as CSV under their heads."""
    out = _Lines()
    csv.writer(out, lineterminator="\r\n").writerows([[words.get(head, head) for head in HEADS], *rows])
    return "".join(out.written)


def leaves_text(leaves: Sequence[Named], words: Mapping[str, str]) -> str:
    """Return all leaves that explain a difference as CSV: log, place, hash, what each side holds, figures."""
    heads = ("log", "leaf-place", "leaf-hash", "leaf-ours", "leaf-theirs", "figure")
    rows = [
        [
            one.origin,
            str(one.place),
            one.leaf.hex(),
            *(said_of(f"held-{held.name.lower()}", words) for held in (one.ours, one.theirs)),
            ", ".join(said_of(figure, words) for figure in one.figures),
        ]
        for one in leaves
    ]
    out = _Lines()
    csv.writer(out, lineterminator="\r\n").writerows([[words.get(head, head) for head in heads], *rows])
    return "".join(out.written)


class _Lines:
    """What a writer of CSV writes, kept."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        """Keep one line."""
        self.written.append(text)


def span_of(milliseconds: int) -> str:
    """Write a time: 5 min, 6 h 40 min, 3 d 4 h."""
    days, rest = divmod(milliseconds, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes = rest // _MINUTE
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def printed(
    card: Scorecard, sides: Sequence[str], words: Mapping[str, str], public: Public | None = None
) -> dict[str, object]:
    """Return what stands on a printed sheet, as plain data: title, subtitle, facts, tables, note."""
    first, last = (
        datetime.fromtimestamp(one / 1_000, UTC).date() for one in (card.period.begins, card.period.ends - 1)
    )
    facts = [(words["period"], f"{first} / {last}")]
    if public is None:
        facts += [(words["digest"], codec.digest(card).hex())]
        facts += [(words["log"], f"{one.origin}, {one.size}, {one.root.hex()}") for one in card.cut]
    rows = figure_rows(card, sides, words) if public is None else public_rows(public, sides, words)
    tables: list[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]] = []
    for figure in dict.fromkeys(row[0] for row in rows):
        found = [row for row in rows if row[0] == figure]
        kept = [n for n in range(1, len(HEADS)) if any(row[n] for row in found)]
        shown = tuple(tuple(_value(row[n], n, figure, words) for n in kept) for row in found)
        tables.append((figure, tuple(words.get(HEADS[n], HEADS[n]) for n in kept), shown))
    return {
        "title": words["scorecard" if public is None else "scorecard-public"],
        "subtitle": " - ".join(sides[:2]),
        "facts": tuple(facts),
        "tables": tuple(tables),
        "note": words["no-officer"] + ("" if public is None else " " + words["hidden-note"]),
    }


def _value(text: str, place: int, figure: str, words: Mapping[str, str]) -> str:
    timed = place == len(HEADS) - 1 and any(words.get(key) == figure for key in words if key.endswith("-ms"))
    return span_of(int(text)) if timed and text.isdecimal() else text
