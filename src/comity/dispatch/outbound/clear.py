"""Clear: our law and the accord decide whether a labelled draft may leave, and what must be removed first.

A permit says that law does not forbid it. Obligations are applied here, visibly; what cannot be applied holds the draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import Ms
from comity.dispatch.office import Office
from comity.dispatch.states import Cleared, Labelled, Withheld
from comity.marking.labels import Label
from comity.marking.scan import Pattern, scan, strike
from comity.policy.question import Act, Question
from comity.policy.verdict import Effect, Obligation, Verdict

_DAY_MS = 86_400_000


def clear(labelled: Labelled, office: Office, now: Ms) -> Cleared | Withheld:
    """Ask our law; return the dispatch as it may leave, or why it may not."""
    question = ask(labelled)
    verdict = office.gate.decide(question, now)
    if not verdict.permits:
        return withhold(labelled, question, verdict)
    body, label, unmet = _apply(labelled, verdict.obligations, office, now)
    if unmet:
        return Withheld(labelled.draft.id, "held", verdict, unmet, question=question)
    return Cleared(labelled, label, body, question, verdict)


def ask(labelled: Labelled) -> Question:
    """Put everything that a rule may read into one question; the id, the text and the time are not in it."""
    form, facts, label = labelled.draft.form, labelled.draft.facts, labelled.label
    asked, records = form.in_answer_to or (frozenset(), frozenset())
    return Question(
        act=Act.CLEAR,
        desk=form.desk,
        kind=form.kind,
        stage=facts.stage,
        purpose=form.purpose,
        urgency=form.urgency,
        agency=form.agency,
        peer_agencies=tuple(sorted(set(form.recipients))),
        handling=frozenset(label.handling),
        conditions=frozenset(label.conditions),
        tlp=label.tlp or "",
        pap=label.pap or "",
        asserts=facts.asserts,
        evaluated=label.evaluation is not None,
        categories=frozenset(label.categories),
        asks=facts.asks | asked,
        records=facts.records | records,
        basis=frozenset(form.basis),
        conduct=form.conduct or "",
        own_power=facts.own_power,
        known_for=facts.known_for,
        assessments=tuple(sorted((a.assessed() for a in form.assessments), key=lambda a: a.act)),
        approvals=frozenset(role for role, _ in form.approvals),
        minimum_facts=form.minimum_facts,
        third_state=facts.third_state,
        answers=labelled.draft.answers,
        classified=bool(form.marking),
        break_glass=bool(form.break_glass),
    )


def withhold(labelled: Labelled, question: Question, verdict: Verdict) -> Withheld:
    """Say that a draft does not leave: refused, referred, or held where only a form or approval is missing."""
    if verdict.effect is Effect.REFUSE:
        return Withheld(labelled.draft.id, "refused", verdict, verdict.missing, question=question)
    state = "held" if verdict.missing else "referred"
    return Withheld(labelled.draft.id, state, verdict, verdict.missing, question=question)


def _apply(
    labelled: Labelled, obligations: tuple[Obligation, ...], office: Office, now: Ms
) -> tuple[bytes, Label, tuple[str, ...]]:
    """Remove, add caveats, bound retention; return the body, the label and what could not be met."""
    values = {verb: frozenset(o.value for o in obligations if o.verb == verb) for verb in {o.verb for o in obligations}}
    body, removed = _remove(labelled, values.get("redact", frozenset()), office)
    label = labelled.label
    days = [int(value) for value in values.get("retain-max-days", ())]
    limits = [now + day * _DAY_MS for day in days] + ([label.retain_until] if label.retain_until else [])
    label = replace(
        label,
        conditions=tuple(sorted({*label.conditions, *values.get("caveat", ())})),
        retain_until=Ms(min(limits)) if limits else None,
        categories=tuple(c for c in label.categories if c not in values.get("redact", ())),
        redactions=tuple(sorted((*label.redactions, *removed))),
    )
    approved = {role for role, _ in labelled.draft.form.approvals}
    unmet = tuple(sorted(f"approval:{role}" for role in values.get("approval", frozenset()) - approved))
    return body, label, unmet


def _remove(labelled: Labelled, classes: frozenset[str], office: Office) -> tuple[bytes, tuple[str, ...]]:
    """Remove what is tagged with one of the classes, then what a pattern of one of them still finds."""
    draft = labelled.draft
    if not classes:
        return draft.body, ()
    body, removed = office.desks[draft.form.desk].redact(draft.form.kind, draft.body, classes)
    patterns = tuple(p for p in office.patterns if p.category in classes)
    left = labelled.struck & classes and scan(
        office.desks[draft.form.desk].facts(draft.form.kind, body).texts, patterns
    )
    if not left:
        return body, removed
    found = tuple(sorted({finding.category for finding in left} - set(removed)))
    return cbor.encode(_strike(cbor.decode(body), patterns)), tuple(sorted((*removed, *found)))


def _strike(value: Value, patterns: tuple[Pattern, ...]) -> Value:
    """Replace every match in every text of a body by its visible mark."""
    if isinstance(value, str):
        return strike(value, scan((value,), patterns))
    if isinstance(value, Mapping):
        return {str(key): _strike(item, patterns) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strike(item, patterns) for item in value]
    return value
