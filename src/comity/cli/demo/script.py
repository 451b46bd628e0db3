"""What a day must come to, as data beside it: totals, what moved, spans that count; and where each attack begins."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from comity.base.ids import Ms
from comity.edge.registry import read_toml

FILE = "demo.toml"


class Totals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many dispatches of what; parties by id."""

    dispatches: int
    by_party: dict[str, int]
    by_kind: dict[str, int]
    answers_by_stage: dict[str, int]
    refusals_by_law: dict[str, int]
    redactions_by_law: dict[str, int]


class Overdue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """A question whose answer comes late: who owes it, and from when until when it is overdue, to the minute."""

    question: int
    of: str
    begins: datetime
    ends: datetime


class ItemScript(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One workplan item: what moved on the day, what moved before it, what was overdue."""

    id: str
    moved: int
    before: int = 0
    overdue: Overdue | None = None


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole minutes from dispatch `after`, when it reached the state `since`, to the sending of dispatch `until`."""

    what: str
    after: int
    until: int
    minutes: int
    since: str = "arrived"


class ConsignmentScript(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of one consignment.

    Attributes:
        number: its notification.
        held: why the goods must not leave, when it is notified; `holds`: at the end of the day.
        state: where it stands at the end.
        screen: what each line is to a screen, in the order of the lines; `one_sided`: one law has what the other has not.
        missing: grams that were to come and did not; None where nothing came.
    """

    number: int
    held: tuple[str, ...]
    holds: tuple[str, ...]
    state: str
    screen: tuple[str, ...]
    one_sided: bool = False
    missing: int | None = None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file.

    Attributes:
        day: its date.
        totals, item, span: what it must come to.
        consignment: what becomes of the consignments, which are not in the totals.
        attacks: the dispatches of the day that each attack works on.
        approver: role of the roster that is rung when something immediate cannot go.
    """

    day: date
    totals: Totals
    item: tuple[ItemScript, ...]
    attacks: dict[str, Annotated[tuple[int, ...], msgspec.Meta(min_length=1)]]
    span: tuple[Span, ...] = ()
    consignment: tuple[ConsignmentScript, ...] = ()
    approver: str = "approver"


def read_script(folder: Path) -> Script:
    """Read the file beside an accord's day.

    Raises:
        BadConfiguration: it cannot be read, or a key is missing or unknown.
    """
    return read_toml(folder / FILE, Script)


def ms(moment: datetime) -> Ms:
    """Return a time of the file in milliseconds."""
    return Ms(int(moment.timestamp() * 1_000))
