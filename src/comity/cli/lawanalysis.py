"""`comity law analyse` and `comity law diff`: what rules can never do, and what an amendment newly does.

The search engine behind them is an extra that a running node does not need; it is loaded when one of them is run.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

from comity.base.errors import BadConfiguration

ACCEPTED = "analysis-accepted.toml"
"""File beside the editions: findings that are right as they are, each with its reason."""


def add_law_commands(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the two commands to those of `comity law`."""
    analyse = inner.add_parser("analyse", help="find rules that are dead, shadowed, contradictory, outdated or lifted")
    analyse.add_argument("edition", help="folder of the edition in the folder of laws, or a path")
    analyse.add_argument("--accepted", type=Path, help=f"findings that are right as they are; default: {ACCEPTED}")
    analyse.add_argument("--all", action="store_true", help="show the accepted findings too")
    analyse.set_defaults(run=run_analyse)
    diff = inner.add_parser("diff", help="show what an edition newly allows, refuses, refers or obliges, with examples")
    diff.add_argument("old", help="folder of the edition in force in the folder of laws, or a path")
    diff.add_argument("new", help="folder of the amended edition, or a path")
    diff.set_defaults(run=run_diff)
    for parser in (analyse, diff):
        parser.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
        parser.add_argument("--day", help="ISO day on which the law is looked at; default: today")
        parser.add_argument("--json", action="store_true", help="for machines")


def run_analyse(asked: argparse.Namespace) -> int:
    """Analyse one edition; 1 if anything is found that nobody accepted."""
    _need_engine()
    from comity.cli.lawsearch import analyse_edition  # noqa: PLC0415  loads the engine, an extra

    return analyse_edition(asked, asked.accepted or asked.laws / ACCEPTED)


def run_diff(asked: argparse.Namespace) -> int:
    """Compare two editions; 0 whatever differs, 1 if the gates do not confirm what was found."""
    _need_engine()
    from comity.cli.lawsearch import compare_editions  # noqa: PLC0415  loads the engine, an extra

    return compare_editions(asked)


def _need_engine(module: str = "z3") -> None:
    if find_spec(module) is None:
        raise BadConfiguration(
            "this needs the extra `analysis` (z3-solver), which is not installed here; nothing was analysed. "
            "Run `python3 tools/bootstrap.py`, or install comity[analysis]"
        )
