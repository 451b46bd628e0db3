"""Our law's answer on a draft, and theirs where it was asked, as views; for the page that writes and the one that approves.

The rule it keeps: the word, one sentence, the articles; then what is missing, what is removed, what follows. Their published
law is shown as our copy, never as their decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.ids import Ms
from comity.policy.explain import step_words
from comity.screen import BodyLine, VerdictLine
from comity.screen.writing import FoundLine, Judgement, RoleLine, StepLine, VerdictData
from comity.web import letters, moments
from comity.web.letters import Sight
from comity.web.texts import Texts
from comity.web.views import Code, Line, Opinion

_APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is there (`ok`), is missing (`no`) or waits for somebody (`wait`), with what stands below it."""

    look: str
    text: str
    small: str


@dataclass(frozen=True, slots=True)
class Found:
    """One category that the scan found: `said` is `confirmed`, `rejected` or ""; `asks` says that somebody must answer."""

    category: str
    texts: tuple[str, ...]
    state: str
    asks: bool
    said: str


@dataclass(frozen=True, slots=True)
class Node:
    """One station of the approval path: `done`, `now` or "" for later."""

    look: str
    text: str
    small: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of a draft.

    Attributes:
        outcome: `sent`, `held`, `referred`, `refused`, `unfit`, or `empty` before anything is written.
        headline: in words.
        checks: what is missing, and what is there.
        problem: what does not fit, with the id of the field that it is about.
        ours: our law's answer; `more` are further reasons as (sentence, article, rule).
        theirs: their published law's answer where it was asked.
        ways: the steps that would lead to a permit, or why none does.
        removed, duties: what goes, what follows.
        leaves: what the other side would read.
        codes: of the label as it would leave.
        keep_until: in words.
        found: what the scan found.
        path: the approval path.
        budget: of persons, in words, "" if not near.
        refer_to: where a referral goes.
    """

    outcome: str
    headline: str
    checks: tuple[Check, ...] = ()
    problem: str = ""
    field: str = ""
    ours: Opinion | None = None
    more: tuple[tuple[str, str, str], ...] = ()
    theirs: Opinion | None = None
    theirs_note: str = ""
    ways: tuple[str, ...] = ()
    ways_head: str = ""
    removed: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    leaves: tuple[Line, ...] = ()
    codes: tuple[Code, ...] = ()
    keep_until: str = ""
    found: tuple[Found, ...] = ()
    path: tuple[Node, ...] = ()
    budget: str = ""
    refer_to: str = ""


def empty(sight: Sight) -> Verdict:
    """Return what stands there before anything was written."""
    return Verdict("empty", sight.texts("compose.verdict.empty"))


def unfit(message: str, field: str, sight: Sight) -> Verdict:
    """Return what is said of a draft that does not fit yet."""
    return Verdict("unfit", sight.texts("compose.verdict.unfit"), problem=message, field=field)


def verdict(one: Judgement, sight: Sight, edition: bool, said: Mapping[str, str]) -> Verdict:  # noqa: FBT001  exercise or not
    """Put what the judge said of a draft into words.

    Args:
        one: what it said.
        sight: the page.
        edition: our law edition is an exercise edition.
        said: what the officer has answered to the scan by category: `confirmed` or `rejected`.
    """
    t = sight.texts
    ours = opinion(one.verdict, sight.us.short, sight, exercise=edition)
    near = one.budget is not None and 5 * (one.budget.persons + one.budget.asks) >= 4 * one.budget.limit
    until = one.label.retain_until
    return Verdict(
        outcome=one.outcome,
        headline=t(f"compose.verdict.{one.outcome}"),
        checks=(*(_missing(step, one.roles, t("compose.nobody"), sight) for step in one.missing), *_there(one, sight)),
        ours=ours,
        more=tuple((_sentence(r.sentences, r.sentence, sight), r.article, r.rule) for r in one.verdict.reasons[1:]),
        ways=() if one.ways is None else tuple(step_said(step.step, t) for step in one.ways.steps),
        ways_head="" if one.ways is None else t(_ways_key(one)),
        removed=tuple(t("removed.class", category=word) for word in one.removed),
        duties=tuple(duty.words or f"{duty.verb} {duty.value}" for duty in one.duties),
        leaves=tuple(body_line(line, sight) for line in one.leaves),
        codes=tuple(letters.code(word) for word in one.label.codes),
        keep_until="" if until is None else moments.date(Ms(until), t, year=True),
        found=tuple(_found(line, said.get(line.category, "")) for line in one.found),
        path=path(one, sight),
        budget=_budget(one, sight) if near else "",
        refer_to=one.verdict.refer_to or "",
    )


def _ways_key(one: Judgement) -> str:
    if one.ways is not None and one.ways.curable:
        return "compose.ways"
    return "compose.ways.none" if one.ways is not None and one.ways.whole else "compose.ways.unknown"


def _budget(one: Judgement, sight: Sight) -> str:
    if one.budget is None:
        return ""
    key = "compose.budget.spent" if one.budget.spent else "compose.budget"
    return sight.texts(key, persons=one.budget.persons, limit=one.budget.limit, asks=one.budget.asks)


def opinion(data: VerdictData, short: str, sight: Sight, *, exercise: bool) -> Opinion:
    """Return one law's answer in its first reason's sentence, in the visitor's language where the edition has it."""
    reasons = data.reasons
    line = VerdictLine(
        party=short,
        act="",
        effect=data.effect,
        sentence=_sentence(reasons[0].sentences, reasons[0].sentence, sight) if reasons else "",
        articles=tuple(dict.fromkeys(r.article for r in reasons)),
        marks=tuple(
            {r.article: r.status for r in reversed(reasons)}[a] for a in dict.fromkeys(r.article for r in reasons)
        ),
        ground=data.ground,
        edition=data.edition,
        exercise=exercise,
        known=True,
        rules=tuple(
            tuple(r.rule for r in reasons if r.article == article)
            for article in dict.fromkeys(r.article for r in reasons)
        ),
    )
    return letters.opinion(line, sight)


def _sentence(sentences: tuple[tuple[str, str], ...], first: str, sight: Sight) -> str:
    return dict(sentences).get(sight.texts.lang, first)


def body_line(line: BodyLine, sight: Sight) -> Line:
    """Return one line of a body as the other side reads it."""
    return letters.line(line, sight.texts)


def step_said(step: str, texts: Texts) -> str:
    """Return what is missing in the page's words; a role that has a name there is named by it."""
    name, _, rest = step.partition(":")
    return step_words(f"{name}:{texts.word('role', rest)}" if name == _APPROVAL else step, texts.lang)


def _missing(step: StepLine, roles: tuple[RoleLine, ...], nobody: str, sight: Sight) -> Check:
    """One step that is missing; an approval waits for somebody, and says for whom."""
    name, _, role = step.step.partition(":")
    if name != _APPROVAL:
        return Check("no", step_said(step.step, sight.texts), "")
    on = next((one.on_call for one in roles if one.role == role), ())
    return Check(
        "wait", step_said(step.step, sight.texts), sight.texts("compose.on-call", who=", ".join(on)) if on else nobody
    )


def _there(one: Judgement, sight: Sight) -> tuple[Check, ...]:
    return (Check("ok", sight.texts("compose.there"), " ".join(one.label.codes)),)


def _found(line: FoundLine, said: str) -> Found:
    asks = line.state in {"open", "proposed", "confirmed", "rejected"} and line.state != "stop"
    answered = said or (line.state if line.state in {"confirmed", "rejected"} else "")
    return Found(line.category, line.texts, line.state, asks, answered)


def path(one: Judgement, sight: Sight) -> tuple[Node, ...]:
    """Return the approval path: written, each approval with who is on call, released, committed and sealed, their desk."""
    t = sight.texts
    waits = [
        Node("now" if place == 0 else "", t("compose.path.approval", role=t.word("role", role.role)), _on(role, sight))
        for place, role in enumerate(one.roles)
    ]
    there = next((p for p in sight.parties if not p.ours), sight.us)
    goes = one.outcome == "sent"
    return (
        Node("done", t("compose.path.written"), ""),
        *waits,
        Node("now" if goes else "", t("compose.path.committed"), t("compose.path.at-once") if goes else ""),
        Node("", there.capital, there.on_duty),
    )


def _on(role: RoleLine, sight: Sight) -> str:
    return (
        sight.texts("compose.on-call", who=", ".join(role.on_call)) if role.on_call else sight.texts("compose.nobody")
    )
