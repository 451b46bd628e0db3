"""Admit: our law decides whether we may receive a dispatch and use it, and whether its turn has come."""

from __future__ import annotations

from comity.base.ids import Digest, Ms
from comity.dispatch import certificates
from comity.dispatch.attached import beyond, waits_on
from comity.dispatch.book import Book
from comity.dispatch.filing import Facts
from comity.dispatch.inbound.paper import AMEND, CERTIFICATE, NODE_DESK
from comity.dispatch.inbound.record import RECALLED, recalled
from comity.dispatch.office import Office
from comity.dispatch.predecessors import kind_answered, unsettled
from comity.dispatch.proposals import fault_of_theirs
from comity.dispatch.states import Admitted, Verified
from comity.dispatch.wire import Header
from comity.policy.listed import listed_by
from comity.policy.question import Act, Question
from comity.policy.verdict import Effect, Reason, Verdict

WAITS_FOR_NOTHING = frozenset({"recall", "correction", "withdraw", "suspend", "supersede"})
"""Kinds that are filed without waiting for a predecessor; they leave a mark that meets a late one."""  # spec: protocol.md 7


def admit(verified: Verified, book: Book, office: Office, now: Ms) -> Admitted:
    """Judge a dispatch that agrees with its leaf. A refusal is a result: what says no stands in the verdict."""
    header = verified.opened.header
    early = _refused_before_law(verified, book, office)
    if early is not None:
        return Admitted(verified, early, crossing(early), ())
    listed = listed_by(verified.facts.names, office.listed, now)
    question = ask(header, verified.facts, kind_answered(header.re, book.tx), verified.found, listed=listed)
    verdict = office.gate.decide(question, now)
    code = crossing(verdict)
    waits = () if code or header.kind in WAITS_FOR_NOTHING else unsettled(book, header.after)
    if verified.attachments and not code and header.kind not in WAITS_FOR_NOTHING:
        waits = (*waits, waits_on(header.id))
    return Admitted(verified, verdict, code, waits, question)


def crossing(verdict: Verdict) -> str | None:
    """Return the only word about a dispatch that is not admitted which its sender gets; None for one that is."""
    if verdict.permits:
        return None
    if any(reason.rule == RECALLED for reason in verdict.reasons):
        return "recalled"
    return verdict.outward or "cannot-assist"


def ask(
    header: Header, facts: Facts, answers: str, found: frozenset[str], *, listed: frozenset[str] = frozenset()
) -> Question:
    """Put everything that a rule may read of what was sent into the receiver's question."""
    labels = header.labels
    return Question(
        act=Act.ADMIT,
        desk=header.desk,
        kind=header.kind,
        stage=facts.stage,
        purpose=header.purpose,
        urgency=header.urgency,
        agency=header.agencies[0],
        peer_agencies=(header.author.agency,),
        handling=frozenset(labels.handling.split()),
        conditions=frozenset(labels.conditions),
        tlp=labels.tlp or "",
        pap=labels.pap or "",
        asserts=facts.asserts,
        evaluated=labels.evaluation is not None,
        categories=frozenset(labels.categories) | facts.tagged | found,
        asks=facts.asks,
        records=facts.records,
        basis=frozenset(header.basis),
        conduct=header.conduct or "",
        own_power=facts.own_power,
        known_for=facts.known_for,
        assessments=(),
        approvals=frozenset(),
        minimum_facts=False,
        third_state=facts.third_state,
        answers=answers,
        listed_by=listed,
    )


def _refused_before_law(verified: Verified, book: Book, office: Office) -> Verdict | None:
    """Return the verdict where a recall or an ended posting came first, or its files are too large."""
    header, arrival = verified.opened.header, verified.opened.arrival
    if recalled(header.id, book):
        return _by_accord(RECALLED, "The sender recalled or corrected this dispatch before it came.")
    if beyond(verified.attachments, office.judged_by(arrival.index)[0]):
        sentence = "The files of this dispatch are larger than the accord bears."
        return _by_accord("ACCORD-ATTACHMENTS", sentence)
    if (header.desk, header.kind) == (NODE_DESK, AMEND) and (why := fault_of_theirs(verified.body, book.tx, office)):
        return _by_accord("ACCORD-AMENDMENT", f"This amendment of the accord cannot stand: {why}.")
    if (header.desk, header.kind) == (NODE_DESK, CERTIFICATE) and (
        why := certificates.fault_of_theirs(verified.body, book)
    ):
        return _by_accord("ACCORD-CERTIFICATE", f"This certificate of destruction does not stand: {why}.")
    released = header.released_by
    ended = office.powers.peer_posting_ended(book.tx, released.desk, released.officer)
    if ended is not None and ended < arrival.index:
        sentence = "The officer who released this had been withdrawn at an earlier leaf of the sender's own log."
        return _by_accord("ACCORD-POSTING-ENDED", sentence)
    return None


def _by_accord(rule: str, sentence: str) -> Verdict:
    reason = Reason(rule, Effect.REFUSE, "accord", "accord", sentence, (("en", sentence),))
    return Verdict(Effect.REFUSE, (reason,), (), "hard-stop", "cannot-assist", None, (), Digest(bytes(32)))
