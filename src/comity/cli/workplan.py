"""`comity workplan`: the plan that both sides signed, and what was done under it; each part of it adds its own actions."""

from __future__ import annotations

import argparse

from comity.cli import scorecards


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("workplan", help="the shared workplan: its scorecard, counted by each side alone")
    inner = parser.add_subparsers(dest="workplan", metavar="ACTION", required=True)
    scorecards.add_actions(inner)
