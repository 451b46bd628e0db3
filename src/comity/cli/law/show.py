"""`comity law show`: what a law edition rests on."""

from __future__ import annotations

import argparse
from pathlib import Path

from comity.cli.out import show_json, show_table
from comity.edge.setup import edition_files
from comity.policy.edition import Edition


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    show = actions.add_parser("show", help="check an edition and list its rules, their articles and marks")
    show.add_argument("edition", help="folder of the edition in the folder of laws")
    show.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
    show.add_argument("--json", action="store_true", help="for machines")
    show.set_defaults(run=run_show)


def run_show(asked: argparse.Namespace) -> int:
    """List the rules of an edition."""
    edition = Edition.load(edition_files(asked.laws, asked.edition))
    rows = [[rule.id, rule.article, rule.status, rule.title] for rule in edition.rules]
    if asked.json:
        rules = [dict(zip(("rule", "article", "status", "title"), row, strict=True)) for row in rows]
        show_json({"name": edition.name, "exercise": edition.exercise, "hash": edition.hash.hex(), "rules": rules})
        return 0
    show_table(edition.name, ("rule", "article", "known from", "title"), rows)
    print(f"hash {edition.hash.hex()}" + ("; EXERCISE EDITION, not reviewed by counsel" if edition.exercise else ""))
    return 0
