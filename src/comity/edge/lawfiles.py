"""The files beside the editions in a folder of laws: cases and kept statute texts, which never count into an edition."""

from __future__ import annotations

from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.policy.cases import Case, check_unique, read_cases

CASES = "cases"
STATUTES = "statutes"
BESIDE = frozenset({CASES, STATUTES})
"""Folders that lie beside the editions and never count into one."""


def load_cases(paths: tuple[Path, ...], root: Path) -> tuple[Case, ...]:
    """Read files of cases; folders stand for every `.toml` file in them.

    Args:
        paths: files or folders.
        root: folder that the cases' file names are told from, where they lie in it.

    Raises:
        BadConfiguration: a path that is not there, a file that cannot be read, an id that stands twice.
    """
    cases: list[Case] = []
    for path in paths:
        if not path.exists():
            raise BadConfiguration(f"there is no file of cases {path}")
        for file in sorted(path.rglob("*.toml")) if path.is_dir() else (path,):
            name = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
            try:
                cases += read_cases(file.read_text(encoding="utf-8"), name)
            except UnicodeDecodeError as error:
                raise BadConfiguration(f"{name}: not UTF-8; no case was read") from error
    check_unique(cases)
    return tuple(cases)
