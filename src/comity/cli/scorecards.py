"""`comity workplan scorecard | compare | tell`: what both logs prove of a period, from a node's folder, running or not.

The rule it keeps: nothing is asked of the running node but to send a statement; whoever has the folder counts alone.
"""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.cli.acts import officer_of
from comity.cli.doorway import ask
from comity.cli.out import show_json, show_table
from comity.desks.workplan.scorecard import codec, comparing
from comity.desks.workplan.scorecard.model import Held, Period, Scorecard
from comity.desks.workplan.scorecard.monthly import by_month
from comity.desks.workplan.scorecard.public import publish
from comity.desks.workplan.scorecard.table import HEADS, csv_text, figure_rows, printed, public_rows
from comity.desks.workplan.scorecard.whole import compare_here, count_here
from comity.edge.calm import calm
from comity.edge.config import read_config
from comity.edge.export import snapshot
from comity.edge.figurepdf import LANGUAGES, words_of
from comity.edge.files import write_atomic
from comity.edge.scoreboard import charted, sheet_pdf
from comity.screen.plots import Plot
from comity.screen.scoreplots import plots

EQUAL, DIFFERENT = 0, 1
_SHOWN = 60
_PLAIN: Mapping[str, str] = {}


def add_actions(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add what this module has below `workplan`."""
    one = inner.add_parser("scorecard", help="count a period from both logs: figures by item, no figure by officer")
    _add_period(one)
    shape = one.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="for machines")
    shape.add_argument("--csv", action="store_true", help="figures as CSV")
    one.add_argument("--public", action="store_true", help="as it may be published: counts under five are not shown")
    one.add_argument("--pdf", type=Path, metavar="FILE", help="write it as PDF; needs the extra `documents`")
    one.add_argument("--language", choices=LANGUAGES, default="en", help="language of CSV and PDF")
    one.add_argument("--statement", type=Path, metavar="FILE", help="write what the other side needs to compare")
    one.set_defaults(run=run_scorecard)
    two = inner.add_parser(
        "compare", help="compare a statement of the other side with what we count: equal, or which leaves"
    )
    two.add_argument("file", type=Path, metavar="FILE", help="the other side's statement")
    _add_node(two)
    two.add_argument("--json", action="store_true", help="for machines")
    two.set_defaults(run=run_compare)
    three = inner.add_parser("tell", help="send our statement of a period to the other side, through the running node")
    _add_period(three)
    three.add_argument("--officer", required=True, help="desk and number of who releases it, such as requests/101")
    three.add_argument("--agency", required=True, help="our agency that speaks")
    three.add_argument("--to-agency", required=True, help="the other side's agency")
    three.add_argument("--item", help="workplan item; default: none, with the reason `scorecard`")
    three.add_argument("--json", action="store_true", help="for machines")
    three.set_defaults(run=run_tell)


def _add_node(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
    )


def _add_period(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="begins", type=_day, required=True, metavar="DAY", help="first day, UTC")
    parser.add_argument(
        "--to", dest="ends", type=_day, required=True, metavar="DAY", help="the day after the last, UTC"
    )
    _add_node(parser)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written 2026-07-01") from None


def period_of(begins: date, ends: date) -> Period:
    """Return the period of two days, UTC.

    Raises:
        BadForm: it has no day.
    """
    if ends <= begins:
        raise BadForm(f"a period from {begins} to {ends} has no day")
    first, last = (
        Ms(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000) for day in (begins, ends)
    )
    return Period(first, last)


def run_scorecard(asked: argparse.Namespace) -> int:
    """Count and show."""
    with snapshot(asked.node) as tx, calm():
        counted = count_here(tx, period_of(asked.begins, asked.ends))
    if asked.statement:
        write_atomic(asked.statement, codec.encode_statement(comparing.statement(counted)))
    card, words = counted.card, words_of(asked.language) if asked.csv or asked.pdf else _PLAIN
    public = publish(card) if asked.public else None
    sides = [one.origin.partition("/")[0] for one in card.cut]
    both = [*sides, words.get("both", "both")]
    rows = figure_rows(card, sides, words) if public is None else public_rows(public, both, words)
    if asked.pdf:
        words = words_of(asked.language)
        said = printed(card, [*sides, words["both"]], words, public)
        drawn = () if asked.public else _plots(asked, counted)  # a plot would show counts that the table hides
        write_atomic(asked.pdf, sheet_pdf(said, asked.language, int(card.period.ends) // 1_000, drawn))
    if asked.json:
        show_json(_json(card, rows))
    elif asked.csv:
        sys.stdout.write(csv_text(rows, words))
    else:
        last = asked.ends - timedelta(days=1)
        show_table(f"Scorecard, {asked.begins} to {last}, digest {codec.digest(card).hex()}", HEADS, rows)
    return 0


def _plots(asked: argparse.Namespace, counted: comparing.Counted) -> tuple[Plot, ...]:
    first, second = (one.origin.partition("/")[0] for one in counted.card.cut)
    ours = int(second == read_config(asked.node).node.partition("/")[0])
    return plots(charted(counted, by_month(counted), (first, second), ours, asked.language))


def _name(card: Scorecard, side: int) -> str:
    return card.cut[side].origin


def _json(card: Scorecard, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {
        "digest": codec.digest(card).hex(),
        "accord": card.accord.hex(),
        "period": [card.period.begins, card.period.ends],
        "cut": [{"origin": one.origin, "size": one.size, "root": one.root.hex(), "time": one.time} for one in card.cut],
        "leaves": card.leaves,
        "figures": [dict(zip(HEADS, row, strict=True)) for row in rows],
    }


def run_compare(asked: argparse.Namespace) -> int:
    """Compare; 1 if the two differ."""
    try:
        data = asked.file.read_bytes()
    except OSError as error:
        raise BadForm(f"{asked.file} cannot be read ({error}); nothing was compared") from error
    with snapshot(asked.node) as tx, calm():
        counted, found = compare_here(tx, codec.decode_statement(data))
    if asked.json:
        show_json(comparison_json(found))
    else:
        _show(counted.card, found)
    return EQUAL if found.equal else DIFFERENT


def comparison_json(found: comparing.Comparison) -> dict[str, Any]:
    """Return a comparison as plain data."""
    return {
        "equal": found.equal,
        "explained": found.explained,
        "leaves": [
            {
                "log": one.origin,
                "index": one.place,
                "leaf": one.leaf.hex(),
                "ours": one.ours.name.lower(),
                "theirs": one.theirs.name.lower(),
                "figures": one.figures,
            }
            for one in found.leaves
        ],
        "figures": [
            {**dict(zip(HEADS[:-1], one.line[:-1], strict=True)), "ours": one.ours, "theirs": one.theirs}
            for one in found.figures
        ],
        "buckets": found.buckets,
    }


def _show(card: Scorecard, found: comparing.Comparison) -> None:
    if found.equal:
        show_table("Both results are equal", ("digest",), [[codec.digest(card).hex()]])
        return
    said = {True: "explain it wholly", False: "do not explain all of it", None: "explain it as far as we can see"}
    title = f"{len(found.figures)} figures differ; {len(found.leaves)} leaves {said[found.explained]}"
    leaves = [
        [one.origin, str(one.place), one.leaf.hex(), _held(one.ours), _held(one.theirs), " ".join(one.figures)]
        for one in found.leaves
    ]
    show_table(title, ("log", "index", "leaf", "ours", "theirs", "figures"), leaves)
    changed = [_changed(card, one) for one in found.figures[:_SHOWN]]
    show_table("What differs", ("figure", "side", "item", "kind", "urgency", "code", "ours", "theirs"), changed)


def _changed(card: Scorecard, one: comparing.Changed) -> list[str]:
    line = one.line
    words = (line.figure, _name(card, line.side), line.item, line.kind, line.urgency, line.code)
    return [*words, str(one.ours), str(one.theirs)]


def _held(held: Held) -> str:
    return held.name.lower()


def run_tell(asked: argparse.Namespace) -> int:
    """Send our statement as a dispatch."""
    with snapshot(asked.node) as tx, calm():
        counted = count_here(tx, period_of(asked.begins, asked.ends))
    said = codec.encode_statement(comparing.statement(counted))
    form = {
        "desk": "workplan",
        "kind": "scorecard",
        "agency": asked.agency,
        "recipients": [asked.to_agency],
        "purpose": "workplan",
        "urgency": "normal",
        "workplan_item": asked.item,
        "workplan_reason": "" if asked.item else "scorecard",
        "body": {"state": "statement", "statement": base64.b64encode(said).decode()},
    }
    outcome = ask(asked.node, "POST", "/submit", {"form": form, "by": officer_of(asked.officer)})
    if asked.json:
        show_json(outcome)
    else:
        show_table(
            "Statement",
            ("outcome", "id", "digest"),
            [[outcome["outcome"], str(outcome.get("id", "")), codec.digest(counted.card).hex()]],
        )
    return 0 if outcome["outcome"] == "sent" else 1
