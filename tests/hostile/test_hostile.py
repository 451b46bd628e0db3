"""The share of `make hostile` that every test run plays: a hostile peer in a process of its own, over mutual TLS 1.3."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.hostile.attacks import ATTACKS
from tests.hostile.run import NOT_BUILT, play


@pytest.fixture
def folder():
    """Give a folder with a short name: a socket's path has little room."""
    made = Path(tempfile.mkdtemp(prefix="hostile-"))
    yield made
    shutil.rmtree(made)


def test_a_hostile_peer_gets_nowhere_over_the_wire(folder):
    found, wrong = play(folder, quick=True)
    assert {one.attack.name: one.wrong for one in found if one.wrong} == {}
    assert wrong == []
    assert len(found) > 10
    assert sum(one.tries for one in found) > 100


def test_every_row_of_a_hostile_peer_is_tried_or_said_to_be_missing():
    assert {one.row for one in ATTACKS.values()} | set(NOT_BUILT) == set(range(9, 25))
    assert not {one.row for one in ATTACKS.values()} & set(NOT_BUILT)
