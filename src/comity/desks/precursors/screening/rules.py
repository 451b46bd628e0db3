"""Class rules as data: which forms a law names beside the substances of its list, under which instrument, from when.

The rule it keeps: a form is held only where a published text covers it; what only comes near is for a person.
"""  # spec: precursors-and-documents.md 3

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from comity.base.errors import BadConfiguration
from comity.desks.precursors.screening.status import Precision, Standing, Status, span
from comity.desks.precursors.screening.verdict import Verdict
from comity.policy.toml import Table

_EFFECTS = (Verdict.CONTROLLED_CLASS.value, Verdict.REVIEW.value)


class Off(StrEnum):
    """How a group comes off."""

    CUT = "cut"
    """The bond between the atoms marked 1 and 2 goes; the side of 1 stays, with a hydrogen."""
    KETONE = "ketone"
    """The atom marked 1 loses those marked 2 and 3 and becomes a carbonyl."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group that a law names in general words.

    Attributes:
        id: as the rules name it.
        smarts: where it sits; the atoms are marked as `off` says.
        off: how it comes off.
    """

    id: str
    smarts: str
    off: Off


@dataclass(frozen=True, slots=True)
class ClassRule:
    """One general wording of one law.

    Attributes:
        id: stable.
        substance: listed substance under which the law has it.
        effect: CONTROLLED_CLASS or REVIEW.
        status: whose law and from when; None where no law decides and a person only looks.
        groups: ids of groups; the form fits when, with such groups taken off, it is the substance. () for a wording
            given by patterns.
        smarts: patterns, each with how often it must be there at least; the form fits when all are.
        without: patterns of which none may be there.
        en: what the wording says, one English sentence.
        examples: SMILES that it must find, each of which a published text names or plainly covers.
    """

    id: str
    substance: str
    effect: Verdict
    status: Status | None
    groups: tuple[str, ...]
    smarts: tuple[str, ...]
    without: tuple[str, ...]
    en: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A structure that fits a class wording and that was looked at: it is not held by that wording.

    Attributes:
        name: as medicines or trade have it.
        smiles: its structure.
        reason: why a person rather than a hold.
    """

    name: str
    smiles: str
    reason: str


@dataclass(frozen=True, slots=True)
class Nearness:
    """From which likeness to a listed structure on a person looks.

    Attributes:
        threshold: Tanimoto over Morgan bits of radius 2, 0 to 1.
        least_atoms: heavy atoms below which likeness says nothing.
    """

    threshold: float
    least_atoms: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the file of rules holds."""

    classes: tuple[ClassRule, ...]
    groups: tuple[Group, ...]
    known: tuple[Known, ...]
    nearness: Nearness


def read_rules(file: str, content: Mapping[str, object], codes: frozenset[str], substances: frozenset[str]) -> Rules:
    """Read the file of rules.

    Raises:
        BadConfiguration: a key, jurisdiction, substance or group that is not known, or a date that is none.
    """
    head = Table(file, content)
    groups = tuple(_group(table) for table in head.tables("group"))
    near = head.table("nearness")
    hundredths, atoms = near.whole("hundredths"), near.whole("least_atoms")
    near.done()
    classes = tuple(_rule(table, file) for table in head.tables("rule"))
    known = tuple(_known(table) for table in head.tables("known"))
    head.done()
    ids = frozenset(group.id for group in groups)
    for rule in classes:
        if rule.substance not in substances or not ids.issuperset(rule.groups):
            raise BadConfiguration(f"{file}: {rule.id}: an unknown substance or group; nothing was loaded")
        if rule.status and rule.status.jurisdiction not in codes:
            raise BadConfiguration(f"{file}: {rule.id}: an unknown jurisdiction; nothing was loaded")
        if bool(rule.groups) == bool(rule.smarts):
            raise BadConfiguration(f"{file}: {rule.id}: either groups or patterns; nothing was loaded")
        if rule.effect.holds and rule.status is None:
            raise BadConfiguration(f"{file}: {rule.id}: what holds goods names its law; nothing was loaded")
    return Rules(classes, groups, known, Nearness(hundredths / 100, atoms))


def _group(table: Table) -> Group:
    found = Group(table.text("id"), table.text("smarts"), Off(table.one_of("off", tuple(Off))))
    table.done()
    return found


def _known(table: Table) -> Known:
    found = Known(table.text("name"), table.text("smiles"), table.text("reason"))
    table.done()
    return found


def _rule(table: Table, file: str) -> ClassRule:
    own, substance = table.text("id"), table.text("substance")
    found = ClassRule(
        id=own,
        substance=substance,
        effect=Verdict(table.one_of("effect", _EFFECTS)),
        status=_status(table, substance, f"{file}: {own}") if table.has("jurisdiction") else None,
        groups=table.texts("groups"),
        smarts=table.texts("smarts"),
        without=table.texts("without"),
        en=table.text("en"),
        examples=table.texts("examples"),
    )
    table.done()
    return found


def _status(table: Table, substance: str, where: str) -> Status:
    since, until = table.one("since"), table.one("until")
    kind = Precision(table.one_of("since_kind", tuple(Precision), default=Precision.EXACT))
    try:
        for text in filter(None, (since, until)):
            span(text)
    except ValueError as error:
        raise BadConfiguration(f"{where}: {error}; nothing was loaded") from error
    if bool(since) == (kind in {Precision.UNREAD, Precision.ALWAYS}):
        raise BadConfiguration(f"{where}: a {kind} start and {since!r} do not go together; nothing was loaded")
    return Status(
        substance=substance,
        jurisdiction=table.text("jurisdiction"),
        standing=Standing.CLASS,
        since=since,
        kind=kind,
        before=Standing.UNKNOWN,
        until=until,
        list=table.one("list"),
        instrument=table.text("instrument"),
        source=table.text("source"),
    )
