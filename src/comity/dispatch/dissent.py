"""Dissent: what an earlier decider said about the same content is not forgotten because another one says yes.

The rule it keeps: whoever assesses again what was refused, left undecided or disputed before disagrees with someone, and a
disagreement goes to the head by itself. A fact that was once assessed as likely got by mistreatment stays so.
"""  # spec: law-and-agencies.md 1.2, automatic referral on disagreement

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace

from comity.base.ids import DispatchId, Ms
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.ports import Tx
from comity.policy.question import Assessed, AssessedAct, Decision, Question, Risk

_GOES = frozenset({Decision.GO, Decision.GO_WITH_CONDITIONS})


@dataclass(frozen=True, slots=True)
class Before:
    """What stands against an act: who said no, or did not decide, and whether the fact was called tainted."""

    acts: frozenset[AssessedAct] = frozenset()
    tainted: bool = False


NOTHING_BEFORE = Before()


def links_of(re: Iterable[bytes], case: bytes | None, subjects: Iterable[str], key: bytes) -> frozenset[bytes]:
    """Return by what a draft is recognised as being about the same: the question that it answers, the persons it asks about.

    What answers nothing and names nobody is recognised by its case. Persons are kept as keyed hashes.
    """
    persons = {hmac.digest(key, f"comity/dissent/1\x00{one}".encode(), "sha256") for one in subjects}
    found = {*re, *persons}
    return frozenset(found or ({case} if case else set()))


def before(links: frozenset[bytes], content: frozenset[str], tx: Tx) -> Before:
    """Return what was said before of a draft or act that has all of the content of which it was said."""
    acts: set[AssessedAct] = set()
    tainted = False
    for link in sorted(links):
        for act, said, mark in tx.rows("SELECT act, content, tainted FROM dissent WHERE link = ?", (link,)):
            if set(text_of(said).split()) <= content:
                acts.add(AssessedAct(text_of(act)))
                tainted = tainted or bool(int_of(mark))
    return Before(frozenset(acts), tainted)


def weighed(assessments: tuple[Assessed, ...], found: Before) -> tuple[Assessed, ...]:
    """Return the assessments as law sees them: a yes to what had a no before is disputed, and so is silence."""
    if found == NOTHING_BEFORE:
        return tuple(sorted(assessments, key=lambda one: one.act))
    given = {one.act for one in assessments}
    silent = tuple(
        _disputed(act, tainted=found.tainted and act is AssessedAct.USE) for act in sorted(found.acts - given)
    )
    return tuple(sorted((*(_against(one, found) for one in assessments), *silent), key=lambda one: one.act))


def content_of(categories: Iterable[str], asks: Iterable[str], records: Iterable[str]) -> frozenset[str]:
    """Return what an assessment is about: data categories, and what is asked for."""
    return frozenset({*categories, *(f"asks:{one}" for one in asks), *(f"records:{one}" for one in records)})


def note(question: Question, links: frozenset[bytes], draft: DispatchId, tx: Tx, now: Ms) -> None:
    """Keep every no, doubt and taint among the assessments of a draft or act that was not done, or done in spite of it."""
    content = " ".join(sorted(content_of(question.categories, question.asks, question.records)))
    for one in question.assessments:
        if one.decision in _GOES and not one.tainted:
            continue
        rows = [(link, one.act.value, draft, content, int(one.tainted), now) for link in sorted(links)]
        tx.many(
            "INSERT INTO dissent (link, act, draft, content, tainted, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            rows,
        )


def _against(one: Assessed, found: Before) -> Assessed:
    tainted = one.tainted or (found.tainted and one.act is AssessedAct.USE)
    disputed = one.act in found.acts and one.decision in _GOES
    return replace(one, tainted=tainted, decision=Decision.DISPUTED if disputed else one.decision)


def _disputed(act: AssessedAct, *, tainted: bool) -> Assessed:
    """Return what stands where somebody said no and nobody assessed again: no decider, and nothing decided."""
    return Assessed(
        act=act,
        short_form=False,
        risk_before=Risk.SUBSTANTIAL,
        mitigated=True,
        risk_after=Risk.MEDIUM,
        decision=Decision.DISPUTED,
        decider_outside=False,
        tainted=tainted,
    )
