"""`comity law replay`: every decision in a node's decision log made again with the law of its day, bit by bit."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from comity.base.ids import show_id
from comity.cli.out import show_json, show_table
from comity.cli.terminal import progress
from comity.edge.export import snapshot
from comity.node.lawkept import kept_editions
from comity.node.replay import DIFFERS, NO_QUESTION, OLDER, SAME, Replayed, record_count, replay

DONE, REFUSED = 0, 1
_WORDS = {
    SAME: "made again, bit by bit the same",
    OLDER: "written before records held the question",
    NO_QUESTION: "without a question to the law",
    DIFFERS: "DIFFER",
}


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    parser = actions.add_parser("replay", help="make every decision of a node again with the law of its day")
    parser.add_argument(
        "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run_replay)


def run_replay(asked: argparse.Namespace) -> int:
    """Replay the decision log; 0 only if no decision differs."""
    counted: Counter[str] = Counter()
    wrong: list[Replayed] = []
    with snapshot(asked.node) as tx, progress("deciding", record_count(tx), hidden=asked.json) as tick:
        editions = [one.hash.hex() for one in kept_editions(tx)]
        for one in replay(tx):
            counted[one.outcome] += 1
            wrong += [one] if one.outcome == DIFFERS else []
            tick()
    if asked.json:
        rows = [{"record": o.index, "kind": o.kind, "dispatch": _number(o), "why": o.why} for o in wrong]
        counts = {name: counted[name] for name in _WORDS}
        show_json({"same": not wrong, "counts": counts, "differ": rows, "editions": editions})
    else:
        show_table("Decisions", ("records", "outcome"), [[str(counted[name]), words] for name, words in _WORDS.items()])
        for one in wrong:
            print(f"DIFFERS  entry {one.index}, {one.kind}, {_number(one) or 'no dispatch'}: {one.why}")
        print("ALL THE SAME" if not wrong else "NOT THE SAME: keep the store as it is, and tell the reviewer")
    return REFUSED if wrong else DONE


def _number(one: Replayed) -> str:
    return "" if one.dispatch is None else show_id(one.dispatch)
