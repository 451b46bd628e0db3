"""Cases about words: what crosses when an officer refuses on a ground of their own, such as that nothing is held.

The rule it keeps: every inward ground and every outward code of the vocabulary is tried by a case, also those that no rule
of law leads to.
"""  # spec: vocabulary.md 6

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass

from comity.base.errors import BadConfiguration
from comity.marking.vocabulary import GROUNDS, OUTWARD
from comity.policy.cases import GROUNDS_TABLE, Outcome
from comity.policy.edition import Edition
from comity.policy.toml import Table


@dataclass(frozen=True, slots=True)
class GroundCase:
    """One ground: the word that an edition chose for it, and all that an officer may say, most telling first."""

    law: str
    ground: str
    says: str
    may: tuple[str, ...]
    file: str


def read_grounds(text: str, file: str) -> tuple[GroundCase, ...]:
    """Read the `[ground.EDITION]` tables of a file of cases: ground to the codes that it may be told as.

    The first code of each list is the one that the edition chooses.

    Raises:
        BadConfiguration: no TOML, an unknown ground or code.
    """
    try:
        tables = Table(file, tomllib.loads(text)).table(GROUNDS_TABLE)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{file}: {error}; no case was read") from error
    found: list[GroundCase] = []
    for law in sorted(tables.names()):
        grounds = tables.table(law)
        found += [_ground(law, ground, grounds.texts(ground), file) for ground in sorted(grounds.names())]
    return tuple(found)


def wrong_words(case: GroundCase, edition: Edition) -> tuple[str, ...]:
    """Return what is not as the case says; the edition must be that of `case.law`."""
    says = dict(edition.outward)[case.ground]
    lawful = GROUNDS[case.ground]
    wrong: list[str] = []
    if says != case.says:
        wrong.append(f"{case.law}: {case.ground} is told as {says}, not {case.says}")
    if set(case.may) != set(lawful):
        wrong.append(f"{case.law}: {case.ground} may be told as {', '.join(lawful)}, not {', '.join(case.may)}")
    return tuple(wrong)


def never_seen(outcomes: Iterable[Outcome], words: Iterable[GroundCase]) -> tuple[str, ...]:
    """Return one line for each ground and outward code of the vocabulary that neither answers nor words have tried."""
    grounds: set[str] = set()
    codes: set[str | None] = set()
    for outcome in outcomes:
        grounds |= set((outcome.verdict.ground or "").split(", "))
        codes.add(outcome.verdict.outward)
    for case in words:
        grounds.add(case.ground)
        codes |= set(case.may)
    return (
        *(f"the ground {word} is never seen" for word in sorted(GROUNDS) if word not in grounds),
        *(f"the outward code {word} is never seen" for word in OUTWARD if word not in codes),
    )


def _ground(law: str, ground: str, may: tuple[str, ...], file: str) -> GroundCase:
    if ground not in GROUNDS:
        raise BadConfiguration(f"{file}: there is no ground called {ground!r}; no case was read")
    if not may or not set(may) <= set(OUTWARD):
        raise BadConfiguration(f"{file}: {ground} is told as outward codes; no case was read")
    return GroundCase(law, ground, may[0], may, file)
