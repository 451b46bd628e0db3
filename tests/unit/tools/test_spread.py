"""The order of a run: what is named is there, and long files begin first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spread import FIRST, rank

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", FIRST)
def test_what_is_named_is_there(path):
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def test_a_file_that_is_named_goes_before_its_folder_and_both_before_the_rest():
    first = [rank(f"{path}::test_one") for path in FIRST if path.endswith(".py")]
    assert first == sorted(set(first))
    assert (
        max(first) < rank("tests/kills/test_failover.py::test_one") < rank("tests/demo/test_papers.py::test_one[a::b]")
    )
    assert rank("tests/demo/test_papers.py::test_one") < rank("tests/unit/node/test_link.py::test_one") == len(FIRST)
