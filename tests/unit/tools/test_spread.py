"""The order of a run: what is named is there, and long files begin first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spread import DIVIDED, FIRST, Spread, rank

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", [*FIRST, *sorted(DIVIDED)])
def test_what_is_named_is_there(path):
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def test_a_file_that_is_named_goes_before_its_folder_and_both_before_the_rest():
    first = [rank(f"{path}::test_one") for path in FIRST if path.endswith(".py")]
    assert first == sorted(set(first))
    assert (
        max(first) < rank("tests/kills/test_failover.py::test_one") < rank("tests/demo/test_papers.py::test_one[a::b]")
    )
    assert rank("tests/demo/test_papers.py::test_one") < rank("tests/unit/node/test_link.py::test_one") == len(FIRST)


@pytest.mark.parametrize("path", sorted(DIVIDED))
def test_what_may_go_to_any_worker_comes_last_and_all_else_stays_together(path):
    scope = Spread._split_scope
    assert scope(None, f"{path}::test_one[0]") == f"{path}::test_one[0]"
    assert rank(f"{path}::test_one[0]") > rank("tests/unit/node/test_link.py::test_one")
    kept = {scope(None, f"tests/demo/test_demo.py::{name}") for name in ("test_one", "test_two[a::b]")}
    assert kept == {"tests/demo/test_demo.py"}
