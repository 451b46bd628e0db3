"""The quiet answer: from it nothing may be inferred, whether nothing is held or its holding is not told.

The rule it keeps: all that stands in the header comes from the question, never from the person who answers; and it leaves
at the end of its time bucket, with the times of that instant, so that neither bytes nor hour tell one from the other.
"""  # spec: vocabulary.md 5, neither confirm nor deny

from __future__ import annotations

from dataclasses import replace

from comity.base.errors import BadForm
from comity.base.ids import CaseId, Ms
from comity.dispatch.accord import Accord
from comity.dispatch.states import Form
from comity.dispatch.wire import Header
from comity.marking.labels import Lane

_MINUTE_MS = 60_000
BUCKETS = {Lane.IMMEDIATE: 10 * _MINUTE_MS, Lane.URGENT: 60 * _MINUTE_MS, Lane.NORMAL: 360 * _MINUTE_MS}
"""Length of a time bucket by lane, where the accord has no `quiet-<lane>`; bulk as normal."""
ROLE = "desk"
"""The author's role in every quiet answer: the desk answers, whoever of it does."""


def quieten(form: Form, question: Header | None) -> Form:
    """Return the form with everything that could differ taken from the question; ground and body stay.

    Raises:
        BadForm: it answers no question that is held here.
    """
    if question is None:
        raise BadForm("an answer that neither confirms nor denies names the question it answers; nothing was kept")
    return replace(
        form,
        agency=question.agencies[0],
        role=ROLE,
        recipients=(question.author.agency,),
        purpose=question.purpose,
        urgency=question.urgency,
        workplan_item=question.workplan_item,
        workplan_reason=question.workplan_reason,
        case=question.case or CaseId(question.id),
        re=(question.id,),
        replaces=None,
        lane=question.lane,
        label=None,
        evaluation=None,
        retain_until=None,
        basis=question.basis,
        conduct=question.conduct,
        answer_by=None,
        minimum_facts=False,
        break_glass="",
    )


def leaves_at(lane: Lane, accord: Accord, now: Ms) -> Ms:
    """Return the end of the time bucket that `now` lies in."""
    length = dict(accord.timers).get(f"quiet-{lane.name.lower()}", BUCKETS.get(lane, BUCKETS[Lane.NORMAL]))
    return Ms((now // length + 1) * length)
