"""How long a scorecard takes on two nodes' stores of a quarter, whether both are equal, and whether withheld leaves are named.

Each result is counted by the code that a node runs, from its own store: both logs hashed again to their roots, every
dispatch compared with the commitment of its leaf.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

from comity.base.ids import Digest, Ms
from comity.cli.bench.deskstore import DAY_MS
from comity.cli.bench.exchange import machine
from comity.cli.bench.scorestore import DAYS, ORIGINS, fill_pair
from comity.desks.workplan.scorecard import codec, comparing, rows
from comity.desks.workplan.scorecard.model import Period, Place, Terms
from comity.dispatch.ports import Store
from comity.edge.calm import calm
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.vocabulary import LIMITS

_BEGINS = Ms(1_782_864_000_000)
"""1 July 2026."""
_PERIOD = Period(_BEGINS, Ms(_BEGINS + DAYS * DAY_MS))
_TERMS = Terms(
    Digest(bytes(32)), {}, MappingProxyType({urgency.value: limits for urgency, limits in LIMITS.items()}), 30 * DAY_MS
)
FULL, QUICK = 100_000, 10_000
SHARE = 100
"""One dispatch of so many is withheld."""


def bench_scorecard(quick: bool, folder: Path) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Fill two stores and count.

    Args:
        quick: a tenth of the dispatches.
        folder: where the stores go.

    Returns:
        equal (both sides' bytes), seconds (the slower side), each_s, cpu_s, dispatches, leaves (of both logs), figures, statement_bytes,
        withheld (leaves, named, named_exactly, explained, figures, compare_s), machine.
    """
    schema = Schema("node", read_schema("comity.node"))
    one, two = (SqliteStore(folder / f"{name}.db", (schema,)) for name in ("one", "two"))
    try:
        dispatches = fill_pair((one, two), QUICK if quick else FULL, _BEGINS)
        ours, ours_s, ours_cpu = _timed(one)
        theirs, theirs_s, theirs_cpu = _timed(two)
        statement = codec.encode_statement(comparing.statement(theirs))
        return {
            "equal": codec.encode(ours.card) == codec.encode(theirs.card),
            "seconds": max(ours_s, theirs_s),
            "each_s": [ours_s, theirs_s],
            "cpu_s": [ours_cpu, theirs_cpu],
            "dispatches": dispatches,
            "leaves": sum(one.size for one in ours.card.cut),
            "figures": len(ours.card.lines),
            "statement_bytes": len(statement),
            "withheld": _withheld(ours, two, dispatches // SHARE),
            "machine": machine(),
        }
    finally:
        one.close()
        two.close()


def _timed(store: Store) -> tuple[comparing.Counted, float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    with calm():
        found = _count(store)
    codec.encode(found.card)
    return found, time.perf_counter() - began, time.process_time() - cpu


def _count(store: Store) -> comparing.Counted:
    with store.read() as tx:
        logs = rows.read_logs(tx, rows.newest_cut(tx))
        return comparing.make(logs, rows.holding(tx, logs, _PERIOD), _TERMS, _PERIOD)


def _withheld(ours: comparing.Counted, two: SqliteStore, count: int) -> dict[str, Any]:
    """Take leaves from the second store, half of them altered and half gone, and compare as the first side."""
    chance = random.Random(5)  # noqa: S311  which leaves, nothing secret
    taken = chance.sample(ours.holding.needed, count)
    _take(two, taken)
    theirs = _count(two)
    said = codec.decode_statement(codec.encode_statement(comparing.statement(theirs)))
    began = time.perf_counter()
    with two.read() as tx:
        hashes = rows.leaf_hashes(tx, ours.card.cut, comparing.apart(ours, said))
    found = comparing.compare(ours, said, hashes)
    named = {(ORIGINS.index(one.origin), one.place) for one in found.leaves}
    return {
        "leaves": count,
        "named": len(named),
        "named_exactly": named == set(taken) and len(named) == count,
        "explained": found.explained,
        "equal": found.equal,
        "figures": len(found.figures),
        "compare_s": time.perf_counter() - began,
    }


def _take(store: SqliteStore, places: list[Place]) -> None:
    with store.begin() as tx:
        for number, (side, place) in enumerate(places):
            table = "sent" if side == 1 else "got"
            if number % 2:
                tx.run(f"UPDATE {table} SET plain = zeroblob(64) WHERE idx = ?", (place,))  # noqa: S608  one of two names above
            elif table == "got":
                tx.run("UPDATE got SET plain = NULL WHERE idx = ?", (place,))
            else:
                tx.run("DELETE FROM sent WHERE idx = ?", (place,))
