"""Every removal still fits the tree, and every built row has one: `make defences` runs them, here they are only held against it."""

from __future__ import annotations

from dataclasses import replace

from tests.adversary.defences import Edit, judge, misfits, read_removals
from tests.adversary.test_rows import LINES

REMOVALS, MISSING = read_removals()


def test_every_removal_fits_its_text_and_names_tests_that_are_there():
    assert misfits(REMOVALS) == []


def test_a_removal_that_no_longer_fits_is_named():
    one = REMOVALS[0]
    (edit,) = one.edits
    for bad in (
        replace(one, edits=(Edit(edit.file, "no such text", ""),)),
        replace(one, edits=(Edit(edit.file, "e", ""),)),
        replace(one, edits=(Edit("src/comity/none.py", "e", ""),)),
        replace(one, tests=("adversary/test_network.py::test_that_is_not_there",)),
    ):
        assert len(misfits([bad])) == 1


def test_every_row_has_a_removal_or_says_what_is_missing():
    rows = {one.row for one in REMOVALS}
    assert rows | set(MISSING) == set(range(1, 31))
    assert not rows & set(MISSING)
    unbuilt = {int(line.split("|")[1]) for line in LINES if line.split("|")[4].strip().startswith("not built")}
    assert unbuilt == set(MISSING)


def test_every_test_that_a_removal_names_stands_in_its_row():
    lines = {int(line.split("|")[1]): line for line in LINES}
    for one in REMOVALS:
        for test in one.tests:
            file, _, name = test.partition("::")
            assert f"`{file}`" in lines[one.row], (one.row, file)
            assert f"`{name}`" in lines[one.row], (one.row, name)


def test_only_a_failing_test_beside_a_passing_one_counts():
    one = REMOVALS[0]
    (test,) = one.tests
    good = {test: {"PASSED", "FAILED"}, one.still: {"PASSED"}}
    assert judge(one, good) == ""
    assert "NOT NOTICED" in judge(one, {**good, test: {"PASSED"}})
    assert "NOT NOTICED" in judge(one, {})
    assert "end" in judge(one, {**good, test: {"FAILED", "ERROR"}})
    assert "honest" in judge(one, {**good, one.still: {"FAILED"}})
