"""The closed word lists of the exchange, as tables: purposes, conditions, codes, categories, limits, refusals.

The rule it keeps: one concept, one word, everywhere; a list grows by an amendment of the accord only. Nothing here
knows a country. Time limits are defaults, which an accord may override.
"""  # spec: vocabulary.md 2-6

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from comity.marking.labels import Urgency

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

HANDLING = ("H0", "H1", "H2", "H3")  # spec: Europol handling codes
TLP = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
"""TLP 2.0, least to most restrictive."""  # spec: TLP 2.0
PAP = ("CLEAR", "GREEN", "AMBER", "RED")
"""What may be done with an indicator, least to most restrictive."""  # spec: MISP PAP
_OLD_COLOURS = {"WHITE": "CLEAR"}


def read_colour(written: str) -> str:
    """Return a TLP or PAP colour as version 2 writes it: prefix and case dropped, `WHITE` read as `CLEAR`."""
    colour = written.strip().upper().removeprefix("TLP:").removeprefix("PAP:")
    return _OLD_COLOURS.get(colour, colour)


class Takes(StrEnum):
    """What stands in the brackets behind a condition."""

    NOTHING = ""
    LIST = "list"
    DATE = "date"
    REFERENCE = "reference"


CONDITIONS = MappingProxyType(
    {
        "no-evidence": Takes.NOTHING,
        "no-onward": Takes.NOTHING,
        "named-agencies": Takes.LIST,
        "named-persons": Takes.LIST,
        "no-third-state": Takes.NOTHING,
        "no-death-penalty-proceeding": Takes.NOTHING,
        "assurance-required": Takes.REFERENCE,
        "no-arrest-without-contact": Takes.NOTHING,
        "no-contact-with-subject": Takes.NOTHING,
        "no-contact-with-source": Takes.NOTHING,
        "no-automated-decision": Takes.NOTHING,
        "no-match-listing": Takes.NOTHING,
        "destroy-by": Takes.DATE,
        "return-by": Takes.DATE,
        "consult-before-disclosure": Takes.NOTHING,
        "lead-only": Takes.NOTHING,
        "translation-unofficial": Takes.NOTHING,
        "minor-involved": Takes.NOTHING,
        "victim-data": Takes.NOTHING,
        "witness-risk": Takes.NOTHING,
        "political-content-removed": Takes.NOTHING,
    }
)
"""The conditions of handling code H3 and what each takes in brackets."""

CATEGORIES = frozenset(
    {
        "person", "location", "contact", "account", "national-number", "biometric", "document", "victim", "minor",
        "health", "political-or-religious", "protection-claim", "privileged", "source-or-method", "intercept",
        "commercial", "indicator",
    }
)  # fmt: skip
"""What content may be about."""
PERSONAL = frozenset(
    {
        "person", "location", "contact", "account", "national-number", "biometric", "victim", "minor", "health",
        "political-or-religious", "protection-claim",
    }
)  # fmt: skip
"""The categories that are about a person, so that a day of erasure or review is due."""

RECORD_TYPES = frozenset(
    {
        "customs-record", "subscriber-record", "traffic-capture", "call-records", "membership-list", "bulk-list",
        "refugee-record", "travel-record", "vehicle-record", "registration", "incident-data", "permit-data",
        "police-file", "youth-record", "fiu-record", "biometric-record", "intercept-product", "case-document",
    }
)  # fmt: skip
"""Kinds of records asked for or drawn on; the law's rules name the same words."""
KNOWN_FOR = frozenset({"opinion", "faith", "journalism", "diaspora"})
"""Why a subject may be known to either side; any of them refers."""  # spec: law-and-agencies.md 7 rule 7

SOURCE_4X4, INFORMATION_4X4 = ("A", "B", "C", "X"), ("1", "2", "3", "4")  # spec: Europol Regulation art. 29
SOURCE_6X6, INFORMATION_6X6 = (
    ("A", "B", "C", "D", "E", "F"),
    ("1", "2", "3", "4", "5", "6"),
)  # spec: MISP admiralty-scale
EVALUATION_4X4 = frozenset(source + grade for source in SOURCE_4X4 for grade in INFORMATION_4X4)
EVALUATION_6X6 = frozenset(source + grade for source in SOURCE_6X6 for grade in INFORMATION_6X6)
_TO_6X6 = {"A": "A", "B": "B", "C": "D", "X": "F", "1": "1", "2": "2", "3": "2", "4": "6"}


def show_as_6x6(code: str) -> str:
    """Return the 6x6 code that is shown beside a 4x4 code; never stored in its place."""
    return "".join(_TO_6X6[letter] for letter in code)  # spec: vocabulary.md 4


class Conduct(StrEnum):
    """What a purpose demands of the field `conduct`."""

    OFFENCE = "offence"
    """An offence label or a described act; none given refers."""
    VIOLENT_ACT = "violent-act"
    """A word of `VIOLENT_CONDUCT` and nothing else."""
    NONE = "none"
    """Nobody is suspected."""


VIOLENT_CONDUCT = frozenset(
    {"act", "attempt", "plan", "threat", "direction", "procurement", "funding", "training", "recruitment"}
)
"""Each of or for violence against persons, or a named attack. What is not here is never a ground."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose code with its bounds.

    Attributes:
        code: as it stands in the header.
        covers: what it is for, in a few words.
        conduct: what the field `conduct` must hold.
        colours: TLP and PAP rule the label, not handling codes.
        case_data: it may carry something about persons or cases.
        desks: only these desks use it; empty means any.
    """

    code: str
    covers: str
    conduct: Conduct = Conduct.OFFENCE
    colours: bool = False
    case_data: bool = True
    desks: frozenset[str] = frozenset()


_NOBODY = Conduct.NONE
_LIST = (
    Purpose("organised-crime", "a group acting together for gain, over time"),
    Purpose("drug-trafficking", "illegal drugs: seizure, consignment, sender, receiver"),
    Purpose("precursor-diversion", "chemicals and equipment leaving lawful trade"),
    Purpose("drug-alert", "health warning about a dangerous batch", conduct=_NOBODY, case_data=False),
    Purpose("firearms-trafficking", "illegal making, sale, tracing of arms"),
    Purpose("human-trafficking", "trafficking in persons, smuggling of migrants"),
    Purpose("child-protection", "exploitation or abduction of a child"),
    Purpose("serious-violence", "an act already done: killing, kidnapping, grave assault"),
    Purpose("extortion-threat-to-life", "a demand under threat, or a danger to a person now"),
    Purpose("missing-person", "whether a person is alive and well", conduct=_NOBODY),
    Purpose("violent-extremism", "violence for an ideological end", conduct=Conduct.VIOLENT_ACT),
    Purpose("fraud", "deceit for gain"),
    Purpose(
        "illicit-finance", "laundering, terrorist financing, sanctions evasion", desks=frozenset({"finance", "node"})
    ),
    Purpose("cyber-incident", "an attack on systems: indicators, sightings, sector", conduct=_NOBODY, colours=True),
    Purpose("cybercrime", "an offence by or against computers: persons, accounts"),
    Purpose("platform-misuse", "accounts or channels used for a stated offence"),
    Purpose("border-document", "is this document genuine, lost, stolen, revoked", conduct=_NOBODY),
    Purpose("immigration-fraud", "forged or sold papers, offers, identities"),
    Purpose("immigration-enforcement", "admissibility or return of one named person"),
    Purpose("treaty-request", "mutual assistance, extradition", desks=frozenset({"central-authority", "node"})),
    Purpose("deconfliction", "two services at one place or time", conduct=_NOBODY),
    Purpose("restricted-dialogue", "a grave allegation between the states", conduct=_NOBODY),
    Purpose("workplan", "plan, meetings, minutes, scorecard", conduct=_NOBODY, case_data=False),
    Purpose("liaison", "postings, rosters, hand-over, who is competent", conduct=_NOBODY, case_data=False),
    Purpose("accord", "keys, amendment, suspension, law editions", conduct=_NOBODY, case_data=False),
)
PURPOSES = MappingProxyType({purpose.code: purpose for purpose in _LIST})
"""The closed list by code."""  # spec: vocabulary.md 3
ROOM_PURPOSE = "restricted-dialogue"
"""The purpose that is a restricted room's alone."""  # spec: vocabulary.md 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits of one urgency in milliseconds, all counted from *arrived*; None where nothing is owed.

    Attributes:
        seen: until a desk has opened it.
        first: until the first answer, also one that says "nothing yet" (for `formal`: the status).
        full: until the final answer or the refusal.
    """

    seen: int | None
    first: int | None
    full: int | None


LIMITS = MappingProxyType(
    {
        Urgency.IMMEDIATE: Limits(30 * _MINUTE, 2 * _HOUR, 8 * _HOUR),
        Urgency.URGENT: Limits(8 * _HOUR, 8 * _HOUR, 3 * _DAY),
        Urgency.NORMAL: Limits(24 * _HOUR, None, 7 * _DAY),
        Urgency.FORMAL: Limits(24 * _HOUR, 30 * _DAY, None),
    }
)
"""Defaults. Directive 2023/977 gives 8 h, 3 days and 7 days; the rest is the project's."""  # spec: vocabulary.md 5  # spec: Directive (EU) 2023/977

OUTWARD = ("unclear", "wrong-authority", "no-legal-basis", "partly", "cannot-assist", "not-held-or-not-confirmed")
"""All that a refusal may say to the other side, most to least telling."""  # spec: vocabulary.md 6
PARTLY = "partly"
"""Stands beside an answer, never alone."""

_LAW = ("no-legal-basis", "cannot-assist")
_QUIET = ("cannot-assist", "not-held-or-not-confirmed")
_CANNOT = ("cannot-assist",)
GROUNDS = MappingProxyType(
    {
        "not-held": ("not-held-or-not-confirmed",),
        "neither-confirm-nor-deny": ("not-held-or-not-confirmed",),
        "no-legal-basis": _LAW,
        "judicial-refused": _LAW,
        "not-an-offence-here": _LAW,
        "national-security": _QUIET,
        "ongoing-investigation": _QUIET,
        "safety-of-person": _QUIET,
        "originator-objects": _QUIET,
        "mistreatment-risk": _CANNOT,
        "political-or-discriminatory": _CANNOT,
        "capital-offence": _CANNOT,
        "disproportionate": ("cannot-assist", PARTLY),
        "minor-offence": ("cannot-assist", PARTLY),
        "budget": ("cannot-assist", PARTLY),
        "location": _CANNOT,
        "protection-claim": _CANNOT,
        "privileged": _CANNOT,
        "hard-stop": _CANNOT,
        "wrong-authority": ("wrong-authority",),
        "unclear": ("unclear",),
    }
)
"""Inward grounds, which stay in the decision log, with the outward codes that each allows; the first is the default."""
