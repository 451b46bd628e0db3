"""The stores that simulated nodes stand on in tests: SQLite without flushing, gone when closed."""

from __future__ import annotations

from pathlib import Path

from comity.edge.schema import Schema
from comity.edge.sqlite import MEMORY, SqliteStore

_NODE = (Path(__file__).parents[2] / "src/comity/node/schema/0001_node.sql").read_text(encoding="utf-8")


def make_disk(desks):
    return SqliteStore(MEMORY, [Schema("node", ((1, _NODE),)), *(Schema(owner, steps) for owner, steps in desks)])
