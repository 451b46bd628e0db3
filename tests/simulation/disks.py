"""The stores that simulated nodes stand on in tests: SQLite without flushing, gone when closed."""

from __future__ import annotations

from pathlib import Path

from comity.edge.schema import Schema
from comity.edge.sqlite import MEMORY, SqliteStore

_NODE = sorted((Path(__file__).parents[2] / "src/comity/node/schema").glob("*.sql"))


def make_disk(desks, image=None):
    node = tuple((n, step.read_text(encoding="utf-8")) for n, step in enumerate(_NODE, 1))
    return SqliteStore(MEMORY, [Schema("node", node), *(Schema(owner, steps) for owner, steps in desks)], image=image)
