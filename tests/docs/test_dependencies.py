"""Every direct dependency is in docs/dependencies.md, and nothing that is installed is under a refused licence."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REFUSED = re.compile(
    r"(?<!\w)(?:A|L)?GPL|Affero|GNU (?:Lesser )?General Public|Server Side Public|Business Source|non-?commercial",
    re.IGNORECASE,
)
CHOICE = re.compile(r"\bOR\b")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def stated_licences(package: metadata.PackageMetadata) -> list[str]:
    """Return what a package says of its licence: the expression, else the field's first line and the classifiers."""
    if package["License-Expression"]:
        return [package["License-Expression"]]
    classifiers = [line for line in package.get_all("Classifier") or [] if line.startswith("License ::")]
    return [(package["License"] or "").strip().split("\n")[0], *classifiers]


def is_refused(stated: list[str]) -> bool:
    """Say whether a licence is refused; of a choice (`A OR B`) one that is not refused is enough."""
    return any(all(REFUSED.search(part) for part in CHOICE.split(text)) for text in stated)


def locked() -> set[str]:
    lines = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()
    return {line.split("==")[0] for line in lines if "==" in line}


@pytest.mark.parametrize(
    "text",
    [
        "GPL-3.0-only",
        "AGPL-3.0",
        "License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
        "GNU Affero",
        "LGPL-2.1",
    ],
)
def test_a_refused_licence_is_found(text):
    assert is_refused([text])


@pytest.mark.parametrize("text", ["MIT", "Apache-2.0 OR GPL-3.0-only", "MPL-2.0", "BSD-3-Clause", ""])
def test_a_permissive_licence_or_the_choice_of_one_passes(text):
    assert not is_refused([text])


def test_nothing_locked_is_under_a_refused_licence():
    seen = {
        plain(d.metadata["Name"]): stated_licences(d.metadata)
        for d in metadata.distributions()
        if plain(d.metadata["Name"]) in locked()
    }
    assert len(seen) > 50
    assert {name: stated for name, stated in seen.items() if is_refused(stated)} == {}


def test_a_package_that_states_no_licence_is_named_with_the_one_in_its_files():
    silent = {
        plain(d.metadata["Name"])
        for d in metadata.distributions()
        if plain(d.metadata["Name"]) in locked() and not any(stated_licences(d.metadata))
    }
    assert silent <= {"cedarpy", "axe-playwright-python"}, "read the licence file of the new one, and name it here"
    files = metadata.files("cedarpy") or []
    licence = next(file for file in files if file.name.startswith("LICENSE"))
    assert "Apache License" in licence.read_text()


def test_every_direct_dependency_has_a_row():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct = {
        plain(re.split(r"[<>=!;\[ ]", r)[0])
        for r in [
            *project["project"]["dependencies"],
            *project["dependency-groups"]["dev"],
            *project["dependency-groups"]["fuzz"],
        ]
    }
    table = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = {plain(row) for row in re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \| [^|]+ \| [^|]+ \|$", table, re.MULTILINE)}
    assert direct == rows
