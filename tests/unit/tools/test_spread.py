"""The order of a run and where it traces: what is named is there, long files begin first, and only what counts is traced."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.spread import FIRST, MEASURED, Tracing, rank

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", [*FIRST, *MEASURED])
def test_what_is_named_is_there(path):
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def test_a_file_that_is_named_goes_before_its_folder_and_both_before_the_rest():
    first = [rank(f"{path}::test_one") for path in FIRST if path.endswith(".py")]
    assert first == sorted(set(first))
    assert (
        max(first) < rank("tests/kills/test_failover.py::test_one") < rank("tests/demo/test_papers.py::test_one[a::b]")
    )
    assert rank("tests/demo/test_papers.py::test_one") < rank("tests/unit/node/test_link.py::test_one") == len(FIRST)


class Controller:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


def test_branches_are_traced_in_what_must_cover_the_core_and_left_on_at_the_end():
    controller = Controller()
    tracing = Tracing(controller)
    heard = []
    for path in (
        "tests/unit/a.py::t",
        "tests/web/a.py::t",
        "tests/web/a.py::u",
        "tests/vectors/a.py::t",
        "tests/demo/a.py::t",
    ):
        step = tracing.pytest_runtest_protocol(SimpleNamespace(nodeid=path))
        next(step)
        heard.append(list(controller.told))
        with pytest.raises(StopIteration):
            next(step)
    assert heard == [[], ["pause"], ["pause"], ["pause", "resume"], ["pause", "resume", "pause"]]
    end = tracing.pytest_runtestloop()
    next(end)
    with pytest.raises(StopIteration):
        end.send("answer")
    assert controller.told[-1] == "resume"
