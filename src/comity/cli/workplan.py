"""`comity workplan`: the plan that both sides signed, its meetings and minutes."""

from __future__ import annotations

import argparse

from comity.cli import meetings


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("workplan", help="the shared workplan, its meetings and minutes")
    inner = parser.add_subparsers(dest="workplan", metavar="ACTION", required=True)
    meetings.add_actions(inner)
