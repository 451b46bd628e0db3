"""The gate of every later act on what is held: use, onward, another purpose, evidence, a file, a court, a person.

Read `perform` downwards. The rule it keeps: nobody does anything with a dispatch before our law was asked for this very
act; what it answered is in our decision log, whether it said yes or no, and a no is a result, never an exception.
"""  # spec: DESIGN.md 2; law-and-agencies.md 7

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base.cbor import Value
from comity.base.ids import DispatchId, LeafIndex, Ms, new_dispatch_id
from comity.dispatch import decision, records
from comity.dispatch.answered import SAID_NO, act_answers, said_no
from comity.dispatch.assured import confirmed
from comity.dispatch.book import Book
from comity.dispatch.dissent import before, content_of, note, weighed
from comity.dispatch.filing import Standing
from comity.dispatch.glass import BREAK_GLASS, DUTY_OFFICER, LEAST_REASON, deferrable, leaf
from comity.dispatch.holding import Holding, find, holders, named, past_due, recalled, released
from comity.dispatch.inbound.admit import ask
from comity.dispatch.office import Office
from comity.dispatch.owed import APPROVAL, FULL_FORM, REPORT, REVIEW, owe
from comity.dispatch.particulars import Particulars, encode_particulars, subject_of
from comity.dispatch.ports import Tx
from comity.dispatch.predecessors import kind_answered
from comity.dispatch.states import Officer
from comity.marking.labels import Urgency
from comity.marking.scan import scan
from comity.policy.assessment import AssessmentForm, encode_assessment
from comity.policy.listed import listed_by
from comity.policy.question import Outside, Question
from comity.policy.verdict import Effect, Obligation, Verdict

DONE, REFUSED = "act", "act-refused"
"""Kinds of the decision record."""
_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts as the law sees it: our agency, and the roles whose holders approved this very act."""

    agency: str
    approvals: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was asked, what law said, the approvals that it obliges to and that lack, and what is owed instead."""

    question: Question
    verdict: Verdict
    unmet: tuple[str, ...]
    deferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """An act, by whom, and the answer."""

    particulars: Particulars
    by: Officer
    answer: _Answer


@dataclass(frozen=True, slots=True)
class Done:
    """An act that our law does not forbid and an officer with standing did; the obligations bind whoever did it."""

    id: DispatchId
    verdict: Verdict
    obligations: tuple[Obligation, ...]
    record: LeafIndex
    """Its place in our decision log."""


@dataclass(frozen=True, slots=True)
class NotDone:
    """An act that was not done: refused or referred by our law, or held for what is missing. Kept, with all reasons."""

    id: DispatchId
    state: str
    """`refused`, `referred` or `held`."""
    verdict: Verdict
    missing: tuple[str, ...]
    record: LeafIndex
    subject: bytes
    """What an approval that is missing must bind to."""


def perform(particulars: Particulars, by: Officer, book: Book, office: Office, now: Ms) -> Done | NotDone:
    """Ask our law for one act, keep its answer, and say whether it is done; in the caller's transaction.

    Raises:
        BadForm: the dispatch is not held, so there is nothing to act on; nothing was kept.
    """
    asked, lacking = _consider(particulars, by, book.tx, office, now)
    return _keep(asked, lacking, book, office, now)


def consider(particulars: Particulars, by: Officer, tx: Tx, office: Office, now: Ms) -> tuple[Verdict, tuple[str, ...]]:
    """Ask our law for one act without doing it: its answer, and what else is missing; nothing is kept.

    Raises:
        BadForm: the dispatch is not held.
    """
    asked, lacking = _consider(particulars, by, tx, office, now)
    return asked.answer.verdict, (*lacking, *asked.answer.verdict.missing)


def _consider(particulars: Particulars, by: Officer, tx: Tx, office: Office, now: Ms) -> tuple[_Asked, tuple[str, ...]]:
    found = find(particulars.dispatch, tx)
    standing = office.powers.standing(tx, by.desk, by.number, now)
    approvals = _approvals(particulars, by, tx, office, now)
    agency = standing.agency if standing is not None else min(office.agencies)
    question = ask_act(particulars, Acting(agency, approvals), found, tx, office, now)
    answer = _behind_glass(question, office, now) if particulars.break_glass else _answer(question, office, now)
    empty = ("act:assurance",) if approvals - question.approvals else ()  # confirmed, but never given
    refused = () if said_no(particulars, tx) is None else (SAID_NO,)
    lacking = (*refused, *_lacking(particulars, standing, found, tx, now), *answer.unmet, *empty)
    return _Asked(particulars, by, answer), lacking


def ask_act(particulars: Particulars, acting: Acting, found: Holding, tx: Tx, office: Office, now: Ms) -> Question:  # noqa: PLR0917  the act, who, on what, where, when
    """Put everything that a rule may read of an act on a held dispatch into one question.

    Args:
        particulars: the act.
        acting: our agency that acts, and the roles that approved.
        found: the dispatch, from `find`.
        tx: marks, consents and answered kinds are read in it.
        office: the node.
        now: whether a day has passed, and who is listed.
    """
    header, p = found.header, particulars
    facts = office.desks[header.desk].facts(header.kind, found.body)
    struck = frozenset(finding.category for finding in scan(facts.texts, office.patterns))
    listed = listed_by(facts.names, office.listed, now)
    question = ask(header, facts, kind_answered(header.re, tx), struck, listed=listed)
    theirs = header.agencies if found.ours else (header.author.agency,)
    return replace(
        question,
        act=p.act,
        agency=acting.agency,
        peer_agencies=tuple(sorted(set(theirs))),
        urgency=header.urgency if p.urgency is None else p.urgency,
        basis=question.basis | frozenset(p.basis),
        assessments=weighed(tuple(one.assessed() for one in p.assessments), before(_links(p), _content(question), tx)),
        approvals=confirmed(acting.approvals, found, tx, now),
        third_state=question.third_state or p.goes_to == Outside.THIRD_STATE,
        to_agencies=p.to_agencies,
        named=named(found, p.to_agencies),
        outside=p.goes_to,
        new_purpose=p.new_purpose,
        serves="" if p.serves is None else p.serves.value,
        released=released(p, tx),
        recalled=recalled(found, tx),
        past_due=past_due(found, now),
        classified=bool(p.marking),
        break_glass=bool(p.break_glass),
    )


def _links(particulars: Particulars) -> frozenset[bytes]:
    """Return by what acts are recognised as being about the same: the dispatch."""
    return frozenset({particulars.dispatch})


def _content(question: Question) -> frozenset[str]:
    return content_of(question.categories, question.asks, question.records)


def _answer(question: Question, office: Office, now: Ms) -> _Answer:
    verdict = office.gate.decide(question, now)
    wanted = {duty.value for duty in verdict.obligations if duty.verb == APPROVAL}
    unmet = tuple(sorted(f"approval:{role}" for role in wanted - question.approvals))
    return _Answer(question, verdict, unmet)


def _behind_glass(question: Question, office: Office, now: Ms) -> _Answer:
    """Let through what lacks approvals and full forms only; the same question with the glass whole says which.

    Whatever the rules say of break-glass, nothing else is deferred.
    """  # spec: law-and-agencies.md 7 rule 9
    broken, whole = _answer(question, office, now), _answer(replace(question, break_glass=False), office, now)
    waits = whole.verdict.effect is Effect.REFER and whole.verdict.missing
    if not whole.verdict.permits and not (waits and all(map(deferrable, whole.verdict.missing))):
        return whole
    return replace(broken, unmet=(), deferred=tuple(sorted({*broken.unmet, *whole.unmet, *whole.verdict.missing})))


def _approvals(particulars: Particulars, by: Officer, tx: Tx, office: Office, now: Ms) -> frozenset[str]:
    """Return the roles that approved this very act: each by another person than the one who acts, who has that role.

    An approval serves once: those from before the last time that this act was done no longer count.
    """
    counted: dict[tuple[str, int], str] = {}
    for one in act_answers(particulars, tx):
        person = one.by.desk, one.by.number
        standing = office.powers.standing(tx, *person, now)
        if one.yes and person != (by.desk, by.number) and standing is not None and one.role in standing.roles:
            counted.setdefault(person, one.role)  # one person, one approval
    return frozenset(counted.values())


def _lacking(particulars: Particulars, standing: Standing | None, found: Holding, tx: Tx, now: Ms) -> tuple[str, ...]:
    """Name each limit of the officer's standing that this act goes beyond."""
    if standing is None:
        return ("act:officer-without-standing",)
    header = found.header
    urgency = header.urgency if particulars.urgency is None else particulars.urgency
    checks = (
        ("act:agency", standing.agency in holders(found, tx)),
        ("act:act", standing.acts is None or particulars.act.value in standing.acts),
        ("act:purpose", standing.purposes is None or header.purpose in standing.purposes),
        ("act:urgency", standing.urgencies is None or int(urgency) in standing.urgencies),
        ("act:delegation-ended", standing.until is None or now < standing.until),
        ("act:break-glass", not particulars.break_glass or _may_break(particulars, standing, urgency)),
    )
    return tuple(name for name, good in checks if not good)


def _may_break(particulars: Particulars, standing: Standing, urgency: Urgency) -> bool:
    """Say whether the glass may be broken: a life, a duty officer, a reason in words, the answers of the short form."""
    told = len(particulars.break_glass.strip()) >= LEAST_REASON and bool(particulars.assessments)
    return told and urgency is Urgency.IMMEDIATE and DUTY_OFFICER in standing.roles


def _keep(asked: _Asked, lacking: tuple[str, ...], book: Book, office: Office, now: Ms) -> Done | NotDone:
    """Write decision record and row of an act, and what is owed for it; say what became of it."""
    particulars, by, verdict = asked.particulars, asked.by, asked.answer.verdict
    done = verdict.permits and not lacking
    act, kind = new_dispatch_id(now, office.entropy), DONE if done else REFUSED
    missing = (*lacking, *verdict.missing)
    rest: dict[str, Value] = {
        "act": act,
        "particulars": encode_particulars(particulars),
        "by": [by.desk, by.number, by.delegation],
        "approvals": sorted(asked.answer.question.approvals),
        "assessments": [encode_assessment(one) for one in particulars.assessments],
        "missing": list(missing),
        "deferred": list(asked.answer.deferred),
    }
    salt = office.entropy.draw(_SALT_BYTES)
    record = decision.acting(kind, particulars.dispatch, asked.answer.question, verdict, rest, now)
    index = records.keep(book, kind, particulars.dispatch, salt, record, now=now)
    state = verdict.effect.value if done else _state(verdict, lacking)
    book.tx.run(
        "INSERT INTO act (id, dispatch, act, desk, number, effect, particulars, record, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            act,
            particulars.dispatch,
            particulars.act.value,
            by.desk,
            by.number,
            state,
            encode_particulars(particulars),
            index,
            now,
        ),
    )
    note(asked.answer.question, _links(particulars), particulars.dispatch, book.tx, now)
    if not done:
        return NotDone(act, state, verdict, missing, index, subject_of(particulars))
    if particulars.break_glass:
        leaf(BREAK_GLASS, record, book, office, now)
    _owe(particulars, asked.answer, book.tx, office, now)
    return Done(act, verdict, verdict.obligations, index)


def _state(verdict: Verdict, lacking: tuple[str, ...]) -> str:
    """Say how it stands: refused by law or by whoever was asked, referred to whom the law names, or held for what is missing."""
    if verdict.effect is Effect.REFUSE or SAID_NO in lacking:
        return "refused"
    return "held" if lacking or verdict.missing else "referred"


def _owe(particulars: Particulars, answer: _Answer, tx: Tx, office: Office, now: Ms) -> None:
    """Write what doing it left to be done: reports that the law orders, full forms, the review of a break-glass."""
    things = [f"{REPORT}:{duty.value}" for duty in answer.verdict.obligations if duty.verb == REPORT]
    things += [f"{FULL_FORM}:{one.act}" for one in particulars.assessments if one.form is AssessmentForm.SHORT]
    things += [word for word in answer.deferred if word.startswith(f"{APPROVAL}:")]
    owe([*things, REVIEW] if particulars.break_glass else things, particulars.dispatch, tx, office, now)
