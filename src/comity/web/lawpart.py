"""The law's part in one dispatch as views: duties, approvals, assessments, broken glass, later acts.

Rule kept: outcomes in plain words, officers as a desk and a number; what is not known is said to be not known.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import Ms
from comity.screen import ActLine, AssessmentLine, DispatchCard, DutyLine, GlassLine, LawPart
from comity.web import moments
from comity.web.letters import Sight, opinion
from comity.web.views import Link, Opinion

_ACT_LOOKS = {
    "done": ("ok", "check"),
    "refused": ("stop", "stop"),
    "referred": ("hold", "refer"),
    "held": ("warn", "clock"),
}
_DUTY_ICONS = {"done": ("ok", "check"), "open": ("wait", "clock"), "noted": ("ok", "half")}


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that our law obliged to: words, the rule with its address, how it stands."""

    words: str
    rule: Link | None
    look: str
    icon: str
    state: str
    when: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one assessment came to."""

    act: str
    form: str
    before: str
    after: str
    decision: str
    decider: str
    tainted: bool
    when: str


@dataclass(frozen=True, slots=True)
class Glass:
    """Glass that was broken, and the review of it."""

    said: str
    text: str
    review: str
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Later:
    """One later act, done or not, with what our law said."""

    word: str
    about: str
    look: str
    icon: str
    state: str
    officer: str
    when: str
    opinion: Opinion | None
    approvals: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    missing: tuple[str, ...]
    glass: bool
    deferred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The law's part; `unread` says that its record is damaged, `theirs` that the dispatch is the other side's."""

    unread: bool
    theirs: bool
    empty: bool
    glass: Glass | None
    duties: tuple[Duty, ...]
    approvals: tuple[tuple[str, str], ...]
    outcomes: tuple[Outcome, ...]


def part(card: DispatchCard, sight: Sight) -> Part:
    """What our law asked of a dispatch and what was done."""
    told = card.law or LawPart((), (), (), None, ())
    t = sight.texts
    approvals = tuple(
        (t("part.by", role=t.word("role", one.role), officer=one.officer), "" if one.at is None else _at(one.at, sight))
        for one in told.approvals
    )
    return Part(
        unread=card.law is None,
        theirs=not card.ours,
        empty=not (told.duties or approvals or told.assessments or told.glass),
        glass=None if told.glass is None else _glass(told.glass, sight),
        duties=tuple(_duty(one, sight) for one in told.duties),
        approvals=approvals,
        outcomes=tuple(_outcome(one, sight) for one in told.assessments),
    )


def acts(card: DispatchCard, sight: Sight) -> tuple[Later, ...]:
    """What was asked to be done with it later, oldest first."""
    return () if card.law is None else tuple(_later(one, sight) for one in card.law.acts)


def _at(at: Ms, sight: Sight) -> str:
    return sight.texts("part.at", time=moments.moment(at, sight.now, sight.texts))


def _duty(duty: DutyLine, sight: Sight) -> Duty:
    t = sight.texts
    look, icon = _DUTY_ICONS.get(duty.state, ("wait", "clock"))
    if duty.done_at is not None:
        when = t("obliged.done.at", time=moments.moment(duty.done_at, sight.now, t))
    elif duty.state != "open":
        when = ""
    elif duty.due is None:
        when = t("obliged.nodue", role=t.word("role", duty.role))
    else:
        when = t("obliged.due", role=t.word("role", duty.role), time=moments.moment(duty.due, sight.now, t))
    words = t.filled("obliged", duty.verb, value=duty.value)
    rule = sight.link(sight.us.short, duty.rule) if duty.rule else None
    return Duty(words, rule, look, icon, t(f"obliged.{duty.state}"), when)


def _glass(glass: GlassLine, sight: Sight) -> Glass:
    t = sight.texts
    said = t("part.glass", time=moments.moment(glass.at, sight.now, t))
    waited = ", ".join(glass.deferred)
    text = t("part.glass.text", what=waited) if waited else t("part.glass.idle")
    review = ""
    if glass.reviewed_at is not None:
        review = t("part.review.done", time=moments.moment(glass.reviewed_at, sight.now, t))
    elif glass.review_due is not None:
        review = t("part.review.due", time=moments.moment(glass.review_due, sight.now, t))
    return Glass(said, text, review, glass.reviewed_at is not None)


def _outcome(one: AssessmentLine, sight: Sight) -> Outcome:
    t = sight.texts
    return Outcome(
        act=t.word("assessed", one.act),
        form=t.word("form", one.form),
        before=t.word("risk", one.before),
        after=t.word("risk", one.after),
        decision=t.word("decision", one.decision),
        decider=t("part.outside" if one.outside else "part.inside"),
        tainted=one.tainted,
        when="" if one.at is None else _at(one.at, sight),
    )


def _later(act: ActLine, sight: Sight) -> Later:
    t = sight.texts
    look, icon = _ACT_LOOKS.get(act.state, ("", "clock"))
    return Later(
        word=t.word("act", act.act),
        about=act.about,
        look=look,
        icon=icon,
        state=t.word("act", act.state),
        officer=act.officer,
        when=_at(act.at, sight),
        opinion=None if act.verdict is None else opinion(act.verdict, sight),
        approvals=act.approvals,
        outcomes=tuple(_outcome(one, sight) for one in act.assessments),
        missing=act.missing,
        glass=act.glass,
        deferred=act.deferred,
    )
