"""What the law, the path and a list must know of a body of this desk.

The rule it keeps: a fact is read from the body alone, the same for ours and the peer's.
"""

from __future__ import annotations

from comity.base.ids import DispatchId, Ms
from comity.desk import Facts
from comity.desks.requests.body import read
from comity.desks.requests.model import (
    GIVEN,
    Answer,
    Assurance,
    Body,
    ContactNote,
    ConvertToMla,
    CourtDisclosure,
    Deconflict,
    Posting,
    Preserve,
    PurposeChange,
    Recall,
    Refusal,
    ReleaseRequest,
    Rfi,
    Spontaneous,
    Transfer,
)
from comity.desks.requests.persons import associations_of, named_in, subjects_of
from comity.desks.requests.rules import asserts
from comity.policy.question import Release

QUIET = "not-held-or-not-confirmed"
"""The answer that neither confirms nor denies."""  # spec: vocabulary.md 5
_TITLE = 200
_WITH_REASON = (ReleaseRequest, PurposeChange, CourtDisclosure, Transfer, ConvertToMla)


def facts_of(kind: str, body: bytes) -> Facts:
    """Read what the law must know from a body, ours or the peer's.

    Raises:
        BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
    """
    reading = read(kind, body)
    typed = reading.body
    return Facts(
        stage=stage_of(typed),
        asserts=asserts(kind, typed),
        tagged=reading.tagged,
        asks=frozenset(getattr(typed, "asks", ())),
        records=frozenset(getattr(typed, "records", ())),
        own_power=bool(getattr(typed, "own_power", "")),
        known_for=frozenset(getattr(typed, "known_for", ())),
        third_state=typed.third_state,
        texts=reading.texts,
        subjects=subjects_of(kind, typed),
        associations=associations_of(typed),
        names=named_in(typed),
        quiet=isinstance(typed, Refusal) and typed.outward == QUIET,
        outward=typed.outward if isinstance(typed, Refusal) else "",
        target=_target(typed),
        releases=_releases(typed),
        consents=frozenset(typed.consent) if isinstance(typed, Answer) else frozenset(),
        takes_back=_taken_back(typed),
        takes_back_part=isinstance(typed, Recall) and bool(typed.part),
        copies=frozenset(copy.holder for copy in typed.copies) if isinstance(typed, Answer) else frozenset(),
        passes_to=typed.agency if isinstance(typed, Transfer) else "",
        promises=_promised(typed),
        keeps_until=_kept(typed),
    )


def stage_of(body: Body | None) -> str:
    """Return the state within the kind, "" for a kind that has none."""
    return body.state if isinstance(body, Answer | Posting | ContactNote | Assurance) else ""


def _target(body: Body) -> DispatchId | None:
    return DispatchId(body.target) if isinstance(body, ReleaseRequest | PurposeChange | CourtDisclosure) else None


def _taken_back(body: Body) -> DispatchId | None:
    return DispatchId(body.target) if isinstance(body, Recall) else None


def _promised(body: Body) -> tuple[DispatchId, Ms | None] | None:
    if not isinstance(body, Assurance) or body.state != GIVEN:
        return None
    return DispatchId(body.target), None if body.until is None else Ms(body.until)


def _kept(body: Body) -> Ms | None:
    until = body.until if isinstance(body, Preserve) else body.kept_until if isinstance(body, Answer) else None
    return None if until is None else Ms(until)


def _releases(body: Body) -> frozenset[str]:
    """Return what a body asks its originator to consent to: each word, with what bounds it behind a colon."""
    match body:
        case ReleaseRequest():
            bounded = {f"{Release.ONWARD}:{agency}" for agency in body.to}
            return frozenset(body.release) - ({Release.ONWARD.value} if bounded else set()) | bounded
        case PurposeChange():
            return frozenset({f"{Release.PURPOSE}:{body.purpose}"})
        case CourtDisclosure():
            return frozenset({Release.COURT.value})
        case _:
            return frozenset()


def titled(body: Body) -> str:
    """Return what a list shows of a body: its title, or the first line of its text or reason, at most 200 characters."""
    if isinstance(body, Posting):
        return f"officer {body.officer}: {body.function or body.state}"
    if isinstance(body, Rfi | Spontaneous | Preserve):
        return body.title
    if isinstance(body, Deconflict):
        return f"place cell {body.cell}"
    return _first_line(body)


def _first_line(body: Body) -> str:
    reason = body.reason if isinstance(body, _WITH_REASON) else ""
    return (body.text or reason).partition("\n")[0][:_TITLE]
