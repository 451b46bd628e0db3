"""What the law, the path and a list must know of a body of this desk.

The rule it keeps: a fact is read from the body alone, the same for ours and the peer's.
"""

from __future__ import annotations

from comity.desk import Facts
from comity.desks.precursors.body import read
from comity.desks.precursors.model import (
    BATCH,
    BOARD,
    COPY_AGREED,
    NO_OBJECTION,
    REPORTED,
    Body,
    Incident,
    Line,
    Objection,
    Outcome,
    Pen,
    Reply,
)
from comity.desks.precursors.whole import firms_of
from comity.policy.question import Release

PERMIT_DATA = "permit-data"
"""The record type on which a notification and what follows it draw."""
_TITLE = 200
_DOCUMENT = "document"


def facts_of(kind: str, body: bytes) -> Facts:
    """Read what the law must know from a body, ours or the peer's.

    Raises:
        BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
    """
    reading = read(kind, body)
    typed = reading.body
    return Facts(
        stage=stage_of(typed),
        asserts=_asserts(typed),
        tagged=reading.tagged | _drawn(typed),
        asks=frozenset({_DOCUMENT}) if isinstance(typed, Reply) and typed.asks else frozenset(),
        records=frozenset({PERMIT_DATA}) if _gives(typed) else frozenset(),
        own_power=isinstance(typed, Reply) and bool(typed.own_power),
        known_for=frozenset(),
        third_state=typed.third_state,
        texts=reading.texts,
        names=tuple(firm.name for firm in firms_of(typed) if firm.name),
        lifts=_lifts(typed),
        lifts_named=isinstance(typed, Incident) and typed.state == COPY_AGREED,
    )


def _lifts(body: Body) -> frozenset[str]:
    """Return the consent that whoever asks for the board's copy, or agrees to it, gives to the other side: to the board, no further."""
    consents = isinstance(body, Incident) and (body.copy or body.state == COPY_AGREED)
    return frozenset({f"{Release.THIRD_STATE}:{BOARD}"}) if consents else frozenset()


def stage_of(body: Body | None) -> str:
    """Return the state within the kind, "" for a kind that has none; of an incident that is reported, its sort."""
    match body:
        case Incident():
            return body.what if body.state == REPORTED else body.state
        case Pen() | Reply():
            return body.state
        case _:
            return ""


def _asserts(body: Body) -> bool:
    """Say whether a body states something about a firm, and so needs an evaluation.

    Only a bare no-objection, a question and a word on the board's copy state nothing of their own.
    """  # spec: vocabulary.md 4
    match body:
        case Reply():
            return bool(body.items) or (body.state not in {NO_OBJECTION, "need-information"} and bool(body.text))
        case Incident():
            return body.state == REPORTED and body.what != BATCH
        case _:
            return True


def _gives(body: Body) -> bool:
    """Say whether a body draws on records of permits; a health warning, a question and a bare word do not."""
    match body:
        case Incident():
            return body.what not in {BATCH, ""}
        case Reply():
            return bool(body.items or body.text)
        case _:
            return True


def _drawn(body: Body) -> frozenset[str]:
    """Return the data categories that a kind has by itself: papers of a trade."""
    return frozenset({_DOCUMENT}) if _gives(body) else frozenset()


def titled(body: Body) -> str:
    """Return what a list shows of a body, at most 200 characters."""
    match body:
        case Pen():
            return substances(body.lines) or body.reason[:_TITLE]
        case Incident():
            return f"{body.what or body.state} {substances(body.lines)}".strip()[:_TITLE]
        case Objection():
            return ", ".join(body.reasons)
        case Outcome():
            return ", ".join(body.results)
        case Reply():
            return body.state
        case _:
            return body.text.partition("\n")[0][:_TITLE]


def substances(lines: tuple[Line, ...]) -> str:
    """Return what is in a consignment, in one line: quantity and name of each."""
    return ", ".join(f"{weight(line.grams)} {line.substance}" for line in lines)[:_TITLE]


def weight(grams: int) -> str:
    """Write a quantity: kilograms, or grams where they are no round number of hundredths of one."""
    if grams % 10:
        return f"{grams} g"
    kilos, rest = divmod(grams, 1000)
    return f"{kilos}.{rest // 10:02d} kg" if rest else f"{kilos} kg"
