"""`comity law explain`: a case, or what a node decided about a dispatch, in plain words for whoever must answer for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from comity.base.errors import BadForm
from comity.base.ids import Ms, read_id
from comity.cli.law.test import chosen_cases
from comity.cli.out import moment, show_json
from comity.dispatch.columns import bytes_of
from comity.dispatch.decision import Decided, read_record
from comity.edge.config import read_config
from comity.edge.export import snapshot
from comity.edge.opening import open_law, open_peer_law
from comity.edge.setup import edition_files
from comity.policy.cases import Case, supposed
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.explanation import Explanation, explain_answer, read_aloud, turned
from comity.policy.phrases import LANGUAGES, phrase
from comity.policy.question import Act, Question
from comity.policy.release_path import missing_for_release

Told = tuple[str, Explanation]
"""A heading and what stands under it."""


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    explain = actions.add_parser("explain", help="say in plain words what the law answers, and why")
    explain.add_argument("case", metavar="CASE", help="id of a case; with --node: id of a dispatch or kept draft")
    explain.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="language of the reader")
    explain.add_argument(
        "--law", action="append", default=[], help="ask this edition too, as the receiver; may be repeated"
    )
    explain.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
    explain.add_argument("--node", type=Path, help="folder of a node whose decision record is read")
    explain.add_argument("--json", action="store_true", help="for machines")
    explain.set_defaults(run=run_explain)


def run_explain(asked: argparse.Namespace) -> int:
    """Explain one case or one dispatch; 0 whatever the answer is."""
    told = list(_of_node(asked) if asked.node else _of_case(asked))
    if asked.json:
        show_json([{"title": title, **asdict(explanation)} for title, explanation in told])
        return 0
    for title, explanation in told:
        print(title)
        print("".join(f"{line}\n" for line in read_aloud(explanation, asked.language)))
    return 0


def _of_case(asked: argparse.Namespace) -> Iterator[Told]:
    case = next((case for case in chosen_cases(asked.laws, [asked.case], None).meant), None)
    if case is None or case.id != asked.case:
        raise BadForm(f"{asked.case!r} is no case; `comity law test` runs files of cases")
    own = supposed(Edition.load(edition_files(asked.laws, case.law)), case)
    yield f"{case.id}: {case.title} [{case.article}]", _answered(own, case.question, case.now, asked.language)
    for name in asked.law:
        if name == case.law:
            continue
        other = supposed(Edition.load(edition_files(asked.laws, name)), case)
        yield _asked_there(case, own, other, asked.language)


def _asked_there(case: Case, own: Edition, other: Edition, language: str) -> Told:
    """Ask another edition about a case: what is sent there is asked as what is received here."""
    question = case.question
    if question.act is Act.CLEAR:
        question = turned(question, CedarGate(own).decide(question, case.now))
    return f"{case.id}, {phrase(f'act.{question.act}', language)}", _answered(other, question, case.now, language)


def _answered(edition: Edition, question: Question, now: Ms, language: str) -> Explanation:
    """Ask an edition, and look for what would turn a no into a yes."""
    gate = CedarGate(edition)
    path = missing_for_release(gate, question, now)
    return explain_answer(edition, question, gate.decide(question, now), language, path)


def _of_node(asked: argparse.Namespace) -> Iterator[Told]:
    """Explain every decision that a node recorded about a dispatch or draft, oldest first."""
    dispatch, config = read_id(asked.case), read_config(asked.node)
    with snapshot(asked.node) as tx:
        rows = tx.rows("SELECT record FROM record WHERE dispatch = ? ORDER BY idx", (dispatch,))
        decided = [one for one in (read_record(bytes_of(row[0])) for row in rows) if one is not None]
    if not decided:
        raise BadForm(f"this node decided nothing about {asked.case}")
    ours, theirs = open_law(config), open_peer_law(config)
    for one in decided:
        title = f"{asked.case}: {one.kind}" + (f", {moment(one.now)}" if one.now is not None else "")
        title += (
            "" if one.verdict.edition == ours.hash else f"; by the earlier edition {one.verdict.edition.hex()[:16]}"
        )
        path = None
        if one.question is not None and one.now is not None and one.verdict.edition == ours.hash:
            path = missing_for_release(CedarGate(ours), one.question, one.now)
        yield title, explain_answer(ours, one.question, one.verdict, asked.language, path)
        if theirs is not None:
            yield from _said_there(one, theirs, asked.language)


def _said_there(one: Decided, theirs: Edition, language: str) -> Iterator[Told]:
    """Yield what the peer's law, as published, says to receiving what ours lets go."""
    if one.question is None or one.question.act is not Act.CLEAR or not one.verdict.permits:
        return
    question = turned(one.question, one.verdict)
    verdict = CedarGate(theirs).decide(question, one.now if one.now is not None else Ms(0))
    yield phrase("their-law", language), explain_answer(theirs, question, verdict, language)
