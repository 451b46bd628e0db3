"""The rules of the house hold on the tree, and each of them catches the fault it is there for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import house

ROOT = Path(house.__file__).resolve().parent.parent
CORE_PATH = "src/comity/base/example.py"
HEAD = '"""What it is for."""\n\nfrom __future__ import annotations\n\n'


def examine(path: str, text: str) -> set[str]:
    return {finding.rule for rule in house.rules_for(path) for finding in rule(path, text)}


def test_a_plain_module_passes():
    text = (
        HEAD
        + 'from io import BytesIO\n\n\ndef size(raw: bytes) -> int:\n    """Return its length."""\n    return len(BytesIO(raw).read())\n'
    )
    assert examine(CORE_PATH, text) == set()


# --- sizes, names, form ---


def test_a_function_of_61_lines_is_found_and_one_of_60_is_not():
    def function(lines: int) -> str:
        return HEAD + 'def long() -> None:\n    """Be long."""\n' + "    print_no = 1\n" * (lines - 2)

    assert examine(CORE_PATH, function(61)) == {"size"}
    assert examine(CORE_PATH, function(60)) == set()


def test_a_file_of_601_lines_is_found_unless_it_is_a_named_table(monkeypatch):
    text = HEAD + "A = 1\n" * 597
    assert examine(CORE_PATH, text) == {"size"}
    monkeypatch.setattr(house, "TABLES", frozenset({CORE_PATH}))
    assert examine(CORE_PATH, text) == set()


def test_a_long_front_door_is_found():
    text = HEAD + 'def send() -> None:\n    """Send."""\n' + "    step = 1\n" * 38
    assert examine("src/comity/dispatch/path.py", text) == {"path"}
    assert examine("src/comity/dispatch/path.py", text.replace("    step = 1\n", "", 1)) == set()


@pytest.mark.parametrize("name", sorted(house.HOMELESS))
def test_a_file_without_a_home_is_found(name):
    assert examine(f"src/comity/edge/{name}", HEAD + "A = 1\n") == {"home"}


def test_annotations_without_the_future_import_are_found():
    assert examine("src/comity/edge/example.py", '"""Doc."""\n\nA: int = 1\n') == {"annotations"}
    assert examine("src/comity/__init__.py", '"""Doc."""\n\n__version__ = "1"\n') == set()


def test_a_type_checking_block_is_found():
    text = HEAD + "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from comity.base.ids import Ms\n"
    assert examine("src/comity/edge/example.py", text) == {"type-checking"}


def test_an_interface_of_eight_members_is_found():
    members = "".join(f'    def m{n}(self) -> None:\n        """Do."""\n' for n in range(8))
    text = HEAD + f'from typing import Protocol\n\n\nclass Wide(Protocol):\n    """Wide."""\n\n{members}'
    assert examine(CORE_PATH, text) == {"protocol"}
    assert examine(CORE_PATH, text.replace("(Protocol)", "(asyncio.BufferedProtocol)")) == set()


# --- below edge ---


@pytest.mark.parametrize(
    "statement",
    [
        "import socket",
        "import os.path",
        "import importlib",
        "import sqlite3 as db",
        "from pathlib import Path",
        "from urllib.request import urlopen",
        "from http.client import HTTPConnection",
        "from concurrent.futures import ThreadPoolExecutor",
        "from io import open as o",
        "from time import time",
        "import random",
        "from secrets import token_bytes",
        "import asyncio",
        "import threading",
        "from uuid import uuid4",
        'open("x")',
        'print("x")',
        'eval("1")',
        '__import__("socket")',
        "datetime.now()",
        "datetime.datetime.utcnow()",
        "date.today()",
    ],
)
def test_what_reaches_the_machine_is_found_below_edge_only(statement):
    text = HEAD + statement + "\n"
    assert examine(CORE_PATH, text) == {"core"}
    assert examine("src/comity/edge/example.py", text) == set()


def test_what_reaches_the_machine_inside_a_function_is_found():
    text = HEAD + 'def f() -> None:\n    """F."""\n    import socket\n'
    assert examine("src/comity/desks/requests/rules.py", text) == {"core"}


@pytest.mark.parametrize(
    "path",
    ["src/comity/desk.py", "src/comity/screen/__init__.py", "src/comity/node/x.py", "src/comity/dispatch/inbound/x.py"],
)
def test_every_floor_below_edge_is_the_core(path):
    assert house.is_core(path)


@pytest.mark.parametrize(
    "path", ["src/comity/edge/x.py", "src/comity/sim/x.py", "src/comity/web/x.py", "src/comity/cli/x.py", "tools/x.py"]
)
def test_nothing_above_is_the_core(path):
    assert not house.is_core(path)


@pytest.mark.parametrize("clause", ["except:", "except Exception:", "except BaseException:"])
def test_a_broad_except_is_found(clause):
    assert examine(CORE_PATH, HEAD + f"try:\n    A = 1\n{clause}\n    A = 2\n") == {"except"}
    assert examine(CORE_PATH, HEAD + "try:\n    A = 1\nexcept ValueError:\n    A = 2\n") == set()


def test_missing_docstrings_are_found():
    module = "from __future__ import annotations\n"
    assert [f.what for f in house.documented(CORE_PATH, module)] == ["what the module is for, and the rule it keeps"]
    text = (
        HEAD
        + "def public() -> None: ...\n\n\ndef _private() -> None: ...\n\n\nclass C:\n    '''C.'''\n\n    def m(self) -> None: ...\n"
    )
    assert [f.what for f in house.documented(CORE_PATH, text)] == ["public has none", "C.m has none"]


@pytest.mark.parametrize(
    "text", ["from unittest import mock\n", "from unittest.mock import Mock\n", "def test_x(monkeypatch): ...\n"]
)
def test_mocks_in_tests_of_the_core_are_found(text):
    assert examine("tests/unit/node/test_x.py", text) == {"mock"}
    assert examine("tests/unit/edge/test_x.py", text) == set()


# --- what may stand in no file ---


@pytest.mark.parametrize("folder", ["work/main", "root/.cache", "home/someone", "Users/someone"])
def test_a_path_of_one_machine_is_found(folder):
    assert examine("docs/x.md", f"see /{folder}/file") == {"machine-path"}
    assert examine("docs/x.md", f"see docs/{folder}/file") == set()


@pytest.mark.parametrize(
    "text",
    [
        "https://py" + "pi.org/simple",
        "registry.npm" + "js.org",
        "--index" + "-url=https://a.example/",
        "https://a.example/simp" + "le/x",
    ],
)
def test_the_address_of_a_package_registry_is_found(text):
    assert examine("requirements.lock", text) == {"registry"}


def test_a_bare_to_do_is_found():
    mark = "TO" + "DO"
    assert examine("src/comity/edge/x.py", f"# {mark}: later\n") == {"to-do"}
    assert examine("src/comity/edge/x.py", f"# {mark}(#12)\n") == {"to-do"}
    assert examine("src/comity/edge/x.py", f"# {mark}(#12): read the new field, until edition 2\n") == set()


@pytest.mark.parametrize(
    "text", ["@pytest.mark." + "skip\ndef test_x(): ...\n", "@pytest.mark." + "xfail\ndef test_x(): ...\n"]
)
def test_a_test_that_does_not_run_is_found(text):
    assert examine("tests/unit/edge/test_x.py", text) == {"skipped"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/comity/edge/x.py", "# asks the RC" + "MP first\n"),
        ("src/comity/web/templates/x.html", "<p>Ott" + "awa</p>"),
        ("src/comity/web/x.py", 'HOST = "ca' + '.localhost"\n'),
        ("src/comity/web/x.py", 'OURS = "C' + 'A"\n'),
        ("src/comity/node/schema/0001_node.sql", "-- for Ind" + "ia\n"),
    ],
)
def test_a_country_in_the_core_is_found(path, text):
    assert examine(path, text) == {"country"}
    assert examine(path.replace("src/", "laws/"), text) == set()


def test_a_law_mark_may_name_its_text_and_ordinary_words_are_no_countries():
    assert examine("src/comity/edge/x.py", "A = 1  # law: IN/DPDP-2023/s17(1)(c)\n") == set()
    assert examine("src/comity/edge/x.py", 'A = "WHERE id IN (1, 2)"  # the CA that is pinned\n') == set()


def test_an_eleventh_ignore_and_one_without_a_reason_are_found():
    good = "A = 1  # type: " + "ignore[misc]  # the stub is wrong\n"
    assert not list(house.counted_ignores([("x.py", good * 10)]))
    assert [f.line for f in house.counted_ignores([("x.py", good * 11)])] == [11]
    for bad in ("A = 1  # type: " + "ignore\n", "A = 1  # type: " + "ignore[misc]\n"):
        assert len(list(house.counted_ignores([("x.py", bad)]))) == 1


# --- floors ---

LAYERS = [
    "comity.web | comity.cli",
    "comity.node",
    "comity.dispatch.path",
    "comity.dispatch.states : comity.dispatch.ports",
    "(comity.matching)",
]


def test_a_module_on_no_floor_is_found():
    def missing(*modules: str) -> list[str]:
        return [finding.what.split(" ")[0] for finding in house.unplaced(LAYERS, modules)]

    assert (
        missing(
            "comity.web", "comity.web.pages.case", "comity.dispatch", "comity.dispatch.states", "comity.matching.rounds"
        )
        == []
    )
    assert missing("comity.stray", "comity.dispatch.stray") == ["comity.stray", "comity.dispatch.stray"]


def contracts_hold(copy: Path) -> tuple[bool, str]:
    program = Path(sys.executable).with_name("lint-imports")
    environment = {"PYTHONPATH": str(copy / "src"), "PATH": str(program.parent), "NO_COLOR": "1"}
    done = subprocess.run(
        [program, "--no-cache"], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def test_the_floors_hold(copied_tree):
    held, output = contracts_hold(copied_tree)
    assert held, output


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("base/planted.py", "comity.edge", "imports go down only"),
        ("policy/planted.py", "comity.tlog", "imports go down only"),
        ("dispatch/inbound/planted.py", "comity.dispatch.outbound", "imports go down only"),
        ("sim/planted.py", "comity.edge", "imports go down only"),
        ("node/planted.py", "comity.desks.requests", "knows no desk"),
        ("edge/planted.py", "comity.web", "loads desks and web by name"),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_found(copied_tree, module, imported, contract):
    planted = copied_tree / "src" / "comity" / module
    planted.write_text(f"import {imported}\n", encoding="utf-8")
    try:
        held, output = contracts_hold(copied_tree)
    finally:
        planted.unlink()
    assert not held
    assert contract in output


def test_desks_that_know_each_other_are_found(copied_tree):
    other = copied_tree / "src" / "comity" / "desks" / "planted"
    other.mkdir()
    (other / "__init__.py").write_text("import comity.desks.requests\n", encoding="utf-8")
    try:
        held, output = contracts_hold(copied_tree)
    finally:
        shutil.rmtree(other)
    assert not held
    assert "desks do not import each other" in output
