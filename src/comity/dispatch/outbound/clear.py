"""Clear: our law and the accord decide whether a labelled draft may leave, and what must be removed first.

A permit says that law does not forbid it. Obligations are applied here, visibly; what cannot be applied holds the draft.
An approval counts only for the very draft that was approved; behind broken glass approvals and full forms are owed
instead, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import Ms
from comity.dispatch.dissent import weighed
from comity.dispatch.glass import deferrable
from comity.dispatch.held import subject_of
from comity.dispatch.office import Office
from comity.dispatch.states import Cleared, Foreseen, Labelled, Withheld
from comity.marking.labels import Label
from comity.marking.scan import clean, scan, telling
from comity.policy.question import Act, Question
from comity.policy.verdict import Effect, Obligation, Verdict

_DAY_MS = 86_400_000
_APPROVAL = "approval:"
_CONFIRM = "confirm:"
"""What a person must still say about a category that the scan proposes; broken glass does not defer it."""
_ROUNDS = 8
"""How often law may ask for one more approval, once those before are given."""
SECOND_AGENCY = "approval:second-agency"
"""What bears a secrecy marking is approved by two persons of two agencies."""  # spec: trust-layer.md 4


def clear(labelled: Labelled, office: Office, now: Ms) -> Cleared | Withheld:
    """Ask our law; return the dispatch as it may leave, or why it may not."""
    foreseen = foresee(labelled, office, now) if labelled.approvals else None
    if foreseen is not None:
        bound = tuple(one for one in labelled.approvals if one.subject == foreseen.subject)
        labelled = replace(labelled, approvals=bound)
    question = ask(labelled)
    if foreseen is not None:
        question = replace(question, approvals=question.approvals & foreseen.roles)
    verdict = office.gate.decide(question, now)
    if not verdict.permits:
        return withhold(labelled, question, verdict, office, now)
    body, label, unmet = _apply(labelled, verdict.obligations, office)
    if labelled.approvals and subject_of(labelled.draft, label, body) != labelled.approvals[0].subject:
        return _held(replace(labelled, approvals=()), question, verdict, office, now)
    if labelled.unanswered:
        labelled = replace(labelled, unanswered=_still_there(labelled, body, office))
    if labelled.unanswered:
        return _held(labelled, question, verdict, office, now)
    unmet = tuple(sorted({*unmet, *_second_agency(labelled)}))
    cleared = Cleared(labelled, label, body, question, verdict)
    if question.break_glass:
        return _behind_glass(cleared, unmet, office, now)
    return _held(labelled, question, verdict, office, now) if unmet else cleared


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
        assessments=weighed(tuple(a.assessed() for a in form.assessments), labelled.before),
        approvals=frozenset(one.role for one in labelled.approvals),
        minimum_facts=form.minimum_facts,
        third_state=facts.third_state,
        answers=labelled.draft.answers,
        budget_spent=labelled.budget_spent,
        listed_by=labelled.listed_by,
        classified=bool(form.marking),
        break_glass=bool(form.break_glass),
    )


def withhold(labelled: Labelled, question: Question, verdict: Verdict, office: Office, now: Ms) -> Withheld:
    """Say that a draft does not leave: refused, referred, or held where only a form or approval is missing."""
    if verdict.effect is Effect.REFUSE:
        return Withheld(labelled.draft.id, "refused", verdict, verdict.missing, question)
    if not verdict.missing:
        return Withheld(labelled.draft.id, "referred", verdict, (), question)
    return _held(labelled, question, verdict, office, now)


def _held(labelled: Labelled, question: Question, verdict: Verdict, office: Office, now: Ms) -> Withheld:
    """Hold a draft for all that it lacks: approvals that law will ask for later, and what it lacks with all of them.

    A rule that asks for an approval or a form names both; a form that is there is not asked for again.
    """
    foreseen = foresee(labelled, office, now)
    lacking = foreseen.roles - {one.role for one in labelled.approvals}
    missing = {*foreseen.others, *(_APPROVAL + role for role in lacking), *_second_agency(labelled)}
    missing |= {_CONFIRM + category for category in labelled.unanswered}
    subject = foreseen.subject
    return Withheld(labelled.draft.id, "held", verdict, tuple(sorted(missing)), question, subject=subject)


# --- approvals -----------------------------------------------------------------------------------------------------


def foresee(labelled: Labelled, office: Office, now: Ms) -> Foreseen:
    """Ask law for the draft as it would leave if all approvals that it asks for were given.

    Where law asks for more than approvals, removals are not known yet: the subject covers the body as it is, and is
    another one when the draft is taken up again with what was missing.
    """
    bare = replace(labelled, approvals=())
    question = ask(bare)
    roles: frozenset[str] = frozenset()
    verdict = office.gate.decide(question, now)
    for _ in range(_ROUNDS):
        asked = {word.removeprefix(_APPROVAL) for word in verdict.missing if word.startswith(_APPROVAL)}
        asked |= {one.value for one in verdict.obligations if one.verb == "approval"}
        if asked <= roles:
            break
        roles |= asked
        verdict = office.gate.decide(replace(question, approvals=roles), now)
    others = frozenset(word for word in verdict.missing if not word.startswith(_APPROVAL))
    if not verdict.permits:
        return Foreseen(subject_of(bare.draft, bare.label, bare.draft.body), roles, others, None, None)
    body, label, _ = _apply(bare, verdict.obligations, office)
    return Foreseen(subject_of(bare.draft, label, body), roles, others, body, label)


def _second_agency(labelled: Labelled) -> tuple[str, ...]:
    """Name what is missing of the two agencies for a draft with a secrecy marking."""
    enough = not labelled.draft.form.marking or len({one.agency for one in labelled.approvals}) > 1
    return () if enough else (SECOND_AGENCY,)


def _behind_glass(cleared: Cleared, unmet: tuple[str, ...], office: Office, now: Ms) -> Cleared | Withheld:
    """Let through what lacks approvals and full forms only, and name them; whatever the rules say, nothing else is deferred.

    The same question is asked once more with the glass whole: its answer says what is deferred.
    """  # spec: law-and-agencies.md 7 rule 9
    question = replace(cleared.question, break_glass=False)
    whole = office.gate.decide(question, now)
    if not whole.permits and not (
        whole.effect is Effect.REFER and whole.missing and all(map(deferrable, whole.missing))
    ):
        return withhold(cleared.labelled, question, whole, office, now)
    missing = () if whole.permits else whole.missing
    return replace(cleared, deferred=tuple(sorted({*unmet, *missing})))


# --- obligations ---------------------------------------------------------------------------------------------------


def _apply(
    labelled: Labelled, obligations: tuple[Obligation, ...], office: Office
) -> tuple[bytes, Label, tuple[str, ...]]:
    """Remove, add caveats, bound retention; return the body, the label and what could not be met.

    Days of retention count from the draft's own time, so that a draft which is taken up later is still the same.
    """
    values = {verb: frozenset(o.value for o in obligations if o.verb == verb) for verb in {o.verb for o in obligations}}
    body, removed = _remove(labelled, values.get("redact", frozenset()), office)
    label = labelled.label
    days = [int(value) for value in values.get("retain-max-days", ())]
    limits = [labelled.draft.created + day * _DAY_MS for day in days] + (
        [label.retain_until] if label.retain_until else []
    )
    label = replace(
        label,
        conditions=tuple(sorted({*label.conditions, *values.get("caveat", ())})),
        retain_until=Ms(min(limits)) if limits else None,
        categories=tuple(c for c in label.categories if c not in values.get("redact", ())),
        redactions=tuple(sorted((*label.redactions, *removed))),
    )
    approved = {one.role for one in labelled.approvals}
    unmet = tuple(sorted(_APPROVAL + role for role in values.get("approval", frozenset()) - approved))
    return body, label, unmet


def _remove(labelled: Labelled, classes: frozenset[str], office: Office) -> tuple[bytes, tuple[str, ...]]:
    """Remove what is tagged with one of the classes, then what a pattern of one of them still finds."""
    draft = labelled.draft
    if not classes:
        return draft.body, ()
    body, removed = office.desks[draft.form.desk].redact(draft.form.kind, draft.body, classes)
    if not labelled.struck & classes:
        return body, removed
    patterns = tuple(p for p in office.patterns if p.category in classes)
    texts = office.desks[draft.form.desk].facts(draft.form.kind, body).texts
    cleaned = clean(texts, patterns, draft.created)
    changed = {text: left for text, left in zip(texts, cleaned, strict=True) if text != left}
    if not changed:
        return body, removed
    found = {one.category for one in telling(texts, scan(texts, patterns, draft.created))} - set(removed)
    return cbor.encode(_strike(cbor.decode(body), changed)), tuple(sorted((*removed, *found)))


def _still_there(labelled: Labelled, body: bytes, office: Office) -> frozenset[str]:
    """Return which unanswered proposals are still about something in the body that would leave.

    What law has removed anyway needs nobody's answer.
    """
    if not labelled.unanswered or body == labelled.draft.body:
        return labelled.unanswered
    form = labelled.draft.form
    patterns = tuple(pattern for pattern in office.patterns if pattern.category in labelled.unanswered)
    texts = office.desks[form.desk].facts(form.kind, body).texts
    found = telling(texts, scan(texts, patterns, labelled.draft.created))
    return frozenset(finding.category for finding in found)


def _strike(value: Value, changed: Mapping[str, str]) -> Value:
    """Put what is left of each text that a person wrote in its place."""
    if isinstance(value, str):
        return changed.get(value, value)
    if isinstance(value, Mapping):
        return {str(key): _strike(item, changed) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strike(item, changed) for item in value]
    return value
