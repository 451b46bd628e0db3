"""What the oracle reads from a question, and the form in which it writes a rule down.

The oracle is a second reading of the law: one plain predicate for each rule, written from its sentence and article. It
knows nothing of Cedar, of the gate, of how an edition is loaded; of the code under test it takes the question alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from comity.policy.question import Assessed, Question

LAWS = Path(__file__).parents[2] / "laws"
ALL = "clear admit use onward repurpose evidence export court access"
SENT = "clear admit"
HELD = "use onward repurpose evidence export"
"""What an officer does with what came, a court and a requester apart."""
CARRIED = f"{SENT} {HELD}"
NEVER_OUT = f"{CARRIED} access"
"""Nor does a requester get what never crosses; a court has its own rules."""
FURTHER = "onward repurpose evidence export"


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as a sentence."""
    return frozenset(text.split())


OWN_BUSINESS = frozenset({"liaison", "workplan", "accord"})
ANSWERING = frozenset({"answer", "refusal", "recall"})
"""Kinds that ask nothing themselves, whatever words stand in `asks`: these are the question's."""
UNSURE = frozenset({"undecided", "disputed"})
GOING = frozenset({"go", "go-with-conditions"})
POLICE = words(
    "organised-crime drug-trafficking drug-alert firearms-trafficking human-trafficking child-protection serious-violence "
    "extortion-threat-to-life missing-person violent-extremism fraud cybercrime platform-misuse border-document "
    "immigration-fraud immigration-enforcement deconfliction"
)
"""Purposes of the police. Precursors count when a person is in them, else they are trade."""
IMMIGRATION = frozenset({"border-document", "immigration-fraud", "immigration-enforcement"})


WRITTEN = frozenset({"arrangement-written:customs", "arrangement-written:finance"})
"""Arrangements that nobody has made yet; both readings are asked as if they were known, so that every rule is tried."""


@dataclass(frozen=True)
class Book:
    """What a manifest says that bears on answers."""

    prefix: str
    personal: frozenset[str]
    personal_records: frozenset[str]
    giving: frozenset[str]
    bases: frozenset[str]
    outward: dict[str, str]

    @classmethod
    def read(cls, name: str, suppose: frozenset[str] = frozenset()) -> Book:
        """Read `edition.toml` of an edition, as if it knew the bases of `suppose` too."""
        head = tomllib.loads((LAWS / name / "edition.toml").read_text(encoding="utf-8"))
        groups = head["groups"]
        return cls(
            prefix=head["prefix"],
            personal=frozenset(groups["personal"]),
            personal_records=frozenset(groups.get("personal_records", ())),
            giving=frozenset(groups["giving"]),
            bases=frozenset(basis["id"] for basis in head.get("basis", ())) | suppose,
            outward=head["outward"],
        )


_DECISIONS = ("go", "go-with-conditions", "undecided", "disputed", "no")
_RISKS = ("none", "low", "medium", "substantial")


def _worse(one: Assessed, other: Assessed) -> Assessed:
    """Return the more worrying of two assessments of one act; what the directions fear most is compared first."""
    for better in (
        lambda a: a.tainted,
        lambda a: _DECISIONS.index(a.decision),
        lambda a: _RISKS.index(a.risk_after),
        lambda a: a.short_form,
        lambda a: not a.decider_outside,
        lambda a: not a.mitigated,
        lambda a: _RISKS.index(a.risk_before),
    ):
        if better(one) != better(other):
            return one if better(one) > better(other) else other
    return one


class Facts:
    """What is worked out of one question under one edition."""

    __slots__ = (
        "about", "asks_personal", "basis", "conditions", "disclose", "gives", "glass", "immediate", "life", "own",
        "personal", "police", "questions", "request", "use",
    )  # fmt: skip

    def __init__(self, q: Question, book: Book) -> None:
        self.personal = not q.categories.isdisjoint(book.personal)
        self.asks_personal = not (q.asks.isdisjoint(book.personal) and q.records.isdisjoint(book.personal_records))
        self.gives = q.kind in book.giving and q.stage != "holding"
        self.about = self.personal or (self.gives and self.asks_personal)
        """It tells of a person: in words that were tagged, or because a person was asked about."""
        self.questions = self.asks_personal and q.kind not in ANSWERING
        """It asks about a person itself."""
        self.basis = q.basis & book.bases
        self.conditions = {condition.split("(")[0] for condition in q.conditions}
        self.immediate = q.urgency.name == "IMMEDIATE"
        self.glass = q.break_glass and self.immediate
        """Approvals and forms are deferred."""
        self.life = self.immediate and q.minimum_facts
        """The few facts that save a life."""
        self.own = q.purpose in OWN_BUSINESS
        self.police = q.purpose in POLICE or (q.purpose == "precursor-diversion" and self.personal)
        self.disclose = self.request = self.use = None
        for made in q.assessments:
            before = getattr(self, made.act.value)
            setattr(self, made.act.value, made if before is None else _worse(before, made))


Holds = Callable[[Question, Facts], bool]


@dataclass(frozen=True)
class Row:
    """One rule as the oracle knows it; `effect` is permit, oblige, refer or refuse."""

    id: str
    effect: str
    acts: frozenset[str]
    holds: Holds
    ground: str = ""
    to: str | None = None
    cure: frozenset[str] = frozenset()
    word: str | None = None
    duty: str = ""
    begins: int = 0
    ends: int | None = None


def midnight(day: str, *, after: bool = False) -> int:
    """Return when a day begins in UTC, or ends, in milliseconds."""
    moment = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=after)
    return round(moment.timestamp()) * 1000


FIRST = "2026-01-01"


def permit(rule: str, acts: str, holds: Holds, until: str = "") -> Row:
    end = midnight(until, after=True) if until else None
    return Row(rule, "permit", frozenset(acts.split()), holds, begins=midnight(FIRST), ends=end)


def oblige(rule: str, duty: str, acts: str, holds: Holds, since: str = FIRST, until: str = "") -> Row:
    end = midnight(until, after=True) if until else None
    return Row(rule, "oblige", frozenset(acts.split()), holds, duty=duty, begins=midnight(since), ends=end)


def refer(
    rule: str,
    ground: str,
    to: str,
    acts: str,
    holds: Holds,
    cure: str = "",
    word: str | None = None,
    since: str = FIRST,
) -> Row:
    cures = frozenset(cure.split())
    return Row(rule, "refer", frozenset(acts.split()), holds, ground, to, cures, word, begins=midnight(since))


def refuse(
    rule: str, ground: str, acts: str, holds: Holds, to: str | None = None, cure: str = "", since: str = FIRST
) -> Row:
    cures = frozenset(cure.split())
    return Row(rule, "refuse", frozenset(acts.split()), holds, ground, to, cures, begins=midnight(since))


def in_order(text: str, *parts: str) -> bool:
    """Say whether the parts stand in a text one behind the other."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def any_in(text: str, *parts: str) -> bool:
    return any(part in text for part in parts)


def drawn(q: Question, f: Facts, *records: str) -> bool:
    """Say whether it gives what stands in such records."""
    return f.gives and not q.records.isdisjoint(records)
