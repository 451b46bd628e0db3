"""`comity precursors rank TRAIN FILE`: which declarations to look at first and why, and a tenth of them by lot."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from comity.base.errors import BadConfiguration, BadForm
from comity.cli.flowfiles import Rows, read_rows, show_bad
from comity.cli.out import show_json, show_table
from comity.cli.terminal import progress
from comity.desks.precursors.flows.declarations import (
    Declaration,
    Plan,
    area_under_curve,
    chosen_at_random,
    precision_at,
    read_declaration,
    read_plan,
    shares,
)

_STEPS = 3
_MEASURED = (10, 50, 100)
"""Thousandths of the file at which precision is said."""


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    parser = actions.add_parser("rank", help="order declarations by how likely they are irregular, with reasons")
    parser.add_argument("train", type=Path, help="declarations whose outcome is known")
    parser.add_argument("file", type=Path, help="declarations to order; an outcome in it is used for measuring only")
    parser.add_argument("--share", type=_permille, default=50, metavar="PART", help="part to look at; default 0.05")
    parser.add_argument("--random", type=_permille, default=100, metavar="PART", help="of these by lot; default 0.1")
    parser.add_argument("--draw", metavar="SEED", help="seed of the lot; default: a new one, which is shown")
    parser.add_argument("--seed", type=int, default=1, help="seed of the training; default 1")
    parser.add_argument("--plan", type=Path, help="which columns there are (TOML); default: those of docs/flows.md")
    parser.add_argument("--all", action="store_true", help="give every declaration its score and reasons")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run_rank)


def _permille(text: str) -> int:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no part such as 0.05") from error
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("a part is between 0 and 1")
    return round(value * 1_000)


def run_rank(asked: argparse.Namespace) -> int:
    """Order the declarations; 0 whatever is found."""
    if find_spec("sklearn") is None:
        raise BadConfiguration(
            "this needs the extra `precursors` (scikit-learn), which is not installed here; nothing was ranked. "
            "Run `python3 tools/bootstrap.py`, or install comity[precursors]. All other checks work without it"
        )
    plan = read_plan(asked.plan.read_text(encoding="utf-8")) if asked.plan else Plan()
    read = partial(read_declaration, plan=plan)
    known, rows = read_rows(asked.train, read), read_rows(asked.file, read)
    if not rows.good:
        raise BadForm(f"{asked.file.name} holds nothing; nothing was ranked")
    show_json_or_table(asked, known, rows, _ranked(asked, plan, known.good, rows.good))
    return 0


def _ranked(
    asked: argparse.Namespace, plan: Plan, known: Sequence[Declaration], rows: Sequence[Declaration]
) -> dict[str, object]:
    """Train, score, draw the lot, give reasons for what is shown."""
    from comity.desks.precursors.flows.ranker import train  # noqa: PLC0415  loads scikit-learn, an extra

    by_score, by_lot = shares(len(rows), asked.share, asked.random)
    draw = asked.draw or secrets.token_hex(16)
    with progress("ranking", _STEPS, hidden=asked.json) as tick:
        ranker = train(plan, [row for row in known if row.irregular is not None], asked.seed)
        tick()
        scores = ranker.scores(rows)
        tick()
        order = sorted(range(len(rows)), key=lambda at: -scores[at])
        shown = order if asked.all else order[:by_score]
        ranked = ranker.rank([rows[at] for at in shown])
        tick()
    rest = [rows[at].id for at in order[by_score:]]
    return {
        "declarations": [
            {"id": o.id, "score": round(o.score, 6), "reasons": [{"text": r.text, "moved": r.moved} for r in o.reasons]}
            for o in ranked
        ],
        "look_at": [rows[at].id for at in order[:by_score]],
        "by_lot": list(chosen_at_random(rest, by_lot, draw)),
        "draw": draw,
        "seed": asked.seed,
        "measured": _measured(scores, rows),
    }


def _measured(scores: Sequence[float], rows: Sequence[Declaration]) -> dict[str, float] | None:
    """Return how good the order is, where the outcomes of all are known."""
    truth = [row.irregular for row in rows if row.irregular is not None]
    if len(truth) < len(rows) or len(set(truth)) == 1:
        return None
    at = {
        f"precision_at_{permille / 10:g}_percent": round(precision_at(scores, truth, permille), 4)
        for permille in _MEASURED
    }
    return {"auc": round(area_under_curve(scores, truth), 4), **at}


def show_json_or_table(
    asked: argparse.Namespace, known: Rows[Declaration], rows: Rows[Declaration], found: dict[str, object]
) -> None:
    """Print what was found, with the hashes of both files and both seeds, so that it can be made again."""
    bad = (*known.bad, *rows.bad)
    kept = {
        "train_sha256": known.sha256,
        "file_sha256": rows.sha256,
        "trained_on": len(known.good),
        "ranked": len(rows.good),
    }
    if asked.json:
        show_json({**found, **kept, "bad": [{"file": one.file, "row": one.row, "why": one.why} for one in bad]})
        return
    declarations, by_lot = found["declarations"], found["by_lot"]
    assert isinstance(declarations, list)
    assert isinstance(by_lot, list)
    lines = [[o["id"], f"{o['score']:.3f}", "; ".join(r["text"] for r in o["reasons"])] for o in declarations]
    show_table("Look at first", ("id", "score", "why"), lines)
    show_table("By lot, whatever their score", ("id",), [[one] for one in by_lot])
    show_bad(bad)
    print(
        f"trained on {kept['trained_on']:,}, ranked {kept['ranked']:,}; training seed {found['seed']}; lot seed {found['draw']}"
    )
    if isinstance(found["measured"], dict):
        print(
            "with the outcomes in the file: "
            + ", ".join(f"{name} {value}" for name, value in found["measured"].items())
        )
