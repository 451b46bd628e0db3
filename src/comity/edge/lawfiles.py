"""The files beside the editions in a folder of laws: cases and kept statute texts, which never count into an edition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.edge.consolidation import ACTS, Collection, read_collection
from comity.policy.cases import Case, check_unique, read_cases
from comity.policy.edition import MANIFEST
from comity.policy.groundcases import GroundCase, read_grounds

CASES = "cases"
STATUTES = "statutes"
BESIDE = frozenset({CASES, STATUTES})
"""Folders that lie beside the editions and never count into one."""


def load_cases(paths: Sequence[Path], root: Path) -> tuple[tuple[Case, ...], tuple[GroundCase, ...]]:
    """Read files of cases, of questions and of grounds; folders stand for every `.toml` file in them.

    Args:
        paths: files or folders.
        root: folder that the cases' file names are told from, where they lie in it.

    Raises:
        BadConfiguration: a path that is not there, a file that cannot be read, an id that stands twice.
    """
    cases: list[Case] = []
    words: list[GroundCase] = []
    for path in paths:
        if not path.exists():
            raise BadConfiguration(f"there is no file of cases {path}")
        for file in sorted(path.rglob("*.toml")) if path.is_dir() else (path,):
            name = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
            try:
                text = file.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise BadConfiguration(f"{name}: not UTF-8; no case was read") from error
            cases += read_cases(text, name)
            words += read_grounds(text, name)
    check_unique(cases)
    return tuple(cases), tuple(words)


def kept_texts(laws: Path) -> dict[str, bytes]:
    """Return the statute texts kept in a folder of laws: path under its `statutes` folder to content."""
    folder = laws / STATUTES
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*.txt"))}


def collections(laws: Path) -> tuple[Collection, ...]:
    """Return what is said of each jurisdiction's texts in a folder of laws.

    Raises:
        BadConfiguration: a list of acts does not fit.
    """
    files = sorted((laws / STATUTES).glob(f"*/{ACTS}"))
    return tuple(read_collection(file.read_text(encoding="utf-8"), str(file.relative_to(laws))) for file in files)


def edition_names(laws: Path) -> tuple[str, ...]:
    """Return the names of the editions in a folder of laws, sorted."""
    return tuple(sorted(file.parent.name for file in laws.glob(f"*/{MANIFEST}") if file.parent.name not in BESIDE))
