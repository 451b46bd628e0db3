"""`comity held | owed | alarms`: drafts that wait, what is still to be done, and who was rung, through the running node."""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

from comity.base.errors import BadForm
from comity.base.ids import read_id, show_id
from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table

DONE, REFUSED = 0, 1
_HELD_HEADS = ("since", "urgency", "kind", "agency", "state", "waits for", "id")
_OWED_HEADS = ("due", "what", "role", "done", "dispatch", "id")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    _add_held(commands.add_parser("held", help="drafts that wait for an approval, a form or another officer"))
    _add_owed(commands.add_parser("owed", help="what was deferred or ordered and is still to be done"))
    alarms = commands.add_parser("alarms", help="what rings for a role of ours; never content")
    alarms.add_argument("--role", help="only this role, such as reviewer")
    alarms.add_argument("--all", action="store_true", help="also those that were seen")
    alarms.add_argument("--seen", metavar="ID", help="note that you have seen this one; it rings nobody else")
    add_node(alarms)
    alarms.set_defaults(run=run_alarms)


def _add_held(parser: argparse.ArgumentParser) -> None:
    inner = parser.add_subparsers(dest="held", metavar="ACTION", required=True)
    listed = inner.add_parser("list", help="every draft that waits, oldest first")
    listed.add_argument("--ended", action="store_true", help="also those that wait no longer")
    add_node(listed)
    listed.set_defaults(run=run_list)
    for name, words in (
        ("show", "one draft whole, with what an approval of it binds to"),
        ("minimum", "the form with the minimum facts of an immediate draft, as JSON, to be completed and sent"),
    ):
        one = inner.add_parser(name, help=words)
        one.add_argument("draft", metavar="DRAFT", help="number of the draft, 26 letters and digits")
        add_node(one)
        one.set_defaults(run=run_show if name == "show" else run_minimum)
    for name, words in (("approve", "say yes to a draft, as another person"), ("refuse", "say no to it: it ends")):
        one = inner.add_parser(name, help=words)
        one.add_argument("subject", metavar="SUBJECT", help="what your answer binds to, as `held show` says it")
        one.add_argument("--role", required=True, help="role in which you answer")
        one.add_argument("--reason", default="", required=name == "refuse", help="why, in words; for our own records")
        add_officer(one)
        add_node(one)
        one.set_defaults(run=run_answer, yes=name == "approve")
    resume = inner.add_parser("resume", help="judge a draft again by the law of now, and let it go if it may go")
    resume.add_argument("draft", metavar="DRAFT", help="number of the draft")
    resume.add_argument(
        "--assessment", type=Path, action="append", default=[], metavar="FILE", help="to be added, JSON or TOML"
    )
    for name, words in (("--confirm", "data category that the scan proposes: it is there"), ("--reject", "it is not")):
        resume.add_argument(name, action="append", default=[], metavar="CATEGORY", help=words)
    add_officer(resume)
    add_node(resume)
    resume.set_defaults(run=run_resume)
    drop = inner.add_parser("drop", help="end a draft that is not wanted any more; its record stays")
    drop.add_argument("draft", metavar="DRAFT", help="number of the draft")
    drop.add_argument("--reason", required=True, help="why, in words")
    add_officer(drop)
    add_node(drop)
    drop.set_defaults(run=run_drop)


def _add_owed(parser: argparse.ArgumentParser) -> None:
    inner = parser.add_subparsers(dest="owed", metavar="ACTION", required=True)
    listed = inner.add_parser("list", help="what is to be done, the first due first")
    listed.add_argument("--done", action="store_true", help="also what was done")
    listed.add_argument("--role", help="only what this role owes")
    add_node(listed)
    listed.set_defaults(run=run_owed)
    for name, words in (
        ("complete", "close one thing: a full form, a report, an approval given afterwards"),
        ("review", "close the review of a broken glass with your finding; both logs show that it was made"),
    ):
        one = inner.add_parser(name, help=words)
        one.add_argument("id", metavar="ID", help="number of the thing, 26 letters and digits")
        one.add_argument(
            "--finding" if name == "review" else "--note", dest="note", default="", required=name == "review",
            help="in words",
        )  # fmt: skip
        if name == "complete":
            one.add_argument("--assessment", type=Path, metavar="FILE", help="the full form, JSON or TOML")
            one.add_argument("--no", action="store_true", help="of an approval: it would not have been given")
        add_officer(one)
        add_node(one)
        one.set_defaults(run=run_complete)


# --- held ----------------------------------------------------------------------------------------------------------


def run_list(asked: argparse.Namespace) -> int:
    """Show every draft that waits."""
    found = ask(asked.node, "GET", "/held" + ("?ended=1" if asked.ended else ""))
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [
            moment(one["at"]),
            one["urgency"],
            one["kind"],
            one["agency"],
            one["state"],
            ", ".join(one["missing"]),
            one["id"],
        ]
        for one in found
    ]
    show_table("Held drafts", _HELD_HEADS, rows)
    return DONE


def run_show(asked: argparse.Namespace) -> int:
    """Show one draft whole."""
    found = ask(asked.node, "GET", f"/held/draft?id={_number(asked.draft)}")
    if asked.json:
        show_json(found)
        return DONE
    print(f"{found['state']}: {found['id']}, handed in by {found['by']}, waits for: {', '.join(found['missing'])}")
    print(f"an answer binds to {found['subject']}")
    form = found["form"]
    rows = [[name, _words(value)] for name, value in form.items() if name != "body" and value not in (None, "", [])]
    rows += [[f"body: {name}", _words(value)] for name, value in form["body"].items()]
    show_table("The draft", ("field", "content"), rows)
    answers = [
        [moment(one["at"]), one["role"], f"{one['by']['desk']}/{one['by']['number']}", "yes" if one["yes"] else "no",
         one["reason"]]
        for one in found["answers"]
    ]  # fmt: skip
    show_table("Answers", ("when", "role", "officer", "answer", "reason"), answers)
    return DONE


def run_minimum(asked: argparse.Namespace) -> int:
    """Print the form with the minimum facts; it is the input of `comity send` once it is completed."""
    show_json(ask(asked.node, "GET", f"/held/minimum?id={_number(asked.draft)}"))
    return DONE


def run_answer(asked: argparse.Namespace) -> int:
    """Answer to a held draft."""
    body = {
        "subject": asked.subject,
        "role": asked.role,
        "by": officer_of(asked.officer),
        "yes": asked.yes,
        "reason": asked.reason,
    }
    held = ask(asked.node, "POST", "/held/answer", body)
    if asked.json:
        show_json(held)
    else:
        print(f"{'approved' if asked.yes else 'refused'} as {asked.role}: {held['id']} is {held['state']}")
    return DONE


def run_resume(asked: argparse.Namespace) -> int:
    """Take a draft up again; what still holds it is shown and ends with 1."""
    added = [read_assessment(path) for path in asked.assessment]
    body = {
        "draft": _number(asked.draft),
        "by": officer_of(asked.officer),
        "assessments": added,
        "confirmed": asked.confirm,
        "rejected": asked.reject,
    }
    outcome = ask(asked.node, "POST", "/held/resume", body)
    if asked.json:
        show_json(outcome)
    else:
        print(f"{outcome['outcome']}: {outcome['id']}")
        if outcome.get("missing"):
            print("missing: " + ", ".join(outcome["missing"]))
        rows = [[r["effect"], r["sentence"], r["article"], r["status"]] for r in outcome["verdict"]["reasons"]]
        title = "Our law (exercise edition unless signed by counsel)"
        show_table(title, ("verdict", "reason", "article", "known from"), rows)
    return DONE if outcome["outcome"] == "sent" else REFUSED


def run_drop(asked: argparse.Namespace) -> int:
    """End a draft."""
    body = {"draft": _number(asked.draft), "by": officer_of(asked.officer), "reason": asked.reason}
    held = ask(asked.node, "POST", "/held/drop", body)
    if asked.json:
        show_json(held)
    else:
        print(f"{held['state']}: {held['id']}; its record stays in our decision log")
    return DONE


# --- owed, alarms --------------------------------------------------------------------------------------------------


def run_owed(asked: argparse.Namespace) -> int:
    """Show what is to be done."""
    found = ask(asked.node, "GET", "/owed" + ("?done=1" if asked.done else ""))
    found = [one for one in found if asked.role in {None, one["role"]}]
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [moment(one["due"]), one["what"], one["role"], moment(one["done_at"]), one["dispatch"] or "", one["id"]]
        for one in found
    ]
    show_table("To be done", _OWED_HEADS, rows)
    return DONE


def run_complete(asked: argparse.Namespace) -> int:
    """Close one thing that is owed."""
    body: dict[str, Any] = {"id": _number(asked.id), "by": officer_of(asked.officer), "note": asked.note}
    if asked.owed == "complete":
        body["yes"] = not asked.no
        body["assessment"] = None if asked.assessment is None else read_assessment(asked.assessment)
    owed = ask(asked.node, "POST", "/owed/complete", body)
    if asked.json:
        show_json(owed)
    else:
        print(f"done: {owed['what']}, entry {owed['done_record']} of our decision log")
    return DONE


def run_alarms(asked: argparse.Namespace) -> int:
    """Show what rings, or note that one was seen."""
    if asked.seen:
        said = ask(asked.node, "POST", "/alarms/seen", {"id": _number(asked.seen)})
        if asked.json:
            show_json(said)
        else:
            print(f"seen: {said['seen']}")
        return DONE
    query = "&".join([*([f"role={asked.role}"] if asked.role else []), *(["seen=1"] if asked.all else [])])
    found = ask(asked.node, "GET", f"/alarms?{query}")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [moment(one["at"]), one["kind"], one["role"], one["about"], one["dispatch"] or "", moment(one["seen_at"]), one["id"]]
        for one in found
    ]  # fmt: skip
    show_table("Alarms", ("when", "what", "role", "about", "dispatch", "seen", "id"), rows)
    return DONE


def read_assessment(path: Path) -> Any:
    """Return an assessment from a JSON or TOML file; the node checks it.

    Raises:
        BadForm: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise BadForm(f"{path} is no assessment ({error}); nothing was done") from error


def _number(text: str) -> str:
    return show_id(read_id(text))


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
