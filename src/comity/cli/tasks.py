"""`comity tasks`: what is asked of our own agencies; none of it crosses."""

from __future__ import annotations

import argparse
from typing import Any

from comity.base.ids import read_id, show_id
from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, read_moment, show_json, show_table

DONE = 0
_HEADS = ("due", "state", "agency", "officer", "case", "asked", "answer", "id")
_STEPS = (
    ("take", "say that you do it", False),
    ("done", "answer a task; it is closed", True),
    ("refuse", "say why it is not done; it is closed", True),
    ("withdraw", "end a task that you gave, or as duty officer or lead of the desk", False),
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("tasks", help="what is asked of our own agencies; it never crosses")
    inner = parser.add_subparsers(dest="tasks", metavar="ACTION", required=True)
    listed = inner.add_parser("list", help="the open tasks by time left")
    listed.add_argument("--closed", action="store_true", help="those that ended")
    listed.add_argument("--case", metavar="CASE", help="only of this case, by its 26 letters")
    add_node(listed)
    listed.set_defaults(run=run_list)
    give = inner.add_parser("give", help="ask an agency or officer of ours for something")
    give.add_argument("agency", metavar="AGENCY", help="id of the agency")
    give.add_argument("asked", metavar="WHAT", help="what is asked, in words")
    give.add_argument("--to", type=int, metavar="NUMBER", help="this officer of it; left out, any")
    give.add_argument("--case", metavar="CASE", help="to which it belongs, by its 26 letters")
    give.add_argument("--dispatch", metavar="ID", help="from which it comes; it brings its case")
    give.add_argument("--due", metavar="TIME", help="ISO time; left out, half of the time that the case has left")
    add_officer(give)
    add_node(give)
    give.set_defaults(run=run_give)
    for name, words, answers in _STEPS:
        one = inner.add_parser(name, help=words)
        one.add_argument("task", metavar="TASK", help="number of the task, 26 letters and digits")
        if answers:
            one.add_argument("answer", metavar="ANSWER", help="in words")
        add_officer(one)
        add_node(one)
        one.set_defaults(run=run_step)


def run_list(asked: argparse.Namespace) -> int:
    """Show tasks."""
    query = f"?case={show_id(read_id(asked.case))}" if asked.case else "?closed=1" if asked.closed else ""
    found = ask(asked.node, "GET", f"/tasks{query}")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [moment(one["due"]), one["state"], one["agency"], str(one["taken_number"] or one["number"] or ""),
         one["case_number"], one["asked"], one["answer"], one["id"]]
        for one in found
    ]  # fmt: skip
    show_table("Tasks", _HEADS, rows)
    return DONE


def run_give(asked: argparse.Namespace) -> int:
    """Give a task."""
    body: dict[str, Any] = {
        "by": officer_of(asked.officer),
        "agency": asked.agency,
        "asked": asked.asked,
        "number": asked.to,
        "case": asked.case,
        "dispatch": asked.dispatch,
        "due": None if asked.due is None else read_moment(asked.due),
    }
    return _said(ask(asked.node, "POST", "/tasks/give", body), asked)


def run_step(asked: argparse.Namespace) -> int:
    """Take, answer, refuse or withdraw a task."""
    body = {"by": officer_of(asked.officer), "id": show_id(read_id(asked.task)), "answer": getattr(asked, "answer", "")}
    return _said(ask(asked.node, "POST", f"/tasks/{asked.tasks}", body), asked)


def _said(task: dict[str, Any], asked: argparse.Namespace) -> int:
    if asked.json:
        show_json(task)
    else:
        print(f"{task['state']}: {task['id']}, of {task['agency']}, due {moment(task['due'])}")
    return DONE
