"""What a decision record holds: the law's answer in full, for our own reviewer and court, never for the peer."""

from __future__ import annotations

from functools import lru_cache

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch.states import Officer, Released, Withheld
from comity.policy.assessment import Assessment, encode_assessment
from comity.policy.verdict import Effect, Obligation, Reason, Verdict

RECORD = "comity/record/1"


def sending(released: Released) -> bytes:
    """Return the record of a dispatch that leaves: verdict, assessments, approvals and whose release it was."""
    form = released.cleared.labelled.draft.form
    members: list[Value] = [
        RECORD,
        "sent",
        released.cleared.labelled.draft.id,
        encode_verdict(released.cleared.verdict),
        [encode_assessment(assessment) for assessment in form.assessments],
        [[role, *_officer(by)] for role, by in form.approvals],
        _officer(released.by),
        form.minimum_facts,
    ]
    return cbor.encode(members)


def withheld(draft: Withheld, assessments: tuple[Assessment, ...], by: Officer, now: Ms) -> bytes:
    """Return the record of a draft that did not leave."""
    kept: list[Value] = [encode_assessment(assessment) for assessment in assessments]
    return cbor.encode(
        [RECORD, draft.state, draft.id, encode_verdict(draft.verdict), kept, [], _officer(by), list(draft.missing), now]
    )


def receiving(dispatch: DispatchId, verdict: Verdict, now: Ms) -> bytes:
    """Return the record of an admission or its refusal."""
    return cbor.encode([RECORD, "received", dispatch, encode_verdict(verdict), now])


@lru_cache(maxsize=4096)
def encode_verdict(verdict: Verdict) -> bytes:
    """Return a verdict as bytes, to be shown again as it was given; the gate gives the same one often."""
    return cbor.encode(_verdict(verdict))


def decode_verdict(data: bytes) -> Verdict:
    """Read what `encode_verdict` wrote."""
    value = cbor.decode(data)
    assert isinstance(value, list)
    effect, reasons, obligations, ground, outward, refer_to, missing, edition = value
    return Verdict(
        effect=Effect(effect),
        reasons=tuple(Reason(r[0], Effect(r[1]), r[2], r[3], r[4], tuple((s[0], s[1]) for s in r[5])) for r in reasons),
        obligations=tuple(Obligation(*o) for o in obligations),
        ground=ground,
        outward=outward,
        refer_to=refer_to,
        missing=tuple(missing),
        edition=Digest(edition),
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
    ]


def _officer(officer: Officer) -> list[Value]:
    return [officer.desk, officer.number, officer.delegation]


def verdict_in(record: bytes) -> Verdict | None:
    """Return the verdict that a decision record holds, or None for a record of another form."""
    value = cbor.decode(record)
    held = value[3] if isinstance(value, list) and len(value) > 3 and value[0] == RECORD else None  # noqa: PLR2004  its place
    return decode_verdict(held) if isinstance(held, bytes) else None
