"""The bodies of the precursors desk as types, one a kind, and what a screen of a consignment says.

The rule it keeps: a field that is empty was absent; days are days of the side that names them, written YYYY-MM-DD; quantities
are grams of the substance itself, so that a salt or a mixture of it counts by what is in it.
"""  # spec: precursors-and-documents.md 1

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeAlias


class Kind(StrEnum):
    """The kinds of this desk: closed, extended by an amendment of the accord only."""

    PEN = "pen"
    REPLY = "pen-reply"
    OBJECTION = "objection"
    INCIDENT = "incident"
    SHIPPED = "shipped"
    ARRIVED = "arrived-quantity"
    OUTCOME = "outcome"


PRE_EXPORT, AMENDMENT, CANCELLATION = "pre-export", "amendment", "cancellation"
PEN_STAGES = frozenset({PRE_EXPORT, AMENDMENT, CANCELLATION})
NO_OBJECTION, ENQUIRY, NEED, CONTROLLED, INFORMATION = (
    "no-objection",
    "enquiry",
    "need-information",
    "controlled-delivery",
    "information",
)
REPLY_STAGES = frozenset({NO_OBJECTION, ENQUIRY, NEED, CONTROLLED, INFORMATION})
"""What a reply says: the first four are the importer's word, the last is what the exporter's side adds when it was asked."""
WANTED = frozenset(
    {
        "consignee",
        "dates",
        "end-use",
        "exporter",
        "identity",
        "importer",
        "permits",
        "quantity",
        "route",
        "site",
        "worth",
    }
)
"""What an importing side may still want to know."""
OBJECTIONS = frozenset(
    {
        "controlled-here",
        "excess-need",
        "importer-unknown",
        "misdeclared",
        "no-permit",
        "other",
        "permit-mismatch",
        "suspected-diversion",
    }
)
"""Why an importing state says no."""
STOPPED_SHIPMENT, SEIZURE, DIVERSION, SUSPICIOUS, REFUSED_ORDER, BATCH = (
    "stopped-shipment",
    "seizure",
    "diversion",
    "suspicious-shipment",
    "refused-order",
    "dangerous-batch",
)
INCIDENTS = frozenset({STOPPED_SHIPMENT, SEIZURE, DIVERSION, SUSPICIOUS, REFUSED_ORDER, BATCH})
STOPPING = frozenset({STOPPED_SHIPMENT, SEIZURE, DIVERSION})
"""Incidents that end the way of the consignment which they name."""
REPORTED, COPY_AGREED, COPY_GIVEN = "reported", "copy-agreed", "copy-given"
INCIDENT_STAGES = frozenset({REPORTED, COPY_AGREED, COPY_GIVEN})
BOARD = "board"
"""The international board, as consents and acts name it."""
OUTCOMES = frozenset({"diverted", "investigated", "lawful", "no-trace", "prosecuted", "returned", "seized"})
FORMS = frozenset({"base", "salt", "mixture", "preparation"})
MODES = frozenset({"air", "post", "rail", "road", "sea"})
PERMITS = frozenset({"certificate", "class-a", "export", "import", "licence"})


@dataclass(frozen=True, slots=True)
class Item:
    """One further field that both sides agreed on: either `value`, or `removed` with the data categories that stood there."""

    label: str
    value: str = ""
    categories: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm by name and address, with its licence and its number where it has them; `natural` if it is one person.

    Of one that was removed only the `label`, its part in the consignment, and what was `removed` are left.
    """

    name: str = ""
    address: str = ""
    licence: str = ""
    number: str = ""
    telephone: str = ""
    natural: bool = False
    label: str = ""
    categories: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One substance of a consignment as it was declared.

    Attributes:
        substance: the name in the papers.
        grams: of the substance itself.
        cas, hs, un, inchikey: its numbers, as declared.
        form: base, salt, mixture or preparation; `share` is its part of a mixture in thousandths by weight.
        packages: how many.
        voluntary: no treaty asks for this one; it is told because the other side may control it.
    """

    substance: str
    grams: int
    cas: str = ""
    hs: str = ""
    un: str = ""
    inchikey: str = ""
    form: str = ""
    share: int | None = None
    packages: int | None = None
    voluntary: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permit:
    """A paper that allows it: which, its number, from when to when."""

    sort: str
    number: str
    issued: str = ""
    until: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """How the goods go: points of exit and entry, through what, by what, on which carrier, in what."""

    exit: str = ""
    entry: str = ""
    transit: str = ""
    mode: str = ""
    carrier: str = ""
    document: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Worth:
    """What the goods cost: hundredths of a currency, by its three letters; or `removed` with the category that it has."""

    label: str = ""
    hundredths: int | None = None
    currency: str = ""
    categories: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How much of one line: its place in the notification, from 1."""

    line: int
    grams: int
    packages: int | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What every body may have.

    Attributes:
        reference: the sender's own number of it.
        language: BCP 47 tag of the text.
        third_state: the content, or part of it, comes from or goes to a state outside the accord.
        text: what the officer wrote.
        items: further fields that both sides agreed on.
        unknown: keys that this program does not know.
    """

    reference: str = ""
    language: str = ""
    third_state: bool = False
    text: str = ""
    items: tuple[Item, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pen(Content):
    """A notification before export, a new version of one, or its end; the version before stands in the header's `replaces`.

    `state` is one of `PEN_STAGES`. `calendars` are the digests of both calendars by which the sender counts, the exporting
    side's first. `applied` is the day on which the exporter's application came in, `leaves` the day on which the goods are to
    leave, `lands` the day on which they are to arrive.
    """

    state: str = ""
    version: int = 1
    exporter: Firm | None = None
    importer: Firm | None = None
    consignee: Firm | None = None
    notify: Firm | None = None
    broker: Firm | None = None
    lines: tuple[Line, ...] = ()
    route: Route | None = None
    leaves: str = ""
    lands: str = ""
    applied: str = ""
    answer_by: str = ""
    end_use: str = ""
    site: str = ""
    permits: tuple[Permit, ...] = ()
    worth: Worth | None = None
    first_time: bool = False
    reason: str = ""
    calendars: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply(Content):
    """What is said of a notification without ending it for good; `state` is one of `REPLY_STAGES`.

    `asks` are words of `WANTED`, and `own_power` says under which power the asker could get them at home; `until` is the day by which an enquiry should be done.
    """

    state: str = ""
    asks: tuple[str, ...] = ()
    own_power: str = ""
    reason: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Objection(Content):
    """The importing state's written no: reasons of the closed list."""

    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident(Content):
    """Something went wrong, or was stopped from going wrong; `what` is one of `INCIDENTS`.

    `known` is when whoever must report it came to know of it (ms). `copy` asks that the international board gets a copy, which
    needs the other side's word: a second incident in state *copy-agreed* whose `re` names the first. A third one, *copy-given*,
    says that the copy went out, and has the SHA-256 of its file as `digest`.
    """

    state: str = ""
    what: str = ""
    known: int | None = None
    lines: tuple[Line, ...] = ()
    firms: tuple[Firm, ...] = ()
    place: str = ""
    batch: str = ""
    copy: bool = False
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Shipped(Content):
    """What left: when, how much, on what."""

    day: str = ""
    counts: tuple[Count, ...] = ()
    route: Route | None = None
    permits: tuple[Permit, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived(Content):
    """What came: when, how much, whether the seals were whole."""

    day: str = ""
    counts: tuple[Count, ...] = ()
    broken_seals: bool = False


@dataclass(frozen=True, slots=True)
class Outcome(Content):
    """What became of it in the end: words of `OUTCOMES`, and the references of earlier consignments that belong to it."""

    results: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()


Body: TypeAlias = Pen | Reply | Objection | Incident | Shipped | Arrived | Outcome


# --- the screen of a consignment: made at home, kept at home ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """What the lists say of one line on a day.

    Attributes:
        line: its place, from 1.
        verdict: the screen's word, such as `controlled`, `not-listed`, `asked`, `unknown`.
        substance: what it was recognised as, "" for nothing.
        rule: how it was recognised.
        instrument: which list controls it, with its jurisdiction.
        since: since when, YYYY-MM-DD.
    """

    line: int
    verdict: str
    substance: str = ""
    rule: str = ""
    instrument: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screen says of a whole consignment; `asymmetric` if one side's lists have what the other's do not."""

    lines: tuple[LineVerdict, ...] = ()
    asymmetric: bool = False
    edition: str = ""


class Screen(Protocol):
    """Recognises substances and asks the lists; edge hands it in, so that the desk needs none of what it needs."""

    def screen(self, lines: Sequence[Line], on: date) -> Screened:
        """Return what both sides' lists say of each line on a day."""
        ...
