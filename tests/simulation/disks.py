"""The stores that simulated nodes stand on in tests: SQLite without flushing, gone when closed."""

from __future__ import annotations

from pathlib import Path

from comity.edge.schema import Schema
from comity.edge.sqlite import MEMORY, SqliteStore
from tests.templates import store_with

_NODE = tuple(
    (n, step.read_text(encoding="utf-8"))
    for n, step in enumerate(sorted((Path(__file__).parents[2] / "src/comity/node/schema").glob("*.sql")), 1)
)


def make_disk(desks, image=None):
    schemas = (Schema("node", _NODE), *(Schema(owner, tuple(steps)) for owner, steps in desks))
    return store_with(schemas) if image is None else SqliteStore(MEMORY, schemas, image=image)
