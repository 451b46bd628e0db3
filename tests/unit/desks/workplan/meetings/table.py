"""Two sides at a table: each makes operations upon what it has seen, and hears of the other's in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from comity.base.ids import DispatchId, NodeName
from comity.desks.workplan.meetings.body import compose_body, parse_body
from comity.desks.workplan.meetings.model import Act, Kind, Step
from comity.desks.workplan.meetings.rules import Standing, fold
from comity.desks.workplan.meetings.text import Operation

A, B = NodeName("ost.example/comity"), NodeName("van.example/comity")
START = 1_783_900_800_000
NONE = DispatchId(bytes(16))
TERMS = {
    "sort": "review",
    "title": "Review of the second quarter",
    "language": "en",
    "languages": ["en"],
    "at": START,
    "minutes": 90,
    "agenda": [{"title": "Overdue: seal registers", "about": "overdue", "ref": "1.2"}],
    "deputies": [{"party": "XO", "function": "Deputy adviser"}, {"party": "XV", "function": "Second adviser"}],
}


def made(at: int, seed: str) -> DispatchId:
    return DispatchId(at.to_bytes(6, "big") + sha256(seed.encode()).digest()[:10])


@dataclass
class Side:
    """One side: what it has, in the order in which it came to it."""

    node: NodeName
    clock: int = START
    role: str = "signatory"
    has: dict[bytes, Operation] = field(default_factory=dict)
    said: list[Operation] = field(default_factory=list)
    heard: int = 0
    meeting: DispatchId = NONE

    def say(self, kind: str, state: str, *, role: str | None = None, officer: int = 1, **form: object) -> Operation:
        self.clock += 1_000
        body = parse_body(kind, compose_body(kind, {"state": state, **form}))
        id_ = made(self.clock, f"{self.node}/{len(self.said)}")
        one = Operation(id_, self.node, self.clock, "requests", officer, "agency", role or self.role, body)
        self.has[id_] = one
        self.said.append(one)
        return one

    def call(self, **more: object) -> Operation:
        one = self.say(Kind.MEETING, Step.CALL, **(TERMS | more))
        self.meeting = one.id
        return one

    def act(self, state: str, **form: object) -> Operation:
        return self.say(Kind.MINUTES, state, **form)

    @property
    def now(self) -> Standing:
        return fold(self.meeting, (A, B), self.has.values())

    def paragraph(self, name: str) -> bytes:
        return made(self.clock, name)

    def write(self, paragraph: bytes, text: str, *, over: object = None, **more: object) -> Operation:
        found = next((one for one in self.now.text.paragraphs if one.id == paragraph), None)
        heads = [one.id for one in found.versions] if found and over is None else over or []
        form = {"language": "en", "texts": [{"language": "en", "text": text}], **more}
        return self.act(Act.TEXT, paragraph=paragraph, over=heads, **form)

    def accept(self, paragraph: bytes) -> Operation:
        found = next(one for one in self.now.text.paragraphs if one.id == paragraph)
        return self.act(Act.ACCEPT, paragraph=paragraph, on=list(found.live))

    def sign(self, **more: object) -> Operation:
        now = self.now
        form = {"hash": now.hash, "of": list(now.text.of), "function": "Deputy adviser"} | more
        return self.act(Act.SIGN, **form)

    def hear(self, other: Side, count: int | None = None) -> None:
        """Take what the other said since, all of it or the next few, in its order."""
        upto = len(other.said) if count is None else min(len(other.said), self.heard + count)
        for one in other.said[self.heard : upto]:
            self.has[one.id] = one
        self.heard = upto
        self.meeting = other.meeting if self.meeting == NONE else self.meeting


def seated(**more: object) -> tuple[Side, Side]:
    """Both sides in an open meeting whose terms both accepted."""
    a, b = Side(A), Side(B, clock=START + 500)
    called = a.call(**more)
    b.hear(a)
    b.say(Kind.MEETING, Step.ACCEPT, over=[called.id])
    b.act(Act.OPEN)
    a.hear(b)
    return a, b


def meet(a: Side, b: Side) -> None:
    """Let both hear all."""
    a.hear(b)
    b.hear(a)
