"""How fast each part is: one module a subject, each with one function that returns named figures."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from comity.base.errors import BadForm
from comity.cli.bench.attachments import bench_attachments
from comity.cli.bench.backlog import bench_backlog
from comity.cli.bench.core import bench_core
from comity.cli.bench.desk import bench_desk
from comity.cli.bench.exchange import bench_exchange
from comity.cli.bench.law import bench_law
from comity.cli.bench.log import bench_log
from comity.cli.bench.pen import bench_pen
from comity.cli.bench.scorecard import bench_scorecard
from comity.cli.bench.screen import bench_screen
from comity.cli.bench.steady import bench_depth, bench_memory
from comity.cli.out import show_json, show_table
from comity.edge.substances import LIST_FOLDER

ALL = "all"
_BY_NAME = {
    "backlog": bench_backlog,
    "core": bench_core,
    "depth": bench_depth,
    "desk": bench_desk,
    "memory": bench_memory,
    "pen": bench_pen,
}
"""What is asked for by its name: most of it takes minutes to hours at its full size."""
_NODES = 2


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser(
        "bench",
        help="measure the speed of the exchange, the log, the law, screening, notifications, scorecards and the desk's screens",
    )
    parser.add_argument(
        "what",
        nargs="?",
        default=ALL,
        choices=(ALL, "attachment", *_BY_NAME, "exchange", "log", "law", "scorecard", "screen"),
        help="what to measure; all but exchange, log and law only by name; screen needs an extra",
    )
    parser.add_argument("--quick", action="store_true", help="under 50 seconds for everything, a little less exact")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--data", type=Path, default=Path(), help="folder with accords, registries and laws")
    parser.add_argument(
        "--size", type=int, default=10_000, help="of the file of `attachment`, in megabytes; at most 1000 with --quick"
    )
    parser.add_argument("--disk", type=Path, help="folder on the disk to be measured; default: the temporary folder")
    parser.add_argument(
        "--store", choices=("sqlite", "postgresql"), default="sqlite", help="which store the nodes of the exchange have"
    )
    parser.add_argument(
        "--database",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="with postgresql: an empty database; say it twice",
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Measure and show."""
    if not (asked.data / "accords").is_dir():
        raise BadForm(f"{asked.data.absolute()} holds no accords; name the project's folder with --data")
    if len(asked.database) != (_NODES if asked.store == "postgresql" else 0):
        raise BadForm("with --store postgresql, and only then, name two empty databases: --database ADDRESS, twice")
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=asked.disk) as name:
        folder = Path(name)
        if asked.what == "attachment":
            (folder / "files").mkdir(mode=0o700)
            size = asked.size * 1_000_000
            figures["attachment"] = bench_attachments(asked.quick, folder / "files", root=asked.data, size=size)
        if asked.what in _BY_NAME:
            (folder / asked.what).mkdir(mode=0o700)
            figures[asked.what] = _BY_NAME[asked.what](asked.quick, folder / asked.what, root=asked.data)
        if asked.what in {ALL, "exchange"}:
            (folder / "exchange").mkdir(mode=0o700)
            figures |= bench_exchange(asked.quick, folder / "exchange", root=asked.data, databases=asked.database)
        if asked.what in {ALL, "log"}:
            figures["log"] = bench_log(asked.quick, folder)
        if asked.what in {ALL, "law"}:
            figures["law"] = bench_law(asked.quick, asked.data / "laws")
        if asked.what == "scorecard":
            figures |= bench_scorecard(asked.quick, folder)
        if asked.what == "screen":
            figures["screen"] = bench_screen(asked.quick, asked.data / LIST_FOLDER)
    if asked.json:
        show_json(figures)
    else:
        rows = [
            [name, f"{value:.3f}" if isinstance(value, float) else str(value)] for name, value in _flat("", figures)
        ]
        show_table("Measured on this machine", ("figure", "value"), rows)
    return 0


def _flat(prefix: str, figures: dict[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in figures.items():
        found += _flat(f"{prefix}{name}.", value) if isinstance(value, dict) else [(prefix + name, value)]
    return found
