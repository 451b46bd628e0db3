"""Findings that are right as they are: a file of data, each with its reason, so that only what is new stands out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass

from comity.analysis.finding import Finding, Kind
from comity.base.errors import BadConfiguration
from comity.policy.toml import Table

_BY_PAIR = frozenset({Kind.CONTRADICTION, Kind.UNKNOWN_WORD, Kind.ENDED_BASIS, Kind.LIFTED})
"""Kinds of finding that are another one with another rule or word beside it."""
_KINDS = tuple(kind.value for kind in Kind if kind is not Kind.FAULT)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One finding that somebody looked at and left.

    Attributes:
        laws: the editions in which it stands, by folder; empty for any.
        kind: kind of finding.
        rule: the rule that it is about.
        beside: rules or words beside it, where they make it another finding; sorted.
        reason: why it is right as it is.
    """

    laws: tuple[str, ...]
    kind: Kind
    rule: str
    beside: tuple[str, ...]
    reason: str

    def covers(self, law: str, finding: Finding) -> bool:
        """Say whether this is the finding that was accepted; a fault of the analysis never is."""
        same = (self.kind, self.rule) == (finding.kind, finding.rule) and (not self.laws or law in self.laws)
        return same and (self.kind not in _BY_PAIR or self.beside == finding.others)


def read_accepted(text: str, where: str) -> tuple[Accepted, ...]:
    """Read the file of accepted findings.

    Args:
        text: TOML, `[[accepted]]` tables.
        where: name of the file, for messages.

    Raises:
        BadConfiguration: not TOML, a table without a reason, an unknown key or kind.
    """
    try:
        whole = Table(where, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{where}: {error}; nothing was accepted") from error
    accepted = tuple(_accepted(table) for table in whole.tables("accepted"))
    whole.done()
    return accepted


def unexpected(law: str, findings: Iterable[Finding], accepted: Iterable[Accepted]) -> tuple[Finding, ...]:
    """Return the findings of an edition that nobody accepted."""
    lines = tuple(accepted)
    return tuple(finding for finding in findings if not any(line.covers(law, finding) for line in lines))


def stale(law: str, findings: Iterable[Finding], accepted: Iterable[Accepted]) -> tuple[Accepted, ...]:
    """Return the lines for this edition that accept what is no longer found; they are to be taken out."""
    found = tuple(findings)
    named = (line for line in accepted if not line.laws or law in line.laws)
    return tuple(line for line in named if not any(line.covers(law, finding) for finding in found))


def _accepted(table: Table) -> Accepted:
    line = Accepted(
        laws=table.texts("laws"),
        kind=Kind(table.one_of("finding", _KINDS)),
        rule=table.text("rule"),
        beside=tuple(sorted(table.texts("with"))),
        reason=table.text("reason"),
    )
    table.done()
    return line
