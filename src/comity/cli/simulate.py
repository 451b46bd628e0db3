"""`comity simulate`: two whole nodes in one process, with virtual time and faults, checked after every step."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import Progress

from comity.cli.out import show_json, show_table
from comity.cli.terminal import console
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import MEMORY, SqliteStore
from comity.sim.report import Report, simulate

Desks = tuple[tuple[str, tuple[tuple[int, str], ...]], ...]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("simulate", help="two whole nodes, virtual time, faults of network, disk and clock")
    parser.add_argument("--seeds", type=int, default=50, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    parser.add_argument("--dispatches", type=int, default=30, help="forms handed in, in each world")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)


def memory_store(desks: Desks, image: bytes | None = None) -> SqliteStore:
    """Make a store in memory with the node's tables and those of the given desks, empty or from an image."""
    schemas = [Schema("node", read_schema("comity.node")), *(Schema(*desk) for desk in desks)]
    return SqliteStore(MEMORY, schemas, image=image)


def run(asked: argparse.Namespace) -> int:
    """Run the worlds and say which failed; 1 if one did."""
    seeds = range(asked.first, asked.first + asked.seeds)
    with _quiet(), Progress(console=console(), transient=True, disable=asked.json) as progress:
        task = progress.add_task("worlds", total=len(seeds))
        report = simulate(
            seeds,
            memory_store,
            dispatches=asked.dispatches,
            room=read_schema("comity.room"),
            stopwatch=time.monotonic,
            told=lambda _: progress.advance(task),
        )
    if asked.json:
        show_json(report.as_json())
    else:
        _show(report)
    return 0 if report.good else 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what stores say of their disks off the screen: these fail on purpose, by the thousand, and are counted."""
    log = logging.getLogger("comity.store")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _show(report: Report) -> None:
    rows = [["worlds", str(len(report.seeds))], ["steps", str(report.steps)], ["dispatches", str(report.dispatches)]]
    rows += [["virtual hours", str(report.virtual_hours)], ["seconds", str(report.wall_seconds)]]
    rows += [[f"fault: {name}", str(count)] for name, count in report.faults]
    rows += [[f"FAILED seed {seed}", what] for seed, what in report.failed]
    show_table("Simulation: " + ("all invariants held" if report.good else "BROKEN"), ("what", "how many"), rows)
