"""Files of yearly needs and free zones, for `comity precursors check` and `comity precursors needs`.

The rule it keeps: a bad row is named with its reason and left out; what a node uses stands in the folder `given` of its list of
substances, or is named on the command line.
"""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from comity.base.errors import BadForm
from comity.cli.flowfiles import BadRow, read_rows, show_bad
from comity.cli.flowsnode import Held
from comity.cli.out import show_json, show_table
from comity.desks.precursors.flows.given import FreeZone, YearlyNeed, contradictions, read_need, read_zone, with_given
from comity.desks.precursors.flows.thresholds import Thresholds
from comity.desks.precursors.screening.book import SubstanceBook
from comity.edge.substances import LIST_FOLDER, list_files

FOLDER, NEEDS, ZONES = "given", "annual_needs.csv", "free_zones.csv"
Bad = tuple[BadRow, ...]


def add_needs(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action that looks at the files alone."""
    parser = actions.add_parser(
        "needs", help="look through files of yearly needs and free zones: what counts, what is bad and why"
    )
    parser.add_argument(
        "--needs", type=Path, action="append", default=[], help="yearly needs of countries; may be repeated"
    )
    parser.add_argument("--zones", type=Path, action="append", default=[], help="free zones; may be repeated")
    parser.add_argument(
        "--list",
        dest="folder",
        type=Path,
        default=Path(LIST_FOLDER),
        metavar="FOLDER",
        help="list of substances; its folder `given` counts too",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run_needs)


def given_rules(asked: argparse.Namespace, rules: Thresholds, held: Held | None, until: date) -> tuple[Thresholds, Bad]:
    """Return the thresholds with what was given, and the rows that were left out.

    Raises:
        BadForm: a file cannot be read, or no row of it is good.
    """
    listed = held.folder if held else asked.substances
    folder = listed if listed is None or listed.is_dir() else listed.parent
    needs, zones, bad = _read(asked.needs, asked.zones, folder)
    made, left = with_given(rules, needs, zones, until)
    return made, bad + _left(left)


def run_needs(asked: argparse.Namespace) -> int:
    """Show what counts today, with its source; 1 if a row is bad."""
    gone = [str(one) for one in (*asked.needs, *asked.zones) if not one.is_file()]
    if gone:
        raise BadForm(f"{gone[0]} is no file; nothing was read")
    needs, zones, bad = _read(asked.needs, asked.zones, asked.folder)
    today = datetime.now(UTC).date()
    if not (needs or zones or bad):
        raise BadForm("there is no row of yearly needs or free zones; name a file with --needs or --zones")
    bad += _left(contradictions(needs, today))
    if asked.json:
        show_json(
            {
                "needs": [{**_need(one), "counts": one.day <= today} for one in needs],
                "zones": [{"place": one.place, "source": one.source, "day": one.day.isoformat()} for one in zones],
                "bad": [{"file": one.file, "row": one.row, "why": one.why} for one in bad],
            }
        )
    else:
        rows = [[*_need(one).values()] for one in needs]
        show_table(
            "Yearly need, all importers together",
            ("party", "substance", "grams", "source", "day"),
            [[str(c) for c in row] for row in rows],
        )
        show_table(
            "Free zones", ("place", "source", "day"), [[one.place, one.source, one.day.isoformat()] for one in zones]
        )
        show_bad(bad)
    return 1 if bad else 0


def _read(
    needs: list[Path], zones: list[Path], folder: Path | None
) -> tuple[tuple[YearlyNeed, ...], tuple[FreeZone, ...], Bad]:
    """Read the files that are named, and those in the folder `given` of a list."""
    own = () if folder is None else (folder / FOLDER / NEEDS, folder / FOLDER / ZONES)
    known = None if folder is None else frozenset(SubstanceBook.load(list_files(folder)).by_id)
    wanted = [*needs, *(one for one in own[:1] if one.is_file())], [*zones, *(one for one in own[1:] if one.is_file())]
    read = [read_rows(one, partial(read_need, known=known)) for one in wanted[0]]
    places = [read_rows(one, read_zone) for one in wanted[1]]
    return (
        tuple(row for rows in read for row in rows.good),
        tuple(row for rows in places for row in rows.good),
        tuple(row for rows in read for row in rows.bad) + tuple(row for rows in places for row in rows.bad),
    )


def _left(left: tuple[tuple[str, str], ...]) -> Bad:
    return tuple(BadRow(what, 0, why) for what, why in left)


def _need(one: YearlyNeed) -> dict[str, str | int]:
    return {
        "party": one.party,
        "substance": one.substance,
        "grams": one.grams,
        "source": one.source,
        "day": one.day.isoformat(),
    }
