"""`comity law`: what a person does with a law edition, one module an action."""

from __future__ import annotations

import argparse

from comity.cli import lawanalysis
from comity.cli.law import explain, replay, report, show, statutes, test

__all__ = ["add_commands"]

_ACTIONS = (show, test, explain, statutes, replay, report)
"""Modules with `add_action(actions)`; a new action is a module and a word here."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("law", help="read, try and explain a law edition")
    inner = parser.add_subparsers(dest="law", metavar="ACTION", required=True)
    for action in _ACTIONS:
        action.add_action(inner)
    lawanalysis.add_law_commands(inner)
