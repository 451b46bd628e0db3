"""What would become of a draft if it were handed in now, as plain data for whoever writes it. Nothing is kept.

The rule it keeps: no step of the path is repeated here. A draft goes through `dispatch.path.judge`, which is what `send` goes
through, in a snapshot; this module only puts into words what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Protocol

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms, show_id
from comity.dispatch.accord import Accord
from comity.dispatch.approvals import Answer, roles_asked
from comity.dispatch.office import Office
from comity.dispatch.path import judge, judge_held
from comity.dispatch.persons import asked, budget_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form, Judged, Labelled, Officer, Withheld
from comity.edge.lawpart import plain_step
from comity.edge.outcome import verdict_json
from comity.edge.plain import Json, to_json
from comity.marking.labels import Label
from comity.marking.scan import OVERRIDING, Finding, scan
from comity.node.node import Node
from comity.policy.assessment import Assessment
from comity.policy.cache import RememberingGate
from comity.policy.cedar import CedarGate
from comity.policy.explain import duty_words
from comity.policy.question import Question
from comity.policy.release_path import Path, missing_for_release
from comity.policy.verdict import Gate, Verdict
from comity.screen import BodyLine

Asked = Callable[[Tx, DispatchId], tuple[frozenset[str], frozenset[str]] | None]
"""What a question asked for, of the desk that has questions."""
Lines = Callable[[str, bytes], tuple[BodyLine, ...]]
_REMEMBERED = 4_096
_PATHS = 512
_EXCERPT, _EXCERPTS = 40, 3
_WORDS = "en"


class Reading(Protocol):
    """What the other side's published law says of a draft of ours, as `theirlaw.TheirLaw` reads it."""

    edition_hash: bytes

    def of_draft(self, question: Question, verdict: Verdict, now: Ms) -> Verdict:
        """Return what their law says to receiving it, after our removals."""
        ...


class Judge:
    """Judges drafts in a thread of its own, with our law but without the writer's memory of it.

    Args:
        node: whose path it is.
        asked: what a question asked for.
        lines: lays a body out.
    """

    def __init__(self, node: Node, asked: Asked, lines: Lines) -> None:
        self._node, self._asked, self._lines = node, asked, lines
        self._thread = ThreadPoolExecutor(1, "judge")
        self._paths: dict[tuple[int, Question], Path] = {}
        law: Gate = node.office.gate
        self._law: CedarGate | None = None
        if isinstance(law, RememberingGate):
            behind = law.behind
            self._law = behind if isinstance(behind, CedarGate) else None
            law = RememberingGate(behind, _REMEMBERED)
        self._office: Office = replace(node.office, gate=law)

    async def judge(self, form: Form, by: Officer, now: Ms) -> Json:
        """Judge a draft.

        Returns:
            As `docs/operations.md` has it for `POST /judge`; `outcome` is `unfit` with a `problem` where it does not fit.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._told, form, by, now)

    async def judged(self, form: Form, by: Officer, now: Ms) -> Judged:
        """Judge a draft and return what the path says.

        Raises:
            BadForm: it does not fit.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._judged, form, by, now)

    async def held(self, draft: DispatchId, now: Ms) -> Json:
        """Return a draft that was kept whole as those who decide about it read it: `screen.writing.HeldCard`.

        Raises:
            BadForm: there is no such draft.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._held, draft, now)

    def _held(self, draft: DispatchId, now: Ms) -> Json:
        shown = self._node.held_draft(draft)
        held = shown.held
        with self._node.ledger.read() as tx:
            try:
                one = judge_held(held, held.by, tx, self._office, now)
            except BadForm:
                said, same = None, False
            else:
                said, same = self.words(one, tx, now), one.foreseen.subject == held.subject
            on_call = {role: self._office.rota.on_call(role, now, tx) for role in sorted(roles_asked(held))}
        form = held.form
        return {
            "id": show_id(held.id),
            "state": held.state,
            "kind": held.kind,
            "urgency": form.urgency.name.lower(),
            "purpose": form.purpose,
            "item": form.workplan_item or "",
            "at": held.at,
            "agency": form.agency,
            "theirs": list(form.recipients),
            "case": "" if form.case is None else show_id(form.case),
            "case_number": "",
            "by": f"{held.by.desk}/{held.by.number}",
            "missing": [{"step": step, "words": plain_step(step)} for step in held.missing],
            "roles": [
                {"role": role, "on_call": [f"{who.desk}/{who.number}" for who in on]} for role, on in on_call.items()
            ],
            "answers": [_answer(one) for one in shown.answers],
            "subject": "" if held.subject is None else held.subject.hex(),
            "same": same,
            "judgement": said,
            "assessments": [_assessment(one) for one in form.assessments],
            "rung": [[role, who, at] for role, who, at in shown.rings],
            "break_glass": form.break_glass,
            "minimum": form.minimum_facts,
        }

    def close(self) -> None:
        """End the thread after what it is doing."""
        self._thread.shutdown(wait=True)

    def _judged(self, form: Form, by: Officer, now: Ms) -> Judged:
        with self._node.ledger.read() as tx:
            return judge(with_question(form, tx, self._asked), by, tx, self._office, now)

    def _told(self, form: Form, by: Officer, now: Ms) -> Json:
        with self._node.ledger.read() as tx:
            try:
                one = judge(with_question(form, tx, self._asked), by, tx, self._office, now)
            except BadForm as error:
                return {
                    "outcome": "unfit",
                    "problem": {"message": str(error), "field": field_of(form.kind, str(error))},
                }
            return self.words(one, tx, now)

    def words(self, one: Judged, tx: Tx, now: Ms) -> dict[str, Json]:
        """Return what came of judging as plain data; called in the judge's thread."""
        outcome, labelled = one.outcome, one.labelled
        form = labelled.draft.form
        if isinstance(outcome, Withheld):
            state, verdict, missing, question = outcome.state, outcome.verdict, outcome.missing, outcome.question
            body, label = one.foreseen.body, one.foreseen.label
        else:
            cleared = outcome.cleared
            state, verdict, missing, question = "sent", cleared.verdict, (), cleared.question
            body, label = cleared.body, cleared.label
        roles = {step.partition(":")[2] for step in missing if step.startswith("approval:")}
        return {
            "outcome": state,
            "verdict": verdict_json(verdict),
            "missing": [{"step": step, "words": plain_step(step)} for step in missing],
            "ways": self._ways(question, verdict, now),
            "duties": [
                {"verb": d.verb, "value": d.value, "rule": d.rule, "words": duty_words(d, _WORDS)}
                for d in verdict.obligations
            ],
            "removed": _removed(label),
            "label": _label(label or labelled.label),
            "leaves": [] if body is None else [to_json(line) for line in self._lines(form.kind, body)],
            "found": _found(labelled, self._office),
            "roles": [
                {
                    "role": role,
                    "on_call": [f"{who.desk}/{who.number}" for who in self._office.rota.on_call(role, now, tx)],
                }
                for role in sorted(roles)
            ],
            "budget": _budget(labelled, self._office.accord, tx, now),
        }

    def _path(self, law: CedarGate, question: Question, now: Ms) -> Path:
        """Return the release path; typing seldom changes the question, so the last ones are remembered."""
        key = law.interval(now), question
        known = self._paths.get(key)
        if known is not None:
            return known
        found = missing_for_release(law, question, now)
        if law.steady(question, now):
            if len(self._paths) >= _PATHS:
                self._paths.clear()
            self._paths[key] = found
        return found

    def _ways(self, question: Question | None, verdict: Verdict, now: Ms) -> Json:
        """Return what is still missing for release as the law counts it, or None where nobody can tell."""
        if self._law is None or question is None or (verdict.permits and not _owes_approval(verdict, question)):
            return None
        path = self._path(self._law, question, now)
        return {
            "curable": path.curable,
            "whole": path.whole,
            "steps": [{"step": step, "words": plain_step(step)} for step in path.steps],
            "rules": list(path.rules),
        }


def _answer(one: Answer) -> Json:
    officer = f"{one.by.desk}/{one.by.number}"
    return {"role": one.role, "officer": officer, "yes": one.yes, "reason": one.reason, "at": one.at or 0}


def _assessment(one: Assessment) -> Json:
    return {
        "act": one.act.value,
        "form": one.form.value,
        "who_and_how": one.who_and_how,
        "risk_before": one.risk_before.value,
        "source": one.source,
        "mitigations": [[m.what, m.lowers_to.value] for m in one.mitigations],
        "risk_after": one.risk_after.value,
        "decision": one.decision.value,
        "basis": one.basis,
        "decider": f"{one.decider_desk}/{one.decider_number}",
        "outside": one.outside_operation,
        "tainted": one.tainted,
    }


def with_question(form: Form, tx: Tx, asked_for: Asked) -> Form:
    """Return a form with what the question that it answers asked for, so that the law can judge the answer."""
    if form.kind != "answer" or not form.re:
        return form
    return replace(form, in_answer_to=asked_for(tx, form.re[0]))


def field_of(kind: str, message: str) -> str:
    """Return the field that an error of the path is about, "" if it is about the whole form.

    A desk's errors begin with the kind and name the field; those of the label and the draft are known by their words.
    """
    head, _, rest = message.partition(": ")
    if head == kind and rest:
        words = rest.removeprefix("lacks ").removeprefix("has no field called ")
        return f"body.{words.split(' ')[0].strip(',;')}"
    return next((field for words, field in _SAID_OF if words in message), "")


_SAID_OF = (
    ("workplan item", "workplan_item"),
    ("evaluation", "evaluation"),
    ("handling code", "handling"),
    ("H0 means", "handling"),
    ("takes handling codes", "handling"),
    ("TLP", "tlp"),
    ("condition", "conditions"),
    ("as conduct", "conduct"),
    ("purpose", "purpose"),
    ("receiving agency", "recipients"),
    ("no agency of this node", "agency"),
    ("day by which it is erased", "retain_until"),
    ("break-glass", "break_glass"),
    ("ground", "ground"),
    ("nothing is held", "ground"),
    ("data category", "categories"),
)
"""What an error of the draft or the label says, and the field of the form that it is about; the first that fits."""


def _owes_approval(verdict: Verdict, question: Question) -> bool:
    return any(d.verb == "approval" and d.value not in question.approvals for d in verdict.obligations)


def _removed(label: Label | None) -> Json:
    return [] if label is None else list(dict.fromkeys(label.redactions))


def _label(label: Label) -> Json:
    return {
        "handling": list(label.handling),
        "conditions": list(label.conditions),
        "tlp": label.tlp,
        "pap": label.pap,
        "evaluation": label.evaluation,
        "retain_until": label.retain_until,
        "categories": list(label.categories),
    }


def _found(labelled: Labelled, office: Office) -> Json:
    """Return what the scan found by category, and what has been said about it."""
    texts, form = labelled.draft.facts.texts, labelled.draft.form
    findings = scan(texts, office.patterns, labelled.draft.created)
    categories = dict.fromkeys(one.category for one in findings)
    return [
        {
            "category": category,
            "state": _said(category, (one for one in findings if one.category == category), labelled, form),
            "overriding": category in OVERRIDING,
            "texts": _excerpts(texts, (one for one in findings if one.category == category)),
        }
        for category in categories
    ]


def _said(category: str, findings: Iterable[Finding], labelled: Labelled, form: Form) -> str:
    """Return `stop`, `rejected`, `open` (nothing leaves before somebody answers), `confirmed` or `proposed`."""
    if any(one.hard_stop for one in findings):
        return "stop"
    if category in form.rejected:
        return "rejected"
    if category in labelled.unanswered:
        return "open"
    return "confirmed" if category in form.confirmed | labelled.draft.facts.tagged else "proposed"


def _excerpts(texts: tuple[str, ...], findings: Iterable[Finding]) -> list[Json]:
    """Return what was found as it is written, for whoever wrote it."""
    said = dict.fromkeys(texts[one.index][one.start : one.end][:_EXCERPT] for one in findings)
    return [*islice(said, _EXCERPTS)]


def _budget(labelled: Labelled, accord: Accord, tx: Tx, now: Ms) -> Json:
    """Return how near the budget over persons is; None where there is none, or this draft asks about nobody."""
    form, subjects = labelled.draft.form, labelled.draft.facts.subjects
    limit = budget_of(accord, form.purpose, now).limit
    if limit is None or not subjects:
        return None
    used = next((one.persons for one in asked(accord, tx, now) if one.ours and one.purpose == form.purpose), 0)
    return {"persons": used, "limit": limit, "asks": len(subjects), "spent": labelled.budget_spent}
