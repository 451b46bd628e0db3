"""`comity persons`: how many distinct persons each side asked about, against the accord's limits; for our reviewer.

The rule it keeps: counts only. What the node keeps of a person gives no name back, and the peer is told nothing.
"""  # spec: law-and-agencies.md 7, budgets over persons

from __future__ import annotations

import argparse

from comity.cli.acts import add_node
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table

DONE = 0
_HEADS = ("side", "purpose", "persons", "limit", "left")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("persons", help="how many persons each side asked about, by purpose; never a name")
    add_node(parser)
    parser.set_defaults(run=run_persons)


def run_persons(asked: argparse.Namespace) -> int:
    """Show what was counted in the running period."""
    found = ask(asked.node, "GET", "/persons")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [_side(one["ours"]), one["purpose"], str(one["persons"]), *_room(one["persons"], one["limit"])]
        for one in found["persons"]
    ]
    show_table(f"Distinct persons asked about, until {moment(found['until'])}", _HEADS, rows)
    for one in found["associations"]:
        print(
            f"{_side(one['ours'])}: {one['associations']} associations, at most {one['members']} members of one;"
            f" the reviewer is told from {one['told_from']} on"
        )
    return DONE


def _side(ours: bool) -> str:  # noqa: FBT001  the one thing it says
    return "we" if ours else "the other side"


def _room(persons: int, limit: int | None) -> tuple[str, str]:
    return ("none", "") if limit is None else (str(limit), str(max(0, limit - persons)))
