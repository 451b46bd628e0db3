"""`comity act ...`: what an officer does with a dispatch that is held, asked of our law first, through the running node."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from comity.base.errors import BadForm
from comity.base.ids import read_id, show_id
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.marking.labels import Urgency
from comity.policy.question import Act, Serves

DONE, REFUSED = 0, 1
_WORDS = {
    Act.USE: "use it: as a lead, to prevent harm, for a decision",
    Act.ONWARD: "pass it on: to an agency at home, or to a third state",
    Act.REPURPOSE: "use it for another purpose than it came for",
    Act.EVIDENCE: "put it before a court or tribunal as evidence",
    Act.EXPORT: "write its content to a file outside the node",
    Act.COURT: "disclose it because a court or tribunal orders so",
    Act.ACCESS: "give it to the person concerned, or to whoever asked for records",
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("act", help="do something with a dispatch that is held, if our law lets it")
    inner = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    for act, words in _WORDS.items():
        _add_act(inner, act, words)
    for name, words in (
        ("approve", "say yes, as another person, to an act that was held"),
        ("refuse", "say no to it: it is not done, as often as it is asked"),
    ):
        one = inner.add_parser(name, help=words)
        one.add_argument("subject", metavar="SUBJECT", help="what your answer binds to, as the held act said it")
        one.add_argument("--role", required=True, help="role in which you answer")
        one.add_argument("--reason", default="", required=name == "refuse", help="why, in words; for our own records")
        add_officer(one)
        add_node(one)
        one.set_defaults(run=run_answer, yes=name == "approve")
    shown = inner.add_parser("list", help="what was done with a dispatch, who opened it, what its originator allowed")
    shown.add_argument("dispatch", metavar="DISPATCH", help="number of the dispatch, 26 letters and digits")
    add_node(shown)
    shown.set_defaults(run=run_list)


def _add_act(inner: argparse._SubParsersAction[argparse.ArgumentParser], act: Act, words: str) -> None:
    one = inner.add_parser(act.value, help=words)
    one.add_argument("dispatch", metavar="DISPATCH", help="number of the dispatch, 26 letters and digits")
    match act:
        case Act.USE:
            one.add_argument(
                "--serves", required=True, choices=[word.value for word in Serves], help="what the use serves"
            )
        case Act.ONWARD:
            one.add_argument(
                "--to", action="append", default=[], metavar="AGENCY", help="agency of ours; may be repeated"
            )
            one.add_argument("--third-state", action="store_true", help="to a state outside the accord")
        case Act.REPURPOSE:
            one.add_argument("--purpose", required=True, help="the other purpose")
        case Act.COURT:
            one.add_argument(
                "--order", required=True, metavar="BASIS", help="an order, by the word our law knows it by"
            )
        case _:
            pass
    one.add_argument("--basis", action="append", default=[], help="legal basis of this act; may be repeated")
    one.add_argument("--assessment", type=Path, action="append", default=[], metavar="FILE", help="as JSON, act `use`")
    one.add_argument(
        "--urgency", choices=[word.name.lower() for word in Urgency], help="if another than the dispatch's"
    )
    one.add_argument("--marking", default="", help="secrecy marking of our own side, if it bears one")
    one.add_argument("--break-glass", default="", metavar="WHY", help="a life is in danger: forms and approvals later")
    one.add_argument(
        "--reason",
        default="",
        required=act is Act.COURT,
        help="why, in words, such as which order; for our own records",
    )
    add_officer(one)
    add_node(one)
    one.set_defaults(run=run_act, asked_act=act)


def add_officer(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the option that says who acts."""
    parser.add_argument("--officer", required=required, help="desk and number, such as requests/101")


def add_node(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has which asks a running node."""
    parser.add_argument("--node", type=Path, required=True, help="folder of the running node")
    parser.add_argument("--json", action="store_true", help="for machines")


def officer_of(text: str) -> dict[str, Any]:
    """Return desk and number as the door takes them.

    Raises:
        BadForm: it is not written as `requests/101`.
    """
    desk, _, number = text.partition("/")
    if not desk or not (number.isascii() and number.isdecimal()):
        raise BadForm("an officer is desk and number, such as requests/101")
    return {"desk": desk, "number": int(number)}


def run_act(asked: argparse.Namespace) -> int:
    """Ask for one act; a no is shown with all its reasons and what is missing, and ends with 1."""
    outcome = perform(asked.node, _act_of(asked))
    if asked.json:
        show_json(outcome)
    else:
        show_outcome(outcome)
    return DONE if outcome["outcome"] == "done" else REFUSED


def perform(node: Path, act: dict[str, Any]) -> dict[str, Any]:
    """Ask the running node for one act and return what became of it, as `door_acts.outcome_json` says it."""
    outcome: dict[str, Any] = ask(node, "POST", "/act", act)
    return outcome


def _act_of(asked: argparse.Namespace) -> dict[str, Any]:
    act: Act = asked.asked_act
    said: dict[str, Any] = {
        "act": act.value,
        "dispatch": asked.dispatch,
        "by": officer_of(asked.officer),
        "basis": [*asked.basis, *([asked.order] if act is Act.COURT else [])],
        "assessments": [_assessment(path) for path in asked.assessment],
        "marking": asked.marking,
        "break_glass": asked.break_glass,
        "reason": asked.reason,
    }
    if asked.urgency:
        said["urgency"] = asked.urgency
    match act:
        case Act.USE:
            return {**said, "serves": asked.serves}
        case Act.ONWARD:
            return {**said, "to_agencies": asked.to, "third_state": asked.third_state}
        case Act.REPURPOSE:
            return {**said, "new_purpose": asked.purpose}
        case _:
            return said


def _assessment(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadForm(f"{path} is no assessment ({error}); nothing was done") from error


def show_outcome(outcome: dict[str, Any]) -> None:
    """Say what became of an act: every reason, what binds whoever did it, what is missing."""
    print(f"{outcome['outcome']}: act {outcome['id']}, entry {outcome['record']} of our decision log")
    for duty in outcome["obligations"]:
        print(f"obliges: {duty['verb']} {duty['value']} ({duty['rule']})")
    if outcome["missing"]:
        print("missing: " + ", ".join(outcome["missing"]))
    if any(word.startswith("approval:") for word in outcome["missing"]):
        print(f"an approval binds to {outcome['subject']}: comity act approve, then repeat this command as it was")
    if outcome["verdict"]["refer_to"]:
        print(f"to: {outcome['verdict']['refer_to']}")
    rows = [[r["effect"], r["sentence"], r["article"], r["status"]] for r in outcome["verdict"]["reasons"]]
    title = "Our law (exercise edition unless signed by counsel)"
    show_table(title, ("verdict", "reason", "article", "known from"), rows)


def run_answer(asked: argparse.Namespace) -> int:
    """Say yes or no to an act that was held."""
    body = {
        "subject": asked.subject,
        "role": asked.role,
        "by": officer_of(asked.officer),
        "yes": asked.yes,
        "reason": asked.reason,
    }
    said = ask(asked.node, "POST", "/act/answer", body)
    if asked.json:
        show_json(said)
    elif asked.yes:
        print(f"approved as {said['role']}; whoever asked for the act may now repeat it")
    else:
        print(f"refused as {said['role']}; the act is not done, and the reason is in our decision log")
    return DONE


def run_list(asked: argparse.Namespace) -> int:
    """Show what was done with a dispatch."""
    found = ask(asked.node, "GET", f"/acts?id={show_id(read_id(asked.dispatch))}")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [
            moment(one["at"]),
            one["act"],
            ", ".join(one["to_agencies"]) or one["serves"] or one["new_purpose"],
            one["effect"],
            f"{one['desk']}/{one['number']}",
            str(one["record"]),
        ]
        for one in found["acts"]
    ]
    show_table("Acts", ("when", "act", "what", "outcome", "officer", "decision log"), rows)
    opened = [[moment(one["at"]), f"{one['desk']}/{one['number']}"] for one in found["views"]]
    show_table("Opened by", ("first", "officer"), opened)
    print("the originator consented to: " + (", ".join(found["consents"]) or "nothing"))
    print("a correction must reach: " + (", ".join(found["reached"]) or "nobody else of ours"))
    return DONE
