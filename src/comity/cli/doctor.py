"""`comity doctor`: what an administrator should look at, each with what to do about it."""

from __future__ import annotations

import argparse
from pathlib import Path

from comity.cli.out import show_json, show_table
from comity.edge.clock import SystemClock
from comity.edge.doctor import Grade, examine, worst

DONE, REFUSED = 0, 1


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser(
        "doctor", help="look at a node: clock, disk, rights, keys, store, peer, copies; changes nothing"
    )
    parser.add_argument("folder", type=Path, help="the node's data folder")
    parser.add_argument("--copies", type=Path, metavar="DIR", help="where copies of its store are kept")
    parser.add_argument("--strict", action="store_true", help="end with 1 also where something is only worth a look")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run_doctor)


def run_doctor(asked: argparse.Namespace) -> int:
    """Look, and say what to do."""
    found = examine(asked.folder, SystemClock().now(), copies=asked.copies)
    if asked.json:
        show_json([{"what": one.what, "grade": one.grade, "says": one.says, "do": one.do} for one in found])
    else:
        show_table(
            "Node", ("", "what", "found", "what to do"), [[one.grade, one.what, one.says, one.do] for one in found]
        )
    grade = worst(found)
    return REFUSED if grade is Grade.BAD or (asked.strict and grade is Grade.LOOK) else DONE
