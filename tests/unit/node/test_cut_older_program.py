"""A store that was cut is opened by no program from before there were cuts; any other store is."""

from __future__ import annotations

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from tests.unit.node.cuts import LAST, THEN, papers, stolen, take

KNOWN = 14
"""Steps of the core's tables that the program knew before there were cuts; its own code reads `compatible` as ours does."""


def programs_of(steps):
    """Return what a program knows that was made when the core's tables had had so many steps."""
    return [Schema("node", tuple((n, f"CREATE TABLE never_{n} (a BIGINT);") for n in range(1, steps + 1)))]


def opened_by(steps, side, folder):
    """Let the program of that day open a copy of a side's store, as a start does."""
    path = folder / "copy.db"
    path.unlink(missing_ok=True)
    side.store.copy_to(path)
    SqliteStore(path, programs_of(steps)).close()


def test_a_program_from_before_cuts_refuses_a_store_that_was_cut_and_no_other(tmp_path):
    a, b = stolen()
    made = papers(a, b, THEN)
    for side in (a, b):
        opened_by(KNOWN, side, tmp_path)
    take(a, made, THEN)
    opened_by(KNOWN, b, tmp_path)
    take(b, made, THEN)
    for side in (a, b):
        opened_by(KNOWN + 1, side, tmp_path)
        with pytest.raises(BadConfiguration, match="need step 15, this program knows 14"):
            opened_by(KNOWN, side, tmp_path)


def test_a_store_that_was_cut_before_cuts_said_so_says_it_at_the_next_start(tmp_path):
    a, b = stolen()
    take(a, papers(a, b, THEN), THEN)
    for side in (a, b):
        with side.store.begin() as tx:
            tx.run("UPDATE schema_version SET compatible = 0")
        side.node.starts(LAST)
    opened_by(KNOWN, b, tmp_path)
    with pytest.raises(BadConfiguration, match="newer program"):
        opened_by(KNOWN, a, tmp_path)
