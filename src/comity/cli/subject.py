"""`comity subject PERSON`: for the access officer, everything here that concerns a person; looking is no giving."""

from __future__ import annotations

import argparse
from typing import Any

from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("subject", help="for the access officer: every dispatch that concerns a person")
    parser.add_argument("person", metavar="PERSON", help="the name, in any order of words, in one script as written")
    parser.add_argument("--born", default="", metavar="DATE", help="day of birth, as it would stand in a text")
    add_officer(parser)
    add_node(parser)
    parser.set_defaults(run=run_subject)


def run_subject(asked: argparse.Namespace) -> int:
    """Show every dispatch, kept draft, task and hand-over note that has the name, who saw it, what was done, and what our law says to giving it."""
    body = {"person": asked.person, "born": asked.born, "by": officer_of(asked.officer)}
    told = ask(asked.node, "POST", "/subject", body)
    if asked.json:
        show_json(told)
        return 0
    rows = [_row(one) for one in told["found"]]
    heads = ("when", "whose", "kind", "born", "opened by", "acts", "ask first", "giving it", "cited", "id")
    show_table(f"{len(rows)} found", heads, rows)
    if told["not_searched"]:
        print(f"{told['not_searched']} dispatches were never opened here or lie with the custodian: not looked into")
    print("Our law was asked about giving each; nothing was given. That you looked is kept, without the name.")
    return 0


def _row(one: dict[str, Any]) -> list[str]:
    match, access = one["match"], one["access"]
    done = [f"{act['act']} {act['effect']}" for act in one["acts"]]
    cited = [] if access is None else [reason["article"] or reason["rule"] for reason in access["reasons"]]
    return [
        moment(match["at"]),
        f"{match['whose']}, {match['state']}",
        match["kind"],
        match["born"],
        ", ".join(f"{view['desk']}/{view['number']}" for view in one["views"]),
        ", ".join(done),
        "yes" if one["consult"] else "",
        "" if access is None else access["effect"],
        "; ".join(dict.fromkeys(cited)),
        match["id"],
    ]
