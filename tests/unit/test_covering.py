"""The gate over what the core's tests reach: it counts lines and branches, and misses none that nobody reached."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import covering

MODULE = '''"""A floor."""

from typing import Literal, Protocol, assert_never


class Port(Protocol):
    def ask(self) -> int:
        ...


def sign(number: int) -> str:
    if number < 0:
        return "minus"
    return "plus"


def named(number: int) -> list[str]:
    return (
        ["none"]
        if number == 0
        else [
            "some"
        ]
    )


def kind(of: Literal["a", "b"]) -> int:
    match of:
        case "a":
            return 1
        case "b":
            return 2
        case _:
            assert_never(of)


def times(number: int) -> int:
    done = 0
    while done < number:
        done += 1
    return done
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Give a package of one floor with a module, another that nobody imports, and a floor beside it that is not counted."""
    name = f"covered_{tmp_path.name.replace('-', '_')}"
    for floor in ("ground", "roof"):
        (tmp_path / name / floor).mkdir(parents=True)
        (tmp_path / name / floor / "__init__.py").touch()
        (tmp_path / name / floor / "made.py").write_text(MODULE)
    (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path / name
    for one in set(sys.modules) - before:
        del sys.modules[one]


def seen(package: Path, *asked: str) -> dict[str, covering.Reached]:
    """Run some calls of the module, and return what was reached of each file by its place in the package."""
    probing = covering.Probing(["ground"], package)
    sys.meta_path.insert(0, probing)
    try:
        made = importlib.import_module(f"{package.name}.ground.made")
        importlib.import_module(f"{package.name}.roof.made")
        for call in asked:
            eval(call, vars(made))
    finally:
        sys.meta_path.remove(probing)
    probing.write(package / "seen/alone.json")
    whole = covering.added((package / "seen").glob("*.json"))["files"]
    return {Path(path).relative_to(package).as_posix(): covering.Reached(path, one) for path, one in whole.items()}


ALL = ("sign(-1)", "sign(1)", "named(0)", "named(1)", "kind('a')", "kind('b')", "times(1)")


def test_all_that_can_be_reached_is_all(package):
    found = seen(package, *ALL)
    assert set(found) == {"ground/made.py", "ground/__init__.py"}, "the other floor is not counted"
    assert found["ground/made.py"].lost == 0
    assert covering.holds(list(found.values()), 100)


def at(text: str) -> int:
    """Return the number of the line that has this text alone."""
    found = [number for number, line in enumerate(MODULE.splitlines(), 1) if line.strip() == text]
    assert len(found) == 1
    return found[0]


SIGN, MATCH, LOOP = at("if number < 0:"), at("match of:"), at("while done < number:")


@pytest.mark.parametrize(
    ("without", "lines", "branches"),
    [
        ("sign(-1)", [at('return "minus"')], [[SIGN, at('return "minus"')]]),
        ("sign(1)", [at('return "plus"')], [[SIGN, at('return "plus"')]]),
        ("named(0)", [at('["none"]')], []),
        ("named(1)", [at("else ["), at('"some"')], []),
        ("kind('a')", [at("return 1")], [[MATCH, at("return 1")]]),
        ("kind('b')", [at('case "b":'), at("return 2")], [[MATCH, at("return 2")]]),
        ("times(1)", [LOOP - 1, LOOP, LOOP + 1, LOOP + 2], [[LOOP, LOOP + 1], [LOOP, LOOP + 2]]),
    ],
)
def test_what_nobody_reached_is_named(package, without, lines, branches):
    one = seen(package, *(call for call in ALL if call != without))["ground/made.py"]
    assert one.lost_lines == lines
    assert one.lost_branches == branches
    assert not covering.holds([one], 100)


def test_a_branch_that_is_not_taken_is_missing_though_every_line_was_reached(package):
    one = seen(package, *(call for call in ALL if call != "times(1)"), "times(0)")["ground/made.py"]
    assert (one.lost_lines, one.lost_branches) == ([LOOP + 1], [[LOOP, LOOP + 1]])


def test_a_module_that_nobody_imports_counts_whole(package):
    (package / "ground/idle.py").write_text(MODULE)
    assert seen(package, *ALL)["ground/idle.py"].lost > 10


def test_what_one_worker_missed_another_may_reach(package):
    def wrote(name, executed, missing):
        path = package / f"{name}.json"
        meta = {"software": "slipcover", "branch_coverage": True}
        files = {
            str(package / "ground/made.py"): {
                "executed_lines": executed, "missing_lines": missing, "executed_branches": [], "missing_branches": []
            }
        }  # fmt: skip
        path.write_text(json.dumps({"meta": meta, "files": files}))
        return path

    whole = covering.added([wrote("one", [1, 2], [3, 4]), wrote("two", [3], [1, 2, 4])])
    ((path, one),) = whole["files"].items()
    reached = covering.Reached(path, one)
    assert (reached.lines, reached.lost_lines) == ([1, 2, 3], [4])
    assert not covering.holds([reached], 100)
    assert covering.holds([reached], 75)
    assert list(covering.said([reached], 100))[-1].startswith("  75.00 % of 4")


def test_a_run_that_counted_nothing_is_no_good_run(tmp_path, capsys):
    assert covering.main(["100", "--seen", str(tmp_path)]) == 1
    assert "No run was counted" in capsys.readouterr().out


def test_what_is_nearly_all_is_not_shown_as_all(package):
    one = seen(package, *ALL)["ground/made.py"]
    one.lines, one.lost_lines = list(range(1, 30_000)), [30_000]
    assert list(covering.said([one], 100))[-1].startswith("  99.99 %")
    assert not covering.holds([one], 100)


STRAY = """
from hypothesis import given, strategies


@given(strategies.none())
def test_any(one):
    assert one is None
"""


@pytest.mark.parametrize(
    ("floors", "said"),
    [("marking", "belongs in tests/properties: "), ("marking,cellar", "there is no floor cellar")],
    ids=["a property that would run nowhere", "a floor that is none"],
)
def test_what_would_count_wrongly_is_refused_and_leaves_nothing(tmp_path, floors, said):
    (tmp_path / "test_stray.py").write_text(STRAY)
    words = ["-p", "tests.covering", "--covering", floors, "-p", "no:cacheprovider", "-m", "not hypothesis"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(tmp_path / "test_stray.py")],
        cwd=covering.ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"},
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in run.stderr
    assert not (covering.SEEN / "alone.json").exists()
