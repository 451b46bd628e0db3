"""The label of a dispatch as a type: how urgent, how it may be handled, what it contains, what was removed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from comity.base.ids import Ms


class Lane(IntEnum):
    """How a dispatch travels; a lower number overtakes a higher one."""  # spec: protocol.md 8

    IMMEDIATE = 0
    URGENT = 1
    NORMAL = 2
    BULK = 3


class Urgency(IntEnum):
    """How soon an answer is owed."""  # spec: vocabulary.md 5

    IMMEDIATE = 0
    URGENT = 1
    NORMAL = 2
    FORMAL = 3


LANE_OF = {
    Urgency.IMMEDIATE: Lane.IMMEDIATE,
    Urgency.URGENT: Lane.URGENT,
    Urgency.NORMAL: Lane.NORMAL,
    Urgency.FORMAL: Lane.NORMAL,
}


@dataclass(frozen=True, slots=True)
class Label:
    """What goes with the content and binds whoever holds it.

    Attributes:
        handling: Europol codes, sorted, such as ("H1", "H2"); empty where TLP rules.
        conditions: coded conditions of vocabulary section 2, sorted, unique.
        evaluation: a 4x4 code such as "B2", a 6x6 code, or None where nothing is asserted.
        tlp: TLP 2.0 colour or None.
        pap: PAP colour or None.
        retain_until: the day's end by which the holder erases or renews, or None.
        originator: the agency whose information it is.
        categories: data categories found in the content, sorted, unique.
        redactions: rule classes of what was removed, sorted; may repeat.
    """

    handling: tuple[str, ...]
    conditions: tuple[str, ...]
    evaluation: str | None
    tlp: str | None
    pap: str | None
    retain_until: Ms | None
    originator: str
    categories: tuple[str, ...]
    redactions: tuple[str, ...]
