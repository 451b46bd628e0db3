"""Drafts and acts that wait for people, as views: the list, and one draft whole as it would leave.

The rule it keeps: whoever decides sees what leaves and what it binds to; officers are a desk and a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from comity.base.ids import Ms
from comity.screen.writing import AssessmentCard, HeldCard
from comity.web import judged, moments
from comity.web.judged import Node
from comity.web.letters import Sight, code, urgency
from comity.web.views import Code, Line, Urgency

URGENCIES = ("immediate", "urgent", "normal", "formal")
HASH_SHOWN = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that waits, as a list shows it; `mine` says that it waits for a role of the visitor's."""

    id: str
    href: str
    what: str
    urgency: Urgency
    purpose: str
    agency: str
    by: str
    since: str
    waits: tuple[str, ...]
    mine: bool
    loud: bool


@dataclass(frozen=True, slots=True)
class Assessed:
    """One assessment, for whoever approves."""

    act: str
    form: str
    who: str
    before: str
    after: str
    source: str
    lowers: tuple[str, ...]
    decision: str
    basis: str
    by: str
    outside: str
    bad: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """One held draft whole.

    `hash` is what an answer binds to, shortened for people; `subject` the whole. `changed` says that it must be taken up
    again first; `ended` in words where it waits no longer.
    """

    id: str
    kind: str
    urgency: Urgency
    purpose: str
    item: str
    agency: str
    theirs: str
    case: str
    by: str
    since: str
    hash: str
    subject: str
    changed: bool
    ended: str
    leaves: tuple[Line, ...]
    codes: tuple[Code, ...]
    removed: tuple[str, ...]
    verdict: judged.Verdict | None
    waits: tuple[str, ...]
    assessments: tuple[Assessed, ...]
    glass: str
    path: tuple[Node, ...]


def row(  # noqa: PLR0917  the columns of a list
    one: Mapping[str, object], href: str, what: str, by: str, roles: Iterable[str], sight: Sight
) -> Row:
    """Return a row of the list from what the door says of a draft or an act."""
    t, now = sight.texts, sight.now
    missing = one.get("missing")
    words = tuple(judged.step_said(str(w), t) for w in missing) if isinstance(missing, list | tuple) else ()
    at = Ms(int(str(one.get("at", 0))))
    number = _urgency(one.get("urgency"))
    return Row(
        id=f"w-{href.strip('/').replace('/', '-')}",
        href=href,
        what=what,
        urgency=urgency(number, t),
        purpose=str(one.get("purpose", "")),
        agency=str(one.get("agency", "")),
        by=t("approvals.by", officer=by),
        since=t("approvals.since", time=moments.moment(at, now, t), span=moments.span(max(now - at, 0), t)),
        waits=words or (t("approvals.again"),),
        mine=bool(set(roles)),
        loud=number == 0,
    )


def _urgency(value: object) -> int:
    return value if isinstance(value, int) else URGENCIES.index(str(value)) if str(value) in URGENCIES else 2


def draft(one: HeldCard, sight: Sight, exercise: bool) -> Draft:  # noqa: FBT001  exercise or not
    """Return one held draft whole."""
    t = sight.texts
    said = one.judgement
    view = None if said is None else judged.verdict(said, sight, exercise, {})
    waiting = one.state == "held"
    return Draft(
        id=one.id,
        kind=t.word("kind", one.kind),
        urgency=urgency(_urgency(one.urgency), t),
        purpose=one.purpose,
        item=one.item,
        agency=one.agency,
        theirs=", ".join(one.theirs),
        case=one.case,
        by=one.by,
        since=moments.moment(Ms(one.at), sight.now, t),
        hash=one.subject[:HASH_SHOWN],
        subject=one.subject,
        changed=waiting and bool(one.subject) and said is not None and not one.same,
        ended="" if waiting else t("approvals.ended", state=one.state),
        leaves=() if view is None else view.leaves,
        codes=() if said is None else tuple(code(word) for word in said.label.codes),
        removed=() if view is None else view.removed,
        verdict=view,
        waits=tuple(judged.step_said(step.step, t) for step in one.missing),
        assessments=tuple(_assessed(made, sight) for made in one.assessments),
        glass=one.break_glass,
        path=_path(one, sight),
    )


def _assessed(one: AssessmentCard, sight: Sight) -> Assessed:
    t = sight.texts
    return Assessed(
        act=t.word("compose.assessed", one.act),
        form=t.word("compose.assessment", one.form),
        who=one.who_and_how,
        before=t.word("compose.risk", one.risk_before),
        after=t.word("compose.risk", one.risk_after),
        source=one.source,
        lowers=tuple(
            t("approvals.assessed.lowers", what=what, risk=t.word("compose.risk", to)) for what, to in one.mitigations
        ),
        decision=t.word("compose.decision", one.decision),
        basis=one.basis,
        by=t("approvals.assessed.by", officer=one.decider),
        outside=t("approvals.assessed.outside" if one.outside else "approvals.assessed.inside"),
        bad=one.decision not in {"go", "go-with-conditions"},
    )


def _path(one: HeldCard, sight: Sight) -> tuple[Node, ...]:
    """Return who handed it in, who has answered, who is still asked, and that its officer lets it go."""
    t = sight.texts

    def who(officer: str, at: int) -> str:
        return t("approvals.path.who", officer=officer, time=moments.moment(Ms(at), sight.now, t))

    answered = [
        Node(
            "done",
            t("approvals.path.yes" if a.yes else "approvals.path.no", role=t.word("role", a.role)),
            who(a.officer, a.at),
        )
        for a in one.answers
    ]
    said = {a.role for a in one.answers if a.yes}
    open_roles = [role for role in one.roles if role.role not in said]
    waits = [
        Node(
            "now" if place == 0 else "",
            t("approvals.path.waits", role=t.word("role", role.role)),
            t("compose.on-call", who=", ".join(role.on_call)) if role.on_call else t("compose.nobody"),
        )
        for place, role in enumerate(open_roles)
    ]
    last = Node("done" if one.state == "released" else "now" if not waits else "", t("approvals.path.release"), "")
    return (Node("done", t("approvals.path.handed"), who(one.by, one.at)), *answered, *waits, last)
