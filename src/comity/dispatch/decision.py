"""What a decision record holds: what the law was asked and its answer in full, for our own reviewer and court.

None of it is for the peer. The rule it keeps: with the edition of the day, a record is enough to make the decision again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch.states import Form, Officer, Released, Withheld
from comity.policy.assessment import Assessment, decode_assessment, encode_assessment
from comity.policy.question import Question
from comity.policy.question_codec import decode_question, encode_question
from comity.policy.verdict import NO_LAW, Effect, Obligation, Reason, Verdict

_HELD = 3
"""Place of the verdict in a record, of either form."""
RECORD = "comity/record/2"
"""[version, kind, dispatch, verdict, question or null, time of the decision, what else belongs to its kind]."""
FIRST = "comity/record/1"
"""The older form, without the question: read, never written."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision as its record holds it.

    Attributes:
        kind: `sent`, `refused`, `referred`, `held`, `received`, `act`, `act-refused`.
        dispatch: what it is about.
        verdict: the whole answer.
        written: its bytes, to be compared with an answer made again.
        question: what was asked; None where the accord decided before the law, and in a record of the first form.
        now: the instant at which the law was asked; None in some records of the first form.
        rest: assessments (bytes), approvals, officer and the like, by name; empty in the first form.
    """

    kind: str
    dispatch: DispatchId
    verdict: Verdict
    written: bytes
    question: Question | None
    now: Ms | None
    rest: Mapping[str, Value]

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """The assessments that were made for it."""
        kept = self.rest.get("assessments", ())
        assert isinstance(kept, list | tuple)
        return tuple(decode_assessment(one) for one in kept if isinstance(one, bytes))


def sending(released: Released, now: Ms) -> bytes:
    """Return the record of a dispatch that leaves: question, verdict, assessments, approvals, whose release it was."""
    cleared = released.cleared
    labelled = cleared.labelled
    approvals: list[Value] = [[one.role, *_officer(one.by), one.subject] for one in labelled.approvals]
    rest = {
        **_of_form(labelled.draft.form),
        "by": _officer(released.by),
        "approvals": approvals,
        "deferred": list(cleared.deferred),
    }
    return _record("sent", cleared.labelled.draft.id, cleared.verdict, cleared.question, now, rest)


def withheld(draft: Withheld, form: Form, by: Officer, now: Ms) -> bytes:
    """Return the record of a draft that did not leave."""
    rest = {**_of_form(form), "by": _officer(by), "missing": list(draft.missing), "subject": draft.subject}
    return _record(draft.state, draft.id, draft.verdict, draft.question, now, rest)


def receiving(dispatch: DispatchId, question: Question | None, verdict: Verdict, now: Ms) -> bytes:
    """Return the record of an admission or its refusal."""
    return _record("received", dispatch, verdict, question, now, {})


def acting(  # noqa: PLR0917  the record's columns in order
    kind: str, dispatch: DispatchId, question: Question, verdict: Verdict, rest: Mapping[str, Value], now: Ms
) -> bytes:
    """Return the record of an act on what is held, done or refused."""
    return _record(kind, dispatch, verdict, question, now, rest)


def _record(  # noqa: PLR0917  the record's columns in order
    kind: str, dispatch: DispatchId, verdict: Verdict, question: Question | None, now: Ms, rest: Mapping[str, Value]
) -> bytes:
    asked = None if question is None else encode_question(question)
    return cbor.encode([RECORD, kind, dispatch, encode_verdict(verdict), asked, now, dict(rest)])


def _of_form(form: Form) -> dict[str, Value]:
    return {
        "assessments": [encode_assessment(assessment) for assessment in form.assessments],
        "minimum_facts": form.minimum_facts,
        "ground": form.ground,
        "break_glass": form.break_glass,
        "confirmed": sorted(form.confirmed),
        "rejected": sorted(form.rejected),
    }


@lru_cache(maxsize=4096)
def encode_verdict(verdict: Verdict) -> bytes:
    """Return a verdict as bytes, to be shown again as it was given; the gate gives the same one often."""
    return cbor.encode(_verdict(verdict))


@lru_cache(maxsize=256)
def decode_verdict(data: bytes) -> Verdict:
    """Read what `encode_verdict` wrote, and the older form without the interval; the same bytes once."""
    value = cbor.decode(data)
    assert isinstance(value, list)
    effect, reasons, obligations, ground, outward, refer_to, missing, edition, *interval = cast("Any", value)
    return Verdict(
        effect=Effect(effect),
        reasons=tuple(Reason(r[0], Effect(r[1]), r[2], r[3], r[4], tuple((s[0], s[1]) for s in r[5])) for r in reasons),
        obligations=tuple(Obligation(*o) for o in obligations),
        ground=ground,
        outward=outward,
        refer_to=refer_to,
        missing=tuple(missing),
        edition=Digest(edition),
        interval=Digest(interval[0]) if interval else NO_LAW,
    )


def _verdict(verdict: Verdict) -> list[Value]:
    return [
        verdict.effect.value,
        [
            [r.rule, r.effect.value, r.article, r.status, r.sentence, [[tag, text] for tag, text in r.sentences]]
            for r in verdict.reasons
        ],
        [[o.verb, o.value, o.rule] for o in verdict.obligations],
        verdict.ground,
        verdict.outward,
        verdict.refer_to,
        list(verdict.missing),
        verdict.edition,
        verdict.interval,
    ]


def _officer(officer: Officer) -> list[Value]:
    return [officer.desk, officer.number, officer.delegation]


def verdict_in(record: bytes) -> Verdict | None:
    """Return the verdict that a decision record holds, or None for a record of another form; its question is not read.

    Raises:
        BadEnvelope: the bytes are not canonical, or a verdict that this program cannot read.
    """
    match cbor.decode(record):
        case [version, str(), bytes(), bytes(held), bytes() | None, int(), dict()] if version == RECORD:
            return decode_verdict(held)
        case [version, str(), bytes(), bytes(held), *_] if version == FIRST:
            return decode_verdict(held)
        case _:
            return None


def read_record(record: bytes) -> Decided | None:
    """Return the decision that a record of either form holds, or None for a record of something else.

    Raises:
        BadEnvelope: the bytes are not canonical, or a decision that this program cannot read.
    """
    value = cbor.decode(record)
    if not isinstance(value, list) or len(value) <= _HELD or not isinstance(value[_HELD], bytes):
        return None
    match value:
        case [version, str(kind), bytes(dispatch), bytes(held), bytes() | None as asked, int(now), dict(rest)] if (
            version == RECORD
        ):
            question = None if asked is None else decode_question(asked)
            named: Mapping[str, Value] = {str(key): item for key, item in rest.items()}
            return Decided(kind, DispatchId(dispatch), decode_verdict(held), held, question, Ms(now), named)
        case [version, str(kind), bytes(dispatch), bytes(held), *others] if version == FIRST:
            at = others[-1] if others and type(others[-1]) is int else None
            return Decided(
                kind, DispatchId(dispatch), decode_verdict(held), held, None, None if at is None else Ms(at), {}
            )
        case _:
            return None
