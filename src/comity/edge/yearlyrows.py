"""Rows of a yearly report: what, which, how many, as words of closed lists that a language has; and which counts are hidden outside.

The rule it keeps: a word that no list has is counted as `other`, so that no name, no community and no text of a person can stand
in a report; a count under five stays with the party that counted it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Final, NamedTuple

from comity.base.errors import BadConfiguration
from comity.edge.casepages import DOCUMENTS
from comity.edge.figurepdf import LANGUAGES
from comity.marking.vocabulary import CONDITIONS
from comity.node.activityreport import ActivityReport
from comity.node.lawreport import OTHER, Counts, FullForms, MistreatmentReport
from comity.policy.access import Role

LEAST: Final = 5
"""A count under this one is not shown to anyone else."""
_LINKED: Final = (("assessments", "forms", "risks", "decisions"), ("sent", "purposes"), ("received", "purposes"))
"""Tables that count the same things otherwise: what is hidden in one must not be the rest of another."""
_ARROW = " > "


class Row(NamedTuple):
    """One count: of which table, of what (keys of words, or codes of closed lists), how many; None is hidden."""

    table: str
    which: tuple[str, ...]
    number: int | None


@dataclass(frozen=True, slots=True)
class Words:
    """Words of yearly reports in one language: of tables, and of what is counted."""

    rows: Mapping[str, str]
    words: Mapping[str, str]


@cache
def yearly_words(language: str) -> Words:
    """Return the words of yearly reports in one language.

    Raises:
        BadConfiguration: there are none.
    """
    path = DOCUMENTS / "yearly" / f"{language}.toml"
    if language not in LANGUAGES or not path.is_file():
        raise BadConfiguration(f"there are no words for reports in {language!r}; choose one of {', '.join(LANGUAGES)}")
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return Words(found["rows"], found["words"])


def mistreatment_rows(report: MistreatmentReport, offices: Iterable[str] = ()) -> tuple[Row, ...]:
    """Return a report as rows; `offices` are ids of our agencies, to whom something may go upward."""
    heads = frozenset({*offices, *(role.value for role in Role)})
    found = [Row("decided", (), report.decided)]
    found += _table("assessments", report.assessments, "assessed-{}")
    found += _table("forms", report.forms, "assessed-{}", "form-{}")
    found += _table("risks", _spaced(report.risks), "risk-{}", "risk-{}")
    found += _table("decisions", report.decisions, "decision-{}")
    found += _table("inside", report.inside, "assessed-{}")
    found += _merged("mitigations", ((_mitigation(word), number) for word, number in report.mitigations))
    found += _merged("upward", ((_upward(word, heads), number) for word, number in report.upward))
    found += _table("refused", report.refused, "act-{}")
    found += _table("tainted", tuple((word.replace(" ", "-"), number) for word, number in report.tainted), "{}")
    found += [Row("full_forms", (one.name,), getattr(report.full_forms, one.name)) for one in fields(FullForms)]
    return tuple(found)


def activity_rows(report: ActivityReport, offices: Iterable[str] = ()) -> tuple[Row, ...]:  # noqa: ARG001  as the other
    """Return a report as rows."""
    acts = tuple((word.replace("not done", "not-done"), number) for word, number in report.acts)
    found = [Row("records", (), report.records)]
    for name in ("sent", "received"):
        found += _table(name, getattr(report, name), "desk-{}", "kind-{}")
    found += _table("purposes", report.purposes, "{}", "purpose-{}")
    found += _table("not_sent", report.not_sent, "{}")
    found += _table("not_admitted", report.not_admitted, "outward-{}")
    found += _table("acts", acts, "act-{}", "{}")
    found += [
        Row("broken_glass", (), report.broken_glass),
        Row("other", (), sum(number for _, number in report.other)),
    ]
    return tuple(found)


def _table(name: str, counts: Counts, *shapes: str) -> Iterator[Row]:
    """Yield the rows of one table: each part of a word by its shape, if there is a word for it, else `other`."""
    return _merged(name, ((_known(word.split(" "), shapes), number) for word, number in counts))


def _known(parts: Sequence[str], shapes: Sequence[str]) -> tuple[str, ...]:
    if len(parts) != len(shapes):
        return (OTHER,)
    words = yearly_words(LANGUAGES[0]).words
    keys = (shape.format(part) for shape, part in zip(shapes, parts, strict=True))
    return tuple(key if key in words else OTHER for key in keys)


def _merged(name: str, found: Iterable[tuple[tuple[str, ...], int]]) -> Iterator[Row]:
    counts: dict[tuple[str, ...], int] = {}
    for which, number in found:
        counts[which] = counts.get(which, 0) + number
    yield from (Row(name, which, number) for which, number in (counts or {(): 0}).items())


def _spaced(counts: Counts) -> Counts:
    return tuple((word.replace(_ARROW, " "), number) for word, number in counts)


def _mitigation(word: str) -> tuple[str, ...]:
    """Return a mitigation: the code of a condition, what was removed, an assurance, or `other`."""
    verb, _, value = word.partition(":")
    if word in CONDITIONS:
        return (word,)
    if value in CONDITIONS:
        return (*_known((verb,), ("{}",)), value)
    return _known((verb, value), ("{}", "category-{}")) if value else _known((verb,), ("{}",))


def _upward(word: str, heads: frozenset[str]) -> tuple[str, ...]:
    """Return what went upward: a decision, or our law's referral to one of our agencies or a role."""
    kind, _, to = word.partition(": ")
    return (kind, to if to in heads else OTHER) if to else _known((kind,), ("decision-{}",))


# --- outside ---------------------------------------------------------------------------------------------------------


def hidden(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows as they may leave the party: counts of one to four hidden, and what would give them away.

    In each table another count is hidden too, the smallest, until no hidden one is the rest of a total: there are two at least,
    and more together than there are of them. Where that cannot be had, the table and those that count the same are hidden whole.
    """
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row)
    hides = {name: _hides([row.number or 0 for row in found]) for name, found in tables.items()}
    closed = {name for name, places in hides.items() if places is None}
    closed |= {name for group in _LINKED if closed & {*group} for name in group}
    return tuple(
        row._replace(number=None) if name in closed or place in (hides[name] or ()) else row
        for name, found in tables.items()
        for place, row in enumerate(found)
    )


def _hides(counts: Sequence[int]) -> frozenset[int] | None:
    """Return the places that are hidden; None if what is left would always give one away."""
    found = {place for place, count in enumerate(counts) if 0 < count < LEAST}
    spare = sorted((count, place) for place, count in enumerate(counts) if count >= LEAST)
    while found and not (len(found) > 1 and sum(counts[place] for place in found) > len(found)):
        if not spare:
            return None
        found.add(spare.pop(0)[1])
    return frozenset(found)


def said(rows: Iterable[Row], language: str, mark: str) -> list[list[str]]:
    """Return rows in a language: what, which, how many; `mark` stands for a count that is hidden."""
    words = yearly_words(language)
    return [
        [
            words.rows[row.table],
            ", ".join(words.words.get(key, key) for key in row.which),
            mark if row.number is None else str(row.number),
        ]
        for row in rows
    ]
